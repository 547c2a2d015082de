"""The parts of a Java date pattern; unsafe patterns are refused, with a suggestion.

The letters are those of `java.text.SimpleDateFormat` (JDK 17). More patterns are refused than by Java: all with which
Java stores an unintended date (`mm` for the month), or that strptime cannot express.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from preflight.errors import DateFormatError
from preflight.text.display import shown
from preflight.text.locales import HALVES as HALVES
from preflight.text.locales import MONTHS as MONTHS
from preflight.text.locales import WEEKDAYS as WEEKDAYS

FIELDS = {
    "y": "year",
    "M": "month",
    "d": "day",
    "E": "weekday",
    "H": "hour",
    "h": "hour",
    "m": "minute",
    "s": "second",
    "S": "millisecond",
    "a": "half",
    "Z": "zone",
    "X": "zone",
    "z": "zone",
}
"""The field of each supported letter; `half` is the half of the day, AM or PM."""

_ALLOWED = {
    "y": ("y", "yy", "yyy", "yyyy"),
    "M": ("M", "MM"),
    "d": ("d", "dd"),
    "H": ("H", "HH"),
    "h": ("h", "hh"),
    "m": ("m", "mm"),
    "s": ("s", "ss"),
    "S": ("SSS",),
    "X": ("X", "XX", "XXX"),
}

_REASONS = {
    "Y": "is the week year, did you mean `{like}`",
    "D": "is the day of the year, did you mean `{like}`",
    "u": "is the number of the weekday, did you mean `yyyy`",
    "L": "is a month without a day, did you mean `{like}`",
    "k": "is the hour from 1 to 24, which strptime does not have, did you mean `HH`",
    "K": "is the hour from 0 to 11, which strptime does not have, did you mean `hh`",
    "G": "is the era, which strptime does not have; leave it out",
    "w": "is the week of the year; write the date with `dd`, `MM` and `yyyy`",
    "W": "is the week of the month; write the date with `dd`, `MM` and `yyyy`",
    "F": "is a weekday's number in the month; write the date with `dd`, `MM` and `yyyy`",
    "z": "is a zone name, which is ambiguous (`CST`, `IST`) and read by the server's locale, did you mean `Z` or `XXX`",
}
"""The reasons why letters of Java are refused; `like` is the usual letter, repeated as often."""

_USUAL = {"Y": "y", "D": "d", "u": "y", "L": "M", "k": "H", "K": "h"}

_STRPTIME = {"Y": "yyyy", "y": "yy", "m": "MM", "d": "dd", "b": "MMM", "B": "MMMM", "a": "EEE", "A": "EEEE"} | {
    "H": "HH", "I": "hh", "M": "mm", "S": "ss", "f": "SSS", "p": "a", "z": "Z",
}  # fmt: skip

_AFTER_SHORT_NAMES = frozenset("cdeinorstuyCDEINORSTUYıİſ")
"""Letters with which a short English month or weekday continues to its full name (`Jan` + `u`)."""


@dataclass(frozen=True)
class Part:
    """A run of one letter, or literal text if `letter` is empty; `position` is that of its first character, from 1."""

    letter: str
    text: str
    position: int

    @cached_property
    def field(self) -> str:
        """The field of the part (`year`, `month`, …); empty for literal text."""
        return FIELDS.get(self.letter, "")

    @cached_property
    def is_name(self) -> bool:
        """Whether the part is a month, weekday or half of the day written as a word."""
        return self.letter in ("E", "a") or (self.letter == "M" and len(self.text) > 2)

    @cached_property
    def is_number(self) -> bool:
        """Whether the part is a field of digits."""
        return bool(self.letter) and not self.is_name and self.field != "zone"


def read_pattern(pattern: str) -> tuple[Part, ...]:
    """The parts of a Java date pattern, neighbouring literals joined.

    Raises `DateFormatError` with the position of the fault, from 1, and a suggestion if there is a likely one.
    """
    try:
        parts = tokens(pattern)
        _check(pattern, parts)
    except _RefusedError as refused:
        where = f"date pattern {shown(pattern)}, position {refused.position}"
        raise DateFormatError(f"{where}: {_with_meant(refused.reason, _meant(pattern))}") from None
    return parts


def _with_meant(reason: str, meant: str) -> str:
    if "did you mean" in reason:
        return f"{reason} ({shown(meant)})?" if meant else f"{reason}?"
    return f"{reason}; did you mean {shown(meant)}?" if meant else reason


class _RefusedError(Exception):
    def __init__(self, position: int, reason: str) -> None:
        super().__init__(position, reason)
        self.position = position
        self.reason = reason


_TOKEN = re.compile(r"([A-Za-z])\1*|''|'(?:[^']|'')*'|[^A-Za-z']+|'", re.DOTALL)


def tokens(pattern: str) -> tuple[Part, ...]:
    """The parts of a pattern, or of a piece of one, without validation; neighbouring literals joined."""
    parts: list[Part] = []
    for match in _TOKEN.finditer(pattern):
        piece, position = match.group(), match.start() + 1
        if match.group(1):
            parts.append(Part(piece[0], piece, position))
            continue
        if piece == "'":
            raise _RefusedError(position, "the quote that opens here is never closed; a quote itself is written `''`")
        literal = "'" if piece == "''" else piece[1:-1].replace("''", "'") if piece[0] == "'" else piece
        if parts and not parts[-1].letter:
            literal, position = parts[-1].text + literal, parts.pop().position
        parts.append(Part("", literal, position))
    return tuple(parts)


def _check(pattern: str, parts: tuple[Part, ...]) -> None:
    if not parts:
        raise _RefusedError(1, "the pattern is empty; write one such as `MM/dd/yyyy`")
    for part in parts:
        _check_percent(pattern, part)
        _check_letter(part, parts)
    fields = [part for part in parts if part.letter]
    if not fields:
        raise _RefusedError(1, "only literal text, so it reads no date; write a pattern such as `MM/dd/yyyy`")
    _check_once(fields)
    _check_complete({part.field: part for part in reversed(fields)}, {part.letter for part in fields})
    for before, after in pairwise(parts):
        _check_neighbours(before, after)
    _check_exponent(parts)


def _check_percent(pattern: str, part: Part) -> None:
    if part.letter and pattern[part.position - 2 : part.position - 1] == "%" and part.position > 1:
        what = f"`%{part.letter}` is strptime's; a Java pattern has no percent signs"
        raise _RefusedError(part.position - 1, what)


def _check_letter(part: Part, parts: tuple[Part, ...]) -> None:
    letter, run = part.letter, part.text
    if not letter:
        if any("\ud800" <= character <= "\udfff" for character in run):
            raise _RefusedError(part.position, "half of a surrogate pair, which is not text; remove it")
        return
    if letter in _REASONS:
        like = (_USUAL.get(letter, "") * len(run))[: 4 if letter in "YL" else 2]
        raise _RefusedError(part.position, f"{shown(run)} {_REASONS[letter].format(like=like)}")
    if letter not in FIELDS:
        raise _RefusedError(
            part.position, f"{shown(run)} is not a date letter; literal text goes in quotes: `'{run[:9]}'`"
        )
    if letter == "m" and not any(other.field == "hour" or other.letter in ("k", "K") for other in parts):
        like = "MM" if len(run) < 3 else "M" * len(run)
        raise _RefusedError(part.position, f"{shown(run)} is minutes, did you mean {shown(like)}")
    if letter == "S" and run != "SSS":
        like = "ss" if len(run) < 3 and not any(other.letter == "s" for other in parts) else "SSS"
        raise _RefusedError(
            part.position, f"{shown(run)} is milliseconds, never a fraction (`.5` is 5 ms), did you mean `{like}`"
        )
    allowed = _ALLOWED.get(letter)
    if allowed and run not in allowed and not part.is_name:
        raise _RefusedError(part.position, f"{shown(run)} has too many letters, did you mean `{allowed[-1]}`")


def _check_once(fields: list[Part]) -> None:
    seen: dict[str, Part] = {}
    for part in fields:
        first = seen.setdefault(part.field, part)
        if first is part:
            continue
        if part.letter == "M" and any(other.field == "hour" and other.position < part.position for other in fields):
            raise _RefusedError(part.position, f"{shown(part.text)} is the month again, did you mean `mm` for minutes")
        if part.letter == "m":
            raise _RefusedError(first.position, f"{shown(first.text)} is minutes, did you mean `MM`")
        what = f"the {part.field} is read twice (first at position {first.position})"
        raise _RefusedError(part.position, f"{shown(part.text)}: {what}; leave one out")


_NEEDS = (("day", "month"), ("weekday", "day"), ("hour", "day"), ("minute", "hour"), ("second", "minute"),
          ("millisecond", "second"), ("half", "hour"), ("zone", "minute"))  # fmt: skip


def _check_complete(by_field: dict[str, Part], letters: set[str]) -> None:
    if "year" not in by_field:
        raise _RefusedError(1, "the pattern reads no year, and Act-On would store 1970; add `yyyy`")
    for field, needed in _NEEDS:
        if field in by_field and needed not in by_field:
            part = by_field[field]
            raise _RefusedError(part.position, f"{shown(part.text)} reads the {field}, but nothing reads the {needed}")
    if "month" not in by_field:
        raise _RefusedError(
            1, "the pattern reads no month and no day, and Act-On would store January 1; add `MM` and `dd`"
        )
    if "day" not in by_field:
        raise _RefusedError(1, "the pattern reads no day, and Act-On would store the first of the month; add `dd`")
    if "h" in letters and "a" not in letters:
        part = by_field["hour"]
        raise _RefusedError(part.position, f"{shown(part.text)} is the 12-hour clock, but there is no `a`: "
                       "Act-On would store 12:30 as 00:30, did you mean `HH`")  # fmt: skip
    if "H" in letters and "a" in letters:
        part = by_field["hour"]
        raise _RefusedError(part.position, f"{shown(part.text)} is the 24-hour clock, but there is an `a`: "
                       "Act-On would store 01:30 PM as 01:30, did you mean `hh`")  # fmt: skip


def _check_neighbours(before: Part, after: Part) -> None:
    """Refuse neighbouring parts that Java would not separate as a person does."""
    first, last = after.text[0], before.text[-1]
    if before.is_number and after.is_number and len(before.text) not in (2, 3 if before.letter == "S" else 4):
        what = f"{shown(before.text)} directly before another number reads that many digits and no more"
        like = "yyyy" if before.letter == "y" else before.letter * 2
        raise _RefusedError(before.position, f"{what}, did you mean `{like}`")
    if before.field == "zone" and (after.is_number or (not after.letter and (first.isdecimal() or first == ":"))):
        raise _RefusedError(
            after.position, f"{shown(after.text)} follows the zone directly and may be part of it; set them apart"
        )
    if before.is_number and not after.letter and first.isdecimal():
        raise _RefusedError(
            after.position, f"the digit {shown(first)} follows a number directly, so Act-On reads it as part of it"
        )
    if after.is_number and not before.letter and last.isdecimal():
        position = before.position
        raise _RefusedError(
            position, f"the digit {shown(last)} stands directly before a number, so a reader takes it as part of it"
        )
    if before.is_name and before.letter != "a" and not after.letter and first in _AFTER_SHORT_NAMES:
        raise _RefusedError(
            after.position, f"the letter {shown(first)} follows a name directly; Act-On may read it as part of it"
        )


def _check_exponent(parts: tuple[Part, ...]) -> None:
    """Refuse an `E`, optionally a minus, and digits after a number: Java's DecimalFormat reads `5E1` as 50."""
    for before, part, after in zip(parts, parts[1:], (*parts[2:], None), strict=False):
        digits = "0" if after and (after.is_number or after.field == "zone") else ""
        if before.is_number and not part.letter and re.match(r"E-?[\d∞]", part.text + digits):
            raise _RefusedError(part.position, "`E` between two numbers is an exponent to Act-On; set them apart")


