"""Results of date formats tried on a column: the rows that each reads, and the differences between two formats."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from preflight.dates.compose import day_of
from preflight.dates.format import DateFormat, is_uncommon, other_order
from preflight.dates.unread import Unread
from preflight.text.display import shown

SHOWN = 40

FEWEST_ROWS = 3
FEWEST_PERCENT = 20
"""Limits for the rows, and their share of the dates, that rule out an order only with a warning."""

SEVERAL = 5
"""The number of dates from which their span in days is significant."""

MOST_OTHERS = 5
"""The ratio of dates read from which a format needs no doubt because of another that reads them as other days."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A date cell: the number of its row, and its text."""

    row: int
    text: str

    def __str__(self) -> str:
        return f"row {self.row}: {shown(self.text, SHOWN)}"


@dataclass(slots=True)
class Tried:
    """The result of one format: the number of rows that it reads, and the first cell that it does not read.

    `exact` is the number of dates of a sample that it writes as the same text. `reading` is a hash that is equal for
    formats that read the same texts as the same instants.
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
        """The day that the format reads in a cell, as yyyy-MM-dd, or empty."""
        day = self.dateformat.judge(pa.array([cell.text]))[0].astype("datetime64[D]")
        return "" if str(day) == "NaT" else str(day)

    def as_dict(self) -> dict[str, Any]:
        """The result as `--json` prints it."""
        misfit = None if self.misfit is None else {"row": self.misfit.row, "value": self.misfit.text}
        return {"dateformat": self.pattern, "rows": self.rows, "ruled_out_by": misfit}


@dataclass(frozen=True, slots=True)
class Span:
    """The first and the last day of a set of days, counted since 1970."""

    first: int
    last: int

    @property
    def days(self) -> int:
        """The number of days from the first to the last, both included."""
        return self.last - self.first + 1


@dataclass(slots=True)
class Pair:
    """The comparison of two formats: the number of rows that `both` read, and that they read as `different` days.

    `spans` has the span of these days in each format, `examples` the first two distinct cells among them.
    """

    both: int = 0
    different: int = 0
    spans: dict[str, Span] = field(default_factory=dict)
    examples: list[Cell] = field(default_factory=list)

    def widen(self, pattern: str, span: Span) -> None:
        """Extend the span of one of the formats."""
        old = self.spans.get(pattern, span)
        self.spans[pattern] = Span(min(old.first, span.first), max(old.last, span.last))

    def show(self, cells: Iterable[Cell]) -> None:
        """Add cells that are read as different days to the examples."""
        for cell in cells:
            if len(self.examples) < 2 and cell.text not in [known.text for known in self.examples]:
                self.examples.append(cell)


Pairs = dict[frozenset[str], Pair]


@dataclass(slots=True)
class Odd:
    """Texts of one kind that no format reads: their meaning if known, the first cell, and the number of rows."""

    meaning: Unread | None
    cell: Cell
    rows: int = 0


def likelihood(tried: Tried, day_first: bool = False) -> tuple[int, bool, bool, bool, int]:
    """The sort key of formats, the likeliest last; with `day_first`, formats that begin with the day are likelier."""
    begins = day_first and tried.pattern.startswith("dd")
    return tried.rows, begins, not is_uncommon(tried.dateformat), tried.published, tried.exact


@dataclass(frozen=True, slots=True)
class Trials:
    """The results for a whole column with `dates` filled cells.

    `tried` has the formats by pattern, `pairs` the comparisons of formats that read the same cells, `odd` the kinds of
    texts that none reads. `day_first` if the file's language writes the day before the month.
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
        """One format for each way to read the column, the published and most exact one; most rows first."""
        kinds: dict[int, Tried] = {}
        for one in self.ordered():
            if one.rows:
                kinds.setdefault(one.reading, one)
        return list(kinds.values())

    def pair(self, one: Tried, two: Tried) -> Pair:
        """The comparison of two formats."""
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
        """Whether the days that both read differently span fewer days in the other format."""
        spans = self.pair(chosen, other).spans
        return spans[other.pattern].days < spans[chosen.pattern].days

    def is_outdone(self, other: Tried, best: Tried) -> bool:
        """Whether another format does not contradict the best: it reads other cells, or too few of the same."""
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
        """The other ways to read the column that contradict the best."""
        return [other for other in self.kinds() if other is not best and not self.is_outdone(other, best)]

    def with_other_times(self, best: Tried) -> list[Tried]:
        """The other ways to read the column that differ from the best only in the time: cells that the best misses."""
        return [
            other
            for other in self.kinds()
            if other is not best and day_of(other.pattern) == day_of(best.pattern) and not self.pair(best, other).both
        ]

    def orders(self, best: Tried) -> list[Tried]:
        """The format with day and month swapped, and other formats that read dates as other days."""
        swapped = other_order(best.dateformat)
        order = self.tried.get(swapped.pattern) if swapped is not None else None
        others = [kind for kind in self.kinds() if kind is not order and self.pair(best, kind).different]
        twin = order is not None and any(kind.reading == order.reading for kind in others)
        return others if order is None or twin else [order, *others]


def is_order_of(other: Tried, best: Tried) -> bool:
    """Whether two formats differ in the order of day and month, and at most also in the digits of the year."""
    swapped = other_order(best.dateformat)
    return swapped is not None and swapped.pattern.replace("yyyy", "yy") == other.pattern.replace("yyyy", "yy")
