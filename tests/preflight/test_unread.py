"""Texts that stand for no date, and texts that no pattern reads and that are named for what they are."""

# ruff: noqa: E501 - messages stand here whole
from __future__ import annotations

from datetime import datetime, timedelta
from time import process_time

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from preflight.dates import respelling
from preflight.dates.compose import shaped
from preflight.dates.known import KNOWN_FORMATS
from preflight.dates.unread import unread
from preflight.text.nothing import _KINDS, SOMETHING, is_no_date, is_nothing, is_relative, names_no_day

NOTHING = ["", " ", "\u200b", "NULL", "N/A", "n.a.", "NaN", "-", "--", "–", "#N/A", "#REF!", "undefined", "{{date}}",
           "${date}", "*|DATE|*", "[object Object]", " null "]  # fmt: skip
UNDECIDED = ["TBC", "tbd", "T.B.A.", "To be  confirmed", "unknown", "did not attend"]
RELATIVE = ["now", "Today", "next week", "last  Monday", "soon", "ASAP"]


@pytest.mark.parametrize(
    ("text", "nothing", "no_date", "relative"),
    [
        *((text, True, True, False) for text in NOTHING),
        *((text, False, True, False) for text in UNDECIDED),
        *((text, False, False, True) for text in RELATIVE),
    ],
)
def test_words_that_name_no_day(text: str, nothing: bool, no_date: bool, relative: bool) -> None:
    assert (is_nothing(text), is_no_date(text), is_relative(text)) == (nothing, no_date, relative)
    assert names_no_day(text)


@pytest.mark.parametrize("text", ["01/25/2024", "None the Wiser", "N/A/B testing", "Today's Trends", "week", "x" * 200])
def test_other_texts_are_not_words_for_nothing(text: str) -> None:
    assert not names_no_day(text)


@given(st.sampled_from(KNOWN_FORMATS), st.datetimes(datetime(1583, 1, 1), datetime(9999, 12, 31)))
def test_dates_of_known_formats_are_neither_missing_nor_unread(known: object, moment: datetime) -> None:
    text = known.dateformat.format(moment)  # type: ignore[attr-defined]
    assert not names_no_day(text)
    assert unread(text) is None


@given(st.datetimes(datetime(2001, 9, 9, 2), datetime(2033, 5, 18)))
def test_numbers_are_read_as_the_moment_that_they_encode(moment: datetime) -> None:
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
    ("Jan 25th, 2011", "Jan 25, 2011", False),
    ("25/01/2026 10:30 p. m. x", "25/01/2026 10:30 PM x", False),
    ("2026. 1. 25 오후 2:05 x", "2026. 1. 25 2:05 PM x", False),
    ("Sat, Jan 3, 2026, 10:00 – 11:00", "Sat, Jan 3, 2026, 10:00", False),
    ("3 Jan 2026, 10:00-11:00", "3 Jan 2026, 10:00", False),
    ("17–02–2026", "17-02-2026", False),
    ("令和8年1月3日", "2026年1月3日", False),
    ("2026-02-13 12:26:52 +0100 (Central European Time)", "2026-02-13 12:26:52 +0100", False),
]


@pytest.mark.parametrize(("text", "bare", "zoned"), HIDDEN)
def test_a_date_is_separated_from_what_hides_it(text: str, bare: str, zoned: bool) -> None:
    told = unread(text)
    assert told is not None
    assert (told.bare, told.zoned) == (bare, zoned)


EXPORT = "show the column as dates (yyyy-mm-dd) in the spreadsheet and export it again"
LACKING = "show the column with day, month and year (yyyy-mm-dd) in the spreadsheet and export it again"
FORMULA = 'take the =" and the " off, in a spreadsheet by copying the column and pasting its values, or have them fixed with `fix=["formula"]`'
ZONELESS = "export the times without a zone, or with an offset such as -05:00"
ZONED, BY_ITS_OWN = "times with the zone as a word", "which Act-On reads by a list of its own"
LETTERS, MONTHS = "times with the half of the day in other letters", "dates with months in another language"
UNTAKEN = "take such characters out with Find and Replace"


