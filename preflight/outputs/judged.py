"""The input of an output: a run of records with the verdict on each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pyarrow as pa

from preflight.dates.parse import Instants
from preflight.model.arrays import Mask
from preflight.model.codes import CODES
from preflight.model.findings import Findings
from preflight.model.fixes import CellFix, Fix
from preflight.model.problems import Problem
from preflight.records.cells import Chunk, arrow_of
from preflight.records.grammar import text_shown
from preflight.records.run import Records
from preflight.text.display import shortened


@dataclass(frozen=True)
class Judged:
    """A chunk with the verdict on each of its records.

    `bad` is the mask of records that must not be sent, because of an error or because they are left out. `found` is in
    row order. `labels` maps columns to their labels in the file. `instants` are the dates of the rows of the chunk's
    frame, `NaT` for a cell that is no date.
    """

    chunk: Chunk
    bad: Mask
    found: Findings
    labels: Mapping[str, str]
    instants: Instants

    @property
    def records(self) -> Records:
        """The records of the chunk."""
        return self.chunk.records

    def of_findings(self) -> Judged:
        """A reduced copy for outputs, without the records, and with only those rows of the frame that have findings."""
        mask = np.zeros(len(self.bad), np.bool_)
        mask[self.found.rows - self.chunk.first_row] = True
        return self._with_rows(mask, replace(self.chunk, records=self.records.between(0, 0)))

    def without(self, unwanted: Mask, records: Records) -> Judged:
        """A copy with these records, in which the good records of the mask `unwanted` are left out."""
        if not unwanted.any():
            return replace(self, chunk=replace(self.chunk, records=records))
        chunk, first = self.chunk, self.chunk.first_row
        fixes = [fix for fix in chunk.fixes if not unwanted[fix.row - first]]
        chunk = replace(chunk, records=records, left_out=chunk.left_out | unwanted, fixes=fixes)
        found = self.found.where(~unwanted[self.found.rows - first])
        return replace(self._with_rows(~unwanted, chunk), bad=self.bad | unwanted, found=found)

    def _with_rows(self, wanted: Mask, chunk: Chunk) -> Judged:
        """A copy with this chunk, its frame reduced to the rows of the wanted records."""
        rows = wanted[chunk.rows - chunk.first_row]
        return replace(self, chunk=replace(chunk, frame=chunk.frame[rows]), instants=self.instants[rows])

    @cached_property
    def fixes(self) -> list[Fix]:
        """The fixes in the cells of these records, in row order."""
        return self.fixes_of(self.chunk.fixes)

    @cached_property
    def problems(self) -> list[Problem]:
        """All findings as `Problem`s, in row order."""
        return self.problems_of(self.found)

    def fixes_of(self, fixes: Sequence[CellFix]) -> list[Fix]:
        """Converts fixes of cells into `Fix`es, with their lines."""
        lines = self.chunk.lines_of(np.array([fix.row for fix in fixes], np.int64)).tolist()
        return [
            Fix(row, line, self.labels.get(column, ""), *step)
            for (row, column, *step), line in zip(fixes, lines, strict=True)
        ]

    def problems_of(self, found: Findings) -> list[Problem]:
        """Converts findings into `Problem`s."""
        heads = [(self.labels.get(f.subject, ""), f.code, CODES[f.code].severity) for f in found.faults]
        details = [(fault.message, fault.suggestion, fault.spans) for fault in found.faults]
        rows, lines = found.rows.tolist(), self.chunk.lines_of(found.rows).tolist()
        of_each = zip(rows, lines, found.kinds.tolist(), self.values_of(found), strict=True)
        return [Problem._make((row, line, *heads[kind], value, *details[kind])) for row, line, kind, value in of_each]

    def values_of(self, found: Findings) -> list[str]:
        """The text of the cell or record of each finding, shortened for display."""
        values = np.empty(len(found), object)
        subjects = np.array([fault.subject for fault in found.faults], object)[found.kinds]
        for subject in {fault.subject for fault in found.faults}:
            chosen = np.flatnonzero(subjects == subject)
            rows = found.rows[chosen]
            if subject in self.chunk.frame:
                places = np.searchsorted(self.chunk.rows, rows)
                texts = arrow_of(self.chunk.frame[subject]).take(pa.array(places)).to_pylist()
            else:
                texts = map(text_shown, self.records.raws(rows - self.chunk.first_row))
            values[chosen] = list(map(shortened, texts))
        return values.tolist()
