"""send(): check a file, send its good rows once, follow the job, and hold its counts against the rows sent."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from os import PathLike
from pathlib import Path
from typing import Any

from preflight import Layout
from preflight.model.fixes import fix_kinds
from preflight.model.report import Report
from preflight.outputs.leftovers import temporary_folder
from uploader import form
from uploader.answers import Job
from uploader.checked import Checked, check_order
from uploader.client import Client, planned_headers
from uploader.endpoint import MAX_BYTES, UPLOAD_PATH, checked_base_url
from uploader.entry import Entry
from uploader.errors import AlreadySentError, BrokenOffError, UploaderError
from uploader.guard import Ask
from uploader.ledger import Ledger
from uploader.ledgerpath import user_ledger
from uploader.once import ProgressBars, Upload, UploadError, follow, no_bars, of_earlier
from uploader.opening import ledger_at
from uploader.order import Order
from uploader.outcome import Outcome, reconcile
from uploader.privacy import make_private
from uploader.refusals import how_to_end
from uploader.sending import Parts, Prepared, known_titles, row_key, target_of, uploads
from uploader.sentrows import SentBefore
from uploader.titlecount import TitleCount
from uploader.wanted import Choice, Target

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
    the outcome is not a plain success, `unconfirmed` what of the rows left out is not known to have arrived. `endpoint`
    is the base URL, `ledger_option` what a later command needs to find the same ledger.
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
    def complete(self) -> bool:
        """True when every row that is to be there is known to be: sent now, before, or left out as sent before."""
        return all(upload.complete for upload in self.uploads) and not self.unconfirmed

    @property
    def confirmed_parts(self) -> int:
        """How many parts of a file that goes in several are confirmed; 0 for a file in one."""
        several = [upload for upload in self.uploads if upload.intent.parts > 1]
        return sum(upload.complete for upload in several)

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
    new_ledger: bool = False,
    create: bool = False,
    max_bytes: int = MAX_BYTES,
    account: str | None = None,
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

    `ledger` is a `Ledger`, or the file of one; unless given it is the user's. A file that is not there is made only
    with `new_ledger`, or for a loopback server. What it says was sent before is not sent
    unless `again`; where nobody knows how that ended, its job is followed instead. Rows that other files brought there
    keep it from being sent, too, unless `only_new` leaves them out; without `row_ledger` they are not looked at. A
    destination that the account does not have is refused unless `create` lets Act-On make it. A file
    of more than `max_bytes` goes in parts, each after the one before was confirmed. `account` names one of several
    accounts that share a base URL, for the ledger; unless given it is the login's user name. `timeout` (seconds) limits
    the waiting to send again what never left or was turned away, and then the following of the job. Without `wait` the
    job is not followed. Raises `preflight.errors.PreflightError` and `UsageError` before anything is sent,
    `NotSentError` when nothing arrived, and `InDoubtError` when the upload may have arrived; the last two carry a
    `delivery`.
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
        account=account,
    )
    if isinstance(ledger, Ledger):
        return deliver(order, client, ledger, wait=wait, timeout=timeout, progress=progress)
    make_private(user_ledger() if ledger is None else ledger, client.notice)
    with ledger_at(ledger, client.base_url, new=new_ledger) as opened:
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

    `KeyboardInterrupt` gets out only where nothing of it arrived; otherwise it is `BrokenOffError`.
    """
    ledger.database.refuse_older()
    begun_before = len(ledger.begun)
    try:
        with temporary_folder() as folder:
            return _delivered(order, client, ledger, folder, wait=wait, timeout=timeout, progress=progress, ask=ask)
    except KeyboardInterrupt as interrupt:
        if told := what_arrived(ledger, ledger.begun[begun_before:]):
            raise BrokenOffError(f"interrupted: {told}") from interrupt
        raise


def _delivered(
    order: Order,
    client: Client,
    ledger: Ledger,
    folder: Path,
    *,
    wait: bool,
    timeout: float,
    progress: ProgressBars,
    ask: Ask | None,
) -> Delivery:
    target = target_of(order, client.base_url, client.username)
    checked = _checked(order, folder, ledger, target, progress)
    if not _sendable(checked.report, order):
        return _nothing_to_send(checked.report)
    delivery = Delivery(checked.report, Outcome.NOT_SENT, endpoint=client.base_url, ledger_option=ledger.option)
    try:
        looked_up = ledger.last_id()
        choice = Choice(checked, order, ledger, target, _follower(client, ledger, timeout if wait else 0.0))
        wanted = choice.wanted()
        delivery = replace(delivery, sent_before=wanted.before, again=order.again, unconfirmed=wanted.unconfirmed)
        if wanted.rows is None:
            return replace(delivery, outcome=Outcome.NOTHING_NEW, reason="every row was sent before")
        parts = Parts(wanted, checked.report, order, ledger, target)
        how: dict[str, Any] = {"wait": wait, "timeout": timeout, "progress": progress, "looked_up": looked_up}
        how["ask"], how["done"] = ask, lambda: _emptied(folder)
        for upload in uploads(wanted, parts, order, client, ledger, target, **how):
            delivery = delivery.with_upload(upload)
    except UploadError as failed:
        failed.error.delivery = delivery.with_upload(failed.upload)
        raise failed.error from failed
    except UploaderError as error:
        error.delivery = replace(delivery, outcome=Outcome.NOT_SENT, reason=str(error))
        raise
    return delivery