def in_a_spreadsheet(unit: int) -> str:
    return f"make dates of them first, in a spreadsheet by =A1/{unit}+25569 shown as yyyy-mm-dd"


KINDS = [  # the text, its kind, what is said of it, the remedy, the options that read it when dates are normalized
    ("44951", "a spreadsheet's numbers of days", "is a spreadsheet's number for 2023-01-25", EXPORT, {"dateformat": "excel"}),
    ("44951.5", "a spreadsheet's numbers of days", "is a spreadsheet's number for 2023-01-25 12:00:00", EXPORT, {"dateformat": "excel"}),
    (" 44951,25\t", "a spreadsheet's numbers of days", "is a spreadsheet's number for 2023-01-25 06:00:00", EXPORT, {"dateformat": "excel"}),
    ("1706178600", "Unix time in seconds", "is Unix time, the seconds since 1970, and stands for 2024-01-25 10:30:00 UTC", in_a_spreadsheet(86_400), {"dateformat": "unix"}),
    ("1706178600.5", "Unix time in seconds", "is Unix time, the seconds since 1970, and stands for 2024-01-25 10:30:00 UTC", in_a_spreadsheet(86_400), {"dateformat": "unix"}),
    ("1706178600000", "Unix time in milliseconds", "is Unix time, the milliseconds since 1970, and stands for 2024-01-25 10:30:00 UTC", in_a_spreadsheet(86_400_000), {"dateformat": "unix-ms"}),
    ("1706178600000000", "Unix time in microseconds", "is Unix time, the microseconds since 1970, and stands for 2024-01-25 10:30:00 UTC", in_a_spreadsheet(86_400_000_000), None),
    ("#" * 100, "what a spreadsheet shows in too narrow a column", "is what a spreadsheet shows where the column is too narrow", "make the column wider in the spreadsheet and export it again", None),
    ('="2024-01-25"', 'formulas (="…")', "is a formula around a text, for Excel to leave it alone", FORMULA, None),
    ('=""2024-01-25""', 'formulas (="…")', "is a formula around a text, for Excel to leave it alone", FORMULA, None),
    ('=""', 'formulas (="…")', "is a formula around a text, for Excel to leave it alone", FORMULA, None),
    *((f"{mark} 01/25/2024", "texts after an apostrophe", "has a spreadsheet's ' before it, which marks text", "take it off, in a spreadsheet with Find and Replace", {}) for mark in "'’‘`"),
    ("\u200e01/25/2024", "texts with U+200E (left-to-right mark)", "has U+200E (left-to-right mark) at position 1, which nobody sees", UNTAKEN, {}),
    ("01/25/2024\u00a010:30", "texts with U+00A0 (no-break space)", "has U+00A0 (no-break space) at position 11, which nobody sees", UNTAKEN, {}),
    *((text, "dates without a year", "has no year", LACKING, None) for text in ("25-Jan", "25. January", "5/Sep", "1/2", "1-2.", "12.12.")),
    *((text, "dates without a day", "has no day", LACKING, None) for text in ("Jan 2024", "january, 2024", "1/2024", "2024", "2024-01", "1999.12")),
    *((text, "dates without a year", "has no year or no day", LACKING, None) for text in ("Jan-25", "may 5", "September12")),
    ("2024-01-25T10:30:05.123456", "times with parts of a millisecond", "has 6 digits after the second, which Act-On reads as so many milliseconds", "export the times to the second", {}),
    ("2024-01-25 10:30:05,1234 PM", "times with parts of a millisecond", "has 4 digits after the second, which Act-On reads as so many milliseconds", "export the times to the second", {}),
    ("2024-01-25 10:30:05.0", "times with parts of a second", "has 1 digit after the second, which Act-On reads as so many milliseconds", "export the times to the second", {}),
    *((f"2026-01-25 10:30 {word}", ZONED, f"names its time zone (`{word}`), {BY_ITS_OWN}", ZONELESS, "else") for word in ("EST", "MSK", "WIB", "GMT+5", "Asia/Kolkata")),
    ("25/01/2026 10:30 p. m.", LETTERS, "has `p. m.` for PM, which Act-On does not read", "export the times with AM and PM", {}),
    ("25/01/2026 10:30a.m.", LETTERS, "has `a.m.` for AM, which Act-On does not read", "export the times with AM and PM", {}),
    *((f"2026. 1. 25 {word} 2:05", LETTERS, f"has `{word}` for {half}, which Act-On does not read", "export the times with AM and PM", {}) for word, half in (("上午", "AM"), ("下午", "PM"), ("午前", "AM"), ("午後", "PM"), ("오전", "AM"), ("오후", "PM"))),
    ("1/3/2026 10:00 AM - 1/3/2026 11:00 AM", "ranges of times", "is a range of times, and a touch point has one: it starts at `1/3/2026 10:00 AM`", "keep the start", {}),
    ("Jan 3, 2026 2:00 – 3:00 PM", "ranges of times", "is a range of times, and a touch point has one: it starts at `Jan 3, 2026 2:00 PM`", "keep the start", {}),
    ("03\u201101\u20112026", "dates with dashes for hyphens", "has U+2011 (non-breaking hyphen) for a hyphen, which Act-On does not read", "replace it", {}),
    ("令和元年 5月1日", "dates of a Japanese era", "counts its year in a Japanese era (`令和元年`), which Act-On does not read", "write the year as in 2026", {}),
    *((text, "ranges of days", "is a range of days, and a touch point has one", "write the day that counts, or say it for all rows with `date_text`", None) for text in ("Feb 17-18, 2026", "17–18 Feb. 2026", "February 17th–18th, 2026", "17.–18.02.2026", "17.-18. Februar 2026", "02/17/2026 - 02/18/2026", "2026-02-17 – 2026-02-18", "17/02/2026 to 18/02/2026")),
    ("4th of March 2026", "dates with the day as an ordinal", "writes its day as an ordinal (`4th`), which Act-On does not read", "write the day as a number", {}),
    ("Sun Jan 25 2026 10:30:05 GMT+0100 (CET)", "times with the zone's name in brackets", "has the name of its time zone in brackets (`(CET)`), which Act-On does not read", "take it out", {}),
    ("2026-01-25 10:30:05 +0000 UTC", "times with the zone's name after its offset", "has the name of its time zone after its offset (`UTC`), which Act-On does not read", "take it out", {}),
    ("lundi 25 janvier 2026", MONTHS, "names its month in another language (`janvier`), and Act-On reads the English ones", "show the column as numbers (yyyy-mm-dd) and export it again", {"locale": "fr"}),
    ("25 Juli 2026 foo", MONTHS, "names its month in another language (`Juli`), and Act-On reads the English ones", "show the column as numbers (yyyy-mm-dd) and export it again", {"locale": "de"}),
]  # fmt: skip


