"""A corrected bad-rows file is checked without its added columns; guessed cells stay bad until a person clears them."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from preflight import Layout, Merged, check, merge_into
from preflight.model.added import ADDED_COLUMNS
from preflight.model.report import Report
from preflight.records.badrows import divided_labels, width_without_added
from preflight.render.text import render

LAYOUT = Layout("Email", "Date", "Title", None, "MM/dd/yyyy")
HEADING = "Email,Date,Title,Id\n"
SPOILED = 'a@x.com,01/25/2024\na@x.com,01/25/2024,T,1,"f,g"\na@x.com,01/25/2024,x"y,1\n"a@x.com,01/25/2024,T,1\n'


def bad_rows(folder: Path, text: str, layout: Layout = LAYOUT) -> Path:
    source, bad = folder / "in.csv", folder / "bad.csv"
    source.write_bytes(text.encode())
    check(source, layout, bad_rows=bad)
    return bad


def table(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def save(path: Path, rows: Sequence[Sequence[str]]) -> Path:
    """Write cells as a spreadsheet does: quotes where they must be, every row as wide as the widest."""
    width = max(map(len, rows))
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([*row, *[""] * (width - len(row))] for row in rows)
    return path


def test_a_corrected_file_is_checked_and_written_without_the_added_columns(tmp_path: Path) -> None:
    bad = bad_rows(tmp_path, HEADING + "nobody,01/25/2024,=1+1,007\na@x.com,1/25/24,'=T,+5\n")
    rows = table(bad)
    assert rows[1][:4] == ["nobody", "01/25/2024", "'=1+1", "'007"]
    assert rows[2][:4] == ["a@x.com", "1/25/24", "''=T", "'+5"]
    rows[1][0], rows[2][1] = "b@x.com", "01/25/2024"
    report = check(save(bad, rows), LAYOUT, clean=tmp_path / "clean.csv")
    assert report.ok
    assert report.as_dict()["left_out_columns"] == list(ADDED_COLUMNS)
    assert f"\n  a bad-rows file; what is written has no {', '.join(ADDED_COLUMNS)}\n" in render(report)
    assert list(report.titles.counts) == ["=1+1", "'=T"]
    assert (tmp_path / "clean.csv").read_bytes().replace(b"\r", b"") == (
        HEADING + "b@x.com,01/25/2024,=1+1,007\na@x.com,01/25/2024,'=T,+5\n"
    ).encode()


@pytest.mark.parametrize("blank", [" ", "\u00a0", '"\n"', " ,\u00a0"])
def test_surplus_blank_cells_are_accepted(tmp_path: Path, blank: str) -> None:
    bad = bad_rows(tmp_path, f"{HEADING}a@x.com,01/25/2024,T,5,{blank}\nb@x.com,01/25/2024,T,5,{blank},x\n")
    without, other = (row[-2] for row in table(bad)[1:])
    assert "What was too many" not in without
    assert f"What was too many: {blank},x. The cells are a guess" in other
    check(tmp_path / "in.csv", LAYOUT, bad_rows=tmp_path / "bad.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "bad.xlsx").active
    assert [row[-2].value for row in sheet.iter_rows(min_row=2)] == [without, other]


def test_guessed_cells_stay_bad_until_their_problems_are_cleared(tmp_path: Path) -> None:
    bad = bad_rows(tmp_path, HEADING + SPOILED)
    rows = table(bad)
    assert [row[-2].partition(":")[0] for row in rows[1:]] == [
        "missing-cell",
        "extra-cell",
        "stray-quote",
        "unclosed-quote",
    ]
    assert 'What was too many: "f,g". The cells are a guess: put them right, then clear this one.' in rows[2][-2]
    rows[1][2], rows[4][0] = "T", "a@x.com"
    again = check(save(bad, rows), LAYOUT, max_shown=1)
    assert again.problems == {"missing-cell": 1, "extra-cell": 1, "stray-quote": 1, "unclosed-quote": 1}
    assert again.examples[0].message == (
        "The cells of this row were a guess, as its preflight_problems cell says: put them right, then clear that cell."
    )
    for row in rows[1:]:
        row[-2] = ""
    assert check(save(bad, rows), LAYOUT).ok
    assert check(save(bad, [row[:-2] for row in rows]), LAYOUT).ok  # removing the whole column has the same effect


def test_the_bad_rows_of_a_bad_rows_file_keep_columns_row_numbers_and_messages(tmp_path: Path) -> None:
    bad = bad_rows(tmp_path, HEADING + "a@x.com,01/25/2024,T,1\n" + SPOILED + "nobody,01/25/2024,T,1\n")
    rows = table(bad)
    rows[1][-2] = ""
    rows[-1][1] = "x"
    again = tmp_path / "again.csv"
    check(save(bad, rows), LAYOUT, bad_rows=again)
    told = table(again)
    assert told[0] == ["Email", "Date", "Title", "Id", *ADDED_COLUMNS]
    assert told[2:-1] == rows[2:-1]
    assert told[1] == ["a@x.com", "01/25/2024", "", "", "2", "3", "title-missing: The title is blank.", ""]
    assert told[-1][4:6] == ["6", "7"]
    assert told[-1][6].startswith("email-syntax: An email address must have an @-sign. | date-format: ")


def test_padding_of_a_spreadsheet_is_ignored_and_a_filled_surplus_cell_is_not(tmp_path: Path) -> None:
    bad = bad_rows(tmp_path, HEADING + "nobody,01/25/2024,T,1\n" * 3)
    rows = [[*row, "", ""] for row in table(bad)]
    for row in rows[1:]:
        row[0] = "a@x.com"
    assert check(save(bad, rows), LAYOUT).ok
    rows[1][-1] = "surplus"
    rows[2][4:] = []
    with bad.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    assert check(bad, LAYOUT).problems == {"extra-cell": 1}


def test_a_blank_bad_row_stays_blank(tmp_path: Path) -> None:
    bad = bad_rows(tmp_path, HEADING + ",,,\n\n,,,,,\n")
    assert check(bad, LAYOUT).problems == {"blank-row": 3}


def test_added_cells_are_recognized_without_a_heading(tmp_path: Path) -> None:
    layout = Layout(0, 1, 2, None, "MM/dd/yyyy", firstrow="N")
    bad = bad_rows(tmp_path, "a@x.com,01/25/2024,T\nnobody,01/25/2024,T\n,01/25/2024,T\n", layout)
    rows = table(bad)
    rows[0][0], rows[1][0], rows[1][-2] = "b@x.com", "c@x.com", ""
    assert check(save(bad, rows), layout, clean=tmp_path / "clean.csv").ok
    assert table(tmp_path / "clean.csv") == [["b@x.com", "01/25/2024", "T"], ["c@x.com", "01/25/2024", "T"]]
    bad.write_text('a"@x.com,01/25/2024,T\n', encoding="utf-8")
    assert check(bad, layout).problems == {"stray-quote": 1}


def test_without_quotes_surplus_text_follows_the_codes(tmp_path: Path) -> None:
    layout = Layout("Email", "Date", "Title", None, "MM/dd/yyyy", "SPACE", "NONE")
    bad = bad_rows(tmp_path, "Email Date Title\na@x.com 01/25/2024 two words\n" + "b@x.com 01/25/2024 T\n" * 3, layout)
    assert bad.read_text(encoding="utf-8-sig").splitlines()[1] == "a@x.com 01/25/2024 two 1 2 extra-cell|words "
    assert check(bad, layout).problems == {"extra-cell": 1}


LABELS = [
    (["Email", *ADDED_COLUMNS], ["Email"], ADDED_COLUMNS),
    (["Email", *ADDED_COLUMNS, "", ""], ["Email"], ADDED_COLUMNS),
    (["Email", *ADDED_COLUMNS[:3]], ["Email"], ADDED_COLUMNS[:3]),
    (["Email", "", "preflight_row"], ["Email", ""], ("preflight_row",)),
    (["Email", "preflight_row", "Title"], ["Email", "preflight_row", "Title"], ()),
    (["Email", "", ""], ["Email", "", ""], ()),
    ([], [], ()),
]


@pytest.mark.parametrize(("labels", "own", "added"), LABELS)
def test_added_labels_are_recognized_at_the_end_only(labels: list[str], own: list[str], added: tuple[str, ...]) -> None:
    assert divided_labels(labels) == (own, added)


@pytest.mark.parametrize(
    ("rows", "width"),
    [
        ([["a", "1", "2", "email-syntax: x", ""], ["a", "3", "4", "", "a@x.com"]], 1),
        ([["a", "1", "2", "email-syntax: x"], ["a", "3", "4", ""]], 1),
        ([["1", "1", "2", "email-syntax: x"], ["2", "3", "4", ""]], 1),
        ([["a", "", "1", "2", "title-missing", "b"], ["a", "", "3", "4", "title-missing"], ["a", "b", "5", "6"]], 2),
        ([["1", "2", "3", "4", "title-missing"], ["", ""], ["new", "row"]], 2),
        ([["1", "2", "email-syntax: x", ""]], 0),
        ([["a", "1", "2", "title-missing"], ["a", "", "1", "2", "title-missing"]], 0),
        ([["a", "", "1", "2", "title-missing"]] * 2 + [["a", "1", "2", "title-missing"]], 0),
        ([["a", "1", "2", ""]], 0),
        ([["a", "1", "2", "", ""]], 0),
        ([["a", "1", "2", "email-syntax: x"], ["a", "3", "4", "words"]], 0),
        ([["a", "1", "2", "email-syntax: x", ""], ["a", "3", "4", "words", ""]], 0),
        ([["a", "1", "2", "email-syntax: x", ""], ["a", "3", "4", "", "", "more"]], 0),
        ([["a", "x", "2", "email-syntax: x"]], 0),
        ([["a", "x", "2", "email-syntax: x", ""]], 0),
        ([], 0),
    ],
)  # fmt: skip
def test_rows_of_a_bad_rows_file_are_recognized_by_their_added_cells(rows: list[list[str]], width: int) -> None:
    assert width_without_added(rows) == width


def test_only_the_end_of_a_wide_row_is_searched_for_added_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at: list[int] = []
    monkeypatch.setattr("preflight.records.badrows._may_be_added", lambda cells: looked_at.append(len(cells)))
    assert width_without_added([["1"] * 100_000]) == 0
    assert len(looked_at) <= len(ADDED_COLUMNS)


SUGGESTED = [
    ("nobody,01/25/2024,T,1", ""),
    ("a@x.com,1/25/24,T,1", "01/25/2024"),
    ("Ana <ana@x.com>,1/25/24,T,1", "Email: ana@x.com | Date: 01/25/2024"),
    ("nobody,1/25/24,,1", "01/25/2024"),
    ("-a@x.com\u200b,01/25/2024,T,1", "'-a@x.com"),
    ("a@gmial.com,1/25/24,T,1", "01/25/2024"),  # the suggestion of a warning is only in the problems
    ("a@x.com,01/25/2024", ""),
]


@pytest.mark.parametrize(("row", "suggested"), SUGGESTED)
def test_the_last_cell_holds_the_suggestions_for_the_row(row: str, suggested: str, tmp_path: Path) -> None:
    heading, told = table(bad_rows(tmp_path, f"{HEADING}{row}\n"))
    assert dict(zip(heading, told, strict=True))["preflight_suggestion"] == suggested


@pytest.mark.parametrize(
    ("email", "first", "firstrow", "suggestion"),
    [
        ("=Email", "=Email,Date,Title", "Y", "'=Email: ana@x.com | Date: 01/25/2024"),
        (0, "a@x.com,01/25/2024,T", "N", "0: ana@x.com | 1: 01/25/2024"),
    ],
)
def test_a_suggestion_names_the_guarded_label_or_the_index_of_its_column(
    email: str | int, first: str, firstrow: str, suggestion: str, tmp_path: Path
) -> None:
    layout = Layout(email, 1, 2, None, "MM/dd/yyyy", firstrow=firstrow)
    bad = bad_rows(tmp_path, f"{first}\nAna <ana@x.com>,1/25/24,T\n", layout)
    assert table(bad)[-1][-1] == suggestion


@pytest.mark.parametrize(("separator", "suggested"), [("SPACE", ""), ("COMMA", "Email: ana@x.com | Date: 01/25/2024")])
def test_without_quotes_a_suggestion_is_written_only_if_its_cell_can_hold_it(
    separator: str, suggested: str, tmp_path: Path
) -> None:
    layout = Layout("Email", "Date", "Title", None, "MM/dd/yyyy", separator, "NONE")
    mark = " " if separator == "SPACE" else ","
    bad = bad_rows(tmp_path, "Email,Date,Title\n<ana@x.com>,1/25/24,T\n".replace(",", mark), layout)
    row = bad.read_text(encoding="utf-8-sig").splitlines()[1]
    assert row.split(mark)[6:] == [suggested]
    assert check(bad, layout).bad_rows == 1


@pytest.mark.parametrize("firstrow", ["Y", "N"])
@pytest.mark.parametrize("columns", [len(ADDED_COLUMNS[:3]), len(ADDED_COLUMNS)])
def test_files_with_and_without_suggestions_are_mended_and_merged(columns: int, firstrow: str, tmp_path: Path) -> None:
    layout = Layout(0, 1, 2, None, "MM/dd/yyyy", "COMMA", "DOUBLE_QUOTE", firstrow)
    source, clean, bad = (tmp_path / name for name in ("in.csv", "clean.csv", "bad.csv"))
    heading = "Email,Date,Title,Id\n" if firstrow == "Y" else ""
    source.write_text(heading + "a@x.com,01/25/2024,T,1\nb@x.com,1/26/24,T,007\n,01/27/2024,T,3\n", encoding="utf-8")
    check(source, layout, clean=clean, bad_rows=bad)
    rows = [row[: 4 + columns] for row in table(bad)]
    assert rows[-2][4:6] == ["2", "3" if heading else "2"]
    rows[-2][1], rows[-1][0] = "01/26/2024", "c@x.com"
    report, merged = merge_into(clean, save(bad, rows), layout)
    assert report.ok
    assert report.as_dict()["left_out_columns"] == list(ADDED_COLUMNS[:columns])
    assert merged is not None
    assert (merged.added, merged.rows) == (2, 3)
    assert clean.read_text(encoding="utf-8") == (
        heading + "a@x.com,01/25/2024,T,1\nb@x.com,01/26/2024,T,007\nc@x.com,01/27/2024,T,3\n"
    )
    _, again = merge_into(clean, bad, layout)
    assert again is not None
    assert (again.added, again.already_there) == (0, 2)


@pytest.mark.parametrize("separator", [",", ";"])
def test_without_a_heading_blank_cells_at_the_end_may_be_missing(separator: str, tmp_path: Path) -> None:
    source, clean, bad = (tmp_path / name for name in ("in.csv", "clean.csv", "bad.csv"))
    rows = ["a@x.com,01/25/2024,T,n", "b@x.com,1/26/24,T,", ",01/27/2024,T,", "c@x.com,01/28/2024,,n"]
    source.write_text("\n".join(rows), encoding="utf-8")
    check(source, Layout(0, 1, 2, None, "MM/dd/yyyy"), clean=clean, bad_rows=bad)
    mended = [[cell.replace("1/26/24", "01/26/2024") for cell in row] for row in table(bad)]
    mended[1][0] = "d@x.com"
    text = "".join(
        separator.join(cell.replace(separator, "") for cell in row).rstrip(separator) + "\r\n" for row in mended
    )
    assert {row.count(separator) for row in text.splitlines()} == {6, 7}
    bad.write_text(text, encoding="utf-8")
    report, merged = merge_into(clean, bad, Layout())
    assert report.problems == {"title-missing": 1}
    assert merged == Merged(str(clean), 2, 0, 3)
    assert clean.read_text(encoding="utf-8").split() == [rows[0], "b@x.com,01/26/2024,T,", "d@x.com,01/27/2024,T,"]


CELL = st.text(st.sampled_from("=+-@'\",;a1 \té\n0"), max_size=6)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(
    st.lists(
        st.one_of(st.tuples(CELL, CELL, CELL), st.sampled_from(['x"y', '"open', "short", "a,b,c,d,e"])), min_size=1
    ),
    st.booleans(),
)
def test_every_bad_row_saved_by_a_spreadsheet_is_bad_for_the_same_reason(
    tmp_path: Path, rows: list[tuple[str, str, str] | str], saved: bool
) -> None:
    layout = Layout(0, 1, 2, None, "MM/dd/yyyy", "COMMA", "DOUBLE_QUOTE")
    source, bad, again = (tmp_path / name for name in ("in.csv", "bad.csv", "again.csv"))
    with source.open("w", encoding="utf-8", newline="") as file:
        file.write("Email,Date,Title\r\n")
        for row in rows:
            file.write(row + "\r\n") if isinstance(row, str) else csv.writer(file).writerow(row)
    first = check(source, layout, bad_rows=bad, max_shown=1000)
    assume(first.contradiction is None)  # a `'` at both ends of every cell makes it the quote
    if saved:
        save(bad, table(bad))
    second = check(bad, layout, bad_rows=again, max_shown=1000)
    assert (second.rows, second.bad_rows, second.problems) == (first.bad_rows, first.bad_rows, first.problems)
    assert cells_of(second) == cells_of(first)
    assert table(again) == table(bad)


def cells_of(report: Report) -> list[tuple[str, str]]:
    return [(problem.code, problem.value) for problem in report.examples if problem.column]
