"""Cuts many records into cells at once, including records with stray quotes, and rewrites them to a number of cells.

The cells are those of `Dialect.split` for each record, and the rewritten records are those of `Dialect.joined`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from preflight.model.arrays import Mask, Positions
from preflight.records.grammar import Dialect
from preflight.records.spreadsheet import begin_as_changed, guarded_each
from preflight.records.texts import changed, lengthened
from preflight.text.buffers import between, bytes_of, edges_of

MOST_STEPS = 1_000
"""Number of cells with quotes per record that are processed vectorized; further ones are read one by one."""

_SIGN = 2
"""Rank of a guarding `'` among the characters that are inserted at one place."""


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
        self._hidden = marks[:0]
        if len(opened):
            edges = (np.searchsorted(marks, places) for places in (opened, closed))
            begins, ends = (np.bincount(places, minlength=len(marks) + 1) for places in edges)
            is_hidden = np.cumsum(begins - ends)[:-1] > 0
            self._hidden, marks = marks[is_hidden], marks[~is_hidden]
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

    @cached_property
    def cells_of_quotes(self) -> Positions:
        """The index of the cell of each quote."""
        return self.cell_of(self.quotes)

    def hold_marks(self) -> Mask:
        """The mask of cells whose content has a quote, a separator or a line end."""
        line_ends = np.flatnonzero((self.block == ord("\n")) | (self.block == ord("\r")))
        marks = np.concatenate([self.quotes, self._hidden, line_ends])
        cells = np.concatenate([self.cells_of_quotes, self.cell_of(marks[len(self.quotes) :])])
        around = self.quoted[cells] & ((marks == self.start[cells]) | (marks == self.stop[cells] - 1))
        found = np.zeros(len(self.start), np.bool_)
        found[cells[~around]] = True
        return found

    def misquoted(self, opening: bool = False) -> Positions:
        """The first unquoted cell of each record that holds a quote; with `opening`, that starts with one."""
        cells = self.cells_of_quotes
        cells = cells[~self.quoted[cells] & ((self.start[cells] == self.quotes) | (not opening))]
        first: Positions = cells[np.unique(self.record[cells], return_index=True)[1]]
        return first

    def bytes_before(self, cells: Positions) -> Positions:
        """The offset of each cell in its record, in bytes."""
        before: Positions = self.start[cells] - self.edges[self.record[cells]]
        return before

    def _quoted_cells(self, separators: Positions) -> tuple[Positions, Positions]:
        """The offsets of the opening and of the closing quotes of quoted cells.

        Each step processes the next cell of all records that starts with a quote. In a quoted cell a quote is doubled,
        so the last one of an odd run of quotes closes it.
        """
        quotes, begins = self.quotes, np.ones(len(self.quotes), np.bool_)
        after_edge = self.edges[np.searchsorted(self.edges, quotes)] == quotes
        begins[1:] = (np.diff(quotes) > 1) | after_edge[1:]
        opening = quotes[after_edge | (self.block[quotes - 1] == ord(self._dialect.separator))]
        if not len(opening):
            return opening, opening
        run = np.flatnonzero(begins)
        first, last = quotes[run], quotes[np.append(run[1:], len(quotes)) - 1]
        odd = (last - first) % 2 == 0
        end_of_all = len(self.block)
        separators, closing = np.append(separators, end_of_all), np.append(last[odd], end_of_all)
        openings = np.append(opening, end_of_all)
        at, stop = self.edges[:-1], self.edges[1:]
        opened, closed = list[Positions](), list[Positions]()
        for _ in range(MOST_STEPS):
            here = openings[np.searchsorted(opening, at)]
            stop, here = stop[here < stop], here[here < stop]
            if not len(here):
                at = here
                break
            run = np.searchsorted(first, here, "right") - 1
            close = np.where(odd[run], closing[np.searchsorted(closing, last[run], "right")], last[run])
            behind = np.minimum(close + 1, end_of_all - 1)
            whole = (close < stop) & ((close + 1 == stop) | (self.block[behind] == ord(self._dialect.separator)))
            opened.append(here[whole])
            closed.append(close[whole])
            at = np.where(whole, close + 1, separators[np.searchsorted(separators, here)]) + 1
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

    In these and in records of the mask `guard`, cells that a spreadsheet would change are guarded. All other records
    keep their bytes.
    """
    wanted = spoiled | guard
    own, rewritten = texts.filter(pa.array(wanted)), spoiled[wanted]
    cut = CutRecords(own, dialect)
    kept = np.minimum(cut.numbers, width)
    in_width = np.arange(len(cut.record)) - cut.first[cut.record] < width
    to_guard = _to_guard(cut, np.flatnonzero(in_width))
    rewritten[cut.record[to_guard]] = True
    block, moved = _rewritten(cut, rewritten, to_guard, dialect)
    begins, ends, last = cut.edges[:-1], cut.edges[1:], cut.stop[cut.first + kept - 1]
    written = between(block, moved(begins), moved(np.where(rewritten, last, ends)))
    short = rewritten & (kept < width)
    written = changed(written, short, lambda texts: lengthened(texts, dialect.separator, (width - kept)[short]))
    too_many = cut.numbers > width
    if dialect.quote:
        is_surplus = ~in_width & (cut.stop - cut.start > 2 * cut.quoted)
        too_many = np.bincount(cut.record[is_surplus], minlength=len(own)) > 0
    surplus = between(block, moved(last[too_many] + 1), moved(ends[too_many]))
    wanted_too_many = np.zeros(len(texts), np.bool_)
    wanted_too_many[wanted] = too_many
    return Anew(changed(texts, wanted, lambda _: written), wanted_too_many, surplus)


