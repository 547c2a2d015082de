"""The problems of a report grouped by code: a headline, their number, and whole rows with the fault marked.

The groups are plain data; the macros of `problems.html.jinja` render them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import NamedTuple

from preflight.layouts.resolved import ResolvedLayout
from preflight.layouts.words import FirstRow
from preflight.model.codes import CODES, ProblemCode
from preflight.model.problems import Problem
from preflight.model.report import Report
from preflight.model.reported import MOST_SAMPLES, Sample
from preflight.render.marking import Part, parts_of, plain_parts
from preflight.text.asking import with_options
from preflight.text.display import as_message, visible
from preflight.workbooks.notes import column_letters

MOST_COLUMNS = 6
"""Limit for the columns of a group's table; the other cells of a row are folded."""

MOST_AT_FAULT = 2
"""Columns at fault that are always among them."""

MOST_FOLDED = 30
"""Limit for the folded cells of a row."""

LONGEST_FAULT, LONGEST_OTHER = 240, 90
"""Limits for the displayed characters of the cell at fault and of other cells, which only identify the row."""

LONGEST_MESSAGE, LONGEST_HEADLINE = 600, 160
"""Limits for the displayed characters of a message and of a headline (own rules may write long ones)."""

MISSING, SURPLUS = "no cell", "one too many"
"""The text of a missing cell, and the label of a surplus one."""


class Column(NamedTuple):
    """A column of a table: its letters in a spreadsheet (empty for a DataFrame), and its label."""

    letter: str
    label: str


@dataclass(frozen=True, slots=True)
class Cell:
    """A displayed cell: the `label` of its column, its text in parts, and whether it is at fault."""

    label: str
    parts: Sequence[Part] = ()
    at_fault: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A problem with its row.

    `shown_row` is the row's number in a spreadsheet, 0 for the file as a whole; `row` and `line` are those of the
    problem. `cells` are the cells of the table's columns, `more` the row's other filled cells; `left_out` is the number
    of cells that are not displayed. If the record could not be split, `cells` has only its text, without a label.
    """

    shown_row: int
    row: int
    line: int
    cells: Sequence[Cell]
    more: Sequence[Cell]
    left_out: int
    message: str
    suggestion: str


@dataclass(frozen=True, slots=True)
class Group:
    """All problems of one code: their number, and the first of them, for `row_of`.

    `columns` are the columns of the table, `places` their indices; none if no row could be split into cells. `message`
    is set if it is the same for every row, or about the whole file.
    """

    kind: ProblemCode
    headline: str
    action: str
    number: int
    column: str
    columns: Sequence[Column]
    places: Sequence[int]
    message: str
    samples: Sequence[Sample]

    @property
    def is_of_file(self) -> bool:
        """Whether the problems concern no row and no cell, so that the message is sufficient."""
        return not any(sample.problem.row or sample.problem.value for sample in self.samples)


def groups_of(report: Report) -> list[Group]:
    """A group for each code: errors before warnings, those with the most problems first."""
    found: dict[str, list[Sample]] = {code: [] for code in (*report.problems, *report.warnings)}
    of_no_row = (Sample(problem) for problem in report.of_file if not problem.row)
    for sample in (*of_no_row, *report.samples):
        found.setdefault(sample.problem.code, []).append(sample)
    counts = {**dict.fromkeys(found, 0), **report.problems, **report.warnings}
    groups = [_group(CODES[code], counts[code], samples, report) for code, samples in found.items()]
    return sorted(groups, key=_weight)


def _weight(group: Group) -> tuple[bool, int, bool]:
    """The sort key; with equal numbers, problems of cells come before those of rows, as they are easier to mend."""
    return group.kind.severity != "error", -group.number, group.kind.subject == "row"


def is_in_spreadsheet(report: Report) -> bool:
    """Whether the rows are those of a file, with numbers in a spreadsheet, not those of a DataFrame."""
    return bool(report.rows_above or report.layout.sheet) or report.layout.firstrow is FirstRow.N


def shown_row(report: Report, row: int, line: int) -> int:
    """The number of a row in a spreadsheet, 0 for the file as a whole; for a workbook it is the line."""
    return line if report.layout.sheet or not row else row + report.rows_above


def in_turn(groups: Sequence[Group]) -> Iterator[tuple[Group, Sample]]:
    """Yield the first sample of each group, then the second of each, and so on."""
    for turn in zip_longest(*(group.samples for group in groups)):
        yield from ((group, sample) for group, sample in zip(groups, turn, strict=True) if sample is not None)


def row_of(group: Group, sample: Sample, report: Report) -> Row:
    """A sample as a row of its group's table."""
    problem, layout = sample.problem, report.layout
    cells, more, left_out = [_record(problem)], list[Cell](), 0
    marked_as_record = sample.place < 0 and problem.spans
    if sample.cells and sample.place < layout.width and not marked_as_record:
        cells = [_cell(sample, place, layout) for place in group.places]
        kept = range(len(sample.cells))
        others = [place for place in kept if place not in group.places and sample.cells[place].strip()]
        more = [_cell(sample, place, layout) for place in others[:MOST_FOLDED]]
        left_out = len(others) - len(more) + sample.width - len(sample.cells)
    return Row(
        shown_row(report, problem.row, problem.line),
        problem.row,
        problem.line,
        cells,
        more,
        left_out,
        as_message(problem.message, LONGEST_MESSAGE),
        visible(problem.suggestion, LONGEST_FAULT),
    )


