"""The receipt: what Act-On's support asks for about the uploads of one run, without secrets or addresses."""

from __future__ import annotations

from typing import Any

from uploader.ledger.ledger import Ledger


def receipt(ledger: Ledger) -> dict[str, Any]:
    """The uploads that `ledger` has of this run, each with every request it took; ready for JSON.

    A request has its time, status code, seconds, and the ids by which Act-On knows it.
    """
    entries = [entry for id in ledger.touched if (entry := ledger.entry(id)) is not None]
    return {"uploads": [entry.as_dict() | {"requests": ledger.attempts(entry.id)} for entry in entries]}
