"""The cells that every row of the clean file gets behind its own: the texts that a layout has for all rows."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from preflight.layouts.resolved import ResolvedLayout
from preflight.model.arrays import Mask
from preflight.records.grammar import Dialect, Records


class AddedCells:
    """Adds the cells to records and to the heading; with a layout without texts it changes nothing."""

    def __init__(self, layout: ResolvedLayout) -> None:
        dialect = Dialect(layout.fieldseparator, layout.quotecharacter)
        self.layout = layout
        self._cells, self._labels = (
            (dialect.separator + dialect.joined(texts)).encode() if texts else b""
            for texts in (layout.texts.values(), layout.text_labels)
        )

    def heading(self, heading: bytes) -> bytes:
        """The heading with its line end, the labels added; empty for a file without one."""
        if not heading:
            return b""
        labels = heading.rstrip(b"\r\n")
        return labels + self._labels + heading[len(labels) :]

    def records(self, records: Records, wanted: Mask) -> Iterator[bytes | memoryview]:
        """The wanted records with their line ends, the cells added."""
        if self._cells:
            yield self._with_cells(records, wanted)
            return
        block = memoryview(records.block)
        for start, end in records.runs_of(wanted):
            yield block[start:end]

    def _with_cells(self, records: Records, wanted: Mask) -> bytes:
        text, line_end = bytes(records.bytes_of(wanted)), _only_line_end(records, wanted)
        if line_end and text.count(line_end) == np.count_nonzero(wanted):  # no cell has a line end inside
            return text.replace(line_end, self._cells + line_end)
        pieces, block = list[bytes | memoryview](), memoryview(records.block)
        places = (column[wanted].tolist() for column in (records.start, records.stop, records.end))
        for start, stop, end in zip(*places, strict=True):
            pieces += (block[start:stop], self._cells, block[stop:end])
        return b"".join(pieces)


def _only_line_end(records: Records, wanted: Mask) -> bytes:
    """The line end that each of these records has; empty where they have several, or one has none."""
    stop, end = records.stop[wanted], records.end[wanted]
    if not len(stop):
        return b""
    line_end = bytes(records.block[stop[0] : end[0]])
    text, size = np.frombuffer(records.block, np.uint8), len(line_end)
    if not size or (end - stop != size).any() or (text[stop] != line_end[0]).any():
        return b""
    return line_end
