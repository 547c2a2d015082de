"""A Report as GitHub's workflow annotations: one line each, which GitHub displays at the file's line.

The form is that of its workflow commands: `::error file=…,line=…,title=…::message`.
"""

from __future__ import annotations

from collections.abc import Mapping

from preflight.model.problems import Problem
from preflight.model.report import Report
from preflight.model.several import Failure
from preflight.text.display import as_message, counted, visible

_IN_MESSAGES = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_IN_PROPERTIES = {**_IN_MESSAGES, ":": "%3A", ",": "%2C"}


def render_annotations(report: Report) -> str:
    """The verdict, the first problems of each kind, then others (GitHub displays ten errors and warnings of a step)."""
    left_out = [_left_out(report)] if report.skipped_lines else []
    problems = list(dict.fromkeys((*report.of_kinds, *report.examples)))[: len(report.examples)]
    lines = [_verdict(report), *left_out, *(_of_problem(problem, report.file) for problem in problems)]
    return "".join(f"{line}\n" for line in lines)


def render_failure(failure: Failure) -> str:
    """The annotation of a file that could not be checked."""
    return f"{_command('error', _place(failure.file, 0) | {'title': 'Not checked'}, failure.message)}\n"


def unread(token: str) -> tuple[str, str]:
    """The lines before and after a text in which GitHub ignores commands; `token` is random."""
    return f"::stop-commands::{token}\n", f"::{token}::\n"


def _verdict(report: Report) -> str:
    warnings = sum(report.warnings.values())
    left_out = f"{report.left_out:,} left out, " if report.left_out else ""
    says = f"{counted(report.rows, 'row')}, {report.bad_rows:,} bad, {left_out}{counted(warnings, 'warning')}"
    says += f", titlecount {report.titlecount:,}"
    kind, title = ("notice", "Ready to be sent") if report.ok else ("error", "Not ready to be sent")
    return _command(kind, _place(report.file, 0) | {"title": title}, says)


def _left_out(report: Report) -> str:
    says = "; ".join(lines.described() for lines in report.skipped_lines)
    place = _place(report.file, report.skipped_lines[0].first)
    return _command("notice", place | {"title": "No part of the table"}, says)


def _of_problem(problem: Problem, file: str) -> str:
    title = f"{problem.code}, {problem.column}" if problem.column else problem.code
    message = f"row {problem.row}: {problem.message}" if problem.row else problem.message
    if problem.suggestion:
        message += f" Suggestion: {problem.suggestion}"
    return _command(problem.severity, _place(file, problem.line) | {"title": visible(title, 100)}, message)


def _place(file: str, line: int) -> dict[str, str]:
    place: dict[str, str] = {} if file == "-" else {"file": file}
    return place | ({"line": str(line)} if line else {})


def _command(kind: str, properties: Mapping[str, str], message: str) -> str:
    text = ",".join(f"{name}={_escaped(value, _IN_PROPERTIES)}" for name, value in properties.items())
    return f"::{kind}{' ' if text else ''}{text}::{_escaped(as_message(message, 1000), _IN_MESSAGES)}"


def _escaped(text: str, escapes: Mapping[str, str]) -> str:
    return "".join(escapes.get(character, character) for character in text)
