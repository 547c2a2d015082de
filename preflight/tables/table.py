"""Where the table with the people starts and ends in a file that holds more than that, and what the rest is.

A report has lines before its table, other sections (hosts, panelists, activities), and a footer. The table is the
section with the people; which of several it is, their titles and how many people they have tell, or it is asked.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import chain, islice

from preflight.errors import LayoutError, UnclearError
from preflight.layouts.groups import likely_to_have_people
from preflight.layouts.layout import Layout
from preflight.layouts.words import FirstRow, Quote, Separator
from preflight.model.skipped import SkippedLines
from preflight.records.grammar import Dialect, Records
from preflight.records.scanner import read_records
from preflight.records.source import Bounds, Source
from preflight.tables.beside import listed, named_lines
from preflight.tables.columns import Columns, Holds
from preflight.tables.dialect import Dialects, Reading, Sample
from preflight.tables.ending import Ending
from preflight.tables.labels import is_email_label, is_of_a_person
from preflight.tables.labelwords import DATE, words_of
from preflight.tables.preamble import TitleText, titles_in
from preflight.tables.sections import Section, section_from, sections
from preflight.tables.survey import Seen, Survey, may_be_label
from preflight.text.asking import option
from preflight.text.display import counted, shown
from preflight.text.spelling import unaccented

SAMPLE_BYTES = 1 << 18
"""Bytes of the start that are looked at."""

ALL_LOOKED_AT = 8 << 20
"""Bytes of a text up to which all of it is looked at; in a longer one the end of the table is told as it is read."""

MOST_BYTES_OF_A_CHARACTER = 4
"""In the encodings that files are in; in UTF-8, as texts are here, it has one at least."""

END_BYTES = 1 << 16
MANY_TIMES = 3
"""So many times the people of any other section make it plain which has them."""

MOST_HEADINGS = 4
LOOKED_AT = 50
"""Rows below a heading that tell what its columns hold."""

_ANSWERS = (
    "response responses open-ended antwort antworten reponse reponses respuesta respuestas resposta risposta risposte"
)
_ANSWER = frozenset([*_ANSWERS.split(), "antwoord", "offene", "ouverte", "abierta", "aberta", "aperta"])
"""Words of the second heading row of a form's answers."""


@dataclass(frozen=True, slots=True)
class Table:
    """What a file holds beside the table: the lines that are left out, and what may be the event's title in them.

    `further_headings` says where the heading rows behind the first start and stop in the table's text, `before` has the
    records above it. `ending` tells where a table ends whose end was not looked for.
    """

    lines: Sequence[SkippedLines] = ()
    titles: Sequence[TitleText] = ()
    further_headings: tuple[int, int] = (0, 0)
    before: Sequence[Seen] = ()
    ending: Ending | None = None

    @property
    def skipped(self) -> Sequence[SkippedLines]:
        """The lines that are left out, as far as they are known; those at a long file's end are so after a pass."""
        return [*self.lines, *(self.ending.skipped if self.ending is not None else ())]

    def records(self, source: Source, dialect: Dialect) -> Iterator[Records]:
        """The records of the table in its source, its heading among them."""
        runs = source.records(dialect)
        return runs if self.ending is None else self.ending.watch(source, runs, dialect)


@dataclass(frozen=True, slots=True)
class _Look:
    """A text as one dialect has it, and the section with the people; the others are beside it."""

    dialect: Dialect
    survey: Survey
    section: Section
    others: Sequence[Section] = ()


NOTHING_BESIDE = Table()


def find_table(source: Source, given: Layout, dialects: Dialects) -> Table:
    """Find the table with the people, and let the source give that alone; `dialects` are of the start of its text.

    Raises `UnclearError` where several sections may be it.
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
    """A source's text, None where it is long: the same for a file, packed or not, and for what comes once."""
    if source.size is not None and source.workbook is None and source.size > MOST_BYTES_OF_A_CHARACTER * ALL_LOOKED_AT:
        return None
    text, whole = source.sample(ALL_LOOKED_AT)
    return text if whole else None


def _from_line(source: Source, given: Layout, line: int) -> Table:
    """The table that begins on a line, up to where what it begins with ends; raises `LayoutError` for no such line."""
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
    """The text before a place, as far as anybody would look for a title."""
    source.bounds = source.bounds._replace(stop=place)
    return source.sample(SAMPLE_BYTES)[0] if place else b""


