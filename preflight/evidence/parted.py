"""Rows with a hash, in memory that is bounded: further ones lie in a temporary file, parted by their hashes."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from typing import IO, TYPE_CHECKING, Any, NamedTuple, Self

import numpy as np

from preflight.errors import discard_temporary_file, writing_temporary_files

if TYPE_CHECKING:
    import numpy.typing as npt

    from preflight.model.arrays import Positions

    Columns = tuple[npt.NDArray[Any], ...]

MAX_HELD = 400_000
"""Rows that are held in memory; further ones go to a temporary file."""

PARTS = 64
"""Parts of those that went there, each with the rows of some hashes: a power of two."""


class _Run(NamedTuple):
    """Where rows start in the temporary file, which has them column by column, and where each part does in a column."""

    offset: int
    edges: Positions


class Parted:
    """Takes rows as columns, the first of which, the hash, says what belongs together; a context manager.

    `kinds` are the columns' types.
    """

    def __init__(self, *kinds: type[np.generic]) -> None:
        self._kinds = [np.dtype(kind) for kind in kinds]
        self._held: list[Sequence[npt.NDArray[Any]]] = []
        self._rows = 0
        self._runs: list[_Run] = []
        self._file: IO[bytes] | None = None

    def add(self, *columns: npt.NDArray[Any]) -> None:
        """Take rows; raises `OutputError` when the temporary file cannot be written."""
        self._held.append(columns)
        self._rows += len(columns[0])
        if self._rows > MAX_HELD:
            self._spill()

    def parts(self) -> Iterator[Columns]:
        """All rows, those with one hash in one part and in the order in which they came; ask once."""
        if self._file is None:
            yield self._all_held()
            return
        self._spill()
        for part in range(PARTS):
            read = [self._read(self._file, run, part) for run in self._runs]
            yield tuple(map(np.concatenate, zip(*read, strict=True)))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give the temporary file back."""
        if self._file is not None:
            discard_temporary_file(self._file)

    def _all_held(self) -> Columns:
        held, self._held, self._rows = self._held, [], 0
        columns = zip(*held, strict=True) if held else [()] * len(self._kinds)
        return tuple(
            np.concatenate([np.empty(0, kind), *column], dtype=kind)
            for kind, column in zip(self._kinds, columns, strict=True)
        )

    def _spill(self) -> None:
        columns = self._all_held()
        part = (columns[0] & (PARTS - 1)).astype(np.uint8)
        order = np.argsort(part, kind="stable")
        with writing_temporary_files():
            if self._file is None:
                self._file = tempfile.TemporaryFile(prefix="preflight-")  # noqa: SIM115  closed with this object
            offset = self._file.seek(0, os.SEEK_END)
            for column in columns:
                self._file.write(column.take(order).data)
            self._file.flush()
        self._runs.append(_Run(offset, np.cumsum([0, *np.bincount(part, minlength=PARTS)])))

    def _read(self, file: IO[bytes], run: _Run, part: int) -> list[npt.NDArray[Any]]:
        start, stop = int(run.edges[part]), int(run.edges[part + 1])
        offset, columns = run.offset, []
        for kind in self._kinds:
            file.seek(offset + kind.itemsize * start)
            columns.append(np.frombuffer(file.read(kind.itemsize * (stop - start)), kind))
            offset += kind.itemsize * int(run.edges[-1])
        return columns
