"""What of a checked file is still to be sent: all of it, the parts that are left, or the rows that are new."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import numpy as np

from preflight.model.report import Report, Titles
from uploader.errors import AlreadySentError
from uploader.ledger import refusals
from uploader.ledger.ledger import Ledger
from uploader.model.entry import Entry, Operation
from uploader.model.outcome import Outcome
from uploader.preparing.checked import Checked, hashed_anew, sha256_of
from uploader.preparing.cutting import CleanRecords, Span
from uploader.preparing.hashes import (
    Ids,
    Marks,
    RowHashes,
    SentBefore,
    counted_by_upload,
    hashed_with,
    uploads_with,
)
from uploader.preparing.order import Order
from uploader.preparing.target import Target

Follow = Callable[[Entry], Entry]
"""Follows the job of an earlier upload for a while: the entry as it is afterwards."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows to send, in the file `path` of their own, of which `sha256` is the bytes'; `hashes` are those of the rows.

    `titles` are those of all of them when that is known already.
    """

    path: Path
    sha256: str
    rows: int
    hashes: RowHashes | None
    titles: Titles | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be sent, as one operation.

    `rows` are cut into `spans`, one a part. `operation` is a new one, or the id of one that broke off, whose parts in
    `earlier` stand. Without `rows` nothing is left to send. `before` has the rows of the file that other uploads had:
    left out, or sent again. `unconfirmed` says what of these is not known to have arrived; empty when all is.
    """

    rows: Rows | None
    spans: tuple[Span, ...] = ()
    operation: int | Operation = 0
    earlier: Mapping[int, Entry] = field(default_factory=dict)
    before: SentBefore | None = None
    unconfirmed: str = ""

    @property
    def rows_left(self) -> int:
        """How many rows are in the parts that no run has posted yet."""
        return sum(span.rows for number, span in enumerate(self.spans, 1) if number not in self.earlier)


def hashes_made_with(text: str, rows: Rows, report: Report, ledger: Ledger, target: Target) -> RowHashes:
    """The hashes of `rows`, which have some, as earlier uploads to the target have them that made theirs with `text`.

    That is another than their own where an account went by another name before, and from before schema 4.
    """
    if text == hashed_with(target.place) and rows.hashes is not None:
        return rows.hashes
    return hashed_anew(rows.path, report, ledger.key, text)


