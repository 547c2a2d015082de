"""Records to verdicts: the rules run over one chunk at a time. What it gives of a chunk depends on that chunk only."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from preflight.engine.parallel import Job, Judgement
from preflight.engine.summary import Verdict
from preflight.engine.warned import Bits, packed
from preflight.mending.accepting import MAX_ROUNDS, Accepter
from preflight.mending.fixing import TO_LOOK_AT, Fixer
from preflight.mending.mendable import mendable
from preflight.model.arrays import Mask
from preflight.model.distinct import Distinct, distinct
from preflight.model.findings import NONE, Findings, factorized, in_order
from preflight.model.fixes import FIXES, Acceptance, Mendable
from preflight.model.layout import FirstRow, Layout, Quote, Separator
from preflight.model.problems import CODES
from preflight.outputs.judged import Judged
from preflight.records.cells import CellReader, Chunk, arrow_of
from preflight.records.fingerprint import Hashes, touch_point_hashes
from preflight.records.grammar import Dialect, Records
from preflight.records.mended import RecordMender
from preflight.records.scanner import read_records
from preflight.rules import domain, email, note, row, title
from preflight.rules.date import DateColumn
from preflight.rules.dateevidence import DateEvidence, DateLimits
from preflight.rules.domainevidence import DomainEvidence
from preflight.text.asking import on_command_line

_FIXED_WHOLE = ("missing-cell", "extra-cell", "stray-quote")
_FIXED_DATES = ("date-format", "date-trailing")
"""Codes of rows that fixes of records, and of dates, may mend."""

_MISSING = ("email-missing", "title-missing")


class Evidence(NamedTuple):
    """What records give to the judgement of the file as a whole; see `Verdict`."""

    titles: Distinct
    touch_points: Hashes
    visits: Hashes
    dates: DateEvidence
    domains: DomainEvidence
    instants: NDArray[Any] | None


class _Held(threading.local):
    """The judge of the job that this thread works at."""

    token: bytes = b""
    judge: Judge


_HELD = _Held()


def judge_run(job: Job, records: Records, first_row: int, left_out: Mask | None = None) -> Judgement:
    """Judge a run of records, and make of it what the outputs get."""
    if _HELD.token != job.token:
        _HELD.judge = Judge(job)
        _HELD.token = job.token
    with on_command_line(job.on_command_line):  # this may be another thread or process
        judged, evidence = _HELD.judge.judge(records, first_row, left_out)
    parts = [part_of(judged) for part_of in job.parts_of]
    return Judgement(_verdict(judged, evidence, job.max_shown, _HELD.judge.mendable(judged)), parts)


def warm_up() -> None:
    """Judge a record, so that what is imported, compiled and made but once is there before processes are forked."""
    layout = Layout(email=0, date=1, title=2, note=3, dateformat="MM/dd/yyyy", firstrow=FirstRow.N).resolve(None, 4)
    (records,) = read_records([b"a@gmail.com,01/25/2024,T,N\n"], Dialect(Separator.COMMA, Quote.DOUBLE_QUOTE))
    Judge(Job(b"", "", False, layout, (), DateLimits(), (), Acceptance(), False, b"", 0, (), True)).judge(records, 1)


def _verdict(judged: Judged, evidence: Evidence, max_shown: int, still_mendable: Mendable) -> Verdict:
    """What records come to, with the first `max_shown` problems."""
    examples = judged.problems_of(judged.found.first(max_shown))
    cell_fixes = judged.chunk.fixes
    return Verdict(
        judged.bad,
        _warned(judged),
        judged.found.codes(),
        *evidence,
        examples,
        Counter(fix.kind for fix in cell_fixes),
        judged.fixes_of(cell_fixes[:max_shown]),
        still_mendable,
        int(np.count_nonzero(judged.chunk.left_out)),
    )


def _warned(judged: Judged) -> Bits | None:
    """Which records have a warning."""
    found = judged.found
    warnings = np.array([CODES[fault.code].severity == "warning" for fault in found.faults], np.bool_)
    if not warnings.any():
        return None
    warned = np.zeros(len(judged.bad), np.bool_)
    warned[found.rows[warnings[found.kinds]] - judged.chunk.first_row] = True
    return packed(warned)


class Judge:
    """Judges the records of one file, run by run, after what fixes and accepted suggestions left."""

    def __init__(self, job: Job) -> None:
        layout = job.layout
        self._reader = CellReader(job.source, job.tolerant, layout)
        self._layout = layout
        self._width = layout.width
        self._labels = {column: layout.label(column) for column in layout.known_columns}
        self._rules = [(one, layout.name_of(layout.own[one.code.code])) for one in job.rules]
        self._errors = frozenset(code for code, kind in CODES.items() if kind.severity == "error")
        self._dates = DateColumn(layout.dateformat, job.limits)
        self._has_time = layout.dateformat.has_time
        self._mender = RecordMender(self._reader, layout, job.fix) if job.fix else None
        self._fixer = Fixer(layout, job.fix) if job.fix else None
        self._accepter = Accepter(layout, job.accept) if job.accept.codes else None
        self._only_previews = job.only_previews
        self._key = job.key
        self._visits_only = job.visits_only

    def judge(self, records: Records, first_row: int, left_out: Mask | None = None) -> tuple[Judged, Evidence]:
        """Judge one run of records, of which the first is row number `first_row`, but for those `left_out`.

        Raises `InputError` for a record that is not UTF-8 in a file whose encoding was not named.
        """
        chunk, dialect = self._reader.cut(records, first_row, left_out), self._reader.dialect
        structure = row.check_structure(chunk, dialect)
        if self._fixer is None and self._accepter is None:
            return self._judged(chunk, structure)
        fixed, as_read = chunk, structure
        if self._fixer is not None and self._mender is not None:
            whole = self._mender.mend(chunk)
            structure = structure if whole is chunk else row.check_structure(whole, dialect)
            fixed = self._fixer.fix(whole)
        judged, evidence = self._judged(fixed, structure)
        if self._accepter is not None:
            for _ in range(MAX_ROUNDS):
                accepted = self._accepter.accept(judged.chunk, judged.found)
                if accepted is judged.chunk:
                    break
                judged, evidence = self._judged(accepted, structure)
        if self._only_previews:
            fixes = judged.chunk.fixes
            judged, evidence = self._judged(chunk, as_read)
            judged = replace(judged, chunk=replace(chunk, fixes=fixes))
        return judged, evidence

    def _judged(self, chunk: Chunk, structure: Findings) -> tuple[Judged, Evidence]:
        """Judge a chunk whose structure was judged."""
        records, first_row, dialect = chunk.records, chunk.first_row, self._reader.dialect
        misfits = row.check_widths(chunk, self._layout, dialect)
        frame, lines = chunk.frame, chunk.lines
        ends = email.ends_of(frame["email"])
        emails, dates = email.check(frame["email"], ends), self._dates.check(frame["date"])
        mistyped, domains = domain.check(frame["email"], ends, emails.rows, lines)
        doubts, breaks = NONE, NONE
        if not self._visits_only:
            doubts = domain.check_doubtful(frame["email"], ends, emails.rows)
            breaks = row.find_line_breaks(chunk, self._layout, dialect)
        own = [one.check(frame[column], column) for one, column in self._rules]
        in_cells = in_order([emails, mistyped, doubts, dates.findings, *_in_texts(frame), *own, breaks])
        headings = row.find_headings(chunk, np.unique(emails.rows), self._labels)
        if len(headings):
            in_cells = in_order([in_cells.where(~np.isin(in_cells.rows, headings.rows)), headings])
        found = in_order([structure, misfits, *self._with_blank(chunk, in_cells)])
        bad = np.zeros(len(records), np.bool_)
        bad[found.rows[found.of(self._errors)] - first_row] = True
        good = ~bad[chunk.rows - first_row]
        bad |= chunk.left_out
        codes, titles = factorized(frame["title"])
        distinct_titles = distinct(codes, titles.tolist(), good, chunk.rows, lines)
        of_title = pa.DictionaryArray.from_arrays(pa.array(codes), arrow_of(titles))
        emails_of = arrow_of(frame["email"])
        touch_points = touch_point_hashes(emails_of, dates.instants, of_title, self._key)[good]
        visits = touch_points
        if self._has_time:
            days = dates.instants.astype("datetime64[D]")
            visits = touch_point_hashes(emails_of, days, of_title, self._key)[good]
        instants = dates.instants[good] if self._layout.once_per_day else None
        evidence = Evidence(distinct_titles, touch_points, visits, dates.evidence, domains, instants)
        return Judged(chunk, bad, found, self._labels), evidence

    def mendable(self, judged: Judged) -> Mendable:
        """What fixes and suggestions would mend of what was found."""
        if self._visits_only:
            return Mendable()
        return mendable(judged.chunk, judged.found, self._dates) + self._mendable_rows(judged)

    def _mendable_rows(self, judged: Judged) -> Mendable:
        """What fixes would mend of the records that cannot be cut into the right cells, and of the dates."""
        chunk, layout, first = judged.chunk, self._layout, judged.chunk.first_row
        if chunk.records.added:
            return Mendable()
        rows = np.unique(judged.found.rows[judged.found.of(_FIXED_WHOLE)])
        dates = np.unique(judged.found.rows[judged.found.of(_FIXED_DATES)])
        texts = arrow_of(chunk.frame["date"]).take(pa.array(np.searchsorted(chunk.rows, dates)))
        rows = np.union1d(
            rows, dates[pc.match_substring_regex(texts, TO_LOOK_AT["date"]).to_numpy(zero_copy_only=False)]
        )
        if not len(rows):
            return Mendable()
        cut = self._reader.cut(chunk.records.at(rows - first), 1)
        whole = RecordMender(self._reader, layout, FIXES).mend(cut)
        fixed = Fixer(layout, FIXES).fix(whole)
        if not fixed.fixes:
            return Mendable()
        again, _ = self._judged(fixed, row.check_structure(whole, self._reader.dialect))
        mended = [one for one in fixed.fixes if not again.bad[one.row - 1]]
        return Mendable(len({one.row for one in mended}), Counter(one.kind for one in mended))

    def _with_blank(self, chunk: Chunk, in_cells: Findings) -> tuple[Findings, Findings]:
        """The findings in cells, in the order of the rows, but for those of blank records; and these."""
        without_address, without_title = (in_cells.rows[in_cells.of({code})] for code in _MISSING)
        nothing = np.intersect1d(without_address, without_title, assume_unique=True)
        blank = row.find_blank(chunk, nothing, self._reader.dialect)
        return in_cells.where(~np.isin(in_cells.rows, blank.rows)), blank


def _in_texts(frame: pd.DataFrame) -> list[Findings]:
    """What the rules for titles and notes find, in the order in which it is reported."""
    found = [title.check(frame["title"]), note.check_mojibake(frame["title"], "title")]
    if "note" in frame:
        found += [note.check(frame["note"]), note.check_mojibake(frame["note"], "note")]
    return found
