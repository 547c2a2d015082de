"""The built-in rules: the record's, and one for each column that the API knows.

What they judge with stands in the modules beside this one, and is imported when the first chunk is judged: the command
that hands chunks out to other processes needs none of it.
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
from preflight.model.problems import CODES, Placed, ProblemCode
from preflight.rules import Checked, Finished, OfRows, Rule
from preflight.rules.title import MOST_GROUPS, MOST_SPELLINGS, judge_titles, variants

if TYPE_CHECKING:
    from preflight.model.arrays import Mask
    from preflight.model.findings import Distinct
    from preflight.records.cells import Chunk
    from preflight.rules.date import DateColumn


def _codes_of(subject: str) -> tuple[ProblemCode, ...]:
    return tuple(kind for kind in CODES.values() if kind.subject == subject)


class RowRule(Rule):
    """The rule for the record itself: whether it can be cut into cells, line breaks in those that are not mapped."""

    codes = _codes_of("row")

    def check(self, chunk: Chunk) -> Checked:
        """Find the records that are spoiled, have too few or too many cells, or go over several lines unmapped."""
        from preflight.model.findings import in_order
        from preflight.records.grammar import Dialect
        from preflight.rules import row

        layout = self.setting.layout
        dialect = Dialect(layout.fieldseparator, layout.quotecharacter)
        misfits = row.check_widths(chunk, layout, dialect)
        breaks = row.find_line_breaks(chunk, layout, dialect)
        return Checked(in_order([row.check_structure(chunk, dialect), misfits, breaks]))


class EmailRule(Rule):
    """The rule for the email column: what is invalid, mistyped or doubtful, and the domains of the file."""

    columns = (COLUMNS["email"],)
    codes = _codes_of("email")

    def check(self, chunk: Chunk) -> Checked:
        """Find what is wrong with the addresses, and gather their domains."""
        from preflight.model.findings import in_order
        from preflight.rules import domain, email

        cells = chunk.frame["email"]
        ends = email.ends_of(cells)
        invalid = email.check(cells, ends)
        mistyped, domains = domain.check(cells, ends, invalid.rows, chunk.rows, chunk.lines)
        doubtful = domain.check_doubtful(cells, ends, invalid.rows)
        return Checked(in_order([invalid, mistyped, doubtful]), domains)

    def empty(self) -> DomainTally:
        """No domain yet."""
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
    """The rule for the date column: what is no date or not expected, and what the column shows as a whole."""

    columns = (COLUMNS["date"],)
    codes = _codes_of("date")

    @cached_property
    def column(self) -> DateColumn:
        """What judges the cells, and remembers the distinct ones."""
        from preflight.rules.date import DateColumn

        return DateColumn(self.setting.layout.dateformat, self.setting.limits)

    def check(self, chunk: Chunk) -> DatesChecked:
        """Find the cells that are no date, or one that is not expected, and gather the evidence."""
        found = self.column.check(chunk.frame["date"])
        return DatesChecked(found.findings, found.evidence, found.instants)

    def empty(self) -> DateEvidence:
        """Nothing seen yet."""
        return DateEvidence()

    def finish(self, stats: DateEvidence) -> Finished:
        """What speaks against the order of day and month, or the months' names."""
        faults = judged_whole(stats, self.setting.layout.dateformat)
        faults = [one for one in faults if not (self.setting.normalized and one.code == "date-locale")]
        placed = [Placed(0, 0, "", fault) for fault in faults]
        fields = {"timeline": stats.timeline, "good_timeline": stats.of_good}
        return Finished(placed, Counter(fault.code for fault in faults), fields)


@dataclass(frozen=True, slots=True)
class TitlesChecked(Checked):
    """Checked titles, and the titles of the rows as `factorize` tells them."""

    codes: Any = None
    values: Any = None


@dataclass(frozen=True, slots=True)
class TitlesOfRows(OfRows):
    """The titles of a chunk's rows, as `factorize` tells them, and the numbers and lines of the rows."""

    codes: Any
    values: Any
    rows: Any
    lines: Any

    def __call__(self, good: Mask) -> Distinct:
        """The titles of the good rows."""
        from preflight.model.findings import distinct

        return distinct(self.codes, self.values, good, self.rows, self.lines)

    def without(self, rows: Mask) -> TitlesOfRows:
        """The same, as only those of good rows count."""
        return self


class TitleRule(Rule):
    """The rule for the title column: what is no title, and what the titles of the good rows show together."""

    columns = (COLUMNS["title"],)
    codes = _codes_of("title")

    def check(self, chunk: Chunk) -> TitlesChecked:
        """Find what is no title, and gather those of the good rows."""
        from preflight.model.findings import factorized, in_order
        from preflight.records.cells import arrow_of
        from preflight.rules.note import check_mojibake
        from preflight.rules.title import of_distinct

        titles = chunk.frame["title"]
        codes, values = factorized(titles)
        stats = TitlesOfRows(codes, arrow_of(values), chunk.rows, chunk.lines)
        found = in_order([of_distinct(titles, codes, values), check_mojibake(titles, "title")])
        return TitlesChecked(found, stats, codes, values)

    def empty(self) -> TitleTally:
        """No title yet."""
        return TitleTally(self.setting.known_titles, self.setting.key)

    def finish(self, stats: TitleTally) -> Finished:
        """Spellings of one title, blanks at the ends, titles that hardly repeat."""
        titles, groups = stats.titles(), variants(stats)
        placed = list(judge_titles(stats, titles, groups))
        counts = Counter(one.fault.code for one in placed)
        counts["title-variant"] = len(groups)  # that there are more than are listed is none of them
        listed = tuple(group[:MOST_SPELLINGS] for group in groups[:MOST_GROUPS])
        return Finished(placed, counts, {"titles": titles, "title_variants": listed})


class NoteRule(Rule):
    """The rule for the note column."""

    columns = (COLUMNS["note"],)
    codes = _codes_of("note")

    def check(self, chunk: Chunk) -> Checked:
        """Find notes that are long, go over several lines, or were read in the wrong encoding."""
        from preflight.model.findings import NONE, in_order
        from preflight.rules import note

        if "note" not in chunk.frame:
            return Checked(NONE)
        notes = chunk.frame["note"]
        return Checked(in_order([note.check(notes), note.check_mojibake(notes, "note")]))


OF_COLUMNS = (EmailRule, DateRule, TitleRule, NoteRule)
"""In the order in which they judge."""
