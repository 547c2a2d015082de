"""Where judged records go while the file is read: the clean file, the bad-rows file, the problems as CSV or JSON."""

from __future__ import annotations

import codecs
import csv
import io
import json
import re
from collections.abc import Iterable, Sequence
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from preflight.cells import runs_of
from preflight.fixes import Fix
from preflight.layout import FirstRow, Quote, ResolvedLayout
from preflight.output import OutputFile
from preflight.problems import Problem
from preflight.records import Dialect, Mask, Records
from preflight.report import Report

if TYPE_CHECKING:
    from preflight.judging import Judged

PROBLEM_COLUMNS = Problem._fields
ADDED_COLUMNS = ("preflight_row", "preflight_line", "preflight_problems")
_FORMULA_STARTS = "=+-@\t\r\uff1d\uff0b\uff0d\uff20"  # the last four are the full-width forms of the first
_NUMBER = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)?")


class Sink(Protocol):
    """Takes judged records as they come, and the report at the end."""

    def take(self, judged: Judged) -> None:
        """Take the next run of records."""

    def finish(self, report: Report) -> None:
        """All records were taken."""


class CleanFile:
    """The heading and the good records, byte for byte, in order."""

    def __init__(self, out: OutputFile, heading: bytes) -> None:
        self._out = out
        out.write(heading)

    def take(self, judged: Judged) -> None:
        """Copy the good records."""
        self.copy(judged.records, ~judged.bad)

    def copy(self, records: Records, good: Mask) -> None:
        """Write the records that `good` marks."""
        block = memoryview(records.block)
        for start, end in runs_of(records, good):
            self._out.write(block[start:end])

    def finish(self, report: Report) -> None:
        """Nothing is left to do."""


class BadRowsFile:
    """The bad records in the file's own layout, to be mended and checked again; three more columns say what is wrong.

    It starts with a byte order mark, so that spreadsheets read it as UTF-8. A record keeps its bytes, unless a
    spreadsheet would run one of its cells or stumble over its structure: then it is written anew, with such cells
    defused, missing cells empty, and surplus cells after the added columns.
    """

    def __init__(self, out: OutputFile, layout: ResolvedLayout, heading: bytes) -> None:
        self._out = out
        self._layout = layout
        self._dialect = Dialect(layout.fieldseparator, layout.quotecharacter)
        self._plain = layout.quotecharacter is Quote.NONE
        self._line_end = b"\r\n" if heading.endswith(b"\r\n") or not heading else heading[-1:]
        self._separator, quote = self._dialect.separator.encode(), self._dialect.quote.encode()
        cell_start = rb"(?:\A|" + re.escape(self._separator) + rb")" + (re.escape(quote) + b"?" if quote else b"")
        starts = b"|".join(re.escape(character.encode()) for character in _FORMULA_STARTS)
        self._formula = re.compile(cell_start + b"(?:" + starts + b")")
        out.write(codecs.BOM_UTF8)
        if layout.firstrow is FirstRow.Y:
            out.write(self._with_added(heading.rstrip(b"\r\n"), ADDED_COLUMNS))

    def take(self, judged: Judged) -> None:
        """Write the bad records."""
        told = {row: list(problems) for row, problems in groupby(judged.problems, attrgetter("row"))}
        records, positions = judged.records, np.flatnonzero(judged.bad)
        columns = (positions, records.start[positions], records.stop[positions], records.line[positions])
        lines = []
        for i, start, stop, line in zip(*(column.tolist() for column in columns), strict=True):
            problems = told[judged.first_row + i]
            added = [str(judged.first_row + i), str(line), self._told(problems)]
            lines.append(self._bad_row(records.block[start:stop], problems, added))
        self._out.write(b"".join(lines))

    def finish(self, report: Report) -> None:
        """Nothing is left to do."""

    def _told(self, problems: Iterable[Problem]) -> str:
        if self._plain:  # no quotes to keep a message in its cell
            return "|".join(problem.code for problem in problems)
        return " | ".join(f"{problem.code}: {problem.message}" for problem in problems)

    def _bad_row(self, raw: bytes, problems: Sequence[Problem], added: Sequence[str]) -> bytes:
        if not self._formula.search(raw) and all(problem.column for problem in problems):
            return self._with_added(raw, added)
        cells = self._dialect.split(raw)
        cells += [""] * (self._layout.width - len(cells))
        cells[self._layout.width : self._layout.width] = added  # in line with the others; surplus cells come after
        return self._line(map(defused, cells)) + self._line_end

    def _with_added(self, record: bytes, added: Sequence[str]) -> bytes:
        return record + self._separator + self._line(added) + self._line_end

    def _line(self, cells: Iterable[str]) -> bytes:
        return self._dialect.separator.join(map(self._quoted, cells)).encode("utf-8", "replace")

    def _quoted(self, cell: str) -> str:
        quote = self._dialect.quote
        if quote and (quote in cell or self._dialect.separator in cell or "\n" in cell or "\r" in cell):
            return quote + cell.replace(quote, quote * 2) + quote
        return cell


class ProblemsFile:
    """One line a problem, as CSV: `row, line, column, code, severity, value, message, suggestion`."""

    def __init__(self, out: OutputFile) -> None:
        self._out = out
        self._out.write(_csv([PROBLEM_COLUMNS]))

    def take(self, judged: Judged) -> None:
        """Write the problems of these records."""
        self._out.write(_csv(map(_defused_cells, judged.problems)))

    def finish(self, report: Report) -> None:
        """Write what concerns the file as a whole."""
        self._out.write(_csv(map(_defused_cells, report.of_file)))


class FixesFile:
    """One line a fix, as CSV: `row, line, column, kind, before, after`."""

    def __init__(self, out: OutputFile) -> None:
        self._out = out
        self._out.write(_csv([Fix._fields]))

    def take(self, judged: Judged) -> None:
        """Write what was fixed in these records."""
        self._out.write(_csv(map(_defused_cells, judged.fixes)))

    def finish(self, report: Report) -> None:
        """Nothing is left to do."""


class JsonReportFile:
    """The report as `--json` prints it, but with every problem that is listed at all under `examples`."""

    def __init__(self, out: OutputFile) -> None:
        self._out = out
        self._between = b"\n"
        self._listed = 0
        out.write(b'{"examples": [')

    def take(self, judged: Judged) -> None:
        """Write the problems of these records."""
        self._write(judged.problems)

    def _write(self, problems: Iterable[Problem]) -> None:
        for problem in problems:
            self._listed += 1
            self._out.write(
                self._between + json.dumps(problem._asdict(), ensure_ascii=False).encode("utf-8", "replace")
            )
            self._between = b",\n"

    def finish(self, report: Report) -> None:
        """Write what concerns the file as a whole, and the rest of the report."""
        self._write(report.of_file)
        rest = {key: value for key, value in report.as_dict().items() if key != "examples"}
        rest["truncated"] = self._listed < report.found
        self._out.write(
            b"\n],\n" + json.dumps(rest, ensure_ascii=False, indent=2)[1:].encode("utf-8", "replace") + b"\n"
        )


def defused(cell: str) -> str:
    """A cell that no spreadsheet runs as a formula: one that it would gets a leading `'`; plain numbers stay."""
    if cell.startswith(tuple(_FORMULA_STARTS)) and not _NUMBER.fullmatch(cell):
        return "'" + cell
    return cell


def _defused_cells(line: Problem | Fix) -> list[Any]:
    return [defused(cell) if isinstance(cell, str) else cell for cell in line]


def _csv(lines: Iterable[Sequence[Any]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(lines)
    return text.getvalue().encode("utf-8", "replace")
