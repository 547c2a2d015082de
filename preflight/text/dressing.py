"""What tools put around a text, and into a date: a formula, blanks of another kind, marks of direction."""

from __future__ import annotations

import re

from preflight.text.whitespace import INVISIBLE, strip_blanks

_FORMULA = re.compile(r'="(.*)"', re.DOTALL)
_BLANKS = re.compile(r"[\u00a0\u2007\u2009\u202f]")
_INVISIBLE = re.compile(f"[{INVISIBLE}]")


def without_formula(text: str) -> str:
    """A text without the `="…"` that keeps a spreadsheet from changing it."""
    found = _FORMULA.fullmatch(text.strip())
    return found[1].replace('""', '"') if found else text


def with_plain_blanks(date: str) -> str:
    """A date with plain blanks for others, as before AM, and none at its ends."""
    return _BLANKS.sub(" ", date).strip()


def without_marks(date: str) -> str:
    """A date without characters that have no width, such as marks of direction."""
    return strip_blanks(_INVISIBLE.sub("", date)) if _INVISIBLE.search(date) else date


DATE_FIXES = {"formula": without_formula, "invisible": without_marks, "blanks": with_plain_blanks}
"""What is done to a date, by the kind of fix, in order."""
