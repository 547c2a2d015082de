"""Where judged records go for the HTML report: a bounded choice of problems and of bad rows, rendered at the end."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from typing import TYPE_CHECKING

from preflight.layouts.resolved import ResolvedLayout
from preflight.model.problems import Problem
from preflight.model.report import Report
from preflight.outputs.bad_rows import BadRows
from preflight.outputs.file import OutputFile
from preflight.records.grammar import Records
from preflight.render.html import MOST_PROBLEMS, BadRowsDownload, render_page

if TYPE_CHECKING:
    from preflight.model.arrays import Mask
    from preflight.outputs.judged import Judged

KEPT_OF_A_CODE = MOST_PROBLEMS // 8
"""Problems of one code that are kept beyond the first `MOST_PROBLEMS` of all."""

MOST_BAD_ROWS = 2_000
"""Bad rows that the page offers to download."""

MOST_BAD_BYTES = 400_000
"""Bytes at which the download takes no more rows."""

LONGEST_RECORD = 8_000
"""Bytes of a bad row as it is written, or of the heading, that the download still takes."""


@dataclass(frozen=True, slots=True)
class HtmlPart:
    """What a chunk gives to the page: problems, and bad rows as the bad-rows file has them."""

    problems: list[Problem]
    bad_rows: list[bytes]


@dataclass(frozen=True, slots=True)
class HtmlParts:
    """Makes of a chunk the first problems of each code, and the first bad rows if any are wanted."""

    bad_rows: BadRows
    wanted: int

    def __call__(self, judged: Judged) -> HtmlPart:
        """No more of either than the page has room for."""
        problems = list(kept_for_page(judged.problems, Counter()))
        lines = chain.from_iterable(few.to_pylist() for few in self.bad_rows.lines(judged)) if self.wanted else ()
        return HtmlPart(problems, list(islice((line for line in lines if len(line) <= LONGEST_RECORD), self.wanted)))


class HtmlReportFile:
    """The report as one HTML page; what it holds of a file is bounded, and it says what it left out."""

    def __init__(self, out: OutputFile, layout: ResolvedLayout, heading: bytes) -> None:
        self._out = out
        self._problems: list[Problem] = []
        self._kept: Counter[str] = Counter()
        bad_rows = BadRows(layout, heading)
        self._content = io.BytesIO()
        self._content.write(bad_rows.beginning)
        self._rows = 0
        self._room = MOST_BAD_BYTES if len(bad_rows.beginning) <= LONGEST_RECORD else 0
        self.part_of = HtmlParts(bad_rows, MOST_BAD_ROWS if self._room else 0)

    def write(self, part: HtmlPart, records: Records, bad: Mask) -> None:
        """Keep what there is room for."""
        self._problems += kept_for_page(part.problems, self._kept)
        for line in part.bad_rows:
            if self._rows == MOST_BAD_ROWS or self._room < len(line):
                self._room = 0
                break
            self._content.write(line)
            self._rows += 1
            self._room -= len(line)

    def finish(self, report: Report) -> None:
        """Render the page."""
        download = BadRowsDownload(self._content.getvalue(), self._rows)
        page = render_page(report, (*report.of_file, *self._problems), download)
        self._out.write(page.encode("utf-8", "replace"))


def kept_for_page(problems: Iterable[Problem], kept: Counter[str]) -> Iterator[Problem]:
    """Those of the problems that are kept after what was `kept`, by code, of earlier ones."""
    room = MOST_PROBLEMS - kept.total()
    for problem in problems:
        if room > 0 or kept[problem.code] < KEPT_OF_A_CODE:
            room -= 1
            kept[problem.code] += 1
            yield problem
