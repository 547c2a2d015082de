"""A bad-rows file, read again after a person has mended it.

Its records become those of the file that it is from: without the columns that were added, and without the `'` that
kept spreadsheets from a cell. What the added columns say of a record goes with it as `Records.added`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from preflight.layouts.resolved import ResolvedLayout
from preflight.model.added import ADDED_BEFORE, ADDED_COLUMNS, Added
from preflight.model.problems import CODES
from preflight.records.grammar import WELL_FORMED, Dialect, Records
from preflight.records.spreadsheet import unguarded
from preflight.text.whitespace import is_blank


def divided_labels(labels: Sequence[str]) -> tuple[list[str], tuple[str, ...]]:
    """A heading's own labels, and those at its end that a bad-rows file has more than the file it is from.

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


def added_at_end(rows: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """The added columns that the last cells of these rows are, where no heading says so; empty where they are none."""
    return next((columns for columns in (ADDED_COLUMNS, ADDED_BEFORE) if _end_with(rows, len(columns))), ())


def _end_with(rows: Sequence[Sequence[str]], number: int) -> bool:
    """True when the last cells of the rows, so many, are a row, a line and problems, whatever follows."""
    ends = [Added(*map(str.strip, row[-number:][:3])) for row in rows if len(row) > number]
    named = [end.first_code in CODES for end in ends]
    numbered = all(end.row.isdigit() and end.line.isdigit() for end in ends)
    return any(named) and numbered and all(known or not end.problems for known, end in zip(named, ends, strict=True))


class BadRowsReader:
    """Takes the added columns, the last of a layout's file, off its records."""

    def __init__(self, layout: ResolvedLayout) -> None:
        self._dialect = Dialect(layout.fieldseparator, layout.quotecharacter)
        self._width = layout.width
        self._labels = layout.added

    def restore(self, records: Records) -> Records:
        """The records as those of the file that the bad-rows file is from; what has no such cells stays."""
        pieces: list[bytes] = []
        added: list[Added] = []
        for i in range(len(records)):
            raw, said = self._restored(records.raw(i)) if records.fault[i] == WELL_FORMED else (records.raw(i), Added())
            pieces += (raw, bytes(records.block[records.stop[i] : records.end[i]]))
            added.append(said)
        edges = np.concatenate([[0], np.cumsum(np.fromiter(map(len, pieces), np.int64, len(pieces)))])
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
