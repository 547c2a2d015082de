"""Samples: the first problems of each code, with their whole rows."""

from __future__ import annotations

from typing import NamedTuple

from preflight.model.problems import Problem

MOST_SAMPLES = 50
"""Limit for the samples of one code."""

LONGEST_CELL, LONGEST_ROW = 200, 4_000
"""Limits for the characters of a cell, and of all cells of a row, apart from the cell at fault."""


class Sample(NamedTuple):
    """A problem with the cells of its row.

    `cells` are the first cells of the record up to the limit `LONGEST_ROW`, each truncated to `LONGEST_CELL`
    characters; none if the record could not be split. `width` is the number of cells of the record. `place` is the
    index of the cell at fault, -1 for the record itself.
    """

    problem: Problem
    place: int = -1
    cells: tuple[str, ...] = ()
    width: int = 0
