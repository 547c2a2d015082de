"""What lenient Java makes of one text, step by step, and which of its parts nobody writes so in a date."""

from __future__ import annotations

from datetime import datetime

import pytest

from preflight.dates.format import DateFormat
from preflight.dates.java import full_year, read_leniently
from preflight.rules.misfits import misfits
from preflight.text.spans import WHOLE

NOW = datetime(2026, 11, 23, 12, 34, 56)
US, EU, NAMED = "MM/dd/yyyy", "dd/MM/yyyy", "dd MMM yyyy"
MILLIS, HALF = "yyyy-MM-dd HH:mm:ss.SSS", "yyyy-MM-dd hh:mm a"
Z, X, XXX = (f"yyyy-MM-dd HH:mm {zone}" for zone in ("Z", "X", "XXX"))

READ = [
    (US, "01/25/2011", "2011-01-25", WHOLE),
    (US, "001/25/2024", "2024-01-25", [(0, 3)]),
    (US, "01/-5/2024", "2023-12-26", [(3, 5)]),
    (US, "01/0/2024", "2023-12-31", [(3, 4)]),
    (US, "13/31/2024", "2025-01-31", [(0, 2)]),
    (US, "0/31/2024", "2023-12-31", [(0, 1)]),
    (US, "01/25/24", "0024-01-25", [(6, 8)]),
    ("MM/dd/yy", "01/25/24", "2024-01-25", WHOLE),
    ("MM/dd/yy", "01/25/2024", "2024-01-25", WHOLE),
    ("MM/dd/yy", "01/25/024", "0024-01-25", [(6, 9)]),
    (US, "01/25/2024 \t", "2024-01-25", WHOLE),
    (US, "01/25/2024 x", "2024-01-25", [(10, None)]),
    (US, "01/32/2024x", "2024-02-01", [(3, 5), (10, None)]),
    *((US, f"{month:02d}/31/2023", f"2023-{month + 1:02d}-01", [(3, 5)]) for month in (4, 6, 9, 11)),
    *((US, f"{month:02d}/31/2023", f"2023-{month:02d}-31", WHOLE) for month in (1, 3, 5, 7, 8, 10, 12)),
    (US, "02/29/1900", "1900-03-01", [(3, 5)]),
    (US, "02/29/2000", "2000-02-29", WHOLE),
    (US, "02/29/2024", "2024-02-29", WHOLE),
    (US, "02/29/2023", "2023-03-01", [(3, 5)]),
    (NAMED, "31 Feb 2023", "2023-03-03", [(0, 2)]),
    (NAMED, "31 Jan 2023", "2023-01-31", WHOLE),
    (NAMED, "31 Nov 2023", "2023-12-01", [(0, 2)]),
    (NAMED, "31 december 2023", "2023-12-31", WHOLE),
    (NAMED, "5 ſep 2023", "2023-09-05", WHOLE),
    ("EEE, dd MMM yyyy", "Tue, 25 Jan 2024", "2024-01-25", WHOLE),
    (MILLIS, "2024-01-25 24:60:60.1000", "2024-01-26 01:01:01", [(11, 13), (14, 16), (17, 19), (20, 24)]),
    (MILLIS, "2024-01-25 23:59:59.999", "2024-01-25 23:59:59.999", WHOLE),
    (MILLIS, "2024-01-25 0:0:0.5", "2024-01-25 00:00:00.005", WHOLE),
    (MILLIS, "2024-01-25 010:00:00.000", "2024-01-25 10:00:00", [(11, 14)]),
    (HALF, "2024-01-25 0:30 AM", "2024-01-25 00:30:00", [(11, 12)]),
    (HALF, "2024-01-25 13:30 AM", "2024-01-25 13:30:00", [(11, 13)]),
    (HALF, "2024-01-25 12:30 am", "2024-01-25 00:30:00", WHOLE),
    (HALF, "2024-01-25 12:30 PM", "2024-01-25 12:30:00", WHOLE),
    (HALF, "2024-01-25 1:30 PM", "2024-01-25 13:30:00", WHOLE),
    (Z, "2024-01-25 10:30 +1400", "2024-01-24 20:30:00 UTC", WHOLE),
    (Z, "2024-01-25 10:30 +1401", "2024-01-24 20:29:00 UTC", [(17, 22)]),
    (Z, "2024-01-25 10:30 -1300", "2024-01-25 23:30:00 UTC", WHOLE),
    (Z, "2024-01-25 10:30 -1301", "2024-01-25 23:31:00 UTC", [(17, 22)]),
    (X, "2024-01-25 10:30 -23", "2024-01-26 09:30:00 UTC", [(17, 20)]),
    (XXX, "2024-01-25 10:30 Z", "2024-01-25 10:30:00 UTC", WHOLE),
    (XXX, "2024-01-25 10:30 -23:59", "2024-01-26 10:29:00 UTC", [(17, 23)]),
    ("yyyyMMdd", "2024012", "2024-01-02", WHOLE),
    ("yyyyMMdd", "202401255", "2024-09-11", [(6, 9)]),
    (US, "123456789/1/2024", "", [(0, 9)]),  # out of the years that are followed
    (US, "01/01/1582", "", WHOLE),  # about the change of calendar
    (US, "03/01/1200", "1200-03-01", WHOLE),  # in the Julian calendar, which has a February 29 in 1200 and in 1100
    (US, "02/30/1100", "1100-03-01", [(3, 5)]),
    (US, "12/32/1100", "1101-01-01", [(3, 5)]),
]


