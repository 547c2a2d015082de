"""send(): check a file, send its good rows once, follow the job, and hold its counts against the rows sent."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import MISSING, fields, replace
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from preflight.layouts.layout import Layout
from preflight.model.options import CheckOptions
from preflight.outputs.leftovers import temporary_folder
from uploader.delivery.client import Client
from uploader.delivery.once import follow
from uploader.delivery.uploads import uploads
from uploader.errors import BrokenOffError, NotSentError, UploaderError
from uploader.ledger.ledger import Ledger
from uploader.ledger.opening import ledger_at
from uploader.model.entry import Entry
from uploader.model.outcome import Outcome
from uploader.model.progress import ProgressBars, no_bars
from uploader.model.told import refuse_untold, untold
from uploader.model.upload import UploadError, of_earlier
from uploader.preparing.checked import check_order, why_not_sent
from uploader.preparing.order import NOT_BY_NAME, Order, SendOptions, send_options
from uploader.preparing.parts import Parts
from uploader.preparing.target import target_of
from uploader.preparing.wanted import Choice
from uploader.sending.arrived import what_arrived
from uploader.sending.delivery import Delivery
from uploader.sending.guard import Consent, Ready, guard

if TYPE_CHECKING:
    import pandas as pd


def send(
    file: str | PathLike[str] | pd.DataFrame,
    layout: Layout,
    options: SendOptions | None = None,
    *,
    client: Client,
    ledger: Ledger | str | PathLike[str] | None = None,
    new_ledger: bool = False,
    progress: ProgressBars = no_bars,
    **named: Any,
) -> Delivery:
    """Check `file` and, when every row is good or `drop_bad_rows` is set, send its good rows and follow the job.

    A DataFrame is sent as the CSV file that it would be, under the name `DataFrame` unless there is a `filename`.
    `layout` has to tell email, date, title and dateformat (dates in a column of `datetime64` need none): none of these
    is ever taken from the file. The options of `SendOptions`, and those of its check, are given whole or by name.
    `ledger` is a `Ledger`, or the file of one; unless given it is the user's. A file that is not there is made only
    with `new_ledger`, or for a loopback server. What it says was sent before is not sent unless `again`; where nobody
    knows how that ended, its job is followed instead. Rows that other files brought there keep it from being sent, too,
    unless `only_new` leaves them out; without `row_ledger` they are not looked at. A destination that the account does
    not have is refused unless `create` lets Act-On make it. A file of more than `max_bytes` goes in parts, each after
    the one before was confirmed. Raises `preflight.errors.PreflightError` and `UsageError` before anything is sent,
    `NotSentError` when nothing arrived, and `InDoubtError` when the upload may have arrived; the last two carry a
    `delivery`.
    """
    refuse_untold(untold(layout, dates_are_known=_holds_dates(file, layout)))
    order = Order.of(file, layout, send_options(options, named), client.endpoint)
    if isinstance(ledger, Ledger):
        return deliver(order, client, ledger, progress=progress)
    with ledger_at(ledger, client.base_url, new=new_ledger, notice=client.notice) as opened:
        return deliver(order, client, opened, progress=progress)


def _holds_dates(file: object, layout: Layout) -> bool:
    """True for a DataFrame whose date column is of `datetime64`; raises `TypeError` for what can't be sent."""
    if isinstance(file, str | PathLike):
        return False
    import pandas as pd

    from preflight.records.frames import holds_dates

    if not isinstance(file, pd.DataFrame):
        raise TypeError(f"send takes a path or a DataFrame, not a {type(file).__name__}")
    return layout.date is not None and holds_dates(file, layout.date, layout)


def _signature() -> inspect.Signature:
    """The signature of `send` with the options by name, for help and completion."""
    given = inspect.signature(send)
    own = [one for one in given.parameters.values() if one.kind is not inspect.Parameter.VAR_KEYWORD]
    named = [one for kind in (SendOptions, CheckOptions) for one in fields(kind) if one.name not in NOT_BY_NAME]
    options = [
        inspect.Parameter(
            one.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=inspect.Parameter.empty if one.default is MISSING else one.default,
            annotation=one.type,
        )
        for one in named
    ]
    return given.replace(parameters=[*own, *options])


