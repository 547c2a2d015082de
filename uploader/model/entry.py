"""What the ledger has of an upload: what was to leave for where, and its outcome. Plain data."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Literal, NamedTuple

from preflight.text.display import local_time
from uploader.model.outcome import NOTHING_ARRIVED, Outcome

Settled = Literal["", "sent", "not-sent"]
"""What a person said of an upload, if anything."""


class Place(NamedTuple):
    """Where an upload goes.

    `endpoint` is the canonical base URL. `account` is a name that the user gave, as accounts share a host; blank is a
    name of its own. `destination` and `customeventaction` are the API's.
    """

    endpoint: str
    account: str
    destination: str
    customeventaction: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """An upload about to leave for a `Place`. `sha256` and `size` (bytes) are those of the CSV as sent.

    `rows` counts its data records, `titles` its distinct titles. A file that is sent in several parts has an intent for
    each: part `part` of `parts`, from 1; `whole` is then the SHA-256 of all of it, and otherwise that of the one part.
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
        """Where it goes."""
        return Place(self.endpoint, self.account, self.destination, self.customeventaction)

    @property
    def named_part(self) -> str:
        """`part 1 of 3`, or nothing for a file that goes in one."""
        return f"part {self.part} of {self.parts}" if self.parts > 1 else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry(Intent):
    """An upload in the ledger. `time` is when its intent was written (UTC, ISO 8601), `reason` what went wrong.

    `operation` is the sending of a file that it is a part of. `settled` is what a person said of it. `holder` is the
    process that is sending it or following its job, empty when none is.
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
        """`time` to the minute, as a message tells it: in the reader's zone."""
        return local_time(datetime.fromisoformat(self.time))

    @property
    def described(self) -> str:
        """Its outcome, and why it is not a plain success, as a message tells it."""
        if not self.reason:
            return str(self.outcome)
        counts = "" if self.append_count is None else f", {self.append_count:,} appended"
        return f"{self.outcome}: {self.reason}{counts}"

    @property
    def arrived(self) -> bool:
        """True when it arrived, or may have."""
        return self.outcome not in NOTHING_ARRIVED

    @property
    def can_be_followed(self) -> bool:
        """True when its job can be asked for, as nobody saw it end."""
        return self.outcome is Outcome.SENT and self.job_id is not None and not self.settled

    @property
    def finished(self) -> bool:
        """True when there is nothing left to do about it: it was confirmed, or a person said that it arrived."""
        return self.outcome is Outcome.CONFIRMED or self.settled == "sent"

    @property
    def complete(self) -> bool:
        """True when it is finished and no row of it is known to be missing."""
        return self.finished and not self.rejected_count

    def as_dict(self) -> dict[str, Any]:
        """The entry as `uploader history --json` prints it, the API's own words under the API's names."""
        renamed = {"job_id": "jobId", "append_count": "appendCount", "rejected_count": "rejectedCount"}
        names = ["id", "time", *(field.name for field in fields(Intent)), "outcome", *renamed, "reason", "settled"]
        return {renamed.get(name, name): getattr(self, name) for name in names}


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One sending of a file to a `Place`, in `parts` parts; a part is its place in it, whatever its bytes.

    `source` is the SHA-256 of the file's good rows, `whole` that of what is sent of them, cut into parts of at most
    `max_bytes` if that is known. `wanted` marks the rows that are sent, one bit each (numpy's `packbits`); `None` is
    all of them. `continues` is the id of an operation that broke off, of which this one sends rows that are left.
    """

    place: Place
    source: str
    whole: str
    parts: int
    max_bytes: int | None = None
    wanted: bytes | None = None
    continues: int | None = None
