"""send(): check a file, send its good rows once, follow the job, and hold its counts against the rows sent."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from os import PathLike
from pathlib import Path
from typing import Any

from preflight import Layout, check
from preflight.fixes import fix_kinds
from preflight.report import Report
from uploader import form
from uploader.answers import Job
from uploader.client import Client, planned_headers
from uploader.endpoint import UPLOAD_PATH, base_url_option, checked_base_url
from uploader.errors import AlreadySentError, NotSentError, UploaderError
from uploader.ledger import Intent, Ledger, user_ledger
from uploader.once import ProgressBars, Upload, UploadError, follow, no_bars, post, resumed
from uploader.order import Order
from uploader.outcome import Outcome, reconcile

__all__ = ["Delivery", "Order", "Outcome", "PlannedRequest", "deliver", "plan", "reconcile", "send"]

MAX_BYTES = 400_000_000
"""The endpoint takes 400 MB a file; the smaller reading of MB, which is right under both."""


@dataclass(frozen=True, slots=True)
class PlannedRequest:
    """The request that a dry run did not send. The headers hold a mask in place of the token."""

    method: str
    url: str
    headers: Mapping[str, str]
    fields: Mapping[str, str]
    intent: Intent

    def as_dict(self) -> dict[str, Any]:
        """The request as `--json` prints it."""
        return {
            "method": self.method,
            "url": self.url,
            "headers": dict(self.headers),
            "fields": dict(self.fields),
            "file": {"name": self.intent.filename, "size": self.intent.size, "sha256": self.intent.sha256},
        }


@dataclass(frozen=True, slots=True)
class Delivery:
    """What was found, what was sent, and what became of it.

    `upload` is what was posted, if anything. `reason` says in one line why the outcome is not a plain success.
    `options` are those with which a later command finds the same account and ledger, as typed after its name.
    """

    report: Report
    outcome: Outcome
    upload: Upload | None = None
    planned: PlannedRequest | None = None
    reason: str = ""
    options: str = ""

    @property
    def sent(self) -> Mapping[str, str] | None:
        """The form fields that left, or may have."""
        return self.upload.fields if self.upload is not None and self.upload.arrived else None

    @property
    def job(self) -> Job | None:
        """The job that took the upload."""
        return self.upload.job if self.upload is not None else None

    @property
    def rows_sent(self) -> int:
        """How many data records were sent, or may have been."""
        return self.upload.intent.rows if self.upload is not None and self.upload.arrived else 0

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
class _Checked:
    """A file checked, its good rows in a file of their own."""

    report: Report
    clean: Path


def send(
    file: str | PathLike[str],
    layout: Layout,
    *,
    destination: str,
    customeventaction: form.CustomEventAction | str,
    client: Client,
    ledger: Ledger | str | PathLike[str] | None = None,
    titlecount: int | None = None,
    drop_bad_rows: bool = False,
    known_titles: Iterable[str] = (),
    filename: str | None = None,
    again: bool = False,
    wait: bool = True,
    timeout: float = 600.0,
    max_shown: int = 20,
    oldest: date | None = None,
    newest: date | None = None,
    normalize_dates: bool = False,
    fix: Iterable[str] = (),
    fixes: str | PathLike[str] | None = None,
    progress: ProgressBars = no_bars,
) -> Delivery:
    """Check `file` and, when every row is good or `drop_bad_rows` is set, send its good rows and follow the job.

    `ledger` is a `Ledger`, or the file of one; unless given it is the user's. What it says was sent before is not sent
    unless `again`; where nobody knows how that ended, its job is followed instead. `timeout` (seconds) limits the
    waiting to send again what never left or was turned away, and then the following of the job. Without `wait` the job
    is not followed. Raises `preflight.errors.PreflightError` and `UsageError` before anything is sent, `NotSentError`
    when nothing arrived, and `InDoubtError` when the upload may have arrived; the last two carry a `delivery`.
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
        again=again,
    )
    if isinstance(ledger, Ledger):
        return deliver(order, client, ledger, wait=wait, timeout=timeout, progress=progress)
    with Ledger(user_ledger() if ledger is None else ledger) as opened:
        return deliver(order, client, opened, wait=wait, timeout=timeout, progress=progress)


