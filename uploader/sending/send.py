"""send(): check a file, send its good rows once, follow the job, and compare its counts with the rows sent."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from os import PathLike
from typing import Any

import pandas as pd

from preflight.layouts.layout import Layout
from preflight.model.options import CheckOptions, signature_with_options
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
from uploader.model.required import missing_parts, refuse_missing
from uploader.model.upload import of_earlier
from uploader.preparing.checked import Checked, check_order
from uploader.preparing.order import NOT_BY_NAME, Order, SendOptions, send_options
from uploader.preparing.parts import Parts
from uploader.preparing.selection import Selector
from uploader.preparing.target import target_of
from uploader.sending.delivery import Delivery
from uploader.sending.guard import Consent, Ready, guard
from uploader.sending.run import what_arrived


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

    A DataFrame is sent as a CSV file, under the name `DataFrame` unless there is a `filename`. `layout` must give
    email, date, title and dateformat (a `datetime64` column needs none): none of these is ever detected for a real
    send. `options` gives `SendOptions` as a whole; single options of it and of its check are given by name.

    `ledger` is a `Ledger` or its path; the default is the user's. A missing file is created only with `new_ledger`, or
    for a loopback server. A file that was sent before is refused unless `again`; if the end of its job is unknown, the
    job is followed instead. A file with rows of earlier uploads is refused, too, unless `only_new` leaves these rows
    out; without `row_ledger` rows are not looked up. A destination that the account does not have is refused unless
    `create` lets Act-On create it. A file of more than `max_bytes` is sent in parts, each after the one before was
    confirmed.

    Raises `preflight.errors.PreflightError` and `UsageError` before anything is sent, `NotSentError` if nothing
    arrived, and `InDoubtError` if the upload may have arrived; the last two carry a `delivery`.
    """
    if not isinstance(layout, Layout):
        raise TypeError(f"layout takes a preflight.Layout, not a {type(layout).__name__}")
    refuse_missing(missing_parts(layout, dates_are_known=_holds_dates(file, layout)))
    order = Order.of(file, layout, send_options(options, named), client.endpoint)
    if isinstance(ledger, Ledger):
        return deliver(order, client, ledger, progress=progress)
    with ledger_at(ledger, client.base_url, new=new_ledger, notice=client.notice) as opened:
        return deliver(order, client, opened, progress=progress)


def _holds_dates(file: object, layout: Layout) -> bool:
    """True for a DataFrame with a `datetime64` date column; raises `TypeError` unless it is a path or a DataFrame."""
    if isinstance(file, str | PathLike):
        return False

    from preflight.inputs.frames import holds_dates

    if not isinstance(file, pd.DataFrame):
        raise TypeError(f"send takes a path or a DataFrame, not a {type(file).__name__}")
    return layout.date is not None and holds_dates(file, layout.date, layout)


send.__signature__ = signature_with_options(send, SendOptions, CheckOptions, but=NOT_BY_NAME)  # type: ignore[attr-defined]


def deliver(
    order: Order,
    client: Client,
    ledger: Ledger,
    *,
    progress: ProgressBars = no_bars,
    consent: Consent | None = None,
) -> Delivery:
    """Carry out `order`; see `send`.

    `consent` is asked before anything is posted; without one the rows may be sent, but no destination created. Raises
    `KeyboardInterrupt` only if nothing arrived, otherwise `BrokenOffError`.
    """
    ledger.database.refuse_older()
    begun_before = len(ledger.begun)
    try:
        with temporary_folder() as folder:
            checked = check_order(target_of(order, ledger, client.base_url, client.username), folder, progress)
            if why := checked.why_not_sent:
                return Delivery(checked.report, Outcome.BAD_ROWS, reason=why)
            return _delivered(checked, client, progress, consent)
    except KeyboardInterrupt as interrupt:
        if arrived := what_arrived(ledger, ledger.begun[begun_before:]):
            raise BrokenOffError(f"interrupted: {arrived}") from interrupt
        raise


def _delivered(checked: Checked, client: Client, progress: ProgressBars, consent: Consent | None) -> Delivery:
    """Send the good rows of a checked file, part by part."""
    order, ledger = checked.target.order, checked.target.ledger
    begun_before = len(ledger.begun)
    delivery = Delivery(checked.report, Outcome.NOT_SENT, endpoint=client.base_url, ledger_option=ledger.option)
    try:
        follow_earlier = partial(_followed, client, ledger, order.timeout if order.wait else 0.0)
        selection = Selector(checked, follow_earlier).select()
        delivery = replace(delivery, sent_before=selection.before, again=order.again, unconfirmed=selection.unconfirmed)
        if selection.rows is None:
            return replace(delivery, outcome=Outcome.NOTHING_NEW, reason="every row was sent before")
        parts, place = Parts(selection, checked), checked.target.place
        ready = Ready(checked.report, selection.rows_left, place.destination, place.customeventaction)
        for upload in uploads(parts, client, partial(guard, checked.target, client, consent, ready), progress):
            delivery = delivery.with_upload(upload)
            if upload.error is not None:
                raise upload.error
    except UploaderError as error:
        if isinstance(error, NotSentError):
            begun = ledger.begun[begun_before:]
            error.after_others = any(upload.arrived and upload.id in begun for upload in delivery.uploads)
        posted = bool(delivery.uploads) and delivery.uploads[-1].error is error
        error.delivery = delivery if posted else replace(delivery, outcome=Outcome.NOT_SENT, reason=str(error))
        raise
    return delivery


def _followed(client: Client, ledger: Ledger, timeout: float, entry: Entry) -> Entry:
    """The updated entry of an earlier upload, after its job was followed."""
    follow(of_earlier(entry), client, ledger, timeout)
    return ledger.entry(entry.id) or entry
