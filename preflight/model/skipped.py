"""What of a file lies outside the table with the people."""

from __future__ import annotations

from typing import NamedTuple


class SkippedLines(NamedTuple):
    """Physical lines, the `first` and the `last`, that are no part of the table, and `what` they are."""

    first: int
    last: int
    what: str

    def described(self) -> str:
        """In a line: `lines 1 to 3: before the table`."""
        lines = f"line {self.first}" if self.first == self.last else f"lines {self.first} to {self.last}"
        return f"{lines}: {self.what}"
