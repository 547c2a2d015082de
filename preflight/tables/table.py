"""The table with the people in a file that contains more than that, and a description of the other lines.

A report has lines before its table, other sections (hosts, panelists, activities), and a footer. The table is the
section with the people. Among several sections it is chosen by their titles and numbers of people; else the user is
asked.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from preflight.errors import LayoutError, UnclearError
from preflight.inputs.source import Bounds, Source
from preflight.labels.headings import has_times_of_joining
from preflight.labels.people import is_of_a_person
from preflight.layouts.groups import likely_to_have_people
from preflight.layouts.layout import Layout
from preflight.layouts.words import FirstRow, Quote, Separator
from preflight.model.reported import SkippedLines
from preflight.records.grammar import Dialect
from preflight.records.run import Records
from preflight.records.scanner import read_records
from preflight.tables.dialect import Dialects, Reading, Sample
from preflight.tables.ending import Ending
from preflight.tables.furtherheadings import further_headings
from preflight.tables.preamble import TextAbove, days_in, titles_in
from preflight.tables.sections import Section, listed, named_lines, section_from, sections
from preflight.tables.survey import Record, Survey
from preflight.text.asking import option
from preflight.text.display import counted, shown

SAMPLE_BYTES = 1 << 18
"""Size of the sample at the start, in bytes."""

ALL_LOOKED_AT = 8 << 20
"""Size in bytes up to which a text is examined whole; in a longer text the end of the table is found while reading."""

MOST_BYTES_OF_A_CHARACTER = 4
"""The maximum in the supported encodings; in UTF-8, the encoding of decoded text, the minimum is 1."""

MANY_TIMES = 3
"""The ratio of people from which the larger of two sections is the table."""


@dataclass(frozen=True, slots=True)
class Table:
    """The lines of a file outside the table.

    `lines` describe them, `titles` are texts in them that may be the event's title, `before` are the records above the
    table. `further_headings` are the start and stop, in the table's text, of the heading rows after the first. `ending`
    finds the end of a table whose end is not known yet.
    """

    lines: Sequence[SkippedLines] = ()
    titles: Sequence[TextAbove] = ()
    further_headings: tuple[int, int] = (0, 0)
    before: Sequence[Record] = ()
    ending: Ending | None = None

    def texts(self, name: str) -> Sequence[TextAbove]:
        """The texts above the table that may be the event's `title` or `date`."""
        return self.titles if name == "title" else days_in(self.before) if name == "date" else ()

    @property
    def skipped(self) -> Sequence[SkippedLines]:
        """The lines outside the table; those at the end of a long file are known only after a complete pass."""
        return [*self.lines, *(self.ending.skipped if self.ending is not None else ())]

    def records(self, source: Source, dialect: Dialect) -> Iterator[Records]:
        """Yield the records of the table from its source, including the heading."""
        runs = source.records(dialect)
        return runs if self.ending is None else self.ending.watch(source, runs, dialect)


@dataclass(frozen=True, slots=True)
class _Look:
    """A survey of a text in one dialect, the section with the people, and the other sections."""

    dialect: Dialect
    survey: Survey
    section: Section
    others: Sequence[Section] = ()


NOTHING_BESIDE = Table()


def find_table(source: Source, given: Layout, dialects: Dialects) -> Table:
    """Find the table with the people, and limit the source to it; `dialects` are the readings of the source's start.

    Raises `UnclearError` if several sections may be the table.
    """
    if given.table_line is not None and not dialects.best().best.is_of_bad_rows:
        return _from_line(source, given, given.table_line)
    look = None if dialects.best().best.is_of_bad_rows else _look(source, given, dialects)
    if look is None:
        return Table(_sep_line(source))
    if not dialects.sample.whole and (text := _all_of(source)) is not None:
        runs = source.records(look.dialect, [text])
        look = _chosen(source, look.dialect, Survey.of(runs, look.dialect)) or look
    return _kept(source, look, (), source.first_line)


