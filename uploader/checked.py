"""A file checked for sending: its report, its good rows in a file of their own, and the hashes of these rows."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from preflight import Layout, check
from preflight.model.report import Report
from uploader.once import ProgressBars
from uploader.order import Order
from uploader.sentrows import RowHashes


@dataclass(frozen=True)
class Checked:
    """What a check found, and what it left.

    `clean` has the good rows, `sha256` is that of its bytes, `rows` are their hashes, if these were wanted.
    """

    report: Report
    clean: Path
    sha256: str
    rows: RowHashes | None


def check_order(
    order: Order, folder: Path, known_titles: frozenset[str], key: bytes | None, progress: ProgressBars
) -> Checked:
    """Check the file of `order`; its good rows and, with a `key`, their hashes go into `folder`."""
    clean = folder / "clean.csv"
    rows = RowHashes(folder / "clean.hashes", key) if key is not None else None
    digest = hashlib.sha256()
    with progress("checking") as callback:
        report = check(
            order.file,
            order.layout,
            clean=clean,
            known_titles=known_titles,
            max_shown=order.max_shown,
            oldest=order.oldest,
            newest=order.newest,
            normalize_dates=order.normalize_dates,
            fix=order.fix,
            fixes=order.fixes,
            fingerprints=rows.wanted if rows else None,
            digest=digest,
            progress=callback,
        )
    return Checked(report, clean, digest.hexdigest(), rows)


def check_clean(clean: Path, sha256: str, layout: Layout, known_titles: frozenset[str], key: bytes | None) -> Checked:
    """Look once more at a file that was cut out of a clean one, for its own rows and titles; `sha256` is its own."""
    rows = RowHashes(clean.with_suffix(".hashes"), key) if key is not None else None
    report = check(clean, layout, known_titles=known_titles, fingerprints=rows.wanted if rows else None)
    return Checked(report, clean, sha256, rows)


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
