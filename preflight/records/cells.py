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

from preflight.model.arrays import Mask, Positions
from preflight.model.fixes import CellFix
from preflight.model.layout import ResolvedLayout
from preflight.records.badrows import BadRowsReader
from preflight.records.encoding import find_undecodable, not_utf_8
from preflight.records.grammar import WELL_FORMED, Dialect, Records

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
    misfits: Positions
    fixes: Sequence[CellFix] = ()


@dataclass(frozen=True, slots=True)
class Spoiled:
    """Which records hold no cells of text, whatever their quotes.

    They are `undecodable`, hold a `nul` byte, are empty, or their cells were `guessed` for a bad-rows file; `all` marks
    every one of these.
    """

    undecodable: Mask
    nul: Mask
    guessed: Mask
    all: Mask


class CellReader:
    """Reads the mapped cells of the records of the file named `source`; see `Source` for `tolerant`."""

    def __init__(self, source: str, tolerant: bool, layout: ResolvedLayout) -> None:
        self._source, self._tolerant = source, tolerant
        self._bad_rows = BadRowsReader(layout) if layout.added else None
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

    def cut(self, records: Records) -> tuple[Records, Spoiled, Cells]:
        """The records, which of them are no text, and the mapped cells of those that can be cut.

        Those of a bad-rows file come without what was added to them. Raises `InputError` for a record that is not UTF-8
        in a file whose encoding was not named.
        """
        if self._bad_rows is not None:
            records = self._bad_rows.restore(records)
        undecodable = find_undecodable(records)
        if undecodable.any() and not self._tolerant:
            raise not_utf_8(self._source, records, int(undecodable.argmax()), bytes(records.block))
        nul, empty = _with_nul(records), records.stop == records.start
        guessed = np.zeros_like(nul)
        if records.added:
            guessed[:] = [added.guessed for added in records.added]
        spoiled = Spoiled(undecodable, nul, guessed, undecodable | nul | empty | guessed)
        return records, spoiled, self._read(records, (records.fault == WELL_FORMED) & ~spoiled.all)

    def _read(self, records: Records, whole: Mask) -> Cells:
        positions = np.flatnonzero(whole)
        if not len(positions):
            return self._split(records, positions)
        misfits: list[int] = []
        try:
            table = self._parsed(records.bytes_of(whole), misfits)
        except pa.ArrowInvalid:
            return self._split(records, positions)
        if len(table) != len(positions) - len(misfits):
            return self._split(records, positions)
        columns = {column: table.column(name).chunk(0) for column, name in self._names.items()}
        fit = np.ones(len(positions), np.bool_)
        fit[misfits] = False
        return Cells(positions[fit], columns, positions[~fit])

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
        return Cells(positions[~np.isin(positions, misfits)], columns, np.array(misfits, np.int64))


def _with_nul(records: Records) -> Mask:
    found = np.zeros(len(records), np.bool_)
    text = np.frombuffer(records.block, np.uint8)
    if text.min(initial=1) == 0:  # finding none takes half the time of looking for their places
        places = np.flatnonzero(text == 0)
        counts = np.searchsorted(places, records.stop) - np.searchsorted(places, records.start)
        found |= counts > 0
    return found
