"""Cuts blocks of bytes into records.

Numpy cuts a block as long as every quote is where the `grammar` allows it. Other records are read one by one with the
grammar itself. Both ways give the same records.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from preflight.errors import InputError
from preflight.model.arrays import Positions
from preflight.records.grammar import (
    MAX_RECORD_BYTES,
    WELL_FORMED,
    Dialect,
    RecordRead,
    RecordTooLongError,
    count_line_ends,
)
from preflight.records.lines import Lines
from preflight.records.run import Records

Faults = npt.NDArray[np.int8]

FEWEST_LINES = 16
"""Initial number of lines searched for records over several lines; quadrupled after each search without a fault."""

MAX_LINES_AT_ONCE = 1 << 16
"""Maximum number of lines processed at once, so that memory stays bounded for a file of nothing but line ends."""

PIECE_BYTES = 9 << 19
"""Approximate size of the pieces in which a long block is read: the rest of a runaway quote, or text that grew in
decoding."""

LONG_BYTES = 1 << 20
"""A record that is incomplete after this many bytes is read by itself, without regard to its lines."""


def read_records(
    blocks: Iterable[bytes], dialect: Dialect, first_line: int = 1, *, of_sheet: bool = False
) -> Iterator[Records]:
    """Cut a file's text, given in blocks of any size, into records; yields runs of complete records.

    `first_line` is the number of the line on which the text starts. With `of_sheet` each record is a row of a sheet and
    counts as one line, even with line breaks in its cells. Raises `InputError`, with the line, for a record longer than
    `MAX_RECORD_BYTES`.
    """
    feed, scanner, line, offset = _Feed(blocks), _Scanner(dialect), first_line, 0
    for text, final in feed:
        try:
            records, lines, more = scanner.long_record(text, final) if feed.long else scanner.scan(text, final)
        except RecordTooLongError as error:
            at, size = line + count_line_ends(text[: error.start]), MAX_RECORD_BYTES >> 20
            raise InputError(
                f"line {at} starts a record of more than {size} MiB; this is no file of touch points"
            ) from None
        done = int(records.end[-1]) if len(records) else 0
        feed.keep(text, done, more)
        if of_sheet:
            records.line[:], lines = np.arange(len(records)), len(records)
        if len(records):
            np.add(records.line, line, out=records.line)
            yield replace(records, offset=offset)
        line += lines
        offset += done


def without_first(number: int, runs: Iterable[Records]) -> Iterator[Records]:
    """Yield the runs of records without the first `number` records, and without empty runs."""
    for records in runs:
        remaining = records.between(number, len(records)) if number else records
        number -= len(records) - len(remaining)
        if len(remaining):
            yield remaining


class _Feed:
    """A file's text in pieces, each after the rest of the previous one, with whether it is the last.

    `long` is True if the rest is at least `LONG_BYTES`: the start of a single record.
    """

    def __init__(self, blocks: Iterable[bytes]) -> None:
        self._blocks = iter(blocks)
        self._ready: deque[bytes] = deque()
        self._kept = b""
        self.long = False

    def __iter__(self) -> Iterator[tuple[bytes, bool]]:
        while self._more():
            pieces, size = [self._kept, self._ready.popleft()], 2 * len(self._kept)
            # Trying a long record again only once its text has doubled keeps the time linear.
            while self.long and sum(map(len, pieces)) < min(size, MAX_RECORD_BYTES) and self._more():
                pieces.append(self._ready.popleft())
            text = b"".join(pieces)
            pieces.clear()  # frees the block while its copy is processed
            yield text, not self._more()

    def keep(self, text: bytes, start: int, more: bool) -> None:
        """Keep the text from `start` on as the rest; with `more` it is read again before new text."""
        self._kept = text[start:]
        if more:
            self._ready.extendleft(reversed(list(_pieces(self._kept))))
            self._kept = b""
        self.long = len(self._kept) >= LONG_BYTES

    def _more(self) -> bool:
        while len(self._ready) < 1 and (block := next(self._blocks, None)) is not None:
            self._ready.extend(_pieces(block))
        return bool(self._ready)


def _pieces(block: bytes) -> Iterator[bytes]:
    """Split a block into equal pieces."""
    size = max(1, -(-len(block) // max(1, round(len(block) / PIECE_BYTES))))
    return (block[at : at + size] for at in range(0, len(block), size))


def _without_half_line_end(text: bytes, final: bool) -> bytes:
    """The text without a CR at its end, which may be half of a CR LF."""
    return text[:-1] if text.endswith(b"\r") and not final else text


class _Scanner:
    """Reads the records of one file. Learns the usual number of cells from the first record."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._width: int | None = None
        self._begun = False

    def scan(self, text: bytes, final: bool) -> tuple[Records, int, bool]:
        """The complete records at the start of a text, the number of their physical lines, and whether the text may
        hold further complete records.
        """
        text = _without_half_line_end(text, final)
        if not self._begun and text:
            self._begin(text, self._dialect.read_record(text, 0))
        lines = Lines(text, self._dialect, final, MAX_LINES_AT_ONCE)
        first, last, fault = self._records(text, lines, final)
        if not len(last) and not lines.all:
            return self.long_record(text, final)
        stop, end = (lines.stop, lines.end) if len(last) == len(lines) else (lines.stop[last], lines.end[last])
        start = lines.start if len(last) == len(lines) else lines.start[first]
        number = int(last[-1]) + 1 if len(last) else 0
        return Records(text, start, stop, end, first, fault), number, not lines.all

    def long_record(self, text: bytes, final: bool) -> tuple[Records, int, bool]:
        """The same for the first record of the text alone."""
        text = _without_half_line_end(text, final)
        read = self._dialect.read_record(text, 0, self._width)
        if not self._begun:
            self._begin(text, read)
        number = 1 if read.certain or final else 0
        after = 2 if text.startswith(b"\r\n", read.stop) else 1 if read.stop < len(text) else 0
        start, fault = np.zeros(number, np.int64), np.full(number, read.fault, np.int8)
        stop, end = start + read.stop, start + read.stop + after
        lines = number * count_line_ends(text[: read.stop + after])
        return Records(text, start, stop, end, start.copy(), fault), lines, number > 0

    def _begin(self, text: bytes, first: RecordRead) -> None:
        """Learn the usual number of cells from the first record, if it is complete."""
        self._begun = first.certain
        if first.certain and first.fault == WELL_FORMED:
            self._width = self._dialect.width_of(text[: first.stop])

    def _records(self, text: bytes, lines: Lines, final: bool) -> tuple[Positions, Positions, Faults]:
        """The first and the last line of each complete record, and its fault.

        In this order: lines that are records by themselves; records over several lines with every quote in place; if
        there is neither, one record by the grammar.
        """
        others = np.arange(len(lines)) if len(text) >= MAX_RECORD_BYTES else np.flatnonzero(~lines.alone)
        pieces: list[tuple[Positions, Positions, Faults]] = []
        line, most = 0, FEWEST_LINES
        while True:
            at = int(np.searchsorted(others, line))
            until = int(others[at]) if at < len(others) else len(lines)
            if until > line or not pieces:
                alone = np.arange(line, until)
                pieces.append((alone, alone, lines.fault[line:until]))
            line = until
            if line == len(lines):
                break
            first, last = self._over_lines(text, lines, line, most)
            faults = np.zeros(len(last), np.int8)
            most = 4 * most if len(last) else FEWEST_LINES
            if not len(last):
                read = self._dialect.read_record(text, int(lines.start[line]), self._width)
                if not (read.certain or final) or read.stop > lines.stop[-1]:
                    return _joined(pieces)
                first, last = np.array([line]), np.searchsorted(lines.stop, [read.stop])
                faults = np.array([read.fault], np.int8)
            pieces.append((first, last, faults))
            line = int(last[-1]) + 1
        done = int(lines.end[-1]) if len(lines) else 0
        if lines.all and len(text) - done >= MAX_RECORD_BYTES:
            raise RecordTooLongError(done)
        return _joined(pieces)

    def _over_lines(self, text: bytes, lines: Lines, line: int, most: int) -> tuple[Positions, Positions]:
        """The first and last lines of well-formed records from `line` on, up to one with a doubtful number of cells."""
        if len(text) >= MAX_RECORD_BYTES:
            return np.empty(0, np.int64), np.empty(0, np.int64)
        last = lines.vouched_for(line, most)
        first = np.concatenate([[line], last + 1])[: len(last)]
        several = np.flatnonzero(last > first)
        if self._width is not None and len(several):
            wrong = several[lines.widths(first[several], last[several]) != self._width]
            if len(wrong):
                wrong = wrong[~lines.whole(first[wrong], last[wrong], self._width)]
            if len(wrong):
                first, last = first[: wrong[0]], last[: wrong[0]]
        return first, last


def _joined(pieces: list[tuple[Positions, Positions, Faults]]) -> tuple[Positions, Positions, Faults]:
    if len(pieces) == 1:
        return pieces[0]
    first, last, fault = map(np.concatenate, zip(*pieces, strict=True))
    return first, last, fault
