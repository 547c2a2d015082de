"""Why a date was rejected: code, message and suggestion, each as a user sees it."""

# ruff: noqa: E501 - patterns, texts and messages stand here whole
from __future__ import annotations

import time
from datetime import UTC, datetime

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from preflight.dates.counted import CountedFormat, SourceReading
from preflight.dates.format import DateFormat
from preflight.dates.java import read_soundly
from preflight.dates.known import KNOWN_FORMATS
from preflight.rules.datefault import explain
from preflight.text.spans import WHOLE
from tests.preflight.datetruth import read_table

NOW = datetime(2026, 11, 23, 12, 34, 56, tzinfo=UTC)
US, NAMED, ISO = "MM/dd/yyyy", "EEE, dd MMM yyyy", "yyyy-MM-dd HH:mm:ss"
CODES = {"date-missing", "date-format", "date-impossible", "date-year", "date-weekday", "date-trailing"}

FAULTS = [
    (US, "25/01/2011", "date-format",
     "`25/01/2011` is not written as `MM/dd/yyyy` but as `dd/MM/yyyy`; Act-On would store 2013-01-01.", "01/25/2011"),
    (US, "01/25/11", "date-year",
     "The year `11` has 2 digits, not 4; Act-On would store 0011-01-25.", "01/25/2011"),
    (US, "02/30/2023", "date-impossible",
     "February 2023 has 28 days, not 30; Act-On would store 2023-03-02.", ""),
    (US, "02/29/2023", "date-impossible",
     "February 2023 has 28 days, not 29; Act-On would store 2023-03-01.", ""),
    (US, "01/05/2O11", "date-format",
     "`01/05/2O11` is not written as `MM/dd/yyyy`; it may mean 2011-01-05; Act-On would store 0002-01-05.", "01/05/2011"),
    (US, "01/25/2023 10:30", "date-trailing",
     'Act-On would ignore " 10:30" after the date and store 2023-01-25; `MM/dd/yyyy HH:mm` reads all of it.', "01/25/2023"),
    (US, "01/25/2023abc", "date-trailing",
     'Act-On would ignore "abc" after the date and store 2023-01-25.', "01/25/2023"),
    (US, "44951", "date-format",
     "`44951` is a spreadsheet's number for 2023-01-25, not a date as `MM/dd/yyyy`.", "01/25/2023"),
    (US, "44951.5", "date-format",
     "`44951.5` is a spreadsheet's number for 2023-01-25 12:00:00, not a date as `MM/dd/yyyy`.", "01/25/2023"),
    (US, "01/-5/2011", "date-format",
     "`-5` is no day: it has a sign; Act-On would store 2010-12-26.", ""),
    (US, "00/00/0000", "date-impossible",
     "There is no month `00`.", ""),
    (US, "03-04-2025", "date-format",
     "`03-04-2025` is not written as `MM/dd/yyyy`; it may mean 2025-03-04 (`MM-dd-yyyy`) or 2025-04-03 (`dd-MM-yyyy`).", ""),
    ("yyyy-MM-dd", "3,4,2025", "date-format",
     "`3,4,2025` is not written as `yyyy-MM-dd`; it may mean 2025-03-04 or 2025-04-03.", ""),
    (US, "25.01.2011", "date-format",
     "`25.01.2011` is not written as `MM/dd/yyyy` but as `dd.MM.yyyy`.", "01/25/2011"),
    (US, "01/25/1", "date-year",
     "The year `1` has 1 digit, not 4; Act-On would store 0001-01-25.", ""),
    (US, "01/25/0011", "date-year",
     "The year `0011` lies before 1583, where calendars differ; Act-On would store 0011-01-25.", ""),
    (US, "2011-01-25", "date-format",
     "`2011-01-25` is not written as `MM/dd/yyyy` but as `yyyy-MM-dd`.", "01/25/2011"),
    (US, "Jan 25th, 2011", "date-format",
     "`Jan 25th, 2011` writes its day as an ordinal (`25th`), which Act-On does not read; write the day as a number, or have them read with `normalize_dates`.", "01/25/2011"),
    (US, "Sept 5, 2011", "date-format",
     "`Sept 5, 2011` is not written as `MM/dd/yyyy`; it may mean 2011-09-05.", "09/05/2011"),
    (US, "\xa001/25/2011", "date-format",
     "`\\xa001/25/2011` has U+00A0 (no-break space) at position 1, which nobody sees; take such characters out with Find and Replace, or have them read with `normalize_dates`.", "01/25/2011"),
    (US, "\u200e01/05/2011", "date-format",
     "`\\u200e01/05/2011` has U+200E (left-to-right mark) at position 1, which nobody sees; take such characters out with Find and Replace, or have them read with `normalize_dates`.", "01/05/2011"),
    (US, "01/25/2011\n", "date-trailing",
     'Act-On would ignore "\\n" after the date and store 2011-01-25.', "01/25/2011"),
    (US, "now", "date-format",
     "`now` names no day of its own; write the date.", ""),
    (US, "next Tuesday", "date-format",
     "`next Tuesday` names no day of its own; write the date.", ""),
    (US, "1706178600", "date-format",
     "`1706178600` is Unix time, the seconds since 1970, and stands for 2024-01-25 10:30:00 UTC, not a date as `MM/dd/yyyy`.", "01/25/2024"),
    (US, "1706178600000", "date-format",
     "`1706178600000` is Unix time, the milliseconds since 1970, and stands for 2024-01-25 10:30:00 UTC, not a date as `MM/dd/yyyy`.", "01/25/2024"),
    (US, "########", "date-format",
     "`########` is what a spreadsheet shows where the column is too narrow; make the column wider in the spreadsheet and export it again.", ""),
    (US, "25-Jan", "date-format",
     "`25-Jan` has no year; show the column with day, month and year (yyyy-mm-dd) in the spreadsheet and export it again.", ""),
    (US, "Jan-25", "date-format",
     "`Jan-25` has no year or no day; show the column with day, month and year (yyyy-mm-dd) in the spreadsheet and export it again.", ""),
    (US, "Jan 2024", "date-format",
     "`Jan 2024` has no day; show the column with day, month and year (yyyy-mm-dd) in the spreadsheet and export it again.", ""),
    (US, "'01/25/2024", "date-format",
     "`'01/25/2024` has a spreadsheet's ' before it, which marks text; take it off, in a spreadsheet with Find and Replace, or have them read with `normalize_dates`.", "01/25/2024"),
    (US, '="2024-01-25"', "date-format",
     '`="2024-01-25"` is a formula around a text, for Excel to leave it alone; take the =" and the " off, in a spreadsheet by copying the column and pasting its values, or have them fixed with `fix=["formula"]`.', "01/25/2024"),
    (US, "\u200e01/25/2024", "date-format",
     "`\\u200e01/25/2024` has U+200E (left-to-right mark) at position 1, which nobody sees; take such characters out with Find and Replace, or have them read with `normalize_dates`.", "01/25/2024"),
    (US, "2024/01/25 10:30:00 AM GMT+1", "date-format",
     "`2024/01/25 10:30:00 AM GMT+1` names its time zone (`GMT+1`), which Act-On reads by a list of its own; export the times without a zone, or with an offset such as -05:00, or have them read with `normalize_dates`.", "01/25/2024"),
    (US, "Thu Jan 25 10:30:00 EST 2024", "date-format",
     "`Thu Jan 25 10:30:00 EST 2024` names its time zone (`EST`), which Act-On reads by a list of its own; export the times without a zone, or with an offset such as -05:00, or have them read with `normalize_dates`.", "01/25/2024"),
    ("yyyy-MM-dd HH:mm:ss", "2024-01-25 10:30:00 PDT", "date-trailing",
     'Act-On would ignore " PDT" after the date and store 2024-01-25 10:30:00.', "2024-01-25 10:30:00"),
    ("MM/dd/yyyy HH:mm", "2024-01-25 10:30 PDT", "date-format",
     "`2024-01-25 10:30 PDT` names its time zone (`PDT`), which Act-On reads by a list of its own; export the times without a zone, or with an offset such as -05:00, or have them read with `normalize_dates`.", ""),
    (US, "2024-01-25T10:30:05.123456", "date-format",
     "`2024-01-25T10:30:05.123456` has 6 digits after the second, which Act-On reads as so many milliseconds; export the times to the second, or have them read with `normalize_dates`.", "01/25/2024"),
    (US, "hello", "date-format",
     "`hello` has `hello` at position 1 instead of the month; expected `MM/dd/yyyy` (01/25/2011).", ""),
    (US, "", "date-missing",
     "The date is blank.", ""),
    (US, " ", "date-missing",
     "The date is blank.", ""),
    (US, "NULL", "date-missing",
     "`NULL` stands for no date.", ""),
    (US, "01/25", "date-format",
     "`01/25` has no year; show the column with day, month and year (yyyy-mm-dd) in the spreadsheet and export it again.", ""),
    (US, "001/25/2011", "date-format",
     "The month `001` has 3 digits; Act-On would store 2011-01-25.", ""),
    (US, "13/13/2011", "date-impossible",
     "There is no month `13`; Act-On would store 2012-01-13.", ""),
    (US, "25 January 2011", "date-format",
     "`25 January 2011` is not written as `MM/dd/yyyy` but as `dd MMMM yyyy`.", "01/25/2011"),
    (US, "20110125", "date-format",
     "`20110125` is not written as `MM/dd/yyyy` but as `yyyyMMdd`.", "01/25/2011"),
    (US, "2011-01-25T10:30:00+01:00", "date-format",
     "`2011-01-25T10:30:00+01:00` is not written as `MM/dd/yyyy` but as `yyyy-MM-dd'T'HH:mm:ssXXX`.", "01/25/2011"),
    (US, "01/25/2011 02:30 PM", "date-trailing",
     'Act-On would ignore " 02:30 PM" after the date and store 2011-01-25; `MM/dd/yyyy hh:mm a` reads all of it.', "01/25/2011"),
    (US, "1/25/5E3", "date-format",
     "`1/25/5E3` is not written as `MM/dd/yyyy` (01/25/2011).", ""),
    (US, "٠١/٢٥/٢٠١١", "date-format",
     "`٠١/٢٥/٢٠١١` is not written as `MM/dd/yyyy` (01/25/2011).", ""),
    (US, "Tuesday, January 25, 2011", "date-format",
     "`Tuesday, January 25, 2011` is not written as `MM/dd/yyyy` but as `EEEE, MMMM dd, yyyy`.", "01/25/2011"),
    (US, "a" * 500, "date-format",
     "`aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa…` has `aaaaaaaaaaaaaaaaaaa…` at position 1 instead of the month; expected `MM/dd/yyyy` (01/25/2011).", ""),
    (US, "01/25/\x1b[31m", "date-format",
     "`01/25/\\x1b[31m` has `\\x1b[31m` at position 7 instead of the year; expected `MM/dd/yyyy` (01/25/2011).", ""),
    (US, "2011/13/01", "date-format",
     "The month `2011` has 4 digits; Act-On would store 0168-07-13.", ""),
    (US, "04.05.06", "date-format",
     "`04.05.06` is not written as `MM/dd/yyyy`; it may mean 2006-05-04 (`dd.MM.yy`) or 2004-05-06 (`yy.MM.dd`).", ""),
    (US, "01/25/20111", "date-year",
     "The year `20111` has 5 digits, not 4.", ""),
    (US, "1/2/3", "date-year",
     "The year `3` has 1 digit, not 4; Act-On would store 0003-01-02.", ""),
    (US, "01 /25/2011", "date-format",
     "`01 /25/2011` is not written as `MM/dd/yyyy`; it may mean 2011-01-25.", "01/25/2011"),
    (NAMED, "Tue, 25 Jan 2023", "date-weekday",
     "25 Jan 2023 was a Wednesday, not a Tuesday; Act-On would store 2023-01-25.", "Wed, 25 Jan 2023"),
    (NAMED, "25 Jan 2023", "date-format",
     "`25 Jan 2023` is not written as `EEE, dd MMM yyyy` but as `dd MMM yyyy`.", "Wed, 25 Jan 2023"),
    (NAMED, "Tue, 31 Feb 2023", "date-impossible",
     "February 2023 has 28 days, not 31; Act-On would store 2023-03-03.", ""),
    (NAMED, "Tue, 25 Jan 11", "date-year",
     "The year `11` has 2 digits, not 4; Act-On would store 0011-01-25.", "Tue, 25 Jan 2011"),
    (NAMED, "Wed, 01/25/2023", "date-format",
     "`Wed, 01/25/2023` is not written as `EEE, dd MMM yyyy` but as `EEE, MM/dd/yyyy`.", "Wed, 25 Jan 2023"),
    (NAMED, "Tue, 25 Jann 2011", "date-format",
     "`Tue, 25 Jann 2011` has `n 2011` at position 12 instead of ` `; expected `EEE, dd MMM yyyy` (Tue, 25 Jan 2011).", ""),
    ("yyyy-MM-dd", "25-01-2023", "date-format",
     "`25-01-2023` is not written as `yyyy-MM-dd` but as `dd-MM-yyyy`; Act-On would store 0030-07-16.", "2023-01-25"),
    ("yyyy-MM-dd", "25-01-23", "date-year",
     "The year `25` has 2 digits, not 4; Act-On would store 0025-01-23; it may mean 2025-01-23 (`yy-MM-dd`) or 2023-01-25 (`dd-MM-yy`).", ""),
    ("yyyy-MM-dd", "2023-02-30", "date-impossible",
     "February 2023 has 28 days, not 30; Act-On would store 2023-03-02.", ""),
    ("yyyy-MM-dd", "01/02/2023", "date-format",
     "`01/02/2023` is not written as `yyyy-MM-dd`; it may mean 2023-01-02 (`MM/dd/yyyy`) or 2023-02-01 (`dd/MM/yyyy`).", ""),
    ("yyyy-MM-dd", "2023-1-1T10:00:00", "date-trailing",
     'Act-On would ignore "T10:00:00" after the date and store 2023-01-01; `yyyy-MM-dd\'T\'HH:mm:ss` reads all of it.', "2023-01-01"),
    (ISO, "2023-01-25", "date-format",
     "`2023-01-25` is not written as `yyyy-MM-dd HH:mm:ss` but as `yyyy-MM-dd`, without a time.", ""),
    (ISO, "2023-01-25 24:00:00", "date-impossible",
     "The hour `24` is not between 0 and 23; Act-On would store 2023-01-26 00:00:00.", ""),
    (ISO, "2023-01-25 10:30", "date-format",
     "`2023-01-25 10:30` is not written as `yyyy-MM-dd HH:mm:ss` but as `yyyy-MM-dd HH:mm`.", "2023-01-25 10:30:00"),
    (ISO, "2023-01-25T10:30:00Z", "date-format",
     "`2023-01-25T10:30:00Z` is not written as `yyyy-MM-dd HH:mm:ss` but as `yyyy-MM-dd'T'HH:mm:ssXXX`.", ""),
    (ISO, "44951.5", "date-format",
     "`44951.5` is a spreadsheet's number for 2023-01-25 12:00:00, not a date as `yyyy-MM-dd HH:mm:ss`.", "2023-01-25 12:00:00"),
    (ISO, "2023-01-25 10:30:05.123", "date-trailing",
     'Act-On would ignore ".123" after the date and store 2023-01-25 10:30:05; `yyyy-MM-dd HH:mm:ss.SSS` reads all of it.', "2023-01-25 10:30:05"),
    ("yyyyMMdd", "2012909", "date-impossible",
     "There is no month `90`; Act-On would store 2019-06-09.", ""),
    ("yyyyMMdd", "20230230", "date-impossible",
     "February 2023 has 28 days, not 30; Act-On would store 2023-03-02.", ""),
    ("yyyyMMdd", " 20110125", "date-format",
     "` 20110125` is not written as `yyyyMMdd`; it may mean 2011-01-25; Act-On would store 0202-02-02.", "20110125"),
    ("yyyyMMdd", "2011-01-25", "date-format",
     "`2011-01-25` is not written as `yyyyMMdd` but as `yyyy-MM-dd`; Act-On would store 2010-12-01.", "20110125"),
    ("yyyy-MM-dd'T'HH:mm:ssXXX", "2023-01-25T10:30:00+15:00", "date-impossible",
     "No zone is `+15:00` from UTC; Act-On goes from -13:00 to +14:00.", ""),
    ("yyyy-MM-dd'T'HH:mm:ssXXX", "2023-01-25T10:30:00", "date-format",
     "`2023-01-25T10:30:00` is not written as `yyyy-MM-dd'T'HH:mm:ssXXX` but as `yyyy-MM-dd'T'HH:mm:ss`.", ""),
    ("MM/dd/yy", "1/2/1999x", "date-trailing",
     'Act-On would ignore "x" after the date and store 1999-01-02.', "01/02/99"),
    ("MM/dd/yy", "01/25/111", "date-year",
     "The year `111` has 3 digits, not 2 or 4; Act-On would store 0111-01-25.", ""),
    ("MM/dd/yy", "13/01/11", "date-format",
     "`13/01/11` is not written as `MM/dd/yy`; it may mean 2011-01-13 (`dd/MM/yy`) or 2013-01-11 (`yy/MM/dd`); Act-On would store 2012-01-01.", ""),
    ("MM/dd/yy", "1/2/1930x", "date-trailing",
     'Act-On would ignore "x" after the date and store 1930-01-02.', "01/02/1930"),
    ("dd/MM/yyyy", "01/25/2011", "date-format",
     "`01/25/2011` is not written as `dd/MM/yyyy` but as `MM/dd/yyyy`; Act-On would store 2013-01-01.", "25/01/2011"),
    (NAMED, "Tue, 25 Jan 2045", "date-weekday",
     "25 Jan 2045 will be a Wednesday, not a Tuesday; Act-On would store 2045-01-25.", "Wed, 25 Jan 2045"),
    ("MM/dd/yyyy hh:mm a", "01/25/2011 13:30 PM", "date-impossible",
     "The hour `13` is not between 1 and 12; Act-On would store 2011-01-26 01:30:00.", ""),
]  # fmt: skip


