"""Reads a bad-rows file after a person has corrected it.

Its records are restored to those of the original file: without the added columns, and without the `'` that guards
cells from spreadsheets. The added cells of each record are kept in `Records.added`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from preflight.layouts.resolved import ResolvedLayout
from preflight.model.added import ADDED_COLUMNS, MENDED, Added
from preflight.model.codes import CODES
from preflight.records.grammar import WELL_FORMED, Dialect
from preflight.records.run import Records
from preflight.records.spreadsheet import unguarded
from preflight.text.whitespace import is_blank


def divided_labels(labels: Sequence[str]) -> tuple[list[str], tuple[str, ...]]:
    """The labels of the original heading, and the labels of the columns that the bad-rows file adds at its end.

    Blank labels after the added ones are padding by a spreadsheet.
    """
    start = len(labels)
    while start and (not labels[start - 1] or labels[start - 1] in ADDED_COLUMNS):
        start -= 1
    while start < len(labels) and not labels[start]:
        start += 1
    if start == len(labels):
        return list(labels), ()
    return list(labels[:start]), tuple(filter(None, labels[start:]))


def width_without_added(rows: Iterable[Sequence[str]]) -> int:
    """The number of cells before the added ones in a file without a heading; 0 if the rows have no added cells.

    A spreadsheet may have dropped blank cells at the end of rows.
    """
    cut = [row for row in map(_without_blank_ends, rows) if row]
    places = Counter(place for row in cut if (place := _added_from(row)))
    if not places:
        return 0
    ((width, _),) = places.most_common(1)
    return width if all(_may_be_added(row[width:]) for row in cut) else 0


def _without_blank_ends(row: Sequence[str]) -> list[str]:
    cells = list(map(str.strip, row))
    while cells and not cells[-1]:
        cells.pop()
    return cells


def _added_from(row: Sequence[str]) -> int:
    """The index of the added cells (row, line, problems) of a row, after at least one other; 0 if it has none."""
    for place in range(max(1, len(row) - len(ADDED_COLUMNS)), len(row) - 2):  # only the end: a row may be long
        if _may_be_added(row[place:]) and _is_known(row[place + 2]):
            return place
    return 0


def _may_be_added(cells: Sequence[str]) -> bool:
    """Whether cells may be added ones: row, line, known or cleared problems, and possibly a suggestion."""
    row, line, problems, *more = [*cells, "", "", ""][: max(3, len(cells))]
    numbered = row.isdigit() and line.isdigit() if cells else True
    return numbered and (not problems or _is_known(problems)) and len(more) <= 1


def _is_known(problems: str) -> bool:
    """Whether a cell holds problems as a bad-rows file lists them, or the word with which a person replaced them."""
    return problems.casefold() == MENDED or Added(problems=problems).first_code in CODES


class BadRowsReader:
    """Removes the added columns, the last ones of a bad-rows file, from its records."""

    def __init__(self, layout: ResolvedLayout) -> None:
        self._dialect = Dialect(layout.fieldseparator, layout.quotecharacter)
        self._width = layout.width
        self._labels = layout.added

    def restore(self, records: Records) -> Records:
        """The records as in the original file; records without added cells are unchanged."""
        pieces: list[bytes] = []
        added: list[Added] = []
        for i in range(len(records)):
            raw, said = self._restored(records.raw(i)) if records.fault[i] == WELL_FORMED else (records.raw(i), Added())
            pieces += (raw, bytes(records.block[records.stop[i] : records.end[i]]))
            added.append(said)
        edges = np.concatenate([[0], np.cumsum(np.fromiter(map(len, pieces), np.int64))])
        start, stop, end = edges[:-1:2], edges[1::2], edges[2::2]
        return replace(records, block=b"".join(pieces), start=start, stop=stop, end=end, added=added)

    def _restored(self, raw: bytes) -> tuple[bytes, Added]:
        try:
            text = raw.decode()
        except UnicodeDecodeError:
            return raw, Added()
        own, rest = self._dialect.divided(text, self._width)
        if not all(map(is_blank, rest[len(self._labels) :])):
            return raw, Added()
        if "'" in own:
            cells = self._dialect.split(own.encode())
            plain = list(map(unguarded, cells))
            own = own if plain == cells else self._dialect.joined(plain)
        said = dict(zip(self._labels, map(str.strip, rest), strict=False))
        return own.encode(), Added(*(said.get(f"preflight_{name}", "") for name in Added._fields))
