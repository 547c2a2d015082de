"""The last line of a check: the verdict, and the next command, to be pasted as it stands."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from preflight.report import Report
from preflight.show import counted, visible

if TYPE_CHECKING:
    from preflight.merging import Merged


@dataclass(frozen=True, slots=True)
class Asked:
    """What a check was asked for: the file, the files to write, and the options that the next command takes, too.

    These are `options` as they were given, by name: the layout's, `oldest`, `newest`, `known-titles`.
    """

    file: str
    options: Mapping[str, str]
    clean: str | None = None
    bad_rows: str | None = None
    merge_into: str | None = None
    strict: bool = False


def verdict(report: Report, asked: Asked, merged: Merged | None = None) -> str:
    """One line. Where an output that helps was not asked for, the next command is this check, asking for it.

    `merged` is the clean file that rows were to be merged into, when they were.
    """
    if report.contradiction is not None:
        return f"NOT READY: the layout contradicts the file, no row was judged. Next: {_check_otherwise(report, asked)}"
    bad = counted(report.bad_rows, "bad row")
    if not report.ok and asked.merge_into is not None:
        left = f"{visible(asked.merge_into)} is as it was; mend the {bad} in {visible(asked.file)}"
        return f"NOT MERGED: {left}. Next: {_check_mended(report, asked, asked.file)}"
    if not report.ok and asked.bad_rows is not None:
        good = f"; the good ones are in {visible(asked.clean)}" if asked.clean is not None else ""
        mended = _check_mended(report, asked, asked.bad_rows)
        return f"NOT READY: mend the {bad} in {visible(asked.bad_rows)}{good}. Next: {mended}"
    if not report.ok:
        return f"NOT READY: {bad}, to be collected and mended. Next: {_check_again(report, asked)}"
    if asked.strict and report.warnings:
        told = counted(sum(report.warnings.values()), "warning")
        return f"NOT READY: {told}, and --strict was given. Next: preflight codes {next(iter(report.warnings))}"
    if merged is not None:
        told = f"{counted(merged.added, 'row')} more at the end of {visible(merged.clean)}, {merged.rows:,} in all"
        return f"MERGED: {told}. Next: {_rehearse(report, asked)}"
    of_clean = f" of {visible(asked.clean)}" if asked.clean is not None and report.fixes.kinds else ""
    return f"READY: every row{of_clean} may be sent. Next: {_rehearse(report, asked)}"


def _check_otherwise(report: Report, asked: Asked) -> str:
    """The check with the option that would work."""
    works = report.contradiction.suggestion if report.contradiction is not None else ""
    if not works:
        return f"preflight inspect {_quoted(asked.file)}"
    given = {name: value for name, value in asked.options.items() if f"--{name} " not in works}
    outputs = {"clean": asked.clean, "bad-rows": asked.bad_rows, "merge-into": asked.merge_into}
    wanted = {name: path for name, path in outputs.items() if path is not None}
    return " ".join(filter(None, ["preflight check", _quoted(asked.file), _said({**given, **wanted}), works]))


def _check_again(report: Report, asked: Asked) -> str:
    """The same check, with files for the good rows and the bad ones."""
    name = Path(asked.file).name.removesuffix(".gz").removesuffix(".csv")
    stem = "input" if name in ("", "-") else name
    outputs = {"clean": asked.clean or f"{stem}-clean.csv", "bad-rows": f"{stem}-bad.csv"}
    command = f"preflight check {_quoted(asked.file)} {_said(_with_dateformat(report, asked))} {_said(outputs)}"
    if report.fixes.kinds:
        command += f" --fix={','.join(report.fixes.kinds)}"
    return command + (" --normalize-dates" if report.normalized is not None else "")


def _check_mended(report: Report, asked: Asked, file: str) -> str:
    """The check of a mended bad-rows file, which adds its rows to the clean file where there is one."""
    command = f"preflight check {_quoted(file)} {_said(_of_output(_with_dateformat(report, asked)))}"
    clean = asked.merge_into or asked.clean
    if clean is None:
        return command
    command += f" {_said({'merge-into': clean})}"
    return command + (" --normalize-dates" if report.normalized is not None else "")


def _rehearse(report: Report, asked: Asked) -> str:
    """Sending to the stand-in, which needs no account; NAME is the custom event's, which nobody else knows."""
    options, clean = _with_dateformat(report, asked), asked.merge_into or asked.clean
    if clean is not None:
        options = _of_output({**options, "dateformat": report.clean_dateformat})
    what = f"uploader send {_quoted(clean or asked.file)} --destination NAME"
    return f"{what} --customeventaction CUSTOM_GENERAL {_said(options)} --rehearse"


def _with_dateformat(report: Report, asked: Asked) -> Mapping[str, str]:
    """The options given, and the date format in any case: fewer rows might leave it open."""
    return {**asked.options, "dateformat": report.layout.dateformat.pattern}


def _of_output(options: Mapping[str, str]) -> Mapping[str, str]:
    """The options for a file that a check wrote: it is UTF-8."""
    return {**options, "encoding": "utf-8"} if options.keys() & {"encoding", "profile"} else options


def _said(options: Mapping[str, str]) -> str:
    """Options as they are typed."""
    return " ".join(
        f"--{name}{'=' if value.startswith('-') else ' '}{_quoted(value, '')}" for name, value in options.items()
    )


def _quoted(text: str, folder: str = "./") -> str:
    """A text as a shell takes it, on one line; a file whose name looks like an option gets its `folder` said."""
    if text.startswith("-") and text != "-":
        text = folder + text
    if text.isprintable():
        return shlex.quote(text)
    return "$'" + visible(text).replace("'", "\\'") + "'"
