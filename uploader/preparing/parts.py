"""The parts of an upload, each prepared for its request: form fields, intent, titlecount."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

import numpy as np

from preflight.model.reported import Titles
from uploader.errors import NotSentError, UsageError
from uploader.ledger.ledger import Begun
from uploader.ledger.sentrows import Rows as PackedRows
from uploader.model.entry import Intent, Operation
from uploader.model.titlecount import TitleCount, count_titles
from uploader.preparing.checked import Checked, sha256_of
from uploader.preparing.cutting import CleanRecords
from uploader.preparing.hashes import uploads_with
from uploader.preparing.selection import Selection
from uploader.preparing.target import Known


@dataclass(frozen=True, slots=True)
class Prepared:
    """One part with its form fields, intent and titlecount.

    It is in the file `path`; its first row has the index `first`, from 0, among the rows to send. `titles` are the
    titles of its rows.
    """

    path: Path
    first: int
    titles: Titles
    fields: Mapping[str, str]
    intent: Intent
    titlecount: TitleCount


class Parts:
    """The parts of a `selection` of the rows of `checked`, prepared as its order says."""

    def __init__(self, selection: Selection, checked: Checked) -> None:
        assert selection.rows is not None  # noqa: S101 - there is something to send
        self.selection = selection
        self.target = checked.target
        self.number = len(selection.spans)
        if self.target.order.titlecount is not None and self.number > 1:
            raise UsageError(f"the file is sent in {self.number} parts, each with its own titlecount: leave it out")
        self.rows = selection.rows
        self._checked = checked

    def prepared(self, number: int, known: Known | None = None) -> Prepared:
        """Part `number` with its form fields and the titlecount of its own titles.

        `known` are the titles that the custom event has before this part; by default those it has now. Raises
        `NotSentError` if the part does not read as the records it was cut from.
        """
        order, place, span = self.target.order, self.target.place, self.selection.spans[number - 1]
        known = known or self.target.known_titles()
        path, sha256, titles = self._cut(number, known)
        unconfirmed = chain.from_iterable(map(self.target.ledger.unconfirmed_titles, self.target.places))
        titlecount = count_titles(titles, order.titlecount, known.from_ledger, known.all, unconfirmed)
        filename = _part_name(order.name, number, self.number)
        fields = order.endpoint.form_fields(
            self._checked.report,
            destination=place.destination,
            customeventaction=place.customeventaction,
            filename=filename,
            titlecount=titlecount.sent,
        )
        intent = Intent(
            **place._asdict(),
            filename=filename,
            sha256=sha256,
            size=path.stat().st_size,
            rows=span.rows,
            titles=titles.distinct,
            titlecount=titlecount.sent,
            whole=self.rows.sha256,
            part=number,
            parts=self.number,
        )
        return Prepared(path, span.first, titles, fields, intent, titlecount)

    def begun(self, request: Prepared, operation: int | Operation) -> Begun:
        """The `Begun` of a part of `operation`."""
        hashes = self.rows.hashes
        return Begun(
            operation=operation,
            titles=self._all_titles(request),
            row_hashes=hashes.packed(request.first, request.intent.rows) if hashes is not None else (),
            hashed_with=self.target.hashed_with,
            again=self.target.order.again,
            last_compared=self.selection.last_compared if hashes is not None else None,
            count_common=lambda text, rows: self._count_common(request, text, rows),
            places=self.target.places,
        )

    def remove_files(self) -> None:
        """Remove the temporary files early: they hold addresses, and following a job may take long."""
        for path in self.rows.path.parent.iterdir():
            path.unlink()

    def _cut(self, number: int, known: Known) -> tuple[Path, str, Titles]:
        """The file of a part, its SHA-256, and its titles."""
        rows, span = self.rows, self.selection.spans[number - 1]
        if self.number == 1 and rows.titles is not None:
            return rows.path, rows.sha256, replace(rows.titles, known=known.all & rows.titles.counts.keys())
        path = rows.path
        if self.number > 1:
            path = rows.path.with_name("part.csv")
            CleanRecords(rows.path, self._checked.report).write(span, path)
        titles, records = CleanRecords(path, self._checked.report).titles(known.all)
        if records != span.rows:
            raise NotSentError(
                f"nothing more was sent: part {number} reads as {records:,} rows, and was cut from {span.rows:,}; "
                "this is a fault of this program: please report it"
            )
        return path, sha256_of(path) if self.number > 1 else rows.sha256, titles

    def _all_titles(self, part: Prepared) -> Iterator[str]:
        """All titles of a part; read from the file if the report does not list them all."""
        if part.titles.unlisted:
            return CleanRecords(part.path, self._checked.report).title_texts()
        return iter(part.titles.counts)

    def _count_common(self, part: Prepared, text: str, rows: PackedRows) -> int:
        """The number of rows of a part among the packed `rows`, hashed with `text`, of uploads that began meanwhile."""
        later = list(rows)
        if not later:
            return 0
        runs = self._checked.hashes_with(text, self.rows).runs(first=part.first, rows=part.intent.rows)
        return int(np.count_nonzero(uploads_with(runs, lambda: later)))


def _part_name(name: str, number: int, parts: int) -> str:
    path = Path(name)
    return name if parts == 1 else f"{path.stem}-part-{number}-of-{parts}{path.suffix}"
