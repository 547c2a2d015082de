"""Order: what to send, and as what."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from os import PathLike
from pathlib import Path

from preflight import Layout
from uploader.acton import form
from uploader.acton.endpoint import MAX_BYTES
from uploader.errors import UsageError


@dataclass(frozen=True, slots=True)
class Order:
    """What to send, and as what.

    `titlecount` is worked out unless given; `filename` is the source's base name unless given; `max_shown` limits the
    examples in the report, dates before `oldest` or after `newest` are warned of as `preflight.check` does,
    `normalize_dates` sends the dates in their ISO form, `fix` and `fixes` are those of `preflight.check`. `again` sends
    although the ledger knows the same bytes or rows, `only_new` leaves out the rows that it knows; without `row_ledger`
    rows are neither looked up nor kept. With `create` Act-On may make the destination. What is larger than `max_bytes`
    goes in parts. `account` names one of several accounts that share a base URL; unless given it is the login's. Raises
    `UsageError` for a value that the API could not mean.
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
    only_new: bool = False
    row_ledger: bool = True
    create: bool = False
    max_bytes: int = MAX_BYTES
    account: str | None = None

    def __post_init__(self) -> None:
        form.checked_destination(self.destination)
        form.checked_action(self.customeventaction)
        form.checked_filename(self.name)
        form.checked_account(self.account)
        if self.titlecount is not None:
            form.checked_titlecount(self.titlecount)
        if self.only_new and (self.again or not self.row_ledger):
            raise UsageError(
                "--only-new leaves out what was sent before: it goes neither with --again nor with --no-row-ledger"
            )

    @property
    def name(self) -> str:
        """The file's name as the server is told."""
        if self.filename is not None:
            return self.filename
        name = Path(self.file).name  # what is sent is never packed
        return "standard-input.csv" if name == "-" else name[:-3] if name.lower().endswith(".gz") else name
