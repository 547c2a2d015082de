"""Workbooks as they are read: cell by cell what was put in, and in one line what cannot be read."""

from __future__ import annotations

import csv
import errno
import io
import struct
import tempfile
import zipfile
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from preflight import InputError, Layout, LayoutError, OutputError, PreflightError, check
from preflight.detect.answers import inspect
from preflight.errors import UnclearError
from preflight.inputs.source import Source
from preflight.workbooks.cells import number, number_format
from tests.workbooks import HEADING, converted, people, written


def rows_of(file: Path | io.BytesIO, layout: Layout | None = None) -> list[list[str]]:
    """The CSV text that a workbook is read as, in cells."""
    with Source(file, layout=layout or Layout()) as source:
        text = b"".join(source.text()).decode()
    return list(csv.reader(io.StringIO(text, newline="")))


CELLS: list[tuple[Any, str, str]] = [
    ("text", "", "text"),
    ("  blanks, kept ", "", "  blanks, kept "),
    ("00123", "", "00123"),
    ("=not run", "", "=not run"),
    ('a "quote"', "", 'a "quote"'),
    ("two\nlines", "", "two\nlines"),
    ("Müller 東京 😀", "", "Müller 東京 😀"),
    (2024, "", "2024"),
    (-3.5, "", "-3.5"),
    (0.1 + 0.2, "", "0.3"),
    (1e15, "", "1000000000000000"),
    (4917012345678, "", "4917012345678"),
    (1e-7, "", "0.0000001"),
    (True, "", "TRUE"),
    (False, "", "FALSE"),
    (datetime(2024, 2, 29), "yyyy-mm-dd", "2024-02-29"),
    (datetime(2024, 2, 29, 13, 45, 7), "dd/mm/yyyy hh:mm", "2024-02-29T13:45:07"),
    (datetime(1904, 1, 2), "d mmm yy", "1904-01-02"),
    (datetime(2099, 12, 31, 23, 59, 59), 'mmmm d, yyyy "at" h:mm AM/PM', "2099-12-31T23:59:59"),
    (time(9, 5), "hh:mm", "09:05:00"),
    (123, "00000", "00123"),
    (-7, "000", "-007"),
    (1234567, "00000", "1234567"),
    (12345678, r"000\-00\-0000", "012-34-5678"),
    (4917012, '"+"00 000', "+4917 012"),
    (12.5, "000", "013"),
    (0.15, "0%", "15%"),
    (0.2555, "0.0%", "25.6%"),
    (1.5, "0.00", "1.5"),
    ("abc", "00000", "abc"),
]
"""What is put into a cell, its number format, and the text that is to be read."""


def fill_cells(book: xlsxwriter.Workbook) -> None:
    sheet = book.add_worksheet("Cells")
    for row, (value, pattern, _) in enumerate(CELLS):
        form = book.add_format({"num_format": pattern}) if pattern else None
        if isinstance(value, bool):
            sheet.write_boolean(row, 0, value)
        elif isinstance(value, str):
            sheet.write_string(row, 0, value, form)
        elif isinstance(value, datetime | time):
            sheet.write_datetime(row, 0, value, form)
        else:
            sheet.write_number(row, 0, value, form)
        sheet.write_number(row, 1, row)
    sheet.write_formula(len(CELLS), 0, "=NA()", None, "#N/A")
    sheet.write_formula(len(CELLS) + 1, 0, "=1+1", None, 2)
    sheet.write_number(len(CELLS) + 1, 1, 0)


EXPECTED = [*(text for *_, text in CELLS), "#N/A", "2"]


