"""The data of the HTML report's charts: bars of titles and domains, dates over time.

The template draws them as SVG rectangles. A chart library would add a megabyte of script for four bar charts, and style
attributes that the page's content security policy forbids.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from preflight.model.codes import CODES
from preflight.model.report import Report
from preflight.model.timeline import EPOCH, Stretch, Timeline, day_named, month_named
from preflight.text.display import visible

MOST_BUCKETS = 60
"""Limit for the columns of the chart of dates over time."""

MOST_LISTED = 8
"""Limit for distinct days that are listed one by one, with the weekday; more are drawn over time."""

MOST_TICKS = 4
"""Limit for the labels below the columns."""

MOST_TITLES, MOST_DOMAINS, MOST_NEAR_MISSES = 25, 10, 10
"""Limits for the bars of titles and domains, and the pairs of bars of near misses."""

LEAST_SHARE = 1.0
"""The minimum length of a bar in percent, so that one row among millions is visible."""

NO_DATE = "no date"
"""The label for cells without a readable date."""

_READ = frozenset({"date-implausible"})
"""Codes of bad dates that can be read."""

_STEPS = ((1, "day"), (7, "week"), (1, "month"), (3, "quarter"), (12, "year"), (120, "decade"), (1200, "century"))


@dataclass(frozen=True, slots=True)
class Bar:
    """A labelled number, and its bar's length in percent of the longest; `bad` and `bad_share` are its bad rows."""

    label: str
    number: int
    share: float
    remark: str = ""
    bad: int = 0
    bad_share: float = 0.0


@dataclass(frozen=True, slots=True)
class Tick:
    """A label below the columns: its position in percent of the width, and its anchor there."""

    label: str
    at: float
    anchor: str


@dataclass(frozen=True, slots=True)
class Dates:
    """Rows by date.

    `columns` are drawn over time, one per `unit`, with `ticks` below; there are none if the days are few. A few days,
    unexpected dates, and cells without a date are `listed`.
    """

    unit: str
    columns: tuple[Bar, ...]
    ticks: tuple[Tick, ...]
    listed: tuple[Bar, ...]


def bars(numbers: Iterable[tuple[str, int]], longest: int = 0) -> Iterator[Bar]:
    """Yield a bar for each label and number, relative to `longest`, by default the largest number."""
    numbers = list(numbers)
    longest = longest or max((number for _, number in numbers), default=0)
    for label, number in numbers:
        share = max(LEAST_SHARE, 100 * number / longest) if number else 0.0
        yield Bar(label, number, round(share, 2))


def date_bars(report: Report) -> Dates:
    """The dates over time or day by day, the unexpected dates before and after, and the cells without a date."""
    every, good = report.timeline, report.good_timeline
    unit, rows, good_rows = "day", dict[str, int](), dict[str, int]()
    if every.unit == "day" and len(every.rows) <= MOST_LISTED:
        rows = {_with_weekday(day): number for day, number in sorted(every.rows.items())}
        good_rows = {_with_weekday(day): number for day, number in good.rows.items()}
    columns = dict[str, int]()
    if not rows and every.rows:
        unit, columns, good_rows = _buckets(every, good)
    for kind, stretch, of_good in (("earlier", every.old, good.old), ("later", every.future, good.future)):
        if stretch is not None:
            label = _stretch_label(kind, stretch)
            rows[label], good_rows[label] = stretch.rows, of_good.rows if of_good is not None else 0
    no_date = sum(
        number for code, number in report.problems.items() if CODES[code].subject == "date" and code not in _READ
    )
    if no_date:
        rows[NO_DATE] = no_date
    longest = max(columns.values(), default=0)
    return Dates(
        unit,
        tuple(_with_bad(bars(columns.items()), good_rows)),
        tuple(_ticks(list(columns))),
        tuple(_with_bad(bars(rows.items(), longest), good_rows)),
    )


