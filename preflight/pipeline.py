"""check(): the one pass over a file, records → rules → sinks → Report, in bounded memory."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import date
from functools import partial
from operator import attrgetter
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from preflight.dateevidence import DateLimits
from preflight.detect import Detection, detect
from preflight.errors import InputError, LayoutError, OutputError
from preflight.fixes import Fixes, fix_kinds
from preflight.htmlreport import HtmlReportFile
from preflight.inspection import look_through, with_dateformat
from preflight.layout import Layout, ResolvedLayout
from preflight.normalizing import NormalizedCleanFile, normal_format
from preflight.output import OutputFile
from preflight.problems import Problem
from preflight.reading import read_heading
from preflight.records import Dialect, Records
from preflight.report import Report, Titles
from preflight.scanning import read_records
from preflight.show import shown
from preflight.sinks import BadRowsFile, CleanFile, FixesFile, JsonReportFile, ProblemsFile, Sink
from preflight.source import Progress, Source
from preflight.wholefile import Verdict, WholeFile
from preflight.workers import Work, worked_ahead

if TYPE_CHECKING:
    from preflight.fingerprint import Fingerprints

File = str | PathLike[str]

REPORT_KINDS: Mapping[str, Callable[[OutputFile, ResolvedLayout, bytes], Sink]] = {
    ".csv": lambda out, *_: ProblemsFile(out),
    ".json": lambda out, *_: JsonReportFile(out),
    ".html": HtmlReportFile,
}
"""What a report file is, by the ending of its name: made of the file to write, the layout, and the heading's bytes."""


def check(
    file: File,
    layout: Layout,
    *,
    clean: File | None = None,
    bad_rows: File | None = None,
    reports: Iterable[File] = (),
    known_titles: Iterable[str] = (),
    oldest: date | None = None,
    newest: date | None = None,
    normalize_dates: bool = False,
    fix: Iterable[str] = (),
    fixes: File | None = None,
    max_shown: int = 20,
    fingerprints: Fingerprints | None = None,
    begin: Callable[[ResolvedLayout], None] | None = None,
    progress: Progress | None = None,
) -> Report:
    """Check one touch-point file against its layout.

    The good rows go to `clean`, the bad ones to `bad_rows`, every problem to each of `reports` (`.csv` or `.json`; the
    first of each kind to an `.html` page), as the file is read; the outputs appear under their names when all of it has
    been. `known_titles` exist in the custom event already. Dates before `oldest` (1990 unless given) or after `newest`
    (a day ahead of now) are warned of. The clean file's dates are written in their ISO form when `normalize_dates` is
    true: see `Report.clean_dateformat`. `fix` names the kinds of fixes to make before anything is judged
    (`preflight.fixes.FIXES`): the clean file and the bad rows have the fixed cells, and each change is listed in
    `fixes`. The report shows the first `max_shown` findings and fixes. `fingerprints` gets a hash of each good row's
    touch point. `begin` is told the layout before any row is judged; what it raises ends the check.

    What a layout leaves open is told from the file (`preflight.detect`); a date format by elimination, in a pass before
    (`preflight.elimination`). Where an option contradicts the file, that is the report's one problem: no row is judged.

    Raises `LayoutError` when the layout does not fit, `InputError` when the file cannot be read as text records,
    `OutputError` when an output cannot be written. Bad rows raise nothing.
    """
    reports = list(reports)
    if isinstance(known_titles, str | PathLike):  # a text is an iterable too, of its letters
        raise TypeError(
            "known_titles takes titles, not a path; preflight.titles.read_known_titles reads a file of them"
        )
    if normalize_dates and clean is None:
        raise LayoutError("normalized dates go to the clean file; name one with --clean")
    kinds = fix_kinds(fix)
    if kinds and clean is None:
        raise LayoutError("fixed rows go to the clean file; name one with --clean")
    if fixes is not None and not kinds:
        raise LayoutError("nothing is fixed unless asked for; add --fix to list the fixes")
    with ExitStack() as stack:
        source = stack.enter_context(Source(file, layout.encoding, progress))
        _refuse_unwritable(file, [path for path in (clean, bad_rows, fixes, *reports) if path is not None], reports)
        detection = detect(source, layout)
        if detection.contradiction is not None:
            return _contradicted(source, detection, partial(_open_sinks, stack, clean, bad_rows, reports))
        layout, detected = with_dateformat(source, detection)
        runs = read_records(source.blocks(), Dialect(layout.separator, layout.quote), source.first_line)
        heading, resolved, runs = read_heading(source, layout, runs)
        if begin is not None:
            begin(resolved)
        normal = normal_format(resolved.dateformat) if normalize_dates else None
        sinks = _open_sinks(stack, clean, bad_rows, reports, resolved, heading, normalize_dates)
        if fixes is not None:
            sinks.append(FixesFile(stack.enter_context(OutputFile(fixes))))
        limits, key = DateLimits(oldest, newest), fingerprints.key if fingerprints else os.urandom(16)

        def start() -> Work:
            from preflight.judging import Judge  # imports Arrow, which takes a while

            judge = Judge(source, resolved, limits, kinds, key)

            def work(records: Records, first_row: int) -> tuple[Verdict, list[Any]]:
                judged = judge.judge(records, first_row)
                return judged.verdict(max_shown), [sink.part(judged) for sink in sinks]

            return work

        whole = stack.enter_context(closing(WholeFile(resolved, max_shown, known_titles, key)))
        for records, (verdict, parts) in stack.enter_context(worked_ahead(start, runs)):
            whole.add(records, verdict)
            for sink, part in zip(sinks, parts, strict=True):
                sink.add(part, records)
            if fingerprints is not None:
                fingerprints.take(verdict.touch_points)
        if not whole.rows:
            raise InputError(f"{source.shown} has a heading but no data row")
        of_file = whole.problems(normalize_dates)
        report = Report(
            file=source.name,
            layout=resolved,
            rows=whole.rows,
            bad_rows=whole.bad_rows,
            problems=whole.counts("error"),
            warnings=whole.counts("warning"),
            titles=whole.titles,
            title_variants=whole.title_variants,
            domains=whole.domains,
            examples=tuple(sorted((*of_file, *whole.examples), key=attrgetter("row"))[:max_shown]),
            of_file=of_file,
            normalized=normal,
            detected=detected,
            sep_line=source.separator is not None,
            fixes=Fixes(kinds, {kind: whole.fixes[kind] for kind in kinds if whole.fixes[kind]}, tuple(whole.fixed)),
            timeline=whole.timeline,
        )
        for sink in sinks:
            sink.finish(report)
    return report


