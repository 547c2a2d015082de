"""DateFormat: which patterns it takes, what it reads, and that nothing but the text and the moment decides."""

# ruff: noqa: E501 - patterns, texts and messages stand here whole
from __future__ import annotations

import copy
import os
import pickle
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from preflight.dates.format import DateFormat, is_uncommon, other_order
from preflight.dates.java import read_soundly
from preflight.dates.known import KNOWN_FORMATS
from preflight.dates.parse import FEW
from preflight.dates.source import SourceFormat
from preflight.errors import DateFormatError
from tests.tool import needed

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime(2026, 11, 23, 12, 34, 56, tzinfo=UTC)
PATTERNS = [known.pattern for known in KNOWN_FORMATS] + [
    "M/d/yy",
    "yyMMdd",
    "ddMMMyyyy",
    "yyyy年MM月dd日",
    "yyyyMMddHHmmssX",
]

ILLEGAL = [
    ("", "position 1: the pattern is empty; write one such as `MM/dd/yyyy`"),
    ("--", "position 1: only literal text, so it reads no date; write a pattern such as `MM/dd/yyyy`"),
    ("'MM/dd/yyyy'", "position 1: only literal text, so it reads no date; write a pattern such as `MM/dd/yyyy`"),
    ("MM/dd", "position 1: the pattern reads no year, and Act-On would store 1970; add `yyyy`"),
    ("yyyy", "position 1: the pattern reads no month and no day, and Act-On would store January 1; add `MM` and `dd`"),
    ("MM/yyyy", "position 1: the pattern reads no day, and Act-On would store the first of the month; add `dd`"),
    ("MMM yyyy", "position 1: the pattern reads no day, and Act-On would store the first of the month; add `dd`"),
    ("YYYY-MM", "position 1: `YYYY` is the week year, did you mean `yyyy`?"),
    ("dd 'x", "position 4: the quote that opens here is never closed; a quote itself is written `''`"),
    ("mm/dd/yyyy", "position 1: `mm` is minutes, did you mean `MM` (`MM/dd/yyyy`)?"),
    ("dd-mmm-yyyy", "position 4: `mmm` is minutes, did you mean `MMM` (`dd-MMM-yyyy`)?"),
    ("yyyy-mm-dd hh:mm:ss", "position 6: `mm` is minutes, did you mean `MM` (`yyyy-MM-dd HH:mm:ss`)?"),
    ("MM/dd/YYYY", "position 7: `YYYY` is the week year, did you mean `yyyy` (`MM/dd/yyyy`)?"),
    ("MM/DD/yyyy", "position 4: `DD` is the day of the year, did you mean `dd` (`MM/dd/yyyy`)?"),
    ("MM/DD/YYYY", "position 4: `DD` is the day of the year, did you mean `dd` (`MM/dd/yyyy`)?"),
    ("M/D/YY", "position 3: `D` is the day of the year, did you mean `d` (`M/d/yy`)?"),
    ("MM/dd/uuuu", "position 7: `uuuu` is the number of the weekday, did you mean `yyyy` (`MM/dd/yyyy`)?"),
    ("LLL dd yyyy", "position 1: `LLL` is a month without a day, did you mean `MMM` (`MMM dd yyyy`)?"),
    ("MM/dd/yyyy kk:mm", "position 12: `kk` is the hour from 1 to 24, which strptime does not have, did you mean `HH` "
     "(`MM/dd/yyyy HH:mm`)?"),
    ("MM/dd/yyyy KK:mm a", "position 12: `KK` is the hour from 0 to 11, which strptime does not have, did you mean `hh` "
     "(`MM/dd/yyyy hh:mm a`)?"),
    ("MM/dd/yyyy HH:MM", "position 15: `MM` is the month again, did you mean `mm` for minutes (`MM/dd/yyyy HH:mm`)?"),
    ("MM/dd/yyyy hh:mm", "position 12: `hh` is the 12-hour clock, but there is no `a`: Act-On would store 12:30 as 00:30, "
     "did you mean `HH` (`MM/dd/yyyy HH:mm`)?"),
    ("MM/dd/yyyy HH:mm a", "position 12: `HH` is the 24-hour clock, but there is an `a`: Act-On would store 01:30 PM as "
     "01:30, did you mean `hh` (`MM/dd/yyyy hh:mm a`)?"),
    ("yyyy-MM-dd HH:mm:ss.SSSSSS", "position 21: `SSSSSS` is milliseconds, never a fraction (`.5` is 5 ms), did you mean "
     "`SSS` (`yyyy-MM-dd HH:mm:ss.SSS`)?"),
    ("yyyy-MM-dd HH:mm:SS", "position 18: `SS` is milliseconds, never a fraction (`.5` is 5 ms), did you mean `ss` "
     "(`yyyy-MM-dd HH:mm:ss`)?"),
    ("yyyy-MM-ddTHH:mm", "position 11: `T` is not a date letter; literal text goes in quotes: `'T'`; did you mean "
     "`yyyy-MM-dd'T'HH:mm`?"),
    ("%m/%d/%Y", "position 1: `%m` is strptime's; a Java pattern has no percent signs; did you mean `MM/dd/yyyy`?"),
    ("dd.MM.yyyyy", "position 7: `yyyyy` has too many letters, did you mean `yyyy` (`dd.MM.yyyy`)?"),
    ("yyyy-MM-dd z", "position 12: `z` is a zone name, which is ambiguous (`CST`, `IST`) and read by the server's locale, "
     "did you mean `Z` or `XXX`?"),
    ("G yyyy-MM-dd", "position 1: `G` is the era, which strptime does not have; leave it out"),
    ("ww yyyy", "position 1: `ww` is the week of the year; write the date with `dd`, `MM` and `yyyy`"),
    ("W MM yyyy", "position 1: `W` is the week of the month; write the date with `dd`, `MM` and `yyyy`"),
    ("F MM yyyy", "position 1: `F` is a weekday's number in the month; write the date with `dd`, `MM` and `yyyy`"),
    ("dd/MM/yyyy b", "position 12: `b` is not a date letter; literal text goes in quotes: `'b'`; did you mean "
     "`dd/MM/yyyy 'b'`?"),
    ("dd/MM/yyyy dd", "position 12: `dd`: the day is read twice (first at position 1); leave one out"),
    ("dd/yyyy", "position 1: `dd` reads the day, but nothing reads the month"),
    ("EEE MM yyyy", "position 1: `EEE` reads the weekday, but nothing reads the day"),
    ("yyyyMMdd5", "position 9: the digit `5` follows a number directly, so Act-On reads it as part of it"),
    ("'20'yy-MM-dd", "position 1: the digit `0` stands directly before a number, so a reader takes it as part of it"),
    ("yyyyMd", "position 5: `M` directly before another number reads that many digits and no more, did you mean `MM`?"),
    ("dd'E'MM yyyy", "position 3: `E` between two numbers is an exponent to Act-On; set them apart"),
    ("MMM'uary' dd yyyy", "position 4: the letter `u` follows a name directly; Act-On may read it as part of it"),
    ("yyyy-MM-dd HH:mmXss", "position 18: `ss` follows the zone directly and may be part of it; set them apart"),
    ("yyyy\ud800MM", "position 5: half of a surrogate pair, which is not text; remove it"),
]  # fmt: skip


