"""The text summary of a check: file, layout, verdicts, titlecount, fixes, the first problems."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

from preflight.dates.format import DateFormat
from preflight.layouts.resolved import ResolvedLayout
from preflight.layouts.words import FirstRow, Quote
from preflight.model.codes import CODES, ProblemCode
from preflight.model.fixes import Fixes
from preflight.model.problems import Problem
from preflight.model.report import Report
from preflight.model.reported import SkippedLines, Titles
from preflight.render.kinds import Kind, kinds_of, more_than_shown, places_of
from preflight.text.asking import option
from preflight.text.display import as_message, counted, named, shown, visible

_EXAMPLE = datetime(2024, 1, 25, 14, 30, tzinfo=UTC)

SHOWN_TITLES = 10
"""Limit for the new titles that the summary lists."""


def render(report: Report, width: int = 100) -> str:
    """The summary as lines of text, each ending in a line feed."""
    return "\n\n".join("\n".join(lines) for lines in parts(report, width).values()) + "\n"


def parts(report: Report, width: int) -> dict[str, list[str]]:
    """The parts of the summary that are not empty, by name, in order: a heading and lines each."""
    fields = {
        "checked": _checked(report),
        "layout": _read_as(report),
        "verdict": _verdicts(report),
        "titlecount": _titlecount(report),
        "fixed": _fixed(report.fixes, width),
        "problems": _problems(report, width),
        "mendable": _mendable(report, width),
    }
    wanted = fields if report.contradiction is None else ("checked", "problems")
    return {name: lines for name in wanted if (lines := list(fields[name]))}


def _checked(report: Report) -> Iterator[str]:
    if report.contradiction is not None:
        yield f"{visible(named(report.file))}: {counted(report.rows, 'row')}, not judged"
        return
    good, bad = counted(report.good_rows, "good row"), counted(report.bad_rows, "bad row")
    left_out = f", {report.left_out:,} left out" if report.left_out else ""
    yield f"{visible(named(report.file))}: {counted(report.rows, 'row')}, {good}, {bad}{left_out}"


def read_as(layout: ResolvedLayout) -> Iterator[str]:
    """Yield the lines about the dialect and the columns."""
    heading = "with a heading" if layout.firstrow is FirstRow.Y else "without a heading"
    separator, quote = layout.fieldseparator, layout.quotecharacter
    quotes = "no quotes" if quote is Quote.NONE else f"{quote.lower().replace('_', ' ')}s"
    yield "How it was read"
    yield f"  {separator.lower()}s (fieldseparator {separator}), {quotes} (quotecharacter {quote}), {heading}"
    columns = {name: _column(layout, index, layout.label(name)) for name, index in layout.columns.items()}
    yield f"  columns (from 0): {', '.join(f'{name} {columns[name]}' for name in layout.own_columns)}"
    for name, text in layout.texts.items():
        yield f"  {name} of every row: {shown(text)}, in the clean file column {columns[name]}"
    for index, one in layout.only:
        value = f"{'not ' if one.negated else ''}{shown(one.value, 60) if one.value else 'blank'}"
        yield f"  only rows in which column {_column(layout, index, layout.labels[index])} is {value}"
    if layout.once_per_day:
        yield "  of the rows with one email, title and day only the earliest"
    if layout.added:
        yield f"  a bad-rows file; what is written has no {', '.join(layout.added)}"


def _column(layout: ResolvedLayout, number: int, label: str) -> str:
    """A column by its number, and by its label if there is a heading."""
    return f"{number} {shown(label, 40)}" if layout.firstrow is FirstRow.Y else str(number)


def example(dateformat: DateFormat) -> str:
    """A date in this format; empty if it has no strptime pattern."""
    return _EXAMPLE.strftime(dateformat.strptime) if dateformat.strptime else ""


def left_out(lines: Sequence[SkippedLines]) -> Iterator[str]:
    """Yield the lines about the skipped lines of a file."""
    if lines:
        yield "  left out, as no part of the table:"
    yield from (f"    {as_message(one.described(), 400)}" for one in lines)


def _read_as(report: Report) -> Iterator[str]:
    layout = report.layout
    yield from read_as(layout)
    pattern, strptime = f"dateformat {layout.dateformat.pattern}", layout.dateformat.strptime
    yield f"  dates like {example(layout.dateformat)}: {pattern}, strptime {strptime}" if strptime else f"  {pattern}"
    detected = [part for part in report.detected if part not in ("dateformat", "encoding")]
    if detected:
        yield f"  detected: {', '.join(detected)}; `preflight inspect` says why"
    if evidence := report.detected.get("dateformat"):
        yield f"  the dateformat was not given but found: it {as_message(evidence, 400)}"
    yield from left_out(report.skipped_lines)
    if report.normalized is not None:
        yield f"  the clean file has dateformat {report.clean_dateformat}"


def _verdicts(report: Report) -> Iterator[str]:
    yield "Verdict"
    lines = codes_by_line(report)
    width = max(6, *map(len, lines))
    for line, codes in lines.items():
        message = ", ".join(f"{kind.code}{as_warning(kind.code)} {found:,}" for kind, found in codes)
        yield f"  {line:<{width}} {message or 'good'}"


def codes_by_line(report: Report) -> dict[str, list[tuple[ProblemCode, int]]]:
    """The lines of the verdict: the row and each mapped column, with its codes and their counts."""
    found = {**report.problems, **report.warnings}
    lines: dict[str, list[tuple[ProblemCode, int]]] = {line: [] for line in ("row", *report.layout.columns)}
    for code in report.layout.own:
        lines.setdefault(line_of(code, report.layout), [])
    for code, count in found.items():
        if (line := line_of(code, report.layout)) in lines:
            lines[line].append((CODES[code], count))
    return lines


def line_of(code: str, layout: ResolvedLayout) -> str:
    """The line of the verdict for a code; codes for any cell are in the line of the row."""
    if code in layout.own:
        name = layout.name_of(layout.own[code])
        return name if name in layout.columns else visible(layout.label(name), 40)
    subject = CODES[code].subject
    return "row" if subject == "cell" else subject


def as_warning(code: str) -> str:
    """The suffix of a warning's code; an unknown code, of an own rule in another process, counts as an error."""
    return " (warning)" if code in CODES and CODES[code].severity == "warning" else ""


