"""check() as a whole, held against the plain reference validator."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from preflight import Layout, LayoutError, PreflightError, Quote, Report, Separator, check
from preflight.model.codes import CODES
from tests import reference

pytestmark = pytest.mark.usefixtures("as_typed")

GOOD_EMAILS = ["ana@acme-corp.com", "o'neil+tag@x-y.co.uk", "a@bücher.de", "A.B@EXAMPLE.museum"]
ANY_EMAILS = [
    *GOOD_EMAILS,
    "",
    " ",
    "a@b",
    "two@@x.com",
    "a@x.com;b@x.com",
    "Jo <jo@x.com>",
    " a@x.com\u00a0",
    "é@x.com",
    "@",
]
DATES = [
    "01/25/2023",
    "1/5/2023",
    "25/01/2023",
    "02/30/2023",
    "01/25/11",
    "",
    "01/25/2023 ",
    " 01/25/2023",
    "x",
    "٠1/05/2023",
]
TITLES = ["Webinar", " Webinar ", "Trade Show", "", " \u00a0", "a,b", 'say "hi"', "it's", "two\nlines"]
NOTES = ["", "note", "a;b", "\u200b", "line\r\nbreak", "x\0y"]

LAYOUT = Layout(email=1, date=0, title=2, note=3, dateformat="MM/dd/yyyy")


def written(rows: list[list[str]], separator: Separator, quote: Quote) -> str:
    """The rows as CSV text; with quotes only where `quote` allows any."""
    text = io.StringIO()
    if quote is Quote.NONE:
        return "".join(separator.character.join(row) + "\n" for row in rows)
    csv.writer(text, delimiter=separator.character, quotechar=quote.character).writerows(rows)
    return text.getvalue()


cells = st.tuples(st.sampled_from(DATES), st.sampled_from(ANY_EMAILS), st.sampled_from(TITLES), st.sampled_from(NOTES))


@st.composite
def files(draw: st.DrawFn) -> tuple[bytes, Separator, Quote]:
    """A file of some good and some bad records, spoiled here and there by a character too many or too few."""
    separator, quote = draw(st.sampled_from(Separator)), draw(st.sampled_from(Quote))
    rows = [list(row) for row in draw(st.lists(cells, min_size=1, max_size=12))]
    text = written([["date", "email", "title", "note"], *rows], separator, quote)
    heading, _, body = text.partition("\n")
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(body)))
        body = (
            body[:at]
            + draw(st.sampled_from([separator.character, quote.character, "\n", "\r", "\r\n", '"']))
            + body[at:]
        )
    data = (heading + "\n" + body).encode()
    if draw(st.booleans()):
        at = draw(st.integers(len(heading) + 2, len(data)))
        data = data[:at] + b"\xff" + data[at:]
    return data, separator, quote


def kinds(codes: list[str]) -> set[str]:
    """Problem codes as the reference tells them: those of the email and of the date are one kind each."""
    return {CODES[code].subject if CODES[code].subject in ("email", "date") else code for code in codes}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(files())
def test_verdicts_equal_the_reference(tmp_path: Path, file: tuple[bytes, Separator, Quote]) -> None:
    data, separator, quote = file
    heading, *expected = reference.read_records(data, separator.character.encode(), quote.character.encode())
    source, clean, bad = tmp_path / "in.csv", tmp_path / "clean.csv", tmp_path / "bad.csv"
    source.write_bytes(data)
    layout = Layout("email", "date", "title", "note", "MM/dd/yyyy", separator, quote, "Y", "utf-8")
    if not expected:
        return
    try:
        report = check(source, layout, clean=clean, bad_rows=bad, max_shown=10_000)
    except LayoutError:  # nearly every row has one cell more than the heading
        return
    assume(report.contradiction is None)  # too little of it is left to be read with these options
    assume(not report.skipped_lines)  # what follows a blank row is read as a report's footer

    codes = [reference.row_codes(record, 4, 1, 0, 2) for record in expected]
    found: dict[int, list[str]] = {}
    for problem in report.examples:
        if problem.severity == "error":
            found.setdefault(problem.row, []).append(problem.code)
            assert problem.line == expected[problem.row - 1].line
    assert [kinds(found.get(row, [])) for row in range(1, len(expected) + 1)] == codes
    assert report.rows == len(expected)
    assert report.bad_rows == sum(map(bool, codes))

    good = [record for record, wrong in zip(expected, codes, strict=True) if not wrong]
    assert clean.read_bytes() == heading.raw + b"".join(record.raw for record in good)
    numbers = [(row, record.line) for row, (record, wrong) in enumerate(zip(expected, codes, strict=True), 1) if wrong]
    _, *rest = reference.read_records(bad.read_bytes()[3:], separator.character.encode(), quote.character.encode())
    assert [tuple(map(int, record.cells[-4:-2])) for record in rest if record.cells is not None] == numbers
    titles = {record.cells[2].strip() for record in good if record.cells is not None}
    assert set(report.titles.counts) == titles
    assert report.titlecount == len(titles)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
@given(
    st.binary(max_size=200) | st.text(st.sampled_from("a@x.,;\t '\"\r\n\0é01/2024"), max_size=200).map(str.encode),
    st.sampled_from(Separator),
    st.sampled_from(Quote),
    st.sampled_from("YN"),
    st.sampled_from([None, "utf-8", "cp1252", "utf-16", "shift_jis", "utf-7"]),
)
def test_any_bytes_give_a_report_or_one_of_our_own_errors(
    tmp_path: Path, data: bytes, separator: Separator, quote: Quote, firstrow: str, encoding: str | None
) -> None:
    source, clean, bad = tmp_path / "in.csv", tmp_path / "clean.csv", tmp_path / "bad.csv"
    source.write_bytes(data)
    layout = Layout(0, 1, 2, None, "MM/dd/yyyy", separator, quote, firstrow, encoding)
    reports = [tmp_path / "r.csv", tmp_path / "r.json"]
    try:
        report = check(source, layout, clean=clean, bad_rows=bad, reports=reports)
    except PreflightError as error:
        message = str(error)
        assert "\n" not in message
        return
    assert report.good_rows + report.bad_rows == report.rows
    assert sum(report.problems.values()) >= report.bad_rows
    clean.read_bytes().decode("utf-8")
    bad.read_bytes().decode("utf-8")


def checked(tmp_path: Path, text: str | bytes, layout: Layout = LAYOUT, **options: object) -> Report:
    source = tmp_path / "events.csv"
    source.write_bytes(text if isinstance(text, bytes) else text.encode())
    return check(source, layout, **options)  # type: ignore[arg-type]


HEADING = "date,email,title,note\n"
GOOD = "01/25/2024,ana@acme-corp.com,Webinar,\n"


def test_a_good_file_is_copied_byte_for_byte(tmp_path: Path) -> None:
    text = HEADING + GOOD + '01/26/2024,"bo@acme-corp.com","Trade ""Show""","two\r\nlines"\r\n' + GOOD.rstrip("\n")
    report = checked(tmp_path, text, clean=tmp_path / "clean.csv")
    assert report.ok
    assert (tmp_path / "clean.csv").read_bytes() == text.encode()
    assert report.warnings == {"note-newline": 1, "duplicate-row": 1}
    assert report.titlecount == 2


