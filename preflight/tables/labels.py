"""Heading labels: the meaning of a column by the words of its label (`labelwords`).

A certain meaning is used; a possible one is asked about (`columnfinder`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from enum import IntEnum
from functools import partial

from preflight.errors import LayoutError
from preflight.layouts.columns import COLUMNS, OF_API, ColumnSpec
from preflight.layouts.translations import writes_day_first
from preflight.tables import labelwords as known
from preflight.tables.labelwords import mentions, words_of
from preflight.text.spelling import unaccented

MOST_COLUMNS = 16_384
"""Limit for the columns of a file, as in Excel; no file of touch points is wider."""

_ASIDE = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")


class Days(IntEnum):
    """The kind of date that a label names, from the least to the most likely event date."""

    NEVER = 0
    """A birthday."""
    END = 1
    """The end of the event, or the time when somebody left."""
    CHANGED = 2
    CREATED = 3
    OTHER = 4
    """A date before or after the event, or a label without a hint."""
    START = 5
    """A start, of the event or of filling in a form."""
    EVENT = 6
    """The day of the event."""


class Whose(IntEnum):
    """The owner of the addresses that a label names, from somebody else to the person for certain."""

    SOMEBODY_ELSE = 0
    UNTOLD = 1
    USER = 2
    """A user: in some exports the person, in others the host."""
    OWN = 3
    """The person."""
    ATTENDEE = 4
    """Explicitly the person who attended."""


_EVENTS = (known.EVENT | known.PERHAPS_EVENT) - known.CAMPAIGNS
_DAYS = known.ITS_DAY | _EVENTS
_OF_A_DAY = known.DATE | _DAYS | known.ARTICLES | known.BESIDE_DATE | known.ATTENDEE
_OF_AN_EMAIL = known.EMAIL | known.ADDRESS | known.PERSONS_OWN | known.ARTICLES | known.POLITE
_NOTES = known.NOTE | known.LIKELY_NOTE
_OF_A_NOTE = _NOTES | known.EVENT | {"meeting"}


def days_of(label: str, others: Sequence[str] = ()) -> Days:
    """The kind of dates of a column by its label.

    `Entered` or `Entry` is the event's day if one of the `others` is `Left`; `Scheduled` is not if one is a start.
    """
    words = set(words_of(label))
    if words & known.ENTERED and any(mentions(one, known.LEFT) for one in others):
        return Days.EVENT
    if "scheduled" in words and not words & _DAYS and any(mentions(one, known.START) for one in others):
        return Days.OTHER
    if words & known.BIRTH:
        return Days.NEVER
    if words & known.NO_EVENTS_DAY:
        return Days.END
    if words & known.CHANGED and words & (known.DATE | known.LATER_OR_BEFORE):
        return Days.CHANGED
    if words & known.CREATED:
        return Days.CREATED
    if words & known.LATER_OR_BEFORE or not words <= _OF_A_DAY:
        return Days.OTHER
    if words & known.START and not words & _EVENTS:
        return Days.START
    if words & _DAYS or (words & known.DATE and not words & known.STAMPS):
        return Days.EVENT
    return Days.OTHER


FEW_WORDS = 2
"""Words of a language that identify a heading in it."""


def day_comes_first(labels: Sequence[str]) -> bool:
    """Whether a heading is in a language that writes the day before the month."""
    words = {word for label in labels for word in words_of(label)} & known.OF_ONE_LANGUAGE
    others = {word for label in labels for word in known.plain_words_of(label) if writes_day_first(word)}
    return len(words | others) >= FEW_WORDS


def distance_of_day(label: str) -> int:
    """The place of a label among those of days: from 0, a day of attendance, to 7, that of a registration or order.

    The days of an event come before others, and bare dates after these. A start, which may be that of filling in a
    form, comes after the form's end and before a registration.
    """
    words = set(words_of(label))
    if words & (known.ARRIVED | known.LOGGED_IN):
        return 0 if words & known.ARRIVED else 1
    if words & known.START and not words & _EVENTS:
        return 6
    if words & known.LATER_OR_BEFORE:
        return 5 if words & known.FORM else 7
    return 2 if words & _EVENTS else 3 if words & known.ITS_DAY else 4


def is_bare_date(label: str) -> bool:
    """Whether a label is a word for a date or time alone, not for an event's: `Date`, not `Event Date`."""
    return not mentions(label, _DAYS)


def says_arrival(label: str) -> bool:
    """Whether a label names the day or time when a person arrived or joined, not a company."""
    words = set(words_of(label))
    return bool(words & known.ARRIVED) or (bool(words & known.JOINED) and days_of(label) is Days.EVENT)


def says_who_came(label: str, yes_or_no: bool) -> bool:
    """Whether a label names a column of attendance: `Attended`, `Attendee Status`, `Participant` of yes or no."""
    words = set(words_of(label)) - known.ARTICLES
    came = known.CAME_OR_NOT | known.ATTENDEE if yes_or_no or words & known.STATUS else known.CAME_OR_NOT
    return bool(words & came) and words <= came | known.BESIDE_CAME


def has_times_of_joining(labels: Sequence[str]) -> bool:
    """Whether a heading has both a time of joining and one of leaving, so that a row is one visit."""
    words = {word for label in labels for word in words_of(label)}
    return bool(words & known.JOINED and words & known.LEFT)


def is_yes(cell: str) -> bool:
    """Whether a cell is a word for yes."""
    return unaccented(cell.strip()) in known.YES


