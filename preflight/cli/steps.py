"""What the page of a report says to do next, each step in words and as the command to paste."""

from __future__ import annotations

from collections.abc import Iterator

from preflight.cli import next_command as following
from preflight.cli.next_command import Asked
from preflight.model.report import Report, Step
from preflight.text.display import counted, named, shown_file


def steps(report: Report, asked: Asked) -> tuple[Step, ...]:
    """The next steps after a check, the first of them first."""
    if report.contradiction is not None:
        return (Step("Check it with the layout that fits:", following.check_otherwise(report, asked)),)
    if report.warnings and asked.check.strict and report.ok:
        says = "Look at the warnings below: as `--strict` was given, they keep the file from being sent."
        return (Step(f"{says} The most frequent:", following.explained(report.warnings)),)
    if report.ok or (following.only_blank_rows_are_bad(report) and report.good_rows):
        return tuple(_sending(report, asked))
    if asked.is_gone and asked.bad_rows is None:
        return (Step("Save the file first, and check it by its name:", following.to_collect(report, asked)),)
    return tuple(_mending(report, asked))


def _mending(report: Report, asked: Asked) -> Iterator[Step]:
    bad = counted(report.bad_rows, "bad row")
    yield from _choosing(report, asked)
    file = asked.bad_rows or (asked.file if asked.merge_into is not None else None)
    if file is None:
        says = f"Write the good rows and the {bad} to files of their own, to mend the bad ones in a spreadsheet:"
        yield Step(says, following.to_collect(report, asked))
    else:
        into = asked.merge_into or asked.clean
        then = f"add them to {shown_file(into)}" if into is not None else "check them"
        says = f"Mend the {bad} in {shown_file(named(file))}, save it as CSV, and {then}:"
        yield Step(says, following.check_mended(report, asked, file))
    if command := following.mending(report, asked, collect=True):
        says = "Or have the suggestions below taken, once you have looked at them, and the rest collected:"
        yield Step(says, command)


def _choosing(report: Report, asked: Asked) -> Iterator[Step]:
    if command := following.without_others(report, asked):
        yield Step(f"It is an export that is known: {report.export['says']}. Check it without the other rows:", command)


def _sending(report: Report, asked: Asked) -> Iterator[Step]:
    yield from _choosing(report, asked)
    more: dict[str, None] = {}
    if not report.ok and asked.clean is None and asked.merge_into is None:
        more = {"drop-bad-rows": None}
    says = "Try it on a stand-in for Act-On; nothing leaves this computer:"
    yield Step(says, following.rehearse(report, asked, more))
    says = "Send it, with the name of your custom event and the action in their places; it cannot be taken back:"
    yield Step(says, following.send(report, asked, more))
