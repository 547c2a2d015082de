"""check(): the one pass over a file, records → rules → sinks → Report, in bounded memory."""

from __future__ import annotations

import os
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from datetime import date
from itertools import starmap
from operator import attrgetter
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, cast

from preflight.detect import with_dateformat
from preflight.errors import InputError, LayoutError, OutputError
from preflight.fixes import Fix, Fixes, fix_kinds
from preflight.layout import Layout, ResolvedLayout
from preflight.normalizing import NormalizedCleanFile, normal_format
from preflight.output import OutputFile
from preflight.problems import Problem
from preflight.reading import cut, read_heading
from preflight.records import Dialect, read_records
from preflight.report import Report
from preflight.show import shown
from preflight.sinks import BadRowsFile, CleanFile, FixesFile, JsonReportFile, ProblemsFile, Sink
from preflight.source import Progress, Source

if TYPE_CHECKING:
    from preflight.fingerprint import Fingerprints

File = str | PathLike[str]
T = TypeVar("T")

CHUNKS_AHEAD = 6
"""How many chunks are cut before the first is judged; each takes about 12 MB."""

REPORT_KINDS: Mapping[str, Callable[[OutputFile], Sink]] = {".csv": ProblemsFile, ".json": JsonReportFile}
"""What a report file is, by the ending of its name."""


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
    progress: Progress | None = None,
) -> Report:
    """Check one touch-point file against its layout.

    The good rows go to `clean`, the bad ones to `bad_rows`, every problem to each of `reports` (`.csv` or `.json`), as
    the file is read; the outputs appear under their names when all of it has been. `known_titles` exist in the custom
    event already. Dates before `oldest` (1990 unless given) or after `newest` (a day ahead of now) are warned of. The
    clean file's dates are written in their ISO form when `normalize_dates` is true: see `Report.clean_dateformat`.
    `fix` names the kinds of fixes to make before anything is judged (`preflight.fixes.FIXES`): the clean file and the
    bad rows have the fixed cells, and each change is listed in `fixes`. The report shows the first `max_shown` findings
    and fixes. `fingerprints` gets a hash of each good row's touch point.

    A layout without a date format gets the file's own, told by elimination in a pass before (`preflight.elimination`).

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
        layout, detected = with_dateformat(source, layout)
        runs = read_records(source.blocks(), Dialect(layout.separator, layout.quote), source.first_line)
        heading, resolved, runs = read_heading(source, layout, runs)
        normal = normal_format(resolved.dateformat) if normalize_dates else None
        sinks = _open_sinks(stack, resolved, heading, clean, bad_rows, reports, normalize_dates)
        if fixes is not None:
            sinks.append(FixesFile(stack.enter_context(OutputFile(fixes))))
        stack.enter_context(_quick_handover())
        chunks = stack.enter_context(_ahead(cut(runs, resolved, kinds)))
        # pandas takes half a second to import; the first chunks are cut meanwhile.
        from preflight.judging import Judge
        from preflight.rules.date import DateLimits

        key = fingerprints.key if fingerprints else os.urandom(16)
        judge = stack.enter_context(closing(Judge(resolved, DateLimits(oldest, newest), key)))
        examples, fixed = list[Problem](), list[Fix]()
        for found in stack.enter_context(_ahead(starmap(judge.find, chunks))):
            judged = judge.count(found)
            for sink in sinks:
                sink.take(judged)
            if fingerprints is not None:
                fingerprints.take(found.touch_points)
            if len(examples) < max_shown:
                examples += judged.problems[: max_shown - len(examples)]
            if len(fixed) < max_shown:
                fixed += map(Fix.shortened, judged.fixes[: max_shown - len(fixed)])
        if not judge.rows:
            raise InputError(f"{source.shown} has a heading but no data row")
        of_file = judge.of_file(normalize_dates)
        report = Report(
            file=source.name,
            layout=resolved,
            rows=judge.rows,
            bad_rows=judge.bad_rows,
            problems=judge.counts("error"),
            warnings=judge.counts("warning"),
            titles=judge.titles.against(known_titles),
            examples=tuple(sorted((*of_file, *examples), key=attrgetter("row"))[:max_shown]),
            of_file=of_file,
            normalized=normal,
            detected=detected,
            fixes=Fixes(kinds, {kind: judge.fixes[kind] for kind in kinds if judge.fixes[kind]}, tuple(fixed)),
        )
        for sink in sinks:
            sink.finish(report)
    return report


@contextmanager
def _quick_handover() -> Iterator[None]:
    """Let threads take turns every 0.1 ms: they work outside the interpreter, waiting for a turn at each return."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-4)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


@contextmanager
def _ahead(items: Iterable[T]) -> Iterator[Iterator[T]]:
    """The items, made ahead in another thread while those before are used: one core cuts, the other judges."""
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="preflight-read") as pool:
        iterator, end = iter(items), object()
        coming = deque(pool.submit(next, iterator, end) for _ in range(CHUNKS_AHEAD))

        def generate() -> Iterator[T]:
            while (item := coming.popleft().result()) is not end:
                coming.append(pool.submit(next, iterator, end))
                yield cast(T, item)

        try:
            yield generate()
        finally:
            pool.shutdown(cancel_futures=True)


def _refuse_unwritable(file: File, outputs: Sequence[File], reports: Sequence[File]) -> None:
    """Raise `OutputError` for outputs that would overwrite the input or each other, or of an unknown kind."""
    for report in reports:
        if Path(report).suffix.lower() not in REPORT_KINDS:
            raise OutputError(f"cannot tell the kind of the report {shown(report)}; name it *.csv or *.json")
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
    layout: ResolvedLayout,
    heading: bytes,
    clean: File | None,
    bad_rows: File | None,
    reports: Iterable[File],
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
    return sinks + [REPORT_KINDS[Path(path).suffix.lower()](opened(path)) for path in reports]
