"""Text from outside, made safe to show: one line, no control characters, nothing invisible, bounded length."""

from __future__ import annotations

import unicodedata

_SHORT_ESCAPES = {"\n": "\\n", "\r": "\\r", "\t": "\\t", "\\": "\\\\"}


LONGEST_VALUE = 1_000
"""Characters of a cell that a report carries."""


def shortened(value: str) -> str:
    """A cell's text for a report: what is longer than `LONGEST_VALUE` is cut and ends in `…`."""
    return value if len(value) <= LONGEST_VALUE else value[: LONGEST_VALUE - 1] + "…"


def visible(text: str, limit: int | None = None) -> str:
    """`text` with every control, format, separator and unassigned character but the blank written as an escape.

    With `limit`, what is longer is cut to that many characters and ends in `…`.
    """
    cut = text if limit is None or len(text) <= limit else text[: limit - 1] + "…"
    if cut.isprintable() and "\\" not in cut:
        return cut
    return "".join(map(_visible_character, cut))


def _visible_character(character: str) -> str:
    if character in _SHORT_ESCAPES:
        return _SHORT_ESCAPES[character]
    if character == " " or unicodedata.category(character)[0] not in "CZ":
        return character
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def as_message(message: str, limit: int) -> str:
    """A message, at most `limit` characters of it; texts from outside were made visible when they came into it."""
    cut = message if len(message) <= limit else message[: limit - 1] + "…"
    return cut if cut.isprintable() else visible(cut)


def shown(value: object, limit: int = 80) -> str:
    """A value for a message: quoted, visible, at most `limit` characters of it."""
    return f"`{visible(str(value), limit)}`"


def named(file: str) -> str:
    """What to call an input file: `-` stands for standard input."""
    return "standard input" if file == "-" else file


def counted(number: int, noun: str) -> str:
    """`1 row`, `2 rows`, `1,000 rows`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