HALVES, MILLIS = "MM/dd/yyyy hh:mm a", "yyyy-MM-dd HH:mm:ss.SSS"
AT_BOUNDS = [  # what is marked, or None for all of it
    (MILLIS, "2024-01-25" + " " * 40 + "0:0:0.5", "date-format", "`2024-01-25                             …` is not written as `yyyy-MM-dd HH:mm:ss.SSS` (2011-01-25 14:30:05.000); Act-On would store 2024-01-25 00:00:00.005.", "", None),
    (MILLIS, "2024-01-25 10:30:00.", "date-format", "`2024-01-25 10:30:00.` is not written as `yyyy-MM-dd HH:mm:ss.SSS`; it may mean 2024-01-25.", "2024-01-25 10:30:00.000", None),
    (US, "{{" + "x" * 50 + "}}", "date-missing", "`{{xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…` stands for no date.", "", None),
    (US, "next" + " " * 50 + "Tuesday", "date-format", "`next                                   …` names no day of its own; write the date.", "", None),
    (US, "'01/25/2024" + " " * 50 + "x", "date-format", "`'01/25/2024                            …` has a spreadsheet's ' before it, which marks text; take it off, in a spreadsheet with Find and Replace, or have them read with `normalize_dates`.", "", "'"),
    (US, "01/25/2024" + "x" * 50, "date-trailing", 'Act-On would ignore "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…" after the date and store 2024-01-25.', "01/25/2024", "x" * 50),
    (US, "4/31/2024", "date-impossible", "April has 30 days, not 31; Act-On would store 2024-05-01.", "", "31"),
    (US, "2/30/2024", "date-impossible", "February 2024 has 29 days, not 30; Act-On would store 2024-03-01.", "", "30"),
    (US, "-1/5/2024", "date-format", "`-1` is no month: it has a sign; Act-On would store 2023-11-05.", "", "-1"),
    (US, "1/5/-2024", "date-format", "`-2024` is no year: it has a sign.", "", "-2024"),
    (US, "1/5/-24", "date-format", "`-24` is no year: it has a sign.", "", "-24"),
    (US, "1/005/2024", "date-format", "The day `005` has 3 digits; Act-On would store 2024-01-05.", "", "005"),
    (US, "1/5/1582", "date-year", "The year `1582` lies before 1583, where calendars differ.", "", "1582"),
    (US, "1/5/1583", "date-format", "`1/5/1583` is not written as `MM/dd/yyyy`; it may mean 1583-05-01 (`dd/MM/yyyy`) or 1583-01-05 (`MM/dd/yy`); Act-On would store 1583-01-05.", "", None),
    ("MM/dd/yy", "1/5/123", "date-year", "The year `123` has 3 digits, not 2 or 4; Act-On would store 0123-01-05.", "", "123"),
    ("MM/dd/yy", "1/5/1582", "date-year", "The year `1582` lies before 1583, where calendars differ.", "", "1582"),
    ("dd/MM/yyyy", "05/01/24", "date-year", "The year `24` has 2 digits, not 4; Act-On would store 0024-01-05.", "05/01/2024", "24"),
    ("dd/MM/yyyy", "05/01/46", "date-year", "The year `46` has 2 digits, not 4; Act-On would store 0046-01-05.", "05/01/2046", "46"),
    ("yyyy/MM/dd", "24/01/05", "date-year", "The year `24` has 2 digits, not 4; Act-On would store 0024-01-05; it may mean 2024-01-05 (`yy/MM/dd`) or 2005-01-24 (`dd/MM/yy`).", "", None),
    (NAMED, "Mon, 25 Jan 2111", "date-weekday", "25 Jan 2111 will be a Sunday, not a Monday; Act-On would store 2111-01-25.", "Sun, 25 Jan 2111", "Mon"),
    (NAMED, "Mon, 31 Apr 2011", "date-impossible", "April has 30 days, not 31; Act-On would store 2011-05-01.", "", "31"),
    (NAMED, "Mon, 25 Jan 1500", "date-year", "The year `1500` is not written in 4 digits, 1583 or later; Act-On would store 1500-01-25.", "", "1500"),
    ("EEE, dd MMM yyyy HH:mm", "Mon, 25 Jan 2011 10:30", "date-weekday", "25 Jan 2011 was a Tuesday, not a Monday; Act-On would store 2011-01-25 10:30:00.", "", "Mon"),
    (HALVES, "01/25/2024 13:30 AM", "date-impossible", "The hour `13` is not between 1 and 12; Act-On would store 2024-01-25 13:30:00.", "", "13"),
    (HALVES, "01/25/2024 0:30 AM", "date-impossible", "The hour `0` is not between 1 and 12; Act-On would store 2024-01-25 00:30:00.", "", "0"),
    (HALVES, "01/25/2024 10:30 xM", "date-format", "`01/25/2024 10:30 xM` has `xM` at position 18 instead of the AM or PM; expected `MM/dd/yyyy hh:mm a` (01/25/2011 02:30 PM).", "", "xM"),
    ("MM/dd/yyyy HH:mm", "01/25/2024 10:60", "date-impossible", "The minute `60` is not between 0 and 59; Act-On would store 2024-01-25 11:00:00.", "", "60"),
    (ISO, "2024-01-25 10:30:60", "date-impossible", "The second `60` is not between 0 and 59; Act-On would store 2024-01-25 10:31:00.", "", "60"),
    ("MM/dd/yyyy HH:mm XXX", "01/25/2024 10:30 +15:00", "date-impossible", "No zone is `+15:00` from UTC; Act-On goes from -13:00 to +14:00.", "", "+15:00"),
    ("dd/MM/yyyy", "1/1/" + "1" * 60, "date-format", "`1/1/11111111111111111111111111111111111…` is not written as `dd/MM/yyyy` (25/01/2011).", "", None),
    ("dd MMM yyyy", "x" * 50, "date-format", "`xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…` has `xxxxxxxxxxxxxxxxxxx…` at position 1 instead of the day; expected `dd MMM yyyy` (25 Jan 2011).", "", "x" * 50),
    ("dd MMM yyyy", "25 Jax 2011", "date-format", "`25 Jax 2011` has `Jax 2011` at position 4 instead of the month; expected `dd MMM yyyy` (25 Jan 2011).", "", "Jax 2011"),
]  # fmt: skip


