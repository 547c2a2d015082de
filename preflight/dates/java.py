"""Java's reading of one text: lenient `SimpleDateFormat.parse` step by step, and the strict reading that is accepted.

The behaviour is that of JDK 17 (Locale.US, default zone UTC), with which the tests compare it. Cases that are not
modelled are marked: `sure` is False for non-ASCII digits, exponents, numbers of more than nine digits and zone names;
`stored` is empty for years before Christ and near the change of calendar in 1582.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from typing import NamedTuple

from preflight.dates.format import DateFormat
from preflight.dates.parse import FIRST_YEAR
from preflight.dates.pattern import FIELDS, HALVES, MONTHS, WEEKDAYS, Part
from preflight.dates.zones import MAX_EAST, MAX_WEST

_FOLD = str.maketrans({"ſ": "s", "ı": "i", "İ": "i", "K": "k"})
"""Non-ASCII letters that Java matches with those of English names when it ignores case."""

_NO_BLANK = re.compile(r"[^ \t]")
_NUMBER = re.compile(r"-?[0-9]+")
_EXPONENT = re.compile(r"E-?(?:\d|∞)")
_OFFSETS = {
    "X": re.compile(r"([+-])([0-9]{2})()"),
    "XX": re.compile(r"([+-])([0-9]{2})([0-9]{2})"),
    "XXX": re.compile(r"([+-])([0-9]{2}):([0-9]{2})"),
}
_NAMES = {"M": MONTHS, "E": WEEKDAYS, "a": HALVES}
_CUTOVER = datetime(1582, 10, 15).toordinal()


class FieldRead(NamedTuple):
    """A field as read by Java.

    `text` is its text, `value` its number: an index from 0 for a name, minutes ahead of UTC for a zone.
    """

    part: Part
    start: int
    text: str
    value: int


class LenientReading(NamedTuple):
    """The result of lenient Java for a text.

    `fields` are the fields read, `end` is the offset where reading stopped. `failed` is the part that could not be
    read, None if all were; then `stored` is the date that Java would store, as it prints it, or empty if unknown.
    """

    fields: tuple[FieldRead, ...]
    end: int
    failed: Part | None
    stored: str
    sure: bool

    def field(self, name: str) -> FieldRead | None:
        """The field of that name, or None if it was not read."""
        for read in self.fields:
            if FIELDS[read.part.letter] == name:
                return read
        return None


def read_leniently(dateformat: DateFormat, text: str) -> LenientReading:
    """The result of lenient Java for the start of `text`; takes time linear in the length of the part read."""
    fields: list[FieldRead] = []
    position, sure = 0, True
    for part, after in zip(dateformat.parts, (*dateformat.parts[1:], None), strict=True):
        if not part.letter:
            if not text.startswith(part.text, position):
                return LenientReading(tuple(fields), position, part, "", sure)
            position += len(part.text)
            continue
        read, certain = _read_field(part, after, text, position)
        sure = sure and certain
        if read is None:
            return LenientReading(tuple(fields), position, part, "", sure)
        fields.append(read)
        position = read.start + len(read.text)
    stored = _stored(dateformat, fields) if sure else ""
    return LenientReading(tuple(fields), position, None, stored, sure)


def read_soundly(dateformat: DateFormat, text: str) -> datetime | None:
    """The date that `DateFormat.judge` reads in a text, with its zone if the pattern has one; None if not accepted.

    For a single text this is many times faster than `judge`.
    """
    match = dateformat.form.fullmatch(text)
    if match is None:
        return None
    found = match.groupdict()
    year = int(found["year"])
    splits = False
    if len(found["year"]) == 2:
        first = dateformat.window_start.year
        splits = year == first % 100
        year += first - first % 100 + (100 if year < first % 100 else 0)
    hour = int(found.get("hour") or 0)
    if half := found.get("half"):
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half[0] in "pP" else 0)
    zone = _zone_minutes(found) if dateformat.has_zone else 0
    if zone is None or year < FIRST_YEAR:
        return None
    name = found.get("month_name")
    month = _index_of(name, MONTHS) + 1 if name else int(found["month"])
    clock = (
        hour,
        int(found.get("minute") or 0),
        int(found.get("second") or 0),
        int(found.get("millisecond") or 0) * 1000,
    )
    zoned = timezone(timedelta(minutes=zone)) if dateformat.has_zone else None
    try:
        date = datetime(year, month, int(found["day"]), *clock, tzinfo=zoned)
        if splits and date.replace(tzinfo=None) - timedelta(minutes=zone) < dateformat.window_start:
            if found.get("weekday"):  # strict Java checks the weekday in both centuries, and they never agree
                return None
            date = date.replace(year=year + 100)
    except ValueError:
        return None
    weekday = found.get("weekday")
    return date if not weekday or _index_of(weekday, WEEKDAYS) == date.weekday() else None


def _zone_minutes(found: dict[str, str | None]) -> int | None:
    """Minutes ahead of UTC, 0 without a zone; None if strict Java refuses the offset."""
    minutes = int(found.get("zone_minutes") or 0)
    ahead = (int(found.get("zone_hours") or 0) * 60 + minutes) * (-1 if found.get("zone_sign") == "-" else 1)
    return ahead if minutes < 60 and MAX_WEST <= ahead <= MAX_EAST else None


def _index_of(name: str, names: tuple[str, ...]) -> int:
    short = name[:3].translate(_FOLD).lower()
    return next(index for index, known in enumerate(names) if known[:3].lower() == short)


def _read_field(part: Part, after: Part | None, text: str, start: int) -> tuple[FieldRead | None, bool]:
    """The field that Java reads from `start`, and whether the result is certain."""
    if part.is_name:
        return _read_name(part, text, start), True
    first = _NO_BLANK.search(text, start)
    if first is None:
        return None, True
    begin = first.start()
    if part.field == "zone":
        return _read_zone(part, text, begin)
    stop = len(text)
    if after is not None and after.is_number:
        stop = start + len(part.text)
        if stop > len(text):
            return None, text.isascii()
    match = _NUMBER.match(text, begin, stop)
    if match is None:
        return None, text[begin : begin + 2].isascii() and not text.startswith("NaN", begin)
    digits = match.group()
    following = text[match.end() : min(stop, match.end() + 1)]
    certain = len(digits) < 10 and not following.isdecimal() and not _EXPONENT.match(text, match.end(), stop)
    return FieldRead(part, begin, digits, int(digits) if certain else 0), certain


def _read_name(part: Part, text: str, start: int) -> FieldRead | None:
    beginning = text[start : start + 9].translate(_FOLD).lower()
    best = FieldRead(part, start, "", -1)
    for index, name in enumerate(_NAMES[part.letter]):
        for length in {3, len(name)} if len(name) > 2 else {2}:
            if length > len(best.text) and beginning.startswith(name[:length].lower()):
                best = FieldRead(part, start, text[start : start + length], index)
    return best if best.text else None


def _read_zone(part: Part, text: str, begin: int) -> tuple[FieldRead | None, bool]:
    if part.letter == "X" and text[begin] == "Z":
        return FieldRead(part, begin, "Z", 0), True
    if text[begin] not in "+-":
        return None, part.letter == "X"
    match = _OFFSETS[part.text if part.letter == "X" else "XX"].match(text, begin)
    if match is None or int(match[2]) > 23 or int(match[3] or 0) > 59:
        return None, True
    ahead = int(match[2]) * 60 + int(match[3] or 0)
    return FieldRead(part, begin, match.group(), -ahead if match[1] == "-" else ahead), True


def full_year(dateformat: DateFormat, year: FieldRead) -> int:
    """The year that Java reads: two digits under `yy` and `y` are completed by the window of two-digit years."""
    if len(year.part.text) > 2 or len(year.text) != 2 or not year.text.isdigit():
        return year.value
    first = dateformat.window_start.year
    return first - first % 100 + year.value + (100 if year.value < first % 100 else 0)


def _stored(dateformat: DateFormat, fields: list[FieldRead]) -> str:
    """The date that lenient Java stores for these fields, as it prints it; empty if unknown."""
    values = {read.part.field: read.value for read in fields}
    if any(read.part.field == "month" and read.part.is_name for read in fields):
        values["month"] += 1
    hour = values.get("hour", 0)
    if "half" in values:
        hour = (0 if hour == 12 else hour) + 12 * values["half"]
    clock = timedelta(hours=hour, minutes=values.get("minute", 0), seconds=values.get("second", 0),
                      milliseconds=values.get("millisecond", 0)) - timedelta(minutes=values.get("zone", 0))  # fmt: skip
    year = full_year(dateformat, next(read for read in fields if read.part.field == "year"))
    if year != values["year"] and year == dateformat.window_start.year:  # the year that the window's start splits
        day = _ordinal(year, values)
        if day is not None and datetime.fromordinal(day) + clock < dateformat.window_start:
            year += 100
    day = _ordinal(year, values)
    if day is None:
        return ""
    try:
        days, rest = divmod(clock, timedelta(days=1))
        date = _printed(day + days)
    except (ValueError, OverflowError):
        return ""
    if not date or not dateformat.has_time:
        return date
    seconds, left = divmod(rest, timedelta(seconds=1))
    time = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    milliseconds = f".{left // timedelta(milliseconds=1):03d}" if left else ""
    return f"{date} {time}{milliseconds}{' UTC' if dateformat.has_zone else ''}"


def _ordinal(year: int, values: dict[str, int]) -> int | None:
    """The day that lenient Java computes, as an ordinal of `date.toordinal`; None for cases not modelled."""
    written = year
    year, month = divmod(written * 12 + values["month"] - 1, 12)
    day = values["day"]
    if not 1 <= year <= 9998 or (year - 1582) * (written - 1582) <= 0 or abs(day) > 1_000_000:
        return None
    if year > 1582:
        ordinal = datetime(year, month + 1, 1).toordinal() + day - 1
        return ordinal if ordinal >= _CUTOVER else None
    ordinal = _julian_ordinal(year, month + 1) + day - 1
    return ordinal if 0 < ordinal < _CUTOVER - 365 else None


def _julian_ordinal(year: int, month: int) -> int:
    """The ordinal of the first day of a Julian month; January 1 of year 1 is two days before the Gregorian one."""
    before = (0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334)[month - 1]
    return (year - 1) * 365 + (year - 1) // 4 + before + (1 if month > 2 and year % 4 == 0 else 0) - 1


def _printed(ordinal: int) -> str:
    """A day as Java prints it, in the Julian calendar before 1582."""
    if ordinal >= _CUTOVER:
        return datetime.fromordinal(ordinal).date().isoformat()
    year = (ordinal + 1) * 4 // 1461 + 2
    while _julian_ordinal(year, 1) > ordinal:
        year -= 1
    month = next(month for month in range(12, 0, -1) if _julian_ordinal(year, month) <= ordinal)
    return f"{year:04d}-{month:02d}-{ordinal - _julian_ordinal(year, month) + 1:02d}" if year >= 1 else ""
