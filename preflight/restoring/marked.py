"""Finds the quotes of many records that stand behind blanks or a `=` at the start of a cell, and removes these."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from preflight.model.arrays import Mask
from preflight.records.grammar import BLANKS, Dialect
from preflight.text.buffers import bytes_of, edges_of

MOST_BLANKS = 64
"""Number of bytes of blanks that are examined; a quote behind more is doubtful."""


class MarkedQuotes:
    """The quotes of many records, given as an Arrow array of bytes. A marked quote stands behind blanks or a `=`.

    The blanks or the `=` must be at the start of a cell, that is, of a record or behind any separator. The quote must
    not be doubled before other text. `blanks` and `formula` are masks of records that have such quotes, `marked` is
    their union.

    `paired` is the mask of records whose quotes, taken in pairs, all stand around cells or are doubled, apart from the
    marks. `doubtful` is the mask of records with a mark that may be text inside a quoted cell, or may belong to an
    empty cell.
    """

    def __init__(self, texts: Any, dialect: Dialect) -> None:
        self._edges, self._number = edges_of(texts), len(texts)
        self._block = block = bytes_of(texts)[: self._edges[-1]]
        quote, separator = ord(dialect.quote or "\0"), ord(dialect.separator)
        self._places = places = np.flatnonzero(block == quote) if dialect.quote else self._edges[:0]
        first = np.searchsorted(places, self._edges)
        self._record = np.repeat(np.arange(self._number), np.diff(first))
        start, stop = self._edges[self._record], self._edges[self._record + 1]
        before, after, further = (block.take(places + at, mode="clip") for at in (-1, 1, 2))
        is_inside, is_followed = places > start, places + 1 < stop

        # The last byte of a no-break space may end another character, too, but that has no first byte of this kind.
        is_blank = np.zeros(256, np.bool_)
        is_blank[[*BLANKS.replace(dialect.separator, "").encode()]] = True
        behind_blank, behind_sign = is_inside & is_blank[before], is_inside & (before == ord("="))
        self._begins = begins = places - behind_sign
        going = np.flatnonzero(behind_blank)
        for _ in range(MOST_BLANKS):
            if not len(going):
                break
            begins[going] -= 1
            going = going[begins[going] > start[going]]
            going = going[is_blank[block[begins[going] - 1]]]
        starts_cell = (begins == start) | (block[begins - 1] == separator)
        starts_cell[going] = True

        is_closing = (np.arange(len(places)) - first[self._record]) & 1 == 1
        opens = starts_cell | (is_inside & (before == quote))
        is_doubled = is_followed & (after == quote)
        closes = ~is_followed | is_doubled | (after == separator)
        is_text = is_doubled & (places + 2 < stop) & ~is_blank[further] & (further != separator) & (further != quote)
        self._marked = starts_cell & (begins < places) & ~is_text
        doubtful = self._marked & (is_closing | is_doubled)
        doubtful[going] = True
        self.blanks, self.formula = self._have(self._marked & behind_blank), self._have(self._marked & behind_sign)
        self.marked = self.blanks | self.formula
        self.doubtful = self._have(doubtful)
        self.paired: Mask = ~self._have(np.where(is_closing, ~closes, ~opens)) & (np.diff(first) & 1 == 0)

    def _have(self, quotes: Mask) -> Mask:
        """The mask of records that have any of these quotes."""
        found = np.zeros(self._number, np.bool_)
        found[self._record[quotes]] = True
        return found

    def without_marks(self, chosen: Mask) -> Any:
        """The records as an Arrow array of bytes, the chosen ones without the blanks and signs of marked quotes."""
        quotes = self._marked & chosen[self._record]
        begins = self._begins[quotes]
        sizes = self._places[quotes] - begins
        kept = np.delete(self._block, np.repeat(begins - np.cumsum(sizes) + sizes, sizes) + np.arange(sizes.sum()))
        removed = np.bincount(self._record[quotes], sizes, self._number).astype(np.int64)
        edges = self._edges.copy()
        edges[1:] -= np.cumsum(removed)
        return pa.BinaryArray.from_buffers(
            pa.binary(), self._number, [None, pa.py_buffer(edges.astype(np.int32)), pa.py_buffer(kept)]
        )
