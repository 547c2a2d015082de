"""The kinds of outputs, by the ending of a file's name, and the files opened for them."""

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
    from preflight.outputs.html import HtmlReportFile  # few ask for it, and all would wait for its import

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
"""What a bad-rows file is, by the ending of its name; with any other one it is in the file's own layout."""

REPORT_KINDS: Mapping[str, Callable[[OutputFile, ResolvedLayout, bytes], Output]] = {
    ".csv": lambda out, *_: ProblemsFile(out),
    ".json": lambda out, *_: JsonReportFile(out),
    ".html": _html_report,
}
"""What a report file is, by the ending of its name: made of the file to write, the layout, and the heading's bytes."""


def opened_outputs(
    stack: ExitStack,
    recorded: dict[File, RecordedFile],
    options: CheckOptions,
    digest: Digest | None,
    layout: ResolvedLayout,
    heading: bytes,
) -> list[Output]:
    """The outputs of a check, open until `stack` ends; those with a sidecar stand in `recorded`, too."""

    def opened(path: File, digest: Digest | None = None) -> OutputFile:
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
        _make_folder(path)
        outputs.append(REPORT_KINDS[Path(path).suffix.lower()](opened(path), layout, heading))
    if options.fixes is not None:
        outputs.append(FixesFile(opened(options.fixes)))
    return outputs


def _make_folder(path: File) -> None:
    """Make the folder of a report, as a CI job has none; that one of rows is not there is most likely a slip."""
    if is_remote(path):
        return
    with suppress(OSError):  # which opening the file will tell
        Path(path).parent.mkdir(parents=True, exist_ok=True)
