"""The `preflight` command. Only this room prints and chooses exit codes.

0 ready · 1 bad rows · 2 usage, layout, or an input that cannot be read.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import NoReturn

from preflight.cli.checking import add_check, check_files
from preflight.cli.exitcodes import READY, UNUSABLE
from preflight.cli.inspecting import add_inspect, inspect_file, is_kept_in_profile
from preflight.cli.options import (
    OneLineParser,
    add_options,
    add_port,
    add_version,
    as_looked_at,
    look_for_rules_here,
)
from preflight.console.running import INTERRUPTED, run_alone, run_command
from preflight.errors import PreflightError, UnclearError
from preflight.layouts.layout import Layout
from preflight.model.codes import code_named
from preflight.outputs.leftovers import clear_temporary

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
    from preflight.cli.refusal import as_json_error, as_text, from_inspect, with_clean_file, with_merge

    look = None
    if isinstance(error, UnclearError):
        only_looks = options.run is inspect_file and not is_kept_in_profile(options)
        argv = from_inspect(argv) if only_looks else argv
        look = as_looked_at(options, error) if options.run is not inspect_file or error.is_of_given else None
        if options.run is check_files or only_looks:
            error = with_clean_file(error, error.file, getattr(options, "clean", None))
        if options.run is check_files and options.merge_into is None:
            error = with_merge(error)
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
    add_check(commands)
    add_inspect(commands)
    _add_open(commands)
    formats = commands.add_parser("formats", help=LISTS_FORMATS, description=LISTS_FORMATS)
    formats.set_defaults(run=_formats)
    codes = commands.add_parser("codes", help=LISTS_CODES, description=LISTS_CODES)
    codes.add_argument("code", metavar="CODE", nargs="?", help="a problem code")
    add_options(codes, Layout, ["rules"])
    codes.set_defaults(run=_codes)
    return parser


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
