"""Time zones as words (`EST`, `GMT+1`, `America/New_York`), and their offsets."""

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

    Instants = npt.NDArray[np.datetime64]
    Minutes = npt.NDArray[np.int64]

OFFSETS = {
    "UTC": 0, "GMT": 0, "UT": 0, "Z": 0, "WET": 0, "WEST": 60, "BST": 60, "CET": 60, "CEST": 120, "MET": 60,
    "MEST": 120, "MEZ": 60, "MESZ": 120, "EET": 120, "EEST": 180, "WAT": 60, "CAT": 120, "SAST": 120, "EAT": 180,
    "PKT": 300, "WIB": 420, "ICT": 420, "WITA": 480, "WIT": 540, "HKT": 480, "SGT": 480, "MYT": 480, "PHT": 480,
    "JST": 540, "AWST": 480, "ACST": 570, "ACDT": 630, "AEST": 600, "AEDT": 660, "NZST": 720, "NZDT": 780,
    "HST": -600, "HDT": -540, "AKST": -540, "AKDT": -480, "PDT": -420, "MST": -420, "MDT": -360, "EST": -300,
    "EDT": -240, "COT": -300, "PET": -300, "BRT": -180,
}  # fmt: skip
"""Minutes ahead of UTC of the words that have had one meaning everywhere since 2000."""

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
"""Words with several offsets, now or in other years, and places where they are used."""

NAMED = {
    "Atlantic": "America/Halifax", "Eastern": "America/New_York", "Central": "America/Chicago",
    "Mountain": "America/Denver", "US Mountain": "America/Phoenix", "Pacific": "America/Los_Angeles",
    "Alaskan": "America/Anchorage", "Hawaiian": "Pacific/Honolulu", "Canada Central": "America/Regina",
    "E. South America": "America/Sao_Paulo", "SA Pacific": "America/Bogota", "Coordinated": "UTC", "Greenwich": "UTC",
    "GMT": "Europe/London", "British": "Europe/London", "W. Europe": "Europe/Berlin", "Romance": "Europe/Paris",
    "Central Europe": "Europe/Budapest", "Central European": "Europe/Warsaw", "FLE": "Europe/Helsinki",
    "GTB": "Europe/Athens", "Eastern European": "Europe/Athens", "Israel": "Asia/Jerusalem",
    "Turkey": "Europe/Istanbul", "Russian": "Europe/Moscow", "South Africa": "Africa/Johannesburg",
    "Arabian": "Asia/Dubai", "Gulf": "Asia/Dubai", "India": "Asia/Kolkata", "China": "Asia/Shanghai",
    "Singapore": "Asia/Singapore", "Tokyo": "Asia/Tokyo", "Japan": "Asia/Tokyo", "Korea": "Asia/Seoul",
    "ET": "America/New_York", "CT": "America/Chicago", "MT": "America/Denver", "PT": "America/Los_Angeles",
    "AUS Eastern": "Australia/Sydney", "Australian Eastern": "Australia/Sydney", "New Zealand": "Pacific/Auckland",
}  # fmt: skip
"""Places with the zones of names such as `Eastern Standard Time` and `ET`, those of Windows among them."""

_NAME = re.compile(r"(.+?)(?: Standard| Daylight| Summer| Mean| Universal)? Time(?: \(US (?:and|&) Canada)?|([ECMP]T)")

WORD = (
    r"\(?(?:[A-Z][A-Za-z.]*(?: [A-Z][A-Za-z]*){0,4} Time(?: \(US (?:and|&) Canada)?|"
    r"(?:Z|[+\-−][0-9]{2}:?[0-9]{2})\[[A-Za-z_/\-]+\]|[A-Z][A-Za-z_]+(?:/[A-Z][A-Za-z_\-]+)+"
    r"|[A-Za-z]{1,5}(?: ?[+\-−][0-9]{1,2}(?::?[0-9]{2})?)?|[+\-−][0-9]{1,2}(?::?[0-9]{2})?)\)?"
)
"""The form of a zone as a word or an offset, for RE2 and Python."""

