"""Upload: one posted file and its outcome. Plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from uploader.errors import UploaderError
from uploader.model.entry import Entry, Intent
from uploader.model.job import Job
from uploader.model.outcome import NOTHING_ARRIVED, Outcome
from uploader.model.titlecount import TitleCount


@dataclass(frozen=True, slots=True)
class Upload:
    """One posted file and its outcome; `id` is its entry in the ledger.

    `fields` are the form fields, `titlecount` how the titlecount was counted. An upload of an earlier run has the
    fields that the ledger keeps, and no `titlecount`. `reason` says in one line why the outcome is not a plain success.
    `unwritten` says why the outcome could not be written into the ledger, where the upload is then in doubt. `error` is
    that of an upload that was not accepted, or may not have been.
    """

    id: int
    intent: Intent
    fields: Mapping[str, str]
    outcome: Outcome
    job: Job | None = None
    reason: str = ""
    unwritten: str = ""
    titlecount: TitleCount | None = None
    error: UploaderError | None = None

    @property
    def arrived(self) -> bool:
        """True if it arrived, or may have."""
        return self.outcome not in NOTHING_ARRIVED

    @property
    def complete(self) -> bool:
        """True if every row is known to have arrived, from the server or from a person."""
        settled = isinstance(self.intent, Entry) and self.intent.complete
        return self.outcome is Outcome.CONFIRMED or settled

    def as_dict(self) -> dict[str, Any]:
        """The upload as `--json` prints each of several parts."""
        return {
            "upload": self.id,
            "part": self.intent.part,
            "parts": self.intent.parts,
            "rows": self.intent.rows,
            "sent": dict(self.fields) if self.arrived else None,
            "job": self.job.as_dict() if self.job is not None else None,
            "outcome": self.outcome.value,
            "reason": self.reason,
        }


def as_recorded(outcome: Outcome) -> Outcome:
    """The outcome to write into the ledger: `SENT` while the end of the job is unknown, so that it can be followed."""
    return Outcome.SENT if outcome in (Outcome.TIMED_OUT, Outcome.UNKNOWN) else outcome


def of_earlier(entry: Entry) -> Upload:
    """The upload of an earlier run, from its ledger entry."""
    job = Job(entry.job_id, "", entry.append_count, entry.rejected_count) if entry.job_id else None
    names = ("destination", "customeventaction", "titlecount", "filename")
    fields = {name: str(getattr(entry, name)) for name in names}
    return Upload(entry.id, entry, fields, entry.outcome, job, entry.reason)
