"""The columns that could hold the event's title, by their labels, or without a heading by their texts."""

from __future__ import annotations

from collections.abc import Sequence

from preflight.detect.questions import ColumnSummary
from preflight.labels.headings import is_label_of
from preflight.labels.people import is_of_a_person, says_who
from preflight.labels.splitting import mentions
from preflight.labels.titles import is_bare_title, is_something_else, is_title_label, names_an_event, says_of_an_event
from preflight.labels.words import HINTS_OF_TITLE, MEETINGS, NAME, TITLES
from preflight.layouts.columns import COLUMNS, OF_API
from preflight.tables.columns import FEWEST_CELLS, REPEATED, Columns, Holds


def title_candidates(free: Sequence[ColumnSummary], labels: Sequence[str]) -> list[ColumnSummary]:
    """The columns that could be the title, the likeliest first: by label, then by how often their texts repeat.

    Ids below a title's label come last; numbers, and yes or no, count only if nothing else does. `labels` are those of
    the whole heading, as in the other functions.
    """
    could = [one for one in free if one.holds is Holds.TEXTS and not _is_another(one.label)]
    labelled = [one for one in free if is_title_label(one.label, labels)]
    ids = [one for one in labelled if one.holds is Holds.IDS]
    short = [one for one in labelled if one.holds in (Holds.NUMBERS, Holds.YES_OR_NO)]
    return [*sorted(could, key=lambda one: (-_likelihood(one.label, labels), one.distinct)), *ids] or short


def is_likely(column: ColumnSummary, labels: Sequence[str]) -> bool:
    """Whether a column of texts is about events by its label; a bare title beside a person's columns is mostly not."""
    if is_bare_title(column.label) and not mentions(column.label, MEETINGS):
        return not any(map(says_who, labels))
    return column.holds is Holds.TEXTS and _likelihood(column.label, labels) > 1


def stands_alone(bare: ColumnSummary, candidates: Sequence[ColumnSummary], labels: Sequence[str]) -> bool:
    """Whether no other column could be the title, and no column is a person's name or work."""
    others = [one for one in candidates if one is not bare and one.holds is Holds.TEXTS]
    return not others and not any(map(says_who, labels))


def could_be_titles(columns: Columns, column: int) -> bool:
    """Whether the texts of a column without a label repeat, or name an event; too few texts tell nothing."""
    filled = columns.filled(column)
    if filled < FEWEST_CELLS or columns.different(column) <= REPEATED * filled:
        return True
    return columns.share_of(column, names_an_event) >= REPEATED


WORDS_OF_A_NOTE = 4
"""The number of words from which a text is a note rather than a name."""


def could_be_notes(columns: Columns, column: int) -> bool:
    """Whether a column without a label is blank in some rows, or has sentences."""
    if columns.filled(column) < columns.rows:
        return True
    return columns.share_of(column, lambda cell: len(cell.split()) >= WORDS_OF_A_NOTE) >= REPEATED


def _likelihood(label: str, labels: Sequence[str]) -> int:
    if is_title_label(label, labels):
        return 5 if mentions(label, NAME) else 4
    if names_an_event(label):
        return 1 if says_of_an_event(label) else 2 if is_something_else(label) else 3
    if is_bare_title(label):
        return 1 if mentions(label, TITLES) and any(map(says_who, labels)) else 2
    return 2 if mentions(label, HINTS_OF_TITLE) else 1


def _is_another(label: str) -> bool:
    if any(is_label_of(COLUMNS[name], label) for name in COLUMNS if name not in OF_API):
        return True
    if names_an_event(label) or is_bare_title(label):
        return False
    return is_of_a_person(label) or is_something_else(label)
