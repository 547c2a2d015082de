"""Command lines: words quoted for a shell.

For most texts, double quotes mean the same in POSIX shells, cmd.exe and PowerShell. So a command uses them where
possible, and can be pasted anywhere. Other texts are quoted for the platform's own shell: a POSIX `sh`, or PowerShell
on Windows.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterable

from preflight.text.display import is_plain

_BARE = re.compile(r"[A-Za-z0-9_./:+=-]+")
"""A text that needs no quotes in any shell."""

_NOT_ALIKE = re.compile('[$`"\\\\%!\u201c\u201d\u201e]')
"""Characters with a special meaning between double quotes in some shell; PowerShell accepts curly quotes, too."""

_NOT_IN_POWERSHELL = re.compile('[$`"\u201c\u201d\u201e]')
_APOSTROPHES = re.compile("['\u2018\u2019\u201a\u201b]")
"""The single quotes of PowerShell."""

_CI_COMMAND = "##"
"""A text that may start a command of a CI runner, and is therefore never printed unescaped."""


def command(words: Iterable[str], *, windows: bool | None = None) -> str:
    """A command line for the platform's shell."""
    return " ".join(quoted(word, windows=windows) for word in words)


def quoted(text: str, *, windows: bool | None = None) -> str:
    """A text as one word of a command; `windows` selects the platform, by default this one."""
    if is_alike_everywhere(text):
        return text if _BARE.fullmatch(text) else f'"{text}"'
    return _in_powershell(text) if (os.name == "nt" if windows is None else windows) else _in_sh(text)


def is_alike_everywhere(text: str) -> bool:
    """Whether a text is quoted in the same way in every shell."""
    return text != "" and not _NOT_ALIKE.search(text) and _is_seen(text)


MAY_STAND_ALONE = frozenset({"normalize-dates", "fix"})
"""Options with an optional value, which is not the next word."""


def option_words(name: str, value: str) -> list[str]:
    """An option with its value; joined by `=` if the value begins with `-`, or if the option may stand without one."""
    joined = value.startswith("-") or name in MAY_STAND_ALONE
    return [f"--{name}={value}"] if joined else [f"--{name}", value]


def file_word(name: str) -> str:
    """A file's name as an argument; with `./` if it looks like an option. `-` is standard input."""
    return f"./{name}" if name.startswith("-") and name != "-" else name


def _is_seen(text: str) -> bool:
    """Whether a text is printed without escapes."""
    return all(map(is_plain, text)) and _CI_COMMAND not in text


def _in_sh(text: str) -> str:
    if _is_seen(text):
        return shlex.quote(text)
    if text.endswith("\n"):  # lost by the form below; bash, zsh and ksh support this one
        return "$'" + "".join(f"\\{byte:03o}" for byte in os.fsencode(text)) + "'"
    first = "\\055" if text[0] == "-" else _for_printf(text[0])  # printf would read it as an option
    return "\"$(printf '" + first + "".join(map(_for_printf, text[1:])) + "')\""


def _for_printf(character: str) -> str:
    if is_plain(character) and character not in "\\'%#":
        return character
    return "%%" if character == "%" else "".join(f"\\{byte:03o}" for byte in os.fsencode(character))


def _in_powershell(text: str) -> str:
    if not _is_seen(text):
        return '"' + "".join(map(_for_powershell, text)) + '"'
    if text and not _NOT_IN_POWERSHELL.search(text):  # also valid in cmd.exe
        slashes = len(text) - len(text.rstrip("\\"))
        return text if _BARE.fullmatch(text.replace("\\", "/")) else f'"{text}{slashes * chr(92)}"'
    return "'" + _APOSTROPHES.sub(r"\g<0>\g<0>", text.replace('"', '\\"')) + "'"


def _for_powershell(character: str) -> str:
    plain = is_plain(character) and character != "#" and not _NOT_IN_POWERSHELL.match(character)
    return character if plain else f"$([char]{ord(character)})" if ord(character) < 0x10000 else _surrogates(character)


def _surrogates(character: str) -> str:
    high, low = character.encode("utf-16-be")[:2], character.encode("utf-16-be")[2:]
    return "".join(f"$([char]{int.from_bytes(half, 'big')})" for half in (high, low))
