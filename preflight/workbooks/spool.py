"""A sheet's rows as CSV text in a temporary file, and where its true dates stand."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import islice
from typing import Any, BinaryIO, cast

import numpy as np
import numpy.typing as npt

from preflight.errors import InputError
from preflight.layouts.words import Quote, Separator
from preflight.workbooks.cells import DATES, texts_of
from preflight.workbooks.reading import ROWS_AT_ONCE, Row, Rows
from preflight.workbooks.sheetxml import MOST_EMPTY_ROWS

_EPOCH = date(1970, 1, 1).toordinal()
MOST_OF_A_CELL = 2**31 - 1


@dataclass
class DateColumn:
    """The true dates of a column: their rows, from 1, and their moments.

    `others` are the rows of cells that are neither dates nor blank; of rows before the first date `last_before` is the
    last that may be such a one.
    """

    rows: list[npt.NDArray[np.int64]] = field(default_factory=list)
    moments: list[npt.NDArray[np.datetime64]] = field(default_factory=list)
    others: list[int] = field(default_factory=list)
    last_before: int = 0
    kinds: set[type] = field(default_factory=set)

    @property
    def has_fractions(self) -> bool:
        """Whether any date has a fraction of a second."""
        moments = self.all_moments
        return bool((moments != moments.astype("datetime64[s]")).any())

    def add(self, first: int, cells: Sequence[Any], kinds: set[type]) -> None:
        """Take cells of the rows from the `first` on, of these types, dates among them."""
        self.kinds |= kinds & DATES
        if kinds <= DATES:
            self.rows.append(np.arange(first, first + len(cells)))
            self.moments.append(_moments(cells, kinds))
            return
        dates = [(row, cell) for row, cell in enumerate(cells, first) if type(cell) in DATES]
        self.rows.append(np.array([row for row, _ in dates], np.int64))
        self.moments.append(_moments([cell for _, cell in dates], kinds & DATES))
        self.add_others(first, cells)

    def add_others(self, first: int, cells: Sequence[Any]) -> None:
        """Take cells that are no dates, or not all of them."""
        self.others += [row for row, cell in enumerate(cells, first) if cell != "" and type(cell) not in DATES]

    @property
    def all_rows(self) -> npt.NDArray[np.int64]:
        """The rows of all dates."""
        return np.concatenate(self.rows)

    @property
    def all_moments(self) -> npt.NDArray[np.datetime64]:
        """The moments of all dates, in microseconds."""
        return np.concatenate(self.moments)

    def is_mixed(self, first: int, last: int | None) -> bool:
        """Whether cells of these rows may be something else than a date."""
        return self.last_before >= first or any(first <= row and (last is None or row <= last) for row in self.others)


@dataclass
class Spooled:
    """A sheet as CSV text: a temporary file and its size in bytes; record n of it is row n of the sheet.

    `dates` are the columns with true dates, by their index.
    """

    stream: BinaryIO
    size: int
    separator: Separator
    quote: Quote
    rows: int
    width: int
    dates: Mapping[int, DateColumn]

    def with_dates(self, column: int, texts: Sequence[str]) -> Spooled:
        """The same with other texts for the true dates of a column; this one is closed."""
        of_row = dict(zip(self.dates[column].all_rows.tolist(), texts, strict=True))

        def change(row: int, cells: list[str]) -> None:
            if row in of_row:
                cells[column] = of_row[row]

        return self.changed(change)

    def changed(self, change: Callable[[int, list[str]], None]) -> Spooled:
        """The same after a change of each row, which gets its number and its cells; this one is closed."""
        made = tempfile.TemporaryFile(prefix="preflight-")  # noqa: SIM115  closed by who asked
        self.stream.seek(0)
        text, size, longest = (
            io.TextIOWrapper(self.stream, "utf-8", newline=""),
            0,
            csv.field_size_limit(MOST_OF_A_CELL),
        )
        try:
            rows = enumerate(csv.reader(text, delimiter=self.separator.character, quotechar=self.quote.character), 1)
            while few := list(islice(rows, ROWS_AT_ONCE)):
                for row, cells in few:
                    change(row, cells)
                size += _write(made, (cells for _, cells in few), self.separator, self.quote)
        finally:
            csv.field_size_limit(longest)
        text.close()
        made.seek(0)
        return replace(self, stream=made, size=size)


def spooled(batches: Iterable[Rows], separator: Separator, quote: Quote, shown_sheet: str) -> Spooled | None:
    """Write a sheet; None for one without a cell that holds anything.

    Rows and columns before the first cell are blank ones, blank rows after the last are left out. Raises `InputError`
    for a gap of very many blank rows.
    """
    writing = _Writing(separator, quote, shown_sheet)
    try:
        for rows in batches:
            writing.add(rows)
    except BaseException:
        writing.stream.close()
        raise
    if not writing.width:
        writing.stream.close()
        return None
    writing.stream.seek(0)
    made = Spooled(writing.stream, writing.size, separator, quote, writing.last_row, writing.width, writing.dates)
    width = writing.width
    return made if writing.least_width == width else made.changed(lambda _, cells: _pad(cells, width))


class _Writing:
    """Writes rows, and notes where their true dates stand."""

    def __init__(self, separator: Separator, quote: Quote, shown_sheet: str) -> None:
        self.stream = cast(BinaryIO, tempfile.TemporaryFile(prefix="preflight-"))  # noqa: SIM115  closed by who asked
        self.size = self.width = self.least_width = 0
        self.dates: dict[int, DateColumn] = {}
        self._separator, self._quote, self._shown = separator, quote, shown_sheet
        self.last_row = 0

    def add(self, rows: Rows) -> None:
        """Take the next rows."""
        cells, before = rows.cells, rows.columns_before
        while cells and _is_blank(cells[-1]):
            cells.pop()
        if not cells:
            return
        if (gap := rows.first - self.last_row - 1) > MOST_EMPTY_ROWS:
            raise InputError(
                f"{self._shown} has {gap:,} empty rows before row {rows.first:,}; delete what stands below them, or "
                "copy the table to a sheet of its own"
            )
        self.width = max(self.width, before + len(cells[0]))
        self.least_width = self.least_width or self.width
        columns: list[Sequence[str]] = [("",) * len(cells)] * before
        for place, column in enumerate(zip(*cells, strict=True), before):
            kinds = set(map(type, column))
            if kinds & DATES:
                self.dates.setdefault(place, DateColumn(last_before=self.last_row)).add(rows.first, column, kinds)
            elif place in self.dates:
                self.dates[place].add_others(rows.first, column)
            columns.append(texts_of(column, kinds))
        columns += [("",) * len(cells)] * (self.width - len(columns))
        blank = (self._separator.character * (self.width - 1) + "\n").encode() * gap
        self.stream.write(blank)
        self.size += len(blank) + _write(self.stream, zip(*columns, strict=True), self._separator, self._quote)
        self.last_row = rows.first + len(cells) - 1


def _moments(dates: Sequence[Any], kinds: set[type]) -> npt.NDArray[np.datetime64]:
    """Dates as numpy has them; days without a time by their number, which takes a fifth of the time."""
    if kinds != {date}:
        return np.array(dates, "datetime64[us]")
    days = np.fromiter(map(date.toordinal, dates), np.int64, len(dates)) - _EPOCH
    return days.astype("datetime64[D]").astype("datetime64[us]")


def _is_blank(row: Row) -> bool:
    return not any(cell.strip() if isinstance(cell, str) else True for cell in row)


def _pad(cells: list[str], width: int) -> None:
    cells += [""] * (width - len(cells))


def _write(to: BinaryIO, rows: Iterable[Sequence[str]], separator: Separator, quote: Quote) -> int:
    """Write rows as CSV text; how many bytes that is."""
    rows = list(rows)
    text = _csv(rows, separator, quote, "\n")
    if "\r" in text:  # which the csv module puts in quotes only where it is of the line end
        text = _csv(rows, separator, quote, "\r\n")
    written = text.encode("utf-8", "surrogatepass")
    to.write(written)
    return len(written)


def _csv(rows: Iterable[Sequence[str]], separator: Separator, quote: Quote, line_end: str) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=separator.character, quotechar=quote.character, lineterminator=line_end).writerows(rows)
    return text.getvalue()
