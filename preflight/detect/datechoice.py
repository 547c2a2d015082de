"""Which date format a column has, from what came of each known one, or what a person has to choose between.

A format is settled when

* it reads every date of the column, and every other one that does reads them as the same dates (`MM/dd/yyyy` and
  `MM/dd/yy` where years have four digits); the published and most exact of these is taken; or
* it reads more than any other, at least half of the dates, and no other reads them as other days: none that reads more
  than a fifth as many, unless all that it reads this one reads, too, and enough rows fit only this one.

A column that is settled on too little is so with a warning, `Choice.faults`. With dots the day comes first, unless the
rows say otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from preflight.dates.format import DateFormat
from preflight.dates.order import is_uncommon, other_order
from preflight.dates.unread import Unread
from preflight.model.problems import Fault
from preflight.text.asking import option, typed
from preflight.text.display import counted, shown

SHOWN = 40

FEWEST_ROWS = 3
FEWEST_PERCENT = 20
"""Fewer rows than this, and a smaller share of the dates, do not rule an order out without a word."""

MOST_OFFERED = 3
"""Formats that are offered to choose from."""

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
        day = self.dateformat.judge(pa.array([cell.text], pa.large_string()))[0].astype("datetime64[D]")
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

    told: Unread | None
    cell: Cell
    rows: int = 0


@dataclass(frozen=True, slots=True)
class Choice:
    """What the elimination came to.

    `dates` counts the cells that hold something, `missing` the others. `tried` are all formats, the likeliest first;
    `remaining` are those left, one for each way to read the dates. `chosen` is the settled one or None, `faults` are
    the warnings with which it is settled. `why` tells the evidence for it or, without one, what to do, in one line;
    `offered` are then the formats to choose from, and `cells` two dates that show where they differ.
    """

    dates: int
    missing: int
    tried: tuple[Tried, ...]
    remaining: tuple[Tried, ...]
    chosen: Tried | None
    why: str
    faults: tuple[Fault, ...] = ()
    offered: tuple[Tried, ...] = ()
    cells: tuple[Cell, ...] = ()

    @property
    def choices(self) -> list[dict[str, Any]]:
        """The formats to choose from, for programs: the option to give, how many rows it reads, and how the cells."""
        return [
            {
                "option": typed("dateformat", one.pattern),
                "dateformat": one.pattern,
                "rows": one.rows,
                "reads": [{"row": cell.row, "value": cell.text, "day": one.reads(cell)} for cell in self.cells],
            }
            for one in self.offered
        ]


def choose(tried: Mapping[str, Tried], pairs: Pairs, dates: int, missing: int, odd: Sequence[Odd]) -> Choice:
    """Choose between the formats that were tried on the `dates` of a column."""
    column = _Column(tried, pairs, dates, odd)
    remaining, chosen, why = column.decided()
    faults = tuple(column.faults(chosen)) if chosen is not None else ()
    ordered = sorted(tried.values(), key=_likelihood, reverse=True)
    offered = () if chosen is not None else remaining or column.offered()
    return Choice(dates, missing, tuple(ordered), remaining, chosen, why, faults, offered, column.cells(offered))


def _likelihood(tried: Tried) -> tuple[int, bool, bool, int]:
    return tried.rows, not is_uncommon(tried.dateformat), tried.published, tried.exact


@dataclass(frozen=True, slots=True)
class _Column:
    """What was found of the whole column."""

    tried: Mapping[str, Tried]
    pairs: Pairs
    dates: int
    odd: Sequence[Odd]

    def decided(self) -> tuple[tuple[Tried, ...], Tried | None, str]:
        """The formats that remain, the one that is settled if there is one, and why or why not."""
        if not self.dates:
            return (), None, f"the date column is blank in every row; name its format with {option('dateformat')}"
        kinds = self._kinds()
        if not kinds:
            return (), None, self._nothing_reads()
        best = kinds[0]
        level = [kind for kind in kinds if kind.rows == best.rows and not self._gives_way(kind, best)]
        if best.rows == self.dates:
            return tuple(level), *((best, self._settled(best)) if len(level) == 1 else (None, self._open(level)))
        if best.rows * 2 >= self.dates:
            pairs = [self._pair(best, other) for other in level[1:]]
            if pairs and all(pair.different and pair.both == best.rows for pair in pairs):  # the same rows fit each
                return tuple(level), None, self._open(level)
            if len(level) == 1 and all(self._outdone(best, other) for other in kinds[1:]):
                return (best,), best, self._settled(best)
        return (), None, self._none(kinds)

    def offered(self) -> tuple[Tried, ...]:
        """The formats to choose from where none remains: those that read most, or the best and its rivals."""
        kinds = self._kinds()
        if not kinds:
            return ()
        best, *others = kinds
        rivals = [other for other in others if not self._outdone(best, other)] if best.rows * 2 >= self.dates else []
        return (best, *(rivals or others))[:MOST_OFFERED]

    def cells(self, offered: Sequence[Tried]) -> tuple[Cell, ...]:
        """Two dates at most that show where the formats differ: read as other days, or only by one of them."""
        if len(offered) < 2:
            return ()
        misfits = [one.misfit for one in reversed(offered[:2]) if one.misfit is not None]
        return tuple(dict.fromkeys([*self._pair(*offered[:2]).examples, *misfits]))[:2]

    def faults(self, chosen: Tried) -> Iterator[Fault]:
        """The warnings with which a format is settled."""
        for other in self._kinds():
            pair = self._pair(chosen, other)
            if not pair.different:
                continue
            name, rival = shown(chosen.pattern), shown(other.pattern)
            out = chosen.rows - pair.both
            if not out and self._gives_way(other, chosen):
                says = (
                    f"{name} was taken, as dates with dots begin with the day, but no row proves it: {rival} reads "
                    f"{'it' if self.dates == 1 else 'all of them'}, too, and {self._both_ways(chosen, other, 1)}. If "
                    f"that is right, choose it with {option('dateformat', other.pattern)}."
                )
                yield Fault("date-order", says)
            elif 0 < out < FEWEST_ROWS and out * 100 < FEWEST_PERCENT * self.dates and self._is_narrower(other, chosen):
                odd = f"row {other.misfit.row} ({shown(other.misfit.text, SHOWN)})" if other.misfit else ""
                alone = f"{odd} alone rules" if out == 1 else f"{out} rows, the first {odd}, alone rule"
                says = (
                    f"{name} was taken, but {alone} {rival} out, which puts the others within "
                    f"{counted(pair.spans[other.pattern].days, 'day')}, not {pair.spans[chosen.pattern].days:,}: "
                    f"{self._both_ways(chosen, other, 1)}. If that is right, mend the odd "
                    f"{'row' if out == 1 else 'rows'} and choose it with {option('dateformat', other.pattern)}."
                )
                yield Fault("date-swapped", says)
                return

    def _kinds(self) -> list[Tried]:
        """One format for each way to read the column: the published and most exact one; the widest reading first."""
        kinds: dict[int, Tried] = {}
        for one in sorted(self.tried.values(), key=_likelihood, reverse=True):
            if one.rows:
                kinds.setdefault(one.reading, one)
        return list(kinds.values())

    def _pair(self, one: Tried, two: Tried) -> Pair:
        return self.pairs.get(frozenset((one.pattern, two.pattern))) or Pair()

    def _gives_way(self, other: Tried, best: Tried) -> bool:
        """True for an order that nobody uses, beside one that reads the same rows in the usual one."""
        return is_uncommon(other.dateformat) and not is_uncommon(best.dateformat) and self._is_order_of(other, best)

    def _is_order_of(self, other: Tried, best: Tried) -> bool:
        """True for formats that differ in the order of day and month, maybe also in the digits of the year."""
        swapped = other_order(best.dateformat)
        return swapped is not None and swapped.pattern.replace("yyyy", "yy") == other.pattern.replace("yyyy", "yy")

    def _is_narrower(self, other: Tried, chosen: Tried) -> bool:
        spans = self._pair(chosen, other).spans
        return spans[other.pattern].days < spans[chosen.pattern].days

    def _outdone(self, best: Tried, other: Tried) -> bool:
        """True where another format is no reason to doubt the best: it reads other cells, or too few of the same."""
        pair = self._pair(best, other)
        if not pair.different and not self._is_order_of(other, best):
            return True
        if best.rows >= MOST_OTHERS * other.rows:
            return True
        out = best.rows - pair.both
        if other.rows > pair.both:
            return False
        if not out:
            return self._gives_way(other, best)
        return out >= FEWEST_ROWS or out * 100 >= FEWEST_PERCENT * self.dates

    def _settled(self, best: Tried) -> str:
        all_read = best.rows == self.dates
        says = f"reads {self._all()}" if all_read else f"reads {best.rows:,} of {self.dates:,} dates"
        if best.misfit is not None:
            says += f", not {best.misfit}"
        for other in self._orders(best):
            if other.misfit is not None and best.rows > self._pair(best, other).both and best.misfit != other.misfit:
                says += f"; {shown(other.pattern)} is ruled out by {other.misfit}"
        return says

    def _orders(self, best: Tried) -> list[Tried]:
        """The other order of day and month, and other formats that read some of the dates as other days."""
        swapped = other_order(best.dateformat)
        order = self.tried.get(swapped.pattern) if swapped is not None else None
        others = [kind for kind in self._kinds() if kind is not order and self._pair(best, kind).different]
        twin = order is not None and any(kind.reading == order.reading for kind in others)
        return others if order is None or twin else [order, *others]

    def _open(self, level: Sequence[Tried]) -> str:
        """That several formats read the dates, each as other days."""
        each = _listed([f"{shown(one.pattern)} ({counted(one.rows, 'row')})" for one in level])
        fit = f"{self._all()} fit{'s' if self.dates == 1 else ''}" if level[0].rows == self.dates else "the dates fit"
        says = f"{fit} {each}; {self._both_ways(level[0], level[1], 2, level)}"
        spans = [self._pair(one, level[one is level[0]]).spans[one.pattern].days for one in level]
        spread = f"; they span {_listed([f'{days:,}' for days in spans], 'or')} days" if len(set(spans)) > 1 else ""
        return f"{says}{spread}: choose with {_options(level)}"

    def _both_ways(self, one: Tried, two: Tried, most: int, several: Sequence[Tried] = ()) -> str:
        """The first cells that two formats read as different days, and the days."""
        told = []
        for cell in self._pair(one, two).examples[:most]:
            days = dict.fromkeys(filter(None, (each.reads(cell) for each in several or (one, two))))
            told.append(f"row {cell.row}, {shown(cell.text, SHOWN)}, is {_listed(list(days), 'or')}")
        return "; ".join(told)

    def _nothing_reads(self) -> str:
        """That no format reads any date, and what they are instead."""
        kinds = sorted(self.odd, key=lambda one: one.rows, reverse=True)
        first = kinds[0]
        if first.told is None:
            says = f"no known date format reads any date ({first.cell})"
            return f"{says}; name theirs with {option('dateformat')}, or another column with {option('date')}"
        rows = (
            f"{self._all()} {'is' if self.dates == 1 else 'are'}"
            if len(kinds) == 1
            else f"{first.rows:,} of {self.dates:,} are"
        )
        kind = f"{rows} {first.told.kind}" if self.dates > 1 else "the only one cannot be read"
        where = f"row {first.cell.row}, {shown(first.cell.text, SHOWN)}, {first.told.says}"
        way_out = f"{first.told.remedy}, or name another column with {option('date')}"
        return f"no known date format reads any date: {kind} ({where}); {way_out}"

    def _none(self, kinds: Sequence[Tried]) -> str:
        """That no format reads enough of the dates, or too many fit another."""
        best, *others = kinds
        rivals = [other for other in others if not self._outdone(best, other)]
        if rivals and best.rows * 2 >= self.dates:
            other = rivals[0]
            both = self._pair(best, other).both
            only, only_other = best.rows - both, other.rows - both
            fit = f"{counted(only, 'row')} {'fits' if only == 1 else 'fit'}"
            says = f"{fit} only {shown(best.pattern)} and {only_other:,} only {shown(other.pattern)}"
            seen = f"{shown(best.pattern)} fails at {best.misfit}; {shown(other.pattern)} at {other.misfit}"
            ways = self._both_ways(best, other, 2)
            doubt = f"; {both:,} {'fits' if both == 1 else 'fit'} both: {ways}" if ways else ""
            what = (
                "both orders of day and month stand"
                if self._is_order_of(other, best)
                else "two ways to write dates stand"
            )
            return f"{what} in the date column: {says} ({seen}){doubt}; choose with {_options((best, other))}"
        several = (best, *others)[:MOST_OFFERED]
        told = "; ".join(f"{shown(one.pattern)} reads {one.rows:,}, not {one.misfit}" for one in several)
        known = max((one for one in self.odd if one.told is not None), key=lambda one: one.rows, default=None)
        what = ""
        if known is not None and known.told is not None:
            what = f"; {known.rows:,} are {known.told.kind} ({known.cell}): {known.told.remedy}"
        return (
            f"no known format reads enough of the {self.dates:,} dates: {told}{what}; choose with {_options(several)}"
        )

    def _all(self) -> str:
        return "the only date" if self.dates == 1 else f"all {self.dates:,} dates"


def _listed(words: Sequence[str], last: str = "and") -> str:
    return f" {last} ".join(filter(None, (", ".join(words[:-1]), words[-1]))) if words else ""


def _options(several: Sequence[Tried]) -> str:
    return " or ".join(option("dateformat", one.pattern) for one in several)
