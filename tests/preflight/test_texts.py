"""Texts that hold for every row: the columns that the clean file gets for them, and what is sent of these."""

from __future__ import annotations

import csv
import io
import json
import tempfile
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from preflight import Layout, LayoutError, check, merge_into
from preflight.cli.main import main
from preflight.layouts.words import Quote, Separator
from preflight.records.grammar import Dialect

DAY = "2026-03-14"
TOLD = Layout(email="Email", title_text='The "best", webinar', date_text=DAY, note_text="hi there")
ADDED = b',"The ""best"", webinar",2026-03-14,hi there'


def clean_of(text: bytes, layout: Layout, tmp_path: Path, **options: Any) -> bytes:
    (tmp_path / "events.csv").write_bytes(text)
    check(tmp_path / "events.csv", layout, clean=tmp_path / "clean.csv", **options)
    return (tmp_path / "clean.csv").read_bytes()


@pytest.mark.parametrize("layout", [TOLD, Layout(email="Email", title_text="T", date="Day")])
def test_a_row_of_separators_is_blank_despite_texts_for_every_row(layout: Layout, tmp_path: Path) -> None:
    (tmp_path / "events.csv").write_bytes(b"Email,Name,Day\nana@x.com,Ana,2026-03-14\n,,\n,Bo,2026-03-14\n")
    assert check(tmp_path / "events.csv", layout).problems == {"blank-row": 1, "email-missing": 1}


def test_the_clean_file_has_a_column_for_each_text(tmp_path: Path) -> None:
    text = b'Email,Name\r\nana@x.com,Ana\r\nbo@x.com,"Bo\r\n2"\r\nnobody,N\r\nlast@x.com,L'
    clean = clean_of(text, TOLD, tmp_path, bad_rows=tmp_path / "bad.csv")
    assert clean == (
        b"Email,Name,Event Title,Event Date,Note\r\n"
        b"ana@x.com,Ana" + ADDED + b"\r\n"
        b'bo@x.com,"Bo\r\n2"' + ADDED + b"\r\n"
        b"last@x.com,L" + ADDED
    )
    bad = (tmp_path / "bad.csv").read_text(encoding="utf-8-sig").splitlines()
    assert bad[0] == "Email,Name,preflight_row,preflight_line,preflight_problems,preflight_suggestion"
    assert bad[1].startswith("nobody,N,3,5,email-syntax")


def test_the_report_has_the_sent_column_indices(tmp_path: Path) -> None:
    (tmp_path / "events.csv").write_bytes(b"Email,Name\nana@x.com,Ana\n")
    told = check(tmp_path / "events.csv", TOLD).as_dict()
    columns = {name: told["layout"][f"{name}colidx"] for name in ("email", "title", "date", "note")}
    assert columns == {"email": 0, "title": 2, "date": 3, "note": 4}
    assert (told["layout"]["dateformat"], told["clean_dateformat"], told["titlecount"]) == ("yyyy-MM-dd",) * 2 + (1,)
    assert told["texts"] == {"title": 'The "best", webinar', "date": DAY, "note": "hi there"}
    assert not {"title", "date", "note", "dateformat"} & told["detected"].keys()
    known = check(tmp_path / "events.csv", TOLD, known_titles=['The "best", webinar '])
    assert known.titlecount == 0


@pytest.mark.parametrize(
    ("heading", "labels"),
    [
        ("Email,Event Title,Note", ("Event Title 2", "Event Date", "Note 2")),
        ("Email,EVENT  title,event title 2", ("Event Title 3", "Event Date", "Note")),
    ],
)
def test_a_label_that_the_file_has_is_numbered(heading: str, labels: tuple[str, ...], tmp_path: Path) -> None:
    clean = clean_of(f"{heading}\na@x.com,b,c\n".encode(), TOLD, tmp_path)
    assert clean.splitlines()[0].decode() == ",".join([heading, *labels])


