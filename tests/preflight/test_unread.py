"""Texts that stand for no date, and texts that no pattern reads and that are named for what they are."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from preflight.dates.known import KNOWN_FORMATS
from preflight.dates.unread import unread
from preflight.text.nothing import is_no_date, is_nothing, is_relative, names_no_day

NOTHING = ["", " ", "\u200b", "NULL", "N/A", "n.a.", "NaN", "-", "--", "–", "#N/A", "#REF!", "undefined", "{{date}}",
           "${date}", "*|DATE|*", "[object Object]", " null "]  # fmt: skip
UNDECIDED = ["TBC", "tbd", "T.B.A.", "To be  confirmed", "unknown", "did not attend"]
RELATIVE = ["now", "Today", "next week", "last  Monday", "soon", "ASAP"]


@pytest.mark.parametrize("text", NOTHING)
def test_words_for_nothing(text: str) -> None:
    assert (is_nothing(text), is_no_date(text), is_relative(text), names_no_day(text)) == (True, True, False, True)


@pytest.mark.parametrize("text", UNDECIDED)
def test_words_for_a_date_that_is_not_known(text: str) -> None:
    assert (is_nothing(text), is_no_date(text), is_relative(text), names_no_day(text)) == (False, True, False, True)


@pytest.mark.parametrize("text", RELATIVE)
def test_words_for_a_day_that_depends_on_when_they_were_written(text: str) -> None:
    assert (is_nothing(text), is_no_date(text), is_relative(text), names_no_day(text)) == (False, False, True, True)


@pytest.mark.parametrize("text", ["01/25/2024", "None the Wiser", "N/A/B testing", "Today's Trends", "week", "x" * 200])
def test_other_texts_stand_for_something(text: str) -> None:
    assert not names_no_day(text)


@given(st.sampled_from(KNOWN_FORMATS), st.datetimes(datetime(1583, 1, 1), datetime(9999, 12, 31)))
def test_what_a_known_format_writes_is_neither_nothing_nor_unread(known: object, moment: datetime) -> None:
    text = known.dateformat.format(moment)  # type: ignore[attr-defined]
    assert not names_no_day(text)
    assert unread(text) is None


@given(st.datetimes(datetime(2001, 9, 9, 2), datetime(2033, 5, 18)))
def test_numbers_stand_for_the_moment_that_they_were_made_from(moment: datetime) -> None:
    moment = moment.replace(microsecond=0)
    seconds = (moment - datetime(1970, 1, 1)) // timedelta(seconds=1)
    for text in (f"{seconds}", f"{seconds}000", f"{seconds}000000"):
        told = unread(text)
        assert told is not None
        assert told.date == moment
    told = unread(str((moment - datetime(1899, 12, 30)).days))
    assert told is not None
    assert told.date == moment.replace(hour=0, minute=0, second=0)


HIDDEN = [
    ("'01/25/2024", "01/25/2024", False),
    ('="01/25/2024"', "01/25/2024", False),
    ("\u200e01/25/2024\u200f", "01/25/2024", False),
    ("2/17/26, 10:00:05\u202fAM", "2/17/26, 10:00:05 AM", False),
    ("May 16, 2026 10:40 AM EDT", "May 16, 2026 10:40 AM", True),
    ("2026/02/13 12:26:52 AM GMT+1", "2026/02/13 12:26:52 AM", True),
    ("2026-02-13 12:26:52 (UTC)", "2026-02-13 12:26:52", True),
    ("Thu Jan 25 10:30:00 EST 2024", "Thu Jan 25 10:30:00 2024", True),
    ("2026-02-13T12:26:52.123456", "2026-02-13T12:26:52", False),
]


@pytest.mark.parametrize(("text", "bare", "zoned"), HIDDEN)
def test_what_hides_a_date_is_told_from_it(text: str, bare: str, zoned: bool) -> None:
    told = unread(text)
    assert told is not None
    assert (told.bare, told.zoned) == (bare, zoned)


@given(st.text())
def test_any_text_is_told_in_one_line(text: str) -> None:
    told = unread(text)
    assert told is None or "\n" not in told.kind + told.says + told.remedy
