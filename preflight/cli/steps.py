"""The next steps on the page of a report, each with a sentence and the command to paste."""

from __future__ import annotations

from collections.abc import Iterator

from preflight.cli import next_command as following
from preflight.cli.next_command import Request
from preflight.cli.verdict import only_blank_rows_are_bad
from preflight.model.report import Report
from preflight.model.reported import Step
from preflight.text.display import counted, shown_file, shown_input


def steps(report: Report, request: Request) -> tuple[Step, ...]:
    """The next steps after a check, in order."""
    if report.contradiction is not None:
        return (Step("Check it with the layout that fits:", following.check_otherwise(report, request)),)
    if report.warnings and request.check.strict and report.ok:
        says = "Look at the warnings below: as `--strict` was given, they keep the file from being sent."
        return (Step(f"{says} The most frequent:", following.explained(report.warnings)),)
    if report.ok or (only_blank_rows_are_bad(report) and report.good_rows):
        return tuple(_sending(report, request))
    if request.is_gone and request.bad_rows is None:
        return (Step("Save the file first, and check it by its name:", following.to_collect(report, request)),)
    return tuple(_mending(report, request))


def _mending(report: Report, request: Request) -> Iterator[Step]:
    bad = counted(report.bad_rows, "bad row")
    yield from _choosing(report, request)
    file = request.bad_rows or (request.file if request.merge_into is not None else None)
    if file is None:
        says = f"Write the good rows and the {bad} to files of their own, to mend the bad ones in a spreadsheet:"
        yield Step(says, following.to_collect(report, request))
    else:
        into = request.merge_into or request.clean
        then = f"add them to {shown_file(into)}" if into is not None else "check them"
        says = f"Mend the {bad} in {shown_input(file)}, save it as CSV, and {then}:"
        yield Step(says, following.check_mended(report, request, file))
    if command := following.mending(report, request, collect=True):
        says = "Or apply the suggestions below, once you have looked at them, and collect the rest:"
        yield Step(says, command)


def _choosing(report: Report, request: Request) -> Iterator[Step]:
    if command := following.without_others(report, request):
        yield Step(f"It is a known export: {report.export['says']}. Check it without the other rows:", command)


def _sending(report: Report, request: Request) -> Iterator[Step]:
    yield from _choosing(report, request)
    added: dict[str, None] = {}
    if not report.ok and request.clean is None and request.merge_into is None:
        added = {"drop-bad-rows": None}
    says = "Try it on a stand-in for Act-On; nothing leaves this computer:"
    yield Step(says, following.rehearse(report, request, added))
    says = "Send it, with the name of your custom event and the action in their places; it cannot be taken back:"
    yield Step(says, following.send(report, request, added))
