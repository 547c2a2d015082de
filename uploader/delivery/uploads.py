"""The parts of what is to be sent, one after the other: each posted once, or followed where an earlier run sent it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from uploader.delivery.client import Client
from uploader.delivery.once import follow, post
from uploader.errors import AlreadySentError
from uploader.ledger import refusals
from uploader.ledger.ledger import Ledger
from uploader.model.entry import Operation
from uploader.model.outcome import Outcome
from uploader.model.progress import ProgressBars
from uploader.model.upload import Upload, of_earlier
from uploader.preparing.order import Order
from uploader.preparing.parts import Parts
from uploader.preparing.wanted import Wanted


def uploads(
    wanted: Wanted,
    parts: Parts,
    order: Order,
    client: Client,
    ledger: Ledger,
    *,
    progress: ProgressBars,
    looked_up: int | None,
    allow: Callable[[], None],
    done: Callable[[], None],
) -> Iterator[Upload]:
    """Send each part once, and yield its upload when it is as far as it gets; ends with the first that is not finished.

    A part of an operation that broke off is not sent again: its job is followed where nobody saw it end. Each but the
    last is followed without `wait`, too. `allow` raises where nothing may leave, and is called before a part does;
    `done` is called when no file is needed any more. `looked_up` is for `Ledger.begin`. Raises `AlreadySentError`,
    `LedgerError`, `UploadError`, `UsageError` and what `allow` raises.
    """
    operation = wanted.operation
    for number in range(1, parts.number + 1):
        last, earlier = number == parts.number, wanted.earlier.get(number)
        if earlier is not None and earlier.finished:
            yield of_earlier(earlier)
            continue
        if earlier is not None and not (earlier.can_be_followed and (order.wait or not last)):
            tell = refusals.part_stands if parts.number > 1 else refusals.sent_already
            raise AlreadySentError(tell(earlier, ledger.option))
        if earlier is not None:
            upload = of_earlier(earlier)
        else:
            request = parts.prepared(number)
            allow()
            begun = parts.begun(request, operation, looked_up)
            upload = post(request, begun, client, ledger, timeout=order.timeout, progress=progress)
            operation = _operation_of(upload, ledger, operation)
        if last:
            done()
        if order.wait or not last:
            upload = follow(upload, client, ledger, order.timeout)
        yield upload
        if upload.outcome is not Outcome.CONFIRMED:
            return


def _operation_of(upload: Upload, ledger: Ledger, operation: int | Operation) -> int | Operation:
    """The operation that the first of its parts began."""
    if isinstance(operation, int):
        return operation
    entry = ledger.entry(upload.id)
    return entry.operation if entry is not None and entry.operation is not None else operation
