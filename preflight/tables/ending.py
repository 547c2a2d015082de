"""Where the table of a large file ends: told in the one pass over it, as its records go by.

A record with an `@` in it is a row, unless it follows one that may be none, or is among the last; so is one as wide as
the others with a figure at the start of a cell. What is left is little, and looked at as `sections` has it. Rows are
held back until it is known that no other section and no footer begins with them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

import numpy as np

from preflight.model.arrays import Mask, Positions
from preflight.model.skipped import SkippedLines
from preflight.records.grammar import WELL_FORMED, Dialect, Records
from preflight.records.lines import Bytes
from preflight.records.source import Source
from preflight.tables.beside import named_lines
from preflight.tables.sections import Rows, Section, sections
from preflight.tables.survey import FEW_CELLS, MOST_KEPT, MOST_OF_A_RECORD, Seen, Survey

LAST_ONES = 64
"""Records at a file's end that are all looked at."""

_IS_FIGURE = np.isin(np.arange(256), np.frombuffer(b"0123456789", np.uint8))
_IN_DATES = np.isin(np.arange(256), np.frombuffer(b"/-.", np.uint8))
"""Of each byte, whether it is a figure, and what stands between those of a date."""


class Ending:
    """Finds where a section ends that begins at the start of a source's text; `skipped` is what follows it.

    It is found once, by the first pass to come to it; from then on the source gives no more than the table.
    """

    def __init__(self, section: Section, dialect: Dialect) -> None:
        self.skipped: Sequence[SkippedLines] = ()
        self._section = section
        self._dialect = dialect
        self._is_known = False

    def watch(self, source: Source, runs: Iterator[Records], dialect: Dialect) -> Iterator[Records]:
        """The records of the table; `runs` are those of the source's text, cut by the `dialect`."""
        is_other = (dialect.separator, dialect.quote) != (self._dialect.separator, self._dialect.quote)
        if self._is_known or is_other:
            yield from runs
            return
        rows = _HeldBack(self._section, dialect)
        stop = None
        for run in runs:
            rows.add(run)
            if (stop := rows.stop()) is not None:
                break
            yield from rows.given_on()
        stop = stop or rows.stop_at_the_end()
        yield from rows.up_to(stop.number if stop is not None else None)
        if stop is not None:
            rest = Survey.of(chain(rows.held, runs), dialect)
            others = sections(rest) if rows.another_follows else []
            self.skipped = [*named_lines(rest.seen, stop.line, rest.last_line, others, "after the table")]
            source.bounds = source.bounds._replace(stop=source.bounds.start + stop.start)
        self._is_known = True


