"""What comes after a check: its last line, with the verdict and the next command, and the next steps on its page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from preflight.cli import commands
from preflight.cli.next_command import (
    Request,
    check_mended,
    check_otherwise,
    explained,
    look,
    mending,
    rehearse,
    send,
    to_collect,
    without_others,
)
from preflight.model.report import Report
from preflight.model.reported import Step
from preflight.opening.provenance import clean_file_of
from preflight.outputs.sidecar import sidecar_path
from preflight.render.text import codes_by_line
from preflight.text.display import counted, named, shown, shown_file, shown_input, visible

if TYPE_CHECKING:
    from preflight.merging.merge import Merged


FEWEST_ROWS = 5
"""The rows from which a column without a good cell is doubted, not the cells."""


def verdict(report: Report, request: Request, merged: Merged | None = None) -> str:
    """The verdict in one line, with the next command: the same check with more outputs, if those are missing.

    `merged` is the result of a merge, if one was requested.
    """
    if (fault := report.contradiction) is not None:
        message = "the layout contradicts the file" if fault.suggestion else "no layout reads the file"
        return f"NOT READY: {message}, no row was judged. Next: {check_otherwise(report, request)}"
    warned = request.check.strict and bool(report.warnings)
    if merged is not None:
        return _verdict_of_merge(report, request, merged)
    if warned and (report.ok or request.merge_into is not None):
        outcome = "NOT READY"
        if request.merge_into is not None:
            outcome = f"NOT MERGED: {visible(request.merge_into)} is unchanged"
        return f"{outcome}: {_warnings(report)}, and --strict was given. Next: {explained(report.warnings)}"
    if only_blank_rows_are_bad(report) and report.good_rows and not warned:
        return _verdict_without_blank_rows(report, request)
    bad = counted(report.bad_rows, "bad row")
    if report.layout.added and request.clean is None and (clean := clean_file_of(request.file)):
        to_merge = check_mended(report, replace(request, merge_into=clean), request.file)
        if report.ok:
            return f"READY to be merged into {visible(clean)}. Next: {to_merge}"
        others = f"; the others can be merged into {visible(clean)}" if report.good_rows else ""
        return f"NOT READY: mend the {bad}{others}. Next: {to_merge}"
    if (name := _column_of_bad_cells(report)) and not request.is_gone and not _all_mendable(report):
        column = f"column {report.layout.columns[name]} {shown(report.layout.label(name), 40)}"
        doubt = f"no cell of {column} is good as {name}: perhaps another column or format is meant"
        return f"NOT READY: {bad}; {doubt}. Next: {look(request)}"
    if not report.ok and request.bad_rows is not None:
        good = f"; the good ones are in {visible(request.clean)}" if request.clean is not None else ""
        mended = check_mended(report, request, request.bad_rows)
        return f"NOT READY: mend the {bad} in {visible(request.bad_rows)}{_fixable(report)}{good}. Next: {mended}"
    if not report.ok and request.is_gone:
        what = "standard input" if request.file == "-" else "a pipe"
        message = f"{what} cannot be read again; save it in a file to collect and mend them"
        return f"NOT READY: {bad}{_fixable(report)}; {message}. Next: {explained(report.problems)}"
    if report.problems.keys() == {"date-missing"} and "only" in report.leaving_others_out:
        came = f"{bad} without a date, and a column of those who attended"
        return f"NOT READY: {came}. Next: {without_others(report, request)}"
    if not report.ok and _all_mendable(report) and (command := mending(report, request)):
        return f"NOT READY: {bad}, all mended by what is suggested, once you have looked at it. Next: {command}"
    if not report.ok:
        return f"NOT READY: {bad}{_fixable(report)}, to be collected and mended. Next: {to_collect(report, request)}"
    of_clean = f" of {visible(request.clean)}" if request.clean is not None and report.fixes.kinds else ""
    ready = f"READY, with {_warnings(report)}" if report.warnings else "READY"
    return f"{ready}: every row{of_clean} may be sent. Next: {rehearse(report, request)}"


def _column_of_bad_cells(report: Report) -> str:
    """The name of a column with an error in every row of a file; empty if there is none, or if the file is short."""
    rows = report.rows - report.left_out
    if report.good_rows or rows < FEWEST_ROWS or report.layout.added:
        return ""
    for name, codes in codes_by_line(report).items():
        errors = sum(found for kind, found in codes if kind.severity == "error")
        if name in report.layout.own_columns and errors >= rows:
            return name
    return ""


def _warnings(report: Report) -> str:
    """The number of rows with warnings, or of warnings if these concern the file as a whole."""
    if not report.warned_rows:
        return f"{counted(sum(report.warnings.values()), 'warning')} of the file as a whole"
    least = "at least " if report.more_are_warned else ""
    return f"warnings in {least}{report.warned_rows:,} of {counted(report.rows, 'row')}"


def _all_mendable(report: Report) -> bool:
    """Whether fixes alone, or suggestions alone, make every bad row good."""
    return report.bad_rows in (report.mendable.fix_rows, report.mendable.accept_rows)


def _fixable(report: Report) -> str:
    """The number of bad rows that fixes would mend, and their kinds, as part of a sentence."""
    found = report.mendable
    return f", {found.fix_rows:,} of which --fix mends ({', '.join(found.fix)})" if found.fix_rows else ""


def _verdict_of_merge(report: Report, request: Request, merged: Merged) -> str:
    """The verdict of a merge: the rows added to the clean file, those that it had already, and those still bad."""
    clean, remarks = visible(merged.clean), ""
    nothing = report.ok and not merged.added and not merged.replaced
    if merged.already_there and not nothing:
        remarks = f"; {_were(merged.already_there)} in it already"
    changes = [f"{counted(merged.added, 'row')} added at the end of {clean}"] if merged.added else []
    if merged.replaced:
        of_clean = "merged before" if merged.added else f"of {clean}"
        changes.append(f"{counted(merged.replaced, 'row')} {of_clean} replaced by corrections")
    if merged.only_adds and merged.added:
        remarks += f"; rows were only added, as there is no {sidecar_path(merged.clean).name} that lists its rows"
    if merged.given_up:
        remarks += f"; {counted(merged.given_up, 'bad row')} of the source given up, in neither file"
    if merged.read_as:
        remarks += f"; read as {' with '.join(merged.read_as.values())}"
    if changes:
        message = f"MERGED: {', '.join(changes)}, {merged.rows:,} in all{remarks}"
    elif nothing and merged.already_there:
        rows = "row" if merged.already_there == 1 else f"{merged.already_there:,} rows"
        message = f"NOTHING TO MERGE: {clean} has the {rows} already{remarks}"
    else:
        message = f"{'NOTHING TO MERGE' if nothing else 'NOT MERGED'}: {clean} is unchanged{remarks}"
    if report.ok:
        return f"{message}. Next: {rehearse(report, request)}"
    if only_blank_rows_are_bad(report):
        return f"{message}; {_blank_rows(report)}. Next: {rehearse(report, request)}"
    file, still = request.bad_rows or request.file, f"{counted(report.bad_rows, 'row')} still bad"
    if commands.is_gone(file):
        return f"{message}; {still}, which --bad-rows collects. Next: {explained(report.problems)}"
    return f"{message}; mend the {still} in {visible(named(file))}. Next: {check_mended(report, request, file)}"


def only_blank_rows_are_bad(report: Report) -> bool:
    """Whether no bad row can be mended."""
    return report.problems.keys() == {"blank-row"}


def _blank_rows(report: Report) -> str:
    """The number of blank rows, and that there is nothing to mend."""
    verb = "is" if report.bad_rows == 1 else "are"
    return f"{counted(report.bad_rows, 'bad row')} {verb} blank, there is nothing to mend"


def _verdict_without_blank_rows(report: Report, request: Request) -> str:
    """The verdict if only blank rows are bad: the good rows may be sent."""
    message = f"NOT READY: {_blank_rows(report)}"
    if request.clean is not None:
        return f"{message}; {visible(request.clean)} may be sent. Next: {rehearse(report, request)}"
    return f"{message}; --drop-bad-rows sends the others. Next: {rehearse(report, request, {'drop-bad-rows': None})}"


def _were(number: int) -> str:
    """`1 row was`, `2 rows were`."""
    return f"{counted(number, 'row')} {'was' if number == 1 else 'were'}"


def steps(report: Report, request: Request) -> tuple[Step, ...]:
    """The next steps after a check, in order."""
    if report.contradiction is not None:
        return (Step("Check it with the layout that fits:", check_otherwise(report, request)),)
    if report.warnings and request.check.strict and report.ok:
        says = "Look at the warnings below: as `--strict` was given, they keep the file from being sent."
        return (Step(f"{says} The most frequent:", explained(report.warnings)),)
    if report.ok or (only_blank_rows_are_bad(report) and report.good_rows):
        return tuple(_sending(report, request))
    if request.is_gone and request.bad_rows is None:
        return (Step("Save the file first, and check it by its name:", to_collect(report, request)),)
    return tuple(_mending(report, request))


def _mending(report: Report, request: Request) -> Iterator[Step]:
    bad = counted(report.bad_rows, "bad row")
    yield from _choosing(report, request)
    file = request.bad_rows or (request.file if request.merge_into is not None else None)
    if file is None:
        says = f"Write the good rows and the {bad} to files of their own, to mend the bad ones in a spreadsheet:"
        yield Step(says, to_collect(report, request))
    else:
        into = request.merge_into or request.clean
        then = f"add them to {shown_file(into)}" if into is not None else "check them"
        says = f"Mend the {bad} in {shown_input(file)}, save it as CSV, and {then}:"
        yield Step(says, check_mended(report, request, file))
    if command := mending(report, request, collect=True):
        says = "Or apply the suggestions below, once you have looked at them, and collect the rest:"
        yield Step(says, command)


def _choosing(report: Report, request: Request) -> Iterator[Step]:
    if command := without_others(report, request):
        yield Step(f"It is a known export: {report.export['says']}. Check it without the other rows:", command)


def _sending(report: Report, request: Request) -> Iterator[Step]:
    yield from _choosing(report, request)
    added: dict[str, None] = {}
    if not report.ok and request.clean is None and request.merge_into is None:
        added = {"drop-bad-rows": None}
    says = "Try it on a stand-in for Act-On; nothing leaves this computer:"
    yield Step(says, rehearse(report, request, added))
    says = "Send it, with the name of your custom event and the action in their places; it cannot be taken back:"
    yield Step(says, send(report, request, added))
