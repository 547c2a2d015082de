"""Conditions on rows: `COLUMN=VALUE` and `COLUMN!=VALUE`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple


class Condition(NamedTuple):
    """The value that a row must have in a column, or must not have if `negated`; ignores case and outer blanks."""

    column: str
    value: str
    negated: bool

    def holds(self, cell: str) -> bool:
        """Whether a cell meets the condition."""
        return (folded(cell) == self.value) is not self.negated


def conditions(text: str) -> Iterator[Condition]:
    """Yield the possible readings of a text, as labels may contain a `=`, too; none if the text names no column."""
    at = text.find("=")
    while at >= 0:
        negated = text[:at].endswith("!")
        column = text[: at - negated].strip()
        if column:
            yield Condition(column, folded(text[at + 1 :]), negated)
        at = text.find("=", at + 1)


def folded(cell: str) -> str:
    """A cell in the form in which cells are compared."""
    return cell.strip().casefold()
