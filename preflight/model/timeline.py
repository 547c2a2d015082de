"""Where the dates of a file lie on the calendar: evidence for the report's picture, bounded and adding up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

EPOCH = date(1970, 1, 1).toordinal()
"""The day that days are counted from, in Python's count of days."""

MOST_DAYS = 4_000
"""Different days that are kept, some eleven years; a file with more of them is counted by month."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Dates that were not expected: the first and the last day (days since 1970), and how many rows have one."""

    first: int
    last: int
    rows: int

    def merged(self, other: Stretch) -> Stretch:
        """Both together."""
        return Stretch(min(self.first, other.first), max(self.last, other.last), self.rows + other.rows)


@dataclass(frozen=True, slots=True)
class Timeline:
    """How many rows have their date when.

    `rows` counts those of the dates that were expected, by day (days since 1970) or, where there are over `MOST_DAYS`
    of these, by month (months since 1970); `unit` says which. `old` lie before the oldest date expected, `future`
    after the newest. Texts that are no date are not among them.
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
        old, future = _both(self.old, later.old), _both(self.future, later.future)
        return Timeline(rows, unit, old, future).bounded()

    def by(self, unit: Literal["day", "month"]) -> Mapping[int, int]:
        """`rows` by day or by month; what is counted by month has no days."""
        if self.unit == unit:
            return self.rows
        months: dict[int, int] = {}
        for day, count in self.rows.items():
            month = month_of(day)
            months[month] = months.get(month, 0) + count
        return months

    def bounded(self) -> Timeline:
        """The same, by month where it has too many days."""
        if self.unit == "month" or len(self.rows) <= MOST_DAYS:
            return self
        return Timeline(self.by("month"), "month", self.old, self.future)


def month_of(day: int) -> int:
    """The month that a day lies in, both counted from the start of 1970."""
    calendar = date.fromordinal(EPOCH + day)
    return (calendar.year - 1970) * 12 + calendar.month - 1


def day_named(day: int) -> str:
    """A day, counted from the start of 1970, as `2024-02-06`."""
    return str(date.fromordinal(EPOCH + day))


def month_named(month: int) -> str:
    """A month, counted from the start of 1970, as `2024-02`."""
    year, number = divmod(month + 1970 * 12, 12)
    return f"{year:04d}-{number + 1:02d}"


def _both(one: Stretch | None, other: Stretch | None) -> Stretch | None:
    return one.merged(other) if one is not None and other is not None else one or other
