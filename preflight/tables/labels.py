"""Heading labels: what a label says of its column, by its words (`labelwords`).

What a label says for certain is taken; what it only may mean is asked about (`columnfinder`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from enum import IntEnum
from functools import partial

from preflight.errors import LayoutError
from preflight.layouts.columns import COLUMNS, OF_API, ColumnSpec
from preflight.tables import labelwords as known
from preflight.tables.labelwords import words_of
from preflight.text.spelling import unaccented

MOST_COLUMNS = 16_384
"""A spreadsheet has no more (Excel's limit); a wider heading is refused, as nothing in it is a touch point."""

_ASIDE = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")


class Days(IntEnum):
    """What days a label says that its column has."""

    NEVER = 0
    """A birthday."""
    END = 1
    """The end, or when somebody left."""
    CHANGED = 2
    CREATED = 3
    OTHER = 4
    """Something before or after the event, or a label that says nothing of days."""
    START = 5
    """A start, of the event or of filling in a form."""
    EVENT = 6
    """The event's own day."""


class Whose(IntEnum):
    """Whose addresses a label says that its column has."""

    SOMEBODY_ELSE = 0
    UNTOLD = 1
    USER = 2
    """A user's: in some exports the person's, in others the host's."""
    OWN = 3
    """The person's."""
    ATTENDEE = 4
    """The person's who came, in so many words."""


def days_of(label: str, others: Sequence[str] = ()) -> Days:
    """What days a column of dates has, by its label: `Entered` beside `Left` (of the `others`) is a start."""
    words = set(words_of(label))
    if words & known.ENTERED and any(set(words_of(one)) & known.LEFT for one in others):
        return Days.EVENT
    if words & known.BIRTH:
        return Days.NEVER
    if words & known.NO_EVENTS_DAY:
        return Days.END
    if words & known.CHANGED and words & (known.DATE | known.LATER_OR_BEFORE):
        return Days.CHANGED
    if words & known.CREATED:
        return Days.CREATED
    events = known.EVENT | known.PERHAPS_EVENT
    plain = known.DATE | known.ITS_DAY | events | known.ARTICLES | known.BESIDE_DATE | known.ATTENDEE
    if words & known.LATER_OR_BEFORE or not words <= plain:
        return Days.OTHER
    if words & known.START and not words & events:
        return Days.START
    if words & (known.ITS_DAY | events) or (words & known.DATE and not words & known.STAMPS):
        return Days.EVENT
    return Days.OTHER


FEW_WORDS = 2
"""Words of a language that tell a heading in it."""


def day_comes_first(labels: Sequence[str]) -> bool:
    """True for a heading in a language in which dates are written with the day before the month."""
    return len({word for label in labels for word in words_of(label)} & known.OF_ONE_LANGUAGE) >= FEW_WORDS


def distance_of_day(label: str) -> int:
    """0 for a label of days on which somebody came, 2 of those on which a row came about or somebody registered."""
    words = set(words_of(label))
    return 0 if words & known.CAME else 2 if words & known.LATER_OR_BEFORE else 1


def says_who_came(label: str) -> bool:
    """True for the label of a column that says of each person whether they came: `Attended`, `Attendance status`."""
    words = set(words_of(label)) - known.ARTICLES
    return bool(words & known.CAME_OR_NOT) and words <= known.CAME_OR_NOT | known.BESIDE_CAME


def is_yes(cell: str) -> bool:
    """True for a word for yes."""
    return unaccented(cell.strip()) in known.YES


def says_that_one_came(cell: str) -> bool:
    """True for a word that says so in such a column: `Attended`."""
    return unaccented(cell.strip()) in known.CAME_OR_NOT


def whose_address(label: str, others: Sequence[str] = ()) -> Whose:
    """Whose address a column of addresses has, by its label: `To` beside `From` (of the `others`) may be anybody's."""
    words = set(words_of(label))
    if words & known.SOMEBODY_ELSE or (words & known.TO and any(set(words_of(one)) & known.FROM for one in others)):
        return Whose.SOMEBODY_ELSE
    if not words & (known.EMAIL | {"invitee", "recipient", "subscriber"}):
        return Whose.UNTOLD
    if words & known.ATTENDEE:
        return Whose.ATTENDEE
    return Whose.USER if words & known.USERS else Whose.OWN


def is_email_label(label: str) -> bool:
    """True for a label that says nothing but that the person's address stands here."""
    words = set(words_of(_ASIDE.sub(" ", label)))
    beside = known.ADDRESS | known.PERSONS_OWN | known.ARTICLES | known.POLITE
    return bool(words & known.EMAIL) and words <= known.EMAIL | beside


def is_date_label(label: str) -> bool:
    """True for a label that says that a date stands here, on which somebody came or answered."""
    words = set(words_of(label))
    return days_of(label) >= Days.OTHER and bool(words & known.DATE)


def is_title_label(label: str, others: Sequence[str] = ()) -> bool:
    """True for an event's own word, alone or with title, name or topic; for a `Topic` in a meeting's export."""
    words = set(words_of(_ASIDE.sub(" ", label))) - known.ARTICLES
    if words & known.EVENT and words <= known.EVENT | known.NAME | known.PERHAPS_EVENT:
        return not words & {"campaign", "program", "programme", "asset", "activity", "resource", "download"}
    if words & known.MEETINGS and words & known.NAME and words <= known.MEETINGS | known.NAME:
        return True
    return bool(words) and words <= known.TOPIC and any(set(words_of(one)) & known.MEETING for one in others)


def is_bare_title(label: str) -> bool:
    """True for a word that may be the title's, or a person's or anything's: `Title`, `Subject`, `Campaign`."""
    words = set(words_of(_ASIDE.sub(" ", label))) - known.ARTICLES
    return bool(words) and words <= known.BARE_TITLE


def names_an_event(label: str) -> bool:
    """True when a word of the label is an event's own."""
    words = set(words_of(label))
    return bool(words & known.EVENT) and not words & known.REASONS


def is_a_form(labels: Sequence[str]) -> bool:
    """True for the heading of a form's answers, in which `Start` is when somebody began to fill it in."""
    return any(label.rstrip().endswith("?") or set(words_of(label)) & known.FORM for label in labels)


def is_a_crm(labels: Sequence[str]) -> bool:
    """True for the heading of a CRM's records, which have an owner and a date of their own creation."""
    return any(set(words_of(label)) & known.CRM for label in labels)


def hints_at_title(label: str) -> bool:
    """True when a word of the label has to do with events or titles."""
    return bool(set(words_of(label)) & known.HINTS_OF_TITLE)


def is_of_a_person(label: str) -> bool:
    """True for a label of what a person is called, does, or can be reached at."""
    return _has(label, known.PERSON)


def says_who(label: str) -> bool:
    """True for a label of what a person is called or does: beside it, a `Title` may be the person's."""
    return _has(label, known.WHO)


def _has(label: str, those: frozenset[str]) -> bool:
    words = set(words_of(label)) - known.ARTICLES - known.POLITE
    if not words or words & (known.EVENT | known.EMAIL):
        return False
    return bool(words & those) or words <= known.NAME - known.TOPIC - known.TITLES | known.GIVEN_NAME


def is_something_else(label: str) -> bool:
    """True for a label that says what stands here, and that it is no event's title."""
    return bool(set(words_of(label)) & (known.ELSE | known.REASONS)) or any(
        says(label) for says in (is_note_label, is_email_label, is_date_label)
    )


def is_note_label(label: str) -> bool:
    """True for a label of notes."""
    words = set(words_of(_ASIDE.sub(" ", label))) - known.ARTICLES
    notes = known.NOTE | known.LIKELY_NOTE
    return bool(words & notes) and words <= notes | known.EVENT | {"meeting"}


def is_own_note_label(label: str) -> bool:
    """True where it says so with the word itself."""
    return is_note_label(label) and bool(set(words_of(label)) & known.NOTE)


def is_label_of(spec: ColumnSpec, label: str) -> bool:
    """True for a label that has the words of one of the column's, whatever their case, and articles beside them."""
    words = _plain_words(label)
    return bool(words) and any(words == _plain_words(one) for one in spec.labels)


def _plain_words(label: str) -> list[str]:
    return [word for word in words_of(_ASIDE.sub(" ", label)) if word not in known.ARTICLES]


def roles_of(labels: Sequence[str]) -> set[str]:
    """Those of the columns that some label may name."""
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
    """True when the cells of a row are labels: an email's or a date's, or those of two columns."""
    roles = roles_of([cell for cell in cells if len(cell) <= MOST_OF_A_LABEL])
    return bool(roles & {"email"}) or any(map(_is_date_itself, set(cells))) or len(roles) >= 2


MOST_OF_A_LABEL = 80
"""Characters; a longer cell is a text."""


def _is_date_itself(cell: str) -> bool:
    return len(cell) <= MOST_OF_A_LABEL and days_of(cell) is Days.EVENT and bool(set(words_of(cell)) & known.DATE)


def refuse_too_wide(name: str, line: int, cells: int) -> None:
    """Raise `LayoutError` where the first row has more cells than `MOST_COLUMNS`."""
    if cells > MOST_COLUMNS:
        message = f"more than {MOST_COLUMNS:,} cells; no file of touch points is that wide"
        raise LayoutError(f"line {line} of {name} has {message}")
