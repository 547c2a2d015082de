"""Report: the results of a check as plain data."""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from functools import reduce
from typing import TYPE_CHECKING, Any, Protocol

from preflight.dates.format import DateFormat
from preflight.layouts.resolved import ResolvedLayout
from preflight.model.codes import in_order_of_codes
from preflight.model.fixes import Fixes, Mendable
from preflight.model.problems import PROBLEM_COLUMNS, Problem
from preflight.model.reported import Domains, Kept, Sample, SkippedLines, Spelling, Step, Titles
from preflight.model.timeline import Timeline
from preflight.text.display import counted, visible

if TYPE_CHECKING:
    import pandas as pd


class Details(Protocol):
    """Data of a check that a report reads on access."""

    def frame(self, report: Report) -> pd.DataFrame:
        """Every problem."""

    def good(self) -> pd.Series[bool]:
        """Whether each row is good."""

    def page(self, report: Report) -> str:
        """The HTML page, for a notebook."""


@dataclass(frozen=True, slots=True, repr=False)
class Report:
    """The results of a check of one file.

    - `rows`, `good_rows`, `bad_rows` and `left_out` (neither good nor bad) are numbers of data records, without the
      heading.
    - `problems` and `warnings` are the numbers of findings by code, errors and warnings separately. `examples` are the
      first findings in the order of the rows, `of_kinds` the first of each code. `of_file` are findings of the file as
      a whole; row 0 if they concern no row. An error in `of_file` means that the given layout contradicts the file:
      `layout` is then the one that fits, no row was judged, and none is good.
    - `export` describes the known export (`preflight.tools`), empty if there is none. `detected` has the evidence for
      each detected part of the layout. `skipped_lines` are lines of the file outside its table. `rows_above` is the
      number of records that a spreadsheet shows above the first row: the heading, and lines before the table.
    - `normalized` is the format of the clean file's dates if it differs from the layout's. `fixes` are the requested
      changes, `mendable` what other fixes would mend.
    - `titles` and `domains` are those of good rows and of valid addresses. `title_variants` are groups of spellings of
      one title, the first of the file and of each group. `timeline` has the number of rows by date, `good_timeline`
      that of the good rows.
    - `warned_rows` is the number of rows with a warning; at least, if `more_are_warned`.
    - `kept` are existing files that outputs would have replaced silently. `files` is the number of files, more than
      one for `merged` reports. `samples` are the first problems of each code with their whole rows, for a page.
      `steps` are the next steps, if known. `details` are the source of `frame` and `good`; a pickled report has none.
    """

    file: str
    layout: ResolvedLayout
    rows: int
    bad_rows: int
    problems: Mapping[str, int]
    warnings: Mapping[str, int]
    titles: Titles
    examples: tuple[Problem, ...] = field(default=())
    of_file: tuple[Problem, ...] = field(default=())
    of_kinds: tuple[Problem, ...] = field(default=())
    left_out: int = 0
    export: Mapping[str, Any] = field(default_factory=dict)
    normalized: DateFormat | None = None
    detected: Mapping[str, str] = field(default_factory=dict)
    skipped_lines: tuple[SkippedLines, ...] = ()
    fixes: Fixes = field(default_factory=Fixes)
    mendable: Mendable = field(default_factory=Mendable)
    title_variants: tuple[tuple[Spelling, ...], ...] = ()
    domains: Domains = field(default_factory=Domains)
    timeline: Timeline = field(default_factory=Timeline)
    good_timeline: Timeline = field(default_factory=Timeline)
    warned_rows: int = 0
    more_are_warned: bool = False
    details: Details | None = field(default=None, compare=False)
    kept: tuple[Kept, ...] = ()
    files: int = 1
    samples: tuple[Sample, ...] = field(default=(), compare=False)
    rows_above: int = 0
    steps: tuple[Step, ...] = field(default=(), compare=False)

    def __getstate__(self) -> list[Any]:
        return [None if one.name == "details" else getattr(self, one.name) for one in fields(self)]

    def merged(self, *later: Report) -> Report:
        """The report of this file and of others together: numbers are added, and each title counts once.

        The result does not depend on how reports are grouped, as long as their order is the same. `file`, `layout`,
        `normalized` and `detected` are those of the first file. A merged report has no data about single rows, or that
        cannot be added: no `examples`, `of_file`, `skipped_lines`, `title_variants` and `domains`.
        """
        return reduce(_merged, later, self)

    def __repr__(self) -> str:
        good, bad = f"{self.good_rows:,} good", f"{self.bad_rows:,} bad"
        message = f"{counted(self.rows, 'row')}, {good}, {bad}" + (
            f", {self.left_out:,} left out" if self.left_out else ""
        )
        others = f" and {counted(self.files - 1, 'file')} more" if self.files > 1 else ""
        return f"<Report {visible(self.file)}{others}: {message}, titlecount {self.titlecount:,}>"

    def _repr_html_(self) -> str:
        return html.escape(repr(self)) if self.details is None else self.details.page(self)

    @property
    def frame(self) -> pd.DataFrame:
        """Every problem in the order of the rows: row, line, column, code, severity, value, message, suggestion.

        A report that `preflight.check` returned has all problems; any other has its `examples`.
        """
        if self.details is not None:
            return self.details.frame(self)
        import pandas as pd

        return pd.DataFrame([one[: len(PROBLEM_COLUMNS)] for one in self.examples], columns=list(PROBLEM_COLUMNS))

    @property
    def good(self) -> pd.Series[bool]:
        """The mask of good rows, indexed by row number, or like the checked DataFrame.

        Raises `ValueError` for a report that `preflight.check` did not return.
        """
        if self.details is None:
            raise ValueError("only a report that preflight.check returned knows which rows are good")
        return self.details.good()

    @property
    def good_rows(self) -> int:
        """The number of rows that have no error and are not left out."""
        return self.rows - self.bad_rows - self.left_out

    @property
    def contradiction(self) -> Problem | None:
        """The error of the file as a whole, that the layout contradicts it; then no row was judged."""
        return next((problem for problem in self.of_file if problem.severity == "error"), None)

    @property
    def clean_dateformat(self) -> str:
        """The date pattern of the clean file: the API's `dateformat`."""
        return (self.normalized or self.layout.dateformat).pattern

    @property
    def titlecount(self) -> int:
        """The number of new titles: the API's `titlecount`."""
        return self.titles.new_count

    @property
    def ok(self) -> bool:
        """Whether every row may be sent."""
        return self.bad_rows == 0

    @property
    def leaving_others_out(self) -> dict[str, str | list[str] | None]:
        """The options that leave out rows of people who did not attend, or of repeated joins, in a known export.

        Empty if there are no such rows, or rows were already chosen. A switch has None.
        """
        wanted = dict[str, str | list[str] | None]()
        if self.export.get("only") and not self.layout.only:
            wanted["only"] = list(self.export["only"])
        if self.export.get("once_per_day") and not self.layout.once_per_day:
            wanted["once-per-day"] = None
        return wanted

    @property
    def found(self) -> int:
        """The number of findings, errors and warnings."""
        return sum(self.problems.values()) + sum(self.warnings.values())

    @property
    def truncated(self) -> bool:
        """Whether there are more findings than `examples`; the `frame` of a report from `check` has all of them."""
        return len(self.examples) < self.found

    def as_dict(self) -> dict[str, Any]:
        """The report as `--json` prints it; keys without a value, such as `fixes` or `title_variants`, are omitted."""
        fields: dict[str, Any] = {
            "file": self.file,
            "layout": self.layout.as_dict(),
            "detected": dict(self.detected),
            "skipped_lines": [lines._asdict() for lines in self.skipped_lines],
            "strptime": self.layout.dateformat.strptime,
            "clean_dateformat": self.clean_dateformat,
            "rows": self.rows,
            "good_rows": self.good_rows,
            "bad_rows": self.bad_rows,
            "left_out": self.left_out,
            "problems": dict(self.problems),
            "warnings": dict(self.warnings),
            "titles": self.titles.as_dict(),
            "titlecount": self.titlecount,
            "examples": [problem.as_dict() for problem in self.examples],
            "truncated": self.truncated,
            "ok": self.ok,
        }
        if self.export:
            fields["export"] = dict(self.export)
        if self.title_variants:
            fields["title_variants"] = [[spelling._asdict() for spelling in group] for group in self.title_variants]
        if self.layout.added:
            fields["left_out_columns"] = list(self.layout.added)
        if self.layout.texts:
            fields["texts"] = dict(self.layout.texts)
        if self.mendable.fix_rows or self.mendable.accept:
            fields["mendable"] = self.mendable.as_dict()
        if self.kept:
            fields["kept"] = [one._asdict() for one in self.kept]
        return fields | ({"fixes": self.fixes.as_dict()} if self.fixes.kinds else {})


def _merged(one: Report, later: Report) -> Report:
    return replace(
        one,
        files=one.files + later.files,
        rows=one.rows + later.rows,
        bad_rows=one.bad_rows + later.bad_rows,
        left_out=one.left_out + later.left_out,
        problems=in_order_of_codes(Counter(one.problems) + Counter(later.problems)),
        warnings=in_order_of_codes(Counter(one.warnings) + Counter(later.warnings)),
        titles=one.titles.merged(later.titles),
        fixes=one.fixes.merged(later.fixes),
        mendable=one.mendable + later.mendable,
        timeline=one.timeline.merged(later.timeline),
        good_timeline=one.good_timeline.merged(later.good_timeline),
        warned_rows=one.warned_rows + later.warned_rows,
        more_are_warned=one.more_are_warned or later.more_are_warned,
        kept=(*one.kept, *later.kept),
        examples=(),
        of_file=(),
        of_kinds=(),
        skipped_lines=(),
        title_variants=(),
        domains=Domains(),
        samples=(),
        steps=(),
        details=None,
    )
