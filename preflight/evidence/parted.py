"""Rows partitioned by hash, in bounded memory: beyond `MAX_HELD` rows in a temporary file."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from typing import IO, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from preflight.errors import discard_temporary_file, temporary_file, writing_temporary_files
from preflight.model.arrays import Positions

Columns = tuple[npt.NDArray[Any], ...]

MAX_HELD = 1 << 18
"""Rows kept in memory; beyond, they are written to a temporary file."""

PARTS = 256
"""Number of partitions of the file, each with a range of hashes: a power of two, at most 256."""

MAX_UNEVEN = 2
"""`thin` is called when a part has more than this many times its even share of rows."""


class _Run(NamedTuple):
    """Rows in the temporary file, column by column: `offset` in bytes, the columns' types, and where parts start."""

    offset: int
    kinds: Sequence[np.dtype[Any]]
    edges: Positions


class Parted:
    """Collects rows as columns and returns them partitioned by the first column, the hash. A context manager.

    `kinds` are the columns' types. `thin` is called with rows before they are written if one part would be too large,
    which only equal hashes cause, and returns the rows to keep.
    """

    def __init__(self, *kinds: type[np.generic], thin: Callable[[Columns], Columns] | None = None) -> None:
        self._kinds = [np.dtype(kind) for kind in kinds]
        self._thin = thin
        self._held: list[Columns] = []
        self._rows = 0
        self._runs: list[_Run] = []
        self._file: IO[bytes] | None = None

    def add(self, *columns: npt.NDArray[Any]) -> None:
        """Add rows. Raises `OutputError` if the temporary file cannot be written."""
        self._held.append(tuple(map(_narrowed, columns)))
        self._rows += len(columns[0])
        if self._rows > MAX_HELD:
            self._spill()

    def parts(self) -> Iterator[Columns]:
        """Yield all rows; those with equal hashes are in one part, in the order of `add`. Call it once.

        The size of a part is about that of the processor's cache.
        """
        if self._file is None:
            if self._rows:
                yield self._widened(self._all_held())
            return
        self._spill()
        step = max(1, PARTS // (4 * len(self._runs)))
        for low in range(0, PARTS, step):
            read = [self._read(self._file, run, low, min(low + step, PARTS)) for run in self._runs]
            rows = _joined(read)
            if len(rows[0]):
                yield self._widened(rows)

    def close(self) -> None:
        """Close the temporary file."""
        if self._file is not None:
            discard_temporary_file(self._file)

    def _all_held(self) -> Columns:
        held, self._held, self._rows = self._held, [], 0
        return _joined(held)

    def _widened(self, columns: Columns) -> Columns:
        """The columns as they were added."""
        return tuple(column.astype(kind, copy=False) for column, kind in zip(columns, self._kinds, strict=True))

    def _spill(self) -> None:
        """Move the rows from memory to the temporary file, sorted by part."""
        if not self._rows:
            return
        columns = self._all_held()
        part, sizes = _parts(columns)
        if self._thin is not None and sizes.max() > MAX_UNEVEN * len(part) / PARTS:
            columns = self._thin(columns)
            part, sizes = _parts(columns)
        order = np.argsort(part, kind="stable")
        with writing_temporary_files():
            if self._file is None:
                self._file = temporary_file()
            offset = self._file.seek(0, os.SEEK_END)
            for column in columns:
                self._file.write(column.take(order).data)
            self._file.flush()
        self._runs.append(_Run(offset, [column.dtype for column in columns], np.cumsum([0, *sizes])))

    def _read(self, file: IO[bytes], run: _Run, low: int, high: int) -> Columns:
        """The rows of a run in the parts from `low` up to, not including, `high`."""
        start, stop = int(run.edges[low]), int(run.edges[high])
        offset, columns = run.offset, []
        for kind in run.kinds:
            os.lseek(file.fileno(), offset + kind.itemsize * start, os.SEEK_SET)  # a buffer only delays small reads
            columns.append(np.frombuffer(os.read(file.fileno(), kind.itemsize * (stop - start)), kind))
            offset += kind.itemsize * int(run.edges[-1])
        return tuple(columns)


def _parts(columns: Columns) -> tuple[npt.NDArray[np.uint8], Positions]:
    """The part of each row, from the first bits of its hash, and the number of rows in each part."""
    bits = (PARTS - 1).bit_length()
    part = (columns[0] >> np.uint64(64 - bits)).astype(np.uint8)
    return part, np.bincount(part, minlength=PARTS)


def _joined(pieces: Sequence[Columns]) -> Columns:
    return tuple(map(np.concatenate, zip(*pieces, strict=True)))


def _narrowed(column: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The column as it is held and written: row numbers and lines fit 4 bytes unless they are huge."""
    if column.dtype == np.int64 and column.view(np.uint64).max(initial=0) <= np.iinfo(np.uint32).max:
        return column.astype(np.uint32)
    return column
