"""merge_into(): add the mended rows of a bad-rows file to the clean file, each once, in its last version."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import numpy as np

from preflight.engine.check import check, options_with
from preflight.engine.details import Details
from preflight.engine.hooks import Hooks
from preflight.engine.onepass import one_pass
from preflight.errors import LayoutError, OutputError
from preflight.inputs.openers import is_read_once, write_copy
from preflight.inputs.source import Progress, Source
from preflight.layouts.layout import Layout
from preflight.layouts.resolved import ResolvedLayout
from preflight.layouts.words import FirstRow
from preflight.merging.joining import MendedRows, beginning, merged_rows, records_of, refuse_other_source
from preflight.merging.mended import Mended, in_source_format, number
from preflight.model.added import ADDED_COLUMNS, MENDED
from preflight.model.arrays import Mask
from preflight.model.options import CheckOptions, File
from preflight.model.report import Report
from preflight.model.reported import Step
from preflight.opening.kinds import refuse_unwritable
from preflight.opening.provenance import CleanProvenance, dateformat_of_clean
from preflight.outputs.judged import Judged
from preflight.outputs.leftovers import temporary_folder
from preflight.outputs.recorded import folder_locked, is_as_written
from preflight.outputs.sidecar import Sidecar
from preflight.outputs.sinks import Output
from preflight.records.run import Records
from preflight.remote.url import is_remote, name_of, sidecar_url
from preflight.text.asking import option
from preflight.text.display import shown, shown_file, shown_input
from preflight.text.fingerprint import Fingerprints

LEAST_ADDED = 2
"""Number of added columns that are never blank, so that a spreadsheet keeps them: row number and line."""

HOW_WRITTEN = ("fieldseparator", "quotecharacter", "encoding", "table_line", "sheet")
"""The parts of a layout that a spreadsheet may change when it saves a file."""


@dataclass(frozen=True, slots=True)
class Merged:
    """The result of a merge.

    `added`, `replaced` (merged before, and changed since) and `already_there` are numbers of merged rows, `rows` is the
    number of all rows of the clean file. `only_adds` if the clean file has no sidecar, so that rows could only be
    added. `given_up` is the number of the source's bad rows that neither file has, by `preflight_row`, where that is
    known. `read_as` has the `encoding` and `dateformat` of the merged file if they differ from those of the source.
    """

    clean: str
    added: int
    already_there: int
    rows: int
    replaced: int = 0
    only_adds: bool = field(default=False, compare=False)
    given_up: int = field(default=0, compare=False)
    read_as: Mapping[str, str] = field(default_factory=dict, compare=False)

    def as_dict(self) -> dict[str, Any]:
        """The merge as `--json` prints it."""
        numbers = {"added": self.added, "replaced": self.replaced, "already_there": self.already_there}
        fields = {"clean": self.clean, **numbers, "rows": self.rows, "only_adds": self.only_adds}
        return {**fields, **({"read_as": dict(self.read_as)} if self.read_as else {})}


def merge_into(
    clean: File,
    file: File,
    layout: Layout,
    options: CheckOptions | None = None,
    *,
    progress: Progress | None = None,
    executor: Executor | None = None,
    steps: Callable[[Report], Sequence[Step]] = lambda report: (),
    **named: Any,
) -> tuple[Report, Merged | None]:
    """Check `file` with the options of `CheckOptions`, given as an object or by name, and add its good rows to `clean`.

    Rows of a bad-rows file are identified by `preflight_row`: a row that was merged before replaces its earlier version
    if it has changed; otherwise nothing happens. Rows that are still bad are not merged; an earlier version stays. If
    the clean file has each person once per day, a further row of the same day is not added. Options that are not given
    are those of the clean file, from its sidecar. Rows without a number, and all rows if there is no sidecar, are added
    unless the clean file has them. The clean file is replaced atomically, and only if there are changes. Nothing is
    merged, and None is returned for the merge, if the layout contradicts the file, or with `strict` and a warning.
    `steps` returns the next steps for the report.

    Before any row is judged, raises `InputError` if `clean` cannot be read, and `LayoutError` if it is not a clean file
    in the layout of `file`, or `file` has rows of another source; also raises the errors of `check`.
    """
    asked = options_with("merge_into", options, named)
    _refuse_outputs(clean, file, asked)
    with Source(clean, "utf-8"), temporary_folder() as folder:
        provenance = CleanProvenance.of(clean)
        kept = file
        if is_read_once(file):
            write_copy(file, kept := folder / "as-it-came")
        mended, asked = _as_checked(clean, file, kept, layout, asked, provenance, folder)
        rows, found = RowNumbers(), list[ResolvedLayout]()
        key, good, hashes = os.urandom(16), folder / "mended.csv", [np.empty(0, np.uint64)]
        by_day = provenance is not None and bool(provenance.layout.once_per_day)

        def begin(resolved: ResolvedLayout) -> None:
            found.append(resolved)
            _refuse_other_layout(clean, file, resolved, provenance)

        fingerprints = Fingerprints(key, hashes.append, by_day)
        hooks = Hooks(
            fingerprints=fingerprints,
            begin=begin,
            progress=progress,
            outputs=(rows,),
            name=os.fspath(file),
            steps=steps,
            executor=executor,
            details=Details(),
        )
        report = one_pass(mended.path, mended.layout, replace(asked, clean=good), hooks)
        if report.contradiction is not None or (asked.strict and report.warnings):
            return report, None
        of_clean = clean_layout(found[0], provenance)
        own = replace(of_clean, fieldseparator=found[0].fieldseparator, quotecharacter=found[0].quotecharacter)
        records = records_of(good, own, of_clean) if report.good_rows else []
        line_end = beginning(good, own)[0] if records else b""
        all_hashes = np.concatenate(hashes)
        rows_to_merge = MendedRows(records, rows.good, rows.left_out, all_hashes, key, by_day, line_end or b"\r\n")
        added, replaced, in_all = _written(clean, file, of_clean, rows_to_merge, provenance)
    left = report.good_rows - added - replaced
    given_up = _given_up(provenance, rows.all)
    return report, Merged(os.fspath(clean), added, left, in_all, replaced, provenance is None, given_up, mended.read_as)


def _given_up(provenance: CleanProvenance | None, numbers: Sequence[int]) -> int:
    """The number of the source's bad rows that are neither merged nor in the mended file, which has rows `numbers`.

    It is unknown, and 0, if a row lost its number, or rows of the source were left out, as these look like bad ones.
    """
    if provenance is None or 0 in numbers or provenance.layout.only or provenance.layout.once_per_day:
        return 0
    return int(np.isin(np.flatnonzero(~provenance.good) + 1, [*numbers, *provenance.merged], invert=True).sum())


def _refuse_outputs(clean: File, file: File, asked: CheckOptions) -> None:
    """Raise `LayoutError` or `OutputError` if rows cannot be merged into `clean`, or another output be written."""
    if asked.clean is not None:
        raise LayoutError("--merge-into adds the good rows to a clean file, --clean begins a new one: give one of them")
    if is_remote(clean):
        raise OutputError(
            f"cannot merge into {shown_file(clean)}: rows are merged into a file of this machine; download it with its "
            f"{name_of(sidecar_url(os.fspath(clean)))}, merge, and store both again"
        )
    for path in (file, *asked.outputs):
        if os.path.realpath(path) == os.path.realpath(clean):
            raise OutputError(f"cannot merge into {shown_file(clean)}: it is the file to check, or another output")
    refuse_unwritable(file, asked)


def _written(
    clean: File, file: File, layout: Layout, rows: MendedRows, provenance: CleanProvenance | None
) -> tuple[int, int, int]:
    """Write the rows into the clean file, of which `provenance` was read before; see `merged_rows`."""
    with folder_locked(Path(os.path.realpath(clean)).parent):
        now = CleanProvenance.of(clean)
        if (now.source if now else None) != (provenance.source if provenance else None):
            raise OutputError(f"nothing was merged: {shown_file(clean)} was replaced meanwhile; merge again")
        return merged_rows(clean, file, layout, rows, now)


def _as_checked(
    clean: File,
    file: File,
    kept: File,
    given: Layout,
    asked: CheckOptions,
    provenance: CleanProvenance | None,
    folder: Path,
) -> tuple[Mended, CheckOptions]:
    """The mended file, its layout and the options: those given, else those of the clean file."""
    if provenance is None:
        return Mended(kept, given, {}), asked
    of_file = Sidecar.of(file)
    source = None if of_file is None or "good" in of_file.about else of_file.about.get("source")
    if source is not None and source != provenance.source:
        refuse_other_source(clean, file, provenance, f", but those of {shown_file(source.get('name'))}")
    plain: dict[str, Any] = {
        name: None for name in HOW_WRITTEN if getattr(given, name) == getattr(provenance.layout, name)
    }
    typed = given.dateformat if given.dateformat != provenance.layout.dateformat else None
    open_again: dict[str, Any] = dict.fromkeys(HOW_WRITTEN)
    checked = replace(provenance.layout, **open_again)
    layout = replace(replace(given, **plain).over(checked), dateformat=provenance.layout.dateformat)
    defaults = {one.name: one.default for one in fields(CheckOptions)}
    options = {name: value for name, value in provenance.options.items() if getattr(asked, name) == defaults[name]}
    as_asked = replace(asked, **options)
    return in_source_format(kept, os.fspath(file), layout, provenance.days, typed, folder, as_asked.reading), as_asked


class RowNumbers(Output):
    """An output that collects row numbers in the source: of good rows, rows left out, and all; 0 if unknown."""

    def __init__(self) -> None:
        self.part_of = numbers_in_source
        self.good: list[int] = []
        self.left_out: list[int] = []
        self.all: list[int] = []

    def write(self, part: tuple[list[int], list[int], list[int]], records: Records, bad: Mask) -> None:
        """Add the row numbers of the next chunk."""
        self.good += part[0]
        self.left_out += part[1]
        self.all += part[2]


def numbers_in_source(judged: Judged) -> tuple[list[int], list[int], list[int]]:
    """The row numbers, in the source, of a chunk's good records, of those left out, and of all."""
    added = judged.records.added
    numbers = [number(one.row) for one in added] if added else [0] * len(judged.bad)
    good, left_out = (np.flatnonzero(rows).tolist() for rows in (~judged.bad, judged.chunk.left_out))
    return [numbers[i] for i in good], [numbers[i] for i in left_out], numbers


