"""Arrays that select records of a chunk, and operations on them that need no sorting."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Positions = npt.NDArray[np.int64]
"""Positions of records or bytes, from 0."""

Mask = npt.NDArray[np.bool_]
"""A mask: True for the selected records."""


def used_below(limit: int, numbers: Positions) -> tuple[Positions, Positions]:
    """The distinct ones of numbers below `limit`, in order, and the index of each number among them."""
    is_used = np.zeros(limit, np.bool_)
    is_used[numbers] = True
    places = np.cumsum(is_used) - 1
    return np.flatnonzero(is_used), places[numbers]


def distinct_sorted(numbers: Positions) -> Positions:
    """The distinct ones of sorted numbers that are not negative."""
    return numbers[np.diff(numbers, prepend=-1) > 0]