def test_a_file_without_a_heading_gets_columns_too(tmp_path: Path) -> None:
    layout = Layout(title_text="T", date_text=DAY)
    assert clean_of(b"a@x.com\nb@x.com\n", layout, tmp_path) == b"a@x.com,T,2026-03-14\nb@x.com,T,2026-03-14\n"
    assert check(tmp_path / "clean.csv", Layout(email=0, title=1, date=2, dateformat="yyyy-MM-dd")).ok
    semicolons = b"a@x.com;T;2026-03-14\nb@x.com;T;2026-03-14"
    layout = Layout(title_text="T", date_text=DAY, fieldseparator="SEMICOLON")
    assert clean_of(b"a@x.com\nb@x.com", layout, tmp_path) == semicolons


def test_an_added_label_needs_no_quotes_in_a_file_without_quotes(tmp_path: Path) -> None:
    layout = Layout(email="E", title_text="T", date_text=DAY, fieldseparator="SPACE", quotecharacter="NONE")
    assert clean_of(b"E Event_Title\na@x.com x\n", layout, tmp_path) == (
        b"E Event_Title Event_Title_2 Event_Date\na@x.com x T 2026-03-14\n"
    )


REFUSED = [
    ({"title": "Name", "title_text": "T"}, "`title` and `title_text` both say the title; give one of them"),
    ({"title_text": " \t"}, "`title_text` is blank; give a text that holds for every row, or leave it out"),
    ({"title_text": "n/a"},
     "`title_text` `n/a` means a missing value; give a text that holds for every row, or leave it out"),
    ({"note_text": "a\nb"}, "`note_text` `a\\nb` contains a line break; give a text of one line"),
    ({"title_text": "a\u2028b"}, "`title_text` `a\\u2028b` contains a line break; give a text of one line"),
    ({"title_text": "a\0b"}, "`title_text` `a\\x00b` contains an unprintable character; give a text of one line"),
    ({"date_text": "2026-02-30"}, "`date_text`: '2026-02-30' is not a day written as YYYY-MM-DD"),
    ({"date_text": "14.3.2026"}, "`date_text`: '14.3.2026' is not a day written as YYYY-MM-DD; write 2026-03-14"),
    ({"date_text": "3.4.2026"}, "`date_text`: '3.4.2026' is not a day written as YYYY-MM-DD; write 2026-04-03"),
    ({"date_text": "2/17/2026"}, "`date_text`: '2/17/2026' is not a day written as YYYY-MM-DD; write 2026-02-17"),
    ({"date_text": "17-2-2026"}, "`date_text`: '17-2-2026' is not a day written as YYYY-MM-DD; write 2026-02-17"),
    ({"date_text": "4/4/2026"}, "`date_text`: '4/4/2026' is not a day written as YYYY-MM-DD; write 2026-04-04"),
    ({"date_text": "3/4/2026"}, "`date_text`: '3/4/2026' is not a day written as YYYY-MM-DD"),
    ({"date_text": "17.2.26"}, "`date_text`: '17.2.26' is not a day written as YYYY-MM-DD"),
    ({"date_text": "0.13.2026"}, "`date_text`: '0.13.2026' is not a day written as YYYY-MM-DD"),
    ({"date_text": "2026/2/30"}, "`date_text`: '2026/2/30' is not a day written as YYYY-MM-DD"),
    ({"date_text": DAY, "dateformat": "MM/dd/yyyy"},
     '`date_text` is sent as yyyy-MM-dd; leave dateformat="MM/dd/yyyy" out'),
]  # fmt: skip


