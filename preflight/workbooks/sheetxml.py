"""The XML of an .xlsx sheet, cut into pieces of whole rows.

`python-calamine` loads all rows of a sheet into memory. So a large sheet is cut between rows, by its bytes, and is
never parsed as a whole. This module also handles what calamine ignores: hidden rows and columns, merged cells, errors
(which become text), formulas without a computed value, and number formats.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from preflight.errors import InputError
from preflight.text.display import shown
from preflight.workbooks.container import damaged
from preflight.workbooks.notes import SheetNotes, column_letters, column_number, range_of

MOST_OF_A_ROW = 64 << 20
"""Limit for the size of a row in bytes; only very long texts in 16,384 cells exceed it."""

MOST_EMPTY_ROWS = 100_000
"""Limit for consecutive empty rows: a larger gap means a stray cell, not a table."""

MOST_CELLS = 1 << 26
"""Limit for the cells of a piece, filled or empty, which calamine holds in memory."""

MOST_OF_A_SHEET = 1 << 40
"""A size in bytes that no sheet reaches."""

WIDEST = 16_384
"""Columns of a sheet in Excel."""

_END = b"</sheetData"
_TAIL = b"</sheetData></worksheet>"
_NOTHING_MERGED = b'<mergeCells count="0"></mergeCells>'
"""Stands before the rows of a piece, so that calamine's separate pass for merged cells ends there."""

_START = re.compile(rb"<(?:(\w+):)?sheetData\b[^>]*?(/?)>")
_ROW = re.compile(rb"<row\b[^>]*>")
_NUMBER = re.compile(rb'\br\s*=\s*["\']([0-9]{1,7})["\']')
_HIDDEN = re.compile(rb'\bhidden\s*=\s*["\'](?:1|true)["\']')
_COLUMNS = re.compile(rb"<col\b[^>]*>")
_LIMITS = re.compile(rb'\b(min|max)\s*=\s*["\']([0-9]{1,7})["\']')
_MERGED = re.compile(rb'<mergeCell\b[^>]*?\bref\s*=\s*["\']([^"\']{1,40})["\']')
_WIDE = re.compile(rb'<c r="([A-Z]{2,3})[0-9]')
_WIDE_SOMEHOW = re.compile(rb'<c\b[^>]*?\br\s*=\s*["\']([A-Z]{2,3})[0-9]')
_HAS_ERROR = re.compile(rb't="e"|t=\'e\'')
_ERROR = re.compile(rb'(<c\b[^>]*?\bt=)(["\'])e\2')
_HAS_FORMULA = re.compile(rb"<f[ />]")
_FORMULA_ALONE = re.compile(rb"(?:</f>|<f\b[^>]*/>)\s*(?:<v\s*/>|<v>\s*</v>|</c>)")
_FORMULA_OF_NOTHING = re.compile(rb"(?:</f>|<f\b[^>]*/>)\s*<v>0</v>")
_FORMULA = rb"\s*(?:<f\b[^>]*/>|<f\b[^>]*>[^<]*</f>)?\s*)<v>(?P<value>[^<]*)</v>"
_OF_NUMBER = re.compile(rb'\s+t\s*=\s*["\']n["\']')
_TYPED = re.compile(rb"\bt\s*=")
_PLACE = re.compile(rb'\br\s*=\s*["\']([A-Z]{1,3}[0-9]{1,7})["\']')
_OF_TEXT = re.compile(rb'\bt\s*=\s*["\']str["\']')


NumberFormat = Callable[[str], str]
"""Converts the XML text of a number to the displayed text."""


