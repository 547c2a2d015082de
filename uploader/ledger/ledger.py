"""The ledger: what was sent where, and the outcome, in one SQLite file a user.

An intent is written and flushed before the first byte of an upload leaves, and its outcome afterwards. So
whatever ends the process in between, the next one finds an upload without an outcome, and takes it for what it is: in
doubt. Neither a token nor an address is ever written here; touch points only as pseudonymous hashes:
their key stands here, too, so who has the ledger can test a guess, and work a short address out.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from os import PathLike
from types import TracebackType
from typing import Any, Self

from uploader.answers.attempts import Attempt
from uploader.errors import AlreadySentError, LedgerError, UsageError
from uploader.ledger.database import IN_MEMORY, Database
from uploader.ledger.entries import OF_OPERATION, Entries
from uploader.ledger.lease import LEASE, Renewal, described_holder, new_holder
from uploader.ledger.privacy import Notice
from uploader.ledger.sentrows import InCommon, SentRows
from uploader.ledger.titles import KnownTitles
from uploader.masking import without_addresses
from uploader.model.entry import Entry, Intent, Operation, Place
from uploader.model.job import Job
from uploader.model.outcome import NOTHING_ARRIVED, Outcome

SETTLED = "settled by hand"
"""The reason of an upload of which a person stated the outcome."""

NOTHING_LEFT = "interrupted before anything left"
"""The reason of an upload that Ctrl-C kept here."""


@dataclass(frozen=True, slots=True)
class Begun:
    """How an upload begins.

    `operation` is the one that it continues, by its id, or a new one; unless given, one of its own. `titles` are those
    of its rows. `row_hashes` are what `sent_rows` will remember of them, made with `hashed_with`. `again` sends it
    whatever was sent before. Its rows were compared with all uploads up to id `looked_up`, unless that is `None`;
    `in_common` counts its rows among those of later ones. `places` are those whose uploads count as earlier ones, its
    own unless given.
    """

    operation: int | Operation | None = None
    titles: Iterable[str] = ()
    row_hashes: Iterable[bytes] = ()
    hashed_with: str = ""
    again: bool = False
    looked_up: int | None = None
    in_common: InCommon = lambda text, rows: 0
    places: Collection[Place] = ()


class Ledger(Entries, KnownTitles, SentRows):
    """The ledger in the file `path`, made when it is not there; readable and writable by its owner alone.

    `notice` hears where others could read it before, or can still; `clock` tells the time. Every method raises
    `LedgerError` when the file cannot be read or written.
    """

    def __init__(
        self,
        path: str | PathLike[str],
        *,
        notice: Notice = lambda line: None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.begun: list[int] = []
        """The ids of the entries that this object began, in order."""
        self.relied_on: list[int] = []
        """The ids of the entries whose rows were left out of what this object began."""
        self.touched: list[int] = []
        """The ids of the entries that this object began or wrote to, in order."""
        self._clock = clock
        self.database = Database(path, notice)
        self.path = self.database.path
        self.writing = self.database.writing

    @classmethod
    def temporary(cls) -> Ledger:
        """A ledger in memory, which is gone with the process."""
        return cls(IN_MEMORY)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.database.close()

    @property
    def key(self) -> bytes:
        """The secret under which touch points are hashed, made with the file."""
        with self.database.failures():
            key: bytes = self.database.db.execute("SELECT key FROM ledger").fetchone()[0]
        return key

    def begin(self, intent: Intent, begun: Begun | None = None) -> int:
        """Write and flush `intent`, with what `begun` says of its rows and titles; the entry's id.

        Raises `AlreadySentError`, unless it is sent again, where there is a `refusal`, and where uploads that began
        meanwhile have rows of it. Looking and writing are one transaction: of two processes that begin at the same
        time, one is refused. What Ctrl-C finds written is taken for not sent, as nothing left yet.
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
            if not why and begun.looked_up is not None and not begun.again:
                why = self._newer_rows(begun.looked_up, known, places, begun.in_common)
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
        """Write the outcome of entry `id`; `job` leaves the job as it was written before when it is `None`.

        The titles of a confirmed upload are known from then on; what did not arrive is forgotten but for its entry.
        What a person settled meanwhile gives way to what the server said, and to nothing less. `attempts` are the
        requests it took.
        """
        with self.database.changing():
            entry = self.entry(id)
            self._add_attempts(id, attempts)
            if entry is not None and entry.settled and not _outweighs(outcome, job, entry):
                return
            self._write(id, outcome, job, reason)
            if outcome is Outcome.CONFIRMED:
                self._know_titles(id)
            elif outcome in NOTHING_ARRIVED:
                self.database.db.execute("DELETE FROM upload_title WHERE upload = ?", (id,))
                self.database.db.execute("DELETE FROM sent_rows WHERE upload = ?", (id,))

    def keep_attempts(self, id: int, attempts: Iterable[Attempt]) -> None:
        """Remember the requests that were made for entry `id`, which told nothing new about it."""
        with self.writing():
            self._add_attempts(id, attempts)

    def settle(self, id: int, *, sent: bool, job_id: str | None = None) -> Entry:
        """Write what a person found out about an upload: it was `sent`, as `job_id` if that is known, or not.

        Its rows and titles are kept all the same until the server's own word is final. Raises `UsageError` when there
        is no such entry, or nothing to settle about it, and while a process is sending it or follows its job.
        """
        with self.database.changing():
            entry = self.entry(id)
            if entry is None:
                raise UsageError(f"the ledger has no upload {id}: see `uploader history{self.option}`")
            if entry.holder:
                raise UsageError(
                    f"upload {id} is in the hands of {described_holder(entry.holder)}: wait for its end, then settle it"
                )
            if entry.outcome is Outcome.CONFIRMED or (not entry.arrived and not entry.settled):
                raise UsageError(f"upload {id} is {entry.outcome}: there is nothing to settle")
            if job_id is not None and (other := self.of_job(entry.endpoint, job_id)) is not None and other.id != id:
                raise UsageError(
                    f"job {job_id} is that of upload {other.id}: look in Act-On which of them it took, and settle "
                    f"upload {id} without --job if it is the other"
                )
            if not sent and entry.append_count:
                raise UsageError(
                    f"Act-On appended {entry.append_count:,} rows of upload {id}, so it was sent: settle it with --sent"
                )
            if not sent:
                self._write(id, Outcome.NOT_SENT, None, SETTLED, settled="not-sent")
            elif job_id is None:
                self._write(id, Outcome.SENT, None, SETTLED, settled="sent")
            else:
                self._write(id, Outcome.SENT, Job(job_id), f"{SETTLED}, with its job")
            if sent:
                self._know_titles(id)
        settled = self.entry(id)
        assert settled is not None  # noqa: S101 - entries are never deleted
        return settled

    @contextmanager
    def holding(self, id: int) -> Iterator[Renewal | None]:
        """Keep others from settling entry `id` as long as this goes on, in this process; `None` for one in memory."""
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
        parts = [(id, json.dumps(attempt.as_dict())) for attempt in attempts]
        self.database.db.executemany("INSERT INTO attempt VALUES (?, ?)", parts)

    def _add_operation(self, operation: Operation) -> int:
        values = {name: getattr(operation, name) for name in OF_OPERATION}
        return self._insert("operation", operation.place._asdict() | values)

    def _insert(self, table: str, values: dict[str, Any]) -> int:
        marks = ", ".join("?" * len(values))
        statement = f"INSERT INTO {table} ({', '.join(values)}) VALUES ({marks})"  # noqa: S608 - our own names
        id = self.database.db.execute(statement, list(values.values())).lastrowid
        assert id is not None  # noqa: S101 - it was just inserted
        return id

    def _renewed(self, id: int, holder: str) -> bool:
        """Renew our lease, from the thread that does it; False when it is no longer ours."""
        with suppress(LedgerError):
            db = self.database.beside()
            try:
                with self.database.failures():
                    until = self._clock().timestamp() + LEASE
                    statement = "UPDATE upload SET held_until = ? WHERE id = ? AND holder = ?"
                    return db.execute(statement, (until, id, holder)).rowcount == 1
            finally:
                db.close()
        return True  # it could not be told; the lease may still hold

    def _now(self) -> str:
        return self._clock().astimezone(UTC).isoformat(timespec="seconds")


def _only_part(intent: Intent) -> Operation:
    return Operation(place=intent.place, source=intent.whole, whole=intent.whole, parts=intent.parts)


def _outweighs(outcome: Outcome, job: Job | None, entry: Entry) -> bool:
    """True when what was heard of an upload counts more than what a person said of it."""
    if entry.settled == "sent":
        final = outcome in (Outcome.CONFIRMED, Outcome.COUNTS_DIFFER, Outcome.FAILED)
        return final or (job is not None and job.job_id != entry.job_id)
    return job is not None or outcome not in NOTHING_ARRIVED