def _all_of(source: Source) -> bytes | None:
    """The text of a source, None if it is too long; independent of compression and of seekability."""
    if source.size is not None and source.workbook is None and source.size > MOST_BYTES_OF_A_CHARACTER * ALL_LOOKED_AT:
        return None
    text, whole = source.sample(ALL_LOOKED_AT)
    return text if whole else None


def _from_line(source: Source, given: Layout, line: int) -> Table:
    """The table that begins on a given line; raises `LayoutError` if there is no such line."""
    first_line, of_sheet = source.first_line, source.workbook is not None
    place, lines = source.place_of(line) if line >= first_line else (None, 0)
    if line < first_line:
        raise LayoutError(f"{option('table_line', line)} is the `sep=` line; the table starts after it")
    prefix = _before(source, place)
    source.bounds = Bounds(place or 0, None, line)
    text, whole = source.sample(SAMPLE_BYTES)
    if place is None or not text:
        lines -= place is not None
        raise LayoutError(f"{option('table_line', line)} is past the end: {source.shown} has {counted(lines, 'line')}")
    stated = Separator(given.fieldseparator) if given.fieldseparator else source.separator
    quote = Quote(given.quotecharacter) if given.quotecharacter else None
    best = Dialects(Sample(text, whole, line, of_sheet)).best(stated, quote).best
    dialect = Dialect(best.separator, best.quote)
    look = _starting_here(dialect, Survey.of(source.records(dialect, [text]), dialect, whole=whole), given)
    if not look.section.head.filled:
        raise LayoutError(f"line {line} of {source.shown} is blank; {option('table_line')} takes the heading's line")
    if not whole and (rest := _all_of(source)) is not None:
        look = _starting_here(dialect, Survey.of(source.records(dialect, [rest]), dialect), given)
    above = Survey.of(read_records([prefix], dialect, first_line, of_sheet=of_sheet), dialect) if prefix else Survey()
    return _kept(source, replace(look, others=[*sections(above), *look.others]), above.seen, first_line)


def _starting_here(dialect: Dialect, survey: Survey, given: Layout) -> _Look:
    headed = given.firstrow != FirstRow.N and not survey.seen[0].has_address
    section, _ = section_from(survey, 0, headed)
    after = [one for one in sections(survey) if section.stop and one.head.number >= section.stop.number]
    return _Look(dialect, survey, section, after)


def _before(source: Source, place: int | None) -> bytes:
    """The text before a byte offset, at most `SAMPLE_BYTES`."""
    source.bounds = source.bounds._replace(stop=place)
    return source.sample(SAMPLE_BYTES)[0] if place else b""


def _look(source: Source, given: Layout, dialects: Dialects) -> _Look | None:
    """The table in a sample, with the given separator and quote character, or those with the best table."""
    stated = Separator(given.fieldseparator) if given.fieldseparator else source.separator
    best = dialects.best(stated, Quote(given.quotecharacter) if given.quotecharacter else None).best
    first = _looked_at(source, dialects.sample, best)
    if source.workbook is not None or (first is not None and first.section.headed and first.section.head.number == 0):
        return first
    looks, least = ([first], 0.0) if first is not None else ([], best.score)
    for separator in dialects.separators:
        if separator is not best.separator:
            with suppress(UnclearError):
                other = _looked_at(source, dialects.sample, dialects.best(separator).best)
                fits = other is not None and other.section.people and _score(dialects.sample, other) > least
                looks += [other] if other is not None and fits else []
    return max(looks, key=lambda one: _score(dialects.sample, one), default=None)


def _looked_at(source: Source, sample: Sample, reading: Reading) -> _Look | None:
    dialect = Dialect(reading.separator, reading.quote)
    runs = source.records(dialect, [sample.text])
    return _chosen(source, dialect, Survey.of(runs, dialect, whole=sample.whole))


def _score(sample: Sample, look: _Look) -> float:
    """How well the section is a table with columns for email, date and title."""
    section = look.section
    text = sample.text[section.head.start : section.stop.start if section.stop else None]
    separator = next(one for one in Separator if one.character == look.dialect.separator)
    return Dialects(Sample(text, sample.whole)).best(separator).best.score


