"""The ledger: what was sent where, and what became of it, in one SQLite file a user.

An intent is written and flushed before the first byte of an upload leaves, and what became of it afterwards. So
whatever ends the process in between, the next one finds an upload without an outcome, and takes it for what it is: in
doubt. Neither a token nor an address is ever written here; touch points only as keyed hashes.
"""

from __future__ import annotations

import os
import re
import secrets
import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from datetime import UTC, datetime
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import Self

from preflight.text.display import shown
from uploader.answers import Job
from uploader.entry import Entry, Intent, Place
from uploader.errors import AlreadySentError, LedgerError, UsageError
from uploader.ledgerpath import ledger_option
from uploader.ledgerschema import APPLICATION_ID, MIGRATIONS
from uploader.outcome import Outcome

NOTHING_ARRIVED = (Outcome.NOT_SENT, Outcome.REFUSED)
"""After these the same bytes may be sent as if for the first time; after any other they were sent, or may have been."""

BUSY_TIMEOUT = 30.0
"""Seconds to wait for another process that is writing."""

SETTLED = "settled by hand"
"""Why an upload that was sent is not to be asked for any more."""

_PLACE = "account = ? AND destination = ? AND customeventaction = ?"
_NO_OUTCOME = "no outcome was written: its process ended while it was sending, or is sending still"


