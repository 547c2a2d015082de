"""The versions of ledgers seen on this machine, to recognize an older copy, such as a restored backup."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path


class Seen:
    """The highest version seen of each ledger, in an SQLite file beside the user's ledger.

    A safeguard only: errors in reading or writing it are ignored.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def version(self, ledger: str) -> int:
        """The highest version seen of the ledger with this id; 0 if none was."""
        if os.path.exists(self._path):  # `Path.exists` raises without permission
            with contextlib.suppress(sqlite3.Error), self._database() as db:
                found = db.execute("SELECT version FROM seen WHERE ledger = ?", (ledger,)).fetchone()
                return int(found[0]) if found else 0
        return 0

    def note(self, ledger: str, version: int, *, accept: bool = False) -> None:
        """Store that `version` was seen; with `accept` also in place of a higher one."""
        highest = "excluded.version" if accept else "max(version, excluded.version)"
        with contextlib.suppress(sqlite3.Error, OSError):
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with self._database() as db:
                db.execute("CREATE TABLE IF NOT EXISTS seen (ledger TEXT PRIMARY KEY, version INTEGER NOT NULL)")
                db.execute(
                    "INSERT INTO seen VALUES (?, ?) ON CONFLICT (ledger) "  # noqa: S608 - our own words
                    f"DO UPDATE SET version = {highest}",
                    (ledger, version),
                )

    @contextlib.contextmanager
    def _database(self) -> Iterator[sqlite3.Connection]:
        db = sqlite3.connect(self._path, timeout=5.0, isolation_level=None)
        try:
            yield db
        finally:
            db.close()
