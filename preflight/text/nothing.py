"""Texts that stand for nothing."""

from __future__ import annotations

from preflight.text.whitespace import strip_blanks

WORDS_FOR_NOTHING = frozenset(
    {"null", "n/a", "na", "none", "nil", "nan", "nat", "-", "--", "?", "#n/a", "tbd", "(null)"}
)
"""What exports write where there is no date, folded to lower case."""


def is_no_date(text: str) -> bool:
    """True for a text that says there is no date: a blank, or a word for nothing."""
    bare = strip_blanks(text)
    return not bare or bare.casefold() in WORDS_FOR_NOTHING
