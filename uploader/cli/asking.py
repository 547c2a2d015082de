"""What `uploader send` asks for before it sends for real: what was not told, and on a terminal a last yes."""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING

from preflight.cli.commands import STANDS_FOR
from preflight.errors import UnclearError
from preflight.text.display import counted, shown, visible
from uploader.cli.printing import print_report

if TYPE_CHECKING:
    from preflight.layouts.layout import Layout
    from preflight.model.options import CheckOptions
    from preflight.model.report import Report
    from uploader.sending.guard import Ready


def refuse_incomplete(file: str, layout: Layout, check: CheckOptions) -> None:
    """Raise `UnclearError` unless the layout tells all that has to be told, with what `file` has to say of the rest.

    `check` says how it is to be read.

    Raises `LayoutError` and `InputError`, too, as `preflight.check` does.
    """
    from uploader.model.required import missing_parts, why_required

    missing = missing_parts(layout)
    if not missing:
        return
    from preflight.cli.proposal import propose
    from preflight.console.progress import bar

    with bar("inspecting") as progress:
        found = propose(file, layout, missing, reading=check.reading, progress=progress)
    open_still = [name for name in missing if f"{name}-text" not in found.texts]
    options = {name: found.found.get(name, STANDS_FOR[name][0]) for name in open_still}
    says = f"nothing was sent: {why_required(missing)}"
    message = "this is what the file has" if not found.open else "this is what the file has, the rest is yours to say"
    error = UnclearError(f"{says}; {message}", found.lines, found.choices, {**options, **found.texts, **found.rows})
    error.code, error.file = "not-told", file
    raise error


class Person:
    """Somebody at the terminal, who is asked once, whatever is to be sent, and shown what was found before.

    `shown` has the reports that were. Where nobody is at a terminal nothing is asked, and nothing made.
    """

    def __init__(self, args: argparse.Namespace) -> None:
        self.shown: list[Report] = []
        self._args = args
        self._is_there = _is_at_a_terminal(args)
        self._answer: bool | None = None

    def may_create(self, question: str, ready: Ready) -> bool:
        """Ask whether the destination, which is not there, is to be made, and the rows sent to it."""
        return self._is_there and self._asked(f"{question}, and send {self._rows(ready)} to it", ready)

    def may_send(self, ready: Ready) -> bool:
        """Ask whether the rows are to be sent; true without asking where nobody is there, or `--yes` was given."""
        if not self._is_there or self._args.yes:
            return True
        return self._asked(f"Send {self._rows(ready)} to {visible(ready.destination)}", ready)

    def _rows(self, ready: Ready) -> str:
        """The rows that are about to be sent, and that there are more files."""
        rows = counted(ready.rows, "row")
        if len(self._args.files) == 1:
            return rows
        return f"{rows} of {shown(ready.report.file)}, and what is to be sent of the other files,"

    def _asked(self, question: str, ready: Ready) -> bool:
        """Ask, unless it was asked before."""
        if self._answer is None:
            print_report(ready.report, self._args)
            self.shown.append(ready.report)
            sys.stderr.write(f"{question} as {ready.customeventaction}? It cannot be taken back [y/N] ")
            sys.stderr.flush()
            self._answer = _yes()
        return self._answer


def _yes() -> bool:
    """Whether the answer is yes."""
    try:
        return sys.stdin.readline().strip().lower() in ("y", "yes")
    except OSError:  # the terminal is gone
        return False


def _is_at_a_terminal(args: argparse.Namespace) -> bool:
    """True where a question is seen and answered."""
    return (
        sys.stdin is not None
        and sys.stdin.isatty()
        and sys.stderr.isatty()
        and not args.json
        and not args.rehearse
        and not os.environ.get("CI")
    )
