"""The clean file with normalized dates: the same instants, all other bytes unchanged, and idempotent."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from preflight import DateFormat, Layout, check
from preflight.dates.known import KNOWN_FORMATS
from preflight.dates.source import SourceFormat

pytestmark = pytest.mark.usefixtures("as_typed")

NORMAL_FORMATS = [
    ("MM/dd/yyyy", "yyyy-MM-dd"),
    ("EEE, dd MMM yyyy", "yyyy-MM-dd"),
    ("yyyy-MM-dd", "yyyy-MM-dd"),
    ("MM/dd/yyyy hh:mm a", "yyyy-MM-dd'T'HH:mm:ss"),
    ("yyyy-MM-dd HH:mm:ss.SSS", "yyyy-MM-dd'T'HH:mm:ss.SSS"),
    ("yyyy-MM-dd HH:mm:ss Z", "yyyy-MM-dd'T'HH:mm:ssXXX"),
    ("yyyy-MM-dd'T'HH:mm:ss.SSSXXX", "yyyy-MM-dd'T'HH:mm:ss.SSSXXX"),
]


@pytest.mark.parametrize(("pattern", "normal"), NORMAL_FORMATS)
def test_the_normal_form_of_a_format(pattern: str, normal: str) -> None:
    assert SourceFormat(pattern).normal.pattern == normal
    assert SourceFormat(normal).normal.pattern == normal
    assert SourceFormat(pattern, day=True).normal.pattern == "yyyy-MM-dd"


WRITTEN = [
    ("MM/dd/yyyy", " 1/5/2024 ", "2024-01-05"),
    ("EEEE, dd MMMM yyyy", "TUESDAY, 25 jan 2011", "2011-01-25"),
    ("MM/dd/yyyy hh:mm a", "01/25/2024 12:05 am", "2024-01-25T00:05:00"),
    ("yyyy-MM-dd HH:mm:ss.SSS", "2024-01-25 1:02:03.045", "2024-01-25T01:02:03.045"),
    ("yyyy-MM-dd HH:mm:ss Z", "2024-01-25 01:02:03 +0530", "2024-01-25T01:02:03+05:30"),
    ("yyyy-MM-dd HH:mm:ss Z", "9999-12-31 23:30:00 -0500", "9999-12-31T23:30:00-05:00"),
    ("yyyy-MM-dd'T'HH:mm:ssXXX", "2024-01-25T01:02:03Z", "2024-01-25T01:02:03Z"),
    ("yyyy-MM-dd'T'HH:mm:ssXXX", "2024-01-25T01:02:03-00:00", "2024-01-25T01:02:03Z"),
    ("yyyy-MM-dd'T'HH:mm:ssX", "2024-01-25T01:02:03-13", "2024-01-25T01:02:03-13:00"),
]


@pytest.mark.parametrize(("pattern", "text", "expected"), WRITTEN)
def test_a_date_in_its_normal_form(pattern: str, text: str, expected: str) -> None:
    assert SourceFormat(pattern).normalized(pa.array([text])) == [expected]
    assert SourceFormat(pattern, day=True).normalized(pa.array([text])) == [expected[:10]]


def test_a_cell_that_is_not_a_date_is_not_normalized() -> None:
    with pytest.raises(ValueError, match="only dates that the format reads"):
        SourceFormat("MM/dd/yyyy").normalized(pa.array(["25/01/2024"]))


moments = st.datetimes(datetime(1990, 1, 1), datetime(2040, 1, 1)).map(
    lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000, tzinfo=UTC)
)


@given(st.sampled_from(KNOWN_FORMATS), st.lists(moments, min_size=1, max_size=5))
def test_the_normal_form_is_the_same_instant_and_stays_unchanged(known: object, dates: list[datetime]) -> None:
    dateformat = DateFormat(known.pattern)  # type: ignore[attr-defined]
    source = SourceFormat(known.pattern)  # type: ignore[attr-defined]
    normal = source.normal
    texts = [dateformat.format(date) for date in dates]
    written = source.normalized(pa.array(texts))
    assert normal.parse(pd.Series(written)).tolist() == dateformat.parse(pd.Series(texts)).tolist()
    assert SourceFormat(normal.pattern).normalized(pa.array(written)) == written


QUOTES = {"DOUBLE_QUOTE": '"', "SINGLE_QUOTE": "'", "NONE": ""}
SEPARATORS = {"COMMA": ",", "TAB": "\t", "SEMICOLON": ";", "SPACE": " "}
TITLES = ["Webinar", "a,b;c\td e", "say \"hi\" and 'so'", "two\nlines", "two\r\nlines", "é"]


@st.composite
def files(draw: st.DrawFn) -> tuple[str, str, str, int]:
    """A file with the date in any column: its text, separator and quote in the API's words, and number of bad rows."""
    separator, quote = draw(st.sampled_from(sorted(SEPARATORS))), draw(st.sampled_from(sorted(QUOTES)))
    column, quoting = draw(st.integers(0, 2)), draw(st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]))
    rows, bad = [["Email", "Title"]], 0
    rows[0].insert(column, "Date")
    for day, title, good in draw(
        st.lists(st.tuples(st.integers(1, 28), st.sampled_from(TITLES), st.booleans()), min_size=1, max_size=8)
    ):
        row = ["ana@acme-corp.com" if good else "nobody", "Webinar" if quote == "NONE" else title]
        row.insert(column, f"{day:02d}.{1 + day % 12}.2024")
        rows.append(row)
        bad += not good
    text = io.StringIO()
    if quote == "NONE":
        text.write("".join(SEPARATORS[separator].join(row) + "\r\n" for row in rows))
    else:
        csv.writer(text, delimiter=SEPARATORS[separator], quotechar=QUOTES[quote], quoting=quoting).writerows(rows)  # type: ignore[arg-type]
    return text.getvalue(), separator, quote, bad


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(files(), st.booleans(), st.booleans())
def test_normalizing_keeps_every_other_byte_and_is_idempotent(
    tmp_path: Path, file: tuple[str, str, str, int], spoiled: bool, ended: bool
) -> None:
    text, separator, quote, bad = file
    if spoiled and quote != "NONE":  # a record with an odd quote, and the others still as they are
        heading, end, body = text.partition("\r\n")
        text, bad = f"{heading}{end}x{QUOTES[quote]}y\r\n{body}", bad + 1
    if not ended:
        text = text.removesuffix("\r\n")
    source, plain, iso, again = (tmp_path / name for name in ("in.csv", "plain.csv", "iso.csv", "again.csv"))
    source.write_bytes(text.encode())
    layout = Layout("Email", "Date", "Title", None, "dd.MM.yyyy", separator, quote)
    check(source, layout, clean=plain)
    report = check(source, layout, clean=iso, normalize_dates=True)
    assert (report.bad_rows, report.clean_dateformat) == (bad, "yyyy-MM-dd")
    expected = plain.read_bytes()
    for day in range(1, 29):
        expected = expected.replace(
            f"{day:02d}.{1 + day % 12}.2024".encode(), f"2024-{1 + day % 12:02d}-{day:02d}".encode()
        )
    assert iso.read_bytes() == expected
    if report.good_rows:
        normal = Layout(dateformat="yyyy-MM-dd").over(layout)
        assert check(iso, normal, clean=again, normalize_dates=True).bad_rows == 0
        assert again.read_bytes() == iso.read_bytes()


