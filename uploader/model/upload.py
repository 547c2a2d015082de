"""The outcome of one file that was posted. Plain data."""

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
    """The outcome of one file that was posted; `id` is its entry in the ledger.

    `fields` is its form, and `titlecount` says how that came about: of an upload that an earlier run made, there is
    only what the ledger has of it. `reason` says in one line why the outcome is not a plain success. `unwritten` says
    why the ledger could not be told; then it takes the upload to be in doubt.
    """

    id: int
    intent: Intent
    fields: Mapping[str, str]
    outcome: Outcome
    job: Job | None = None
    reason: str = ""
    unwritten: str = ""
    titlecount: TitleCount | None = None

    @property
    def arrived(self) -> bool:
        """True when it arrived, or may have."""
        return self.outcome not in NOTHING_ARRIVED

    @property
    def complete(self) -> bool:
        """True when every row of it is known to have arrived, from the server or from a person."""
        settled = isinstance(self.intent, Entry) and self.intent.complete
        return self.outcome is Outcome.CONFIRMED or settled

    def as_dict(self) -> dict[str, Any]:
        """The upload as `--json` prints one of several parts."""
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


class UploadError(Exception):
    """An upload went wrong with `error`, which says so; `upload` is its outcome."""

    def __init__(self, upload: Upload, error: UploaderError) -> None:
        super().__init__(str(error))
        self.upload = upload
        self.error = error


def as_recorded(outcome: Outcome) -> Outcome:
    """`outcome` as the ledger has it: an upload whose job's end is not known was sent, and can be asked for again."""
    return Outcome.SENT if outcome in (Outcome.TIMED_OUT, Outcome.UNKNOWN) else outcome


def of_earlier(entry: Entry) -> Upload:
    """The upload that an earlier run made."""
    job = Job(entry.job_id, "", entry.append_count, entry.rejected_count) if entry.job_id else None
    names = ("destination", "customeventaction", "titlecount", "filename")
    fields = {name: str(getattr(entry, name)) for name in names}
    return Upload(entry.id, entry, fields, entry.outcome, job, entry.reason)
