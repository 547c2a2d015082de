"""The built-in rules: one for the record, and one for each column of the API.

The modules that do the checking are imported with the first chunk: a command that leaves the checking to worker
processes does not need them.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from preflight.evidence.dates import DateEvidence, judged_whole
from preflight.evidence.domains import DomainTally
from preflight.evidence.titles import TitleTally
from preflight.layouts.columns import COLUMNS
from preflight.model.codes import CODES, ProblemCode
from preflight.model.findings import NONE, distinct, factorized, in_order
from preflight.model.problems import Placed
from preflight.records.grammar import Dialect
from preflight.rules import REGISTERED, Checked, Finished, OfRows, Rule, RuleMaker
from preflight.rules.title import MOST_GROUPS, MOST_SPELLINGS, judge_titles, of_distinct, variants

if TYPE_CHECKING:
    from preflight.model.arrays import Mask
    from preflight.model.findings import Distinct
    from preflight.records.cells import Chunk
    from preflight.rules.date import DateColumn


def _codes_of(subject: str) -> tuple[ProblemCode, ...]:
    return tuple(kind for kind in CODES.values() if kind.subject == subject)


class RowRule(Rule):
    """The rule for the record itself: its structure, and line breaks in cells that are not mapped."""

    codes = _codes_of("row")

    def check(self, chunk: Chunk) -> Checked:
        """Find records that are spoiled, have the wrong number of cells, or have line breaks in unmapped cells."""
        from preflight.rules import row

        layout = self.setting.layout
        dialect = Dialect(layout.fieldseparator, layout.quotecharacter)
        misfits = row.check_widths(chunk, layout, dialect)
        breaks = row.find_line_breaks(chunk, layout, dialect)
        return Checked(in_order([row.check_structure(chunk, dialect), misfits, breaks]))


class EmailRule(Rule):
    """The rule for the email column: invalid, mistyped and doubtful addresses, and the domains of the file."""

    columns = (COLUMNS["email"],)
    codes = _codes_of("email")

    def check(self, chunk: Chunk) -> Checked:
        """Find the problems of addresses, and collect their domains."""
        from preflight.rules import domain, doubtful, email

        cells = chunk.frame["email"]
        ends = email.ends_of(cells)
        invalid = email.check(cells, ends)
        mistyped, domains = domain.check(cells, ends, invalid.rows, chunk.rows, chunk.lines)
        unlikely = doubtful.check(cells, ends, invalid.rows)
        return Checked(in_order([invalid, mistyped, unlikely]), domains)

    def empty(self) -> DomainTally:
        """A tally without domains."""
        return DomainTally()

    def finish(self, stats: DomainTally) -> Finished:
        """The rare domains that are one keystroke from a common one."""
        domains, mistyped, count = stats.judged()
        placed: list[Placed] = []
        if count:
            from preflight.rules.domain import mistyped_rows

            placed += mistyped_rows(mistyped, count)
        return Finished(placed, {"email-typo": count}, {"domains": domains}, len(mistyped) < count)


@dataclass(frozen=True, slots=True)
class DatesChecked(Checked):
    """Checked dates, and the instant of each row."""

    instants: Any = None


class DateRule(Rule):
    """The rule for the date column: cells that are no date or not an expected one, and the column as a whole."""

    columns = (COLUMNS["date"],)
    codes = _codes_of("date")

    @cached_property
    def column(self) -> DateColumn:
        """The judge of the cells, which caches distinct ones."""
        from preflight.rules.date import DateColumn

        return DateColumn(self.setting.layout.dateformat, self.setting.limits)

    def check(self, chunk: Chunk) -> DatesChecked:
        """Find cells that are no date or not an expected one, and collect the evidence on the column."""
        found = self.column.check(chunk.frame["date"])
        return DatesChecked(found.findings, found.evidence, found.instants)

    def empty(self) -> DateEvidence:
        """Evidence of no rows."""
        return DateEvidence()

    def finish(self, stats: DateEvidence) -> Finished:
        """Warnings about the order of day and month, and about names of months."""
        faults = judged_whole(stats, self.setting.layout.dateformat)
        faults = [one for one in faults if not (self.setting.normalized and one.code == "date-locale")]
        placed = [Placed(0, 0, "", fault) for fault in faults]
        fields = {"timeline": stats.timeline, "good_timeline": stats.of_good}
        return Finished(placed, Counter(fault.code for fault in faults), fields)


@dataclass(frozen=True, slots=True)
class TitlesChecked(Checked):
    """Checked titles, and the titles of the rows as `codes` and `values` of `factorize`."""

    codes: Any = None
    values: Any = None


@dataclass(frozen=True, slots=True)
class TitlesOfRows(OfRows):
    """The titles of a chunk's rows, as codes and values of `factorize`, with row numbers and lines."""

    codes: Any
    values: Any
    rows: Any
    lines: Any

    def __call__(self, good: Mask) -> Distinct:
        """The titles of the good rows."""
        return distinct(self.codes, self.values, good, self.rows, self.lines)

    def without(self, rows: Mask) -> TitlesOfRows:
        """The titles themselves, as only good rows count."""
        return self


class TitleRule(Rule):
    """The rule for the title column: missing titles, and the titles of the good rows as a whole."""

    columns = (COLUMNS["title"],)
    codes = _codes_of("title")

    def check(self, chunk: Chunk) -> TitlesChecked:
        """Find missing titles, and collect the titles."""
        from preflight.records.cells import arrow_of
        from preflight.rules.note import check_mojibake

        titles = chunk.frame["title"]
        codes, values = factorized(titles)
        stats = TitlesOfRows(codes, arrow_of(values), chunk.rows, chunk.lines)
        found = in_order([of_distinct(titles, codes, values), check_mojibake(titles, "title")])
        return TitlesChecked(found, stats, codes, values)

    def empty(self) -> TitleTally:
        """A tally without titles."""
        return TitleTally(self.setting.known_titles)

    def finish(self, stats: TitleTally) -> Finished:
        """Warnings about spellings of one title, blanks at the ends, and titles that hardly repeat."""
        titles, groups = stats.titles(), variants(stats)
        placed = list(judge_titles(stats, titles, groups))
        counts = Counter(one.fault.code for one in placed)
        counts["title-variant"] = len(groups)  # the problem that more exist does not count as one
        listed = tuple(group[:MOST_SPELLINGS] for group in groups[:MOST_GROUPS])
        return Finished(placed, counts, {"titles": titles, "title_variants": listed})


class NoteRule(Rule):
    """The rule for the note column."""

    columns = (COLUMNS["note"],)
    codes = _codes_of("note")

    def check(self, chunk: Chunk) -> Checked:
        """Find notes that are long, have line breaks, or were read in the wrong encoding."""
        from preflight.rules import note

        if "note" not in chunk.frame:
            return Checked(NONE)
        notes = chunk.frame["note"]
        return Checked(in_order([note.check(notes), note.check_mojibake(notes, "note")]))


_OF_COLUMNS = (EmailRule, DateRule, TitleRule, NoteRule)


def rule_makers() -> list[RuleMaker]:
    """The rules for columns in the order of checking: the built-in ones, then the registered ones."""
    return [*_OF_COLUMNS, *REGISTERED.values()]
