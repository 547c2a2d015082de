"""OpenDocument spreadsheets: the parts of the XML that `python-calamine` ignores, read before it loads the sheets.

Equal rows and cells are written once with a repeat count, so a small file may expand to very many cells.
"""

from __future__ import annotations

import html
import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from typing import BinaryIO

from preflight.errors import InputError
from preflight.text.display import shown
from preflight.workbooks.container import damaged
from preflight.workbooks.notes import SheetNotes, column_letters
from preflight.workbooks.package import Package
from preflight.workbooks.reading import Rows, WholeReader
from preflight.workbooks.sheetxml import MOST_CELLS, MOST_OF_A_ROW, UncomputedError

_CONTENT = "content.xml"
_ROW_END = b"</table:table-row>"
_TABLE = re.compile(rb'<table:table\b[^>]*?\btable:name="([^"]*)"[^>]*>')
_COLUMN = re.compile(rb"<table:table-column\b([^>]*)>")
_ROW = re.compile(rb"<table:table-row\b([^>]*)>")
_CELL = re.compile(rb"<table:(?:covered-)?table-cell\b([^>]*)>")
_HIDDEN = re.compile(rb'table:visibility="(?:collapse|filter)"')
_REPEATED = {
    "rows": re.compile(rb'table:number-rows-repeated="([0-9]{1,9})"'),
    "columns": re.compile(rb'table:number-columns-repeated="([0-9]{1,9})"'),
}
_SPANNED = {
    "rows": re.compile(rb'table:number-rows-spanned="([0-9]{1,9})"'),
    "columns": re.compile(rb'table:number-columns-spanned="([0-9]{1,9})"'),
}
_UNCOMPUTED = re.compile(rb"<table:table-cell\b(?=[^>]*table:formula=)(?![^>]*office:value-type=)[^>]*>")
_ERROR = re.compile(rb'office:string-value=""\s+(calcext:value-type="error")')


class OdsReader(WholeReader):
    """Reads the sheets of an .ods file, after a scan of its XML."""

    def __init__(self, stream: BinaryIO, shown: str) -> None:
        package = Package(stream, shown)
        self._scans: dict[str, _Scan] = {}
        has_errors = self._scan(package.blocks(_CONTENT), shown)
        super().__init__(_with_errors_as_text(package) if has_errors else stream, shown)

    def rows(self, name: str, notes: SheetNotes) -> Iterator[Rows]:
        """See `Reader`."""
        scan = self._scans.get(name)
        if scan is not None and scan.uncomputed:
            raise UncomputedError(self._shown, name, scan.uncomputed)
        yield from super().rows(name, notes)
        if scan is not None:
            notes.hidden_rows, notes.hidden_columns = scan.notes.hidden_rows, scan.notes.hidden_columns
            notes.merged, notes.known = scan.notes.merged, True

    def _scan(self, blocks: Iterator[bytes], shown: str) -> bool:
        """Scan every sheet; returns whether any cell holds an error."""
        scan, text, has_errors = None, b"", False
        for block in blocks:
            text += block
            if len(text) > MOST_OF_A_ROW:
                raise damaged(shown)
            *rows, text = text.split(_ROW_END)
            for row in rows:
                for table in _TABLE.finditer(row):
                    name = html.unescape(table[1].decode("utf-8", "replace"))
                    scan = self._scans[name] = _Scan(name, shown)
                if b"<!DOCTYPE" in row:
                    raise damaged(shown)
                has_errors = has_errors or _ERROR.search(row) is not None
                if scan is not None:
                    scan.add(row)
        return has_errors


class _Scan:
    """The notes of one sheet, and the first formula without a value (`uncomputed`, such as `B7`)."""

    def __init__(self, name: str, shown: str) -> None:
        self.notes = SheetNotes()
        self.uncomputed = ""
        self._name, self._shown = name, shown
        self._row = self._column = 1
        self._cells = 0

    def add(self, text: bytes) -> None:
        """Scan the text of a row, and what stands before it."""
        for column in _COLUMN.finditer(text):
            number = _times(_REPEATED, "columns", column[1])
            if _HIDDEN.search(column[1]):
                self.notes.hide_columns(self._column, self._column + number - 1)
            self._column += number
        row = _ROW.search(text)
        if row is None:
            return
        times = _times(_REPEATED, "rows", row[1])
        if _HIDDEN.search(row[1]):
            self.notes.hide_rows(self._row, self._row + times - 1)
        if b"-spanned=" in text or b"-repeated=" in text or b"table:formula=" in text:
            self._scan_cells(text[row.end() :], times)
        self._row += times

    def _scan_cells(self, text: bytes, times: int) -> None:
        column = filled = 1
        for cell in _CELL.finditer(text):
            attributes, number = cell[1], _times(_REPEATED, "columns", cell[1])
            if b"-spanned=" in attributes:
                down, across = (_times(_SPANNED, way, attributes) for way in ("rows", "columns"))
                if down > 1 or across > 1:
                    self.notes.merge((self._row, self._row + down - 1), (column, column + across - 1))
            if not self.uncomputed and _UNCOMPUTED.match(cell[0]):
                self.uncomputed = f"{column_letters(column)}{self._row}"
            column += number
            if b"office:" in attributes:
                filled = column
        self._cells += times * (filled - 1) if times > 1 or filled > MOST_CELLS else 0
        if self._cells > MOST_CELLS:
            raise InputError(
                f"sheet {shown(self._name, 40)} of {self._shown} repeats its cells {self._cells:,} times and more; "
                "copy the table to a sheet of its own"
            )


def _times(patterns: Mapping[str, re.Pattern[bytes]], way: str, attributes: bytes) -> int:
    found = patterns[way].search(attributes)
    return int(found[1]) if found else 1


def _with_errors_as_text(package: Package) -> BinaryIO:
    """A copy of the workbook in which errors such as `#N/A` are texts."""
    content = b"".join(package.blocks(_CONTENT))
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as made:
        made.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        made.writestr("META-INF/manifest.xml", package.read("META-INF/manifest.xml"))
        made.writestr(_CONTENT, _ERROR.sub(rb"\1", content))
    return written
