"""A file on its way to Act-On, or to a stand-in: checked and sent by a thread, while the page asks how far it is.

One file is on its way at a time. A form that asks for a sending holds a number that counts once. Whether something was
sent before is for the ledger to say, whoever asks: two pages cannot send twice.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Any

from preflight import PreflightError
from preflight.outputs.leftovers import temporary_folder
from preflight.text.display import counted
from uploader.delivery.client import Client
from uploader.errors import UploaderError, UsageError
from uploader.ledger.ledger import Ledger
from uploader.masking import masked
from uploader.model.entry import Entry
from uploader.model.outcome import Outcome
from uploader.page.work import Work
from uploader.preparing.order import Order, SendOptions
from uploader.sending.delivery import Delivery
from uploader.sending.guard import Ready
from uploader.sending.send import deliver

Connected = AbstractContextManager[tuple[Client, Ledger]]
Connect = Callable[[Callable[[str], None]], Connected]
"""Gives the client and the ledger to send with; what the client has to say goes to what it is given."""


@dataclass(frozen=True, slots=True)
class Ways:
    """How to reach what a file is sent to: `real` and a `rehearsal`, and what to say of a delivery.

    `where` names the real endpoint in a few words. `summary` takes a delivery and whether it was rehearsed. `sent`
    gives the ledger's last entries, the latest first.
    """

    real: Connect
    rehearsal: Connect
    summary: Callable[[Delivery, bool], str]
    where: str
    account: str | None = None
    sent: Callable[[], Sequence[Entry]] = tuple


@dataclass(slots=True)
class Progress:
    """How far a sending is: what is done now, how much of it, and what there was to say."""

    stage: str = "starting"
    done: int = 0
    size: int | None = None
    notices: list[str] = field(default_factory=list)

    @contextmanager
    def bar(self, label: str) -> Iterator[Callable[[int, int | None], None]]:
        """A stage of the sending, as `ProgressBars` has it."""
        self.stage, self.done, self.size = label, 0, None
        yield self._tell

    def _tell(self, done: int, size: int | None) -> None:
        self.done, self.size = done, size


class RowsConfirmed:
    """Consent to send so many rows, and no other number: what was changed meanwhile is looked at again."""

    def __init__(self, rows: int) -> None:
        self._rows = rows

    def may_create(self, question: str, ready: Ready) -> bool:
        """False: that Act-On makes a destination is asked for beforehand."""
        return False

    def may_send(self, ready: Ready) -> bool:
        """True where the rows are as many as were confirmed, or fewer as some were sent before."""
        return 0 < ready.rows <= self._rows


class Sending:
    """What is sent from this page; see the module."""

    def __init__(self, ways: Ways) -> None:
        self.ways = ways
        self.progress = Progress()
        self._lock = threading.Lock()
        self._ended = threading.Event()  # a thread whose `join` is interrupted counts as ended before Python 3.13
        self._ended.set()
        self._of = ""
        self._numbers: set[str] = set()

    def number(self) -> str:
        """A number for a form, which starts one sending."""
        number = secrets.token_urlsafe(12)
        with self._lock:
            self._numbers.add(number)
        return number

    @property
    def running(self) -> str:
        """The id of the file that is on its way; empty where none is."""
        return "" if self._ended.is_set() else self._of

    def start(self, work: Work, options: SendOptions, rows: int, number: str, *, rehearsed: bool) -> None:
        """Begin to send `rows` rows of a file; raises `UsageError` where that was begun, or another is on its way."""
        with self._lock:
            if self.running:
                raise UsageError("nothing was begun: a file is on its way; wait until that has ended")
            if number not in self._numbers:
                raise UsageError("nothing was begun: this form was sent before; look at what became of it")
            self._numbers.discard(number)
            self._of, self.progress = work.kept.id, Progress()
            sending = {
                "rehearsed": rehearsed,
                "destination": options.destination,
                "customeventaction": str(options.customeventaction),
                "rows": rows,
                "outcome": "",
                "summary": "",
            }
            id = work.kept.sending(sending)
            self._ended.clear()
            threading.Thread(target=self._run, args=(work, options, rows, sending, id), name="sending").start()

    def wait(self) -> None:
        """Wait until nothing is on its way."""
        self._ended.wait()

    def _run(self, work: Work, options: SendOptions, rows: int, sending: dict[str, Any], id: int) -> None:
        try:
            self._carry_out(work, options, rows, sending, id)
        finally:
            self._ended.set()

    def _carry_out(self, work: Work, options: SendOptions, rows: int, sending: dict[str, Any], id: int) -> None:
        """Send, and keep what it came to beside the file."""
        progress = self.progress
        try:
            outcome, says = self._sent(work, options, rows, progress, rehearsed=sending["rehearsed"])
        except (PreflightError, UploaderError) as error:
            delivery = getattr(error, "delivery", None)
            outcome = delivery.outcome.value if delivery is not None else Outcome.NOT_SENT.value
            says = str(error)
        except Exception as error:  # the thread ends here: what it came to must be told all the same
            outcome, says = "unknown", f"the page failed ({type(error).__name__}: {error}); see `uploader history`"
        says = "\n".join([*progress.notices, says])
        work.kept.sending({**sending, "outcome": outcome, "summary": masked(says)}, id)

    def _sent(
        self, work: Work, options: SendOptions, rows: int, progress: Progress, *, rehearsed: bool
    ) -> tuple[str, str]:
        connect = self.ways.rehearsal if rehearsed else self.ways.real
        with temporary_folder() as folder, connect(progress.notices.append) as (client, ledger):
            with progress.bar("writing"):
                whole = work.made(folder)
            if whole.report.good_rows != rows:
                now = counted(whole.report.good_rows, "row")
                raise UsageError(f"nothing was sent: the file has {now} to send now, not {rows:,}; look at it again")
            order = Order.of(whole.mended, whole.layout, options, client.endpoint)
            delivery = deliver(order, client, ledger, progress=progress.bar, consent=RowsConfirmed(rows))
        return delivery.outcome.value, self.ways.summary(delivery, rehearsed)


ACTIONS: Sequence[tuple[str, str]] = (
    ("CUSTOM_ATTENDED", "attended it"),
    ("CUSTOM_REGISTERED", "registered for it"),
    ("CUSTOM_DOWNLOADED", "downloaded it"),
    ("CUSTOM_GENERAL", "did something else"),
    ("CUSTOM_GENERAL1", "did something else (1)"),
    ("CUSTOM_GENERAL2", "did something else (2)"),
    ("CUSTOM_GENERAL3", "did something else (3)"),
    ("CUSTOM_GENERAL4", "did something else (4)"),
    ("CUSTOM_GENERAL5", "did something else (5)"),
)
"""What the people did, by the API's words."""
