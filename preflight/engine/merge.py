"""The mended rows of a bad-rows file added to the clean file that lacks them, each once."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from preflight.engine.check import check, options_with
from preflight.errors import LayoutError, OutputError
from preflight.model.arrays import Mask
from preflight.model.layout import FirstRow, Layout, ResolvedLayout
from preflight.model.options import CheckOptions, File
from preflight.model.report import Report
from preflight.outputs.file import OutputFile
from preflight.outputs.leftovers import temporary_folder
from preflight.outputs.normalizing import normal_format
from preflight.outputs.recorded import RecordedFile
from preflight.outputs.sidecar import Sidecar
from preflight.records.fingerprint import Fingerprints, Hashes
from preflight.records.grammar import Dialect
from preflight.records.scanner import read_records
from preflight.records.source import Source
from preflight.text.asking import option
from preflight.text.display import named, shown, shown_file

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from preflight.records.source import Progress

HASHES_AT_ONCE = 1 << 20
"""How many rows of the clean file are compared at a time."""


@dataclass(frozen=True, slots=True)
class Merged:
    """A clean file after a merge: how many rows were `added`, how many `already_there`, and how many it has now."""

    clean: str
    added: int
    already_there: int
    rows: int

    def as_dict(self) -> dict[str, Any]:
        """The merge as `--json` prints it."""
        return {"clean": self.clean, "added": self.added, "already_there": self.already_there, "rows": self.rows}


def merge_into(
    clean: File,
    file: File,
    layout: Layout,
    options: CheckOptions | None = None,
    *,
    progress: Progress | None = None,
    executor: Executor | None = None,
    **named: Any,
) -> tuple[Report, Merged | None]:
    """Check `file`, with the options of `CheckOptions`, whole or by name, and add its good rows at the end of `clean`.

    Rows that are still bad are left out, and so are touch points that stand in the clean file already: after more rows
    were mended, the same file is merged again, and only those are added. The clean file appears with all of them in one
    move, and is not touched when there are none. Nothing is merged, and there is no `Merged`, when the layout
    contradicts the file, or when `strict` is set and there is a warning.

    Before any row is judged, it raises `InputError` when `clean` cannot be read, and `LayoutError` when it is no clean
    file in the layout of `file`; further what `check` raises.
    """
    asked = options_with(options, named)
    if asked.clean is not None:
        raise LayoutError("--merge-into adds the good rows to a clean file, --clean begins a new one: give one of them")
    for path in (file, *asked.outputs):
        if os.path.realpath(path) == os.path.realpath(clean):
            raise OutputError(
                f"cannot merge into {shown_file(clean)}: it is the file that is checked, or another output"
            )
    with Source(clean, "utf-8"), temporary_folder() as folder:
        key, mended, there = os.urandom(16), folder / "mended.csv", folder / "hashes"

        def look_at_clean(found: ResolvedLayout) -> None:
            of_clean = _layout_of_clean(found, normalized=asked.normalize_dates)
            with OutputFile(there) as out:
                _take_hashes(
                    clean, of_clean, found, file, Fingerprints(key, lambda hashes: out.write(hashes.tobytes()))
                )

        new: list[Hashes] = []
        taken = Fingerprints(key, new.append)
        hooks: dict[str, Any] = {"begin": look_at_clean, "progress": progress, "executor": executor}
        report = check(file, layout, replace(asked, clean=mended), fingerprints=taken, **hooks)
        if report.contradiction is not None or (asked.strict and report.warnings):
            return report, None
        is_new = ~_are_in(there, np.concatenate(new))
        rows, added = there.stat().st_size // 8, int(is_new.sum())
        if added:
            of_clean = _layout_of_clean(report.layout, normalized=report.normalized is not None)
            noted = Sidecar.of(clean)
            with RecordedFile(clean, overwrite=True) as out:
                out.about = {**(noted.about if noted is not None else {}), "merged": True}
                for piece in _joined(clean, mended, is_new, of_clean):
                    out.write(piece)
    return report, Merged(os.fspath(clean), added, report.good_rows - added, rows + added)


def _layout_of_clean(found: ResolvedLayout, *, normalized: bool) -> Layout:
    """The layout of the clean file of a check in which this layout was found."""
    dateformat = normal_format(found.dateformat) if normalized else found.dateformat
    columns: dict[str, Any] = dict(found.columns)
    return Layout(
        **columns,
        dateformat=dateformat.pattern,
        fieldseparator=found.fieldseparator,
        quotecharacter=found.quotecharacter,
        firstrow=found.firstrow,
        encoding="utf-8",
    )


def _take_hashes(clean: File, layout: Layout, found: ResolvedLayout, file: File, fingerprints: Fingerprints) -> None:
    """Hand the hashes of the clean file's rows on; raises `LayoutError` when it has other columns, or a bad row."""
    mended = shown_file(named(os.fspath(file)))
    _, labels, has_rows = _beginning(clean, layout)
    if labels != found.labels:
        raise LayoutError(
            f"nothing was merged: the columns of {shown_file(clean)} are {', '.join(map(shown, labels))}, but those of "
            f"{mended} are {', '.join(map(shown, found.labels))}"
        )
    if not has_rows:
        return
    report = check(clean, layout, max_shown=0, fingerprints=fingerprints)
    if not report.ok:
        raise LayoutError(
            f"nothing was merged: {shown_file(clean)} has bad rows in the layout of {mended} "
            f"({', '.join(report.problems)}); merge into a clean file of that layout, "
            f"with {option('normalize_dates')} if it has such dates"
        )


def _are_in(there: Path, new: Hashes) -> Mask:
    """Which of the new touch points have their hash in a file of hashes."""
    found = np.zeros(len(new), bool)
    with there.open("rb") as file:
        while len(hashes := np.fromfile(file, np.uint64, HASHES_AT_ONCE)):
            found |= np.isin(new, hashes[np.isin(hashes, new)])
    return found


def _joined(clean: File, mended: Path, wanted: Mask, layout: Layout) -> Iterator[bytes]:
    """The text of the clean file, then the wanted ones of the mended records, with the line end that it has."""
    line_end = _beginning(clean, layout)[0] or _beginning(mended, layout)[0] or b"\r\n"
    last = b""
    with Source(clean, layout.encoding) as source:
        for block in source.blocks():
            yield block
            last = block[-1:]
    if last not in (b"\n", b"\r"):
        yield line_end
    if layout.firstrow is FirstRow.Y:
        wanted = np.concatenate([[False], wanted])
    done = 0
    with Source(mended, layout.encoding) as source:
        for records in read_records(source.blocks(), Dialect(layout.separator, layout.quote), source.first_line):
            for i in np.flatnonzero(wanted[done : done + len(records)]).tolist():
                yield records.raw(i) + line_end
            done += len(records)


def _beginning(file: File, layout: Layout) -> tuple[bytes, tuple[str, ...], bool]:
    """The line end of a file's first record, its columns' labels (or indices), and whether it has any row."""
    with Source(file, layout.encoding) as source:
        dialect = Dialect(layout.separator, layout.quote)
        runs = read_records(source.blocks(), dialect, source.first_line)
        first = next(runs)
        cells, line_end = dialect.split(first.raw(0)), bytes(first.block[first.stop[0] : first.end[0]])
        if layout.firstrow is FirstRow.N:
            return line_end, tuple(map(str, range(len(cells)))), True
        return line_end, tuple(map(str.strip, cells)), len(first) > 1 or any(map(len, runs))
