"""The one pass over a file, records → rules → sinks → Report, in bounded memory."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import replace
from operator import attrgetter
from typing import TYPE_CHECKING, BinaryIO

from preflight.dates.source import SourceFormat
from preflight.detect.answers import asked_at_once
from preflight.detect.heading import read_heading, rows_above
from preflight.detect.inspection import format_of, leaves_no_row, look_through, with_dateformat
from preflight.detect.layout import Detection, detect
from preflight.detect.sheets import detect_file
from preflight.engine.noting import Noting
from preflight.engine.parallel import MENDED_AT_ONCE, Job, Judgement, applied, judge, judged_ahead, mendable
from preflight.engine.repeats import judged_once_per_day
from preflight.engine.summary import WholeFile
from preflight.errors import InputError, UnclearError
from preflight.evidence.dates import DateLimits
from preflight.layouts.layout import Layout
from preflight.layouts.resolved import ResolvedLayout
from preflight.model.fixes import Acceptance, Fixes, Mendable
from preflight.model.options import CheckOptions, File
from preflight.model.problems import CODES, Problem
from preflight.model.report import Report, Titles
from preflight.model.skipped import SkippedLines
from preflight.opening.kinds import opened_outputs
from preflight.opening.refusals import refuse_to_replace_rules, refuse_unwritable
from preflight.outputs.leftovers import is_temporary
from preflight.outputs.recorded import RecordedFile
from preflight.outputs.samples import Samples, looked_up
from preflight.outputs.sidecar import Sidecar
from preflight.records.grammar import Dialect
from preflight.records.source import Source
from preflight.rules import Setting, rule_makers
from preflight.rules.builtin import RowRule
from preflight.rules.own import loaded, places
from preflight.text.asking import is_on_command_line

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from preflight.engine.check import Hooks
    from preflight.engine.details import Details
    from preflight.records.frames import FrameFile
    from preflight.records.grammar import Records
    from preflight.tools.recognize import Export


MOST_LOOKED_THROUGH = 200_000
"""Rows of a file in which those are looked up that only the file as a whole shows something of."""


def one_pass(
    file: File | BinaryIO,
    layout: Layout,
    options: CheckOptions,
    hooks: Hooks,
    details: Details | None = None,
    executor: Executor | None = None,
    frame: FrameFile | None = None,
) -> Report:
    """Check a file as `preflight.engine.check.check` documents it, and raise what it says.

    The `executor` judges, if there is one, what is cut and written here. `frame` says how the file was written from a
    DataFrame.
    """
    options.refuse_lost_changes()
    recorded: dict[File, RecordedFile] = {}
    report = _passed(file, layout, options, hooks, details, executor, frame, recorded)
    return replace(report, kept=tuple(out.kept for out in recorded.values() if out.kept is not None))


def _passed(
    file: File | BinaryIO,
    layout: Layout,
    options: CheckOptions,
    hooks: Hooks,
    details: Details | None,
    executor: Executor | None,
    frame: FrameFile | None,
    recorded: dict[File, RecordedFile],
) -> Report:
    with ExitStack() as stack:
        name = "DataFrame" if frame is not None else hooks.name
        source = stack.enter_context(Source(file, layout.encoding, hooks.progress, name, layout, executor))
        refuse_unwritable(file, options)
        rules = loaded((*options.rules, *(layout.rules or ())))
        refuse_to_replace_rules(rules, options)
        try:
            detection = (
                detect_file(source, layout, options.reading) if frame is None else detect(source, layout, whole=True)
            )
        except UnclearError as error:
            raise asked_at_once(source, layout, error, options.reading, options.fix) from None
        if detection.contradiction is not None:
            return _contradicted(source, detection, stack, recorded, options, hooks, details)
        if frame is not None:
            detection = _with_dates_of(frame, detection)
        layout, detected, doubts = with_dateformat(source, detection, options.reading, options.fix)
        detection = replace(detection, layout=layout)
        noting = Noting(source.name, layout, options, source.workbook.sha256 if source.workbook else "")
        to_record = source.workbook is None and not all(map(is_temporary, options.recorded))

        def opened() -> tuple[bytes, ResolvedLayout, Iterable[Records]]:
            runs = detection.records(source)
            return read_heading(source, layout, noting.hashed(runs) if to_record else runs)

        heading, resolved, runs = opened()
        begun = source.passes
        dateformat = format_of(resolved.dateformat, source, detection, options.reading)
        resolved = replace(resolved, dateformat=dateformat)
        resolved = replace(resolved, own=places(rules, resolved, bool(heading)))
        if hooks.begin is not None:
            hooks.begin(resolved)
        if resolved.added:
            noted = Sidecar.of(source.name)
            noting.is_of(noted.about.get("source") if noted is not None else None)
        samples = Samples(resolved)
        outputs = opened_outputs(stack, recorded, options, hooks.digest, resolved, heading)
        outputs = [*filter(None, [details]), *outputs, *hooks.outputs]
        if details is not None or options.has_page:
            outputs.append(samples)
        if options.clean in recorded:
            outputs.append(noting.days)
        limits = DateLimits(options.oldest, options.newest)
        key = hooks.fingerprints.key if hooks.fingerprints else os.urandom(16)
        makers = [*rule_makers(), *(one.on for one in rules), RowRule]
        setting = Setting(resolved, limits, options.known_titles, key, bool(options.normalize_dates))
        job = Job(
            resolved,
            makers,
            limits,
            token=os.urandom(16),
            source=source.name,
            tolerant=source.tolerant,
            fix=options.fix,
            accept=Acceptance(options.accept),
            only_previews=options.only_previews,
            key=key,
            max_shown=options.max_shown,
            parts_of=[output.part_of for output in outputs],
            on_command_line=is_on_command_line(),
            fingerprints=hooks.fingerprints is not None,
        )
        if job.accept.needs_whole_file:
            job = replace(job, accept=_accepted(source, detection, job, setting, executor))
        judges = [make(setting) for make in makers]
        whole = stack.enter_context(closing(WholeFile(resolved, judges, options.max_shown, doubts, applied(executor))))
        if source.passes != begun:  # what was asked about the whole file took a pass of its own
            *_, runs = opened()
        for records, judgement in _judged(source, job, runs, whole, executor):
            verdict = judgement.verdict
            noting.add(verdict.bad)
            for output, part in zip(outputs, judgement.parts, strict=True):
                output.write(part, records, verdict.bad)
            if hooks.fingerprints is not None:
                hooks.fingerprints.take(verdict.visits if hooks.fingerprints.by_day else verdict.touch_points)
        if not whole.rows:
            raise InputError(f"{source.shown} has a heading but no data row")
        if whole.left_out == whole.rows:
            raise leaves_no_row(source, layout)
        export = detection.export()
        report = _report(source, resolved, detected, detection.table.skipped, whole, options, details, export)
        above = rows_above(source, resolved) if frame is None else 0
        if samples in outputs:
            samples.kept += looked_up(report.of_file, _again(source, layout, whole.rows), resolved)
        hooks.judged()
        report = replace(report, samples=tuple(samples.kept), rows_above=above)
        report = replace(report, steps=tuple(hooks.steps(report)))
        for output in outputs:
            output.finish(report)
        _note(noting, recorded, options)
    return report


def _judged(
    source: Source, job: Job, runs: Iterable[Records], whole: WholeFile, executor: Executor | None
) -> Iterator[tuple[Records, Judgement]]:
    """The runs of records with their judgements, in order; `whole` takes them in, and what fixes would mend of them."""
    to_mend: list[Records] = []
    for records, judgement in _each_judged(source, job, runs, executor):
        whole.add(records, judgement.verdict)
        to_mend += [] if judgement.to_mend is None else [judgement.to_mend]
        if sum(map(len, to_mend)) > MENDED_AT_ONCE:
            whole.add_mendable(mendable(job, to_mend, executor))
            to_mend = []
        yield records, judgement
    if to_mend:
        whole.add_mendable(mendable(job, to_mend, executor))


def _each_judged(
    source: Source, job: Job, runs: Iterable[Records], executor: Executor | None
) -> Iterator[tuple[Records, Judgement]]:
    if job.layout.once_per_day:
        return judged_once_per_day(source, job, runs, executor)
    return judged_ahead(judge, job, runs, executor)


def _again(source: Source, layout: Layout, rows: int) -> Iterable[Records]:
    """The records once more, to look some of them up; of a file with very many rows that would take too long."""
    if rows > MOST_LOOKED_THROUGH:
        return ()
    return read_heading(source, layout, source.records(Dialect(layout.separator, layout.quote), source.text()))[2]


def _note(noting: Noting, recorded: Mapping[File, RecordedFile], options: CheckOptions) -> None:
    """Give the outputs with a sidecar what stands in it."""
    for path, out in recorded.items():
        out.about = noting.of_clean() if path == options.clean else noting.of_other()


def _accepted(
    source: Source, detection: Detection, job: Job, setting: Setting, executor: Executor | None
) -> Acceptance:
    """What the whole file suggests, found by a pass of its own, in which all other suggestions are accepted.

    Rows that are left out have no part in it, as they have none in what a check without these suggestions lists.
    """
    _, resolved, runs = read_heading(source, detection.layout, detection.records(source))
    first = replace(job, token=os.urandom(16), only_previews=False, max_shown=0, parts_of=())
    with closing(WholeFile(resolved, [make(setting) for make in job.rules], 0)) as whole:
        for records, (verdict, *_) in _each_judged(source, first, runs, executor):
            whole.add(records, verdict)
        whole.problems()
        return replace(job.accept, of_file=whole.suggested(job.accept.codes))


def _with_dates_of(frame: FrameFile, detection: Detection) -> Detection:
    """What was detected, with the pattern in which the frame's dates were written, if its date column holds such."""
    date = detection.layout.date
    pattern = frame.dateformats.get(frame.place_of(date)) if date is not None else None
    if pattern is None or detection.layout.dateformat is not None:
        return detection
    evidence = {**detection.evidence, "dateformat": "is how its column of datetime64 is written"}
    return replace(detection, layout=replace(detection.layout, dateformat=pattern), evidence=evidence)


