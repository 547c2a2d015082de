"""Records to verdicts: the rules run over one chunk at a time, what they find is counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from operator import itemgetter

import numpy as np
import pandas as pd

from preflight.cells import Cells
from preflight.duplicates import Duplicates
from preflight.findings import Finding
from preflight.fingerprint import Hashes, touch_point_hashes
from preflight.fixes import CellFix, Fix
from preflight.layout import ResolvedLayout
from preflight.problems import CODES, Fault, Problem
from preflight.records import Dialect, Mask, Records
from preflight.rules import column_rules, row
from preflight.rules.date import DateColumn, DateLimits
from preflight.titles import TitleTally

_ERRORS = frozenset(code for code, kind in CODES.items() if kind.severity == "error")


@dataclass(frozen=True, slots=True)
class Found:
    """What the rules found of one run of records: `bad` marks those with an error.

    Of the others, in order, are `good_titles` and `touch_points`, the hash of each (see `preflight.fingerprint`).
    `cell_fixes` are what was fixed before.
    """

    records: Records
    findings: list[Finding]
    bad: Mask
    good_titles: pd.Series
    touch_points: Hashes
    cell_fixes: Sequence[CellFix]


@dataclass(frozen=True)
class Judged:
    """A run of records with the verdict on each.

    `first_row` is the number of the first, `bad` marks those with an error; `found` and `cell_fixes` are in the
    order of the records.
    """

    records: Records
    first_row: int
    bad: Mask
    found: list[Finding]
    labels: Mapping[str, str]
    cell_fixes: Sequence[CellFix] = ()

    @cached_property
    def problems(self) -> list[Problem]:
        """Every finding as a `Problem`, in the order of the records."""
        lines = self.records.line[[position for position, _, _ in self.found]].tolist()
        problems = []
        for (position, value, fault), line in zip(self.found, lines, strict=True):
            kind = CODES[fault.code]
            column, row_number = self.labels.get(kind.subject, ""), self.first_row + position
            told = (fault.message, fault.suggestion)
            problems.append(Problem(row_number, line, column, fault.code, kind.severity, value, *told))
        return problems

    @cached_property
    def fixes(self) -> list[Fix]:
        """What was fixed in the cells of these records, in their order."""
        lines = self.records.line[[fix.position for fix in self.cell_fixes]].tolist()
        return [
            Fix(self.first_row + position, line, self.labels[column], *step)
            for (position, column, *step), line in zip(self.cell_fixes, lines, strict=True)
        ]


class Judge:
    """Judges the records of one file, run by run, and counts.

    `rows`, `bad_rows`, `codes` (findings by code) and `fixes` (by kind) are of what was judged so far; `titles` are
    those of good rows.
    `key` is that of the touch points' hashes.
    """

    def __init__(self, layout: ResolvedLayout, limits: DateLimits | None = None, key: bytes = b"") -> None:
        self.rows = 0
        self.bad_rows = 0
        self.codes: Counter[str] = Counter()
        self.fixes: Counter[str] = Counter()
        self.titles = TitleTally()
        self.duplicates = Duplicates()
        self._key = key
        self._width = layout.width
        self._dialect = Dialect(layout.fieldseparator, layout.quotecharacter)
        self._labels = {column: layout.label(column) for column in layout.columns}
        self._dates = DateColumn(layout.dateformat, limits or DateLimits())
        self._rules = column_rules(layout, self._dates)

    def find(self, records: Records, structure: list[Finding], cells: Cells) -> Found:
        """Run the rules over one chunk, in the order of the file; may run ahead of `count` in another thread.

        `structure` is what `preflight.rules.row` found of the records that are not in `cells`.
        """
        # A chunk is a DataFrame of Arrow-backed strings, its index the position of each record.
        columns = {name: pd.Series(pd.arrays.ArrowExtensionArray(cells.columns[name])) for name in self._rules}
        chunk = pd.DataFrame(columns, copy=False).set_axis(cells.positions)
        found = self._found(records, structure, cells, chunk)
        bad = np.zeros(len(records), np.bool_)
        bad[[position for position, _, fault in found if fault.code in _ERRORS]] = True
        good = ~bad[cells.positions]
        emails, titles = cells.columns["email"], cells.columns["title"]
        touch_points = touch_point_hashes(emails, self._dates.checked, titles, self._key)[good]
        return Found(records, found, bad, chunk["title"][good], touch_points, cells.fixes)

    def count(self, found: Found) -> Judged:
        """Number the rows of a chunk and count what was found; chunks must come in the order of the file."""
        self.titles.add(found.good_titles)
        good = np.flatnonzero(~found.bad)
        self.duplicates.add(found.touch_points, self.rows + 1 + good, found.records.line[good])
        judged = Judged(found.records, self.rows + 1, found.bad, found.findings, self._labels, found.cell_fixes)
        self.rows += len(found.bad)
        self.bad_rows += int(found.bad.sum())
        self.codes.update(fault.code for _, _, fault in found.findings)
        self.fixes.update(fix.kind for fix in found.cell_fixes)
        return judged

    def of_file(self, normalized: bool = False) -> tuple[Problem, ...]:
        """What only the file as a whole shows, counted among `codes`; ask once, when all of it was judged.

        Comes in the order of the rows, after what concerns no row: that has row and line 0. With `normalized` the clean
        file's dates are numbers, whatever the file's are.
        """
        faults = [fault for fault in self._dates.of_file() if not (normalized and fault.code == "date-locale")]
        self.codes.update(fault.code for fault in faults)
        return (*(self._problem(0, 0, "", fault) for fault in faults), *self._duplicate_rows())

    def _duplicate_rows(self) -> Iterator[Problem]:
        listed = self.duplicates.repeated()
        self.codes["duplicate-row"] += self.duplicates.count
        if len(listed) < self.duplicates.count:
            says = f"{self.duplicates.count:,} rows repeat an earlier one; the first {len(listed):,} are listed."
            yield self._problem(0, 0, "", Fault("duplicate-row", says))
        for row_number, line, first_row, first_line in listed:
            says = f"The row has the email, date and title of row {first_row} (line {first_line})."
            yield self._problem(row_number, line, "", Fault("duplicate-row", says))

    def _problem(self, row_number: int, line: int, value: str, fault: Fault) -> Problem:
        kind = CODES[fault.code]
        column, told = self._labels.get(kind.subject, ""), (fault.message, fault.suggestion)
        return Problem(row_number, line, column, fault.code, kind.severity, value, *told)

    def close(self) -> None:
        """Give temporary files back."""
        self.duplicates.close()

    def counts(self, severity: str) -> Mapping[str, int]:
        """How often each code of a severity was found, in the order of the catalogue."""
        found = {code: self.codes[code] for code, kind in CODES.items() if kind.severity == severity}
        return {code: count for code, count in found.items() if count}

    def _found(self, records: Records, structure: list[Finding], cells: Cells, chunk: pd.DataFrame) -> list[Finding]:
        found = structure + row.check_widths(records, cells.misfits, self._width, self._dialect)
        in_cells = list(chain.from_iterable(rule(chunk[column]) for column, rule in self._rules.items()))
        without_address = [position for position, _, fault in in_cells if fault.code == "email-missing"]
        blank = row.find_blank(records, without_address, self._dialect)
        if blank:
            positions = {position for position, _, _ in blank}
            in_cells = [finding for finding in in_cells if finding.position not in positions]
        return sorted(chain(found, blank, in_cells), key=itemgetter(0))
