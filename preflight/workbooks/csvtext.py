"""Rows of a sheet as CSV text, and the positions of their date cells."""

from __future__ import annotations

import csv
import io
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt

from preflight.errors import WorkerDiedError
from preflight.layouts.words import Quote, Separator
from preflight.workbooks.cells import DATES, texts_of
from preflight.workbooks.loading import Bundle, sheets_of
from preflight.workbooks.notes import SheetNotes, Span
from preflight.workbooks.reading import Reader, Row, Rows, XlsxReader, rows_of

MOST_OF_A_CELL = 2**31 - 1
_EPOCH = date(1970, 1, 1).toordinal()


@dataclass(frozen=True, slots=True)
class Dates:
    """Date cells of a column.

    `rows` are their row numbers (from 1), `moments` their values, `kinds` their types. `others` are the row numbers of
    the other cells that are not blank.
    """

    rows: range | npt.NDArray[np.int64]
    moments: npt.NDArray[np.datetime64]
    kinds: set[type]
    others: Sequence[int]


@dataclass(frozen=True, slots=True)
class CsvRows:
    """Consecutive rows as CSV text: `first` is the number of the first row (from 1), `number` their count.

    Every row has `width` cells. `dates` has the date cells of a column by its index; `filled` has, for each other
    column with content, the first and the last row with a filled cell.
    """

    first: int
    number: int
    width: int
    text: bytes
    dates: Mapping[int, Dates]
    filled: Mapping[int, Span]

    @property
    def last(self) -> int:
        """The number of the last row."""
        return self.first + self.number - 1

    def padded(self, width: int, separator: Separator, quote: Quote) -> bytes:
        """The text with each row padded with blank cells to `width`."""
        if width == self.width:
            return self.text
        if b"\r" not in self.text and self.text.count(b"\n") == self.number:
            return self.text.replace(b"\n", separator.character.encode() * (width - self.width) + b"\n")
        text = self.text.decode("utf-8", "surrogatepass")
        rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator.character, quotechar=quote.character)
        padding = [""] * (width - self.width)
        return csv_text([cells + padding for cells in rows], separator, quote)


def csv_parts(
    reader: Reader, sheet: str, notes: SheetNotes, separator: Separator, quote: Quote, executor: Executor | None = None
) -> Iterator[CsvRows]:
    """Yield the rows of a sheet as CSV text in batches, and add its hidden and merged cells to `notes`.

    An .xlsx sheet is loaded by the executor's workers if these can open the files of this process. Raises the errors of
    `Reader.rows`, and `WorkerDiedError`.
    """
    if isinstance(reader, XlsxReader) and getattr(executor, "opens_files", False):
        assert executor is not None  # noqa: S101 - it has workers
        yield from _loaded_by(executor, reader.bundles(sheet, notes), reader.shown, separator, quote)
        return
    for rows in reader.rows(sheet, notes):
        if (written := csv_rows(rows, separator, quote)) is not None:
            yield written


def _loaded_by(
    executor: Executor, made: Iterator[Bundle], shown: str, separator: Separator, quote: Quote
) -> Iterator[CsvRows]:
    """Yield the rows of bundles as CSV text; one bundle more than there are workers is prepared ahead."""
    with ExitStack() as stack:
        waiting: deque[tuple[Bundle, Future[list[CsvRows]]]] = deque()
        has_more, most = True, 1 + getattr(executor, "workers", 1)
        while has_more or waiting:
            if has_more and len(waiting) < most:
                bundle = next(made, None)
                if has_more := bundle is not None:
                    stack.callback(bundle.close)
                    call = executor.submit(_loaded, bundle.path, bundle.sheets, shown, separator, quote)
                    waiting.append((bundle, call))
                continue
            bundle, call = waiting.popleft()
            try:
                loaded = call.result()
            except BrokenExecutor:
                raise WorkerDiedError from None
            del call  # which refers to its result
            bundle.close()
            while loaded:
                yield loaded.pop(0)


