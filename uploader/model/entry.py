"""An upload in the ledger: its place, its file and its outcome. Plain data."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Literal, NamedTuple

from preflight.text.display import local_time
from uploader.model.outcome import NOTHING_ARRIVED, Outcome

Settled = Literal["", "sent", "not-sent"]
"""What a person stated about an upload; empty for nothing."""


class Place(NamedTuple):
    """Where an upload goes.

    `endpoint` is the canonical base URL. `account` is the user's name for the account, as accounts share a host; the
    blank name is one account. `destination` and `customeventaction` are those of the API.
    """

    endpoint: str
    account: str
    destination: str
    customeventaction: str

    @property
    def with_nameless(self) -> tuple[Place, ...]:
        """The place, and that of the blank account at which uploads before a login were recorded."""
        nameless = self._replace(account="")
        return (self,) if self == nameless else (self, nameless)


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """An upload that is about to be sent to a `Place`. `sha256` and `size` (bytes) are those of the CSV as sent.

    `rows` is the number of data records, `titles` that of distinct titles. A file in several parts has an intent for
    each: part `part` of `parts`, from 1. `whole` is the SHA-256 of all parts together.
    """

    endpoint: str
    account: str
    destination: str
    customeventaction: str
    filename: str
    sha256: str
    size: int
    rows: int
    titles: int
    titlecount: int
    whole: str
    part: int = 1
    parts: int = 1

    @property
    def place(self) -> Place:
        """The place it is sent to."""
        return Place(self.endpoint, self.account, self.destination, self.customeventaction)

    @property
    def named_part(self) -> str:
        """`part 1 of 3`; empty for a file in one part."""
        return f"part {self.part} of {self.parts}" if self.parts > 1 else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry(Intent):
    """An upload in the ledger. `time` is when its intent was written (UTC, ISO 8601), `reason` what went wrong.

    `operation` is the id of the `Operation` it belongs to. `settled` is what a person stated about it. `holder` is the
    process that is sending it or following its job; empty for none.
    """

    id: int
    time: str
    outcome: Outcome
    job_id: str | None = None
    append_count: int | None = None
    rejected_count: int | None = None
    reason: str = ""
    operation: int | None = None
    settled: Settled = ""
    holder: str = ""

    @property
    def when(self) -> str:
        """`time` for messages: to the minute, in the local zone."""
        return local_time(datetime.fromisoformat(self.time))

    @property
    def described(self) -> str:
        """The outcome for messages, with the reason if it is not a plain success."""
        if not self.reason:
            return self.outcome.plain
        counts = "" if self.append_count is None else f", {self.append_count:,} appended"
        return f"{self.outcome.plain}: {self.reason}{counts}"

    @property
    def arrived(self) -> bool:
        """True if it arrived, or may have."""
        return self.outcome not in NOTHING_ARRIVED

    @property
    def can_be_followed(self) -> bool:
        """True if it has a job whose end is unknown."""
        return self.outcome is Outcome.SENT and self.job_id is not None and not self.settled

    @property
    def finished(self) -> bool:
        """True if nothing remains to be done: it was confirmed, or a person stated that it arrived."""
        return self.outcome is Outcome.CONFIRMED or self.settled == "sent"

    @property
    def complete(self) -> bool:
        """True if it is finished and no row is known to be missing."""
        return self.finished and not self.rejected_count

    def as_dict(self) -> dict[str, Any]:
        """The entry as `uploader history --json` prints it, with the API's names for the API's values."""
        renamed = {"job_id": "jobId", "append_count": "appendCount", "rejected_count": "rejectedCount"}
        names = ["id", "time", *(field.name for field in fields(Intent)), "outcome", *renamed, "reason", "settled"]
        return {renamed.get(name, name): getattr(self, name) for name in names}


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """The sending of one file to a `Place`, in `parts` parts. A part is identified by its number, not its bytes.

    `source` is the SHA-256 of the file's good rows, `whole` that of the rows sent, which are split into parts of at
    most `max_bytes` (`None` if unknown). `wanted` is the mask of the rows sent, one bit each (`numpy.packbits`); `None`
    for all. `continues` is the id of an interrupted operation whose remaining rows this one sends.
    """

    place: Place
    source: str
    whole: str
    parts: int
    max_bytes: int | None = None
    wanted: bytes | None = None
    continues: int | None = None
