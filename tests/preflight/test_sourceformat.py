"""How dates are read that are sent in their ISO form: against the JDK, zoneinfo and Python's own reckoning."""

# ruff: noqa: E501 - messages stand here whole
from __future__ import annotations

import json
import random
import re
import subprocess
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from preflight import DateFormatError, Layout, LayoutError, check
from preflight.cli.main import main
from preflight.dates.compose import shaped, style_of
from preflight.dates.counted import CountedFormat, SourceReading, any_format, only_normalized, read_format
from preflight.dates.format import DateFormat
from preflight.dates.source import SourceFormat
from preflight.dates.zones import AMBIGUOUS, OFFSETS, fixed_offset
from preflight.detect.answers import inspect
from preflight.text.locales import LANGUAGES, words_of
from tests.preflight.datetruth import MOMENTS, QUICK_START, read_table
from tests.tool import needed

pytestmark = pytest.mark.usefixtures("as_typed")

WORDS = Path(__file__).with_name("JavaWords.java")


def judged(
    pattern: str, *texts: str, zone: str = "", locale: str = "", day: bool = False, whole: bool = False
) -> list[str]:
    """The texts in their ISO form; empty where they are not read."""
    read = SourceReading(zone, locale, day).format(pattern, whole=whole)
    column = pa.array(list(texts), pa.string())
    there = ~np.isnat(read.judge(column))
    written = iter(read.normalized(column.filter(pa.array(there))))
    return [next(written) if is_read else "" for is_read in there.tolist()]


