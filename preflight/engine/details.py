"""The parts of a report made on request: every problem as a DataFrame, the mask of good rows, the HTML page."""

from __future__ import annotations

import html
import weakref
from tempfile import SpooledTemporaryFile
from typing import IO, Any

import numpy as np
import pandas as pd
import pyarrow as pa

from preflight.errors import discard_temporary_file, writing_temporary_files
from preflight.model.arrays import Mask
from preflight.model.codes import CODES
from preflight.model.problems import PROBLEM_COLUMNS
from preflight.model.report import Report
from preflight.outputs.judged import Judged
from preflight.outputs.sinks import Output
from preflight.records.run import Records
from preflight.render.html import render_page

MAX_HELD = 16 << 20
"""Bytes of problems kept in memory; more of them go to a temporary file."""

NOTEBOOK_HEIGHT = 640
"""Height of the page in a notebook cell, in pixels; the page scrolls inside it."""


class Details(Output):
    """An output that collects problems and verdicts chunk by chunk. `index` is the index of a DataFrame's rows."""

    def __init__(self, index: pd.Index[Any] | None = None) -> None:
        self.part_of = verdicts_and_problems
        self._index = index
        self._good: list[tuple[Any, int]] = []
        self._file: IO[bytes] = SpooledTemporaryFile(MAX_HELD, prefix="preflight-")  # noqa: SIM115  closed with the report
        weakref.finalize(self, discard_temporary_file, self._file)
        self._writer: Any = None

    def write(self, part: Any, records: Records, bad: Mask) -> None:
        """Add the part of a chunk; beyond `MAX_HELD` bytes, problems go to a temporary file."""
        good, rows, batch = part
        self._good.append((good, rows))
        if not len(batch):
            return
        with writing_temporary_files():
            self._writer = self._writer or pa.ipc.new_stream(self._file, batch.schema)
            self._writer.write_batch(batch)

    def finish(self, report: Report) -> None:
        """Close the collection; rows that were not judged count as not good."""
        if self._writer is not None:
            with writing_temporary_files():
                self._writer.close()
                self._file.flush()
        if missing := report.rows - sum(rows for _, rows in self._good):
            self._good.append((np.zeros(-(-missing // 8), np.uint8), missing))

    def frame(self, report: Report) -> pd.DataFrame:
        """Every problem in row order; problems of the whole file come first."""
        columns = list(zip(*report.of_file, strict=True))[: len(PROBLEM_COLUMNS)]
        tables = [pa.table([pa.array(column) for column in columns], names=PROBLEM_COLUMNS)] if columns else []
        self._file.seek(0)
        tables += [pa.Table.from_batches([batch]) for batch in (pa.ipc.open_stream(self._file) if self._writer else ())]
        schema = pa.schema([(name, pa.int64() if name in ("row", "line") else pa.string()) for name in PROBLEM_COLUMNS])
        table = pa.concat_tables([schema.empty_table(), *(table.cast(schema) for table in tables)])
        frame: pd.DataFrame = table.to_pandas()
        return frame.sort_values("row", kind="stable", ignore_index=True)

    def good(self) -> pd.Series[bool]:
        """The mask of good rows. Its index is that of the checked DataFrame, or the row numbers from 1."""
        bits = [np.unpackbits(good, count=rows).view(np.bool_) for good, rows in self._good]
        good = np.concatenate([np.empty(0, np.bool_), *bits])
        index = pd.RangeIndex(1, len(good) + 1) if self._index is None else self._index
        return pd.Series(good, index=index, name="good")

    def page(self, report: Report) -> str:
        """The HTML page inside an `<iframe>`, for a notebook."""
        page = render_page(report)
        style = f"width: 100%; height: {NOTEBOOK_HEIGHT}px; border: 0"
        return f'<iframe sandbox="allow-scripts" style="{style}" srcdoc="{html.escape(page)}"></iframe>'


def verdicts_and_problems(judged: Judged) -> tuple[Any, int, Any]:
    """The good records of a chunk as packed bits, the number of records, and the problems as an Arrow batch."""
    return np.packbits(~judged.bad), len(judged.bad), _batch(judged)


def _batch(judged: Judged) -> Any:
    """The problems of a chunk. Texts shared by all findings of a kind are dictionary-encoded."""
    found = judged.found
    kinds = pa.array(found.kinds, pa.int32())
    shared = [
        (judged.labels.get(f.subject, ""), f.code, CODES[f.code].severity, f.message, f.suggestion)
        for f in found.faults
    ]
    column, code, severity, message, suggestion = (
        pa.DictionaryArray.from_arrays(kinds, pa.array([one[i] for one in shared], pa.string())) for i in range(5)
    )
    rows, lines = pa.array(found.rows), pa.array(judged.chunk.lines_of(found.rows))
    value = pa.array(judged.values_of(found), pa.string())
    columns = [rows, lines, column, code, severity, value, message, suggestion]
    return pa.record_batch(columns, names=PROBLEM_COLUMNS)
