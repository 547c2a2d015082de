"""Date patterns composed of a weekday, a date, a joiner, a time and a zone, found by the form of a text.

The form, which is independent of the digits, decides whether a pattern can read a text. So not all combinations are
tried: each part is matched once, where the part before it ends.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property, lru_cache
from typing import NamedTuple

from preflight.dates.format import DateFormat
from preflight.dates.parse import form
from preflight.dates.pattern import Part, tokens
from preflight.dates.respelling import HALF, cleaned_form
from preflight.errors import DateFormatError
from preflight.text.locales import folded, words_of

WEEKDAYS = ("", "EEE, ", "EEEE, ", "EEE ", "EEEE ")
DATES = (
    *(order.replace(" ", mark) for mark in "/-. " for order in ("MM dd yyyy", "dd MM yyyy", "yyyy MM dd")),
    *(order.replace(" ", mark) for mark in "/-." for order in ("MM dd yy", "dd MM yy", "yy MM dd")),
    "yyyyMMdd", "yyyy. MM. dd.", "yyyy. MM. dd", "yyyy.MM.dd.", "yyyy'年'MM'月'dd'日'",
    *(
        order.replace("MMM", month)
        for month in ("MMM", "MMMM")
        for order in (
            "dd MMM yyyy", "MMM dd yyyy", "MMM dd, yyyy", "dd-MMM-yyyy", "dd-MMM-yy", "dd MMM yy", "dd/MMM/yyyy",
            "dd/MMM/yy", "dd.MMM.yyyy", "dd. MMM yyyy", "dd MMM, yyyy", "ddMMMyyyy", "MMM-dd-yyyy", "yyyy-MMM-dd",
            "yyyy MMM dd",
        )
    ),
)  # fmt: skip
_AT = ("at", "um", "à", "a las", "às", "om", "ore", "alle", "alle ore", "kl.", "kl", "klo", "godz.")
JOINERS = (" ", "'T'", ", ", *(f"{mark} '{word}' " for word in _AT for mark in ("", ",")), " - ", "-", ":", "_", "; ",
           " @ ")  # fmt: skip
HOURS = ("hh a", "hha", "HH'h'")
"""Times without a minute, after which Java reads no zone."""
TIMES = (
    "HH:mm", "HH:mm:ss", "HH:mm:ss.SSS", "HH:mm:ss,SSS", "HH.mm", "HH.mm.ss", "HHmm", "HHmmss", "HH'h'mm",
    "hh:mm a", "hh:mm:ss a", "hh:mm:ss.SSS a", "hh:mma", "hh:mm:ssa", "hh.mm a", "hh.mma", "hh.mm.ss a",
    *HOURS,
)  # fmt: skip
OCLOCK = (" 'Uhr'", " 'uur'", " 'h'", "'h'")
OFFSETS = ("XXX", "Z", "XX", "X")
ZONES = (
    "",
    *(f"{blank}{offset}" for blank in ("", " ") for offset in OFFSETS),
    *(f" '{word}'{offset}" for word in ("UTC", "GMT") for offset in ("", "XXX", "Z")),
    "X'[UTC]'",
    " (XXX)",
    *OCLOCK,
)
WHOLE = (
    "yyyyMMddHHmm", "yyyyMMddHHmmss", "yyyyMMddHHmmssSSS", "EEE MMM dd HH:mm:ss yyyy", "EEE MMM dd HH:mm:ss Z yyyy",
    *(f"{time}{joiner}{date}" for time in ("HH:mm", "HH:mm:ss", "hh:mm a") for joiner in (" ", ", ", " - ")
      for date in ("MM/dd/yyyy", "dd/MM/yyyy", "MM.dd.yyyy", "dd.MM.yyyy", "yyyy-MM-dd", "dd MMM yyyy",
                   "MMM dd, yyyy")),
)  # fmt: skip
"""Patterns that are not a date followed by a time."""


class Style(NamedTuple):
    """The parts of composed patterns; `whole` are patterns that are not a date followed by a time."""

    weekdays: tuple[str, ...] = WEEKDAYS
    dates: tuple[str, ...] = DATES
    joiners: tuple[str, ...] = JOINERS
    times: tuple[str, ...] = TIMES
    zones: tuple[str, ...] = ZONES
    whole: tuple[str, ...] = WHOLE


JAVA = Style()
"""The parts of patterns that Java reads."""

LONGEST = 80
"""Limit for the length of a text in characters; no composed pattern reads a longer one."""

_LETTER = re.compile(r"[^\W\d_]")
_ZEROS = str.maketrans("123456789", "000000000")
_HALF = re.compile(HALF)
_FRACTION = re.compile(r"(:[0-9]{1,2}[.,])[0-9]{1,9}(?![0-9])")


@dataclass(frozen=True, slots=True)
class Fit:
    """A pattern that matches the form of a text.

    Patterns with the same `reading` read every text of this form alike, whatever its digits.
    """

    pattern: str
    reading: str


@dataclass(frozen=True)
class _Piece:
    """A piece of composed patterns, with its parts and its `Fit.reading`."""

    pattern: str
    parts: tuple[Part, ...]
    reading: str

    @cached_property
    def form(self) -> re.Pattern[str]:
        """The form of the piece's text; compiled on first use, as most pieces are never used."""
        return re.compile(form(self.parts).removeprefix("^").removesuffix(r"[ \t]*$"))

    def match(self, zeros: str, start: int) -> re.Match[str] | None:
        """The match of the piece at an offset of a text, or None."""
        for part in self.parts:
            if (not part.letter and part.text not in zeros) or (part.is_name and not _LETTER.search(zeros)):
                return None
        return self.form.match(zeros, start)

    @property
    def has_short_year(self) -> bool:
        """Whether the piece has a two-digit year."""
        return any(part.text == "yy" for part in self.parts)


