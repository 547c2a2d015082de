"""Send a checked touch-point file to Act-On once, and follow its job until the counts are known.

Names are imported on first use, so that a light command does not import requests and pandas.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from uploader.account.target import CustomEventAction
    from uploader.delivery.client import Client
    from uploader.errors import (
        AlreadySentError,
        BrokenOffError,
        InDoubtError,
        LedgerError,
        LimitError,
        ListError,
        NotSentError,
        RefusedError,
        StatusError,
        TokenError,
        UnknownDestinationError,
        UploaderError,
        UsageError,
    )
    from uploader.ledger.ledger import Ledger
    from uploader.model.job import Job
    from uploader.model.outcome import Outcome
    from uploader.preparing.order import SendOptions
    from uploader.sending.delivery import Delivery
    from uploader.sending.send import send

__all__ = [
    "AlreadySentError",
    "BrokenOffError",
    "Client",
    "CustomEventAction",
    "Delivery",
    "InDoubtError",
    "Job",
    "Ledger",
    "LedgerError",
    "LimitError",
    "ListError",
    "NotSentError",
    "Outcome",
    "RefusedError",
    "SendOptions",
    "StatusError",
    "TokenError",
    "UnknownDestinationError",
    "UploaderError",
    "UsageError",
    "send",
]

_HOMES = {
    "Client": "uploader.delivery.client",
    "CustomEventAction": "uploader.account.target",
    "Delivery": "uploader.sending.delivery",
    "Job": "uploader.model.job",
    "Ledger": "uploader.ledger.ledger",
    "Outcome": "uploader.model.outcome",
    "SendOptions": "uploader.preparing.order",
    "send": "uploader.sending.send",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES.get(name, "uploader.errors")), name)


def __dir__() -> list[str]:
    return [*globals(), *__all__]
