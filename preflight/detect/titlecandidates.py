"""The columns of a file with a heading that could hold the event's title, the likeliest first."""

from __future__ import annotations

from collections.abc import Sequence

from preflight.detect.questions import ColumnSummary
from preflight.layouts.columns import COLUMNS, OF_API
from preflight.tables.columns import Holds
from preflight.tables.labels import (
    hints_at_title,
    is_bare_title,
    is_label_of,
    is_of_a_person,
    is_something_else,
    is_title_label,
    names_an_event,
    says_who,
)


def title_candidates(free: Sequence[ColumnSummary], labels: Sequence[str]) -> list[ColumnSummary]:
    """The columns that could be the title, the likeliest first: by label, then by how often their texts repeat.

    `labels` are those of the whole heading, as in the other functions.
    """
    could = [one for one in free if one.holds is Holds.TEXTS and not _is_another(one.label)]
    return sorted(could, key=lambda one: (-_likelihood(one.label, labels), one.distinct))


def is_likely(column: ColumnSummary, labels: Sequence[str]) -> bool:
    """Whether a label relates to events; a bare title beside a person's columns is most likely a job title."""
    if is_bare_title(column.label):
        return not any(map(says_who, labels))
    return _likelihood(column.label, labels) > 1


def stands_alone(bare: ColumnSummary, candidates: Sequence[ColumnSummary], labels: Sequence[str]) -> bool:
    """Whether no other column could be the title, and no column is a person's name or work."""
    others = [one for one in candidates if one is not bare and one.holds is Holds.TEXTS]
    return not others and not any(map(says_who, labels))


def _likelihood(label: str, labels: Sequence[str]) -> int:
    if is_title_label(label, labels):
        return 4
    if names_an_event(label):
        return 2 if is_something_else(label) else 3
    return 2 if is_bare_title(label) or hints_at_title(label) else 1


def _is_another(label: str) -> bool:
    if any(is_label_of(COLUMNS[name], label) for name in COLUMNS if name not in OF_API):
        return True
    if names_an_event(label) or is_bare_title(label):
        return False
    return is_of_a_person(label) or is_something_else(label)