SPELLED = [
    ("yyyy-MM-dd HH:mm z", "2026-01-25 10:30 EST", "2026-01-25T10:30:00-05:00"),
    ("yyyy-MM-dd HH:mm z", "2026-07-25 10:30 est", "2026-07-25T10:30:00-05:00"),
    ("yyyy-MM-dd HH:mm z", "2026-01-25 10:30 UTC", "2026-01-25T10:30:00Z"),
    ("yyyy-MM-dd HH:mm z", "2026-01-25 10:30 (GMT+1)", "2026-01-25T10:30:00+01:00"),
    ("yyyy-MM-dd HH:mm z", "2026-01-25 10:30 GMT -05:30", "2026-01-25T10:30:00-05:30"),
    ("yyyy-MM-dd HH:mm z", "2026-01-25 10:30 +0530", "2026-01-25T10:30:00+05:30"),
    ("yyyy-MM-dd HH:mm z", "2026-01-25 10:30 UTC\u22128", "2026-01-25T10:30:00-08:00"),
    ("yyyy-MM-dd HH:mm z", "2026-07-25 10:30 America/New_York", "2026-07-25T10:30:00-04:00"),
    ("yyyy-MM-dd'T'HH:mmz", "2026-07-25T10:30+02:00[Europe/Berlin]", "2026-07-25T10:30:00+02:00"),
    ("yyyy-MM-dd HH:mm:ss Z", "2026-01-25 10:30:05 +0100 CET", "2026-01-25T10:30:05+01:00"),
    ("yyyy-MM-dd HH:mm:ss.SSS", "2026-01-25 10:30:05.5", "2026-01-25T10:30:05.500"),
    ("yyyy-MM-dd'T'HH:mm:ss.SSSXXX", "2026-01-25T10:30:05Z", "2026-01-25T10:30:05.000Z"),
    ("yyyy-MM-dd'T'HH:mm:ss.SSSXXX", "2026-01-25T10:30:05", ""),
    ("yyyy-MM-dd'T'HH:mm:ss.SSSXXX", "2026-01-25", ""),
    ("yyyy-MM-dd'T'HH:mm:ssXXX", "2026-01-25T10:30:05.250Z", ""),
    ("yyyy/MM/dd hh:mm:ss a", "2026/1/25 下午2:05:10", "2026-01-25T14:05:10"),
    ("yyyy. MM. dd hh:mm:ss a", "2026. 1. 25 오전 12:05:10", "2026-01-25T00:05:10"),
    ("yyyy'年'MM'月'dd'日' hh:mm a", "2026年1月25日 午後2:05", "2026-01-25T14:05:00"),
    ("yyyy-MM-dd", "'2026-01-25", "2026-01-25"),
    ("dd-MM-yyyy", "25-01-2026 SUN", ""),
    ("yyyy-MM-dd HH:mm z", "2026-01-25 10:30 CST", ""),
    ("yyyy-MM-dd HH:mm z", "2026-01-25 10:30 PM", ""),
    ("yyyy-MM-dd HH:mm z", "2026-01-25 10:30", ""),
    ("yyyy-MM-dd HH:mm z", "2026-01-25 10:30 GMT+15", ""),
    ("yyyy/MM/dd hh:mm:ss a z", "2026/02/13 12:26:52 AM GMT+1", "2026-02-13T00:26:52+01:00"),
    ("EEE MMM dd HH:mm:ss z yyyy", "Sun Jan 25 10:30:05 PDT 2026", "2026-01-25T10:30:05-07:00"),
    ("yyyy-MM-dd HH:mm:ss.SSS", "2026-01-25 10:30:05.123456", "2026-01-25T10:30:05.123"),
    ("yyyy-MM-dd HH:mm:ss.SSSSSSSSS", "2026-01-25 10:30:05.123456789", "2026-01-25T10:30:05.123"),
    ("yyyy-MM-dd HH:mm:ss.SSS", "2026-01-25 10:30:05.5", "2026-01-25T10:30:05.500"),
    ("yyyy-MM-dd'T'HH:mm:ss.SSSXXX", "2026-01-25T10:30:05.123456Z", "2026-01-25T10:30:05.123Z"),
    ("dd/MM/yyyy hh:mm a", "25/01/2026 10:30 p. m.", "2026-01-25T22:30:00"),
    ("dd/MM/yyyy hh:mm a", "25/01/2026 10:30\u00a0a.\u202fm.", "2026-01-25T10:30:00"),
    ("MM/dd/yy, hh:mm:ss a", "2/17/26, 10:00:05\u202fAM", "2026-02-17T10:00:05"),
    ("MM/dd/yyyy", "\u200e1\u200e/\u200e25\u200e/\u200e2026", "2026-01-25"),
    ("MMM dd, yyyy", "Sept. 5, 2026", "2026-09-05"),
    ("MMMM dd, yyyy", "January 25th, 2026", "2026-01-25"),
    ("dd MMMM yyyy", "25th of January 2026", "2026-01-25"),
    (
        "EEE MMM dd yyyy HH:mm:ss z",
        "Sun Jan 25 2026 10:30:05 GMT+0100 (Central European Standard Time)",
        "2026-01-25T10:30:05+01:00",
    ),
    ("MM/dd/yyyy hh:mm:ss a", "02/17/2026 09:55:00 AM - 02/17/2026 10:35:00 AM", "2026-02-17T09:55:00"),
    ("MMMM dd, yyyy hh:mm a z", "January 3, 2026 7:00 PM (EST) → 8:00 PM", "2026-01-03T19:00:00-05:00"),
    ("EEE, MMM dd, yyyy, HH:mm", "Sat, Jan 3, 2026, 10:00 – 11:00", "2026-01-03T10:00:00"),
    ("yyyy-MM-dd HH:mm z", "2026-01-03 10:00–11:00 GMT+1", "2026-01-03T10:00:00+01:00"),
    ("dd.MM.yyyy HH.mm 'Uhr'", "03.01.2026 10.00 bis 11.00 Uhr", "2026-01-03T10:00:00"),
    ("dd/MM/yyyy HH'h'mm", "03/01/2026 10h30\u00a0à\u00a011h30", "2026-01-03T10:30:00"),
    ("yyyy/MM/dd hh:mm a", "2026/1/3 午前10:00～午後1:00", "2026-01-03T10:00:00"),
    ("yyyy-MM-dd'T'HH:mmXXX", "2026-01-03T10:00Z – 2026-01-03T11:00Z", "2026-01-03T10:00:00Z"),
    ("yyyy-MM-dd HH:mmXXX", "2026-01-03 10:00-11:00", "2026-01-03T10:00:00-11:00"),
    ("dd.MM.yy", "17.02.26 - 10:00", ""),
    ("MMM dd, yyyy HH:mm", "Jan 3, 2026 2:00 – 3:00 PM", ""),
    ("MMM dd, yyyy hh:mm a", "Jan 3, 2026 2:00 – 3:00 PM", "2026-01-03T14:00:00"),
    ("MMM dd, yyyy hh:mm a", "Jan 3, 2026 11:00 – 12:30 PM", "2026-01-03T11:00:00"),
    ("MMM dd, yyyy hh:mm a", "Jan 3, 2026 12:00 – 1:00 a.m.", "2026-01-03T00:00:00"),
    ("MM/dd/yyyy hh:mm a", "1/3/2026 11:00-1:00pm", "2026-01-03T11:00:00"),
    ("MM/dd/yyyy, hh a", "1/3/2026, 2 – 3pm", "2026-01-03T14:00:00"),
    ("MM/dd/yyyy hh a", "1/3/2026 10 am - 1:30 pm", "2026-01-03T10:00:00"),
    ("dd MMMM yy - hh a", "3 January 11 - 3 PM", "2011-01-03T15:00:00"),
    ("dd MMM yyyy, HH:mm", "3 Jan 2026, 10:00-11:00", "2026-01-03T10:00:00"),
    ("EEE, MMM dd, yyyy HH:mm z", "Sat, Jan 3, 2026 16:00-17:00 Europe/Berlin", "2026-01-03T16:00:00+01:00"),
    ("MMM dd, yyyy, hh:mm a z", "Jan 3, 2026, 4–5 PM CET", "2026-01-03T16:00:00+01:00"),
    ("MM/dd/yyyy HH:mmXXX", "01/03/2026 10:00-11:00", "2026-01-03T10:00:00-11:00"),
    ("yyyy-MM-dd HH:mmXXX", "2026-01-03 10:00-05:00", "2026-01-03T10:00:00-05:00"),
    ("yyyy-MM-dd HH:mm z", "2026-01-03 10:00 (GMT-05:00) Eastern Time (US & Canada)", "2026-01-03T10:00:00-05:00"),
    ("MMM dd yyyy", "Jan 3 '26", "2026-01-03"),
    ("dd/MM/yyyy HH'h'mm", "03/01/2026 de 10h00 à 11h30", "2026-01-03T10:00:00"),
    ("EEE, yyyy/MM/dd HH:mm", "2026/1/3 星期六 10:00", "2026-01-03T10:00:00"),
    ("EEE, yyyy/MM/dd", "2026/1/3 周五", ""),
    ("EEE dd MMM yyyy hh.mma", "Saturday 3rd January 2026 4.00pm", "2026-01-03T16:00:00"),
    ("dd MMM yyyy", "3 Jan ’26", "2026-01-03"),
    ("MM/dd/yyyy hh:mm a z", "1/3/2026 10:30 AM Central Standard Time", "2026-01-03T10:30:00-06:00"),
    ("MM/dd/yyyy hh:mm a z", "7/3/2026 10:30 AM Central Daylight Time", "2026-07-03T10:30:00-05:00"),
    ("MM/dd/yyyy hh:mm a z", "7/3/2026 10:30 AM Lunar Standard Time", ""),
    ("MM/dd/yyyy hh:mm a z", "7/3/2026 10:30 AM Eastern Time (US and Canada)", "2026-07-03T10:30:00-04:00"),
    ("MM/dd/yyyy hh:mm a z", "1/3/2026 10:30 AM PT", "2026-01-03T10:30:00-08:00"),
    ("yyyy-MM-dd HH:mm:ssXXX", "2026-01-25 10:30:05 +01:00 Europe/Berlin", "2026-01-25T10:30:05+01:00"),
    ("EEE, yyyy/MM/dd", "2026/01/25(日)", "2026-01-25"),
    ("EEE, yyyy/MM/dd", "2026/01/25(月)", ""),
    ("EEE, yyyy-MM-dd HH:mm", "2026-01-25 (Sun) 10:30", "2026-01-25T10:30:00"),
    ("MMM dd, yyyy hh:mm a", "Jan 25, 2026 · 10:30 AM", "2026-01-25T10:30:00"),
    ("dd.MM.yyyy HH:mm z", "17.02.2026 09:55 MEZ", "2026-02-17T09:55:00+01:00"),
    ("HH:mm dd.MM.yyyy", "10:00 – 11:00 17.02.2026", ""),
    ("dd-MM-yyyy", "17–02–2026", "2026-02-17"),
    ("yyyy-MM-dd", "2026‑02‑17", "2026-02-17"),
    ("yyyy'年'MM'月'dd'日' hh:mm a", "2026년 1월 3일 오후 4:00", "2026-01-03T16:00:00"),
    ("yyyy'年'MM'月'dd'日'", "令和8年1月3日", "2026-01-03"),
    ("yyyy'年'MM'月'dd'日'", "令和元年5月1日", "2019-05-01"),
    ("yyyy'年'MM'月'dd'日'", "平成31年4月30日", "2019-04-30"),
    ("EEEE, MMMM dd, yyyy", "Monday, January 25, 2026", ""),
    ("MM/dd/yyyy", "02/30/2026", ""),
    ("MM/dd/yyyy", "01/25/2026 10:30", ""),
]