class _HeldBack:
    """The rows of a section as far as they are known to be such; `held` are the records that may be none.

    `another_follows` tells that the section ends where another one begins.
    """

    def __init__(self, section: Section, dialect: Dialect) -> None:
        self.held: deque[Records] = deque()
        self._rows = Rows(section.head, section.headed, section.width)
        self._labels, self._width = len(section.head.filled), section.width
        self._dialect = dialect
        self._queue: deque[Seen] = deque()
        self._after_odd = self._gives_up = self.another_follows = False
        self._looked_at = self._records = self._size = self._given = self._last = 0

    def add(self, run: Records) -> None:
        """Take the next records."""
        if not self._gives_up:
            places = np.flatnonzero(self._may_be_none(run))
            self._looked_at += len(places)
            self._gives_up = self._looked_at > MOST_KEPT  # no report with a table in it is such
            if not self._gives_up:
                self._queue += self._seen(run, places, self._records, self._size)
        self.held.append(run)
        self._records += len(run)
        self._size += _size(run)

    def stop(self) -> Seen | None:
        """The first record behind the table, if it is recognized by what came so far."""
        return self._looked_through(self._records - LAST_ONES)

    def stop_at_the_end(self) -> Seen | None:
        """The same where no more records follow."""
        if self._gives_up:
            return None
        first = self._records - LAST_ONES
        self._queue = deque(one for one in self._queue if one.number < first)
        number, start = self._given, self._size - sum(map(_size, self.held))
        for run in self.held:
            places = np.arange(max(0, first - number), len(run))
            self._queue += self._seen(run, places, number, start)
            number, start = number + len(run), start + _size(run)
        return self._looked_through(self._records) or self._rows.footer()

    def given_on(self) -> Iterator[Records]:
        """What is known to be rows."""
        tail = self._rows.tail
        until = min(self._records - LAST_ONES, tail[0].number if tail else self._records)
        return self.up_to(None if self._gives_up else until, whole=True)

    def up_to(self, until: int | None, whole: bool = False) -> Iterator[Records]:
        """The records before that number, or all, in `whole` runs where few are dear; they are held no longer."""
        until = self._records if until is None else until
        while self.held and self._given < until and not (whole and self._given + len(self.held[0]) > until):
            run = self.held.popleft()
            number = min(len(run), until - self._given)
            if number < len(run):
                self.held.appendleft(run.between(number, len(run)))
            self._given += number
            yield run if number == len(run) else run.between(0, number)

    def _looked_through(self, until: int) -> Seen | None:
        """Look at what waits before that record; the first one behind the table."""
        while self._queue and self._queue[0].number < until and not self._gives_up:
            one = self._queue.popleft()
            if one.number == 0:  # the heading, or the first row
                continue
            if one.number > self._last + 1:
                self._rows.pass_over()
            self._last = one.number
            after = self._queue[0] if self._queue and self._queue[0].number == one.number + 1 else None
            if self._rows.ends_at(one, after):
                self.another_follows = True
                return self._rows.tail[0] if self._rows.tail else one
            self._rows.take(one)
        return None

    def _seen(self, run: Records, places: Positions, number: int, start: int) -> Iterable[Seen]:
        """Records of a run whose first is `number`, and begins at byte `start` of the text."""
        start -= int(run.start[0])
        for i in places.tolist():
            cells = self._dialect.split(run.raw(i)[:MOST_OF_A_RECORD])
            at, end = start + int(run.start[i]), start + int(run.end[i])
            yield Seen(number + i, int(run.line[i]), at, end, cells, bool(run.fault[i] == WELL_FORMED))

    def _may_be_none(self, run: Records) -> Mask:
        """Which records of a run are to be looked at: those that may be no rows, and each that follows one of them."""
        ats = np.frombuffer(run.block, np.uint8)[: run.end[-1]] == ord("@")
        odd = ~np.logical_or.reduceat(ats, run.start) & (run.fault == WELL_FORMED)
        places = np.flatnonzero(odd)
        if 4 * len(places) > len(run):
            odd[places] = ~self._are_plain(run, places)
        elif len(places):  # to copy these few takes less time than to look at all
            odd[places] = ~self._are_plain(run.at(places), np.arange(len(places)))
        after = np.concatenate([[self._after_odd], odd[:-1]])
        self._after_odd = bool(odd[-1])
        worth: Mask = odd | after
        return worth

    def _are_plain(self, run: Records, places: Positions) -> Mask:
        """Which of these records are rows for certain, though they have no address: by their width and a figure.

        Blank cells count where they are empty. The records are well-formed.
        """
        buffer, starts, stops = np.frombuffer(run.block, np.uint8), run.start[places], run.stop[places]
        cuts, quotes = self._cuts(buffer, starts)
        first, last = np.searchsorted(cuts, starts), np.searchsorted(cuts, stops)
        if not len(cuts):
            return np.zeros(len(places), np.bool_)
        begin, quoted = _begins(buffer, cuts + 1, quotes)
        figures = np.concatenate([[0], np.cumsum(_IS_FIGURE[buffer.take(begin, mode="clip")])])
        empty = np.concatenate([[0], np.cumsum(np.diff(cuts, append=-1) == 1 + 2 * quoted)])
        cut = last > first
        ahead, behind = cuts[np.minimum(first, len(cuts) - 1)], np.maximum(last - 1, 0)
        at_start = cut & (ahead == starts + 2 * _begins(buffer, starts, quotes)[1])
        at_end = cut & (cuts[behind] == stops - 1 - 2 * quoted[behind])
        width = last - first + 1
        filled = width - at_start - at_end - (empty[np.maximum(last - 1, first)] - empty[first])
        from_ = begin[np.minimum(first, len(cuts) - 1)]
        date = _IN_DATES[buffer[np.minimum(from_[:, None] + np.arange(1, 6), stops[:, None] - 1)]].any(axis=1)
        begins = at_start & _IS_FIGURE[buffer.take(from_, mode="clip")] & date & (filled > 1)
        enough = (filled > FEW_CELLS) | (filled == self._labels) | (begins & (self._width <= FEW_CELLS + 1))
        plain: Mask = (width == self._width) & (figures[last] > figures[first]) & enough
        return plain

    def _cuts(self, buffer: Bytes, starts: Positions) -> tuple[Positions, Positions]:
        """Where separators stand outside quoted cells, in the records with these starts, and where quotes do."""
        cuts = np.flatnonzero(buffer == ord(self._dialect.separator))
        quotes = np.flatnonzero(buffer == ord(self._dialect.quote or "\0"))
        if not self._dialect.quote or not len(quotes) or not len(starts):
            return cuts, quotes[:0]
        before = np.searchsorted(quotes, starts)[np.searchsorted(starts, cuts, "right") - 1]
        return cuts[(np.searchsorted(quotes, cuts) - before) & 1 == 0], quotes


def _begins(buffer: Bytes, cells: Positions, quotes: Positions) -> tuple[Positions, Mask]:
    """Where the text of cells begins, and whether a quote stands before it."""
    quoted = np.zeros(len(cells), np.bool_)
    if len(quotes):
        quoted = buffer.take(cells, mode="clip") == buffer[quotes[0]]
    return cells + quoted, quoted


def _size(run: Records) -> int:
    return int(run.end[-1]) - int(run.start[0])
