"""The bad-rows file as an Excel workbook: cells at fault are coloured and have the reason as a note.

It has the columns of the CSV bad-rows file, and is merged in the same way. Every cell is text, so that no program
rewrites a date or a number, or runs a formula.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import xlsxwriter
from xlsxwriter.format import Format

from preflight.errors import OutputError
from preflight.layouts.resolved import ResolvedLayout
from preflight.layouts.words import FirstRow
from preflight.model.added import ADDED_COLUMNS, Added
from preflight.model.arrays import Mask, Positions
from preflight.model.codes import CODES
from preflight.model.findings import Findings
from preflight.model.problems import Diagnosis
from preflight.model.report import Report
from preflight.outputs.file import OutputFile
from preflight.outputs.judged import Judged
from preflight.outputs.problemtexts import ProblemTexts, one_line
from preflight.outputs.sinks import Output
from preflight.records.grammar import Dialect
from preflight.records.run import Records
from preflight.records.spreadsheet import guarded
from preflight.sheets.textsheet import TextSheet
from preflight.text.display import shown_file

MOST_ROWS = 1_048_576
MOST_COLUMNS = 16_384
MOST_CHARACTERS = 32_767
"""Excel's limits for a sheet: rows, columns, and UTF-16 code units in a cell."""

MOST_NOTES = 2_000
"""Limit for the cells with a note: notes take more time than the rest of the sheet, to write and in Excel. All cells at
fault are coloured, and `preflight_problems` has all reasons."""

ERROR_COLOUR, WARNING_COLOUR = "#FFC7CE", "#FFEB9C"
"""Light red and light yellow, the colours of Excel's styles "Bad" and "Neutral"."""

SHEET = "Bad rows"
_WIDTHS = {"preflight_row": 13, "preflight_line": 13, "preflight_problems": 60, "preflight_suggestion": 30}
_WIDTH = 22
_BLOCK = 1 << 20


class Mark(NamedTuple):
    """A cell at fault: the index of its column, and the reason."""

    column: int
    reason: str
    is_error: bool


class BadRow(NamedTuple):
    """A bad row: the texts of its cells, the added ones included, and the cells at fault."""

    cells: Sequence[str]
    marks: Sequence[Mark]


class MarkedRows:
    """A callable that returns the bad rows of a judged chunk, cell by cell."""

    def __init__(self, layout: ResolvedLayout) -> None:
        self._labels = {column: layout.label(column) for column in layout.known_columns}
        self._dialect = Dialect(layout.fieldseparator, layout.quotecharacter)
        self._width = layout.width
        self._places = {column: index for column, index in layout.known_columns.items() if index < layout.width}

    def __call__(self, judged: Judged) -> list[BadRow]:
        """The bad rows of a chunk, in file order."""
        first, records = judged.chunk.first_row, judged.records
        found = judged.found.where(judged.bad[judged.found.rows - first])
        starts = np.append(np.flatnonzero(np.diff(found.rows, prepend=-1)), len(found))
        rows, faults = found.rows[starts[:-1]], found.faults.at(found.kinds)
        own = list(map(self._dialect.split, records.raws(rows - first)))
        problems, suggestions = self._texts(found, starts, [cells[self._width :] for cells in own])
        made: list[BadRow] = []
        for i, (row, (start, stop)) in enumerate(zip(rows.tolist(), pairwise(starts.tolist()), strict=True)):
            added = records.added[row - first] if records.added else Added()
            cells = [_kept(cell) for cell in own[i][: self._width]]
            cells += [""] * (self._width - len(cells))
            line = added.line or str(int(records.line[row - first]))
            cells += [added.row or str(row), line, added.problems if added.guessed else problems[i], suggestions[i]]
            made.append(BadRow(cells, self._marks(faults[start:stop])))
        return made

    def _texts(
        self, found: Findings, starts: Positions, surplus: Sequence[Sequence[str]]
    ) -> tuple[list[str], list[str]]:
        """The problems and the suggestions of each row, given where its findings start and its surplus cells."""
        texts = ProblemTexts(found, starts, self._labels, self._dialect)
        too_many = np.array(list(map(bool, surplus)), np.bool_)
        joined = pa.array([self._dialect.joined(cells).encode() for cells in surplus if cells], pa.binary())
        problems = texts.problems(too_many, joined, in_quotes=False)
        suggestions = texts.of_rows(texts.suggestions())
        return problems.cast(pa.string()).to_pylist(), suggestions.cast(pa.string()).to_pylist()

    def _marks(self, faults: Sequence[Diagnosis]) -> list[Mark]:
        """The cells at fault; for a fault of the row itself, the cell of `preflight_problems`."""
        found: dict[int, Mark] = {}
        for fault in faults:
            column = self._places.get(fault.subject, self._width + ADDED_COLUMNS.index("preflight_problems"))
            is_error = CODES[fault.code].severity == "error"
            before = found.get(column)
            reason = one_line(fault) if before is None else f"{before.reason}\n{one_line(fault)}"
            found[column] = Mark(column, reason, is_error or (before is not None and before.is_error))
        return list(found.values())


