"""Names of options in messages: parameters in Python, options on the command line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from preflight.text import shell

_on_command_line: ContextVar[bool] = ContextVar("on_command_line", default=False)


@contextmanager
def on_command_line(yes: bool = True) -> Iterator[None]:
    """Context manager in which messages name options as typed on the command line (`yes`), or as in Python."""
    before = _on_command_line.set(yes)
    try:
        yield
    finally:
        _on_command_line.reset(before)


def is_on_command_line() -> bool:
    """Whether messages name command-line options; pass it on to other threads and processes."""
    return _on_command_line.get()


def option(name: str, value: str | int = "") -> str:
    """An option for a message, with or without a value.

    `--dateformat MM/dd/yyyy` on the command line, `dateformat="MM/dd/yyyy"` in Python, where a name without a value is
    in backticks.
    """
    if _on_command_line.get():
        return typed(name, value)
    if value == "":
        return f"`{name}`"
    return f"{name}={value}" if isinstance(value, int) else f'{name}="{value}"'


def fix_option(kind: str) -> str:
    """The option for one kind of fix, for a message."""
    return f"`--fix={kind}`" if _on_command_line.get() else f'`fix=["{kind}"]`'


def typed(name: str, value: str | int = "") -> str:
    """An option as typed on the command line, with or without a value."""
    name = name.replace("_", "-")
    return f"--{name}" if value == "" else shell.command(shell.option_words(name, str(value)))