def _loaded(bundle: str | None, sheets: int, shown: str, separator: Separator, quote: Quote) -> list[CsvRows]:
    """The rows of a bundle as CSV text; runs in a worker process."""
    assert bundle is not None  # noqa: S101 - the caller checked that workers can open it
    found = (rows_of(sheet) for sheet in sheets_of(bundle, sheets, shown) if sheet.start is not None)
    return [written for rows in found if (written := csv_rows(rows, separator, quote)) is not None]


def csv_rows(rows: Rows, separator: Separator, quote: Quote) -> CsvRows | None:
    """Rows as CSV text, without blank rows at the end; None if all are blank.

    The columns before the first cell are blank.
    """
    cells, before = rows.cells, rows.columns_before
    while cells and _is_blank(cells[-1]):
        cells.pop()
    if not cells:
        return None
    columns: list[Sequence[str]] = [("",) * len(cells)] * before
    dates: dict[int, Dates] = {}
    filled: dict[int, Span] = {}
    for place, column in enumerate(zip(*cells, strict=True), before):
        kinds = set(map(type, column))
        if kinds & DATES:
            dates[place] = _dates(rows.first, column, kinds)
        elif (span := _filled(rows.first, column)) is not None:
            filled[place] = span
        columns.append(texts_of(column, kinds))
    text = csv_text(list(zip(*columns, strict=True)), separator, quote)
    return CsvRows(rows.first, len(cells), len(columns), text, dates, filled)


def csv_text(rows: Sequence[Sequence[str]], separator: Separator, quote: Quote) -> bytes:
    """Rows of the same width as CSV text."""
    text = "\n".join(map(separator.character.join, rows)) + "\n"
    if not _is_plain(text, len(rows), len(rows[0]), separator.character, quote.character):
        text = _quoted(rows, separator, quote, "\r\n" if "\r" in text else "\n")
    return text.encode("utf-8", "surrogatepass")


def _is_plain(text: str, rows: int, width: int, separator: str, quote: str) -> bool:
    """Whether no cell needs quotes: all separators and line ends of the text stand between cells."""
    return (
        width > 1
        and text.count("\n") == rows
        and text.count(separator) == rows * (width - 1)
        and quote not in text
        and "\r" not in text
    )


def _quoted(rows: Iterable[Sequence[str]], separator: Separator, quote: Quote, line_end: str) -> str:
    """Rows as CSV text with quotes; `csv` quotes a cell with `\\r` only if the line end has one, too."""
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=separator.character, quotechar=quote.character, lineterminator=line_end).writerows(rows)
    return text.getvalue()


def _dates(first: int, cells: Sequence[Any], kinds: set[type]) -> Dates:
    """The date cells of a column, and the rows of the others; `first` is the number of the first row."""
    if kinds <= DATES:
        return Dates(range(first, first + len(cells)), _moments(cells, kinds), kinds, ())
    dates = [(row, cell) for row, cell in enumerate(cells, first) if type(cell) in DATES]
    others = [row for row, cell in enumerate(cells, first) if cell != "" and type(cell) not in DATES]
    moments = _moments([cell for _, cell in dates], kinds & DATES)
    return Dates(np.array([row for row, _ in dates], np.int64), moments, kinds & DATES, others)


def _filled(first: int, cells: Sequence[Any]) -> Span | None:
    """The first and the last row with a cell that is not empty; None if all are."""
    start = next((at for at, cell in enumerate(cells) if cell != ""), None)
    if start is None:
        return None
    end = next(at for at in range(len(cells) - 1, -1, -1) if cells[at] != "")
    return first + start, first + end


def _moments(dates: Sequence[Any], kinds: set[type]) -> npt.NDArray[np.datetime64]:
    """Dates as `datetime64`; dates without a time are converted by their ordinals, in a fifth of the time."""
    if kinds != {date}:
        return np.array(dates, "datetime64[us]")
    days = np.fromiter(map(date.toordinal, dates), np.int64, len(dates)) - _EPOCH
    return days.astype("datetime64[D]").astype("datetime64[us]")


def _is_blank(row: Row) -> bool:
    return not any(cell.strip() if isinstance(cell, str) else True for cell in row)
