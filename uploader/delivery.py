"""send(): check a file, send its good rows once, follow the job, and hold its counts against the rows sent."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from os import PathLike
from pathlib import Path
from typing import Any

from preflight import Layout, check
from preflight.fixes import fix_kinds
from preflight.report import Report
from uploader import form
from uploader.answers import Job, State
from uploader.body import Progress
from uploader.client import Client, planned_headers
from uploader.endpoint import UPLOAD_PATH, checked_base_url
from uploader.errors import InDoubtError, NotSentError, RefusedError, StatusError, UploaderError

MAX_BYTES = 400_000_000
"""The endpoint takes 400 MB a file; the smaller reading of MB, which is right under both."""

ProgressBars = Callable[[str], AbstractContextManager[Progress | None]]
"""Given a label, a context manager that yields a progress callback, or `None` to hear nothing."""


def _no_bars(label: str) -> AbstractContextManager[Progress | None]:
    return nullcontext()


class Outcome(StrEnum):
    """What became of a file."""

    BAD_ROWS = "bad-rows"  # nothing sent: rows are bad, or none is good
    DRY_RUN = "dry-run"  # nothing sent: only shown
    NOT_SENT = "not-sent"  # nothing arrived
    REFUSED = "refused"  # the server said no
    IN_DOUBT = "in-doubt"  # it may have arrived
    SENT = "sent"  # taken, not followed
    CONFIRMED = "confirmed"  # every row sent was appended
    COUNTS_DIFFER = "counts-differ"  # the job ended well, but not with every row
    FAILED = "failed"  # the job ended badly
    TIMED_OUT = "timed-out"  # the job had not ended in time
    UNKNOWN = "unknown"  # the job's state cannot be told


@dataclass(frozen=True, slots=True)
class Payload:
    """The bytes that are sent: the clean file's size and SHA-256, under the name that the server is given."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class PlannedRequest:
    """The request that a dry run did not send. The headers hold a mask in place of the token."""

    method: str
    url: str
    headers: Mapping[str, str]
    fields: Mapping[str, str]
    payload: Payload

    def as_dict(self) -> dict[str, Any]:
        """The request as `--json` prints it."""
        file = {"name": self.payload.name, "size": self.payload.size, "sha256": self.payload.sha256}
        return {
            "method": self.method,
            "url": self.url,
            "headers": dict(self.headers),
            "fields": dict(self.fields),
            "file": file,
        }


@dataclass(frozen=True, slots=True)
class Delivery:
    """What was found, what was sent, and what became of it.

    `sent` are the form fields that left, or may have; `rows_sent` counts the data records in the file sent. `reason`
    says in one line why the outcome is not a plain success.
    """

    report: Report
    outcome: Outcome
    sent: Mapping[str, str] | None = None
    rows_sent: int = 0
    job: Job | None = None
    planned: PlannedRequest | None = None
    reason: str = ""

    def as_dict(self) -> dict[str, Any]:
        """The delivery as `--json` prints it; a dry run adds the request under `request`."""
        shown: dict[str, Any] = {
            "check": self.report.as_dict(),
            "sent": dict(self.sent) if self.sent is not None else None,
            "job": self.job.as_dict() if self.job is not None else None,
            "outcome": self.outcome.value,
        }
        if self.planned is not None:
            shown["request"] = self.planned.as_dict()
        return shown


@dataclass(frozen=True, slots=True)
class Order:
    """What to send, and as what.

    `titlecount` is worked out unless given; `filename` is the source's base name unless given; `max_shown` limits the
    examples in the report, dates before `oldest` or after `newest` are warned of as `preflight.check` does,
    `normalize_dates` sends the dates in their ISO form, `fix` and `fixes` are those of `preflight.check`. Raises
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

    def __post_init__(self) -> None:
        form.checked_destination(self.destination)
        form.checked_action(self.customeventaction)
        form.checked_filename(self.name)
        if self.titlecount is not None:
            form.checked_titlecount(self.titlecount)

    @property
    def name(self) -> str:
        """The file's name as the server is told."""
        if self.filename is not None:
            return self.filename
        name = Path(self.file).name  # what is sent is never packed
        return "standard-input.csv" if name == "-" else name[:-3] if name.lower().endswith(".gz") else name


