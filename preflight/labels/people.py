"""The person that a label means: the owner of an address, and names, work and contact data."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum

from preflight.labels import words as known
from preflight.labels.splitting import mentions, without_aside, words_of


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


_OF_AN_EMAIL = known.EMAIL | known.ADDRESS | known.PERSONS_OWN | known.ARTICLES | known.POLITE


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
    words = set(words_of(without_aside(label)))
    return bool(words & known.EMAIL) and words <= _OF_AN_EMAIL


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
    return bool(words & person) or (words <= names and not words <= known.SOMEBODY_ELSE)
