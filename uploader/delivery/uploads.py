"""The uploads of an order, part by part: each posted once, or followed if an earlier run sent it."""

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
from uploader.preparing.parts import Parts


def uploads(parts: Parts, client: Client, allow: Callable[[], None], progress: ProgressBars) -> Iterator[Upload]:
    """Send each part once, and yield its upload with its outcome; stops after the first that is not confirmed.

    A part that an interrupted operation sent is not sent again: its job is followed if its end is unknown. All parts
    but the last are followed even without `wait`. `allow` is called before a part is posted, and raises if it may not
    be. Raises `AlreadySentError`, `LedgerError`, `UsageError` and the errors of `allow`.
    """
    order, ledger, selection = parts.target.order, parts.target.ledger, parts.selection
    operation = selection.operation
    for number in range(1, parts.number + 1):
        last, earlier = number == parts.number, selection.earlier.get(number)
        if earlier is not None and earlier.finished:
            yield of_earlier(earlier)
            continue
        if earlier is not None and not (earlier.can_be_followed and (order.wait or not last)):
            refusal = refusals.part_stands if parts.number > 1 else refusals.sent_already
            raise AlreadySentError(refusal(earlier, ledger.option))
        if earlier is not None:
            upload = of_earlier(earlier)
        else:
            request = parts.prepared(number)
            allow()
            begun = parts.begun(request, operation)
            upload = post(request, begun, client, ledger, timeout=order.timeout, progress=progress)
            operation = _operation_of(upload, ledger, operation)
        if upload.error is None:
            if last:
                parts.remove_files()
            if order.wait or not last:
                upload = follow(upload, client, ledger, order.timeout)
        yield upload
        if upload.outcome is not Outcome.CONFIRMED:
            return


def _operation_of(upload: Upload, ledger: Ledger, operation: int | Operation) -> int | Operation:
    """The id of the operation, which its first part began."""
    if isinstance(operation, int):
        return operation
    entry = ledger.entry(upload.id)
    return entry.operation if entry is not None and entry.operation is not None else operation
