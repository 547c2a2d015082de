"""A survey of a file's records, to find the table among them: uniform rows are only counted, others are kept.

A row with an address and the width of the row before it needs no examination. Few records remain, even of a large file:
headings, titles of sections, totals, blank rows, rows of other widths.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from preflight.labels.headings import MOST_OF_A_LABEL, looks_like_heading
from preflight.labels.people import is_email_label
from preflight.records.grammar import WELL_FORMED, Dialect, count_line_ends
from preflight.records.run import Records
from preflight.tables.columns import is_address, is_date
from preflight.tables.dialect import measured
from preflight.text.whitespace import strip_blanks

MOST_KEPT = 10_000
"""Limit for the records kept: a file with more of them is not a report with a table in it."""

FEW_CELLS = 3
"""The number of filled cells up to which a record may be a line of totals."""

MOST_OF_A_RECORD = 1 << 16
"""Limit for the bytes of a record that are examined."""

_NUMBERED = re.compile(r"[0-9]+[.)]\s")


@dataclass(frozen=True)
class Record:
    """A record with its cells.

    `number` counts the records of the text from 0, `line` the lines from 1. The record starts at byte `start` of the
    text, the next one at byte `stop`. `sound` is False if a quote is misplaced.
    """

    number: int
    line: int
    start: int
    stop: int
    cells: Sequence[str]
    sound: bool = True

    @property
    def width(self) -> int:
        """The number of cells."""
        return len(self.cells)

    @cached_property
    def filled(self) -> Sequence[str]:
        """The cells that are not blank, trimmed."""
        return [bare for cell in self.cells if (bare := strip_blanks(cell))]

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """The cells, trimmed, without blank ones at the end."""
        cells = [strip_blanks(cell) for cell in self.cells]
        while cells and not cells[-1]:
            cells.pop()
        return tuple(cells)

    @cached_property
    def has_address(self) -> bool:
        """Whether a cell is an address."""
        return any(map(is_address, self.cells))

    @cached_property
    def may_be_labels(self) -> bool:
        """Whether the record has several filled cells, all of which may be labels."""
        return len(self.filled) > 1 and all(map(may_be_label, self.filled))

    @cached_property
    def line_ends(self) -> int:
        """The number of line ends within the cells."""
        return sum(count_line_ends(cell.encode("utf-8", "replace")) for cell in self.cells)

    @property
    def is_plain(self) -> bool:
        """Whether the record, among rows of its width, is certainly a row even without an address."""
        return len(self.filled) > FEW_CELLS and not self.may_be_labels

    @cached_property
    def is_heading(self) -> bool:
        """Whether the cells are labels, some of them known; a single cell must be an email label."""
        if self.width == 1:
            return is_email_label(self.cells[0])
        return self.may_be_labels and looks_like_heading(self.filled)


@dataclass
class Survey:
    """The records kept of a file, in order.

    `records` is the number of all records, `size` the number of bytes of the text, `last_line` its last line.
    `complete` is False if there were more than `MOST_KEPT` records to keep. `whole` if no text follows.
    """

    seen: list[Record] = field(default_factory=list)
    records: int = 0
    size: int = 0
    last_line: int = 0
    complete: bool = True
    whole: bool = True

    @classmethod
    def of(cls, runs: Iterable[Records], dialect: Dialect, *, whole: bool = True) -> Survey:
        """The survey of a text's records; `whole` if no text follows."""
        made, width = cls(whole=whole), 0
        for run in runs:
            if made.complete:
                width = made._add(run, dialect, width)
            made.last_line = int(run.line[-1]) + count_line_ends(run.raw(len(run) - 1))
        if made.complete and whole and made.records and (not made.seen or made.seen[-1].number < made.records - 1):
            made._add_last(run, dialect)
        return made

    def _add_last(self, run: Records, dialect: Dialect) -> None:
        """Add the last record of all if it is one text without an address alone, as `Exported by jo@acme.com,,,`."""
        raw = run.raw(len(run) - 1)
        start = self.size - int(run.end[-1]) + int(run.start[-1])
        cells = dialect.split(raw[:MOST_OF_A_RECORD])
        sound = bool(run.fault[-1] == WELL_FORMED)
        one = Record(self.records - 1, int(run.line[-1]), start, self.size, cells, sound)
        if len(one.filled) == 1 and not one.has_address:
            self.seen.append(one)

    def _add(self, run: Records, dialect: Dialect, width: int) -> int:
        """Add a run; `width` is that of the previous run's last record if it has an address, else 0.

        Returns the `width` for the next run.
        """
        widths, _ = measured(run, dialect)
        sound = run.fault == WELL_FORMED
        ats = np.flatnonzero(np.frombuffer(run.block, np.uint8) == ord("@"))
        holds = np.searchsorted(ats, run.stop) > np.searchsorted(ats, run.start)
        telling = np.where(holds & sound, widths, 0)
        alike = (telling > 0) & (telling == np.concatenate([[width], telling[:-1]]))
        first, before, chain = int(run.start[0]), -1, width
        for i in np.flatnonzero(~alike).tolist():
            if before != i - 1:  # the rows between are uniform
                chain = int(telling[i - 1])
            before = i
            if telling[i] and telling[i] == chain:  # after plain rows of the same width without an address
                continue
            places = self.size + int(run.start[i]) - first, self.size + int(run.end[i]) - first
            cells = dialect.split(run.raw(i)[:MOST_OF_A_RECORD])
            one = Record(self.records + i, int(run.line[i]), *places, cells, bool(sound[i]))
            if not telling[i] and sound[i] and widths[i] == chain and one.is_plain:
                continue
            chain = int(telling[i])
            if len(self.seen) == MOST_KEPT:
                self.complete = False
                break
            self.seen.append(one)
        self.records += len(run)
        self.size += int(run.end[-1]) - first
        return chain if before == len(run) - 1 else int(telling[-1])


def may_be_label(cell: str) -> bool:
    """Whether a cell is a short text that is neither an address nor a date, and does not begin with a digit."""
    if len(cell) > MOST_OF_A_LABEL or is_address(cell) or is_date(cell) or cell[0] == "{":
        return False
    digits = re.match(r"[\W_]*[0-9]", cell)
    return digits is None or _NUMBERED.match(cell) is not None
