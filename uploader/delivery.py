"""send(): check a file, send its good rows once, follow the job, and hold its counts against the rows sent."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from os import PathLike
from pathlib import Path
from typing import Any

from preflight import Layout
from preflight.model.fixes import fix_kinds
from preflight.model.report import Report
from uploader import form
from uploader.answers import Job
from uploader.checked import Checked, check_order
from uploader.client import Client, planned_headers
from uploader.endpoint import MAX_BYTES, UPLOAD_PATH, checked_base_url
from uploader.errors import AlreadySentError, InDoubtError, NotSentError, UploaderError
from uploader.guard import Ask
from uploader.ledger import NOTHING_ARRIVED, Ledger
from uploader.ledgerpath import user_ledger
from uploader.once import ProgressBars, Upload, UploadError, no_bars
from uploader.order import Order
from uploader.outcome import Outcome, reconcile
from uploader.sending import Prepared, known_titles, not_sent_before, parts_of, place_of, prepared, row_key, uploads
from uploader.sentrows import SentBefore
from uploader.titlecount import TitleCount

__all__ = ["Delivery", "Order", "Outcome", "PlannedRequest", "deliver", "plan", "reconcile", "send"]


@dataclass(frozen=True, slots=True)
class PlannedRequest:
    """A request that a dry run did not send. The headers hold a mask in place of the token."""

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
    """What was found, what was sent, and what became of it.

    `uploads` are what was posted, if anything: one, or one for each part; `planned` are the requests of a dry run.
    `sent_before` has the rows that earlier uploads had, left out now, or sent `again`. `reason` says in one line why
    the outcome is not a plain success. `account` is the base URL, `ledger_option` what a later command needs to find
    the same ledger.
    """

    report: Report
    outcome: Outcome
    uploads: tuple[Upload, ...] = ()
    planned: tuple[PlannedRequest, ...] = ()
    sent_before: SentBefore | None = None
    again: bool = False
    reason: str = ""
    account: str = ""
    ledger_option: str = ""

    @property
    def sent(self) -> Mapping[str, str] | None:
        """The form fields that left, or may have; of several parts the last's."""
        return self._arrived.fields if self._arrived is not None else None

    @property
    def job(self) -> Job | None:
        """The job that took the upload; of several parts the last's."""
        return self._arrived.job if self._arrived is not None else None

    @property
    def rows_sent(self) -> int:
        """How many data records were sent, or may have been."""
        return sum(upload.intent.rows for upload in self.uploads if upload.arrived)

    @property
    def titlecount(self) -> TitleCount | None:
        """How the titlecount came about; of several parts the last's."""
        made = [upload.titlecount for upload in self.uploads] or [one.prepared.titlecount for one in self.planned]
        return made[-1] if made else None

    @property
    def confirmed_parts(self) -> int:
        """How many parts of a file that goes in several are confirmed; 0 for a file in one."""
        several = [upload for upload in self.uploads if upload.intent.parts > 1]
        return sum(upload.outcome is Outcome.CONFIRMED for upload in several)

    def with_upload(self, upload: Upload) -> Delivery:
        """The delivery after one more upload."""
        return replace(self, uploads=(*self.uploads, upload), outcome=upload.outcome, reason=upload.reason)

    def as_dict(self) -> dict[str, Any]:
        """The delivery as `--json` prints it.

        Only where there is something to say are there `reason`, `titlecount` (how it came about) and `sent_before`, in
        a dry run `request`, and for a file in several parts `parts`, or `requests`.
        """
        shown: dict[str, Any] = {
            "check": self.report.as_dict(),
            "sent": dict(self.sent) if self.sent is not None else None,
            "job": self.job.as_dict() if self.job is not None else None,
            "outcome": self.outcome.value,
        }
        if self.reason:
            shown["reason"] = self.reason
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
    only_new: bool = False,
    row_ledger: bool = True,
    create: bool = False,
    max_bytes: int = MAX_BYTES,
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
    unless `again`; where nobody knows how that ended, its job is followed instead. Rows that other files brought there
    keep it from being sent, too, unless `only_new` leaves them out; without `row_ledger` they are not looked at. A
    destination that the account does not have is refused unless `create` lets Act-On make it. A file of more than
    `max_bytes` goes in parts, each after the one before was confirmed. `timeout` (seconds) limits the waiting to send
    again what never left or was turned away, and then the following of the job. Without `wait` the job is not followed.
    Raises `preflight.errors.PreflightError` and `UsageError` before anything is sent, `NotSentError`
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
        only_new=only_new,
        row_ledger=row_ledger,
        create=create,
        max_bytes=max_bytes,
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
    ask: Ask | None = None,
) -> Delivery:
    """Carry out `order`; see `send`. `ask` asks somebody whether a destination that is not there is to be made.
    `KeyboardInterrupt` gets out only where no upload was begun, or none arrived."""
    begun_before = ledger.begun
    try:
        with tempfile.TemporaryDirectory(prefix="uploader-") as folder:
            return _delivered(order, client, ledger, folder, wait=wait, timeout=timeout, progress=progress, ask=ask)
    except KeyboardInterrupt:
        if ledger.begun != begun_before:
            _tell_interrupted(ledger)
        raise


