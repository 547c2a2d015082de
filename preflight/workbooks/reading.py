"""Readers of a workbook's sheets: cells in batches of rows, as `python-calamine` reads them."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from typing import Any, BinaryIO, Protocol

from python_calamine import CalamineSheet, SheetTypeEnum, SheetVisibleEnum

from preflight.workbooks.cells import number_format
from preflight.workbooks.loading import Bundle, Common, bundles, loaded, opened
from preflight.workbooks.notes import SheetNotes
from preflight.workbooks.package import Package
from preflight.workbooks.sheetxml import NumberFormat, SheetXml

PIECE_BYTES = 1 << 20
"""Size of the pieces in which a sheet's XML is loaded, in bytes; a piece ends with its row."""

ROWS_AT_ONCE = 4_000

PERCENTAGES = {"9": "0%", "10": "0.00%"}
"""Built-in number formats that a workbook need not list, by their ids."""

MOST_OF_STYLES = 8 << 20
"""Limit for the size of a workbook's styles in bytes; the number formats of larger ones are ignored."""

Row = list[Any]


@dataclass(frozen=True, slots=True)
class Rows:
    """Consecutive rows of a sheet: the number of the first row (from 1), the blank columns before them, the cells."""

    first: int
    columns_before: int
    cells: list[Row]


@dataclass(frozen=True, slots=True)
class Sheet:
    """The name of a worksheet, and whether it is hidden."""

    name: str
    is_hidden: bool


class Reader(Protocol):
    """Reads a workbook's sheets."""

    sheets: list[Sheet]

    def rows(self, name: str, notes: SheetNotes) -> Iterator[Rows]:
        """Yield the rows of a sheet, up to the last with a value, and add its hidden and merged cells to `notes`."""


class WholeReader:
    """Reads sheets that calamine loads as a whole."""

    def __init__(self, stream: BinaryIO, shown: str) -> None:
        self._shown = shown
        self._book = opened(stream, shown)
        self.sheets = [
            Sheet(one.name, one.visible != SheetVisibleEnum.Visible)
            for one in self._book.sheets_metadata
            if one.typ == SheetTypeEnum.WorkSheet
        ]

    def rows(self, name: str, notes: SheetNotes) -> Iterator[Rows]:
        """See `Reader`."""
        sheet = loaded(self._book, name, self._shown)
        for (top, left), (bottom, right) in sheet.merged_cell_ranges or ():
            notes.merge((top + 1, bottom + 1), (left + 1, right + 1))
        notes.known = False
        yield from _in_batches(sheet)


class XlsxReader:
    """Reads sheets that are cut between rows, and that calamine loads piece by piece: see `sheetxml` and `loading`."""

    def __init__(self, stream: BinaryIO, shown: str) -> None:
        self.shown = shown
        self._package = Package(stream, shown)
        relations = [
            relation for tag, relation in self._package.elements("xl/_rels/workbook.xml.rels") if tag == "Relationship"
        ]
        related = [(relation.get("Type", "").rpartition("/")[2], relation.get("Target", "")) for relation in relations]
        sheets = {
            relation.get("Id", ""): target
            for relation, (kind, target) in zip(relations, related, strict=True)
            if kind == "worksheet"
        }
        self._parts: dict[str, str] = {}
        self.sheets: list[Sheet] = []
        from_1904 = self._not_computed = False
        for tag, attributes in self._package.elements("xl/workbook.xml"):
            values = {name.rpartition(":")[2]: value for name, value in attributes.items()}
            if tag == "workbookPr":
                from_1904 = values.get("date1904") in ("1", "true")
            elif tag == "calcPr":
                self._not_computed = values.get("fullCalcOnLoad") in ("1", "true")
            elif tag == "sheet" and (target := sheets.get(values.get("id", ""))):
                name = values.get("name", "")
                self.sheets.append(Sheet(name, values.get("state", "visible") != "visible"))
                self._parts[name] = _part(target)
        parts = {
            f"xl/{kind}.xml": _part(target)
            for kind, target in related
            if kind in ("sharedStrings", "styles") and _part(target) in self._package
        }
        self._common = Common(from_1904, self._package, parts)
        self._formats = _formats(self._package, parts.get("xl/styles.xml"))

    def rows(self, name: str, notes: SheetNotes) -> Iterator[Rows]:
        """See `Reader`."""
        for sheet in _ahead(self._loaded(name, notes)):
            if sheet.start is not None:
                yield rows_of(sheet)

    def bundles(self, name: str, notes: SheetNotes) -> Iterator[Bundle]:
        """Yield a sheet's rows as bundles of pieces; the caller closes each bundle."""
        sheet = SheetXml(name, self.shown, self._not_computed, self._formats)
        return bundles(sheet.pieces(self._package.blocks(self._parts[name]), PIECE_BYTES, notes), self._common)

    def _loaded(self, name: str, notes: SheetNotes) -> Iterator[CalamineSheet]:
        for bundle in self.bundles(name, notes):
            with closing(bundle):
                yield from bundle.loaded(self.shown)


def rows_of(sheet: CalamineSheet) -> Rows:
    """The rows of a sheet that is not empty, from its first filled row on."""
    first, left = sheet.start or (0, 0)
    return Rows(first + 1, left, sheet.to_python())


def _ahead(sheets: Iterator[CalamineSheet]) -> Iterator[CalamineSheet]:
    """Yield the sheets, each loaded in a thread while the previous one is in use: calamine releases the GIL."""
    with closing(sheets), ThreadPoolExecutor(1, "preflight-sheet") as thread:  # type: ignore[type-var]
        waiting = thread.submit(next, sheets, None)
        while (sheet := waiting.result()) is not None:
            waiting = thread.submit(next, sheets, None)
            yield sheet


def _in_batches(sheet: CalamineSheet) -> Iterator[Rows]:
    """Yield the rows of a sheet in batches."""
    if sheet.start is None:
        return
    (_, left), rows, at = sheet.start, sheet.iter_rows(), 1
    while cells := list(islice(rows, ROWS_AT_ONCE)):
        yield Rows(at, left, cells)
        at += len(cells)


def _formats(package: Package, styles: str | None) -> dict[str, NumberFormat]:
    """The supported number formats by the index of their cell style."""
    if styles is None or package.size(styles) > MOST_OF_STYLES:
        return {}
    patterns = dict(PERCENTAGES)
    found: dict[str, NumberFormat] = {}
    style, of_cells = 0, False
    for tag, attributes in package.elements(styles):
        if tag == "numFmt" and not of_cells:
            patterns[attributes.get("numFmtId", "")] = attributes.get("formatCode", "")
        elif tag == "cellXfs":
            of_cells = True
        elif tag == "cellStyles":
            break
        elif tag == "xf" and of_cells:
            if (shown := number_format(patterns.get(attributes.get("numFmtId", ""), ""))) is not None:
                found[str(style)] = shown
            style += 1
    return found


def _part(target: str) -> str:
    """The name of a part by its target in the workbook's relationships."""
    return posixpath.normpath(posixpath.join("/xl", target)).lstrip("/")