def _contradicted(source: Source, detection: Detection, open_sinks: Callable[..., list[Sink]]) -> Report:
    """The report on a file that an option contradicts: rows are counted, but not judged, and none of them is good."""
    fault = detection.contradiction
    assert fault is not None  # noqa: S101 - only then is this asked
    found = look_through(source, detection)
    layout = replace(detection.layout, dateformat=found.layout.dateformat.pattern)
    runs = read_records(source.blocks(), Dialect(layout.separator, layout.quote), source.first_line)
    heading, resolved, _ = read_heading(source, layout, runs)
    problem = Problem(0, 0, "", fault.code, "error", "", fault.message, fault.suggestion)
    report = Report(
        file=source.name,
        layout=resolved,
        rows=found.rows,
        bad_rows=found.rows,
        problems={fault.code: 1},
        warnings={},
        titles=Titles({}, frozenset()),
        examples=(problem,),
        of_file=(problem,),
        detected=detection.evidence,
    )
    for sink in open_sinks(resolved, heading, False):
        sink.finish(report)
    return report


def _refuse_unwritable(file: File, outputs: Sequence[File], reports: Sequence[File]) -> None:
    """Raise `OutputError` for outputs that would overwrite the input or each other, or of an unknown kind."""
    for report in reports:
        if Path(report).suffix.lower() not in REPORT_KINDS:
            raise OutputError(
                f"cannot tell the kind of the report {shown(report)}; name it *.csv, *.json or *.html, or say "
                "`--report github`"
            )
    taken = {os.path.realpath(file)}
    for path in outputs:
        try:
            real = os.path.realpath(path)
        except ValueError as error:
            raise OutputError(f"cannot write {shown(path)}: {error}") from error
        if real in taken and (os.path.isfile(real) or not os.path.exists(real)):
            raise OutputError(f"cannot write {shown(path)}: it is the file that is checked, or another output")
        taken.add(real)


def _open_sinks(
    stack: ExitStack,
    clean: File | None,
    bad_rows: File | None,
    reports: Iterable[File],
    layout: ResolvedLayout,
    heading: bytes,
    normalize_dates: bool,
) -> list[Sink]:
    def opened(path: File) -> OutputFile:
        return stack.enter_context(OutputFile(path))

    sinks: list[Sink] = []
    if clean is not None:
        out = opened(clean)
        sinks.append(NormalizedCleanFile(out, layout, heading) if normalize_dates else CleanFile(out, heading))
    if bad_rows is not None:
        sinks.append(BadRowsFile(opened(bad_rows), layout, heading))
    return sinks + [REPORT_KINDS[Path(path).suffix.lower()](opened(path), layout, heading) for path in reports]