def fits(text: str, style: Style = JAVA) -> tuple[Fit, ...]:
    """The composed patterns that may read a text, by its form, which is independent of the digits."""
    return _fits_of_form(text.translate(_ZEROS), style) if len(text) <= LONGEST else ()


_WHOLE = frozenset(WHOLE)
_DAY = re.compile(r"(?:'[^']*'|[^'Hhms])*[dMy]\.?(?:'日)?")


@lru_cache(maxsize=1_024)
def day_of(pattern: str) -> str:
    """The part of a pattern with the day, before a joiner and a time; patterns that read days alike have the same."""
    found = None if pattern in _WHOLE else _DAY.match(pattern)
    day = found[0] if found and set("dMy") <= set(found[0]) else pattern
    return day.replace("MMMM", "MMM").replace("EEEE", "EEE")


def without_fraction(pattern: str) -> str:
    """The pattern without the fraction of a second."""
    return pattern.replace(".SSS", "").replace(",SSS", "")


@lru_cache(maxsize=8_192)
def _fits_of_form(zeros: str, style: Style) -> tuple[Fit, ...]:
    if "0" not in zeros:
        return ()
    found = [*_composed(zeros, style), *_whole(zeros, style)]
    return tuple({one.pattern: one for one in found}.values())


def _composed(zeros: str, style: Style) -> Iterator[Fit]:
    for weekday, after_weekday in _at(_pieces(style.weekdays), zeros, 0):
        for date, after_date in _at(_pieces(style.dates), zeros, after_weekday):
            day = Fit(weekday.pattern + date.pattern, weekday.reading + date.reading)
            if not zeros[after_date:].strip(" \t"):
                yield day
                continue
            for joiner, after_joiner in _at(_pieces(style.joiners), zeros, after_date):
                for time, after_time in _at(_pieces(style.times), zeros, after_joiner):
                    for zone, end in _at(_pieces(style.zones), zeros, after_time):
                        if zeros[end:].strip(" \t") or (zone.pattern and time.pattern in HOURS):
                            continue
                        if zone.pattern == "XXX" and zeros[after_time] == "-" and _may_be_range(date, time):
                            continue
                        pieces = (joiner, time, zone)
                        yield Fit(
                            joined(day.pattern, *(piece.pattern for piece in pieces)),
                            day.reading + "".join(piece.reading for piece in pieces),
                        )


def joined(*pieces: str) -> str:
    """The pattern of these pieces; quoted texts beside each other become one, as `''` stands for a quote."""
    return "".join(pieces).replace("''", "")


def _may_be_range(date: _Piece, time: _Piece) -> bool:
    """Whether `-05:00` after a time is the end of a range: no exports have such an offset but after ISO dates."""
    return "ss" not in time.pattern and not date.pattern.startswith(("yyyy-", "yyyyMM"))


