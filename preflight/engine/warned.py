"""How many rows have a warning: those of their own cells, and those that only the file as a whole shows."""

from __future__ import annotations

from bisect import bisect_right

import numpy as np
import numpy.typing as npt

from preflight.model.arrays import Mask

Bits = npt.NDArray[np.uint8]


class WarnedRows:
    """Counts rows with a warning, each once; a bit a row is kept. `more` says that there are others, not listed."""

    def __init__(self) -> None:
        self.count = 0
        self.more = False
        self._first = [1]
        self._runs: list[Bits | None] = []

    def add(self, bits: Bits | None, rows: int) -> None:
        """Take the next run of so many rows: of each, whether it has a warning; None where no row has."""
        self._runs.append(bits)
        self._first.append(self._first[-1] + rows)
        if bits is not None:
            self.count += int(np.unpackbits(bits).sum())

    def mark(self, rows: set[int]) -> None:
        """Count rows that have a warning, unless they have another."""
        self.count += sum(not self._has(row) for row in rows)

    def _has(self, row: int) -> bool:
        run = bisect_right(self._first, row) - 1
        bits, place = self._runs[run], row - self._first[run]
        return bits is not None and bool(bits[place >> 3] >> (7 - (place & 7)) & 1)


def packed(warned: Mask) -> Bits | None:
    """Which rows of a run have a warning, in bits; None where no row has."""
    return np.packbits(warned) if warned.any() else None