@dataclass(frozen=True, slots=True)
class _Checked:
    """A file checked, its good rows in a file of their own; `fields` is `None` when nothing may be sent."""

    report: Report
    clean: Path
    fields: Mapping[str, str] | None


def send(
    file: str | PathLike[str],
    layout: Layout,
    *,
    destination: str,
    customeventaction: form.CustomEventAction | str,
    client: Client,
    titlecount: int | None = None,
    drop_bad_rows: bool = False,
    known_titles: Iterable[str] = (),
    filename: str | None = None,
    wait: bool = True,
    timeout: float = 600.0,
    max_shown: int = 20,
    oldest: date | None = None,
    newest: date | None = None,
    normalize_dates: bool = False,
    fix: Iterable[str] = (),
    fixes: str | PathLike[str] | None = None,
    progress: ProgressBars = _no_bars,
) -> Delivery:
    """Check `file` and, when every row is good or `drop_bad_rows` is set, send its good rows and follow the job.

    `timeout` (seconds) limits the waiting to send again what never left or was turned away, and then the following of
    the job. Without `wait` the job is not followed. Raises `preflight.errors.PreflightError` and `UsageError` before
    anything is sent, `NotSentError` when nothing arrived, and `InDoubtError` when the upload may have arrived; the last
    two carry a `delivery`.
    """
    order = Order(
        file,
        layout,
        destination,
        customeventaction,
        titlecount=titlecount,
        drop_bad_rows=drop_bad_rows,
        known_titles=frozenset(known_titles),
        filename=filename,
        max_shown=max_shown,
        oldest=oldest,
        newest=newest,
        normalize_dates=normalize_dates,
        fix=fix_kinds(fix),
        fixes=fixes,
    )
    return deliver(order, client, wait=wait, timeout=timeout, progress=progress)


def deliver(
    order: Order, client: Client, *, wait: bool = True, timeout: float = 600.0, progress: ProgressBars = _no_bars
) -> Delivery:
    """Carry out `order`; see `send`."""
    taken = None
    try:
        with _checked(order, progress) as checked:
            if checked.fields is None:
                return _nothing_to_send(checked.report)
            taken = _post(checked, checked.fields, client, timeout, progress)
        return _followed(taken, client, timeout) if wait else taken
    except KeyboardInterrupt:
        if taken is None:
            raise
        return _interrupted(taken)


def plan(order: Order, base_url: str, *, progress: ProgressBars = _no_bars) -> Delivery:
    """`order` up to the request, which is in `planned`; sends nothing and needs no token."""
    base_url = checked_base_url(base_url)
    with _checked(order, progress) as checked:
        if checked.fields is None:
            return _nothing_to_send(checked.report)
        planned = PlannedRequest(
            method="POST",
            url=base_url + UPLOAD_PATH,
            headers=planned_headers(base_url, checked.fields, checked.clean),
            fields=checked.fields,
            payload=_payload(order.name, checked.clean),
        )
    return Delivery(checked.report, Outcome.DRY_RUN, planned=planned)


@contextmanager
def _checked(order: Order, progress: ProgressBars) -> Iterator[_Checked]:
    """The file checked into a private folder, which is gone afterwards whatever happens."""
    with tempfile.TemporaryDirectory(prefix="uploader-") as folder:
        clean = Path(folder) / "clean.csv"
        with progress("checking") as callback:
            report = check(
                order.file,
                order.layout,
                clean=clean,
                known_titles=order.known_titles,
                max_shown=order.max_shown,
                oldest=order.oldest,
                newest=order.newest,
                normalize_dates=order.normalize_dates,
                fix=order.fix,
                fixes=order.fixes,
                progress=callback,
            )
        if report.good_rows == 0 or not (report.ok or order.drop_bad_rows):
            yield _Checked(report, clean, None)
            return
        fields = form.form_fields(
            report,
            destination=order.destination,
            customeventaction=order.customeventaction,
            filename=order.name,
            titlecount=order.titlecount,
        )
        yield _Checked(report, clean, fields)