@pytest.mark.parametrize(("pattern", "text", "code", "message", "suggestion", "marked"), AT_BOUNDS)
def test_a_fault_at_a_limit_is_explained_and_marked(
    pattern: str, text: str, code: str, message: str, suggestion: str, marked: str | None
) -> None:
    fault = explain(DateFormat(pattern, now=NOW), text)
    assert (fault.code, fault.message, fault.suggestion) == (code, message, suggestion)
    assert [text[slice(*span)] for span in fault.spans] == [text if marked is None else marked]


NUMBERED = [
    ("excel", "x" * 50, "`xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…` is not a spreadsheet's number for a day from 1900-03-01 to 9999-12-31."),
    ("excel", " 2024-01-25 ", "`2024-01-25` is not a spreadsheet's number for a day from 1900-03-01 to 9999-12-31."),
    ("unix", "44951", "`44951` is not a number of seconds since 1970; it is a spreadsheet's number for 2023-01-25."),
    ("unix-ms", "1706178600", "`1706178600` is not a number of milliseconds since 1970; it is Unix time, the seconds since 1970, and stands for 2024-01-25 10:30:00 UTC."),
    ("MM/dd/yyyy", "02/30/2024", "February 2024 has 29 days, not 30."),
    ("MM/dd/yyyy", "01/25/2024x", '"x" follows the date.'),
]  # fmt: skip