@pytest.mark.parametrize(("pattern", "text", "expected"), SPELLED)
def test_texts_that_java_cannot_read_are_respelled(pattern: str, text: str, expected: str) -> None:
    assert judged(pattern, text) == [expected]


BLANKS = " \t\u00a0\u2007\u2009\u202f"


@pytest.mark.parametrize("blank", BLANKS, ids=ascii)
@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("MM/dd/yyyy", "{0}01/{0}25/{0}2026{0}", "2026-01-25"),
        ("dd MMM yyyy", "25{0}Jan{0}{0}2026", "2026-01-25"),
        ("yyyy-MM-dd HH:mm:ss.SSS", "2026-01-25{0}10:30:05.{0}5", "2026-01-25T10:30:05.500"),
        ("yyyy-MM-dd HH:mmz", "2026-01-25{0}10:30{0}EST", "2026-01-25T10:30:00-05:00"),
        ("yyyy-MM-dd HH:mmXXX", "2026-01-25 10:30{0}+01:00", "2026-01-25T10:30:00+01:00"),
        ("yyyy-MM-dd hh:mma", "2026-01-25 10:30p.{0}m.", "2026-01-25T22:30:00"),
    ],
)
def test_any_kind_of_blank_matches_a_blank_of_the_pattern(blank: str, pattern: str, text: str, expected: str) -> None:
    assert judged(pattern, text.format(blank)) == [expected]


def test_a_source_format_describes_itself() -> None:
    told = SourceFormat("yyyy-MM-dd HH:mm:ss.SSSSSS z")
    assert (told.pattern, told.plain.pattern) == ("yyyy-MM-dd HH:mm:ss.SSSSSS z", "yyyy-MM-dd HH:mm:ss.SSS Z")
    assert (told.strptime, told.normal.pattern) == ("%Y-%m-%d %H:%M:%S.%f %Z", "yyyy-MM-dd'T'HH:mm:ss.SSSXXX")
    assert (told.has_time, told.has_zone, told.has_names, told.has_fraction) == (True, True, False, True)
    assert (told.reads_time, told.reads_zone, repr(told)) == (
        True,
        True,
        "SourceFormat('yyyy-MM-dd HH:mm:ss.SSSSSS z')",
    )
    assert told.format(datetime(2026, 1, 25, 22, 30, 5, 123_456)) == "2026-01-25 22:30:05.123 +0000"
    day = SourceFormat("EEE, dd 'of' MMM yyyy hh:mm:ss.SSS a XXX", day=True)
    assert (day.plain.pattern, day.strptime) == (
        "EEE, dd' of 'MMM yyyy hh:mm:ss.SSS a XXX",
        "%a, %d of %b %Y %I:%M:%S.%f %p %z",
    )
    assert (day.has_time, day.has_zone, day.has_names, day.has_fraction) == (False, False, True, False)
    assert (day.reads_time, day.reads_zone, day.normal.pattern) == (True, True, "yyyy-MM-dd")
    assert SourceFormat("yyyy-MM-dd HH:mm").normal.pattern == "yyyy-MM-dd'T'HH:mm:ss"
    for pattern in ("yyyy-MM-dd zzzzz", "yyyy-MM-dd HH:mm:ss.SSSSSSSSSS", "yyyy-MM-dd HH:mm SSSS"):
        with pytest.raises(DateFormatError):
            SourceFormat(pattern)


@pytest.mark.parametrize(
    ("pattern", "plain", "normal", "normal_day"),
    [
        ("excel", "yyyy-MM-dd'T'HH:mm:ss", "yyyy-MM-dd'T'HH:mm:ss", "yyyy-MM-dd"),
        ("unix", "yyyy-MM-dd'T'HH:mm:ssXXX", "yyyy-MM-dd'T'HH:mm:ssXXX", "yyyy-MM-dd"),
        ("unix-ms", "yyyy-MM-dd'T'HH:mm:ssXXX", "yyyy-MM-dd'T'HH:mm:ss.SSSXXX", "yyyy-MM-dd"),
    ],
)
def test_a_counted_format_describes_itself(pattern: str, plain: str, normal: str, normal_day: str) -> None:
    told = SourceReading().format(pattern)
    assert (told.pattern, told.plain.pattern, told.normal.pattern) == (pattern, plain, normal)
    assert (told.strptime, told.has_names, told.like("x")) == ("", False, told)
    assert (told.parts, repr(told)) == (told.plain.parts, f"CountedFormat('{pattern}')")
    assert SourceReading(day=True).format(pattern).normal.pattern == normal_day
    assert CountedFormat(pattern, whole=True).normal.pattern == "yyyy-MM-dd"
    whole = SourceReading().format(pattern, whole=True)
    assert whole.normal.pattern == (normal_day if pattern == "excel" else normal)


