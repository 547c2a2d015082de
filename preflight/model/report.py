"""Report: what a check found, as plain data."""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from functools import reduce
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from preflight.dates.format import DateFormat
from preflight.layouts.resolved import ResolvedLayout
from preflight.model.fixes import Fixes, Mendable
from preflight.model.kept import Kept
from preflight.model.problems import PROBLEM_COLUMNS, Problem, in_order_of_codes
from preflight.model.samples import Sample
from preflight.model.skipped import SkippedLines
from preflight.model.timeline import Timeline
from preflight.text.display import counted, visible

if TYPE_CHECKING:
    import pandas as pd


class Spelling(NamedTuple):
    """A title as it is written in `rows` good rows, the first of which is number `row`, on `line`."""

    title: str
    rows: int
    row: int
    line: int


@dataclass(frozen=True, slots=True)
class Titles:
    """The titles of the good rows, blanks at their ends trimmed.

    `counts` maps each distinct title to the number of good rows that carry it; `known` are those of them that the
    custom event has already. Of a file with very many titles (`evidence.titles.MOST_TITLES`), `unlisted` are counted
    only: they are new, and not in `counts`. `spellings` counts the titles as written, blanks at their ends included.
    """

    counts: Mapping[str, int]
    known: frozenset[str]
    unlisted: int = 0
    spellings: int = 0

    @property
    def distinct(self) -> int:
        """How many different titles the good rows carry."""
        return len(self.counts) + self.unlisted

    @property
    def new(self) -> tuple[str, ...]:
        """The titles that the custom event does not have yet, as far as listed, in order of first appearance."""
        return tuple(title for title in self.counts if title not in self.known)

    def as_dict(self) -> dict[str, int]:
        """How many there are, as `--json` prints it."""
        return {"distinct": self.distinct, "known": len(self.known), "new": self.new_count}

    def merged(self, later: Titles) -> Titles:
        """The titles of these rows and of later ones; `unlisted` ones are taken for different."""
        counts = dict(self.counts)
        for title, rows in later.counts.items():
            counts[title] = counts.get(title, 0) + rows
        unlisted, spellings = self.unlisted + later.unlisted, self.spellings + later.spellings
        return Titles(counts, self.known | later.known, unlisted, spellings)

    @property
    def new_count(self) -> int:
        """How many titles the custom event does not have yet, the unlisted among them."""
        return self.distinct - len(self.known)


class NearMiss(NamedTuple):
    """A domain that is most likely a typing error for `meant`, with the numbers of rows that have each."""

    domain: str
    rows: int
    meant: str
    meant_rows: int


@dataclass(frozen=True, slots=True)
class Domains:
    """The domains of the valid addresses, in lower case.

    `distinct` counts them (up to `MOST_DOMAINS` of the rule), `rows` has the most common ones, in that
    order, with their numbers of rows, `near_misses` the mistyped ones with the most rows.
    """

    distinct: int = 0
    rows: Mapping[str, int] = field(default_factory=dict)
    near_misses: tuple[NearMiss, ...] = ()


class Step(NamedTuple):
    """What to do next: in words, and the command that does it, to be pasted as it stands."""

    says: str
    command: str


class Details(Protocol):
    """What a check kept for a report to hand out when it is asked."""

    def frame(self, report: Report) -> pd.DataFrame:
        """Every problem."""

    def good(self) -> pd.Series[bool]:
        """Whether each row is good."""

    def page(self, report: Report) -> str:
        """The HTML page, for a notebook."""


@dataclass(frozen=True, slots=True, repr=False)
class Report:
    """What a check found in one file.

    `rows`, `good_rows`, `bad_rows` and `left_out` (neither, as they were not wanted) are numbers of data records, the
    heading not counted. `export` is what is known of the export that a file is (`preflight.tools`), empty where it is
    none. `problems` and `warnings` count findings by code, errors and warnings apart. `of_file` is what
    only the file as a whole shows; what of it concerns no row has row 0 and line 0. An error in it means that the
    layout that was given contradicts the file: `layout` is then the one that would work, no row was judged, and none is
    good. `examples` are the first findings in the order of the rows, those of `of_file` among them. `normalized` is the
    format of the clean file's dates where it is not the layout's. `detected` has the evidence for each part of the
    layout that was not given but detected. `skipped_lines` are those of the file that are no part of its
    table. `fixes` are the changes asked for; the rest is of what they left, `mendable` what others would mend of it.
    `title_variants` are groups of spellings of one title that differ only in case or blanks, the first of the file and
    of each group. `domains` are those of the valid addresses. `timeline` says how many rows have their date when,
    `good_timeline` the same of the good. `warned_rows` have a warning; with `more_are_warned` others have one, too,
    which are counted but not listed. `details` are what `frame` and `good` are read from. `kept` are the files that
    stood where outputs went, and were not replaced unseen. `files` tells how many files it is of, more than one where
    reports were `merged`. `samples` are the first problems of each code with their whole rows, in the order of the
    rows, where a page shows them. `rows_above` are the records that a spreadsheet shows above the first row: the
    heading, and what stands before the table. `steps` are what to do next, where that is known. A report can be
    pickled, without its `details`.
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
        """The report of this file and of others together: numbers are added up, and titles counted once.

        It is the same in whatever groups reports are merged, as long as their order stays. What it has of one file is
        the first's: `file`, `layout`, `normalized`, `detected`. Where there are others, it has nothing of what tells of
        single rows, or cannot be added up: no `examples`, `of_file`, `skipped_lines`, `title_variants` and `domains`.
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
        """Every problem: row, line, column, code, severity, value, message, suggestion, in the order of the rows.

        That is all of them, read from where they were kept, in a report that `preflight.check` gave, else `examples`.
        """
        if self.details is not None:
            return self.details.frame(self)
        import pandas as pd

        return pd.DataFrame([one[: len(PROBLEM_COLUMNS)] for one in self.examples], columns=list(PROBLEM_COLUMNS))

    @property
    def good(self) -> pd.Series[bool]:
        """Whether each row is good, indexed by row number, or as the DataFrame is that was checked.

        Raises `ValueError` for a report that `preflight.check` did not give.
        """
        if self.details is None:
            raise ValueError("which rows are good is known only of a report that preflight.check gave")
        return self.details.good()

    @property
    def good_rows(self) -> int:
        """How many rows have no error, and are not left out."""
        return self.rows - self.bad_rows - self.left_out

    @property
    def contradiction(self) -> Problem | None:
        """The error of the file as a whole, which says that its layout is another; no row was judged then."""
        return next((problem for problem in self.of_file if problem.severity == "error"), None)

    @property
    def clean_dateformat(self) -> str:
        """The pattern of the dates in the clean file, the API's `dateformat` for it."""
        return (self.normalized or self.layout.dateformat).pattern

    @property
    def titlecount(self) -> int:
        """The number of new titles to expect, the API's `titlecount`."""
        return self.titles.new_count

    @property
    def ok(self) -> bool:
        """True when every row may be sent."""
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
        """How many findings there are, errors and warnings."""
        return sum(self.problems.values()) + sum(self.warnings.values())

    @property
    def truncated(self) -> bool:
        """True when there are more findings than `examples` holds."""
        return len(self.examples) < self.found

    def as_dict(self) -> dict[str, Any]:
        """The report as `--json` prints it.

        What was fixed is in it when fixes were asked for, title variants when there are, the known export that the file
        is, and what is left out of a bad-rows file's clean file.
        """
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
        skipped_lines=(),
        title_variants=(),
        domains=Domains(),
        samples=(),
        steps=(),
        details=None,
    )
