"""The end of the table of a large file, found while its records pass by in the one pass.

A record with an `@` is a row, unless it follows a doubtful record or is among the last ones; so is a record of the
usual width with a digit at the start of a cell. The few other records are examined as in `sections`. Rows are held
back until it is known that no other section and no footer begins with them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

import numpy as np

from preflight.inputs.source import Source
from preflight.model.arrays import Mask, Positions
from preflight.model.reported import SkippedLines
from preflight.records.grammar import WELL_FORMED, Dialect
from preflight.records.lines import Bytes
from preflight.records.run import Records
from preflight.tables.sectionrows import Rows
from preflight.tables.sections import Section, named_lines, sections
from preflight.tables.survey import FEW_CELLS, MOST_KEPT, MOST_OF_A_RECORD, Record, Survey

LAST_ONES = 64
"""Records at a file's end that are always examined."""

_IS_FIGURE = np.isin(np.arange(256), np.frombuffer(b"0123456789", np.uint8))
_IN_DATES = np.isin(np.arange(256), np.frombuffer(b"/-.", np.uint8))
"""Masks by byte value: digits, and the separators within dates."""


class Ending:
    """Finds the end of a section that begins at the start of a source's text; `skipped` describes the lines after it.

    The first complete pass finds the end; later passes read only the table.
    """

    def __init__(self, section: Section, dialect: Dialect) -> None:
        self.skipped: Sequence[SkippedLines] = ()
        self._section = section
        self._dialect = dialect
        self._is_known = False

    def watch(self, source: Source, runs: Iterator[Records], dialect: Dialect) -> Iterator[Records]:
        """Yield the records of the table; `runs` are the records of the source's text in the `dialect`."""
        is_other = (dialect.separator, dialect.quote) != (self._dialect.separator, self._dialect.quote)
        if self._is_known or is_other:
            yield from runs
            return
        rows = _RowBuffer(self._section, dialect)
        stop = None
        for run in runs:
            rows.add(run)
            if (stop := rows.stop()) is not None:
                break
            yield from rows.released()
        stop = stop or rows.stop_at_end()
        yield from rows.up_to(stop.number if stop is not None else None)
        if stop is not None:
            rest = Survey.of(chain(rows.held, runs), dialect)
            others = sections(rest) if rows.section_follows else []
            self.skipped = [*named_lines(rest.seen, stop.line, rest.last_line, others, "after the table")]
            source.bounds = source.bounds._replace(stop=source.bounds.start + stop.start)
        self._is_known = True


