r"""Bytes to records.

The record grammar, with Q the quote character and S the field separator (RFC 4180 with any of the three line ends):

    file   = *(record EOL) [record]         EOL = CR LF / LF / CR
    record = cell *(S cell)
    cell   = Q *(any byte but Q / Q Q) Q    a quoted cell, which may hold separators and line ends
           / *(any byte but S, CR, LF)      a plain cell; its first byte is not Q

What does not fit spoils its own record only. A quote inside a plain cell is `stray-quote`, and the record goes on. A
quoted cell whose closing quote is followed by text is `stray-quote`, and one that is not closed before the end of the
file, or within `MAX_RECORD_BYTES`, is `unclosed-quote`: the record then ends with the physical line on which that cell
opened, and the next line starts a new record. With the quote character `NONE` every line is a record.

Whole blocks are read with numpy. Records that numpy cannot vouch for are read one by one with regular expressions that
are the grammar above; either way gives the same records.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from preflight.added import Added
from preflight.errors import InputError
from preflight.layout import Quote, Separator

Positions = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

MAX_RECORD_BYTES = 16 << 20
"""No record is read beyond this: an open quote counts as never closed, a line without end is refused."""

MAX_LINES_AT_ONCE = 1 << 17
"""A block of more lines than this is read in pieces, so that memory stays bounded for a file of line ends."""

WELL_FORMED, STRAY_QUOTE, UNCLOSED_QUOTE = 0, 1, 2
_CR, _LF = 0x0D, 0x0A
_LINE_END = re.compile(rb"\r\n|\r|\n")


class _RecordTooLongError(Exception):
    def __init__(self, start: int) -> None:
        super().__init__(start)
        self.start = start


@dataclass(frozen=True, slots=True)
class Records:
    """Consecutive records of one block of bytes.

    Record i is `block[start[i]:stop[i]]`; with its line end it goes up to `end[i]`. `line` is the physical line on
    which it starts, from 1. `fault` is `WELL_FORMED`, `STRAY_QUOTE` or `UNCLOSED_QUOTE`. `added` is what a
    bad-rows file says of each; of other files it is empty.
    """

    block: bytes | memoryview
    start: Positions
    stop: Positions
    end: Positions
    line: Positions
    fault: npt.NDArray[np.int8]
    added: Sequence[Added] = ()

    def __len__(self) -> int:
        return len(self.start)

    def raw(self, i: int) -> bytes:
        """The bytes of record i without its line end."""
        return bytes(self.block[self.start[i] : self.stop[i]])

    def between(self, first: int, last: int) -> Records:
        """The records from `first` up to, not including, `last`."""
        columns: tuple[Any, ...] = (self.start, self.stop, self.end, self.line, self.fault)
        return Records(self.block, *(column[first:last] for column in columns))

    def bytes_of(self, wanted: Mask) -> bytes | memoryview:
        """The bytes of the wanted records with their line ends; without a copy when they stand in one run."""
        block = memoryview(self.block)
        pieces = [block[start:end] for start, end in self.runs_of(wanted)]
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def runs_of(self, wanted: Mask) -> list[tuple[int, int]]:
        """Where each run of neighbouring wanted records starts and ends in the block."""
        edges = np.flatnonzero(np.diff(np.concatenate([[False], wanted, [False]]).astype(np.int8)))
        starts, ends = self.start[edges[::2]], self.end[edges[1::2] - 1]
        return list(zip(starts.tolist(), ends.tolist(), strict=True))


class Dialect:
    """A separator and a quote character, and how to read one record that is written with them."""

    def __init__(self, separator: Separator, quote: Quote) -> None:
        self.separator = separator.character
        self.quote = quote.character
        s, q = re.escape(self.separator), re.escape(self.quote)
        if not q:
            self._cell = re.compile(f"()(?!)|([^{s}]*+)")
            self._record = self._strict_record = re.compile(rb"[^\r\n]*+")
            return
        opened = f"{q}[^{q}]*+(?:{q}{q}[^{q}]*+)*+"
        self._opened_cell = re.compile(opened.encode())
        self._cell = re.compile(f"{q}([^{q}]*+(?:{q}{q}[^{q}]*+)*+){q}(?={s}|\\Z)|([^{s}]*+)")
        quoted = f"{opened}{q}(?=[{s}\r\n]|\\Z)"
        self._record = _record_pattern(f"(?:{quoted}|(?!{q})[^{s}\r\n]*+)", s)
        self._strict_record = _record_pattern(f"(?:{quoted}|[^{s}{q}\r\n]*+(?!{q}))", s)

    def read_record(self, block: bytes, start: int) -> tuple[int, int, bool]:
        """Read the record that starts at `start` by the grammar.

        Returns where it stops (its line end not counted), its fault, and whether the block ends before either could be
        told for certain. Raises `_RecordTooLongError` where it goes on beyond `MAX_RECORD_BYTES`.
        """
        reach = min(len(block), start + MAX_RECORD_BYTES)
        too_long = reach - start == MAX_RECORD_BYTES
        match = self._record.match(block, start, reach)
        stop = match.end() if match else start
        if match and (stop == reach or block[stop] in (_CR, _LF)):
            if stop == reach and too_long:
                raise _RecordTooLongError(start)
            strict = self._strict_record.match(block, start, reach)
            fault = WELL_FORMED if strict and strict.end() == stop else STRAY_QUOTE
            return stop, fault, stop == reach
        opening = stop + 1 if match else start
        inside = self._opened_cell.match(block, opening, reach)
        never_closed = inside is None or inside.end() == reach
        line_end = _LINE_END.search(block, opening, reach)
        if line_end is None and too_long:
            raise _RecordTooLongError(start)
        fault = UNCLOSED_QUOTE if never_closed else STRAY_QUOTE
        undecided = line_end is None or (never_closed and not too_long)
        return line_end.start() if line_end else reach, fault, undecided

    def split(self, record: bytes) -> list[str]:
        """The cells of one record as text, quotes taken off; of a spoiled record, as far as they can be told apart."""
        return [cell for cell, _ in self._cells(record.decode("utf-8", "replace"))]

    def divided(self, record: str, width: int) -> tuple[str, list[str]]:
        """A well-formed record's first `width` cells as they stand, and what the others hold."""
        at = 0
        for _ in range(width):
            match = self._cell.match(record, at) if at <= len(record) else None
            if match is None:
                return record, []
            at = match.end() + 1
        return record[: at - 1], [cell for cell, _ in self._cells(record, at)]

    def joined(self, cells: Iterable[str]) -> str:
        """A record of these cells, quotes only around those that need them."""
        return self.separator.join(map(self._quoted, cells))

    def _quoted(self, cell: str) -> str:
        quote = self.quote
        if quote and (quote in cell or self.separator in cell or "\n" in cell or "\r" in cell):
            return quote + cell.replace(quote, quote * 2) + quote
        return cell

    def misquoted_cell(self, record: bytes) -> str:
        """The first cell of a spoiled record that holds a quote and is not a quoted cell."""
        text = record.decode("utf-8", "replace")
        return next((cell for cell, quoted in self._cells(text) if self.quote in cell and not quoted), text)

    def _cells(self, text: str, at: int = 0) -> Iterator[tuple[str, bool]]:
        """The cells of one record from a cell's start on, quotes taken off, and whether they had them."""
        while at <= len(text) and (match := self._cell.match(text, at)):
            quoted, plain = match.groups()
            yield (plain, False) if quoted is None else (quoted.replace(self.quote * 2, self.quote), True)
            at = match.end() + 1


