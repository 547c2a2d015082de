"""Cells as texts: numbers as spreadsheets display them, dates in ISO form, TRUE and FALSE; number formats."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

DATES = frozenset({date, datetime})
"""The types of date cells."""

DIGITS = 15
"""Significant digits that spreadsheets store."""

_LARGE = 10.0**DIGITS
_FORMAT = re.compile(r"(?:\[\$-[0-9A-Fa-f]+\])?(?P<shown>[^;]*?)(?:;@)?")
_PERCENT = re.compile(r"0(?:\.(?P<digits>0+))?%")
_ZEROS = re.compile(r"(?:0|[-/ ()]|\\.|\"[^\"]*\")+")
_PART = re.compile(r'0|"([^"]*)"|\\?(.)')


def texts_of(cells: Sequence[Any], kinds: set[type]) -> Sequence[str]:
    """The cells of a column as texts; `kinds` are the types of the cells."""
    if kinds == {str}:
        return cells
    if len(kinds) == 1:  # so that equal cells have the same text, unlike 1 and True
        distinct = set(cells)
        if 2 * len(distinct) < len(cells):
            texts = dict(zip(distinct, texts_of([*distinct], kinds), strict=True))
            return [texts[cell] for cell in cells]
    if kinds == {date}:
        return list(map(date.isoformat, cells))
    if kinds == {float}:  # mostly integers of a few digits
        return [f"{cell:.0f}" if cell.is_integer() and 0 < cell < _LARGE else number(cell) for cell in cells]
    return [_TEXT_OF[type(cell)](cell) for cell in cells]


def number(value: float) -> str:
    """A number as a spreadsheet displays it in a wide column: without an exponent, with at most 15 digits.

    >>> number(2024.0), number(0.1 + 0.2), number(1e15), number(491701234567.0)
    ('2024', '0.3', '1000000000000000', '491701234567')
    """
    text = f"{value:.{DIGITS}g}"
    if "e" in text:
        text = f"{Decimal(text):f}"
    return "0" if text == "-0" else text


def number_format(pattern: str) -> Callable[[str], str] | None:
    """A function that displays a number, given as text, in a number format.

    Supports percentages, and a minimum number of digits with characters between them. None for any other format: its
    cells have the text of `number`.

    >>> number_format("00000")("123"), number_format("000-00-0000")("12345678"), number_format("0.0%")("0.2555")
    ('00123', '012-34-5678', '25.6%')
    """
    parsed = _FORMAT.fullmatch(pattern)
    shown = parsed["shown"] if parsed is not None else ""
    if percent := _PERCENT.fullmatch(shown):
        places = len(percent["digits"] or "")
        return lambda value: f"{_rounded(value, 2, places):f}%"
    if not _ZEROS.fullmatch(shown):
        return None
    template = [None if part[0] == "0" else part[1] or part[2] or "" for part in _PART.finditer(shown)]
    places = template.count(None)
    return (lambda value: _digits_among(value, template, places)) if places > 1 else None


def _rounded(value: str, shift: int, places: int) -> Decimal:
    """A number times a power of ten, rounded half up as spreadsheets do."""
    return Decimal(number(float(value))).scaleb(shift).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def _digits_among(value: str, template: Sequence[str | None], places: int) -> str:
    """The digits of an integer in the places of a template that are None; surplus digits go into the first place."""
    whole = int(value) if value.isdecimal() and len(value) <= DIGITS else int(_rounded(value, 0, 0))
    digits = str(abs(whole)).zfill(places)
    in_first = len(digits) - places + 1
    each = iter([digits[:in_first], *digits[in_first:]])
    text = "".join(next(each) if part is None else part for part in template)
    return f"-{text}" if whole < 0 else text


def _iso(value: datetime | time) -> str:
    return value.isoformat(timespec="milliseconds" if value.microsecond else "seconds")


def _duration(value: timedelta) -> str:
    """A duration as hours (24 and more are possible), minutes and seconds."""
    seconds = round(value.total_seconds())
    minutes, rest = divmod(abs(seconds), 60)
    return f"{'-' if seconds < 0 else ''}{minutes // 60}:{minutes % 60:02d}:{rest:02d}"


_TEXT_OF: Mapping[type, Callable[[Any], str]] = {
    str: str,
    float: number,
    int: str,
    bool: lambda value: "TRUE" if value else "FALSE",
    date: date.isoformat,
    datetime: _iso,
    time: _iso,
    timedelta: _duration,
}
