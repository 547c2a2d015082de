"""The physical lines of a text, and which of them are records by themselves.

Lines are judged together, by their quotes alone: a line whose quotes are pairs that open and close cells is a
well-formed record. The other lines are judged by the grammar's automaton, quote by quote.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
import numpy.typing as npt

from preflight.model.arrays import Mask, Positions
from preflight.records.grammar import STRAY_QUOTE, UNCLOSED_QUOTE, WELL_FORMED, Dialect

Bytes = npt.NDArray[np.uint8]

MANY_LINES = 8
"""If more than one in this many lines opens or closes a cell over several lines, the text is first tested for misplaced
quotes: without any, no line needs to be judged by itself.
"""

MOST_QUOTES = 64
"""A line with more quotes than this, some of them misplaced, is read by the grammar."""

QUOTES_A_LINE = 8
"""The search for lines stops at the maximum number of lines, or at this many times as many marks."""

CACHED_BYTES = 1 << 19
_CR, _LF = 0x0D, 0x0A

_OUTSIDE, _INSIDE, _BETWEEN_TWO, _AFTER_STRAY, _INSIDE_AFTER_STRAY, _BETWEEN_TWO_AFTER_STRAY, _SPOILED = range(7)
_UNTOLD = 7
_AT_START, _BEFORE_QUOTE, _BEFORE_END = 1, 2, 4


def _next_states() -> npt.NDArray[np.int8]:
    """The automaton's transition table: the next state for each state and each surrounding of a quote.

    Outside quoted cells a quote opens one or is stray. Inside, it is the first of a pair, closes the cell, or spoils
    the record for good.
    """
    after = np.empty((7, 8), np.int8)
    for around in range(8):
        for stray in (0, 3):
            after[_OUTSIDE + stray, around] = _INSIDE + stray if around & _AT_START else _AFTER_STRAY
            inside = _BETWEEN_TWO if around & _BEFORE_QUOTE else _OUTSIDE if around & _BEFORE_END else None
            after[_INSIDE + stray, around] = _SPOILED if inside is None else inside + stray
            after[_BETWEEN_TWO + stray, around] = _INSIDE + stray
        after[_SPOILED, around] = _SPOILED
    return after


_NEXT = _next_states()


def _is_one_of(few: Bytes, wanted: Sequence[int]) -> Mask:
    found: Mask = few == wanted[0]
    for byte in wanted[1:]:
        found |= few == byte
    return found


def places(buffer: Bytes, wanted: Sequence[int], enough: int) -> Positions:
    """The positions of the wanted bytes, at least the first `enough` of them.

    Most 8-byte words hold none of them, and only the others are searched, in pieces that fit the processor's cache.
    """
    found, number = [np.empty(0, np.int64)], 0
    marked, others = np.empty((2, min(CACHED_BYTES, len(buffer) + 8)), np.bool_)
    for at in range(0, len(buffer), CACHED_BYTES):
        few = buffer[at : at + CACHED_BYTES]
        np.equal(few, wanted[0], out=marked[: len(few)])
        for byte in wanted[1:]:
            marked[: len(few)] |= np.equal(few, byte, out=others[: len(few)])
        marked[len(few) :] = False
        words = marked[: len(few) + -len(few) % 8].view(np.uint64)
        some = np.flatnonzero(words != 0)
        inside = np.flatnonzero(words[some].view(np.bool_))
        found.append((some * 8 + at).take(inside >> 3) + (inside & 7))
        number += len(inside)
        if number >= enough:
            break
    return np.concatenate(found)


def _members(first: Positions, number: Positions) -> Positions:
    """The indexes of ranges, given by their first indexes and lengths, as one array."""
    return np.repeat(first - np.cumsum(number) + number, number) + np.arange(number.sum())


class Lines:
    """The complete physical lines of a text, at most `most` of them.

    Line i is `text[start[i]:stop[i]]`; with its line end it goes up to `end[i]`. `alone` is the mask of lines that are
    records by themselves if a record starts there, and `fault` is the fault of these. `all` is False if the text may
    hold further lines.
    """

    def __init__(self, text: bytes, dialect: Dialect, final: bool, most: int) -> None:
        self._buffer = buffer = np.frombuffer(text, np.uint8)
        self._separator, self._quote = ord(dialect.separator), ord(dialect.quote or "\0")
        self._cell_ends = (self._separator, _LF, _CR)
        with_returns, with_quotes = b"\r" in text, bool(dialect.quote) and dialect.quote.encode() in text
        enough = QUOTES_A_LINE * most
        wanted = [_LF, *([_CR] if with_returns else ()), *([self._quote] if with_quotes else ())]
        marks = places(buffer, wanted, enough)
        self.all = len(marks) < enough
        kinds = buffer[marks]
        if with_returns:  # CR LF is one line end
            single = (kinds != _CR) | (buffer.take(marks + 1, mode="clip") != _LF)
            marks, kinds = marks.compress(single), kinds.compress(single)
        ends = np.flatnonzero(kinds != self._quote) if with_quotes else np.arange(len(marks))
        if len(ends) > most:
            self.all, ends = False, ends[:most]
        number, done = len(ends), int(marks[ends[-1]]) + 1 if len(ends) else 0
        rest = int(final and self.all and done < len(text))  # a last line without line end
        edges = np.zeros(number + rest + 1, np.int64)
        edges[1 : number + 1] = marks[ends] + 1
        edges[number + rest] = len(text) if rest else done
        self.start, self.end = edges[:-1], edges[1:]
        self.stop = edges[1:] - 1
        self.stop[number:] = len(text)
        if with_returns:
            before = self.stop[:number] - 1
            self.stop[:number] -= (kinds[ends] == _LF) & (buffer.take(before, mode="clip") == _CR)
        self.alone = np.ones(len(self), np.bool_)
        self.fault = np.full(len(self), WELL_FORMED, np.int8)
        if with_quotes:
            quotes = marks.compress(kinds == self._quote)
            self._quotes_to = np.zeros(len(edges), np.int64)
            self._quotes_to[1 : number + 1] = ends - np.arange(number)
            self._quotes_to[number + rest] = len(quotes) if rest else ends[-1] - number + 1 if number else 0
            self._quotes = quotes[: self._quotes_to[-1]]
            self._judge()

    def __len__(self) -> int:
        return len(self.end)

    def _judge(self) -> None:
        number = np.diff(self._quotes_to)
        if MANY_LINES * np.count_nonzero(number & 1) > len(self) and not len(self._misplaced[0]):
            self.alone = ((self._quotes_to[:-1] | self._quotes_to[1:]) & 1) == 0
        else:
            self.alone, self.fault = self._by_themselves

    @cached_property
    def _by_themselves(self) -> tuple[Mask, npt.NDArray[np.int8]]:
        """The mask of lines that are records if a record starts there, and their faults.

        They are lines with quotes in pairs, each opening or closing a cell or beside another quote; other lines that
        the automaton reads to their end; and lines that open a cell whose closing quote, on a later line, spoils the
        record.
        """
        first, number = self._quotes_to[:-1], np.diff(self._quotes_to)
        alone, fault = np.ones(len(self), np.bool_), np.full(len(self), WELL_FORMED, np.int8)
        doubtful = (number & 1) == 1
        paired = np.delete(self._quotes, _members(first[doubtful], number[doubtful]))
        opening, closing = paired[::2], paired[1::2]
        misplaced = [opening[~self._may_open(opening)], closing[~self._may_close(closing)]]
        doubtful[np.searchsorted(self.end, np.concatenate(misplaced), "right")] = True
        lines = np.flatnonzero(doubtful)
        if len(lines):
            state = self._states(first[lines], number[lines])
            stray, opened = np.isin(state, (_AFTER_STRAY, _SPOILED)), np.isin(state, (_INSIDE, _INSIDE_AFTER_STRAY))
            unclosed = self._spoiling_later(lines[opened])
            fault[lines[stray]], fault[unclosed] = STRAY_QUOTE, UNCLOSED_QUOTE
            alone[lines[state != _OUTSIDE]] = False
            alone[fault != WELL_FORMED] = True
        return alone, fault

    def _states(self, first: Positions, number: Positions) -> npt.NDArray[np.int8]:
        """The state of the automaton at the end of each line, given by the indexes of its quotes."""
        around = self._around(self._quotes[_members(first, number)])
        first = np.cumsum(number) - number
        state = np.zeros(len(number), np.int8)
        for quote in range(min(int(number.max()), MOST_QUOTES)):
            longer = np.flatnonzero(number > quote)
            state[longer] = _NEXT[state[longer], around[first[longer] + quote]]
        state[number > MOST_QUOTES] = _UNTOLD
        return state

    def _spoiling_later(self, lines: Positions) -> Positions:
        """Those of the lines that open a cell which are spoiled by the next quote, on a later line."""
        after = self._quotes_to[lines + 1]
        lines, after = lines[after < len(self._quotes)], after[after < len(self._quotes)]
        around = self._around(self._quotes[after])
        spoiling: Positions = lines[(around & (_BEFORE_QUOTE | _BEFORE_END)) == 0]
        return spoiling

    def _may_open(self, quotes: Positions) -> Mask:
        """The mask of quotes after a separator, a line end or a quote, or at the start of the text (`clip`)."""
        return _is_one_of(self._buffer.take(quotes - 1, mode="clip"), (*self._cell_ends, self._quote))

    def _may_close(self, quotes: Positions) -> Mask:
        """The mask of quotes before a separator, a line end or a quote, or at the end of the text."""
        return _is_one_of(self._buffer.take(quotes + 1, mode="clip"), (*self._cell_ends, self._quote))

    def _around(self, quotes: Positions) -> npt.NDArray[np.int64]:
        """The surroundings of each quote, as input of the automaton."""
        last = len(self._buffer) - 1
        before = self._buffer.take(quotes - 1, mode="clip")
        after = self._buffer.take(quotes + 1, mode="clip")
        around: npt.NDArray[np.int64] = _AT_START * (_is_one_of(before, self._cell_ends) | (quotes == 0))
        around += _BEFORE_QUOTE * ((after == self._quote) & (quotes < last))
        around += _BEFORE_END * (_is_one_of(after, self._cell_ends) | (quotes == last))
        return around

    @cached_property
    def _misplaced(self) -> tuple[Positions, Positions]:
        """The indexes of misplaced quotes if quotes of even index open cells, and if quotes of odd index do."""
        may_open, may_close = self._may_open(self._quotes), self._may_close(self._quotes)
        even = (np.arange(len(self._quotes)) & 1) == 0
        return (
            np.flatnonzero(~np.where(even, may_open, may_close)),
            np.flatnonzero(~np.where(even, may_close, may_open)),
        )

    def vouched_for(self, first: int, most: int) -> Positions:
        """The last lines of records from line `first` on, up to a misplaced quote, within at most `most` lines."""
        quotes = int(self._quotes_to[first])
        misplaced = self._misplaced[quotes & 1]
        at = np.searchsorted(misplaced, quotes)
        last = min(first + most, len(self))
        if at < len(misplaced):
            last = min(last, int(np.searchsorted(self._quotes_to[1:], misplaced[at], "right")))
        return first + np.flatnonzero(((self._quotes_to[first + 1 : last + 1] - quotes) & 1) == 0)

    def widths(self, first: Positions, last: Positions) -> Positions:
        """The number of cells of well-formed records, given by their first and last lines."""
        at, start, stop = self.start[first[0]], self.start[first], self.stop[last]
        text = self._buffer[at : stop[-1]]
        marks = places(text, [self._quote, self._separator], len(text) + 1)
        is_quote = text[marks] == self._quote
        quotes = np.concatenate([[0], np.cumsum(is_quote)])
        outside = (quotes[:-1] & 1) == [[0], [1]]  # if the text starts outside quoted cells, and if inside
        between = np.zeros((2, len(quotes)), np.int64)
        np.cumsum(outside & ~is_quote, axis=1, out=between[:, 1:])
        from_, to = np.searchsorted(marks, start - at), np.searchsorted(marks, stop - at)
        starts = quotes[from_] & 1
        width: Positions = 1 + between[starts, to] - between[starts, from_]
        return width

    def whole(self, first: Positions, last: Positions, width: int) -> Mask:
        """The mask of records over several lines that are kept although they have not the usual width.

        The line on which their first cell over several lines closes is no record of that width by itself. The others,
        doubtful ones among them, are read by the grammar.
        """
        opened = self._quotes_to[first + 1]
        ends = self._quotes[opened[0] : self._quotes_to[last[-1] + 1] : 2]
        closing = opened[0] + 2 * np.flatnonzero((self._around(ends) & _BEFORE_QUOTE) == 0)
        closed = self._quotes[closing[np.searchsorted(closing, opened)]]
        line = np.searchsorted(self.end, closed, "right")
        alone, fault = (of_lines[line] for of_lines in self._by_themselves)
        whole: Mask = alone & (fault != WELL_FORMED)
        right = np.flatnonzero(alone & ~whole)
        if len(right):
            whole[right] = self.widths(line[right], line[right]) != width
        return whole
