"""Blanks: white space and invisible characters at the ends of a cell."""

from __future__ import annotations

import unicodedata

from preflight.text.display import visible

INVISIBLE = (
    "\u00ad\u180e\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"
)
"""Characters without a width of their own: soft hyphen, zero-width blanks, joiners, direction marks."""

_NAMES = {" ": "a blank", "\t": "a tab", "\n": "a line break", "\r": "a line break", "\u00a0": "a no-break space"}


def is_blank(text: str) -> bool:
    """Whether a text is empty, or has only white space (any of Unicode's) and invisible characters."""
    return not text or text.isspace() or not strip_blanks(text)


def strip_blanks(text: str) -> str:
    """`text` without white space and invisible characters at its ends."""
    before = None
    while text != before:
        before, text = text, text.strip().strip(INVISIBLE)
    return text


def is_invisible(character: str) -> bool:
    """Whether a character is white space or has no width of its own."""
    return character.isspace() or character in INVISIBLE


def name_of(character: str) -> str:
    """The name of an invisible character for a message."""
    name = unicodedata.name(character, "").lower()
    return _NAMES.get(character) or (f"a {name}" if name else visible(character))
