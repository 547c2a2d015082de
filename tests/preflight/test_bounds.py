"""Every bound of a rule, on both of its sides."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from preflight import Layout, Report, check
from preflight.addresses.valid import LONGEST_JUDGED, invalid_because
from preflight.dates.format import DateFormat
from preflight.evidence.datelimits import DateLimits
from preflight.rules import note
from preflight.rules.datefault import explain
from preflight.rules.datemeant import LONGEST_MENDED, readings
from preflight.rules.note import LONGEST_NOTE, LONGEST_READ
from tests.cells import series

pytestmark = pytest.mark.usefixtures("as_typed")

LAYOUT = Layout(email="Email", date="Date", title="Title", dateformat="MM/dd/yyyy")


def of_titles(titles: list[str]) -> Report:
    rows = [(f"a{i}@x.com", "01/25/2024", text) for i, text in enumerate(titles)]
    return check(pd.DataFrame(rows, columns=["Email", "Date", "Title"]), LAYOUT, max_shown=100)


@pytest.mark.parametrize(("rows", "titles", "warned"), [(30, 24, True), (30, 23, False), (29, 29, False)])
def test_titles_are_nearly_unique_from_four_fifths_of_thirty_rows_on(rows: int, titles: int, warned: bool) -> None:
    report = of_titles([f"T {i % titles}" for i in range(rows)])
    assert report.warnings == ({"title-nearly-unique": 1} if warned else {})


@pytest.mark.parametrize(("spellings", "end"), [(5, "and `a  B  c` (row 5) differ"), (6, ", and 1 more differ")])
def test_five_spellings_are_named(spellings: int, end: str) -> None:
    titles = ["a b c", "A b c", "a B c", "a b C", "a  B  c", "A B C"][:spellings]
    (said,) = [one.message for one in of_titles(titles).of_file if one.code == "title-variant"]
    assert said.startswith("`a b c` (row 1), `A b c` (row 2), `a B c` (row 3), `a b C` (row 4)")
    assert end.replace(", and", " and") in said


@pytest.mark.parametrize(("text", "long"), [("x" * LONGEST_NOTE, 0), ("x" * (LONGEST_NOTE + 1), 1), ("é" * 10_001, 0)])
def test_a_note_is_long_beyond_the_limit(text: str, long: int) -> None:
    assert [one.fault.code for one in note.check(series(["", text]))] == ["note-long"] * long


@pytest.mark.parametrize("more", [0, 1])
def test_mojibake_in_a_text_beyond_the_limit_has_no_suggestion(more: int) -> None:
    text = "Ã¼" + "x" * (LONGEST_READ - 2 + more)
    (one,) = note.check_mojibake(series([text]), "note")
    assert one.fault.suggestion == ("" if more else "ü" + "x" * (LONGEST_READ - 2))


@pytest.mark.parametrize(("columns", "told"), [(5, "C0, C1, C2, C3, C4"), (6, "C0, C1, C2, C3, C4 and 1 more")])
def test_five_columns_with_a_line_break_are_named(columns: int, told: str) -> None:
    frame = pd.DataFrame([["a@x.com", "01/25/2024", "T", *["x\ny"] * columns]])
    frame.columns = pd.Index(["Email", "Date", "Title", *(f"C{i}" for i in range(columns))])
    (one,) = check(frame, LAYOUT).examples
    assert one.code == "row-newline"
    assert f"inside {told}:" in one.message.replace("`", "")


@pytest.mark.parametrize("more", [0, 1])
def test_nothing_is_suggested_for_a_text_longer_than_a_date(more: int) -> None:
    text = "01/25/2024" + "\u200b" * (LONGEST_MENDED - 10 + more)
    meant = readings(DateFormat("MM/dd/yyyy"), text, guess=True)
    assert [one.date for one in meant] == [datetime(2024, 1, 25)][more:]


@pytest.mark.parametrize("more", [0, 1])
def test_an_address_beyond_the_limit_is_not_passed_to_the_library(more: int) -> None:
    says = invalid_because("@" + "é" * (LONGEST_JUDGED - 1 + more))
    assert (says == "The email address is too long (747 characters too many).") == bool(more)


IMPOSSIBLE = [
    ("MM/dd/yyyy", "12/32/2024", "December has 31 days, not 32; Act-On would store 2025-01-01."),
    ("MM/dd/yyyy", "01/00/2024", "January has 31 days, not 0; Act-On would store 2023-12-31."),
    ("MM/dd/yyyy", "00/10/2024", "There is no month `00`; Act-On would store 2023-12-10."),
    ("MM/dd/yyyy", "02/29/2023", "February 2023 has 28 days, not 29; Act-On would store 2023-03-01."),
    ("MM/dd/yyyy", "02/29/2100", "February 2100 has 28 days, not 29; Act-On would store 2100-03-01."),
    ("MM/dd/yyyy", "02/30/2024", "February 2024 has 29 days, not 30; Act-On would store 2024-03-01."),
    ("MM/dd/yyyy", "02/30/2000", "February 2000 has 29 days, not 30; Act-On would store 2000-03-01."),
    ("MM/dd/yyyy", "02/30/1583", "February 1583 has 28 days, not 30; Act-On would store 1583-03-02."),
    ("MM/dd/yyyy", "02/30/12024", "The year `12024` is not written in 4 digits, 1583 or later."),
    ("MM/dd/yyyy", "02/010/2024", "The day `010` has 3 digits; Act-On would store 2024-02-10."),
    ("MM/dd/yyyy HH:mm", "01/01/1583 25:00", "The hour `25` is not between 0 and 23; Act-On would store 1583-01-02 "
     "01:00:00."),
    ("MM/dd/yyyy HH:mm", "12/31/2024 00:60", "The minute `60` is not between 0 and 59; Act-On would store 2024-12-31 "
     "01:00:00."),
    ("MM/dd/yyyy HH:mm:ss", "12/31/2024 23:59:60", "The second `60` is not between 0 and 59; Act-On would store "
     "2025-01-01 00:00:00."),
    ("MM/dd/yyyy hh:mm a", "01/25/2024 01:60 AM", "The minute `60` is not between 0 and 59; Act-On would store "
     "2024-01-25 02:00:00."),
    ("MM/dd/yyyy hh:mm a", "01/25/2024 12:60 AM", "The minute `60` is not between 0 and 59; Act-On would store "
     "2024-01-25 01:00:00."),
    ("yyyy-MM-dd HH:mm:ssXXX", "2024-01-25 23:59:59+14:01", "No zone is `+14:01` from UTC; Act-On goes from -13:00 to "
     "+14:00."),
    ("yyyy-MM-dd HH:mm:ssXXX", "2024-01-25 00:00:00-13:01", "No zone is `-13:01` from UTC; Act-On goes from -13:00 to "
     "+14:00."),
    ("dd MMM yyyy", "32 Dec 2024", "December has 31 days, not 32; Act-On would store 2025-01-01."),
]  # fmt: skip


@pytest.mark.parametrize(("pattern", "text", "says"), IMPOSSIBLE)
def test_the_last_month_and_the_first_day_are_those_of_the_calendar(pattern: str, text: str, says: str) -> None:
    assert explain(DateFormat(pattern), text).message == says


NOW = datetime(2026, 2, 28, 12)
MICROSECOND = timedelta(microseconds=1)
INSTANTS = [
    (date(2020, 1, 1), date(2020, 1, 31), datetime(2020, 1, 1), ""),
    (date(2020, 1, 1), date(2020, 1, 31), datetime(2020, 1, 1) - MICROSECOND, "date-old"),
    (date(2020, 1, 1), date(2020, 1, 31), datetime(2020, 1, 31, 23, 59, 59, 999_999), ""),
    (date(2020, 1, 1), date(2020, 1, 31), datetime(2020, 2, 1), "date-future"),
    (None, None, datetime(1990, 1, 1), ""),
    (None, None, datetime(1989, 12, 31), "date-old"),
    (None, None, datetime(1970, 1, 2), "date-old"),
    (None, None, datetime(1970, 1, 1), "date-implausible"),
    (None, None, datetime(1969, 12, 31), "date-implausible"),
    (None, None, NOW + timedelta(days=1), ""),
    (None, None, NOW + timedelta(days=1) + MICROSECOND, "date-future"),
    (None, None, NOW.replace(year=2036), "date-future"),
    (None, None, NOW.replace(year=2036) + MICROSECOND, "date-implausible"),
]


@pytest.mark.parametrize(("oldest", "newest", "instant", "code"), INSTANTS)
def test_dates_are_expected_from_the_first_instant_to_the_last(
    oldest: date | None, newest: date | None, instant: datetime, code: str
) -> None:
    limits = DateLimits(oldest, newest, now=NOW.astimezone())
    at = np.datetime64(instant, "us")
    outside = at < limits.first or at > limits.last
    assert outside == bool(code)
    if code:
        (fault,) = limits.faults(pa.array(["x"]), np.array([at]), has_time=True)
        assert fault.code == code


def test_mojibake_is_marked_up_to_the_limit_of_reading() -> None:
    text = "Ã¼" + "x" * (LONGEST_READ - 2) + "Ã¼"
    (one,) = note.check_mojibake(series([text]), "note")
    assert one.fault.spans == ((0, 2),)
