"""The last line of a check: the verdict, and the next command, to be pasted as it stands."""

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
"""What of a layout is said once it was found."""


OF_FILE = ("encoding", "table-line", "sheet")
"""The options that stand beside any layout."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a check was asked for: the file, what to do with it, and the options that the next command takes, too.

    These are `options` as they were given, by name. `where` names what a profile says of destination and action.
    """

    file: str
    options: Options
    check: CheckOptions
    merge_into: str | None = None
    where: Collection[str] = ()

    @property
    def is_gone(self) -> bool:
        """True for what cannot be read again."""
        return commands.is_gone(self.file)

    @property
    def clean(self) -> str | None:
        """The clean file that was asked for."""
        return os.fspath(self.check.clean) if self.check.clean is not None else None

    @property
    def bad_rows(self) -> str | None:
        """The bad-rows file that was asked for."""
        return os.fspath(self.check.bad_rows) if self.check.bad_rows is not None else None


def verdict(report: Report, asked: Asked, merged: Merged | None = None) -> str:
    """One line. Where an output that helps was not asked for, the next command is this check, asking for it.

    `merged` is the outcome for the clean file that rows were to be merged into.
    """
    if (fault := report.contradiction) is not None:
        message = "the layout contradicts the file" if fault.suggestion else "no layout reads the file"
        return f"NOT READY: {message}, no row was judged. Next: {check_otherwise(report, asked)}"
    warned = asked.check.strict and bool(report.warnings)
    if merged is not None:
        return _verdict_of_merge(report, asked, merged)
    if warned and (report.ok or asked.merge_into is not None):
        left = f"NOT MERGED: {visible(asked.merge_into)} is as it was" if asked.merge_into is not None else "NOT READY"
        return f"{left}: {_warnings(report)}, and --strict was given. Next: {explained(report.warnings)}"
    if only_blank_rows_are_bad(report) and report.good_rows and not warned:
        return _verdict_without_blank_rows(report, asked)
    bad = counted(report.bad_rows, "bad row")
    if not report.ok and asked.bad_rows is not None:
        good = f"; the good ones are in {visible(asked.clean)}" if asked.clean is not None else ""
        mended = check_mended(report, asked, asked.bad_rows)
        return f"NOT READY: mend the {bad} in {visible(asked.bad_rows)}{_fixable(report)}{good}. Next: {mended}"
    if not report.ok and asked.is_gone:
        what = "standard input" if asked.file == "-" else "a pipe"
        message = f"{what} cannot be read again; save it in a file to collect and mend them"
        return f"NOT READY: {bad}{_fixable(report)}; {message}. Next: {explained(report.problems)}"
    if not report.ok:
        return f"NOT READY: {bad}{_fixable(report)}, to be collected and mended. Next: {to_collect(report, asked)}"
    of_clean = f" of {visible(asked.clean)}" if asked.clean is not None and report.fixes.kinds else ""
    ready = f"READY, with {_warnings(report)}" if report.warnings else "READY"
    return f"{ready}: every row{of_clean} may be sent. Next: {rehearse(report, asked)}"


def _warnings(report: Report) -> str:
    """In how many rows there are warnings; of those that concern none alone how many there are."""
    if not report.warned_rows:
        return f"{counted(sum(report.warnings.values()), 'warning')} of the file as a whole"
    least = "at least " if report.more_are_warned else ""
    return f"warnings in {least}{report.warned_rows:,} of {counted(report.rows, 'row')}"


def explained(codes: Mapping[str, int]) -> str:
    """What the most frequent of some problems means."""
    return commands.codes(max(codes, key=lambda code: codes[code]))


def to_mend(report: Report, asked: Asked) -> str:
    """What to say of `mending`; empty where there is no such thing."""
    command = mending(report, asked)
    return f"To mend what can be, once you have looked at the suggestions: {command}" if command else ""


def mending(report: Report, asked: Asked, *, collect: bool = False) -> str:
    """The check that fixes what has one reading and accepts what is suggested; empty where there is no such thing.

    It is to `collect` the rows that are still bad, if that is asked for.
    """
    found = report.mendable
    changes = {name: names for name, names in (("fix", found.fix), ("accept", found.accept)) if names}
    if not changes or report.contradiction is not None or asked.merge_into is not None or asked.is_gone:
        return ""
    given = {**_found(report, ["dateformat"]), **asked.options}
    all_kinds = {name for name, value in given.items() if value is None}
    both = {name: _both(given.get(name), value) for name, value in changes.items() if name not in all_kinds}
    outputs = {"clean": asked.clean or f"{stem_of(asked.file)}-clean.csv"}
    if collect:
        outputs["bad-rows"] = asked.bad_rows or f"{stem_of(asked.file)}-bad.csv"
    return commands.check(asked.file, {**given, **both, **outputs})


