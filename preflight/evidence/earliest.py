"""The good rows that `--once-per-day` leaves out: of each email, title and day all but the earliest."""

from __future__ import annotations

from typing import Self

import numpy as np
import numpy.typing as npt

from preflight.evidence.parted import Parted
from preflight.model.arrays import Mask, Positions
from preflight.text.fingerprint import Hashes

BUCKETS = 8
"""Buckets per hash, so that most hashes are alone in their bucket."""


class Earliest:
    """Collects the good rows run by run, in bounded memory. A context manager.

    Without `times`, all rows of a day count as simultaneous.
    """

    def __init__(self, times: bool) -> None:
        self._times = times
        self._visits = Parted(np.uint64, np.int64, *([np.int64] if times else []))

    def add(self, visits: Hashes, rows: Positions, instants: npt.NDArray[np.int64]) -> None:
        """Add the next rows: hashes of email, title and day, row numbers, and instants (unused without `times`)."""
        self._visits.add(visits, rows, *([instants] if self._times else []))

    def left_out(self, rows: int) -> Mask:
        """The mask of rows (from row 1) that are not the earliest of their visit; the first row wins a tie."""
        later = np.zeros(rows, np.bool_)
        for part in self._visits.parts():
            later[_later(*part) - 1] = True
        return later

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._visits.close()


def _later(hashes: Hashes, rows: Positions, *instants: npt.NDArray[np.int64]) -> Positions:
    """The numbers of rows that are not the earliest of their visit. The rows are in file order."""
    bits = (BUCKETS * len(hashes)).bit_length()
    buckets = (hashes >> np.uint64(64 - bits)).astype(np.int64)
    shared = np.flatnonzero((np.bincount(buckets) > 1)[buckets])  # few hashes share a bucket
    order = shared[np.argsort(hashes[shared], kind="stable")]
    hashes, rows = hashes[order], rows[order]
    first = np.diff(hashes, prepend=~hashes[:1]) != 0
    if first.all():
        return rows[:0]
    if instants:
        (times,) = (column[order] for column in instants)
        starts, visit = np.flatnonzero(first), np.cumsum(first) - 1
        earliest = times == np.minimum.reduceat(times, starts)[visit]
        first = np.zeros(len(rows), np.bool_)
        found = np.flatnonzero(earliest)
        first[found[np.diff(visit[found], prepend=-1) > 0]] = True
    later: Positions = rows[~first]
    return later
