"""Removal of what tools add to a text or a date: a formula, special blanks, direction marks."""

from __future__ import annotations

import re

from preflight.text.whitespace import INVISIBLE, strip_blanks

_FORMULA = re.compile(r'="(.*)"', re.DOTALL)
_BLANKS = re.compile(r"[\u00a0\u2007\u2009\u202f]")
_INVISIBLE = re.compile(f"[{INVISIBLE}]")


def without_formula(text: str) -> str:
    """A text without `="…"`, which keeps spreadsheets from converting it."""
    found = _FORMULA.fullmatch(text.strip())
    return found[1].replace('""', '"') if found else text


def with_plain_blanks(date: str) -> str:
    """A date with special blanks, as before AM, replaced by plain ones, stripped."""
    return _BLANKS.sub(" ", date).strip()


def without_marks(date: str) -> str:
    """A date without zero-width characters, such as direction marks."""
    return strip_blanks(_INVISIBLE.sub("", date)) if _INVISIBLE.search(date) else date


DATE_FIXES = {"formula": without_formula, "invisible": without_marks, "blanks": with_plain_blanks}
"""The functions that fix a date, by the kind of fix, in order."""
