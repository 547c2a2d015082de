"""The ledger's tables. The version of the schema is the number of migrations applied to a file."""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Callable

from uploader.account.hosts import canonical_base_url
from uploader.errors import UsageError
from uploader.wire.limits import TABLE as _CALLS

APPLICATION_ID = 0x546F7563
"""SQLite's application id, which identifies a ledger among other SQLite files."""

Step = str | Callable[[sqlite3.Connection], object]
"""One step of a migration: a statement, or a function."""

_FIRST = (
    "CREATE TABLE ledger (key BLOB NOT NULL)",
    # An upload without an outcome was begun; nothing more is known about it.
    """
    CREATE TABLE upload (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        time TEXT NOT NULL,
        account TEXT NOT NULL,
        destination TEXT NOT NULL,
        customeventaction TEXT NOT NULL,
        filename TEXT NOT NULL,
        sha256 TEXT NOT NULL,
        size INTEGER NOT NULL,
        rows INTEGER NOT NULL,
        titles INTEGER NOT NULL,
        titlecount INTEGER NOT NULL,
        whole TEXT NOT NULL,
        part INTEGER NOT NULL,
        parts INTEGER NOT NULL,
        outcome TEXT,
        job_id TEXT,
        append_count INTEGER,
        rejected_count INTEGER,
        reason TEXT NOT NULL DEFAULT '',
        ended TEXT
    )
    """,
    "CREATE INDEX upload_sha256 ON upload (sha256)",
    "CREATE INDEX upload_job_id ON upload (job_id)",
    # The titles of an upload until its end is known; then they are known titles, or removed.
    "CREATE TABLE upload_title (upload INTEGER NOT NULL REFERENCES upload, title TEXT NOT NULL)",
    "CREATE INDEX upload_title_upload ON upload_title (upload)",
    """
    CREATE TABLE known_title (
        account TEXT NOT NULL,
        destination TEXT NOT NULL,
        title TEXT NOT NULL,
        PRIMARY KEY (account, destination, title)
    ) WITHOUT ROWID
    """,
    # Little-endian 64-bit hashes of touch points, up to about a million a row.
    "CREATE TABLE sent_rows (upload INTEGER NOT NULL REFERENCES upload, hashes BLOB NOT NULL)",
    "CREATE INDEX sent_rows_upload ON sent_rows (upload)",
)


def _identify(db: sqlite3.Connection) -> None:
    """Set a random id, by which a machine recognizes the ledger. A ledger that is being created has no row yet."""
    db.execute("UPDATE ledger SET id = ?", (secrets.token_hex(16),))


def _canonical(db: sqlite3.Connection) -> None:
    """Convert base URLs to their canonical form; `hashed_as` keeps the text of the hash key with the old form."""
    for table in ("upload", "known_title"):
        for (endpoint,) in db.execute(f"SELECT DISTINCT endpoint FROM {table}").fetchall():  # noqa: S608 - our own
            try:
                canonical = canonical_base_url(endpoint)
            except UsageError:  # accepted by an older version; nothing can be sent to it any more
                continue
            db.execute(f"UPDATE OR IGNORE {table} SET endpoint = ? WHERE endpoint = ?", (canonical, endpoint))  # noqa: S608


def _group(db: sqlite3.Connection) -> None:
    """Group earlier uploads into operations by file and split; a part that arrived twice begins another."""
    latest: dict[tuple[str | int, ...], tuple[int, set[int]]] = {}
    columns = "endpoint, account, destination, customeventaction, whole, parts"
    uploads = f"SELECT id, part, outcome, {columns} FROM upload ORDER BY id"  # noqa: S608 - our own words
    operations = f"INSERT INTO operation ({columns}, source) VALUES (?, ?, ?, ?, ?, ?, ?)"  # noqa: S608
    for id, part, outcome, *key in db.execute(uploads).fetchall():
        operation, arrived = latest.get(tuple(key), (0, set[int]()))
        if not operation or part in arrived:
            operation, arrived = db.execute(operations, (*key, key[4])).lastrowid or 0, set()
        latest[tuple(key)] = operation, arrived
        if outcome not in ("not-sent", "refused"):
            arrived.add(part)
        db.execute("UPDATE upload SET operation = ? WHERE id = ?", (operation, id))


