"""Queries of the ledger: entries, their operations, and why an upload is refused."""

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

OPERATION_COLUMNS = ("source", "whole", "parts", "max_bytes", "wanted", "continues")
"""The columns of an operation beside its place."""

_NO_OUTCOME = "no outcome was written: its process ended while it was sending"
_BEING_SENT = "it is being sent"


class Entries:
    """The uploads of the ledger in `database`, the file `path`; `_clock` decides which leases hold."""

    database: Database
    path: str
    _clock: Callable[[], datetime]

    @property
    def option(self) -> str:
        """The option of a command for this ledger: empty, or ` --ledger FILE`."""
        return ledger_option(self.path)

    def entry(self, id: int) -> Entry | None:
        """The entry with this id."""
        return next(self._entries("WHERE id = ?", id), None)

    def entries(self) -> Iterator[Entry]:
        """All uploads, in the order in which they began."""
        return self._entries("ORDER BY id")

    def of_job(self, endpoint: str, job_id: str) -> Entry | None:
        """The latest upload to `endpoint` with the job `job_id`."""
        return next(self._entries("WHERE endpoint = ? AND job_id = ? ORDER BY id DESC", endpoint, job_id), None)

    def with_job(self, job_id: str) -> list[Entry]:
        """The uploads to any endpoint with the job `job_id`, in order."""
        return list(self._entries("WHERE job_id = ? ORDER BY id", job_id))

    def last_operation(self, places: Collection[Place], source: str) -> tuple[int, Operation] | None:
        """The latest operation for the file `source` at one of `places` with an upload that arrived, or may have."""
        found = self.database.read(
            f"SELECT id, {', '.join((*Place._fields, *OPERATION_COLUMNS))} "  # noqa: S608 - our own words
            f"FROM operation WHERE source = ? AND {any_of(places)} AND "
            f"EXISTS (SELECT 1 FROM upload WHERE upload.operation = operation.id AND {ARRIVED}) "
            "ORDER BY id DESC LIMIT 1",
            (source, *values_of(places)),
        )
        for id, *values in found:
            operation = dict(zip(OPERATION_COLUMNS, values[4:], strict=True))
            return int(id), Operation(place=Place(*values[:4]), **operation)
        return None

    def parts_of(self, operation: int) -> dict[int, Entry]:
        """The uploads of an operation that arrived, or may have, by part number."""
        return {
            entry.part: entry for entry in self._entries(f"WHERE operation = ? AND {ARRIVED} ORDER BY id", operation)
        }

    def last_id(self) -> int:
        """The id of the last upload; 0 if there is none."""
        ((last,),) = self.database.read("SELECT coalesce(max(id), 0) FROM upload")
        return int(last)

    def attempts(self, id: int) -> list[dict[str, Any]]:
        """The recorded requests of entry `id`."""
        found = self.database.read("SELECT told FROM attempt WHERE upload = ? ORDER BY rowid", (id,))
        return [json.loads(attempt) for (attempt,) in found]

    def refusal(self, intent: Intent, operation: int | Operation | None = None, places: Collection[Place] = ()) -> str:
        """Why `intent` is refused without `again`, and the next step, in one line; empty if it is not.

        It is refused if one of these arrived before, or may have: the same part of `operation`; the same bytes in an
        operation that it does not continue; the same file, cut into other parts.
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
        statement = f"SELECT {', '.join(names)}, held_until FROM upload {clause}"  # noqa: S608 - our own words
        rows = self.database.read(statement, values)
        return iter([self._entry(dict(zip(names, row, strict=True)), held_until) for *row, held_until in rows])

    def _entry(self, found: dict[str, Any], held_until: float) -> Entry:
        if not is_alive(found["holder"], held_until, self._clock().timestamp()):
            found["holder"] = ""
        if found["outcome"] is None:
            found["outcome"] = Outcome.IN_DOUBT
            found["reason"] = _BEING_SENT if found["holder"] else _NO_OUTCOME
        return Entry(**{**found, "outcome": Outcome(found["outcome"])})