@dataclass(frozen=True, slots=True)
class SheetXml:
    """The XML of a sheet.

    `not_computed` if the workbook asks for a calculation on load (`fullCalcOnLoad`): the program that wrote it may have
    written 0 for formulas that it could not compute. `formats` has the number formats by style index.
    """

    name: str
    shown: str
    not_computed: bool = False
    formats: Mapping[str, NumberFormat] = field(default_factory=dict)

    def pieces(self, blocks: Iterable[bytes], size: int, notes: SheetNotes) -> Iterator[bytes]:
        """Yield the rows as sheets of about `size` bytes, and add hidden and merged cells to `notes`.

        Raises `InputError` for formulas without a computed value, and for cells that are too far apart.
        """
        rest = iter(blocks)
        head, text = self._head(rest)
        _note_columns(head, notes)
        last_row, ended = 0, False
        while not ended:
            text, end = _extended(text, rest, size)
            ended = end >= 0
            stop = end if ended else text.rfind(b"</row>") + len(b"</row>")
            if stop < len(b"</row>") and not ended:
                if len(text) < size or len(text) > MOST_OF_A_ROW:
                    raise damaged(self.shown)
                size *= 2
                continue
            rows, text = text[:stop], text[stop:]
            if (first := _ROW.search(rows)) is not None and not _NUMBER.search(first[0]) and not ended:
                text, size = rows + text, MOST_OF_A_SHEET  # rows without numbers count by position: one piece
                continue
            last_row = self._scan(rows, last_row, notes)
            yield head + self._with_texts(rows) + _TAIL
        _note_merged(text, rest, notes)

    def _with_texts(self, rows: bytes) -> bytes:
        """The rows with errors, and numbers that have one of the `formats`, as text cells."""
        if _HAS_ERROR.search(rows):
            rows = _ERROR.sub(rb"\1\2str\2", rows)
        if not self.formats:
            return rows
        styles = "|".join(self.formats).encode()
        cells = re.compile(rb'<c\b(?P<before>[^>]*?\bs=["\'](?P<style>' + styles + rb')["\'][^>]*)>(?P<f>' + _FORMULA)
        return cells.sub(self._as_shown, rows)

    def _as_shown(self, cell: re.Match[bytes]) -> bytes:
        """The text cell that a number cell displays as; any other cell unchanged."""
        attributes = _OF_NUMBER.sub(b"", cell["before"])
        if _TYPED.search(attributes):
            return cell[0]
        try:
            text = self.formats[cell["style"].decode()](cell["value"].decode("ascii"))
        except (ArithmeticError, ValueError):  # the value is not a number
            return cell[0]
        return b'<c%s t="str">%s<v>%s</v>' % (attributes, cell["f"], html.escape(text).encode())

    def _head(self, blocks: Iterator[bytes]) -> tuple[bytes, bytes]:
        """The text before the rows, and the text that follows."""
        text = b""
        while (start := _START.search(text)) is None:
            block = next(blocks, b"")
            if not block or len(text) > MOST_OF_A_ROW:
                raise damaged(self.shown)
            text += block
        if b"<!DOCTYPE" in text[: start.end()]:  # no spreadsheet writes a DTD, and its entities may be a bomb, too
            raise damaged(self.shown)
        if start[1]:
            raise InputError(
                f"{self.shown} is written in an unsupported form of XML; open it in a spreadsheet and save it"
            )
        head = text[: start.start()] + _NOTHING_MERGED + text[start.start() : start.end()]
        if start[2]:  # no rows follow
            return head[:-2] + b">", _TAIL + text[start.end() :]
        return head, text[start.end() :]

    def _scan(self, rows: bytes, last_row: int, notes: SheetNotes) -> int:
        """Add the hidden rows to `notes`; returns the number of the sheet's last row with a value so far."""
        if b"hidden" in rows and any(mark in rows for mark in (b'hidden="1"', b'hidden="true"', b"hidden='")):
            for row in _ROW.finditer(rows):
                if _HIDDEN.search(row[0]) and (number := _NUMBER.search(row[0])):
                    notes.hide_rows(int(number[1]), int(number[1]))
        if _HAS_FORMULA.search(rows):
            self._refuse_uncomputed(rows)
        first, last = sorted(_row_of(rows, at) for at in _values(rows))
        if not last:
            return last_row
        wide = _widest(rows) if (last - first + 1) * WIDEST > MOST_CELLS else 0
        if first > last_row + MOST_EMPTY_ROWS or (last - first + 1) * wide > MOST_CELLS:
            raise self._astray(first, last_row, last, wide)
        if last - first > MOST_EMPTY_ROWS:
            before = last_row
            for row in _ROW.finditer(rows):
                number = _NUMBER.search(row[0])
                at = int(number[1]) if number else before
                if at > before + MOST_EMPTY_ROWS and at <= last:
                    raise self._astray(at, before, last, wide)
                before = at
        return last

    def _astray(self, row: int, before: int, last: int, wide: int) -> InputError:
        where = f"sheet {shown(self.name, 40)} of {self.shown}"
        if row > before + MOST_EMPTY_ROWS:
            return InputError(
                f"{where} has {row - before - 1:,} empty rows before row {row:,}; delete what stands below them, or "
                "copy the table to a sheet of its own"
            )
        return InputError(
            f"the cells of {where} are spread as far as {column_letters(wide)}{last}; copy the table to a sheet of "
            "its own"
        )

    def _refuse_uncomputed(self, rows: bytes) -> None:
        cells = _uncomputed(rows, self.not_computed)
        first = next(cells, None)
        if first is not None:
            others = " and others" if next(cells, None) is not None else ""
            raise UncomputedError(self.shown, self.name, first + others)


