"""Records to chunks: the mapped columns as a pandas DataFrame of Arrow-backed strings, parsed once.

Arrow parses only the mapped columns, and only records that are well-formed and have the right number of cells.
`preflight.rules.row` reports what is wrong with the others.
"""

from __future__ import annotations

import codecs
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv

from preflight.layouts.condition import Condition
from preflight.layouts.resolved import ResolvedLayout
from preflight.model.arrays import Mask, Positions
from preflight.model.fixes import CellFix
from preflight.records.badrows import BadRowsReader
from preflight.records.encoding import find_undecodable, not_utf_8
from preflight.records.grammar import WELL_FORMED, Dialect
from preflight.records.run import Records
from preflight.records.texts import ManyCells, texts_of


@dataclass(frozen=True)
class Chunk:
    """Consecutive records of a file and their cells. The first record is row number `first_row`.

    `frame` has a column of Arrow-backed strings for each known column (`ResolvedLayout.known_columns`) and a row for
    each record that could be cut, indexed by row number. `misfits` are the row numbers of records with the wrong number
    of cells. `spoiled` marks records that are not text. `left_out` is the mask of records left out; they are in none of
    the others. `fixes` are the changes made to the cells.
    """

    records: Records
    first_row: int
    frame: pd.DataFrame
    misfits: Positions
    spoiled: Spoiled
    left_out: Mask
    fixes: Sequence[CellFix] = ()

    @cached_property
    def rows(self) -> Positions:
        """The row number of each row of the frame."""
        return self.frame.index.to_numpy()

    @cached_property
    def lines(self) -> Positions:
        """The line on which each row of the frame starts."""
        return self.lines_of(self.rows)

    def lines_of(self, rows: Positions) -> Positions:
        """The line on which each of these rows starts."""
        lines: Positions = self.records.line[rows - self.first_row]
        return lines


def arrow_of(texts: pd.Series[Any] | pd.Index[Any]) -> Any:
    """The strings of a column as one Arrow array of `pa.string()`, usually without a copy."""
    array = pa.array(texts.array)
    if isinstance(array, pa.ChunkedArray):
        array = array.chunk(0) if array.num_chunks == 1 else array.combine_chunks()
    return array.cast(pa.string())


@dataclass(frozen=True, slots=True)
class Spoiled:
    """Masks of records without cells of text, regardless of their quotes.

    They are `undecodable`, hold a `nul` byte, are empty, or have `guessed` cells (of a bad-rows file). `all` is the
    union.
    """

    undecodable: Mask
    nul: Mask
    guessed: Mask
    all: Mask

    def but_for(self, unwanted: Mask) -> Spoiled:
        """The masks without the unwanted records."""
        masks = (self.undecodable, self.nul, self.guessed, self.all)
        return Spoiled(*(mask & ~unwanted for mask in masks))


MANY_MISFITS = 1_000
"""With more misfits than this in a chunk, cells are counted before Arrow parses the rest."""

_Read = tuple[Positions, Mapping[str, Any], Positions]
"""The positions of the records that were cut, their columns as Arrow arrays, and the positions of the misfits."""