def _to_guard(cut: CutRecords, cells: Positions) -> Positions:
    """Those of the cells that a spreadsheet would change."""
    cells = cells[cut.stop[cells] - cut.start[cells] > 2 * cut.quoted[cells]]
    ends_cell = np.zeros(len(cut.block) + 1, np.bool_)
    ends_cell[cut.stop - cut.quoted] = True
    cells = cells[begin_as_changed(cut.block, cut.start[cells] + cut.quoted[cells], ends_cell)]
    _, found = guarded_each(cut.texts(cells))
    return cells[found]


def _rewritten(
    cut: CutRecords, records: Mask, to_guard: Positions, dialect: Dialect
) -> tuple[npt.NDArray[np.uint8], Callable[[Positions], Positions]]:
    """The block with the cells of these records as `Dialect.joined` writes them, the cells `to_guard` behind a `'`.

    Also returns a function from edges of cells in the block to those in the result.
    """
    sign_is_quote = dialect.quote == "'"
    needs_quotes = cut.hold_marks() if dialect.quote else np.zeros(len(cut.start), np.bool_)
    needs_quotes[to_guard] |= sign_is_quote
    is_rewritten = records[cut.record]
    is_wrapped = needs_quotes & ~cut.quoted & is_rewritten
    wrapped, bare = np.flatnonzero(is_wrapped), np.flatnonzero(cut.quoted & ~needs_quotes & is_rewritten)
    inner = cut.quotes[is_wrapped[cut.cells_of_quotes]]
    signs = np.repeat(cut.start[to_guard] + cut.quoted[to_guard], 1 + sign_is_quote)
    places = (cut.stop[wrapped], cut.start[wrapped], signs, inner)
    keys = np.concatenate([4 * some + rank for rank, some in enumerate(places)])  # in this order at one place
    marks = np.full(len(keys), ord(dialect.quote or "'"), np.uint8)
    marks[(keys & 3) == _SIGN] = ord("'")
    order = np.argsort(keys, kind="stable")
    keys, marks = keys[order], marks[order]
    removed = np.stack([cut.start[bare], cut.stop[bare] - 1], 1).ravel()
    block = np.insert(cut.block, keys >> 2, marks)
    block = np.delete(block, removed + np.searchsorted(keys, 4 * removed + 4))

    def moved(edges: Positions) -> Positions:
        found: Positions = edges + np.searchsorted(keys, 4 * edges + 1) - np.searchsorted(removed, edges)
        return found

    return block, moved
