"""Bad rows as a workbook: what is marked, that nothing is rewritten, and merged as LibreOffice saved it."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from preflight import Layout, OutputError, check, merge_into
from preflight.sheets import bad_workbook, textsheet
from tests.workbooks import converted

ROWS = [
    "Email,Event Date,Event Title,Phone",
    "ana@example.com,01/25/2024,Webinar,1",
    "nobody,02/30/2024,Webinar,0049 170",
    "bo@example.com,01/05/24,=Webinar+1,'=x",
    "cy@example.com,01/06/2024,,_x000D_",
    "di@example.com,01/06/2024,Webinar,1e5,8",
    'ed@example.com,01/07/2024,"N/A","\n two"',
]
LAYOUT = Layout(dateformat="MM/dd/yyyy")


def bad_workbook_of(folder: Path) -> Path:
    (folder / "source.csv").write_text("\n".join(ROWS) + "\n")
    check(folder / "source.csv", LAYOUT, clean=folder / "clean.csv", bad_rows=folder / "bad.xlsx")
    return folder / "bad.xlsx"


def test_faults_are_coloured_and_explained_and_every_cell_is_text(tmp_path: Path) -> None:
    book = openpyxl.load_workbook(bad_workbook_of(tmp_path))
    sheet = book.active
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    check(tmp_path / "source.csv", LAYOUT, bad_rows=tmp_path / "bad.csv")
    told = csv.reader(io.StringIO((tmp_path / "bad.csv").read_text(encoding="utf-8-sig"), newline=""))
    bare = [[cell.removeprefix("'") for cell in row] for row in told]
    seen = [[(cell or "").removeprefix("'").replace("_x005F", "") for cell in row] for row in rows]
    assert seen == bare  # the same but for the `'` that keeps spreadsheets from a cell of a CSV file
    assert (sheet["C3"].value, sheet["D3"].value, sheet["D5"].value) == ("=Webinar+1", "''=x", "1e5")
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("A2", "A1:H6")
    cells = [cell for row in sheet.iter_rows(min_row=2) for cell in row if cell.value]
    assert {(cell.data_type, cell.number_format) for cell in cells} == {("s", "@")}
    notes = {cell.coordinate: cell.comment.text for row in sheet.iter_rows() for cell in row if cell.comment}
    assert {place: note.partition(":")[0] for place, note in notes.items()} == {
        "A2": "email-syntax",
        "B2": "date-impossible",
        "B3": "date-year",
        "C4": "title-missing",
        "G5": "extra-cell",
        "C6": "title-missing",
        "G6": "row-newline",
    }
    assert notes["B2"] == "date-impossible: February 2024 has 29 days, not 30; Act-On would store 2024-03-01."
    coloured = {cell.coordinate for row in sheet.iter_rows() for cell in row if cell.fill.fgColor.rgb == "FFFFC7CE"}
    assert coloured == notes.keys() - {"G6"}
    assert sheet["G6"].fill.fgColor.rgb == "FFFFEB9C"  # only a warning
    assert sheet["H3"].value == "01/05/2024"


def test_a_workbook_that_was_mended_and_saved_by_libreoffice_is_merged(tmp_path: Path) -> None:
    path = bad_workbook_of(tmp_path)
    book = openpyxl.load_workbook(path)
    sheet = book.active
    sheet["A2"], sheet["B2"] = "new@example.com", "02/28/2024"
    sheet["B3"] = sheet["H3"].value
    sheet["C4"] = "Webinar"
    sheet["G5"] = None  # the cells are right as they are
    (tmp_path / "mended").mkdir()
    book.save(tmp_path / "mended" / "bad.xlsx")
    for kind in ("xlsx", "ods"):
        (saved,) = converted([tmp_path / "mended" / "bad.xlsx"], kind, tmp_path)
        clean = tmp_path / f"{kind}.csv"
        check(tmp_path / "source.csv", LAYOUT, clean=clean)
        report, merged = merge_into(clean, saved, Layout())
        assert (report.bad_rows, report.problems) == (1, {"title-missing": 1})
        assert merged is not None
        assert (merged.added, merged.rows) == (4, 5)
        assert clean.read_text().splitlines() == [
            *ROWS[:2],
            "new@example.com,02/28/2024,Webinar,0049 170",
            "bo@example.com,01/05/2024,=Webinar+1,'=x",
            "cy@example.com,01/06/2024,Webinar,_x000D_",
            "di@example.com,01/06/2024,Webinar,1e5",
        ]


@given(st.lists(st.text(st.sampled_from("ab_x0041 &<\x00\x01\n\t\u00a0\uffff"), max_size=9), min_size=1, max_size=4))
def test_only_plain_rows_are_written_without_escapes(cells: list[str]) -> None:
    if textsheet._is_plain(cells):
        assert not any(textsheet._TO_ESCAPE.search(cell) or textsheet._TO_KEEP.search(cell) for cell in cells)
    assert textsheet._is_plain(["a", "", "b c", "é"])


def test_an_edited_workbook_is_not_overwritten(tmp_path: Path) -> None:
    path = bad_workbook_of(tmp_path)
    assert check(tmp_path / "source.csv", LAYOUT, bad_rows=path).kept == ()
    path.write_bytes(path.read_bytes() + b"\0")
    (kept,) = check(tmp_path / "source.csv", LAYOUT, bad_rows=path).kept
    assert (Path(kept.kept_as).name, kept.why) == ("bad.1.xlsx", "was changed since it was written")


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        (["no,01/25/2024,T,x"] * 4, "there are more bad rows, Excel takes 3"),
        (["no,01/25/2024,T," + "é" * 40_000], "there is a cell of 40,000 characters, Excel takes 32,767"),
    ],
)
def test_rows_that_exceed_a_sheet_are_refused_not_truncated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: list[str], says: str
) -> None:
    monkeypatch.setattr(bad_workbook, "MOST_ROWS", 4)
    (tmp_path / "source.csv").write_text("\n".join([ROWS[0], ROWS[1], *rows]) + "\n", encoding="utf-8")
    path = tmp_path / "bad.xlsx"
    with pytest.raises(OutputError) as refused:
        check(tmp_path / "source.csv", LAYOUT, bad_rows=path, clean=tmp_path / "clean.csv")
    assert str(refused.value) == f"cannot write `{path}`: {says}; name it *.csv instead"
    assert sorted(one.name for one in tmp_path.iterdir()) == ["source.csv"]


@pytest.mark.parametrize(
    ("option", "name", "says"),
    [
        ("clean", "out.xlsx", "*.csv"),
        ("bad_rows", "out.ods", "*.csv or *.xlsx"),
        ("bad_rows", "out.xls", "*.csv or *.xlsx"),
        ("bad_rows", "out.PDF", "*.csv or *.xlsx"),
        ("clean", "out.html", "*.csv"),
        ("clean", "out.csv.gz", "*.csv"),
        ("fixes", "out.json", "*.csv"),
    ],
)
def test_an_output_of_csv_text_is_not_named_as_another_kind(tmp_path: Path, option: str, name: str, says: str) -> None:
    (tmp_path / "source.csv").write_text("\n".join(ROWS) + "\n")
    with pytest.raises(OutputError) as refused:
        check(tmp_path / "source.csv", LAYOUT, fix=["blanks"], **{option: tmp_path / name})
    assert str(refused.value) == f"cannot write `{tmp_path / name}`: it would hold CSV text; name it {says}"
