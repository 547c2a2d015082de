"""What an output gets: a run of records with the verdict on each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa

from preflight.model.arrays import Mask
from preflight.model.findings import Findings
from preflight.model.fixes import CellFix, Fix
from preflight.model.problems import CODES, Problem
from preflight.records.cells import Cells
from preflight.records.grammar import Records, text_shown
from preflight.text.display import shortened


@dataclass(frozen=True)
class Judged:
    """A run of records with the verdict on each.

    `first_row` is the number of the first, `bad` marks those with an error, `found` is in the order of the records.
    `cells` has the mapped cells of the records that could be cut, `labels` what the columns are called in the file.
    """

    records: Records
    first_row: int
    cells: Cells
    bad: Mask
    found: Findings
    labels: Mapping[str, str]

    @cached_property
    def fixes(self) -> list[Fix]:
        """What was fixed in the cells of these records, in their order."""
        return self.fixes_of(self.cells.fixes)

    @cached_property
    def problems(self) -> list[Problem]:
        """Every finding as a `Problem`, in the order of the records."""
        return self.problems_of(self.found)

    def fixes_of(self, fixes: Sequence[CellFix]) -> list[Fix]:
        """Some of the fixes in cells, each with its row and line."""
        lines = self.records.line[[fix.position for fix in fixes]].tolist()
        return [
            Fix(self.first_row + position, line, self.labels[column], *step)
            for (position, column, *step), line in zip(fixes, lines, strict=True)
        ]

    def problems_of(self, found: Findings) -> list[Problem]:
        """Some of the findings as problems."""
        which = [(self.labels.get(f.subject, ""), f.code, CODES[f.code].severity) for f in found.faults]
        told = [(fault.message, fault.suggestion) for fault in found.faults]
        rows, lines = (self.first_row + found.positions).tolist(), self.records.line[found.positions].tolist()
        of_each = zip(rows, lines, found.kinds.tolist(), self._values(found), strict=True)
        return [Problem._make((row, line, *which[kind], value, *told[kind])) for row, line, kind, value in of_each]

    def _values(self, found: Findings) -> list[str]:
        """What each finding is about, a cell or the record itself: the text as far as it is shown."""
        values = np.empty(len(found), object)
        subjects = np.array([fault.subject for fault in found.faults], object)[found.kinds]
        for subject in {fault.subject for fault in found.faults}:
            chosen = np.flatnonzero(subjects == subject)
            at = found.positions[chosen]
            if subject in self.cells.columns:
                places = pa.array(np.searchsorted(self.cells.positions, at))
                texts = self.cells.columns[subject].take(places).to_pylist()
            else:
                texts = map(text_shown, self.records.raws(at))
            values[chosen] = list(map(shortened, texts))
        return values.tolist()
