"""Delivery: the report of a file, what was sent of it, and the outcome. Plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from preflight.model.report import Report
from preflight.text.display import counted, visible
from uploader.model.job import Job
from uploader.model.outcome import Outcome
from uploader.model.titlecount import TitleCount
from uploader.model.upload import Upload
from uploader.preparing.hashes import SentBefore
from uploader.preparing.parts import Prepared


@dataclass(frozen=True, slots=True)
class PlannedRequest:
    """A request that a dry run did not send. The headers hold `****` in place of the token."""

    method: str
    url: str
    headers: Mapping[str, str]
    prepared: Prepared

    def as_dict(self) -> dict[str, Any]:
        """The request as `--json` prints it."""
        intent = self.prepared.intent
        return {
            "method": self.method,
            "url": self.url,
            "headers": dict(self.headers),
            "fields": dict(self.prepared.fields),
            "file": {"name": intent.filename, "size": intent.size, "sha256": intent.sha256},
        }


@dataclass(frozen=True, slots=True)
class Delivery:
    """The report of a file, what was sent of it, and the outcome.

    `uploads` are the posted parts, if any; `planned` are the requests of a dry run. `sent_before` has the rows of
    earlier uploads, which were left out, or sent `again`. `reason` says in one line why the outcome is not a plain
    success, `unconfirmed` which of the rows left out are not known to have arrived. `endpoint` is the base URL,
    `ledger_option` the option of a later command for the same ledger.
    """

    report: Report
    outcome: Outcome
    uploads: tuple[Upload, ...] = ()
    planned: tuple[PlannedRequest, ...] = ()
    sent_before: SentBefore | None = None
    again: bool = False
    reason: str = ""
    unconfirmed: str = ""
    endpoint: str = ""
    ledger_option: str = ""

    def __repr__(self) -> str:
        told = f"{self.outcome.value}, {counted(self.rows_sent, 'row')} sent"
        if self.job is not None:
            told += f", job {visible(self.job.job_id)}"
        return f"<Delivery {visible(self.report.file)}: {told}>"

    @property
    def sent(self) -> Mapping[str, str] | None:
        """The form fields that were sent, or may have been; of several parts those of the last."""
        return self._arrived.fields if self._arrived is not None else None

    @property
    def job(self) -> Job | None:
        """The job of the upload; of several parts that of the last."""
        return self._arrived.job if self._arrived is not None else None

    @property
    def rows_sent(self) -> int:
        """The number of data records that were sent, or may have been."""
        return sum(upload.intent.rows for upload in self.uploads if upload.arrived)

    @property
    def titlecount(self) -> TitleCount | None:
        """The titlecount and how it was counted; of several parts that of the last."""
        made = [upload.titlecount for upload in self.uploads] or [one.prepared.titlecount for one in self.planned]
        return made[-1] if made else None

    @property
    def complete(self) -> bool:
        """True if every row is known to have arrived, also those left out as sent before."""
        return all(upload.complete for upload in self.uploads) and not self.unconfirmed

    @property
    def confirmed_parts(self) -> int:
        """The number of confirmed parts of a file in several parts; 0 for a file in one."""
        several = [upload for upload in self.uploads if upload.intent.parts > 1]
        return sum(upload.complete for upload in several)

    def with_upload(self, upload: Upload) -> Delivery:
        """The delivery with one more upload."""
        return replace(self, uploads=(*self.uploads, upload), outcome=upload.outcome, reason=upload.reason)

    def as_dict(self) -> dict[str, Any]:
        """The delivery as `--json` prints it.

        Optional keys: `reason`, `unconfirmed`, `titlecount` (how it was counted), `sent_before`; `request` in a dry
        run; `parts`, or `requests` in a dry run, for a file in several parts.
        """
        shown: dict[str, Any] = {
            "check": self.report.as_dict(),
            "sent": dict(self.sent) if self.sent is not None else None,
            "job": self.job.as_dict() if self.job is not None else None,
            "outcome": self.outcome.value,
        }
        if self.reason:
            shown["reason"] = self.reason
        if self.unconfirmed:
            shown["unconfirmed"] = self.unconfirmed
        if self.titlecount is not None and not self.titlecount.plain:
            shown["titlecount"] = self.titlecount.as_dict()
        if self.sent_before is not None:
            shown["sent_before"] = self.sent_before.as_dict()
        if self.planned:
            requests = [planned.as_dict() for planned in self.planned]
            shown |= {"request": requests[0]} | ({"requests": requests} if len(requests) > 1 else {})
        if self.uploads and self.uploads[0].intent.parts > 1:
            shown["parts"] = [upload.as_dict() for upload in self.uploads]
        return shown

    @property
    def _arrived(self) -> Upload | None:
        return self.uploads[-1] if self.uploads and self.uploads[-1].arrived else None
