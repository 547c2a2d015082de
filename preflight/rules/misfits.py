"""The parts of a text that lenient Java reads as a date, although they are not valid in one."""

from __future__ import annotations

from calendar import monthrange

from preflight.dates.java import FieldRead, LenientReading
from preflight.dates.zones import MAX_EAST, MAX_WEST
from preflight.text.spans import WHOLE, Spans

CLOCK = {"hour": (0, 23), "minute": (0, 59), "second": (0, 59), "millisecond": (0, 999)}
"""The fields of a time and their limits; an hour with AM or PM is from 1 to 12."""


def misfits(text: str, java: LenientReading) -> Spans:
    """The spans of the fields out of their limits and of the text after the date; the whole text if there are none."""
    month, year = java.field("month"), java.field("year")
    longest = 31
    if month is not None and 1 <= (number := month.value + month.part.is_name) <= 12:
        longest = days_in(year.value if year is not None else 2000, number)
    found = [(read.start, read.start + len(read.text)) for read in java.fields if not _fits(read, longest)]
    behind = ((java.end, None),) if text[java.end :].strip(" \t") else ()
    return (*found, *behind) or WHOLE


def limits_of(read: FieldRead) -> tuple[int, int]:
    """The minimum and the maximum of a field of a time."""
    return (1, 12) if read.part.letter == "h" else CLOCK[read.part.field]


def days_in(year: int, month: int) -> int:
    """The number of days of a month."""
    return monthrange(year, month)[1]


def _fits(read: FieldRead, longest: int) -> bool:
    """Whether a field is valid in a date of a month with `longest` days."""
    field, value = read.part.field, read.value
    if field == "zone":
        return MAX_WEST <= value <= MAX_EAST
    if not read.part.is_number:
        return True
    if field == "year":
        return read.text.isdigit() and len(read.text) in ({4} if len(read.part.text) > 2 else {2, 4})
    least, most = limits_of(read) if field in CLOCK else (1, 12 if field == "month" else longest)
    return read.text.isdigit() and least <= value <= most and (field == "millisecond" or len(read.text) <= 2)