class CellReader:
    """Reads the mapped cells of the records of the file named `source`; see `Source` for `tolerant`."""

    def __init__(self, source: str, tolerant: bool, layout: ResolvedLayout) -> None:
        self._source, self._tolerant = source, tolerant
        self._bad_rows = BadRowsReader(layout) if layout.added else None
        self.dialect = Dialect(layout.fieldseparator, layout.quotecharacter)
        self.columns: Mapping[str, int] = layout.read_columns
        self._texts = layout.texts
        self._only = layout.only
        self._name_of = {index: name for name, index in layout.known_columns.items()}
        self._parse = pyarrow.csv.ParseOptions(
            delimiter=self.dialect.separator,
            quote_char=self.dialect.quote or False,
            ignore_empty_lines=False,
        )
        names = [f"f{index}" for index in range(layout.width)]
        self._names = {column: names[index] for column, index in self.columns.items()}
        self._convert = pyarrow.csv.ConvertOptions(
            include_columns=list(self._names.values()),
            column_types=dict.fromkeys(self._names.values(), pa.string()),
            check_utf8=False,
        )
        self._all_names = names

    def cut(self, records: Records, first_row: int, left_out: Mask | None = None) -> Chunk:
        """Cut records into a chunk. The first record is row number `first_row`.

        Records are left out by the mask `left_out` and by the conditions of the layout (`--only`). The added columns of
        a bad-rows file are removed. Raises `InputError` for a record that is not UTF-8 if no encoding was named.
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
        positions, columns, misfits = self._read(records, (records.fault == WELL_FORMED) & ~spoiled.all)
        of_every_row = {column: pa.repeat(pa.scalar(text), len(positions)) for column, text in self._texts.items()}
        arrays = {name: pd.arrays.ArrowExtensionArray(cells) for name, cells in {**columns, **of_every_row}.items()}
        frame = pd.DataFrame(arrays, first_row + positions, copy=False)
        unwanted = np.zeros(len(records), np.bool_) if left_out is None else left_out.copy()
        for index, condition in self._only:
            self._leave_out(unwanted, records, positions, frame[self._name_of[index]], index, condition, misfits, empty)
        if unwanted.any():
            frame, misfits = frame[~unwanted[positions]], misfits[~unwanted[misfits]]
            spoiled = spoiled.but_for(unwanted)
        return Chunk(records, first_row, frame, first_row + misfits, spoiled, unwanted)

    def _leave_out(
        self,
        unwanted: Mask,
        records: Records,
        positions: Positions,
        cells: pd.Series[str],
        index: int,
        condition: Condition,
        misfits: Positions,
        empty: Mask,
    ) -> None:
        """Add the records for which a condition does not hold to the mask `unwanted`."""
        coded = arrow_of(cells).dictionary_encode()
        holds = np.array([condition.holds(text) for text in coded.dictionary.to_pylist()], np.bool_)
        unwanted[positions] |= ~holds[coded.indices.to_numpy()]
        for i in (*misfits.tolist(), *np.flatnonzero(empty).tolist()):  # a missing cell is blank
            cut = self.dialect.split(records.raw(i))
            unwanted[i] |= not condition.holds(cut[index] if index < len(cut) else "")

    def _read(self, records: Records, whole: Mask) -> _Read:
        positions = np.flatnonzero(whole)
        misfits: list[int] = []
        try:
            table = self._parsed(records.bytes_of(whole), misfits)
        except pa.ArrowInvalid:  # also of no text at all
            read = self._split if len(misfits) < MANY_MISFITS else self._without_misfits
            return read(records, positions)
        if len(table) != len(positions) - len(misfits):
            return self._split(records, positions)
        columns = {column: table.column(name) for column, name in self._names.items()}
        fit = np.ones(len(positions), np.bool_)
        fit[misfits] = False
        return positions[fit], columns, positions[~fit]

    def _without_misfits(self, records: Records, positions: Positions) -> _Read:
        """`_read` for many misfits: they are found first, as Arrow is slow to report each."""
        fit = ManyCells(texts_of(records, positions), self.dialect).widths == len(self._all_names)
        if fit.all():  # Arrow and the grammar disagree
            return self._split(records, positions)
        whole = np.zeros(len(records), np.bool_)
        whole[positions[fit]] = True
        there, columns, misfits = self._read(records, whole)
        return there, columns, np.sort(np.concatenate([misfits, positions[~fit]]), kind="stable")

    def _parsed(self, text: bytes | memoryview, misfits: list[int]) -> Any:
        """The table as parsed by Arrow; appends the numbers of rows with the wrong number of cells to `misfits`."""
        if bytes(text[:3]) == codecs.BOM_UTF8:  # Arrow would take a character of the first cell for a byte order mark
            text = codecs.BOM_UTF8 + bytes(text)

        def skip(row: Any) -> str:
            misfits.append(row.number - 1)
            return "skip" if len(misfits) < MANY_MISFITS else "error"

        self._parse.invalid_row_handler = skip
        return pyarrow.csv.read_csv(
            pa.BufferReader(pa.py_buffer(text)),
            # Without threads, as rows are numbered only then; in one block, which line breaks in cells do not cut.
            pyarrow.csv.ReadOptions(column_names=self._all_names, block_size=len(text) + 1, use_threads=False),
            self._parse,
            self._convert,
        )

    def _split(self, records: Records, positions: Positions) -> _Read:
        """Cut records by the grammar, where Arrow and the grammar disagree."""
        rows = {i: self.dialect.split(records.raw(i)) for i in positions.tolist()}
        misfits = [i for i, row in rows.items() if len(row) != len(self._all_names)]
        kept = [row for row in rows.values() if len(row) == len(self._all_names)]
        columns = {column: pa.array([row[i] for row in kept], pa.string()) for column, i in self.columns.items()}
        return positions[~np.isin(positions, misfits)], columns, np.array(misfits, np.int64)


def _with_nul(records: Records) -> Mask:
    found = np.zeros(len(records), np.bool_)
    text = np.frombuffer(records.block, np.uint8)
    if text.min(initial=1) == 0:  # finding none is twice as fast as searching positions
        places = np.flatnonzero(text == 0)
        counts = np.searchsorted(places, records.stop) - np.searchsorted(places, records.start)
        found |= counts > 0
    return found
