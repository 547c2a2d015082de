"""Checks before `uploader send` sends for real: a complete layout, and on a terminal the user's consent."""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING

from preflight.cli.commands import STANDS_FOR
from preflight.errors import UnclearError
from preflight.text.display import counted, shown, visible
from uploader.cli.printing import print_report
from uploader.model.required import missing_parts, why_required

if TYPE_CHECKING:
    from preflight.layouts.layout import Layout
    from preflight.model.options import CheckOptions
    from preflight.model.report import Report
    from uploader.sending.guard import Ready


def refuse_incomplete(file: str, layout: Layout, check: CheckOptions) -> None:
    """Raise `UnclearError` unless the layout has all required parts; it proposes the missing ones from `file`.

    `check` has the options for reading it. Also raises `LayoutError` and `InputError`, as `preflight.check` does.
    """
    missing = missing_parts(layout)
    if not missing:
        return
    from preflight.cli.proposal import propose
    from preflight.console.progress import bar

    with bar("inspecting") as progress:
        found = propose(file, layout, missing, reading=check.reading, progress=progress)
    given_by = {"dateformat": "date-text"}  # the day for all rows needs no format
    open_still = [name for name in missing if given_by.get(name, f"{name}-text") not in found.texts]
    options = {name: found.found.get(name, STANDS_FOR[name][0]) for name in open_still}
    says = f"nothing was sent: {why_required(missing)}"
    message = "this was found in the file" + ("; the rest only you know" if found.open else "")
    error = UnclearError(f"{says}; {message}", found.lines, found.choices, {**options, **found.texts, **found.rows})
    error.code, error.file = "not-told", file
    raise error


class TerminalConsent:
    """The `Consent` of the user, requested on the terminal once for all files, after the first report is printed.

    `shown` are the printed reports. Without a terminal nothing is asked: rows may be sent, but no destination created.
    """

    def __init__(self, args: argparse.Namespace) -> None:
        self.shown: list[Report] = []
        self._args = args
        self._interactive = _is_interactive(args)
        self._answer: bool | None = None

    def may_create(self, question: str, ready: Ready) -> bool:
        """Ask whether the missing destination may be created and the rows sent to it; False without a terminal."""
        return self._interactive and self._asked(f"{question}, and send {self._rows(ready)} to it", ready)

    def may_send(self, ready: Ready) -> bool:
        """Ask whether the rows may be sent; True without a question if there is no terminal, or with `--yes`."""
        if not self._interactive or self._args.yes:
            return True
        return self._asked(f"Send {self._rows(ready)} to {visible(ready.destination)}", ready)

    def _rows(self, ready: Ready) -> str:
        """The number of rows about to be sent, for the question; with several files it mentions the others."""
        rows = counted(ready.rows, "row")
        if len(self._args.files) == 1:
            return rows
        return f"{rows} of {shown(ready.report.file)}, and the rows of the other files,"

    def _asked(self, question: str, ready: Ready) -> bool:
        """The answer; asks only the first time."""
        if self._answer is None:
            print_report(ready.report, self._args)
            self.shown.append(ready.report)
            sys.stderr.write(f"{question} as {ready.customeventaction}? It cannot be taken back [y/N] ")
            sys.stderr.flush()
            self._answer = _yes()
        return self._answer


def _yes() -> bool:
    """Read the answer; True for yes."""
    try:
        return sys.stdin.readline().strip().lower() in ("y", "yes")
    except OSError:  # the terminal was closed
        return False


def _is_interactive(args: argparse.Namespace) -> bool:
    """True if a question can be shown and answered."""
    return (
        sys.stdin is not None
        and sys.stdin.isatty()
        and sys.stderr.isatty()
        and not args.json
        and not args.rehearse
        and not os.environ.get("CI")
    )
