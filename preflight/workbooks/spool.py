"""A sheet as CSV text in a temporary file, with the positions of its date cells."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from preflight.errors import InputError, temporary_file
from preflight.layouts.words import Quote, Separator
from preflight.workbooks.csvtext import MOST_OF_A_CELL, CsvRows, Dates, csv_text
from preflight.workbooks.notes import Span
from preflight.workbooks.reading import ROWS_AT_ONCE
from preflight.workbooks.sheetxml import MOST_EMPTY_ROWS


@dataclass(frozen=True, slots=True)
class DateColumn:
    """The date cells of a column, in parts.

    `filled` has, for each part of the sheet without a date in this column, the first and the last filled row.
    """

    parts: list[Dates] = field(default_factory=list)
    filled: Sequence[Span] = ()

    @property
    def kinds(self) -> set[type]:
        """The types of the dates."""
        return set[type]().union(*(part.kinds for part in self.parts))

    @property
    def has_fractions(self) -> bool:
        """Whether any date has a fraction of a second."""
        return any((part.moments != part.moments.astype("datetime64[s]")).any() for part in self.parts)

    @property
    def all_rows(self) -> npt.NDArray[np.int64]:
        """The row numbers of all dates."""
        return np.concatenate([part.rows for part in self.parts])

    @property
    def all_moments(self) -> npt.NDArray[np.datetime64]:
        """The moments of all dates, in microseconds."""
        return np.concatenate([part.moments for part in self.parts])

    def is_mixed(self, first: int, last: int | None) -> bool:
        """Whether a cell from row `first` to `last` (None: the end) may be something else than a date."""
        spans = [*self.filled, *((row, row) for part in self.parts for row in part.others)]
        return any(stop >= first and (last is None or start <= last) for start, stop in spans)


@dataclass
class Spooled:
    """A sheet as CSV text: a temporary file and its size in bytes. Record n is row n of the sheet.

    `dates` are the columns with date cells, by index.
    """

    stream: BinaryIO
    size: int
    separator: Separator
    quote: Quote
    rows: int
    width: int
    dates: Mapping[int, DateColumn]

    def with_dates(self, column: int, texts: Sequence[str]) -> Spooled:
        """A copy with `texts` for the date cells of a column; closes this one."""
        of_row = dict(zip(self.dates[column].all_rows.tolist(), texts, strict=True))

        def change(row: int, cells: list[str]) -> None:
            if row in of_row:
                cells[column] = of_row[row]

        return self.changed(change)

    def changed(self, change: Callable[[int, list[str]], None]) -> Spooled:
        """A copy in which `change(row, cells)` has modified the cells of each row; closes this one."""
        made = temporary_file()
        self.stream.seek(0)
        text, size, longest = (
            io.TextIOWrapper(self.stream, "utf-8", newline=""),
            0,
            csv.field_size_limit(MOST_OF_A_CELL),
        )
        try:
            rows = enumerate(csv.reader(text, delimiter=self.separator.character, quotechar=self.quote.character), 1)
            while batch := list(islice(rows, ROWS_AT_ONCE)):
                for row, cells in batch:
                    change(row, cells)
                size += made.write(csv_text([cells for _, cells in batch], self.separator, self.quote))
        finally:
            csv.field_size_limit(longest)
        text.close()
        made.seek(0)
        return replace(self, stream=made, size=size)


def spooled(parts: Iterable[CsvRows], separator: Separator, quote: Quote, shown_sheet: str) -> Spooled | None:
    """Write a sheet to a temporary file; None if all its cells are blank.

    Rows before the first cell are written as blank rows; blank rows after the last cell are left out. Raises
    `InputError` for a gap of more than `MOST_EMPTY_ROWS` blank rows.
    """
    writing = _Writing(separator, quote, shown_sheet)
    try:
        for rows in parts:
            writing.add(rows)
    except BaseException:
        writing.stream.close()
        raise
    if not writing.width:
        writing.stream.close()
        return None
    writing.stream.seek(0)
    width, dates = writing.width, writing.dates
    made = Spooled(writing.stream, writing.size, separator, quote, writing.last_row, width, dates)
    return made if writing.least_width == width else made.changed(lambda _, cells: _pad(cells, width))


class _Writing:
    """Writes rows, and collects the positions of their date cells."""

    def __init__(self, separator: Separator, quote: Quote, shown_sheet: str) -> None:
        self.stream = temporary_file()
        self.size = self.width = self.least_width = 0
        self.last_row = 0
        self._dates: dict[int, list[Dates]] = defaultdict(list)
        self._filled: dict[int, list[Span]] = defaultdict(list)
        self._separator, self._quote, self._shown = separator, quote, shown_sheet

    @property
    def dates(self) -> Mapping[int, DateColumn]:
        """The columns with date cells, by index."""
        return {place: DateColumn(parts, self._filled[place]) for place, parts in self._dates.items()}

    def add(self, rows: CsvRows) -> None:
        """Write the next rows."""
        if (gap := rows.first - self.last_row - 1) > MOST_EMPTY_ROWS:
            raise InputError(
                f"{self._shown} has {gap:,} empty rows before row {rows.first:,}; delete what stands below them, or "
                "copy the table to a sheet of its own"
            )
        self.width = max(self.width, rows.width)
        self.least_width = self.least_width or self.width
        for place, dates in rows.dates.items():
            self._dates[place].append(dates)
        for place, span in rows.filled.items():
            self._filled[place].append(span)
        blank = (self._separator.character * (self.width - 1) + "\n").encode() * gap
        self.size += self.stream.write(blank) + self.stream.write(rows.padded(self.width, self._separator, self._quote))
        self.last_row = rows.last


def _pad(cells: list[str], width: int) -> None:
    cells += [""] * (width - len(cells))
