"""Rows with a hash, in memory that is bounded: further ones lie in temporary files, parted by their hashes."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from types import TracebackType
from typing import IO, Any, Self

import numpy as np
import numpy.typing as npt

from preflight.errors import OutputError

MAX_HELD = 400_000
"""Rows that are held in memory; further ones go to temporary files."""

PARTS = 64
"""Temporary files, each with the rows of some hashes."""


class Parted:
    """Takes arrays of a structured type whose field `hash` says what belongs together; a context manager."""

    def __init__(self, kind: np.dtype[Any]) -> None:
        self._kind = kind
        self._held: list[npt.NDArray[Any]] = []
        self._rows = 0
        self._files: list[IO[bytes]] = []
        self._stack = ExitStack()

    def add(self, rows: npt.NDArray[Any]) -> None:
        """Take rows; raises `OutputError` when a temporary file cannot be written."""
        self._held.append(rows)
        self._rows += len(rows)
        if self._rows > MAX_HELD:
            self._spill()

    def parts(self) -> Iterator[npt.NDArray[Any]]:
        """All rows, those with one hash in one array and in the order in which they came; ask once."""
        if not self._files:
            yield self._all_held()
            return
        self._spill()
        for file in self._files:
            file.seek(0)
            yield np.frombuffer(file.read(), self._kind)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def _all_held(self) -> npt.NDArray[Any]:
        return np.concatenate([np.empty(0, self._kind), *self._held])

    def _spill(self) -> None:
        held = self._all_held()
        self._held, self._rows = [], 0
        try:
            while len(self._files) < PARTS:
                file = tempfile.TemporaryFile(prefix="preflight-")  # noqa: SIM115  closed with the stack
                self._files.append(self._stack.enter_context(file))
            part = (held["hash"] % PARTS).astype(np.uint8)
            order = np.argsort(part, kind="stable")
            sorted_by_part, ends = held.take(order), np.cumsum(np.bincount(part, minlength=PARTS))
            for of_part, rows in zip(self._files, np.split(sorted_by_part, ends[:-1]), strict=True):
                of_part.write(rows.tobytes())
        except OSError as error:
            raise OutputError(f"cannot write a temporary file in {tempfile.gettempdir()}: {error.strerror}") from error
