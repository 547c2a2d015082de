"""The rows of a checked file one by one: reads bad rows, judges mended ones, and writes the table with them.

The file itself is not changed. The written table is checked again like any file, in `FileRows.mended_layout`; records
that were not mended keep their bytes.
"""

from __future__ import annotations

import io
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import chain, filterfalse, groupby
from typing import Any

import numpy as np

from preflight.dates.known import KNOWN_FORMATS
from preflight.detect.heading import read_heading
from preflight.detect.sheets import detect_file
from preflight.engine.job import Job
from preflight.engine.judging import Judge
from preflight.errors import LayoutError
from preflight.evidence.datelimits import DateLimits
from preflight.inputs.source import Source
from preflight.layouts.layout import TEXTS, Layout
from preflight.layouts.words import FirstRow
from preflight.model.fixes import Acceptance
from preflight.model.options import CheckOptions, File
from preflight.model.problems import Problem
from preflight.model.report import Report
from preflight.outputs.file import OutputFile
from preflight.records.grammar import WELL_FORMED, Dialect
from preflight.records.run import Records
from preflight.records.spreadsheet import unguarded
from preflight.rules.builtin import RowRule, rule_makers
from preflight.rules.own import loaded
from preflight.text.display import shown


@dataclass(frozen=True, slots=True)
class FileRow:
    """A row of a file: row number and first line, both from 1, record without its line end, and fault (`grammar`)."""

    number: int
    line: int
    record: bytes
    fault: int = WELL_FORMED


@dataclass(frozen=True, slots=True)
class RowVerdict:
    """The verdict on a row by itself: its `problems`, and whether the `only` option leaves it out."""

    problems: tuple[Problem, ...]
    left_out: bool = False

    @property
    def bad(self) -> bool:
        """True if the row must not be sent."""
        return any(one.severity == "error" for one in self.problems)