@pytest.mark.parametrize(("pattern", "message"), ILLEGAL, ids=[repr(text).replace("\\", "%") for text, _ in ILLEGAL])
def test_an_unusable_pattern_is_refused_with_position_and_hint(pattern: str, message: str) -> None:
    with pytest.raises(DateFormatError) as caught:
        DateFormat(pattern)
    text = str(caught.value)
    assert text.startswith("date pattern `")
    assert text.split(", ", 1)[1] == message if pattern and "," not in pattern else text.endswith(message)
    assert "\n" not in text


MENDED = [
    *((f"mm/dd/yyyy {hour}:mm{half}", f"MM/dd/yyyy {meant}:mm{half}") for hour, half, meant in
      (("HH", "", "HH"), ("kk", "", "HH"), ("hh", " a", "hh"), ("KK", " a", "hh"), ("hh", "", "HH"), ("HH", " a", "hh"))),
    *((f"MM/dd/yyyy {hour}:MM{half}", f"MM/dd/yyyy {meant}:mm{half}") for hour, half, meant in
      (("HH", "", "HH"), ("kk", "", "HH"), ("hh", " a", "hh"), ("KK", " a", "hh"))),
    ("m/d/yyyy", "MM/d/yyyy"),
    ("dd-mmmm-yyyy", "dd-MMMM-yyyy"),
    ("MM/dd/yyyy H:M", "MM/dd/yyyy H:m"),
    ("MM/dd/YY", "MM/dd/yy"),
    ("MM/dd/Y", "MM/dd/yyyy"),
    ("MM/dd/uu", "MM/dd/yyyy"),
    ("L/D/yyyy", "M/d/yyyy"),
    ("LLLLL DDD yyyy", "MMMM dd yyyy"),
    ("MM/dd/yyyy HH:mm:S", "MM/dd/yyyy HH:mm:s"),
    ("MM/dd/yyyy HH:mm:ss.S", "MM/dd/yyyy HH:mm:ss.SSS"),
    ("MM/dd/yyyy HH:mm:ss.SS", "MM/dd/yyyy HH:mm:ss.SSS"),
    ("MM/dd/yyyy HHH:mm", "MM/dd/yyyy HH:mm"),
    ("MM/dd/yyyy HH:mmm", "MM/dd/yyyy HH:mm"),
    ("MM/dd/yyyy HH:mm:sss", "MM/dd/yyyy HH:mm:ss"),
    ("ddd/MM/yyyy", "dd/MM/yyyy"),
    ("MM/dd/yyyy HH:mm XXXX", "MM/dd/yyyy HH:mm XXX"),
    ("MM/dd/yyyyTHH:mm", "MM/dd/yyyy'T'HH:mm"),
    ("dd 'o''clock' mm yyyy", "dd' o''clock 'MM yyyy"),
    ("%d/%b/%Y %I:%M:%S %p %z", "dd/MMM/yyyy hh:mm:ss a Z"),
    ("%A, %B %d, %y", "EEEE, MMMM dd, yy"),
    ("%a %d.%m.%Y %H:%M:%S.%f", "EEE dd.MM.yyyy HH:mm:ss.SSS"),
]  # fmt: skip


