"""The bad-rows file as it is written; `preflight.records.badrows` reads it again after a person has mended it."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator, Mapping, Sequence
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

NOTHING = Added()
"""What a record's own file said of it, unless that is a bad-rows file."""

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
            ends = [self._line([self._told(one), self._suggested(one)]) for one in faults]
            yield self._lines(judged, rows[few], kinds_of_few, _Alike(faults, ends))

    def _lines(self, judged: Judged, rows: Positions, kinds: Positions, alike: _Alike) -> Any:
        import pyarrow as pa
        import pyarrow.compute as pc

        from preflight.records.texts import texts_of

        records, positions, of_row = judged.records, rows - judged.chunk.first_row, alike.of_row[kinds]
        changes = may_change(records, positions, self._dialect) | alike.undecodable[kinds]
        kept, anew = texts_of(records, positions), of_row | changes
        if (plain := of_row & ~changes).any():
            kept, fitted = self._fitted(kept, plain)
            anew &= ~fitted
        if anew.any():
            of_each = (column[anew].tolist() for column in (of_row, changes, alike.too_many[kinds]))
            cells = list(map(self._kept, records.raws(positions[anew]), *of_each))
            kept = pc.replace_with_mask(kept, pa.array(anew), pa.array(cells, pa.binary()))
        lines = records.line[positions]
        columns = kept, _as_bytes(rows), _as_bytes(lines), alike.ends.take(pa.array(kinds))
        written = pc.binary_join_element_wise(*columns, self._separator)
        anew = kept.is_null().to_numpy(zero_copy_only=False) | bool(records.added)
        if not anew.any():
            return written
        of_anew = (column[anew].tolist() for column in (positions, kinds, changes, rows, lines))
        texts = [
            self._written_anew(raw, alike, kind, change, row, line, records.added[i] if records.added else NOTHING)
            for raw, i, kind, change, row, line in zip(records.raws(positions[anew]), *of_anew, strict=True)
        ]
        return pc.replace_with_mask(written, pa.array(anew), pa.array(texts, pa.binary()))

    def _fitted(self, texts: Any, wanted: Mask) -> tuple[Any, Mask]:
        """Records, of those that are wanted most with the right number of cells, as `_kept` would have them; and which.

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

    def _kept(self, raw: bytes, of_row: bool, changes: bool, too_many: bool) -> bytes | None:
        """The cells of a record as they are written, missing ones empty; None if some are too many.

        Those of a record with a fault in its cells keep their bytes where none `changes`.
        """
        if too_many:
            return None
        if changes:
            cells = self._dialect.split(raw)
            kept, number = list(map(guarded, cells)), len(cells)
            if of_row or kept != cells:
                raw = self._joined(kept)
        else:
            raw, number = self._quoted(raw)
        return raw + self._separator * (self._width - number) if number <= self._width else None

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

    def _written_anew(
        self, raw: bytes, alike: _Alike, kind: int, changes: bool, row: int, line: int, said: Added
    ) -> bytes:
        """A record with too many cells, or of a bad-rows file, with what that has `said` of its place and its cells."""
        faults, cells, width = alike.faults[kind], self._dialect.split(raw), self._width
        kept, surplus = cells[:width] + [""] * (width - len(cells)), cells[width:]
        kept = [*map(guarded, kept)] if changes else kept
        if said is NOTHING and not (surplus if self._plain else any(surplus)):
            added = b"%d%b%d%b%b" % (row, self._separator, line, self._separator, alike.bytes_of_ends[kind])
        else:
            problems = said.problems if said.guessed else self._told(faults, surplus)
            added = self._line([said.row or str(row), said.line or str(line), problems, self._suggested(faults)])
        if CODES[faults[0].code].subject != "row" and kept == cells:
            return self._separator.join([raw, added])
        return self._separator.join([self._joined(kept), added])

    def _told(self, faults: Sequence[Diagnosis], surplus: Sequence[str] = ()) -> str:
        guessed = faults[0].code in GUESSED_CELLS
        if self._plain:  # no quotes to keep a message in its cell
            return "|".join([*(fault.code for fault in faults), *(surplus if guessed else ())])
        return problems_of(faults, surplus, self._dialect)

    def _suggested(self, faults: Sequence[Diagnosis]) -> str:
        """What the errors suggest; without quotes it is empty where its cell could not hold it."""
        if not any(fault.suggestion for fault in faults):
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
    """What goes for all records with the same faults: for each kind of them the faults, and how its lines end.

    Where the faults are `of_row` the cells are as a spreadsheet would have them, where `undecodable` as text, and where
    they are `too_many` some of them stand in the words about it.
    """

    def __init__(self, faults: Sequence[tuple[Diagnosis, ...]], ends: Sequence[bytes]) -> None:
        import pyarrow as pa

        self.faults = faults
        self.bytes_of_ends = ends
        self.ends = pa.array(ends, pa.binary())
        self.of_row = np.array([CODES[first.code].subject == "row" for first, *_ in faults], np.bool_)
        self.too_many = np.array([first.code == "extra-cell" for first, *_ in faults], np.bool_)
        self.undecodable = np.array([first.code == "encoding-error" for first, *_ in faults], np.bool_)


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
