"""Bytes to records, a block at a time.

A block is read with numpy as long as every quote stands where the grammar of `preflight.records` has it. Records that
numpy cannot vouch for are read one by one with the grammar itself; either way gives the same records.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import numpy.typing as npt

from preflight.errors import InputError
from preflight.records import (
    MAX_RECORD_BYTES,
    STRAY_QUOTE,
    WELL_FORMED,
    Dialect,
    Positions,
    RecordRead,
    Records,
    RecordTooLongError,
    count_line_ends,
)

Bytes = npt.NDArray[np.uint8]
Faults = npt.NDArray[np.int8]

FEWEST_LINES = 16
"""Lines that are looked at for records over several lines; four times as many after each time that all were right."""

MAX_LINES_AT_ONCE = 1 << 16
"""A block of more lines than this is read in pieces, so that memory stays bounded for a file of line ends."""

MAX_BYTES_AT_ONCE = 6 << 20
"""So is a block of more bytes than this: what is left of a long record that is none, or text that grew in decoding."""

LONG_BYTES = 1 << 20
"""A record that is not complete after so many bytes is read by itself, whatever lines it holds."""

CACHED_BYTES = 1 << 17
_CR, _LF = 0x0D, 0x0A


def read_records(blocks: Iterable[bytes], dialect: Dialect, first_line: int = 1) -> Iterator[Records]:
    """Cut a file's text, given in blocks of any size, into records; yields them in runs as they come to be complete.

    `first_line` is the number of the line on which the text starts. Raises `InputError` naming the line for a record
    that goes on beyond `MAX_RECORD_BYTES`.
    """
    feed, scanner, line = _Feed(blocks), _Scanner(dialect), first_line
    for text, final in feed:
        try:
            records, lines = scanner.long_record(text, final) if feed.long else scanner.scan(text, final)
        except RecordTooLongError as error:
            at, size = line + count_line_ends(text[: error.start]), MAX_RECORD_BYTES >> 20
            raise InputError(
                f"line {at} starts a record of more than {size} MiB; this is no file of touch points"
            ) from None
        feed.keep(text, int(records.end[-1]) if len(records) else 0)
        if len(records):
            np.add(records.line, line, out=records.line)
            yield records
        line += lines


class _Feed:
    """A file's text, piece by piece, each behind what was kept of the one before; with whether it is the last.

    `long` is True where what was kept is long: the start of one record.
    """

    def __init__(self, blocks: Iterable[bytes]) -> None:
        self._blocks = iter(blocks)
        self._ready: deque[bytes] = deque()
        self._kept = b""
        self.long = False

    def __iter__(self) -> Iterator[tuple[bytes, bool]]:
        while self._more():
            pieces, size = [self._kept, self._ready.popleft()], 2 * len(self._kept)
            # To try a long one again only when twice as much is there keeps the time linear.
            while self.long and sum(map(len, pieces)) < min(size, MAX_RECORD_BYTES) and self._more():
                pieces.append(self._ready.popleft())
            yield b"".join(pieces), not self._more()

    def keep(self, text: bytes, start: int) -> None:
        """Keep the text from `start` on for the next piece; after a long record it is a piece itself, or several."""
        self._kept = text[start:]
        if self.long and start:
            self._ready.extendleft(reversed(list(_pieces(self._kept))))
            self._kept = b""
        self.long = len(self._kept) >= LONG_BYTES

    def _more(self) -> bool:
        while len(self._ready) < 1 and (block := next(self._blocks, None)) is not None:
            self._ready.extend(_pieces(block))
        return bool(self._ready)


def _pieces(block: bytes) -> Iterator[bytes]:
    """A block in pieces of no more than so many lines and bytes."""
    buffer = np.frombuffer(block, np.uint8)
    line_ends = sum(int(np.count_nonzero(buffer == end)) for end in (_LF, _CR) if end in block)
    pieces = 1 + max(line_ends // MAX_LINES_AT_ONCE, len(block) // MAX_BYTES_AT_ONCE)
    size = max(1, -(-len(block) // pieces))
    return (block[at : at + size] for at in range(0, len(block), size))


def _without_half_line_end(text: bytes, final: bool) -> bytes:
    """A CR at the very end may be half of a CR LF: it waits for what follows."""
    return text[:-1] if text.endswith(b"\r") and not final else text


def _places(buffer: Bytes, wanted: Sequence[int]) -> Positions:
    """Where any of the wanted bytes stand; a little at a time, so that it stays in the processor's cache."""
    found = [np.empty(0, np.int64)]
    for at in range(0, len(buffer), CACHED_BYTES):
        few = buffer[at : at + CACHED_BYTES]
        marked = few == wanted[0]
        for byte in wanted[1:]:
            marked |= few == byte
        found.append(np.flatnonzero(marked) + at)
    return np.concatenate(found)


