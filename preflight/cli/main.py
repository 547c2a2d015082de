"""The `preflight` command. Only this room prints and chooses exit codes.

0 ready · 1 bad rows · 2 usage, layout, or an input that cannot be read.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, NoReturn

from preflight.cli.commands import refuse_placeholders
from preflight.cli.exitcodes import BAD_ROWS, READY, UNUSABLE
from preflight.cli.inspecting import add_inspect, inspect_file, is_kept_in_profile
from preflight.cli.options import (
    OneLineParser,
    add_layout_options,
    add_options,
    add_port,
    add_version,
    as_looked_at,
    as_type,
    check_options_from,
    is_annotated,
    layout_from,
    look_for_rules_here,
    repeated_options,
)
from preflight.console import streams
from preflight.console.running import INTERRUPTED, run_alone, run_command
from preflight.errors import PreflightError, UnclearError
from preflight.layouts.layout import Layout
from preflight.layouts.option import file_to_write
from preflight.layouts.profile import of_sending
from preflight.model.codes import code_named
from preflight.model.options import CheckOptions
from preflight.outputs.leftovers import clear_temporary
from preflight.remote.url import is_remote
from preflight.text.display import as_json

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from preflight.cli.next_command import Request
    from preflight.merging.merge import Merged
    from preflight.model.report import Report
    from preflight.model.reported import Step


LISTS_FORMATS = "list the date formats: strptime, example, remarks"
LISTS_CODES = "list the problem codes, or explain one"

PAGES = "preflight.page"
"""The entry point group of pages: functions `open_page(file, *, port, browser)` that return the exit code."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code. An error is one line on stderr."""
    return run_command("preflight", lambda: _run(argv))


def command() -> NoReturn:
    """Run the command as the only one of this process, and end the process."""
    run_alone(main)


def _run(argv: Sequence[str] | None) -> int:
    parser = _parser()
    if not (sys.argv[1:] if argv is None else argv):
        parser.print_help()
        return READY
    options = parser.parse_args(argv)
    clear_temporary()
    try:
        code: int = options.run(options)
    except PreflightError as error:
        _refuse(error, options, sys.argv[1:] if argv is None else argv)
        return UNUSABLE
    except KeyboardInterrupt:
        print("preflight: interrupted; no output was written", file=sys.stderr)
        return INTERRUPTED
    return code


def _refuse(error: PreflightError, options: argparse.Namespace, argv: Sequence[str]) -> None:
    from preflight.cli.refusal import as_json_error, as_text, from_inspect, with_clean_file

    look = None
    if isinstance(error, UnclearError):
        only_looks = options.run is inspect_file and not is_kept_in_profile(options)
        argv = from_inspect(argv) if only_looks else argv
        look = as_looked_at(options, error) if options.run is not inspect_file or error.is_of_given else None
        if options.run is _check or only_looks:
            error = with_clean_file(error, error.file, getattr(options, "clean", None))
    print(as_text("preflight", error, argv, look), file=sys.stderr)
    if getattr(options, "json", False) and not getattr(options, "printed", False):
        print(as_json_error(error))


def _parser() -> argparse.ArgumentParser:
    parser = OneLineParser(
        prog="preflight",
        description="Check a custom-touch-point CSV before it is sent to Act-On.",
        epilog="exit codes: 0 ready, 1 bad rows, 2 usage, layout, or an input that cannot be read",
    )
    add_version(parser)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_check(commands)
    add_inspect(commands)
    _add_open(commands)
    formats = commands.add_parser("formats", help=LISTS_FORMATS, description=LISTS_FORMATS)
    formats.set_defaults(run=_formats)
    codes = commands.add_parser("codes", help=LISTS_CODES, description=LISTS_CODES)
    codes.add_argument("code", metavar="CODE", nargs="?", help="a problem code")
    add_options(codes, Layout, ["rules"])
    codes.set_defaults(run=_codes)
    return parser


def _add_check(commands: argparse._SubParsersAction[OneLineParser]) -> None:
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
    check.set_defaults(run=_check)


def _add_open(commands: argparse._SubParsersAction[OneLineParser]) -> None:
    page = commands.add_parser(
        "open",
        help="check and mend a file on a local page in the browser",
        description="Serve the page on this machine alone until Ctrl-C, and open it in the browser.",
    )
    page.add_argument("file", metavar="FILE", nargs="?", help="the file to begin with (default: chosen on the page)")
    add_port(page)
    page.add_argument(
        "--no-browser", dest="browser", action="store_false", help="print the address without opening a browser"
    )
    page.set_defaults(run=_open)


def _check(options: argparse.Namespace) -> int:
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
        before = [line for line in lines if line and line.partition(": ")[2] not in last]
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
    from preflight.cli.steps import steps
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


def _open(options: argparse.Namespace) -> int:
    from importlib.metadata import entry_points

    found = next(iter(entry_points(group=PAGES)), None)
    if found is None:
        install = "pipx install --force '.[page]'"
        raise PreflightError(
            f"the page is not installed; in the folder that preflight was installed from, run: {install}"
        )
    code: int = found.load()(options.file, port=options.port, browser=options.browser)
    return code


def _formats(options: argparse.Namespace) -> int:
    from preflight.render.catalogue import render_formats

    print(render_formats(), end="")
    return READY


def _codes(options: argparse.Namespace) -> int:
    from preflight.render.catalogue import render_code, render_codes

    if options.rules:
        from preflight.rules.own import loaded

        look_for_rules_here()
        loaded(options.rules)
    print(render_codes() if options.code is None else render_code(code_named(options.code)), end="")
    return READY
