"""Records to verdicts: the rules run over one chunk at a time. The result depends on that chunk only."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from preflight.engine.job import Job, Judgement
from preflight.engine.summary import Bits, Verdict, packed
from preflight.evidence.datelimits import DateLimits
from preflight.executors.spooling import SPOOL
from preflight.layouts.layout import Layout
from preflight.layouts.words import FirstRow
from preflight.mending.accepting import MAX_ROUNDS, Accepter
from preflight.mending.fixing import TO_LOOK_AT, Fixer
from preflight.mending.mendable import mendable
from preflight.model.arrays import Mask, distinct_sorted
from preflight.model.codes import CODES
from preflight.model.findings import Findings, in_order
from preflight.model.fixes import FIXES, Mendable
from preflight.model.problems import MOST_OF_A_KIND
from preflight.outputs.judged import Judged
from preflight.records.cells import CellReader, Chunk, arrow_of
from preflight.records.grammar import Dialect
from preflight.records.run import Records, joined
from preflight.records.scanner import read_records
from preflight.records.texts import matching, records_of, texts_of
from preflight.restoring.atonce import Restorer
from preflight.restoring.mended import RecordMender
from preflight.rules import Checked, OfRows, Setting, row
from preflight.rules.builtin import DateRule, DatesChecked, RowRule, TitlesChecked, rule_makers
from preflight.text.asking import naming
from preflight.text.fingerprint import Hashes, touch_point_hashes

_FIXED_WHOLE = ("missing-cell", "extra-cell", "stray-quote")
_FIXED_DATES = ("date-format", "date-trailing")
"""Codes of problems that fixes of whole records, and of dates, may mend."""

FEW = 1_000
"""Up to this many fixable records of a run are not judged at once but together with those of other runs."""

_MISSING = {"email": "email-missing", "title": "title-missing", "date": "date-missing"}
_NO_ADDRESS = frozenset(code for code, kind in CODES.items() if (kind.subject, kind.severity) == ("email", "error"))


class Gathered(NamedTuple):
    """Data of a chunk for the judgement of the whole file, besides its findings.

    `good` is the mask of good rows of the chunk's frame. `touch_points` and `visits` are the hashes of these rows (see
    `Verdict`); they may be empty where no longer needed. `stats` holds a function for each rule, which takes `good` and
    returns the rule's stats, or None.
    """

    good: Mask
    touch_points: Hashes
    visits: Hashes
    stats: Sequence[Callable[[Mask], Any] | None]

    def without(self, unwanted: Mask) -> Gathered | None:
        """The data of the other rows; None if the stats of a rule cannot be reduced."""
        kept = ~unwanted[self.good]
        stats = [one.without(unwanted) if isinstance(one, OfRows) else one for one in self.stats]
        if any(now is None and before is not None for now, before in zip(stats, self.stats, strict=True)):
            return None
        touch_points, visits = (hashes[kept] if len(hashes) else hashes for hashes in self[1:3])
        return Gathered(self.good & ~unwanted, touch_points, visits, stats)


class _Held(threading.local):
    """The judge of this thread's current job."""

    token: bytes = b""
    judge: Judge


_HELD = _Held()


def judge_run(job: Job, records: Records, first_row: int) -> Judgement:
    """Judge a run of records and make the outputs' parts."""
    with naming(job.naming):  # this may be another thread or process
        return judgement_of(job, *judge_of(job).judge(records, first_row))


def judgement_of(job: Job, judged: Judged, gathered: Gathered) -> Judgement:
    """The summary, the outputs' parts and the fixable records of a judged chunk."""
    judge = judge_of(job)
    would_mend, to_mend = judge.mendable(judged), judge.to_mend(judged)
    if to_mend is not None and len(to_mend) > FEW:
        would_mend, to_mend = would_mend + judge.mendable_records(to_mend), None
    parts = [part_of(judged) for part_of in job.parts_of]  # last, as they may be large
    parts = [SPOOL.kept(part) if isinstance(part, Iterator) else part for part in parts]
    return Judgement(_verdict(judged, gathered, job.max_shown, would_mend), parts, to_mend)


def mend_records(job: Job, runs: Sequence[Records]) -> Mendable:
    """Count what fixes would mend in the records found by `Judge.to_mend`."""
    return judge_of(job).mendable_records(joined(runs))


