"""Writes every date of the clean file in ISO form, so that the server need not interpret locales or short years.

Only the text of the date cell is replaced. Quotes around it and all other bytes of a record are kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from preflight.dates.source import SourceFormat
from preflight.outputs.addedcells import AddedCells
from preflight.records.grammar import Dialect
from preflight.restoring.rewriting import cell_spans, rewritten

if TYPE_CHECKING:
    from preflight.outputs.judged import Judged


class NormalizedRecords:
    """Callable that returns the good records of a chunk with normalized dates, otherwise byte for byte."""

    def __init__(self, added: AddedCells) -> None:
        layout = added.layout
        self._added = added
        if not isinstance(layout.dateformat, SourceFormat):
            raise TypeError("only dates that are read by a SourceFormat can be normalized")
        self._format = layout.dateformat
        self._column = layout.columns["date"]
        self._dialect = Dialect(layout.fieldseparator, layout.quotecharacter)

    def __call__(self, judged: Judged) -> bytes:
        """The good records with normalized dates."""
        records = judged.records
        start, stop = cell_spans(records, np.flatnonzero(~judged.bad), self._column, self._dialect)
        cells = [bytes(records.block[first:last]) for first, last in zip(start.tolist(), stop.tolist(), strict=True)]
        known = self._normalized(dict.fromkeys(cells))
        records = rewritten(records, start, stop, [known[cell] for cell in cells])
        return b"".join(self._added.records(records, ~judged.bad))

    def _normalized(self, cells: dict[bytes, None]) -> dict[bytes, bytes]:
        quote = self._dialect.quote
        texts = [cell.decode() for cell in cells]
        if quote:
            texts = [text.replace(quote * 2, quote) for text in texts]

        written = self._format.normalized(pa.array(texts, pa.large_string()))
        return {cell: text.encode() for cell, text in zip(cells, written, strict=True)}
