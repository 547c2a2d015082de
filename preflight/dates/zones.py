"""Time zones as words (`EST`, `GMT+1`, `America/New_York`), and which of them mean one offset everywhere."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from preflight.errors import LayoutError
from preflight.text.asking import option
from preflight.text.display import shown

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Minutes = npt.NDArray[np.int64]
    Instants = npt.NDArray[np.datetime64]

OFFSETS = {
    "UTC": 0, "GMT": 0, "UT": 0, "Z": 0, "WET": 0, "WEST": 60, "BST": 60, "CET": 60, "CEST": 120, "MET": 60,
    "MEST": 120, "EET": 120, "EEST": 180, "WAT": 60, "CAT": 120, "SAST": 120, "EAT": 180, "PKT": 300, "WIB": 420,
    "WITA": 480, "WIT": 540, "HKT": 480, "JST": 540, "AWST": 480, "ACST": 570, "ACDT": 630, "AEST": 600, "AEDT": 660,
    "NZST": 720, "NZDT": 780, "HST": -600, "HDT": -540, "AKST": -540, "AKDT": -480, "PDT": -420, "MST": -420,
    "MDT": -360, "EST": -300, "EDT": -240,
}  # fmt: skip
"""Minutes ahead of UTC, of the words that mean the same offset wherever they are used since 2000."""

AMBIGUOUS = {
    "CST": ("America/Chicago", "Asia/Shanghai"),
    "CDT": ("America/Chicago", "America/Havana"),
    "IST": ("Asia/Kolkata", "Europe/Dublin", "Asia/Jerusalem"),
    "PST": ("America/Los_Angeles", "Asia/Manila"),
    "AST": ("America/Halifax", "Asia/Riyadh"),
    "ADT": ("America/Halifax", "Asia/Baghdad"),
    "MSK": ("Europe/Moscow",),
    "KST": ("Asia/Seoul", "Asia/Pyongyang"),
    "SST": ("Pacific/Pago_Pago", "Asia/Singapore"),
    "GST": ("Asia/Dubai", "Pacific/Guam"),
    "NST": ("America/St_Johns", "Asia/Kathmandu"),
}
"""Words that mean several offsets, or did in other years, and places where they are used."""

WORD = (
    r"\(?(?:(?:Z|[+\-−][0-9]{2}:?[0-9]{2})\[[A-Za-z_/\-]+\]|[A-Z][A-Za-z_]+(?:/[A-Z][A-Za-z_\-]+)+"
    r"|[A-Za-z]{1,5}(?: ?[+\-−][0-9]{1,2}(?::?[0-9]{2})?)?|[+\-−][0-9]{1,2}(?::?[0-9]{2})?)\)?"
)
"""The form of a zone as a word, or as an offset, in RE2's syntax and Python's."""

MAX_WEST, MAX_EAST = -13 * 60, 14 * 60
"""Minutes from UTC; the zones that Java knows lie between."""

_OFFSET = re.compile(r"(?:(?:UTC|GMT|UT) ?)?([+-])([0-9]{1,2})(?::?([0-9]{2}))?", re.IGNORECASE)


@lru_cache(maxsize=64)
def zone_of(name: str) -> ZoneInfo:
    """A zone by its name in the IANA's database; raises `LayoutError` where it has none."""
    try:
        if "/" not in name and name != "UTC":  # `EST` and the like are there, but have no daylight-saving time
            raise ZoneInfoNotFoundError
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise LayoutError(
            f"{option('zone')} {shown(name)} is no time zone; give a place, as in `America/New_York` or `Europe/Berlin`"
        ) from None


def is_place(word: str) -> bool:
    """True for a place of the IANA's database, which a date format's `z` reads, too."""
    try:
        return bool(zone_of(word))
    except LayoutError:
        return False


def bare(word: str) -> str:
    """A zone's word without brackets, its minus a plain one; of `+01:00[Europe/Berlin]` the offset."""
    return word.strip("()").partition("[")[0].replace("\u2212", "-")


@lru_cache(maxsize=4_096)
def fixed_offset(word: str) -> int | None:
    """Minutes ahead of UTC of a word that means the same at any time and place; else `None`.

    `GMT+1` is an hour ahead of UTC, as people and Java write it; the POSIX way round, which dateutil's parser takes, is
    nobody's in an export.
    """
    import dateutil.parser  # not every check has a zone to read

    word = bare(word)
    if word.upper() in OFFSETS:
        return OFFSETS[word.upper()]
    match = _OFFSET.fullmatch(word)
    if match is None:
        return None
    try:
        zone = dateutil.parser.isoparser().parse_tzstr(f"{match[1]}{match[2]:0>2}:{match[3] or '00'}")
    except ValueError:
        return None
    minutes = (zone.utcoffset(None) or timedelta()) // timedelta(minutes=1)
    return minutes if MAX_WEST <= minutes <= MAX_EAST else None


def offsets(words: list[str], local: Instants, zone: ZoneInfo | None) -> tuple[Minutes, npt.NDArray[np.bool_]]:
    """Minutes ahead of UTC of zones' words at local times, and which of them are known.

    A word that the `zone` uses itself is its own; one that means several offsets is known only then.
    """
    import numpy as np

    found, known = np.zeros(len(words), np.int64), np.zeros(len(words), np.bool_)
    codes: dict[str, list[int]] = {}
    for place, word in enumerate(words):
        codes.setdefault(word, []).append(place)
    for word, places in codes.items():
        fixed = None if zone is not None and _is_of(zone, bare(word)) else fixed_offset(word)
        if fixed is not None:
            found[places], known[places] = fixed, True
            continue
        for place in places:
            moment = local[place].item()
            minutes = _offset_at(bare(word), moment, zone) if isinstance(moment, datetime) else None
            if minutes is not None:
                found[place], known[place] = minutes, True
    return found, known


def local_offsets(instants: Instants, zone: ZoneInfo) -> Minutes:
    """Minutes ahead of UTC of a zone at some instants."""
    import pandas as pd

    there = pd.DatetimeIndex(instants).tz_localize("UTC").tz_convert(zone).tz_localize(None).to_numpy()
    minutes: Minutes = ((there - instants).astype("timedelta64[s]").astype("int64")) // 60
    return minutes


def _is_of(zone: ZoneInfo, word: str) -> bool:
    return any(word.upper() in _own_words(zone, year) for year in (2005, 2015, 2025))


@lru_cache(maxsize=1_024)
def _own_words(zone: ZoneInfo, year: int) -> dict[str, int]:
    """The words that a zone uses in a year, and what they mean there."""
    found: dict[str, int] = {}
    for month in range(1, 13):
        for day in (1, 15):
            moment = datetime(year, month, day, 12, tzinfo=zone)
            word, offset = moment.tzname(), moment.utcoffset()
            if word and offset is not None:
                found[word.upper()] = offset // timedelta(minutes=1)
    return found


def _offset_at(word: str, local: datetime, zone: ZoneInfo | None) -> int | None:
    """Minutes ahead of UTC of a word at one local time; of two times with one name in autumn it is the earlier."""
    if "/" in word:
        offset = local.replace(tzinfo=zone_of(word)).utcoffset() if is_place(word) else None
        return offset // timedelta(minutes=1) if offset is not None else None
    return _own_words(zone, local.year).get(word.upper()) if zone is not None else None
