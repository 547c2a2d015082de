"""Delivery -> terminal text. Pure: what is printed where is the command's business."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from preflight.show import counted, shown, visible
from uploader.answers import Job, State
from uploader.delivery import Delivery, PlannedRequest
from uploader.ledger import Entry
from uploader.outcome import Outcome

_WHY_COUNTS = "likeliest, dates or addresses that the server reads differently, or touch points it has already"
_WHY_FAILED = "likeliest, a titlecount that does not fit, or a layout that the server reads differently"


def render(delivery: Delivery, *, rehearsed: bool = False) -> str:
    """What was sent and what became of it; the last line is the verdict and the next step.

    `rehearsed` says that it went to a stand-in, which is gone with its jobs. A delivery that ended in an error has no
    verdict here: the error's own message is one.
    """
    lines: list[str] = []
    if delivery.planned is not None:
        lines += _request(delivery.planned)
    if delivery.sent is not None:
        lines.append(_sent(delivery.sent, delivery.rows_sent))
    if delivery.job is not None:
        lines.append(_job(delivery.job, delivery.rows_sent))
    if delivery.outcome not in (Outcome.NOT_SENT, Outcome.REFUSED, Outcome.IN_DOUBT):
        lines.append(verdict(delivery, rehearsed=rehearsed))
    return "".join(f"{line}\n" for line in lines)


def verdict(delivery: Delivery, *, rehearsed: bool = False) -> str:
    """The verdict and the next step, in one line."""
    job_id = delivery.job.job_id if delivery.job is not None else ""
    again = f"see `uploader status {job_id} --wait{delivery.options}`"
    wait = f"Do not send again; {again}"
    look_first = "look at the counts in Act-On before sending again, as a repeated upload counts twice"
    if rehearsed:
        again = "the stand-in is gone with it; leave out --no-wait to see how it ends"
        wait, look_first = "Rehearse again, with a longer --timeout", "find out why, then rehearse again"
    match delivery.outcome:
        case Outcome.BAD_ROWS if delivery.report.good_rows == 0:
            return f"Nothing sent: {delivery.reason}. Mend the file, or check the layout, then send again."
        case Outcome.BAD_ROWS:
            return f"Nothing sent: {delivery.reason}. Mend them, or send the good ones with --drop-bad-rows."
        case Outcome.DRY_RUN:
            return "Dry run: nothing sent. Leave out --dry-run to send."
        case Outcome.SENT:
            return f"Sent as job {job_id}, not followed: {again}."
        case Outcome.CONFIRMED:
            return f"Confirmed: all {delivery.rows_sent:,} rows were appended. Nothing more to do."
        case Outcome.COUNTS_DIFFER:
            return f"Not confirmed: {delivery.reason}; {_WHY_COUNTS}. Next: {look_first}."
        case Outcome.FAILED:
            return f"Not confirmed: {delivery.reason}; {_WHY_FAILED}. Next: {look_first}."
        case Outcome.TIMED_OUT:
            return f"Not confirmed in time: {delivery.reason}. {wait}."
        case Outcome.UNKNOWN:
            return f"Not confirmed: {delivery.reason}. {wait}."
        case Outcome.REFUSED | Outcome.NOT_SENT | Outcome.IN_DOUBT:
            return delivery.reason


def unwritten(delivery: Delivery) -> str:
    """What the ledger could not be told of the delivery, and how to tell it, in one line; empty when it knows."""
    upload = delivery.upload
    if upload is None or not upload.unwritten:
        return ""
    job = f" --job {upload.job.job_id}" if upload.job is not None else ""
    found = f"--sent{job}" if job else "--not-sent" if not upload.arrived else "--sent` or `--not-sent"
    settle = f"uploader settle {upload.id} {found}"
    return f"{upload.unwritten}; so it takes upload {upload.id} to be in doubt: mend that, then run `{settle}`"


def render_status(job: Job) -> str:
    """A job's state in one line."""
    word = f"`{job.status}`" if job.status else "still running"
    if job.state is State.OK:
        counts = f"{_number(job.append_count)} appended, {_number(job.rejected_count)} rejected"
        return f"Job {job.job_id}: ok, {counts}.\n"
    hint = "the job is not known to have ended well" if job.final else "ask again, or add --wait"
    return f"Job {job.job_id}: {word}; {hint}.\n"


def render_history(entries: Iterable[Entry], option: str) -> str:
    """The uploads in the ledger, one a line; `option` is what a command needs to find that ledger."""
    lines = []
    for entry in entries:
        place = f"to {shown(entry.destination)} as {entry.customeventaction} at {entry.account.split('://', 1)[1]}"
        part = f", part {entry.part} of {entry.parts}" if entry.parts > 1 else ""
        what = f"{counted(entry.rows, 'row')} of {shown(entry.filename)}{part}, titlecount {entry.titlecount}"
        lines.append(f"{entry.id}  {entry.when}  {entry.outcome}: {what}, {place}{_as_job(entry)}")
        if entry.reason:
            lines.append(f"   {visible(entry.reason, 300)}")
        if entry.outcome is Outcome.IN_DOUBT:
            settle = f"uploader settle {entry.id}{option}"
            lines.append(f"   look in Act-On, then settle it with `{settle} --sent` or `{settle} --not-sent`")
    return "".join(f"{line}\n" for line in lines) or "Nothing was sent yet.\n"


def render_settled(entry: Entry, option: str) -> str:
    """What a settled upload is taken for from now on, in one line."""
    if entry.outcome is Outcome.NOT_SENT:
        return f"Upload {entry.id} was not sent: `uploader send` may send the same bytes.\n"
    counts = f"; `uploader status {entry.job_id}{option}` asks for its counts" if entry.job_id else ""
    return f"Upload {entry.id} was sent: its titles are known, and the same bytes are not sent again{counts}.\n"


def _as_job(entry: Entry) -> str:
    if entry.job_id is None:
        return ""
    if entry.append_count is None and entry.rejected_count is None:
        return f"; job {entry.job_id}"
    appended, rejected = _number(entry.append_count), _number(entry.rejected_count)
    return f"; job {entry.job_id}, {appended} appended, {rejected} rejected"


def _request(planned: PlannedRequest) -> list[str]:
    file = planned.intent
    return [
        f"{planned.method} {planned.url}",
        *(f"  {name}: {value}" for name, value in planned.headers.items()),
        "fields:",
        *(f"  {name} = {visible(value)}" for name, value in planned.fields.items()),
        f"file: {visible(file.filename)}, {file.size:,} bytes, sha256 {file.sha256}",
        "",
    ]


def _sent(fields: Mapping[str, str], rows: int) -> str:
    return (
        f"Sent {rows:,} rows to {shown(fields['destination'])} as {fields['customeventaction']}, "
        f"titlecount {fields['titlecount']}, file {shown(fields['filename'])}."
    )


def _job(job: Job, rows: int) -> str:
    if job.append_count is None and job.rejected_count is None:
        return f"Job {job.job_id}: no counts yet for the {rows:,} rows sent."
    appended, rejected = _number(job.append_count), _number(job.rejected_count)
    return f"Job {job.job_id}: {appended} appended, {rejected} rejected of the {rows:,} rows sent."


def _number(count: int | None) -> str:
    return "no count" if count is None else f"{count:,}"
