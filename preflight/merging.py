"""The mended rows of a bad-rows file added to the clean file that lacks them: all of them, once, or none."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from preflight.errors import InputError, LayoutError, OutputError
from preflight.fingerprint import Fingerprints, Hashes
from preflight.layout import FirstRow, Layout
from preflight.output import OutputFile
from preflight.pipeline import File, check
from preflight.records import Dialect
from preflight.report import Report
from preflight.scanning import read_records
from preflight.show import shown
from preflight.source import Source


@dataclass(frozen=True, slots=True)
class Merged:
    """A clean file after a merge: how many rows were `added` at its end, and how many it has."""

    clean: str
    added: int
    rows: int

    def as_dict(self) -> dict[str, Any]:
        """The merge as `--json` prints it."""
        return {"clean": self.clean, "added": self.added, "rows": self.rows}


def merge_into(
    clean: File, file: File, layout: Layout, *, strict: bool = False, **options: Any
) -> tuple[Report, Merged | None]:
    """Check `file`, with the options of `preflight.check`; when every row is good, add them all at the end of `clean`.

    The clean file appears with the new rows in one move. While a row is bad, or has a warning and `strict` is set,
    nothing is merged, and there is no `Merged`. Raises `LayoutError` when `clean` is no clean file in the layout of
    `file`, `InputError` when a touch point of `file` stands in it already, as after a merge, and what `check` raises.
    """
    outputs = [options.get("bad_rows"), options.get("fixes"), *options.get("reports", ())]
    for path in filter(None, (file, *outputs)):
        if os.path.realpath(path) == os.path.realpath(clean):
            raise OutputError(f"cannot merge into {shown(clean)}: it is the file that is checked, or another output")
    with tempfile.TemporaryDirectory(prefix="preflight-") as folder:
        key, mended = os.urandom(16), Path(folder) / "mended.csv"
        new: list[Hashes] = []
        report = check(file, layout, clean=mended, fingerprints=Fingerprints(key, new.append), **options)
        if not report.ok or (strict and report.warnings):
            return report, None
        rows = _rows_without(np.concatenate(new), key, clean, report)
        with OutputFile(clean) as out:
            for piece in _joined(clean, mended, report):
                out.write(piece)
    return report, Merged(os.fspath(clean), report.rows, rows + report.rows)


def _layout_of(report: Report) -> Layout:
    """The layout of the clean file of a check."""
    layout = report.layout
    return Layout(
        **layout.columns,
        dateformat=report.clean_dateformat,
        fieldseparator=layout.fieldseparator,
        quotecharacter=layout.quotecharacter,
        firstrow=layout.firstrow,
        encoding="utf-8",
    )


def _rows_without(new: Hashes, key: bytes, clean: File, report: Report) -> int:
    """How many rows the clean file has; raises when one of them is one of the new touch points, or bad."""
    layout, rows = _layout_of(report), 0
    _, labels, has_rows = _beginning(clean, layout)
    if labels != report.layout.labels:
        raise LayoutError(
            f"nothing was merged: the columns of {shown(clean)} are {', '.join(map(shown, labels))}, but those of "
            f"{shown(report.file)} are {', '.join(map(shown, report.layout.labels))}"
        )
    if not has_rows:
        return 0

    def look_at(hashes: Hashes) -> None:
        nonlocal rows
        there = np.flatnonzero(np.isin(hashes, new))
        if len(there):
            at = int(there[0])
            row = int(np.flatnonzero(new == hashes[at])[0]) + 1
            raise InputError(
                f"nothing was merged: row {row:,} of {shown(report.file)} is row {rows + at + 1:,} of {shown(clean)} "
                "already, and would count twice; if the file was merged before, all is done, else delete that row"
            )
        rows += len(hashes)

    found = check(clean, layout, max_shown=0, fingerprints=Fingerprints(key, look_at))
    if not found.ok:
        raise LayoutError(
            f"nothing was merged: {shown(clean)} has bad rows in the layout of {shown(report.file)} "
            f"({', '.join(found.problems)}); merge into a clean file of that layout, with --normalize-dates if it has "
            "such dates"
        )
    return rows


def _joined(clean: File, mended: File, report: Report) -> Iterator[bytes]:
    """The text of the clean file, then the mended records."""
    layout = _layout_of(report)
    last = b""
    with Source(clean, layout.encoding) as source:
        for block in source.blocks():
            yield block
            last = block[-1:]
    heading, _, _ = _beginning(mended, layout)
    if last not in (b"\n", b"\r"):
        yield b"\r\n" if heading.endswith(b"\r\n") or not heading else heading[-1:]
    with Source(mended, layout.encoding) as source:
        blocks = source.blocks()
        yield next(blocks)[len(heading) :]
        yield from blocks


def _beginning(file: File, layout: Layout) -> tuple[bytes, tuple[str, ...], bool]:
    """A file's heading as it stands, its columns' labels (or indices), and whether it has any row."""
    with Source(file, layout.encoding) as source:
        dialect = Dialect(layout.separator, layout.quote)
        runs = read_records(source.blocks(), dialect, source.first_line)
        first = next(runs)
        cells = dialect.split(first.raw(0))
        if layout.firstrow is FirstRow.N:
            return b"", tuple(map(str, range(len(cells)))), True
        heading = bytes(first.block[: int(first.end[0])])
        return heading, tuple(map(str.strip, cells)), len(first) > 1 or any(map(len, runs))
