"""Hidden rows and columns and merged cells of a sheet."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

MOST_NOTED = 10_000
"""Ranges of each kind that are noted; a sheet with more has them everywhere."""

Span = tuple[int, int]
"""The first and the last of consecutive rows or columns, from 1."""

_CELL = re.compile(r"\$?([A-Z]{1,3})\$?([0-9]{1,7})")


@dataclass
class SheetNotes:
    """Ranges of hidden rows, of hidden columns and of merged cells (rows and columns), added while a sheet is read.

    `known` is False for the kinds of workbooks whose hidden rows and columns cannot be read.
    """

    hidden_rows: list[Span] = field(default_factory=list)
    hidden_columns: list[Span] = field(default_factory=list)
    merged: list[tuple[Span, Span]] = field(default_factory=list)
    known: bool = True

    def hide_rows(self, first: int, last: int) -> None:
        """Add hidden rows, in ascending order."""
        _add(self.hidden_rows, first, last)

    def hide_columns(self, first: int, last: int) -> None:
        """Add hidden columns, in ascending order."""
        _add(self.hidden_columns, first, last)

    def merge(self, rows: Span, columns: Span) -> None:
        """Add a range of merged cells."""
        if len(self.merged) < MOST_NOTED:
            self.merged.append((rows, columns))


def _add(spans: list[Span], first: int, last: int) -> None:
    if spans and spans[-1][1] + 1 >= first:
        spans[-1] = (spans[-1][0], max(last, spans[-1][1]))
    elif len(spans) < MOST_NOTED:
        spans.append((first, last))


def column_letters(number: int) -> str:
    """The letters of a column number (from 1), as in `A` or `AB`."""
    letters = ""
    while number > 0:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def column_number(letters: str) -> int:
    """The number of a column (from 1) by its letters."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def range_of(reference: str) -> tuple[Span, Span] | None:
    """The rows and columns of a reference such as `A3:B7`; None for any other text."""
    first, _, last = reference.partition(":")
    ends = [_CELL.fullmatch(end) for end in (first, last or first)]
    if ends[0] is None or ends[1] is None:
        return None
    rows, columns = [int(end[2]) for end in ends if end], [column_number(end[1]) for end in ends if end]
    return (rows[0], rows[1]), (columns[0], columns[1])


def within(spans: Sequence[Span], first: int, last: int) -> Iterator[Span]:
    """Yield the parts of the spans that lie between `first` and `last`."""
    for start, stop in spans:
        if start <= last and stop >= first:
            yield max(start, first), min(stop, last)