@pytest.mark.parametrize(("pattern", "meant"), MENDED)
def test_the_likely_pattern_is_suggested_and_usable(pattern: str, meant: str) -> None:
    with pytest.raises(DateFormatError) as caught:
        DateFormat(pattern)
    assert f"`{meant}`" in str(caught.value).replace("(", "").rpartition("did you mean")[2]
    assert DateFormat(meant).pattern == meant


@pytest.mark.parametrize("pattern", ["G yyyy", "ww yyyy", "yyyy", "dd/MM/yyyy dd", "%j %Y", "MM/dd/yyyy %q", "dd'"])
def test_no_pattern_is_suggested_without_a_likely_one(pattern: str) -> None:
    with pytest.raises(DateFormatError) as caught:
        DateFormat(pattern)
    assert "did you mean" not in str(caught.value)


NEIGHBOURS = [
    "yyyyMMdd", "yyMMdd", "yyyyMMddHHmmss", "yyyyMMddHHmmssSSS", "ddMMMyyyy", "MMMddyyyy", "EEEddMMMyyyy", "dd'-'MM yyyy",
    "yyyy-MM-dd HH:mm:ss.SSSXXX", "yyyy-MM-dd HH:mmXXX', '", "MMM'b' dd yyyy", "dd MMM yyyy hh:mma'd'", "dd'x'MM yyyy",
    "dd'E'MMM yyyy", "yyyy-MM-dd HH:mmX'Z'", "dd' E'MM yyyy",
]  # fmt: skip
NOT_NEIGHBOURS = [
    ("yMMdd", 1, "`y` directly before another number reads that many digits and no more, did you mean `yyyy`?"),
    ("dMMyyyy", 1, "`d` directly before another number reads that many digits and no more, did you mean `dd`?"),
    ("yyyMMdd", 1, "`yyy` directly before another number reads that many digits and no more, did you mean `yyyy`?"),
    ("yyyy-MM-dd HH:mmX':'ss", 18, "`:` follows the zone directly and may be part of it; set them apart"),
    ("yyyy-MM-dd HH:mmZ'5'", 18, "`5` follows the zone directly and may be part of it; set them apart"),
    ("dd'5'MM yyyy", 3, "the digit `5` follows a number directly, so Act-On reads it as part of it"),
    ("'a5'dd MM yyyy", 1, "the digit `5` stands directly before a number, so a reader takes it as part of it"),
    ("EEE'd' dd MM yyyy", 4, "the letter `d` follows a name directly; Act-On may read it as part of it"),
    ("MMM'ı' dd yyyy", 4, "the letter `ı` follows a name directly; Act-On may read it as part of it"),
    ("dd'E-'MM yyyy", 3, "`E` between two numbers is an exponent to Act-On; set them apart"),
    ("yyyy'E5' MM dd", 5, "`E` between two numbers is an exponent to Act-On; set them apart"),
    ("yyyy-MM-dd HH:mm'E'Z", 17, "`E` between two numbers is an exponent to Act-On; set them apart"),
]


@pytest.mark.parametrize("pattern", NEIGHBOURS)
def test_parts_that_may_be_adjacent(pattern: str) -> None:
    text = DateFormat(pattern).format(datetime(2011, 11, 25, 14, 30, 5, 123_000))
    assert read_soundly(DateFormat(pattern), text) is not None
    assert not np.isnat(DateFormat(pattern).judge(pa.array([text]))[0])


@pytest.mark.parametrize(("pattern", "position", "reason"), NOT_NEIGHBOURS)
def test_parts_that_may_not_be_adjacent(pattern: str, position: int, reason: str) -> None:
    with pytest.raises(DateFormatError) as caught:
        DateFormat(pattern)
    told = str(caught.value)
    assert told.startswith(f"date pattern `{pattern}`, position {position}: ")
    assert reason.removesuffix("?") in told


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("MM/dd/yyyy", "dd/MM/yyyy"),
        ("d.M.yy", "M.d.yy"),
        ("'on 'dd-MM-yyyy HH:mm", "'on 'MM-dd-yyyy HH:mm"),
        ("HH:mm M/dd/y", "HH:mm dd/M/y"),
        ("MMddyyyy", "ddMMyyyy"),
        ("MM yyyy dd", "dd yyyy MM"),
        ("yyyy-MM-dd", None),
        ("yyyy dd MM", None),
        ("dd MMM yyyy", None),
    ],
)
def test_the_other_order_of_day_and_month(pattern: str, expected: str | None) -> None:
    start = datetime(1930, 5, 6)
    other = other_order(DateFormat(pattern, window_start=start))
    assert (other and other.pattern) == expected
    assert other is None or other.window_start == start


