"""The one pass over a file: records → rules → outputs → `Report`, in bounded memory."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import replace
from itertools import chain
from operator import attrgetter
from typing import TYPE_CHECKING, BinaryIO

from preflight.dates.source import SourceFormat
from preflight.detect.answers import detected, with_dateformat
from preflight.detect.heading import read_heading, rows_above
from preflight.detect.inspection import format_of, leaves_no_row, look_through
from preflight.engine.job import Job, Judgement
from preflight.engine.parallel import MENDED_AT_ONCE, applied, judge, judged_ahead, mendable
from preflight.engine.repeats import judged_once_per_day
from preflight.engine.summary import WholeFile
from preflight.errors import InputError
from preflight.evidence.datelimits import DateLimits
from preflight.inputs.source import Source
from preflight.layouts.layout import Layout
from preflight.model.codes import CODES
from preflight.model.fixes import Acceptance, Fixes, Mendable
from preflight.model.options import CheckOptions, File
from preflight.model.problems import Problem
from preflight.model.report import Report
from preflight.model.reported import Titles
from preflight.opening.kinds import opened_outputs, refuse_to_replace_rules, refuse_unwritable
from preflight.opening.provenance import Provenance
from preflight.outputs.samples import Samples, looked_up
from preflight.outputs.sidecar import Sidecar
from preflight.records.grammar import Dialect
from preflight.rules import Setting
from preflight.rules.builtin import RowRule, rule_makers
from preflight.rules.own import loaded, places
from preflight.text.asking import present_naming

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from preflight.detect.layout import Detection
    from preflight.engine.hooks import Hooks
    from preflight.inputs.frames import FrameFile
    from preflight.layouts.resolved import ResolvedLayout
    from preflight.outputs.sinks import Output
    from preflight.records.run import Records
    from preflight.rules import Rule
    from preflight.rules.own import FunctionRule


MOST_LOOKED_THROUGH = 200_000
"""Files of up to this many rows are read again to look up the rows of problems of the whole file."""


def one_pass(
    file: File | BinaryIO, layout: Layout, options: CheckOptions, hooks: Hooks, frame: FrameFile | None = None
) -> Report:
    """Check a file; see `preflight.engine.check.check` for what it returns and raises.

    `frame` is how the file was written, if it was made from a DataFrame.
    """
    with ExitStack() as stack:
        name = "DataFrame" if frame is not None else hooks.name
        source = stack.enter_context(Source(file, layout.encoding, hooks.progress, name, layout, hooks.executor))
        rules = _own_rules(file, layout, options)

        detection = detected(source, layout, options.reading, options.fix, frame)
        if detection.contradiction is not None:
            return _contradicted(source, detection, options, hooks)
        detection = with_dateformat(source, detection, options.reading, options.fix)
        provenance = Provenance(
            source.name, detection.layout, options, source.workbook.sha256 if source.workbook else ""
        )
        heading, resolved, runs = _table(source, detection, provenance)
        passes = source.passes
        dateformat = format_of(resolved.dateformat, source, detection, options.reading)
        resolved = replace(resolved, dateformat=dateformat, own=places(rules, resolved, bool(heading)))
        if hooks.begin is not None:
            hooks.begin(resolved)

        files, recorded = opened_outputs(stack, options, hooks.digest, resolved, heading)
        samples = Samples(resolved)
        outputs = [*filter(None, [hooks.details]), *files, *hooks.outputs]
        outputs += [samples] if hooks.details is not None or options.has_page else []
        outputs += [provenance.days] if options.clean in recorded else []

        job = _job(source, resolved, rules, options, hooks, outputs)
        if job.accept.needs_whole_file:
            job = replace(job, accept=_accepted(source, detection, job, options, hooks.executor))
        apply = applied(hooks.executor)
        whole = WholeFile(resolved, _rules_of(job, options), options.max_shown, detection.doubts, apply)
        stack.callback(whole.close)
        if source.passes != passes:  # the pass for whole-file suggestions has used up the runs
            *_, runs = _table(source, detection, provenance)
        for records, judgement in _judged(source, job, runs, whole, hooks.executor):
            provenance.add(judgement.verdict.bad)
            for output in outputs:
                output.write(judgement.parts.pop(0), records, judgement.verdict.bad)  # frees the part
            hooks.take(judgement.verdict)
        _refuse_no_row(source, detection.layout, whole)

        report = _report(source, resolved, detection, whole, options, hooks)
        above = rows_above(source, resolved) if frame is None else 0
        if samples in outputs:
            samples.kept += looked_up(report.of_file, _again(source, detection.layout, whole.rows), resolved)
        hooks.judged()
        report = replace(report, samples=tuple(samples.kept), rows_above=above)
        report = replace(report, steps=tuple(hooks.steps(report)))
        for output in outputs:
            output.finish(report)
        provenance.store(recorded, options.clean)
    return replace(report, kept=tuple(out.kept for out in recorded.values() if out.kept is not None))


def _own_rules(file: File | BinaryIO, layout: Layout, options: CheckOptions) -> Sequence[FunctionRule]:
    """Load the user's own rules; raises `OutputError` if an output would replace them, the file, or another output."""
    refuse_unwritable(file, options)
    rules = loaded((*options.rules, *(layout.rules or ())))
    refuse_to_replace_rules(rules, options)
    return rules


