"""Reads a file as blocks of UTF-8 bytes, without byte order mark and without a spreadsheet's `sep=` line.

A file is UTF-8 unless its byte order mark says UTF-16 or the layout names an encoding. Bytes that the named encoding
cannot decode become a lone surrogate, which is invalid in UTF-8, so that their record can be reported later.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from os import PathLike
from typing import TYPE_CHECKING, BinaryIO, NamedTuple, Self

from preflight.errors import InputError
from preflight.inputs.decoding import reject_other_kinds, separator_told, transcoded
from preflight.inputs.openers import InputFile
from preflight.layouts.layout import Layout
from preflight.layouts.words import Separator
from preflight.records.encoding import byte_order_mark, normal_encoding
from preflight.records.grammar import Dialect, count_line_ends
from preflight.records.run import Records
from preflight.records.scanner import read_records
from preflight.text.display import shown_input
from preflight.workbooks.container import OLE, ZIP, kind_of

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from preflight.workbooks.workbook import Workbook


class Bounds(NamedTuple):
    """The part of a file's text that is read: its bytes from `start` up to `stop` (None: the end).

    `first_line` is the number of the line on which the part starts. `further_headings` is the number of heading rows
    after the first record.
    """

    start: int = 0
    stop: int | None = None
    first_line: int = 1
    further_headings: int = 0


Progress = Callable[[int, int | None], None]
"""Called with the number of bytes read and the size of the file (None if unknown)."""

BLOCK_BYTES = 9 << 19
START_BYTES = 1 << 16
_LINE_END = re.compile(rb"\r\n|\r|\n")


class Source:
    """An open input file, which can be read in several passes. A context manager.

    `encoding` is the encoding of the file, `marked` is True if it comes from a byte order mark. `tolerant` is True if
    the encoding was given or is UTF-16 by its byte order mark: undecodable bytes are then a problem of their record
    instead of the whole file. `separator` is that of a `sep=` line, or None. `bounds` are those of the table in the
    text, once they are known: `blocks` and `sample` return the text between them. `passes` counts the passes begun; a
    new pass ends the previous one. With a `layout` the file may be a workbook: `workbook` is then the sheet that is
    read as CSV text, by the workers of an `executor` that can open files of this process.

    Raises `InputError` if the file cannot be read or is not text, and `LayoutError` for a `sep=` that the API lacks.
    """

    def __init__(
        self,
        file: str | PathLike[str] | BinaryIO,
        encoding: str | None = None,
        progress: Progress | None = None,
        name: str | None = None,
        layout: Layout | None = None,
        executor: Executor | None = None,
    ) -> None:
        self.tolerant = encoding is not None
        self.encoding = normal_encoding(encoding) if encoding is not None else "utf-8"
        self._input = InputFile(file)
        self.name = name or self._input.name
        self.shown = shown_input(self.name)
        self.marked = False
        self.separator: Separator | None = None
        self.bounds = Bounds()
        self.passes = 0
        self.workbook: Workbook | None = None
        self._progress = progress
        self._before_text = 0
        try:
            if layout is not None:
                self._open_workbook(layout, executor)
            next(self._text(START_BYTES))
        except BaseException:
            self._close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def _close(self) -> None:
        self._input.close()
        if self.workbook is not None:
            self.workbook.text.stream.close()

    @property
    def first_line(self) -> int:
        """The number of the line on which the text starts."""
        return self.bounds.first_line

    @property
    def size(self) -> int | None:
        """The size of the file on disk in bytes; None if unknown."""
        return self._input.size

    def records(self, dialect: Dialect, blocks: Iterable[bytes] | None = None) -> Iterator[Records]:
        """Yield the records between the bounds in runs; `blocks` is their text if already read."""
        text = self.blocks() if blocks is None else blocks
        return read_records(text, dialect, self.first_line, of_sheet=self.workbook is not None)

    def described(self, given: Layout) -> Layout:
        """The given layout, completed with the dialect of a workbook's text."""
        if self.workbook is None:
            return replace(given, sheet=None) if given.sheet is not None else given
        text = self.workbook.text
        return replace(
            given, fieldseparator=text.separator, quotecharacter=text.quote, encoding=None, sheet=self.workbook.sheet
        )

    def with_dates(self, column: int, texts: Sequence[str]) -> None:
        """Replace the texts of the true dates in a column of the workbook."""
        assert self.workbook is not None  # noqa: S101 - only a workbook has true dates
        bounds, text = self.bounds, self.workbook.text
        dialect = Dialect(text.separator, text.quote)
        rows = sum(map(len, self.records(dialect))) if bounds.stop is not None else 0
        self.workbook.text = text.with_dates(column, texts)
        self._read_workbook(self.workbook)
        self.bounds = Bounds()
        stop = self.place_of(bounds.first_line + rows)[0] if bounds.stop is not None else None
        self.bounds = bounds._replace(start=self.place_of(bounds.first_line)[0] or 0, stop=stop)

    def blocks(self) -> Iterator[bytes]:
        """Yield the text between the bounds as UTF-8 in blocks of a few MiB, none empty, and report progress."""
        for block in self.text():
            if self._progress is not None:
                self._progress(self._input.done, self._input.size)
            yield block

    def text(self) -> Iterator[bytes]:
        """The same as `blocks`, without reporting progress."""
        return self._bounded(BLOCK_BYTES)

    def sample(self, size: int) -> tuple[bytes, bool]:
        """The first bytes of the text, approximately `size`, and whether they are the whole text."""
        blocks, pieces, length = self._bounded(size), list[bytes](), 0
        while length < size and (block := next(blocks, None)) is not None:
            pieces.append(block)
            length += len(block)
        return b"".join(pieces), next(blocks, None) is None

    @property
    def is_text(self) -> bool:
        """Whether the bytes of the text are those of the file: UTF-8 and not compressed."""
        return self.encoding == "utf-8" and not self._input.is_gzip

    def again(self, start: int, size: int) -> bytes:
        """Read `size` bytes of the text again, from `start` bytes after its first bound. The file must be `is_text`.

        Returns fewer bytes if the file was truncated meanwhile. Ends the current pass.
        """
        self.passes += 1
        return self._input.read_at(self._before_text + self.bounds.start + start, size)

    def place_of(self, line: int) -> tuple[int | None, int]:
        """The byte offset of a physical line, and its number; None and the number of lines if there is no such line."""
        if self.workbook is not None:
            return self._place_of_row(self.workbook, line)
        at, number, half, ended = 0, self.first_line, b"", False
        if line == number:
            return 0, line
        for block in self._text(BLOCK_BYTES):
            text = half + block
            half = b"\r" if text.endswith(b"\r") else b""  # may be half of a line end
            text = text[: len(text) - len(half)]
            if number + (ends := count_line_ends(text)) < line:
                number += ends
                at += len(text)
                ended = text.endswith(b"\n") or bool(half)
                continue
            end = next(islice(_LINE_END.finditer(text), line - number - 1, None))
            return at + end.end(), line
        return None, number - (ended and not half)

    def _place_of_row(self, workbook: Workbook, row: int) -> tuple[int | None, int]:
        at, number = 0, 1
        dialect = Dialect(workbook.text.separator, workbook.text.quote)
        for run in read_records(self._text(BLOCK_BYTES), dialect):
            if number + len(run) > row:
                return at + int(run.start[row - number] - run.start[0]), row
            number += len(run)
            at += int(run.end[-1] - run.start[0])
        return None, number - 1

    def _open_workbook(self, layout: Layout, executor: Executor | None) -> None:
        """If the file is a workbook, read one of its sheets instead."""
        start = self._input.read(len(OLE))
        self._input.rewind()
        if start.startswith((ZIP, OLE)):
            from preflight.workbooks.workbook import Workbook, seekable_copy  # rarely needed, so imported late

            stream = self._input.reopened() or seekable_copy(self._input.read, self.shown)
            with stream:
                if kind_of(stream, self.shown) is not None:
                    self.workbook = Workbook(stream, layout, self.shown, executor)
                    self._read_workbook(self.workbook)
                    return
            self._input.rewind()

    def _read_workbook(self, workbook: Workbook) -> None:
        self._input.close()
        self._input = InputFile(workbook.text.stream)
        self._input.size = workbook.text.size

    def _bounded(self, size: int) -> Iterator[bytes]:
        """The text between the bounds."""
        (start, stop, *_), at = self.bounds, 0
        for block in self._text(size):
            piece = block[max(0, start - at) : stop and max(0, stop - at)]
            if piece:
                yield piece
            at += len(block)
            if stop is not None and at >= stop:
                return

    def _text(self, size: int) -> Iterator[bytes]:
        self.passes += 1
        self._before_text = 0
        self._input.rewind()
        body = filter(None, self._decoded(size))
        first = next(body, b"")
        rest = self._after_sep_line(first) if self.workbook is None else first
        if not rest:
            rest = next(body, b"")
        if not rest:
            raise InputError(f"{self.shown} is empty")
        yield rest
        yield from body

    def _decoded(self, size: int) -> Iterator[bytes]:
        first = self._input.read(size)
        if self.workbook is not None:
            yield from self._after(first, size)
            return
        reject_other_kinds(first, self.shown, tolerant=self.tolerant)
        mark = byte_order_mark(first, self.encoding if self.tolerant else None)
        self.marked = mark is not None
        if mark is not None:
            self.encoding, length = mark
            self._before_text = length
            self.tolerant = self.tolerant or self.encoding != "utf-8"
            first = first[length:]
        body = self._after(first, size)
        yield from body if self.encoding == "utf-8" else transcoded(body, self.encoding, self.shown)

    def _after(self, first: bytes, size: int) -> Iterator[bytes]:
        current, block = self.passes, first
        while True:
            yield block
            if self.passes != current:
                raise RuntimeError("the file was read from its start again before this pass over it was done")
            if not (block := self._input.read(size)):
                return

    def _after_sep_line(self, first: bytes) -> bytes:
        """The text without a `sep=` line, which tells spreadsheets the separator. Act-On would read it as a row."""
        told = separator_told(first, self.shown)
        if told is None:
            return first
        self.separator, length = told
        if self.bounds.first_line == 1:
            self.bounds = Bounds(first_line=2)
        self._before_text += length
        return first[length:]
