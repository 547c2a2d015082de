"""Which rows repeat an earlier one, told from one hash a row, in memory that does not grow with the file.

The rows of most files are held. Those of larger ones go to an unnamed temporary file in runs that are parted by ranges
of hashes, and are read side by side in the end, a few ranges at a time.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from typing import IO, TYPE_CHECKING, NamedTuple

import numpy as np

from preflight.errors import OutputError
from preflight.records import Mask, Positions

if TYPE_CHECKING:
    from preflight.fingerprint import Hashes

MOST_HELD = 1 << 20
"""Rows from which on those that are held go to the temporary file; each takes 24 bytes here, 16 there."""

MOST_LISTED = 5_000
"""Repeated rows, the first of the file, that are listed; all are counted."""

RANGES = 256
"""Ranges of hashes that a run can be read in."""

MOST_UNEVEN = 2
"""How many times its share of the hashes a range may have before repeated ones are taken out at once."""

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


class Duplicates:
    """Takes rows in their order, and finds those that repeat an earlier one: `count` of them, so far.

    Rows are repeated when their 64-bit hashes are equal; `preflight.fingerprint` has the odds of an error.
    """

    def __init__(self) -> None:
        self.count = 0
        self._held: list[_Rows] = []
        self._listed = np.empty(0, _LISTED)
        self._runs: list[_Run] = []
        self._file: IO[bytes] | None = None

    def add(self, hashes: Hashes, row: Positions, line: Positions) -> None:
        """Take the next rows. Raises `OutputError` when the temporary file cannot be written."""
        self._held.append(_Rows(hashes, row, line))
        if sum(len(rows.hashes) for rows in self._held) >= MOST_HELD:
            self._spill()

    def repeated(self) -> list[Repeated]:
        """The first of the repeated rows, at most `MOST_LISTED`, in their order; ask once, when all rows were taken."""
        if self._file is not None:
            if self._held:
                self._spill()
            for rows in self._ranges(self._file):
                self._find(rows)
                self._name_first(rows)
        elif self._held:
            self._find(_joined(self._held))
        return [Repeated(*repeated[:4]) for repeated in self._listed.tolist()]

    def close(self) -> None:
        """Give the temporary file back."""
        if self._file is not None:
            self._file.close()

    def _find(self, rows: _Rows) -> Mask:
        """Count and list the repeated among some rows, equal ones in their order; returns which are not."""
        alike = _alike(rows.hashes)
        alike = alike[np.argsort(rows.hashes[alike], kind="stable")]
        hashes = rows.hashes[alike]
        starts = np.flatnonzero(np.concatenate([[True], hashes[1:] != hashes[:-1]])) if len(alike) else alike
        first = np.repeat(alike[starts], np.diff(starts, append=len(alike)))
        repeats = alike != first
        alike, first = alike[repeats], first[repeats]
        self.count += len(alike)
        self._list(rows.part(alike), rows.part(first))
        new = np.ones(len(rows.hashes), np.bool_)
        new[alike] = False
        return new

    def _list(self, repeated: _Rows, first: _Rows) -> None:
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
        held, self._held = _joined(self._held), []
        ranges = (held.hashes >> np.uint64(56)).astype(np.uint8)
        sizes = np.bincount(ranges, minlength=RANGES)
        if sizes.max() > MOST_UNEVEN * len(ranges) / RANGES:  # rows that are all alike would make one range too large
            new = self._find(held)
            held, ranges = held.part(new), ranges[new]
            sizes = np.bincount(ranges, minlength=RANGES)
        order = np.argsort(ranges, kind="stable")
        numbers = np.dtype(np.uint32 if held.line[-1] < 1 << 32 else np.uint64)
        columns = [held.hashes[order], held.row[order].astype(numbers), held.line[order].astype(numbers)]
        try:
            if self._file is None:
                self._file = tempfile.TemporaryFile(prefix="preflight-")  # noqa: SIM115 - `close` does
            offset = self._file.seek(0, os.SEEK_END)
            for column in columns:
                self._file.write(column.data)
            self._file.flush()
        except OSError as error:
            raise OutputError(f"cannot write a temporary file in {tempfile.gettempdir()}: {error.strerror}") from error
        edges = np.concatenate([[0], np.cumsum(sizes)])
        self._runs.append(_Run(offset, len(order), edges, numbers.itemsize))

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


def _alike(hashes: Hashes) -> Positions:
    """The places of all hashes that come more than once, in order, and of a few others.

    Half of each hash is sorted, in two thirds of the time that the whole takes.
    """
    in_order = np.sort((hashes >> np.uint64(32)).astype(np.uint32))
    return _picked(hashes, in_order[1:][in_order[1:] == in_order[:-1]].astype(np.uint64) << np.uint64(32))


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
