"""The last line of a check: the verdict, and the next command, ready to be pasted."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from preflight.cli import commands
from preflight.cli.commands import Options
from preflight.layouts.columns import COLUMNS
from preflight.layouts.layout import Layout
from preflight.layouts.option import option_name, options_of
from preflight.layouts.words import FirstRow
from preflight.model.options import CheckOptions
from preflight.model.report import Report
from preflight.opening.noting import CleanNotes
from preflight.outputs.sidecar import sidecar_path
from preflight.remote.url import is_remote
from preflight.text.display import counted, named, stem_of, visible

if TYPE_CHECKING:
    from preflight.merging.merge import Merged

_OF_SOURCE = {
    option_name(field, one)
    for kind in (Layout, CheckOptions)
    for field, one in options_of(kind).items()
    if one.of_source
}

PLAIN = (*COLUMNS, "dateformat")
"""The detected parts of a layout that the next command states."""


OF_FILE = ("encoding", "table-line", "sheet")
"""The options of reading a file that are independent of its layout."""


@dataclass(frozen=True, slots=True)
class Request:
    """The file and the options of a check.

    `options` are those that the next command repeats, by name. `where` names the keys of the profile for destination
    and action.
    """

    file: str
    options: Options
    check: CheckOptions
    merge_into: str | None = None
    where: Collection[str] = ()

    @property
    def is_gone(self) -> bool:
        """Whether the file cannot be read again."""
        return commands.is_gone(self.file)

    @property
    def clean(self) -> str | None:
        """The requested clean file."""
        return os.fspath(self.check.clean) if self.check.clean is not None else None

    @property
    def bad_rows(self) -> str | None:
        """The requested bad-rows file."""
        return os.fspath(self.check.bad_rows) if self.check.bad_rows is not None else None


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
    if not report.ok and request.bad_rows is not None:
        good = f"; the good ones are in {visible(request.clean)}" if request.clean is not None else ""
        mended = check_mended(report, request, request.bad_rows)
        return f"NOT READY: mend the {bad} in {visible(request.bad_rows)}{_fixable(report)}{good}. Next: {mended}"
    if not report.ok and request.is_gone:
        what = "standard input" if request.file == "-" else "a pipe"
        message = f"{what} cannot be read again; save it in a file to collect and mend them"
        return f"NOT READY: {bad}{_fixable(report)}; {message}. Next: {explained(report.problems)}"
    if not report.ok:
        return f"NOT READY: {bad}{_fixable(report)}, to be collected and mended. Next: {to_collect(report, request)}"
    of_clean = f" of {visible(request.clean)}" if request.clean is not None and report.fixes.kinds else ""
    ready = f"READY, with {_warnings(report)}" if report.warnings else "READY"
    return f"{ready}: every row{of_clean} may be sent. Next: {rehearse(report, request)}"


def _warnings(report: Report) -> str:
    """The number of rows with warnings, or of warnings if these concern the file as a whole."""
    if not report.warned_rows:
        return f"{counted(sum(report.warnings.values()), 'warning')} of the file as a whole"
    least = "at least " if report.more_are_warned else ""
    return f"warnings in {least}{report.warned_rows:,} of {counted(report.rows, 'row')}"


def explained(codes: Mapping[str, int]) -> str:
    """The command that explains the most frequent of these problems."""
    return commands.codes(max(codes, key=lambda code: codes[code]))


def to_mend(report: Report, request: Request) -> str:
    """The line that proposes `mending`; empty if nothing can be mended."""
    command = mending(report, request)
    return f"To apply the fixes and suggestions, once you have looked at them: {command}" if command else ""


def mending(report: Report, request: Request, *, collect: bool = False) -> str:
    """The check that applies all fixes and suggestions; empty if there are none.

    With `collect` it also writes the rows that are still bad.
    """
    found = report.mendable
    changes = {name: names for name, names in (("fix", found.fix), ("accept", found.accept)) if names}
    if not changes or report.contradiction is not None or request.merge_into is not None or request.is_gone:
        return ""
    given = {**_found(report, ["dateformat"]), **request.options}
    all_kinds = {name for name, value in given.items() if value is None}
    merged = {name: _merged(given.get(name), value) for name, value in changes.items() if name not in all_kinds}
    outputs = {"clean": request.clean or f"{stem_of(request.file)}-clean.csv"}
    if collect:
        outputs["bad-rows"] = request.bad_rows or f"{stem_of(request.file)}-bad.csv"
    return commands.check(request.file, {**given, **merged, **outputs})


def to_collect(report: Report, request: Request) -> str:
    """The same check with files for the good and the bad rows.

    It states the detected date format, which the fewer rows of the bad-rows file might leave open.
    """
    stem = stem_of(request.file)
    outputs = {"clean": request.clean or f"{stem}-clean.csv", "bad-rows": f"{stem}-bad.csv"}
    return commands.check(request.file, {**_found(report, ["dateformat"]), **request.options, **outputs})


def about_others(report: Report, request: Request) -> str:
    """The line that proposes `without_others`; empty if there are no such rows."""
    command = without_others(report, request)
    return f"Known export: {report.export['says']}. To leave the other rows out: {command}" if command else ""


def without_others(report: Report, request: Request) -> str:
    """The same check with the options of `leaving_others_out`; empty if there are none.

    The date format that was found is said, as fewer rows may leave it open.
    """
    wanted = leaving_others_out(report)
    if not wanted or request.merge_into is not None or request.is_gone:
        return ""
    found = _found(report, ["dateformat"])
    return commands.check(request.file, {**found, **request.options, **wanted, **_outputs(request)})


def leaving_others_out(report: Report) -> Options:
    """The options that leave out the rows of a known export for people who did not come, or who joined again.

    Empty if the export has no such rows, or the check has such an option.
    """
    export, wanted = report.export, dict[str, str | list[str] | None]()
    if export.get("only") and not report.layout.only:
        wanted["only"] = list(export["only"])
    if export.get("once_per_day") and not report.layout.once_per_day:
        wanted["once-per-day"] = None
    return wanted


def _outputs(request: Request) -> Options:
    """The requested outputs that hold rows, as options."""
    outputs = {"clean": request.clean, "bad-rows": request.bad_rows, "merge-into": request.merge_into}
    return {name: path for name, path in outputs.items() if path is not None}


def _merged(given: str | list[str] | None, added: Iterable[str]) -> str:
    """The value of an option that takes several names: the given ones and the added ones."""
    before = given.split(",") if isinstance(given, str) else []
    return ",".join(dict.fromkeys([*before, *added]))


def _fixable(report: Report) -> str:
    """The number of bad rows that fixes would mend, and their kinds, as part of a sentence."""
    found = report.mendable
    return f", {found.fix_rows:,} of which --fix mends ({', '.join(found.fix)})" if found.fix_rows else ""


def _verdict_of_merge(report: Report, request: Request, merged: Merged) -> str:
    """The verdict of a merge: the rows added to the clean file, those that it had already, and those still bad."""
    clean, remarks = visible(merged.clean), ""
    if merged.already_there:
        remarks = f"; {_were(merged.already_there)} in it already"
    changes = [f"{counted(merged.added, 'row')} added at the end of {clean}"] if merged.added else []
    if merged.replaced:
        of_clean = "merged before" if merged.added else f"of {clean}"
        changes.append(f"{counted(merged.replaced, 'row')} {of_clean} replaced by corrections")
    if merged.only_adds and merged.added:
        remarks += f"; rows were only added, as there is no {sidecar_path(merged.clean).name} that lists its rows"
    if merged.read_as:
        remarks += f"; read as {' with '.join(merged.read_as.values())}"
    if changes:
        message = f"MERGED: {', '.join(changes)}, {merged.rows:,} in all{remarks}"
    else:
        message = f"{'MERGED' if report.ok else 'NOT MERGED'}: {clean} is unchanged{remarks}"
    if report.ok:
        return f"{message}. Next: {rehearse(report, request)}"
    if only_blank_rows_are_bad(report):
        return f"{message}; {_blank_rows(report)}. Next: {rehearse(report, request)}"
    file, still = request.bad_rows or request.file, f"{counted(report.bad_rows, 'row')} still bad"
    if file == "-":
        return f"{message}; {still}, which --bad-rows collects. Next: {explained(report.problems)}"
    return f"{message}; mend the {still} in {visible(named(file))}. Next: {check_mended(report, request, file)}"


def only_blank_rows_are_bad(report: Report) -> bool:
    """Whether no bad row can be mended."""
    return report.problems.keys() == {"blank-row"}


def _blank_rows(report: Report) -> str:
    """The number of blank rows, and that there is nothing to mend."""
    return f"{_are(report.bad_rows, 'bad row')} blank, there is nothing to mend"


def _verdict_without_blank_rows(report: Report, request: Request) -> str:
    """The verdict if only blank rows are bad: the good rows may be sent."""
    message = f"NOT READY: {_blank_rows(report)}"
    if request.clean is not None:
        return f"{message}; {visible(request.clean)} may be sent. Next: {rehearse(report, request)}"
    return f"{message}; --drop-bad-rows sends the others. Next: {rehearse(report, request, {'drop-bad-rows': None})}"


def _are(number: int, noun: str) -> str:
    """`1 row is`, `2 rows are`."""
    return f"{counted(number, noun)} {'is' if number == 1 else 'are'}"


def _were(number: int) -> str:
    """`1 row was`, `2 rows were`."""
    return f"{counted(number, 'row')} {'was' if number == 1 else 'were'}"


def check_otherwise(report: Report, request: Request) -> str:
    """The same check with the option that resolves the contradiction; else the command that inspects the file."""
    works = report.contradiction.suggestion if report.contradiction is not None else ""
    if not works:
        options = {name: request.options[name] for name in OF_FILE if name in request.options}
        return commands.inspect(request.file, options)
    given = {name: value for name, value in request.options.items() if f"--{name} " not in works}
    return f"{commands.check(request.file, {**given, **_outputs(request)})} {works}"


def check_mended(report: Report, request: Request, file: str) -> str:
    """The check of a mended bad-rows file, merged into the clean file if there is one.

    A bad-rows file has too few rows to detect the layout again, so the command states it, unless the clean file's
    sidecar has it (`opening.noting`).
    """
    target = request.merge_into or request.clean
    if target is not None and CleanNotes.of(target) is not None:
        return commands.check(file, {**_not_noted(report, request), "merge-into": target})
    options, clean = _of_output({**_settled(report, request), **request.options}), request.merge_into or request.clean
    if clean is not None and is_remote(clean):
        clean = None  # merging needs a local file
    if report.layout.firstrow is FirstRow.N:
        options = {**options, "firstrow": FirstRow.N.value}
    return commands.check(file, {**options, **({"merge-into": clean} if clean is not None else {})})


def _not_noted(report: Report, request: Request) -> Options:
    """The options that a clean file's sidecar does not have: the known titles, and the modules of own rules."""
    wanted = {"known-titles", "rule", *(["profile"] if report.layout.own else [])}
    return {name: value for name, value in request.options.items() if name in wanted}


