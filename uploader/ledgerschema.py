"""The ledger's tables. A version of the schema is the number of migrations that a file has seen."""

from __future__ import annotations

from uploader.limits import TABLE as _CALLS

APPLICATION_ID = 0x546F7563
"""Tells a ledger from another program's SQLite file."""

_FIRST = (
    "CREATE TABLE ledger (key BLOB NOT NULL)",
    # An upload without an outcome was begun, and nothing more is known of it.
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
    # The titles of an upload until it is known whether it arrived; then they are known, or gone.
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

MIGRATIONS: tuple[tuple[str, ...], ...] = (_FIRST, _CALLS)
"""What brings a file from version n to n + 1. What was released is never changed, only added to."""
