"""The first problems of each code with their complete rows, to be shown on a page."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

from preflight.layouts.resolved import ResolvedLayout
from preflight.model.codes import CODES
from preflight.model.problems import Problem
from preflight.model.reported import LONGEST_CELL, LONGEST_ROW, MOST_SAMPLES, Sample
from preflight.outputs.sinks import Output
from preflight.records.grammar import WELL_FORMED, Dialect
from preflight.records.run import Records

if TYPE_CHECKING:
    from preflight.model.arrays import Mask
    from preflight.outputs.judged import Judged


class Samples(Output):
    """Output that collects the first `MOST_SAMPLES` samples of each code in `kept`."""

    def __init__(self, layout: ResolvedLayout) -> None:
        self.part_of = SamplesOfChunk(layout)
        self.kept: list[Sample] = []
        self._number: Counter[str] = Counter()

    def write(self, part: list[Sample], records: Records, bad: Mask) -> None:
        """Keep the samples of codes with fewer than `MOST_SAMPLES`."""
        for sample in part:
            if self._number[sample.problem.code] < MOST_SAMPLES:
                self._number[sample.problem.code] += 1
                self.kept.append(sample)


class SamplesOfChunk:
    """Callable that returns the first problems of each code in a chunk, with their rows; good rows cost nothing."""

    def __init__(self, layout: ResolvedLayout) -> None:
        self._dialect = Dialect(layout.fieldseparator, layout.quotecharacter)
        self._places = layout.known_columns

    def __call__(self, judged: Judged) -> list[Sample]:
        """The samples of the chunk, in row order."""
        found = judged.found.first(0, MOST_SAMPLES)
        well_formed = (judged.records.fault == WELL_FORMED) & ~judged.chunk.spoiled.all
        samples = []
        for problem, kind in zip(judged.problems_of(found), found.kinds.tolist(), strict=True):
            place, cells = self._places.get(found.faults[kind].subject, -1), list[str]()
            if well_formed[i := problem.row - judged.chunk.first_row]:
                cells = self._dialect.split(judged.records.raw(i))
            samples.append(Sample(problem, place, _cut(cells), len(cells)))
        return samples


def looked_up(problems: Iterable[Problem], runs: Iterable[Records], layout: ResolvedLayout) -> list[Sample]:
    """Samples of problems found at the end of the file: the first `MOST_SAMPLES` of each code, with their rows.

    `runs` are the records of the file, read a second time up to the last wanted row. A row that is
    malformed, or not among them, has no cells.
    """
    number, chosen = Counter[str](), list[Problem]()
    for problem in problems:
        if problem.row and number[problem.code] < MOST_SAMPLES:
            number[problem.code] += 1
            chosen.append(problem)
    wanted = sorted({problem.row for problem in chosen})
    dialect, cells, first = Dialect(layout.fieldseparator, layout.quotecharacter), dict[int, list[str]](), 1
    for records in runs if wanted else ():
        rows = wanted[bisect_left(wanted, first) : bisect_left(wanted, first + len(records))]
        well_formed = (row for row in rows if records.fault[row - first] == WELL_FORMED)
        cells |= {row: dialect.split(records.raw(row - first))[: layout.width] for row in well_formed}
        first += len(records)
        if first > wanted[-1]:
            break
    places = layout.known_columns
    of_row = ((problem, cells.get(problem.row, ())) for problem in chosen)
    return [Sample(one, places.get(CODES[one.code].subject, -1), _cut(row), len(row)) for one, row in of_row]


def _cut(cells: Iterable[str]) -> tuple[str, ...]:
    """The first cells, each cut to `LONGEST_CELL`, up to about `LONGEST_ROW` characters in all."""
    kept, room = list[str](), LONGEST_ROW
    for cell in cells:
        kept.append(cell if len(cell) <= LONGEST_CELL else cell[: LONGEST_CELL - 1] + "…")
        room -= len(kept[-1]) + 1
        if room < 0:
            break
    return tuple(kept)