@pytest.mark.parametrize(
    ("pattern", "uncommon"),
    [
        ("MM.dd.yyyy", True),
        ("M.d.yy HH:mm", True),
        ("dd.MM.yyyy", False),
        ("MM/dd.yyyy", False),
        ("MM.yyyy.dd", False),
        ("yyyy.MM.dd", False),
        ("MM. dd.yyyy", False),
        ("MMM.dd.yyyy", False),
    ],
)
def test_dates_with_dots_begin_with_the_day(pattern: str, uncommon: bool) -> None:
    assert is_uncommon(DateFormat(pattern)) == uncommon


MOMENT = datetime(2011, 1, 5, 0, 30, 5, 7_000)
EAST, WEST = (timezone(timedelta(hours=sign * 5, minutes=sign * 45)) for sign in (1, -1))
WRITTEN = [
    ("EEEE, MMMM d, y h:m:s.SSS a", MOMENT, "Wednesday, January 5, 2011 12:30:5.007 AM"),
    ("EEE dd MMM yy hh:mm a", MOMENT.replace(hour=12), "Wed 05 Jan 11 12:30 PM"),
    ("MM/dd/yyyy HH:mm", MOMENT.replace(year=33, hour=23), "01/05/0033 23:30"),
    ("MM/dd/yyyy HH:mm", MOMENT.replace(tzinfo=EAST), "01/04/2011 18:45"),
    ("MM/dd/yyyy HH:mm Z", MOMENT.replace(tzinfo=EAST), "01/05/2011 00:30 +0545"),
    ("MM/dd/yyyy HH:mm XXX", MOMENT.replace(tzinfo=WEST), "01/05/2011 00:30 -05:45"),
    ("MM/dd/yyyy HH:mm XX", MOMENT.replace(tzinfo=WEST), "01/05/2011 00:30 -0545"),
    ("MM/dd/yyyy HH:mm X", MOMENT.replace(tzinfo=WEST), "01/05/2011 06:15 Z"),  # it cannot write the minutes
    ("MM/dd/yyyy HH:mm X", MOMENT.replace(tzinfo=timezone(timedelta(hours=-3))), "01/05/2011 00:30 -03"),
    ("MM/dd/yyyy HH:mm XXX", MOMENT, "01/05/2011 00:30 Z"),
    ("MM/dd/yyyy HH:mm Z", MOMENT, "01/05/2011 00:30 +0000"),
    ("MM/dd/yyyy HH:mm Z", MOMENT.replace(tzinfo=timezone(timedelta(seconds=30))), "01/05/2011 00:29 +0000"),
]


@pytest.mark.parametrize(("pattern", "moment", "text"), WRITTEN)
def test_a_moment_is_written_in_the_pattern(pattern: str, moment: datetime, text: str) -> None:
    assert DateFormat(pattern).format(moment) == text


@settings(max_examples=300)
@given(st.one_of(st.text(max_size=30), st.text(alphabet="yMdEHhmsSaZXYDuLkKTz'/-. E5%", max_size=20)))
def test_any_pattern_is_accepted_or_refused_in_one_line(pattern: str) -> None:
    try:
        dateformat = DateFormat(pattern, now=NOW)
    except DateFormatError as error:
        message = str(error)
    else:
        message = "taken"
        instant = dateformat.judge(pa.array([dateformat.format(datetime(2011, 1, 25, 14, 30, 5))]))[0]
        assert not np.isnat(instant)
    assert len(message.splitlines()) == 1
    assert len(message) < 600


def test_a_format_describes_its_pattern() -> None:
    plain, full = DateFormat("MM/dd/yyyy"), DateFormat("EEE, dd MMM yyyy hh:mm:ss a Z")
    assert (plain.pattern, plain.strptime) == ("MM/dd/yyyy", "%m/%d/%Y")
    assert (plain.has_time, plain.has_zone, plain.has_names) == (False, False, False)
    assert full.strptime == "%a, %d %b %Y %I:%M:%S %p %z"
    assert (full.has_time, full.has_zone, full.has_names) == (True, True, True)
    assert plain == DateFormat("MM/dd/yyyy", now=NOW)
    assert plain != full
    assert plain != "MM/dd/yyyy"
    assert len({plain, DateFormat("MM/dd/yyyy"), full}) == 2
    assert repr(plain) == "DateFormat('MM/dd/yyyy')"


@pytest.mark.parametrize(
    ("pattern", "strptime"),
    [
        ("dd''MM''yy", "%d'%m'%y"),
        ("dd 'of' MMMM yyyy", "%d of %B %Y"),
        ("EEEE d.M.y", "%A %d.%m.%Y"),
        ("yyyy-MM-dd'T'HH:mm:ss.SSSXXX", "%Y-%m-%dT%H:%M:%S.%f%z"),
        ("dd'%'MM yyyy", "%d%%%m %Y"),
    ],
)
def test_strptime_translation(pattern: str, strptime: str) -> None:
    assert DateFormat(pattern).strptime == strptime