def test_without_a_clean_file_dates_are_judged_as_if_normalized(tmp_path: Path) -> None:
    source = tmp_path / "in.csv"
    source.write_text("Email,Date,Title\na@x.com,2024-01-25 10:30 EST,T\n", encoding="utf-8")
    report = check(source, Layout(), normalize_dates=True)
    assert (report.ok, report.layout.dateformat.pattern) == (True, "yyyy-MM-dd HH:mm z")
    assert report.clean_dateformat == "yyyy-MM-dd'T'HH:mm:ssXXX"
    assert [path.name for path in tmp_path.iterdir()] == ["in.csv"]


def test_quotes_in_a_date_pattern_are_part_of_the_date(tmp_path: Path) -> None:
    source, clean = tmp_path / "in.csv", tmp_path / "clean.csv"
    source.write_text('Email,Date,Title\na@x.com,"01""25""2024",T\n', encoding="utf-8")
    report = check(source, Layout(dateformat='MM"dd"yyyy'), clean=clean, normalize_dates=True)
    assert report.ok
    assert clean.read_text(encoding="utf-8") == 'Email,Date,Title\na@x.com,"2024-01-25",T\n'


def test_month_names_are_not_warned_of_if_dates_are_normalized(tmp_path: Path) -> None:
    source = tmp_path / "in.csv"
    source.write_text("Email,Date,Title\na@x.com,25 Jan 2024,T\n", encoding="utf-8")
    layout = Layout(dateformat="dd MMM yyyy")
    assert check(source, layout).warnings == {"date-locale": 1}
    report = check(source, layout, clean=tmp_path / "clean.csv", normalize_dates=True)
    assert report.warnings == {}
    assert report.as_dict()["layout"]["dateformat"] == "dd MMM yyyy"
    assert report.as_dict()["clean_dateformat"] == "yyyy-MM-dd"