class _Lines:
    """The physical lines of a text that are complete, and how quotes stand in them.

    Line i is `text[start[i]:stop[i]]`, with its line end up to `end[i]`; `quotes_to[i]` quotes stand before its end,
    `quotes_to[-1]` being those before the text. `alone` marks the lines that are a record by themselves, wherever a
    record may start with them; those marked `stray` are so although quotes stand in plain cells. `misplaced` marks
    those with a quote that stands where none may, if a record starts with them.
    """

    def __init__(self, text: bytes, dialect: Dialect, final: bool) -> None:
        buffer = np.frombuffer(text, np.uint8)
        quote = dialect.quote.encode()
        with_returns, with_quotes = b"\r" in text, bool(quote) and quote in text
        wanted = [_LF, *([_CR] if with_returns else ()), *([ord(quote)] if with_quotes else ())]
        marks = _places(buffer, wanted)
        kinds = buffer[marks]
        if with_returns:  # a CR LF ends one line
            single = (kinds != _CR) | (buffer[np.minimum(marks + 1, len(buffer) - 1)] != _LF)
            marks, kinds = marks[single], kinds[single]
        ends_line = (kinds == _LF) | (kinds == _CR) if with_quotes else np.ones(len(marks), np.bool_)
        self.end = marks[ends_line] + 1
        self.stop = self.end - 1
        if with_returns:
            self.stop -= (buffer[self.stop] == _LF) & (self.stop > 0) & (buffer[self.stop - 1] == _CR)
        quotes = marks[~ends_line]
        quotes_to = np.cumsum(~ends_line)[ends_line]
        if final and (int(self.end[-1]) if len(self.end) else 0) < len(text):
            self.end, self.stop = np.append(self.end, len(text)), np.append(self.stop, len(text))
            quotes_to = np.append(quotes_to, len(quotes))
        self.start = np.concatenate([np.zeros(min(1, len(self.end)), np.int64), self.end[:-1]])
        self.quotes_to = np.append(quotes_to, 0)
        self.alone = np.ones(len(self.end), np.bool_)
        self.stray = np.zeros(len(self.end), np.bool_)
        self.misplaced = np.zeros(len(self.end), np.bool_)
        self._misplaced: list[Positions] = [np.empty(0, np.int64)] * 2
        if len(quotes):
            line_of = np.flatnonzero(~ends_line) - np.arange(len(quotes))
            self._place(buffer, quotes, line_of, dialect)

    def __len__(self) -> int:
        return len(self.end)

    def _place(self, buffer: Bytes, quotes: Positions, line_of: Positions, dialect: Dialect) -> None:
        """Tell where each quote may stand: it opens or closes a cell beside a separator, a line end or the text's edge;
        beside another quote it may be one half of an escaped one.
        """
        allowed = np.zeros(256, np.bool_)
        allowed[[_CR, _LF, ord(dialect.separator), ord(dialect.quote)]] = True
        may_open = allowed[buffer[np.maximum(quotes - 1, 0)]] | (quotes == 0)
        may_close = allowed[buffer[np.minimum(quotes + 1, len(buffer) - 1)]] | (quotes == len(buffer) - 1)
        number = np.arange(len(quotes))
        even = (number & 1) == 0
        self._misplaced = [
            np.flatnonzero(~np.where(even, may_open, may_close)),
            np.flatnonzero(~np.where(even, may_close, may_open)),
        ]
        complete = slice(np.searchsorted(line_of, len(self)))
        line_of, may_open, may_close = line_of[complete], may_open[complete], may_close[complete]
        before = np.concatenate([[0], self.quotes_to[: len(self)]])
        opens = ((number[complete] - before[line_of]) & 1) == 0
        self.misplaced[line_of[~np.where(opens, may_open, may_close)]] = True
        self.alone = ((np.diff(before) & 1) == 0) & ~self.misplaced
        self.stray[line_of] = True
        self.stray[line_of[may_open]] = False  # no cell of the others starts with a quote
        self.alone |= self.stray
        self.stray &= np.diff(before) > 0

    def vouched_for(self, first: int, most: int) -> Positions:
        """The last lines of the records from line `first` on, up to a misplaced quote, over at most `most` lines."""
        quotes = int(self.quotes_to[first - 1])
        misplaced = self._misplaced[quotes & 1]
        at = np.searchsorted(misplaced, quotes)
        last = min(first + most, len(self))
        if at < len(misplaced):
            last = min(last, int(np.searchsorted(self.quotes_to[:-1], misplaced[at], "right")))
        return first + np.flatnonzero(((self.quotes_to[first:last] - quotes) & 1) == 0)


