"""A heading as a whole: whether a row is one, its language, whether it is that of a form or a CRM."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from preflight.errors import LayoutError
from preflight.labels import words as known
from preflight.labels.attendance import says_who_came
from preflight.labels.days import Days, days_of, is_date_label
from preflight.labels.people import is_email_label
from preflight.labels.splitting import mentions, plain_words_of, without_aside, words_of
from preflight.labels.titles import is_bare_title, is_note_label, is_title_label
from preflight.labels.translations import writes_day_first
from preflight.layouts.columns import COLUMNS, OF_API, ColumnSpec

MOST_COLUMNS = 16_384
"""Limit for the columns of a file, as in Excel; no file of touch points is wider."""

FEW_WORDS = 2
"""Words of a language that identify a heading in it."""

MOST_OF_A_LABEL = 80
"""Limit for the length of a label in characters."""


def day_comes_first(labels: Sequence[str]) -> bool:
    """Whether a heading is in a language that writes the day before the month."""
    words = {word for label in labels for word in words_of(label)} & known.OF_ONE_LANGUAGE
    others = {word for label in labels for word in plain_words_of(label) if writes_day_first(word)}
    return len(words | others) >= FEW_WORDS


def is_label_of(spec: ColumnSpec, label: str) -> bool:
    """Whether a label equals one of the column's labels, ignoring case, punctuation and articles."""
    words = _plain_words(label)
    return bool(words) and any(words == _plain_words(one) for one in spec.labels)


def _plain_words(label: str) -> list[str]:
    return [word for word in words_of(without_aside(label)) if word not in known.ARTICLES]


def roles_of(labels: Sequence[str]) -> set[str]:
    """The names of the columns that some label may name."""
    tests: dict[str, Callable[[str], bool]] = {
        "email": is_email_label,
        "date": is_date_label,
        "title": lambda label: is_title_label(label) or is_bare_title(label),
        "note": is_note_label,
        **{name: partial(is_label_of, spec) for name, spec in COLUMNS.items() if name not in OF_API},
    }
    distinct = set(labels)
    return {role for role, says in tests.items() if any(map(says, distinct))}


def looks_like_heading(cells: Sequence[str]) -> bool:
    """Whether the cells of a row are labels: one of an email or event date, or those of two columns."""
    roles = roles_of([cell for cell in cells if len(cell) <= MOST_OF_A_LABEL])
    return bool(roles & {"email"}) or any(map(_is_date_itself, set(cells))) or len(roles) >= 2


def _is_date_itself(cell: str) -> bool:
    return len(cell) <= MOST_OF_A_LABEL and days_of(cell) is Days.EVENT and mentions(cell, known.DATE)


def refuse_too_wide(name: str, line: int, cells: int) -> None:
    """Raise `LayoutError` if the first row has more than `MOST_COLUMNS` cells."""
    if cells > MOST_COLUMNS:
        message = f"more than {MOST_COLUMNS:,} cells; no file of touch points is that wide"
        raise LayoutError(f"line {line} of {name} has {message}")


def is_a_form(labels: Sequence[str]) -> bool:
    """Whether a heading is that of a form's answers, in which `Start` is the time when somebody began the form.

    A question beside columns of an event (its title, who attended, when they left) belongs to its registration.
    """
    others = [label for label in labels if not _is_question(label)]
    if any(mentions(label, known.FORM) for label in others):
        return True
    of_event = any(is_title_label(one) or says_who_came(one, False) or mentions(one, known.LEFT) for one in others)
    return len(others) < len(labels) and not of_event


def _is_question(label: str) -> bool:
    """Whether a label is a question, of more than a word as in `Paid?`."""
    return label.rstrip().endswith("?") and len(words_of(label)) > 1


def is_a_crm(labels: Sequence[str]) -> bool:
    """Whether a heading is that of a CRM's records, which have an owner and a creation date."""
    return any(mentions(label, known.CRM) for label in labels)


def has_times_of_joining(labels: Sequence[str]) -> bool:
    """Whether a heading has both a time of joining and one of leaving, so that a row is one visit."""
    words = {word for label in labels for word in words_of(label)}
    return bool(words & known.JOINED and words & known.LEFT)