def to_collect(report: Report, asked: Asked) -> str:
    """The same check, with files for the good rows and the bad ones; fewer rows might leave the date format open."""
    stem = stem_of(asked.file)
    outputs = {"clean": asked.clean or f"{stem}-clean.csv", "bad-rows": f"{stem}-bad.csv"}
    return commands.check(asked.file, {**_found(report, ["dateformat"]), **asked.options, **outputs})


def about_others(report: Report, asked: Asked) -> str:
    """What to say of `without_others`; empty where there are none."""
    command = without_others(report, asked)
    return f"Known export: {report.export['says']}. To leave the other rows out: {command}" if command else ""


def without_others(report: Report, asked: Asked) -> str:
    """The same check with the options `leaving_others_out`; empty where there are none."""
    wanted = leaving_others_out(report)
    if not wanted or asked.merge_into is not None or asked.is_gone:
        return ""
    return commands.check(asked.file, {**asked.options, **wanted, **_outputs(asked)})


def leaving_others_out(report: Report) -> Options:
    """The options without the rows that a known export has of people who did not come, or of each time one joined.

    Empty where there are no such rows, and where rows are chosen.
    """
    export, wanted = report.export, dict[str, str | list[str] | None]()
    if export.get("only") and not report.layout.only:
        wanted["only"] = list(export["only"])
    if export.get("once_per_day") and not report.layout.once_per_day:
        wanted["once-per-day"] = None
    return wanted


def _outputs(asked: Asked) -> Options:
    """The outputs that were asked for and hold rows, as options."""
    outputs = {"clean": asked.clean, "bad-rows": asked.bad_rows, "merge-into": asked.merge_into}
    return {name: path for name, path in outputs.items() if path is not None}


def _both(given: str | list[str] | None, more: Iterable[str]) -> str:
    """The names after an option that were given, and more."""
    before = given.split(",") if isinstance(given, str) else []
    return ",".join(dict.fromkeys([*before, *more]))


def _fixable(report: Report) -> str:
    """How many bad rows fixes would mend, and of which kinds."""
    found = report.mendable
    return f", {found.fix_rows:,} of which --fix mends ({', '.join(found.fix)})" if found.fix_rows else ""


def _verdict_of_merge(report: Report, asked: Asked, merged: Merged) -> str:
    """What was added to the clean file, what was there, and what is still to be mended."""
    clean, there = visible(merged.clean), ""
    if merged.already_there:
        there = f"; {_were(merged.already_there)} in it already"
    changes = [f"{counted(merged.added, 'row')} more at the end of {clean}"] if merged.added else []
    if merged.replaced:
        of_clean = "merged before" if merged.added else f"of {clean}"
        changes.append(f"{counted(merged.replaced, 'row')} {of_clean} replaced by what is corrected now")
    if merged.only_adds and merged.added:
        there += f"; rows were only added, as no {sidecar_path(merged.clean).name} tells which it has"
    if merged.read_as:
        there += f"; read as {' with '.join(merged.read_as.values())}"
    if changes:
        message = f"MERGED: {', '.join(changes)}, {merged.rows:,} in all{there}"
    else:
        message = f"{'MERGED' if report.ok else 'NOT MERGED'}: {clean} is as it was{there}"
    if report.ok:
        return f"{message}. Next: {rehearse(report, asked)}"
    if only_blank_rows_are_bad(report):
        return f"{message}; {_blank_rows(report)}. Next: {rehearse(report, asked)}"
    file, still = asked.bad_rows or asked.file, f"{counted(report.bad_rows, 'row')} still bad"
    if file == "-":
        return f"{message}; {still}, which --bad-rows collects. Next: {explained(report.problems)}"
    return f"{message}; mend the {still} in {visible(named(file))}. Next: {check_mended(report, asked, file)}"


