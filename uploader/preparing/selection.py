"""Selection of the rows to send from a checked file: all, the remaining parts, or the new rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np

from uploader.errors import AlreadySentError
from uploader.ledger import refusals
from uploader.model.entry import Entry, Operation
from uploader.model.outcome import Outcome
from uploader.preparing.checked import Checked, Rows, sha256_of
from uploader.preparing.cutting import CleanRecords, Span
from uploader.preparing.hashes import Ids, Mask, SentBefore, counted_by_upload, uploads_with

Follow = Callable[[Entry], Entry]
"""Callable that follows the job of an earlier upload for some time and returns its updated entry."""


@dataclass(frozen=True, slots=True)
class Selection:
    """The rows to send, as one operation.

    `rows` are split into `spans`, one per part; `None` if nothing is left to send. `operation` is a new one, or the id
    of an interrupted one with the parts `earlier` already sent. `before` has the rows of the file that other uploads
    had: left out, or sent again. `unconfirmed` says which of these are not known to have arrived; empty for none. The
    rows were compared with all uploads up to id `last_compared`.
    """

    rows: Rows | None
    spans: tuple[Span, ...] = ()
    operation: int | Operation = 0
    earlier: Mapping[int, Entry] = field(default_factory=dict)
    before: SentBefore | None = None
    unconfirmed: str = ""
    last_compared: int = 0

    @property
    def rows_left(self) -> int:
        """The number of rows in the parts that no run has posted yet."""
        return sum(span.rows for number, span in enumerate(self.spans, 1) if number not in self.earlier)


class Selector:
    """Selects the rows of `checked` to send, from the options of its order and the uploads in its ledger."""

    def __init__(self, checked: Checked, follow: Follow = lambda entry: entry) -> None:
        self._checked = checked
        self._target = checked.target
        self._order, self._ledger = checked.target.order, checked.target.ledger
        self._follow = follow

    def select(self) -> Selection:
        """The rows to send. Raises `AlreadySentError` if they need `again`, or `only_new`."""
        last_compared = self._ledger.last_id()
        return replace(self._selected(), last_compared=last_compared)

    def _selected(self) -> Selection:
        order, places = self._order, self._target.places
        broken_off = None if order.again else self._ledger.last_operation(places, self._checked.rows.sha256)
        if broken_off is not None and (broken_off[1].wanted is None or order.only_new):
            id, operation = broken_off
            earlier = self._ledger.parts_of(id)
            if len(earlier) < operation.parts:
                return self._continued(id, operation, earlier)
            if not order.only_new:
                rows, spans = self._of_operation(operation, earlier)
                if not any(entry.can_be_followed for entry in earlier.values()):
                    raise AlreadySentError(refusals.sent_already(_worst(earlier), self._ledger.option))
                return Selection(rows, spans, id, earlier)
        return self._anew()

    def _anew(self) -> Selection:
        """The rows of a new operation: all, or those that no other upload had."""
        rows = self._checked.rows
        ids = self._uploads_with(rows)
        before = counted_by_upload(ids)
        if before.rows and not self._order.again:
            if not self._order.only_new:
                raise AlreadySentError(self._sent_before(before))
            return self._only_new(rows, np.ones(rows.rows, np.bool_), ids)
        return self._new(rows, None, before if before.rows else None)

    def _continued(self, id: int, operation: Operation, earlier: Mapping[int, Entry]) -> Selection:
        """The remaining parts of an interrupted operation, split as before.

        With `only_new` the remaining rows may be split anew, and rows that other uploads had meanwhile are left out;
        otherwise such rows raise `AlreadySentError`.
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
            return Selection(rows, spans, id, earlier)
        if not self._order.only_new:
            if not (worst := _worst(earlier)).finished and not worst.can_be_followed:
                raise AlreadySentError(refusals.part_stands(worst, self._ledger.option))  # first things first
            raise AlreadySentError(self._sent_before(before, int(left.sum())))
        for number, entry in earlier.items():
            span = spans[number - 1]
            ids[span.first : span.first + span.rows] = entry.id
        rows = self._checked.rows
        mask = _unpacked(operation.wanted, rows.rows)
        in_file = np.zeros(len(mask), np.int32)
        in_file[mask] = ids
        return self._only_new(rows, mask, in_file, continues=id)

    def _only_new(self, rows: Rows, asked: Mask, ids: Ids, continues: int | None = None) -> Selection:
        """The rows in the mask `asked` that no upload had; `ids` has each row's upload, or 0.

        `continues` is the id of the interrupted operation, if any.
        """
        before = counted_by_upload(ids)
        entries = [self._followed(entry) for entry in self._entries(before)]
        for entry in entries:
            if entry.outcome in (Outcome.IN_DOUBT, Outcome.FAILED):
                # A person must settle first whether its rows arrived.
                message = (
                    f"upload {entry.id}, which is {entry.outcome.plain}, has {before.uploads[entry.id]:,} of these rows"
                )
                raise AlreadySentError(f"{message}; {refusals.how_to_end(entry, self._ledger.option)}")
        unconfirmed = refusals.not_confirmed(before.uploads, entries, self._ledger.option)
        self._ledger.relied_on.extend(before.uploads)
        new = asked & (ids == 0)
        if not new.any():
            return Selection(None, before=before, unconfirmed=unconfirmed)
        return replace(self._new(self._only(rows, new), new, before, continues), unconfirmed=unconfirmed)

    def _new(self, rows: Rows, mask: Mask | None, before: SentBefore | None, continues: int | None = None) -> Selection:
        """A new operation that sends `rows`; `mask` is their mask in the file, `None` for all."""
        spans = tuple(CleanRecords(rows.path, self._checked.report).cut(self._order.max_bytes, rows.rows))
        packed = np.packbits(mask).tobytes() if mask is not None else None
        operation = Operation(
            place=self._target.place,
            source=self._checked.rows.sha256,
            whole=rows.sha256,
            parts=len(spans),
            max_bytes=self._order.max_bytes,
            wanted=packed,
            continues=continues,
        )
        return Selection(rows, spans, operation, before=before)

    def _only(self, rows: Rows, mask: Mask) -> Rows:
        """The rows selected by a mask, in a new file."""
        path = rows.path.with_name("new.csv")
        CleanRecords(rows.path, self._checked.report).write_selected(mask, path)
        hashes = rows.hashes.only(mask, path.with_suffix(".hashes")) if rows.hashes is not None else None
        return Rows(path, sha256_of(path), int(mask.sum()), hashes)

    def _of_operation(self, operation: Operation, earlier: Mapping[int, Entry]) -> tuple[Rows, tuple[Span, ...]]:
        """The rows and spans of an earlier operation.

        Raises `AlreadySentError` if the file, split again, does not give the parts that were sent.
        """
        rows = self._checked.rows
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
        """For each row the id of the first upload that has it, or 0; without those of the operation `but`."""
        ids = np.zeros(rows.rows, np.int32)
        for text in self._ledger.hash_texts(self._target.places) if rows.hashes is not None else ():
            hashes = self._checked.hashes_with(text, rows)
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


def _unpacked(packed: bytes | None, rows: int) -> Mask:
    if packed is None:
        return np.ones(rows, np.bool_)
    return np.unpackbits(np.frombuffer(packed, np.uint8), count=rows).astype(np.bool_)


def _worst(earlier: Mapping[int, Entry]) -> Entry:
    """The part to name in a message: the first that is not finished, else the last."""
    entries = [earlier[number] for number in sorted(earlier)]
    return next((entry for entry in entries if not entry.finished), entries[-1])