def test_formats_are_equal_if_they_read_the_same() -> None:
    pattern = "yyyy-MM-dd HH:mm z"
    one = SourceFormat(pattern)
    others: list[object] = [
        SourceFormat(pattern, zone="Europe/Berlin"),
        SourceFormat(pattern, locale="de"),
        SourceFormat(pattern, day=True),
        SourceFormat("yyyy-MM-dd z HH:mm"),
        pattern,
    ]
    assert one == SourceFormat(pattern)
    assert hash(one) == hash(SourceFormat(pattern))
    assert one not in others
    assert len({one, SourceFormat(pattern), *others}) == 6
    assert CountedFormat("excel") != CountedFormat("excel", whole=True)
    assert CountedFormat("excel", day=True) != CountedFormat("excel", whole=True)
    assert CountedFormat("excel", whole=True) == SourceReading().format("excel", whole=True)
    assert SourceFormat("yyyy-MM-dd") != DateFormat("yyyy-MM-dd")


def test_another_pattern_keeps_zone_locale_and_window() -> None:
    start = datetime(1930, 5, 6)
    one = SourceFormat("MM/dd/yy", zone="Europe/Berlin", locale="de", day=True, window_start=start)
    other = one.like("dd MMM yy")
    assert (other.pattern, other.zone, other.locale, other.day) == ("dd MMM yy", "Europe/Berlin", "de", True)
    assert other.window_start == other.plain.window_start == start
    assert str(other.judge(pa.array(["5. Dez 30".replace(".", ""), "7 Mai 30"]))[0]) == "1930-12-05T00:00:00.000000"
    reading = SourceReading("Europe/Berlin", "de", True)
    assert reading.format("MM/dd/yy", window_start=start) == one
    assert reading.format("MM/dd/yy", window_start=start).window_start == start


def test_every_kind_of_arrow_text_is_read() -> None:
    texts = pa.array(["x", "2026-01-25 10:30 EST", None, "2026-02-30 10:30 EST"])
    numbers = pa.array(["x", "46047.4375", None, "9999999"])
    moment = np.datetime64("2026-01-25T15:30", "us")
    for column, dateformat, expected in (
        (texts, SourceFormat("yyyy-MM-dd HH:mm z"), moment),
        (numbers, SourceReading().format("excel"), moment - np.timedelta64(5, "h")),
    ):
        for one in (column, column.cast(pa.large_string()), column.cast(pa.string_view()), pa.chunked_array([column])):
            judged_texts = dateformat.judge(one)
            assert judged_texts[1] == expected
            assert np.isnat(judged_texts).tolist() == [True, False, True, True]
    with pytest.raises(ValueError, match=r"^only dates that the format reads can be normalized$"):
        SourceFormat("yyyy-MM-dd").normalized(pa.array(["2026-01-25", "x"]))


def test_numbers_are_read_up_to_their_limits() -> None:
    assert judged("unix", "0", "253402300799", "253402300800", "1.9") == [
        "1970-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "", "1970-01-01T00:00:01Z",
    ]  # fmt: skip
    assert judged("unix-ms", "1", "253402300799999", "253402300800000", "12345678901234") == [
        "1970-01-01T00:00:00.001Z", "", "", "2361-03-21T19:15:01.234Z",
    ]  # fmt: skip
    assert judged("excel", "61", "2958465,5", "45316.99999", "45316.999995") == [
        "1900-03-01T00:00:00", "9999-12-31T12:00:00", "2024-01-25T23:59:59", "2024-01-26T00:00:00",
    ]  # fmt: skip
    assert judged("unix", "1706178600", zone="Asia/Kolkata") == ["2024-01-25T16:00:00+05:30"]
    assert judged("excel", "45316.5", zone="Asia/Kolkata") == ["2024-01-25T12:00:00"]


ALIKE = [
    ("de", "00. Januar 0000", "00. January 0000"),
    ("de", "  \u200e00\u00a0 Mär. 0000, 00:00", "00 March 0000, 00:00"),
    ("de", "00 Ma\u0308rz 0000", "00 March 0000"),
    ("de", "Dienstag, 00. OKT 0000 ", "Tuesday, 00. October 0000"),
    ("de", "Dienstags 00. Oktobers 0000", "Dienstags 00. Oktobers 0000"),
    ("", "00 Jan 0000 00:00:00.000000 EST", "00 January 0000 00:00:00.000 EST"),
    ("", "00:00:00,0 a.m.", "00:00:00,000 AM"),
    ("", "00:00\u202fP.\u202fM.", "00:00 PM"),
    ("es", "00 de ene. de 0000", "00 de January de 0000"),
]


@pytest.mark.parametrize(("locale", "form", "expected"), ALIKE)
def test_the_form_of_a_respelled_text(locale: str, form: str, expected: str) -> None:
    assert shaped(form, locale) == expected


def test_formats_made_with_and_without_a_reading() -> None:
    """Without one a pattern is Java's where it can be."""
    reading = SourceReading("Europe/Berlin", "de", True)
    assert type(read_format("MM/dd/yyyy", None)) is type(any_format("MM/dd/yyyy")) is DateFormat
    assert read_format("yyyy-MM-dd HH:mm z", None) == SourceFormat("yyyy-MM-dd HH:mm z")
    assert any_format("excel") == SourceReading().format("excel")
    assert read_format("MM/dd/yyyy", reading) == SourceFormat("MM/dd/yyyy", zone="Europe/Berlin", locale="de", day=True)
    assert read_format("excel", reading) == reading.format("excel")
    with pytest.raises(DateFormatError, match=r"position 1: `mm` is minutes, did you mean `MM` \(`MM/dd/yyyy`\)\?$"):
        any_format("mm/dd/yyyy")
    with pytest.raises(ValueError, match=r"^Java reads MM/dd/yyyy$"):
        only_normalized("MM/dd/yyyy")


def test_the_parts_of_patterns_of_a_language() -> None:
    style = style_of("pt-BR")
    assert "dd 'de' MMMM 'de' yyyy" in style.dates
    assert not any(date.startswith("E") for date in style.dates)
    assert len(set(style.dates)) == len(style.dates)
    assert len(set(style.joiners)) == len(style.joiners)
    assert style.zones[-2:] == (" z", "z")
    assert not any("'UTC'" in zone or "'GMT'" in zone for zone in style.zones)
    assert style.whole[-1] == "EEE MMM dd HH:mm:ss z yyyy"
    assert "dd 'de' MMMM 'de' yyyy" not in style_of("").dates
    assert style_of("nn").joiners[-1] == " 'kl'. "


