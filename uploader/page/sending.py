"""Sending from the page, to Act-On or to a rehearsal: a thread checks and sends, while the page polls its progress.

One file is sent at a time. Each form has a number that works once. The ledger decides whether something was sent
before, so that two pages cannot send it twice.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from contextvars import copy_context
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from preflight import PreflightError
from preflight.outputs.leftovers import temporary_folder
from preflight.text.display import counted
from uploader.delivery.client import Client
from uploader.editing.work import Work
from uploader.errors import NOTHING, UploaderError, UsageError
from uploader.ledger.ledger import Ledger
from uploader.masking import masked
from uploader.model.entry import Entry
from uploader.model.outcome import Outcome
from uploader.preparing.order import Order, SendOptions
from uploader.render.summary import render, unwritten
from uploader.sending.delivery import Delivery
from uploader.sending.guard import Ready
from uploader.sending.send import deliver

Connected = AbstractContextManager[tuple[Client, Ledger]]
Connect = Callable[[Callable[[str], None]], Connected]
"""Callable that takes a notice callback and returns a context manager of the client and the ledger."""


def _no_upload(id: int, *_: bool) -> Entry:
    raise UsageError(f"there is no upload {id}")


@dataclass(frozen=True, slots=True)
class Services:
    """The functions of the command that the page calls: `real` and `rehearsal` connect to an endpoint.

    `where` names the real endpoint in a few words.
    `uploads` returns the entries of the ledger, the latest first. `settle` takes an id and whether that upload arrived,
    `follow` follows its job for a few seconds; both return the entry. `unready` returns what a real send lacks, without
    a request; empty for nothing.
    """

    real: Connect
    rehearsal: Connect
    where: str
    account: str | None = None
    uploads: Callable[[], Sequence[Entry]] = tuple
    settle: Callable[[int, bool], Entry] = _no_upload
    follow: Callable[[int], Entry] = _no_upload
    unready: Callable[[], str] = str


@dataclass(slots=True)
class Progress:
    """The progress of a send: its stage, the bytes done and in all, and the notices so far."""

    stage: str = "starting"
    done: int = 0
    size: int | None = None
    notices: list[str] = field(default_factory=list)

    @contextmanager
    def bar(self, label: str) -> Iterator[Callable[[int, int | None], None]]:
        """A stage of the send, as a `ProgressBars`."""
        self.stage, self.done, self.size = label, 0, None
        yield self._update

    def _update(self, done: int, size: int | None) -> None:
        self.done, self.size = done, size


@dataclass(frozen=True, slots=True)
class JobView:
    """The state of a send for the page."""

    running: bool = False
    rehearsed: bool = False
    stage: str = ""
    share: int | None = None
    notices: Sequence[str] = ()
    heading: str = ""
    lines: Sequence[str] = ()
    look: str = ""


_HEADINGS = {
    Outcome.CONFIRMED: "Sent",
    Outcome.SENT: "Sent, not confirmed yet",
    Outcome.IN_DOUBT: "It may have arrived",
    Outcome.COUNTS_DIFFER: "Act-On did not take every row",
    Outcome.FAILED: "The job failed",
    Outcome.TIMED_OUT: "Sent, not confirmed yet",
    Outcome.UNKNOWN: "Sent, and its end is not known",
}
"""The headings of outcomes after which something arrived, or may have."""

_STAGES = {"starting": "Starting", "writing": "Checking the whole file", "checking": "Checking the whole file"}


class RowsConfirmed:
    """Consent to at most the number of rows that the user confirmed: after a change the user must confirm again."""

    def __init__(self, rows: int) -> None:
        self._rows = rows

    def may_create(self, question: str, ready: Ready) -> bool:
        """False: the form has its own checkbox for a new destination."""
        return False

    def may_send(self, ready: Ready) -> bool:
        """True for the confirmed number of rows, or fewer, as some may have been sent before."""
        return 0 < ready.rows <= self._rows


class Sending:
    """The sends of this page; see the module."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.progress = Progress()
        self._lock = threading.Lock()
        self._ended = threading.Event()  # a thread whose `join` is interrupted counts as ended before Python 3.13
        self._ended.set()
        self._of = ""
        self._numbers: set[str] = set()

    def number(self) -> str:
        """A new number for a form, which can start one send."""
        number = secrets.token_urlsafe(12)
        with self._lock:
            self._numbers.add(number)
        return number

    @property
    def running(self) -> str:
        """The id of the file that is being sent; empty for none."""
        return "" if self._ended.is_set() else self._of

    def start(self, work: Work, options: SendOptions, rows: int, number: str, *, rehearsed: bool) -> None:
        """Start to send `rows` rows of a file; raises `UsageError` for a used `number`, or during a send."""
        with self._lock:
            if self.running:
                raise UsageError("nothing was started: a file is being sent; wait for its end")
            if number not in self._numbers:
                raise UsageError("nothing was started: this form was sent before; see its outcome")
            self._numbers.discard(number)
            self._of, self.progress = work.kept.id, Progress()
            sending = {
                "rehearsed": rehearsed,
                "destination": options.destination,
                "customeventaction": str(options.customeventaction),
                "rows": rows,
                "outcome": "",
                "summary": "",
                "upload": None,
                "where": self.services.where,
                "version": work.version,
            }
            id = work.kept.sending(sending)
            self._ended.clear()
            run = partial(self._run, work, options, rows, sending, id)
            threading.Thread(target=copy_context().run, args=(run,), name="sending").start()

    def job_of(self, work: Work) -> JobView:
        """The outcome or the progress of a file's last send."""
        last = next(iter(work.kept.sendings()), None)
        if self.running == work.kept.id:
            progress = self.progress
            share = min(100, 100 * progress.done // progress.size) if progress.size else None
            stage = _STAGES.get(progress.stage, progress.stage.capitalize())
            rehearsed = bool(last and last["rehearsed"])
            return JobView(True, rehearsed, stage, share, list(progress.notices))
        good = last is not None and last["outcome"] == Outcome.CONFIRMED
        if last is None or (good and last.get("version") != [*work.version]):
            return JobView()  # what was sent of the file before it was changed stands in its history
        if not last["outcome"]:
            says = "The page ended while the file was being sent. An upload that may have arrived is listed below."
            return JobView(heading="Outcome unknown", lines=[says], look="verdict warned")
        heading = _HEADINGS.get(last["outcome"], "Nothing was sent")
        if last["rehearsed"]:
            heading = "Rehearsed" if good else "The rehearsal failed"
        look = "verdict good" if good else "verdict warned"
        said = NOTHING if heading == "Nothing was sent" else ""
        lines = [line.removeprefix(said) for line in last.get("summary", "").split("\n")]
        return JobView(heading=heading, lines=lines, look=look)

    def wait(self) -> None:
        """Wait until no file is being sent."""
        self._ended.wait()

    def _run(self, work: Work, options: SendOptions, rows: int, sending: dict[str, Any], id: int) -> None:
        try:
            self._carry_out(work, options, rows, sending, id)
        finally:
            self._ended.set()

    def _carry_out(self, work: Work, options: SendOptions, rows: int, sending: dict[str, Any], id: int) -> None:
        """Send, and store the outcome with the file."""
        progress = self.progress
        delivery: Delivery | None = None
        try:
            delivery = self._sent(work, options, rows, progress, rehearsed=sending["rehearsed"])
            text = render(delivery, rehearsed=sending["rehearsed"])
            outcome, says = delivery.outcome, f"{text}{unwritten(delivery)}".rstrip()
        except (PreflightError, UploaderError) as error:
            delivery = getattr(error, "delivery", None)
            outcome = delivery.outcome if delivery is not None else Outcome.NOT_SENT
            says = str(error)
        except Exception as error:  # the thread ends here; its outcome must be stored in any case
            outcome, says = Outcome.UNKNOWN, f"the page failed ({type(error).__name__}: {error})"
        upload = delivery.uploads[-1].id if delivery is not None and delivery.uploads else None
        says = "\n".join([*progress.notices, says])
        work.kept.sending({**sending, "outcome": outcome.value, "summary": masked(says), "upload": upload}, id)

    def _sent(self, work: Work, options: SendOptions, rows: int, progress: Progress, *, rehearsed: bool) -> Delivery:
        connect = self.services.rehearsal if rehearsed else self.services.real
        with temporary_folder() as folder, connect(progress.notices.append) as (client, ledger):
            with progress.bar("writing"):
                mended = work.write_mended(folder)
            if mended.report.good_rows != rows:
                now = counted(mended.report.good_rows, "row")
                raise UsageError(f"nothing was sent: the file has {now} to send now, not {rows:,}; look at it again")
            order = Order.of(mended.mended, mended.layout, options, client.endpoint)
            return deliver(order, client, ledger, progress=progress.bar, consent=RowsConfirmed(rows))
