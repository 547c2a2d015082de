"""Commands as they are typed: words, quoted for a shell.

Double quotes mean the same to POSIX shells, cmd.exe and PowerShell around most texts, so a command is written with
these wherever it can be, and can then be pasted anywhere. Other texts are quoted as the platform's own shell has it: a
POSIX `sh`, or PowerShell on Windows.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterable

from preflight.text.display import is_plain

_BARE = re.compile(r"[A-Za-z0-9_./:+=-]+")
"""What no shell takes for anything but a text."""

_NOT_ALIKE = re.compile('[$`"\\\\%!\u201c\u201d\u201e]')
"""What one of the shells does not take for itself between double quotes; to PowerShell curly ones are double quotes."""

_NOT_IN_POWERSHELL = re.compile('[$`"\u201c\u201d\u201e]')
_APOSTROPHES = re.compile("['\u2018\u2019\u201a\u201b]")
"""What PowerShell takes for a single quote."""

_CI_COMMAND = "##"
"""What a CI runner may take for the start of a command of its own, and is therefore never printed as it is."""


def command(words: Iterable[str], *, windows: bool | None = None) -> str:
    """A command on one line, as its platform's shell takes it."""
    return " ".join(quoted(word, windows=windows) for word in words)


def quoted(text: str, *, windows: bool | None = None) -> str:
    """A text as one word of a command; `windows` says for which platform, this one unless given."""
    if is_alike_everywhere(text):
        return text if _BARE.fullmatch(text) else f'"{text}"'
    return _in_powershell(text) if (os.name == "nt" if windows is None else windows) else _in_sh(text)


def is_alike_everywhere(text: str) -> bool:
    """True for a text that can be typed in the same way in every shell."""
    return text != "" and not _NOT_ALIKE.search(text) and _is_seen(text)


def option_words(name: str, value: str) -> list[str]:
    """An option with its value; one that begins with `-` is held together with its name, or it would be an option."""
    return [f"--{name}={value}"] if value.startswith("-") else [f"--{name}", value]


def file_word(name: str) -> str:
    """A file's name as an argument; one that looks like an option gets its folder before it. `-` is standard input."""
    return f"./{name}" if name.startswith("-") and name != "-" else name


def _is_seen(text: str) -> bool:
    """True when a text is printed as it is."""
    return all(map(is_plain, text)) and _CI_COMMAND not in text


def _in_sh(text: str) -> str:
    if _is_seen(text):
        return shlex.quote(text)
    if text.endswith("\n"):  # which the form below would lose; bash, zsh and ksh know this one
        return "$'" + "".join(f"\\{byte:03o}" for byte in os.fsencode(text)) + "'"
    first = "\\055" if text[0] == "-" else _for_printf(text[0])  # printf would take it for an option
    return "\"$(printf '" + first + "".join(map(_for_printf, text[1:])) + "')\""


def _for_printf(character: str) -> str:
    if is_plain(character) and character not in "\\'%#":
        return character
    return "%%" if character == "%" else "".join(f"\\{byte:03o}" for byte in os.fsencode(character))


def _in_powershell(text: str) -> str:
    if not _is_seen(text):
        return '"' + "".join(map(_for_powershell, text)) + '"'
    if text and not _NOT_IN_POWERSHELL.search(text):  # which cmd.exe takes, too
        slashes = len(text) - len(text.rstrip("\\"))
        return text if _BARE.fullmatch(text.replace("\\", "/")) else f'"{text}{slashes * chr(92)}"'
    return "'" + _APOSTROPHES.sub(r"\g<0>\g<0>", text.replace('"', '\\"')) + "'"


def _for_powershell(character: str) -> str:
    plain = is_plain(character) and character != "#" and not _NOT_IN_POWERSHELL.match(character)
    return character if plain else f"$([char]{ord(character)})" if ord(character) < 0x10000 else _surrogates(character)


def _surrogates(character: str) -> str:
    high, low = character.encode("utf-16-be")[:2], character.encode("utf-16-be")[2:]
    return "".join(f"$([char]{int.from_bytes(half, 'big')})" for half in (high, low))
