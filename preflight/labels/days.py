"""The day that the label of a column of dates means: the event's, a start, an end, a registration, a birthday."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum

from preflight.labels import words as known
from preflight.labels.splitting import mentions, words_of


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


_EVENTS = (known.EVENT | known.PERHAPS_EVENT) - known.CAMPAIGNS
_DAYS = known.ITS_DAY | _EVENTS
_OF_A_DAY = known.DATE | _DAYS | known.ARTICLES | known.BESIDE_DATE | known.ATTENDEE


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


def is_date_label(label: str) -> bool:
    """Whether a label contains a word for a date, and may mean the day when somebody attended or answered."""
    words = set(words_of(label))
    return days_of(label) >= Days.OTHER and bool(words & known.DATE)
