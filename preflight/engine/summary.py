"""The file as a whole: adds up the summaries of its runs, and judges what only all rows together show."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

import numpy as np
import numpy.typing as npt

from preflight.detect.heading import broken_labels
from preflight.evidence.domains import DomainTally
from preflight.evidence.duplicates import Apply, Duplicates, Repeated
from preflight.evidence.titles import TitleTally
from preflight.layouts.resolved import ResolvedLayout
from preflight.model.arrays import Mask
from preflight.model.codes import CODES
from preflight.model.fixes import Fix, Mendable, OfFile
from preflight.model.problems import MOST_OF_A_KIND, Diagnosis, Placed, Problem
from preflight.records.run import Records
from preflight.rules import Rule
from preflight.rules.title import suggested_titles
from preflight.text.fingerprint import Hashes

Bits = npt.NDArray[np.uint8]


class WarnedRows:
    """Counts rows with a warning, each once, in one bit per row. `more` is True if others are not listed."""

    def __init__(self) -> None:
        self.count = 0
        self.more = False
        self._first = [1]
        self._runs: list[Bits | None] = []

    def add(self, bits: Bits | None, rows: int) -> None:
        """Add the next run of `rows` rows, with the packed mask of those with a warning, or None."""
        self._runs.append(bits)
        self._first.append(self._first[-1] + rows)
        if bits is not None:
            self.count += int(np.unpackbits(bits).sum())

    def mark(self, rows: set[int]) -> None:
        """Count these rows, too, unless they are counted already."""
        self.count += sum(not self._has(row) for row in rows)

    def _has(self, row: int) -> bool:
        run = bisect_right(self._first, row) - 1
        bits, place = self._runs[run], row - self._first[run]
        return bits is not None and bool(bits[place >> 3] >> (7 - (place & 7)) & 1)


def packed(warned: Mask) -> Bits | None:
    """The mask as packed bits; None if no row has a warning."""
    return np.packbits(warned) if warned.any() else None


@dataclass(frozen=True, slots=True)
class Verdict:
    """The summary of a run of records.

    `bad` is the mask of records that are not sent: those with an error and those left out. `left_out` is the number of
    the latter. `touch_points` are the hashes of the other records in order (see `text.fingerprint`); `visits` are the
    same with the day instead of the instant. `warned` is the mask of records with a warning as packed bits, or None.
    `codes` counts findings by code. `stats` holds the stats of each rule. `examples` are the first problems, and
    the first of each code, in the order of the rows. `fixes` counts applied fixes by kind, `fixed` are the first of
    them, and `mendable` counts what other fixes would mend.
    """

    bad: Mask
    warned: Bits | None
    codes: Counter[str]
    touch_points: Hashes
    visits: Hashes
    stats: Sequence[Any]
    examples: list[Problem]
    fixes: Counter[str]
    fixed: list[Fix]
    mendable: Mendable
    left_out: int


class WholeFile:
    """Adds up verdicts in file order.

    `rows`, `bad_rows` and `left_out` count the rows added so far, `codes` their findings by code, `fixes` the applied
    fixes by kind. `examples` and `fixed` hold the first problems and fixes, at most `max_shown`, and `of_kinds` the
    first problems of each code. `facts` holds the fields of the report that rules provide; it is complete after
    `problems()`.

    `rules` have the setting of the whole file. `doubts` are the warnings about the detected date format. `apply` is a
    function like `map`, through which duplicates are searched (`evidence.duplicates`).
    """

    def __init__(
        self,
        layout: ResolvedLayout,
        rules: Sequence[Rule],
        max_shown: int,
        doubts: Iterable[Diagnosis] = (),
        apply: Apply = map,
    ) -> None:
        self.rows = 0
        self.bad_rows = 0
        self.left_out = 0
        self.codes: Counter[str] = Counter()
        self.examples: list[Problem] = []
        self.of_kinds: defaultdict[str, list[Problem]] = defaultdict(list)
        self.fixes: Counter[str] = Counter()
        self.fixed: list[Fix] = []
        self._mendable = Mendable()
        self._found_out: Callable[[], Mendable] = Mendable
        self.facts: dict[str, Any] = {}
        self._layout = layout
        self._rules = rules
        self._max_shown = max_shown
        self._doubts = doubts
        self._duplicates = Duplicates(apply) if not layout.once_per_day else None
        self._visits = Duplicates(apply) if layout.dateformat.has_time and not layout.once_per_day else None
        self._stats = [rule.empty() for rule in rules]
        self.warned = WarnedRows()

    def add(self, records: Records, verdict: Verdict) -> None:
        """Add the verdict on the next run of records."""
        good = np.flatnonzero(~verdict.bad)
        if self._duplicates is not None:
            self._duplicates.add(verdict.touch_points, self.rows + 1 + good, records.line[good])
        if self._visits is not None:
            self._visits.add(verdict.visits, self.rows + 1 + good, records.line[good])
        self.rows += len(verdict.bad)
        self.bad_rows += len(verdict.bad) - len(good) - verdict.left_out
        self.left_out += verdict.left_out
        self.codes.update(verdict.codes)
        self.warned.add(verdict.warned, len(verdict.bad))
        for place, more in enumerate(verdict.stats):
            if self._stats[place] is None:
                self._stats[place] = more
            elif more is not None:
                self._stats[place] += more
        self.examples += verdict.examples[: self._max_shown - len(self.examples)]
        self._keep_of_kinds(verdict.examples)
        self.fixes.update(verdict.fixes)
        self._mendable += verdict.mendable
        self.fixed += map(Fix.shortened, verdict.fixed[: self._max_shown - len(self.fixed)])

    def add_mendable(self, found_out: Callable[[], Mendable]) -> None:
        """Add a function that returns what fixes would mend; it is called by `mendable`, or by the next call."""
        self._mendable += self._found_out()
        self._found_out = found_out

    @property
    def mendable(self) -> Mendable:
        """What fixes that were not requested would mend."""
        self.add_mendable(Mendable)
        return self._mendable

    def problems(self) -> tuple[Problem, ...]:
        """The problems of the file as a whole, also added to `codes`. Call it once, when all rows are judged.

        Sorted by row; problems that concern no row come first and have row and line 0.
        """
        of_heading = [Placed(0, 0, label, of_label) for label, of_label in broken_labels(self._layout)]
        placed = [*of_heading, *(Placed(0, 0, "", fault) for fault in self._doubts)]
        self.codes.update(one.fault.code for one in placed)
        for rule, stats in zip(self._rules, self._stats, strict=True):
            finished = rule.finish(stats)
            placed += finished.placed
            self.codes.update(finished.counts)
            self.facts |= finished.facts
            self.warned.more = self.warned.more or finished.more
        if self._duplicates is not None:
            placed += self._duplicate_rows(self._duplicates)
        self.warned.mark({one.row for one in placed if one.row})
        problems = tuple(self._problem(*one) for one in sorted(placed, key=itemgetter(0)))
        self._keep_of_kinds(problems)
        return problems

    def suggested(self, codes: Collection[str]) -> OfFile:
        """The whole-file suggestions for these codes. Call it when all rows are judged."""
        titles, domains = dict[str, tuple[str, str]](), dict[str, str]()
        for stats in self._stats:
            if isinstance(stats, TitleTally):
                titles = suggested_titles(stats, codes)
            elif isinstance(stats, DomainTally) and "email-typo" in codes:
                domains = {one.domain: one.meant for one in stats.near_misses().values()}
        return OfFile(titles, domains)

    def counts(self, severity: str) -> Mapping[str, int]:
        """The number of findings by code, for one severity, in catalogue order."""
        found = {code: self.codes[code] for code, kind in CODES.items() if kind.severity == severity}
        return {code: count for code, count in found.items() if count}

    def close(self) -> None:
        """Close the temporary files."""
        for repeats in (self._duplicates, self._visits):
            if repeats is not None:
                repeats.close()
        for stats in self._stats:
            if isinstance(stats, TitleTally):
                stats.close()

    def _keep_of_kinds(self, problems: Iterable[Problem]) -> None:
        for problem in problems:
            if len(kept := self.of_kinds[problem.code]) < MOST_OF_A_KIND:
                kept.append(problem)

    def _duplicate_rows(self, duplicates: Duplicates) -> Iterator[Placed]:
        listed, count = duplicates.repeated(), duplicates.count
        says = "The row has the email, date and title of row {} (line {})."
        yield from self._repeated("duplicate-row", listed, count, "", says)
        if self._visits is not None:
            yield from self._repeat_visits(self._visits, count, {row for row, *_ in listed})

    def _repeat_visits(self, visits: Duplicates, duplicates: int, duplicate_rows: Collection[int]) -> Iterator[Placed]:
        """Warnings of rows that repeat an earlier one at another time of the day, without exact duplicates."""
        listed = [visit for visit in visits.repeated() if visit.row not in duplicate_rows]
        says = (
            "The row has the email, title and day of row {} (line {}) at another time, as if the person had joined "
            "twice: it would count again."
        )
        yield from self._repeated("repeat-visit", listed, visits.count - duplicates, " at another time", says)

    def _repeated(self, code: str, listed: Sequence[Repeated], count: int, how: str, says: str) -> Iterator[Placed]:
        """A warning for each listed row, and one for all if there are more. `says` is the message's template."""
        self.codes[code] += count
        if len(listed) < count:
            message = f"{count:,} rows repeat an earlier one{how}; the first {len(listed):,} are listed."
            self.warned.more = True
            yield Placed(0, 0, "", Diagnosis(code, message))
        for row, line, first_row, first_line in listed:
            yield Placed(row, line, "", Diagnosis(code, says.format(first_row, first_line)))

    def _problem(self, row: int, line: int, value: str, fault: Diagnosis) -> Problem:
        kind = CODES[fault.code]
        column = self._layout.label(kind.subject) if kind.subject in self._layout.columns else ""
        details = (fault.code, kind.severity, value, fault.message, fault.suggestion, fault.spans)
        return Problem(row, line, column, *details)