@pytest.mark.parametrize(("keys", "message"), REFUSED)
def test_invalid_texts_are_refused(keys: dict[str, Any], message: str) -> None:
    with pytest.raises(LayoutError) as error:
        Layout(**keys)
    assert str(error.value) == message


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--title", "Name", "--title-text", "T"], "--title and --title-text both say the title; give one of them"),
        (["--title-text", ""], "--title-text is blank; give a text that holds for every row, or leave it out"),
        (["--title-text", "a\nb"], "--title-text `a\\nb` contains a line break; give a text of one line"),
        (["--date-text", "2026-2-3"], "--date-text: '2026-2-3' is not a day written as YYYY-MM-DD; write 2026-02-03"),
        (["--title-text", "a, b", "--date-text", DAY, "--quotecharacter", "NONE"],
         "--title-text `a, b` cannot be written: it holds the field separator (COMMA), and the file is read without a "
         "quote character (NONE)"),
    ],
)  # fmt: skip
def test_refused_options_write_nothing(
    options: list[str],
    message: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("events.csv").write_text("Email,Name\na@x.com,Ana\n", encoding="utf-8")
    assert main(["check", "events.csv", *options, "--clean", "c.csv", "--bad-rows", "b.csv"]) == 2
    assert capsys.readouterr() == ("", f"preflight: {message}\n")
    assert [path.name for path in tmp_path.iterdir()] == ["events.csv"]


def test_options_override_a_profile(tmp_path: Path) -> None:
    profile = tmp_path / "p.toml"
    profile.write_text(f'title = "Name"\ndate_text = {DAY}\nnote_text = "n"\n', encoding="utf-8")
    from_profile = Layout.from_profile(profile)
    assert from_profile == Layout(title="Name", date_text=date(2026, 3, 14), note_text="n")
    assert Layout(title_text="T").over(from_profile) == Layout(title_text="T", date_text=DAY, note_text="n")
    of_column = Layout(date="When", dateformat="MM/dd/yyyy").over(from_profile)
    assert of_column == Layout(title="Name", date="When", dateformat="MM/dd/yyyy", note_text="n")
    assert Layout(date="When").over(from_profile).dateformat is None
    assert Layout(date_text=DAY).over(Layout(date="When", dateformat="MM/dd/yyyy")) == Layout(date_text=DAY)


def test_a_saved_profile_has_the_texts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "events.csv").write_text("Email,Name\na@x.com,Ana\n", encoding="utf-8")
    profile = str(tmp_path / "p.toml")
    told = ["--title-text", "T", "--date-text", DAY]
    assert main(["inspect", str(tmp_path / "events.csv"), *told, "--save", profile]) == 0
    assert "title of every row: `T`, in the clean file column 2 `Event Title`" in capsys.readouterr().out
    assert Layout.from_profile(profile).texts == {"title": "T", "date": DAY}
    assert main(["check", str(tmp_path / "events.csv"), "--profile", profile, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["texts"] == {"title": "T", "date": DAY}


def test_the_question_for_a_missing_title_names_title_text(tmp_path: Path) -> None:
    (tmp_path / "events.csv").write_text("Email,Date\na@x.com,2026-03-14\n", encoding="utf-8")
    told = (
        "^no column could be the title; name the event's title with `title`, or say it for all rows with `title_text`"
    )
    with pytest.raises(LayoutError, match=told):
        check(tmp_path / "events.csv", Layout(dateformat="yyyy-MM-dd"))


def test_mended_rows_are_merged_with_the_texts(tmp_path: Path) -> None:
    (tmp_path / "events.csv").write_text("Email,Name\na@x.com,Ana\nnobody,Bo\n", encoding="utf-8")
    check(tmp_path / "events.csv", TOLD, clean=tmp_path / "c.csv", bad_rows=tmp_path / "b.csv")
    mended = (tmp_path / "b.csv").read_text(encoding="utf-8-sig").replace("nobody", "bo@x.com")
    (tmp_path / "b.csv").write_text(mended, encoding="utf-8")
    _, merged = merge_into(tmp_path / "c.csv", tmp_path / "b.csv", TOLD)
    assert merged is not None
    assert (merged.added, merged.rows) == (1, 2)
    assert (tmp_path / "c.csv").read_bytes() == (
        b"Email,Name,Event Title,Event Date,Note\na@x.com,Ana" + ADDED + b"\nbo@x.com,Bo" + ADDED + b"\n"
    )
    assert merge_into(tmp_path / "c.csv", tmp_path / "b.csv", TOLD)[1] == type(merged)(str(tmp_path / "c.csv"), 0, 1, 2)


def test_fixes_and_normalized_dates_can_be_combined_with_texts(tmp_path: Path) -> None:
    layout = Layout(email="Email", date="Date", title_text="T", dateformat="MM/dd/yyyy")
    text = b"Email,Date\nmailto:a@x.com,03/14/2026\nb@X.com,03/15/2026\n"
    assert clean_of(text, layout, tmp_path, fix=["mailto", "domain-case"], normalize_dates=True) == (
        b"Email,Date,Event Title\na@x.com,2026-03-14,T\nb@x.com,2026-03-15,T\n"
    )
    assert clean_of(b"Email\na@x.com\n", Layout(title_text="T", date_text=DAY), tmp_path, normalize_dates=True) == (
        b"Email,Event Title,Event Date\na@x.com,T,2026-03-14\n"
    )


def test_a_frame_is_checked_with_texts() -> None:
    frame = pd.DataFrame({"Email": ["a@x.com", "nobody"], "Name": ["A", "B"]}, index=["x", "y"])
    report = check(frame, Layout(title_text="T", date_text=date(2026, 3, 14)))
    assert report.good.tolist() == [True, False]
    assert report.titlecount == 1


CELLS = st.text(st.sampled_from("ab \",';\t\r\n"), max_size=4)
TEXTS = st.text(st.sampled_from("aé \",';"), min_size=1, max_size=6).filter(lambda text: text.strip(" .;,\"'"))


@example([("", "")] * 3, Separator.SPACE, Quote.SINGLE_QUOTE, "\n", True, ";;a")
@example([("", ";")] * 2, Separator.SPACE, Quote.DOUBLE_QUOTE, "\n", True, "a;")
@settings(max_examples=40)
@given(
    st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=5),
    st.sampled_from([*Separator]),
    st.sampled_from([Quote.DOUBLE_QUOTE, Quote.SINGLE_QUOTE]),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.booleans(),
    TEXTS,
)
def test_a_clean_file_reads_as_the_source_with_the_texts(
    rows: list[tuple[str, str]],
    separator: Separator,
    quote: Quote,
    line_end: str,
    ends: bool,
    text: str,
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        read_again(Path(folder), rows, separator, quote, line_end, ends, text)


def read_again(
    folder: Path,
    rows: list[tuple[str, str]],
    separator: Separator,
    quote: Quote,
    line_end: str,
    ends: bool,
    text: str,
) -> None:
    dialect = Dialect(separator, quote)
    lines = [dialect.joined(("Email", "A", "B")), *(dialect.joined(("a@x.com", *row)) for row in rows)]
    source = line_end.join(lines) + line_end * ends
    (folder / "e.csv").write_text(source, encoding="utf-8", newline="")
    told = Layout(email="Email", firstrow="Y", encoding="utf-8", fieldseparator=separator, quotecharacter=quote)
    layout = Layout(title_text=text, date_text=DAY).over(told)
    report = check(folder / "e.csv", layout, clean=folder / "c.csv")
    if report.contradiction is not None:
        return
    clean = (folder / "c.csv").read_bytes().decode()
    end = dialect.joined(["", text.strip(), DAY])
    if report.ok and not any("\n" in line or "\r" in line for line in lines):
        assert clean.split(line_end)[1 : len(lines)] == [line + end for line in lines[1:]]
    read = list(csv.reader(io.StringIO(clean, newline=""), delimiter=separator.character, quotechar=quote.character))
    assert read[1:] == [["a@x.com", *row, text.strip(), DAY] for row in rows]
    of_clean = Layout(title=3, date=4, dateformat="yyyy-MM-dd").over(told)
    try:
        again = check(folder / "c.csv", of_clean, clean=folder / "again.csv")
    except LayoutError:  # a text with another separator several times, which every row repeats, but not the heading
        assert text.count(";") > 1 or text.count(",") > 1
        return
    if again.contradiction is not None:  # a text in other quotes, such as `"a"` between `'`
        assert '"' in text or "'" in text
        return
    assert (folder / "again.csv").read_bytes().decode() == clean
    same = ("rows", "good_rows", "problems", "titlecount", "layout")
    assert {name: again.as_dict()[name] for name in same} == {name: report.as_dict()[name] for name in same}