def test_a_byte_order_mark_is_not_part_of_the_heading(tmp_path: Path) -> None:
    layout = Layout(dateformat="MM/dd/yyyy")
    report = checked(
        tmp_path, b"\xef\xbb\xbf" + b"Email,Date,Title\na@x.com,01/25/2024,T\n", layout, clean=tmp_path / "c"
    )
    assert report.ok
    assert report.layout.columns == {"email": 0, "date": 1, "title": 2}
    assert (tmp_path / "c").read_bytes() == b"Email,Date,Title\na@x.com,01/25/2024,T\n"


def test_a_byte_order_mark_inside_the_file_stays_in_its_cell(tmp_path: Path) -> None:
    report = checked(tmp_path, HEADING + "\ufeff" + GOOD)
    assert [(p.code, p.value) for p in report.examples] == [("date-format", "\ufeff01/25/2024")]


def test_known_titles_are_not_counted(tmp_path: Path) -> None:
    rows = "".join(f"01/25/2024,a@x.com,{title},\n" for title in ["A", " A ", "B", "C", "a"])
    report = checked(tmp_path, HEADING + rows, known_titles={"B ", "Z"})
    assert report.titlecount == 3
    assert report.as_dict()["titles"] == {"distinct": 4, "known": 1, "new": 3}
    assert report.titles.new == ("A", "C", "a")