ACCEPTED = [
    ("MM/dd/yyyy", "1/5/2011 \t", "2011-01-05"),
    ("MM/dd/yyyy", " 01/\t25/ 2011", "2011-01-25"),
    ("MM/dd/yy", "01/25/2011", "2011-01-25"),
    ("MM/dd/yy", "11/23/46", "2046-11-23"),
    ("MM/dd/yy", "11/24/46", "1946-11-24"),
    ("dd MMM yyyy", "05 SEPTEMBER 2011", "2011-09-05"),
    ("dd MMMM yyyy", "05 sep 2011", "2011-09-05"),
    ("dd MMM yyyy", "05 ſep 2011", "2011-09-05"),
    ("EEE, dd MMM yyyy", "tuesday, 25 Jan 2011", "2011-01-25"),
    ("yyyyMMdd", "201101 25", "2011-01-25"),
    ("yyyy-MM-dd hh:mm a", "2011-01-25 12:30 am", "2011-01-25T00:30"),
    ("yyyy-MM-dd'T'HH:mm:ssXXX", "2011-01-25T00:30:00+14:00", "2011-01-24T10:30"),
    ("yyyy-MM-dd", "1583-01-01", "1583-01-01"),
    ("yyyy-MM-dd", "9999-12-31", "9999-12-31"),
    ("yyyy-MM-dd HH:mm Z", "2011-01-25 10:30 -1300", "2011-01-25T23:30"),
    ("yyyy-MM-dd HH:mmXX", "2011-01-25 10:30Z", "2011-01-25T10:30"),
    ("yyyy-MM-dd HH:mmX", "2011-01-25 10:30-01", "2011-01-25T11:30"),
    ("yyyy-MM-dd HH:mm:ss.SSS", "2011-01-25 23:59:59.999", "2011-01-25T23:59:59.999"),
    ("yyyy-MM-dd", "2012-02-29", "2012-02-29"),
    ("yyyy-MM-dd", "2000-2-29", "2000-02-29"),
]


@pytest.mark.parametrize(("pattern", "text", "instant"), ACCEPTED)
def test_accepted_texts(pattern: str, text: str, instant: str) -> None:
    assert DateFormat(pattern, now=NOW).judge(pa.array([text]))[0] == np.datetime64(instant, "us")


REJECTED = [
    ("MM/dd/yyyy", ["25/01/2011", "01/25/11", "02/30/2023", "01/05/2O11", "01/25/2023 10:30", "01/25/2023abc", "01/-5/2011", "00/00/0000",
                    "01/25/2011\n", "01/25/2011\u00a0", "\u00a001/25/2011", "01 /25/2011", "01/25/２０１１", "001/25/2011", "01/25/0011", "now",
                    "today", "5E0/01/2011", "", " ", "44951", "01/1:/2011", "01/1//2011"]),
    ("EEE, dd MMM yyyy", ["Tue, 25 Jan 2023", "Fri, 31 Feb 2023", "Tue , 25 Jan 2011", " Tue, 25 Jan 2011", "Tue, 25 Sept 2011"]),
    ("yyyyMMdd", ["2012909", " 20110125", "2011 125", "2011015"]),
    ("yyyy-MM-dd HH:mm:ss", ["2011-01-25 24:00:00", "2011-01-25 10:60:00", "2011-01-25 10:30:60"]),
    ("yyyy-MM-dd HH:mm:ss.SSS", ["2011-01-25 10:30:00.5"]),
    ("yyyy-MM-dd hh:mm a", ["2011-01-25 13:30 PM", "2011-01-25 00:30 AM"]),
    ("yyyy-MM-dd'T'HH:mm:ssXXX", ["2011-01-25T10:30:00+15:00", "2011-01-25T10:30:00-13:01", "2011-01-25T10:30:00z",
                                  "2011-01-25T10:30:00+14:01", "2011-01-25T10:30:00+01:60", "2011-01-25T10:30:00*01:00", "2011-01-25T10:30:00,01:00"]),
    ("yyyy-MM-dd HH:mmX", ["2011-01-25 10:30+0100", "2011-01-25 10:30+15"]),
    ("yyyy-MM-dd", ["1582-12-31", "2011-00-01", "2011-13-01", "2011-01-00", "2011-01-32", "1900-02-29", "2100-02-29"]),
]  # fmt: skip


@pytest.mark.parametrize(("pattern", "texts"), REJECTED, ids=[pattern for pattern, _ in REJECTED])
def test_rejected_texts(pattern: str, texts: list[str]) -> None:
    for times in (1, FEW):
        assert np.isnat(DateFormat(pattern, now=NOW).judge(pa.array([*texts, "x"] * times))).all()