def _group(kind: ProblemCode, number: int, samples: list[Sample], report: Report) -> Group:
    layout, lettered = report.layout, is_in_spreadsheet(report)
    samples = sorted(samples, key=lambda sample: sample.problem.row)[:MOST_SAMPLES]
    places = _columns(kind, samples, layout)
    columns = [Column(column_letters(place + 1) if lettered else "", _label(layout, place)) for place in places]
    messages = list(dict.fromkeys(sample.problem.message for sample in samples))
    alike = (len(messages) == 1 and len(samples) > 1) or not any(
        one.problem.row or one.problem.value for one in samples
    )
    shared = as_message(" ".join(messages), LONGEST_MESSAGE) if alike else ""
    names = {sample.problem.column for sample in samples}
    column = visible(names.pop(), 60) if len(names) == 1 else ""
    headline, action = (
        as_message(kind.headline, LONGEST_HEADLINE),
        as_message(with_options(kind.action), LONGEST_MESSAGE),
    )
    return Group(kind, headline, action, number, column, columns, places, shared, samples)


def _columns(kind: ProblemCode, samples: Sequence[Sample], layout: ResolvedLayout) -> list[int]:
    """The columns of the table: all, or the mapped ones, those at fault, and the first of the others.

    Empty if no row could be split into cells.
    """
    if not any(sample.cells for sample in samples):
        return []
    width = max(layout.width, *(len(sample.cells) for sample in samples)) if kind.code == "extra-cell" else layout.width
    faulty = {sample.place for sample in samples if 0 <= sample.place < width} | set(range(layout.width, width))
    if kind.code == "missing-cell":
        faulty |= set(range(min(sample.width for sample in samples), width))
    mapped = [index for index in layout.own_columns.values() if index < width]
    wanted = dict.fromkeys([*sorted(faulty)[:MOST_AT_FAULT], *mapped, *range(width)])
    return sorted([*wanted][:MOST_COLUMNS])


def _label(layout: ResolvedLayout, place: int) -> str:
    if place >= layout.width:
        return SURPLUS
    return visible(layout.labels[place], 60) or column_letters(place + 1)


def _record(problem: Problem) -> Cell:
    """The value of a problem whose row could not be split."""
    return Cell("", parts_of(problem, LONGEST_FAULT), at_fault=True)


def _cell(sample: Sample, place: int, layout: ResolvedLayout) -> Cell:
    label = _label(layout, place)
    if place == sample.place:
        return Cell(label, parts_of(sample.problem, LONGEST_FAULT), at_fault=True)
    if place >= sample.width:  # a missing cell
        return Cell(label, (Part(MISSING, marked=True, escape=True),), at_fault=True)
    text = sample.cells[place] if place < len(sample.cells) else "…"
    surplus = place >= layout.width
    parts = plain_parts(text if len(text) <= LONGEST_OTHER else text[: LONGEST_OTHER - 1] + "…")
    return Cell(label, [replace(part, marked=surplus) for part in parts] if surplus else parts, at_fault=surplus)
