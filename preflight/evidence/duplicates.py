"""Which rows repeat an earlier one, told from one hash a row, in memory that does not grow with the file.

The rows of most files are held, and each is looked up among those before it as it comes. Those of larger files go to an
unnamed temporary file in runs that are parted by ranges of hashes, and are read side by side in the end, a few ranges
at a time.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from typing import IO, TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from preflight.errors import OutputError
from preflight.model.arrays import Mask, Positions

if TYPE_CHECKING:
    from preflight.text.fingerprint import Hashes

MOST_HELD = 1 << 18
"""Rows from which on those that are held go to the temporary file; each takes some 25 bytes here, 16 there."""

MOST_LISTED = 5_000
"""Repeated rows, the first of the file, that are listed; all are counted."""

RANGES = 256
"""Ranges of hashes that a run can be read in."""

MOST_UNEVEN = 2
"""How many times its share of the hashes a range may have before repeated ones are taken out at once."""

SLOTS_A_ROW = 2
"""At least, and less than four: so few rows share one that most are looked up once."""

_LISTED = np.dtype([(name, np.int64) for name in ("row", "line", "first_row", "first_line")] + [("hash", np.uint64)])


class Repeated(NamedTuple):
    """A row that repeats an earlier one, the first of which is `first_row`; each with the line on which it starts."""

    row: int
    line: int
    first_row: int
    first_line: int


class _Rows(NamedTuple):
    """Some rows: their hashes, numbers and lines, each an array."""

    hashes: Hashes
    row: Positions
    line: Positions

    def part(self, chosen: slice | Mask | Positions) -> _Rows:
        return _Rows(self.hashes[chosen], self.row[chosen], self.line[chosen])


class _Run(NamedTuple):
    """Where a run starts in the temporary file, its number of rows, where each range of hashes starts in it, and the
    bytes of a row's number, or its line's."""

    offset: int
    rows: int
    edges: Positions
    width: int


class _Held:
    """Rows that are held, `room` at most, and for each hash that they have the first of them, in a table.

    The slot of a row is the one that the lower bits of its hash name (ranges go by the upper ones), or the next that is
    free; it holds the row's place, from 1. Memory is taken as rows come.
    """

    def __init__(self, room: int) -> None:
        self.room = room
        self.count = 0
        self._entered = 0
        self.rows = _Rows(np.empty(room, np.uint64), np.empty(room, np.uint32), np.empty(room, np.uint32))
        self._repeats = np.zeros(room, np.bool_)
        self._slots = np.zeros(1 << (SLOTS_A_ROW * room - 1).bit_length(), np.int32)

    def keep(self, rows: _Rows) -> None:
        """Take some rows."""
        if rows.line.max() > np.iinfo(self.rows.line.dtype).max:  # not before four billion lines
            self.rows = _Rows(self.rows.hashes, self.rows.row.astype(np.int64), self.rows.line.astype(np.int64))
        start, self.count = self.count, self.count + len(rows.hashes)
        for held, column in zip(self.rows, rows, strict=True):
            held[start : self.count] = column

    def look_up(self) -> tuple[_Rows, _Rows]:
        """The rows taken since it was last asked whose hash an earlier one has, and of each the first that has it."""
        start, self._entered = self._entered, self.count
        hashes, slots = self.rows.hashes, self._slots
        last = len(slots) - 1
        at = (hashes[start : self.count] & np.uint64(last)).astype(np.int64)
        left = np.arange(start, self.count)
        repeats, firsts = [left[:0]], [left[:0]]
        while len(left):
            free = np.flatnonzero(slots.take(at) == 0)[::-1]
            slots[at.take(free)] = left.take(free) + 1  # of several that want a slot the last assigned stays, the first
            there = slots.take(at) - np.int32(1)
            others = np.flatnonzero(there != left)
            left, there, at = left.take(others), there.take(others), at.take(others)
            alike = hashes.take(left) == hashes.take(there)
            repeats.append(left[alike])
            firsts.append(there[alike])
            left, at = left[~alike], (at[~alike] + 1) & last
        places = np.concatenate(repeats)
        self._repeats[places] = True
        return self.rows.part(places), self.rows.part(np.concatenate(firsts))

    def new(self) -> tuple[Positions, npt.NDArray[np.uint8]]:
        """The places of the rows that are not known to repeat another, and the range of hashes of each."""
        places = np.flatnonzero(~self._repeats[: self.count])
        return places, (self.rows.hashes.take(places) >> np.uint64(56)).astype(np.uint8)


class Duplicates:
    """Takes rows in their order, and finds those that repeat an earlier one: `count` of them, so far.

    Rows are repeated when their 64-bit hashes are equal; `preflight.text.fingerprint` has the odds of an error.
    """

    def __init__(self) -> None:
        self.count = 0
        self._held = _Held(MOST_HELD)
        self._listed = np.empty(0, _LISTED)
        self._runs: list[_Run] = []
        self._file: IO[bytes] | None = None

    def add(self, hashes: Hashes, row: Positions, line: Positions) -> None:
        """Take the next rows. Raises `OutputError` when the temporary file cannot be written."""
        rows = _Rows(hashes, row, line)
        while len(rows.hashes):
            some = slice(self._held.room - self._held.count)
            self._held.keep(rows.part(some))
            if self._file is None:  # once there is one, all are looked up in the end
                self._list(*self._held.look_up())
            rows = rows.part(slice(some.stop, None))
            if self._held.count == self._held.room:
                self._spill()

    def repeated(self) -> list[Repeated]:
        """The first of the repeated rows, at most `MOST_LISTED`, in their order; ask once, when all rows were taken."""
        if self._file is not None:
            if self._held.count:
                self._spill()
            for rows in self._ranges(self._file):
                held = _Held(len(rows.hashes))
                held.keep(rows)
                self._list(*held.look_up())
                self._name_first(rows)
        return [Repeated(*repeated[:4]) for repeated in self._listed.tolist()]

    def close(self) -> None:
        """Give the temporary file back."""
        if self._file is not None:
            self._file.close()

    def _list(self, repeated: _Rows, first: _Rows) -> None:
        """Count some repeated rows, and list those that are among the first of the file."""
        if not len(repeated.row):
            return
        self.count += len(repeated.row)
        chosen = np.argsort(repeated.row)[:MOST_LISTED]
        listed = np.empty(len(chosen), _LISTED)
        listed["hash"], listed["row"], listed["line"] = repeated.part(chosen)
        _, listed["first_row"], listed["first_line"] = first.part(chosen)
        both = np.concatenate([self._listed, listed])
        self._listed = both[np.argsort(both["row"], kind="stable")[:MOST_LISTED]]

    def _name_first(self, rows: _Rows) -> None:
        """Let the listed repetitions name the first row of the file that is alike, if it is among these."""
        candidates = _picked(rows.hashes, self._listed["hash"])
        candidates = candidates[np.argsort(rows.hashes[candidates], kind="stable")]
        hashes = rows.hashes[candidates]
        place = np.searchsorted(hashes, self._listed["hash"])
        here = place < np.searchsorted(hashes, self._listed["hash"], "right")
        first = candidates[place[here]]
        self._listed["first_row"][here], self._listed["first_line"][here] = rows.row[first], rows.line[first]

    def _spill(self) -> None:
        """Move the rows that are held to the temporary file, by ranges of their hashes."""
        held = self._held
        places, ranges = held.new()
        sizes = np.bincount(ranges, minlength=RANGES)
        if sizes.max() > MOST_UNEVEN * len(ranges) / RANGES:  # rows that are all alike would make one range too large
            self._list(*held.look_up())
            places, ranges = held.new()
            sizes = np.bincount(ranges, minlength=RANGES)
        order = places.take(np.argsort(ranges, kind="stable"))
        try:
            if self._file is None:
                self._file = tempfile.TemporaryFile(prefix="preflight-")  # noqa: SIM115 - `close` does
            offset = self._file.seek(0, os.SEEK_END)
            for column in held.rows:
                self._file.write(column.take(order).data)
            self._file.flush()
        except OSError as error:
            raise OutputError(f"cannot write a temporary file in {tempfile.gettempdir()}: {error.strerror}") from error
        self._held = _Held(MOST_HELD)
        edges = np.concatenate([[0], np.cumsum(sizes)])
        self._runs.append(_Run(offset, len(order), edges, held.rows.line.itemsize))

    def _ranges(self, file: IO[bytes]) -> Iterator[_Rows]:
        """The rows of all runs, a few ranges of hashes at a time, which the cache holds; equal ones in order."""
        step = max(1, RANGES // (4 * len(self._runs)))
        for low in range(0, RANGES, step):
            pieces = [_read(file, run, low, min(low + step, RANGES)) for run in self._runs]
            rows = _joined(pieces)
            if len(rows.hashes):
                yield rows


def _joined(pieces: Sequence[_Rows]) -> _Rows:
    return _Rows(*map(np.concatenate, zip(*pieces, strict=True)))


def _picked(hashes: Hashes, wanted: Hashes) -> Positions:
    """The places of all hashes whose upper half one of the wanted has, in order, and of a few others."""
    middle = np.zeros(1 << 16, np.bool_)
    middle[(wanted >> np.uint64(32)).astype(np.uint16)] = True
    return np.flatnonzero(middle[(hashes >> np.uint64(32)).astype(np.uint16)])


def _read(file: IO[bytes], run: _Run, low: int, high: int) -> _Rows:
    """The rows of one run whose hashes lie in some ranges."""
    start, stop = int(run.edges[low]), int(run.edges[high])

    def column(offset: int, width: int) -> bytes:
        return os.pread(file.fileno(), width * (stop - start), offset + width * start)

    rows = run.offset + 8 * run.rows
    numbers = np.dtype(f"u{run.width}")
    row, line = (np.frombuffer(column(at, run.width), numbers) for at in (rows, rows + run.width * run.rows))
    return _Rows(np.frombuffer(column(run.offset, 8), np.uint64), row.astype(np.int64), line.astype(np.int64))