def is_an_activity(cell: str) -> bool:
    """Whether a cell says what somebody did, as in a log: `open`, `participant_joined`, `Placed Order`."""
    words = set(words_of(cell)) - known.ARTICLES
    return bool(words & known.ACTIVITIES) and words <= known.ACTIVITIES | known.OF_AN_ACTIVITY


def says_that_one_came(cell: str) -> bool:
    """Whether a cell of an attendance column says that the person attended: `Attended`."""
    words = words_of(cell)
    return len(words) == 1 and words[0] in known.CAME_OR_NOT


def whose_address(label: str, others: Sequence[str] = ()) -> Whose:
    """The owner of a column's addresses by its label; `To` is somebody else's if one of the `others` is `From`."""
    words = set(words_of(label))
    if words & known.SOMEBODY_ELSE or (words & known.TO and any(mentions(one, known.FROM) for one in others)):
        return Whose.SOMEBODY_ELSE
    if not words & (known.EMAIL | {"invitee", "recipient", "subscriber"}):
        return Whose.UNTOLD
    if words & known.ATTENDEE:
        return Whose.ATTENDEE
    return Whose.USER if words & known.USERS else Whose.OWN


def is_email_label(label: str) -> bool:
    """Whether a label means the person's email address and nothing else."""
    words = set(words_of(_ASIDE.sub(" ", label)))
    return bool(words & known.EMAIL) and words <= _OF_AN_EMAIL


def is_date_label(label: str) -> bool:
    """Whether a label contains a word for a date, and may mean the day when somebody attended or answered."""
    words = set(words_of(label))
    return days_of(label) >= Days.OTHER and bool(words & known.DATE)


def is_title_label(label: str, others: Sequence[str] = ()) -> bool:
    """Whether a label is a word for an event, alone or with title, name or topic, or `Topic` in a meeting's export."""
    words = set(words_of(_ASIDE.sub(" ", label))) - known.ARTICLES
    if words & known.EVENT and words <= known.EVENT | known.NAME | known.PERHAPS_EVENT | known.FORMAT:
        return not words & known.CAMPAIGNS
    if words & known.MEETINGS and words & known.NAME and words <= known.MEETINGS | known.NAME:
        return True
    return bool(words) and words <= known.TOPIC and any(mentions(one, known.MEETING) for one in others)


def is_bare_title(label: str) -> bool:
    """Whether a label is an ambiguous word for a title: `Title`, `Subject`, `Campaign`."""
    words = set(words_of(_ASIDE.sub(" ", label))) - known.ARTICLES
    return bool(words) and words <= known.BARE_TITLE


def says_of_an_event(label: str) -> bool:
    """Whether a label means data about an event or about somebody in it: `Webinar Status`, not `Event Type Name`."""
    words = set(words_of(label))
    return bool(words & known.OF_EVENT) and not mentions(label, known.NAME)


def names_an_event(label: str) -> bool:
    """Whether a label contains a word for an event."""
    words = set(words_of(label))
    return bool(words & known.EVENT) and not words & known.REASONS


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


def is_of_a_person(label: str) -> bool:
    """Whether a label means a person's name, work or contact data."""
    return _has(label, known.PERSON)


def says_who(label: str) -> bool:
    """Whether a label means a person's name or work: in such a heading `Title` may be a job title."""
    return _has(label, known.WHO)


def _has(label: str, person: frozenset[str]) -> bool:
    words = set(words_of(label)) - known.ARTICLES - known.POLITE
    if not words or words & (known.EVENT | known.EMAIL):
        return False
    names = known.NAME - known.TOPIC - known.TITLES | known.GIVEN_NAME | known.SOMEBODY_ELSE
    return bool(words & person) or words <= names


def is_something_else(label: str) -> bool:
    """Whether a label has a clear meaning other than an event's title."""
    others = (is_note_label, is_email_label, is_date_label)
    return mentions(label, known.ELSE | known.REASONS) or any(is_other(label) for is_other in others)


def is_note_label(label: str) -> bool:
    """Whether a label means notes or comments."""
    words = set(words_of(_ASIDE.sub(" ", label))) - known.ARTICLES
    return bool(words & _NOTES) and words <= _OF_A_NOTE


def is_own_note_label(label: str) -> bool:
    """Whether a label means notes by the word `note` itself."""
    return is_note_label(label) and mentions(label, known.NOTE)


def is_label_of(spec: ColumnSpec, label: str) -> bool:
    """Whether a label equals one of the column's labels, ignoring case, punctuation and articles."""
    words = _plain_words(label)
    return bool(words) and any(words == _plain_words(one) for one in spec.labels)


def _plain_words(label: str) -> list[str]:
    return [word for word in words_of(_ASIDE.sub(" ", label)) if word not in known.ARTICLES]


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


MOST_OF_A_LABEL = 80
"""Limit for the length of a label in characters."""


def _is_date_itself(cell: str) -> bool:
    return len(cell) <= MOST_OF_A_LABEL and days_of(cell) is Days.EVENT and mentions(cell, known.DATE)


def refuse_too_wide(name: str, line: int, cells: int) -> None:
    """Raise `LayoutError` if the first row has more than `MOST_COLUMNS` cells."""
    if cells > MOST_COLUMNS:
        message = f"more than {MOST_COLUMNS:,} cells; no file of touch points is that wide"
        raise LayoutError(f"line {line} of {name} has {message}")
