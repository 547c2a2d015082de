"""A checked file to uploads: what of it was not sent before, in parts that the endpoint takes, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from uploader import form
from uploader.checked import Checked, check_clean, sha256_of
from uploader.client import Client
from uploader.entry import Entry, Intent, Place
from uploader.errors import AlreadySentError, UsageError
from uploader.guard import Ask, check_destination
from uploader.ledger import Ledger
from uploader.once import ProgressBars, Upload, can_be_followed, follow, of_earlier, post
from uploader.order import Order
from uploader.outcome import Outcome
from uploader.parts import CleanRecords
from uploader.sentrows import SentBefore, place_key, sent_before
from uploader.titlecount import TitleCount, count_titles


@dataclass(frozen=True, slots=True)
class Known:
    """The titles that a custom event has: `all` of them, and those that the ledger knows."""

    all: frozenset[str]
    from_ledger: frozenset[str]


def place_of(order: Order, account: str) -> Place:
    """Where an order goes."""
    return Place(account, order.destination, str(form.checked_action(order.customeventaction)))


def known_titles(order: Order, ledger: Ledger, account: str) -> Known:
    """The titles that the custom event has by now."""
    from_ledger = ledger.known_titles(account, order.destination)
    return Known(order.known_titles | from_ledger, from_ledger)


def row_key(order: Order, ledger: Ledger, account: str) -> bytes | None:
    """The key for the hashes of an order's rows; `None` when they are not wanted."""
    return place_key(ledger.key, *place_of(order, account)) if order.row_ledger else None


def not_sent_before(
    checked: Checked, order: Order, ledger: Ledger, place: Place
) -> tuple[Checked | None, SentBefore | None]:
    """What of a checked file is to be sent, `None` when nothing is left of it; and the rows that were sent before.

    Raises `AlreadySentError` when some were and neither `again` nor `only_new` was asked for, or when an upload that
    has some is in doubt. Whether the same file was sent before is for `Ledger.begin` to say.
    """
    if checked.rows is None:
        return checked, None
    same = ledger.of_whole(place, checked.sha256)
    if same and (not order.only_new or any(map(can_be_followed, same))):
        return checked, None
    before = sent_before(checked.rows, lambda: ledger.sent_rows(place))
    if not before.rows:
        return checked, None
    if order.again:
        return checked, before
    entries = [entry for id in before.uploads if (entry := ledger.entry(id)) is not None]
    if not order.only_new:
        raise AlreadySentError(_sent_before(before, entries))
    for entry in entries:
        if entry.outcome in (Outcome.IN_DOUBT, Outcome.FAILED):
            rows = before.uploads[entry.id]
            raise AlreadySentError(
                f"upload {entry.id}, which is {entry.outcome}, has {rows:,} of these rows; "
                f"{ledger.how_to_settle(entry.id)}"
            )
    if before.rows == len(before.sent):
        return None, before
    records = CleanRecords(checked.clean, checked.report)
    rest = checked.clean.with_name("new.csv")
    records.write_wanted(~before.sent, rest)
    known = frozenset(checked.report.titles.known)
    return check_clean(rest, sha256_of(rest), records.layout, known, checked.rows.wanted.key), before


def _sent_before(before: SentBefore, entries: list[Entry]) -> str:
    all_rows = len(before.sent)
    where = ", ".join(f"{before.uploads[entry.id]:,} in upload {entry.id}, {entry.outcome}" for entry in entries[:3])
    more = f", and in {len(entries) - 3:,} others" if len(entries) > 3 else ""
    rest = all_rows - before.rows
    other = f"--only-new sends the other {rest:,}, " if rest else ""
    return f"{before.told} ({where}{more}); {other}--again sends them once more, and they count twice"


