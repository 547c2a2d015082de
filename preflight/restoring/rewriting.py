"""Replaces texts in records: cells, or whole records. All other bytes are kept, such as the quotes around a cell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import cast

import numpy as np

from preflight.model.arrays import Positions
from preflight.records.grammar import Dialect
from preflight.records.run import Records


def rewritten(records: Records, start: Positions, stop: Positions, texts: Sequence[bytes]) -> Records:
    """The records, on the same lines, with `texts[i]` in place of `start[i]:stop[i]` of their block.

    The spans are those of non-empty cells (`cell_spans`) or records, in any order. Texts are written unchanged: in a
    quoted cell their quotes must already be doubled, in an unquoted one they must not need quotes.
    """
    order = np.argsort(start)
    start, stop, texts = start[order], stop[order], [texts[i] for i in order.tolist()]
    grown = np.concatenate([[0], np.cumsum(np.fromiter(map(len, texts), np.int64, len(texts)) - (stop - start))])

    def moved(places: Positions) -> Positions:
        return cast(Positions, places + grown[np.searchsorted(start, places)])

    view, done = memoryview(records.block), 0
    pieces: list[bytes | memoryview] = []
    for first, last, text in zip(start.tolist(), stop.tolist(), texts, strict=True):
        pieces += (view[done:first], text)
        done = last
    block = b"".join([*pieces, view[done:]])
    return replace(records, block=block, start=moved(records.start), stop=moved(records.stop), end=moved(records.end))


def cell_spans(records: Records, wanted: Positions, column: int, dialect: Dialect) -> tuple[Positions, Positions]:
    """The starts and stops of a column's cells in the block, without quotes, for the wanted records.

    The records must be well-formed and have the column. A separator counts if an even number of quotes comes before it
    in its record.
    """
    buffer = np.frombuffer(records.block, np.uint8)
    separators = np.flatnonzero(buffer == ord(dialect.separator))
    quotes = np.flatnonzero(buffer == ord(dialect.quote)) if dialect.quote else np.empty(0, np.int64)
    first, last = records.start[wanted], records.stop[wanted]
    if len(quotes) and len(separators):
        record = np.searchsorted(records.start, separators, "right") - 1
        before = np.searchsorted(quotes, separators) - np.searchsorted(quotes, records.start)[np.maximum(record, 0)]
        separators = separators[(before & 1) == 0]
    index = np.searchsorted(separators, first) + column
    ends = np.append(separators, len(buffer))
    start = first if column == 0 else separators[index - 1] + 1
    stop = np.minimum(ends[np.minimum(index, len(separators))], last)
    if len(quotes):
        quoted = (stop > start) & (buffer[np.minimum(start, len(buffer) - 1)] == ord(dialect.quote))
        start, stop = start + quoted, stop - quoted
    return start, stop
