"""Which rows repeat an earlier one, found by pandas from one hash a row, in memory that does not grow with the file.

The rows of most files are held. Those of larger ones go to an unnamed temporary file in runs that are parted by ranges
of hashes; in the end all rows of a range are judged together, a few ranges at a time.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import IO, TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from preflight.errors import discard_temporary_file, writing_temporary_files
from preflight.model.arrays import Mask, Positions

if TYPE_CHECKING:
    from preflight.text.fingerprint import Hashes

MOST_HELD = 1 << 18
"""Rows from which on those that are held go to the temporary file, where each takes 16 bytes."""

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


Places = tuple[Positions, Positions]
"""The places of those of some hashes that an earlier one equals, and of each the place of the first that does."""

Apply = Callable[[Callable[["Hashes"], Places], Iterable["Hashes"]], Iterable[Places]]
"""Calls a function with one after the other, as `map` does, here or elsewhere."""


def repeats(hashes: Hashes) -> Places:
    """Which of some hashes an earlier one equals; called where pandas is there, or may be imported."""
    import pandas as pd

    alike = np.flatnonzero(pd.Series(hashes).duplicated(keep=False))  # few: `factorize` of all takes twice as long
    codes, _ = pd.factorize(hashes[alike])  # numbered as they first appear
    new = np.diff(np.maximum.accumulate(codes), prepend=-1) > 0
    return alike[~new], alike[new][codes[~new]]


class Duplicates:
    """Takes rows in their order, and finds those that repeat an earlier one: `count` of them, once `repeated` is asked.

    Rows are repeated when their 64-bit hashes are equal; `preflight.text.fingerprint` has the odds of an error. `apply`
    has the hashes looked through, so that the process that holds them can do without pandas.
    """

    def __init__(self, apply: Apply = map) -> None:
        self.count = 0
        self._apply = apply
        self._held: list[_Rows] = []
        self._number = 0
        self._listed = np.empty(0, _LISTED)
        self._runs: list[_Run] = []
        self._file: IO[bytes] | None = None

    def add(self, hashes: Hashes, row: Positions, line: Positions) -> None:
        """Take the next rows. Raises `OutputError` when the temporary file cannot be written."""
        self._held.append(_Rows(hashes, row, line))
        self._number += len(hashes)
        if self._number >= MOST_HELD:
            self._spill()

    def repeated(self) -> list[Repeated]:
        """The first of the repeated rows, at most `MOST_LISTED`, in their order; ask once, when all rows were taken."""
        if self._file is None:
            self._look_through([self._taken()])
        else:
            self._spill()
            self._look_through(self._ranges(self._file))
        return [Repeated(*repeated[:4]) for repeated in self._listed.tolist()]

    def close(self) -> None:
        """Give the temporary file back."""
        if self._file is not None:
            discard_temporary_file(self._file)

    def _taken(self) -> _Rows:
        held, self._held, self._number = self._held, [], 0
        nothing = np.empty(0, np.int64)
        return _joined([_Rows(np.empty(0, np.uint64), nothing, nothing), *held])

    def _look_through(self, parts: Iterable[_Rows]) -> None:
        """Count and list the repeated rows of parts that have no hash in common."""
        waiting: list[_Rows] = []

        def hashes() -> Iterator[Hashes]:
            for rows in parts:
                waiting.append(rows)
                yield rows.hashes

        before = self._listed
        for again, first in self._apply(repeats, hashes()):
            rows = waiting.pop(0)
            self._list(rows.part(again), rows.part(first))
            if len(before):
                self._name_first(rows)

    def _list(self, repeated: _Rows, first: _Rows) -> None:
        """Count some repeated rows, and list those that are among the first of the file."""
        if not len(repeated.row):
            return
        self.count += len(repeated.row)
        chosen = np.argsort(repeated.row, kind="stable")[:MOST_LISTED]
        listed = np.empty(len(chosen), _LISTED)
        listed["hash"], listed["row"], listed["line"] = repeated.part(chosen)
        _, listed["first_row"], listed["first_line"] = first.part(chosen)
        both = np.concatenate([self._listed, listed])
        self._listed = both[np.argsort(both["row"], kind="stable")[:MOST_LISTED]]

    def _name_first(self, rows: _Rows) -> None:
        """Let the repetitions that were listed before name the first row of the file that is alike, if it is here."""
        here = np.flatnonzero(np.isin(rows.hashes, self._listed["hash"]))[::-1]
        first = dict(zip(rows.hashes[here].tolist(), here.tolist(), strict=True))
        for listed in self._listed:
            if (place := first.get(int(listed["hash"]))) is not None:
                listed["first_row"], listed["first_line"] = rows.row[place], rows.line[place]

    def _spill(self) -> None:
        """Move the rows that are held to the temporary file, by ranges of their hashes."""
        rows = self._taken()
        if not len(rows.row):
            return
        ranges, sizes = _ranged(rows)
        if sizes.max() > MOST_UNEVEN * len(ranges) / RANGES:  # rows that are all alike would make one range too large
            ((again, first),) = self._apply(repeats, [rows.hashes])
            self._list(rows.part(again), rows.part(first))
            rows = rows.part(np.delete(np.arange(len(ranges)), again))
            ranges, sizes = _ranged(rows)
        order = np.argsort(ranges, kind="stable")
        numbers = np.dtype(np.uint32 if rows.line.max() <= np.iinfo(np.uint32).max else np.uint64)
        with writing_temporary_files():
            if self._file is None:
                self._file = tempfile.TemporaryFile(prefix="preflight-")  # noqa: SIM115 - `close` does
            offset = self._file.seek(0, os.SEEK_END)
            for column, kind in zip(rows, (np.dtype(np.uint64), numbers, numbers), strict=True):
                self._file.write(column.astype(kind, copy=False).take(order).data)
            self._file.flush()
        self._runs.append(_Run(offset, len(order), np.concatenate([[0], np.cumsum(sizes)]), numbers.itemsize))

    def _ranges(self, file: IO[bytes]) -> Iterator[_Rows]:
        """The rows of all runs, a few ranges of hashes at a time, which the cache holds; equal ones in order."""
        step = max(1, RANGES // (4 * len(self._runs)))
        for low in range(0, RANGES, step):
            rows = _joined([_read(file, run, low, min(low + step, RANGES)) for run in self._runs])
            if len(rows.hashes):
                yield rows


def _ranged(rows: _Rows) -> tuple[npt.NDArray[np.uint8], Positions]:
    """The range of each hash, and how many there are in each."""
    ranges = (rows.hashes >> np.uint64(56)).astype(np.uint8)
    return ranges, np.bincount(ranges, minlength=RANGES)


def _joined(pieces: Sequence[_Rows]) -> _Rows:
    return _Rows(*map(np.concatenate, zip(*pieces, strict=True)))


def _read(file: IO[bytes], run: _Run, low: int, high: int) -> _Rows:
    """The rows of one run whose hashes lie in some ranges."""
    start, stop = int(run.edges[low]), int(run.edges[high])

    def column(offset: int, width: int) -> bytes:
        return os.pread(file.fileno(), width * (stop - start), offset + width * start)

    rows = run.offset + 8 * run.rows
    numbers = np.dtype(f"u{run.width}")
    row, line = (np.frombuffer(column(at, run.width), numbers) for at in (rows, rows + run.width * run.rows))
    return _Rows(np.frombuffer(column(run.offset, 8), np.uint64), row.astype(np.int64), line.astype(np.int64))
