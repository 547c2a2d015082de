"""What the ledger has of an upload: what was to leave for where, and what became of it. Plain data."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, NamedTuple

from uploader.outcome import Outcome


class Place(NamedTuple):
    """Where an upload goes: `account` is the base URL."""

    account: str
    destination: str
    customeventaction: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """An upload about to leave for a `Place`. `sha256` and `size` (bytes) are those of the CSV as sent.

    `rows` counts its data records, `titles` its distinct titles. A file that is sent in several parts has an intent for
    each: part `part` of `parts`, from 1; `whole` is then the SHA-256 of all of it, and otherwise that of the one part.
    """

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
        return Place(self.account, self.destination, self.customeventaction)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry(Intent):
    """An upload in the ledger. `time` is when its intent was written (UTC, ISO 8601), `reason` what went wrong."""

    id: int
    time: str
    outcome: Outcome
    job_id: str | None = None
    append_count: int | None = None
    rejected_count: int | None = None
    reason: str = ""

    @property
    def when(self) -> str:
        """`time` to the minute, as a message tells it."""
        return f"{self.time[:16].replace('T', ' ')} UTC"

    @property
    def told(self) -> str:
        """What became of it, and why it is not a plain success, as a message tells it."""
        if not self.reason:
            return str(self.outcome)
        counts = "" if self.append_count is None else f", {self.append_count:,} appended"
        return f"{self.outcome}: {self.reason}{counts}"

    def as_dict(self) -> dict[str, Any]:
        """The entry as `uploader history --json` prints it, the API's own words under the API's names."""
        renamed = {"job_id": "jobId", "append_count": "appendCount", "rejected_count": "rejectedCount"}
        names = ["id", "time", *(field.name for field in fields(Intent)), "outcome", *renamed, "reason"]
        return {renamed.get(name, name): getattr(self, name) for name in names}
