"""Samples: problems with the whole rows that they are in, of each code the first ones."""

from __future__ import annotations

from typing import NamedTuple

from preflight.model.problems import Problem

MOST_SAMPLES = 50
"""Problems of one code that are kept with their rows."""

LONGEST_CELL, LONGEST_ROW = 200, 4_000
"""Characters of a cell, and of all cells of a row, that are kept beside the cell at fault."""


class Sample(NamedTuple):
    """A problem with the cells of its row.

    `cells` are those of the record in the order of the file, as far as there is room for, each cut to `LONGEST_CELL`
    characters; there are none where the record could not be cut into cells. `width` is how many cells the record has.
    `place` is the index of the cell at fault, -1 where it is the record itself.
    """

    problem: Problem
    place: int = -1
    cells: tuple[str, ...] = ()
    width: int = 0
