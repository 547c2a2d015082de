"""Validation of the values of a layout's options."""

from __future__ import annotations

import unicodedata
from datetime import date as day
from enum import StrEnum
from typing import Any

from preflight.dates.counted import any_format
from preflight.errors import LayoutError
from preflight.layouts.columnnames import ColumnName
from preflight.layouts.condition import conditions
from preflight.layouts.option import Check
from preflight.layouts.option import day as read_day
from preflight.text.asking import option
from preflight.text.display import shown
from preflight.text.nothing import is_nothing


def checked_line(name: str, value: object) -> int:
    """A physical line number, from 1; raises `LayoutError` for any other value."""
    number = int(value) if isinstance(value, str) and value.isascii() and value.isdecimal() else value
    if type(number) is not int or number < 1:
        raise LayoutError(f"{option(name)} {shown(value)} is not a line number; lines count from 1")
    return number


def checked_word(words: type[StrEnum]) -> Check:
    """A check for an option that takes one of the API's words."""

    def checked(name: str, value: Any) -> StrEnum:
        try:
            return words(value)
        except ValueError:
            raise LayoutError(f"{name} {shown(value)} is not known; it is one of {', '.join(words)}") from None

    return checked


def checked_column(name: str, value: Any) -> ColumnName:
    """A heading label or a zero-based index; raises `LayoutError` for any other value."""
    if not isinstance(value, str) and type(value) is not int:
        raise LayoutError(f"{name} must be a heading label or a zero-based index")
    if type(value) is int and value < 0:
        raise LayoutError(f"{name} {value} is not a column; indices count from 0")
    return value


def checked_pattern(name: str, value: Any) -> str:
    """The pattern of a date format given by pattern or name; raises `DateFormatError` for an unusable one."""
    return any_format(value).pattern


def checked_texts(name: str, value: Any) -> tuple[str, ...]:
    """Several texts as a tuple; raises `TypeError` for a single text."""
    if isinstance(value, str):  # also an iterable, of its characters
        raise TypeError(f"{name} takes several texts, not one: {name}=[{value!r}]")
    return tuple(value)


def checked_text(name: str, value: Any) -> str:
    """A text for every row, stripped; raises `LayoutError` for a blank text, or one that means a missing value."""
    if not isinstance(value, str):
        raise LayoutError(f"{name} must be a text")
    text = value.strip()
    if not text or (name != "note_text" and is_nothing(text)):
        blank = "is blank" if not text else f"{shown(text)} means a missing value"
        raise LayoutError(f"{option(name)} {blank}; give a text that holds for every row, or leave it out")
    if bad := next((one for one in text if unicodedata.category(one) in ("Cc", "Cs", "Zl", "Zp")), ""):
        what = "a line break" if bad.splitlines() == [""] else "an unprintable character"
        raise LayoutError(f"{option(name)} {shown(text)} contains {what}; give a text of one line")
    return text


def checked_day(name: str, value: Any) -> str:
    """A day for every row, as `yyyy-MM-dd`; raises `LayoutError` for any other text."""
    if type(value) is day:
        return value.isoformat()
    try:
        return read_day(str(value).strip()).isoformat()
    except LayoutError as error:
        raise LayoutError(f"{option(name)}: {error}") from None


def checked_conditions(name: str, value: Any) -> tuple[str, ...]:
    """Conditions as a tuple of their texts; raises `LayoutError` for a text that is not a condition."""
    texts = (value,) if isinstance(value, str) else tuple(value)
    for text in texts:
        if not any(conditions(text)):
            message = "names no column" if "=" in text else "has no `=`"
            raise LayoutError(f"{option(name)} {shown(text)} {message}; write COLUMN=VALUE or COLUMN!=VALUE")
    return texts
