"""The number of rows with a warning: in their own cells, or from the file as a whole."""

from __future__ import annotations

from bisect import bisect_right

import numpy as np
import numpy.typing as npt

from preflight.model.arrays import Mask

Bits = npt.NDArray[np.uint8]


class WarnedRows:
    """Counts rows with a warning, each once, in one bit per row. `more` is True if others are not listed."""

    def __init__(self) -> None:
        self.count = 0
        self.more = False
        self._first = [1]
        self._runs: list[Bits | None] = []

    def add(self, bits: Bits | None, rows: int) -> None:
        """Add the next run of `rows` rows, with the packed mask of those with a warning, or None."""
        self._runs.append(bits)
        self._first.append(self._first[-1] + rows)
        if bits is not None:
            self.count += int(np.unpackbits(bits).sum())

    def mark(self, rows: set[int]) -> None:
        """Count these rows, too, unless they are counted already."""
        self.count += sum(not self._has(row) for row in rows)

    def _has(self, row: int) -> bool:
        run = bisect_right(self._first, row) - 1
        bits, place = self._runs[run], row - self._first[run]
        return bits is not None and bool(bits[place >> 3] >> (7 - (place & 7)) & 1)


def packed(warned: Mask) -> Bits | None:
    """The mask as packed bits; None if no row has a warning."""
    return np.packbits(warned) if warned.any() else None
