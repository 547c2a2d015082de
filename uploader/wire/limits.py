"""The endpoint's rate limits. Its answers do not report them, so the ledger counts the calls of all processes."""

from __future__ import annotations

import sqlite3
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from preflight.text.display import local_time
from uploader.errors import LimitError


@dataclass(frozen=True, slots=True)
class Allowed:
    """The rate limits of an account at the endpoint `name`; the defaults are for an endpoint that documents none."""

    name: str = "the endpoint"
    calls_a_second: int = 5
    calls_a_day: int = 30_000
    logins_an_hour: int = 5


SECOND, HOUR, DAY = 1.0, 3600.0, 86_400.0

TABLE = (
    # The calls of the last day; `at` in seconds since the epoch.
    "CREATE TABLE call (id INTEGER PRIMARY KEY, account TEXT NOT NULL, at REAL NOT NULL, login INTEGER NOT NULL)",
    "CREATE INDEX call_account ON call (account, login, at)",
)

Writing = Callable[[], AbstractContextManager[sqlite3.Connection]]
"""Callable that returns a context manager: a connection inside a write transaction."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of the account named `account` at `base_url` (canonical); the blank name is an account, too.

    `writing` opens the database of counted calls. `now` returns the time in seconds since the epoch. A call with a
    later time was made before the clock was set back, and is moved to the present: it then counts for long enough, and
    for no longer than the span of its limit.
    """

    writing: Writing
    base_url: str
    account: str = ""
    allowed: Allowed = Allowed()
    now: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep

    def of_account(self, account: str) -> Limits:
        """The limits of the account named `account` at the same base URL."""
        return replace(self, account=account)

    def take_turn(self) -> None:
        """Wait until one more call is allowed, and count it; raises `LimitError` if the day's calls are used up."""
        while True:
            with self._counted() as (db, now):
                tomorrow = self._free_again(db, self.allowed.calls_a_day, DAY)
                pause = self._free_again(db, self.allowed.calls_a_second, SECOND) - now
                if tomorrow <= now and pause <= 0:
                    self._count(db, now, login=False)
                    return
            if tomorrow > now:
                raise LimitError(
                    f"{self.allowed.calls_a_day:,} calls were made in the last 24 hours, and {self.allowed.name} "
                    f"allows no more: try again at {moment(tomorrow)}"
                )
            self.sleep(pause)

    def check_login(self) -> None:
        """Raise `LimitError` if no password login is allowed now."""
        with self._counted() as (db, now):
            free = self._login_free_again(db)
        if free > now:
            raise self._too_many_logins(free)

    def next_login(self) -> float:
        """When the next password login is allowed, in seconds since the epoch; in the past if it is allowed now."""
        with self._counted() as (db, _now):
            return self._login_free_again(db)

    @contextmanager
    def login(self, left: Callable[[], bool]) -> Iterator[None]:
        """Context manager that counts one password login, and uncounts it at the end unless `left()` is true.

        The login's request also counts as a call. Raises `LimitError` if no login is allowed now.
        """
        with self._counted() as (db, now):
            free = self._login_free_again(db)
            id = self._count(db, now, login=True) if free <= now else None
        if id is None:
            raise self._too_many_logins(free)
        try:
            yield
        finally:
            if not left():
                with self.writing() as db:
                    db.execute("DELETE FROM call WHERE id = ?", (id,))

    @property
    def _counted_for(self) -> str:
        return f"{self.base_url} {self.account}" if self.account else self.base_url

    @contextmanager
    def _counted(self) -> Iterator[tuple[sqlite3.Connection, float]]:
        """Context manager that yields the database, without calls older than a day, and the present time."""
        with self.writing() as db:
            now = self.now()
            db.execute("UPDATE call SET at = ? WHERE account = ? AND at > ?", (now, self._counted_for, now))
            db.execute("DELETE FROM call WHERE account = ? AND at <= ?", (self._counted_for, now - DAY))
            yield db, now

    def _free_again(self, db: sqlite3.Connection, allowed: int, span: float, *, login: bool = False) -> float:
        """When fewer than `allowed` calls lie within the last `span` seconds; in the past if that is so now."""
        latest = "SELECT at FROM call WHERE account = ? AND login = ? ORDER BY at DESC LIMIT 1 OFFSET ?"
        first = db.execute(latest, (self._counted_for, login, allowed - 1)).fetchone()
        return float("-inf") if first is None else first[0] + span

    def _login_free_again(self, db: sqlite3.Connection) -> float:
        return self._free_again(db, self.allowed.logins_an_hour, HOUR, login=True)

    def _too_many_logins(self, free: float) -> LimitError:
        return LimitError(
            f"not logged in: {self.allowed.logins_an_hour} password logins were made in the last hour, and "
            f"{self.allowed.name} allows no more: try again at {moment(free)}"
        )

    def _count(self, db: sqlite3.Connection, now: float, *, login: bool) -> int:
        statement = "INSERT INTO call (account, at, login) VALUES (?, ?, ?)"
        id = db.execute(statement, (self._counted_for, now, login)).lastrowid
        assert id is not None  # noqa: S101 - it was just inserted
        return id


def moment(at: float) -> str:
    """A time in seconds since the epoch for messages, rounded up to a whole second."""
    return local_time(datetime.fromtimestamp(at + 0.999, UTC), seconds=True)


def in_memory() -> Writing:
    """A database of counted calls in memory, for limits that count only the calls made through one object."""
    db = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    for statement in TABLE:
        db.execute(statement)
    lock = threading.Lock()

    @contextmanager
    def writing() -> Iterator[sqlite3.Connection]:
        with lock:
            yield db

    weakref.finalize(writing, db.close)
    return writing