class Choice:
    """Chooses what of `checked` is still to be sent to `target`, as `order` says and the `ledger` remembers."""

    def __init__(self, checked: Checked, order: Order, ledger: Ledger, target: Target, follow: Follow) -> None:
        self._checked = checked
        self._order = order
        self._ledger = ledger
        self._target = target
        self._follow = follow

    def wanted(self) -> Wanted:
        """What is to be sent. Raises `AlreadySentError` for what is sent only when asked for again."""
        order, target = self._order, self._target
        broken_off = None if order.again else self._ledger.last_operation(target.places, self._checked.sha256)
        if broken_off is not None and (broken_off[1].wanted is None or order.only_new):
            id, operation = broken_off
            earlier = self._ledger.parts_of(id)
            if len(earlier) < operation.parts:
                return self._continued(id, operation, earlier)
            if not order.only_new:
                rows, spans = self._of_operation(operation, earlier)
                if not any(entry.can_be_followed for entry in earlier.values()):
                    raise AlreadySentError(refusals.sent_already(_worst(earlier), self._ledger.option))
                return Wanted(rows, spans, id, earlier)
        return self._anew()

    def _anew(self) -> Wanted:
        """The file as if for the first time, less the rows that other uploads had."""
        rows = self._all()
        ids = self._uploads_with(rows)
        before = counted_by_upload(ids)
        if before.rows and not self._order.again:
            if not self._order.only_new:
                raise AlreadySentError(self._sent_before(before))
            return self._only_new(rows, np.ones(rows.rows, np.bool_), ids)
        return self._new(rows, None, before if before.rows else None)

    def _continued(self, id: int, operation: Operation, earlier: Mapping[int, Entry]) -> Wanted:
        """The rest of an operation that broke off, in parts as it was cut; other uploads may have rows of it by now.

        Where rows are chosen one by one, they may be cut in another way, too.
        """
        rows, spans = self._of_operation(operation, earlier)
        left = np.zeros(rows.rows, np.bool_)
        for number, span in enumerate(spans, start=1):
            left[span.first : span.first + span.rows] = number not in earlier
        ids = self._uploads_with(rows, but=id)
        ids[~left] = 0
        before = counted_by_upload(ids)
        cut_anew = self._order.only_new and operation.max_bytes not in (None, self._order.max_bytes)
        if not before.rows and not cut_anew:
            return Wanted(rows, spans, id, earlier)
        if not self._order.only_new:
            if not (worst := _worst(earlier)).finished and not worst.can_be_followed:
                raise AlreadySentError(refusals.part_stands(worst, self._ledger.option))  # first things first
            raise AlreadySentError(self._sent_before(before, int(left.sum())))
        for number, entry in earlier.items():
            span = spans[number - 1]
            ids[span.first : span.first + span.rows] = entry.id
        wanted = _unpacked(operation.wanted, self._checked.rows)
        in_file = np.zeros(len(wanted), np.int32)
        in_file[wanted] = ids
        return self._only_new(self._all(), wanted, in_file, continues=id)

    def _only_new(self, rows: Rows, asked: Marks, ids: Ids, continues: int | None = None) -> Wanted:
        """Those of `rows` that are `asked` for and that no upload had; `ids` has each row's upload, or 0.

        `continues` is the operation that had them to send, if one broke off.
        """
        before = counted_by_upload(ids)
        entries = [self._followed(entry) for entry in self._entries(before)]
        for entry in entries:
            if entry.outcome in (Outcome.IN_DOUBT, Outcome.FAILED):
                # Whether its rows are new a person has to say first.
                message = f"upload {entry.id}, which is {entry.outcome}, has {before.uploads[entry.id]:,} of these rows"
                raise AlreadySentError(f"{message}; {refusals.how_to_end(entry, self._ledger.option)}")
        unconfirmed = refusals.not_confirmed(before.uploads, entries, self._ledger.option)
        self._ledger.relied_on.extend(before.uploads)
        new = asked & (ids == 0)
        if not new.any():
            return Wanted(None, before=before, unconfirmed=unconfirmed)
        return replace(self._new(self._only(rows, new), new, before, continues), unconfirmed=unconfirmed)

    def _new(self, rows: Rows, wanted: Marks | None, before: SentBefore | None, continues: int | None = None) -> Wanted:
        """A new operation that sends `rows`, which are the `wanted` ones of the file, or all."""
        spans = tuple(CleanRecords(rows.path, self._checked.report).cut(self._order.max_bytes, rows.rows))
        packed = np.packbits(wanted).tobytes() if wanted is not None else None
        place, source = self._target.place, self._checked.sha256
        operation = Operation(
            place=place,
            source=source,
            whole=rows.sha256,
            parts=len(spans),
            max_bytes=self._order.max_bytes,
            wanted=packed,
            continues=continues,
        )
        return Wanted(rows, spans, operation, before=before)

    def _all(self) -> Rows:
        checked = self._checked
        return Rows(checked.clean, checked.sha256, checked.rows, checked.hashes, checked.titles)

    def _only(self, rows: Rows, wanted: Marks) -> Rows:
        """The `wanted` ones of `rows`, in a file of their own."""
        path = rows.path.with_name("new.csv")
        CleanRecords(rows.path, self._checked.report).write_wanted(wanted, path)
        hashes = rows.hashes.only(wanted, path.with_suffix(".hashes")) if rows.hashes is not None else None
        return Rows(path, sha256_of(path), int(wanted.sum()), hashes)

    def _of_operation(self, operation: Operation, earlier: Mapping[int, Entry]) -> tuple[Rows, tuple[Span, ...]]:
        """The rows of an earlier operation, and its parts as they were cut; refused where nobody knows how that was."""
        rows = self._all()
        if operation.wanted is not None:
            rows = self._only(rows, _unpacked(operation.wanted, rows.rows))
        records = CleanRecords(rows.path, self._checked.report)
        spans = tuple(records.cut(operation.max_bytes or self._order.max_bytes, rows.rows))
        part = rows.path.with_name("part.csv")
        for number, entry in earlier.items():
            same = len(spans) == operation.parts
            if same and len(spans) > 1:
                records.write(spans[number - 1], part)
            if not same or (sha256_of(part) if len(spans) > 1 else rows.sha256) != entry.sha256:
                raise AlreadySentError(refusals.cut_otherwise(entry, self._ledger.option))
        return rows, spans

    def _uploads_with(self, rows: Rows, but: int | None = None) -> Ids:
        """For each row the first upload that has it, or 0; those of the operation `but` apart."""
        ids = np.zeros(rows.rows, np.int32)
        for text in self._ledger.hashes_made_with(self._target.places) if rows.hashes is not None else ():
            hashes = hashes_made_with(text, rows, self._checked.report, self._ledger, self._target)
            earlier = partial(self._ledger.sent_rows, self._target.places, text, but=but)
            np.copyto(ids, uploads_with(hashes.runs(), earlier), where=ids == 0)
        return ids

    def _entries(self, before: SentBefore) -> list[Entry]:
        return [entry for id in before.uploads if (entry := self._ledger.entry(id)) is not None]

    def _followed(self, entry: Entry) -> Entry:
        return self._follow(entry) if entry.can_be_followed and not entry.holder else entry

    def _sent_before(self, before: SentBefore, left: int | None = None) -> str:
        rest = (len(before.sent) if left is None else left) - before.rows
        return refusals.sent_before(before.described, before.uploads, self._entries(before), rest, self._ledger.option)


def _unpacked(wanted: bytes | None, rows: int) -> Marks:
    if wanted is None:
        return np.ones(rows, np.bool_)
    return np.unpackbits(np.frombuffer(wanted, np.uint8), count=rows).astype(np.bool_)


def _worst(earlier: Mapping[int, Entry]) -> Entry:
    """The part to name: the first that is not finished, else the last."""
    entries = [earlier[number] for number in sorted(earlier)]
    return next((entry for entry in entries if not entry.finished), entries[-1])
