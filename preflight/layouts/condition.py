"""`COLUMN=VALUE` and `COLUMN!=VALUE`: which rows of a file are wanted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple


class Condition(NamedTuple):
    """What a row must have, or where `negated` must not have, in a column; case and blanks at the ends do not count."""

    column: str
    value: str
    negated: bool

    def holds(self, cell: str) -> bool:
        """True for a cell with which a row is wanted."""
        return (folded(cell) == self.value) is not self.negated


def conditions(text: str) -> Iterator[Condition]:
    """What a text may mean, as a label may have a `=` in it, too; nothing where it names no column."""
    at = text.find("=")
    while at >= 0:
        negated = text[:at].endswith("!")
        column = text[: at - negated].strip()
        if column:
            yield Condition(column, folded(text[at + 1 :]), negated)
        at = text.find("=", at + 1)


def folded(cell: str) -> str:
    """A cell as it is compared."""
    return cell.strip().casefold()
