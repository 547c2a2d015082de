"""What a check can be asked for, made once and passed whole."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from os import PathLike
from typing import Any, Literal

from preflight.dates.counted import SourceReading
from preflight.errors import LayoutError
from preflight.layouts.option import day, file_to_write, said, whole_number
from preflight.model.fixes import FIXES, fix_kinds
from preflight.model.problems import codes_to_accept
from preflight.text.asking import option
from preflight.text.display import shown

File = str | PathLike[str]


_WITH_TIMES = "yes"
"""What `--normalize-dates` stands for without a value."""


def _normalized(text: str) -> bool | Literal["day"]:
    if text not in (_WITH_TIMES, "day"):
        raise LayoutError(f"{shown(text)} is not how dates are written; say `=day`, or nothing for days and times")
    return "day" if text == "day" else True


def _kinds_of(text: str) -> tuple[str, ...]:
    return fix_kinds(text.split(","))


def _codes_of(text: str) -> tuple[str, ...]:
    return codes_to_accept(text.split(","))


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckOptions:
    """The options of `preflight.check`; those of the layout are `Layout`.

    The good rows go to `clean`, the bad ones to `bad_rows`, every problem to each of `reports` (`.csv` or `.json`; the
    first of each kind to an `.html` page). The outputs appear under their names when all of the file was read.
    `known_titles` are those that the custom event has already. Dates before `oldest` (1990 unless given) or after
    `newest` (a day ahead of now) are warned of. With `normalize_dates` the clean file's dates are in their ISO form,
    with "day" without a time: see `Report.clean_dateformat`. The file may then have what no pattern of Java's reads:
    `preflight.dates.source` says what, and what `zone` and `locale` are for. `fix` names the kinds of fixes (`FIXES`)
    to make before anything is judged: the clean file and the bad rows have the fixed cells, and each change is listed
    in `fixes`. `accept` names problem codes whose suggestions are written in the same way, where a cell has one; it is
    judged again then. Without `clean` both are only listed, and the rows are judged as they stand. The report shows the
    first `max_shown` problems and fixes. With `strict` a warning keeps rows from being merged or sent. `rules` are own
    rules (`preflight.rule`), or where they are found, `module:name`. A file in the place of `clean`, `bad_rows` or
    `fixes` that holds merged rows, or is not as these commands wrote it, is kept under another name unless `overwrite`
    is set.

    Raises `LayoutError` for what does not go together, `TypeError` for one text where several are meant.
    """

    clean: File | None = field(
        default=None,
        metadata=said("write the heading and the good rows here, byte for byte", "OUT.csv", read=file_to_write),
    )
    normalize_dates: bool | Literal["day"] = field(
        default=False,
        metadata=said(
            "write the dates of the good rows as yyyy-MM-dd, and the time in ISO, or the day alone with `=day`",
            "day",
            read=_normalized,
            bare=_WITH_TIMES,
            in_next=True,
            of_source=True,
        ),
    )
    zone: str | None = field(
        default=None,
        metadata=said(
            "the place in whose days instants are written, and whose time zones are meant by CST and the like; with "
            "--normalize-dates",
            "AREA/CITY",
            in_next=True,
            of_source=True,
        ),
    )
    locale: str | None = field(
        default=None,
        metadata=said(
            "the language of months and weekdays, such as de; with --normalize-dates",
            "LANG",
            in_next=True,
            of_source=True,
        ),
    )
    bad_rows: File | None = field(
        default=None,
        metadata=said("write the bad rows here, with what is wrong with each", "OUT.csv", read=file_to_write),
    )
    reports: Sequence[File] = field(
        default=(),
        metadata=said(
            "write every problem here, or a page to look at, or print GitHub's annotations",
            "OUT.(csv|json|html)|github",
            name="report",
            read=file_to_write,
            several=True,
        ),
    )
    known_titles: Collection[str] = field(
        default=(), metadata=said("titles that the custom event has already, one a line", "FILE", in_next=True)
    )
    strict: bool = field(default=False, metadata=said("exit 1 for warnings, too"))
    max_shown: int = field(default=20, metadata=said("show the first N problems (default: 20)", "N", read=whole_number))
    fix: Sequence[str] = field(
        default=(),
        metadata=said(
            f"fix what has one reading, all of it or the kinds after `=`: {', '.join(FIXES)}",
            "KIND,…",
            read=_kinds_of,
            bare=",".join(FIXES),
            in_next=True,
            of_source=True,
        ),
    )
    accept: Sequence[str] = field(
        default=(),
        metadata=said(
            "write the suggestion of these problem codes, where a cell has one: date-year,email-typo",
            "CODE,…",
            read=_codes_of,
            in_next=True,
            of_source=True,
        ),
    )
    fixes: File | None = field(
        default=None, metadata=said("list every fix and accepted suggestion here", "OUT.csv", read=file_to_write)
    )
    oldest: date | None = field(
        default=None, metadata=said("warn of dates before this (default: 1990)", "YYYY-MM-DD", read=day, in_next=True)
    )
    newest: date | None = field(
        default=None,
        metadata=said("warn of dates after this (default: a day ahead of now)", "YYYY-MM-DD", read=day, in_next=True),
    )
    overwrite: bool = field(
        default=False,
        metadata=said("replace outputs that were changed or merged into, too, which are kept as NAME.1.csv otherwise"),
    )
    rules: Sequence[Any] = ()

    def __post_init__(self) -> None:
        if isinstance(self.known_titles, str | PathLike):  # a text is an iterable too, of its letters
            raise TypeError("known_titles takes titles, not a path; preflight.read_known_titles reads a file of them")
        if isinstance(self.reports, str | PathLike):
            raise TypeError("reports takes several files, not one: reports=['report.html']")
        if isinstance(self.rules, str):
            raise TypeError("rules takes several rules, not one text: rules=['mymodule:phone_missing']")
        for name, moment in (("oldest", self.oldest), ("newest", self.newest)):
            if moment is not None and not isinstance(moment, date):
                raise TypeError(f"{name} takes a datetime.date, not a {type(moment).__name__}")
        if self.max_shown < 0:
            raise LayoutError(f"max_shown {self.max_shown} is no number of problems to show; it counts from 0")
        object.__setattr__(self, "reports", tuple(self.reports))
        object.__setattr__(self, "rules", tuple(self.rules))
        object.__setattr__(self, "known_titles", frozenset(self.known_titles))
        object.__setattr__(self, "fix", fix_kinds(self.fix))
        object.__setattr__(self, "accept", codes_to_accept(self.accept))
        if self.normalize_dates not in (False, True, "day"):
            raise LayoutError(f'normalize_dates is True, False or "day", not {shown(self.normalize_dates)}')
        for name, value in (("zone", self.zone), ("locale", self.locale)):
            if value is not None and not value.strip():
                raise LayoutError(f"{option(name)} is blank; name one, or leave it out")
            if value is not None and not self.normalize_dates:
                needed = option("normalize_dates")
                raise LayoutError(f"{option(name, value)} says how dates are normalized; add {needed}")
        _ = self.reading  # which refuses a zone or a language that nobody knows
        if self.fixes is not None and not self.changes:
            raise LayoutError(f"nothing is fixed unless asked for; add {option('fix')} or {option('accept')}")

    @property
    def changes(self) -> bool:
        """True where cells are to be changed."""
        return bool(self.fix or self.accept)

    @property
    def only_previews(self) -> bool:
        """True where changes are listed and not made, as no clean file takes them."""
        return self.changes and self.clean is None

    @property
    def recorded(self) -> tuple[File, ...]:
        """The files to write that are never replaced unseen."""
        return tuple(path for path in (self.clean, self.bad_rows, self.fixes) if path is not None)

    def with_outputs(self, named: Callable[[File], File]) -> CheckOptions:
        """The same with each output under the name that `named` gives it."""
        clean, bad_rows, fixes = (
            named(path) if path is not None else None for path in (self.clean, self.bad_rows, self.fixes)
        )
        return replace(self, clean=clean, bad_rows=bad_rows, fixes=fixes, reports=[named(one) for one in self.reports])

    @property
    def has_page(self) -> bool:
        """True where a page to look at is to be written."""
        return any(str(report).lower().endswith(".html") for report in self.reports)

    @property
    def reading(self) -> SourceReading | None:
        """How dates are read that are normalized; None where they are sent as they stand."""
        if not self.normalize_dates:
            return None
        return SourceReading(self.zone or "", self.locale or "", day=self.normalize_dates == "day")

    @property
    def outputs(self) -> tuple[File, ...]:
        """The files to write."""
        return (*self.recorded, *self.reports)
