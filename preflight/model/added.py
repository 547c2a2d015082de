"""What a bad-rows file has more than the file that it is from."""

from __future__ import annotations

from typing import NamedTuple

ADDED_COLUMNS = ("preflight_row", "preflight_line", "preflight_problems", "preflight_suggestion")
"""The columns that a bad-rows file has after those of the file that it is from."""

MENDED = "mended"
"""What a person may write over a row's problems instead of clearing them, in any case."""

GUESSED_CELLS = frozenset({"missing-cell", "extra-cell", "stray-quote", "unclosed-quote", "encoding-error", "nul-byte"})
"""Problems of a record whose cells a bad-rows file can only guess."""


class Added(NamedTuple):
    """What a bad-rows file says of a record: its row and line in the file that it is from, and what was wrong."""

    row: str = ""
    line: str = ""
    problems: str = ""

    @property
    def first_code(self) -> str:
        """The code of the first problem, or empty."""
        return self.problems.partition(":")[0].partition("|")[0].strip()

    @property
    def guessed(self) -> bool:
        """True while nobody has cleared the problems of a record whose cells are a guess."""
        return self.first_code in GUESSED_CELLS