def test_words_of_the_given_language_are_not_foreign() -> None:
    assert unread("25 Juli 2026 foo", normalized=True, locale="de") is None


@pytest.mark.parametrize(("text", "kind", "says", "remedy", "options"), KINDS)
def test_the_message_for_a_text_that_no_pattern_reads(
    text: str, kind: str, says: str, remedy: str, options: dict[str, str] | str | None
) -> None:
    """`options` are None where normalizing reads it no better, "else" where it is read then, but for the pattern."""
    told, normalized = unread(text), unread(text, normalized=True)
    assert told is not None
    assert normalized is not None
    assert (told.kind, told.says) == (kind, says)
    if options is None:
        assert (told.remedy, told.options.keys() <= {"fix", "date_text"}) == (remedy, True)
        assert normalized == told
        return
    reading = {"normalize_dates": "", **(options if isinstance(options, dict) else {})}
    words = ["`normalize_dates`", *(f'{name}="{value}"' for name, value in reading.items() if value)]
    assert (told.remedy, told.options) == (f"{remedy}, or have them read with {' and '.join(words)}", reading)
    if isinstance(options, dict):
        rest = f", or have them read with {words[1]}" if words[1:] else ""
        assert (normalized.says, normalized.remedy, normalized.options) == (says, remedy + rest, options)


