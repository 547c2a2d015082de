"""What a check can be asked for, made once and passed whole."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from os import PathLike
from typing import Any

from preflight.errors import LayoutError
from preflight.model.fixes import fix_kinds
from preflight.text.asking import option

File = str | PathLike[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckOptions:
    """The options of `preflight.check`; those of the layout are `Layout`.

    The good rows go to `clean`, the bad ones to `bad_rows`, every problem to each of `reports` (`.csv` or `.json`; the
    first of each kind to an `.html` page). The outputs appear under their names when all of the file was read.
    `known_titles` are those that the custom event has already. Dates before `oldest` (1990 unless given) or after
    `newest` (a day ahead of now) are warned of. With `normalize_dates` the clean file's dates are in their ISO form:
    see `Report.clean_dateformat`. `fix` names the kinds of fixes (`FIXES`) to make before anything is judged: the clean
    file and the bad rows have the fixed cells, and each change is listed in `fixes`. The report shows the first
    `max_shown` problems and fixes. `rules` are own rules (`preflight.rule`), or where they are found, `module:name`.

    Raises `LayoutError` for what does not go together, `TypeError` for one text where several are meant.
    """

    clean: File | None = None
    bad_rows: File | None = None
    reports: Sequence[File] = ()
    known_titles: Collection[str] = ()
    oldest: date | None = None
    newest: date | None = None
    normalize_dates: bool = False
    fix: Sequence[str] = ()
    fixes: File | None = None
    max_shown: int = 20
    rules: Sequence[Any] = ()

    def __post_init__(self) -> None:
        if isinstance(self.known_titles, str | PathLike):  # a text is an iterable too, of its letters
            raise TypeError("known_titles takes titles, not a path; preflight.read_known_titles reads a file of them")
        if isinstance(self.reports, str | PathLike):
            raise TypeError("reports takes several files, not one: reports=['report.html']")
        if isinstance(self.rules, str):
            raise TypeError("rules takes several rules, not one text: rules=['mymodule:phone_missing']")
        object.__setattr__(self, "reports", tuple(self.reports))
        object.__setattr__(self, "rules", tuple(self.rules))
        object.__setattr__(self, "known_titles", frozenset(self.known_titles))
        object.__setattr__(self, "fix", fix_kinds(self.fix))
        if self.normalize_dates and self.clean is None:
            raise LayoutError(f"normalized dates go to the clean file; name one with {option('clean')}")
        if self.fix and self.clean is None:
            raise LayoutError(f"fixed rows go to the clean file; name one with {option('clean')}")
        if self.fixes is not None and not self.fix:
            raise LayoutError(f"nothing is fixed unless asked for; add {option('fix')} to list the fixes")

    @property
    def outputs(self) -> tuple[File, ...]:
        """The files to write."""
        return tuple(path for path in (self.clean, self.bad_rows, self.fixes, *self.reports) if path is not None)
