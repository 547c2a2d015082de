"""Outputs of judged records, written while the file is read: the clean file, problems as CSV or JSON, and fixes."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from preflight.dates.source import SourceFormat
from preflight.model.fixes import Fix
from preflight.model.problems import PROBLEM_COLUMNS, Problem
from preflight.model.report import Report
from preflight.outputs.addedcells import AddedCells
from preflight.outputs.file import OutputFile
from preflight.records.grammar import Dialect
from preflight.records.run import Records
from preflight.records.spreadsheet import defused
from preflight.restoring.rewriting import cell_spans, rewritten

if TYPE_CHECKING:
    from _typeshed import SupportsWrite

    from preflight.model.arrays import Mask
    from preflight.outputs.judged import Judged


class Output:
    """Receives the part made from each chunk, in file order, and the report at the end."""

    part_of: Callable[[Judged], Any]
    """Callable that makes the part of a chunk, from the chunk alone. It can be pickled, as workers call it.

    A part that is an iterator of bytes-like objects is made piece by piece, and written as an iterable of them.
    """

    def write(self, part: Any, records: Records, bad: Mask) -> None:
        """Write the part of the next records. `bad` is the mask of bad records."""
        raise NotImplementedError

    def finish(self, report: Report) -> None:
        """Finish the output after the last part; by default nothing is left to do."""


class CleanFile(Output):
    """The heading and the good records, byte for byte and in order, each with the constant cells of the layout."""

    def __init__(self, out: OutputFile, heading: bytes, added: AddedCells, *, normalized: bool) -> None:
        self.part_of = NormalizedRecords(added) if normalized else ChangedRecords(added)
        self._out = out
        self._added = added
        out.write(added.heading(heading))

    def write(self, part: bytes | None, records: Records, bad: Mask) -> None:
        """Write the good records: `part` if they were changed, else those of the file."""
        if part is not None:
            self._out.write(part)
            return
        pieces = list(self._added.records(records, ~bad))
        self._out.write(pieces[0] if len(pieces) == 1 else b"".join(pieces))


class ChangedRecords:
    """Callable that returns the good records of a chunk if they differ from the file: fixed cells, removed columns."""

    def __init__(self, added: AddedCells) -> None:
        self._added = added

    def __call__(self, judged: Judged) -> bytes | None:
        """The good records; None if they are unchanged."""
        if judged.chunk.fixes or judged.records.added:
            return b"".join(self._added.records(judged.records, ~judged.bad))
        return None


class NormalizedRecords:
    """Callable that returns the good records of a chunk with dates in ISO form, for a server of any locale.

    Only the text of the date cell is replaced. Quotes around it and all other bytes of a record are kept.
    """

    def __init__(self, added: AddedCells) -> None:
        layout = added.layout
        self._added = added
        if not isinstance(layout.dateformat, SourceFormat):
            raise TypeError("only dates that are read by a SourceFormat can be normalized")
        self._format = layout.dateformat
        self._column = layout.columns["date"]
        self._dialect = Dialect(layout.fieldseparator, layout.quotecharacter)

    def __call__(self, judged: Judged) -> bytes:
        """The good records with normalized dates."""
        records = judged.records
        start, stop = cell_spans(records, np.flatnonzero(~judged.bad), self._column, self._dialect)
        cells = [bytes(records.block[first:last]) for first, last in zip(start.tolist(), stop.tolist(), strict=True)]
        known = self._normalized(dict.fromkeys(cells))
        records = rewritten(records, start, stop, [known[cell] for cell in cells])
        return b"".join(self._added.records(records, ~judged.bad))

    def _normalized(self, cells: dict[bytes, None]) -> dict[bytes, bytes]:
        quote = self._dialect.quote
        texts = [cell.decode() for cell in cells]
        if quote:
            texts = [text.replace(quote * 2, quote) for text in texts]

        written = self._format.normalized(pa.array(texts, pa.large_string()))
        return {cell: text.encode() for cell, text in zip(cells, written, strict=True)}


class WrittenParts(Output):
    """An output whose parts are bytes-like objects, written after its beginning."""

    def __init__(
        self, out: SupportsWrite[bytes | memoryview], part_of: Callable[[Judged], Iterable[Any]], beginning: bytes
    ) -> None:
        self.part_of = part_of
        self._out = out
        out.write(beginning)

    def write(self, part: Iterable[Any], records: Records, bad: Mask) -> None:
        """Write each bytes-like object of the part."""
        for piece in part:
            self._out.write(memoryview(piece))


class ProblemsFile(WrittenParts):
    """One line per problem, as CSV: `row, line, column, code, severity, value, message, suggestion`."""

    def __init__(self, out: OutputFile) -> None:
        super().__init__(out, problems_as_csv, _csv([PROBLEM_COLUMNS]))

    def finish(self, report: Report) -> None:
        """Write the problems of the file as a whole."""
        self._out.write(_csv(map(_defused_cells, report.of_file)))


def problems_as_csv(judged: Judged) -> list[bytes]:
    """The problems of a chunk, as CSV."""
    return [_csv(map(_defused_cells, judged.problems))]


class FixesFile(WrittenParts):
    """One line per fix, as CSV: `row, line, column, kind, before, after`."""

    def __init__(self, out: OutputFile) -> None:
        super().__init__(out, fixes_as_csv, _csv([Fix._fields]))


def fixes_as_csv(judged: Judged) -> list[bytes]:
    """The fixes of a chunk, as CSV."""
    return [_csv(map(_defused_cells, judged.fixes))]


class JsonReportFile(Output):
    """The report as printed by `--json`, but with all listed problems under `examples`."""

    def __init__(self, out: OutputFile) -> None:
        self.part_of = problems_as_json
        self._out = out
        self._listed = 0
        out.write(b'{"examples": [')

    def write(self, part: list[bytes], records: Records, bad: Mask) -> None:
        """Write the problems."""
        self._add(part)

    def _add(self, problems: list[bytes]) -> None:
        if problems:
            self._out.write((b",\n" if self._listed else b"\n") + b",\n".join(problems))
            self._listed += len(problems)

    def finish(self, report: Report) -> None:
        """Write the problems of the file as a whole, and the rest of the report."""
        self._add(_json(report.of_file))
        rest = {key: value for key, value in report.as_dict().items() if key != "examples"}
        rest["truncated"] = self._listed < report.found
        self._out.write(
            b"\n],\n" + json.dumps(rest, ensure_ascii=False, indent=2)[1:].encode("utf-8", "replace") + b"\n"
        )


def problems_as_json(judged: Judged) -> list[bytes]:
    """The problems of a chunk, each as a JSON object."""
    return _json(judged.problems)


def _defused_cells(line: Problem | Fix) -> list[Any]:
    cells = line[: len(PROBLEM_COLUMNS)]
    return [defused(cell) if isinstance(cell, str) else cell for cell in cells]


def _csv(lines: Iterable[Sequence[Any]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(lines)
    return text.getvalue().encode("utf-8", "replace")


def _json(problems: Iterable[Problem]) -> list[bytes]:
    encoder = json.JSONEncoder(ensure_ascii=False)
    return [encoder.encode(problem.as_dict()).encode("utf-8", "replace") for problem in problems]
