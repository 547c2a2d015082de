"""The heading rows below the first one, as exports of forms and spreadsheets have them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, islice

from preflight.inputs.source import Source
from preflight.labels.people import is_email_label
from preflight.labels.splitting import mentions
from preflight.labels.words import DATE
from preflight.records.grammar import Dialect
from preflight.records.scanner import read_records
from preflight.tables.columns import Columns, Holds
from preflight.tables.survey import Record, may_be_label
from preflight.text.spelling import unaccented

END_BYTES = 1 << 16

MOST_HEADINGS = 4

LOOKED_AT = 50
"""Rows below a heading that are examined for the content of its columns."""

_ANSWERS = (
    "response responses open-ended antwort antworten reponse reponses respuesta respuestas resposta risposta risposte"
)

_ANSWER = frozenset([*_ANSWERS.split(), "antwoord", "offene", "ouverte", "abierta", "aberta", "aperta"])
"""Words of the second heading row of a form's answers."""


def further_headings(source: Source, head: Record, seen: Sequence[Record], dialect: Dialect) -> list[Record]:
    """The rows directly below the heading that are further headings: labels in columns of other content.

    `seen` are the first records of the file, `source` is limited to the table.
    """
    below = [one for one in seen if head.number < one.number <= head.number + MOST_HEADINGS and not one.has_address]
    below = [one for i, one in enumerate(below) if one.number == head.number + 1 + i]
    if not below:
        return []
    text, _ = source.sample(END_BYTES)
    records = chain.from_iterable((run.raw(i) for i in range(len(run))) for run in read_records([text], dialect))
    rows = [dialect.split(raw) for raw in islice(records, 1, LOOKED_AT)]
    found: list[Record] = []
    for one in below:
        columns = Columns([row for row in rows[len(found) + 1 :] if len(row) == head.width], head.width)
        if not _is_further_heading(one, head, columns):
            break
        found.append(one)
    return found


def _is_further_heading(one: Record, head: Record, columns: Columns) -> bool:
    if any(cell.startswith('{"ImportId"') for cell in one.cells):  # Qualtrics writes such a row
        return True
    if not one.filled or one.width != head.width or not columns.rows or not all(map(may_be_label, one.filled)):
        return False
    if one.labels == head.labels or all(cell[0] in "([" and cell[-1] in ")]" for cell in one.filled):  # units: `(UTC)`
        return True
    is_confirmed = False
    for i, cell in enumerate(one.cells):
        holds, bare = columns.holds(i), cell.strip()
        is_label = {Holds.ADDRESSES: is_email_label, Holds.DATES: _names_a_day}.get(holds)
        if is_label is not None and bare:
            if not is_label(bare):
                return False
            is_confirmed = True
    return is_confirmed or any({*unaccented(cell).replace(":", " ").split()} <= _ANSWER for cell in one.filled)


def _names_a_day(label: str) -> bool:
    return mentions(label, DATE)
