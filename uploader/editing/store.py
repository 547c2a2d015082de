"""The files opened on the page, in a private folder: for each a copy of the source, and all choices and edits.

Edits are written at once and only appended, so that nothing is lost when the page is closed or the server is killed.
The name given by the browser is only shown, never opened; a file's folder is named by the hash of its bytes.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, Self

from uploader.errors import UsageError

_ID = re.compile("[0-9a-f]{32}")
_ENDING = re.compile(r"\.(csv|tsv|txt|gz|xlsx|xlsm|xls|ods)", re.IGNORECASE)
_SCHEMA = """
CREATE TABLE IF NOT EXISTS about (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS choices (id INTEGER PRIMARY KEY, at REAL NOT NULL, said TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS edits (
    id INTEGER PRIMARY KEY, at REAL NOT NULL, row INTEGER NOT NULL, original TEXT NOT NULL, kind TEXT NOT NULL,
    cells TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS sendings (id INTEGER PRIMARY KEY, at REAL NOT NULL, told TEXT NOT NULL);
"""
BLOCK = 1 << 20


class Edit(NamedTuple):
    """An edit of a row: `id` is consecutive in the file, `original` is the hash of the record in the source.

    `kind` is `cells` (set to these), `out` (left out), or `back` (restored).
    """

    id: int
    row: int
    original: str
    kind: str
    cells: tuple[str, ...] = ()


class StoredFile:
    """One stored file: its source, which never changes, and the user's choices, edits and sends."""

    def __init__(self, folder: Path) -> None:
        self.id = folder.name
        self.folder = folder
        self.source = next(iter(folder.glob("source*")), folder / "source")
        self._lock = threading.RLock()
        self._db = sqlite3.connect(folder / "state.sqlite3", timeout=10, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")  # loses nothing if the process is killed
        self._db.executescript(_SCHEMA)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the database."""
        with self._lock:
            self._db.close()

    @property
    def name(self) -> str:
        """The name with which the file was added."""
        return self.about("name") or "file.csv"

    @property
    def used(self) -> float:
        """The time of the last edit or choice, in seconds since the epoch."""
        with self._opened() as db:
            (found,) = db.execute("SELECT max(at) FROM (SELECT at FROM edits UNION SELECT at FROM choices)").fetchone()
        return max(found or 0.0, self.source.stat().st_mtime)

    def about(self, key: str) -> str:
        """The stored value of `key`; empty if unknown."""
        with self._opened() as db:
            found = db.execute("SELECT value FROM about WHERE key = ?", [key]).fetchone()
        return str(found[0]) if found else ""

    def say(self, key: str, value: str) -> None:
        """Store the value of `key`."""
        with self._opened() as db:
            db.execute("INSERT OR REPLACE INTO about VALUES (?, ?)", [key, value])

    @property
    def choices(self) -> tuple[int, dict[str, Any]]:
        """The user's choices of how the file is read, with a number that changes with them."""
        with self._opened() as db:
            found = db.execute("SELECT id, said FROM choices ORDER BY id DESC LIMIT 1").fetchone()
        return (int(found[0]), json.loads(found[1])) if found else (0, {})

    def choose(self, said: Mapping[str, Any]) -> None:
        """Store all choices of the user."""
        with self._opened() as db:
            db.execute("INSERT INTO choices (at, said) VALUES (?, ?)", [time.time(), json.dumps(said)])

    def edits(self) -> list[Edit]:
        """The last edit of each row."""
        with self._opened() as db:
            last = "SELECT max(id) FROM edits GROUP BY row"
            found = db.execute(f"SELECT id, row, original, kind, cells FROM edits WHERE id IN ({last})")  # noqa: S608
            return [_edit(*one) for one in found]

    def edit(self, edits: Sequence[Edit]) -> list[Edit]:
        """Store edits; returns them with their ids."""
        with self._opened() as db:
            kept: list[Edit] = []
            for one in edits:
                parts = [time.time(), one.row, one.original, one.kind, json.dumps(one.cells)]
                done = db.execute("INSERT INTO edits (at, row, original, kind, cells) VALUES (?, ?, ?, ?, ?)", parts)
                kept.append(one._replace(id=done.lastrowid or 0))
        return kept

    def version(self, id: int, row: int) -> Edit | None:
        """The edit with this id, if it is of this row."""
        with self._opened() as db:
            rows = db.execute("SELECT id, row, original, kind, cells FROM edits WHERE id = ? AND row = ?", [id, row])
            found = rows.fetchone()
        return _edit(*found) if found else None

    def sendings(self) -> list[dict[str, Any]]:
        """The sends and rehearsals of the file, the latest first."""
        with self._opened() as db:
            found = db.execute("SELECT id, at, told FROM sendings ORDER BY id DESC").fetchall()
        return [{"id": id, "at": at, **json.loads(fields)} for id, at, fields in found]

    def sending(self, fields: Mapping[str, Any], id: int | None = None) -> int:
        """Store the `fields` of a send, a new one without `id`; returns its id."""
        with self._opened() as db:
            if id is not None:
                db.execute("UPDATE sendings SET told = ? WHERE id = ?", [json.dumps(fields), id])
                return id
            done = db.execute("INSERT INTO sendings (at, told) VALUES (?, ?)", [time.time(), json.dumps(fields)])
            return done.lastrowid or 0

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        """Context manager for a transaction of one thread."""
        with self._lock, self._db:
            yield self._db


class Listed(NamedTuple):
    """A file in the list: `used` is the time of the last edit (seconds since the epoch), `changed` a number of rows."""

    id: str
    name: str
    used: float
    changed: int


class Store:
    """The folder of all stored files, with access for its owner only."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
        if os.name != "nt":
            folder.chmod(0o700)

    def all(self) -> list[Listed]:
        """The files, the last used first."""
        return sorted(self._listed(), key=lambda one: one.used, reverse=True)

    def get(self, id: str) -> StoredFile | None:
        """The file with this id; None if there is none."""
        return StoredFile(self.folder / id) if self._is_there(id) else None

    def add(self, stream: BinaryIO, name: str, most: int | None = None) -> str:
        """Store a copy of a file and return its id; a file stored already keeps its choices and edits.

        Raises `UsageError` if it has more than `most` bytes.
        """
        digest, size = hashlib.sha256(), 0
        part = self.folder / f".{os.getpid()}-{time.monotonic_ns()}.part"
        try:
            with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
                while block := stream.read(BLOCK):
                    size += len(block)
                    if most is not None and size > most:
                        raise UsageError(too_large(most))
                    digest.update(block)
                    out.write(block)
            folder = self.folder / digest.hexdigest()[:32]
            ending = _ENDING.fullmatch(Path(name).suffix)
            folder.mkdir(mode=0o700, exist_ok=True)
            if not any(folder.glob("source*")):
                part.replace(folder / f"source{ending[0].lower() if ending else ''}")
        finally:
            part.unlink(missing_ok=True)
        with StoredFile(folder) as kept:
            kept.say("name", _bare(name))
        return folder.name

    def forget(self, id: str) -> None:
        """Remove a file with its choices and edits."""
        if self._is_there(id):
            shutil.rmtree(self.folder / id)

    def _is_there(self, id: str) -> bool:
        return _ID.fullmatch(id) is not None and id in os.listdir(self.folder)

    def _listed(self) -> Iterator[Listed]:
        for folder in self.folder.iterdir():
            if _ID.fullmatch(folder.name) and any(folder.glob("source*")):
                with StoredFile(folder) as kept:
                    changed = sum(edit.kind != "back" for edit in kept.edits())
                    yield Listed(kept.id, kept.name, kept.used, changed)


def too_large(most: int) -> str:
    """What is wrong with a file of more than `most` bytes."""
    return f"the file is larger than {most:,} bytes; check it on the command line"


def _edit(id: int, row: int, original: str, kind: str, cells: str) -> Edit:
    return Edit(id, row, original, kind, tuple(json.loads(cells)))


def _bare(name: str) -> str:
    """The file name of a path, with unprintable characters replaced by `_`."""
    bare = name.replace("\\", "/").rpartition("/")[2]
    plain = "".join(one if one.isprintable() else "_" for one in bare).strip()
    return plain[-200:] if plain.strip(". ") else "file.csv"