class Ledger:
    """The ledger in the file `path`, made when it is not there; readable and writable by its owner alone.

    `clock` tells the time. Every method raises `LedgerError` when the file cannot be read or written.
    """

    def __init__(self, path: str | PathLike[str], *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.path = os.fspath(path)
        self.begun: int | None = None
        """The id of the entry that this object began last."""
        self._clock = clock
        with self._failures():
            if self.path != ":memory:":
                _make_private(Path(self.path))
            self._db = sqlite3.connect(self.path, timeout=BUSY_TIMEOUT, isolation_level=None)
            try:
                self._open()
            except BaseException:
                self._db.close()
                raise

    @classmethod
    def temporary(cls) -> Ledger:
        """A ledger in memory, which is gone with the process."""
        return cls(":memory:")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._db.close()

    @property
    def key(self) -> bytes:
        """The secret under which touch points are hashed, made with the file."""
        with self._failures():
            key: bytes = self._db.execute("SELECT key FROM ledger").fetchone()[0]
        return key

    def begin(
        self,
        intent: Intent,
        *,
        titles: Collection[str] = (),
        row_hashes: Iterable[bytes] = (),
        again: bool = False,
        looked_up: int | None = None,
    ) -> int:
        """Write and flush `intent`, with its `titles` and what `sent_rows` will remember of its rows; the entry's id.

        Raises `AlreadySentError`, unless `again`, where there is a `refusal`, and when another file with rows was sent
        to the same place after its rows were held against all uploads up to id `looked_up`.
        Looking and writing are one transaction: of two processes that begin at the same time, one is refused.
        """
        names = [field.name for field in fields(Intent)]
        with self.writing():
            if not again and (why := self.refusal(intent) or self._newer_rows(intent, looked_up)):
                raise AlreadySentError(why)
            marks = ", ".join("?" * (len(names) + 1))
            statement = f"INSERT INTO upload (time, {', '.join(names)}) VALUES ({marks})"  # noqa: S608 - our own names
            values = [getattr(intent, name) for name in names]
            id = self._db.execute(statement, [self._now(), *values]).lastrowid
            assert id is not None  # noqa: S101 - it was just inserted
            self.begun = id
            self._db.executemany("INSERT INTO upload_title VALUES (?, ?)", ((id, title) for title in titles))
            self._db.executemany("INSERT INTO sent_rows VALUES (?, ?)", ((id, hashes) for hashes in row_hashes))
        return id

    def record(self, id: int, outcome: Outcome, job: Job | None = None, reason: str = "") -> None:
        """Write what became of entry `id`; `job` leaves the job as it was written before when it is `None`.

        The titles of a confirmed upload are known from then on; what did not arrive is forgotten but for its entry.
        """
        with self.writing():
            self._write(id, outcome, job, reason)

    def settle(self, id: int, *, sent: bool, job_id: str | None = None) -> Entry:
        """Write what a person found out about an upload in doubt: it was `sent`, as `job_id` if that is known, or not.

        Raises `UsageError` when there is no such entry, or nothing to settle about it.
        """
        with self.writing():
            entry = self.entry(id)
            if entry is None:
                raise UsageError(f"the ledger has no upload {id}: see `uploader history`")
            if entry.outcome in (Outcome.CONFIRMED, *NOTHING_ARRIVED):
                raise UsageError(f"upload {id} is {entry.outcome}: there is nothing to settle")
            if not sent:
                self._write(id, Outcome.NOT_SENT, None, SETTLED)
            elif job_id is None:
                self._write(id, Outcome.SENT, None, SETTLED)
            else:
                self._write(id, Outcome.SENT, Job(job_id), f"{SETTLED}, with its job")
            if sent:
                self._know_titles(id)
        settled = self.entry(id)
        assert settled is not None  # noqa: S101 - entries are never deleted
        return settled

    def entry(self, id: int) -> Entry | None:
        """The entry with this id."""
        return next(self._entries("WHERE id = ?", id), None)

    def of_job(self, account: str, job_id: str) -> Entry | None:
        """The latest upload to `account` that became the job `job_id`."""
        return next(self._entries("WHERE account = ? AND job_id = ? ORDER BY id DESC", account, job_id), None)

    def standing(self, place: Place, sha256: str) -> Entry | None:
        """The latest upload of the same bytes to `place` that arrived, or may have."""
        entries = self._entries(f"WHERE sha256 = ? AND {_PLACE} ORDER BY id DESC", sha256, *place)
        return next((entry for entry in entries if entry.outcome not in NOTHING_ARRIVED), None)

    def of_whole(self, place: Place, whole: str) -> list[Entry]:
        """The uploads of the same file to `place`, whole or in parts, that arrived, or may have."""
        entries = self._entries(f"WHERE whole = ? AND {_PLACE} ORDER BY id", whole, *place)
        return [entry for entry in entries if entry.outcome not in NOTHING_ARRIVED]

    def sent_rows(self, place: Place) -> Iterator[tuple[int, bytes]]:
        """The packed hashes of all rows that arrived at `place`, or may have, with each upload's id."""
        with self._failures():
            statement = "SELECT upload, hashes FROM sent_rows JOIN upload ON upload.id = upload WHERE "
            yield from self._db.execute(statement + f"{_PLACE} ORDER BY upload", place)

    def last_id(self) -> int:
        """The id of the last upload; 0 when there is none."""
        with self._failures():
            return int(self._db.execute("SELECT coalesce(max(id), 0) FROM upload").fetchone()[0])

    def known_titles(self, account: str, destination: str) -> frozenset[str]:
        """The titles that the custom event `destination` has: those of confirmed uploads, and what a person said."""
        with self._failures():
            found = self._db.execute(
                "SELECT title FROM known_title WHERE account = ? AND destination = ?", (account, destination)
            )
            return frozenset(title for (title,) in found)

    def unconfirmed_titles(self, account: str, destination: str) -> Iterator[tuple[int, str]]:
        """The titles of uploads to `destination` that arrived, or may have, but are not confirmed; with their ids."""
        with self._failures():
            yield from self._db.execute(
                "SELECT upload, title FROM upload_title JOIN upload ON upload.id = upload "
                "WHERE account = ? AND destination = ? ORDER BY upload",
                (account, destination),
            )

    def mend_titles(self, account: str, destination: str, *, add: Iterable[str], remove: Iterable[str]) -> None:
        """Know the titles in `add`, and then no longer those in `remove`; raises `UsageError` for an unknown one."""
        with self.writing():
            place = (account, destination)
            self._db.executemany("INSERT OR IGNORE INTO known_title VALUES (?, ?, ?)", ((*place, t) for t in add))
            known = self.known_titles(*place)
            for title in remove:
                if title not in known:
                    raise UsageError(f"{shown(title)} is not among the known titles of {shown(destination)}")
                statement = "DELETE FROM known_title WHERE account = ? AND destination = ? AND title = ?"
                self._db.execute(statement, (*place, title))

    def refusal(self, intent: Intent) -> str:
        """Why `intent` is sent only when asked for again, and what to do, in one line; empty when nothing keeps it.

        The same bytes arrived at the place before, or may have; or the same file did, cut into other parts.
        """
        if (earlier := self.standing(intent.place, intent.sha256)) is not None:
            return self._told_again(earlier)
        for other in self.of_whole(intent.place, intent.whole):
            if other.parts != intent.parts or other.part == intent.part:
                part = f"part {other.part} of {other.parts}" if other.parts > 1 else "all"
                return (
                    f"this file was sent already, or may have been, with another --max-bytes: upload {other.id}, "
                    f"{other.told}, was {part} of it; give that one to go on, --again sends the file once more, and it "
                    "counts twice"
                )
        return ""

    def _told_again(self, earlier: Entry) -> str:
        upload = f"upload {earlier.id} of {earlier.when}"
        if earlier.outcome is Outcome.IN_DOUBT:
            return (
                f"these bytes may have arrived already, {upload} is in doubt ({earlier.reason}); "
                f"{self.how_to_settle(earlier.id)}, or send once more with --again"
            )
        job = f" as job {earlier.job_id}" if earlier.job_id else ""
        settle = f"{self.how_to_settle(earlier.id)}; " if earlier.outcome is Outcome.FAILED else ""
        return (
            f"these bytes were sent already, on {earlier.when}{job} (upload {earlier.id}, {earlier.told}); {settle}"
            "--again sends them once more, and they count twice"
        )

    def how_to_settle(self, id: int) -> str:
        """How to settle upload `id`: where to look, and the command for what was found."""
        settle = f"uploader settle {id}{self.option}"
        return f"look in Act-On, then settle it with `{settle} --sent` or `{settle} --not-sent`"

    @property
    def option(self) -> str:
        """What a command needs to find this ledger: nothing, or ` --ledger FILE`."""
        return ledger_option(self.path)

    def entries(self) -> Iterator[Entry]:
        """Every upload, in the order in which they began."""
        return self._entries("ORDER BY id")

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction that no other process can write beside; it is flushed to the disk at its end, or undone."""
        with self._failures():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    def _open(self) -> None:
        # A rollback journal, synced with its folder at every commit: what is committed survives a kill and a power cut.
        self._db.execute("PRAGMA synchronous = EXTRA")
        if self._pragma("application_id") == APPLICATION_ID and self._pragma("user_version") == len(MIGRATIONS):
            return  # nothing to write, which may not be allowed
        with self.writing() as db:
            version, foreign = self._pragma("user_version"), self._pragma("application_id") != APPLICATION_ID
            if foreign and db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
                raise LedgerError(f"{shown(self.path)} is a database, but not a ledger: name another with --ledger")
            if version > len(MIGRATIONS):
                raise LedgerError(
                    f"the ledger {shown(self.path)} was written by a newer uploader (schema {version}, this one knows "
                    f"{len(MIGRATIONS)}): update this one"
                )
            for statements in MIGRATIONS[version:]:
                for statement in statements:
                    db.execute(statement)
            if version < len(MIGRATIONS):
                db.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
            if foreign:
                db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                db.execute("INSERT INTO ledger VALUES (?)", (secrets.token_bytes(16),))

    def _pragma(self, name: str) -> int:
        return int(self._db.execute(f"PRAGMA {name}").fetchone()[0])

    def _write(self, id: int, outcome: Outcome, job: Job | None, reason: str) -> None:
        self._db.execute(
            "UPDATE upload SET outcome = ?, reason = ?, ended = ? WHERE id = ?",
            (outcome.value, _without_addresses(reason), self._now(), id),
        )
        if job is not None:
            self._db.execute(
                "UPDATE upload SET job_id = ?, append_count = ?, rejected_count = ? WHERE id = ?",
                (job.job_id, job.append_count, job.rejected_count, id),
            )
        if outcome is Outcome.CONFIRMED:
            self._know_titles(id)
        elif outcome in NOTHING_ARRIVED:
            self._db.execute("DELETE FROM upload_title WHERE upload = ?", (id,))
            self._db.execute("DELETE FROM sent_rows WHERE upload = ?", (id,))

    def _newer_rows(self, intent: Intent, looked_up: int | None) -> str:
        newer = "SELECT max(id) FROM upload WHERE id > ? AND whole != ? AND id IN (SELECT upload FROM sent_rows) AND "
        found = self._db.execute(newer + _PLACE, (looked_up, intent.whole, *intent.place)).fetchone()[0]
        told = f"upload {found} to the same place began meanwhile, perhaps of the same rows; send once more"
        return told if found is not None else ""  # nothing is newer than no look at all: NULL compares to nothing

    def _know_titles(self, id: int) -> None:
        self._db.execute(
            "INSERT OR IGNORE INTO known_title SELECT account, destination, title FROM upload_title "
            "JOIN upload ON upload.id = upload_title.upload WHERE upload.id = ?",
            (id,),
        )
        self._db.execute("DELETE FROM upload_title WHERE upload = ?", (id,))

    def _entries(self, clause: str, *values: str | int) -> Iterator[Entry]:
        names = [field.name for field in fields(Entry)]
        with self._failures():
            statement = f"SELECT {', '.join(names)} FROM upload {clause}"  # noqa: S608 - our own names and clauses
            for row in self._db.execute(statement, values):
                found = dict(zip(names, row, strict=True))
                if found["outcome"] is None:
                    found |= {"outcome": Outcome.IN_DOUBT, "reason": _NO_OUTCOME}
                yield Entry(**{**found, "outcome": Outcome(found["outcome"])})

    def _now(self) -> str:
        return self._clock().astimezone(UTC).isoformat(timespec="seconds")

    @contextmanager
    def _failures(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            why = getattr(error, "strerror", None) or str(error)
            raise LedgerError(f"the ledger {shown(self.path)} cannot be used: {why}") from error


def _make_private(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))


def _without_addresses(text: str) -> str:
    """A server may repeat what it did not like; no address of it is kept."""
    return re.sub(r"[^\s@]+@[^\s@]+", "****", text)