def rehearse(report: Report, request: Request, added: Options | None = None) -> str:
    """The command that sends to the stand-in, which needs no account."""
    return send(report, request, {"rehearse": None, **(added or {})})


def send(report: Report, request: Request, added: Options) -> str:
    """The command that sends the clean file, or the file itself if no clean file was requested."""
    options, clean = {**_settled(report, request), **request.options}, request.merge_into or request.clean
    if clean is not None:
        options = {name: value for name, value in _of_output(options).items() if name not in _OF_SOURCE}
        options = {**options, **commands.columns_of(report.layout.of_clean, report.layout.texts)}
        if report.normalized is not None or "date" in report.layout.texts:
            options = {**options, "dateformat": report.clean_dateformat}
    return commands.send(clean or request.file, {**options, **added}, request.where)


def _settled(report: Report, request: Request) -> Options:
    """The detected layout as options; in a merge, the layout of the clean file's sidecar."""
    if request.merge_into is None:
        return _found(report)
    texts = {*report.layout.texts, *(["dateformat"] if "date" in report.layout.texts else [])}
    return commands.columns_of(report.layout, [name for name in PLAIN if name not in texts])


def _found(report: Report, names: Collection[str] = PLAIN) -> Options:
    """The detected columns and date format, as options."""
    return commands.columns_of(report.layout, [name for name in names if name in report.detected])


def _of_output(options: Options) -> Options:
    """The options for a file that a check wrote, which is UTF-8 and contains only the table."""
    options = {name: value for name, value in options.items() if name not in ("table-line", "sheet")}
    return {**options, "encoding": "utf-8"} if options.keys() & {"encoding", "profile"} else options
