"""GitHub's annotations on stdout, with the summary where the runner ignores commands."""

from __future__ import annotations

import secrets

from preflight.console.streams import write_commands
from preflight.model.report import Report
from preflight.model.several import Failure


def print_annotated(report: Report) -> None:
    """Print the annotations of a report, then its summary between marks that make the runner ignore commands."""
    from preflight.render.github import render_annotations, unread
    from preflight.render.text import render

    stop, go_on = unread(secrets.token_hex(16))
    write_commands(render_annotations(report) + stop)
    print(render(report))
    write_commands(go_on)


def print_failure(failure: Failure) -> None:
    """Print the annotation of a file that could not be checked."""
    from preflight.render.github import render_failure

    write_commands(render_failure(failure))
