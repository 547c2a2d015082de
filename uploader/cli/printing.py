"""All output of the command."""

from __future__ import annotations

import argparse
import shutil
import sys
from typing import TYPE_CHECKING

from preflight.cli import commands
from preflight.cli.options import as_looked_at, is_annotated
from preflight.cli.refusal import as_json_error, as_text
from preflight.console import streams
from preflight.console.annotating import print_annotated
from preflight.errors import UnclearError
from preflight.text import shell
from preflight.text.display import as_json, one_line
from uploader.masking import masked

if TYPE_CHECKING:
    from rich.console import RenderableType

    from preflight.model.report import Report


def print_json(value: object) -> None:
    """Print a value as JSON, in ASCII."""
    print_out(f"{as_json(value)}\n")


def print_out(text: str) -> None:
    """Print data, and flush."""
    sys.stdout.write(text)
    sys.stdout.flush()


def print_report(report: Report, args: argparse.Namespace) -> None:
    """Print the report of a check, a blank line, and how to leave out other people's rows of a known export."""
    if is_annotated(args):
        print_annotated(report)
    elif sys.stdout.isatty():
        from preflight.render.terminal import styled

        console = streams.console()
        console.print(styled(report, console.width))
    else:
        from preflight.render.text import render

        print_out(render(report, shutil.get_terminal_size((100, 24)).columns).rstrip("\n") + "\n\n")
    if others := _about_others(report):
        print_lines(f"{others}\n\n")


def _about_others(report: Report) -> str:
    """How to leave out the rows of a known export that are not the people's; empty if there are none."""
    options = commands.words_of(report.leaving_others_out)
    if not options:
        return ""
    return f"Known export: {report.export['says']}. To leave the other rows out, add: {shell.command(options)}"


def print_lines(text: str) -> None:
    """Print lines for a person; on a terminal with the first words of the verdict, the last line, in colour."""
    if not sys.stdout.isatty():
        print_out(text)
        return
    from rich.text import Text

    lines = Text(text)
    for pattern, style in _VERDICTS.items():
        lines.highlight_regex(pattern, style)
    streams.console().print(lines, end="", soft_wrap=True)


def print_table(table: RenderableType) -> None:
    """Print a table on a terminal."""
    streams.console().print(table)


_VERDICTS = {
    r"(?m)^(REHEARSED|DRY RUN)\b": "bold cyan",
    r"(?m)^Confirmed:": "bold green",
    r"(?m)^(Not confirmed|Nothing sent|Not all is confirmed|In doubt)\b": "bold red",
}
"""The styles of the first words of a verdict."""


def say(message: str) -> None:
    """Print a message for a person to stderr: one line, masked."""
    sys.stderr.write(f"uploader: {one_line(masked(message))}\n")


def print_error(code: str, message: str) -> None:
    """Print an error as the JSON object of `--json`."""
    print_json({"error": {"code": code, "message": one_line(masked(message)), "choices": []}})


def refuse(error: Exception, args: argparse.Namespace, as_json_too: bool) -> None:
    """Print an error, with its choices if any, to stderr; with `as_json_too` also as a JSON object to stdout."""
    look = as_looked_at(args, error) if isinstance(error, UnclearError) else None
    sys.stderr.write(f"{masked(as_text('uploader', error, args.argv, look))}\n")
    if as_json_too:
        print_out(f"{masked(as_json_error(error))}\n")
