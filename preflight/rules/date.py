"""The date cell: a date that Java stores as the one a person reads."""

from __future__ import annotations

from preflight.blanks import is_blank, strip_blanks
from preflight.datefault import explain
from preflight.dateformat import DateFormat
from preflight.findings import Fault
from preflight.show import shown

WORDS_FOR_NOTHING = frozenset(
    {"null", "n/a", "na", "none", "nil", "nan", "nat", "-", "--", "?", "#n/a", "tbd", "(null)"}
)
"""What exports write where there is no date, folded to lower case."""


def is_no_date(text: str) -> bool:
    """True for a text that says there is no date: a blank, or a word for nothing."""
    return is_blank(text) or strip_blanks(text).casefold() in WORDS_FOR_NOTHING


def fault_of(dateformat: DateFormat, text: str) -> Fault:
    """What is wrong with a text that the format does not accept."""
    if is_blank(text):
        return Fault("date-missing", "The date is blank.")
    if is_no_date(text):
        return Fault("date-missing", f"{shown(text)} stands for no date.")
    found = explain(dateformat, text)
    return Fault(found.code, found.message, found.suggestion)
