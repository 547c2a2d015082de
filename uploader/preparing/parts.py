"""The parts of an upload, each prepared for its request: form fields, intent, titlecount."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

import numpy as np

from preflight.model.report import Report
from preflight.model.reported import Titles
from uploader.errors import NotSentError, UsageError
from uploader.ledger.ledger import Begun, Ledger
from uploader.ledger.sentrows import Rows as PackedRows
from uploader.model.entry import Intent, Operation
from uploader.model.titlecount import TitleCount, count_titles
from uploader.preparing.checked import sha256_of
from uploader.preparing.cutting import CleanRecords
from uploader.preparing.hashes import hashed_with, uploads_with
from uploader.preparing.order import Order
from uploader.preparing.selection import Rows, Selection, hashes_with
from uploader.preparing.target import Known, Target, known_titles


@dataclass(frozen=True, slots=True)
class Part:
    """One part of an upload, `number` of `parts` (from 1): the records in the file `path`.

    They are `rows` rows, the first with index `first`, from 0; `titles` are their titles.
    """

    path: Path
    number: int
    parts: int
    sha256: str
    first: int
    rows: int
    titles: Titles


@dataclass(frozen=True, slots=True)
class Prepared:
    """One part with its form fields, intent and titlecount."""

    part: Part
    fields: Mapping[str, str]
    intent: Intent
    titlecount: TitleCount


class Parts:
    """The parts of the rows `selection` from a file with this `report`, prepared as `order` says."""

    def __init__(self, selection: Selection, report: Report, order: Order, ledger: Ledger, target: Target) -> None:
        assert selection.rows is not None  # noqa: S101 - there is something to send
        self.number = len(selection.spans)
        if order.titlecount is not None and self.number > 1:
            raise UsageError(f"the file is sent in {self.number} parts, each with its own titlecount: leave it out")
        self.rows: Rows = selection.rows
        self._selection = selection
        self.report = report
        self._order = order
        self._ledger = ledger
        self._target = target

    def prepared(self, number: int, known: Known | None = None) -> Prepared:
        """Part `number` with its form fields and the titlecount of its own titles.

        `known` are the titles that the custom event has before this part; by default those it has now. Raises
        `NotSentError` if the part does not read as the records it was cut from.
        """
        order, place = self._order, self._target.place
        known = known or known_titles(order, self._ledger, self._target)
        part = self._part(number, known)
        unconfirmed = chain.from_iterable(map(self._ledger.unconfirmed_titles, self._target.places))
        titlecount = count_titles(part.titles, order.titlecount, known.from_ledger, known.all, unconfirmed)
        filename = _part_name(order.name, part)
        fields = order.endpoint.form_fields(
            self.report,
            destination=place.destination,
            customeventaction=place.customeventaction,
            filename=filename,
            titlecount=titlecount.sent,
        )
        intent = Intent(
            **place._asdict(),
            filename=filename,
            sha256=part.sha256,
            size=part.path.stat().st_size,
            rows=part.rows,
            titles=part.titles.distinct,
            titlecount=titlecount.sent,
            whole=self.rows.sha256,
            part=number,
            parts=self.number,
        )
        return Prepared(part, fields, intent, titlecount)

    def begun(self, request: Prepared, operation: int | Operation, last_compared: int | None) -> Begun:
        """The `Begun` of a part whose rows were compared with all uploads up to id `last_compared`."""
        part, hashes = request.part, self.rows.hashes
        return Begun(
            operation=operation,
            titles=self._all_titles(part),
            row_hashes=hashes.packed(part.first, part.rows) if hashes is not None else (),
            hashed_with=hashed_with(self._target.place),
            again=self._order.again,
            last_compared=last_compared if hashes is not None else None,
            count_common=lambda text, rows: self._count_common(part, text, rows),
            places=self._target.places,
        )

    def _part(self, number: int, known: Known) -> Part:
        span, rows = self._selection.spans[number - 1], self.rows
        if self.number == 1 and rows.titles is not None:
            titles = replace(rows.titles, known=known.all & rows.titles.counts.keys())
            return Part(rows.path, 1, 1, rows.sha256, 0, rows.rows, titles)
        path = rows.path
        if self.number > 1:
            path = rows.path.with_name("part.csv")
            CleanRecords(rows.path, self.report).write(span, path)
        titles, records = CleanRecords(path, self.report).titles(known.all)
        if records != span.rows:
            raise NotSentError(
                f"nothing more was sent: part {number} reads as {records:,} rows, and was cut from {span.rows:,}; "
                "this is a fault of this program: please report it"
            )
        sha256 = sha256_of(path) if self.number > 1 else rows.sha256
        return Part(path, number, self.number, sha256, span.first, span.rows, titles)

    def _all_titles(self, part: Part) -> Iterator[str]:
        """All titles of a part; read from the file if the report does not list them all."""
        if part.titles.unlisted:
            return CleanRecords(part.path, self.report).title_texts()
        return iter(part.titles.counts)

    def _count_common(self, part: Part, text: str, rows: PackedRows) -> int:
        """The number of rows of a part among the packed `rows`, hashed with `text`, of uploads that began meanwhile."""
        later = list(rows)
        if not later:
            return 0
        hashes = hashes_with(text, self.rows, self.report, self._ledger, self._target)
        return int(np.count_nonzero(uploads_with(hashes.runs(first=part.first, rows=part.rows), lambda: later)))


def _part_name(name: str, part: Part) -> str:
    path = Path(name)
    return name if part.parts == 1 else f"{path.stem}-part-{part.number}-of-{part.parts}{path.suffix}"