def _contradicted(
    source: Source,
    detection: Detection,
    stack: ExitStack,
    recorded: dict[File, RecordedFile],
    options: CheckOptions,
    hooks: Hooks,
    details: Details | None,
) -> Report:
    """The report on a file that an option contradicts: rows are counted, but not judged, and none of them is good."""
    fault = detection.contradiction
    assert fault is not None  # noqa: S101 - only then is this asked
    found = look_through(source, detection)
    layout = replace(detection.layout, dateformat=found.layout.dateformat.pattern)
    heading, resolved, _ = read_heading(source, layout, detection.records(source))
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
        skipped_lines=tuple(detection.table.skipped),
        details=details,
    )
    report = replace(report, steps=tuple(hooks.steps(report)))
    plain = replace(options, fixes=None, normalize_dates=False)
    outputs = opened_outputs(stack, recorded, plain, None, resolved, heading)
    for output in [*filter(None, [details]), *outputs]:
        output.finish(report)
    return report


def _report(
    source: Source,
    layout: ResolvedLayout,
    detected: Mapping[str, str],
    skipped: Sequence[SkippedLines],
    whole: WholeFile,
    options: CheckOptions,
    details: Details | None,
    export: Export | None,
) -> Report:
    of_file = whole.problems()
    kinds = (*options.fix, *options.accept)
    fixes = {kind: whole.fixes[kind] for kind in kinds if whole.fixes[kind]}
    suggested = Counter(one.code for one in of_file if one.suggestion and CODES[one.code].suggests)
    return Report(
        file=source.name,
        layout=layout,
        rows=whole.rows,
        bad_rows=whole.bad_rows,
        left_out=whole.left_out,
        export=export.as_dict() if export is not None else {},
        problems=whole.counts("error"),
        warnings=whole.counts("warning"),
        examples=tuple(sorted((*of_file, *whole.examples), key=attrgetter("row"))[: options.max_shown]),
        of_file=of_file,
        normalized=layout.dateformat.normal if isinstance(layout.dateformat, SourceFormat) else None,
        detected=detected,
        skipped_lines=tuple(skipped),
        fixes=Fixes(kinds, fixes, tuple(whole.fixed), options.only_previews),
        mendable=(whole.mendable + Mendable(accept=suggested)).in_order(CODES),
        warned_rows=whole.warned.count,
        more_are_warned=whole.warned.more,
        **whole.facts,
        details=details,
    )
