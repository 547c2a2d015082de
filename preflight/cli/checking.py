"""`preflight check`: the report of one or several files, the outputs, and the next command."""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from preflight.cli.commands import refuse_placeholders
from preflight.cli.exitcodes import BAD_ROWS, READY
from preflight.cli.options import (
    OneLineParser,
    add_layout_options,
    add_options,
    as_type,
    check_options_from,
    is_annotated,
    layout_from,
    repeated_options,
)
from preflight.console import streams
from preflight.layouts.option import file_to_write
from preflight.layouts.profile import of_sending
from preflight.model.options import CheckOptions
from preflight.remote.url import is_remote
from preflight.text.display import as_json

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from preflight.cli.next_command import Request
    from preflight.merging.merge import Merged
    from preflight.model.report import Report
    from preflight.model.reported import Step


def add_check(commands: argparse._SubParsersAction[OneLineParser]) -> None:
    """Add the command to the parser."""
    check = commands.add_parser(
        "check",
        help="check files, report their bad rows, write clean files",
        description="Check touch-point files; exit 0 when every row may be sent, 1 when some are bad. Several files "
        "are listed one per line, and the exit code is the worst; {name} in an output is replaced by the file's name.",
    )
    check.add_argument(
        "files",
        metavar="FILE",
        nargs="+",
        help="a CSV file or a workbook to check, a pattern (*.csv), or a URL (s3://…)",
    )
    add_options(check, CheckOptions)
    check.add_argument(
        "--merge-into",
        metavar="CLEAN.csv",
        type=as_type(file_to_write),
        help="add the good rows to this clean file, except those that it has already",
    )
    check.add_argument(
        "--cluster",
        metavar="ADDRESS",
        help="judge rows on a Dask cluster: the scheduler's address (tcp://…), or `local` to start one on this machine",
    )
    check.add_argument("--json", action="store_true", help="print the report as JSON")
    add_layout_options(check)
    check.set_defaults(run=check_files)


def check_files(options: argparse.Namespace) -> int:
    """Check the files, write the outputs, and print the reports, each with its next step."""
    from preflight.many.files import expanded, is_pattern, options_for

    refuse_placeholders(options)
    asked = check_options_from(options)
    in_stores = any(map(is_remote, options.files))  # listing a store starts a thread: fork the workers before
    files = options.files if in_stores else expanded(options.files)
    with _workers(options, files) as executor:  # the workers import their modules while this process imports its own
        from preflight.cli.next_command import Request, about_others, to_mend
        from preflight.cli.verdict import verdict

        files = expanded(options.files) if in_stores else files
        if len(options.files) > 1 or is_pattern(options.files[0]):
            from preflight.cli.several import check_several

            return check_several(options, files, asked, executor)
        options.file, asked = files[0], options_for(files[0], asked)
        where = of_sending(options.profile).keys()
        following = Request(options.file, repeated_options(options), asked, options.merge_into, where)
        report, merged = _checked(options, following, executor)
    if options.json:
        fields = {"merged": merged.as_dict() if merged else None} if options.merge_into else {}
        print(as_json(report.as_dict() | fields))
        for kept in report.kept:
            print(f"preflight: {kept.described}", file=sys.stderr)
    else:
        last = verdict(report, following, merged)
        lines = (about_others(report, following), to_mend(report, following))
        before = [line for line in lines if line and not line.endswith(last.rpartition("Next: ")[2])]
        _print_summary(report, before, last, is_annotated(options))
    return READY if report.ok and not (asked.strict and report.warnings) else BAD_ROWS


def _workers(options: argparse.Namespace, files: Sequence[str]) -> AbstractContextManager[Executor | None]:
    """The executor that judges rows: a cluster, processes for large files, or None."""
    if options.cluster is not None:
        from preflight.many.cluster import cluster

        return cluster(options.cluster, lambda line: print(f"preflight: {line}", file=sys.stderr))
    from preflight.engine.pool import pool_for

    return pool_for(files)


def _checked(
    options: argparse.Namespace, following: Request, executor: Executor | None
) -> tuple[Report, Merged | None]:
    from preflight.cli.verdict import steps
    from preflight.console.progress import bar

    def next_steps(report: Report) -> Sequence[Step]:
        return steps(report, following)

    layout = layout_from(options)
    with bar("checking") as progress:
        if options.merge_into:
            from preflight.merging.merge import merge_into

            return merge_into(
                options.merge_into,
                options.file,
                layout,
                following.check,
                progress=progress,
                executor=executor,
                steps=next_steps,
            )
        from preflight.engine.hooks import Hooks
        from preflight.engine.onepass import one_pass

        judged = getattr(executor, "end", _nothing)
        hooks = Hooks(progress=progress, steps=next_steps, judged=judged, executor=executor)
        return one_pass(options.file, layout, following.check, hooks), None


def _nothing() -> None:
    """Do nothing: there is no executor to shut down."""


def _print_summary(report: Report, before_last: Sequence[str], last: str, annotated: bool) -> None:
    """Print tables and colours on a terminal, plain lines elsewhere; the last lines, to be pasted, are not wrapped."""
    lines = [*(one.described for one in report.kept), *before_last, last]
    if annotated:
        from preflight.console.annotating import print_annotated

        print_annotated(report)
        print(last)
    elif sys.stdout.isatty():
        from preflight.render.terminal import styled, styled_verdict

        console = streams.console()
        console.print(styled(report, console.width))
        for line in lines:
            console.print(styled_verdict(line), soft_wrap=True)
    else:
        from preflight.render.text import render

        print(render(report, shutil.get_terminal_size((100, 24)).columns))
        print(*lines, sep="\n")
