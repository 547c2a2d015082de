"""The kinds of outputs by file ending, the function that opens them, and those that are refused.

Refused are outputs that would overwrite another file, or are of an unknown kind.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from os import PathLike
from pathlib import Path
from typing import BinaryIO

from preflight.errors import OutputError
from preflight.layouts.resolved import ResolvedLayout
from preflight.model.options import CheckOptions, File
from preflight.outputs.addedcells import AddedCells
from preflight.outputs.bad_rows import BadRows
from preflight.outputs.file import Digest, OutputFile
from preflight.outputs.leftovers import is_temporary, temporary_folder
from preflight.outputs.recorded import RecordedFile
from preflight.outputs.sidecar import sidecar_path
from preflight.outputs.sinks import CleanFile, FixesFile, JsonReportFile, Output, ProblemsFile, WrittenParts
from preflight.remote.url import is_remote, place_of, sidecar_url
from preflight.rules.own import FunctionRule
from preflight.text.asking import is_on_command_line
from preflight.text.display import shown, shown_file


def _html_report(out: OutputFile, layout: ResolvedLayout, heading: bytes) -> Output:
    from preflight.outputs.html import HtmlReportFile  # rarely needed, and slow to import

    return HtmlReportFile(out, layout, heading)


def _bad_rows_text(stack: ExitStack, out: OutputFile, layout: ResolvedLayout, heading: bytes) -> Output:
    rows = BadRows(layout, heading)
    return WrittenParts(out, rows, rows.beginning)


def _bad_rows_workbook(stack: ExitStack, out: OutputFile, layout: ResolvedLayout, heading: bytes) -> Output:
    from preflight.sheets.bad_workbook import BadRowsWorkbook

    made = BadRowsWorkbook(out, layout, heading, stack.enter_context(temporary_folder()))
    stack.callback(made.close)
    return made


BAD_ROWS_KINDS: Mapping[str, Callable[[ExitStack, OutputFile, ResolvedLayout, bytes], Output]] = {
    ".xlsx": _bad_rows_workbook,
}
"""The kinds of bad-rows files by ending; with any other ending the file has the input's layout."""

REPORT_KINDS: Mapping[str, Callable[[OutputFile, ResolvedLayout, bytes], Output]] = {
    ".csv": lambda out, *_: ProblemsFile(out),
    ".json": lambda out, *_: JsonReportFile(out),
    ".html": _html_report,
}
"""The kinds of report files by ending: functions of the file to write, the layout, and the heading's bytes."""


def opened_outputs(
    stack: ExitStack, options: CheckOptions, digest: Digest | None, layout: ResolvedLayout, heading: bytes
) -> tuple[list[Output], Mapping[File, RecordedFile]]:
    """Open the outputs of a check until `stack` closes; returns them, and the files of those with a sidecar."""
    recorded: dict[File, RecordedFile] = {}

    def opened(path: File, digest: Digest | None = None) -> OutputFile:
        _make_folder(path)
        if path not in options.recorded or is_temporary(path):
            return stack.enter_context(OutputFile(path, digest))
        recorded[path] = RecordedFile(path, overwrite=options.overwrite, digest=digest)
        return stack.enter_context(recorded[path])

    outputs: list[Output] = []
    if options.clean is not None:
        out = opened(options.clean, digest)
        normalized = options.normalize_dates and "date" not in layout.texts
        outputs.append(CleanFile(out, heading, AddedCells(layout), normalized=normalized))
    if options.bad_rows is not None:
        make = BAD_ROWS_KINDS.get(Path(options.bad_rows).suffix.lower(), _bad_rows_text)
        outputs.append(make(stack, opened(options.bad_rows), layout, heading))
    for path in options.reports:
        outputs.append(REPORT_KINDS[Path(path).suffix.lower()](opened(path), layout, heading))
    if options.fixes is not None:
        outputs.append(FixesFile(opened(options.fixes)))
    return outputs, recorded


def _make_folder(path: File) -> None:
    """Create the folder of an output."""
    if is_remote(path):
        return
    with suppress(OSError):  # opening the file raises it again
        Path(path).parent.mkdir(parents=True, exist_ok=True)


OTHER_KINDS = frozenset(
    {".xlsx", ".xlsm", ".xlsb", ".xls", ".ods", ".pdf", ".html", ".htm", ".json", ".xml", ".parquet", ".doc", ".docx"}
    | {".zip", ".gz", ".bz2", ".xz", ".zst"}
)
"""The endings of workbooks, documents and archives: refused for an output that is not written as one."""


def refuse_unwritable(file: File | BinaryIO, options: CheckOptions) -> None:
    """Raise `OutputError` for outputs that would overwrite the input or each other, or of an unknown kind."""
    for report in options.reports:
        if Path(report).suffix.lower() not in REPORT_KINDS:
            raise OutputError(
                f"cannot tell the kind of the report {shown_file(report)}; name it *.csv, *.json or *.html"
                + (", or use `--report github`" if is_on_command_line() else "")
            )
    for path in options.recorded:
        suffix = Path(path).suffix.lower()
        if suffix in OTHER_KINDS and not (path == options.bad_rows and suffix in BAD_ROWS_KINDS):
            what = "*.csv or *.xlsx" if path == options.bad_rows else "*.csv"
            raise OutputError(f"cannot write {shown_file(path)}: it would hold CSV text; name it {what}")
    for path in options.outputs:
        if "\0" in os.fspath(path):
            raise OutputError(f"cannot write {shown_file(path)}: its name holds a NUL character")
    taken = {place_of(file)} if isinstance(file, str | PathLike) else set()
    for path in (*options.outputs, *map(_sidecar_of, options.recorded)):
        try:
            real = place_of(path)
        except ValueError as error:
            raise OutputError(f"cannot write {shown_file(path)}: {error}") from error
        if real in taken and (is_remote(path) or os.path.isfile(real) or not os.path.exists(real)):
            raise OutputError(f"cannot write {shown_file(path)}: it is the file to check, or another output")
        taken.add(real)


def _sidecar_of(path: File) -> File:
    """The sidecar of an output."""
    return sidecar_url(os.fspath(path)) if is_remote(path) else sidecar_path(path)


def refuse_to_replace_rules(rules: Sequence[FunctionRule], options: CheckOptions) -> None:
    """Raise `OutputError` for an output that would overwrite the module of an own rule."""
    written = {os.path.realpath(path): path for path in options.outputs}
    for rule in rules:
        file = getattr(sys.modules.get(rule.judge.__module__), "__file__", None)
        if file is not None and (path := written.get(os.path.realpath(file))) is not None:
            raise OutputError(f"cannot write {shown_file(path)}: it contains the rule {shown(rule.code.code)}")
