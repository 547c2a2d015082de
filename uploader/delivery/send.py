"""send(): check a file, send its good rows once, follow the job, and hold its counts against the rows sent."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date
from os import PathLike
from pathlib import Path
from typing import Any

from preflight import Layout
from preflight.model.fixes import fix_kinds
from preflight.model.report import Report
from preflight.outputs.leftovers import temporary_folder
from uploader.acton import form
from uploader.acton.client import Client, planned_headers
from uploader.acton.endpoint import MAX_BYTES, UPLOAD_PATH
from uploader.delivery.arrived import what_arrived
from uploader.delivery.checked import Checked, check_order
from uploader.delivery.delivery import Delivery, PlannedRequest
from uploader.delivery.guard import Ask
from uploader.delivery.once import ProgressBars, UploadError, follow, no_bars, of_earlier
from uploader.delivery.order import Order
from uploader.delivery.sending import Parts, known_titles, row_key, target_of, uploads
from uploader.delivery.wanted import Choice, Target
from uploader.errors import AlreadySentError, BrokenOffError, UploaderError
from uploader.http.url import checked_base_url
from uploader.ledger.ledger import Ledger
from uploader.ledger.opening import ledger_at
from uploader.ledger.path import user_ledger
from uploader.ledger.privacy import make_private
from uploader.model.entry import Entry
from uploader.model.outcome import Outcome


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
            if not order.again and not delivery.reason:
                delivery = replace(delivery, reason=ledger.refusal(request.intent, wanted.operation, target.places))
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
