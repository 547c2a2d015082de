"""The layout from the file: what is told, what is left open, and what contradicts an option."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from preflight import Layout, LayoutError, PreflightError, Quote, Separator, check
from preflight.detect.layout import Detection, detect
from preflight.inputs.source import Source
from preflight.records.grammar import Dialect
from tests import reference

pytestmark = pytest.mark.usefixtures("as_typed")


def detected(folder: Path, text: str | bytes, **given: object) -> Detection:
    path = folder / "in.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with Source(path, given.get("encoding")) as source:  # type: ignore[arg-type]
        return detect(source, Layout(**given))  # type: ignore[arg-type]


words = st.sampled_from(
    ["Webinar", "Trade Show", "O'Brien", 'say "hi"', "a, b", "a; b", "'tis", "x\ty", "Köln", '24" TV', "it's"]
)
titles = st.lists(words, min_size=1, max_size=3).map(" ".join)
notes = st.one_of(st.just(""), titles, st.sampled_from(["two\nlines", "'quoted'", "5'"]))
names = st.sampled_from(["Ana", "Bo", "Zoë", "D'Arcy"])
dates = st.dates().map(lambda day: f"{day:%m/%d/%Y}".zfill(10)) | st.just("")
emails = st.builds(
    "{}.{}@{}".format, st.sampled_from("abc"), st.integers(0, 99), st.sampled_from(["x.com", "acme-corp.co.uk"])
)


@st.composite
def tables(draw: st.DrawFn) -> tuple[str, Separator, Quote, bool]:
    """A table in one of the twelve dialects, with a heading or without.

    If most rows have a cell with several other separators, a blank is taken as part of the text, not as the separator.
    So the cells of tables separated by blanks have none.
    """
    separator, quote = draw(st.sampled_from(Separator)), draw(st.sampled_from(Quote))
    rows = [
        list(row) for row in draw(st.lists(st.tuples(names, emails, dates, titles, notes), min_size=1, max_size=30))
    ]
    if separator is Separator.SPACE:
        rows = [[re.sub("[,;\t]", "-", cell) for cell in row] for row in rows]
    headed = draw(st.booleans())
    if headed:
        rows.insert(0, ["Name", "Email", "Event_Date", "Event_Title", "Note"])
    if quote is Quote.NONE:
        cut = str.maketrans(dict.fromkeys(f"{separator.character}\r\n", "-"))
        return (
            "".join(separator.character.join(cell.translate(cut) for cell in row) + "\n" for row in rows),
            separator,
            quote,
            headed,
        )
    text = io.StringIO()
    style = draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]))
    ending = draw(st.sampled_from(["\n", "\r\n", "\r"]))
    csv.writer(
        text, delimiter=separator.character, quotechar=quote.character, quoting=style, lineterminator=ending
    ).writerows(rows)
    return text.getvalue(), separator, quote, headed


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(('Ana,a.0@x.com,,say "hi" Webinar Trade Show,\n', Separator.COMMA, Quote.NONE, False))
@given(tables())
def test_a_layout_is_detected_as_written_or_left_open(
    tmp_path: Path, table: tuple[str, Separator, Quote, bool]
) -> None:
    text, separator, quote, headed = table
    given = {} if headed else {"email": 1, "date": 2, "title": 3}
    try:
        layout = detected(tmp_path, text, **given).layout
    except LayoutError as error:
        if "can be read in two ways" in str(error):
            return
        raise
    written = reference.read_records(text.encode(), separator.character.encode(), quote.character.encode())
    taken = Dialect(layout.separator, layout.quote)
    found = reference.read_records(text.encode(), taken.separator.encode(), taken.quote.encode())
    right = {record.raw: record.cells for record in written}
    width = len(written[0].cells)
    for record in found:  # what is read otherwise does not pass for a good row
        assert right.get(record.raw) == record.cells or record.cells is None or len(record.cells) != width
    assert (layout.firstrow, layout.email, layout.date, layout.title) == ("Y" if headed else "N", 1, 2, 3)


HEADING = "Email,Date,Title\n"
ROWS = "ana@acme-corp.com,01/25/2024,Webinar\nbo@acme-corp.com,01/26/2024,Webinar\n"


def test_the_evidence_of_each_part_that_was_not_given(tmp_path: Path) -> None:
    text = (
        "\ufeffWho;When;Webinar;More\n" + 'ana@x.com;25.01.2024;Messe;"a;b"\nbo@x.com;N/A;Messe;\nx;26.01.2024;Messe;\n'
    )
    found = detected(tmp_path, text)
    assert found.evidence == {
        "fieldseparator": "4 of 4 rows looked at have 4 cells",
        "quotecharacter": "it stands around 1 cell looked at",
        "firstrow": "the first row holds neither an address nor a date",
        "encoding": "UTF-8: its byte order mark says so",
        "email": "67% of its cells looked at are addresses",
        "date": "all of its cells looked at are dates",
        "title": "its label is `Webinar`",
    }
    assert (found.layout.email, found.layout.date, found.layout.title, found.layout.note) == (0, 1, 2, None)
    given = {"fieldseparator": "SEMICOLON", "quotecharacter": "DOUBLE_QUOTE", "firstrow": "Y", "encoding": "utf-8"}
    assert list(detected(tmp_path, text, **given).evidence) == ["email", "date", "title"]


LABELLED = [
    ("Email,Date,Title", {"title": "`Title`"}),
    ("Work E-Mail (main),Date_Attended,WebinarName", {"title": "`WebinarName`"}),
    ("E-mail address,timestamp,CAMPAIGN", {"title": "`CAMPAIGN`"}),
    ("E-Mail-Adresse,Zeitstempel,Veranstaltung", {"title": "`Veranstaltung`"}),
]  # fmt: skip


@pytest.mark.parametrize(("heading", "labels"), LABELLED)
def test_columns_are_found_by_labels(heading: str, labels: dict[str, str], tmp_path: Path) -> None:
    evidence = detected(tmp_path, f"{heading}\n{ROWS}").evidence
    assert {name: evidence[name] for name in labels} == {
        name: f"its label is {label}" for name, label in labels.items()
    }


def test_the_title_column_is_found_by_repeating_texts(tmp_path: Path) -> None:
    rows = "".join(f"ana{n}@x.com,01/25/2024,Webinar {n % 2},text number {n} of many\n" for n in range(20))
    found = detected(tmp_path, rows)
    assert (found.layout.title, found.evidence["title"]) == (2, "its texts repeat, the others do not")
    assert (found.layout.note, found.evidence["note"]) == (3, "it is the only column of texts left")
    assert detected(tmp_path, rows, title=2).layout.note is None  # nothing is sent that nobody asked for


@pytest.mark.parametrize("heading", ["Email,Date,Title,preflight_row,preflight_line,preflight_problems\n", ""])
def test_a_guard_against_spreadsheets_is_not_a_quote(heading: str, tmp_path: Path) -> None:
    row = "a@x.com,01/25/24,'=SUM(A1)',1,2,date-year: The year `24` has 2 digits.\n"
    assert detected(tmp_path, heading + row).layout.quotecharacter == "DOUBLE_QUOTE"


def test_only_the_start_of_a_file_is_examined(tmp_path: Path) -> None:
    text = HEADING + ROWS * 20_000
    cut = text[: text.rfind(",")]
    found = detected(tmp_path, cut + ',"never closed')
    assert found.evidence["quotecharacter"] == "no cell is in quotes"
    quoted = (
        HEADING.replace("Title", "Title,Note")
        + 'ana@acme-corp.com,01/25/2024,Webinar,"long\n'
        + "x\n" * 200_000
        + '"\n'
    )
    assert detected(tmp_path, quoted).layout.quotecharacter == "DOUBLE_QUOTE"


def test_a_byte_that_is_not_utf_8_is_named_before_any_layout(tmp_path: Path) -> None:
    with pytest.raises(
        PreflightError, match=r"is not UTF-8 text: line 3, byte 2 is 0xe9; it looks like cp1252 \(`né`\)"
    ):
        detected(tmp_path, b"x\ny\nn\xe9;\n")


@pytest.mark.parametrize("start", ["", "x"])
def test_a_character_cut_at_the_end_of_the_sample_is_not_undecodable(
    start: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("preflight.detect.layout", "preflight.tables.table"):
        monkeypatch.setattr(f"{module}.SAMPLE_BYTES", 1_000)
    heading = f"Email,Date,Title,{start}" + "é" * 1_000
    assert detected(tmp_path, f"{heading}\na@x.com,01/25/2024,Webinar,\n").layout.title == 2


def test_a_contradiction_is_reported_before_missing_columns(tmp_path: Path) -> None:
    with pytest.raises(LayoutError) as error:
        detected(tmp_path, (HEADING + ROWS).replace(",", ";"), fieldseparator="COMMA", email="Mail", title=9)
    assert str(error.value) == (
        "layout-mismatch: fieldseparator COMMA was given, but with it rows have 1 cell, not 3; use --fieldseparator "
        "SEMICOLON; then no column is labelled `Mail`; did you mean `Email`?; --title 9 is past the end: a row has 3 "
        "cells, the last index is 2"
    )


def test_a_spoiled_first_row_is_reported_as_such(tmp_path: Path) -> None:
    assert detected(tmp_path, 'ana@x.com,01/25/2024,24" TV\n' + ROWS).layout.firstrow == "N"
    report = check(tmp_path / "in.csv", Layout(dateformat="MM/dd/yyyy", firstrow="Y"))
    assert report.problems == {"firstrow-mismatch": 1}
    (tmp_path / "in.csv").write_text('Email,Date,24" Title\n' + ROWS, encoding="utf-8")
    with pytest.raises(LayoutError, match=r"^the heading of `.*`, line 1, has a quote out of place$"):
        check(tmp_path / "in.csv", Layout())


def test_the_file_is_checked_with_the_detected_layout(tmp_path: Path) -> None:
    path, clean = tmp_path / "in.csv", tmp_path / "clean.csv"
    path.write_text("sep=;\n" + (HEADING + ROWS).replace(",", ";"), encoding="utf-16")
    report = check(path, Layout(), clean=clean)
    assert report.ok
    assert report.layout.as_dict() == {
        "fieldseparator": "SEMICOLON", "quotecharacter": "DOUBLE_QUOTE", "firstrow": "Y", "emailcolidx": 0,
        "datecolidx": 1, "titlecolidx": 2, "notecolidx": None, "dateformat": "MM/dd/yyyy",
    }  # fmt: skip
    assert clean.read_text(encoding="utf-8") == (HEADING + ROWS).replace(",", ";")
    assert report.detected["fieldseparator"] == "the first line says so"
    assert report.detected["encoding"] == "UTF-16-LE: its byte order mark says so"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.binary(max_size=200) | st.text(st.sampled_from("a@x.,;\t '\"\r\n\0é01/2024"), max_size=200).map(str.encode),
    st.sampled_from([None, *Separator]),
    st.sampled_from([None, *Quote]),
    st.sampled_from([None, "Y", "N"]),
)
def test_any_bytes_give_a_layout_or_one_of_our_own_errors(
    tmp_path: Path, data: bytes, separator: Separator | None, quote: Quote | None, firstrow: str | None
) -> None:
    given = {"fieldseparator": separator, "quotecharacter": quote, "firstrow": firstrow}
    try:
        found = detected(tmp_path, data, **given)
    except PreflightError as error:
        said = str(error)
    else:
        said = found.layout.firstrow if found.contradiction is None else found.contradiction.message
        if found.contradiction is None:
            assert all(value in (None, getattr(found.layout, part)) for part, value in given.items())
    assert said
    assert "\n" not in said


pieces = st.sampled_from(
    ["a@x.com", "b@y.de", "01/25/2024", "25.01.2024", "Webinar", "Trade Show", "Email", "Date", "Title", "Note", "x",
     ",", ";", "\t", " ", "'", '"', "\n", "\r\n", "\r", "sep=;\n", "\ufeff", "O'Brien", "\0", "é", ""]
)  # fmt: skip


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(pieces, max_size=60).map("".join), st.sampled_from(["utf-8", "utf-16", "cp1252"]))
def test_any_text_without_a_layout_gives_a_report_or_one_of_our_own_errors(
    tmp_path: Path, text: str, encoding: str
) -> None:
    path = tmp_path / "in.csv"
    path.write_bytes(text.encode(encoding, "replace"))
    try:
        said = check(path, Layout(), clean=tmp_path / "clean.csv").file
    except PreflightError as error:
        said = str(error)
    assert said
    assert "\n" not in said