def _follower(client: Client, ledger: Ledger, timeout: float) -> Callable[[Entry], Entry]:
    """Follows the job of an earlier upload, and gives its entry as it is then."""

    def followed(entry: Entry) -> Entry:
        follow(of_earlier(entry), client, ledger, timeout)
        return ledger.entry(entry.id) or entry

    return followed


def what_arrived(ledger: Ledger, begun: Sequence[int]) -> str:
    """What became of the uploads with these ids, in one line, with what to do; empty when nothing of them arrived."""
    entries = [entry for id in begun if (entry := ledger.entry(id)) is not None and entry.arrived]
    if not entries:
        return ""
    told = ", ".join(
        f"upload {entry.id} ({f'{entry.named_part}, ' if entry.named_part else ''}{entry.outcome})" for entry in entries
    )
    was = "was" if len(entries) == 1 else "were"
    last = entries[-1]
    rest = "; the same command goes on with the other parts" if last.finished and last.part < last.parts else ""
    end = "" if last.finished else f"; {how_to_end(last, ledger.option)}"
    return f"{told} {was} begun{end}{rest}; see `uploader history{ledger.option}`"


def all_arrived(ledger: Ledger, begun: Sequence[int], files: int) -> bool:
    """True when the uploads with these ids are all that `files` files came to, and every row is confirmed."""
    entries = [entry for id in begun if (entry := ledger.entry(id)) is not None]
    operations = {entry.operation: entry.parts for entry in entries if entry.operation is not None}
    whole = all(len(ledger.parts_of(id)) == parts for id, parts in operations.items())
    return len(operations) == files and whole and all(entry.complete for entry in entries)


def plan(
    order: Order,
    base_url: str,
    ledger: Ledger | None = None,
    *,
    username: str = "",
    progress: ProgressBars = no_bars,
) -> Delivery:
    """`order` up to the requests, which are in `planned`; sends nothing, writes no ledger, and needs no token.

    `reason` says why the ledger, if one is given, would keep it from being sent.
    """
    if ledger is None:
        with Ledger.temporary() as empty:
            return plan(order, base_url, empty, username=username, progress=progress)
    base_url = checked_base_url(base_url)
    target = target_of(order, base_url, username)
    with temporary_folder() as folder:
        checked = _checked(order, folder, ledger, target, progress)
        if not _sendable(checked.report, order):
            return _nothing_to_send(checked.report)
        delivery = Delivery(checked.report, Outcome.DRY_RUN)
        try:
            wanted = Choice(checked, order, ledger, target, lambda entry: entry).wanted()
        except AlreadySentError as refusal:
            delivery = replace(delivery, reason=refusal.why)
            wanted = Choice(checked, replace(order, again=True, only_new=False), ledger, target, lambda e: e).wanted()
        else:
            delivery = replace(delivery, sent_before=wanted.before, again=order.again, unconfirmed=wanted.unconfirmed)
        if wanted.rows is None:
            return replace(delivery, reason="every row was sent before")
        parts, known = Parts(wanted, checked.report, order, ledger, target), known_titles(order, ledger, target)
        for number in range(1, parts.number + 1):
            if number in wanted.earlier:
                continue
            request = parts.prepared(number, known)
            operation = wanted.operation if isinstance(wanted.operation, int) else None
            if not order.again and not delivery.reason:
                delivery = replace(delivery, reason=ledger.refusal(request.intent, operation, target.places))
            headers = planned_headers(base_url, request.fields, request.part.path)
            planned = PlannedRequest("POST", base_url + UPLOAD_PATH, headers, request)
            delivery = replace(delivery, planned=(*delivery.planned, planned))
            known = replace(known, all=known.all | request.part.titles.counts.keys())
    return delivery


def _checked(order: Order, folder: Path, ledger: Ledger, target: Target, progress: ProgressBars) -> Checked:
    known = known_titles(order, ledger, target)
    return check_order(order, folder, known.all, row_key(order, ledger, target), progress)


def _emptied(folder: Path) -> None:
    """Addresses stay on the disk no longer than they are needed: following a job may take long."""
    for path in folder.iterdir():
        path.unlink()


def _sendable(report: Report, order: Order) -> bool:
    return report.good_rows > 0 and (report.ok or order.drop_bad_rows)


def _nothing_to_send(report: Report) -> Delivery:
    bad = f"{report.bad_rows:,} of {report.rows:,} rows {'is' if report.bad_rows == 1 else 'are'} bad"
    reason = "no row is good" if report.good_rows == 0 else bad
    if report.contradiction is not None:
        reason = report.contradiction.message.removesuffix(".")
    return Delivery(report, Outcome.BAD_ROWS, reason=reason)
