"""The files that people mend, kept in a private folder: each a copy of what was given, with all that was done to it.

What a person does is written at once, and only added to: a page that is closed, or a server that is killed, loses none
of it. The name that a file came with is shown and never opened; its folder is named by the hash of its bytes.
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


class TooLargeError(UsageError):
    """A file is larger than the page takes."""


class Edit(NamedTuple):
    """What was done to a row: `id` counts what was done to the file, `original` is the hash of the source's record.

    `kind` is `cells` (it has these now), `out` (it is to be left out), or `back` (it is as it was).
    """

    id: int
    row: int
    original: str
    kind: str
    cells: tuple[str, ...] = ()


class Kept:
    """One file that is kept: its source, which never changes, and what a person said and did."""

    def __init__(self, folder: Path) -> None:
        self.id = folder.name
        self.folder = folder
        self.source = next(iter(folder.glob("source*")), folder / "source")
        self._lock = threading.RLock()
        self._db = sqlite3.connect(folder / "state.sqlite3", timeout=10, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")  # a killed process loses nothing by it
        self._db.executescript(_SCHEMA)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of it."""
        with self._lock:
            self._db.close()

    @property
    def name(self) -> str:
        """What the file was called by whoever gave it."""
        return self.about("name") or "file.csv"

    @property
    def used(self) -> float:
        """When something was last done to it, in seconds since the epoch."""
        with self._opened() as db:
            (found,) = db.execute("SELECT max(at) FROM (SELECT at FROM edits UNION SELECT at FROM choices)").fetchone()
        return max(found or 0.0, self.source.stat().st_mtime)

    def about(self, key: str) -> str:
        """A fact about it; empty where it is not known."""
        with self._opened() as db:
            found = db.execute("SELECT value FROM about WHERE key = ?", [key]).fetchone()
        return str(found[0]) if found else ""

    def say(self, key: str, value: str) -> None:
        """Keep a fact about it."""
        with self._opened() as db:
            db.execute("INSERT OR REPLACE INTO about VALUES (?, ?)", [key, value])

    @property
    def choices(self) -> tuple[int, dict[str, Any]]:
        """What a person chose of how it is read, and a number that changes with it."""
        with self._opened() as db:
            found = db.execute("SELECT id, said FROM choices ORDER BY id DESC LIMIT 1").fetchone()
        return (int(found[0]), json.loads(found[1])) if found else (0, {})

    def choose(self, said: Mapping[str, Any]) -> None:
        """Keep what a person chose, all of it."""
        with self._opened() as db:
            db.execute("INSERT INTO choices (at, said) VALUES (?, ?)", [time.time(), json.dumps(said)])

    def edits(self) -> list[Edit]:
        """The last of what was done to each row."""
        with self._opened() as db:
            last = "SELECT max(id) FROM edits GROUP BY row"
            found = db.execute(f"SELECT id, row, original, kind, cells FROM edits WHERE id IN ({last})")  # noqa: S608
            return [_edit(*one) for one in found]

    def edit(self, edits: Sequence[Edit]) -> list[Edit]:
        """Keep what was done to some rows; the same with their ids."""
        with self._opened() as db:
            kept: list[Edit] = []
            for one in edits:
                parts = [time.time(), one.row, one.original, one.kind, json.dumps(one.cells)]
                done = db.execute("INSERT INTO edits (at, row, original, kind, cells) VALUES (?, ?, ?, ?, ?)", parts)
                kept.append(one._replace(id=done.lastrowid or 0))
        return kept

    def version(self, id: int, row: int) -> Edit | None:
        """What had been done to a row when the last thing done to it was number `id`."""
        with self._opened() as db:
            rows = db.execute("SELECT id, row, original, kind, cells FROM edits WHERE id = ? AND row = ?", [id, row])
            found = rows.fetchone()
        return _edit(*found) if found else None

    def sendings(self) -> list[dict[str, Any]]:
        """What was sent of it, and rehearsed, the latest first."""
        with self._opened() as db:
            found = db.execute("SELECT id, at, told FROM sendings ORDER BY id DESC").fetchall()
        return [{"id": id, "at": at, **json.loads(fields)} for id, at, fields in found]

    def sending(self, fields: Mapping[str, Any], id: int | None = None) -> int:
        """Keep the `fields` of a sending, a new one unless there is its `id`."""
        with self._opened() as db:
            if id is not None:
                db.execute("UPDATE sendings SET told = ? WHERE id = ?", [json.dumps(fields), id])
                return id
            done = db.execute("INSERT INTO sendings (at, told) VALUES (?, ?)", [time.time(), json.dumps(fields)])
            return done.lastrowid or 0

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        """The database, for a few statements of one thread: all of them are written, or none."""
        with self._lock, self._db:
            yield self._db


class Listed(NamedTuple):
    """A file as it is listed: when it was last worked on, in seconds since the epoch, and how many rows are changed."""

    id: str
    name: str
    used: float
    changed: int


class Store:
    """The folder with all files that are kept; nobody else can look into it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
        if os.name != "nt":
            folder.chmod(0o700)

    def all(self) -> list[Listed]:
        """The files, the one that was worked on last first."""
        return sorted(self._listed(), key=lambda one: one.used, reverse=True)

    def get(self, id: str) -> Kept | None:
        """The file with an id; None where there is none."""
        return Kept(self.folder / id) if self._is_there(id) else None

    def add(self, stream: BinaryIO, name: str, most: int | None = None) -> str:
        """Keep a copy of a file, and give its id; one that is kept already goes on as it was left.

        Raises `TooLargeError` where it has more than `most` bytes.
        """
        digest, size = hashlib.sha256(), 0
        part = self.folder / f".{os.getpid()}-{time.monotonic_ns()}.part"
        try:
            with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
                while block := stream.read(BLOCK):
                    size += len(block)
                    if most is not None and size > most:
                        raise TooLargeError(f"the file is larger than {most:,} bytes; check it on the command line")
                    digest.update(block)
                    out.write(block)
            folder = self.folder / digest.hexdigest()[:32]
            ending = _ENDING.fullmatch(Path(name).suffix)
            folder.mkdir(mode=0o700, exist_ok=True)
            if not any(folder.glob("source*")):
                part.replace(folder / f"source{ending[0].lower() if ending else ''}")
        finally:
            part.unlink(missing_ok=True)
        with Kept(folder) as kept:
            kept.say("name", _bare(name))
        return folder.name

    def forget(self, id: str) -> None:
        """Remove a file and all that was done to it."""
        if self._is_there(id):
            shutil.rmtree(self.folder / id)

    def _is_there(self, id: str) -> bool:
        return _ID.fullmatch(id) is not None and id in os.listdir(self.folder)

    def _listed(self) -> Iterator[Listed]:
        for folder in self.folder.iterdir():
            if _ID.fullmatch(folder.name) and any(folder.glob("source*")):
                with Kept(folder) as kept:
                    changed = sum(edit.kind != "back" for edit in kept.edits())
                    yield Listed(kept.id, kept.name, kept.used, changed)


def _edit(id: int, row: int, original: str, kind: str, cells: str) -> Edit:
    return Edit(id, row, original, kind, tuple(json.loads(cells)))


def _bare(name: str) -> str:
    """The name that a browser or a path gives, without folders and what cannot be seen."""
    bare = name.replace("\\", "/").rpartition("/")[2]
    plain = "".join(one if one.isprintable() else "_" for one in bare).strip()
    return plain[-200:] if plain.strip(". ") else "file.csv"
