"""A file checked for sending: its report, and its good rows with their hashes."""

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
from uploader.model.progress import ProgressBars
from uploader.preparing.hashes import RowHashes, is_of_family, place_key
from uploader.preparing.oldhashes import old_touch_point_hashes
from uploader.preparing.target import Target


@dataclass(frozen=True, slots=True)
class Rows:
    """Good rows, in the file `path` with this `sha256`; `hashes` are the row hashes, if requested.

    `titles` are the titles of all rows, if known already.
    """

    path: Path
    sha256: str
    rows: int
    hashes: RowHashes | None
    titles: Titles | None = None


@dataclass(frozen=True, slots=True)
class Checked:
    """The result of a check: the report, and the good rows. No row is judged again after it."""

    target: Target
    report: Report
    rows: Rows

    @property
    def why_not_sent(self) -> str:
        """Why nothing of the file is sent, in a few words; empty if its good rows may be sent."""
        report, order = self.report, self.target.order
        if report.contradiction is not None:
            return report.contradiction.message.removesuffix(".")
        if report.good_rows == 0:
            return "no row is good"
        if not report.ok and not order.drop_bad_rows:
            return f"{report.bad_rows:,} of {report.rows:,} rows {'is' if report.bad_rows == 1 else 'are'} bad"
        if order.check.strict and report.warnings:
            return f"{counted(sum(report.warnings.values()), 'warning')}, and {option('strict')} was given"
        return ""

    def hashes_with(self, text: str, rows: Rows) -> RowHashes:
        """The hashes of `rows` under the key of `text`, to compare with earlier uploads hashed with that.

        `text` differs from the target's own if the account had another name, and before schema 4.
        """
        if text == self.target.hashed_with and rows.hashes is not None:
            return rows.hashes
        hashes_of = touch_point_hashes if is_of_family(text) else old_touch_point_hashes
        hashes = RowHashes(rows.path.with_name("other.hashes"), place_key(self.target.ledger.key, text))
        for emails, titles, dates in CleanFile(rows.path, self.report).touch_points():
            (run,) = hashes_of(emails, titles, [dates], hashes.fingerprints.key)
            hashes.fingerprints.take(run)
        return hashes


def check_order(target: Target, folder: Path, progress: ProgressBars) -> Checked:
    """Check the file of an order; writes its good rows, and their hashes if requested, into `folder`."""
    order, clean, sha256, hashes = target.order, folder / "clean.csv", hashlib.sha256(), None
    if order.row_ledger:
        hashes = RowHashes(folder / "clean.hashes", place_key(target.ledger.key, target.hashed_with))
    with progress("checking") as callback:
        report = check(
            order.file,
            order.layout,
            replace(order.check, clean=clean, known_titles=target.known_titles().all),
            fingerprints=hashes.fingerprints if hashes is not None else None,
            digest=sha256,
            progress=callback,
        )
    return Checked(target, report, Rows(clean, sha256.hexdigest(), report.good_rows, hashes, report.titles))


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