@pytest.mark.parametrize(("pattern", "text", "stored", "spans"), READ)
def test_the_stored_date_and_the_misfits_of_a_text(
    pattern: str, text: str, stored: str, spans: list[tuple[int, int | None]]
) -> None:
    read = read_leniently(DateFormat(pattern, now=NOW), text)
    assert (read.failed, read.sure, read.stored) == (None, True, stored)
    assert misfits(text, read) == tuple(spans)


FAILED = [
    (US, "hello", 0, "MM", True),
    (US, "1", 1, "/", True),
    (US, "1/x", 2, "dd", True),
    (US, "1/", 2, "dd", True),
    (US, "NaN/1/2024", 0, "MM", False),
    (US, "1/1E2/2024", 3, "/", False),
    (US, "1/1E-∞/2024", 3, "/", False),
    (US, "1/1\u0661/2024", 3, "/", False),
    (NAMED, "\u0661 Jan 2024", 0, "dd", False),
    (NAMED, "1 Jän 2024", 2, "MMM", True),
    (HALF, "2024-01-25 10:30 xM", 17, "a", True),
    (Z, "2024-01-25 10:30 EST", 17, "Z", False),  # Java knows names of zones there
    (Z, "2024-01-25 10:30 X", 17, "Z", False),
    (Z, "2024-01-25 10:30 Z", 17, "Z", False),
    (XXX, "2024-01-25 10:30 EST", 17, "XXX", True),
    (XXX, "2024-01-25 10:30 ", 17, "XXX", True),
    (XXX, "2024-01-25 10:30 +24:00", 17, "XXX", True),
    (XXX, "2024-01-25 10:30 +23:60", 17, "XXX", True),
    (XXX, "2024-01-25 10:30 +0100", 17, "XXX", True),
    ("yyyyMMdd", "202", 0, "yyyy", True),
]


@pytest.mark.parametrize(("pattern", "text", "end", "failed", "sure"), FAILED)
def test_the_position_where_java_stops(pattern: str, text: str, end: int, failed: str, sure: bool) -> None:
    read = read_leniently(DateFormat(pattern, now=NOW), text)
    assert read.failed is not None
    assert (read.end, read.failed.text, read.stored, read.sure) == (end, failed, "", sure)


def test_the_fields_of_a_reading() -> None:
    read = read_leniently(DateFormat("EEE, dd MMM yyyy HH:mm XXX"), "Thu,  25 Jan 2024 10:30 -01:30")
    fields = {one.part.field: (one.start, one.text, one.value) for one in read.fields}
    assert fields == {
        "weekday": (0, "Thu", 3),
        "day": (6, "25", 25),
        "month": (9, "Jan", 0),
        "year": (13, "2024", 2024),
        "hour": (18, "10", 10),
        "minute": (21, "30", 30),
        "zone": (24, "-01:30", -90),
    }
    month = read.field("month")
    assert month is not None
    assert month.value == 0
    assert read.field("second") is None


def test_a_number_of_more_than_nine_digits_is_not_modelled() -> None:
    read = read_leniently(DateFormat(US), "1234567890/1/2024")
    assert (read.failed, read.sure, read.stored, read.end) == (None, False, "", 17)


@pytest.mark.parametrize(
    ("pattern", "text", "year"),
    [
        ("MM/dd/yy", "1/2/45", 2045),
        ("MM/dd/yy", "1/2/46", 1946),
        ("MM/dd/yy", "1/2/47", 1947),
        ("MM/dd/yy", "1/2/046", 46),
        ("MM/dd/yy", "1/2/-6", -6),
        ("MM/dd/yyyy", "1/2/46", 46),
        ("d.M.y", "1.2.46", 1946),
    ],
)
def test_the_year_read_from_its_digits(pattern: str, text: str, year: int) -> None:
    dateformat = DateFormat(pattern, now=NOW)
    read = read_leniently(dateformat, text).field("year")
    assert read is not None
    assert full_year(dateformat, read) == year


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("11/23/46 12:34:55", "2046-11-23 12:34:55"),  # a second before the window begins
        ("11/23/46 12:34:56", "1946-11-23 12:34:56"),
        ("11/24/46 12:34:55", "1946-11-24 12:34:55"),
        ("11/23/45 12:34:57", "2045-11-23 12:34:57"),
    ],
)
def test_the_window_of_two_digit_years_starts_at_its_exact_second(text: str, stored: str) -> None:
    assert read_leniently(DateFormat("MM/dd/yy HH:mm:ss", now=NOW), text).stored == stored