@pytest.mark.parametrize(
    "values",
    [
        pd.Series(["01/25/2011", None, "x", "01/25/2011"], index=[7, 5, 3, 1], name="when", dtype=object),
        pd.Series(["01/25/2011", None, "x", "01/25/2011"], index=[7, 5, 3, 1], name="when", dtype="str"),
        pd.Series(["01/25/2011", None, "x", "01/25/2011"], index=[7, 5, 3, 1], name="when", dtype=pd.ArrowDtype(pa.string())),
        pd.Series(["01/25/2011", None, "x", "01/25/2011"], index=[7, 5, 3, 1], name="when", dtype=pd.ArrowDtype(pa.large_string())),
        pd.Series(["01/25/2011", None, "x", "01/25/2011"], index=[7, 5, 3, 1], name="when", dtype="category"),
        pd.Series(["01/25/2011", float("nan"), 20110125, "01/25/2011"], index=[7, 5, 3, 1], name="when", dtype=object),
        pd.Series(["01/25/2011", "01/25/2011\ud800", b"01/25/2011", "01/25/2011"], index=[7, 5, 3, 1], name="when", dtype=object),
    ],
    ids=["object", "str", "arrow", "large", "category", "mixed", "surrogates"],
)  # fmt: skip
def test_parse_keeps_index_and_name_for_any_dtype(values: pd.Series) -> None:
    dates = DateFormat("MM/dd/yyyy").parse(values)
    day = pd.Timestamp("2011-01-25")
    expected = pd.Series([day, pd.NaT, pd.NaT, day], index=[7, 5, 3, 1], name="when", dtype="datetime64[us]")
    pd.testing.assert_series_equal(dates, expected)


EVENING = pd.Series(pd.to_datetime(["2026-01-02 23:00", None]), index=[7, 3], name="when")
IN_TOKYO = EVENING.dt.tz_localize("Asia/Tokyo")


@pytest.mark.parametrize(
    ("values", "day", "instant"),
    [
        (EVENING, "2026-01-02 23:00", "2026-01-02T23:00Z"),
        (EVENING.astype("datetime64[s]"), "2026-01-02 23:00", "2026-01-02T23:00Z"),
        (IN_TOKYO, "2026-01-02 23:00", "2026-01-02T14:00Z"),
        (EVENING.astype(pd.ArrowDtype(pa.timestamp("us"))), "2026-01-02 23:00", "2026-01-02T23:00Z"),
        (IN_TOKYO.astype(pd.ArrowDtype(pa.timestamp("us", "Asia/Tokyo"))), "2026-01-02 23:00", "2026-01-02T14:00Z"),
        (IN_TOKYO.astype(object), "2026-01-02 23:00", "2026-01-02T14:00Z"),
        (EVENING.dt.date, "2026-01-02", "2026-01-02T00:00Z"),
        (EVENING.astype("category"), "2026-01-02 23:00", "2026-01-02T23:00Z"),
    ],
)
def test_parse_takes_datetimes_as_they_are(values: pd.Series, day: str, instant: str) -> None:
    expected = pd.Series([pd.Timestamp(day), pd.NaT], index=[7, 3], name="when", dtype="datetime64[us]")
    pd.testing.assert_series_equal(DateFormat("MM/dd/yyyy").parse(values), expected)
    with_zone = DateFormat("yyyy-MM-dd'T'HH:mm:ssXXX").parse(values)
    assert (str(with_zone.dtype), with_zone[7]) == ("datetime64[us, UTC]", pd.Timestamp(instant))


def test_parse_takes_datetimes_among_texts() -> None:
    mixed = pd.Series(["01/25/2011", datetime(2026, 1, 2, 23), pd.NaT, 7], dtype=object)
    assert DateFormat("MM/dd/yyyy").parse(mixed).tolist()[:2] == [
        pd.Timestamp("2011-01-25"),
        pd.Timestamp("2026-01-02 23:00"),
    ]
    assert DateFormat("MM/dd/yyyy").parse(mixed).isna().tolist() == [False, False, True, True]


@pytest.mark.parametrize("values", ["01/25/2024", ["01/25/2024"]])
def test_parse_refuses_other_arguments_than_a_series(values: object) -> None:
    kind = type(values).__name__
    message = rf"^parse takes a pandas Series of texts, not a {kind}; wrap it in pd\.Series$"
    with pytest.raises(TypeError, match=message):
        DateFormat("MM/dd/yyyy").parse(values)  # type: ignore[arg-type]


def test_parse_is_zone_aware_and_accepts_an_empty_series() -> None:
    aware = DateFormat("yyyy-MM-dd'T'HH:mm:ssXXX").parse(pd.Series(["2011-01-25T14:30:05+01:00", "2011-01-25"]))
    assert str(aware.dtype) == "datetime64[us, UTC]"
    assert aware.iloc[0] == pd.Timestamp("2011-01-25T13:30:05Z")
    assert aware.isna().tolist() == [False, True]
    for empty in (
        pd.Series([], dtype=object),
        pd.Series([], dtype="str"),
        pd.Series([float("nan")]),
        pd.Series([1, 2]),
    ):
        assert DateFormat("MM/dd/yyyy").parse(empty).isna().tolist() == [True] * len(empty)


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string()], ids=str)
def test_each_text_is_read_from_its_own_bytes(kind: pa.DataType) -> None:
    """Texts of one width and of several, with gaps between them, few and many, in an array of their own or a slice."""
    days = [f"01/{day:02d}/2011" for day in range(1, 29)]
    gaps = pa.array([*days, None, "1/5/2011", *days, "x", "", *days], kind)
    expected = [np.datetime64(f"2011-01-{day:02d}", "us") for day in range(1, 29)]
    nothing, fifth = np.datetime64("NaT", "us"), np.datetime64("2011-01-05", "us")
    wanted = np.array([*expected, nothing, fifth, *expected, nothing, nothing, *expected])
    dateformat = DateFormat("MM/dd/yyyy")
    for texts, instants in ((gaps, wanted), (pa.concat_arrays([gaps] * 3), np.tile(wanted, 3))):
        for start, stop in ((0, len(texts)), (0, 28), (3, 20), (20, 40), (58, 86), (29, 30), (28, 29), (5, 5)):
            judged = dateformat.judge(texts.slice(start, stop - start))
            np.testing.assert_array_equal(judged, instants[start:stop])
    null_with_bytes = pa.Array.from_buffers(kind, 3, [pa.py_buffer(b"\x05"), *pa.array(days[:3], kind).buffers()[1:]])
    assert dateformat.judge(null_with_bytes).tolist() == [expected[0].item(), None, expected[2].item()]