@pytest.mark.parametrize("table", MOMENTS)
def test_a_source_format_reads_the_instants_of_the_plain_format(table: str) -> None:
    """Over all recorded texts; what it reads beyond them has a blank or a mark that Java takes for no blank."""
    groups: dict[str, list[str]] = defaultdict(list)
    for truth in read_table(table):
        groups[truth.pattern].append(truth.text)
    beyond = 0
    for pattern, texts in groups.items():
        column = pa.array(texts, pa.large_string())
        plain = DateFormat(pattern, now=MOMENTS[table])
        expected, source = plain.judge(column), SourceFormat(pattern, window_start=plain.window_start)
        read, (instants, _) = source.judge(column), source._read(column)
        assert np.array_equal(read, instants, equal_nan=True), pattern
        there = ~np.isnat(expected)
        assert np.array_equal(read[there], expected[there]), pattern
        accepted = set(column.filter(pa.array(there)).to_pylist())
        for text in column.filter(pa.array(~np.isnat(read))).to_pylist():
            if text in accepted:
                continue
            beyond += 1
            spelled = " ".join(re.sub("[\u200b\ufeff]|^'", "", text.replace("\u00a0", " ")).split())
            is_short = "S" in pattern and "." not in text
            assert (
                is_short
                or spelled != text
                or re.search(r"Sept|Jan\.|[.,][0-9]{1,2}(?![0-9])|P\.M|[.,][0-9]{4,}|[\t ]", text)
            ), (
                pattern,
                text,
            )
    assert beyond < 1_500


def asked(rows: list[tuple[str, str, str, int]]) -> list[str]:
    """What the JDK writes for moments: pattern, language, zone, seconds since 1970."""
    lines = "".join(f"{pattern}\t{locale}\t{zone}\t{second * 1000}\n" for pattern, locale, zone, second in rows)
    done = subprocess.run(["java", *QUICK_START, str(WORDS)], input=lines.encode(), capture_output=True, check=True)
    return done.stdout.decode().split("\n")[:-1]


@pytest.fixture(scope="module")
def jdk() -> None:
    """A JDK to ask."""
    needed("java", "default-jdk-headless")
    needed("javac", "default-jdk-headless")


SECONDS = [
    int(datetime(2026, month, 1 + month * 2, 9 + month, 30, 5, tzinfo=UTC).timestamp()) for month in range(1, 13)
]


def batches(texts: list[str]) -> list[list[str]]:
    """The texts of each pattern, language and zone: one for each of `SECONDS`."""
    return [texts[start : start + len(SECONDS)] for start in range(0, len(texts), len(SECONDS))]


@pytest.mark.usefixtures("jdk")
def test_dates_that_the_jdk_writes_in_a_language_are_read() -> None:
    patterns = ("dd MMMM yyyy", "EEEE, dd. MMMM yyyy", "EEE dd MMM yyyy, HH:mm:ss", "MMM dd, yyyy hh:mm:ss a")
    rows = [
        (p, locale, "UTC", s)
        for p in patterns
        for locale in (*LANGUAGES, "en", "en-GB", "pt-BR", "es-MX", "ja")
        for s in SECONDS
    ]
    texts = asked(rows)
    each = zip(rows[:: len(SECONDS)], batches(texts), strict=True)
    found = [written for (pattern, locale, *_), some in each for written in judged(pattern, *some, locale=locale)]
    read = unread = 0
    for (pattern, locale, _, second), text, written in zip(rows, texts, found, strict=True):
        moment = datetime.fromtimestamp(second, UTC).replace(tzinfo=None)
        has_time = ":" in pattern
        if not written:  # the CLDR of the JDK is older than babel's, and abbreviates some names otherwise
            unread += 1
            assert "MMM " in pattern, (pattern, locale, text)
            continue
        read += 1
        assert written == (moment.isoformat() if has_time else moment.date().isoformat()), (pattern, locale, text)
    print(f"\n{read:,} texts of the JDK read, {unread} unknown")
    assert unread <= 0.06 * len(rows)


@pytest.mark.usefixtures("jdk")
def test_dates_that_the_jdk_writes_in_a_zone_are_read_as_the_instant() -> None:
    zones = ("America/New_York", "America/Denver", "America/Chicago", "America/Los_Angeles", "America/Anchorage", "Europe/Berlin",
             "Europe/London", "Europe/Athens", "UTC", "Asia/Tokyo", "Asia/Kolkata", "Pacific/Auckland", "GMT+5", "GMT-3")  # fmt: skip
    rows = [
        (pattern, "en", zone, s)
        for pattern in ("yyyy-MM-dd HH:mm:ss z", "yyyy-MM-dd hh:mm:ss a z")
        for zone in zones
        for s in SECONDS
    ]
    texts = asked(rows)
    found = list[tuple[str, str]]()
    for (pattern, _, zone, _), some in zip(rows[:: len(SECONDS)], batches(texts), strict=True):
        in_zone = judged(pattern, *some, zone=zone if "/" in zone else "")
        found += zip(in_zone, judged(pattern, *some), strict=True)
    for (_, _, zone, second), text, (written, alone) in zip(rows, texts, found, strict=True):
        moment = datetime.fromtimestamp(second, UTC)
        place = zone if "/" in zone else ""
        assert datetime.fromisoformat(written) == moment, (text, zone)
        if place:  # and it is written in that zone
            assert datetime.fromisoformat(written).utcoffset() == moment.astimezone(ZoneInfo(zone)).utcoffset()
        word = text.rpartition(" ")[2]
        assert (alone == "") == (word in AMBIGUOUS), text
        assert alone == "" or datetime.fromisoformat(alone) == moment


