"""The XML of an .xlsx sheet as pieces of whole rows, and what is known from it alone.

A spreadsheet's rows may be many, and what reads their cells (`python-calamine`) loads them all. So a sheet is cut
between rows, by its bytes, and never parsed as a whole. What calamine passes over is told here: rows and columns that
are hidden, merged cells, errors (which become text), formulas that nobody has computed, and numbers that a person sees
otherwise.
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
"""Bytes: no row of 16,384 cells is larger, but for one of very long texts."""

MOST_EMPTY_ROWS = 100_000
"""Rows between two with cells that may be empty: more are no gap in a table, but a cell gone astray."""

MOST_CELLS = 1 << 26
"""Cells that a piece may be spread over, filled or not: so many are held in memory."""

MOST_OF_A_SHEET = 1 << 40
"""Bytes: more than there can be."""

WIDEST = 16_384
"""Columns of a sheet."""

_END = b"</sheetData"
_TAIL = b"</sheetData></worksheet>"
_NOTHING_MERGED = b'<mergeCells count="0"></mergeCells>'
"""Stands before the rows of a piece: calamine looks for it in a pass of its own, which is over there, then."""

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
"""Makes of a number, as XML has it, what a person sees."""


@dataclass(frozen=True, slots=True)
class SheetXml:
    """The XML of a sheet: its name, and whether formulas wait to be computed.

    Where they do (`fullCalcOnLoad`), a program wrote the workbook, with 0 for what it could not compute. `formats` show
    the numbers in cells of these styles.
    """

    name: str
    shown: str
    not_computed: bool = False
    formats: Mapping[str, NumberFormat] = field(default_factory=dict)

    def pieces(self, blocks: Iterable[bytes], size: int, notes: SheetNotes) -> Iterator[bytes]:
        """The sheet's rows as sheets of their own, each of about `size` bytes; what else there is goes to the notes.

        Raises `InputError` for formulas that were never computed, and for cells that are spread too far.
        """
        rest = iter(blocks)
        head, text = self._head(rest)
        _note_columns(head, notes)
        last_row, ended = 0, False
        while not ended:
            text, end = _more(text, rest, size)
            ended = end >= 0
            stop = end if ended else text.rfind(b"</row>") + len(b"</row>")
            if stop < len(b"</row>") and not ended:
                if len(text) < size or len(text) > MOST_OF_A_ROW:
                    raise damaged(self.shown)
                size *= 2
                continue
            rows, text = text[:stop], text[stop:]
            if (first := _ROW.search(rows)) is not None and not _NUMBER.search(first[0]) and not ended:
                text, size = rows + text, MOST_OF_A_SHEET  # rows that count themselves stay together
                continue
            last_row = self._look_at(rows, last_row, notes)
            yield head + self._with_texts(rows) + _TAIL
        _note_merged(text, rest, notes)

    def _with_texts(self, rows: bytes) -> bytes:
        """Rows with errors as text, and numbers that their formats show otherwise."""
        if _HAS_ERROR.search(rows):
            rows = _ERROR.sub(rb"\1\2str\2", rows)
        if not self.formats:
            return rows
        styles = "|".join(self.formats).encode()
        cells = re.compile(rb'<c\b(?P<before>[^>]*?\bs=["\'](?P<style>' + styles + rb')["\'][^>]*)>(?P<f>' + _FORMULA)
        return cells.sub(self._as_shown, rows)

    def _as_shown(self, cell: re.Match[bytes]) -> bytes:
        """A cell with a number as the text that its format shows; other cells as they are."""
        attributes = _OF_NUMBER.sub(b"", cell["before"])
        if _TYPED.search(attributes):
            return cell[0]
        try:
            text = self.formats[cell["style"].decode()](cell["value"].decode("ascii"))
        except (ArithmeticError, ValueError):  # it is no number
            return cell[0]
        return b'<c%s t="str">%s<v>%s</v>' % (attributes, cell["f"], html.escape(text).encode())

    def _head(self, blocks: Iterator[bytes]) -> tuple[bytes, bytes]:
        """What stands before the rows, and the text from there on."""
        text = b""
        while (start := _START.search(text)) is None:
            block = next(blocks, b"")
            if not block or len(text) > MOST_OF_A_ROW:
                raise damaged(self.shown)
            text += block
        if b"<!DOCTYPE" in text[: start.end()]:  # no spreadsheet program writes one, and entities may be a bomb, too
            raise damaged(self.shown)
        if start[1]:
            raise InputError(
                f"{self.shown} was written in a form of XML that is not read here; open it in a spreadsheet and save it"
            )
        head = text[: start.start()] + _NOTHING_MERGED + text[start.start() : start.end()]
        if start[2]:  # there are no rows
            return head[:-2] + b">", _TAIL + text[start.end() :]
        return head, text[start.end() :]

    def _look_at(self, rows: bytes, last_row: int, notes: SheetNotes) -> int:
        """Take notes of rows; gives the number of the last one with a value in this sheet so far."""
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
    """The number of the last column in which a cell stands; not less than that of one with a single letter."""
    cells = (_WIDE if b'<c r="' in rows else _WIDE_SOMEHOW).finditer(rows)
    return max((column_number(cell[1].decode()) for cell in cells), default=26)


class UncomputedError(InputError):
    """Formulas of a sheet have no value; `cells` are the first."""

    def __init__(self, shown_file: str, sheet: str, cells: str) -> None:
        super().__init__(
            f"sheet {shown(sheet, 40)} of {shown_file} has formulas that were never computed ({cells}); open it in a "
            "spreadsheet and save it"
        )


def _uncomputed(rows: bytes, not_computed: bool) -> Iterator[str]:
    """The cells whose formulas have no value: an empty text is one."""
    for pattern in (_FORMULA_ALONE, *([_FORMULA_OF_NOTHING] if not_computed else ())):
        for found in pattern.finditer(rows):
            start = rows.rfind(b"<c ", 0, found.start())
            cell = rows[start : rows.find(b">", start)]
            if _OF_TEXT.search(cell) and b"<v" in found[0]:
                continue
            place = _PLACE.search(cell)
            yield place[1].decode() if place else "?"


def _values(rows: bytes) -> tuple[int, int]:
    """Where the first value of a cell starts, and the last; -1 where there is none."""
    first, last = rows.find(b"<v>"), rows.rfind(b"<v>")
    before, after = rows.find(b"<is>", 0, first if first >= 0 else len(rows)), rows.rfind(b"<is>", max(0, last))
    return before if before >= 0 else first, max(last, after)


def _row_of(rows: bytes, at: int) -> int:
    """The number of the row in which a byte stands, 0 for none."""
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
    """Note what is merged; the sheet is read to its end."""
    while b"</mergeCells>" not in text and len(text) < MOST_OF_A_ROW and (block := next(blocks, b"")):
        text += block
    for found in _MERGED.finditer(text):
        place = range_of(found[1].decode("latin-1"))
        if place is not None:
            notes.merge(*place)
    for _ in blocks:
        pass


def _more(text: bytes, blocks: Iterator[bytes], size: int) -> tuple[bytes, int]:
    """The text with as much more as makes it so large, and where its rows end; -1 where they go on."""
    pieces, length, end = [text], len(text), text.find(_END)
    while end < 0 and length < size and (block := next(blocks, b"")):
        seam = pieces[-1][-len(_END) :] + block
        if (at := seam.find(_END)) >= 0:
            end = length - (len(seam) - len(block)) + at
        pieces.append(block)
        length += len(block)
    return b"".join(pieces), end