class BadRowsWorkbook(Output):
    """The output: spools the rows to temporary files in `folder`, and writes the workbook at the end.

    Raises `OutputError` for data beyond Excel's limits: nothing is truncated.
    """

    def __init__(self, out: OutputFile, layout: ResolvedLayout, heading: bytes, folder: Path) -> None:
        self._shown = shown_file(out.path)

        self._columns = layout.width + len(ADDED_COLUMNS)
        if self._columns > MOST_COLUMNS:
            raise self._beyond(f"are {self._columns:,} columns", f"{MOST_COLUMNS:,}")
        self.part_of = MarkedRows(layout)
        self._out = out
        self._made = folder / "bad.xlsx"
        options = {
            "constant_memory": True,
            "tmpdir": str(folder),
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        }
        self._book: xlsxwriter.Workbook = xlsxwriter.Workbook(str(self._made), options)
        self._sheet = self._book.add_worksheet(SHEET, TextSheet)
        self._text = self._format()
        self._colours = {True: self._format(bg_color=ERROR_COLOUR), False: self._format(bg_color=WARNING_COLOUR)}
        self._next = self._notes = 0
        self._is_done = False
        self._sheet.set_column(0, self._columns - 1, _WIDTH, self._text)
        for place, label in enumerate(ADDED_COLUMNS, layout.width):
            self._sheet.set_column(place, place, _WIDTHS[label], self._text)
        self._headed = layout.firstrow is FirstRow.Y
        if self._headed:
            labels = Dialect(layout.fieldseparator, layout.quotecharacter).split(heading.rstrip(b"\r\n"))
            self._sheet.freeze_panes(1, 0)
            self._add([*labels, *ADDED_COLUMNS], {}, self._format(bold=True))

    def write(self, part: Sequence[BadRow], records: Records, bad: Mask) -> None:
        """Write a batch of rows."""
        for cells, marks in part:
            row = self._next
            self._add(cells, {mark.column: self._colours[mark.is_error] for mark in marks}, self._text)
            for mark in marks:
                if self._notes < MOST_NOTES:
                    self._sheet.write_comment(row, mark.column, mark.reason, {"author": "preflight"})
                    self._notes += 1

    def finish(self, report: Report) -> None:
        """Write the workbook."""
        if self._headed:
            self._sheet.autofilter(0, 0, self._next - 1, self._columns - 1)
        self._is_done = True
        self._sheet.end_texts()
        self._book.close()
        with self._made.open("rb") as made:
            shutil.copyfileobj(made, self._out, _BLOCK)

    def close(self) -> None:
        """Close an unfinished workbook, so that its temporary files can be deleted."""
        if not self._is_done:
            self._sheet.end_texts()
            self._book.close()

    def _add(self, cells: Sequence[str], colours: dict[int, Format], otherwise: Format) -> None:
        if self._next >= MOST_ROWS:
            raise self._beyond("are more bad rows", f"{MOST_ROWS - 1:,}")
        longest = max(cells, key=len)
        if len(longest) > MOST_CHARACTERS // 2 and len(longest.encode("utf-16-le")) // 2 > MOST_CHARACTERS:
            raise self._beyond(f"is a cell of {len(longest):,} characters", f"{MOST_CHARACTERS:,}")
        self._sheet.write_texts(self._next, cells, colours, otherwise)
        self._next += 1

    def _format(self, **properties: object) -> Format:
        return self._book.add_format({"num_format": "@", "valign": "top", **properties})

    def _beyond(self, excess: str, limit: str) -> OutputError:
        return OutputError(f"cannot write {self._shown}: there {excess}, Excel takes {limit}; name it *.csv instead")


def _kept(cell: str) -> str:
    """The text to write for a cell: a leading `'` is doubled where reading would take it off as a guard."""
    return guarded(cell) if cell.startswith("'") else cell
