"""What the ledger has of uploads: its entries, the operations they are parts of, and why one is not sent again."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator
from dataclasses import fields
from datetime import datetime
from typing import Any

from uploader.ledger import refusals
from uploader.ledger.database import Database
from uploader.ledger.lease import is_alive
from uploader.ledger.path import ledger_option
from uploader.ledger.sentrows import ARRIVED, LINEAGE, any_of, values_of
from uploader.model.entry import Entry, Intent, Operation, Place
from uploader.model.outcome import Outcome

OF_OPERATION = ("source", "whole", "parts", "max_bytes", "wanted", "continues")
"""What the ledger has of an operation beside its place."""

_NO_OUTCOME = "no outcome was written: its process ended while it was sending"
_BEING_SENT = "it is being sent"


class Entries:
    """What a ledger in `database`, the file `path`, has of uploads; `_clock` tells which processes may be at one."""

    database: Database
    path: str
    _clock: Callable[[], datetime]

    @property
    def option(self) -> str:
        """What a command needs to find this ledger: nothing, or ` --ledger FILE`."""
        return ledger_option(self.path)

    def entry(self, id: int) -> Entry | None:
        """The entry with this id."""
        return next(self._entries("WHERE id = ?", id), None)

    def entries(self) -> Iterator[Entry]:
        """Every upload, in the order in which they began."""
        return self._entries("ORDER BY id")

    def of_job(self, endpoint: str, job_id: str) -> Entry | None:
        """The latest upload to `endpoint` that became the job `job_id`."""
        return next(self._entries("WHERE endpoint = ? AND job_id = ? ORDER BY id DESC", endpoint, job_id), None)

    def last_operation(self, places: Collection[Place], source: str) -> tuple[int, Operation] | None:
        """The latest operation that sent rows of the file `source` to one of `places`, some of which arrived."""
        with self.database.failures():
            found = self.database.db.execute(
                f"SELECT id, {', '.join((*Place._fields, *OF_OPERATION))} "  # noqa: S608 - our own words
                f"FROM operation WHERE source = ? AND {any_of(places)} AND "
                f"EXISTS (SELECT 1 FROM upload WHERE upload.operation = operation.id AND {ARRIVED}) "
                "ORDER BY id DESC LIMIT 1",
                (source, *values_of(places)),
            ).fetchone()
        if found is None:
            return None
        id, *place = found[:5]
        values = dict(zip(OF_OPERATION, found[5:], strict=True))
        return int(id), Operation(place=Place(*place), **values)

    def parts_of(self, operation: int) -> dict[int, Entry]:
        """The uploads of an operation that arrived, or may have, by their part."""
        return {
            entry.part: entry for entry in self._entries(f"WHERE operation = ? AND {ARRIVED} ORDER BY id", operation)
        }

    def last_id(self) -> int:
        """The id of the last upload; 0 when there is none."""
        with self.database.failures():
            return int(self.database.db.execute("SELECT coalesce(max(id), 0) FROM upload").fetchone()[0])

    def attempts(self, id: int) -> list[dict[str, Any]]:
        """The requests that entry `id` took, as they were told to `record`."""
        with self.database.failures():
            found = self.database.db.execute("SELECT told FROM attempt WHERE upload = ? ORDER BY rowid", (id,))
            return [json.loads(attempt) for (attempt,) in found]

    def refusal(self, intent: Intent, operation: int | Operation | None = None, places: Collection[Place] = ()) -> str:
        """Why `intent` is sent only when asked for again, and what to do, in one line; empty when nothing keeps it.

        The same part of `operation` arrived before, or may have, or the same bytes in one that it does not continue; or
        the same file did, cut into other parts.
        """
        places = places or (intent.place,)
        if isinstance(operation, int) and (standing := self.parts_of(operation).get(intent.part)) is not None:
            return refusals.sent_already(standing, self.option)
        continued = operation.continues if isinstance(operation, Operation) else operation
        elsewhere = f"operation NOT IN ({LINEAGE}) AND {ARRIVED} AND {any_of(places)} ORDER BY id"
        same = list(self._entries(f"WHERE sha256 = ? AND {elsewhere}", intent.sha256, continued, *values_of(places)))
        if same:
            return refusals.sent_already(same[-1], self.option)
        if continued is None:
            for other in self._entries(f"WHERE whole = ? AND {elsewhere}", intent.whole, None, *values_of(places)):
                return refusals.cut_otherwise(other, self.option)
        return ""

    def _entries(self, clause: str, *values: str | int | None) -> Iterator[Entry]:
        names = [field.name for field in fields(Entry)]
        with self.database.failures():
            statement = f"SELECT {', '.join(names)}, held_until FROM upload {clause}"  # noqa: S608 - our own words
            rows = self.database.db.execute(statement, values).fetchall()
        return iter([self._entry(dict(zip(names, row, strict=True)), held_until) for *row, held_until in rows])

    def _entry(self, found: dict[str, Any], held_until: float) -> Entry:
        if not is_alive(found["holder"], held_until, self._clock().timestamp()):
            found["holder"] = ""
        if found["outcome"] is None:
            found["outcome"] = Outcome.IN_DOUBT
            found["reason"] = _BEING_SENT if found["holder"] else _NO_OUTCOME
        return Entry(**{**found, "outcome": Outcome(found["outcome"])})
