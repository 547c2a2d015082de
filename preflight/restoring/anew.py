"""Cuts many records into cells at once, including records with stray quotes, and rewrites them to a number of cells.

The cells are those of `Dialect.split` for each record, and the rewritten records are those of `Dialect.joined`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from preflight.model.arrays import Mask, Positions
from preflight.records.grammar import Dialect
from preflight.records.spreadsheet import guarded_each
from preflight.records.texts import changed, lengthened, quoted
from preflight.text.buffers import between, bytes_of, edges_of

MOST_STEPS = 1_000
"""Number of cells with quotes per record that are processed vectorized; further ones are read one by one."""


class CutRecords:
    """The cells of many records, given as an Arrow array of bytes.

    Cell i is `block[start[i]:stop[i]]` and belongs to record `record[i]`; it includes its quotes if `quoted[i]`. Record
    j has `numbers[j]` cells, the first of which has the index `first[j]`. `quotes` are the offsets of quotes in the
    block.
    """

    def __init__(self, texts: Any, dialect: Dialect) -> None:
        self._dialect, self.edges = dialect, edges_of(texts)
        self.block = bytes_of(texts)[: self.edges[-1]]
        marks = np.flatnonzero(self.block == ord(dialect.separator))
        self.quotes = np.flatnonzero(self.block == ord(dialect.quote)) if dialect.quote else marks[:0]
        opened, closed = self._quoted_cells(marks) if len(self.quotes) else (marks[:0], marks[:0])
        if len(opened):
            before = np.searchsorted(opened, marks) - 1
            marks = marks[(before < 0) | (closed[before] < marks)]
        self.numbers: Positions = np.diff(np.searchsorted(marks, self.edges)) + 1
        ends = np.cumsum(self.numbers)
        self.first: Positions = ends - self.numbers
        self.record: Positions = np.repeat(np.arange(len(texts)), self.numbers)
        self.start: Positions = np.insert(marks + 1, self.first - np.arange(len(texts)), self.edges[:-1])
        self.stop: Positions = np.insert(marks, ends - 1 - np.arange(len(texts)), self.edges[1:])
        self.quoted: Mask = np.zeros(len(self.start), np.bool_)
        self.quoted[self.cell_of(opened)] = True

    def cell_of(self, places: Positions) -> Positions:
        """The indices of the cells that hold these offsets of the block."""
        cells: Positions = np.searchsorted(self.start, places, "right") - 1
        return cells

    def texts(self, cells: Positions) -> Any:
        """The content of cells, unquoted, as an Arrow array of bytes."""
        quote, quoted = self._dialect.quote.encode(), self.quoted[cells]
        found = between(self.block, self.start[cells] + quoted, self.stop[cells] - quoted)
        return changed(found, quoted, lambda raws: pc.replace_substring(raws, quote * 2, quote))

    def misquoted(self, opening: bool = False) -> Positions:
        """The first unquoted cell of each record that holds a quote; with `opening`, that starts with one."""
        cells = self.cell_of(self.quotes)
        cells = cells[~self.quoted[cells] & ((self.start[cells] == self.quotes) | (not opening))]
        first: Positions = cells[np.unique(self.record[cells], return_index=True)[1]]
        return first

    def bytes_before(self, cells: Positions) -> Positions:
        """The offset of each cell in its record, in bytes."""
        before: Positions = self.start[cells] - self.edges[self.record[cells]]
        return before

    def _quoted_cells(self, separators: Positions) -> tuple[Positions, Positions]:
        """The offsets of the opening and of the closing quotes of quoted cells.

        Each step processes the next cell with quotes of all records. In a quoted cell a quote is doubled, so the last
        one of an odd run of quotes closes it.
        """
        quotes, begins = self.quotes, np.ones(len(self.quotes), np.bool_)
        begins[1:] = (np.diff(quotes) > 1) | (self.edges[np.searchsorted(self.edges, quotes[1:])] == quotes[1:])
        run = np.flatnonzero(begins)
        first, last = quotes[run], quotes[np.append(run[1:], len(quotes)) - 1]
        odd = (last - first) % 2 == 0
        end_of_all = len(self.block)
        separators, closing = np.append(separators, end_of_all), np.append(last[odd], end_of_all)
        at, stop = self.edges[:-1], self.edges[1:]
        opened, closed = list[Positions](), list[Positions]()
        for _ in range(MOST_STEPS):
            here = np.append(quotes, end_of_all)[np.searchsorted(quotes, at)]
            at, stop, here = at[here < stop], stop[here < stop], here[here < stop]
            if not len(at):
                break
            run, mark = np.searchsorted(first, here, "right") - 1, np.searchsorted(separators, here)
            close = np.where(odd[run], closing[np.searchsorted(closing, last[run], "right")], last[run])
            whole = (here == at) | (separators[mark - 1] + 1 == here)
            whole &= close < stop
            behind = np.minimum(close + 1, end_of_all - 1)
            whole &= (close + 1 == stop) | (self.block[behind] == ord(self._dialect.separator))
            opened.append(here[whole])
            closed.append(close[whole])
            at = np.where(whole, close + 1, separators[mark]) + 1
        for start, end in zip(at.tolist(), stop.tolist(), strict=True):
            spans = [*self._dialect.quotes_around_cells(self.block[start:end].tobytes())]
            found = start + np.array(spans, np.int64).reshape(-1, 2)
            opened.append(found[:, 0])
            closed.append(found[:, 1])
        order = np.argsort(opens := np.concatenate(opened))
        return opens[order], np.concatenate(closed)[order]


class Anew(NamedTuple):
    """Rewritten records. `texts` have the required number of cells; missing cells are empty.

    `too_many` is the mask of records that had surplus cells: without a quote character any, otherwise non-empty ones.
    `surplus` holds the joined surplus cells of each of these.
    """

    texts: Any
    too_many: Mask
    surplus: Any


def written_anew(texts: Any, dialect: Dialect, width: int, spoiled: Mask, guard: Mask) -> Anew:
    """Rewrite records, given as an Arrow array of bytes: those of the mask `spoiled` to `width` cells.

    In records of the mask `guard`, cells that a spreadsheet would change are guarded. All other records keep their
    bytes.
    """
    wanted = spoiled | guard
    own, spoiled, guard = texts.filter(pa.array(wanted)), spoiled[wanted], guard[wanted]
    cut = CutRecords(own, dialect)
    kept = np.minimum(cut.numbers, width)
    begins, ends = cut.edges[:-1], cut.edges[1:]
    stop = cut.stop[cut.first + kept - 1]
    written, surplus = between(cut.block, begins, stop), between(cut.block, np.minimum(stop + 1, ends), ends)
    in_width = np.arange(len(cut.record)) - cut.first[cut.record] < width
    by_cells = guard.copy()
    by_cells[cut.record[cut.cell_of(cut.quotes)]] = True
    of_these, number = by_cells[cut.record], kept[by_cells]
    own_cells, is_changed = _guarded(cut, np.flatnonzero(of_these & in_width), guard)
    written = changed(written, by_cells, lambda _: _joined(own_cells, number, dialect))
    more, further = cut.texts(np.flatnonzero(of_these & ~in_width)), (cut.numbers - kept)[by_cells]
    surplus = changed(surplus, by_cells, lambda _: _joined(more, further, dialect))
    short = kept < width
    written = changed(written, short, lambda texts: lengthened(texts, dialect.separator, (width - kept)[short]))
    untouched = ~spoiled & ~is_changed
    written = changed(written, untouched, lambda _: own.filter(pa.array(untouched)))
    too_many = cut.numbers > width
    if dialect.quote:
        is_surplus = ~in_width & (cut.stop - cut.start > 2 * cut.quoted)
        too_many = np.bincount(cut.record[is_surplus], minlength=len(own)) > 0
    surplus = surplus.filter(pa.array(too_many))
    wanted_too_many = np.zeros(len(texts), np.bool_)
    wanted_too_many[wanted] = too_many
    return Anew(changed(texts, wanted, lambda _: written), wanted_too_many, surplus)


def _guarded(cut: CutRecords, cells: Positions, guard: Mask) -> tuple[Any, Mask]:
    """The content of cells, guarded in records of the mask `guard`, and the mask of records that this changes."""
    texts, asked = cut.texts(cells), guard[cut.record[cells]]
    guarded, found = guarded_each(texts.filter(pa.array(asked)))
    is_changed = np.zeros(len(guard), np.bool_)
    is_changed[cut.record[cells[asked][found]]] = True
    return changed(texts, asked, lambda _: guarded), is_changed


def _joined(cells: Any, numbers: Positions, dialect: Dialect) -> Any:
    """Records joined from consecutive cells; record i has `numbers[i]` of them."""
    edges = pa.array(np.concatenate([[0], np.cumsum(numbers)]).astype(np.int32))
    return pc.binary_join(pa.ListArray.from_arrays(edges, quoted(cells, dialect)), dialect.separator.encode())
