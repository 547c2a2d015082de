"""Send a checked touch-point file to Act-On, once, and follow it until its counts are known.

Names are loaded when they are first used, so that a light command does not pay for requests and pandas.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from uploader.answers import Job
    from uploader.client import Client
    from uploader.delivery import Delivery, Outcome, send
    from uploader.errors import (
        InDoubtError,
        NotSentError,
        RefusedError,
        StatusError,
        TokenError,
        UploaderError,
        UsageError,
    )
    from uploader.form import CustomEventAction

__all__ = [
    "Client",
    "CustomEventAction",
    "Delivery",
    "InDoubtError",
    "Job",
    "NotSentError",
    "Outcome",
    "RefusedError",
    "StatusError",
    "TokenError",
    "UploaderError",
    "UsageError",
    "send",
]

_HOMES = {
    "Client": "uploader.client",
    "CustomEventAction": "uploader.form",
    "Delivery": "uploader.delivery",
    "Job": "uploader.answers",
    "Outcome": "uploader.delivery",
    "send": "uploader.delivery",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES.get(name, "uploader.errors")), name)


def __dir__() -> list[str]:
    return [*globals(), *__all__]
