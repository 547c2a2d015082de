"""Cells as texts: numbers as a person sees them, dates in ISO form, TRUE and FALSE; number formats that show others."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

DATES = frozenset({date, datetime})
"""The types of cells that are true dates."""

DIGITS = 15
"""Digits of a number that spreadsheets keep."""

_LARGE = 10.0**DIGITS
_SAID = re.compile(r"(?:\[\$-[0-9A-Fa-f]+\])?(?P<shown>[^;]*?)(?:;@)?")
_PERCENT = re.compile(r"0(?:\.(?P<digits>0+))?%")
_ZEROS = re.compile(r"(?:0|[-/ ()]|\\.|\"[^\"]*\")+")
_PART = re.compile(r'0|"([^"]*)"|\\?(.)')


def texts_of(cells: Sequence[Any], kinds: set[type]) -> Sequence[str]:
    """The cells of a column, of these types, as texts."""
    if kinds == {str}:
        return cells
    if len(kinds) == 1:  # alike, so that equal cells have the same text
        distinct = set(cells)
        if 2 * len(distinct) < len(cells):
            texts = dict(zip(distinct, texts_of([*distinct], kinds), strict=True))
            return [texts[cell] for cell in cells]
    if kinds == {date}:
        return list(map(date.isoformat, cells))
    if kinds == {float}:  # most are whole, and not large
        return [f"{cell:.0f}" if cell.is_integer() and 0 < cell < _LARGE else number(cell) for cell in cells]
    return [_WRITTEN[type(cell)](cell) for cell in cells]


def number(value: float) -> str:
    """A number as a spreadsheet shows it where there is room: without exponent, and with 15 digits at most.

    >>> number(2024.0), number(0.1 + 0.2), number(1e15), number(491701234567.0)
    ('2024', '0.3', '1000000000000000', '491701234567')
    """
    text = f"{value:.{DIGITS}g}"
    if "e" in text:
        text = f"{Decimal(text):f}"
    return "0" if text == "-0" else text


def number_format(pattern: str) -> Callable[[str], str] | None:
    """How a number format shows numbers, given as a workbook has them, where a person sees others than `number` gives.

    These are percentages, and a number of digits at least, with what stands between them; None for all others.

    >>> number_format("00000")("123"), number_format("000-00-0000")("12345678"), number_format("0.0%")("0.2555")
    ('00123', '012-34-5678', '25.6%')
    """
    said = _SAID.fullmatch(pattern)
    shown = said["shown"] if said is not None else ""
    if percent := _PERCENT.fullmatch(shown):
        places = len(percent["digits"] or "")
        return lambda value: f"{_rounded(value, 2, places):f}%"
    if not _ZEROS.fullmatch(shown):
        return None
    template = [None if part[0] == "0" else part[1] or part[2] or "" for part in _PART.finditer(shown)]
    places = template.count(None)
    return (lambda value: _digits_among(value, template, places)) if places > 1 else None


def _rounded(value: str, shift: int, places: int) -> Decimal:
    """A number times a power of ten, rounded as spreadsheets do."""
    return Decimal(number(float(value))).scaleb(shift).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def _digits_among(value: str, template: Sequence[str | None], places: int) -> str:
    """The digits of a whole number in the places that are None; those that are too many stand in the first."""
    whole = int(value) if value.isdecimal() and len(value) <= DIGITS else int(_rounded(value, 0, 0))
    digits = str(abs(whole)).zfill(places)
    more = len(digits) - places + 1
    each = iter([digits[:more], *digits[more:]])
    made = "".join(next(each) if part is None else part for part in template)
    return f"-{made}" if whole < 0 else made


def _moment(value: datetime) -> str:
    return value.isoformat(timespec="milliseconds" if value.microsecond else "seconds")


def _time(value: time) -> str:
    return value.isoformat(timespec="milliseconds" if value.microsecond else "seconds")


def _duration(value: timedelta) -> str:
    """Hours, which may be more than a day's, minutes and seconds."""
    seconds = round(value.total_seconds())
    minutes, rest = divmod(abs(seconds), 60)
    return f"{'-' if seconds < 0 else ''}{minutes // 60}:{minutes % 60:02d}:{rest:02d}"


_WRITTEN: Mapping[type, Callable[[Any], str]] = {
    str: str,
    float: number,
    int: str,
    bool: lambda value: "TRUE" if value else "FALSE",
    date: date.isoformat,
    datetime: _moment,
    time: _time,
    timedelta: _duration,
}