class _RowBuffer:
    """Buffers the records of a section until they are known to be rows; `held` are the others.

    `section_follows` if the section ends where another one begins.
    """

    def __init__(self, section: Section, dialect: Dialect) -> None:
        self.held: deque[Records] = deque()
        self._rows = Rows(section.head, section.headed, section.width, section.above)
        self._labels, self._width = len(section.head.filled), section.width
        self._dialect = dialect
        self._queue: deque[Record] = deque()
        self._after_doubtful = self._gives_up = self.section_follows = False
        self._examined = self._records = self._size = self._released = self._last = 0

    def add(self, run: Records) -> None:
        """Add the next records."""
        if not self._gives_up:
            places = np.flatnonzero(self._doubtful(run))
            self._examined += len(places)
            self._gives_up = self._examined > MOST_KEPT  # too many for a report: all are rows
            if not self._gives_up:
                self._queue += self._parsed(run, places, self._records, self._size)
        self.held.append(run)
        self._records += len(run)
        self._size += _size(run)

    def stop(self) -> Record | None:
        """The first record after the table, if the records so far show it."""
        return self._stop_before(self._records - LAST_ONES)

    def stop_at_end(self) -> Record | None:
        """The first record after the table, if any, when no more records follow."""
        if self._gives_up:
            return None
        first = self._records - LAST_ONES
        self._queue = deque(one for one in self._queue if one.number < first)
        number, start = self._released, self._size - sum(map(_size, self.held))
        for run in self.held:
            places = np.arange(max(0, first - number), len(run))
            self._queue += self._parsed(run, places, number, start)
            number, start = number + len(run), start + _size(run)
        return self._stop_before(self._records) or self._rows.footer()

    def released(self) -> Iterator[Records]:
        """Yield and release the records that are known to be rows."""
        tail = self._rows.tail
        until = min(self._records - LAST_ONES, tail[0].number if tail else self._records)
        return self.up_to(None if self._gives_up else until, whole=True)

    def up_to(self, until: int | None, whole: bool = False) -> Iterator[Records]:
        """Yield and release the records before number `until` (None: all); with `whole`, only complete runs."""
        until = self._records if until is None else until
        while self.held and self._released < until and not (whole and self._released + len(self.held[0]) > until):
            run = self.held.popleft()
            number = min(len(run), until - self._released)
            if number < len(run):
                self.held.appendleft(run.between(number, len(run)))
            self._released += number
            yield run if number == len(run) else run.between(0, number)

    def _stop_before(self, until: int) -> Record | None:
        """Examine the queued records before number `until`; returns the first record after the table, if found."""
        while self._queue and self._queue[0].number < until and not self._gives_up:
            one = self._queue.popleft()
            if one.number == 0:  # the heading, or the first row
                continue
            if one.number > self._last + 1:
                self._rows.pass_over()
            self._last = one.number
            after = self._queue[0] if self._queue and self._queue[0].number == one.number + 1 else None
            if self._rows.ends_at(one, after):
                self.section_follows = True
                return self._rows.tail[0] if self._rows.tail else one
            self._rows.add(one)
        return None

    def _parsed(self, run: Records, places: Positions, number: int, start: int) -> Iterable[Record]:
        """Yield the records at these places of a run, which begins with record `number` at byte `start` of the text."""
        start -= int(run.start[0])
        for i in places.tolist():
            cells = self._dialect.split(run.raw(i)[:MOST_OF_A_RECORD])
            at, end = start + int(run.start[i]), start + int(run.end[i])
            yield Record(number + i, int(run.line[i]), at, end, cells, bool(run.fault[i] == WELL_FORMED))

    def _doubtful(self, run: Records) -> Mask:
        """The mask of the records of a run to examine: those that may not be rows, and the record after each."""
        ats = np.frombuffer(run.block, np.uint8)[: run.end[-1]] == ord("@")
        doubtful = ~np.logical_or.reduceat(ats, run.start) & (run.fault == WELL_FORMED)
        places = np.flatnonzero(doubtful)
        if 4 * len(places) > len(run):
            doubtful[places] = ~self._are_plain(run, places)
        elif len(places):  # copying these few records is faster than examining all
            doubtful[places] = ~self._are_plain(run.at(places), np.arange(len(places)))
        after = np.concatenate([[self._after_doubtful], doubtful[:-1]])
        self._after_doubtful = bool(doubtful[-1])
        mask: Mask = doubtful | after
        return mask

    def _are_plain(self, run: Records, places: Positions) -> Mask:
        """The mask of the records, of those at `places`, that are certainly rows, by their width and a digit.

        The records are well-formed and have no address. Only empty cells count as blank.
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
        """The positions of the separators outside quoted cells, in the records with these starts, and of the quotes."""
        cuts = np.flatnonzero(buffer == ord(self._dialect.separator))
        quotes = np.flatnonzero(buffer == ord(self._dialect.quote or "\0"))
        if not self._dialect.quote or not len(quotes) or not len(starts):
            return cuts, quotes[:0]
        before = np.searchsorted(quotes, starts)[np.searchsorted(starts, cuts, "right") - 1]
        return cuts[(np.searchsorted(quotes, cuts) - before) & 1 == 0], quotes


def _begins(buffer: Bytes, cells: Positions, quotes: Positions) -> tuple[Positions, Mask]:
    """The positions where the texts of cells begin, and the mask of the quoted cells."""
    quoted = np.zeros(len(cells), np.bool_)
    if len(quotes):
        quoted = buffer.take(cells, mode="clip") == buffer[quotes[0]]
    return cells + quoted, quoted


def _size(run: Records) -> int:
    return int(run.end[-1]) - int(run.start[0])