_OPERATIONS: tuple[Step, ...] = (
    "ALTER TABLE ledger ADD COLUMN id TEXT NOT NULL DEFAULT ''",
    # Counts the writes about uploads and titles, so that an older copy of the file can be recognized.
    "ALTER TABLE ledger ADD COLUMN version INTEGER NOT NULL DEFAULT 0",
    _identify,
    "ALTER TABLE upload RENAME COLUMN account TO endpoint",
    "ALTER TABLE upload ADD COLUMN account TEXT NOT NULL DEFAULT ''",
    # The text from which the key of the row hashes was derived: base URL, destination, action, account.
    "ALTER TABLE upload ADD COLUMN hashed_as TEXT NOT NULL DEFAULT ''",
    "UPDATE upload SET hashed_as = endpoint || char(0) || destination || char(0) || customeventaction",
    "ALTER TABLE upload ADD COLUMN operation INTEGER",
    "ALTER TABLE upload ADD COLUMN settled TEXT NOT NULL DEFAULT ''",
    "UPDATE upload SET settled = 'sent' WHERE reason = 'settled by hand' AND outcome = 'sent'",
    "UPDATE upload SET settled = 'not-sent' WHERE reason = 'settled by hand' AND outcome = 'not-sent'",
    # The process that sends it or follows its job, and the end of its lease (seconds since the epoch).
    "ALTER TABLE upload ADD COLUMN holder TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE upload ADD COLUMN held_until REAL NOT NULL DEFAULT 0",
    """
    CREATE TABLE operation (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        endpoint TEXT NOT NULL,
        account TEXT NOT NULL,
        destination TEXT NOT NULL,
        customeventaction TEXT NOT NULL,
        source TEXT NOT NULL,
        whole TEXT NOT NULL,
        parts INTEGER NOT NULL,
        max_bytes INTEGER,
        wanted BLOB,
        continues INTEGER REFERENCES operation
    )
    """,
    "CREATE INDEX operation_source ON operation (source)",
    "CREATE INDEX upload_operation ON upload (operation)",
    "CREATE TABLE titles_before AS SELECT * FROM known_title",
    "DROP TABLE known_title",
    """
    CREATE TABLE known_title (
        endpoint TEXT NOT NULL,
        account TEXT NOT NULL,
        destination TEXT NOT NULL,
        title TEXT NOT NULL,
        PRIMARY KEY (endpoint, account, destination, title)
    ) WITHOUT ROWID
    """,
    "INSERT INTO known_title SELECT account, '', destination, title FROM titles_before",
    "DROP TABLE titles_before",
    "DELETE FROM upload_title WHERE rowid NOT IN (SELECT min(rowid) FROM upload_title GROUP BY upload, title)",
    "DROP INDEX upload_title_upload",
    "CREATE UNIQUE INDEX upload_title_once ON upload_title (upload, title)",
    # For support: each request of an upload and its job, as JSON, without secrets.
    "CREATE TABLE attempt (upload INTEGER NOT NULL REFERENCES upload, told TEXT NOT NULL)",
    "CREATE INDEX attempt_upload ON attempt (upload)",
    _canonical,
    _group,
)

# New hashes are of another family from here on, which `hashed_with` names: a program that knows only the first family
# would find no rows in common. The column is renamed so that such a program, with the file still open, cannot begin an
# upload.
_FAMILIES = ("ALTER TABLE upload RENAME COLUMN hashed_as TO hashed_with",)

MIGRATIONS: tuple[tuple[Step, ...], ...] = (_FIRST, _CALLS, _OPERATIONS, _FAMILIES)
"""The migrations from version n to n + 1. Released ones never change."""
