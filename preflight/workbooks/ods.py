"""An OpenDocument spreadsheet: what its XML tells that `python-calamine` passes over, before that loads it.

Rows and cells that are alike are written once, with how often they are repeated, so that a small file may stand for
very many cells.
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
    """Reads the sheets of an .ods file; its XML is looked through first."""

    def __init__(self, stream: BinaryIO, shown: str) -> None:
        package = Package(stream, shown)
        self._looks: dict[str, _Look] = {}
        has_errors = self._look_through(package.blocks(_CONTENT), shown)
        super().__init__(_with_errors_as_text(package) if has_errors else stream, shown)

    def rows(self, name: str, notes: SheetNotes) -> Iterator[Rows]:
        """See `Reader`."""
        look = self._looks.get(name)
        if look is not None and look.uncomputed:
            raise UncomputedError(self._shown, name, look.uncomputed)
        yield from super().rows(name, notes)
        if look is not None:
            notes.hidden_rows, notes.hidden_columns = look.notes.hidden_rows, look.notes.hidden_columns
            notes.merged, notes.known = look.notes.merged, True

    def _look_through(self, blocks: Iterator[bytes], shown: str) -> bool:
        """Take notes of every sheet; whether any cell holds an error."""
        look, text, has_errors = None, b"", False
        for block in blocks:
            text += block
            if len(text) > MOST_OF_A_ROW:
                raise damaged(shown)
            *rows, text = text.split(_ROW_END)
            for row in rows:
                for table in _TABLE.finditer(row):
                    name = html.unescape(table[1].decode("utf-8", "replace"))
                    look = self._looks[name] = _Look(name, shown)
                if b"<!DOCTYPE" in row:
                    raise damaged(shown)
                has_errors = has_errors or _ERROR.search(row) is not None
                if look is not None:
                    look.add(row)
        return has_errors


class _Look:
    """What is told of one sheet."""

    def __init__(self, name: str, shown: str) -> None:
        self.notes = SheetNotes()
        self.uncomputed = ""
        self._name, self._shown = name, shown
        self._row = self._column = 1
        self._cells = 0

    def add(self, text: bytes) -> None:
        """Take the text up to the end of a row, and what stands before it."""
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
            self._look_at_cells(text[row.end() :], times)
        self._row += times

    def _look_at_cells(self, text: bytes, times: int) -> None:
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
    """The workbook with errors such as `#N/A` as the texts that they are shown as."""
    content = b"".join(package.blocks(_CONTENT))
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as made:
        made.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        made.writestr("META-INF/manifest.xml", package.read("META-INF/manifest.xml"))
        made.writestr(_CONTENT, _ERROR.sub(rb"\1", content))
    return written
