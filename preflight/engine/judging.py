"""Records to verdicts: the rules run over one chunk at a time. What it gives of a chunk depends on that chunk only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from typing import NamedTuple

import numpy as np

from preflight.engine.fixing import Fixer
from preflight.engine.summary import Verdict
from preflight.model.distinct import Distinct, distinct
from preflight.model.findings import Column, Findings, as_dictionary, in_order
from preflight.model.layout import ResolvedLayout
from preflight.model.problems import CODES
from preflight.outputs.judged import Judged
from preflight.records.cells import CellReader
from preflight.records.fingerprint import Hashes, touch_point_hashes
from preflight.records.grammar import Records
from preflight.rules import domain, email, mojibake, note, row, title
from preflight.rules.date import DateColumn
from preflight.rules.dateevidence import DateEvidence, DateLimits
from preflight.rules.domainevidence import DomainEvidence

_ERRORS = frozenset(code for code, kind in CODES.items() if kind.severity == "error")


_MISSING = ("email-missing", "title-missing")


class Evidence(NamedTuple):
    """What records give to the judgement of the file as a whole; see `Verdict`."""

    titles: Distinct
    touch_points: Hashes
    dates: DateEvidence
    domains: DomainEvidence


def verdict_of(judged: Judged, evidence: Evidence, max_shown: int) -> Verdict:
    """What records come to, with the first `max_shown` problems."""
    examples = judged.problems_of(judged.found.first(max_shown))
    cell_fixes = judged.cells.fixes
    return Verdict(
        judged.bad,
        judged.found.codes(),
        *evidence,
        examples,
        Counter(fix.kind for fix in cell_fixes),
        judged.fixes_of(cell_fixes[:max_shown]),
    )


class Judge:
    """Judges the records of the file named `source`, run by run, after what fixes of the kinds in `fix` left.

    `tolerant` is as `preflight.records.source.Source` says; `key` is that of the touch points' hashes.
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

    def judge(self, records: Records, first_row: int) -> tuple[Judged, Evidence]:
        """Judge one run of records, of which the first is row number `first_row`.

        Raises `InputError` for a record that is not UTF-8 in a file whose encoding was not named.
        """
        records, spoiled, cells = self._reader.cut(records)
        structure = row.check_structure(records, spoiled, self._reader.dialect)
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
        evidence = Evidence(titles, touch_points, dates.evidence, domains)
        return Judged(records, first_row, cells, bad, found, self._labels), evidence

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
