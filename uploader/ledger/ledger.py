"""The ledger: all uploads of a user and their outcomes, in one SQLite file.

An intent is written and flushed before the first byte of an upload leaves, and its outcome afterwards. So whatever ends
the process in between, the next one finds an upload without an outcome, and treats it as in doubt. Neither a token nor
an address is ever written here, and touch points only as pseudonymous hashes: the file also holds their key, so that
whoever has it can test a guess, and find a short address by trying.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from os import PathLike
from typing import Any, Self

from preflight.text.display import counted
from uploader.errors import AlreadySentError, LedgerError, UsageError
from uploader.ledger.database import BUSY_TIMEOUT, IN_MEMORY, Database
from uploader.ledger.entries import OPERATION_COLUMNS, Entries
from uploader.ledger.lease import LEASE, Renewal, described_holder, new_holder
from uploader.ledger.privacy import Notice
from uploader.ledger.sentrows import CountCommon, SentRows
from uploader.ledger.titles import KnownTitles
from uploader.masking import without_addresses
from uploader.model.entry import Entry, Intent, Operation, Place
from uploader.model.job import Job
from uploader.model.outcome import NOTHING_ARRIVED, Outcome
from uploader.wire.attempts import Attempt

SETTLED = "settled by hand"
"""The reason of an upload whose outcome a person stated."""

NOTHING_LEFT = "interrupted before anything left"
"""The reason of an upload that Ctrl-C stopped before it left."""


@dataclass(frozen=True, slots=True)
class Begun:
    """What the ledger stores at the beginning of an upload, and the checks it makes.

    `operation` is the id of the operation that it continues, or a new one; by default it is an operation by itself.
    `titles` are the titles of its rows, `row_hashes` the packed hashes of its rows, `hashed_with` the text of their
    key. With `again` nothing is checked. The rows were compared with all uploads up to id `last_compared`, unless it is
    `None`; `count_common` counts those in later uploads. Uploads to `places` count as earlier ones; by default those to
    its own place.
    """

    operation: int | Operation | None = None
    titles: Iterable[str] = ()
    row_hashes: Iterable[bytes] = ()
    hashed_with: str = ""
    again: bool = False
    last_compared: int | None = None
    count_common: CountCommon = lambda text, rows: 0
    places: Collection[Place] = ()


class Ledger(Entries, KnownTitles, SentRows):
    """The ledger in the file `path`, created if missing, with access for its owner only.

    `notice` is called if others could read the file or still can, and if it was migrated; `clock` returns the time.
    For `patience` see `Database`.
    Every method raises `LedgerError` if the file cannot be read or written.
    """

    def __init__(
        self,
        path: str | PathLike[str],
        *,
        notice: Notice = lambda line: None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        patience: float = BUSY_TIMEOUT,
    ) -> None:
        self.begun: list[int] = []
        """The ids of the entries that this object began, in order."""
        self.relied_on: list[int] = []
        """The ids of the entries whose rows were left out of the uploads that this object began."""
        self.touched: list[int] = []
        """The ids of the entries that this object began or wrote to, in order."""
        self._clock = clock
        self.database = Database(path, notice, patience)
        self.path = self.database.path
        self.writing = self.database.writing

    @classmethod
    def temporary(cls) -> Ledger:
        """A ledger in memory."""
        return cls(IN_MEMORY)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.database.close()

    @property
    def key(self) -> bytes:
        """The secret key of the row hashes, generated with the file."""
        ((key,),) = self.database.read("SELECT key FROM ledger")
        return bytes(key)

    def begin(self, intent: Intent, begun: Begun | None = None) -> int:
        """Write and flush `intent` with the rows and titles of `begun`; returns the entry's id.

        Raises `AlreadySentError`, unless it is sent again, if there is a `refusal`, or if uploads that began meanwhile
        have rows of it. Check and write are one transaction: of two processes that begin at the same time, one is
        refused. On Ctrl-C the entry is recorded as not sent, as nothing has left yet.
        """
        holder = new_holder()
        try:
            return self._begin(intent, begun or Begun(), holder)
        except KeyboardInterrupt:
            with self.writing():
                statement = "UPDATE upload SET outcome = 'not-sent', reason = ?, holder = '' WHERE holder = ?"
                self.database.db.execute(statement, (NOTHING_LEFT, holder))
            raise

    def _begin(self, intent: Intent, begun: Begun, holder: str) -> int:
        operation, places = begun.operation, begun.places or (intent.place,)
        known = operation.continues if isinstance(operation, Operation) else operation
        with self.database.changing():
            why = "" if begun.again else self.refusal(intent, operation, places)
            if not why and begun.last_compared is not None and not begun.again:
                why = self._newer_rows(begun.last_compared, known, places, begun.count_common)
            if why:
                raise AlreadySentError(why)
            if not isinstance(operation, int):
                operation = self._add_operation(operation or _only_part(intent))
            values: dict[str, Any] = {field.name: getattr(intent, field.name) for field in fields(Intent)}
            values |= {"time": self._now(), "operation": operation, "hashed_with": begun.hashed_with, "holder": holder}
            id = self._insert("upload", {**values, "held_until": self._clock().timestamp() + LEASE})
            titles = ((id, title) for title in begun.titles)
            self.database.db.executemany("INSERT OR IGNORE INTO upload_title VALUES (?, ?)", titles)
            rows = ((id, hashes) for hashes in begun.row_hashes)
            self.database.db.executemany("INSERT INTO sent_rows VALUES (?, ?)", rows)
        self.begun.append(id)
        self.touched.append(id)
        return id

    def record(
        self, id: int, outcome: Outcome, job: Job | None = None, reason: str = "", attempts: Iterable[Attempt] = ()
    ) -> None:
        """Write the outcome of entry `id` with its requests, `attempts`; a `job` of `None` leaves the job unchanged.

        The titles of a confirmed upload become known; rows and titles of an upload that did not arrive are removed.
        What a person settled meanwhile is overridden only by the server's own statement.
        """
        with self.database.changing():
            entry = self.entry(id)
            self._add_attempts(id, attempts)
            if entry is not None and entry.settled and not _outweighs(outcome, job, entry):
                return
            self._write(id, outcome, job, reason)
            if outcome is Outcome.CONFIRMED:
                self._know_titles(id, for_certain=True)
            elif outcome in NOTHING_ARRIVED:
                self.database.db.execute("DELETE FROM upload_title WHERE upload = ?", (id,))
                self.database.db.execute("DELETE FROM sent_rows WHERE upload = ?", (id,))

    def keep_attempts(self, id: int, attempts: Iterable[Attempt]) -> None:
        """Add requests made for entry `id` that did not change its outcome."""
        with self.writing():
            self._add_attempts(id, attempts)

    def settle(self, id: int, *, sent: bool, job_id: str | None = None) -> Entry:
        """Write what a person found out about an upload: whether it was `sent`, and as `job_id`, if known.

        Its rows and titles are kept in either case until the server's statement is final. Raises `UsageError` if there
        is no such entry, if nothing about it is to be settled, and while a process is sending it or following its job.
        """
        with self.database.changing():
            entry = self.entry(id)
            if entry is None:
                raise UsageError(f"the ledger has no upload {id}: see `uploader history{self.option}`")
            if entry.holder:
                raise UsageError(
                    f"{described_holder(entry.holder)} is handling upload {id}: wait for its end, then settle it"
                )
            if entry.outcome is Outcome.CONFIRMED or (not entry.arrived and not entry.settled):
                raise UsageError(f"upload {id} is {entry.outcome.plain}: there is nothing to settle")
            if job_id is not None and (other := self.of_job(entry.endpoint, job_id)) is not None and other.id != id:
                raise UsageError(
                    f"job {job_id} is that of upload {other.id}: look in Act-On which of them it took, and settle "
                    f"upload {id} without --job if it is the other"
                )
            if not sent and entry.append_count:
                appended = counted(entry.append_count, "row")
                raise UsageError(f"Act-On appended {appended} of upload {id}, so it was sent: settle it with --sent")
            if not sent:
                if entry.settled == "sent":
                    self._unlearn_titles(id)
                self._write(id, Outcome.NOT_SENT, None, SETTLED, settled="not-sent")
            elif job_id is None:
                self._write(id, Outcome.SENT, None, SETTLED, settled="sent")
            else:
                self._write(id, Outcome.SENT, Job(job_id), f"{SETTLED}, with its job")
            if sent:
                self._know_titles(id, for_certain=False)
        settled = self.entry(id)
        assert settled is not None  # noqa: S101 - entries are never deleted
        return settled

    @contextmanager
    def holding(self, id: int) -> Iterator[Renewal | None]:
        """Context manager that holds the lease of entry `id`, so that nobody settles it; `None` for one in memory."""
        holder = new_holder()
        with self.writing():
            until = self._clock().timestamp() + LEASE
            self.database.db.execute("UPDATE upload SET holder = ?, held_until = ? WHERE id = ?", (holder, until, id))
        try:
            if self.path == IN_MEMORY:
                yield None
            else:
                with Renewal(lambda: self._renewed(id, holder)) as renewal:
                    yield renewal
        finally:
            with suppress(LedgerError), self.writing():
                self.database.db.execute("UPDATE upload SET holder = '' WHERE id = ? AND holder = ?", (id, holder))

    def _write(self, id: int, outcome: Outcome, job: Job | None, reason: str, settled: str = "") -> None:
        self.database.db.execute(
            "UPDATE upload SET outcome = ?, reason = ?, settled = ?, ended = ? WHERE id = ?",
            (outcome.value, without_addresses(reason), settled, self._now(), id),
        )
        if job is not None:
            self.database.db.execute(
                "UPDATE upload SET job_id = ?, append_count = ?, rejected_count = ? WHERE id = ?",
                (job.job_id, job.append_count, job.rejected_count, id),
            )

    def _add_attempts(self, id: int, attempts: Iterable[Attempt]) -> None:
        if id not in self.touched:
            self.touched.append(id)
        parts = [(id, json.dumps(asdict(attempt))) for attempt in attempts]
        self.database.db.executemany("INSERT INTO attempt VALUES (?, ?)", parts)

    def _add_operation(self, operation: Operation) -> int:
        values = {name: getattr(operation, name) for name in OPERATION_COLUMNS}
        return self._insert("operation", operation.place._asdict() | values)

    def _insert(self, table: str, values: dict[str, Any]) -> int:
        marks = ", ".join("?" * len(values))
        statement = f"INSERT INTO {table} ({', '.join(values)}) VALUES ({marks})"  # noqa: S608 - our own names
        id = self.database.db.execute(statement, list(values.values())).lastrowid
        assert id is not None  # noqa: S101 - it was just inserted
        return id

    def _renewed(self, id: int, holder: str) -> bool:
        """Renew our lease from the renewal thread; False if it is no longer ours."""
        with suppress(LedgerError):
            db = self.database.beside()
            try:
                with self.database.failures():
                    until = self._clock().timestamp() + LEASE
                    statement = "UPDATE upload SET held_until = ? WHERE id = ? AND holder = ?"
                    return db.execute(statement, (until, id, holder)).rowcount == 1
            finally:
                db.close()
        return True  # the ledger could not be read or written; the lease may still hold

    def _now(self) -> str:
        return self._clock().astimezone(UTC).isoformat(timespec="seconds")


def _only_part(intent: Intent) -> Operation:
    return Operation(place=intent.place, source=intent.whole, whole=intent.whole, parts=intent.parts)


def _outweighs(outcome: Outcome, job: Job | None, entry: Entry) -> bool:
    """True if the outcome from the server overrides what a person settled."""
    if entry.settled == "sent":
        final = outcome in (Outcome.CONFIRMED, Outcome.COUNTS_DIFFER, Outcome.FAILED)
        return final or (job is not None and job.job_id != entry.job_id)
    return job is not None or outcome not in NOTHING_ARRIVED
