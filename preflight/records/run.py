"""Runs of records: consecutive records of one block of bytes, as columns of places."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from preflight.model.added import Added
from preflight.model.arrays import Mask, Positions


@dataclass(frozen=True, slots=True)
class Records:
    """Consecutive records of one block of bytes.

    Record i is `block[start[i]:stop[i]]`; with its line end it goes up to `end[i]`. `line` is the physical line on
    which it starts, from 1. `fault` is `WELL_FORMED`, `STRAY_QUOTE` or `UNCLOSED_QUOTE`. `added` holds the
    added cells of a bad-rows file; it is empty for other files. `offset` is that of the block in the text, 0 in copies.
    """

    block: bytes | memoryview
    start: Positions
    stop: Positions
    end: Positions
    line: Positions
    fault: npt.NDArray[np.int8]
    added: Sequence[Added] = ()
    offset: int = 0

    def __len__(self) -> int:
        return len(self.start)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle only the bytes of these records, with 4-byte offsets."""
        first, last = (int(self.start[0]), int(self.end[-1])) if len(self) else (0, 0)
        places = [(column - first).astype(np.int32) for column in (self.start, self.stop, self.end)]
        base = int(self.line[0]) if len(self) else 0
        lines = (self.line - base).astype(np.int32)
        return _unpacked, (bytes(self.block[first:last]), *places, lines, base, self.fault, self.added)

    def raw(self, i: int) -> bytes:
        """The bytes of record i without its line end."""
        return bytes(self.block[self.start[i] : self.stop[i]])

    def raws(self, positions: Positions) -> list[bytes]:
        """The bytes of the records at these positions, without their line ends."""
        ends = zip(self.start[positions].tolist(), self.stop[positions].tolist(), strict=True)
        return [bytes(self.block[start:stop]) for start, stop in ends]

    def between(self, first: int, last: int) -> Records:
        """The records from `first` up to, not including, `last`."""
        some = slice(first, last)
        places = (self.start[some], self.stop[some], self.end[some], self.line[some])
        return Records(self.block, *places, self.fault[some], offset=self.offset)

    def at(self, positions: Positions) -> Records:
        """A copy of the records at these positions, which are consecutive in it."""
        start, stop, end = self.start[positions], self.stop[positions], self.end[positions]
        ends = np.cumsum(end - start)
        starts = ends - (end - start)
        block = b"".join([bytes(self.block[a:b]) for a, b in zip(start.tolist(), end.tolist(), strict=True)])
        return Records(block, starts, starts + (stop - start), ends, self.line[positions], self.fault[positions])

    def bytes_of(self, wanted: Mask) -> bytes | memoryview:
        """The bytes of the wanted records with their line ends; not copied if they are consecutive."""
        block = memoryview(self.block)
        pieces = [block[start:end] for start, end in self.runs_of(wanted)]
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def runs_of(self, wanted: Mask) -> list[tuple[int, int]]:
        """The start and end in the block of each run of consecutive wanted records."""
        edges = np.flatnonzero(np.diff(np.concatenate([[False], wanted, [False]]).astype(np.int8)))
        starts, ends = self.start[edges[::2]], self.end[edges[1::2] - 1]
        return list(zip(starts.tolist(), ends.tolist(), strict=True))


def joined(runs: Sequence[Records]) -> Records:
    """Copies of the records of several runs, none of a bad-rows file, as one run."""
    before = np.cumsum([0, *(len(run.block) for run in runs)])
    each = [
        (run.start + at, run.stop + at, run.end + at, run.line, run.fault)
        for run, at in zip(runs, before, strict=False)
    ]
    columns: Any = map(np.concatenate, zip(*each, strict=True))
    return Records(b"".join(run.block for run in runs), *columns)


def _unpacked(
    block: bytes, start: Any, stop: Any, end: Any, line: Any, base: int, fault: Any, added: Sequence[Added]
) -> Records:
    start, stop, end, line = (column.astype(np.int64) for column in (start, stop, end, line))
    return Records(block, start, stop, end, line + base, fault, added)
