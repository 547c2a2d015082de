"""The pictures of the HTML report as plain numbers: bars of codes, titles and domains, dates over time.

They are drawn as a few SVG rectangles in the template. A chart library would bring a megabyte of script for four bar
charts, and style attributes that the page's content security policy refuses.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from preflight.layouts.resolved import ResolvedLayout
from preflight.model.problems import CODES, ProblemCode
from preflight.model.report import Report
from preflight.model.timeline import EPOCH, Stretch, Timeline
from preflight.text.display import visible

MOST_BUCKETS = 60
"""Bars that dates over time are drawn with, at most."""

MOST_TITLES, MOST_DOMAINS, MOST_NEAR_MISSES = 25, 10, 10
"""Titles and domains that get a bar, and pairs of domains that get two."""

LEAST_SHARE = 1.0
"""Percent; no bar of anything is drawn shorter, so that one row among millions is seen."""

WHOLE_FILE, WHOLE_ROW = "whole file", "whole row"
"""What stands for the column where a problem concerns none."""

_STEPS = ((1, "day"), (7, "week"), (1, "month"), (3, "quarter"), (12, "year"), (120, "decade"), (1200, "century"))


@dataclass(frozen=True, slots=True)
class Bar:
    """A labelled number, and how long its bar is in percent of the longest."""

    label: str
    number: int
    share: float
    remark: str = ""


@dataclass(frozen=True, slots=True)
class CodeBars:
    """What was found in one column, or in the records themselves: a bar for each problem code."""

    column: str
    bars: tuple[tuple[ProblemCode, Bar], ...]


@dataclass(frozen=True, slots=True)
class Dates:
    """Rows by date: a bar for each `unit` of time in which some were expected, and those that were not, apart."""

    unit: str
    bars: tuple[Bar, ...]
    apart: tuple[tuple[str, Bar], ...]


def bars(numbers: Iterable[tuple[str, int]], longest: int = 0) -> Iterator[Bar]:
    """A bar for each label and number, as long as its number is large beside the `longest`, or else the largest."""
    numbers = list(numbers)
    longest = longest or max((number for _, number in numbers), default=0)
    for label, number in numbers:
        share = max(LEAST_SHARE, 100 * number / longest) if number else 0.0
        yield Bar(label, number, round(share, 2))


def code_bars(report: Report) -> list[CodeBars]:
    """Findings by column and code, all on one scale; columns without any are left out."""
    found = {**report.problems, **report.warnings}
    drawn = {bar.label: bar for bar in bars(found.items())}
    charts = []
    for subject, column in columns_of(report.layout).items():
        codes = [kind for code, kind in CODES.items() if code in found and _subject_of(kind, report.layout) == subject]
        if codes:
            charts.append(CodeBars(column, tuple((kind, drawn[kind.code]) for kind in codes)))
    return charts


def _subject_of(kind: ProblemCode, layout: ResolvedLayout) -> str:
    return layout.name_of(layout.own[kind.code]) if kind.code in layout.own else kind.subject


def columns_of(layout: ResolvedLayout) -> Mapping[str, str]:
    """What each subject of a problem code is called in the file: the mapped columns by their labels."""
    mapped = {column: visible(layout.label(column), 60) for column in layout.known_columns}
    return {"file": WHOLE_FILE, "row": WHOLE_ROW, **mapped, "cell": "any cell"}


def date_bars(report: Report) -> Dates:
    """Dates over time, and beside it those before and after what was expected, and the cells that are no date."""
    timeline = report.timeline
    unit, buckets = _buckets(timeline)
    no_date = sum(number for code, number in report.problems.items() if CODES[code].subject == "date")
    apart = [("old", _told(timeline.old)), ("future", _told(timeline.future)), ("no date", ("", no_date))]
    longest = max(0, *buckets.values(), *(number for _, (_, number) in apart)) if buckets else 0
    return Dates(
        unit,
        tuple(bars(buckets.items(), longest)),
        tuple((kind, bar) for kind, told in apart for bar in bars([told], longest) if bar.number),
    )


def title_bars(report: Report) -> list[Bar]:
    """The titles that most rows have, each remarked `new` or `known`."""
    titles = report.titles
    most = sorted(titles.counts.items(), key=lambda item: -item[1])[:MOST_TITLES]
    return [
        Bar(visible(bar.label, 120), bar.number, bar.share, "known" if bar.label in titles.known else "new")
        for bar in bars(most)
    ]


def domain_bars(report: Report) -> list[Bar]:
    """The domains that most addresses have."""
    most = list(report.domains.rows.items())[:MOST_DOMAINS]
    return [Bar(visible(bar.label, 80), bar.number, bar.share) for bar in bars(most)]


def near_miss_bars(report: Report) -> list[tuple[Bar, Bar]]:
    """Domains that are most likely mistyped, each beside the one that is meant."""
    pairs = []
    for miss in report.domains.near_misses[:MOST_NEAR_MISSES]:
        wrong, meant = bars([(visible(miss.domain, 80), miss.rows), (visible(miss.meant, 80), miss.meant_rows)])
        pairs.append((wrong, meant))
    return pairs


def _told(stretch: Stretch | None) -> tuple[str, int]:
    if stretch is None:
        return "", 0
    first, last = str(_day(stretch.first)), str(_day(stretch.last))
    return (first if first == last else f"{first} to {last}"), stretch.rows


def _day(number: int) -> date:
    return date.fromordinal(EPOCH + number)


def _buckets(timeline: Timeline) -> tuple[str, Mapping[str, int]]:
    """The smallest unit of time that needs few enough bars, and the rows in each, from the first to the last."""
    if not timeline.rows:
        return "day", {}
    for step, unit in _STEPS:
        by_day = unit in ("day", "week")
        if by_day and timeline.unit == "month":
            continue
        rows = timeline.by("day" if by_day else "month")
        offset = 3 if unit == "week" else 0  # the first day of 1970 was a Thursday; weeks begin on Monday
        places: dict[int, int] = {}
        for when, number in rows.items():
            place = (when + offset) // step if by_day else (when + 1970 * 12) // step
            places[place] = places.get(place, 0) + number
        first, last = min(places), max(places)
        if last - first < MOST_BUCKETS or unit == "century":
            return unit, {_named(place, unit, step, offset): places.get(place, 0) for place in range(first, last + 1)}
    raise AssertionError("a century is the last resort")


def _named(place: int, unit: str, step: int, offset: int) -> str:
    if unit in ("day", "week"):
        return str(_day(place * step - offset))
    year, month = divmod(place * step, 12)
    return f"{year:04d}-{month + 1:02d}" if unit in ("month", "quarter") else f"{year:04d}"