def _whole(zeros: str, style: Style) -> Iterator[Fit]:
    for piece, end in _at(_pieces(style.whole), zeros, 0):
        if not zeros[end:].strip(" \t"):
            yield Fit(piece.pattern, piece.reading)


def _at(pieces: Sequence[_Piece], zeros: str, start: int) -> Iterator[tuple[_Piece, int]]:
    """Yield the pieces that match at an offset, and the end of each match."""
    for piece in pieces:
        match = piece.match(zeros, start)
        if match is None:
            continue
        if piece.has_short_year and len(match["year"]) == 4:  # `yy` reads a four-digit year literally
            piece = replace(piece, reading=piece.reading.replace("yy", "yyyy"))
        yield piece, match.end()


@cache
def _pieces(patterns: tuple[str, ...]) -> tuple[_Piece, ...]:
    return tuple(map(_piece, patterns))


def _piece(pattern: str) -> _Piece:
    parts = tokens(pattern)
    reading = "".join(map(_reading, parts))
    if len(parts) > 1 and parts[0].text == " " and parts[1].field == "zone":  # Java skips blanks before an offset
        reading = reading.lstrip()
    return _Piece(pattern, parts, reading)


def _reading(part: Part) -> str:
    """The reading of a part: short and full names are read alike, and so are the forms of an offset."""
    if part.field == "zone":
        return "Z"
    return part.text[:3] if part.is_name else part.text


def shaped(form: str, locale: str) -> str:
    """The form of a text after normalization of its spelling, except for the word of a zone."""
    words = words_of(locale)
    form = cleaned_form(form).strip()
    form = _FRACTION.sub(r"\g<1>000", form)
    form = _HALF.sub(lambda match: "AP"["p" in match[0].casefold()] + "M", form)
    names = {**words.halves, **words.weekdays, **words.months}
    return _names(locale).sub(lambda match: names.get(folded(match[0]), match[0]), form)


@lru_cache(maxsize=16)
def _names(locale: str) -> re.Pattern[str]:
    words = words_of(locale)
    names = sorted({*words.months, *words.weekdays, *words.halves}, key=len, reverse=True)
    return re.compile(r"(?<!\w)(?:" + "|".join(map(re.escape, names)) + r")(?!\w)", re.IGNORECASE)


@lru_cache(maxsize=16)
def style_of(locale: str) -> Style:
    """The parts of patterns for dates that are normalized, also those in the words of a language."""
    words = words_of(locale) if locale else None
    dates = [date for date in words.dates if not date.startswith("E") and _is_usable(date)] if words else []
    joiners = words.joiners if words else ()
    offsets = tuple(zone for zone in ZONES if "'" not in zone)
    return Style(
        WEEKDAYS, tuple(dict.fromkeys([*DATES, *dates])), tuple(dict.fromkeys([*JOINERS, *joiners])), TIMES,
        (*offsets, *OCLOCK, " z", "z"), (*WHOLE, "EEE MMM dd HH:mm:ss z yyyy"),
    )  # fmt: skip


def _is_usable(pattern: str) -> bool:
    try:
        DateFormat(pattern)
    except DateFormatError:
        return False
    return True


def is_like(pattern: str, other: str, *, day: bool) -> bool:
    """Whether the format of `pattern`, if dates are normalized, reads the texts of the pattern `other`, too."""
    if day:
        return day_of(pattern) == day_of(other)
    return pattern != other == without_fraction(pattern)


def patterns_like(pattern: str, text: str, locale: str, *, day: bool) -> tuple[str, ...]:
    """The patterns that may read a text with another time than `pattern` has, if dates are normalized.

    Without `day` that is a time without a fraction, as every other part of it is kept.
    """
    if len(text) > LONGEST or (not day and without_fraction(pattern) == pattern):
        return ()
    return _like(pattern, text.translate(_ZEROS), locale, day)


@lru_cache(maxsize=4_096)
def _like(pattern: str, form: str, locale: str, day: bool) -> tuple[str, ...]:
    found = [fit.pattern for fit in fits(shaped(form, locale), style_of(locale))]
    return () if pattern in found else tuple(other for other in found if is_like(pattern, other, day=day))