def test_titles_of_bad_rows_are_not_counted(tmp_path: Path) -> None:
    report = checked(tmp_path, HEADING + GOOD + "01/25/2024,nobody,Only here,\n")
    assert report.titlecount == 1


def test_truncated_examples_say_so(tmp_path: Path) -> None:
    report = checked(tmp_path, HEADING + "x,y,z,\n" * 5, max_shown=3)
    assert len(report.examples) == 3
    assert report.truncated
    assert report.problems == {"email-syntax": 5, "date-format": 5}


def test_without_a_heading_the_usual_width_counts(tmp_path: Path) -> None:
    layout = Layout(email=1, date=0, title=2, dateformat="MM/dd/yyyy", firstrow="N")
    report = checked(tmp_path, "01/25/2024,a@x.com\n" + "01/25/2024,a@x.com,T,\n" * 3, layout)
    assert report.problems == {"missing-cell": 1}
    assert report.layout.width == 4


@pytest.mark.parametrize("row", ['01/25/2024,a"@x.com,T\n', '"01/25/2024,a@x.com,T\n'])
def test_the_only_row_of_a_file_without_a_heading_may_be_spoiled(tmp_path: Path, row: str) -> None:
    layout = Layout(1, 0, 2, None, "MM/dd/yyyy", "COMMA", "DOUBLE_QUOTE", "N")
    report = checked(tmp_path, row, layout)
    assert (report.rows, report.bad_rows, report.layout.width) == (1, 1, 3)


@pytest.mark.parametrize("width", [1, 3, 5])
def test_a_row_of_separators_only_is_blank_at_any_width(tmp_path: Path, width: int) -> None:
    good = GOOD.replace("ana", "bo")
    report = checked(tmp_path, HEADING + GOOD + "," * width + "\n" + ' ,"", ,\u00a0\n' + good + "\n\n")
    assert [(p.row, p.line, p.code) for p in report.examples] == [
        (2, 3, "blank-row"),
        (3, 4, "blank-row"),
        (5, 6, "blank-row"),
        (6, 7, "blank-row"),
    ]


def test_row_numbers_continue_across_blocks(tmp_path: Path) -> None:
    note = "x" * 997 + "\n" + "y"
    text = HEADING + f'01/25/2024,ana@acme-corp.com,Webinar,"{note}"\n' * 9_000 + "bad\n" + GOOD
    report = checked(tmp_path, text, clean=tmp_path / "clean.csv")
    assert report.rows == 9_002
    assert [(p.row, p.line, p.code) for p in report.examples if p.severity == "error"] == []
    assert report.problems == {"missing-cell": 1}
    assert report.warnings == {"note-newline": 9_000, "duplicate-row": 9_000}
    assert (tmp_path / "clean.csv").read_bytes() == text.replace("bad\n", "").encode()


def test_utf_16_and_named_encodings_are_decoded(tmp_path: Path) -> None:
    text = HEADING + "01/25/2024,ana@acme-corp.com,Müller,ß\n"
    for data, encoding in ((text.encode("utf-16"), None), (text.encode("cp1252"), "cp1252")):
        layout = Layout(email=1, date=0, title=2, note=3, dateformat="MM/dd/yyyy", encoding=encoding)
        report = checked(tmp_path, data, layout, clean=tmp_path / "clean.csv")
        assert report.ok
        assert (tmp_path / "clean.csv").read_bytes() == text.encode()


