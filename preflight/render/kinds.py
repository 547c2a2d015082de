"""The problems of a report by kind, as the summary lists them: how many, the first of them, and what to do."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import chain, islice, zip_longest
from operator import attrgetter
from typing import NamedTuple

from preflight.model.codes import CODES
from preflight.model.options import CheckOptions
from preflight.model.problems import MOST_OF_A_KIND, Problem
from preflight.model.report import Report
from preflight.text.asking import option, with_options
from preflight.text.display import as_message, counted, visible


class Kind(NamedTuple):
    """The problems of one code: their number, also as a text, their column if it is one, and those that are shown."""

    code: str
    number: int
    counted: str
    column: str
    shown: Sequence[Problem]

    @property
    def action(self) -> str:
        """What to do about them; empty if a suggestion says it."""
        is_known = self.code in CODES and not any(one.suggestion for one in self.shown)
        return as_message(with_options(CODES[self.code].action), 400) if is_known else ""

    def alike(self) -> Iterable[Sequence[Problem]]:
        """Those that are shown, with rows of the same cell and message together."""
        together = defaultdict[tuple[str, ...], list[Problem]](list)
        for problem in self.shown:
            together[problem.column, problem.value, problem.message, problem.suggestion].append(problem)
        return together.values()


def kinds_of(report: Report) -> list[Kind]:
    """The problems by code: errors before warnings, the most frequent first. At most `len(report.examples)` are shown.

    Of each code the first `MOST_OF_A_KIND` are shown; more if there are more `examples` than by default.
    """
    counts, asked = {**report.problems, **report.warnings}, len(report.examples)
    found = defaultdict[str, list[Problem]](list)
    for problem in sorted(dict.fromkeys((*report.of_kinds, *report.examples)), key=attrgetter("row")):
        found[problem.code].append(problem)
    most = asked if asked > CheckOptions().max_shown else MOST_OF_A_KIND
    turns = chain.from_iterable(zip_longest(*(problems[:most] for problems in found.values())))
    shown = set(islice(filter(None, turns), asked))
    kinds = []
    for code in sorted(found, key=lambda code: (code in report.warnings, -counts[code])):  # of equal ones the first row
        is_of_any_cell = code in CODES and CODES[code].subject == "cell"
        number = counted(counts[code], "cell" if is_of_any_cell else "row" if found[code][-1].row else "time")
        column = "" if is_of_any_cell else visible(found[code][-1].column, 40)
        kinds.append(Kind(code, counts[code], number, column, [one for one in found[code] if one in shown]))
    return kinds


def more_than_shown(report: Report, kinds: Sequence[Kind]) -> str:
    """The line about problems that are not shown; empty if there are none."""
    if report.found <= sum(len(kind.shown) for kind in kinds):
        return ""
    return f"  {option('report', 'FILE.csv')} lists all {report.found:,}, {option('max_shown', 'N')} shows more here"


def places_of(problems: Sequence[Problem]) -> str:
    """`row 3 (line 4)`, `rows 3, 7 (lines 4, 8)`, or `the whole file`."""
    if not problems[0].row:
        return "the whole file"
    s = "s" if len(problems) > 1 else ""
    rows, lines = (", ".join(map(str, numbers)) for numbers in list(zip(*problems, strict=True))[:2])
    return f"row{s} {rows} (line{s} {lines})"
