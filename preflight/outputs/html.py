"""Where judged records go for the HTML report: the first bad rows, to be downloaded from the page."""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from preflight.layouts.resolved import ResolvedLayout
from preflight.model.report import Report
from preflight.outputs.bad_rows import BadRows
from preflight.outputs.file import OutputFile
from preflight.records.grammar import Records
from preflight.render.html import BadRowsDownload, render_page

if TYPE_CHECKING:
    from preflight.model.arrays import Mask
    from preflight.outputs.judged import Judged

MOST_BAD_ROWS = 2_000
"""Bad rows that the page offers to download."""

MOST_BAD_BYTES = 400_000
"""Bytes at which the download takes no more rows."""

LONGEST_RECORD = 8_000
"""Bytes of a bad row as it is written, or of the heading, that the download still takes."""


@dataclass(frozen=True, slots=True)
class FirstBadRows:
    """Makes of a chunk the first bad rows as the bad-rows file has them, if any are `wanted`."""

    bad_rows: BadRows
    wanted: int

    def __call__(self, judged: Judged) -> list[bytes]:
        """No more of them than the page has room for."""
        rows = judged.found.rows
        wanted = np.unique(rows[judged.bad[rows - judged.chunk.first_row]])[: self.wanted]
        if not len(wanted):
            return []
        first = replace(judged, found=judged.found.first(int(rows.searchsorted(wanted[-1], "right"))))
        lines = chain.from_iterable(few.to_pylist() for few in self.bad_rows.lines(first))
        return [line for line in lines if len(line) <= LONGEST_RECORD]


class HtmlReportFile:
    """The report as one HTML page; what it holds of a file is bounded, and it says what it left out."""

    def __init__(self, out: OutputFile, layout: ResolvedLayout, heading: bytes) -> None:
        self._out = out
        bad_rows = BadRows(layout, heading)
        self._content = io.BytesIO()
        self._content.write(bad_rows.beginning)
        self._rows = 0
        self._room = MOST_BAD_BYTES if len(bad_rows.beginning) <= LONGEST_RECORD else 0
        self.part_of = FirstBadRows(bad_rows, MOST_BAD_ROWS if self._room else 0)

    def write(self, part: list[bytes], records: Records, bad: Mask) -> None:
        """Keep what there is room for."""
        for line in part:
            if self._rows == MOST_BAD_ROWS or self._room < len(line):
                self._room = 0
                break
            self._content.write(line)
            self._rows += 1
            self._room -= len(line)

    def finish(self, report: Report) -> None:
        """Render the page."""
        page = render_page(report, BadRowsDownload(self._content.getvalue(), self._rows))
        self._out.write(page.encode("utf-8", "replace"))
