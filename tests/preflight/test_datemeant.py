"""What a date that was rejected most likely means."""

from __future__ import annotations

from datetime import datetime

import pytest

from preflight.dates.format import DateFormat
from preflight.rules.datemeant import known, like, readings

NOW = datetime(2026, 11, 23, 12, 34, 56)
US, MINUTES = DateFormat("MM/dd/yyyy", now=NOW), DateFormat("yyyy-MM-dd HH:mm", now=NOW)

BY_FORMATS = [
    ("25.01.2011", [("2011-01-25", "dd.MM.yyyy")]),
    ("12.31.2011", [("2011-12-31", "MM.dd.yyyy")]),  # nobody writes so, but as nothing else
    ("11.12.2011", [("2011-12-11", "dd.MM.yyyy")]),
    ("1.2.2011", [("2011-02-01", "dd.MM.yyyy")]),
    ("04.05.06", [("2006-05-04", "dd.MM.yy"), ("2004-05-06", "yy.MM.dd")]),
    ("25/01/46", [("2046-01-25", "dd/MM/yy")]),
    ("25/12/46", [("1946-12-25", "dd/MM/yy")]),
    ("2024-01-25T10:30:05Z", [("2024-01-25 10:30:05+00:00", "yyyy-MM-dd'T'HH:mm:ssXXX")]),
    (" 25 Jan 2011\t", [("2011-01-25", "dd MMM yyyy")]),
    ("25 January 2011", [("2011-01-25", "dd MMMM yyyy")]),
    ("01/25/2011", [("2011-01-25", "MM/dd/yy")]),  # by another than the format itself
    ("x", []),
    ("25.01.2011" + "0" * 60, []),
]


@pytest.mark.parametrize(("text", "meant"), BY_FORMATS)
def test_the_formats_that_read_a_text(text: str, meant: list[tuple[str, str]]) -> None:
    found = known(US, text)
    assert [(str(one.date).removesuffix(" 00:00:00"), one.pattern) for one in found] == meant
    assert [(one.has_time, one.has_zone) for one in found] == [("T" in one, "Z" in text) for _, one in meant]
    assert readings(US, text, guess=True) == found


SPELLED = [  # the text, what it means with its spelling mended, and whether it has a time
    ("Jan 25th, 2011", ["2011-01-25"], False),
    ("1st of may 2011", ["2011-05-01"], False),
    ("Sept 5, 2011", ["2011-09-05"], False),
    ("Sep. 5 2011", ["2011-09-05"], False),
    ("Sept. 5 2011", ["2011-09-05"], False),
    ("01/05/2O11", ["2011-01-05"], False),
    ("I/l/2o24", ["2024-01-01"], False),
    ("\u200b25.01.2011", ["2011-01-25"], False),
    ("25.01.2011\u00a0", ["2011-01-25"], False),
    ("25\u00ad.01.2011", ["2011-01-25"], False),
    ("25.01.2011 \u00a010:30", ["2011-01-25 10:30:00"], True),
    (" 01 / 25 / 2011", ["2011-01-25"], False),
    ("25 jan 2011 10:30 a.m.", ["2011-01-25 10:30:00"], True),
    ("3-4/2024", ["2024-03-04", "2024-04-03"], False),
    ("3-3/2024", ["2024-03-03"], False),
    ("25-4/2024", ["2024-04-25"], False),
    ("Mon 3-4/2024", ["2024-03-04"], False),
    ("Tue 3-4/2024", [], False),
    ("Tue 4 March, 2024 5pm", [], False),
    ("3--4/2024", [], False),
    ("4 March", [], False),
    ("4 March 10:30", [], False),
    ("March 2024", [], False),
    ("1-2/1500", [], False),
    ("3-4/2024 é", [], False),
    ("3-4/2024" + " " * 53, [], False),
    ("3-4/2024" + " " * 52, ["2024-03-04", "2024-04-03"], False),
]


@pytest.mark.parametrize(("text", "meant", "has_time"), SPELLED)
def test_a_spelling_is_mended_or_read_by_dateutil(text: str, meant: list[str], has_time: bool) -> None:
    found = readings(US, text, guess=True)
    assert [str(one.date).removesuffix(" 00:00:00") for one in found] == meant
    assert {(one.pattern, one.has_time, one.has_zone) for one in found} <= {("", has_time, False)}


def test_only_dateutil_s_reading_is_a_guess() -> None:
    assert readings(US, "3-4/2024", guess=False) == []
    assert [str(one.date) for one in readings(US, "Sept 5, 2011", guess=False)] == ["2011-09-05 00:00:00"]


def test_the_format_s_own_reading_of_a_mended_text_comes_first() -> None:
    (own,) = readings(MINUTES, "2024-01-25 1O:30", guess=False)
    assert (own.date, own.pattern, own.has_time, own.has_zone) == (datetime(2024, 1, 25, 10, 30), "", True, False)


def test_a_format_with_the_same_window() -> None:
    start = datetime(1930, 5, 6)
    assert (like(start, "dd/MM/yy").window_start, like(start, "dd/MM/yy").pattern) == (start, "dd/MM/yy")
    (meant,) = known(DateFormat("MM/dd/yyyy", window_start=datetime(1890, 5, 6)), "25/01/46")
    assert meant.date == datetime(1946, 1, 25)
