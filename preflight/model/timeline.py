"""The distribution of a file's dates over time, for the report's chart; bounded, and mergeable."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

EPOCH = date(1970, 1, 1).toordinal()
"""The ordinal of day 0."""

MOST_DAYS = 4_000
"""Limit for distinct days, about eleven years; the dates of a file with more days are counted by month."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """The first and the last day of dates (days since 1970), and the number of rows with those that count."""

    first: int
    last: int
    rows: int

    @property
    def days(self) -> int:
        """Days from the first to the last, inclusive."""
        return self.last - self.first + 1


@dataclass(frozen=True, slots=True)
class Timeline:
    """The number of rows by date.

    `rows` has the numbers for the expected dates, by day (days since 1970) or, if there are more than `MOST_DAYS` days,
    by month (months since 1970), as `unit` says. `old` are dates before the oldest expected one, `future` those after
    the newest. Texts that are not dates are not counted.
    """

    rows: Mapping[int, int] = field(default_factory=dict)
    unit: Literal["day", "month"] = "day"
    old: Stretch | None = None
    future: Stretch | None = None

    def merged(self, later: Timeline) -> Timeline:
        """The timeline of these rows and of later ones."""
        unit: Literal["day", "month"] = "day" if self.unit == later.unit == "day" else "month"
        rows = dict(self.by(unit))
        for when, count in later.by(unit).items():
            rows[when] = rows.get(when, 0) + count
        old, future = together(self.old, later.old), together(self.future, later.future)
        return Timeline(rows, unit, old, future).bounded()

    def by(self, unit: Literal["day", "month"]) -> Mapping[int, int]:
        """`rows` by day or by month; numbers by month cannot be converted to days."""
        if self.unit == unit:
            return self.rows
        months: dict[int, int] = {}
        for day, count in self.rows.items():
            month = month_of(day)
            months[month] = months.get(month, 0) + count
        return months

    def bounded(self) -> Timeline:
        """The timeline, converted to months if it has too many days."""
        if self.unit == "month" or len(self.rows) <= MOST_DAYS:
            return self
        return Timeline(self.by("month"), "month", self.old, self.future)


def month_of(day: int) -> int:
    """The month of a day, both counted from the start of 1970."""
    calendar = date.fromordinal(EPOCH + day)
    return (calendar.year - 1970) * 12 + calendar.month - 1


def day_named(day: int) -> str:
    """A day, counted from the start of 1970, as `2024-02-06`."""
    return str(date.fromordinal(EPOCH + day))


def month_named(month: int) -> str:
    """A month, counted from the start of 1970, as `2024-02`."""
    year, number = divmod(month + 1970 * 12, 12)
    return f"{year:04d}-{number + 1:02d}"


def together(one: Stretch | None, other: Stretch | None) -> Stretch | None:
    """Two stretches as one, or the only one of them."""
    if one is None or other is None:
        return one or other
    return Stretch(min(one.first, other.first), max(one.last, other.last), one.rows + other.rows)
