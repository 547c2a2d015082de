"""Texts that mean a missing value, in closed lists by kind."""

from __future__ import annotations

import re

from preflight.text.whitespace import strip_blanks

NOTHING = frozenset(
    {"null", "(null)", "<null>", "nil", "none", "(none)", "nan", "nat", "na", "n/a", "n.a", "n. a", "n/d", "k.a", "s/o",
     "-", "--", "---", "–", "—", "?", "??", ".", "…", "...", "undefined", "[object object]", "(blank)", "(empty)",
     "not available", "not applicable", "not set", "\\n"}
)  # fmt: skip
"""Texts that programs and people write for a missing value; case-folded, as in every list here."""

SPREADSHEET_ERRORS = frozenset(
    {"#n/a", "#ref!", "#value!", "#name?", "#div/0!", "#null!", "#num!", "#error!", "#spill!", "#calc!"}
)
"""Texts that a spreadsheet displays for a formula without a value."""

UNDECIDED = frozenset(
    {"tbd", "t.b.d", "tba", "t.b.a", "tbc", "t.b.c", "to be announced", "to be confirmed", "to be decided",
     "to be defined", "to be determined", "pending", "unknown", "not yet", "no date", "date unknown", "never",
     "no show", "no-show", "did not attend", "did not join", "not attended"}
)  # fmt: skip
"""Texts that people write for an unknown date."""

_DAYS = ("day", "week", "weekend", "month", "quarter", "year", "monday", "tuesday", "wednesday", "thursday", "friday",
         "saturday", "sunday")  # fmt: skip
RELATIVE = frozenset(
    {"now", "today", "yesterday", "tomorrow", "tonight", "soon", "later", "asap", "ongoing"}
    | {f"{which} {day}" for which in ("this", "next", "last") for day in _DAYS}
)
"""Relative dates: the day depends on when the text was written."""

_PLACEHOLDER = re.compile(r"\{\{.*\}\}|\$\{.*\}|%%.*%%|\*\|.*\|\*", re.DOTALL)
"""An unfilled field of a template."""

_KINDS = {word: kind for kind, words in (("nothing", NOTHING | SPREADSHEET_ERRORS), ("undecided", UNDECIDED),
                                         ("relative", RELATIVE)) for word in words}  # fmt: skip
LONGEST = 100
"""Limit for the length of such texts in characters."""

_VISIBLE = r"[!-\-/-~]"
SOMETHING = rf"(?s)^(?:[0-9]|[A-Za-z](?:.*[0-9]|(?:[^!-\-/-~]*{_VISIBLE}){{{max(map(len, _KINDS))}}}))"
"""RE2; texts that stand for something for certain: they start with a letter, and have a digit or are longer, blanks and
dots not counted, than any word for nothing; or they start with a digit."""


def _kind(text: str) -> str:
    """`nothing`, `undecided` or `relative`; empty for any other text."""
    folded = strip_blanks(text).casefold()
    if not folded:
        return "nothing"
    if len(folded) > LONGEST:
        return ""
    if folded[0] in "{$%*" and _PLACEHOLDER.fullmatch(folded):
        return "nothing"
    folded = " ".join(folded.split()) if " " in folded else folded
    return _KINDS.get(folded) or (_KINDS.get(folded.rstrip("."), "") if folded[-1] == "." else "")


def is_nothing(text: str) -> bool:
    """Whether a text means a missing value: a blank, a word such as N/A, an unfilled placeholder."""
    return _kind(text) == "nothing"


def is_no_date(text: str) -> bool:
    """Whether a text means a missing or unknown date."""
    return _kind(text) in ("nothing", "undecided")


def is_relative(text: str) -> bool:
    """Whether a text is a relative date: `today`, `next week`, `soon`."""
    return _kind(text) == "relative"


def names_no_day(text: str) -> bool:
    """Whether a text means a missing, unknown or relative date."""
    return _kind(text) != ""