class _Scanner:
    """Reads the records of one file; learns the usual number of cells from the first."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._width: int | None = None
        self._begun = False

    def scan(self, text: bytes, final: bool) -> tuple[Records, int]:
        """The complete records at the start of a text, and how many physical lines they take up."""
        text = _without_half_line_end(text, final)
        if not self._begun and text:
            self._begin(text, self._dialect.read_record(text, 0))
        lines = _Lines(text, self._dialect, final)
        first, last, fault = self._records(text, lines, final)
        stop, end = (lines.stop, lines.end) if len(last) == len(lines) else (lines.stop[last], lines.end[last])
        start = lines.start if len(last) == len(lines) else lines.start[first]
        return Records(text, start, stop, end, first, fault), int(last[-1]) + 1 if len(last) else 0

    def long_record(self, text: bytes, final: bool) -> tuple[Records, int]:
        """The record at the start of a text, when it is complete, and how many lines it takes up."""
        text = _without_half_line_end(text, final)
        read = self._dialect.read_record(text, 0, self._width)
        if not self._begun:
            self._begin(text, read)
        number = 1 if read.certain or final else 0
        after = 2 if text.startswith(b"\r\n", read.stop) else 1 if read.stop < len(text) else 0
        start, fault = np.zeros(number, np.int64), np.full(number, read.fault, np.int8)
        stop, end = start + read.stop, start + read.stop + after
        return Records(text, start, stop, end, start.copy(), fault), number * count_line_ends(text[: read.stop + after])

    def _begin(self, text: bytes, first: RecordRead) -> None:
        """Learn from the first record, if it is all there."""
        self._begun = first.certain
        if first.certain and first.fault == WELL_FORMED:
            self._width = len(self._dialect.split(text[: first.stop]))

    def _records(self, text: bytes, lines: _Lines, final: bool) -> tuple[Positions, Positions, Faults]:
        """The first and the last line of each complete record, and its fault.

        In turn: the lines that are records by themselves; the records over several lines whose quotes all stand in
        place; and, where there is neither, one record by the grammar.
        """
        others = np.arange(len(lines)) if len(text) >= MAX_RECORD_BYTES else np.flatnonzero(~lines.alone)
        pieces: list[tuple[Positions, Positions, Faults]] = []
        line, most = 0, FEWEST_LINES
        while True:
            at = int(np.searchsorted(others, line))
            until = int(others[at]) if at < len(others) else len(lines)
            if until > line or not pieces:
                alone = np.arange(line, until)
                pieces.append((alone, alone, lines.stray[line:until] * np.int8(STRAY_QUOTE)))
            line = until
            if line == len(lines):
                break
            first, last = self._over_lines(text, lines, line, most)
            faults = np.zeros(len(last), np.int8)
            most = 4 * most if len(last) else FEWEST_LINES
            if not len(last):
                read = self._dialect.read_record(text, int(lines.start[line]), self._width)
                if not (read.certain or final):
                    return _joined(pieces)
                first, last = np.array([line]), np.searchsorted(lines.stop, [read.stop])
                faults = np.array([read.fault], np.int8)
            pieces.append((first, last, faults))
            line = int(last[-1]) + 1
        done = int(lines.end[-1]) if len(lines) else 0
        if len(text) - done >= MAX_RECORD_BYTES:
            raise RecordTooLongError(done)
        return _joined(pieces)

    def _over_lines(self, text: bytes, lines: _Lines, line: int, most: int) -> tuple[Positions, Positions]:
        """The first and last lines of well-formed records from `line` on, up to one that has not the usual width."""
        if lines.misplaced[line] or len(text) >= MAX_RECORD_BYTES:
            return np.empty(0, np.int64), np.empty(0, np.int64)
        last = lines.vouched_for(line, most)
        first = np.concatenate([[line], last + 1])[: len(last)]
        several = np.flatnonzero(last > first)
        if self._width is not None and len(several):
            widths = self._widths(text, lines.start[first[several]], lines.stop[last[several]])
            wrong = np.flatnonzero(widths != self._width)
            if len(wrong):
                first, last = first[: several[wrong[0]]], last[: several[wrong[0]]]
        return first, last

    def _widths(self, text: bytes, start: Positions, stop: Positions) -> Positions:
        """How many cells each of some well-formed records has."""
        pieces = [text[first:last] for first, last in zip(start.tolist(), stop.tolist(), strict=True)]
        joined = np.frombuffer(b"".join(pieces), np.uint8)
        inside = np.bitwise_xor.accumulate((joined == ord(self._dialect.quote)).view(np.uint8))
        between = (joined == ord(self._dialect.separator)) & (inside == 0)
        size = stop - start
        return 1 + np.add.reduceat(between, np.cumsum(size) - size, dtype=np.int64)


def _joined(pieces: list[tuple[Positions, Positions, Faults]]) -> tuple[Positions, Positions, Faults]:
    if len(pieces) == 1:
        return pieces[0]
    first, last, fault = map(np.concatenate, zip(*pieces, strict=True))
    return first, last, fault
