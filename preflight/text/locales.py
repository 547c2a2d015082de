"""The words of a language for months, weekdays, AM and PM, and its date patterns, from the CLDR by babel.

The CLDR has hundreds of languages and changes twice a year, which no list of ours could follow. babel is imported on
first use.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from preflight.errors import LayoutError
from preflight.text.asking import option
from preflight.text.display import shown

if TYPE_CHECKING:
    from babel import Locale

MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
          "December")  # fmt: skip
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
HALVES = ("AM", "PM")


@dataclass(frozen=True, slots=True)
class Words:
    """The case-folded words of a language, each with the English word, and its patterns in Java's letters.

    `dates` are its date patterns, `joiners` the texts between a date and a time.
    """

    months: Mapping[str, str]
    weekdays: Mapping[str, str]
    halves: Mapping[str, str]
    dates: tuple[str, ...] = ()
    joiners: tuple[str, ...] = ()


def _english() -> Words:
    months = {word: name for name in MONTHS for word in (name, name[:3])} | {"Sept": "September"}
    weekdays = {word: name for name in WEEKDAYS for word in (name, name[:3])}
    return Words(_folded(months.items()), _folded(weekdays.items()), {})


@lru_cache(maxsize=16)
def words_of(locale: str) -> Words:
    """The words of a language (`de`, `pt-BR`; empty for English); raises `LayoutError` for an unknown language."""
    if not locale:
        return _english()
    known = _known(locale)
    widths = ("wide", "abbreviated")
    contexts = ("format", "stand-alone")
    months = [
        (word, MONTHS[number - 1])
        for context in contexts for width in widths for number, word in known.months[context][width].items()
    ]  # fmt: skip
    weekdays = [
        (word, WEEKDAYS[number])
        for context in contexts for width in widths for number, word in known.days[context][width].items()
    ]  # fmt: skip
    halves = [
        (str(word), half.upper())
        for periods in known.day_periods.values() for width in widths
        for half, word in periods.get(width, {}).items() if half in ("am", "pm")
    ]  # fmt: skip
    dates = (_in_java(known.date_formats[width].pattern) for width in ("short", "medium", "long", "full"))
    joiners = (_joiner(str(known.datetime_formats[width])) for width in known.datetime_formats)
    months += _FURTHER_MONTHS.get(known.language, [])
    return Words(_folded(months), _folded(weekdays), _folded(halves), _once(dates), _once(joiners))


_FURTHER_MONTHS = {"de": [("Mrz", "March")]}
"""Months as spreadsheets abbreviate them, unlike the CLDR."""

LANGUAGES = ("de", "fr", "es", "pt", "it", "nl", "sv", "da", "nb", "fi", "pl", "cs", "tr", "ru", "hu", "ro",
             "el", "sk", "hr", "uk")  # fmt: skip
"""The languages in which the name of a month is searched."""


@lru_cache(maxsize=1_024)
def language_of(month: str) -> str:
    """The first of the `LANGUAGES` in which a word is a month; empty if there is none."""
    word = folded(month)
    return next((language for language in LANGUAGES if word in words_of(language).months), "")


@lru_cache(maxsize=1_024)
def language_of_weekday(weekday: str) -> str:
    """The first of the `LANGUAGES` in which a word is a weekday; empty if there is none."""
    word = folded(weekday)
    return next((language for language in LANGUAGES if word in words_of(language).weekdays), "")


def _known(locale: str) -> Locale:
    from babel import Locale, UnknownLocaleError

    try:
        return Locale.parse(locale.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        raise LayoutError(
            f"{option('locale')} {shown(locale)} is not a language of the CLDR; give a code such as `de` or `pt-BR`"
        ) from None


def _folded(words: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The words in the form in which they are compared, with and without a final dot; without ambiguous ones."""
    meant: dict[str, set[str]] = {}
    for word, english in words:
        bare = folded(word).rstrip(".")
        for spelling in {folded(word), bare, f"{bare}."}:
            meant.setdefault(spelling, set()).add(english)
    return {word: next(iter(english)) for word, english in meant.items() if len(english) == 1 and word.strip(".")}


def folded(word: str) -> str:
    """A word in the form in which words are compared: case-folded, with single plain blanks."""
    return " ".join(word.casefold().split())


def _in_java(pattern: str) -> str:
    """A CLDR date pattern in Java's letters, with two-digit days and months and four-digit years.

    Java reads fewer digits with these, too.
    """
    pattern = pattern.replace("\u202f", " ").replace("\u00a0", " ")
    for letters, java in (("d+", "dd"), ("M{1,2}(?!M)", "MM"), ("L{3,}", "MMMM"), ("y(?!y)", "yyyy"), ("c+", "EEEE")):
        pattern = re.sub(rf"(?<!{letters[0]}){letters}(?!{letters[0]})(?=(?:[^']*'[^']*')*[^']*$)", java, pattern)
    return pattern


def _joiner(pattern: str) -> str:
    return pattern.partition("{1}")[2].partition("{0}")[0].replace("\u202f", " ").replace("\u00a0", " ")


def _once(patterns: Iterator[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, patterns)))
