"""The options of a check, created once and passed as one object."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import MISSING, dataclass, fields, replace
from datetime import date
from os import PathLike
from typing import TYPE_CHECKING, Any, Literal

from preflight.dates.counted import SourceReading
from preflight.errors import LayoutError
from preflight.layouts.option import day, file_to_write, option_field, whole_number
from preflight.model.codes import codes_to_accept
from preflight.model.fixes import FIXES, fix_kinds
from preflight.text.asking import option
from preflight.text.display import nearest, shown

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

File = str | PathLike[str]


_WITH_TIMES = "yes"
"""The value of `--normalize-dates` without a value."""


def _normalized(text: str) -> bool | Literal["day"]:
    if text not in (_WITH_TIMES, "day"):
        raise LayoutError(f"{shown(text)} is not a form of dates; use `=day`, or no value for days with times")
    return "day" if text == "day" else True


def _kinds_of(text: str) -> tuple[str, ...]:
    return fix_kinds(text.split(","))


def _codes_of(text: str) -> tuple[str, ...]:
    return codes_to_accept(text.split(","))


def _are_several(values: object) -> bool:
    return isinstance(values, Iterable) and not isinstance(values, str | PathLike)  # a text has characters


def refuse_unknown(function: str, named: Collection[str], known: Sequence[str]) -> None:
    """Raise `TypeError` for a name that is no option of a function, with the nearest one, or all."""
    for name in named:
        if name not in known:
            hint = nearest(name, known, f"its options are {', '.join(known)}")
            raise TypeError(f"{function}() got an unexpected keyword argument {name!r}; {hint}")


def signature_with_options(
    function: Callable[..., Any], *kinds: type[DataclassInstance], but: Collection[str] = ()
) -> inspect.Signature:
    """The signature of `function` with the options of `kinds` by name, without those in `but`; for help and completion.

    They stand in place of its `**named`.
    """
    given = inspect.signature(function)
    own = [one for one in given.parameters.values() if one.kind is not inspect.Parameter.VAR_KEYWORD]
    options = [
        inspect.Parameter(
            one.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=inspect.Parameter.empty if one.default is MISSING else one.default,
            annotation=one.type,
        )
        for kind in kinds
        for one in fields(kind)
        if one.name not in but
    ]
    return given.replace(parameters=[*own, *options])


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckOptions:
    """The options of `preflight.check`; those of the layout are `Layout`.

    The good rows are written to `clean`, the bad ones to `bad_rows`, every problem to each of `reports` (`.csv` or
    `.json`; an `.html` page has the first of each kind). The outputs appear when the whole file was read.
    `known_titles` are the titles that the custom event has already. Dates before `oldest` (default: 1990) or after
    `newest` (default: a day from now) have a warning.

    With `normalize_dates` the clean file has its dates in ISO form, with "day" without a time: see
    `Report.clean_dateformat`. The dates of the source may then have forms that no Java pattern reads: see
    `preflight.dates.source`, also for `zone` and `locale`. `fix` has the kinds of fixes (`FIXES`) to make before the
    rows are judged: the clean file and the bad rows have the fixed cells, and `fixes` lists each change. `accept` has
    problem codes whose suggestions are written in the same way; the cells are then judged again. Without `clean`, both
    are only listed, and the rows are judged unchanged.

    The report shows the first `max_shown` problems and fixes. With `strict`, a warning prevents merging and sending.
    `rules` are own rules (`preflight.rule`), or their positions, `module:name`. An existing file at `clean`, `bad_rows`
    or `fixes` that holds merged rows, was changed since it was written, or was not written by these commands is kept
    under another name, unless `overwrite` is set.

    Raises `LayoutError` for contradicting options, `TypeError` for a single text instead of several.
    """

    clean: File | None = option_field(
        "write the heading and the good rows here, byte for byte", "OUT.csv", read=file_to_write
    )
    normalize_dates: bool | Literal["day"] = option_field(
        "write the dates of the good rows as yyyy-MM-dd with the time in ISO form, or only the day with `=day`",
        "day",
        default=False,
        read=_normalized,
        bare=_WITH_TIMES,
        in_next=True,
        of_source=True,
    )
    zone: str | None = option_field(
        "the place whose time zone defines the days of instants and the meaning of CST and similar words; with "
        "--normalize-dates",
        "AREA/CITY",
        in_next=True,
        of_source=True,
    )
    locale: str | None = option_field(
        "the language of months and weekdays, such as de; with --normalize-dates", "LANG", in_next=True, of_source=True
    )
    bad_rows: File | None = option_field(
        "write the bad rows here, with what is wrong with each", "OUT.csv", read=file_to_write
    )
    reports: Sequence[File] = option_field(
        "write every problem here, or an HTML page, or print GitHub's annotations",
        "OUT.(csv|json|html)|github",
        default=(),
        name="report",
        read=file_to_write,
        several=True,
    )
    known_titles: Collection[str] = option_field(
        "titles that the custom event has already, one per line", "FILE", default=(), in_next=True
    )
    strict: bool = option_field("exit 1 for warnings, too", default=False)
    max_shown: int = option_field("show the first N problems (default: 20)", "N", default=20, read=whole_number)
    fix: Sequence[str] = option_field(
        f"fix cells that have only one reading; all kinds, or those after `=`: {', '.join(FIXES)}",
        "KIND,…",
        default=(),
        read=_kinds_of,
        bare=",".join(FIXES),
        in_next=True,
        of_source=True,
    )
    accept: Sequence[str] = option_field(
        "write the suggestions of these problem codes into the cells, such as date-year,email-typo",
        "CODE,…",
        default=(),
        read=_codes_of,
        in_next=True,
        of_source=True,
    )
    fixes: File | None = option_field("list every fix and accepted suggestion here", "OUT.csv", read=file_to_write)
    oldest: date | None = option_field(
        "warn of dates before this (default: 1990)", "YYYY-MM-DD", read=day, in_next=True
    )
    newest: date | None = option_field(
        "warn of dates after this (default: a day from now)", "YYYY-MM-DD", read=day, in_next=True
    )
    overwrite: bool = option_field(
        "also replace outputs that were changed or merged into; without it they are kept as NAME.1.csv", default=False
    )
    rules: Sequence[Any] = ()

    def __post_init__(self) -> None:
        if not _are_several(self.known_titles):
            raise TypeError("known_titles takes titles, not a path; preflight.read_known_titles reads a file of them")
        if not _are_several(self.reports):
            raise TypeError("reports takes several files, not one: reports=['report.html']")
        if not _are_several(self.rules):
            raise TypeError("rules takes a list, not one rule: rules=[phone_missing], or ['mymodule:phone_missing']")
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
        _ = self.reading  # raises for an unknown zone or language
        if self.fixes is not None and not self.changes:
            raise LayoutError(f"nothing is fixed unless asked for; add {option('fix')} or {option('accept')}")

    @property
    def changes(self) -> bool:
        """Whether cells are to be changed."""
        return bool(self.fix or self.accept)

    @property
    def only_previews(self) -> bool:
        """Whether changes are only listed, as there is no clean file."""
        return self.changes and self.clean is None

    @property
    def recorded(self) -> tuple[File, ...]:
        """The outputs that are never replaced silently."""
        return tuple(path for path in (self.clean, self.bad_rows, self.fixes) if path is not None)

    def with_outputs(self, named: Callable[[File], File]) -> CheckOptions:
        """The options with each output renamed by `named`."""
        clean, bad_rows, fixes = (
            named(path) if path is not None else None for path in (self.clean, self.bad_rows, self.fixes)
        )
        return replace(self, clean=clean, bad_rows=bad_rows, fixes=fixes, reports=[named(one) for one in self.reports])

    @property
    def has_page(self) -> bool:
        """Whether an HTML page is to be written."""
        return any(str(report).lower().endswith(".html") for report in self.reports)

    @property
    def reading(self) -> SourceReading | None:
        """How dates are read if they are normalized; None if they are sent unchanged."""
        if not self.normalize_dates:
            return None
        return SourceReading(self.zone or "", self.locale or "", day=self.normalize_dates == "day")

    @property
    def outputs(self) -> tuple[File, ...]:
        """All outputs."""
        return (*self.recorded, *self.reports)
