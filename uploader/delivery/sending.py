"""The parts of what is to be sent, one after the other: each posted once, or followed where an earlier run sent it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from preflight.model.report import Report, Titles
from uploader.acton import form
from uploader.acton.client import Client
from uploader.delivery.checked import sha256_of
from uploader.delivery.guard import Consent, Ready, check_destination
from uploader.delivery.once import ProgressBars, Upload, follow, of_earlier, post
from uploader.delivery.order import Order
from uploader.delivery.wanted import Rows, Target, Wanted, hashes_by_name
from uploader.errors import AlreadySentError, NotSentError, UsageError
from uploader.http.url import canonical_base_url
from uploader.ledger import refusals
from uploader.ledger.ledger import Begun, Ledger
from uploader.ledger.ledger import Rows as PackedRows
from uploader.model.entry import Entry, Intent, Operation, Place
from uploader.model.outcome import Outcome
from uploader.preparing.hashes import hashed_as, place_key, uploads_with
from uploader.preparing.parts import CleanRecords
from uploader.preparing.titlecount import TitleCount, count_titles


@dataclass(frozen=True, slots=True)
class Known:
    """The titles that a custom event has: `all` of them, and those that the ledger knows."""

    all: frozenset[str]
    from_ledger: frozenset[str]


def known_titles(order: Order, ledger: Ledger, target: Target) -> Known:
    """The titles that the custom event has by now."""
    from_ledger = ledger.known_titles(target.place)
    return Known(frozenset(order.check.known_titles) | from_ledger, from_ledger)


def target_of(order: Order, base_url: str, username: str = "") -> Target:
    """Where an order goes at `base_url`, where the login is that of `username`, if there is one.

    An account that nobody named but the login may have gone without a name before: its uploads count, too.
    """
    action = str(form.checked_action(order.customeventaction))
    named = order.account if order.account is not None else username
    place = Place(canonical_base_url(base_url), named, order.destination, action)
    nameless = place._replace(account="")
    return Target(place, (place,) if order.account is not None or place == nameless else (place, nameless))


def row_key(order: Order, ledger: Ledger, target: Target) -> bytes | None:
    """The key for the hashes of an order's rows; `None` when they are not wanted."""
    return place_key(ledger.key, hashed_as(target.place)) if order.row_ledger else None


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

    def prepared(self, number: int, known: Known) -> Prepared:
        """The request for part `number`, with the titlecount that its own titles come to.

        Raises `NotSentError` when the part does not read as the records that it was cut from.
        """
        part, order, place = self._part(number, known), self._order, self._target.place
        unconfirmed = self._ledger.unconfirmed_titles(place)
        titlecount = count_titles(part.titles, order.titlecount, known.from_ledger, known.all, unconfirmed)
        fields = form.form_fields(
            self.report,
            destination=order.destination,
            customeventaction=order.customeventaction,
            filename=_part_name(order.name, part),
            titlecount=titlecount.sent,
        )
        intent = Intent(
            **place._asdict(),
            filename=fields["filename"],
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
            hashed_as=hashed_as(self._target.place) if hashes is not None else "",
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
        found = hashes_by_name(self.rows, self.report, self._ledger, self._target)
        of_text = (hashes.runs(first=part.first, rows=part.rows) for name, hashes in found if name == text)
        return sum(int(np.count_nonzero(uploads_with(runs, lambda: later))) for runs in of_text)


def _part_name(name: str, part: Part) -> str:
    path = Path(name)
    return name if part.parts == 1 else f"{path.stem}-part-{part.number}-of-{part.parts}{path.suffix}"


def uploads(
    wanted: Wanted,
    parts: Parts,
    order: Order,
    client: Client,
    ledger: Ledger,
    target: Target,
    *,
    progress: ProgressBars,
    looked_up: int | None,
    consent: Consent | None,
    done: Callable[[], None],
) -> Iterator[Upload]:
    """Send each part once, and yield its upload when it is as far as it gets; ends with the first that is not finished.

    A part of an operation that broke off is not sent again: its job is followed where nobody saw it end. Each but the
    last is followed without `wait`, too. `consent` is asked before the first leaves. `looked_up` is for `Ledger.begin`;
    `done` is called when no file is needed any more. Raises `AlreadySentError`, `LedgerError`, `UploadError`,
    `UsageError` and `NotSentError`.
    """
    operation = wanted.operation
    left = sum(span.rows for number, span in enumerate(wanted.spans, 1) if number not in wanted.earlier)
    for number in range(1, parts.number + 1):
        last, earlier = number == parts.number, wanted.earlier.get(number)
        if earlier is not None and earlier.finished:
            yield of_earlier(earlier)
            continue
        if earlier is not None and not (earlier.can_be_followed and (order.wait or not last)):
            raise AlreadySentError(_why_it_stands(earlier, parts.number, ledger))
        if earlier is not None:
            upload = of_earlier(earlier)
        else:
            request = parts.prepared(number, known_titles(order, ledger, target))
            _guard(
                order,
                client,
                ledger,
                target,
                consent,
                Ready(parts.report, left, order.destination, target.place.customeventaction),
            )
            begun = parts.begun(request, operation, looked_up)
            upload = post(
                request.part.path,
                request.fields,
                request.intent,
                request.titlecount,
                begun,
                client,
                ledger,
                timeout=order.timeout,
                progress=progress,
            )
            operation = _operation_of(upload, ledger, operation)
        if last:
            done()
        if order.wait or not last:
            upload = follow(upload, client, ledger, order.timeout)
        yield upload
        if upload.outcome is not Outcome.CONFIRMED:
            return


def _guard(order: Order, client: Client, ledger: Ledger, target: Target, consent: Consent | None, ready: Ready) -> None:
    """Refuse a destination that is not there, and what nobody consents to, before the first part leaves."""
    known = partial(_had_one_confirmed, target.place, ledger)
    ask = None if consent is None else partial(_may_create, consent, ready)
    check_destination(client, order.destination, known_to_ledger=known, create=order.create, ask=ask)
    if consent is not None and not consent.may_send(ready):
        raise NotSentError("nothing was sent: the answer was no")


def _may_create(consent: Consent, ready: Ready, question: str) -> bool:
    return consent.may_create(question, ready)


def _had_one_confirmed(place: Place, ledger: Ledger) -> bool:
    """True when an upload to the destination was confirmed, whatever its action."""
    return any(entry.outcome is Outcome.CONFIRMED and entry.place[:3] == place[:3] for entry in ledger.entries())


def _operation_of(upload: Upload, ledger: Ledger, operation: int | Operation) -> int | Operation:
    """The operation that the first of its parts began."""
    if isinstance(operation, int):
        return operation
    entry = ledger.entry(upload.id)
    return entry.operation if entry is not None and entry.operation is not None else operation


def _why_it_stands(earlier: Entry, parts: int, ledger: Ledger) -> str:
    tell = refusals.part_stands if parts > 1 else refusals.sent_already
    return tell(earlier, ledger.option)