def judge_of(job: Job) -> Judge:
    """The judge of a job, created once per thread."""
    if _HELD.token != job.token:
        _HELD.judge = Judge(job)
        _HELD.token = job.token
    return _HELD.judge


def warm_up() -> None:
    """Judge one record, so that lazy imports, compiled patterns and caches exist before processes are forked."""
    layout = Layout(0, 1, 2, 3, "MM/dd/yyyy", firstrow=FirstRow.N).resolve(None, 4)
    (records,) = read_records([b"a@gmail.com,01/25/2024,T,N\n"], Dialect(layout.fieldseparator, layout.quotecharacter))
    Judge(Job(layout, [*rule_makers(), RowRule], DateLimits())).judge(records, 1)


def _verdict(judged: Judged, gathered: Gathered, max_shown: int, still_mendable: Mendable) -> Verdict:
    """The summary of a chunk, with its first `max_shown` problems and the first of each code."""
    examples = judged.problems_of(judged.found.first(max_shown, min(max_shown, MOST_OF_A_KIND)))
    cell_fixes = judged.chunk.fixes
    return Verdict(
        judged.bad,
        _warned(judged),
        judged.found.codes(),
        gathered.touch_points,
        gathered.visits,
        [stats(gathered.good) if stats is not None else None for stats in gathered.stats],
        examples,
        Counter(fix.kind for fix in cell_fixes),
        judged.fixes_of(cell_fixes[:max_shown]),
        still_mendable,
        int(np.count_nonzero(judged.chunk.left_out)),
    )


def _warned(judged: Judged) -> Bits | None:
    """The packed mask of records with a warning."""
    found = judged.found
    warnings = found.which(lambda fault: CODES[fault.code].severity == "warning")
    if not warnings.any():
        return None
    warned = np.zeros(len(judged.bad), np.bool_)
    warned[found.rows[warnings] - judged.chunk.first_row] = True
    return packed(warned)


