"""Delivery -> terminal text. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from preflight.text.display import counted, shown, visible
from uploader.model.entry import Entry
from uploader.model.outcome import Outcome
from uploader.model.titlecount import TitleCount
from uploader.model.upload import Upload
from uploader.preparing.hashes import SentBefore
from uploader.render.history import as_count
from uploader.render.verdict import goes_on, verdict
from uploader.sending.delivery import Delivery, PlannedRequest


@dataclass(frozen=True, slots=True)
class FileResult:
    """The result of one of several files; `error` is its error message, if any, `code` its exit code."""

    file: str
    delivery: Delivery | None
    error: str
    code: int

    def as_dict(self) -> dict[str, Any]:
        """The result as `--json` prints it: the delivery, if there is one, and the error."""
        fields = self.delivery.as_dict() if self.delivery is not None else {"outcome": Outcome.NOT_SENT.value}
        return {"file": self.file, **fields, "error": self.error, "exit_code": self.code}


def render(delivery: Delivery, *, rehearsed: bool = False, create: bool = False, following: str = "") -> str:
    """The uploads and the outcome; the last line is the verdict and the next step.

    `rehearsed` is true for a rehearsal, `create` if a real send would not look up the destination; `following` is the
    next command. A delivery that ended with an error has no verdict here: the error message is one.
    """
    lines = [line for planned in delivery.planned for line in _request(planned)]
    if delivery.titlecount is not None and len(delivery.uploads) <= 1:
        lines += _titlecount(delivery.titlecount)
    if delivery.sent_before is not None:
        left_out = "left out" if delivery.outcome is Outcome.NOTHING_NEW or not delivery.again else "sent once more"
        lines.append(f"{_before(delivery.sent_before)}: {left_out}.")
    if rehearsed:
        lines.append(rehearsal_only(delivery, create=create))
    for upload in delivery.uploads:
        lines += _upload(upload, rehearsed)
    if delivery.outcome not in (Outcome.NOT_SENT, Outcome.REFUSED, Outcome.IN_DOUBT):
        lines.append(verdict(delivery, rehearsed=rehearsed, following=following))
    elif delivery.confirmed_parts:
        lines.append(goes_on(delivery))
    return "".join(f"{line}\n" for line in lines)


def rehearsal_only(delivery: Delivery, *, create: bool) -> str:
    """The note that nothing was sent for real, and what only a real send does, in one line."""
    message = "Rehearsal only: nothing left this machine."
    if create or delivery.sent is None:
        return message
    return f"{message} A real send first checks that {shown(delivery.sent['destination'])} is among your custom events."


def render_files(results: Sequence[FileResult]) -> str:
    """The results of several files, one per line."""
    lines = [f"{len(results)} files"]
    for result in results:
        delivery = result.delivery
        message = result.error
        if delivery is not None and not message:
            job = f", job {delivery.job.job_id}" if delivery.job is not None else ""
            message = f"{delivery.outcome.plain}, {counted(delivery.rows_sent, 'row')} sent{job}"
        lines.append(f"  {visible(result.file)}: {message}")
    return "".join(f"{line}\n" for line in lines)


def _before(before: SentBefore) -> str:
    where = ", ".join(f"{rows:,} in upload {id}" for id, rows in list(before.uploads.items())[:3])
    more = f" and {len(before.uploads) - 3:,} more" if len(before.uploads) > 3 else ""
    return f"{before.described} ({where}{more})"


def _titlecount(count: TitleCount) -> list[str]:
    """Lines about a titlecount beyond the check's report."""
    lines = []
    if count.from_ledger:
        known = f"{count.known:,} known ({count.from_ledger:,} of them from the ledger)"
        lines.append(f"titlecount {count.counted:,}: {counted(count.distinct, 'distinct title')}, less {known}.")
    if count.sent != count.counted:
        lines.append(
            f"--titlecount {count.sent:,} is sent, although {counted(count.counted, 'new title')} "
            f"{'is' if count.counted == 1 else 'are'} counted: a number that does not fit may make the job fail, and "
            f"cannot be checked afterwards; leave it out to send {count.counted:,}."
        )
    other = [
        f"{number:,} if {reading}"
        for number, reading in (
            (count.case_folded, "Act-On ignores case and inner blanks"),
            (count.with_blanks, "it does not ignore blanks at the ends"),
        )
        if number != count.counted
    ]
    if other:
        lines.append(f"The counted {count.counted:,} would be {', '.join(other)}; this is not documented.")
    if count.unconfirmed:
        ids = ", ".join(map(str, count.unconfirmed[:5]))
        lines.append(
            f"Some new titles are those of upload {ids}, which is not confirmed: if it arrived, they are not new."
        )
    return lines


def unwritten(delivery: Delivery) -> str:
    """What could not be written into the ledger, and how to correct it, in one line; empty if all was written."""
    upload = next((upload for upload in delivery.uploads if upload.unwritten), None)
    if upload is None:
        return ""
    job = f" --job {upload.job.job_id}" if upload.job is not None else ""
    settle = f"uploader settle {upload.id}{delivery.ledger_option}"
    run = f"`{settle} --sent{job}`" if job else f"`{settle} --not-sent`"
    if upload.outcome is Outcome.IN_DOUBT:
        run = f"`{settle} --sent` or `{settle} --not-sent`, whichever is true"
    return f"{upload.unwritten}; there upload {upload.id} is in doubt: make the ledger usable, then run {run}"


def _request(planned: PlannedRequest) -> list[str]:
    file = planned.prepared.intent
    return [
        f"{planned.method} {planned.url}",
        *(f"  {name}: {value}" for name, value in planned.headers.items()),
        "fields:",
        *(f"  {name} = {visible(value)}" for name, value in planned.prepared.fields.items()),
        f"file: {visible(file.filename)}, {file.size:,} bytes, sha256 {file.sha256}",
        "",
    ]


def _upload(upload: Upload, rehearsed: bool) -> list[str]:
    if not upload.arrived:
        return []
    intent, job, rows = upload.intent, upload.job, counted(upload.intent.rows, "row")
    before = f" before, on {intent.when} (upload {intent.id}):" if isinstance(intent, Entry) else ""
    sent_where = "The stand-in took" if rehearsed else "Sent"
    begun = "In doubt:" if upload.outcome is Outcome.IN_DOUBT else f"{sent_where}{before}"
    if intent.parts > 1:
        begun = f"Part {intent.part} of {intent.parts}: {begun[0].lower()}{begun[1:]}"
    sent = (
        f"{begun} {rows} {'for' if rehearsed else 'to'} {shown(intent.destination)} as {intent.customeventaction}, "
        f"titlecount {intent.titlecount}, file {shown(intent.filename)}."
    )
    parts = [sent]
    if intent.parts > 1 and upload.titlecount is not None:
        parts += _titlecount(upload.titlecount)
    if job is None:
        return parts
    if job.append_count is None and job.rejected_count is None:
        return [*parts, f"Job {job.job_id}: no counts yet for the {rows} sent."]
    appended, rejected = as_count(job.append_count), as_count(job.rejected_count)
    return [*parts, f"Job {job.job_id}: {appended} appended, {rejected} rejected of the {rows} sent."]
