"""Everything that the command prints goes through here."""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from preflight.cli.annotating import print_annotated
from preflight.cli.options import is_annotated
from preflight.cli.refusal import as_json_error, told
from preflight.text.display import as_json, one_line
from uploader.masking import masked

if TYPE_CHECKING:
    from preflight.model.report import Report


def print_json(value: object) -> None:
    """Print a value as JSON, in ASCII."""
    print_out(f"{as_json(value)}\n")


def print_out(text: str) -> None:
    """Print data, at once."""
    sys.stdout.write(text)
    sys.stdout.flush()


def print_report(report: Report, args: argparse.Namespace) -> None:
    """Print what a check found, and a blank line."""
    if is_annotated(args):
        print_annotated(report)
        return
    from preflight.render.text import render

    print_out(render(report, shutil.get_terminal_size((100, 24)).columns).rstrip("\n") + "\n\n")


def say(message: str) -> None:
    """Say something to a person, in one line without secrets."""
    sys.stderr.write(f"uploader: {one_line(masked(message))}\n")


def refuse(error: Exception, argv: Sequence[str], as_json_too: bool) -> None:
    """Say what is wrong, or what is open with its choices; as an object on stdout, too, where that is asked for."""
    sys.stderr.write(f"{masked(told('uploader', error, argv))}\n")
    if as_json_too:
        print_out(f"{masked(as_json_error(error))}\n")
