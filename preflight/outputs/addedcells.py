"""Constant cells appended to every row of the clean file: the texts of the layout."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from preflight.layouts.resolved import ResolvedLayout
from preflight.model.arrays import Mask
from preflight.records.grammar import Dialect
from preflight.records.run import Records


class AddedCells:
    """Appends the constant cells to records and to the heading; changes nothing if the layout has no texts."""

    def __init__(self, layout: ResolvedLayout) -> None:
        dialect = Dialect(layout.fieldseparator, layout.quotecharacter)
        self.layout = layout
        self._cells, self._labels = (
            (dialect.separator + dialect.joined(texts)).encode() if texts else b""
            for texts in (layout.texts.values(), layout.text_labels)
        )

    def heading(self, heading: bytes) -> bytes:
        """The heading with the labels appended, and its line end; empty for a file without a heading."""
        if not heading:
            return b""
        labels = heading.rstrip(b"\r\n")
        return labels + self._labels + heading[len(labels) :]

    def records(self, records: Records, wanted: Mask) -> Iterator[bytes | memoryview]:
        """The wanted records with the cells appended, and their line ends."""
        if self._cells:
            yield self._with_cells(records, wanted)
            return
        block = memoryview(records.block)
        for start, end in records.runs_of(wanted):
            yield block[start:end]

    def _with_cells(self, records: Records, wanted: Mask) -> bytes:
        text, line_end = bytes(records.bytes_of(wanted)), _only_line_end(records, wanted)
        if line_end and text.count(line_end) == np.count_nonzero(wanted):  # no line end inside a cell
            return text.replace(line_end, self._cells + line_end)
        pieces, block = list[bytes | memoryview](), memoryview(records.block)
        places = (column[wanted].tolist() for column in (records.start, records.stop, records.end))
        for start, stop, end in zip(*places, strict=True):
            pieces += (block[start:stop], self._cells, block[stop:end])
        return b"".join(pieces)


def _only_line_end(records: Records, wanted: Mask) -> bytes:
    """The line end of all wanted records; empty if they differ in it, or one has none."""
    stop, end = records.stop[wanted], records.end[wanted]
    if not len(stop):
        return b""
    line_end = bytes(records.block[stop[0] : end[0]])
    text, size = np.frombuffer(records.block, np.uint8), len(line_end)
    if not size or (end - stop != size).any() or (text[stop] != line_end[0]).any():
        return b""
    return line_end
