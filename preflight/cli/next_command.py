"""The commands that may follow a check, ready to be pasted."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from preflight.cli import commands
from preflight.cli.commands import Options
from preflight.layouts.columns import COLUMNS
from preflight.layouts.layout import Layout
from preflight.layouts.option import option_name, options_of
from preflight.layouts.words import FirstRow
from preflight.model.options import CheckOptions
from preflight.model.report import Report
from preflight.opening.provenance import CleanProvenance
from preflight.remote.url import is_remote
from preflight.text.display import stem_of

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
    """The same check with the options of `Report.leaving_others_out`; empty if there are none.

    The date format that was found is said, as fewer rows may leave it open.
    """
    wanted = report.leaving_others_out
    if not wanted or request.merge_into is not None or request.is_gone:
        return ""
    found = _found(report, ["dateformat"])
    return commands.check(request.file, {**found, **request.options, **wanted, **_outputs(request)})


def _outputs(request: Request) -> Options:
    """The requested outputs that hold rows, as options."""
    outputs = {"clean": request.clean, "bad-rows": request.bad_rows, "merge-into": request.merge_into}
    return {name: path for name, path in outputs.items() if path is not None}


def _merged(given: str | list[str] | None, added: Iterable[str]) -> str:
    """The value of an option that takes several names: the given ones and the added ones."""
    before = given.split(",") if isinstance(given, str) else []
    return ",".join(dict.fromkeys([*before, *added]))


def check_otherwise(report: Report, request: Request) -> str:
    """The same check with the option that resolves the contradiction; else the command that inspects the file."""
    works = report.contradiction.suggestion if report.contradiction is not None else ""
    if not works:
        return look(request)
    given = {name: value for name, value in request.options.items() if f"--{name} " not in works}
    return f"{commands.check(request.file, {**given, **_outputs(request)})} {works}"


def look(request: Request) -> str:
    """The command that inspects the file, without the layout that was given."""
    return commands.inspect(request.file, {name: request.options[name] for name in OF_FILE if name in request.options})


def check_mended(report: Report, request: Request, file: str) -> str:
    """The check of a mended bad-rows file, merged into the clean file if there is one.

    A bad-rows file has too few rows to detect the layout again, so the command states it, unless the clean file's
    sidecar has it (`opening.provenance`).
    """
    target = request.merge_into or request.clean
    if target is not None and CleanProvenance.of(target) is not None:
        return commands.check(file, {**_not_stored(report, request), "merge-into": target})
    options, clean = _of_output({**_settled(report, request), **request.options}), request.merge_into or request.clean
    if clean is not None and is_remote(clean):
        clean = None  # merging needs a local file
    if report.layout.firstrow is FirstRow.N:
        options = {**options, "firstrow": FirstRow.N.value}
    return commands.check(file, {**options, **({"merge-into": clean} if clean is not None else {})})


def _not_stored(report: Report, request: Request) -> Options:
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
    return commands.send([clean or request.file], {**options, **added}, request.where)


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