@dataclass(frozen=True, slots=True)
class Prepared:
    """One part as it would be posted: `checked` has its bytes and rows."""

    checked: Checked
    fields: Mapping[str, str]
    intent: Intent
    titlecount: TitleCount


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a checked file, `number` of `parts` (from 1), in the file `path`; `whole` is the SHA-256 of all."""

    path: Path
    number: int
    parts: int
    sha256: str
    whole: str


def parts_of(checked: Checked, order: Order) -> Iterator[Part]:
    """A checked file cut into parts that the endpoint takes, one at a time; a file that it takes is its only part.

    Raises `NotSentError` for a record that no part can take.
    """
    whole = checked.sha256
    records = CleanRecords(checked.clean, checked.report)
    spans = records.cut(order.max_bytes)
    if len(spans) == 1:
        yield Part(checked.clean, 1, 1, whole, whole)
        return
    if order.titlecount is not None:
        raise UsageError(f"the file goes in {len(spans)} parts, each with a titlecount of its own: leave it out")
    path = checked.clean.with_name("part.csv")
    for number, span in enumerate(spans, start=1):
        records.write(span, path)
        yield Part(path, number, len(spans), sha256_of(path), whole)


def prepared(part: Part, checked: Checked, order: Order, known: Known, ledger: Ledger, account: str) -> Prepared:
    """The request for one part of a checked file, with the titlecount that its own titles come to."""
    if part.parts > 1:
        key = checked.rows.wanted.key if checked.rows is not None else None
        layout = CleanRecords(checked.clean, checked.report).layout
        checked = check_clean(part.path, part.sha256, layout, known.all, key)
    unconfirmed = ledger.unconfirmed_titles(account, order.destination)
    titlecount = count_titles(checked.report.titles, order.titlecount, known.from_ledger, known.all, unconfirmed)
    fields = form.form_fields(
        checked.report,
        destination=order.destination,
        customeventaction=order.customeventaction,
        filename=_part_name(order.name, part),
        titlecount=titlecount.sent,
    )
    intent = Intent(
        **place_of(order, account)._asdict(),
        filename=fields["filename"],
        sha256=part.sha256,
        size=part.path.stat().st_size,
        rows=checked.report.good_rows,
        titles=checked.report.titles.distinct,
        titlecount=titlecount.sent,
        whole=part.whole,
        part=part.number,
        parts=part.parts,
    )
    return Prepared(checked, fields, intent, titlecount)


def _part_name(name: str, part: Part) -> str:
    path = Path(name)
    return name if part.parts == 1 else f"{path.stem}-part-{part.number}-of-{part.parts}{path.suffix}"


def uploads(
    checked: Checked,
    order: Order,
    client: Client,
    ledger: Ledger,
    *,
    wait: bool,
    timeout: float,
    progress: ProgressBars,
    looked_up: int | None,
    ask: Ask | None,
    done: Callable[[], None],
) -> Iterator[Upload]:
    """Send each part once, and yield its upload when it is as far as it gets; ends with the first not confirmed.

    A part that an earlier run saw confirmed is not sent again, one whose job nobody saw end is followed. Each but the
    last is followed without `wait`, too. `looked_up` is for `Ledger.begin`; `done` is called when no file is needed any
    more. Raises `AlreadySentError`, `LedgerError`, `UploadError`, `UsageError` and `NotSentError`.
    """
    place, sent_now = place_of(order, client.base_url), False
    for part in parts_of(checked, order):
        last = part.number == part.parts
        earlier = ledger.standing(place, part.sha256) if not order.again else None
        known = known_titles(order, ledger, client.base_url)
        if earlier is not None and earlier.outcome is Outcome.CONFIRMED and (sent_now or not last):
            yield of_earlier(earlier)
            continue
        sent_now = True
        if earlier is not None and can_be_followed(earlier) and (wait or not last):
            upload = of_earlier(earlier)
        else:
            request = prepared(part, checked, order, known, ledger, client.base_url)
            rows = request.checked.rows
            if order.again or not ledger.refusal(request.intent):  # what is refused anyway takes no call
                known_to_ledger = partial(_had_one_confirmed, place, ledger)
                check_destination(
                    client, order.destination, known_to_ledger=known_to_ledger, create=order.create, ask=ask
                )
            upload = post(
                part.path,
                request.fields,
                request.intent,
                request.titlecount,
                client,
                ledger,
                titles=request.checked.report.titles.counts,
                row_hashes=rows.packed() if rows is not None else (),
                again=order.again,
                looked_up=looked_up,
                timeout=timeout,
                progress=progress,
            )
        if last:
            done()
        if wait or not last:
            upload = follow(upload, client, ledger, timeout)
        yield upload
        if upload.outcome is not Outcome.CONFIRMED:
            return


def _had_one_confirmed(place: Place, ledger: Ledger) -> bool:
    """True when an upload to the destination was confirmed, whatever its action."""
    return any(
        entry.outcome is Outcome.CONFIRMED and (entry.account, entry.destination) == (place.account, place.destination)
        for entry in ledger.entries()
    )
