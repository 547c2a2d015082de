"""The rows that the page shows, with their problems, and the kinds of problems. Plain data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import quote

from starlette.datastructures import FormData, QueryParams

from preflight.layouts.words import FirstRow
from preflight.model.codes import CODES
from preflight.model.problems import Problem
from preflight.model.report import Report
from preflight.render.marking import Part, parts_of
from preflight.render.plainwords import unlabelled
from preflight.text.asking import with_options
from preflight.text.display import as_message, visible
from uploader.editing.grid import BAD, CHANGED, GOOD, OUT, TAKEN_OUT, Grid, GridRow
from uploader.editing.work import Numbers
from uploader.page.posted import LONGEST_EDITED, as_shown

PAGE_ROWS, PAGE_CELLS = 50, 1_500
"""Most rows, and most cells, on a page of the grid: a wide file has fewer rows on a page."""

LONGEST_LABEL, LONGEST_CELL, LONGEST_MESSAGE = 60, 240, 600


@dataclass(frozen=True, slots=True)
class Fault:
    """A problem as shown: its code, message, the value in parts, and a suggestion or empty."""

    code: str
    message: str
    parts: Sequence[Part]
    suggestion: str
    warning: bool


@dataclass(slots=True)
class Cell:
    """A cell of the grid: its text as a browser returns it, and its problems.

    A `long` cell cannot be edited; `lines` is true if it holds line breaks.
    """

    place: int
    text: str
    lines: bool
    long: bool
    faults: list[Fault] = field(default_factory=list)

    @property
    def bad(self) -> bool:
        """True if the cell has an error, so that the row cannot be sent."""
        return any(not one.warning for one in self.faults)


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the grid; `faults` are those of the row as a whole, `surplus` its cells beyond the heading.

    `says` is the state in words.
    """

    number: int
    line: int
    state: str
    says: str
    version: int
    changed: bool
    cells: Sequence[Cell]
    faults: Sequence[Fault]
    surplus: str


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the file: its label, and the name it is mapped to, or empty."""

    place: int
    label: str
    name: str


def rows_of_page(report: Report) -> int:
    """The number of rows on a page of the grid."""
    return max(5, min(PAGE_ROWS, PAGE_CELLS // report.layout.width))


def columns_of(report: Report) -> list[Column]:
    """The columns of a file: first those that are sent, as they have the problems, then the others."""
    layout = report.layout
    named = {place: name for name, place in layout.own_columns.items()}
    numbered = layout.firstrow is FirstRow.N
    return [
        Column(
            i,
            unlabelled(i) if numbered or not label else visible(label, LONGEST_LABEL),
            named.get(i, ""),
        )
        for i, label in sorted(enumerate(layout.labels), key=lambda one: one[0] not in named)
    ]


def rows_of(grid: Grid, rows: Sequence[GridRow]) -> list[Row]:
    """Rows in their present state, with their problems."""
    verdicts = grid.rows.judged([row.shown for row in rows])
    named = set(grid.rows.layout.own_columns.values())
    found: list[Row] = []
    for row, verdict in zip(rows, verdicts, strict=True):
        own, rest = grid.rows.cells(row.shown)
        cells = [Cell(i, as_shown(text), "\n" in text or "\r" in text, len(text) > LONGEST_EDITED)
                 for i, text in enumerate(own)]  # fmt: skip
        for cell in cells:
            cell.text = visible(cell.text, LONGEST_CELL) if cell.long else cell.text
        faults: list[Fault] = []
        for problem in verdict.problems if row.now is not None else ():
            place = grid.place(problem)
            (cells[place].faults if place >= 0 else faults).append(_fault(problem))
        cells.sort(key=lambda cell: cell.place not in named)  # as the columns are
        changed = row.now is None or row.now.record != row.source.record
        surplus = visible(grid.rows.dialect.joined(map(as_shown, rest)), LONGEST_CELL) if any(rest) else ""
        says = "taken out" if row.now is None else _SAYS[row.state]
        found.append(Row(row.number, row.source.line, row.state, says, row.version, changed, cells, faults, surplus))
    return found


_SAYS = {BAD: "bad", GOOD: "good now", OUT: "left out"}


def _fault(problem: Problem) -> Fault:
    return Fault(
        problem.code,
        as_message(problem.message, LONGEST_MESSAGE),
        parts_of(problem, LONGEST_CELL) if problem.spans else (),
        problem.suggestion,
        problem.severity == "warning",
    )


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of problem of the bad rows: the number of rows, and of those with a suggestion."""

    code: str
    headline: str
    action: str
    rows: int
    suggestions: int


_ON_PAGE = {
    "email-several": "Keep one address in the cell. The page adds no rows: to send the others too, add a row for each "
    "to the file itself, and choose it again.",
}
"""What to do about problems that the page cannot mend as the catalogue says."""


def kinds_of(grid: Grid) -> list[Kind]:
    """The kinds of problems of the bad rows, in the order of the catalogue."""
    kinds = [(CODES[code], rows, several) for code, rows, several in grid.kinds()]
    return [
        Kind(one.code, one.headline, _ON_PAGE.get(one.code) or _taken_out(with_options(one.action)), rows, several)
        for one, rows, several in kinds
    ]


def _taken_out(action: str) -> str:
    """What to do, with the page's button for the advice to delete a row."""
    return action.replace("Delete the row", "Take the row out").replace("delete the row", "take the row out")


@dataclass(frozen=True, slots=True)
class Position:
    """The rows that a page shows: their state, problem code and start; `here` is the address of the file."""

    here: str
    state: str = BAD
    code: str = ""
    start: int = 0

    @classmethod
    def of(cls, here: str, form: FormData | QueryParams) -> Position:
        """The position in a form or a query."""
        start = str(form.get("start", "0"))
        number = int(start) if start.isascii() and start.isdecimal() and len(start) < 10 else 0
        state, code = str(form.get("state", BAD)), str(form.get("code", ""))
        state = state if state in (CHANGED, TAKEN_OUT) else BAD
        return cls(here, state, code if code in CODES and state == BAD else "", number)

    def query(self, path: str) -> str:
        """The URL of the same rows."""
        return f"{path}?state={quote(self.state)}&code={quote(self.code)}&start={self.start}#grid"


@dataclass(frozen=True, slots=True)
class GridView:
    """The data of a page of the grid."""

    here: str
    state: str
    code: str
    start: int
    most: int
    page: int
    pages: int
    tabs: Sequence[tuple[str, str, int]]
    columns: Sequence[Column]
    rows: Sequence[Row]


def tabs_of(numbers: Numbers) -> list[tuple[str, str, int]]:
    """The tabs above the grid: the rows they show, their name, and the number of rows."""
    return [
        (BAD, "Bad rows", numbers.bad),
        (CHANGED, "Changed", numbers.changed),
        (TAKEN_OUT, "Taken out", numbers.taken_out),
    ]


def view_of(grid: Grid, report: Report, where: Position, numbers: Numbers) -> GridView:
    most = rows_of_page(report)
    state, code, start = where.state, where.code, where.start
    rows, number = grid.page(state, code, start, most)
    if not rows and number:
        start = (number - 1) // most * most
        rows, number = grid.page(state, code, start, most)
    columns, shown_rows, tabs = columns_of(report), rows_of(grid, rows), tabs_of(numbers)
    page, pages = start // most + 1, max(1, -(-number // most))
    return GridView(where.here, state, code, start, most, page, pages, tabs, columns, shown_rows)
