"""The ledger's SQLite file: opening, migration, durable transactions."""

from __future__ import annotations

import contextlib
import os
import secrets
import sqlite3
from collections.abc import Iterable, Iterator
from os import PathLike
from pathlib import Path
from typing import Any

from preflight.signals import undisturbed
from preflight.text.asking import option
from preflight.text.display import shown_file
from uploader.errors import LedgerError
from uploader.ledger.path import user_ledger
from uploader.ledger.privacy import Notice, make_private
from uploader.ledger.schema import APPLICATION_ID, MIGRATIONS
from uploader.ledger.seen import Seen

BUSY_TIMEOUT = 30.0
"""Seconds to wait for another process that is writing."""

IN_MEMORY = ":memory:"


class Database:
    """The SQLite file at `path`, created if missing, with access for its owner only.

    `notice` is called if others could read the file or still can, and if it was migrated. Another process that locks
    the file is waited for `patience` seconds. Every method raises `LedgerError` if it cannot be read or written.
    """

    def __init__(
        self, path: str | PathLike[str], notice: Notice = lambda line: None, patience: float = BUSY_TIMEOUT
    ) -> None:
        self.path = os.fspath(path)
        self._patience = patience
        self._shown = shown_file(self.path)
        with self.failures():
            if self.path != IN_MEMORY:
                make_private(self.path, notice)
                _make(Path(self.path))
            self.db = self._connected()
            try:
                self._open(notice)
            except BaseException:
                self.db.close()
                raise

    def close(self) -> None:
        """Close the connection."""
        self.db.close()

    def beside(self) -> sqlite3.Connection:
        """Another connection to the same file, for another thread."""
        with self.failures():
            return self._connected()

    @contextlib.contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Context manager for an exclusive write transaction, flushed to the disk at its end, or rolled back.

        Ctrl-C is delayed until its end.
        """
        with self.failures(), undisturbed():
            self.db.execute("BEGIN IMMEDIATE")
            try:
                yield self.db
                self.db.execute("COMMIT")
            except BaseException:
                if self.db.in_transaction:
                    self.db.execute("ROLLBACK")
                raise

    @contextlib.contextmanager
    def changing(self) -> Iterator[sqlite3.Connection]:
        """`writing` that increments the ledger's version, so that an older copy of it is noticed on this machine."""
        with undisturbed():
            with self.writing() as db:
                yield db
                db.execute("UPDATE ledger SET version = version + 1")
                identity = self._identity()  # here, as another process may have locked the file after the commit
            if self.path != IN_MEMORY:
                self._seen.note(*identity)

    @contextlib.contextmanager
    def failures(self) -> Iterator[None]:
        """Context manager that turns errors of SQLite and of the system into `LedgerError`."""
        try:
            yield
        except (sqlite3.Error, OSError, OverflowError) as error:
            why = getattr(error, "strerror", None) or str(error)
            if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_BUSY:
                why = "another program keeps it locked; wait for its end, then try again"
            raise LedgerError(f"the ledger {self._shown} cannot be used: {why}") from error

    def read(self, statement: str, values: Iterable[object] = ()) -> list[tuple[Any, ...]]:
        """The rows that a query returns."""
        with self.failures():
            return self.db.execute(statement, tuple(values)).fetchall()

    def refuse_older(self) -> None:
        """Raise `LedgerError` if this machine has seen a later version of this ledger, with more uploads."""
        if self.path == IN_MEMORY:
            return
        with self.failures():
            known = self._seen.version(self._identity()[0])
            _id, version = self._identity()
        if version < known:
            raise LedgerError(
                f"the ledger {self._shown} is older than this machine has seen it (change {version:,} of "
                f"{known:,}), a restored copy most likely, and lacks what was sent since: bring the newer one back, or "
                "look in Act-On what it lacks and accept it with `uploader ledger check --accept`"
            )

    def accept(self) -> None:
        """Accept this version of the ledger although this machine has seen a later one."""
        with self.failures():
            self._seen.note(*self._identity(), accept=True)

    def faults(self) -> list[str]:
        """The faults that SQLite finds in the file, and missing file locks of its disk; empty for none."""
        with self.failures():
            parts = [str(row[0]) for row in self.db.execute("PRAGMA integrity_check")]
            parts += [f"a row of {row[0]} refers to nothing" for row in self.db.execute("PRAGMA foreign_key_check")]
            found = [line for line in parts if line != "ok"]
            return found if self._locks_hold() else [*found, "its disk does not keep two programs from writing at once"]

    def pragma(self, name: str) -> int:
        """The integer value of a pragma."""
        return int(self.db.execute(f"PRAGMA {name}").fetchone()[0])

    @property
    def _seen(self) -> Seen:
        return Seen(user_ledger().with_name("ledgers-seen.sqlite3"))

    def _identity(self) -> tuple[str, int]:
        id, version = self.db.execute("SELECT id, version FROM ledger").fetchone()
        return str(id), int(version)

    def _locks_hold(self) -> bool:
        if self.path == IN_MEMORY:
            return True
        other = sqlite3.connect(self.path, timeout=0.0, isolation_level=None)
        self.db.execute("BEGIN IMMEDIATE")
        try:
            other.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return True
        finally:
            self.db.execute("ROLLBACK")
            other.close()
        return False

    def _connected(self) -> sqlite3.Connection:
        db = sqlite3.connect(self.path, timeout=self._patience, isolation_level=None)
        # A rollback journal, synced with its folder at every commit: what is committed survives a kill and a power cut.
        try:
            db.execute("PRAGMA synchronous = EXTRA")
        except BaseException:
            db.close()
            raise
        return db

    def _open(self, notice: Notice) -> None:
        if self.pragma("application_id") == APPLICATION_ID and self.pragma("user_version") == len(MIGRATIONS):
            return  # up to date; the file may be read-only
        with self.writing() as db:
            version, foreign = self.pragma("user_version"), self.pragma("application_id") != APPLICATION_ID
            if foreign and db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
                raise LedgerError(
                    f"{self._shown} is a database, but not a ledger: name another with {option('ledger')}"
                )
            if version > len(MIGRATIONS):
                raise LedgerError(
                    f"the ledger {self._shown} was written by a newer uploader (schema {version}, this one knows "
                    f"{len(MIGRATIONS)}): update this one"
                )
            for steps in MIGRATIONS[version:]:
                for step in steps:
                    if isinstance(step, str):
                        db.execute(step)
                    else:
                        step(db)
            if version < len(MIGRATIONS):
                db.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
            if foreign:
                db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                values = (secrets.token_bytes(16), secrets.token_hex(16))
                db.execute("INSERT INTO ledger (key, id) VALUES (?, ?)", values)
        if not foreign and version < len(MIGRATIONS):
            notice(
                f"the ledger {self._shown} was brought from schema {version} to {len(MIGRATIONS)}, with all that is in "
                "it; an uploader of an older version refuses it from now on"
            )


def _make(path: Path) -> None:
    """Create the file, if missing, with mode 0600 from the start."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
