"""The form's fields: the API's names, values and order, and invalid values."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from preflight import Layout, Report
from uploader.account.target import CustomEventAction, checked_destination, checked_filename
from uploader.acton.endpoint import ACTON
from uploader.errors import UsageError
from uploader.http.body import FILE_PART, Body
from uploader.preparing.order import Order
from uploader.rehearsal.form import FormReader

PRINTABLE = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1)
NAMES = st.builds(" ".join, st.lists(PRINTABLE, min_size=1, max_size=4))


def fields(make_report: Callable[..., Report], **changes: Any) -> Any:
    given = {"destination": "Webinars", "customeventaction": "CUSTOM_ATTENDED", "filename": "events.csv"}
    return ACTON.form_fields(make_report(), **{**given, "titlecount": 2, **changes})


def test_the_fields_are_the_api_s_in_its_order(make_report: Callable[..., Report]) -> None:
    report = make_report(note=3)
    what = {"destination": "Webinars", "customeventaction": "CUSTOM_ATTENDED", "filename": "events.csv"}
    sent = ACTON.form_fields(report, titlecount=2, **what)
    assert list(sent.items()) == [
        ("destination", "Webinars"),
        ("firstrow", "Y"),
        ("fieldseparator", "COMMA"),
        ("quotecharacter", "DOUBLE_QUOTE"),
        ("customeventaction", "CUSTOM_ATTENDED"),
        ("emailcolidx", "0"),
        ("datecolidx", "1"),
        ("titlecolidx", "2"),
        ("notecolidx", "3"),
        ("titlecount", "2"),
        ("dateformat", "MM/dd/yyyy"),
        ("filename", "events.csv"),
    ]
    assert all(type(value) is str for value in sent.values())


def test_without_a_note_column_the_field_is_left_out(make_report: Callable[..., Report]) -> None:
    assert "notecolidx" not in fields(make_report)


@pytest.mark.parametrize("count", [0, 7])
def test_a_given_titlecount_is_sent(make_report: Callable[..., Report], count: int) -> None:
    assert fields(make_report, titlecount=count)["titlecount"] == str(count)


@pytest.mark.parametrize("action", list(CustomEventAction))
def test_every_action_of_the_api_is_accepted_as_enum_and_as_text(
    make_report: Callable[..., Report], action: CustomEventAction
) -> None:
    assert fields(make_report, customeventaction=action) == fields(make_report, customeventaction=action.value)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"destination": ""}, "the destination is blank: give the name of the custom event as Act-On shows it"),
        ({"destination": " \t"}, "the destination is blank: give the name of the custom event as Act-On shows it"),
        (
            {"destination": "Webinars "},
            "the destination `Webinars ` begins or ends with a blank or an invisible character: remove it",
        ),
        (
            {"destination": "\u200bWebinars"},
            "the destination `\\u200bWebinars` begins or ends with a blank or an invisible character: remove it",
        ),
        (
            {"destination": "Web\ninars"},
            "the destination `Web\\ninars` holds a control character or line break at position 4: remove it",
        ),
        (
            {"destination": "Web\udc80"},
            "the destination `Web\\udc80` holds a control character or line break at position 4: remove it",
        ),
        (
            {"customeventaction": "CUSTOM_ATENDED"},
            "unknown customeventaction `CUSTOM_ATENDED`; did you mean CUSTOM_ATTENDED? allowed are CUSTOM_DOWNLOADED, "
            "CUSTOM_REGISTERED, CUSTOM_ATTENDED, CUSTOM_GENERAL, CUSTOM_GENERAL1, CUSTOM_GENERAL2, CUSTOM_GENERAL3, "
            "CUSTOM_GENERAL4, CUSTOM_GENERAL5",
        ),
        ({"titlecount": -1}, "titlecount must be 0 or more, not -1"),
        ({"filename": " "}, "the filename is blank: give the name that Act-On will show, such as events.csv"),
        ({"filename": ".."}, "the filename is blank: give the name that Act-On will show, such as events.csv"),
        ({"filename": "a/b.csv"}, "the filename `a/b.csv` holds a path: give the bare name"),
        ({"filename": "a\\b.csv"}, "the filename `a\\\\b.csv` holds a path: give the bare name"),
        (
            {"filename": "a\x00.csv"},
            "the filename `a\\x00.csv` holds a control character or line break at position 2: remove it",
        ),
    ],
)
def test_an_invalid_value_makes_no_order(changes: dict[str, Any], message: str) -> None:
    """So the form need not validate it again."""
    given: dict[str, Any] = {"destination": "Webinars", "customeventaction": "CUSTOM_ATTENDED", **changes}
    with pytest.raises(UsageError) as caught:
        Order(file="events.csv", layout=Layout(), **given)
    assert str(caught.value) == message


@given(destination=NAMES, filename=NAMES.filter(lambda name: not set(name) & {"/", "\\"} and name not in (".", "..")))
def test_any_name_arrives_as_it_was_given(destination: str, filename: str) -> None:
    """Quotes, per cent signs, `&`, emoji: the multipart body carries them, and a foreign parser reads them."""
    assert checked_destination(destination) == destination
    assert checked_filename(filename) == filename
    content = b'a,"b\r\n--c"\r\n'
    with tempfile.TemporaryFile() as stream, tempfile.TemporaryFile() as arrived:
        stream.write(content)
        stream.seek(0)
        body = Body({"destination": destination, "filename": filename}, stream)
        reader = FormReader(body.content_type, arrived)
        encoded = b"".join(bytes(block) for block in body)
        for start in range(0, len(encoded), 7):
            reader.feed(encoded[start : start + 7])
        form = reader.finish()
        arrived.seek(0)
        assert arrived.read() == content
    assert form.fields == {"destination": destination, "filename": filename}
    assert len(encoded) == len(body) == body.bytes_read
    assert FILE_PART == "file"


@given(st.text())
def test_a_destination_is_taken_unchanged_or_refused_in_one_line(destination: str) -> None:
    try:
        taken = checked_destination(destination)
    except UsageError as error:
        refusal = str(error)
    else:
        assert taken == destination
        assert destination.strip() == destination
        refusal = ""
    assert "\n" not in refusal