@pytest.mark.parametrize(("pattern", "text", "message"), NUMBERED)
def test_a_fault_in_normalized_dates_does_not_mention_act_on(pattern: str, text: str, message: str) -> None:
    dateformat = SourceReading().format(pattern)
    fault = explain(dateformat, text)
    assert (fault.message, fault.spans == WHOLE) == (message, isinstance(dateformat, CountedFormat))


@pytest.mark.parametrize(("pattern", "text", "code", "message", "suggestion"), FAULTS)
def test_a_fault_is_explained(pattern: str, text: str, code: str, message: str, suggestion: str) -> None:
    fault = explain(DateFormat(pattern, now=NOW), text)
    assert (fault.code, fault.message, fault.suggestion) == (code, message, suggestion)


@settings(max_examples=400)
@given(
    st.sampled_from(KNOWN_FORMATS),
    st.text(max_size=80)
    | st.text(alphabet="0123456789/-.: TZ+,JanFebTueAPM\t", max_size=30)
    | st.characters().map(lambda c: f"01/25/2011{c}"),
)
def test_any_text_is_explained_in_one_visible_line(known: object, text: str) -> None:
    dateformat = DateFormat(known.pattern, now=NOW)  # type: ignore[attr-defined]
    if read_soundly(dateformat, text) is not None:
        return
    fault = explain(dateformat, text)
    assert fault.code in CODES
    assert fault.message.isprintable()
    assert fault.message.endswith(".")
    assert len(fault.message) < 500
    assert not fault.suggestion or read_soundly(dateformat, fault.suggestion) is not None


