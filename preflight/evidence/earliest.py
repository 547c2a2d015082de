"""Which good rows `--once-per-day` leaves out: of those with one email, title and day all but the earliest."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import numpy.typing as npt

from preflight.evidence.parted import Parted
from preflight.model.arrays import Mask, Positions

if TYPE_CHECKING:
    from preflight.text.fingerprint import Hashes

_VISIT = np.dtype([("hash", "<u8"), ("instant", "<i8"), ("row", "<i8")])


class Earliest:
    """Takes the good rows run by run, in memory that is bounded however many there are; a context manager."""

    def __init__(self) -> None:
        self._visits = Parted(_VISIT)

    def add(self, visits: Hashes, instants: npt.NDArray[np.int64], rows: Positions) -> None:
        """Take rows: the hash of the email, title and day of each, its instant, and its number."""
        taken = np.empty(len(rows), _VISIT)
        taken["hash"], taken["instant"], taken["row"] = visits, instants, rows
        self._visits.add(taken)

    def left_out(self, rows: int) -> Mask:
        """Which of all rows, from number 1 on, are not the earliest of theirs; of those at one time the first is."""
        later = np.zeros(rows, np.bool_)
        for part in self._visits.parts():
            later[_later(part) - 1] = True
        return later

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._visits.__exit__(kind, error, trace)


def _later(visits: npt.NDArray[Any]) -> Positions:
    """The rows of some visits that are not the earliest of theirs."""
    buckets = (visits["hash"] >> np.uint64(32)) % np.uint64(4 * len(visits) + 1)
    alone = np.bincount(buckets.astype(np.int64)) == 1  # most have no other in their bucket, and need not be sorted
    visits = visits.take(np.flatnonzero(~alone[buckets]))
    order = np.argsort(visits["hash"])
    hashes, instants, rows = (visits[name][order] for name in ("hash", "instant", "row"))
    first = np.flatnonzero(np.diff(hashes, prepend=hashes[:1] + np.uint64(1)))
    if len(first) == len(rows):
        return rows[:0]
    number = np.diff(np.append(first, len(rows)))
    earliest = np.repeat(np.minimum.reduceat(instants, first), number)
    kept = np.minimum.reduceat(np.where(instants == earliest, rows, np.iinfo(np.int64).max), first)
    later: Positions = rows[rows != np.repeat(kept, number)]
    return later
