"""The kinds of outputs by file ending, and the function that opens them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from pathlib import Path

from preflight.layouts.resolved import ResolvedLayout
from preflight.model.options import CheckOptions, File
from preflight.outputs.addedcells import AddedCells
from preflight.outputs.bad_rows import BadRows
from preflight.outputs.file import Digest, OutputFile
from preflight.outputs.leftovers import is_temporary, temporary_folder
from preflight.outputs.recorded import RecordedFile
from preflight.outputs.sinks import CleanFile, FixesFile, JsonReportFile, Output, ProblemsFile, WrittenParts
from preflight.remote.url import is_remote


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