def _table(
    source: Source, detection: Detection, provenance: Provenance
) -> tuple[bytes, ResolvedLayout, Iterator[Records]]:
    """The heading, the layout and the records of the table from its start (`read_heading`)."""
    heading, resolved, runs = read_heading(source, detection.layout, provenance.hashed(detection.records(source)))
    if resolved.added:
        sidecar = Sidecar.of(source.name)
        provenance.come_from(sidecar.about.get("source") if sidecar is not None else None)
    return heading, resolved, runs


def _job(
    source: Source,
    layout: ResolvedLayout,
    rules: Sequence[FunctionRule],
    options: CheckOptions,
    hooks: Hooks,
    outputs: Sequence[Output],
) -> Job:
    """The job that workers judge the rows by."""
    return Job(
        token=os.urandom(16),
        source=source.name,
        tolerant=source.tolerant,
        layout=layout,
        rules=[*rule_makers(), *(one.on for one in rules), RowRule],
        limits=DateLimits(options.oldest, options.newest),
        fix=options.fix,
        accept=Acceptance(options.accept),
        only_previews=options.only_previews,
        key=hooks.fingerprints.key if hooks.fingerprints else os.urandom(16),
        max_shown=options.max_shown,
        parts_of=[output.part_of for output in outputs],
        naming=present_naming(),
        fingerprints=hooks.fingerprints is not None,
    )


def _rules_of(job: Job, options: CheckOptions) -> list[Rule]:
    """The rules for the whole file, with the setting that only it needs."""
    setting = Setting(job.layout, job.limits, options.known_titles, bool(options.normalize_dates))
    return [make(setting) for make in job.rules]


def _accepted(
    source: Source, detection: Detection, job: Job, options: CheckOptions, executor: Executor | None
) -> Acceptance:
    """The suggestions of the whole file, from a pass of its own in which all other suggestions are accepted.

    Rows that are left out do not count, as in a check without `--accept`.
    """
    _, resolved, runs = read_heading(source, detection.layout, detection.records(source))
    first = replace(job, token=os.urandom(16), only_previews=False, max_shown=0, parts_of=())
    with closing(WholeFile(resolved, _rules_of(job, options), 0)) as whole:
        for records, (verdict, *_) in _each_judged(source, first, runs, executor):
            whole.add(records, verdict)
        whole.problems()
        return replace(job.accept, of_file=whole.suggested(job.accept.codes))


def _judged(
    source: Source, job: Job, runs: Iterable[Records], whole: WholeFile, executor: Executor | None
) -> Iterator[tuple[Records, Judgement]]:
    """Yield the runs of records with their judgements in file order, and add them to `whole`."""
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


def _refuse_no_row(source: Source, layout: Layout, whole: WholeFile) -> None:
    """Raise `InputError` for a file without rows, and `LayoutError` if all of them are left out."""
    if not whole.rows:
        raise InputError(f"{source.shown} has a heading but no data row")
    if whole.left_out == whole.rows:
        raise leaves_no_row(source, layout)


def _again(source: Source, layout: Layout, rows: int) -> Iterable[Records]:
    """The records from the start again, to look up some of them; none beyond `MOST_LOOKED_THROUGH` rows."""
    if rows > MOST_LOOKED_THROUGH:
        return ()
    return read_heading(source, layout, source.records(Dialect(layout.separator, layout.quote), source.text()))[2]


def _report(
    source: Source,
    layout: ResolvedLayout,
    detection: Detection,
    whole: WholeFile,
    options: CheckOptions,
    hooks: Hooks,
) -> Report:
    """The report, once all rows are judged."""
    of_file = whole.problems()
    kinds = (*options.fix, *options.accept)
    fixes = {kind: whole.fixes[kind] for kind in kinds if whole.fixes[kind]}
    suggested = Counter(one.code for one in of_file if one.suggestion and CODES[one.code].suggests)
    export = detection.export()
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
        of_kinds=tuple(chain.from_iterable(whole.of_kinds.values())),
        normalized=layout.dateformat.normal if isinstance(layout.dateformat, SourceFormat) else None,
        detected=detection.evidence,
        skipped_lines=tuple(detection.table.skipped),
        fixes=Fixes(kinds, fixes, tuple(whole.fixed), options.only_previews),
        mendable=(whole.mendable + Mendable(accept=suggested)).in_order(CODES),
        warned_rows=whole.warned.count,
        more_are_warned=whole.warned.more,
        **whole.facts,
        details=hooks.details,
    )


def _contradicted(source: Source, detection: Detection, options: CheckOptions, hooks: Hooks) -> Report:
    """The report on a file that contradicts an option: rows are counted but not judged, and none is good."""
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
        details=hooks.details,
    )
    report = replace(report, steps=tuple(hooks.steps(report)))
    plain = replace(options, fixes=None, normalize_dates=False)
    with ExitStack() as stack:
        files, recorded = opened_outputs(stack, plain, None, resolved, heading)
        for output in [*filter(None, [hooks.details]), *files]:
            output.finish(report)
    return replace(report, kept=tuple(out.kept for out in recorded.values() if out.kept is not None))