def test_judge_accepts_every_arrow_string_type() -> None:
    texts = pa.array(["x", "01/25/2011", None, "02/30/2011", "01/26/2011"])
    day = np.datetime64("2011-01-25", "us")
    dateformat = DateFormat("MM/dd/yyyy")
    for one in (texts, texts.cast(pa.large_string()), texts.cast(pa.string_view()), pa.chunked_array([texts])):
        judged = dateformat.judge(one)
        assert judged.dtype == np.dtype("datetime64[us]")
        assert judged[1] == day
        assert np.isnat(judged).tolist() == [True, False, True, True, False]
    assert dateformat.judge(texts.slice(1, 3))[0] == day
    assert np.isnat(dateformat.judge(texts.slice(1, 3))).tolist() == [False, True, True]
    assert dateformat.judge(pa.array([], pa.string())).tolist() == []
    assert np.isnat(dateformat.judge(pa.array([None, None]))).all()


moments = st.datetimes(datetime(1947, 1, 1), datetime(2045, 12, 31), timezones=st.none() | st.builds(
    lambda minutes: timezone(timedelta(minutes=minutes)), st.integers(-780, 840)))  # fmt: skip


@settings(max_examples=400)
@given(st.sampled_from(PATTERNS), moments)
def test_a_formatted_date_is_read_back(pattern: str, moment: datetime) -> None:
    dateformat = DateFormat(pattern, now=NOW)
    if moment.tzinfo is not None and not dateformat.has_zone:
        moment = moment.astimezone(UTC).replace(tzinfo=None)
    text = dateformat.format(moment)
    instant = dateformat.judge(pa.array([text]))[0]
    utc = moment if moment.tzinfo is None else moment.astimezone(UTC).replace(tzinfo=None)
    kept = {"S": 1_000, "s": 1_000_000, "m": 60_000_000, "h": 3_600_000_000, "d": 86_400_000_000}
    unit = next(
        size
        for letter, size in kept.items()
        if any(part.letter == letter for part in dateformat.parts) or letter == "d"
    )
    expected = np.datetime64(utc.replace(day=1) if "d" not in pattern else utc, "us").astype(np.int64) // unit * unit
    assert instant.astype(np.int64) == expected
    again = read_soundly(dateformat, text)
    assert again is not None
    assert dateformat.format(again) == text


texts = st.one_of(
    st.text(max_size=30),
    st.text(alphabet="0123456789/-.: TZ+,JanFebTueAPMſ\t\n", max_size=25),
    st.builds(lambda pattern, moment: DateFormat(pattern).format(moment), st.sampled_from(PATTERNS), moments),
    st.from_regex(r"\A[ \t]*[0-9]{1,2}/[ \t]*[0-9]{1,2}/[ \t]*[0-9]{1,4}[ \t]*\Z"),
    st.from_regex(r"\A[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(Z|[+-][0-9]{2}:[0-9]{2})?\Z"),
)


@settings(max_examples=200)
@given(st.sampled_from(PATTERNS), st.lists(texts, max_size=12))
def test_a_column_gets_the_verdict_of_its_values_one_by_one(pattern: str, values: list[str]) -> None:
    dateformat = DateFormat(pattern, now=NOW)
    column = dateformat.parse(pd.Series(values, dtype=object))
    for value, date in zip(values, column, strict=True):
        alone = read_soundly(dateformat, value)
        assert pd.isna(date) == (alone is None)
        if alone is not None:
            assert date == pd.Timestamp(alone)
            assert dateformat.judge(pa.array([value]))[0] == date.tz_localize(None).to_numpy()


@pytest.mark.parametrize(
    "text", ["1" * 1_000_000, " " * 1_000_000, "01/" * 300_000, "01/25/2011" + " " * 999_999 + "x", "\u00a0" * 500_000]
)
def test_a_text_of_any_length_is_judged_quickly(text: str) -> None:
    start = time.process_time()
    for pattern in ("MM/dd/yyyy", "EEE, dd MMM yyyy", "yyyyMMdd"):
        assert np.isnat(DateFormat(pattern).judge(pa.array([text])))[0]
    assert time.process_time() - start < 2