def test_every_rejected_text_of_the_table_is_explained_and_every_suggestion_accepted() -> None:
    formats = {known.pattern: DateFormat(known.pattern, now=NOW) for known in KNOWN_FORMATS[::3]}
    suggested: dict[DateFormat, list[str]] = {}
    for truth in read_table("2026"):
        dateformat = formats.get(truth.pattern)
        if dateformat is None or read_soundly(dateformat, truth.text) is not None:
            continue
        fault = explain(dateformat, truth.text)
        assert fault.code in CODES
        assert fault.message.isprintable()
        if fault.suggestion:
            suggested.setdefault(dateformat, []).append(fault.suggestion)
        if "Act-On would store" in fault.message:
            assert truth.lenient is not None
    for dateformat, texts in suggested.items():
        assert None not in dateformat.judge(pa.array(texts)).tolist()


@pytest.mark.parametrize("text", ["1" * 1_000_000, " " * 999_999 + "x", "01/25/2011" + "x" * 1_000_000, "/" * 1_000_000, "Jan " * 250_000,
                                  "01/25/" + "1" * 1_000_000, "\u0661" * 1_000_000])  # fmt: skip
def test_a_long_text_is_explained_soon_and_briefly(text: str) -> None:
    start = time.process_time()
    for known in KNOWN_FORMATS:
        assert len(explain(known.dateformat, text).message) < 500
    assert time.process_time() - start < 5