class FileRows:
    """The rows of a file that was checked with the result `report`.

    `layout` and `options` are those of the call of `check`; the detected layout is in the report. Rows are judged by
    the same rules, except for the problems of the whole file: repeated rows, spellings of one title. Raises
    `LayoutError` if the layout contradicts the file.
    """

    def __init__(self, file: File, layout: Layout, options: CheckOptions, report: Report) -> None:
        if report.contradiction is not None:
            raise LayoutError(report.contradiction.message)
        self.layout = report.layout
        self.dialect = Dialect(self.layout.fieldseparator, self.layout.quotecharacter)
        self._file, self._asked, self._report = file, layout, report
        rules = loaded((*options.rules, *(layout.rules or ())))
        self._reading = options.reading
        with Source(file, layout.encoding, layout=layout) as source:
            self._tolerant = source.tolerant
        limits = DateLimits(options.oldest, options.newest)
        makers = [*rule_makers(), *(one.on for one in rules), RowRule]
        self._judge = Judge(
            Job(
                self.layout,
                makers,
                limits,
                source=report.file,
                tolerant=True,
                fix=options.fix,
                accept=Acceptance(options.accept),
                only_previews=options.only_previews,
                key=os.urandom(16),
            )
        )

    def bad(self) -> Iterator[tuple[FileRow, RowVerdict]]:
        """Yield the bad rows in file order, each with its verdict, in bounded memory."""
        good = self._report.good.to_numpy()
        with self._opened() as (_, runs):
            for run, first in _numbered(runs):
                places = np.flatnonzero(~good[first - 1 : first - 1 + len(run)])
                for at in range(0, len(places), MOST_AT_ONCE):
                    rows = [_row(run, place, first + place) for place in places[at : at + MOST_AT_ONCE].tolist()]
                    yield from (
                        (row, verdict) for row, verdict in zip(rows, self.judged(rows), strict=True) if verdict.bad
                    )

    def rows(self, numbers: Sequence[int]) -> Iterator[FileRow]:
        """Yield the rows with these numbers in file order; numbers that the file does not have are skipped."""
        wanted = np.unique(np.array(numbers, np.int64))
        with self._opened() as (_, runs):
            for run, first in _numbered(runs):
                start, stop = wanted.searchsorted([first, first + len(run)])
                yield from (_row(run, number - first, number) for number in wanted[start:stop].tolist())
                if stop == len(wanted):
                    return

    def judged(self, rows: Sequence[FileRow]) -> list[RowVerdict]:
        """The verdict on each row, by itself."""
        if not rows:
            return []
        found, _ = self._judge.judge(_records(rows), 1)
        of_row = {number: tuple(some) for number, some in groupby(found.problems, lambda one: one.row)}
        out = found.chunk.left_out.tolist()
        return [
            RowVerdict(tuple(one._replace(row=row.number) for one in of_row.get(i, ())), out[i - 1])
            for i, row in enumerate(rows, 1)
        ]

    def fixable(self, rows: Sequence[FileRow]) -> Counter[str]:
        """The number of fixes by kind that would make bad ones of these rows good, as in `Report.mendable`."""
        if not rows:
            return Counter()
        found, _ = self._judge.judge(_records(rows), 1)
        return self._judge.all_mendable(found).fix

    def cells(self, row: FileRow) -> tuple[list[str], list[str]]:
        """The cells of a row, one for each column of the file, and the surplus cells.

        Undecodable bytes are lone surrogates, which `written` turns into the same bytes. The cells of a record with
        misplaced quotes are a guess.
        """
        cells = self.dialect.cells_of(row.record.decode("utf-8", "surrogateescape"))
        own, rest = cells[: self.layout.width], cells[self.layout.width :]
        if self.layout.added:
            own, rest = list(map(unguarded, own)), rest[len(self.layout.added) :]
        return own + [""] * (self.layout.width - len(own)), rest

    def written(self, row: FileRow, cells: Sequence[str]) -> FileRow:
        """The row with other cells; raises `LayoutError` for a cell that the file's dialect cannot represent."""
        if len(cells) != self.layout.width:
            raise LayoutError(f"row {row.number} has {self.layout.width} cells, not {len(cells)}")
        if (unwritable := next(filterfalse(self.dialect.can_hold, cells), None)) is not None:
            raise LayoutError(
                f"{shown(unwritable, 60)} cannot be written: it holds the field separator or a line break, and the "
                "file is read without a quote character (NONE)"
            )
        added = []
        if self.layout.added:  # the person who wrote these cells has confirmed the guess
            cells_added = self.dialect.cells_of(row.record.decode("utf-8", "surrogateescape"))[self.layout.width :]
            named = dict(zip(self.layout.added, cells_added, strict=False))
            added = [named.get(label, "") if label in _PLACES else "" for label in self.layout.added]
        text = self.dialect.joined([*cells, *added])
        return replace(row, record=text.encode("utf-8", "surrogateescape"), fault=WELL_FORMED)

    def write(self, path: File, changed: Mapping[int, FileRow | None]) -> int:
        """Write the table with rows replaced, by number, or removed (None); returns its number of rows."""
        numbers, rows = np.array(sorted(changed), np.int64), 0
        with OutputFile(path) as out, self._opened() as (heading, runs):
            out.write(heading)
            for run, first in _numbered(runs):
                start, stop = numbers.searchsorted([first, first + len(run)])
                done = int(run.start[0])
                rows += len(run)
                for number in numbers[start:stop].tolist():
                    place, row = number - first, changed[number]
                    out.write(run.block[done : int(run.start[place])])
                    done = int(run.end[place])
                    if row is None:
                        rows -= 1
                        continue
                    out.write(row.record)
                    out.write(run.block[int(run.stop[place]) : done])
                out.write(run.block[done : int(run.end[-1])])
        return rows

    @property
    def mended_layout(self) -> Layout:
        """The layout of the table that `write` writes. It is complete, so that nothing is detected again."""
        given = self._asked
        texts = {name: getattr(given, name) for name in TEXTS.values()}
        return Layout.of(
            **self.layout.own_columns,
            **texts,
            dateformat=None if given.date_text is not None else self.layout.dateformat.pattern,
            fieldseparator=self.layout.fieldseparator,
            quotecharacter=self.layout.quotecharacter,
            firstrow=self.layout.firstrow,
            encoding="utf-8" if self._tolerant else None,
            table_line=1,
            only=given.only,
            once_per_day=given.once_per_day,
            rules=given.rules,
        )

    @contextmanager
    def _opened(self) -> Iterator[tuple[bytes, Iterator[Records]]]:
        """Context manager: the bytes of the heading, empty without one, and the data records."""
        asked = self._asked
        with Source(self._file, asked.encoding, layout=asked) as source:
            layout = detect_file(source, asked, self._reading).layout
            if layout.dateformat is None:
                layout = replace(layout, dateformat=KNOWN_FORMATS[0].pattern)  # does not affect where records are
            runs = source.records(self.dialect)
            first = next(runs)
            heading = bytes(first.block[int(first.start[0]) : int(first.end[0])])
            _, _, data = read_heading(source, layout, chain([first], runs))
            yield (heading if self.layout.firstrow is FirstRow.Y else b""), data


MOST_AT_ONCE = 2_000
"""Number of rows judged at once."""

_PLACES = ("preflight_row", "preflight_line")
"""The added columns that locate a row in the source."""


def _row(run: Records, place: int, number: int) -> FileRow:
    return FileRow(number, int(run.line[place]), run.raw(place), int(run.fault[place]))


def _records(rows: Sequence[FileRow]) -> Records:
    sizes = np.array([len(row.record) for row in rows], np.int64)
    end = np.cumsum(sizes + 1)
    line, fault = np.array([row.line for row in rows]), np.array([row.fault for row in rows], np.int8)
    block = b"\n".join([*(row.record for row in rows), b""])
    return Records(block, end - 1 - sizes, end - 1, end, line, fault)


def _numbered(runs: Iterator[Records]) -> Iterator[tuple[Records, int]]:
    """Yield the runs that are not empty, each with the number of its first row."""
    first = 1
    for run in runs:
        if len(run):
            yield run, first
        first += len(run)


def named_file(path: File, name: str) -> Any:
    """Open a file for reading, under another name for messages and reports."""
    raw = io.FileIO(path)
    raw.name = name
    return io.BufferedReader(raw)
