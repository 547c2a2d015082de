"""Cells as texts: numbers as a person sees them, dates in ISO form, TRUE and FALSE."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

DATES = frozenset({date, datetime})
"""The types of cells that are true dates."""

DIGITS = 15
"""Digits of a number that spreadsheets keep."""

_LARGE = 10.0**DIGITS


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