class Judge:
    """Judges the records of one file run by run, after fixes and accepted suggestions."""

    def __init__(self, job: Job) -> None:
        layout = job.layout
        self._reader = CellReader(job.source, job.tolerant, layout)
        self._layout = layout
        self._labels = {column: layout.label(column) for column in layout.known_columns}
        setting = Setting(layout, job.limits)
        self._rules = [make(setting) for make in job.rules]
        self._errors = frozenset(code for code, kind in CODES.items() if kind.severity == "error")
        self._dates = next(one.column for one in self._rules if isinstance(one, DateRule))
        self._has_time = layout.dateformat.has_time
        self._mender = RecordMender(self._reader, layout, job.fix)
        self._fixer = Fixer(layout, job.fix)
        self._accepter = Accepter(layout, job.accept) if job.accept.codes else None
        self._restorer = Restorer(RecordMender(self._reader, layout, FIXES), self._reader.dialect)
        self._every_fixer = Fixer(layout, FIXES)
        self._only_previews = job.only_previews
        self._asks_for_instants = job.fingerprints or not layout.once_per_day  # with which nothing else is repeated
        self._key = job.key

    def judge(self, records: Records, first_row: int, left_out: Mask | None = None) -> tuple[Judged, Gathered]:
        """Judge one run of records, of which the first is row number `first_row`, but for those `left_out`.

        Raises `InputError` for a record that is not UTF-8 in a file whose encoding was not named.
        """
        chunk = self._reader.cut(records, first_row, left_out)
        judged, evidence = self._judged(self._fixer.fix(self._mender.mend(chunk)))
        if self._accepter is not None:
            for _ in range(MAX_ROUNDS):
                accepted = self._accepter.accept(judged.chunk, judged.found)
                if accepted is judged.chunk:
                    break
                judged, evidence = self._judged(accepted)
        if self._only_previews:
            fixes = judged.chunk.fixes
            judged, evidence = self._judged(chunk)
            judged = replace(judged, chunk=replace(chunk, fixes=fixes))
        return judged, evidence

    def _found(self, chunk: Chunk) -> tuple[Mask, Findings, list[Checked]]:
        """The mask of bad records of a chunk, the findings, and the result of each rule."""
        checked = [rule.check(chunk) for rule in self._rules]
        in_cells = in_order([one.findings for one in checked])
        labels = {name: label for name, label in self._labels.items() if name in self._layout.read_columns}
        headings = row.find_headings(chunk, distinct_sorted(in_cells.rows[in_cells.of(_NO_ADDRESS)]), labels)
        if len(headings):
            in_cells = in_order([in_cells.where(~np.isin(in_cells.rows, headings.rows)), headings])
        found = in_order(self._with_blank(chunk, in_cells))
        bad = np.zeros(len(chunk.records), np.bool_)
        bad[found.rows[found.of(self._errors)] - chunk.first_row] = True
        return bad, found, checked

    def _judged(self, chunk: Chunk) -> tuple[Judged, Gathered]:
        """Judge a chunk without changing it."""
        bad, found, checked = self._found(chunk)
        good = ~bad[chunk.rows - chunk.first_row]
        bad |= chunk.left_out
        (dates,) = (one for one in checked if isinstance(one, DatesChecked))
        (titles,) = (one for one in checked if isinstance(one, TitlesChecked))
        of_title = pa.DictionaryArray.from_arrays(pa.array(titles.codes), arrow_of(titles.values))
        emails = arrow_of(chunk.frame["email"])
        columns = [dates.instants.astype("datetime64[D]") if self._has_time else dates.instants]
        if self._has_time and self._asks_for_instants:
            columns.append(dates.instants)
        hashes = [column[good] for column in touch_point_hashes(emails, of_title, columns, self._key)]
        judged = Judged(chunk, bad, found, self._labels, dates.instants)
        return judged, Gathered(good, hashes[-1], hashes[0], [one.stats for one in checked])

    def mendable(self, judged: Judged) -> Mendable:
        """Count what fixes and suggestions would mend, except in the records of `to_mend`."""
        return mendable(judged.chunk, judged.found, self._dates)

    def all_mendable(self, judged: Judged) -> Mendable:
        """Count what fixes and suggestions would mend in all records."""
        to_mend = self.to_mend(judged)
        return self.mendable(judged) + (self.mendable_records(to_mend) if to_mend is not None else Mendable())

    def to_mend(self, judged: Judged) -> Records | None:
        """The fixable records that must be judged again: without the right cells, or with certain date problems."""
        chunk, found = judged.chunk, judged.found
        if chunk.records.added:
            return None
        dates = distinct_sorted(found.rows[found.of(_FIXED_DATES)])
        texts = arrow_of(chunk.frame["date"]).take(pa.array(np.searchsorted(chunk.rows, dates)))
        dates = dates[matching(texts, TO_LOOK_AT["date"])]
        records, whole = chunk.records, found.where(found.of(_FIXED_WHOLE))
        places, short, long = whole.rows - chunk.first_row, whole.of({"missing-cell"}), whole.of({"extra-cell"})
        places = places[self._restorer.may_restore(texts_of(records, places), short, long)]
        places = np.sort(np.concatenate([places, dates - chunk.first_row]), kind="stable")
        if not len(places):
            return None
        return records_of(texts_of(records, places), records.line[places], records.fault[places])

    def mendable_records(self, records: Records) -> Mendable:
        """Count what fixes would mend in these records."""
        records, kinds = self._restorer.restored(records)
        fixed = self._every_fixer.fix(self._reader.cut(records, 1)) if len(records) else None
        if fixed is None or not (fixed.fixes or any(took.any() for took in kinds.values())):
            return Mendable()
        bad, *_ = self._found(fixed)
        right = [one for one in fixed.fixes if not bad[one.row - 1]]
        number = Counter(one.kind for one in right)
        number.update({kind: int(np.count_nonzero(took & ~bad)) for kind, took in kinds.items()})
        rows = np.logical_or.reduce([*kinds.values()]) & ~bad
        rows[[one.row - 1 for one in right]] = True
        return Mendable(int(np.count_nonzero(rows)), +number)

    def _with_blank(self, chunk: Chunk, in_cells: Findings) -> tuple[Findings, Findings]:
        """The findings in cells in row order, without those of blank records; and the findings of blank records."""
        missing = [code for name, code in _MISSING.items() if name not in self._layout.texts]
        number = np.bincount(in_cells.rows[in_cells.of(missing)] - chunk.first_row)
        nothing = chunk.first_row + np.flatnonzero(number == len(missing))
        blank = row.find_blank(chunk, nothing, self._reader.dialect)
        return in_cells.where(~np.isin(in_cells.rows, blank.rows)), blank
