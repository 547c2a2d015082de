"""The detection of the dialect: twelve dialects (four separators, three quote characters) tried on the start of a file.

A reading scores high if its records have the same number of cells, with columns of addresses and of dates, or a heading
that names these. The quote character is recognized by its use: it encloses cells, some of which contain separators.
Quotes in other places do not rule out the usual quote character unless they occur in many rows: a stray quote is a
problem of its row only.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from preflight.labels.headings import roles_of
from preflight.layouts.words import Quote, Separator
from preflight.model.arrays import Mask, Positions
from preflight.records.badrows import divided_labels, width_without_added
from preflight.records.grammar import WELL_FORMED, Dialect, text_of
from preflight.records.run import Records
from preflight.records.scanner import read_records
from preflight.tables.columns import Columns

LEAST_WIDTH = 3
"""The minimum number of cells of a touch point: an email, a date and a title."""

MOST_ROWS = 120
"""Records of a sample whose cells are examined; the others are only counted."""

TAIL_BYTES = 1 << 14
"""Bytes at the end of an incomplete sample that are ignored, as a quoted cell may continue after it."""

MANY_STRAY = 0.2
"""The share of records with stray quotes from which the quote character counts as ordinary text."""

SEVERAL = 3
"""The minimum number of such records."""

LEAST_CREDIT = 0.01
"""The factor for a reading in which no record has the usual width: still more than for one that finds nothing."""

NEARLY_AS_GOOD = 0.9
"""The share of the best score from which the reading with another separator is a rival."""


@dataclass(frozen=True)
class Sample:
    """The start of a file's text.

    `whole` if it is the complete text. `first_line` is the number of its first line. `of_sheet` if each record counts
    as one line, as the rows of a sheet do.
    """

    text: bytes
    whole: bool = True
    first_line: int = 1
    of_sheet: bool = False


@dataclass(frozen=True)
class Reading:
    """A sample read with one dialect.

    `records` is the number of records that are not blank, `misfits` of those that are malformed or do not have `width`
    cells, `longer` of those with more cells than the first record, `quoted` of the cells in quotes. `first` has the
    cells of the first record, as far as they can be read if it is malformed (`spoiled`). `rows` are examples of the
    later well-formed records: the line and the cells of each.
    """

    separator: Separator
    quote: Quote
    records: int
    misfits: int
    longer: int
    quoted: int
    width: int
    first: Sequence[str]
    spoiled: bool
    rows: Sequence[tuple[int, Sequence[str]]]

    @cached_property
    def columns(self) -> Columns:
        """The columns of the rows of the usual width."""
        return Columns([cells for cells in self.every_row() or [self.first] if len(cells) == self.width], self.width)

    def every_row(self) -> list[Sequence[str]]:
        """The cells of the first record, unless it is malformed, and of the examples."""
        return [*([] if self.spoiled else [self.first]), *(cells for _, cells in self.rows)]

    @cached_property
    def score(self) -> float:
        """From 0 to 3: how well the reading is a table with columns for email, date and title."""
        if self.width < LEAST_WIDTH or self._cuts_behind_separators:
            return 0.0
        labels = len(roles_of(self.first) - {"note"}) / LEAST_WIDTH
        fitting = max(LEAST_CREDIT, 1 - self.share_of_misfits)
        return fitting * (self.columns.addresses + self.columns.dates + labels)

    @property
    def _cuts_behind_separators(self) -> bool:
        """Whether the separator is a blank that follows another separator, or stands in cells that contain others."""
        if self.separator is not Separator.SPACE:
            return False
        others = tuple(one.character for one in Separator if one is not Separator.SPACE)
        rows = [row for row in self.every_row() if len(row) > 1]
        behind = sum(sum(cell.endswith(others) for cell in row[:-1]) >= LEAST_WIDTH - 1 for row in rows)
        inside = sum(any(cell.count(one) >= LEAST_WIDTH - 1 for one in others for cell in row) for row in rows)
        return bool(rows) and 2 * max(behind, inside) > len(rows)

    @cached_property
    def is_of_bad_rows(self) -> bool:
        """Whether the file is a bad-rows file that a check wrote."""
        return bool(divided_labels(self.first)[1] or width_without_added(self.every_row()))

    @property
    def share_of_misfits(self) -> float:
        """The share of misfits among the records, from 0 to 1."""
        return self.misfits / self.records if self.records else 0.0

    def reads_as(self, other: Reading) -> bool:
        """Whether both readings have the same cells."""
        return (self.misfits, self.width, self.every_row()) == (other.misfits, other.width, other.every_row())


@dataclass(frozen=True)
class Trial:
    """The best reading, and its rivals: nearly equally good readings with other cells."""

    best: Reading
    rivals: Sequence[Reading] = ()


class Dialects:
    """The readings of one sample, each made at most once."""

    def __init__(self, sample: Sample) -> None:
        self.sample = sample
        self._read: dict[tuple[Separator, Quote], Reading] = {}

    def best(self, separator: Separator | None = None, quote: Quote | None = None) -> Trial:
        """The best reading, with the separator and the quote character if given."""
        separators = [separator] if separator else self.separators
        trials = [self._best_quote(one) if quote is None else Trial(self.reading(one, quote)) for one in separators]
        first, *others = sorted(trials, key=lambda trial: trial.best.score, reverse=True)
        close = [trial.best for trial in others if 0 < first.best.score * NEARLY_AS_GOOD <= trial.best.score]
        return Trial(first.best, (*first.rivals, *close))

    def reading(self, separator: Separator, quote: Quote) -> Reading:
        """The reading of the sample with one dialect."""
        is_absent = quote is not Quote.NONE and quote.character.encode() not in self.sample.text
        read_with = Quote.NONE if is_absent else quote
        if (separator, read_with) not in self._read:
            self._read[separator, read_with] = _read_without_dressing(self.sample, separator, read_with)
        found = self._read[separator, read_with]
        return replace(found, quote=quote) if is_absent else found

    def holds_only(self, pattern: re.Pattern[str], character: str) -> bool:
        """Whether every `character` in the sample is a match of `pattern`."""
        text = self.sample.text.decode("utf-8", "replace")
        return len(pattern.findall(text)) == text.count(character)

    @property
    def separators(self) -> list[Separator]:
        """The separators that occur in the sample; `COMMA` if none does."""
        present = [one for one in Separator if one.character.encode() in self.sample.text]
        return present or [Separator.COMMA]

    def _best_quote(self, separator: Separator) -> Trial:
        double, single, none = (
            self.reading(separator, quote) for quote in (Quote.DOUBLE_QUOTE, Quote.SINGLE_QUOTE, Quote.NONE)
        )
        stray = double.misfits - none.misfits
        many = stray >= MANY_STRAY * double.records and stray >= SEVERAL
        usual = none if many and not double.quoted else double
        least = min(double.misfits, none.misfits)
        if single.quoted and single.misfits < least:
            return Trial(single)
        if single.quoted <= double.quoted:
            return Trial(usual)
        if single.score > max(double.score, none.score):  # only this reading has addresses, for example
            return Trial(single)
        return Trial(usual) if single.misfits > least or single.reads_as(usual) else Trial(usual, (single,))


def _read_without_dressing(sample: Sample, separator: Separator, quote: Quote) -> Reading:
    """The reading of a sample; without the blanks or `=` before quotes, if these make most of its records malformed.

    Each such row is still reported as bad; the fixes `blanks` and `formula` mend it.
    """
    found = _read(sample, separator, quote)
    if quote is Quote.NONE or separator is Separator.SPACE or 2 * found.misfits < found.records:
        return found
    dialect = Dialect(separator, quote)
    lines = map(text_of, sample.text.splitlines(keepends=True))
    mended = "".join(dialect.without_formulas(dialect.without_blanks(line)) for line in lines).encode()
    if mended == sample.text:
        return found
    better = _read(replace(sample, text=mended), separator, quote)
    return better if better.misfits < found.misfits else found


def _read(sample: Sample, separator: Separator, quote: Quote) -> Reading:
    dialect = Dialect(separator, quote)
    counted: list[tuple[Mask, Positions]] = []
    quoted, rows = 0, []
    for run in read_records([sample.text], dialect, sample.first_line, of_sheet=sample.of_sheet):
        sound = run.fault == WELL_FORMED
        widths, openings = measured(run, dialect)
        if not counted:
            first, spoiled = dialect.split(run.raw(0)), not sound[0]
            others = _examples(sound & (run.stop > run.start))
            rows = [(int(run.line[i]), dialect.split(run.raw(i))) for i in others]
        counts = run.stop - run.start >= widths  # a row of separators only has one byte less than cells
        if not sample.whole:
            counts &= run.start < max(len(sample.text) - TAIL_BYTES, TAIL_BYTES)
        counted.append((sound[counts], widths[counts]))
        quoted += int(openings[sound].sum())
    sound, widths = (np.concatenate(parts) for parts in zip(*counted, strict=True))
    width = _usual(widths[sound].tolist()) if sound.any() else len(first)
    misfits = len(sound) - int((sound & (widths == width)).sum())
    longer = int((sound & (widths > len(first))).sum())
    return Reading(separator, quote, len(sound), misfits, longer, quoted, width, first, spoiled, rows)


def _usual(widths: Iterable[int]) -> int:
    """The most frequent width that is enough for a touch point; else the most frequent one."""
    counted = Counter(widths)
    enough = {width: count for width, count in counted.items() if width >= LEAST_WIDTH} or counted
    return max(enough, key=lambda width: (enough[width], width))


def _examples(usable: Mask) -> Iterable[int]:
    """The positions of up to `MOST_ROWS` usable records after the first: the next ones, and others evenly spaced."""
    positions = np.flatnonzero(usable[1:]) + 1
    half = MOST_ROWS // 2
    if len(positions) > MOST_ROWS:
        spread = np.linspace(half, len(positions) - 1, half).astype(np.int64)
        positions = positions[np.concatenate([np.arange(half), spread])]
    return positions.tolist()


def measured(records: Records, dialect: Dialect) -> tuple[Positions, Positions]:
    """The number of cells, and of quoted cells, of each record; only valid for well-formed records."""
    buffer = np.frombuffer(records.block, np.uint8)
    separator = ord(dialect.separator)
    places, openings = np.flatnonzero(buffer == separator), np.zeros(len(records), np.int64)
    if dialect.quote and dialect.quote.encode() in records.block:
        quotes = np.flatnonzero(buffer == ord(dialect.quote))
        before = np.searchsorted(quotes, records.start)
        inside = np.searchsorted(quotes, places) - before[_record_of(places, records)]
        places = places[(inside & 1) == 0]
        holder = _record_of(quotes, records)
        first = (quotes == records.start[holder]) | (buffer[quotes - 1] == separator)
        opening = first & (((np.arange(len(quotes)) - before[holder]) & 1) == 0)
        openings = np.bincount(holder[opening], minlength=len(records))
    return np.bincount(_record_of(places, records), minlength=len(records)) + 1, openings


def _record_of(places: Positions, records: Records) -> Positions:
    return np.maximum(np.searchsorted(records.start, places, "right") - 1, 0)
