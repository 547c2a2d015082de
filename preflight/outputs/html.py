"""The HTML report as an output. It collects the first bad rows, to be downloaded from the page."""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from itertools import chain

import numpy as np

from preflight.layouts.resolved import ResolvedLayout
from preflight.model.arrays import Mask
from preflight.model.report import Report
from preflight.outputs.bad_rows import BadRows
from preflight.outputs.file import OutputFile
from preflight.outputs.judged import Judged
from preflight.outputs.sinks import Output
from preflight.records.run import Records
from preflight.render.html import BadRowsDownload, render_page

MOST_BAD_ROWS = 2_000
"""Maximum number of bad rows in the download."""

MOST_BAD_BYTES = 400_000
"""Maximum size of the download in bytes."""

LONGEST_RECORD = 8_000
"""Maximum size in bytes of a written bad row, and of the heading, in the download."""


@dataclass(frozen=True, slots=True)
class FirstBadRows:
    """Callable that returns the first bad rows of a chunk, at most `wanted`, as lines of the bad-rows file."""

    bad_rows: BadRows
    wanted: int

    def __call__(self, judged: Judged) -> list[bytes]:
        """The lines, without those longer than `LONGEST_RECORD`."""
        rows = judged.found.rows
        wanted = np.unique(rows[judged.bad[rows - judged.chunk.first_row]])[: self.wanted]
        if not len(wanted):
            return []
        first = replace(judged, found=judged.found.first(int(rows.searchsorted(wanted[-1], "right"))))
        lines = chain.from_iterable(part.to_pylist() for part in self.bad_rows.lines(first))
        return [line for line in lines if len(line) <= LONGEST_RECORD]


class HtmlReportFile(Output):
    """The report as one HTML page of bounded size, which says what it left out."""

    def __init__(self, out: OutputFile, layout: ResolvedLayout, heading: bytes) -> None:
        self._out = out
        bad_rows = BadRows(layout, heading)
        self._content = io.BytesIO()
        self._content.write(bad_rows.beginning)
        self._rows = 0
        self._room = MOST_BAD_BYTES if len(bad_rows.beginning) <= LONGEST_RECORD else 0
        self.part_of = FirstBadRows(bad_rows, MOST_BAD_ROWS if self._room else 0)

    def write(self, part: list[bytes], records: Records, bad: Mask) -> None:
        """Keep the lines that fit into the download."""
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