def count_line_ends(text: bytes) -> int:
    """How many line ends (CR LF, LF or CR) `text` holds."""
    return len(_LINE_END.findall(text))


def _record_pattern(cell: str, separator: str) -> re.Pattern[bytes]:
    return re.compile(f"{cell}(?:{separator}{cell})*+".encode())


def read_records(blocks: Iterable[bytes], dialect: Dialect, first_line: int = 1) -> Iterator[Records]:
    """Cut a file's text, given in blocks of any size, into records; yields them in runs as they come to be complete.

    `first_line` is the number of the line on which the text starts.

    Raises `InputError` naming the line for a record that goes on beyond `MAX_RECORD_BYTES`.
    """
    pending, line = b"", first_line
    for block, final in _with_final(blocks):
        held = pending + block
        # A CR at the very end may be half of a CR LF: it waits for the next block.
        text = held[:-1] if held.endswith(b"\r") and not final else held
        try:
            records, lines_done = _scan(text, dialect, final, line)
        except _RecordTooLongError as error:
            at = line + count_line_ends(text[: error.start])
            size = MAX_RECORD_BYTES >> 20
            raise InputError(
                f"line {at} starts a record of more than {size} MiB; this is no file of touch points"
            ) from None
        line += lines_done
        pending = held[int(records.end[-1]) :] if len(records) else held
        if len(records):
            yield records


