"""A clean file cut between records: into parts that the endpoint takes, or down to the rows that are wanted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from preflight import Layout
from preflight.model.layout import FirstRow
from preflight.model.report import Report
from preflight.records.grammar import Dialect, Records
from preflight.records.scanner import read_records
from uploader.errors import NotSentError

BLOCK = 4 << 20


@dataclass(frozen=True, slots=True)
class Span:
    """Consecutive records of a clean file: the bytes from `start` up to `stop`, the heading not among them."""

    start: int
    stop: int


class CleanRecords:
    """The records of a clean file, as `report` says that they are written."""

    def __init__(self, path: Path, report: Report) -> None:
        layout = report.layout
        self.path = path
        self._dialect = Dialect(layout.fieldseparator, layout.quotecharacter)
        self._headed = layout.firstrow is FirstRow.Y
        self.layout = Layout(
            email=layout.emailcolidx,
            date=layout.datecolidx,
            title=layout.titlecolidx,
            note=layout.notecolidx,
            dateformat=report.clean_dateformat,
            fieldseparator=layout.fieldseparator,
            quotecharacter=layout.quotecharacter,
            firstrow=layout.firstrow,
            encoding="utf-8",
        )

    def cut(self, max_bytes: int) -> list[Span]:
        """The file in parts of at most `max_bytes`, the heading of each included: as few as there can be, in order.

        Raises `NotSentError` for a record that is larger by itself.
        """
        size = self.path.stat().st_size
        heading = self._heading()
        if size <= max_bytes:
            return [Span(len(heading), size)]
        room, start, row, spans = max_bytes - len(heading), len(heading), 0, []
        at = start
        for records in self._runs():
            ends = at + np.cumsum(records.end - records.start)
            at = int(ends[-1])
            while at - start > room:
                fitting = int(ends.searchsorted(start + room, "right"))
                stop = int(ends[fitting - 1]) if fitting else at - int((records.end - records.start).sum())
                if stop <= start:
                    raise NotSentError(
                        f"nothing was sent: row {row + fitting + 1} alone is larger than {max_bytes:,} bytes with its "
                        "heading; shorten it, or raise --max-bytes"
                    )
                spans.append(Span(start, stop))
                start = stop
            row += len(records)
        return [*spans, Span(start, at)]

    def write(self, span: Span, to: Path) -> None:
        """Write the heading and the records of `span` to the file `to`."""
        with self.path.open("rb") as source, to.open("wb") as out:
            out.write(self._heading())
            source.seek(span.start)
            left = span.stop - span.start
            while left > 0 and (block := source.read(min(BLOCK, left))):
                out.write(block)
                left -= len(block)

    def write_wanted(self, wanted: npt.NDArray[np.bool_], to: Path) -> None:
        """Write the heading and the `wanted` records, one mark a record, to the file `to`."""
        row = 0
        with to.open("wb") as out:
            out.write(self._heading())
            for records in self._runs():
                out.write(records.bytes_of(wanted[row : row + len(records)]))
                row += len(records)

    def _heading(self) -> bytes:
        if not self._headed:
            return b""
        first = next(self._all_runs())
        return bytes(first.block[: int(first.end[0])])

    def _runs(self) -> Iterator[Records]:
        """The data records."""
        headed = self._headed
        for records in self._all_runs():
            data = records.between(1, len(records)) if headed else records
            headed = False
            if len(data):
                yield data

    def _all_runs(self) -> Iterator[Records]:
        with self.path.open("rb") as stream:
            yield from read_records(iter(lambda: stream.read(BLOCK), b""), self._dialect)
