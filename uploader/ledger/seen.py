"""What this machine has seen of each ledger, so that an older copy of one, a restored backup say, is known for it."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path


class Seen:
    """The last version of each ledger that was seen, in an SQLite file beside the user's own ledger.

    It is a second opinion: where it cannot be kept, nothing is said.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def version(self, ledger: str) -> int:
        """The highest version of the ledger with this id that was seen here; 0 for one that never was."""
        if os.path.exists(self._path):  # of a `Path` that cannot be looked at, `exists` raises
            with contextlib.suppress(sqlite3.Error), self._database() as db:
                found = db.execute("SELECT version FROM seen WHERE ledger = ?", (ledger,)).fetchone()
                return int(found[0]) if found else 0
        return 0

    def note(self, ledger: str, version: int, *, accept: bool = False) -> None:
        """Remember that `version` was seen; with `accept` also in place of a higher one."""
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
