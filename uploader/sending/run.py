"""What a run did, as the ledger has it: what arrived before it was interrupted, and the receipt for support."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from uploader.ledger.ledger import Ledger
from uploader.ledger.refusals import how_to_end


def what_arrived(ledger: Ledger, begun: Sequence[int]) -> str:
    """The outcomes of the uploads with these ids and the next step, in one line; empty if none arrived."""
    entries = [entry for id in begun if (entry := ledger.entry(id)) is not None and entry.arrived]
    if not entries:
        return ""
    message = ", ".join(
        f"upload {entry.id} ({f'{entry.named_part}, ' if entry.named_part else ''}{entry.outcome.plain})"
        for entry in entries
    )
    was = "was" if len(entries) == 1 else "were"
    last = entries[-1]
    rest = "; the same command goes on with the other parts" if last.finished and last.part < last.parts else ""
    end = "" if last.finished else f"; {how_to_end(last, ledger.option)}"
    return f"{message} {was} begun{end}{rest}; see `uploader history{ledger.option}`"


def all_arrived(ledger: Ledger, begun: Sequence[int], files: int, relied_on: Sequence[int]) -> bool:
    """True if the uploads `begun` cover all `files` files and every row is confirmed.

    That includes the rows left out because the uploads `relied_on` had them.
    """
    entries = [entry for id in begun if (entry := ledger.entry(id)) is not None]
    operations = {entry.operation: entry.parts for entry in entries if entry.operation is not None}
    whole = all(len(ledger.parts_of(id)) == parts for id, parts in operations.items())
    left_out = [entry for id in relied_on if (entry := ledger.entry(id)) is not None]
    return len(operations) == files and whole and all(entry.complete for entry in (*entries, *left_out))


def receipt(ledger: Ledger) -> dict[str, Any]:
    """The uploads that this run began or wrote to, each with all its requests; ready for JSON.

    A request has its time, status code, duration in seconds, and Act-On's ids of it, but no secrets or addresses.
    """
    entries = [entry for id in ledger.touched if (entry := ledger.entry(id)) is not None]
    return {"uploads": [entry.as_dict() | {"requests": ledger.attempts(entry.id)} for entry in entries]}