def only_blank_rows_are_bad(report: Report) -> bool:
    """True when there is nothing to mend."""
    return report.problems.keys() == {"blank-row"}


def _blank_rows(report: Report) -> str:
    """That rows are bad, but none is to be mended."""
    return f"{_are(report.bad_rows, 'bad row')} blank, there is nothing to mend"


def _verdict_without_blank_rows(report: Report, asked: Asked) -> str:
    """The good rows may be sent as they are: the clean file, or this file without the others."""
    message = f"NOT READY: {_blank_rows(report)}"
    if asked.clean is not None:
        return f"{message}; {visible(asked.clean)} may be sent. Next: {rehearse(report, asked)}"
    return f"{message}; --drop-bad-rows sends the others. Next: {rehearse(report, asked, {'drop-bad-rows': None})}"


def _are(number: int, noun: str) -> str:
    """`1 row is`, `2 rows are`."""
    return f"{counted(number, noun)} {'is' if number == 1 else 'are'}"


def _were(number: int) -> str:
    """`1 row was`, `2 rows were`."""
    return f"{counted(number, 'row')} {'was' if number == 1 else 'were'}"


def check_otherwise(report: Report, asked: Asked) -> str:
    """The check with the option that would work."""
    works = report.contradiction.suggestion if report.contradiction is not None else ""
    if not works:
        return commands.inspect(asked.file, {name: asked.options[name] for name in OF_FILE if name in asked.options})
    given = {name: value for name, value in asked.options.items() if f"--{name} " not in works}
    return f"{commands.check(asked.file, {**given, **_outputs(asked)})} {works}"


def check_mended(report: Report, asked: Asked, file: str) -> str:
    """The check of a mended bad-rows file, which adds its rows to the clean file where there is one.

    Its cells show less than those of the source, so all that was found there is said, unless it stands beside the clean
    file (`opening.noting`).
    """
    target = asked.merge_into or asked.clean
    if target is not None and CleanNotes.of(target) is not None:
        return commands.check(file, {**_not_noted(report, asked), "merge-into": target})
    options, clean = _of_output({**_settled(report, asked), **asked.options}), asked.merge_into or asked.clean
    if clean is not None and is_remote(clean):
        clean = None  # rows are merged into local files only
    if report.layout.firstrow is FirstRow.N:
        options = {**options, "firstrow": FirstRow.N.value}
    return commands.check(file, {**options, **({"merge-into": clean} if clean is not None else {})})


def _not_noted(report: Report, asked: Asked) -> Options:
    """What is not noted beside a clean file: the known titles, and where own rules are found."""
    wanted = {"known-titles", "rule", *(["profile"] if report.layout.own else [])}
    return {name: value for name, value in asked.options.items() if name in wanted}


def rehearse(report: Report, asked: Asked, more: Options | None = None) -> str:
    """Sending to the stand-in, which needs no account."""
    return send(report, asked, {"rehearse": None, **(more or {})})


def send(report: Report, asked: Asked, more: Options) -> str:
    """Sending the clean file, or the file itself where none was asked for."""
    options, clean = {**_settled(report, asked), **asked.options}, asked.merge_into or asked.clean
    if clean is not None:
        options = {name: value for name, value in _of_output(options).items() if name not in _OF_SOURCE}
        options = {**options, **commands.columns_of(report.layout.of_clean, report.layout.texts)}
        if report.normalized is not None or "date" in report.layout.texts:
            options = {**options, "dateformat": report.clean_dateformat}
    return commands.send(clean or asked.file, {**options, **more}, asked.where)


def _settled(report: Report, asked: Asked) -> Options:
    """What was found, or, in a merge, was noted beside the clean file."""
    if asked.merge_into is None:
        return _found(report)
    texts = {*report.layout.texts, *(["dateformat"] if "date" in report.layout.texts else [])}
    return commands.columns_of(report.layout, [name for name in PLAIN if name not in texts])


def _found(report: Report, names: Collection[str] = PLAIN) -> Options:
    """What was found of the columns and the date format, as options."""
    return commands.columns_of(report.layout, [name for name in names if name in report.detected])


def _of_output(options: Options) -> Options:
    """The options for a file that a check wrote: it is UTF-8, and holds the table alone."""
    options = {name: value for name, value in options.items() if name not in ("table-line", "sheet")}
    return {**options, "encoding": "utf-8"} if options.keys() & {"encoding", "profile"} else options
