"""The endpoint's rate limits. Its answers do not report them, so the ledger counts the calls of all processes."""

from __future__ import annotations

import sqlite3
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
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


class Limits:
    """The limits of the account named `account` at `base_url` (canonical); the blank name is an account, too.

    `writing` opens the database of counted calls. `now` returns the time in seconds since the epoch. A call with a
    later time was made before the clock was set back, and is moved to the present: it then counts for long enough, and
    for no longer than the span of its limit.
    """

    def __init__(
        self,
        writing: Writing,
        base_url: str,
        account: str = "",
        *,
        allowed: Allowed = Allowed(),
        now: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._writing = writing
        self._base_url = base_url
        self._account = f"{base_url} {account}" if account else base_url
        self._allowed = allowed
        self._now = now
        self._sleep = sleep

    @classmethod
    def of_this_process(
        cls,
        base_url: str,
        *,
        allowed: Allowed = Allowed(),
        now: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> Limits:
        """Limits that count, in memory, only the calls made through this object."""
        return cls(_in_memory(), base_url, allowed=allowed, now=now, sleep=sleep)

    def of_account(self, account: str) -> Limits:
        """The limits of the account named `account` at the same base URL."""
        return Limits(self._writing, self._base_url, account, allowed=self._allowed, now=self._now, sleep=self._sleep)

    def take_turn(self) -> None:
        """Wait until one more call is allowed, and count it; raises `LimitError` if the day's calls are used up."""
        while True:
            with self._counted() as (db, now):
                tomorrow = self._free_again(db, self._allowed.calls_a_day, DAY)
                pause = self._free_again(db, self._allowed.calls_a_second, SECOND) - now
                if tomorrow <= now and pause <= 0:
                    self._count(db, now, login=False)
                    return
            if tomorrow > now:
                raise LimitError(
                    f"{self._allowed.calls_a_day:,} calls were made in the last 24 hours, and {self._allowed.name} "
                    f"allows no more: try again at {moment(tomorrow)}"
                )
            self._sleep(pause)

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
                with self._writing() as db:
                    db.execute("DELETE FROM call WHERE id = ?", (id,))

    @contextmanager
    def _counted(self) -> Iterator[tuple[sqlite3.Connection, float]]:
        """Context manager that yields the database, without calls older than a day, and the present time."""
        with self._writing() as db:
            now = self._now()
            db.execute("UPDATE call SET at = ? WHERE account = ? AND at > ?", (now, self._account, now))
            db.execute("DELETE FROM call WHERE account = ? AND at <= ?", (self._account, now - DAY))
            yield db, now

    def _free_again(self, db: sqlite3.Connection, allowed: int, span: float, *, login: bool = False) -> float:
        """When fewer than `allowed` calls lie within the last `span` seconds; in the past if that is so now."""
        latest = "SELECT at FROM call WHERE account = ? AND login = ? ORDER BY at DESC LIMIT 1 OFFSET ?"
        first = db.execute(latest, (self._account, login, allowed - 1)).fetchone()
        return float("-inf") if first is None else first[0] + span

    def _login_free_again(self, db: sqlite3.Connection) -> float:
        return self._free_again(db, self._allowed.logins_an_hour, HOUR, login=True)

    def _too_many_logins(self, free: float) -> LimitError:
        return LimitError(
            f"not logged in: {self._allowed.logins_an_hour} password logins were made in the last hour, and "
            f"{self._allowed.name} allows no more: try again at {moment(free)}"
        )

    def _count(self, db: sqlite3.Connection, now: float, *, login: bool) -> int:
        statement = "INSERT INTO call (account, at, login) VALUES (?, ?, ?)"
        id = db.execute(statement, (self._account, now, login)).lastrowid
        assert id is not None  # noqa: S101 - it was just inserted
        return id


def moment(at: float) -> str:
    """A time in seconds since the epoch for messages, rounded up to a whole second."""
    return local_time(datetime.fromtimestamp(at + 0.999, UTC), seconds=True)


def _in_memory() -> Writing:
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
