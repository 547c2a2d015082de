"""The physical lines of a text, and how quotes stand in them: what the grammar makes of a line.

Lines are judged by their quotes alone, all at once: where these stand in pairs that open and close cells, the line is a
well-formed record. What the others are is worked out by the grammar's automaton, quote by quote.
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
"""Where more than one line in so many opens or closes a cell that goes on, it is tried whether no quote is misplaced:
then no line needs to be looked at by itself.
"""

MOST_QUOTES = 64
"""A line of more quotes than this, some of them misplaced, is left to the grammar."""

QUOTES_A_LINE = 8
"""Lines are looked for up to where there are as many of them as are wanted, or so many times as many quotes."""

CACHED_BYTES = 1 << 19
_CR, _LF = 0x0D, 0x0A

_OUTSIDE, _INSIDE, _BETWEEN_TWO, _AFTER_STRAY, _INSIDE_AFTER_STRAY, _BETWEEN_TWO_AFTER_STRAY, _SPOILED = range(7)
_UNTOLD = 7
_AT_START, _BEFORE_QUOTE, _BEFORE_END = 1, 2, 4


def _next_states() -> npt.NDArray[np.int8]:
    """What state a quote leads to: by the state before it, and by what stands around it.

    Outside quoted cells a quote opens one or is stray; inside it is the first of two, closes the cell, or spoils the
    record for good.
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
    """Where any of the wanted bytes stand, up to a place behind as many as are enough.

    Most words of eight bytes hold none: only the others are looked into. It goes a little at a time, so that it stays
    in the processor's cache.
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
    """The indexes of runs of so many from each first on."""
    return np.repeat(first - np.cumsum(number) + number, number) + np.arange(number.sum())


class Lines:
    """The physical lines of a text that are complete; where they are very many, some of them from the first on.

    Line i is `text[start[i]:stop[i]]`, with its line end up to `end[i]`. `alone` marks lines that are a record by
    themselves, wherever a record may start with them, and `fault` is theirs as records. `all` is False where the text
    may hold more lines than these.
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
        if with_returns:  # a CR LF ends one line
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
        """Which lines are records, wherever a record may start with them, and their faults: those of an even number of
        quotes, each where it opens or closes a cell, or beside another; others that the automaton reads to their end;
        and those that open a cell which spoils its record where it closes, on a later line.
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
        """In what state the automaton is at the end of lines with so many quotes from the `first` on."""
        around = self._around(self._quotes[_members(first, number)])
        first = np.cumsum(number) - number
        state = np.zeros(len(number), np.int8)
        for quote in range(min(int(number.max()), MOST_QUOTES)):
            longer = np.flatnonzero(number > quote)
            state[longer] = _NEXT[state[longer], around[first[longer] + quote]]
        state[number > MOST_QUOTES] = _UNTOLD
        return state

    def _spoiling_later(self, lines: Positions) -> Positions:
        """Which of the lines that open a cell are spoiled by the next quote, whose line is not theirs."""
        after = self._quotes_to[lines + 1]
        lines, after = lines[after < len(self._quotes)], after[after < len(self._quotes)]
        around = self._around(self._quotes[after])
        spoiling: Positions = lines[(around & (_BEFORE_QUOTE | _BEFORE_END)) == 0]
        return spoiling

    def _may_open(self, quotes: Positions) -> Mask:
        """Whether each quote stands behind a separator, a line end or a quote, or (clipped to itself) at the start."""
        return _is_one_of(self._buffer.take(quotes - 1, mode="clip"), (*self._cell_ends, self._quote))

    def _may_close(self, quotes: Positions) -> Mask:
        """Whether each quote stands before a separator, a line end or a quote, or at the end."""
        return _is_one_of(self._buffer.take(quotes + 1, mode="clip"), (*self._cell_ends, self._quote))

    def _around(self, quotes: Positions) -> npt.NDArray[np.int64]:
        """What stands around each quote, as the automaton takes it."""
        last = len(self._buffer) - 1
        before = self._buffer.take(quotes - 1, mode="clip")
        after = self._buffer.take(quotes + 1, mode="clip")
        around: npt.NDArray[np.int64] = _AT_START * (_is_one_of(before, self._cell_ends) | (quotes == 0))
        around += _BEFORE_QUOTE * ((after == self._quote) & (quotes < last))
        around += _BEFORE_END * (_is_one_of(after, self._cell_ends) | (quotes == last))
        return around

    @cached_property
    def _misplaced(self) -> tuple[Positions, Positions]:
        """Which quotes stand where they may not, if those of even number open cells, and if those of odd number do."""
        may_open, may_close = self._may_open(self._quotes), self._may_close(self._quotes)
        even = (np.arange(len(self._quotes)) & 1) == 0
        return (
            np.flatnonzero(~np.where(even, may_open, may_close)),
            np.flatnonzero(~np.where(even, may_close, may_open)),
        )

    def vouched_for(self, first: int, most: int) -> Positions:
        """The last lines of the records from line `first` on, up to a misplaced quote, over at most `most` lines."""
        quotes = int(self._quotes_to[first])
        misplaced = self._misplaced[quotes & 1]
        at = np.searchsorted(misplaced, quotes)
        last = min(first + most, len(self))
        if at < len(misplaced):
            last = min(last, int(np.searchsorted(self._quotes_to[1:], misplaced[at], "right")))
        return first + np.flatnonzero(((self._quotes_to[first + 1 : last + 1] - quotes) & 1) == 0)

    def widths(self, first: Positions, last: Positions) -> Positions:
        """How many cells each of some records has that are well-formed, from which lines on up to which."""
        at, start, stop = self.start[first[0]], self.start[first], self.stop[last]
        text = self._buffer[at : stop[-1]]
        marks = places(text, [self._quote, self._separator], len(text) + 1)
        is_quote = text[marks] == self._quote
        quotes = np.concatenate([[0], np.cumsum(is_quote)])
        outside = (quotes[:-1] & 1) == [[0], [1]]  # by whether the text starts outside quoted cells, or inside
        between = np.zeros((2, len(quotes)), np.int64)
        np.cumsum(outside & ~is_quote, axis=1, out=between[:, 1:])
        from_, to = np.searchsorted(marks, start - at), np.searchsorted(marks, stop - at)
        starts = quotes[from_] & 1
        width: Positions = 1 + between[starts, to] - between[starts, from_]
        return width

    def whole(self, first: Positions, last: Positions, width: int) -> Mask:
        """Which records over several lines stay whole even though they have not the usual width.

        The line on which their first cell over several lines closes is no record of that width by itself. Where
        that cannot be determined, it is left to the grammar.
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
