"""Options as fields of a dataclass: the metadata of a field describe it on the command line and in a profile.

`preflight.cli.options` adds the options of a dataclass to a parser, and makes the dataclass from the parsed arguments.
So a new option takes a field, and the code that uses it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import Field, dataclass, field, fields
from datetime import date
from typing import Any

from preflight.errors import LayoutError

Check = Callable[[str, Any], Any]
"""A function of an option's name and value that returns the normalized value, or raises `LayoutError`."""

_KEY = "option"
_TYPES: Mapping[type, str] = {str: "a text", int: "a whole number", date: "a day"}


@dataclass(frozen=True, slots=True)
class Option:
    """The description of an option.

    `name` overrides the name of the field. `metavar` is the value's name in `--help`; an option without one is a
    switch. `read` converts the text from the command line, `check` normalizes a value from Python or a profile; both
    raise `LayoutError`. In a profile the value has one of `types`. With `several` the option may be repeated, and its
    value is a tuple. `bare` is the text of the option without a value. With `in_next` the next command that a check
    prints repeats the option; with `of_source` only if that command reads the source again, not the clean file. A
    required option with `in_profile` may stand in the profile instead.
    """

    help: str
    metavar: str = ""
    name: str = ""
    read: Callable[[str], Any] = str
    check: Check | None = None
    several: bool = False
    bare: str = ""
    types: tuple[type, ...] = (str,)
    in_next: bool = False
    of_source: bool = False
    in_profile: bool = False

    def of_profile(self, key: str, value: object) -> Any:
        """The value of a profile's key; raises `LayoutError` for a wrong type."""
        if self.several:
            if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
                raise LayoutError(f'{key} must be a list of texts, as in ["{self.metavar}"]')
            return tuple(value)
        if not self.metavar:
            if not isinstance(value, bool):
                raise LayoutError(f"{key} must be true or false")
        elif type(value) not in self.types:
            raise LayoutError(f"{key} must be {' or '.join(_TYPES[one] for one in self.types)}")
        return value


def option_field(help: str, metavar: str = "", *, default: Any = None, **others: Any) -> Any:
    """A field of a dataclass that is an option; `others` are the other fields of `Option`.

    An option with the default `MISSING` is required.
    """
    return field(default=default, metadata={_KEY: Option(help, metavar, **others)})


def option_of(field: Field[Any]) -> Option:
    """The option that a field is."""
    option: Option = field.metadata[_KEY]
    return option


def options_of(kind: type) -> Mapping[str, Option]:
    """The options of a dataclass by field name, in order; fields without option metadata are for Python only.

    The options that a class returns by `more_options` come last.
    """
    found = {one.name: option_of(one) for one in fields(kind) if _KEY in one.metadata}
    more: Callable[[], Mapping[str, Option]] = getattr(kind, "more_options", dict)
    return {**found, **more()}


def option_name(field: str, option: Option) -> str:
    """The name of an option on the command line, without the dashes."""
    return option.name or field.replace("_", "-")


def whole_number(text: str) -> int:
    """A whole number from 0, parsed from text."""
    if not (text.isascii() and text.isdecimal() and len(text) < 19):
        raise LayoutError(f"{text!r} is not a whole number from 0")
    return int(text)


def day(text: str) -> date:
    """A day, parsed from text."""
    try:
        if not re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", text):  # Python also reads other ISO forms, as week dates
            raise ValueError
        return date.fromisoformat(text)
    except ValueError:
        hint = f"; write {meant}" if (meant := _day_meant(text)) else ""
        raise LayoutError(f"{text!r} is not a day written as YYYY-MM-DD{hint}") from None


def _day_meant(text: str) -> str:
    """The one day that numbers in another order mean (with dots the day stands before the month); empty if unsure."""
    parts = re.fullmatch(r"([0-9]{1,4})([-./])([0-9]{1,2})\2([0-9]{1,4})", text)
    if parts is None:
        return ""
    first, middle, last = map(int, parts.group(1, 3, 4))
    if len(parts[1]) == 4:
        orders = [(first, middle, last)]
    elif len(parts[4]) == 4:
        orders = [(last, middle, first), (last, first, middle)]
    else:
        return ""
    days: list[str] = []
    for order in orders:
        with suppress(ValueError):
            days.append(date(*order).isoformat())
    return days[0] if days and (parts[2] == "." or len({*days}) == 1) else ""


def file_to_write(text: str) -> str:
    """The name of a file to write; not `-`, as only the summary goes to stdout."""
    if text == "-":
        raise LayoutError("`-` is not a file to write; for a file of that name give `./-`")
    return text