def _with_bad(drawn: Iterable[Bar], good_rows: Mapping[str, int]) -> Iterator[Bar]:
    """Yield the bars with the share of bad rows added."""
    for bar in drawn:
        bad = bar.number - good_rows.get(bar.label, 0)
        share = max(LEAST_SHARE, bar.share * bad / bar.number) if bad else 0.0
        yield replace(bar, bad=bad, bad_share=round(share, 2))


def _ticks(labels: Sequence[str]) -> Iterator[Tick]:
    """Yield labels for the first and the last column, and evenly spaced ones between."""
    number = min(MOST_TICKS, len(labels))
    for i in range(number):
        place = round(i * (len(labels) - 1) / max(1, number - 1))
        anchor = "start" if i == 0 else "end" if i == number - 1 else "middle"
        at = {"start": place, "middle": place + 0.5, "end": place + 1}[anchor]
        yield Tick(labels[place], round(100 * at / len(labels), 2), anchor)


def title_bars(report: Report) -> list[Bar]:
    """The titles with the most rows, each with the remark `new` or `known`."""
    titles = report.titles
    most = sorted(titles.counts.items(), key=lambda item: -item[1])[:MOST_TITLES]
    return [
        Bar(visible(bar.label, 120), bar.number, bar.share, "known" if bar.label in titles.known else "new")
        for bar in bars(most)
    ]


def domain_bars(report: Report) -> list[Bar]:
    """The domains with the most addresses."""
    most = list(report.domains.rows.items())[:MOST_DOMAINS]
    return [Bar(visible(bar.label, 80), bar.number, bar.share) for bar in bars(most)]


def near_miss_bars(report: Report) -> list[tuple[Bar, Bar]]:
    """Pairs of a most likely mistyped domain and the intended one."""
    pairs = []
    for miss in report.domains.near_misses[:MOST_NEAR_MISSES]:
        wrong, meant = bars([(visible(miss.domain, 80), miss.rows), (visible(miss.meant, 80), miss.meant_rows)])
        pairs.append((wrong, meant))
    return pairs


def _stretch_label(kind: str, stretch: Stretch) -> str:
    """The label of unexpected dates, with their first and last day."""
    first, last = day_named(stretch.first), day_named(stretch.last)
    return f"{kind} than expected: {first}" if first == last else f"{kind} than expected: {first} to {last}"


def _with_weekday(day: int) -> str:
    return f"{day_named(day)}, {date.fromordinal(EPOCH + day):%A}"


def _buckets(every: Timeline, good: Timeline) -> tuple[str, dict[str, int], dict[str, int]]:
    """The smallest unit of time with at most `MOST_BUCKETS` columns, the rows in each, and the good rows."""
    for step, unit in _STEPS:
        by_day = unit in ("day", "week")
        if by_day and every.unit == "month":
            continue
        offset = (3 if unit == "week" else 0) if by_day else 1970 * 12  # 1970 began on a Thursday; weeks do on Monday
        rows, good_rows = (_by_step(one.by("day" if by_day else "month"), step, offset) for one in (every, good))
        first, last = min(rows), max(rows)
        if last - first < MOST_BUCKETS or unit == "century":
            names = {place: _named(place, unit, step, offset) for place in range(first, last + 1)}
            of_rows = {name: rows.get(place, 0) for place, name in names.items()}
            return unit, of_rows, {name: good_rows.get(place, 0) for place, name in names.items()}
    raise AssertionError("a century is the last resort")


def _by_step(rows: Mapping[int, int], step: int, offset: int) -> dict[int, int]:
    places = Counter[int]()
    for when, number in rows.items():
        places[(when + offset) // step] += number
    return places


def _named(place: int, unit: str, step: int, offset: int) -> str:
    if unit in ("day", "week"):
        return day_named(place * step - offset)
    month = month_named(place * step - offset)
    return month if unit in ("month", "quarter") else month[:4]
