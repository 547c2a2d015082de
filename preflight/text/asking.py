"""How a message names an option: a parameter in Python, an option on the command line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from preflight.text import shell

_on_command_line: ContextVar[bool] = ContextVar("on_command_line", default=False)


@contextmanager
def on_command_line(yes: bool = True) -> Iterator[None]:
    """Let messages name options as they are typed, as long as this goes on."""
    before = _on_command_line.set(yes)
    try:
        yield
    finally:
        _on_command_line.reset(before)


def is_on_command_line() -> bool:
    """Whether messages name options as they are typed: for work that is handed to another thread or process."""
    return _on_command_line.get()


def option(name: str, value: str | int = "") -> str:
    """An option in a message, with the value to give it or without.

    `--dateformat MM/dd/yyyy` on the command line, `dateformat="MM/dd/yyyy"` in Python, where the name alone is in
    backticks.
    """
    if _on_command_line.get():
        return typed(name, value)
    if value == "":
        return f"`{name}`"
    return f"{name}={value}" if isinstance(value, int) else f'{name}="{value}"'


def fix_option(kind: str) -> str:
    """The option that asks for one kind of fix, in a message."""
    return f"`--fix={kind}`" if _on_command_line.get() else f'`fix=["{kind}"]`'


def typed(name: str, value: str | int = "") -> str:
    """An option as it is typed on the command line, with the value to give it or without."""
    name = name.replace("_", "-")
    return f"--{name}" if value == "" else shell.command(shell.option_words(name, str(value)))