@pytest.mark.parametrize(
    ("now", "text", "expected"),
    [
        (datetime(2026, 11, 23, 12), "11/23/46", "2046-11-23"),  # midnight lies before the window's first moment
        (datetime(2026, 11, 23), "11/23/46", "1946-11-23"),
        (datetime(2026, 11, 23, 0, 0, 0, 999), "11/23/46", "1946-11-23"),  # Java's clock has milliseconds
        (datetime(2026, 11, 23, 1, tzinfo=timezone(timedelta(hours=2))), "11/22/46", "2046-11-22"),
        (datetime(2028, 2, 29), "02/28/48", "2048-02-28"),
        (datetime(2028, 2, 29), "02/29/48", "1948-02-29"),
        (datetime(1980, 2, 29), "02/28/00", "1900-02-28"),  # 1900 had no 29th, so the window starts on the 28th
        (datetime(1980, 2, 29, 12), "02/28/00", "2000-02-28"),
        (datetime(1980, 2, 29, 12), "02/29/00", "NaT"),  # 1900 had none, and strict Java asks for that first
    ],
)
def test_the_window_of_two_digit_years_follows_now(now: datetime, text: str, expected: str) -> None:
    assert str(DateFormat("MM/dd/yy", now=now).judge(pa.array([text]))[0])[:10] == expected


_VERDICTS = """
import locale, os, pyarrow as pa
from datetime import datetime
from preflight.dates.format import DateFormat, is_uncommon, other_order
from preflight.rules.datefault import explain
locale.setlocale(locale.LC_ALL, "")
print(datetime(2011, 1, 25).strftime("%B"))
now = datetime(2026, 11, 23, 12, 34, 56)
for pattern in ("MM/dd/yyyy", "dd MMM yyyy", "EEEE, dd MMMM yyyy", "dd-MMM-yy", "yyyy-MM-dd hh:mm a", "yyyy-MM-dd'T'HH:mm:ssXXX"):
    dateformat = DateFormat(pattern, now=now)
    texts = [dateformat.format(datetime(2011, month, 25, 14, 30, 5)) for month in range(1, 13)]
    texts += ["25 Mai 2011", "25 Okt 2011", "mardi, 25 janvier 2011", "01/25/2011", "23-Nov-46", "2011-03-27 02:30 AM", "44951", "now", "today"]
    for text, instant in zip(texts, dateformat.judge(pa.array(texts)).tolist()):
        print(pattern, text, instant, explain(dateformat, text) if instant is None else "")
"""


OTHER_LOCALES = ("tr_TR", "de_DE", "ja_JP", "fa_IR")  # a dotless i, other month names, another script, other digits


@pytest.fixture(scope="module")
def compiled_locales(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of locales, compiled from the system's own definitions; needs Debian's `locales` package."""
    localedef = needed("localedef", "locales")
    folder = tmp_path_factory.mktemp("locales")
    for name in OTHER_LOCALES:
        command = [localedef, "-i", name, "-f", "UTF-8", str(folder / f"{name}.UTF-8")]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert (folder / f"{name}.UTF-8" / "LC_TIME").exists(), f"install the package `locales`: {done.stderr}"
    return folder


def test_neither_locale_nor_time_zone_changes_a_verdict(compiled_locales: Path) -> None:
    """Every locale and every zone once, as each is a process of its own."""
    locales = ["C", "C.UTF-8", *(f"{name}.UTF-8" for name in OTHER_LOCALES)]
    zones = ("UTC", "America/Los_Angeles", "Asia/Kathmandu", "Pacific/Apia", "Europe/Berlin", "UTC")
    verdicts, month_names = set(), set()
    for name, zone in zip(locales, zones, strict=True):
        environment = os.environ | {
            "LOCPATH": str(compiled_locales),
            "LC_ALL": name,
            "LANG": name,
            "TZ": zone,
            "PYTHONPATH": str(ROOT),
            "PYTHONUTF8": "1",
        }
        done = subprocess.run(
            [sys.executable, "-c", _VERDICTS], env=environment, capture_output=True, text=True, check=True
        )
        month, _, told = done.stdout.partition("\n")
        month_names.add(month)
        verdicts.add(told)
    assert len(verdicts) == 1
    assert "25 Jan 2011 2011-01-25 00:00:00" in verdicts.pop()
    assert len(month_names) == 1 + len(OTHER_LOCALES), "each locale was in force, as its own name of January shows"


def test_the_module_imports_no_pandas() -> None:
    code = "import sys, preflight.dates.format, preflight.rules.datefault, preflight.dates.known; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert not {"numpy", "pandas", "pyarrow"} & set(done.stdout.split())


@pytest.mark.parametrize("dateformat", [DateFormat("MM/dd/yyyy"), SourceFormat("MM/dd/yyyy HH:mm z")])
def test_a_format_is_immutable(dateformat: DateFormat) -> None:
    same, says = copy.deepcopy(dateformat), f"a {type(dateformat).__name__} does not change; make another one"
    for name in ("pattern", "parts", "strptime", "window_start"):
        with pytest.raises(AttributeError, match=f"^{says}$"):
            setattr(dateformat, name, None)
    assert pickle.loads(pickle.dumps(dateformat)) == dateformat == same
    assert dateformat.form.pattern == same.form.pattern
