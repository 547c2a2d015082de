r"""Records and their grammar.

With Q the quote character and S the field separator (RFC 4180 with any of the three line ends):

    file   = *(record EOL) [record]         EOL = CR LF / LF / CR
    record = cell *(S cell)
    cell   = Q *(any byte but Q / Q Q) Q    a quoted cell, which may hold separators and line ends
           / *(any byte but S, CR, LF)      a plain cell; its first byte is not Q

A fault spoils its own record only. A quote inside a plain cell is `stray-quote`, and the record goes on. Text after a
closing quote is `stray-quote`, too, if the cell opened on the same line. A quoted cell is `unclosed-quote` if no quote
closes it before the end of the file or within `MAX_RECORD_BYTES`, or if text follows its closing quote on a later line.
The record then ends with the physical line on which that cell opened, and the next line starts a new record. With the
quote character `NONE` every line is a record.

A surplus quote may pair with a quote of a later record and swallow the rows between (a runaway quote). So a quoted cell
over several lines counts as unclosed if its record has a fault or not the file's usual number of cells, while the line
on which it closes is a right record by itself. A line break that belongs to a cell leaves no such line.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from preflight.layouts.words import Quote, Separator
from preflight.text.display import LONGEST_VALUE
from preflight.text.whitespace import is_blank

MAX_RECORD_BYTES = 16 << 20
"""Maximum size of a record: beyond it an open quote counts as unclosed, and an endless line is refused."""

UNDECODABLE = "\udc80"
"""Replaces bytes that the file's encoding cannot decode: a lone surrogate, which never occurs in UTF-8."""

BLANKS = " \t\u00a0"
"""Blanks that may precede a quote meant to open a cell, except the separator."""

WELL_FORMED, STRAY_QUOTE, UNCLOSED_QUOTE = 0, 1, 2
_MARK, _REPLACEMENT = UNDECODABLE.encode("utf-8", "surrogatepass"), "\ufffd".encode()
_LINE_END = re.compile(rb"\r\n|\r|\n")


class RecordTooLongError(Exception):
    """A record that starts at byte `start` of its block is longer than `MAX_RECORD_BYTES`."""

    def __init__(self, start: int) -> None:
        super().__init__(start)
        self.start = start


@dataclass(frozen=True, slots=True)
class RecordRead:
    """The end of a record (without its line end) and its fault.

    `certain` is False if the block ends before they are known.
    """

    stop: int
    fault: int
    certain: bool


