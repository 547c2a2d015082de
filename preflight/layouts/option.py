"""Options as fields of a dataclass: each field carries what a command and a profile say of it.

`preflight.cli.options` adds the options of a dataclass to a parser, and makes the dataclass of what was given. So a new
option is a field, and the place where it is used.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import date
from typing import Any

from preflight.errors import LayoutError

Check = Callable[[str, Any], Any]
"""Takes an option's name and value, and gives the value in its plain form; raises `LayoutError`."""

_KEY = "option"
_TYPES: Mapping[type, str] = {str: "a text", int: "a whole number", date: "a day"}


@dataclass(frozen=True, slots=True)
class Option:
    """What a field is called, and what it takes.

    `metavar` stands for the value in `--help`; an option without one is a switch. `read` makes the value of its text,
    and `check` the plain form of a value, from Python or a profile; both raise `LayoutError`. In a profile the value is
    of one of `types`. One that is `several` may be repeated, and holds a tuple. `bare` is the text that it stands for
    when it is given without one. `in_next` is said again in the next command that a check prints, and `of_source` only
    where that reads the source again: its clean file has it done. One that has to be given may stand `in_profile`
    instead.
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
        """The value of a profile's key; raises `LayoutError` for one of another type than the option takes."""
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


def said(help: str, metavar: str = "", **more: Any) -> Mapping[str, Option]:
    """The metadata of a field that is an option; `more` are the other fields of `Option`."""
    return {_KEY: Option(help, metavar, **more)}


def option_of(metadata: Mapping[str, Any]) -> Option:
    """The option that a field's metadata has."""
    option: Option = metadata[_KEY]
    return option


def options_of(kind: type) -> Mapping[str, Option]:
    """The options of a dataclass by the names of their fields, in their order; fields without one are for Python.

    What a class has in its `more_options` comes last.
    """
    found = {one.name: option_of(one.metadata) for one in fields(kind) if _KEY in one.metadata}
    more: Callable[[], Mapping[str, Option]] = getattr(kind, "more_options", dict)
    return {**found, **more()}


def option_name(field: str, option: Option) -> str:
    """What an option is called on the command line, without the dashes before it."""
    return option.name or field.replace("_", "-")


def whole_number(text: str) -> int:
    """A whole number from 0, read from text."""
    if not (text.isascii() and text.isdecimal() and len(text) < 19):
        raise LayoutError(f"{text!r} is not a whole number from 0")
    return int(text)


def day(text: str) -> date:
    """A day, read from text."""
    try:
        if not re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", text):  # Python reads other ISO forms, such as week dates
            raise ValueError
        return date.fromisoformat(text)
    except ValueError:
        raise LayoutError(f"{text!r} is not a day written as YYYY-MM-DD") from None


def file_to_write(text: str) -> str:
    """The name of a file to write: no output goes to stdout, which the summary has."""
    if text == "-":
        raise LayoutError("`-` names no file to write; a file of that name is `./-`")
    return text