def _titlecount(report: Report) -> Iterator[str]:
    yield f"titlecount {report.titlecount}"
    yield from titles_found(report.titles)


def titles_found(titles: Titles) -> Iterator[str]:
    """Yield the numbers of distinct, known and new titles, and the first new ones."""
    yield (
        f"  {counted(titles.distinct, 'distinct title')} in the good rows (blanks at the ends trimmed), "
        f"{len(titles.known):,} of them known, {titles.new_count:,} new"
    )
    for title in titles.new[:SHOWN_TITLES]:
        yield f"  new: {visible(title, 70)} ({counted(titles.counts[title], 'row')})"
    if titles.new_count > SHOWN_TITLES:
        yield f"  and {titles.new_count - SHOWN_TITLES:,} more new titles"


def _fixed(fixes: Fixes, width: int) -> Iterator[str]:
    """Yield the numbers of fixes by kind, and the first fixes."""
    if not fixes.total:
        return
    heading = f"Would be changed, with {option('clean')} for the clean file" if fixes.preview else "Fixed"
    became = "would become" if fixes.preview else "became"
    yield f"{heading}: {_counts(fixes.counts)}"
    for fix in fixes.examples:
        where = f"row {fix.row} (line {fix.line}){f', {visible(fix.column, 40)}' if fix.column else ''}"
        text = f"{where}: {fix.kind}, {shown(fix.before, 60)} {became} {shown(fix.after, 60)}"
        yield from wrapped(text, width)
    if more := fixes.total - len(fixes.examples):
        yield f"  {more:,} more; {option('fixes', 'FILE.csv')} lists all"


def _mendable(report: Report, width: int) -> Iterator[str]:
    """Yield the lines about what fixes and suggestions would mend."""
    found, bad = report.mendable, counted(report.bad_rows, "bad row")
    ways = []
    if found.fix_rows:
        ways.append(f"{option('fix')} makes {found.fix_rows:,} of the {bad} good: {_counts(found.fix)}")
    if found.accept:
        good = f"; {found.accept_rows:,} of the {bad} would be good" if found.accept_rows else ""
        ways.append(f"{option('accept')} writes what is suggested: {_counts(found.accept)}{good}")
    if ways:
        yield "Can be mended"
    for text in ways:
        yield from wrapped(text, width)


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in counts.items())


def _problems(report: Report, width: int) -> Iterator[str]:
    if not report.examples:
        return
    yield "Problems"
    kinds = kinds_of(report)
    for kind in kinds:
        column = f", {kind.column}" if kind.column else ""
        code = f"{kind.code}{' (warning)' if kind.code in report.warnings else ''}"
        is_alone = kind.number == len(kind.shown) == 1
        yield f"  {places_of(kind.shown) if is_alone else kind.counted}{column}: {code}"
        for problems in kind.alike():
            before, after = ("", "    ") if is_alone else (f"{places_of(problems)}: ", "      ")
            yield from wrapped(before + _told(problems[0], kind), width, "    ", after)
        if more := kind.number - len(kind.shown):
            yield f"    {f'and {more:,} more' if kind.shown else 'not shown'}"
        if kind.action:
            yield from wrapped(f"To do: {kind.action}", width, "    ", "      ")
    yield from filter(None, [more_than_shown(report, kinds)])


def _told(problem: Problem, kind: Kind) -> str:
    column = "" if kind.column or not problem.column else f"{visible(problem.column, 40)}: "
    cell = f"{shown(problem.value, 60)} — " if problem.value else ""
    suggestion = f" Suggestion: {visible(problem.suggestion, 100)}" if problem.suggestion else ""
    return f"{column}{cell}{as_message(problem.message, 400)}{suggestion}"


def wrapped(text: str, width: int, indent: str = "  ", following: str = "    ") -> list[str]:
    """The text in lines of at most `width` characters, the first indented by `indent`, the others by `following`."""
    return textwrap.wrap(text, width, initial_indent=indent, subsequent_indent=following, break_on_hyphens=False)
