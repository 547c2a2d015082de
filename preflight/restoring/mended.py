"""Mends records whose cells a tool wrapped, padded or cut off, so that they have the right number of cells.

Each kind of fix is unambiguous: blanks before an opening quote, `="…"` around a cell, missing cells at the end that are
not mapped, and trailing separators.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import numpy as np

from preflight.layouts.resolved import ResolvedLayout
from preflight.model.arrays import Positions
from preflight.model.fixes import CellFix
from preflight.records.cells import CellReader, Chunk
from preflight.records.grammar import STRAY_QUOTE, WELL_FORMED, Dialect, text_of
from preflight.records.run import Records
from preflight.restoring.rewriting import rewritten
from preflight.text.whitespace import is_blank

OF_RECORDS = frozenset({"blanks", "formula", "short-rows", "trailing-separators"})
"""The kinds of fixes for records, as opposed to cells."""


class RecordMender:
    """Mends the records of one file with the requested kinds of fixes, and cuts them into cells again.

    A record should have `width` cells; the first `least` are required.
    """

    def __init__(self, reader: CellReader, layout: ResolvedLayout, kinds: Collection[str]) -> None:
        self._reader, self._kinds = reader, OF_RECORDS & {*kinds}
        self._dialect: Dialect = reader.dialect
        self.width = layout.width
        needed = {place for name, place in layout.read_columns.items() if name != "note"}
        self.least = 1 + max(needed)

    def mend(self, chunk: Chunk) -> Chunk:
        """The chunk with mended records; unchanged if no record can be mended."""
        if not self._kinds:
            return chunk
        first = chunk.first_row
        stray = np.flatnonzero((chunk.records.fault == STRAY_QUOTE) & ~chunk.spoiled.all)
        records, fixes = self.mended(chunk.records, np.union1d(stray, chunk.misfits - first))
        if not fixes:
            return chunk
        cut = self._reader.cut(records, first, chunk.left_out)
        wanted = [fix._replace(row=first + fix.row) for fix in fixes if not cut.left_out[fix.row]]
        return replace(cut, fixes=(*chunk.fixes, *wanted))

    def mended(self, records: Records, places: Positions) -> tuple[Records, list[CellFix]]:
        """Mend the records at these indices if possible; returns all records, and the fixes with indices as rows."""
        texts, fixes = dict[int, bytes](), list[CellFix]()
        faults = records.fault[places].tolist()
        for place, fault, raw in zip(places.tolist(), faults, records.raws(places), strict=True):
            before = after = text_of(raw)
            for kind, changed in self.steps(before, fault == WELL_FORMED):
                fixes.append(CellFix(place, "", kind, after, changed))
                after = changed
            if after != before:
                texts[place] = after.encode()
        if not texts:
            return records, []
        found = np.array([*texts])
        fault = records.fault.copy()
        fault[found] = WELL_FORMED
        written = rewritten(records, records.start[found], records.stop[found], [*texts.values()])
        return replace(written, fault=fault), fixes

    def steps(self, record: str, well_formed: bool) -> list[tuple[str, str]]:
        """The steps that mend a record, each a kind of fix and the record after it; empty if they would not suffice."""
        steps: list[tuple[str, str]] = []
        quoted = bool(self._dialect.quote) and self._dialect.quote in record
        ways = {"blanks": self._dialect.without_blanks, "formula": self._dialect.without_formulas} if quoted else {}
        for kind, mend in ways.items():
            if kind in self._kinds and (changed := mend(record)) != record:
                record = changed
                steps.append((kind, record))
        if not (self._dialect.is_well_formed(record.encode()) if steps else well_formed):
            return []
        if is_blank(record.replace(self._dialect.separator, "")):
            return []
        width = self._dialect.width_of(record.encode())
        if self.least <= width < self.width and "short-rows" in self._kinds:
            steps.append(("short-rows", record + self._dialect.separator * (self.width - width)))
        elif width > self.width and "trailing-separators" in self._kinds:
            if not only_separators_follow(record, self.width, self._dialect):
                return []
            own, _ = self._dialect.divided(record, self.width)
            steps.append(("trailing-separators", own))
        elif width != self.width:
            return []
        return steps


def only_separators_follow(record: str, width: int, dialect: Dialect) -> bool:
    """Whether the cells of a record after the first `width` are blank, and no cell is part of an unquoted text.

    `Webinar, Deliverability,` may be one title and a blank cell: a cell that begins with a blank is ambiguous.
    """
    if record[-1:] not in ("", dialect.separator, dialect.quote) and not is_blank(record[-1]):
        return False  # the last cell is not blank
    cells = dialect.cells_of(record)
    rest_of_a_text = any(cell[:1].isspace() and not is_blank(cell) for cell in cells[1:])
    return all(map(is_blank, cells[width:])) and not rest_of_a_text
