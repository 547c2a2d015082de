"""Mends many records at once, with the same results as one by one (`restoring.mended`).

For most records the quotes, the separators and the first bytes of cells show which fix mends them, or that none does.
The others are mended one by one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from preflight.model.arrays import Mask
from preflight.records.grammar import STRAY_QUOTE, WELL_FORMED, Dialect, text_of
from preflight.records.run import Records, joined
from preflight.records.texts import (
    ManyCells,
    ManyRecords,
    changed,
    lengthened,
    records_of,
    shortened,
    texts_of,
)
from preflight.restoring.marked import MarkedQuotes
from preflight.restoring.mended import OF_RECORDS, RecordMender, only_separators_follow

RECORDS_AT_ONCE = 8_000
"""Number of records mended at once, which bounds the memory of intermediate arrays."""


class Restored(NamedTuple):
    """Records with the right number of cells, originally or after mending, and the mask of those that took each fix."""

    records: Records
    kinds: Mapping[str, Mask]


def separators_follow(texts: Any, cells: ManyCells, width: int, many: ManyRecords) -> Mask:
    """The mask of well-formed records that have more than `width` cells, the surplus ones blank.

    `texts` are the records, `cells` their cells. It is the vectorized form of `only_separators_follow`.
    """
    follow = cells.only_empty_follow(cells.widths - width)
    doubtful = np.flatnonzero((cells.widths > width) & ~follow)
    doubtful = doubtful[~many.end_seen(texts.take(pa.array(doubtful)))]
    raws = texts.take(pa.array(doubtful)).to_pylist()
    follow[doubtful] = [only_separators_follow(text_of(raw), width, many.dialect) for raw in raws]
    return follow


class Restorer:
    """Mends many records of one file at once, with the results of `mender`, which must have all kinds of fixes."""

    def __init__(self, mender: RecordMender, dialect: Dialect) -> None:
        self._mender, self._many = mender, ManyRecords(dialect)

    def may_restore(self, texts: Any, short: Mask, long: Mask) -> Mask:
        """The mask of records, given as an Arrow array of bytes, that may be mended: all that can, and some others.

        Those of the masks `short` and `long` have too few and too many cells, the others misplaced quotes.
        """
        found: Mask = MarkedQuotes(texts, self._many.dialect).marked | (long & ~self._many.end_seen(texts))
        found[short] |= ManyCells(texts.filter(pa.array(short)), self._many.dialect).widths >= self._mender.least
        return found

    def restored(self, records: Records) -> Restored:
        """The records that have the right number of cells after mending."""
        starts = range(0, len(records), RECORDS_AT_ONCE)
        batches = [self._restored(records.between(at, at + RECORDS_AT_ONCE)) for at in starts]
        kinds = {kind: np.concatenate([batch.kinds[kind] for batch in batches]) for kind in sorted(OF_RECORDS)}
        return Restored(joined([batch.records for batch in batches]), kinds)

    def _restored(self, records: Records) -> Restored:
        texts, well_formed = texts_of(records, np.arange(len(records))), records.fault == WELL_FORMED
        quotes = MarkedQuotes(texts, self._many.dialect)
        plain = self._many.seen(texts) & ~quotes.doubtful
        plain &= well_formed | ((records.fault == STRAY_QUOTE) & quotes.paired)
        one_by_one = ~plain & (well_formed | quotes.marked)
        took = plain & ~well_formed
        kinds = {"blanks": took & quotes.blanks, "formula": took & quotes.formula}
        if took.any():
            texts = quotes.without_marks(took)
        told, fewer, empty = plain | well_formed, np.zeros(len(records), np.int64), np.zeros(len(records), np.bool_)
        cells = ManyCells(texts.filter(pa.array(told)), self._many.dialect)
        fewer[told] = self._mender.width - cells.widths
        empty[told] = cells.only_empty_follow(-fewer[told])
        right = told & (fewer == 0)
        short = plain & (fewer > 0) & (fewer <= self._mender.width - self._mender.least)
        long, doubtful = plain & (fewer < 0) & empty, plain & (fewer < 0) & ~empty
        one_by_one &= ~right
        one_by_one[doubtful] = ~self._many.end_seen(texts.filter(pa.array(doubtful)))
        texts = changed(texts, short, lambda few: lengthened(few, self._many.dialect.separator, fewer[short]))
        texts = changed(texts, long, lambda few: shortened(few, -fewer[long]))
        right |= short | long
        kinds |= {"short-rows": short, "trailing-separators": long}
        mended, places = dict[int, bytes](), np.flatnonzero(one_by_one)
        for place, raw in zip(places.tolist(), records.raws(places), strict=True):
            for kind, after in self._mender.steps(text_of(raw), bool(well_formed[place])):
                kinds[kind][place], mended[place] = True, after.encode()
        right[[*mended]] = True
        texts = changed(texts, one_by_one & right, lambda few: pa.array([*mended.values()], pa.binary()))
        found = records_of(texts.filter(pa.array(right)), records.line[right], np.zeros(right.sum(), np.int8))
        return Restored(found, {kind: took[right] for kind, took in kinds.items()})
