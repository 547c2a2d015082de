"""Delivery -> terminal text. Pure: what is printed where is the command's business."""

from __future__ import annotations

from collections.abc import Mapping

from preflight.show import shown, visible
from uploader.answers import Job, State
from uploader.delivery import Delivery, Outcome, PlannedRequest

_WHY_COUNTS = "likeliest, dates or addresses that the server reads differently, or touch points it has already"
_WHY_FAILED = "likeliest, a titlecount that does not fit, or a layout that the server reads differently"


def render(delivery: Delivery) -> str:
    """What was sent and what became of it; the last line is the verdict and the next step.

    A delivery that ended in an error has no verdict here: the error's own message is one.
    """
    lines: list[str] = []
    if delivery.planned is not None:
        lines += _request(delivery.planned)
    if delivery.sent is not None:
        lines.append(_sent(delivery.sent, delivery.rows_sent))
    if delivery.job is not None:
        lines.append(_job(delivery.job, delivery.rows_sent))
    if delivery.outcome not in (Outcome.NOT_SENT, Outcome.REFUSED, Outcome.IN_DOUBT):
        lines.append(verdict(delivery))
    return "".join(f"{line}\n" for line in lines)


def verdict(delivery: Delivery) -> str:
    """The verdict and the next step, in one line."""
    job_id = delivery.job.job_id if delivery.job is not None else ""
    again = f"see `uploader status {job_id} --wait`"
    look_first = "look at the counts in Act-On before sending again, as a repeated upload counts twice"
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
            return f"Not confirmed in time: {delivery.reason}. Do not send again; {again}."
        case Outcome.UNKNOWN:
            return f"Not confirmed: {delivery.reason}. Do not send again; {again}."
        case Outcome.REFUSED | Outcome.NOT_SENT | Outcome.IN_DOUBT:
            return delivery.reason


def render_status(job: Job) -> str:
    """A job's state in one line."""
    word = f"`{job.status}`" if job.status else "still running"
    if job.state is State.OK:
        counts = f"{_number(job.append_count)} appended, {_number(job.rejected_count)} rejected"
        return f"Job {job.job_id}: ok, {counts}.\n"
    hint = "the job is not known to have ended well" if job.final else "ask again, or add --wait"
    return f"Job {job.job_id}: {word}; {hint}.\n"


def _request(planned: PlannedRequest) -> list[str]:
    payload = planned.payload
    return [
        f"{planned.method} {planned.url}",
        *(f"  {name}: {value}" for name, value in planned.headers.items()),
        "fields:",
        *(f"  {name} = {visible(value)}" for name, value in planned.fields.items()),
        f"file: {visible(payload.name)}, {payload.size:,} bytes, sha256 {payload.sha256}",
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
