"""The receipt: what Act-On's support asks about the uploads of one run, without secrets or addresses."""

from __future__ import annotations

from typing import Any

from uploader.ledger.ledger import Ledger


def receipt(ledger: Ledger) -> dict[str, Any]:
    """The uploads that this run began or wrote to, each with all its requests; ready for JSON.

    A request has its time, status code, duration in seconds, and Act-On's ids of it.
    """
    entries = [entry for id in ledger.touched if (entry := ledger.entry(id)) is not None]
    return {"uploads": [entry.as_dict() | {"requests": ledger.attempts(entry.id)} for entry in entries]}
