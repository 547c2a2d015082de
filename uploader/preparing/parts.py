"""The parts of what is to be sent, each made ready to be posted: its form, its intent, its titlecount."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

import numpy as np

from preflight.model.report import Report, Titles
from uploader.errors import NotSentError, UsageError
from uploader.ledger.ledger import Begun, Ledger
from uploader.ledger.sentrows import Rows as PackedRows
from uploader.model.entry import Intent, Operation
from uploader.model.titlecount import TitleCount, count_titles
from uploader.preparing.checked import sha256_of
from uploader.preparing.cutting import CleanRecords
from uploader.preparing.hashes import hashed_with, uploads_with
from uploader.preparing.order import Order
from uploader.preparing.target import Known, Target, known_titles
from uploader.preparing.wanted import Rows, Wanted, hashes_made_with


@dataclass(frozen=True, slots=True)
class Part:
    """One part of what is sent, `number` of `parts` (from 1): the records of the file `path`.

    They are `rows` rows from `first` on, counted from 0; `titles` are theirs.
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
    """One part as it would be posted."""

    part: Part
    fields: Mapping[str, str]
    intent: Intent
    titlecount: TitleCount


class Parts:
    """The parts of what is `wanted` of a file that was checked with `report`, made ready as `order` says."""

    def __init__(self, wanted: Wanted, report: Report, order: Order, ledger: Ledger, target: Target) -> None:
        assert wanted.rows is not None  # noqa: S101 - there is something to send
        self.number = len(wanted.spans)
        if order.titlecount is not None and self.number > 1:
            raise UsageError(f"the file goes in {self.number} parts, each with a titlecount of its own: leave it out")
        self.rows: Rows = wanted.rows
        self._wanted = wanted
        self.report = report
        self._order = order
        self._ledger = ledger
        self._target = target

    def prepared(self, number: int, known: Known | None = None) -> Prepared:
        """The request for part `number`, with the titlecount that its own titles come to.

        `known` are the titles that the custom event has by then; unless given, those that it has by now. Raises
        `NotSentError` when the part does not read as the records that it was cut from.
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

    def begun(self, request: Prepared, operation: int | Operation, looked_up: int | None) -> Begun:
        """How the part begins in the ledger, which held its rows against all uploads up to id `looked_up`."""
        part, hashes = request.part, self.rows.hashes
        return Begun(
            operation=operation,
            titles=self._all_titles(part),
            row_hashes=hashes.packed(part.first, part.rows) if hashes is not None else (),
            hashed_with=hashed_with(self._target.place),
            again=self._order.again,
            looked_up=looked_up if hashes is not None else None,
            in_common=lambda text, rows: self._in_common(part, text, rows),
            places=self._target.places,
        )

    def _part(self, number: int, known: Known) -> Part:
        span, rows = self._wanted.spans[number - 1], self.rows
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
        """Every title of a part: of very many the report has but some."""
        if part.titles.unlisted:
            return CleanRecords(part.path, self.report).title_texts()
        return iter(part.titles.counts)

    def _in_common(self, part: Part, text: str, rows: PackedRows) -> int:
        """How many rows of a part are among the packed `rows` of uploads that began meanwhile, made with `text`."""
        later = list(rows)
        if not later:
            return 0
        hashes = hashes_made_with(text, self.rows, self.report, self._ledger, self._target)
        return int(np.count_nonzero(uploads_with(hashes.runs(first=part.first, rows=part.rows), lambda: later)))


def _part_name(name: str, part: Part) -> str:
    path = Path(name)
    return name if part.parts == 1 else f"{path.stem}-part-{part.number}-of-{part.parts}{path.suffix}"