def _look(source: Source, given: Layout, dialects: Dialects) -> _Look | None:
    """The table in a sample, under the separator and quote character that are given, or under which it is one."""
    stated = Separator(given.fieldseparator) if given.fieldseparator else source.separator
    best = dialects.best(stated, Quote(given.quotecharacter) if given.quotecharacter else None).best
    first = _looked_at(source, dialects.sample, best)
    if source.workbook is not None or (first is not None and first.section.headed and first.section.head.number == 0):
        return first
    looks = [first] if first is not None else []
    for separator in dialects.separators:
        if separator is not best.separator:
            with suppress(UnclearError):
                other = _looked_at(source, dialects.sample, dialects.best(separator).best)
                looks += [other] if other is not None and other.section.people else []
    return max(looks, key=lambda one: _score(dialects.sample, one), default=None)


def _looked_at(source: Source, sample: Sample, reading: Reading) -> _Look | None:
    dialect = Dialect(reading.separator, reading.quote)
    runs = source.records(dialect, [sample.text])
    return _chosen(source, dialect, Survey.of(runs, dialect, whole=sample.whole))


def _score(sample: Sample, look: _Look) -> float:
    """How far what was found is a table with an email, a date and a title."""
    section = look.section
    text = sample.text[section.head.start : section.stop.start if section.stop else None]
    separator = next(one for one in Separator if one.character == look.dialect.separator)
    return Dialects(Sample(text, sample.whole)).best(separator).best.score


def _chosen(source: Source, dialect: Dialect, survey: Survey) -> _Look | None:
    """The section with the people: by its title and its labels, or as it has many times the others' people."""
    found = sections(survey)
    if not found:
        return None
    highest = max(likely_to_have_people(one.title) for one in found)
    likely = [one for one in found if likely_to_have_people(one.title) == highest]
    most = max(likely, key=lambda one: one.people)
    if all(one is most or most.people >= MANY_TIMES * max(1, one.people) for one in likely):
        likely = [most]
    named = [one for one in likely if any(map(is_of_a_person, one.head.filled))]
    likely = named or likely
    if len(likely) > 1:
        raise _several(source, likely)
    return _Look(dialect, survey, likely[0], [one for one in found if one is not likely[0]])


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
    error = UnclearError(f"{says} {option('table_line')}", lines, choices, {"table-line": str(likely[0].head.line)})
    error.code, error.file = "table", source.name
    return error


def _kept(source: Source, look: _Look, above: Sequence[Seen], first_line: int) -> Table:
    """Let the source give the table alone, and say what is left out; `above` was seen before what was looked at."""
    section, stop, base = look.section, look.section.stop, source.bounds.start
    head = section.head
    before = [*above, *(one for one in look.survey.seen if one.number < head.number)]
    after = [one for one in look.survey.seen if stop is not None and one.number >= stop.number]
    bounds = Bounds(base + head.start, base + stop.start if stop else source.bounds.stop, head.line)
    source.bounds = bounds
    further = _further_headings(source, look) if section.headed else []
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
    """The line that tells a spreadsheet the separator, where there is one."""
    there = source.separator is not None and (first_line or source.first_line) == 2
    return [SkippedLines(1, 1, "the `sep=` line")] if there else []


def _further(one: Seen) -> str:
    return f"a further heading row: {listed(one.filled)}"


def _further_headings(source: Source, look: _Look) -> list[Seen]:
    """The rows right below the heading that are none: their cells are labels where all others hold something else."""
    head, seen = look.section.head, look.survey.seen
    below = [one for one in seen if head.number < one.number <= head.number + MOST_HEADINGS and not one.has_address]
    below = [one for i, one in enumerate(below) if one.number == head.number + 1 + i]
    if not below:
        return []
    text, _ = source.sample(END_BYTES)
    records = chain.from_iterable((run.raw(i) for i in range(len(run))) for run in read_records([text], look.dialect))
    rows = [look.dialect.split(raw) for raw in islice(records, 1, LOOKED_AT)]
    found: list[Seen] = []
    for one in below:
        columns = Columns([row for row in rows[len(found) + 1 :] if len(row) == head.width], head.width)
        if not _is_further_heading(one, head, columns):
            break
        found.append(one)
    return found


def _is_further_heading(one: Seen, head: Seen, columns: Columns) -> bool:
    if any(cell.startswith('{"ImportId"') for cell in one.cells):  # as Qualtrics writes it
        return True
    if not one.filled or one.width != head.width or not columns.rows or not all(map(may_be_label, one.filled)):
        return False
    if one.labels == head.labels:
        return True
    says = False
    for i, cell in enumerate(one.cells):
        holds, bare = columns.holds(i), cell.strip()
        tells = {Holds.ADDRESSES: is_email_label, Holds.DATES: _names_a_day}.get(holds)
        if tells is not None and bare:
            if not tells(bare):
                return False
            says = True
    return says or any({*unaccented(cell).replace(":", " ").split()} <= _ANSWER for cell in one.filled)


def _names_a_day(label: str) -> bool:
    return not DATE.isdisjoint(words_of(label))
