"""Where judged records go while the file is read: the clean file, the problems as CSV or JSON, the fixes."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from preflight.model.fixes import Fix
from preflight.model.problems import Problem
from preflight.model.report import Report
from preflight.outputs.file import OutputFile
from preflight.records.grammar import Records
from preflight.records.spreadsheet import defused

if TYPE_CHECKING:
    from _typeshed import SupportsWrite

    from preflight.outputs.judged import Judged

PROBLEM_COLUMNS = Problem._fields


class Sink(Protocol):
    """Gets the records in two steps, part by part in the order of the file, and the report at the end."""

    def parts(self, judged: Judged) -> Iterator[Any]:
        """What a run of records gives to this output: depends on it alone, as other runs may be in other processes."""

    def add(self, part: Any, records: Records) -> None:
        """Take the next part; `records` are the run that gave it."""

    def finish(self, report: Report) -> None:
        """All parts were taken."""


class CleanFile:
    """The heading and the good records, byte for byte, in order."""

    def __init__(self, out: OutputFile, heading: bytes) -> None:
        self._out = out
        out.write(heading)

    def parts(self, judged: Judged) -> Iterator[bytes | list[tuple[int, int]]]:
        """The good records, or where they stand when they are the file's own."""
        if judged.chunk.fixes or judged.records.added:
            yield bytes(judged.records.bytes_of(~judged.bad))
        else:
            yield judged.records.runs_of(~judged.bad)

    def add(self, part: bytes | list[tuple[int, int]], records: Records) -> None:
        """Write the good records."""
        if isinstance(part, bytes):
            self._out.write(part)
            return
        block = memoryview(records.block)
        for start, end in part:
            self._out.write(block[start:end])

    def finish(self, report: Report) -> None:
        """Nothing is left to do."""


class WrittenParts:
    """An output whose parts are bytes, written one after the other."""

    def __init__(self, out: SupportsWrite[bytes]) -> None:
        self._out = out

    def add(self, part: bytes, records: Records) -> None:
        """Write the part."""
        self._out.write(part)

    def finish(self, report: Report) -> None:
        """Nothing is left to do."""


class ProblemsFile(WrittenParts):
    """One line a problem, as CSV: `row, line, column, code, severity, value, message, suggestion`."""

    def __init__(self, out: OutputFile) -> None:
        super().__init__(out)
        out.write(_csv([PROBLEM_COLUMNS]))

    def parts(self, judged: Judged) -> Iterator[bytes]:
        """The problems of these records."""
        yield _csv(map(_defused_cells, judged.problems))

    def finish(self, report: Report) -> None:
        """Write what concerns the file as a whole."""
        self._out.write(_csv(map(_defused_cells, report.of_file)))


class FixesFile(WrittenParts):
    """One line a fix, as CSV: `row, line, column, kind, before, after`."""

    def __init__(self, out: OutputFile) -> None:
        super().__init__(out)
        out.write(_csv([Fix._fields]))

    def parts(self, judged: Judged) -> Iterator[bytes]:
        """What was fixed in these records."""
        yield _csv(map(_defused_cells, judged.fixes))


class JsonReportFile:
    """The report as `--json` prints it, but with every problem that is listed at all under `examples`."""

    def __init__(self, out: OutputFile) -> None:
        self._out = out
        self._listed = 0
        out.write(b'{"examples": [')

    def parts(self, judged: Judged) -> Iterator[list[bytes]]:
        """The problems of these records."""
        yield _json(judged.problems)

    def add(self, part: list[bytes], records: Records) -> None:
        """Write the problems."""
        self._add(part)

    def _add(self, problems: list[bytes]) -> None:
        if problems:
            self._out.write((b",\n" if self._listed else b"\n") + b",\n".join(problems))
            self._listed += len(problems)

    def finish(self, report: Report) -> None:
        """Write what only the file as a whole shows, and the rest of the report."""
        self._add(_json(report.of_file))
        rest = {key: value for key, value in report.as_dict().items() if key != "examples"}
        rest["truncated"] = self._listed < report.found
        self._out.write(
            b"\n],\n" + json.dumps(rest, ensure_ascii=False, indent=2)[1:].encode("utf-8", "replace") + b"\n"
        )


def _defused_cells(line: Problem | Fix) -> list[Any]:
    return [defused(cell) if isinstance(cell, str) else cell for cell in line]


def _csv(lines: Iterable[Sequence[Any]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(lines)
    return text.getvalue().encode("utf-8", "replace")


def _json(problems: Iterable[Problem]) -> list[bytes]:
    encoder = json.JSONEncoder(ensure_ascii=False)
    return [encoder.encode(problem._asdict()).encode("utf-8", "replace") for problem in problems]
