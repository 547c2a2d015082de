"""Names of options in messages: parameters in Python, options on the command line, labels on the page."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar

from preflight.text import shell

Naming = Callable[[str, str | int], str]
"""Function that names an option, given its Python name, with a value or `""`; it must be picklable."""


def typed(name: str, value: str | int = "") -> str:
    """An option as typed on the command line, with or without a value."""
    name = name.replace("_", "-")
    return f"--{name}" if value == "" else shell.command(shell.option_words(name, str(value)))


def _in_command(name: str, value: str | int = "") -> str:
    return f"`--fix={value}`" if name == "fix" and value else typed(name, value)


def _in_python(name: str, value: str | int = "") -> str:
    if value == "":
        return f"`{name}`"
    if name == "fix":
        return f'`fix=["{value}"]`'
    return f"{name}={value}" if isinstance(value, int) else f'{name}="{value}"'


_naming: ContextVar[Naming] = ContextVar("naming", default=_in_python)


@contextmanager
def naming(how: Naming) -> Iterator[None]:
    """Context manager in which messages name options as `how` does."""
    before = _naming.set(how)
    try:
        yield
    finally:
        _naming.reset(before)


def on_command_line() -> AbstractContextManager[None]:
    """Context manager in which messages name options as typed on the command line."""
    return naming(_in_command)


def present_naming() -> Naming:
    """The present way to name options; pass it on to other threads and processes."""
    return _naming.get()


def is_on_command_line() -> bool:
    """Whether messages name options as typed on the command line."""
    return _naming.get() is _in_command


def is_in_python() -> bool:
    """Whether messages name options as Python's parameters."""
    return _naming.get() is _in_python


def is_on_page() -> bool:
    """Whether messages name fields and buttons of the page."""
    return not (is_on_command_line() or is_in_python())


def option(name: str, value: str | int = "") -> str:
    """An option for a message, with or without a value.

    `--dateformat MM/dd/yyyy` on the command line, `dateformat="MM/dd/yyyy"` in Python, where a name without a value is
    in backticks.
    """
    return _naming.get()(name, value)


def fix_option(kind: str) -> str:
    """The option for one kind of fix, for a message."""
    return option("fix", kind)


_TYPED = re.compile(r"--([a-z]+(?:-[a-z]+)*)")


def with_options(text: str) -> str:
    """A text that names options as typed on the command line, with the names for a message."""
    return _TYPED.sub(lambda found: option(found[1].replace("-", "_")), text)
