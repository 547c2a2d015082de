"""The composed patterns: all of them can be used, and those that fit a text are those that could read it."""

from __future__ import annotations

import random
from datetime import datetime

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from preflight.dates.compose import LONGEST, fits
from preflight.dates.format import DateFormat, other_order
from preflight.dates.known import KNOWN_FORMATS
from tests.preflight.datetruth import NOW, composed, every_part
from tests.preflight.test_elimination import eliminated

patterns = st.builds(lambda seed: composed(random.Random(seed)), st.integers(0, 10**9))
moments = st.datetimes(datetime(1950, 1, 1), datetime(2040, 1, 1)).map(lambda moment: moment.replace(microsecond=5000))


@given(patterns, moments)
@example("yyyy'年'MM'月'dd'日T'HH:mm", datetime(2026, 1, 25, 10, 30))
@settings(max_examples=100)
def test_a_composed_pattern_fits_what_it_writes(pattern: str, moment: datetime) -> None:
    text = DateFormat(pattern, now=NOW).format(moment)
    assert len(text) <= LONGEST
    found = [fit.pattern for fit in fits(text)]
    assert pattern in found
    assert len(set(found)) == len(found)


@pytest.mark.parametrize("pattern", [*(known.pattern for known in KNOWN_FORMATS), *every_part()])
def test_every_known_format_every_part_and_every_other_order_is_composed(pattern: str) -> None:
    assert pattern in [fit.pattern for fit in fits(DateFormat(pattern).format(datetime(2011, 1, 25, 14, 30, 5)))]
    if (other := other_order(DateFormat(pattern))) is not None:
        assert other.pattern in [fit.pattern for fit in fits(other.format(datetime(2011, 1, 25, 14, 30, 5)))]


@given(patterns, moments, st.data())
@settings(max_examples=100)
def test_composed_formats_read_what_fits_and_equal_readings_agree(
    pattern: str, moment: datetime, data: st.DataObject
) -> None:
    text = DateFormat(pattern, now=NOW).format(moment)
    if data.draw(st.booleans()):
        place = data.draw(st.integers(0, len(text)))
        text = text[:place] + data.draw(st.sampled_from(["0", " ", "/", "-", "PM", "x", ""])) + text[place + 1 :]
    digits = "".join(data.draw(st.sampled_from("0123456789")) if one.isdigit() else one for one in text)
    column = pa.array([text, digits])
    readings: dict[str, list[object]] = {}
    found = fits(text)
    assert found == fits(digits)
    for fit in found:
        dateformat = DateFormat(fit.pattern, now=NOW)
        assert dateformat.form.match(text)
        instants = np.datetime_as_string(dateformat.judge(column)).tolist()
        assert readings.setdefault(fit.reading, instants) == instants
    if pattern not in [fit.pattern for fit in found]:
        assert np.isnat(DateFormat(pattern, now=NOW).judge(column)).all()


EXPORTED = [
    ("Jan 25, 2026 10:30 AM", "MMM dd, yyyy hh:mm a"),
    ("2/17/26, 10:00:05 AM", "MM/dd/yy, hh:mm:ss a"),
    ("14/11/22, 09:30:46", "dd/MM/yy, HH:mm:ss"),
    ("01/25/2026 8:12am", "MM/dd/yyyy hh:mma"),
    ("2026-03-03 11:00 am", "yyyy-MM-dd hh:mm a"),
    ("2026-01-25T10:30:05-0500", "yyyy-MM-dd'T'HH:mm:ssZ"),
    ("2026-01-25 10:30:05 UTC", "yyyy-MM-dd HH:mm:ss 'UTC'"),
    ("25-Jan-2026 10:30", "dd-MMM-yyyy HH:mm"),
    ("Sunday, January 25, 2026", "EEEE, MMMM dd, yyyy"),
    ("Sunday, January 25, 2026 at 8:30 PM", "EEEE, MMMM dd, yyyy 'at' hh:mm a"),
    ("2026-01-25T10:30:05Z[UTC]", "yyyy-MM-dd'T'HH:mm:ssX'[UTC]'"),
    ("25/Jan/2026:10:30:05 +0100", "dd/MMM/yyyy:HH:mm:ss Z"),
    ("Sun Jan 25 2026 10:30:05 GMT+0100", "EEE MMM dd yyyy HH:mm:ss 'GMT'Z"),
    ("Sun Jan 25 10:30:05 2026", "EEE MMM dd HH:mm:ss yyyy"),
    ("20260125103005", "yyyyMMddHHmmss"),
    ("10:30, 25.01.2026", "HH:mm, dd.MM.yyyy"),
    ("25.01.2026 - 10:30 Uhr", "dd.MM.yyyy - HH:mm 'Uhr'"),
    ("25.01.2026 um 10:30 Uhr", "dd.MM.yyyy 'um' HH:mm 'Uhr'"),
    ("25/01/2026 alle 10:30", "dd/MM/yyyy 'alle' HH:mm"),
    ("25/01/2026 à 10h30", "dd/MM/yyyy 'à' HH'h'mm"),
    ("2026-01-25 kl. 10:30", "yyyy-MM-dd 'kl.' HH:mm"),
    ("2026. 01. 25. 10:30", "yyyy. MM. dd. HH:mm"),
    ("2026年1月25日 10:30", "yyyy'年'MM'月'dd'日' HH:mm"),
]


@pytest.mark.parametrize(("text", "pattern"), EXPORTED)
def test_formats_that_tools_write_are_found(text: str, pattern: str) -> None:
    found = eliminated([text])
    offered = [one.pattern for one in found.remaining]
    assert pattern in offered
    if found.chosen is not None:
        assert offered == [pattern]


ALIKE = [
    (
        "2024-01-25 10:30 +0100",
        {"yyyy-MM-dd HH:mm Z", "yyyy-MM-dd HH:mmZ", "yyyy-MM-dd HH:mm XX", "yyyy-MM-dd HH:mmXX"},
    ),
    ("25 Jan 2024", {"dd MMM yyyy", "dd MMMM yyyy", "dd MMM yy", "dd MMMM yy"}),
]


@pytest.mark.parametrize(("text", "patterns"), ALIKE)
def test_patterns_that_read_a_form_alike_share_a_reading(text: str, patterns: set[str]) -> None:
    found = [fit for fit in fits(text) if fit.pattern in patterns]
    assert {fit.pattern for fit in found} == patterns
    assert len({fit.reading for fit in found}) == 1


@pytest.mark.parametrize(
    "text", ["", "x", "0", "12", "TBC", "Anna 2026", "0" * 100, "01/25/2026 and so on", "1/2", "May 2026"]
)
def test_no_pattern_fits_a_text_that_is_not_a_date(text: str) -> None:
    assert fits(text) == ()