def clean_layout(found: ResolvedLayout, provenance: CleanProvenance | None) -> Layout:
    """The layout of the clean file; `found` is that of the mended file."""
    columns: dict[str, Any] = dict(found.columns)
    return Layout.of(
        **columns,
        dateformat=dateformat_of_clean(found.dateformat),
        fieldseparator=provenance.layout.separator if provenance is not None else found.fieldseparator,
        quotecharacter=provenance.layout.quote if provenance is not None else found.quotecharacter,
        firstrow=found.firstrow,
        encoding="utf-8",
    )


def _refuse_other_layout(clean: File, file: File, found: ResolvedLayout, provenance: CleanProvenance | None) -> None:
    """Raise `LayoutError` for a clean file with other columns than the mended file, or with a bad row."""
    layout, mended = clean_layout(found, provenance), shown_input(os.fspath(file))
    _, labels, has_rows = beginning(clean, layout)
    if labels != (own := found.of_clean.labels):
        more = len(own) - len(labels)
        if found.firstrow is FirstRow.N and LEAST_ADDED <= more <= len(ADDED_COLUMNS):
            raise LayoutError(
                f"nothing was merged: the rows of {mended} have {len(own)} cells, those of {shown_file(clean)} "
                f"{len(labels)}; without a heading a bad-rows file is known only by what stands in its "
                f"preflight_problems column: leave that in one row at least, or write `{MENDED}` there"
            )
        raise LayoutError(
            f"nothing was merged: the columns of {shown_file(clean)} are {', '.join(map(shown, labels))}, but those of "
            f"{mended} are {', '.join(map(shown, own))}"
        )
    if not has_rows or (
        provenance is not None and provenance.clean_dateformat == layout.dateformat and is_as_written(clean)
    ):
        return
    report = check(clean, layout, max_shown=0)
    if not report.ok:
        raise LayoutError(
            f"nothing was merged: {shown_file(clean)} has bad rows in the layout of {mended} "
            f"({', '.join(report.problems)}); merge into a clean file of that layout, "
            f"with {option('normalize_dates')} if it has such dates"
        )