def _with_final(blocks: Iterable[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Each block, cut small where its lines are very short, with whether it is the last."""
    before: bytes | None = None
    for block in blocks:
        buffer = np.frombuffer(block, np.uint8)
        line_ends = sum(int(np.count_nonzero(buffer == end)) for end in (_LF, _CR) if end in block)
        pieces = 1 + line_ends // MAX_LINES_AT_ONCE
        size = -(-len(block) // pieces)
        for at in range(0, len(block), max(1, size)):
            if before is not None:
                yield before, False
            before = block[at : at + size] if pieces > 1 else block
    if before is not None:
        yield before, True


@dataclass(frozen=True, slots=True)
class _Lines:
    """The physical lines of a block that are complete: where each starts, where its text stops, where it ends."""

    start: Positions
    stop: Positions
    end: Positions

    @classmethod
    def of(cls, block: bytes, buffer: npt.NDArray[np.uint8], final: bool) -> _Lines:
        end = np.flatnonzero(buffer == _LF) + 1
        carriage_returns = b"\r" in block
        if carriage_returns:
            returns = np.flatnonzero(buffer == _CR)
            lone = returns[buffer[np.minimum(returns + 1, len(buffer) - 1)] != _LF]
            end = np.sort(np.concatenate([end, lone + 1]))
        stop = end - 1
        if carriage_returns:
            stop = stop - ((buffer[stop] == _LF) & (stop > 0) & (buffer[stop - 1] == _CR))
        done = int(end[-1]) if len(end) else 0
        if final and done < len(block):
            end, stop = np.append(end, len(block)), np.append(stop, len(block))
        start = np.concatenate([np.zeros(min(1, len(end)), np.int64), end[:-1]])
        return cls(start, stop, end)


def _scan(block: bytes, dialect: Dialect, final: bool, first_line: int) -> tuple[Records, int]:
    """The complete records at the start of a block, and how many physical lines they take up."""
    buffer = np.frombuffer(block, np.uint8)
    lines = _Lines.of(block, buffer, final)
    quotes = _find(block, buffer, dialect.quote)
    start, stop, end, fault = lines.start, lines.stop, lines.end, np.zeros(len(lines.end), np.int8)
    if len(block) >= MAX_RECORD_BYTES or not _vouched(buffer, quotes, dialect, final):
        start, stop, end, fault = _read_line_by_line(block, buffer, lines, quotes, dialect, final)
    elif len(quotes):
        closed = (np.searchsorted(quotes, lines.stop) & 1) == 0
        stop, end, fault = stop[closed], end[closed], fault[closed]
        start = np.concatenate([np.zeros(min(1, len(end)), np.int64), end[:-1]])
    each_a_line = len(start) == len(lines.start)
    line = (np.arange(len(start)) if each_a_line else np.searchsorted(lines.start, start)) + first_line
    lines_done = int(np.searchsorted(lines.end, end[-1], "right")) if len(end) else 0
    return Records(block, start, stop, end, line, fault), lines_done


def _find(block: bytes, buffer: npt.NDArray[np.uint8], character: str) -> Positions:
    if not character or character.encode() not in block:
        return np.empty(0, np.int64)
    return np.flatnonzero(buffer == ord(character))


def _vouched(buffer: npt.NDArray[np.uint8], quotes: Positions, dialect: Dialect, final: bool) -> bool:
    """True when every quote in the block opens, closes or escapes as the grammar has it."""
    if not len(quotes):
        return True
    if final and len(quotes) & 1:
        return False
    return bool(_well_placed(buffer, quotes, np.arange(len(quotes)) & 1, dialect).all())


def _well_placed(
    buffer: npt.NDArray[np.uint8], quotes: Positions, closing: npt.NDArray[np.int64], dialect: Dialect
) -> Mask:
    """Which quotes stand where an opening (0) or `closing` (1) one may: beside a separator, a line end, the block's
    edge, or, as one half of an escaped quote, beside a quote.
    """
    allowed = np.zeros(256, np.bool_)
    allowed[[_CR, _LF, ord(dialect.separator), ord(dialect.quote)]] = True
    neighbour = quotes + (2 * closing - 1)
    at_edge = (neighbour < 0) | (neighbour >= len(buffer))
    return cast(Mask, at_edge | allowed[buffer[np.clip(neighbour, 0, len(buffer) - 1)]])


def _read_line_by_line(
    block: bytes, buffer: npt.NDArray[np.uint8], lines: _Lines, quotes: Positions, dialect: Dialect, final: bool
) -> tuple[Positions, Positions, Positions, npt.NDArray[np.int8]]:
    """The records of a block in which some quote is out of place.

    A line whose quotes are well-placed and even is a record by itself; the others are read by the grammar, and take
    with them the lines that their quoted cells reach over.
    """
    plain = _plain_lines(buffer, lines, quotes, dialect)
    stops, ends = lines.stop.tolist(), lines.end.tolist()
    exact: list[tuple[int, int, int, int]] = []
    resume = 0
    for index in np.flatnonzero(~plain).tolist():
        if index < resume:
            continue
        start = int(lines.start[index])
        stop, fault, undecided = dialect.read_record(block, start)
        if undecided and not final:
            plain[index:] = False
            break
        last = index if stop == stops[index] else bisect_left(stops, stop, index)
        exact.append((start, stop, ends[last], fault))
        plain[index : last + 1] = False
        resume = last + 1
    else:
        done = ends[-1] if ends else 0
        if len(block) - done >= MAX_RECORD_BYTES:
            raise _RecordTooLongError(done)
    read = np.array(exact, np.int64).reshape(-1, 4)
    starts = np.concatenate([lines.start[plain], read[:, 0]])
    order = np.argsort(starts, kind="stable")
    stop_of = np.concatenate([lines.stop[plain], read[:, 1]])
    end_of = np.concatenate([lines.end[plain], read[:, 2]])
    fault_of = np.concatenate([np.zeros(int(plain.sum()), np.int64), read[:, 3]]).astype(np.int8)
    return starts[order], stop_of[order], end_of[order], fault_of[order]


def _plain_lines(buffer: npt.NDArray[np.uint8], lines: _Lines, quotes: Positions, dialect: Dialect) -> Mask:
    """Which lines are a well-formed record when read by themselves."""
    plain = (lines.stop - lines.start) < MAX_RECORD_BYTES
    if not len(plain) or not len(quotes):
        return plain
    quotes = quotes[: np.searchsorted(quotes, lines.end[-1])]
    line_of = np.searchsorted(lines.start, quotes, "right") - 1
    first = np.searchsorted(quotes, lines.start)
    closing = (np.arange(len(quotes)) - first[line_of]) & 1
    plain[line_of[~_well_placed(buffer, quotes, closing, dialect)]] = False
    plain[(np.diff(np.append(first, len(quotes))) & 1) == 1] = False
    return plain
