"""What a zone's word means at a time and place, and which words mean nothing."""

from __future__ import annotations

import numpy as np
import pytest

from preflight import LayoutError
from preflight.dates.zones import bare, fixed_offset, is_place, local_offsets, offsets, zone_of

FIXED = [
    ("EST", -300), ("est", -300), ("(EST)", -300), ("GMT", 0), ("Z", 0), ("GMT+1", 60), ("GMT +01:30", 90),
    ("-0030", -30), ("UT-0130", -90), ("UTC+5:45", 345), ("+5", 300), ("gmt-1", -60), ("\u22128", -480),
    ("UTC\u22128", -480),
    ("-13:00", -780), ("-13:01", None), ("+14:00", 840), ("+1401", None), ("+25", None), ("+1:60", None),
    ("+01:00[Europe/Berlin]", 60), ("MESZ", 120), ("CST", None), ("X", None), ("", None), ("GMT1", None), ("+530", 330),
]  # fmt: skip


@pytest.mark.parametrize(("word", "minutes"), FIXED)
def test_zone_words_with_one_meaning(word: str, minutes: int | None) -> None:
    assert fixed_offset(word) == minutes


@pytest.mark.parametrize(
    ("word", "expected"),
    [("(EST)", "EST"), ("+01:00[Europe/Berlin]", "+01:00"), ("UTC\u22125", "UTC-5"), ("EST", "EST")],
)
def test_a_zone_word_without_its_surroundings(word: str, expected: str) -> None:
    assert bare(word) == expected


@pytest.mark.parametrize("name", ["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires"])
def test_a_place_is_in_the_database(name: str) -> None:
    assert is_place(name)
    assert zone_of(name).key == name


@pytest.mark.parametrize("name", ["EST", "GMT", "", "Europe/Atlantis", "../etc/passwd", "Europe/", "/UTC", "a/\0"])
def test_a_name_that_is_not_a_place(name: str) -> None:
    assert not is_place(name)
    with pytest.raises(LayoutError, match=r" is no time zone; give a place, as in `America/New_York` or `Europe/"):
        zone_of(name)


WINTER, SUMMER = "2026-01-25T10:30", "2026-07-25T10:30"
WORDS = [  # without a zone, in Chicago, in Shanghai
    ("CST", WINTER, None, -360, 480),
    ("cst", SUMMER, None, -360, 480),
    ("CDT", SUMMER, None, -300, None),
    ("CDT", "1950-07-25T10:30", None, -300, None),
    ("(EST)", WINTER, -300, -300, -300),
    ("GMT+1", WINTER, 60, 60, 60),
    ("Europe/Berlin", WINTER, 60, 60, 60),
    ("Europe/Berlin", SUMMER, 120, 120, 120),
    ("Europe/Atlantis", SUMMER, None, None, None),
    ("UTC", SUMMER, 0, 0, 0),
    ("XYZ", SUMMER, None, None, None),
    ("Central Standard Time", WINTER, -360, -360, -360),
    ("Central Standard Time", SUMMER, -300, -300, -300),  # as Windows writes it
    ("(Central Daylight Time)", SUMMER, -300, -300, -300),
    ("Eastern Time (US and Canada)", SUMMER, -240, -240, -240),
    ("Pacific Time", WINTER, -480, -480, -480),
    ("CT", WINTER, -360, -360, -360),
    ("China Standard Time", SUMMER, 480, 480, 480),
    ("Coordinated Universal Time", SUMMER, 0, 0, 0),
    ("Lunar Standard Time", WINTER, None, None, None),
    ("CST", "NaT", None, None, None),
    ("America/New_York", "2026-11-01T01:30", -240, -240, -240),  # the earlier of two
]


@pytest.mark.parametrize(("zone", "column"), [("", 2), ("America/Chicago", 3), ("Asia/Shanghai", 4)])
def test_the_meaning_of_zone_words_at_a_time(zone: str, column: int) -> None:
    words = [str(row[0]) for row in WORDS]
    local = np.array([row[1] for row in WORDS], "datetime64[us]")
    minutes, known = offsets(words, local, zone_of(zone) if zone else None)
    told = [int(one) if there else None for one, there in zip(minutes, known, strict=True)]
    assert told == [row[column] for row in WORDS]
    assert minutes[~known].tolist() == [0] * int((~known).sum())


@pytest.mark.parametrize(("moment", "minutes"), [("2026-11-01T01:30", -240), ("2026-12-01T01:30", -300)])
def test_a_word_of_the_zone_is_read_by_its_clock(moment: str, minutes: int) -> None:
    """`EST` is New York's own, and -05:00 there; `EDT` in winter is what it means in summer."""
    word = "EDT" if minutes == -240 else "EST"
    found, known = offsets([word], np.array([moment], "datetime64[us]"), zone_of("America/New_York"))
    assert (found.tolist(), known.tolist()) == ([minutes], [True])


def test_a_word_used_in_other_years_belongs_to_its_zone() -> None:
    """Moscow's `MSK` was +03:00, but +04:00 from 2011 to 2014."""
    moments = np.array(["2005-01-15T12:00", "2012-01-15T12:00", "2025-01-15T12:00"], "datetime64[us]")
    found, known = offsets(["MSK"] * 3, moments, zone_of("Europe/Moscow"))
    assert (found.tolist(), known.tolist()) == ([180, 240, 180], [True] * 3)


def test_minutes_ahead_of_utc_at_instants() -> None:
    instants = np.array(
        ["2026-01-25T10:30", "2026-07-25T10:30", "2026-03-08T07:00", "2026-03-08T06:59"], "datetime64[us]"
    )
    assert local_offsets(instants, zone_of("America/New_York")).tolist() == [-300, -240, -240, -300]
    assert local_offsets(instants[:1], zone_of("Asia/Kolkata")).tolist() == [330]
    assert local_offsets(np.array(["NaT"], "datetime64[us]"), zone_of("Asia/Kolkata")).tolist() == [0]
