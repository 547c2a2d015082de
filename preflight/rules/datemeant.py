"""The likely meaning of a rejected date: in another format, with its spelling corrected, or as read by dateutil."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

import dateutil.parser

from preflight.dates.compose import fits
from preflight.dates.format import DateFormat, is_uncommon
from preflight.dates.java import read_soundly
from preflight.dates.pattern import WEEKDAYS

LONGEST_MENDED = 60
"""Characters; no date is longer, so longer texts get no suggestion."""

_LOOK_ALIKES = str.maketrans({"O": "0", "o": "0", "l": "1", "I": "1"})
_ORDINAL = re.compile(r"(?<=[0-9])(?:st|nd|rd|th)\b", re.IGNORECASE)
_ABBREVIATION = re.compile(r"\b(sep)t\b\.?|\b([a-z]{3})\.", re.IGNORECASE)
_UNSEEN = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")
_WEEKDAY_NAME = re.compile("|".join(f"{name[:3]}(?:{name[3:]})?" for name in WEEKDAYS), re.IGNORECASE)
_PIECE = re.compile("[0-9]+|[A-Za-z]{3,}")
_DOUBLE_SEPARATOR = re.compile("[-+./]{2}")


@dataclass(frozen=True, slots=True)
class Meant:
    """A date that a text may mean. `pattern` reads the text as written; it is empty if none does."""

    date: datetime
    pattern: str
    has_time: bool
    has_zone: bool


def readings(dateformat: DateFormat, text: str, guess: bool) -> list[Meant]:
    """The dates that a text may mean: by known formats, else with corrected spelling, else (`guess`) by dateutil."""
    if len(text) > LONGEST_MENDED:
        return []
    if meant := known(dateformat, text):
        return meant
    plain = " ".join(_UNSEEN.sub("", text).split())
    mended = _ABBREVIATION.sub(r"\1\2", _ORDINAL.sub("", plain)) if plain.isascii() else plain
    for spelling in dict.fromkeys((plain, mended, text.translate(_LOOK_ALIKES))):
        if spelling == text:
            continue
        own = read_soundly(dateformat, spelling)
        meant = [Meant(own, "", dateformat.has_time, dateformat.has_zone)] if own else known(dateformat, spelling)
        if meant:
            return [Meant(one.date, "", one.has_time, one.has_zone) for one in meant]
    return _by_dateutil(mended) if guess else []


def known(dateformat: DateFormat, text: str) -> list[Meant]:
    """The dates by all composed formats that read the text, with the window for two-digit years of `dateformat`."""
    text = text.strip(" \t")
    if len(text) > LONGEST_MENDED:
        return []
    meant: dict[str, Meant] = {}  # by reading of the text
    uncommon: dict[str, Meant] = {}
    exact: set[str] = set()
    for fit in fits(text):
        if fit.pattern == dateformat.pattern:
            continue
        other = like(dateformat.window_start, fit.pattern)
        date = read_soundly(other, text)
        among = uncommon if is_uncommon(other) else meant
        if date is None or fit.reading in exact:
            continue
        if is_exact := other.format(date) == text:
            exact.add(fit.reading)
        if is_exact or fit.reading not in among:
            among[fit.reading] = Meant(date, fit.pattern, other.has_time, other.has_zone)
    return list((meant or uncommon).values())


def _by_dateutil(text: str) -> list[Meant]:
    """The dates that python-dateutil reads from a text with day, month and year, in both orders of day and month."""
    if not text.isascii() or len(_PIECE.findall(text)) < 3 or _DOUBLE_SEPARATOR.search(text):
        return []

    found: list[Meant] = []
    for dayfirst in (False, True):
        dates = set()
        for default in (datetime(2000, 1, 1), datetime(2003, 5, 17)):  # a missing part makes them differ
            try:
                dates.add(dateutil.parser.parse(text, default=default, dayfirst=dayfirst, ignoretz=True))
            except (ValueError, OverflowError, TypeError, ArithmeticError, AttributeError, LookupError):
                return []
        date = dates.pop()
        if not dates and date.year >= 1583 and _weekday_agrees(text, date):
            found.append(Meant(date, "", ":" in text, False))
    return found[:1] if len({one.date for one in found}) == 1 else found


def _weekday_agrees(text: str, date: datetime) -> bool:
    named = _WEEKDAY_NAME.search(text)
    return named is None or WEEKDAYS[date.weekday()].casefold().startswith(named.group()[:3].casefold())


@lru_cache(maxsize=256)
def like(window_start: datetime, pattern: str) -> DateFormat:
    """A format with a given window for two-digit years."""
    return DateFormat(pattern, window_start=window_start)