def _meant(pattern: str) -> str:
    """The pattern that was most likely meant by a refused one; empty if unknown."""
    mended = pattern
    if "%" in pattern:
        mended = re.sub(r"%([A-Za-z])", lambda match: _STRPTIME.get(match.group(1), match.group()), pattern)
        if re.search("%[A-Za-z]", mended):  # an unknown directive
            return ""
    try:
        parts = tokens(mended)
        mended = "".join(_mended(parts))
        _check(mended, tokens(mended))
    except _RefusedError:
        return ""
    return mended


def _mended(parts: tuple[Part, ...]) -> list[str]:
    letters = {part.letter for part in parts}
    clock = bool(letters & {"H", "h", "k", "K"})
    pieces: list[str] = []
    before = ""  # the letter of the last field
    for part in parts:
        letter, run = part.letter, part.text
        if not letter:
            pieces.append(quoted(run))
            continue
        piece = run
        if letter == "m" and (not clock or ("M" not in letters and before not in ("h", "H", "k", "K"))):
            piece = "M" * max(len(run), 2)
        elif letter == "M" and before in ("H", "h", "k", "K"):
            piece = "m" * len(run)
        elif letter in "Yu":
            piece = "yy" if len(run) == 2 and letter == "Y" else "yyyy"
        elif letter == "S" and len(run) < 3 and "s" not in letters:
            piece = "s" * len(run)
        elif letter == "k" or (letter == "h" and "a" not in letters):
            piece = "H" * len(run)
        elif letter == "K" or (letter == "H" and "a" in letters):
            piece = "h" * len(run)
        elif letter in "DL":
            piece = (_USUAL[letter] * len(run))[: 2 if letter == "D" else 4]
        elif letter not in FIELDS and letter not in _REASONS:
            piece = quoted(run)
        elif letter in _ALLOWED and run not in _ALLOWED[letter] and not part.is_name:
            piece = _ALLOWED[letter][-1]
        before = letter
        pieces.append(piece)
    return pieces


def quoted(literal: str) -> str:
    """Literal text in a Java pattern: letters in quotes, quotes doubled."""
    text = literal.replace("'", "''")
    return f"'{text}'" if re.search("[A-Za-z]", literal) else text