def _widest(rows: bytes) -> int:
    """The number of the last column with a cell, at least 26 (column Z)."""
    cells = (_WIDE if b'<c r="' in rows else _WIDE_SOMEHOW).finditer(rows)
    return max((column_number(cell[1].decode()) for cell in cells), default=26)


class UncomputedError(InputError):
    """Formulas of a sheet have no computed value; `cells` names the first of them."""

    def __init__(self, shown_file: str, sheet: str, cells: str) -> None:
        super().__init__(
            f"sheet {shown(sheet, 40)} of {shown_file} has formulas that were never computed ({cells}); open it in a "
            "spreadsheet and save it"
        )


def _uncomputed(rows: bytes, not_computed: bool) -> Iterator[str]:
    """Yield the cells whose formulas have no value; an empty text is a value."""
    for pattern in (_FORMULA_ALONE, *([_FORMULA_OF_NOTHING] if not_computed else ())):
        for found in pattern.finditer(rows):
            start = rows.rfind(b"<c ", 0, found.start())
            cell = rows[start : rows.find(b">", start)]
            if _OF_TEXT.search(cell) and b"<v" in found[0]:
                continue
            place = _PLACE.search(cell)
            yield place[1].decode() if place else "?"


def _values(rows: bytes) -> tuple[int, int]:
    """The offsets of the first and the last cell value; -1 if there is none."""
    first, last = rows.find(b"<v>"), rows.rfind(b"<v>")
    before, after = rows.find(b"<is>", 0, first if first >= 0 else len(rows)), rows.rfind(b"<is>", max(0, last))
    return before if before >= 0 else first, max(last, after)


def _row_of(rows: bytes, at: int) -> int:
    """The number of the row that contains the byte at offset `at`; 0 for a negative offset."""
    if at < 0:
        return 0
    start = rows.rfind(b"<row", 0, at)
    number = _NUMBER.search(rows, start, rows.find(b">", start)) if start >= 0 else None
    return int(number[1]) if number else 1


def _note_columns(head: bytes, notes: SheetNotes) -> None:
    for column in _COLUMNS.findall(head):
        limits = {name: int(number) for name, number in _LIMITS.findall(column)}
        if _HIDDEN.search(column) and {b"min", b"max"} <= limits.keys():
            notes.hide_columns(limits[b"min"], limits[b"max"])


def _note_merged(text: bytes, blocks: Iterator[bytes], notes: SheetNotes) -> None:
    """Add the merged cells to `notes`, and read the sheet to its end."""
    while b"</mergeCells>" not in text and len(text) < MOST_OF_A_ROW and (block := next(blocks, b"")):
        text += block
    for found in _MERGED.finditer(text):
        place = range_of(found[1].decode("latin-1"))
        if place is not None:
            notes.merge(*place)
    for _ in blocks:
        pass


def _extended(text: bytes, blocks: Iterator[bytes], size: int) -> tuple[bytes, int]:
    """The text extended to at least `size` bytes, and the offset where the rows end; -1 if they continue."""
    pieces, length, end = [text], len(text), text.find(_END)
    while end < 0 and length < size and (block := next(blocks, b"")):
        seam = pieces[-1][-len(_END) :] + block
        if (at := seam.find(_END)) >= 0:
            end = length - (len(seam) - len(block)) + at
        pieces.append(block)
        length += len(block)
    return b"".join(pieces), end