def _delivered(
    order: Order,
    client: Client,
    ledger: Ledger,
    folder: str,
    *,
    wait: bool,
    timeout: float,
    progress: ProgressBars,
    ask: Ask | None,
) -> Delivery:
    account = client.base_url
    checked = _checked(order, folder, ledger, account, progress)
    if not _sendable(checked.report, order):
        return _nothing_to_send(checked.report)
    delivery = Delivery(checked.report, Outcome.NOT_SENT, account=account, ledger_option=ledger.option)
    try:
        looked_up = ledger.last_id() if order.row_ledger else None
        wanted, before = not_sent_before(checked, order, ledger, place_of(order, account))
        delivery = replace(delivery, sent_before=before, again=order.again)
        if wanted is None:
            return replace(delivery, outcome=Outcome.NOTHING_NEW, reason="every row was sent before")
        how: dict[str, Any] = {"wait": wait, "timeout": timeout, "progress": progress, "looked_up": looked_up}
        how["ask"] = ask
        for upload in uploads(wanted, order, client, ledger, done=lambda: _emptied(folder), **how):
            delivery = delivery.with_upload(upload)
    except UploadError as failed:
        failed.error.delivery = delivery.with_upload(failed.upload)
        raise failed.error from failed
    except UploaderError as error:
        error.delivery = replace(delivery, outcome=Outcome.NOT_SENT, reason=str(error))
        raise
    return delivery


def _tell_interrupted(ledger: Ledger) -> None:
    """Raise what Ctrl-C means at a moment at which an upload was begun; nothing when it did not arrive for certain."""
    entry = ledger.entry(ledger.begun) if ledger.begun is not None else None
    if entry is None or entry.outcome in NOTHING_ARRIVED:
        return
    part = f"part {entry.part} of {entry.parts}, " if entry.parts > 1 else ""
    told = f"interrupted: upload {entry.id} ({part}{entry.outcome}) was begun"
    see = f"see `uploader history{ledger.option}`"
    if entry.outcome is Outcome.CONFIRMED and entry.part < entry.parts:
        raise NotSentError(f"{told}; {see}, and send once more for the other parts")
    raise InDoubtError(told, see)


def plan(order: Order, base_url: str, ledger: Ledger | None = None, *, progress: ProgressBars = no_bars) -> Delivery:
    """`order` up to the requests, which are in `planned`; sends nothing, writes no ledger, and needs no token.

    `reason` says why the ledger, if one is given, would keep it from being sent.
    """
    if ledger is None:
        with Ledger.temporary() as empty:
            return plan(order, base_url, empty, progress=progress)
    account = checked_base_url(base_url)
    with tempfile.TemporaryDirectory(prefix="uploader-") as folder:
        checked = _checked(order, folder, ledger, account, progress)
        if not _sendable(checked.report, order):
            return _nothing_to_send(checked.report)
        delivery = Delivery(checked.report, Outcome.DRY_RUN)
        try:
            wanted, before = not_sent_before(checked, order, ledger, place_of(order, account))
        except AlreadySentError as refusal:
            wanted, before, delivery = checked, None, replace(delivery, reason=refusal.why)
        if wanted is None:
            return replace(delivery, sent_before=before, reason="every row was sent before")
        planned, known = [], known_titles(order, ledger, account)
        for part in parts_of(wanted, order):
            request = prepared(part, wanted, order, known, ledger, account)
            if not order.again and not delivery.reason:
                delivery = replace(delivery, reason=ledger.refusal(request.intent))
            headers = planned_headers(account, request.fields, part.path)
            planned.append(PlannedRequest("POST", account + UPLOAD_PATH, headers, request))
            known = replace(known, all=known.all | request.checked.report.titles.counts.keys())
    return replace(delivery, planned=tuple(planned), sent_before=before, again=order.again)


def _checked(order: Order, folder: str, ledger: Ledger, account: str, progress: ProgressBars) -> Checked:
    known = known_titles(order, ledger, account)
    return check_order(order, Path(folder), known.all, row_key(order, ledger, account), progress)


def _emptied(folder: str) -> None:
    """Addresses stay on the disk no longer than they are needed: following a job may take long."""
    for path in Path(folder).iterdir():
        path.unlink()


def _sendable(report: Report, order: Order) -> bool:
    return report.good_rows > 0 and (report.ok or order.drop_bad_rows)


def _nothing_to_send(report: Report) -> Delivery:
    bad = f"{report.bad_rows:,} of {report.rows:,} rows {'is' if report.bad_rows == 1 else 'are'} bad"
    reason = "no row is good" if report.good_rows == 0 else bad
    if report.contradiction is not None:
        reason = report.contradiction.message.removesuffix(".")
    return Delivery(report, Outcome.BAD_ROWS, reason=reason)
