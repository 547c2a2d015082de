"""The labels and cells that say who came."""

from __future__ import annotations

from preflight.labels import words as known
from preflight.labels.days import Days, days_of
from preflight.labels.splitting import words_of
from preflight.text.spelling import unaccented


def says_arrival(label: str) -> bool:
    """Whether a label names the day or time when a person arrived or joined, not a company."""
    words = set(words_of(label))
    return bool(words & known.ARRIVED) or (bool(words & known.JOINED) and days_of(label) is Days.EVENT)


def says_who_came(label: str, yes_or_no: bool) -> bool:
    """Whether a label names a column of attendance: `Attended`, `Attendee Status`, `Participant` of yes or no."""
    words = set(words_of(label)) - known.ARTICLES
    came = known.CAME_OR_NOT | known.ATTENDEE if yes_or_no or words & known.STATUS else known.CAME_OR_NOT
    return bool(words & came) and words <= came | known.BESIDE_CAME


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