def test_words_for_zones_mean_what_zoneinfo_says() -> None:
    """Of each zone of the IANA's, every week since 2000: no word of ours means anything else anywhere."""
    found: dict[str, set[int]] = defaultdict(set)
    for name in available_timezones():
        zone, moment = ZoneInfo(name), datetime(2000, 1, 1, tzinfo=UTC)
        while moment < datetime(2027, 1, 1, tzinfo=UTC):
            local = moment.astimezone(zone)
            found[local.tzname() or ""].add((local.utcoffset() or timedelta()) // timedelta(minutes=1))
            moment += timedelta(days=7)
    for word, minutes in OFFSETS.items():
        assert found.get(word, {minutes}) == {minutes}, word
        assert fixed_offset(word) == fixed_offset(word.lower()) == minutes
    for word, places in AMBIGUOUS.items():
        assert word not in OFFSETS
        assert fixed_offset(word) is None
        assert all(ZoneInfo(place) for place in places)
    several = {word for word, offsets in found.items() if word.isalpha() and len(offsets) > 1}
    assert several <= AMBIGUOUS.keys()


instants = st.datetimes(datetime(2000, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC)).map(
    lambda moment: moment.replace(microsecond=0)
)
places = st.sampled_from(
    ["America/New_York", "Europe/Berlin", "Asia/Kolkata", "Pacific/Auckland", "America/St_Johns", "UTC"]
)


@settings(max_examples=50)
@given(instants, places, places)
def test_the_day_of_an_instant_is_that_of_the_zone(moment: datetime, zone: str, other: str) -> None:
    there = moment.astimezone(ZoneInfo(zone))
    text = DateFormat("yyyy-MM-dd'T'HH:mm:ssXXX").format(moment.astimezone(ZoneInfo(other)))
    assert judged("yyyy-MM-dd'T'HH:mm:ssXXX", text, zone=zone, day=True) == [there.date().isoformat()]
    (written,) = judged("yyyy-MM-dd'T'HH:mm:ssXXX", text, zone=zone)
    assert datetime.fromisoformat(written) == moment
    assert written[:19] == there.replace(tzinfo=None).isoformat()
    seconds = int(moment.timestamp())
    assert judged("unix", str(seconds), zone=zone, day=True) == [there.date().isoformat()]
    assert judged("unix-ms", f"{seconds}000", zone=zone) == [written.replace(written[10:19], f"{written[10:19]}.000")]


def test_changes_to_and_from_daylight_saving_time() -> None:
    new_york = "2026-03-08T06:59:59Z", "2026-03-08T07:00:00Z", "2026-11-01T05:30:00Z", "2026-11-01T06:30:00Z"
    assert judged("yyyy-MM-dd'T'HH:mm:ssXXX", *new_york, zone="America/New_York") == [
        "2026-03-08T01:59:59-05:00", "2026-03-08T03:00:00-04:00", "2026-11-01T01:30:00-04:00", "2026-11-01T01:30:00-05:00",
    ]  # fmt: skip
    assert judged("yyyy-MM-dd'T'HH:mm:ssXXX", "2026-03-08T04:59:59Z", "2026-03-08T05:00:00Z", zone="America/New_York", day=True) == [
        "2026-03-07", "2026-03-08"
    ]  # fmt: skip


@settings(max_examples=50)
@given(st.integers(61, 2_958_465), st.integers(0, 86_399))
def test_numbers_of_a_spreadsheet_are_dates(day: int, second: int) -> None:
    moment = datetime(1899, 12, 30) + timedelta(days=day, seconds=second)
    number = f"{day + second / 86_400:.10f}"
    assert judged("excel", number, number.replace(".", ","), f" {day} ") == [moment.isoformat()] * 2 + [
        f"{moment.date()}T00:00:00"
    ]
    assert judged("excel", number, day=True) == [moment.date().isoformat()]
    assert judged("excel", f"{day}", whole=True) == [moment.date().isoformat()]


@pytest.mark.parametrize(
    "text", ["", "x", "60", "2958466", "1e5", "-5", "45.316,5", "01/25/2026", "99999999999999999999"]
)
def test_texts_that_are_not_numbers_of_a_spreadsheet(text: str) -> None:
    assert judged("excel", text) == [""]


@given(st.sampled_from(["yyyy-MM-dd HH:mm:ss z", "MMM dd, yyyy hh:mm a", "dd. MMMM yyyy", "excel", "unix", "EEE MMM dd HH:mm:ss.SSS z yyyy"]),
       st.text(st.sampled_from("0123456789 /-.,:+()[]\u202f\u200eTZMAPmap.EScstGJanuarMäz−\u2212İſ\n"), max_size=30), st.sampled_from(["", "de", "es"]))  # fmt: skip
@settings(max_examples=150)
def test_any_text_is_read_or_rejected(pattern: str, text: str, locale: str) -> None:
    (written,) = judged(pattern, text, locale=locale)
    assert written == "" or re.fullmatch(
        r"[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9:]{8}(\.[0-9]{3})?(Z|[+-][0-9:]{5})?)?", written
    )


def test_each_word_of_a_language_has_one_meaning() -> None:
    assert words_of("de").months["märz"] == "March"
    assert words_of("de").months["mär"] == words_of("de").months["mär."] == "March"
    assert words_of("es").months["mar"] == "March"
    assert words_of("es").weekdays["mar"] == "Tuesday"
    assert "dd 'de' MMMM 'de' yyyy" in words_of("pt-BR").dates
    with pytest.raises(
        LayoutError,
        match=r"^--locale `klingon` is not a language of the CLDR; give a code such as `de` or `pt-BR`$",
    ):
        words_of("klingon")


TIMES = [
    "",
    " 23:45",
    "T23:45:10",
    " 11:45 PM",
    " 11:45:10 pm",
    " 23:45:10.5",
    "T23:45:10.123-05:00",
    ", 23:45",
    " 23:45 EST",
]


@pytest.mark.parametrize(
    "pattern", ["yyyy-MM-dd", "yyyy-MM-dd HH:mm", "yyyy-MM-dd'T'HH:mm:ssXXX", "yyyy-MM-dd hh:mm a z"]
)
def test_of_a_day_alone_any_time_or_none_is_read(pattern: str) -> None:
    days = judged(pattern, *(f"2026-01-25{time}" for time in TIMES), day=True)
    assert days == ["2026-01-25"] * len(TIMES)
    assert judged(pattern, "2026-01-25 25:00", "2026-02-30", "25/01/2026", "2026-01-25 noon", day=True) == [""] * 4
    assert judged(pattern, "2026-01-25T23:45:10Z", "2026-01-25 23:45", zone="Asia/Tokyo", day=True) == (
        ["2026-01-26", "2026-01-25"]
    )


MIXED = [
    (["2026-01-25T10:30:05Z", "2026-01-26T10:30:05.250Z"], "--normalize-dates", ["2026-01-25T10:30:05.000Z", "2026-01-26T10:30:05.250Z"]),
    (["2026-01-25T10:30:05", "2026-01-26T10:30:05.250Z"], "--normalize-dates=day", ["2026-01-25", "2026-01-26"]),
    (["25/01/2026", "02/01/2026 10:30"], "--normalize-dates=day", ["2026-01-25", "2026-01-02"]),
]  # fmt: skip


@pytest.mark.parametrize(("dates", "option", "expected"), MIXED)
def test_times_of_several_kinds_are_read_by_the_command_that_is_offered(
    dates: list[str], option: str, expected: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = write(tmp_path, *dates)
    clean = ["--clean", str(tmp_path / "clean.csv")]
    assert main(["check", str(source), *clean]) == 2
    following = next(line for line in capsys.readouterr().err.splitlines() if line.startswith("Next: "))
    assert following.endswith(f" {option}")
    assert main(following.split()[2:]) == 0
    assert cleaned(tmp_path) == expected


def test_more_dates_that_a_normalized_column_has_are_told(tmp_path: Path) -> None:
    dates = ["2026-01-25 10:30", "2026-01-26 10:30", "2026-01-27"]
    evidence = inspect(write(tmp_path, *dates), Layout()).detected["dateformat"]
    assert evidence == "reads 2 of 3 dates, not row 3: `2026-01-27`; with --normalize-dates=day it reads all"


def write(tmp_path: Path, *dates: str) -> Path:
    source = tmp_path / "in.csv"
    rows = "".join(f'a{i}@acme-corp.com,"{date}",Webinar\n' for i, date in enumerate(dates))
    source.write_text(f"Email,Date,Title\n{rows}", encoding="utf-8")
    return source


def cleaned(tmp_path: Path) -> list[str]:
    lines = (tmp_path / "clean.csv").read_text(encoding="utf-8").splitlines()[1:]
    return [line.split(",")[1].strip('"') for line in lines]


FOUND = [
    (["2026/02/13 12:26:52 AM GMT+1", "2026/02/14 1:26:52 PM GMT+1"], {}, "yyyy/MM/dd hh:mm:ss a z", ["2026-02-13T00:26:52+01:00", "2026-02-14T13:26:52+01:00"]),
    (["May 16, 2026 10:49 AM EDT"], {}, "MMM dd, yyyy hh:mm a z", ["2026-05-16T10:49:00-04:00"]),
    (["2026-01-25 10:30:05.123456"], {}, "yyyy-MM-dd HH:mm:ss.SSS", ["2026-01-25T10:30:05.123"]),
    (["25. Januar 2026", "5. Mai 2026"], {"locale": "de"}, "dd. MMM yyyy", ["2026-01-25", "2026-05-05"]),
    (["dimanche 25 janvier 2026"], {"locale": "fr"}, "EEE dd MMM yyyy", ["2026-01-25"]),
    (["25 de enero de 2026, 10:30 p.\u202fm."], {"locale": "es"}, "dd 'de' MMMM 'de' yyyy, hh:mm a", ["2026-01-25T22:30:00"]),
    (["2/17/26, 10:00:05\u202fAM"], {"normalize_dates": "day"}, "MM/dd/yy, hh:mm:ss a", ["2026-02-17"]),
    (["2026-01-25 23:30 CST"], {"zone": "America/Chicago"}, "yyyy-MM-dd HH:mm z", ["2026-01-25T23:30:00-06:00"]),
    (["2026-01-26T03:30:00Z"], {"zone": "America/New_York", "normalize_dates": "day"}, "yyyy-MM-dd'T'HH:mm:ssXXX", ["2026-01-25"]),
]  # fmt: skip


@pytest.mark.parametrize(("dates", "options", "pattern", "expected"), FOUND)
def test_the_format_of_a_source_is_detected(
    dates: list[str], options: dict[str, object], pattern: str, expected: list[str], tmp_path: Path
) -> None:
    report = check(
        write(tmp_path, *dates), Layout(), clean=tmp_path / "clean.csv", **{"normalize_dates": True, **options}
    )
    assert (report.layout.dateformat.pattern, cleaned(tmp_path)) == (pattern, expected)
    again = check(tmp_path / "clean.csv", Layout(dateformat=report.clean_dateformat), oldest=None)
    assert again.ok


def test_numbers_of_a_spreadsheet_are_days_unless_one_has_a_time(tmp_path: Path) -> None:
    options = {"clean": tmp_path / "clean.csv", "normalize_dates": True}
    assert (
        check(write(tmp_path, "45316", "45317"), Layout(dateformat="excel"), **options).clean_dateformat == "yyyy-MM-dd"
    )
    assert cleaned(tmp_path) == ["2024-01-25", "2024-01-26"]
    report = check(write(tmp_path, "45316", "45317.5"), Layout(dateformat="excel"), **options)
    assert report.clean_dateformat == "yyyy-MM-dd'T'HH:mm:ss"
    assert cleaned(tmp_path) == ["2024-01-25T00:00:00", "2024-01-26T12:00:00"]


def test_two_visits_on_a_day_are_duplicates_if_days_are_sent(tmp_path: Path) -> None:
    source = tmp_path / "in.csv"
    source.write_text(
        "Email,Date,Title\na@x.com,2026-01-25 10:30 EST,T\na@x.com,2026-01-25 11:30 EST,T\n", encoding="utf-8"
    )
    assert check(source, Layout(), normalize_dates=True).warnings == {"repeat-visit": 1}
    assert check(source, Layout(), normalize_dates="day").warnings == {"duplicate-row": 1}


def test_other_processes_read_dates_alike(tmp_path: Path) -> None:
    source = write(tmp_path, *(f"2026-01-{day:02d} 23:30 CST" for day in range(1, 29)), "2026-01-05 10:30 XYZ")
    options = {"clean": tmp_path / "clean.csv", "normalize_dates": "day", "zone": "Asia/Shanghai"}
    here = check(source, Layout(), **options)
    days = cleaned(tmp_path)
    with ProcessPoolExecutor(1) as executor:
        there = check(source, Layout(), executor=executor, **options)
    assert days == cleaned(tmp_path) == [f"2026-01-{day:02d}" for day in range(1, 29)]
    assert here.problems == there.problems == {"date-format": 1}
    says = "`2026-01-05 10:30 XYZ` has `2026-01-05 10:30 XYZ`"
    assert says not in here.examples[0].message


REFUSED = [
    (["--zone", "Europe/Atlantis"], "--zone `Europe/Atlantis` is no time zone; give a place, as in `America/New_York` or `Europe/Berlin`"),
    (["--zone", "EST"], "--zone `EST` is no time zone; give a place, as in `America/New_York` or `Europe/Berlin`"),
    (["--zone", "../etc/passwd"], "--zone `../etc/passwd` is no time zone; give a place, as in `America/New_York` or `Europe/Berlin`"),
    (["--zone", ""], "--zone is blank; name one, or leave it out"),
    (["--locale", "xx"], "--locale `xx` is not a language of the CLDR; give a code such as `de` or `pt-BR`"),
    (["--zone", "Europe/Berlin"], "--zone Europe/Berlin converts instants to local days, but dates as `yyyy-MM-dd` have no zone; leave it out"),
]  # fmt: skip


@pytest.mark.parametrize(("options", "says"), REFUSED)
def test_an_unknown_zone_or_language_is_one_line_and_writes_nothing(
    options: list[str], says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = write(tmp_path, "2026-01-25")
    command = ["check", str(source), "--clean", str(tmp_path / "clean.csv"), "--normalize-dates", *options]
    assert main(command) == 2
    assert capsys.readouterr().err == f"preflight: {says}\n"
    assert [path.name for path in tmp_path.iterdir()] == ["in.csv"]


def test_zone_and_language_are_refused_without_normalizing(tmp_path: Path) -> None:
    for name, value in (("zone", "Europe/Berlin"), ("locale", "de")):
        with pytest.raises(
            LayoutError, match=rf"^--{name} {value} says how dates are normalized; add --normalize-dates$"
        ):
            check(write(tmp_path, "2026-01-25"), Layout(), **{name: value})
    with pytest.raises(LayoutError, match=r'^normalize_dates is True, False or "day", not `week`$'):
        check(write(tmp_path, "2026-01-25"), Layout(), normalize_dates="week")


ONLY_NORMALIZED = [
    ("excel", "`excel` stands for a spreadsheet's days since 1900, with the time as a fraction, which no date format of Act-On's reads; have such dates sent in their ISO form with --normalize-dates"),
    ("yyyy-MM-dd HH:mm z", "date pattern `yyyy-MM-dd HH:mm z`, position 18: `z` is a zone name, which is ambiguous (`CST`, `IST`) and read by the server's locale, did you mean `Z` or `XXX`? Or have such dates read, and sent in their ISO form, with --normalize-dates"),
]  # fmt: skip


@pytest.mark.parametrize(("pattern", "says"), ONLY_NORMALIZED)
def test_dates_that_need_normalizing_are_never_sent_unchanged(pattern: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(DateFormatError) as told:
        check(write(tmp_path, "45316"), Layout(dateformat=pattern))
    assert str(told.value) == says


WAYS_OUT = [
    (["45316", "45317"], "--dateformat excel --normalize-dates"),
    (["1706178600000"], "--dateformat unix-ms --normalize-dates"),
    (["2026/02/13 12:26:52 AM GMT+1"], "--normalize-dates"),
    (["25/01/2026 10:30 p. m."], "--normalize-dates"),
    (["25 janvier 2026"], "--normalize-dates --locale fr"),
    (["So, 25.01.2026"], "--normalize-dates --locale de"),
    (["'2026-01-25"], "--normalize-dates"),
    (["2026. 1. 25 오후 2:05:10"], "--normalize-dates"),
    (["2/17/26, 10:00:05\u202fAM"], "--normalize-dates"),
]  # fmt: skip


@pytest.mark.parametrize(("dates", "options"), WAYS_OUT)
def test_the_offered_command_reads_dates_that_no_format_reads(
    dates: list[str], options: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = write(tmp_path, *dates)
    assert main(["check", str(source)]) == 2
    following = capsys.readouterr().err.splitlines()[-1]
    words = set(options.split())
    assert following.startswith(f"Next: preflight check {source} ")
    assert words <= set(following.split())
    assert main([*following.split()[2:], "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["clean_dateformat"].startswith("yyyy-MM-dd")
    assert main(["check", str(source), "--json"]) == 2
    (choice,) = json.loads(capsys.readouterr().out)["error"]["choices"]
    assert (choice["column"], set(choice["option"].split()) <= set(following.split())) == ("dateformat", True)


def test_an_ambiguous_zone_is_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = write(tmp_path, "2026-01-25 10:30 IST", "2026-01-26 10:30 IST")
    assert main(["check", str(source), "--normalize-dates"]) == 2
    says, following = capsys.readouterr().err.splitlines()
    assert (
        "names its time zone (`IST`), which differs between Asia/Kolkata, Europe/Dublin and Asia/Jerusalem); say whose it is with --zone Asia/Kolkata"
        in says
    )
    assert following.endswith("--zone Asia/Kolkata")
    command = ["check", str(source), "--normalize-dates", "--dateformat", "yyyy-MM-dd HH:mm z", "--json"]
    assert main(command) == 1
    (first, _) = json.loads(capsys.readouterr().out)["examples"]
    assert (
        first["message"]
        == "`2026-01-25 10:30 IST` names its time zone (`IST`), which differs between Asia/Kolkata, Europe/Dublin and Asia/Jerusalem; say whose it is with --zone Asia/Kolkata."
    )


def test_random_moments_are_read_back_in_every_composed_form(tmp_path: Path) -> None:
    rng = random.Random(14)
    for _ in range(200):
        moment = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=rng.randrange(300 * 86_400))
        word, minutes = rng.choice([(word, minutes) for word, minutes in OFFSETS.items() if word != "Z"])
        local = moment + timedelta(minutes=minutes)
        text = f"{DateFormat('EEEE, MMMM dd, yyyy hh:mm:ss a').format(local)} {word}"
        (written,) = judged("EEEE, MMMM dd, yyyy hh:mm:ss a z", text)
        assert datetime.fromisoformat(written) == moment
