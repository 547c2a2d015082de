"""`preflight check` for several files: a line for each, their totals, the worst exit code."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager

from preflight.cli import commands
from preflight.cli.exitcodes import BAD_ROWS, READY, UNUSABLE
from preflight.cli.next_command import Request, check_mended, without_others
from preflight.cli.options import is_annotated, layout_from, repeated_options
from preflight.console.annotating import print_annotated, print_failure
from preflight.console.progress import bar
from preflight.console.running import CRASHED
from preflight.errors import LayoutError
from preflight.layouts.profile import of_sending
from preflight.many.check_many import Progress, checked_many
from preflight.many.files import options_for
from preflight.many.totals import Totals
from preflight.model.options import CheckOptions
from preflight.model.report import Report
from preflight.model.several import CRASH, Failure, Summary
from preflight.render.files import HEADING, line_of
from preflight.render.files import totals as lines
from preflight.text.display import as_json, counted, visible

MOST_NAMED = 5
"""Limit for the files that the next command names."""


def check_several(
    options: argparse.Namespace, files: Sequence[str], asked: CheckOptions, executor: Executor | None
) -> int:
    """Check the files; print the result of each when it is complete, and the totals at the end."""
    if options.merge_into:
        raise LayoutError("--merge-into takes the mended rows of one file; merge the files one after the other")
    printed = _as_json if options.json else _as_annotations if is_annotated(options) else _as_lines
    code = READY
    with Totals(asked.known_titles, max_shown=asked.max_shown) as totals, _counted(options) as progress:
        layout = layout_from(options)
        found = checked_many(files, layout, asked, executor=executor, totals=totals, progress=progress)
        worst: Report | Failure | None = None
        others = list[str]()
        options.printed = options.json  # the JSON has begun: a later error gets no object of its own
        for one in printed(found):
            file_code = _code(one, asked)
            if file_code > code or worst is None:
                code, worst = max(code, file_code), one
            if command := _without_others(one, options):
                others.append(command)
        summary = totals.summary()
    if options.json:
        print(f"  ],\n{as_json(summary.as_dict())[2:]}")
        return code

    print("", *lines(summary), "", *_about_others(others), _last(options, files, asked, summary, worst), sep="\n")
    return code


def _without_others(found: Report | Failure, options: argparse.Namespace) -> str:
    """The check of a known export without its rows of other people; empty if it has none."""
    if isinstance(found, Failure):
        return ""
    return without_others(found, Request(found.file, repeated_options(options), CheckOptions()))


def _about_others(checks: Sequence[str]) -> Iterator[str]:
    """The line about the known exports with such rows; `checks` are the commands that leave these out."""
    if checks:
        number = "1 file has" if len(checks) == 1 else f"{len(checks):,} files have"
        rows = "rows of people who did not come, or of each time that one joined"
        yield f"Known exports: {number} {rows}. To leave those of the first out: {checks[0]}"


def _code(found: Report | Failure, asked: CheckOptions) -> int:
    if isinstance(found, Failure):
        return CRASHED if found.code == CRASH else UNUSABLE
    return READY if found.ok and not (asked.strict and found.warnings) else BAD_ROWS


def _as_lines(found: Iterator[Report | Failure]) -> Iterator[Report | Failure]:
    """Print a line for each file when it is complete."""
    print(HEADING)
    for one in found:
        print(line_of(one), flush=True)
        for kept in one.kept if isinstance(one, Report) else ():
            print(kept.described)
        yield one


def _as_json(found: Iterator[Report | Failure]) -> Iterator[Report | Failure]:
    """Print a JSON object for each file when it is complete, so that none is held in memory."""
    print('{\n  "files": [')
    first = True
    for one in found:
        print("" if first else ",\n", as_json(one.as_dict()), sep="", end="", flush=True)
        first = False
        for kept in one.kept if isinstance(one, Report) else ():
            print(f"preflight: {kept.described}", file=sys.stderr)
        yield one
    print()


def _as_annotations(found: Iterator[Report | Failure]) -> Iterator[Report | Failure]:
    """Print the annotations and the summary of each file when it is complete."""
    for one in found:
        if isinstance(one, Report):
            print_annotated(one)
        else:
            print_failure(one)
        yield one


def _last(
    options: argparse.Namespace,
    files: Sequence[str],
    asked: CheckOptions,
    summary: Summary,
    worst: Report | Failure | None,
) -> str:
    """The verdict, and the next command: a check or merge of the first among the worst files, or a rehearsal of all."""
    given = repeated_options(options)
    ready = summary.ok and not (asked.strict and summary.warnings)
    if not ready and worst is not None:
        are = "is" if 1 in (summary.ready, summary.files) else "are"
        message = f"{summary.ready:,} of {counted(summary.files, 'file')} {are} ready"
        if summary.ok:
            message = "there are warnings, and --strict was given"
        if isinstance(worst, Report) and not worst.ok and asked.bad_rows is not None:
            request = Request(worst.file, given, options_for(worst.file, asked))
            bad = f"mend the bad rows in {visible(request.bad_rows or '')}"
            return f"NOT READY: {message}; {bad}. Next: {check_mended(worst, request, request.bad_rows or '')}"
        return f"NOT READY: {message}. Next: {commands.check(worst.file, given)}"
    message = f"READY: every row of {counted(summary.files, 'file')} may be sent"
    to_send = _to_send(files, asked)
    if not to_send:
        return f"{message}."
    where = of_sending(options.profile).keys()
    return f"{message}. Next: {commands.send(to_send, {**given, 'rehearse': None}, where)}"


def _to_send(files: Sequence[str], asked: CheckOptions) -> Collection[str]:
    """The files that the next command sends; none if they are too many, cannot be read again, or have clean files."""
    return files if len(files) <= MOST_NAMED and asked.clean is None and not any(map(commands.is_gone, files)) else ()


@contextmanager
def _counted(options: argparse.Namespace) -> Iterator[Progress | None]:
    """Context manager with a progress bar that counts files; None if stdout, a terminal, shows a line for each."""
    if sys.stdout.isatty():
        yield None
        return

    with bar("checking", of="files") as progress:
        yield progress