PUT_Z = "put `z` where the zone stands in the date format"
IN_WORDS = [
    ("EST", "the date format does not read", PUT_Z, {}),
    ("(UTC)", "the date format does not read", PUT_Z, {}),
    ("GMT+1", "the date format does not read", PUT_Z, {}),
    ("America/New_York", "the date format does not read", PUT_Z, {}),
    ("Mars/Olympus", "is not known", ZONELESS, {}),
    ("ZZT", "is not known", ZONELESS, {}),
    ("MSK", "has changed in Europe/Moscow", 'say whose it is with zone="Europe/Moscow"', {"zone": "Europe/Moscow"}),
    ("KST", "differs between Asia/Seoul and Asia/Pyongyang", 'say whose it is with zone="Asia/Seoul"', {"zone": "Asia/Seoul"}),
    ("IST", "differs between Asia/Kolkata, Europe/Dublin and Asia/Jerusalem", 'say whose it is with zone="Asia/Kolkata"', {"zone": "Asia/Kolkata"}),
]  # fmt: skip


@pytest.mark.parametrize(("word", "says", "remedy", "options"), IN_WORDS)
def test_the_message_for_a_zone_if_dates_are_normalized(
    word: str, says: str, remedy: str, options: dict[str, str]
) -> None:
    told = unread(f"2026-01-25 10:30 {word}", normalized=True)
    assert told is not None
    assert (told.kind, told.says) == (ZONED, f"names its time zone (`{word.strip('()')}`), which {says}")
    assert (told.remedy, told.options, told.zoned, told.bare) == (remedy, options, True, "2026-01-25 10:30")


@pytest.mark.parametrize(
    "text",
    ["", " \t", "1 – 2", "Booth 5 — 7 a", "1" * 101, "#" * 101, "1999999", "19999", "80000", "2706178600", "`x", "a'1", "10:30", "10:30 SAT",
     "10:30:05.123", "25 janvier", "25 January 2026", "Monday 25 2026", "25 xyzzy 2026", "x 25 2026"],
)  # fmt: skip
def test_unknown_texts_have_no_message(text: str) -> None:
    assert unread(text) is unread(text, normalized=True) is None


@given(st.text())
def test_any_text_has_a_message_of_one_line(text: str) -> None:
    told = unread(text)
    assert told is None or "\n" not in told.kind + told.says + told.remedy


@given(st.lists(st.sampled_from([*_KINDS, " ", ".", "\u200b", "1", "{{", "}}", "a"]), max_size=4).map("".join))
def test_texts_certain_to_be_something_are_not_words_for_nothing(text: str) -> None:
    assert not (pc.match_substring_regex(pa.array([text]), SOMETHING)[0].as_py() and names_no_day(text))


@pytest.mark.parametrize("text", ["0:00 AM - " * 10, "00:00 - " * 12, "00.00 " * 16, "1:00 to " * 12])
def test_a_text_of_many_times_is_searched_without_backtracking(text: str) -> None:
    before = process_time()
    unread(text)
    shaped(text, "")
    assert process_time() - before < 1


@pytest.mark.parametrize("text", ["2026-01-19 10:05:30", "01/19/2026 10:05 PM", "1/19/26 10:05:30 a.m. EST"])
def test_one_time_takes_no_slow_search_for_a_range(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(respelling, "_starts")
    unread(text)
