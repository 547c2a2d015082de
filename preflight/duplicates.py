"""Which rows repeat an earlier one, told from one hash a row, in memory that does not grow with the file.

The rows of most files are held. Those of larger ones go to an unnamed temporary file in runs sorted by hash, which are
read side by side in the end, a range of hashes at a time.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from typing import IO, TYPE_CHECKING, NamedTuple

import numpy as np

from preflight.errors import OutputError
from preflight.records import Mask, Positions

if TYPE_CHECKING:
    from preflight.fingerprint import Hashes

MOST_HELD = 1 << 20
"""Rows that are held before they go to the temporary file; each takes 24 bytes in either place."""

MOST_LISTED = 5_000
"""Repeated rows, the first of the file, that are listed; all are counted."""

RANGES = 256
"""Ranges of hashes that a run can be read in."""

_EDGES = np.arange(1, RANGES, dtype=np.uint64) << np.uint64(56)
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
    """Where a run starts in the temporary file, its number of rows, and where each range of hashes starts in it."""

    offset: int
    rows: int
    edges: Positions


class Duplicates:
    """Takes rows in their order, and finds those that repeat an earlier one: `count` of them, so far.

    Rows are repeated when their 64-bit hashes are equal; `preflight.fingerprint` has the odds of an error.
    """

    def __init__(self) -> None:
        self.count = 0
        self._held = _Rows(np.empty(0, np.uint64), np.empty(0, np.int64), np.empty(0, np.int64))
        self._holds = 0
        self._listed = np.empty(0, _LISTED)
        self._runs: list[_Run] = []
        self._file: IO[bytes] | None = None

    def add(self, hashes: Hashes, row: Positions, line: Positions) -> None:
        """Take the next rows. Raises `OutputError` when the temporary file cannot be written."""
        if not len(self._held.hashes):  # all of it at once: the system gives memory as it is filled
            self._held = _Rows(np.empty(MOST_HELD, np.uint64), *np.empty((2, MOST_HELD), np.int64))
        rows, at = _Rows(hashes, row, line), 0
        while at < len(hashes):
            taken = min(len(hashes) - at, MOST_HELD - self._holds)
            for held, column in zip(self._held, rows, strict=True):
                held[self._holds : self._holds + taken] = column[at : at + taken]
            self._holds, at = self._holds + taken, at + taken
            if self._holds == MOST_HELD:
                self._spill()

    def repeated(self) -> list[Repeated]:
        """The first of the repeated rows, at most `MOST_LISTED`, in their order; ask once, when all rows were taken."""
        if self._file is not None:
            self._spill()
            for rows in self._ranges(self._file):
                self._find(rows)
                self._name_first(rows)
        else:
            self._find(self._held.part(slice(self._holds)))
        return [Repeated(*repeated[:4]) for repeated in self._listed.tolist()]

    def close(self) -> None:
        """Give the temporary file back."""
        if self._file is not None:
            self._file.close()

    def _find(self, rows: _Rows) -> Mask:
        """Count and list the repeated among some rows, equal ones in their order; returns which are not."""
        in_order = np.sort(rows.hashes)
        several = np.unique(in_order[1:][in_order[1:] == in_order[:-1]])
        new = np.ones(len(rows.hashes), np.bool_)
        if not len(several):
            return new
        group = np.minimum(np.searchsorted(several, rows.hashes), len(several) - 1)
        alike = np.flatnonzero(several[group] == rows.hashes)
        alike = alike[np.argsort(group[alike], kind="stable")]
        starts = np.flatnonzero(np.diff(group[alike], prepend=-1))
        first = np.repeat(alike[starts], np.diff(starts, append=len(alike)))
        repeats = alike != first
        alike, first = alike[repeats], first[repeats]
        new[alike] = False
        self.count += len(alike)
        self._list(rows.part(alike), rows.part(first))
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
        order = np.argsort(rows.hashes, kind="stable")
        hashes = rows.hashes[order]
        place = np.minimum(np.searchsorted(hashes, self._listed["hash"]), len(hashes) - 1)
        here = hashes[place] == self._listed["hash"]
        first = order[place[here]]
        self._listed["first_row"][here], self._listed["first_line"][here] = rows.row[first], rows.line[first]

    def _spill(self) -> None:
        """Move the rows that are held to the temporary file: those that repeat none of them, sorted by hash."""
        held = self._held.part(slice(self._holds))
        new = self._find(held)
        order = np.flatnonzero(new)
        order = order[np.argsort(held.hashes[order])]
        self._holds = 0
        try:
            if self._file is None:
                self._file = tempfile.TemporaryFile(prefix="preflight-")  # noqa: SIM115 - `close` does
            offset = self._file.seek(0, os.SEEK_END)
            for column in held:
                self._file.write(column[order].data)
            self._file.flush()
        except OSError as error:
            raise OutputError(f"cannot write a temporary file in {tempfile.gettempdir()}: {error.strerror}") from error
        edges = np.searchsorted(held.hashes[order], _EDGES)
        self._runs.append(_Run(offset, len(order), np.concatenate([[0], edges, [len(order)]])))

    def _ranges(self, file: IO[bytes]) -> Iterator[_Rows]:
        """The rows of all runs, a range of hashes at a time that is no more than can be held; equal ones in order."""
        step = max(1, RANGES // len(self._runs))
        for low in range(0, RANGES, step):
            pieces = [_read(file, run, low, min(low + step, RANGES)) for run in self._runs]
            rows = _Rows(*map(np.concatenate, zip(*pieces, strict=True)))
            if len(rows.hashes):
                yield rows


def _read(file: IO[bytes], run: _Run, low: int, high: int) -> _Rows:
    """The rows of one run whose hashes lie in some ranges."""
    start, stop = int(run.edges[low]), int(run.edges[high])

    def column(number: int) -> bytes:
        return os.pread(file.fileno(), 8 * (stop - start), run.offset + 8 * (number * run.rows + start))

    return _Rows(
        np.frombuffer(column(0), np.uint64), np.frombuffer(column(1), np.int64), np.frombuffer(column(2), np.int64)
    )
