"""Explains why a date cell was rejected: the part that fails, the date Java would store, and the likely meaning.

Statements on Java come from `preflight.dates.java`, which the tests compare with a JDK.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from functools import lru_cache

from preflight.dates.counted import COUNTED_AS, CountedFormat
from preflight.dates.format import DateFormat
from preflight.dates.java import FieldRead, LenientReading, full_year, read_leniently, read_soundly
from preflight.dates.pattern import MONTHS, WEEKDAYS
from preflight.dates.source import SourceFormat
from preflight.dates.unread import Unread, unread
from preflight.dates.zones import MAX_EAST, MAX_WEST
from preflight.model.problems import Diagnosis
from preflight.rules.datemeant import Meant, known, like, readings
from preflight.rules.misfits import CLOCK, days_in, limits_of, misfits
from preflight.text.display import shown, visible
from preflight.text.nothing import is_relative, names_no_day
from preflight.text.spans import WHOLE, Spans, differing
from preflight.text.whitespace import is_blank

SHOWN = 40
"""Maximum number of characters of a cell in a message."""

_FIELD_NAMES = {"half": "AM or PM", "millisecond": "milliseconds"}


def explain(dateformat: DateFormat, text: str) -> Diagnosis:
    """Explain why `dateformat` rejects `text`, in time linear in its length. Never raises."""
    if names_no_day(text):
        if is_relative(text):
            says = f"{shown(text, SHOWN)} names no day of its own; write the date."
            return Diagnosis("date-format", says, spans=WHOLE)
        says = "The date is blank." if is_blank(text) else f"{shown(text, SHOWN)} stands for no date."
        return Diagnosis("date-missing", says, spans=WHOLE)
    normalized = isinstance(dateformat, SourceFormat)
    meaning = unread(text, normalized)
    if isinstance(dateformat, CountedFormat):
        return _no_number(dateformat, text, meaning)
    if isinstance(dateformat, SourceFormat):
        dateformat = dateformat.plain
    java = read_leniently(dateformat, text)
    stores = f"; Act-On would store {java.stored}" if java.stored and not normalized else ""
    all_read = java.failed is None and java.sure
    if all_read and (trailing := _trailing(dateformat, text, java, stores)):
        return trailing
    if meaning is not None:
        return _unread(dateformat, text, meaning)
    if all_read:
        return (
            _short_year(dateformat, text, java, stores)
            or _other_format(dateformat, text, stores, guess=bool(text[java.end :]), spans=misfits(text, java))
            or _weekday(dateformat, java, stores)
            or _out_of_range(dateformat, text, java, stores)
        )
    return _other_format(dateformat, text, stores, guess=True, spans=WHOLE) or _mismatch(dateformat, text, java)


def _no_number(dateformat: CountedFormat, text: str, meaning: Unread | None) -> Diagnosis:
    """A text that is no number, in a column of dates counted from an epoch."""
    says = f"{shown(text.strip(), SHOWN)} is not {COUNTED_AS[dateformat.pattern]}"
    what = f"; it {meaning.says}" if meaning is not None else ""
    return Diagnosis("date-format", f"{says}{what}.", spans=WHOLE)


def _unread(dateformat: DateFormat, text: str, meaning: Unread) -> Diagnosis:
    """A text of a kind that no pattern reads. Suggests its date if the text has one that the format can write."""
    bare = text.strip(" \t")
    says = f"{shown(bare, SHOWN)} {meaning.says}"
    if meaning.date is not None:
        suggestion = "" if dateformat.has_zone else _written(dateformat, Meant(meaning.date, "", True, False))
        return Diagnosis("date-format", f"{says}, not a date as {shown(dateformat.pattern)}.", suggestion, spans=WHOLE)
    own = read_soundly(dateformat, meaning.bare)
    meant = (
        [Meant(own, "", dateformat.has_time, dateformat.has_zone)] if own else readings(dateformat, meaning.bare, True)
    )
    suggestion = ""
    if len({one.date.date() for one in meant}) == 1:
        suggestion = _written(dateformat, replace(meant[0], has_zone=meaning.zoned or meant[0].has_zone))
    return Diagnosis(
        "date-format", f"{says}; {meaning.remedy}.", suggestion, spans=differing(text, meaning.bare) or WHOLE
    )


def _trailing(dateformat: DateFormat, text: str, java: LenientReading, stores: str) -> Diagnosis | None:
    """A valid date followed by text that Java ignores."""
    rest = text[java.end :]
    date = read_soundly(dateformat, text[: java.end])
    if date is None or not rest.strip(" \t"):
        return None
    message = f'"{visible(rest, SHOWN)}" follows the date'
    if stores:
        message = f'Act-On would ignore "{visible(rest, SHOWN)}" after the date and store {java.stored}'
    whole = next((meant.pattern for meant in known(dateformat, text) if _same_day(meant.date, date)), "")
    hint = f"; {shown(whole)} reads all of it" if whole else ""
    return Diagnosis(
        "date-trailing", f"{message}{hint}.", _written_as_read(dateformat, date), spans=((java.end, None),)
    )


def _short_year(dateformat: DateFormat, text: str, java: LenientReading, stores: str) -> Diagnosis | None:
    """A date that is valid except for the number of digits of its year, or before the Gregorian calendar."""
    year = java.field("year")
    if year is None or not year.text.isdigit() or text[java.end :].strip(" \t"):
        return None
    if len(year.text) == 4 and year.value >= 1583:
        return None
    # The stand-in for the wrong year has the same leap days, so only the rest of the date is checked.
    stand_in = f"{2000 + year.value % 400:04d}"
    other, rewritten = dateformat, text[: year.start] + stand_in + text[year.start + len(year.text) :]
    if len(year.text) == 2 and len(year.part.text) > 2:
        other, rewritten = _with_year(dateformat, "yy"), text
    date = read_soundly(other, rewritten)
    if date is None:
        return None
    if len(year.text) == 4:
        message = f"The year {shown(year.text)} lies before 1583, where calendars differ{stores}."
        return Diagnosis("date-year", message, spans=_at(year))
    wanted = "4" if len(year.part.text) > 2 else "2 or 4"
    message = f"The year {shown(year.text)} has {_count(year.text)}, not {wanted}{stores}"
    if len(year.text) != 2:
        return Diagnosis("date-year", message + ".", spans=_at(year))
    others = [meant for meant in known(dateformat, text) if not _same_day(meant.date, date)]
    if others and dateformat.parts[0].field == "year":  # any of three short numbers may be the year
        choices = _choices([Meant(date, other.pattern, other.has_time, other.has_zone), *others])
        return Diagnosis("date-year", f"{message}; {choices}.", spans=WHOLE)
    return Diagnosis("date-year", message + ".", _written_as_read(dateformat, date), spans=_at(year))


def _with_year(dateformat: DateFormat, letters: str) -> DateFormat:
    """The format with another run of `y`, and the same window of two-digit years."""
    year = next(part for part in dateformat.parts if part.field == "year")
    before, after = dateformat.pattern[: year.position - 1], dateformat.pattern[year.position - 1 + len(year.text) :]
    return like(dateformat.window_start, before + letters + after)


def _weekday(dateformat: DateFormat, java: LenientReading, stores: str) -> Diagnosis | None:
    """A date with the wrong weekday."""
    weekday, year, month, day = (java.field(name) for name in ("weekday", "year", "month", "day"))
    if weekday is None or year is None or month is None or day is None or len(year.text) != 4 or year.value < 1583:
        return None
    try:
        date = datetime(year.value, month.value + month.part.is_name, day.value)
    except ValueError:
        return None
    right = WEEKDAYS[date.weekday()]
    if WEEKDAYS[weekday.value] == right:
        return None
    message = f"{date.day:02d} {MONTHS[date.month - 1][:3]} {date.year:04d}"
    verb = "was" if date < dateformat.window_start + timedelta(days=29_220) else "will be"
    suggestion = "" if dateformat.has_time else _written_as_read(dateformat, date)
    says = f"{message} {verb} a {right}, not a {WEEKDAYS[weekday.value]}{stores}."
    return Diagnosis("date-weekday", says, suggestion, spans=_at(weekday))


def _out_of_range(dateformat: DateFormat, text: str, java: LenientReading, stores: str) -> Diagnosis:
    """Every part was read, but one is out of range or not written as usual."""
    for read in java.fields:
        if read.part.is_number and not read.text.isdigit():
            says = f"{shown(read.text)} is no {_field(read)}: it has a sign{stores}."
            return Diagnosis("date-format", says, spans=_at(read))
        if read.part.field in ("month", "day") and read.part.is_number and len(read.text) > 2:
            says = f"The {_field(read)} {shown(read.text)} has {_count(read.text)}{stores}."
            return Diagnosis("date-format", says, spans=_at(read))
    month, day, written = java.field("month"), java.field("day"), java.field("year")
    number = month.value + month.part.is_name if month else 1
    if month and not 1 <= number <= 12:
        says = f"There is no month {shown(month.text)}{stores}."
        return Diagnosis("date-impossible", says, spans=_at(month))
    year = full_year(dateformat, written) if written else 0
    if written and (year < 1583 or len(written.text) > 4):
        says = f"The year {shown(written.text)} is not written in 4 digits, 1583 or later{stores}."
        return Diagnosis("date-year", says, spans=_at(written))
    longest = days_in(year, number)
    if day and not 1 <= day.value <= longest:
        name = f"{MONTHS[number - 1]} {year}" if number == 2 else MONTHS[number - 1]
        says = f"{name} has {longest} days, not {day.value}{stores}."
        return Diagnosis("date-impossible", says, spans=_at(day))
    for field in CLOCK:
        clock = java.field(field)
        if clock is None:
            continue
        least, most = limits_of(clock)
        if not least <= clock.value <= most:
            says = f"The {field} {shown(clock.text)} is not between {least} and {most}{stores}."
            return Diagnosis("date-impossible", says, spans=_at(clock))
    zone = java.field("zone")
    if zone and not MAX_WEST <= zone.value <= MAX_EAST:
        says = f"No zone is {shown(zone.text)} from UTC; Act-On goes from -13:00 to +14:00."
        return Diagnosis("date-impossible", says, spans=_at(zone))
    says = f"{shown(text, SHOWN)} is not written as {_example(dateformat)}{stores}."
    return Diagnosis("date-format", says, spans=WHOLE)


def _at(read: FieldRead) -> Spans:
    return ((read.start, read.start + len(read.text)),)


def _other_format(dateformat: DateFormat, text: str, stores: str, guess: bool, spans: Spans) -> Diagnosis | None:
    """A date in another format or, with `guess`, in a spelling that only dateutil reads. `spans` marks the fault."""
    meant = readings(dateformat, text, guess)
    if not meant:
        return None
    says = f"{shown(text, SHOWN)} is not written as {shown(dateformat.pattern)}"
    if len({one.date.date() for one in meant}) > 1:
        return Diagnosis("date-format", f"{says}; {_choices(meant)}{stores}.", spans=spans)
    pattern = next((one.pattern for one in meant if one.pattern), "")
    how = f" but as {shown(pattern)}" if pattern else f"; it may mean {meant[0].date.date().isoformat()}"
    if dateformat.has_time and not any(one.has_time for one in meant):
        how += f"{',' if pattern else ''} without a time"
    suggestion = next(filter(None, (_written(dateformat, one) for one in meant)), "")
    return Diagnosis("date-format", f"{says}{how}{stores}.", suggestion, spans=spans)


def _choices(meant: list[Meant]) -> str:
    fields: dict[str, str] = {}
    for one in meant:
        fields.setdefault(one.date.date().isoformat(), f" ({shown(one.pattern)})" if one.pattern else "")
    return "it may mean " + " or ".join(f"{date}{how}" for date, how in list(fields.items())[:3])


def _written(dateformat: DateFormat, meant: Meant) -> str:
    """The date in the chosen format; empty if that would add a time or a zone, or be read as another date."""
    if (dateformat.has_time and not meant.has_time) or (dateformat.has_time and meant.has_zone != dateformat.has_zone):
        return ""
    date = meant.date if dateformat.has_zone else meant.date.replace(tzinfo=None)
    return _written_as_read(dateformat, date)


def _written_as_read(dateformat: DateFormat, date: datetime) -> str:
    """The date in the chosen format; for `yy` with four digits if two would be read as another century."""
    text = dateformat.format(date)
    if _reads_day(dateformat, text, date):
        return text
    text = _with_year(dateformat, "yyyy").format(date)
    return text if _reads_day(dateformat, text, date) else ""


def _reads_day(dateformat: DateFormat, text: str, date: datetime) -> bool:
    back = read_soundly(dateformat, text)
    return back is not None and _same_day(back, date)


def _same_day(one: datetime, other: datetime) -> bool:
    return one.date() == other.date()


def _mismatch(dateformat: DateFormat, text: str, java: LenientReading) -> Diagnosis:
    """A text that Java stops reading at some position."""
    part = java.failed
    if part is None or not java.sure:
        return Diagnosis("date-format", f"{shown(text, SHOWN)} is not written as {_example(dateformat)}.", spans=WHOLE)
    rest = shown(text[java.end :], 20) if java.end < len(text) else "the end"
    wanted = shown(part.text) if not part.letter else f"the {_FIELD_NAMES.get(part.field, part.field)}"
    what = f"has {rest} at position {java.end + 1} instead of {wanted}"
    spans = ((java.end, None),) if java.end < len(text) else WHOLE
    return Diagnosis("date-format", f"{shown(text, SHOWN)} {what}; expected {_example(dateformat)}.", spans=spans)


@lru_cache(maxsize=64)
def _example(dateformat: DateFormat) -> str:
    return f"{shown(dateformat.pattern)} ({visible(dateformat.format(datetime(2011, 1, 25, 14, 30, 5)), SHOWN)})"


def _field(read: FieldRead) -> str:
    return _FIELD_NAMES.get(read.part.field, read.part.field)


def _count(digits: str) -> str:
    return f"{len(digits)} digit{'' if len(digits) == 1 else 's'}"
