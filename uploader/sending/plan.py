"""plan(): a dry run, up to the requests that a send would make."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from preflight.outputs.leftovers import temporary_folder
from uploader.errors import AlreadySentError
from uploader.http import transport
from uploader.ledger.ledger import Ledger
from uploader.model.endpoint import Endpoint
from uploader.model.outcome import Outcome
from uploader.model.progress import ProgressBars, no_bars
from uploader.preparing.checked import check_order
from uploader.preparing.order import Order
from uploader.preparing.parts import Parts
from uploader.preparing.selection import Selector
from uploader.preparing.target import target_of
from uploader.sending.delivery import Delivery, PlannedRequest
from uploader.wire.auth import Bearer
from uploader.wire.session import new_session
from uploader.wire.url import checked_base_url


def plan(
    order: Order, base_url: str, ledger: Ledger, *, username: str = "", progress: ProgressBars = no_bars
) -> Delivery:
    """The delivery of `order` up to its requests, in `planned`. Sends nothing, writes no ledger, needs no token.

    `reason` says why a send with this ledger would refuse it.
    """
    base_url = checked_base_url(base_url)
    with temporary_folder() as folder:
        checked = check_order(target_of(order, ledger, base_url, username), folder, progress)
        if why := checked.why_not_sent:
            return Delivery(checked.report, Outcome.BAD_ROWS, reason=why)
        delivery = Delivery(checked.report, Outcome.DRY_RUN)
        try:
            selection = Selector(checked).select()
        except AlreadySentError as refusal:
            delivery = replace(delivery, reason=refusal.why)
            once_more = replace(checked.target, order=replace(order, again=True, only_new=False))
            selection = Selector(replace(checked, target=once_more)).select()
        else:
            delivery = replace(
                delivery, sent_before=selection.before, again=order.again, unconfirmed=selection.unconfirmed
            )
        if selection.rows is None:
            return replace(delivery, reason="every row was sent before")
        parts, known = Parts(selection, checked), checked.target.known_titles()
        for number in range(1, parts.number + 1):
            if number in selection.earlier:
                continue
            request = parts.prepared(number, known)
            if not order.again and not delivery.reason:
                delivery = replace(
                    delivery, reason=ledger.refusal(request.intent, selection.operation, parts.target.places)
                )
            headers = _headers(base_url, request.fields, request.path, order.endpoint)
            planned = PlannedRequest("POST", base_url + order.endpoint.upload_path, headers, request)
            delivery = replace(delivery, planned=(*delivery.planned, planned))
            known = replace(known, all=known.all | request.titles.counts.keys())
    return delivery


def _headers(base_url: str, fields: Mapping[str, str], file: Path, endpoint: Endpoint) -> dict[str, str]:
    """The headers of the upload to `base_url`, with the token masked; nothing is sent."""
    session = new_session(base_url)
    with file.open("rb") as stream:
        body, url = endpoint.body(fields, stream, None), base_url + endpoint.upload_path
        request = transport.prepare(session, "POST", url, Bearer("****"), body=body)
    return dict(request.headers)
