"""The lines of a file outside the table with the people."""

from __future__ import annotations

from typing import NamedTuple


class SkippedLines(NamedTuple):
    """Physical lines outside the table: the `first`, the `last`, and a description."""

    first: int
    last: int
    what: str

    def described(self) -> str:
        """A description in one line: `lines 1 to 3: before the table`."""
        lines = f"line {self.first}" if self.first == self.last else f"lines {self.first} to {self.last}"
        return f"{lines}: {self.what}"
