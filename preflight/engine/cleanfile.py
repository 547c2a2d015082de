"""Reads a clean file back: its records, titles and touch points, without judging them again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from os import PathLike
from pathlib import Path

import numpy as np
import pyarrow as pa

from preflight.dates.format import DateFormat
from preflight.dates.parse import Instants
from preflight.evidence.titles import TitleTally
from preflight.layouts.words import FirstRow
from preflight.model.findings import distinct, factorized
from preflight.model.report import Report
from preflight.model.reported import Titles
from preflight.records.cells import CellReader, arrow_of
from preflight.records.grammar import Dialect
from preflight.records.run import Records
from preflight.records.scanner import read_records, without_first

BLOCK = 4 << 20
"""Bytes read at a time."""


class CleanFile:
    """The clean file at `path`, written with `report`. Every record in it is good."""

    def __init__(self, path: str | PathLike[str], report: Report) -> None:
        self.path = Path(path)
        self._layout = report.layout.of_clean
        self._dialect = Dialect(self._layout.fieldseparator, self._layout.quotecharacter)
        self._dateformat = DateFormat(report.clean_dateformat)
        self._headed = self._layout.firstrow is FirstRow.Y

    def heading(self) -> bytes:
        """The bytes of the heading with its line end; empty for a file without one."""
        if not self._headed:
            return b""
        first = next(self._all_records())
        return bytes(first.block[: int(first.end[0])])

    def records(self) -> Iterator[Records]:
        """Yield the data records run by run, in file order."""
        return without_first(int(self._headed), self._all_records())

    def titles(self, known: Iterable[str]) -> tuple[Titles, int]:
        """The titles, compared with the known ones, and the number of records."""
        reader, tally = CellReader(str(self.path), True, self._layout), TitleTally(known)
        try:
            for run in self.records():
                codes, titles = factorized(reader.cut(run, 0).frame["title"])
                nowhere = np.zeros(len(run), np.int64)
                tally += distinct(codes, arrow_of(titles), np.ones(len(codes), np.bool_), nowhere, nowhere)
            return tally.titles(), tally.rows
        finally:
            tally.close()

    def title_texts(self) -> Iterator[str]:
        """Yield every title, trimmed; within a run each title once."""
        reader = CellReader(str(self.path), True, self._layout)
        for run in self.records():
            yield from {title.strip() for title in reader.cut(run, 0).frame["title"].unique()}

    def touch_points(self) -> Iterator[tuple[pa.Array, pa.Array, Instants]]:
        """Yield emails, titles and instants run by run, as arguments of `touch_point_hashes`."""
        reader = CellReader(str(self.path), True, self._layout)
        for run in self.records():
            frame = reader.cut(run, 0).frame
            codes, dates = factorized(frame["date"])
            instants = self._dateformat.judge(arrow_of(dates))[codes]
            yield arrow_of(frame["email"]), arrow_of(frame["title"]), instants

    def _all_records(self) -> Iterator[Records]:
        with self.path.open("rb") as stream:
            yield from read_records(iter(lambda: stream.read(BLOCK), b""), self._dialect)