def deliver(
    order: Order,
    client: Client,
    ledger: Ledger,
    *,
    wait: bool = True,
    timeout: float = 600.0,
    progress: ProgressBars = no_bars,
) -> Delivery:
    """Carry out `order`; see `send`."""
    options = base_url_option(client.base_url) + ledger.option
    with _checked(order, progress) as checked:
        if not _sendable(checked.report, order):
            return _nothing_to_send(checked.report)
        try:
            upload = _sent_or_resumed(checked, order, client, ledger, wait, timeout, progress)
        except UploadError as failed:
            failed.error.delivery = _delivered(checked.report, failed.upload, options)
            raise failed.error from failed
        except UploaderError as error:
            error.delivery = Delivery(checked.report, Outcome.NOT_SENT, reason=str(error))
            raise
    if wait:
        upload = follow(upload, client, ledger, timeout)
    return _delivered(checked.report, upload, options)


def _delivered(report: Report, upload: Upload, options: str) -> Delivery:
    return Delivery(report, upload.outcome, upload, reason=upload.reason, options=options)


def plan(order: Order, base_url: str, *, progress: ProgressBars = no_bars) -> Delivery:
    """`order` up to the request, which is in `planned`; sends nothing and needs no token."""
    base_url = checked_base_url(base_url)
    with _checked(order, progress) as checked:
        if not _sendable(checked.report, order):
            return _nothing_to_send(checked.report)
        fields = _fields(checked.report, order)
        planned = PlannedRequest(
            method="POST",
            url=base_url + UPLOAD_PATH,
            headers=planned_headers(base_url, fields, checked.clean),
            fields=fields,
            intent=_intent(checked, order, fields, base_url),
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
        yield _Checked(report, clean)


def _sendable(report: Report, order: Order) -> bool:
    return report.good_rows > 0 and (report.ok or order.drop_bad_rows)


def _nothing_to_send(report: Report) -> Delivery:
    bad = f"{report.bad_rows:,} of {report.rows:,} rows are bad"
    reason = "no row is good" if report.good_rows == 0 else bad
    if report.contradiction is not None:
        reason = report.contradiction.message.removesuffix(".")
    return Delivery(report, Outcome.BAD_ROWS, reason=reason)


def _sent_or_resumed(
    checked: _Checked,
    order: Order,
    client: Client,
    ledger: Ledger,
    wait: bool,
    timeout: float,
    progress: ProgressBars,
) -> Upload:
    """The upload made now, or the one of an earlier run whose job can be followed still."""
    _refuse_oversize(checked.clean)
    fields = _fields(checked.report, order)
    intent = _intent(checked, order, fields, client.base_url)
    titles = checked.report.titles.counts
    try:
        return post(
            checked.clean,
            fields,
            intent,
            client,
            ledger,
            titles=titles,
            again=order.again,
            timeout=timeout,
            progress=progress,
        )
    except AlreadySentError as refusal:
        earlier = resumed(refusal.entry, intent, fields)
        if earlier is None or not wait:
            raise
        return earlier


def _fields(report: Report, order: Order) -> dict[str, str]:
    return form.form_fields(
        report,
        destination=order.destination,
        customeventaction=order.customeventaction,
        filename=order.name,
        titlecount=order.titlecount,
    )


def _intent(checked: _Checked, order: Order, fields: Mapping[str, str], account: str) -> Intent:
    with checked.clean.open("rb") as stream:
        sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
        size = os.fstat(stream.fileno()).st_size
    return Intent(
        account=account,
        destination=order.destination,
        customeventaction=fields["customeventaction"],
        filename=order.name,
        sha256=sha256,
        size=size,
        rows=checked.report.good_rows,
        titles=checked.report.titles.distinct,
        titlecount=int(fields["titlecount"]),
        whole=sha256,
    )


def _refuse_oversize(clean: Path) -> None:
    size = clean.stat().st_size
    if size > MAX_BYTES:
        raise NotSentError(
            f"nothing was sent: {size:,} bytes are more than the {MAX_BYTES:,} that Act-On takes in one file; "
            "split the file, each part with the heading, and send the parts one after the other"
        )
