"""The distinct values of a column in some rows: how many rows have each, and which is the first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from preflight.model.arrays import Mask, Positions


class Distinct(NamedTuple):
    """Distinct texts; for each the number of its rows, and number and line of the first of them."""

    texts: list[str]
    rows: Positions
    first_row: Positions
    first_line: Positions


def distinct(codes: Positions, values: Sequence[str], chosen: Mask, row: Positions, line: Positions) -> Distinct:
    """The distinct texts of those rows of a column that `chosen` marks.

    `codes` and `values` are the column as `factorize` tells it, `row` and `line` are the numbers and lines of its rows.
    """
    places = np.flatnonzero(chosen)
    codes = codes[places]
    rows = np.bincount(codes, minlength=len(values))
    first = np.zeros(len(rows), np.int64)
    first[codes[::-1]] = places[::-1]  # of several assignments to one place the last stays, which is the first row's
    there = np.flatnonzero(rows)
    first = first[there]
    return Distinct([values[i] for i in there.tolist()], rows[there], row[first], line[first])
