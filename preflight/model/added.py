"""The columns that a bad-rows file has in addition to those of its source."""

from __future__ import annotations

from typing import NamedTuple

ADDED_COLUMNS = ("preflight_row", "preflight_line", "preflight_problems", "preflight_suggestion")
"""The columns that a bad-rows file has after those of its source."""

MENDED = "mended"
"""What a person may write over a row's problems instead of clearing them, in any case."""

GUESSED_CELLS = frozenset({"missing-cell", "extra-cell", "stray-quote", "unclosed-quote", "encoding-error", "nul-byte"})
"""Problems of records whose cells are only guessed in a bad-rows file."""


class Added(NamedTuple):
    """The added cells of a record: its row and line in the source, and its problems."""

    row: str = ""
    line: str = ""
    problems: str = ""

    @property
    def first_code(self) -> str:
        """The code of the first problem, or empty."""
        return self.problems.partition(":")[0].partition("|")[0].strip()

    @property
    def guessed(self) -> bool:
        """Whether the cells of the record are guessed, and its problems were not cleared by a person."""
        return self.first_code in GUESSED_CELLS