def test_bytes_invalid_in_the_given_encoding_spoil_their_row_only(tmp_path: Path) -> None:
    data = (HEADING + GOOD).encode() + b"01/25/2024,a@x.com,T\x81,\n" + GOOD.replace("ana", "bo").encode()
    layout = Layout(email=1, date=0, title=2, note=3, dateformat="MM/dd/yyyy", encoding="cp1252")
    report = checked(tmp_path, data, layout)
    assert [(p.row, p.code, p.message) for p in report.examples] == [
        (2, "encoding-error", "Byte 21 of the row is not text in the stated encoding.")
    ]


def test_known_titles_are_titles_not_a_path(tmp_path: Path) -> None:
    message = r"^known_titles takes titles, not a path; preflight\.read_known_titles reads a file of them$"
    with pytest.raises(TypeError, match=message):
        checked(tmp_path, HEADING + GOOD, known_titles="titles.txt")


def test_repeated_rows_are_warned_of_in_order_and_stay_good(tmp_path: Path) -> None:
    rows = [
        "1/5/2024,ana@acme-corp.com,Webinar,",
        "nothing",
        '01/05/2024,ANA@acme-corp.com," Webinar","two\nlines"',
        "01/06/2024,ana@acme-corp.com,Webinar,",
        "01/05/2024,ana@acme-corp.com,Webinar,again",
        "x,y,z,",
    ]
    reports = [tmp_path / "report.csv", tmp_path / "report.json"]
    report = checked(tmp_path, HEADING + "\n".join(rows), reports=reports, clean=tmp_path / "clean.csv")
    assert report.warnings["duplicate-row"] == 2
    assert report.good_rows == 4
    assert [(p.row, p.line, p.code) for p in report.examples if not p.code.startswith(("note", "title"))] == [
        (2, 3, "missing-cell"),
        (3, 4, "duplicate-row"),
        (5, 7, "duplicate-row"),
        (6, 8, "email-syntax"),
        (6, 8, "date-format"),
    ]
    message = "The row has the email, date and title of row 1 (line 2)."
    assert {p.message for p in report.examples if p.code == "duplicate-row"} == {message}
    assert sum(message in line for line in reports[0].read_text().splitlines()) == 2
    told = json.loads(reports[1].read_text())
    assert [p["row"] for p in told["examples"] if p["code"] == "duplicate-row"] == [3, 5]
    assert not told["truncated"]


def test_repeated_rows_beyond_the_limit_are_counted_but_not_listed(tmp_path: Path) -> None:
    reports = [tmp_path / "report.json"]
    report = checked(tmp_path, HEADING + GOOD * 6_000, reports=reports)
    assert report.warnings == {"duplicate-row": 5_999}
    listed = [p for p in json.loads(reports[0].read_text())["examples"] if p["row"]]
    assert [p["row"] for p in listed] == list(range(2, 5_002))
    assert report.examples[0].message == "5,999 rows repeat an earlier one; the first 5,000 are listed."
    assert json.loads(reports[0].read_text())["truncated"]


@pytest.mark.parametrize("normalize_dates", [False, True])
def test_the_digest_is_that_of_the_clean_file(normalize_dates: bool, tmp_path: Path) -> None:
    source, clean, digest = tmp_path / "events.csv", tmp_path / "clean.csv", hashlib.sha256()
    source.write_bytes(b"email,date,title\n" + b"a@x.com,01/25/2024,T\nb@x.com,,T\n" * 1000)
    check(source, Layout(dateformat="MM/dd/yyyy"), clean=clean, digest=digest, normalize_dates=normalize_dates)
    assert clean.stat().st_size > 20_000
    assert digest.hexdigest() == hashlib.sha256(clean.read_bytes()).hexdigest()