def _chosen(source: Source, dialect: Dialect, survey: Survey) -> _Look | None:
    """The section with the people: by its title and labels, or because it has many times more people.

    A section with the labels of a likely one is likely, too, unless its title says that it has others.
    """
    found = sections(survey)
    if not found:
        return None
    highest = max(likely_to_have_people(one.title) for one in found)
    labels = [one.head.labels for one in found if likely_to_have_people(one.title) == highest]
    likely = [one for one in found if likely_to_have_people(one.title) >= min(1, highest) and one.head.labels in labels]
    most = max(likely, key=lambda one: one.people)
    if not any(_is_appended(one, most) for one in likely):
        if all(one is most or most.people >= MANY_TIMES * max(1, one.people) for one in likely):
            likely = [most]
        likely = [one for one in likely if any(map(is_of_a_person, one.head.filled))] or likely
    if len(likely) > 1:
        raise _several(source, likely)
    return _Look(dialect, survey, likely[0], [one for one in found if one is not likely[0]])


def _is_appended(one: Section, most: Section) -> bool:
    """Whether a section is a further export below the other, with other columns, rather than a list of its own."""
    shared = {*map(str.casefold, one.head.filled)} & {*map(str.casefold, most.head.filled)}
    return one.headed and not one.title and one.head.line > most.head.line and 2 * len(shared) >= len(one.head.filled)


def _several(source: Source, likely: Sequence[Section]) -> UnclearError:
    choices: list[dict[str, object]] = []
    lines: list[str] = []
    for one in likely:
        labels = listed(one.head.labels)
        title = f"{shown(one.title, 40)}: " if one.title else ""
        lines.append(f"  line {one.head.line}: {title}{labels}; {counted(one.people, 'row')} with an address")
        said = {"column": "table", "line": one.head.line, "label": one.title, "sample": labels, "rows": one.people}
        choices.append({**said, "option": f"--table-line {one.head.line}"})
    says = f"{source.shown} has {len(likely)} tables with people; name the line on which the right one starts with"
    joined = [one for one in likely if has_times_of_joining(one.head.labels)]
    line = (joined or likely)[0].head.line
    error = UnclearError(f"{says} {option('table_line')}", lines, choices, {"table-line": str(line)})
    error.code, error.file = "table", source.name
    return error


def _kept(source: Source, look: _Look, above: Sequence[Record], first_line: int) -> Table:
    """Limit the source to the table, and describe the other lines; `above` are records before the surveyed text."""
    section, stop, base = look.section, look.section.stop, source.bounds.start
    head = section.head
    before = [*above, *(one for one in look.survey.seen if one.number < head.number)]
    after = [one for one in look.survey.seen if stop is not None and one.number >= stop.number]
    bounds = Bounds(base + head.start, base + stop.start if stop else source.bounds.stop, head.line)
    source.bounds = bounds
    further = further_headings(source, head, look.survey.seen, look.dialect) if section.headed else []
    source.bounds = bounds._replace(further_headings=len(further))
    skipped = [*_sep_line(source, first_line)]
    if head.line > first_line:
        skipped += named_lines(before, first_line, head.line - 1, look.others, "before the table")
    skipped += [SkippedLines(one.line, one.line + one.line_ends, _further(one)) for one in further]
    if stop is not None:
        skipped += named_lines(after, stop.line, look.survey.last_line, look.others, "after the table")
    places = (further[0].start - head.start, further[-1].stop - head.start) if further else (0, 0)
    ending = Ending(section, look.dialect) if stop is None and not look.survey.whole else None
    return Table(skipped, titles_in(before), places, before, ending)


def _sep_line(source: Source, first_line: int | None = None) -> list[SkippedLines]:
    """The `sep=` line, which declares the separator to spreadsheets, if there is one."""
    has_line = source.separator is not None and (first_line or source.first_line) == 2
    return [SkippedLines(1, 1, "the `sep=` line")] if has_line else []


def _further(one: Record) -> str:
    return f"a further heading row: {listed(one.filled)}"
