"""Records to verdicts: the rules run over one chunk at a time. What it gives of a chunk depends on that chunk only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa

from preflight.cells import CellReader, Cells
from preflight.dateevidence import DateEvidence, DateLimits
from preflight.distinct import Distinct, distinct
from preflight.domainevidence import DomainEvidence
from preflight.findings import Column, Findings, as_dictionary, in_order
from preflight.fingerprint import Hashes, touch_point_hashes
from preflight.fixes import CellFix, Fix
from preflight.fixing import Fixer
from preflight.layout import ResolvedLayout
from preflight.problems import CODES, Problem
from preflight.records import Mask, Records
from preflight.rules import domain, email, mojibake, note, row, title
from preflight.rules.date import DateColumn
from preflight.show import shortened
from preflight.wholefile import Verdict

_ERRORS = frozenset(code for code, kind in CODES.items() if kind.severity == "error")


_MISSING = ("email-missing", "title-missing")


@dataclass(frozen=True)
class Judged:
    """A run of records with the verdict on each.

    `first_row` is the number of the first, `bad` marks those with an error, `found` is in the order of the records.
    `cells` has the mapped cells of the records that could be cut, `titles` and `touch_points` are of the good ones,
    `dates` and `domains` are the evidence of the date and the email column; see `Verdict`.
    """

    records: Records
    first_row: int
    cells: Cells
    bad: Mask
    found: Findings
    titles: Distinct
    touch_points: Hashes
    dates: DateEvidence
    domains: DomainEvidence
    labels: Mapping[str, str]

    @cached_property
    def fixes(self) -> list[Fix]:
        """What was fixed in the cells of these records, in their order."""
        return self._fixes(self.cells.fixes)

    @cached_property
    def problems(self) -> list[Problem]:
        """Every finding as a `Problem`, in the order of the records."""
        return self._problems(self.found)

    def verdict(self, max_shown: int) -> Verdict:
        """What these records come to, with the first `max_shown` problems."""
        examples = self._problems(self.found.first(max_shown))
        fixes, fixed = Counter(fix.kind for fix in self.cells.fixes), self._fixes(self.cells.fixes[:max_shown])
        return Verdict(
            self.bad,
            self.found.codes(),
            self.titles,
            self.touch_points,
            self.dates,
            self.domains,
            examples,
            fixes,
            fixed,
        )

    def _fixes(self, fixes: Sequence[CellFix]) -> list[Fix]:
        lines = self.records.line[[fix.position for fix in fixes]].tolist()
        return [
            Fix(self.first_row + position, line, self.labels[column], *step)
            for (position, column, *step), line in zip(fixes, lines, strict=True)
        ]

    def _problems(self, found: Findings) -> list[Problem]:
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
                texts = map(row.text_shown, self.records.raws(at))
            values[chosen] = list(map(shortened, texts))
        return values.tolist()


class Judge:
    """Judges the records of the file named `source`, run by run, after what fixes of the kinds in `fix` left.

    `tolerant` is as `preflight.source.Source` says; `key` is that of the touch points' hashes.
    """

    def __init__(
        self,
        source: str,
        tolerant: bool,
        layout: ResolvedLayout,
        limits: DateLimits,
        fix: Collection[str],
        key: bytes,
    ) -> None:
        self._reader = CellReader(source, tolerant, layout)
        self._width = layout.width
        self._labels = {column: layout.label(column) for column in layout.columns}
        self._dates = DateColumn(layout.dateformat, limits)
        self._fixer = Fixer(layout, fix) if fix else None
        self._key = key

    def judge(self, records: Records, first_row: int) -> Judged:
        """Judge one run of records, of which the first is row number `first_row`.

        Raises `InputError` for a record that is not UTF-8 in a file whose encoding was not named.
        """
        records, structure, cells = self._reader.cut(records)
        if self._fixer is not None:
            records, cells = self._fixer.fix(records, cells)
        misfits = row.check_widths(records, cells.misfits, self._width, self._reader.dialect)
        chunk = {name: Column(texts, cells.positions) for name, texts in cells.columns.items()}
        row_number, line = first_row + cells.positions, records.line[cells.positions]
        ends = email.ends_of(chunk["email"].texts)
        emails, dates = email.check(chunk["email"], ends), self._dates.check(chunk["date"])
        mistyped, domains = domain.check(chunk["email"], ends, emails.positions, row_number, line)
        in_cells = in_order([emails, mistyped, dates.findings, *self._in_texts(chunk)])
        found = in_order([structure, misfits, *self._with_blank(records, in_cells)])
        bad = np.zeros(len(records), np.bool_)
        bad[found.positions[found.of(_ERRORS)]] = True
        good = ~bad[cells.positions]
        titles = distinct(as_dictionary(cells.columns["title"]), good, row_number, line)
        addresses, texts = cells.columns["email"], cells.columns["title"]
        touch_points = touch_point_hashes(addresses, dates.instants, texts, self._key)[good]
        evidence = (titles, touch_points, dates.evidence, domains)
        return Judged(records, first_row, cells, bad, found, *evidence, self._labels)

    def _in_texts(self, chunk: Mapping[str, Column]) -> list[Findings]:
        """What the rules for titles and notes find, in the order in which it is reported."""
        titles = chunk["title"]
        found = [title.check(titles), mojibake.check(titles, "title")]
        if "note" in chunk:
            found += [note.check(chunk["note"]), mojibake.check(chunk["note"], "note")]
        return found

    def _with_blank(self, records: Records, in_cells: Findings) -> tuple[Findings, Findings]:
        """The findings in cells, in the order of the records, but for those of blank records; and these."""
        without_address, without_title = (in_cells.positions[in_cells.of({code})] for code in _MISSING)
        nothing = np.intersect1d(without_address, without_title, assume_unique=True)
        blank = row.find_blank(records, nothing, self._reader.dialect)
        return in_cells.where(~np.isin(in_cells.positions, blank.positions)), blank
