"""The known formats: the page's fifteen, their examples and what is said of them."""

from __future__ import annotations

import pyarrow as pa
import pytest

from preflight.dates.format import DateFormat
from preflight.dates.known import EXAMPLE, KNOWN_FORMATS, KnownFormat

PUBLISHED = [
    ("MM/dd/yyyy", "01/25/2011", "%m/%d/%Y"),
    ("dd/MM/yyyy", "25/01/2011", "%d/%m/%Y"),
    ("MM/dd/yy", "01/25/11", "%m/%d/%y"),
    ("dd/MM/yy", "25/01/11", "%d/%m/%y"),
    ("yyyy/MM/dd", "2011/01/25", "%Y/%m/%d"),
    ("MM-dd-yyyy", "01-25-2011", "%m-%d-%Y"),
    ("dd-MM-yyyy", "25-01-2011", "%d-%m-%Y"),
    ("MM-dd-yy", "01-25-11", "%m-%d-%y"),
    ("dd-MM-yy", "25-01-11", "%d-%m-%y"),
    ("yyyy-MM-dd", "2011-01-25", "%Y-%m-%d"),
    ("dd MMM yyyy", "25 Jan 2011", "%d %b %Y"),
    ("MMM dd yyyy", "Jan 25 2011", "%b %d %Y"),
    ("dd MMMM yyyy", "25 January 2011", "%d %B %Y"),
    ("EEE, dd MMM yyyy", "Tue, 25 Jan 2011", "%a, %d %b %Y"),
    ("EEEE, dd MMMM yyyy", "Tuesday, 25 January 2011", "%A, %d %B %Y"),
]


def test_the_published_formats_are_those_of_the_documentation_in_order() -> None:
    published = [known for known in KNOWN_FORMATS if known.published]
    assert [(known.pattern, known.example, known.strptime) for known in published] == PUBLISHED
    assert KNOWN_FORMATS[: len(published)] == tuple(published)


@pytest.mark.parametrize("known", KNOWN_FORMATS, ids=lambda known: known.pattern)
def test_a_format_reads_its_own_example(known: KnownFormat) -> None:
    (instant,) = known.dateformat.judge(pa.array([known.example])).tolist()
    assert instant.date() == EXAMPLE.date()
    assert "\n" not in known.remarks


def test_each_pattern_is_listed_once() -> None:
    assert len({known.pattern for known in KNOWN_FORMATS}) == len(KNOWN_FORMATS)


def test_remarks_name_the_pitfalls() -> None:
    remarks = {known.pattern: known.remarks for known in KNOWN_FORMATS}
    window = "two-digit years: from 80 years before now to 20 after, other than strptime's 1969 to 2068"
    names = "English names: whether the server reads them depends on its locale"
    assert remarks["MM/dd/yyyy"] == ""
    assert remarks["dd/MM/yy"] == window
    assert remarks["MM/dd/yy"] == f"{window}; the endpoint's page shows it with a four-digit year"
    assert remarks["dd MMMM yyyy"] == f"{names}; the endpoint's page shows `Jaunuary`, which Act-On cannot read"
    assert remarks["yyyy-MM-dd HH:mm"] == "no zone: the server's own applies"
    assert remarks["yyyy-MM-dd'T'HH:mm:ssXXX"] == ""


def test_wrong_examples_of_the_documentation_are_rejected() -> None:
    assert DateFormat("dd MMMM yyyy").judge(pa.array(["25 Jaunuary 2011"])).tolist() == [None]
    assert DateFormat("EEE, dd MMM yyyy").judge(pa.array(["Tue, 25 Jan 2011"])).tolist()[0] is not None
