"""The labels of an event's title and of notes."""

from __future__ import annotations

from collections.abc import Sequence

from preflight.labels import words as known
from preflight.labels.days import is_date_label
from preflight.labels.people import is_email_label
from preflight.labels.splitting import mentions, without_aside, words_of

_NOTES = known.NOTE | known.LIKELY_NOTE
_OF_A_NOTE = _NOTES | known.EVENT | {"meeting"}


def is_title_label(label: str, others: Sequence[str] = ()) -> bool:
    """Whether a label is a word for an event, alone or with title, name or topic, or `Topic` in a meeting's export."""
    words = set(words_of(without_aside(label))) - known.ARTICLES
    if words & known.EVENT and words <= known.EVENT | known.NAME | known.PERHAPS_EVENT | known.FORMAT:
        return not words & known.CAMPAIGNS
    if words & known.MEETINGS and words & known.NAME and words <= known.MEETINGS | known.NAME:
        return True
    return bool(words) and words <= known.TOPIC and any(mentions(one, known.MEETING) for one in others)


def is_bare_title(label: str) -> bool:
    """Whether a label is an ambiguous word for a title: `Title`, `Subject`, `Campaign`."""
    words = set(words_of(without_aside(label))) - known.ARTICLES
    return bool(words) and words <= known.BARE_TITLE


def says_of_an_event(label: str) -> bool:
    """Whether a label means data about an event or about somebody in it: `Webinar Status`, not `Event Type Name`."""
    words = set(words_of(label))
    return bool(words & known.OF_EVENT) and not mentions(label, known.NAME)


def names_an_event(label: str) -> bool:
    """Whether a label contains a word for an event."""
    words = set(words_of(label))
    return bool(words & known.EVENT) and not words & known.REASONS


def is_something_else(label: str) -> bool:
    """Whether a label has a clear meaning other than an event's title."""
    others = (is_note_label, is_email_label, is_date_label)
    return mentions(label, known.ELSE | known.REASONS) or any(is_other(label) for is_other in others)


def is_note_label(label: str) -> bool:
    """Whether a label means notes or comments."""
    words = set(words_of(without_aside(label))) - known.ARTICLES
    return bool(words & _NOTES) and words <= _OF_A_NOTE


def is_own_note_label(label: str) -> bool:
    """Whether a label means notes by the word `note` itself."""
    return is_note_label(label) and mentions(label, known.NOTE)
