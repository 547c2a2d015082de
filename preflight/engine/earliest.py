"""Which rows `--once-per-day` leaves out: of those with one email, title and day all but the earliest."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from types import TracebackType
from typing import IO, Any, Self

import numpy as np
import numpy.typing as npt

from preflight.errors import OutputError
from preflight.model.arrays import Positions

MAX_HELD = 400_000
"""Rows that are held in memory; further ones go to temporary files."""

PARTS = 64
"""Temporary files, each with the rows of some hashes."""

_VISIT = np.dtype([("visit", "<u8"), ("instant", "<i8"), ("row", "<i8")])


class Earliest:
    """Takes the good rows run by run, in memory that is bounded however many there are; a context manager."""

    def __init__(self) -> None:
        self._held: list[npt.NDArray[Any]] = []
        self._rows = 0
        self._files: list[IO[bytes]] = []
        self._stack = ExitStack()

    def add(self, visits: npt.NDArray[np.uint64], instants: npt.NDArray[Any], rows: Positions) -> None:
        """Take rows: the hash of the email, title and day of each, its instant, and its number."""
        taken = np.empty(len(rows), _VISIT)
        taken["visit"], taken["instant"], taken["row"] = visits, instants.astype(np.int64), rows
        self._held.append(taken)
        self._rows += len(rows)
        if self._rows > MAX_HELD:
            self._spill()

    def left_out(self) -> Positions:
        """The numbers of the rows that are not the earliest of theirs, in order."""
        if not self._files:
            return np.sort(_later(np.concatenate([np.empty(0, _VISIT), *self._held])))
        self._spill()
        found = []
        for file in self._files:
            file.seek(0)
            found.append(_later(np.frombuffer(file.read(), _VISIT)))
        return np.sort(np.concatenate(found))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def _spill(self) -> None:
        held = np.concatenate([np.empty(0, _VISIT), *self._held])
        self._held, self._rows = [], 0
        try:
            while len(self._files) < PARTS:
                file = tempfile.TemporaryFile(prefix="preflight-")  # noqa: SIM115  closed with the stack
                self._files.append(self._stack.enter_context(file))
            part = held["visit"] % PARTS
            for number, of_part in enumerate(self._files):
                of_part.write(held[part == number].tobytes())
        except OSError as error:
            raise OutputError(f"cannot write a temporary file in {tempfile.gettempdir()}: {error.strerror}") from error


def _later(visits: npt.NDArray[Any]) -> Positions:
    """The rows of some visits that are not the earliest of theirs; of those at one time the first is."""
    order = np.lexsort((visits["row"], visits["instant"], visits["visit"]))
    ordered = visits["visit"][order]
    later: Positions = visits["row"][order[1:][ordered[1:] == ordered[:-1]]]
    return later
