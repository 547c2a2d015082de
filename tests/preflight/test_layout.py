"""Layout: the API's words, profiles, and columns found in a heading."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from preflight import DateFormatError, InputError, Layout, LayoutError, Quote, Separator

pytestmark = pytest.mark.usefixtures("as_typed")

FULL = Layout(email="Email", date="Event Date", title="Event Title", note="Note", dateformat="MM/dd/yyyy")
HEADING = ["Name", "Email", "Event Date", "Event Title", "Note"]


def test_values_are_the_words_of_the_api_as_strings_or_enums() -> None:
    assert Layout(fieldseparator="TAB") == Layout(fieldseparator=Separator.TAB)
    assert Layout(fieldseparator="TAB").separator.character == "\t"
    assert Layout(quotecharacter="SINGLE_QUOTE").quote.character == "'"
    assert [s.value for s in Separator] == ["COMMA", "TAB", "SEMICOLON", "SPACE"]
    assert [q.value for q in Quote] == ["NONE", "SINGLE_QUOTE", "DOUBLE_QUOTE"]


def test_resolves_labels_and_defaults() -> None:
    resolved = FULL.resolve(HEADING, 5)
    assert resolved.as_dict() == {
        "fieldseparator": "COMMA",
        "quotecharacter": "DOUBLE_QUOTE",
        "firstrow": "Y",
        "emailcolidx": 1,
        "datecolidx": 2,
        "titlecolidx": 3,
        "notecolidx": 4,
        "dateformat": "MM/dd/yyyy",
    }
    assert resolved.width == 5
    assert resolved.label("date") == "Event Date"


def test_all_missing_columns_are_named_together() -> None:
    with pytest.raises(LayoutError) as error:
        Layout(title="z", dateformat="MM/dd/yyyy").resolve(["x", "y", "z"], 3)
    says = "no column was given for the email and date; name them with --email and --date; the headings are"
    assert str(error.value) == f"{says} `x`, `y`, `z`"


def test_a_number_too_long_for_an_index_is_not_an_index() -> None:
    with pytest.raises(LayoutError, match=r"^no column is labelled `99999999"):
        Layout("9" * 5000, "y", "z", dateformat="MM/dd/yyyy").resolve(["x", "y", "z"], 3)


def test_a_message_lists_only_the_first_of_many_labels() -> None:
    with pytest.raises(LayoutError) as error:
        Layout("x", "y", "z", dateformat="MM/dd/yyyy").resolve(["a" * 100] * 1000, 1000)
    assert str(error.value).startswith("no column is labelled `x`; the headings are `aaaa")
    assert str(error.value).endswith(" and 990 more, which `preflight inspect` lists")
    assert len(str(error.value)) < 2000


@pytest.mark.parametrize(
    ("name", "labels", "says"),
    [
        ("x", ["x", "y", "X ", "x"], "columns 0 and 3 are both labelled `x`"),
        ("X", ["x", "x", "y", "x "], "columns 0, 1 and 3 are all labelled `X`"),
        ("", ["", "y", "", "z"], "columns 0 and 2 are without a label"),
    ],
)
def test_a_label_of_several_columns_names_none(name: str, labels: list[str], says: str) -> None:
    with pytest.raises(LayoutError) as error:
        Layout(name, 1, 1, None, "MM/dd/yyyy").resolve(labels, 4)
    assert str(error.value) == f"{says}; give --email an index"


def test_an_index_is_a_number_or_its_digits_unless_a_label_says_so() -> None:
    assert Layout("0", 1, 2, None, "MM/dd/yyyy").resolve(["x", "y", "z"], 3).columns["email"] == 0
    assert Layout("2024", 1, 2, None, "MM/dd/yyyy").resolve(["2024", "y", "z"], 3).columns["email"] == 0


@pytest.mark.parametrize(
    ("name", "labels", "index"),
    [(" event  DATE", ["x", "Event Date", "y", "z"], 1), ("email", ["Email", "x", "y", "email"], 3)],
)
def test_labels_match_exactly_or_regardless_of_case_and_blanks(name: str, labels: list[str], index: int) -> None:
    assert Layout(name, 0, 2, None, "MM/dd/yyyy").resolve(labels, 4).columns["email"] == index


REFUSED = [
    ({"firstrow": "yes"}, "firstrow `yes` is not known; it is one of Y, N"),
    ({"email": -1}, "email -1 is not a column; indices count from 0"),
    ({"email": 1.5}, "email must be a heading label or a zero-based index"),
    ({"email": True}, "email must be a heading label or a zero-based index"),
]


@pytest.mark.parametrize(("fields", "message"), REFUSED)
def test_invalid_words_are_refused(fields: dict[str, object], message: str) -> None:
    with pytest.raises(LayoutError) as error:
        Layout(**fields)  # type: ignore[arg-type]
    assert str(error.value) == message


def test_an_unusable_date_pattern_is_refused_at_once() -> None:
    with pytest.raises(DateFormatError):
        Layout(dateformat="mm/dd/yyyy")


PROFILES = [
    ('email = "E', "the profile `p.toml` is not valid TOML: "),
    ("email = 1.5\n", "the profile `p.toml`: email must be a text or a whole number"),
    ("firstrow = true\n", "the profile `p.toml`: firstrow must be a text"),
    ('sepp = "x"\n', "the profile `p.toml`: unknown key `sepp`; the keys are email, date, title, note, dateformat, "),
    ('dateformat = "yyyy/dd/mm"\n', "the profile `p.toml`: date pattern `yyyy/dd/mm`, position 9: "),
    ("[layout]\n", "the profile `p.toml`: unknown key `layout`; "),
]


@pytest.mark.parametrize(("text", "message"), PROFILES)
def test_invalid_profiles_are_refused(text: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("p.toml").write_text(text, encoding="utf-8")
    with pytest.raises(LayoutError) as error:
        Layout.from_profile("p.toml")
    assert str(error.value).startswith(message)
    assert "\n" not in str(error.value)


def test_a_profile_that_is_not_text_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("p.toml").write_bytes(b"\xff")
    with pytest.raises(LayoutError, match=r"^the profile `p\.toml` is not UTF-8 text: byte 0$"):
        Layout.from_profile("p.toml")
    with pytest.raises(InputError, match=r"^cannot read the profile `no\.toml`: No such file or directory$"):
        Layout.from_profile("no.toml")


@given(
    st.builds(
        Layout, email=st.none() | st.integers(0, 9), title=st.none() | st.just("T"), firstrow=st.sampled_from("YN")
    )
)
def test_options_override_a_profile(layout: Layout) -> None:
    merged = layout.over(Layout(email=99, title="P", firstrow="N", encoding="cp1252"))
    assert merged.email == (99 if layout.email is None else layout.email)
    assert merged.title == ("P" if layout.title is None else "T")
    assert merged.firstrow == layout.firstrow
    assert merged.encoding == "cp1252"
    assert layout.over(layout) == layout
