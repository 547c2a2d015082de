"""What came of date formats that were tried on a column: how far each reads it, and where two of them differ."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from preflight.dates.format import DateFormat, is_uncommon, other_order
from preflight.dates.unread import Unread
from preflight.text.display import shown

SHOWN = 40

FEWEST_ROWS = 3
FEWEST_PERCENT = 20
"""Fewer rows than this, and a smaller share of the dates, do not rule an order out without a word."""

SEVERAL = 5
"""Dates from which on it means something how many days they span."""

MOST_OTHERS = 5
"""How many times as many dates a format must read as one that reads some of them as other days."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A date cell: the number of its row, and its text."""

    row: int
    text: str

    def __str__(self) -> str:
        return f"row {self.row}: {shown(self.text, SHOWN)}"


@dataclass(slots=True)
class Tried:
    """What came of one format: the rows that it reads, and the first cell that it does not.

    `exact` counts the dates of a sample that it writes as they stand. `reading` is the same for two formats that read
    the same texts as the same instants.
    """

    dateformat: DateFormat
    published: bool = False
    rows: int = 0
    misfit: Cell | None = None
    exact: int = 0
    reading: int = 0

    @property
    def pattern(self) -> str:
        """The format's pattern."""
        return self.dateformat.pattern

    def reads(self, cell: Cell) -> str:
        """The day that it reads in a cell, as yyyy-MM-dd, or empty."""
        day = self.dateformat.judge(pa.array([cell.text]))[0].astype("datetime64[D]")
        return "" if str(day) == "NaT" else str(day)

    def as_dict(self) -> dict[str, Any]:
        """What came of it as `--json` prints it."""
        misfit = None if self.misfit is None else {"row": self.misfit.row, "value": self.misfit.text}
        return {"dateformat": self.pattern, "rows": self.rows, "ruled_out_by": misfit}


@dataclass(frozen=True, slots=True)
class Span:
    """The first and the last of some days, counted since 1970."""

    first: int
    last: int

    @property
    def days(self) -> int:
        """From the first day to the last, both counted."""
        return self.last - self.first + 1


@dataclass(slots=True)
class Pair:
    """What two formats make of the rows that `both` read: how many as `different` days, and over which span.

    `examples` are the first cells that they read as different days, two different ones at most.
    """

    both: int = 0
    different: int = 0
    spans: dict[str, Span] = field(default_factory=dict)
    examples: list[Cell] = field(default_factory=list)

    def widen(self, pattern: str, more: Span) -> None:
        """Take in the days of more rows in one of the formats."""
        old = self.spans.get(pattern, more)
        self.spans[pattern] = Span(min(old.first, more.first), max(old.last, more.last))

    def show(self, cells: Iterable[Cell]) -> None:
        """Take in cells that are read as different days."""
        for cell in cells:
            if len(self.examples) < 2 and cell.text not in [known.text for known in self.examples]:
                self.examples.append(cell)


Pairs = dict[frozenset[str], Pair]


@dataclass(slots=True)
class Odd:
    """Texts of one kind that no format reads: what they are, if that is known; the first cell, and how many rows."""

    meaning: Unread | None
    cell: Cell
    rows: int = 0


def likelihood(tried: Tried, day_first: bool = False) -> tuple[int, bool, bool, bool, int]:
    """What sorts formats, the likeliest last; with `day_first` those before others that begin with the day."""
    begins = day_first and tried.pattern.startswith("dd")
    return tried.rows, begins, not is_uncommon(tried.dateformat), tried.published, tried.exact


@dataclass(frozen=True, slots=True)
class Trials:
    """What was found of a whole column of `dates` cells that hold something.

    `tried` are the formats by their patterns, `pairs` those of them that read the same cells, `odd` what none reads.
    With `day_first` the file's language has the day before the month.
    """

    tried: Mapping[str, Tried]
    pairs: Pairs
    dates: int
    odd: Sequence[Odd]
    day_first: bool = False

    def ordered(self) -> list[Tried]:
        """All formats, the likeliest first."""
        return sorted(self.tried.values(), key=lambda one: likelihood(one, self.day_first), reverse=True)

    def kinds(self) -> list[Tried]:
        """One format for each way to read the column: the published and most exact one; the widest reading first."""
        kinds: dict[int, Tried] = {}
        for one in self.ordered():
            if one.rows:
                kinds.setdefault(one.reading, one)
        return list(kinds.values())

    def pair(self, one: Tried, two: Tried) -> Pair:
        """What two formats make of the rows that both read."""
        return self.pairs.get(frozenset((one.pattern, two.pattern))) or Pair()

    def gives_way(self, other: Tried, best: Tried) -> bool:
        """True for an order that nobody uses, beside one that reads the same rows in the usual one.

        With dots that is the month first and, where the file's language has the day first, a year of two digits first.
        """
        if self.day_first and other.pattern == best.pattern.replace("dd.MM.yy", "yy.MM.dd") != best.pattern:
            return True
        return is_uncommon(other.dateformat) and not is_uncommon(best.dateformat) and is_order_of(other, best)

    def narrowest_first(self, several: Sequence[Tried]) -> list[Tried]:
        """The formats in their order, but those last that spread several dates over many times the days of another."""
        if self.dates < SEVERAL:
            return [*several]
        days = [self.pair(one, several[one is several[0]]).spans[one.pattern].days for one in several]
        wide = [MOST_OTHERS * min(days) < one for one in days]
        return [several[i] for i in sorted(range(len(several)), key=lambda i: wide[i])]

    def is_narrower(self, other: Tried, chosen: Tried) -> bool:
        """True where the days that both read differently lie closer together in the other format."""
        spans = self.pair(chosen, other).spans
        return spans[other.pattern].days < spans[chosen.pattern].days

    def is_outdone(self, other: Tried, best: Tried) -> bool:
        """True where another format is no reason to doubt the best: it reads other cells, or too few of the same."""
        pair = self.pair(best, other)
        if not pair.different and not is_order_of(other, best):
            return True
        if best.rows >= MOST_OTHERS * other.rows:
            return True
        out = best.rows - pair.both
        if other.rows > pair.both:
            return False
        if not out:
            return self.gives_way(other, best)
        return out >= FEWEST_ROWS or out * 100 >= FEWEST_PERCENT * self.dates

    def rivals(self, best: Tried) -> list[Tried]:
        """The other ways to read the column that are a reason to doubt the best."""
        return [other for other in self.kinds() if other is not best and not self.is_outdone(other, best)]

    def orders(self, best: Tried) -> list[Tried]:
        """The other order of day and month, and other formats that read some of the dates as other days."""
        swapped = other_order(best.dateformat)
        order = self.tried.get(swapped.pattern) if swapped is not None else None
        others = [kind for kind in self.kinds() if kind is not order and self.pair(best, kind).different]
        twin = order is not None and any(kind.reading == order.reading for kind in others)
        return others if order is None or twin else [order, *others]


def is_order_of(other: Tried, best: Tried) -> bool:
    """True for formats that differ in the order of day and month, maybe also in the digits of the year."""
    swapped = other_order(best.dateformat)
    return swapped is not None and swapped.pattern.replace("yyyy", "yy") == other.pattern.replace("yyyy", "yy")
