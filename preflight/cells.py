"""Records to cells: the mapped columns as Arrow arrays of strings, parsed once.

Arrow parses only the mapped columns, and only of records that are well-formed and have the right number of cells; what
is wrong with the others is said by `preflight.rules.row`.
"""

from __future__ import annotations

import codecs
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv

from preflight.fixes import CellFix
from preflight.layout import ResolvedLayout
from preflight.records import Dialect, Mask, Positions, Records

REPEATED_COLUMNS = frozenset({"date", "title"})
"""Columns of which a file holds few distinct values: dictionary-encoded, so that each value is judged once."""


@dataclass(frozen=True, slots=True)
class Cells:
    """The mapped columns of the records at `positions`, each an Arrow array of strings, all of one length.

    `misfits` are the positions of the records that have the wrong number of cells, and so no place in the columns.
    `fixes` are what was changed in the cells since they were read.
    """

    positions: Positions
    columns: Mapping[str, Any]
    misfits: Sequence[int]
    fixes: Sequence[CellFix] = ()


class CellReader:
    """Reads the mapped cells of records under one layout."""

    def __init__(self, layout: ResolvedLayout) -> None:
        self.dialect = Dialect(layout.fieldseparator, layout.quotecharacter)
        self.columns: Mapping[str, int] = layout.columns
        self._parse = pyarrow.csv.ParseOptions(
            delimiter=self.dialect.separator,
            quote_char=self.dialect.quote or False,
            double_quote=True,
            escape_char=False,
            newlines_in_values=True,
            ignore_empty_lines=False,
        )
        names = [f"f{index}" for index in range(layout.width)]
        self._names = {column: names[index] for column, index in self.columns.items()}
        repeated = pa.dictionary(pa.int32(), pa.string())
        self._convert = pyarrow.csv.ConvertOptions(
            include_columns=list(self._names.values()),
            column_types={n: repeated if c in REPEATED_COLUMNS else pa.string() for c, n in self._names.items()},
            strings_can_be_null=False,
            check_utf8=False,
        )
        self._all_names = names

    def read(self, records: Records, whole: Mask) -> Cells:
        """Cut the records that `whole` marks into cells.

        They must be well-formed, not empty, and UTF-8 without NUL.
        """
        positions = np.flatnonzero(whole)
        if not len(positions):
            return self._split(records, positions)
        misfits: list[int] = []
        try:
            table = self._parsed(bytes_of(records, whole), misfits)
        except pa.ArrowInvalid:
            return self._split(records, positions)
        if len(table) != len(positions) - len(misfits):
            return self._split(records, positions)
        columns = {column: table.column(name).combine_chunks() for column, name in self._names.items()}
        return Cells(np.delete(positions, misfits), columns, positions[misfits].tolist())

    def _parsed(self, text: bytes | memoryview, misfits: list[int]) -> Any:
        """The table that Arrow reads; puts the numbers of rows with too few or too many cells into `misfits`."""
        if bytes(text[:3]) == codecs.BOM_UTF8:  # Arrow would take a character of the first cell for a byte order mark
            text = codecs.BOM_UTF8 + bytes(text)

        def skip(row: Any) -> str:
            misfits.append(row.number - 1)
            return "skip"

        self._parse.invalid_row_handler = skip
        return pyarrow.csv.read_csv(
            pa.BufferReader(pa.py_buffer(text)),
            # Without threads, as rows are numbered only then; in one block, as the text is no more than one.
            pyarrow.csv.ReadOptions(column_names=self._all_names, block_size=len(text) + 1, use_threads=False),
            self._parse,
            self._convert,
        )

    def _split(self, records: Records, positions: Positions) -> Cells:
        """The exact way, for records that Arrow does not see as the grammar does."""
        rows = {i: self.dialect.split(records.raw(i)) for i in positions.tolist()}
        misfits = [i for i, row in rows.items() if len(row) != len(self._all_names)]
        kept = [row for row in rows.values() if len(row) == len(self._all_names)]
        columns = {column: pa.array([row[i] for row in kept], pa.string()) for column, i in self.columns.items()}
        return Cells(positions[~np.isin(positions, misfits)], columns, misfits)


def bytes_of(records: Records, wanted: Mask) -> bytes | memoryview:
    """The bytes of the wanted records with their line ends, in order; without a copy when they stand in one run."""
    block = memoryview(records.block)
    pieces = [block[start:end] for start, end in runs_of(records, wanted)]
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def runs_of(records: Records, wanted: Mask) -> list[tuple[int, int]]:
    """Where each run of neighbouring wanted records starts and ends in the block."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], wanted, [False]]).astype(np.int8)))
    starts, ends = records.start[edges[::2]], records.end[edges[1::2] - 1]
    return list(zip(starts.tolist(), ends.tolist(), strict=True))
