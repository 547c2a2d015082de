"""A file checked for sending: its report, its good rows in a file of their own, and the hashes of these rows."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path

from preflight import check
from preflight.engine.cleanfile import CleanFile
from preflight.model.report import Report, Titles
from uploader.delivery.once import ProgressBars
from uploader.delivery.order import Order
from uploader.preparing.digest import Digest
from uploader.preparing.hashes import RowHashes


@dataclass(frozen=True)
class Checked:
    """What a check found, and what it left. From here on nothing judges a row again: what was good stays good.

    `clean` has the good rows, `sha256` is that of its bytes, `hashes` are those of its rows, if these were wanted.
    """

    report: Report
    clean: Path
    sha256: str
    hashes: RowHashes | None

    @property
    def rows(self) -> int:
        """How many good rows there are."""
        return self.report.good_rows

    @property
    def titles(self) -> Titles:
        """The titles of the good rows."""
        return self.report.titles


def check_order(
    order: Order, folder: Path, known_titles: frozenset[str], key: bytes | None, progress: ProgressBars
) -> Checked:
    """Check the file of `order`; its good rows and, with a `key`, their hashes go into `folder`."""
    clean = folder / "clean.csv"
    hashes = RowHashes(folder / "clean.hashes", key) if key is not None else None
    with progress("checking") as callback, Digest() as digest:
        report = check(
            order.file,
            order.layout,
            replace(order.check, clean=clean, known_titles=known_titles),
            fingerprints=hashes.wanted if hashes is not None else None,
            digest=digest,
            progress=callback,
        )
        return Checked(report, clean, digest.hexdigest(), hashes)


def hashed_anew(clean: Path, report: Report, key: bytes) -> RowHashes:
    """The hashes of a clean file's rows under another `key`, as uploads of an account by another name have them."""
    path = clean.with_name("other.hashes")
    path.unlink(missing_ok=True)
    hashes = RowHashes(path, key)
    for run in CleanFile(clean, report).touch_points(key):
        hashes.wanted.take(run)
    return hashes


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
