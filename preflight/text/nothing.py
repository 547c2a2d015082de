"""Texts that stand for nothing, in closed lists by kind."""

from __future__ import annotations

import re

from preflight.text.whitespace import strip_blanks

NOTHING = frozenset(
    {"null", "(null)", "<null>", "nil", "none", "(none)", "nan", "nat", "na", "n/a", "n.a", "n. a", "n/d", "k.a", "s/o",
     "-", "--", "---", "–", "—", "?", "??", ".", "…", "...", "undefined", "[object object]", "(blank)", "(empty)",
     "not available", "not applicable", "not set"}
)  # fmt: skip
"""What programs and people write where there is nothing; folded, as in every list here."""

SPREADSHEET_ERRORS = frozenset(
    {"#n/a", "#ref!", "#value!", "#name?", "#div/0!", "#null!", "#num!", "#error!", "#spill!", "#calc!"}
)
"""What a spreadsheet shows where a formula has no value."""

UNDECIDED = frozenset(
    {"tbd", "t.b.d", "tba", "t.b.a", "tbc", "t.b.c", "to be announced", "to be confirmed", "to be decided",
     "to be defined", "to be determined", "pending", "unknown", "not yet", "no date", "date unknown", "never",
     "no show", "no-show", "did not attend", "did not join", "not attended"}
)  # fmt: skip
"""What people write where no date is known."""

_DAYS = ("day", "week", "weekend", "month", "quarter", "year", "monday", "tuesday", "wednesday", "thursday", "friday",
         "saturday", "sunday")  # fmt: skip
RELATIVE = frozenset(
    {"now", "today", "yesterday", "tomorrow", "tonight", "soon", "later", "asap", "ongoing"}
    | {f"{which} {day}" for which in ("this", "next", "last") for day in _DAYS}
)
"""What names no day of its own: which it was depends on when it was written."""

_PLACEHOLDER = re.compile(r"\{\{.*\}\}|\$\{.*\}|%%.*%%|\*\|.*\|\*", re.DOTALL)
"""A field of a template that was never filled in."""

_KINDS = {word: kind for kind, words in (("nothing", NOTHING | SPREADSHEET_ERRORS), ("undecided", UNDECIDED),
                                         ("relative", RELATIVE)) for word in words}  # fmt: skip
LONGEST = 100
"""Characters; what is longer stands for something."""

_VISIBLE = r"[!-\-/-~]"
SOMETHING = rf"(?s)^(?:[0-9]|[A-Za-z](?:.*[0-9]|(?:[^!-\-/-~]*{_VISIBLE}){{{max(map(len, _KINDS))}}}))"
"""RE2; texts that stand for something for certain: they start with a letter, and have a digit or are longer, blanks and
dots not counted, than any word for nothing; or they start with a digit."""


def _kind(text: str) -> str:
    """`nothing`, `undecided` or `relative`; empty for a text that stands for something."""
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
    """True for a text that stands for nothing: a blank, a word for nothing, an unfilled placeholder."""
    return _kind(text) == "nothing"


def is_no_date(text: str) -> bool:
    """True for a text that says there is no date: it stands for nothing, or says that none is known."""
    return _kind(text) in ("nothing", "undecided")


def is_relative(text: str) -> bool:
    """True for a text that names no day of its own: `today`, `next week`, `soon`."""
    return _kind(text) == "relative"


def names_no_day(text: str) -> bool:
    """True for a text from which nobody can tell a day: no date, or a relative one."""
    return _kind(text) != ""