class Dialect:
    """A separator and a quote character, and the grammar of records written with them."""

    def __init__(self, separator: Separator, quote: Quote) -> None:
        self.separator = separator.character
        self.quote = quote.character
        self._separator_byte, self._quote_byte = self.separator.encode(), self.quote.encode()
        s, q = re.escape(self.separator), re.escape(self.quote)
        self._first_cells: dict[int, re.Pattern[str]] = {}
        self._seen = re.compile(rf"[^\x00-\x20\x7f-\xff{s}{q}]".encode("latin-1"))
        if not q:
            self._cell = re.compile(f"()(?!)|([^{s}]*+)")
            self._blanks = self._formulas = re.compile("()(?!)()")
            self._record = self._strict_record = re.compile(rb"[^\r\n]*+")
            return
        opened = f"{q}[^{q}]*+(?:{q}{q}[^{q}]*+)*+"
        quoted = f"{opened}{q}(?=[{s}\r\n]|\\Z)"
        blanks = "".join(blank for blank in BLANKS if blank != self.separator)
        self._blanks = re.compile(f"(^|{s})[{blanks}]+({opened}{q})(?=[ \\t]*(?:{s}|\r?\n?\\Z))")
        self._formulas = re.compile(f"(^|{s})=({opened}{q})(?={s}|\r?\n?\\Z)")
        self._between_quotes = re.compile(f"{q}[^{q}]*+{q}".encode())
        self._opened_cell = re.compile(opened.encode())
        self._cell_bytes = re.compile(f"({quoted})|[^{s}\r\n]*+".encode())
        self._cell = re.compile(f"{q}([^{q}]*+(?:{q}{q}[^{q}]*+)*+){q}(?={s}|\\Z)|([^{s}]*+)")
        self._all_cells = re.compile(rf"(?:\A|{s})(?:{self._cell.pattern})")
        self._record = _record_pattern(f"(?:{quoted}|(?!{q})[^{s}\r\n]*+)", s)
        self._strict_record = _record_pattern(f"(?:{quoted}|[^{s}{q}\r\n]*+(?!{q}))", s)

    def read_record(self, block: bytes, start: int, width: int | None = None) -> RecordRead:
        """Read the record at `start` by the grammar. `width` is the usual number of cells, if known.

        Raises `RecordTooLongError` if it is longer than `MAX_RECORD_BYTES`.
        """
        read = self._read_by_cells(block, start)
        if not self.quote or self._is_right(block, start, read, width):
            return read
        over_lines = self._first_cell_over_lines(block, start, read.stop)
        if over_lines is None:
            return read
        line_end, closed = over_lines
        last_line = max(block.rfind(b"\n", line_end, closed), block.rfind(b"\r", line_end, closed)) + 1
        by_itself = self._read_by_cells(block, last_line)
        certain = read.certain and by_itself.certain
        if not self._is_right(block, last_line, by_itself, width):
            return RecordRead(read.stop, read.fault, certain)
        return RecordRead(line_end, UNCLOSED_QUOTE, certain)

    def _is_right(self, block: bytes, start: int, read: RecordRead, width: int | None) -> bool:
        if read.fault != WELL_FORMED:
            return False
        return width is None or self.width_of(block[start : read.stop]) == width

    def _first_cell_over_lines(self, block: bytes, start: int, stop: int) -> tuple[int, int] | None:
        """The end of the line on which the first quoted cell over several lines opens, and the cell's end, if any."""
        if not _LINE_END.search(block, start, stop):
            return None
        while start < stop and (cell := self._cell_bytes.match(block, start)) and cell.end() <= stop:
            if cell[1] and (line_end := _LINE_END.search(cell[1])):
                return cell.start() + line_end.start(), cell.end()
            start = cell.end() + 1
        return None

    def _read_by_cells(self, block: bytes, start: int) -> RecordRead:
        reach = min(len(block), start + MAX_RECORD_BYTES)
        too_long = reach - start == MAX_RECORD_BYTES
        match = self._record.match(block, start, reach)
        stop = match.end() if match else start
        if match and (stop == reach or block[stop] in b"\r\n"):
            if stop == reach and too_long:
                raise RecordTooLongError(start)
            strict = self._strict_record.match(block, start, reach)
            fault = WELL_FORMED if strict and strict.end() == stop else STRAY_QUOTE
            return RecordRead(stop, fault, certain=stop < reach)
        opening = stop + 1 if match else start
        inside = self._opened_cell.match(block, opening, reach)
        closed = inside.end() if inside and inside.end() < reach else None
        line_end = _LINE_END.search(block, opening, reach)
        if line_end is None and too_long:
            raise RecordTooLongError(start)
        on_its_line = closed is not None and (line_end is None or closed <= line_end.start())
        fault = STRAY_QUOTE if on_its_line else UNCLOSED_QUOTE
        certain = line_end is not None and (too_long or closed is not None)
        return RecordRead(line_end.start() if line_end else reach, fault, certain)

    def split(self, record: bytes) -> list[str]:
        """The cells of a record as text, without quotes; of a spoiled record, as far as they can be recognized."""
        return self.cells_of(text_of(record))

    def cells_of(self, text: str) -> list[str]:
        """The cells of a record given as text, like `split`."""
        quote = self.quote
        if not quote or quote not in text:
            return text.split(self.separator)
        return [plain or quoted.replace(quote * 2, quote) for quoted, plain in self._all_cells.findall(text)]

    def quotes_around_cells(self, record: bytes) -> Iterator[tuple[int, int]]:
        """The positions of the opening and closing quote of each quoted cell of a record."""
        for cell in re.finditer(self._all_cells.pattern.encode(), record):
            if cell[1] is not None:
                yield cell.start(1) - 1, cell.end(1)

    def without_blanks(self, record: str) -> str:
        """The record without blanks before quotes that open a cell. It may have its line end."""
        return self._blanks.sub(r"\1\2", record)

    def without_formulas(self, record: str) -> str:
        """The record without `=` before quotes around a cell. It may have its line end."""
        return self._formulas.sub(r"\1\2", record) if "=" in record else record

    def is_well_formed(self, record: bytes) -> bool:
        """True for the bytes of exactly one record without a fault."""
        read = self.read_record(record, 0)
        return read.fault == WELL_FORMED and read.stop == len(record)

    def divided(self, record: str, width: int) -> tuple[str, list[str]]:
        """The bytes of the first `width` cells of a well-formed record, and the texts of the others."""
        if width not in self._first_cells:
            cell, separator = f"(?>{self._cell.pattern})", re.escape(self.separator)
            self._first_cells[width] = re.compile(f"{cell}(?:{separator}{cell}){{{width - 1}}}")
        first = self._first_cells[width].match(record)
        if first is None or first.end() == len(record):
            return record, []
        return first[0], self.cells_of(record[first.end() + 1 :])

    def joined(self, cells: Iterable[str]) -> str:
        """A record of these cells, with quotes only where needed."""
        cells = [*cells]
        record = self.separator.join(cells)
        if not self.quote or not (
            self.quote in record or "\n" in record or "\r" in record or record.count(self.separator) >= len(cells)
        ):  # as most often
            return record
        return self.separator.join(map(self._quoted, cells))

    def can_hold(self, cell: str) -> bool:
        """True unless a cell with a separator or a line break would have to be written without quotes."""
        return bool(self.quote) or not any(mark in cell for mark in (self.separator, "\n", "\r"))

    def _quoted(self, cell: str) -> str:
        quote = self.quote
        if quote and (quote in cell or self.separator in cell or "\n" in cell or "\r" in cell):
            return quote + cell.replace(quote, quote * 2) + quote
        return cell

    def width_of(self, record: bytes) -> int:
        """The number of cells of a well-formed record."""
        if self.quote and self._quote_byte in record:
            record = self._between_quotes.sub(b"", record)
        return record.count(self._separator_byte) + 1

    def is_blank(self, record: bytes) -> bool:
        """True if every cell of a record is blank."""
        return not self._seen.search(record) and all(map(is_blank, self.split(record)))

    def cell_spans(self, text: str) -> Iterator[tuple[int, int]]:
        """Yield the span of each cell in the text of a well-formed record, including its quotes."""
        at = 0
        while at <= len(text) and (match := self._cell.match(text, at)):
            yield match.span()
            at = match.end() + 1


def text_of(record: bytes) -> str:
    """The record as text, with U+FFFD for each undecodable byte and each `UNDECODABLE`."""
    return record.replace(_MARK, _REPLACEMENT).decode("utf-8", "replace")


def text_shown(raw: bytes) -> str:
    """The start of a record as text, long enough to be displayed."""
    return text_of(raw[: 4 * LONGEST_VALUE])


def count_line_ends(text: bytes) -> int:
    """The number of line ends (CR LF, LF or CR) in `text`."""
    return text.count(b"\n") + text.count(b"\r") - text.count(b"\r\n")


def _record_pattern(cell: str, separator: str) -> re.Pattern[bytes]:
    return re.compile(f"{cell}(?:{separator}{cell})*+".encode())
