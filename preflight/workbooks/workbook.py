"""An opened workbook: the chosen sheet as CSV text, and warnings about its hidden and merged cells."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from typing import BinaryIO

from preflight.errors import InputError, LayoutError, temporary_file, writing_temporary_files
from preflight.layouts.layout import Layout
from preflight.layouts.words import Quote
from preflight.text.asking import option
from preflight.text.display import counted, shown
from preflight.workbooks.choosing import chosen
from preflight.workbooks.container import Kind, damaged, kind_of
from preflight.workbooks.csvtext import csv_parts
from preflight.workbooks.notes import SheetNotes, Span, column_letters, within
from preflight.workbooks.package import Package
from preflight.workbooks.reading import Reader, WholeReader, XlsxReader
from preflight.workbooks.spool import Spooled, spooled

MOST_PACKED = 2 << 30
"""Limit for the size of a workbook's file in bytes; no spreadsheet program writes a larger one."""

MOST_NAMED = 4
"""Rows, columns, sheets or ranges that a warning names."""

_BLOCK = 1 << 20


class Workbook:
    """The sheet of a workbook that is checked.

    `text` is the sheet as CSV text; record n is row n. `sheet` is its name, `why` the reason for the choice, empty if
    it was requested. `sha256` is the hash of the workbook's file. Raises `InputError` for a workbook that is damaged,
    encrypted or too large, and `OutputError` if a temporary file cannot be written.
    """

    def __init__(self, stream: BinaryIO, given: Layout, shown_file: str, executor: Executor | None = None) -> None:
        kind = kind_of(stream, shown_file)
        if kind is None:
            raise damaged(shown_file)
        if given.quotecharacter == Quote.NONE:
            raise LayoutError(f"a workbook is always read with a quote character; leave {option('quotecharacter')} out")
        self.kind = kind
        reader = _reader_of(kind, stream, shown_file)
        with writing_temporary_files():  # errors of the workbook itself are raised as InputError before
            self._choice = chosen(reader, given.sheet, shown_file)
            self.sheet, self.why = self._choice.sheet.name, self._choice.why
            self.notes = SheetNotes()
            where = f"sheet {shown(self.sheet, 40)} of {shown_file}"
            parts = csv_parts(reader, self.sheet, self.notes, given.separator, given.quote, executor)
            text = spooled(parts, given.separator, given.quote, where)
        if text is None:
            raise InputError(f"{where} is empty")
        self.text: Spooled = text
        stream.seek(0)
        self.sha256 = hashlib.file_digest(stream, "sha256").hexdigest()  # type: ignore[arg-type]  # has no `readinto`

    def warnings(self, first: int, last: int | None) -> Iterator[tuple[str, str]]:
        """Yield the warnings about rows `first` to `last` (None: the end): a problem code and a message each."""
        end = self.text.rows if last is None else last
        rows, columns = (
            list(within(self.notes.hidden_rows, first, end)),
            [*within(self.notes.hidden_columns, 1, self.text.width)],
        )
        hidden: list[str] = []
        if self._choice.sheet.is_hidden:
            hidden.append(f"sheet {shown(self.sheet, 40)}")
        if rows:
            hidden.append(_listed("row", rows, str))
        if columns:
            hidden.append(_listed("column", columns, column_letters))
        if hidden:
            yield "hidden-cells", f"Hidden, and read as all others: {', '.join(hidden)}."
        if self._choice.unread:
            names = ", ".join(shown(name, 40) for name in self._choice.unread[:MOST_NAMED])
            more = f" and {len(self._choice.unread) - MOST_NAMED} more" if len(self._choice.unread) > MOST_NAMED else ""
            yield "hidden-cells", f"Hidden, and not read, as only one sheet is: {names}{more}."
        merged = [(rows, columns) for rows, columns in self.notes.merged if rows[0] <= end and rows[1] >= first]
        if merged:
            (top, bottom), (left, right) = merged[0]
            place = f"{column_letters(left)}{top}:{column_letters(right)}{bottom}"
            more = f" and {counted(len(merged) - 1, 'other range')}" if len(merged) > 1 else ""
            yield (
                "merged-cells",
                f"Merged cells have their value in the first one only, the others are blank: {place}{more}.",
            )


def _reader_of(kind: Kind, stream: BinaryIO, shown_file: str) -> Reader:
    if kind is Kind.XLSX:
        return XlsxReader(stream, shown_file)
    if kind is Kind.ODS:
        from preflight.workbooks.ods import OdsReader

        return OdsReader(stream, shown_file)
    if kind is Kind.XLSB:
        Package(stream, shown_file)  # raises for a zip bomb
    return WholeReader(stream, shown_file)


def _listed(noun: str, spans: list[Span], name: Callable[[int], str]) -> str:
    """`3 rows (2, 5 to 6)`."""
    number = sum(last - first + 1 for first, last in spans)
    named = [name(first) if first == last else f"{name(first)} to {name(last)}" for first, last in spans[:MOST_NAMED]]
    more = ", …" if len(spans) > MOST_NAMED else ""
    return f"{counted(number, noun)} ({', '.join(named)}{more})"


def seekable_copy(read: Callable[[int], bytes], shown_file: str) -> BinaryIO:
    """A private temporary file with the bytes of a stream that is not seekable."""
    made = temporary_file()
    size = 0
    while block := read(_BLOCK):
        size += len(block)
        if size > MOST_PACKED:
            made.close()
            raise InputError(f"{shown_file} is far larger than any workbook")
        with writing_temporary_files():
            made.write(block)
            made.flush()
    made.seek(0)
    return made
