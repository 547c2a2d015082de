"""Order: what to send, and as what."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from os import PathLike
from pathlib import Path

from preflight import Layout
from uploader import form


@dataclass(frozen=True, slots=True)
class Order:
    """What to send, and as what.

    `titlecount` is worked out unless given; `filename` is the source's base name unless given; `max_shown` limits the
    examples in the report, dates before `oldest` or after `newest` are warned of as `preflight.check` does,
    `normalize_dates` sends the dates in their ISO form, `fix` and `fixes` are those of `preflight.check`. `again` sends
    although the ledger knows the same bytes. Raises `UsageError` for a value that the API could not mean.
    """

    file: str | PathLike[str]
    layout: Layout
    destination: str
    customeventaction: form.CustomEventAction | str
    titlecount: int | None = None
    drop_bad_rows: bool = False
    known_titles: frozenset[str] = frozenset()
    filename: str | None = None
    max_shown: int = 20
    oldest: date | None = None
    newest: date | None = None
    normalize_dates: bool = False
    fix: tuple[str, ...] = ()
    fixes: str | PathLike[str] | None = None
    again: bool = False

    def __post_init__(self) -> None:
        form.checked_destination(self.destination)
        form.checked_action(self.customeventaction)
        form.checked_filename(self.name)
        if self.titlecount is not None:
            form.checked_titlecount(self.titlecount)

    @property
    def name(self) -> str:
        """The file's name as the server is told."""
        if self.filename is not None:
            return self.filename
        name = Path(self.file).name  # what is sent is never packed
        return "standard-input.csv" if name == "-" else name[:-3] if name.lower().endswith(".gz") else name
