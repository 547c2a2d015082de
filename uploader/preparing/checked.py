"""A file checked for sending: its report, its clean file, and the hashes of its good rows."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path

from preflight import check
from preflight.engine.cleanfile import CleanFile
from preflight.model.report import Report
from preflight.model.reported import Titles
from preflight.text.asking import option
from preflight.text.display import counted
from preflight.text.fingerprint import touch_point_hashes
from uploader.ledger.ledger import Ledger
from uploader.model.progress import ProgressBars
from uploader.preparing.hashes import RowHashes, is_of_family, place_key
from uploader.preparing.oldhashes import old_touch_point_hashes
from uploader.preparing.order import Order
from uploader.preparing.target import Target, known_titles, row_key


@dataclass(frozen=True)
class Checked:
    """The result of a check. No row is judged again after it.

    `clean` is the file of the good rows, `sha256` that of its bytes, `hashes` those of its rows if requested.
    """

    report: Report
    clean: Path
    sha256: str
    hashes: RowHashes | None

    @property
    def rows(self) -> int:
        """The number of good rows."""
        return self.report.good_rows

    @property
    def titles(self) -> Titles:
        """The titles of the good rows."""
        return self.report.titles


def check_order(order: Order, folder: Path, ledger: Ledger, target: Target, progress: ProgressBars) -> Checked:
    """Check the file of `order`; writes its good rows, and their hashes if requested, into `folder`."""
    clean, key = folder / "clean.csv", row_key(order, ledger, target)
    hashes = RowHashes(folder / "clean.hashes", key) if key is not None else None
    known, sha256 = known_titles(order, ledger, target).all, hashlib.sha256()
    with progress("checking") as callback:
        report = check(
            order.file,
            order.layout,
            replace(order.check, clean=clean, known_titles=known),
            fingerprints=hashes.fingerprints if hashes is not None else None,
            digest=sha256,
            progress=callback,
        )
    return Checked(report, clean, sha256.hexdigest(), hashes)


def why_not_sent(report: Report, order: Order) -> str:
    """Why nothing of a checked file is sent, in a few words; empty if its good rows may be sent."""
    if report.contradiction is not None:
        return report.contradiction.message.removesuffix(".")
    if report.good_rows == 0:
        return "no row is good"
    if not report.ok and not order.drop_bad_rows:
        return f"{report.bad_rows:,} of {report.rows:,} rows {'is' if report.bad_rows == 1 else 'are'} bad"
    if order.check.strict and report.warnings:
        return f"{counted(sum(report.warnings.values()), 'warning')}, and {option('strict')} was given"
    return ""


def rehashed(clean: Path, report: Report, key: bytes, hashed_with: str) -> RowHashes:
    """The hashes of a clean file's rows under the key of `hashed_with`, to compare with uploads hashed with that."""
    hashes_of = touch_point_hashes if is_of_family(hashed_with) else old_touch_point_hashes
    path = clean.with_name("other.hashes")
    path.unlink(missing_ok=True)
    hashes = RowHashes(path, place_key(key, hashed_with))
    for emails, titles, dates in CleanFile(clean, report).touch_points():
        (run,) = hashes_of(emails, titles, [dates], hashes.fingerprints.key)
        hashes.fingerprints.take(run)
    return hashes


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