def _nothing_to_send(report: Report) -> Delivery:
    bad = f"{report.bad_rows:,} of {report.rows:,} rows are bad"
    reason = "no row is good" if report.good_rows == 0 else bad
    return Delivery(report, Outcome.BAD_ROWS, reason=reason)


def _post(
    checked: _Checked, fields: Mapping[str, str], client: Client, timeout: float, progress: ProgressBars
) -> Delivery:
    """The upload itself; whatever it raises carries the delivery as far as it came."""
    nothing = Delivery(checked.report, Outcome.NOT_SENT)
    sent = Delivery(checked.report, Outcome.SENT, sent=fields, rows_sent=checked.report.good_rows)
    try:
        _refuse_oversize(checked.clean)
        with progress("sending") as callback:
            job = client.upload(fields, checked.clean, timeout=timeout, progress=callback)
    except UploaderError as error:
        match error:
            case InDoubtError():
                error.delivery = replace(sent, outcome=Outcome.IN_DOUBT, reason=str(error))
            case RefusedError():
                error.delivery = replace(nothing, outcome=Outcome.REFUSED, reason=str(error))
            case _:
                error.delivery = replace(nothing, reason=str(error))
        raise
    return replace(sent, job=job)


def _refuse_oversize(clean: Path) -> None:
    size = clean.stat().st_size
    if size > MAX_BYTES:
        raise NotSentError(
            f"nothing was sent: {size:,} bytes are more than the {MAX_BYTES:,} that Act-On takes in one file; "
            "split the file, each part with the heading, and send the parts one after the other"
        )


def _followed(taken: Delivery, client: Client, timeout: float) -> Delivery:
    """`taken` with its job followed to the end; raises no error of ours, as the upload has been made."""
    assert taken.job is not None  # noqa: S101 - an upload that raised nothing has a job
    try:
        job = client.wait(taken.job.job_id, timeout=timeout)
    except StatusError as error:
        outcome = Outcome.TIMED_OUT if error.passing else Outcome.UNKNOWN
        return replace(taken, outcome=outcome, reason=str(error))
    outcome, reason = reconcile(job, taken.rows_sent)
    return replace(taken, job=job, outcome=outcome, reason=reason)


def _interrupted(taken: Delivery) -> Delivery:
    return replace(taken, outcome=Outcome.UNKNOWN, reason="interrupted before the job had ended")


def reconcile(job: Job, rows: int) -> tuple[Outcome, str]:
    """What a job's last word and counts mean when `rows` rows were sent, and why it is not a plain success."""
    if job.state is State.RUNNING:
        return Outcome.TIMED_OUT, "the job had not ended in time"
    if job.state is State.FAILED:
        return Outcome.FAILED, f"the job ended with the word `{job.status}`"
    if job.state is State.UNKNOWN:
        return Outcome.UNKNOWN, f"the job's word `{job.status}` is not a documented one"
    if (job.append_count, job.rejected_count) == (rows, 0):
        return Outcome.CONFIRMED, ""
    if job.append_count is None or job.rejected_count is None:
        return Outcome.COUNTS_DIFFER, "the job ended without saying how many rows were appended and rejected"
    if job.append_count + job.rejected_count == rows:
        return Outcome.COUNTS_DIFFER, f"{job.rejected_count:,} of the {rows:,} rows sent were rejected"
    counted = f"{job.append_count:,} appended and {job.rejected_count:,} rejected"
    return Outcome.COUNTS_DIFFER, f"{counted} do not add up to the {rows:,} rows sent"


def _payload(name: str, clean: Path) -> Payload:
    with clean.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256")
    return Payload(name, clean.stat().st_size, digest.hexdigest())