send.__signature__ = _signature()  # type: ignore[attr-defined]


def deliver(
    order: Order,
    client: Client,
    ledger: Ledger,
    *,
    progress: ProgressBars = no_bars,
    consent: Consent | None = None,
) -> Delivery:
    """Carry out `order`; see `send`. `consent` is asked before anything is posted; without one it may be sent, and
    no destination made.

    `KeyboardInterrupt` gets out only where nothing of it arrived; otherwise it is `BrokenOffError`.
    """
    ledger.database.refuse_older()
    begun_before = len(ledger.begun)
    try:
        with temporary_folder() as folder:
            return _delivered(order, client, ledger, folder, progress=progress, consent=consent)
    except KeyboardInterrupt as interrupt:
        if arrived := what_arrived(ledger, ledger.begun[begun_before:]):
            raise BrokenOffError(f"interrupted: {arrived}") from interrupt
        raise


def _delivered(
    order: Order,
    client: Client,
    ledger: Ledger,
    folder: Path,
    *,
    progress: ProgressBars,
    consent: Consent | None,
) -> Delivery:
    target = target_of(order, client.base_url, client.username)
    checked = check_order(order, folder, ledger, target, progress)
    if why := why_not_sent(checked.report, order):
        return Delivery(checked.report, Outcome.BAD_ROWS, reason=why)
    begun_before = len(ledger.begun)
    delivery = Delivery(checked.report, Outcome.NOT_SENT, endpoint=client.base_url, ledger_option=ledger.option)
    try:
        looked_up = ledger.last_id()
        choice = Choice(checked, order, ledger, target, _follower(client, ledger, order.timeout if order.wait else 0.0))
        wanted = choice.wanted()
        delivery = replace(delivery, sent_before=wanted.before, again=order.again, unconfirmed=wanted.unconfirmed)
        if wanted.rows is None:
            return replace(delivery, outcome=Outcome.NOTHING_NEW, reason="every row was sent before")
        parts = Parts(wanted, checked.report, order, ledger, target)
        ready = Ready(checked.report, wanted.rows_left, order.destination, target.place.customeventaction)
        how: dict[str, Any] = {"progress": progress, "looked_up": looked_up}
        how["allow"] = lambda: guard(order, client, ledger, target, consent, ready)
        how["done"] = lambda: _emptied(folder)
        for upload in uploads(wanted, parts, order, client, ledger, **how):
            delivery = delivery.with_upload(upload)
    except UploadError as failed:
        _tell_of_others(failed.error, delivery, ledger.begun[begun_before:])
        failed.error.delivery = delivery.with_upload(failed.upload)
        raise failed.error from failed
    except UploaderError as error:
        _tell_of_others(error, delivery, ledger.begun[begun_before:])
        error.delivery = replace(delivery, outcome=Outcome.NOT_SENT, reason=str(error))
        raise
    return delivery


def _tell_of_others(error: UploaderError, delivery: Delivery, begun: Sequence[int]) -> None:
    """Let the error of a part say so where others of the `delivery` are among the uploads that were `begun`."""
    if isinstance(error, NotSentError):
        error.after_others = any(upload.arrived and upload.id in begun for upload in delivery.uploads)


def _follower(client: Client, ledger: Ledger, timeout: float) -> Callable[[Entry], Entry]:
    """Follows the job of an earlier upload, and gives its entry as it is then."""

    def followed(entry: Entry) -> Entry:
        follow(of_earlier(entry), client, ledger, timeout)
        return ledger.entry(entry.id) or entry

    return followed


def _emptied(folder: Path) -> None:
    """Addresses stay on the disk no longer than they are needed: following a job may take long."""
    for path in folder.iterdir():
        path.unlink()
