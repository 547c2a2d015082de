"""The dates of a file by day or by month: bounded, and the same however the rows are cut into runs."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from preflight.evidence.datelimits import DateLimits
from preflight.evidence.dates import DateEvidence, gathered, readings, timeline_of
from preflight.model.timeline import MOST_DAYS, Stretch, Timeline

LIMITS = DateLimits(now=datetime(2026, 6, 29, 12, tzinfo=UTC))
DAYS = st.dates(date(1985, 1, 1), date(2030, 1, 1))


def timeline(texts: list[str], rows: list[int] | None = None) -> Timeline:
    read = readings(np.array(texts, "datetime64[us]"), None, LIMITS)
    return timeline_of(np.array(rows or [1] * len(texts)), read)


def day(text: str) -> int:
    return int(np.datetime64(text, "D").astype(int))


def test_dates_are_counted_by_day_with_unexpected_ones_apart() -> None:
    texts = ["2024-02-06T10:00", "2024-02-06T23:59", "NaT", "1969-12-31T23:59", "1931-01-01", "2026-06-30T12:01"]
    found = timeline(texts, [2, 3, 7, 1, 4, 5])
    assert found.rows == {day("2024-02-06"): 5}
    assert found.unit == "day"
    assert found.old == Stretch(day("1931-01-01"), day("1969-12-31"), 5)
    assert found.future == Stretch(day("2026-06-30"), day("2026-06-30"), 5)


def test_a_text_without_rows_does_not_count() -> None:
    read = readings(np.array(["2024-02-06", "1931-01-01"], "datetime64[us]"), None, LIMITS)
    assert gathered("", np.array([0, 0]), read) == DateEvidence()


def test_too_many_days_are_counted_by_month() -> None:
    days = (np.datetime64("2010-01-01") + np.arange(MOST_DAYS + 1)).astype(str).tolist()
    assert timeline(days[:-1]).unit == "day"
    found = timeline(days)
    assert found.unit == "month"
    assert found.rows[(2012 - 1970) * 12 + 1] == 29
    assert sum(found.rows.values()) == MOST_DAYS + 1


@given(st.lists(DAYS, max_size=60), st.integers(0, 60), st.integers(0, 60))
def test_timelines_of_runs_add_up(days: list[date], cut: int, other_cut: int) -> None:
    first, second = sorted((cut, other_cut))
    a, b, c = (timeline([str(d) for d in run]) for run in (days[:first], days[first:second], days[second:]))
    whole = timeline([str(d) for d in days])
    assert a.merged(b).merged(c) == a.merged(b.merged(c)) == whole
    expected = Counter(day(str(d)) for d in days if date(1990, 1, 1) <= d <= date(2026, 6, 30))
    assert whole.rows == expected


def test_timelines_by_day_and_by_month_add_up() -> None:
    days = (np.datetime64("2010-01-01") + np.arange(MOST_DAYS + 1)).astype(str).tolist()
    for cut in (1, MOST_DAYS // 2, MOST_DAYS):
        assert timeline(days[:cut]).merged(timeline(days[cut:])) == timeline(days)
    assert timeline(days).merged(timeline(["2010-01-01"])).rows[(2010 - 1970) * 12] == 32