@pytest.fixture(scope="session")
def of_each_kind(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The same cells in both date systems, as XlsxWriter and LibreOffice write them."""
    folder = tmp_path_factory.mktemp("kinds")
    books = [
        written(folder / "from1900.xlsx", fill_cells),
        written(folder / "from1904.xlsx", fill_cells, date_1904=True),
        written(folder / "hiding.xlsx", fill_hiding),
    ]
    found = {f"{book.stem}.xlsx": book for book in books}
    for kind in ("xls", "ods"):
        found |= {f"{book.stem}.{kind}": book for book in converted(books, kind, folder)}
    found |= {f"{book.stem} by LibreOffice.xlsx": book for book in converted(books, "xlsx", folder)}
    return found


@pytest.mark.parametrize("epoch", ["from1900", "from1904"])
@pytest.mark.parametrize("kind", [".xlsx", " by LibreOffice.xlsx", ".xls", ".ods"])
def test_every_cell_is_read_as_written(of_each_kind: dict[str, Path], epoch: str, kind: str) -> None:
    found = [row[0] for row in rows_of(of_each_kind[f"{epoch}{kind}"])]
    expected = list(EXPECTED)
    if kind == ".xls":  # of which calamine tells no errors
        expected[len(CELLS)] = ""
    if kind == ".ods":  # in which LibreOffice has numbers for what it shows as TRUE and FALSE
        expected[13:15] = "1", "0"
    if kind in (".xls", ".ods"):  # whose number formats are not known
        expected[20:28] = "123", "-7", "1234567", "12345678", "4917012", "12.5", "0.15", "0.2555"
    assert found == expected


def test_an_xlsb_workbook_is_named_as_such(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "book.xlsb", "w") as package:
        package.writestr("xl/workbook.bin", b"")
    with pytest.raises(InputError, match=r"book\.xlsb` is a workbook, but damaged or cut short"):
        check(tmp_path / "book.xlsb")


def fill_hiding(book: xlsxwriter.Workbook) -> None:
    sheet = people(book, number=6)
    sheet.set_row(2, None, None, {"hidden": True})
    sheet.set_row(3, None, None, {"hidden": True})
    sheet.set_row(40, None, None, {"hidden": True})
    sheet.set_column("C:C", None, None, {"hidden": True})
    sheet.set_column("F:XFD", None, None, {"hidden": True})
    sheet.merge_range("C6:C7", "Webinar", book.add_format({"valign": "top"}))
    hidden = book.add_worksheet("Lists")
    hidden.write(0, 0, "x")
    hidden.hide()


@pytest.mark.parametrize("kind", [".xlsx", " by LibreOffice.xlsx", ".ods"])
def test_hidden_and_merged_cells_are_warned_of_and_never_dropped(of_each_kind: dict[str, Path], kind: str) -> None:
    report = check(of_each_kind[f"hiding{kind}"], Layout(title=2))
    assert (report.rows, report.problems) == (6, {"title-missing": 1})
    assert [one.message for one in report.of_file] == [
        "Hidden, and read as all others: 2 rows (3 to 4), 1 column (C).",
        "Hidden, and not read, as only one sheet is: `Lists`.",
        "Merged cells have their value in the first one only, the others are blank: C6:C7.",
    ]
    assert report.warnings == {"hidden-cells": 2, "merged-cells": 1}


def test_true_dates_need_no_format_and_keep_their_times(tmp_path: Path) -> None:
    def fill(book: xlsxwriter.Workbook) -> None:
        sheet, day = people(book), book.add_format({"num_format": "dd/mm/yy"})
        for row in (1, 2):
            sheet.write_datetime(row, 1, datetime(2024, 5, row), day)
        sheet.write_datetime(3, 1, datetime(2024, 5, 3, 9, 30), day)

    book = written(tmp_path / "book.xlsx", fill)
    report = check(book, clean=tmp_path / "clean.csv")
    assert report.ok
    assert report.layout.dateformat.pattern == "yyyy-MM-dd'T'HH:mm:ss"
    assert report.detected["dateformat"] == "is the format of its date cells"
    assert (tmp_path / "clean.csv").read_text() == (
        "Email,Event Date,Event Title\n"
        "p1@example.com,2024-05-01T00:00:00,Webinar\n"
        "p2@example.com,2024-05-02T00:00:00,Webinar\n"
        "p3@example.com,2024-05-03T09:30:00,Webinar\n"
    )
    frame = pd.read_excel(book, engine="calamine")
    assert check(frame).ok
    for pattern, written_as in (
        ("dd.MM.yyyy", "2024-05-03"),
        ("excel", "2024-05-03T09:30:00"),
        ("unix", "2024-05-03T09:30:00Z"),
        ("unix-ms", "2024-05-03T09:30:00.000Z"),
    ):
        given = check(book, Layout(dateformat=pattern), clean=tmp_path / "clean.csv", normalize_dates=True)
        assert given.ok
        assert f"p3@example.com,{written_as},Webinar\n" in (tmp_path / "clean.csv").read_text()


def test_a_table_with_true_dates_keeps_its_place_between_the_lines_around_it(tmp_path: Path) -> None:
    """Written anew, the dates are longer or shorter, and the table starts and stops at other bytes."""

    def fill(book: xlsxwriter.Workbook) -> None:
        sheet, day = book.add_worksheet("Report"), book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.write(0, 0, "Attendee\nreport")
        sheet.write_datetime(1, 1, datetime(2024, 2, 1), day)
        sheet.write_row(3, 0, [*HEADING, "Note"])
        for row in range(4, 8):
            sheet.write_row(row, 0, [f"p{row}@example.com", "01/25/2024", "Webinar", "two\nlines"])
        sheet.write_datetime(4, 1, datetime(2024, 1, 2), day)
        sheet.write_datetime(6, 1, datetime(2024, 12, 13), day)
        sheet.write(9, 0, "Total")
        sheet.write_datetime(9, 1, datetime(2024, 12, 31), day)
        sheet.write(10, 0, "Generated by Webinars")

    book = written(tmp_path / "book.xlsx", fill)
    for dateformat, dates in {
        None: ["01/02/2024", "01/25/2024", "12/13/2024", "01/25/2024"],
        "MMMM d, yyyy": ["January 2, 2024", "01/25/2024", "December 13, 2024", "01/25/2024"],
        "d.M.yy": ["2.1.24", "01/25/2024", "13.12.24", "01/25/2024"],
    }.items():
        report = check(book, Layout(dateformat=dateformat), clean=tmp_path / "clean.csv", bad_rows=tmp_path / "bad.csv")
        assert [(one.first, one.last) for one in report.skipped_lines] == [(1, 3), (9, 11)]
        rows = [*read(tmp_path / "clean.csv")[1:], *(row[:4] for row in read(tmp_path / "bad.csv")[1:])]
        assert sorted(rows) == [
            [f"p{row}@example.com", day, "Webinar", "two\nlines"] for row, day in enumerate(dates, 4)
        ]
        assert [one.line for one in report.examples if one.code == "note-newline"] == [5, 6, 7, 8]


@pytest.mark.parametrize(
    ("buffered", "dialect"), [(False, {}), (True, {"fieldseparator": "TAB", "quotecharacter": "SINGLE_QUOTE"})]
)
def test_a_source_knows_the_written_layout_of_a_sheet(buffered: bool, dialect: dict[str, str], tmp_path: Path) -> None:
    book, told = written(tmp_path / "book.xlsx", people), list[tuple[int, int | None]]()
    file = io.BytesIO(book.read_bytes()) if buffered else book
    given = Layout(encoding="cp1252", email="Email", **dialect)
    with Source(file, progress=lambda *done: told.append(done), layout=given) as source:
        assert source.workbook is not None
        text = source.workbook.text
        assert source.described(given) == Layout(
            email="Email", fieldseparator=text.separator, quotecharacter=text.quote, sheet="People"
        )
        assert (source.marked, source.tolerant, source.encoding) == (False, False, "utf-8")
        size = len(b"".join(source.blocks()))
        assert (source.size, told) == (size, [(size, size)])


def test_a_sheet_has_no_sep_line(tmp_path: Path) -> None:
    def fill(book: xlsxwriter.Workbook) -> None:
        book.add_worksheet("S").write_column(0, 0, ["sep=;", "Email", "a@example.com"])

    assert rows_of(written(tmp_path / "book.xlsx", fill)) == [["sep=;"], ["Email"], ["a@example.com"]]


def read(file: Path) -> list[list[str]]:
    with file.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.reader(stream))


def test_true_dates_beside_text_dates_are_written_in_their_format(tmp_path: Path) -> None:
    def fill(book: xlsxwriter.Workbook) -> None:
        sheet, day = people(book, number=4), book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.write_row(0, 3, ["Company"])
        sheet.write_datetime(1, 1, datetime(2024, 1, 2), day)
        sheet.write_datetime(2, 1, datetime(2024, 12, 13), day)
        sheet.write_string(3, 1, "01/25/2024")
        sheet.write_string(4, 1, "02/03/2024 x")
        sheet.write_string(4, 3, "two\nlines")

    report = check(written(tmp_path / "book.xlsx", fill), clean=tmp_path / "clean.csv")
    assert report.layout.dateformat.pattern == "MM/dd/yyyy"
    assert report.problems == {"date-trailing": 1}
    assert [one.line for one in report.examples if one.code == "date-trailing"] == [5]
    assert (tmp_path / "clean.csv").read_text().splitlines()[1:3] == [
        "p1@example.com,01/02/2024,Webinar,",
        "p2@example.com,12/13/2024,Webinar,",
    ]


def test_true_dates_beside_texts_that_only_normalizing_reads(tmp_path: Path) -> None:
    def fill(book: xlsxwriter.Workbook) -> None:
        sheet, day = people(book, number=2), book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.write_datetime(1, 1, datetime(2024, 1, 2, 15), day)
        sheet.write_string(2, 1, "25 de enero de 2024 10:30 p. m.")

    options = {"normalize_dates": True, "locale": "es", "clean": tmp_path / "clean.csv"}
    assert check(written(tmp_path / "book.xlsx", fill), **options).ok
    assert (tmp_path / "clean.csv").read_text().splitlines()[1:] == [
        "p1@example.com,2024-01-02T15:00:00,Webinar",
        "p2@example.com,2024-01-25T22:30:00,Webinar",
    ]


def test_text_that_is_not_a_date_beside_true_dates_is_bad(tmp_path: Path) -> None:
    def fill(book: xlsxwriter.Workbook) -> None:
        sheet, day = people(book), book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.write_datetime(1, 1, datetime(2024, 1, 2), day)
        sheet.write_datetime(2, 1, datetime(2024, 1, 2), day)
        sheet.write_string(3, 1, "some day")

    report = check(written(tmp_path / "book.xlsx", fill))
    assert (report.layout.dateformat.pattern, report.problems) == ("yyyy-MM-dd", {"date-format": 1})


def test_line_numbers_are_the_rows_of_the_sheet(tmp_path: Path) -> None:
    def fill(book: xlsxwriter.Workbook) -> None:
        sheet = book.add_worksheet("Report")
        sheet.write(0, 1, "Attendee\nreport")
        sheet.write(1, 1, "of today")
        sheet.write_row(4, 1, [*HEADING, "Company"])
        for row in range(5, 9):
            sheet.write_row(row, 1, [f"p{row}@example.com", "2024-01-05", "Webinar", "two\nlines"])
        sheet.write(7, 1, "nobody")

    book = written(tmp_path / "book.xlsx", fill)
    report = check(book, bad_rows=tmp_path / "bad.csv")
    assert [(one.row, one.line, one.code) for one in report.examples] == [
        (1, 6, "row-newline"),
        (2, 7, "row-newline"),
        (3, 8, "email-syntax"),
        (3, 8, "row-newline"),
        (4, 9, "row-newline"),
    ]
    assert [(one.first, one.last) for one in report.skipped_lines] == [(1, 4)]
    assert check(book, Layout(table_line=5)).rows == 4
    assert inspect(book, Layout()).detection.layout.sheet == "Report"


def damaged(tmp_path: Path) -> dict[str, Path]:
    """Workbooks that cannot be read, by what is to be said."""
    good = written(tmp_path / "good.xlsx", people)
    (tmp_path / "cut.xlsx").write_bytes(good.read_bytes()[:-900])
    bomb, lying = tmp_path / "bomb.xlsx", tmp_path / "lying.xlsx"
    with zipfile.ZipFile(good) as package, zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as made:
        for name in package.namelist():
            with made.open(name, "w") as part:
                start, found, rest = package.read(name).partition(b"<sheetData>")
                part.write(start)
                for _ in range(101 if found else 0):
                    part.write(b" " * (1 << 20))
                part.write(found + rest)
    text = bytearray(bomb.read_bytes())
    at = text.rindex(b"xl/worksheets/sheet1.xml") - 46
    assert text[at : at + 4] == b"PK\x01\x02"
    struct.pack_into("<I", text, at + 24, 5_000)
    lying.write_bytes(text)
    ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
    for name, inside in {
        "password.xlsx": "EncryptedPackage",
        "letter.doc": "WordDocument",
        "old.xls": "Workbook",
    }.items():
        (tmp_path / name).write_bytes(ole + bytes(2_000) + inside.encode("utf-16-le") + bytes(3_000))

    def formula(book: xlsxwriter.Workbook) -> None:
        people(book).write_formula("C2", "=A1")

    def emptied(book: xlsxwriter.Workbook) -> None:
        sheet, red = book.add_worksheet("S"), book.add_format({"bg_color": "red"})
        for row in range(10_000):
            sheet.write_blank(row, 0, None, red)

    def astray(book: xlsxwriter.Workbook) -> None:
        people(book).write(1_048_575, 0, "astray")

    def far(book: xlsxwriter.Workbook) -> None:
        people(book).write(90_000, 16_383, "far")

    def nobody(book: xlsxwriter.Workbook) -> None:
        for name in ("A", "B"):
            book.add_worksheet(name).write(0, 0, "x")

    for fill in (formula, emptied, astray, far, nobody):
        written(tmp_path / f"{fill.__name__}.xlsx", fill)
    book = openpyxl.Workbook()
    book.active.append(HEADING)
    book.active.append(["a@example.com", "2024-01-01", '=A1&"x"'])
    book.save(tmp_path / "openpyxl.xlsx")
    with zipfile.ZipFile(good) as package, zipfile.ZipFile(tmp_path / "entities.xlsx", "w") as made:
        for name in package.namelist():
            text = package.read(name)
            made.writestr(name, text.replace(b"<workbook ", b'<!DOCTYPE x [<!ENTITY a "b">]><workbook ', 1))
    with zipfile.ZipFile(tmp_path / "numbers.zip", "w") as made:
        made.writestr("a.txt", "a")
    return {
        "cut.xlsx": "is a workbook, but damaged or cut short; get it again, or open it and save it anew",
        "entities.xlsx": "is a workbook, but damaged or cut short; get it again, or open it and save it anew",
        "old.xls": "is a workbook, but damaged or cut short; get it again, or open it and save it anew",
        **dict.fromkeys(
            ("bomb.xlsx", "lying.xlsx"),
            "unpacks to far more than any sheet holds (a zip bomb?), and was not read; save the sheet with the people "
            "as CSV (UTF-8)",
        ),
        "password.xlsx": "has a password; open it in a spreadsheet, remove the password, and save it",
        "letter.doc": "is a Microsoft Office file, but no workbook; export the data as CSV (UTF-8)",
        "formula.xlsx": "sheet `People` of {} has formulas that were never computed (C2); open it in a spreadsheet and "
        "save it",
        "openpyxl.xlsx": "sheet `Sheet` of {} has formulas that were never computed (C2); open it in a spreadsheet and "
        "save it",
        "emptied.xlsx": "sheet `S` of {} is empty",
        "astray.xlsx": "sheet `People` of {} has 1,048,571 empty rows before row 1,048,576; delete what stands below "
        "them, or copy the table to a sheet of its own",
        "far.xlsx": "the cells of sheet `People` of {} are spread as far as XFD90001; copy the table to a sheet of its "
        "own",
        "nobody.xlsx": "no sheet of {} holds addresses of people: `A`, `B`",
        "numbers.zip": "is a zip archive, not CSV text; unpack it and check the CSV file inside",
    }


def test_an_unreadable_workbook_is_refused_in_one_line(tmp_path: Path) -> None:
    for name, says in damaged(tmp_path).items():
        shown = f"`{tmp_path / name}`"
        with pytest.raises(InputError) as refused:
            check(tmp_path / name, clean=tmp_path / "out" / "clean.csv", bad_rows=tmp_path / "bad.csv")
        assert str(refused.value) == (says.format(shown) if "{}" in says else f"{shown} {says}"), name
    assert not (tmp_path / "bad.csv").exists()


def test_a_full_disk_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(**how: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    book = written(tmp_path / "book.xlsx", people)
    monkeypatch.setattr(tempfile, "TemporaryFile", full)
    with pytest.raises(OutputError) as told:
        check(book)
    assert str(told.value) == f"cannot write a temporary file in {tempfile.gettempdir()}: No space left on device"


def test_the_sheet_is_asked_for_if_several_have_people(tmp_path: Path) -> None:
    def fill(book: xlsxwriter.Workbook) -> None:
        people(book, "No shows", 1).hide()
        people(book, "Attendees").activate()
        book.add_worksheet("Empty")

    book = written(tmp_path / "book.xlsx", fill)
    with pytest.raises(UnclearError) as asked:
        check(book)
    assert asked.value.says == f"`{book}` has 2 sheets with people; name the right one with `sheet`"
    assert asked.value.lines == ("  `Attendees`: 3 rows with an address", "  `No shows`: 1 row with an address, hidden")
    assert [one["option"] for one in asked.value.choices] == ["--sheet Attendees", '--sheet "No shows"']
    assert check(book, Layout(sheet="no SHOWS ")).rows == 1
    assert check(book, Layout(sheet="Attendees")).warnings == {"hidden-cells": 1}
    with pytest.raises(LayoutError, match="has no sheet `X`; it has `No shows`, `Attendees`, `Empty`"):
        check(book, Layout(sheet="X"))
    with pytest.raises(InputError, match=r"sheet `Empty` of .* is empty"):
        check(book, Layout(sheet="Empty"))
    (tmp_path / "a.csv").write_text("Email,Event Date,Event Title\na@example.com,2024-01-01,T\n")
    assert check(tmp_path / "a.csv", Layout(sheet="X")).ok  # as a profile may name one for its workbooks


def test_a_buffer_and_a_long_sheet_are_read_like_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("preflight.workbooks.reading.PIECE_BYTES", 20_000)  # so that it takes many pieces
    monkeypatch.setattr("preflight.workbooks.loading.BUNDLE_BYTES", 50_000)  # and some bundles

    def fill(book: xlsxwriter.Workbook) -> None:
        sheet, day = book.add_worksheet("S"), book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.write_row(0, 0, HEADING)
        for row in range(1, 2_001):
            sheet.write_string(row, 0, f"p{row}@example.com")
            sheet.write_datetime(row, 1, datetime(2024, 1, 1) + timedelta(days=row % 300), day)
            sheet.write_string(row, 2, "T")
        sheet.write_string(1_500, 5, "wide")
        sheet.write_string(1_999, 3, "two\nlines")

    book = written(tmp_path / "book.xlsx", fill)
    found = rows_of(io.BytesIO(book.read_bytes()))
    assert found == rows_of(book)
    assert [len(row) for row in found] == [6] * 2_001
    days = [date(2024, 1, 1) + timedelta(days=row % 300) for row in range(1, 2_001)]
    assert (found[1_500][5], found[1_999][3]) == ("wide", "two\nlines")
    assert [row[:3] for row in found[1:]] == [[f"p{i}@example.com", str(day), "T"] for i, day in enumerate(days, 1)]


CELL = st.one_of(
    st.sampled_from(
        ["", " ", "a@example.com", "b@@example.com", "2024-01-31", "02/30/2024", "Webinar", "#N/A", "x\ny"]
    ),
    st.text(
        st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff';\t"),
        max_size=12,
    ),
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(CELL, CELL, CELL, CELL), min_size=1, max_size=8))
def test_a_workbook_and_the_csv_with_its_cells_get_the_same_verdicts(
    tmp_path: Path, rows: list[tuple[str, ...]]
) -> None:
    heading = [*HEADING, "Note"]
    rows = [("z@example.com", "2024-01-01", "T", ""), *rows, ("y@example.com", "2024-01-02", "T", "n")]

    def fill(book: xlsxwriter.Workbook) -> None:
        sheet = book.add_worksheet("S")
        for at, cells in enumerate([heading, *rows]):
            for place, cell in enumerate(cells):
                sheet.write_string(at, place, cell)

    text = io.StringIO(newline="")
    import csv

    csv.writer(text, lineterminator="\n").writerows([heading, *rows])
    (tmp_path / "a.csv").write_text(text.getvalue(), encoding="utf-8", newline="")
    columns = Layout(email=0, date=1, title=2, note=3, dateformat="yyyy-MM-dd", firstrow="Y", table_line=1)
    layout = replace(columns, fieldseparator="COMMA", quotecharacter="DOUBLE_QUOTE")  # as a workbook's always are
    told = []
    for file in (written(tmp_path / "a.xlsx", fill), tmp_path / "a.csv"):
        try:
            report = check(file, layout, clean=tmp_path / "clean.csv", overwrite=True)
        except PreflightError as error:
            told.append(str(error).replace(".xlsx", ".csv"))
            continue
        found = [(one.row, one.column, one.code, one.value, one.message) for one in report.examples]
        told.append((report.problems, report.warnings, found, (tmp_path / "clean.csv").read_bytes()))
    assert told[0] == told[1]


def test_numbers_are_read_as_displayed() -> None:
    seen = {2024.0: "2024", -0.0: "0", 1e21: "1" + "0" * 21, 1.5e-5: "0.000015", 12345678.9: "12345678.9"}
    assert {value: number(value) for value in seen} == seen


@given(st.integers(-(10**9), 10**9), st.integers(2, 12))
def test_formats_of_zeros_keep_the_number_and_add_zeros_before_it(value: int, places: int) -> None:
    shown = number_format("0" * places)
    assert shown is not None
    text = shown(str(value))
    assert int(text) == value
    assert len(text.lstrip("-")) == max(places, len(str(abs(value))))


@pytest.mark.parametrize(
    "pattern", ["General", "0", "0.00", "#,##0", "yyyy-mm-dd", "0;00", "[<9]00;000", "", "@", "0.0E+00"]
)
def test_other_number_formats_are_not_applied(pattern: str) -> None:
    assert number_format(pattern) is None