MAX_WEST, MAX_EAST = -13 * 60, 14 * 60
"""The range of Java's zones in minutes ahead of UTC."""

_OFFSET = re.compile(r"(?:(?:UTC|GMT|UT) ?)?([+-])([0-9]{1,2})(?::?([0-9]{2}))?", re.IGNORECASE)


@lru_cache(maxsize=64)
def zone_of(name: str) -> ZoneInfo:
    """The zone of an IANA name; raises `LayoutError` for an unknown name."""
    try:
        if "/" not in name and name != "UTC":  # `EST` and others exist, but without daylight-saving time
            raise ZoneInfoNotFoundError
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise LayoutError(
            f"{option('zone')} {shown(name)} is no time zone; give a place, as in `America/New_York` or `Europe/Berlin`"
        ) from None


def is_place(word: str) -> bool:
    """Whether a word is a place of the IANA database, which `z` in a date format reads, too."""
    try:
        return bool(zone_of(word))
    except LayoutError:
        return False


def place_named(word: str) -> str:
    """The place with the zone of a name such as `Eastern Standard Time`; empty for other words.

    A name is not that of a fixed offset: Windows writes `Standard Time` in summer, too.
    """
    name = _NAME.fullmatch(word)
    return NAMED.get(name[1] or name[2], "") if name else ""


def bare(word: str) -> str:
    """The word of a zone without brackets and with an ASCII minus; of `+01:00[Europe/Berlin]` the offset."""
    return word.strip("()").partition("[")[0].replace("\u2212", "-")


@lru_cache(maxsize=4_096)
def fixed_offset(word: str) -> int | None:
    """Minutes ahead of UTC of a word with the same meaning at any time and place; None for other words.

    `GMT+1` is an hour ahead of UTC, as people and Java write it; the inverted sign of POSIX, which dateutil's parser
    uses, does not occur in exports.
    """
    import dateutil.parser  # rarely needed, so imported late

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
    """Minutes ahead of UTC of zone words at local times, and the mask of the known ones.

    A word that `zone` uses has its meaning there; an ambiguous word is known only in this case.
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
    """Minutes ahead of UTC of a zone at each of the instants; 0 at `NaT`."""
    import numpy as np
    import pandas as pd

    local = pd.DatetimeIndex(instants).tz_localize("UTC").tz_convert(zone).tz_localize(None).to_numpy()
    ahead = (local - instants).astype("timedelta64[s]").astype("int64") // 60
    return np.where(np.isnat(instants), 0, ahead)  # what NaT becomes is too large for a timedelta64


def written_offset(minutes: int) -> str:
    """An offset from UTC as ISO 8601 writes it, such as `+02:00`, and `Z` for none."""
    hours, rest = divmod(abs(minutes), 60)
    return f"{'-' if minutes < 0 else '+'}{hours:02d}:{rest:02d}" if minutes else "Z"


def _is_of(zone: ZoneInfo, word: str) -> bool:
    return any(word.upper() in _own_words(zone, year) for year in (2005, 2015, 2025))


@lru_cache(maxsize=1_024)
def _own_words(zone: ZoneInfo, year: int) -> dict[str, int]:
    """The words that a zone uses in a year, with their minutes ahead of UTC."""
    found: dict[str, int] = {}
    for month in range(1, 13):
        for day in (1, 15):
            moment = datetime(year, month, day, 12, tzinfo=zone)
            word, offset = moment.tzname(), moment.utcoffset()
            if word and offset is not None:
                found[word.upper()] = offset // timedelta(minutes=1)
    return found


def _offset_at(word: str, local: datetime, zone: ZoneInfo | None) -> int | None:
    """Minutes ahead of UTC of a word at a local time; an ambiguous time in autumn is the earlier one."""
    word = place_named(word) or word
    if "/" in word or word == "UTC":
        offset = local.replace(tzinfo=zone_of(word)).utcoffset() if is_place(word) else None
        return offset // timedelta(minutes=1) if offset is not None else None
    return _own_words(zone, local.year).get(word.upper()) if zone is not None else None
