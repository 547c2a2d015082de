"""The bad-rows file as it is written; `preflight.records.badrows` reads it again after a person has mended it."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import compress
from typing import TYPE_CHECKING, Any

import numpy as np

from preflight.layouts.resolved import ResolvedLayout
from preflight.layouts.words import FirstRow, Quote
from preflight.model.added import ADDED_COLUMNS, GUESSED_CELLS, Added
from preflight.model.arrays import Mask, Positions
from preflight.model.problems import CODES, Diagnosis
from preflight.records.grammar import Dialect
from preflight.records.spreadsheet import guarded, may_change

if TYPE_CHECKING:
    from preflight.outputs.judged import Judged

GUESSED = "The cells are a guess: put them right, then clear this one."
"""What the last cell of a bad row says when its record could not be cut into cells."""

RECORDS_AT_ONCE = 8_000
"""Bad records that are written in one go: what is made of them on the way stays small."""


class BadRows:
    """Makes of a chunk the bad records in the file's own layout, to be mended and checked again.

    Four more columns say where it is from, what is wrong, and what may stand there instead. The file has a `beginning`
    with a byte order mark, so that spreadsheets read it as UTF-8. A record keeps its bytes, unless a spreadsheet would
    run one of its cells or stumble over its structure: then it is written anew, with such cells guarded, missing cells
    empty, and surplus cells in the words about it. Its cells are a guess, and it stays bad until a person clears these
    words. A row of a bad-rows file keeps the numbers that it has there.
    """

    def __init__(self, layout: ResolvedLayout, heading: bytes) -> None:
        self._width = layout.width
        self._labels = {column: layout.label(column) for column in layout.known_columns}
        self._dialect = Dialect(layout.fieldseparator, layout.quotecharacter)
        self._plain = layout.quotecharacter is Quote.NONE
        self._line_end = b"\r\n" if heading.endswith(b"\r\n") or not heading else heading[-1:]
        self._separator, self._quote = self._dialect.separator.encode(), self._dialect.quote.encode()
        self.beginning = codecs.BOM_UTF8
        if layout.firstrow is FirstRow.Y:
            self.beginning += heading.rstrip(b"\r\n") + self._separator + self._line(ADDED_COLUMNS)

    def __call__(self, judged: Judged) -> list[Any]:
        """The bad records of a chunk, each with its line end, as Arrow buffers, in pieces."""
        return [few.buffers()[2].slice(0, few.total_values_length) for few in self.lines(judged)]

    def lines(self, judged: Judged) -> Iterator[Any]:
        """Each bad record as it is written, with its line end: some at a time, as an Arrow array of bytes."""
        first_row = judged.chunk.first_row
        rows, kinds, kinds_of_faults = judged.found.where(judged.bad[judged.found.rows - first_row]).by_row()
        for at in range(0, len(rows), RECORDS_AT_ONCE):
            few = slice(at, at + RECORDS_AT_ONCE)
            used, kinds_of_few = np.unique(kinds[few], return_inverse=True)
            faults = [kinds_of_faults[kind] for kind in used.tolist()]
            ends = self._ends([*map(self._told, faults)], [*map(self._suggested, faults)])
            yield self._lines(judged, rows[few], kinds_of_few, _Alike(faults), ends)

    def _lines(self, judged: Judged, rows: Positions, kinds: Positions, alike: _Alike, ends: Any) -> Any:
        import pyarrow as pa
        import pyarrow.compute as pc

        from preflight.records.texts import texts_of

        records, positions, of_row = judged.records, rows - judged.chunk.first_row, alike.of_row[kinds]
        changes = may_change(records, positions, self._dialect) | alike.undecodable[kinds]
        raws = texts_of(records, positions)
        if records.added:
            added = (records.added[i] for i in positions.tolist())
            faults = (alike.faults[kind] for kind in kinds.tolist())
            places = rows.tolist(), records.line[positions].tolist()
            again = map(self._again, raws.to_pylist(), faults, changes.tolist(), added, *places)
            return pa.array(again, pa.binary())
        kept, ends = self._kept(raws, of_row, changes, ends.take(pa.array(kinds)), alike, kinds)
        return pc.binary_join_element_wise(
            kept, _as_bytes(rows), _as_bytes(records.line[positions]), ends, self._separator
        )

    def _kept(
        self, raws: Any, of_row: Mask, changes: Mask, ends: Any, alike: _Alike, kinds: Positions
    ) -> tuple[Any, Any]:
        """The cells of records as they are written, and the ends of their lines, with what is too many among the cells.

        Those of a record with a fault in its cells keep their bytes where none `changes`.
        """
        import pyarrow as pa

        from preflight.records.texts import changed

        anew = of_row | changes
        if (plain := of_row & ~changes).any():
            raws, fitted = self._fitted(raws, plain)
            anew &= ~fitted
        if not anew.any():
            return raws, ends
        texts = raws.filter(pa.array(anew)).to_pylist()
        cells, surplus = zip(*map(self._apart, texts, of_row[anew].tolist(), changes[anew].tolist()), strict=True)
        raws = changed(raws, anew, lambda _: pa.array(cells, pa.binary()))
        too_many = anew.copy()
        too_many[anew] = [bool(more if self._plain else any(more)) for more in surplus]
        faults = [alike.faults[kind] for kind in kinds[too_many].tolist()]
        told = list(map(self._told, faults, compress(surplus, too_many[anew].tolist())))
        return raws, changed(ends, too_many, lambda _: self._ends(told, [*map(self._suggested, faults)]))

    def _fitted(self, texts: Any, wanted: Mask) -> tuple[Any, Mask]:
        """Records, most of those that are wanted with the right number of cells as `_apart` has them; and which.

        Those are left that need quotes, and that have too many cells but empty ones at the end.
        """
        import pyarrow as pa

        from preflight.records.texts import ManyCells, ManyRecords, changed, lengthened, shortened

        fitted, fewer, empty = wanted.copy(), np.zeros(len(wanted), np.int64), np.zeros(len(wanted), np.bool_)
        fitted[wanted] = ManyRecords(self._dialect).as_joined(texts.filter(pa.array(wanted)))
        cells = ManyCells(texts.filter(pa.array(fitted)), self._dialect)
        fewer[fitted] = self._width - cells.widths
        empty[fitted] = cells.only_empty_follow(-fewer[fitted]) & (not self._plain)
        short = fewer > 0
        texts = changed(texts, short, lambda few: lengthened(few, self._dialect.separator, fewer[short]))
        texts = changed(texts, empty, lambda few: shortened(few, -fewer[empty]))
        return texts, fitted & ((fewer >= 0) | empty)

    def _apart(self, raw: bytes, of_row: bool, changes: bool) -> tuple[bytes, list[str]]:
        """The cells of a record as they are written, missing ones empty, and those that are too many."""
        separator, width = self._separator, self._width
        if not changes and raw.count(separator) < width:
            quoted, number = self._quoted(raw)
            return quoted + separator * (width - number), []
        cells = self._dialect.split(raw)
        kept = [*map(guarded, cells[:width])] if changes else cells[:width]
        if not of_row and kept == cells:
            return raw, []
        return self._joined(kept) + separator * (width - len(kept)), cells[width:]

    def _quoted(self, raw: bytes) -> tuple[bytes, int]:
        """A record with quotes around those of its cells that need them, and how many cells it has.

        Only what follows the first quote in a plain cell, or a quoted cell, need be cut.
        """
        quote, separator = self._quote, self._separator
        at = raw.find(quote) if quote else -1
        if at < 0:
            return raw, raw.count(separator) + 1
        start = raw.rfind(separator, 0, at) + 1
        before, rest, number = raw[:start], raw[start:], raw.count(separator, 0, start)
        if at > start:
            cell, between, rest = rest.partition(separator)
            before, number = b"".join([before, quote, cell.replace(quote, quote * 2), quote, between]), number + 1
            if quote not in rest:
                return before + rest, raw.count(separator) + 1
        cells = self._dialect.split(rest)
        return before + self._joined(cells), number + len(cells)

    def _again(self, raw: bytes, faults: Sequence[Diagnosis], changes: bool, said: Added, row: int, line: int) -> bytes:
        """A record of a bad-rows file, with what that has `said` of its place and its cells."""
        cells, width = self._dialect.split(raw), self._width
        kept, surplus = cells[:width] + [""] * (width - len(cells)), cells[width:]
        kept = [*map(guarded, kept)] if changes else kept
        problems = said.problems if said.guessed else self._told(faults, surplus)
        added = self._line([said.row or str(row), said.line or str(line), problems, self._suggested(faults)])
        if CODES[faults[0].code].subject != "row" and kept == cells:
            return self._separator.join([raw, added])
        return self._separator.join([self._joined(kept), added])

    def _ends(self, told: Sequence[str], suggested: Sequence[str]) -> Any:
        """The ends of lines of what is told and suggested."""
        import pyarrow as pa
        import pyarrow.compute as pc

        from preflight.records.texts import quoted

        columns = (quoted(pa.array(cells, pa.string()).cast(pa.binary()), self._dialect) for cells in (told, suggested))
        return pc.binary_join_element_wise(pc.binary_join_element_wise(*columns, self._separator), self._line_end, b"")

    def _told(self, faults: Sequence[Diagnosis], surplus: Sequence[str] = ()) -> str:
        if self._plain:  # no quotes to keep a message in its cell
            guessed = faults[0].code in GUESSED_CELLS
            return "|".join([*(fault.code for fault in faults), *(surplus if guessed else ())])
        return problems_of(faults, surplus, self._dialect)

    def _suggested(self, faults: Sequence[Diagnosis]) -> str:
        """What the errors suggest; without quotes it is empty where its cell could not hold it."""
        if not (faults[0].suggestion or (len(faults) > 1 and any(fault.suggestion for fault in faults))):
            return ""
        suggestion = suggested_by(faults, self._labels)
        if self._plain and any(mark in suggestion for mark in (self._dialect.separator, "\n", "\r")):
            return ""
        return guarded(suggestion)

    def _line(self, cells: Iterable[str]) -> bytes:
        return self._joined(cells) + self._line_end

    def _joined(self, cells: Iterable[str]) -> bytes:
        return self._dialect.joined(cells).encode("utf-8", "replace")


class _Alike:
    """What goes for all records with the same faults.

    Where the faults are `of_row` the cells are as a spreadsheet would have them, where `undecodable` as text.
    """

    def __init__(self, faults: Sequence[tuple[Diagnosis, ...]]) -> None:
        self.faults = faults
        codes = [first.code for first, *_ in faults]
        of_code = {code: (CODES[code].subject == "row", code == "encoding-error") for code in {*codes}}
        self.of_row, self.undecodable = np.array([of_code[code] for code in codes], np.bool_).T


def _as_bytes(numbers: Positions) -> Any:
    import pyarrow as pa

    return pa.array(numbers).cast(pa.string()).cast(pa.binary())


def problems_of(faults: Sequence[Diagnosis], surplus: Sequence[str], dialect: Dialect) -> str:
    """What is wrong with a row, in words; `surplus` are the cells that it has too many."""
    message = said(faults[0]) if len(faults) == 1 else " | ".join(map(said, faults))
    if faults[0].code not in GUESSED_CELLS:
        return message
    left_out = f" What was too many: {dialect.joined(surplus)}." if any(surplus) else ""
    return f"{message}{left_out} {GUESSED}"


def suggested_by(faults: Sequence[Diagnosis], labels: Mapping[str, str]) -> str:
    """What the errors suggest: one value bare, to be copied into its cell; several each with its column's label."""
    if len(faults) == 1:
        return faults[0].suggestion if CODES[faults[0].code].severity == "error" else ""
    found = {
        (labels.get(fault.subject, fault.subject), fault.suggestion): None
        for fault in faults
        if fault.suggestion and CODES[fault.code].severity == "error"
    }
    return " | ".join(value if len(found) == 1 else f"{label}: {value}" for label, value in found)


def said(fault: Diagnosis) -> str:
    """A fault in one line, with the mended value where there is one."""
    mended = f" Suggestion: {fault.suggestion}" if fault.suggestion else ""
    return f"{fault.code}: {fault.message}{mended}"
