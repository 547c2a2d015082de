"""The twelve dialects, four separators by three quote characters, tried on the start of a file with the record reader.

A reading is good when its records have the same number of cells, with addresses and dates in columns of their own, or
a heading that says so. The quote character is recognized by what it does: it stands around cells, so that separators in
them do no harm. Quotes that stand elsewhere are no reason to give up the usual one, unless they do so in many rows: a
stray quote is its own row's problem.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from preflight.layouts.words import Quote, Separator
from preflight.model.arrays import Mask, Positions
from preflight.records.badrows import divided_labels, width_without_added
from preflight.records.grammar import WELL_FORMED, Dialect, Records, text_of
from preflight.records.scanner import read_records
from preflight.tables.columns import Columns
from preflight.tables.labels import roles_of

LEAST_WIDTH = 3
"""Cells that a touch point has at least: an email, a date and a title."""

MOST_ROWS = 120
"""Records of a sample whose cells are looked at; the others are only counted."""

TAIL_BYTES = 1 << 14
"""Bytes at a sample's end that do not count when the file goes on, as a quoted cell may reach beyond it."""

MANY_STRAY = 0.2
"""The share of records with quotes out of place from which a quote character is taken for plain text."""

SEVERAL = 3
"""Records that it takes at least."""

LEAST_CREDIT = 0.01
"""What a reading in which no record fits is worth of one in which all do: more than one that finds nothing."""

NEARLY_AS_GOOD = 0.9
"""The share of the best reading's score from which another separator's reading is its rival."""


@dataclass(frozen=True)
class Sample:
    """The start of a file's text; `whole` when that is all of it; `first_line` is the number of its first line.

    `of_sheet` says that each record is one line, as a sheet's row.
    """

    text: bytes
    whole: bool = True
    first_line: int = 1
    of_sheet: bool = False


@dataclass(frozen=True)
class Reading:
    """A sample as one dialect has it.

    `records` counts the records that are not blank, `misfits` those of them that are spoiled or do not have `width`
    cells, `longer` those with more cells than the first record, `quoted` the cells in quotes. `first` are the cells of
    the first record, as far as they can be made out where it is `spoiled`; `rows` those of some well-formed records
    after it, each with its line.
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
        """What the columns hold, in the rows of the right width."""
        return Columns([cells for cells in self.every_row() or [self.first] if len(cells) == self.width], self.width)

    def every_row(self) -> list[Sequence[str]]:
        """The cells of the first record, unless it is spoiled, and of the others looked at."""
        return [*([] if self.spoiled else [self.first]), *(cells for _, cells in self.rows)]

    @cached_property
    def score(self) -> float:
        """From 0 to 3: how far this is a table with an email, a date and a title in columns of their own."""
        if self.width < LEAST_WIDTH or self._cuts_behind_separators:
            return 0.0
        labels = len(roles_of(self.first) - {"note"}) / LEAST_WIDTH
        fitting = max(LEAST_CREDIT, 1 - self.share_of_misfits)
        return fitting * (self.columns.addresses + self.columns.dates + labels)

    @property
    def _cuts_behind_separators(self) -> bool:
        """True for blanks that stand behind other separators, or between cells of theirs: then these are the ones."""
        if self.separator is not Separator.SPACE:
            return False
        others = tuple(one.character for one in Separator if one is not Separator.SPACE)
        rows = [row for row in self.every_row() if len(row) > 1]
        behind = sum(sum(cell.endswith(others) for cell in row[:-1]) >= LEAST_WIDTH - 1 for row in rows)
        inside = sum(any(cell.count(one) >= LEAST_WIDTH - 1 for one in others for cell in row) for row in rows)
        return bool(rows) and 2 * max(behind, inside) > len(rows)

    @cached_property
    def is_of_bad_rows(self) -> bool:
        """True for a file of bad rows that a check wrote."""
        return bool(divided_labels(self.first)[1] or width_without_added(self.every_row()))

    @property
    def share_of_misfits(self) -> float:
        """From 0 to 1."""
        return self.misfits / self.records if self.records else 0.0

    def reads_as(self, other: Reading) -> bool:
        """True when both find the same cells."""
        return (self.misfits, self.width, self.every_row()) == (other.misfits, other.width, other.every_row())


@dataclass(frozen=True)
class Trial:
    """The best reading, and its rivals: readings as good as it that find other cells."""

    best: Reading
    rivals: Sequence[Reading] = ()


class Dialects:
    """The dialects on one sample, each read at most once."""

    def __init__(self, sample: Sample) -> None:
        self.sample = sample
        self._read: dict[tuple[Separator, Quote], Reading] = {}

    def best(self, separator: Separator | None = None, quote: Quote | None = None) -> Trial:
        """The best reading, under the separator and the quote character where these are given."""
        separators = [separator] if separator else self.separators
        trials = [self._best_quote(one) if quote is None else Trial(self.reading(one, quote)) for one in separators]
        first, *others = sorted(trials, key=lambda trial: trial.best.score, reverse=True)
        close = [trial.best for trial in others if 0 < first.best.score * NEARLY_AS_GOOD <= trial.best.score]
        return Trial(first.best, (*first.rivals, *close))

    def reading(self, separator: Separator, quote: Quote) -> Reading:
        """The sample under one dialect."""
        idle = quote is not Quote.NONE and quote.character.encode() not in self.sample.text
        read_with = Quote.NONE if idle else quote
        if (separator, read_with) not in self._read:
            self._read[separator, read_with] = _read_without_dressing(self.sample, separator, read_with)
        found = self._read[separator, read_with]
        return replace(found, quote=quote) if idle else found

    def holds_only(self, pattern: re.Pattern[str], character: str) -> bool:
        """True when every `character` in the sample is a match of `pattern`."""
        text = self.sample.text.decode("utf-8", "replace")
        return len(pattern.findall(text)) == text.count(character)

    @property
    def separators(self) -> list[Separator]:
        """Those that stand in the sample; `COMMA` where none does."""
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
        if single.score > max(double.score, none.score):  # it brings addresses to light, say
            return Trial(single)
        return Trial(usual) if single.misfits > least or single.reads_as(usual) else Trial(usual, (single,))


def _read_without_dressing(sample: Sample, separator: Separator, quote: Quote) -> Reading:
    """The reading of a sample; where a blank or a `=` before the quotes spoils most of its records, without these.

    That such a one is a fault is said of each row: the fixes `blanks` and `formula` take it off.
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
            others = _looked_at(sound & (run.stop > run.start))
            rows = [(int(run.line[i]), dialect.split(run.raw(i))) for i in others]
        counts = run.stop - run.start >= widths  # a row of nothing but separators has one byte less than cells
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
    """The width that most records have, if it is enough for a touch point; else the most usual one."""
    counted = Counter(widths)
    enough = {width: count for width, count in counted.items() if width >= LEAST_WIDTH} or counted
    return max(enough, key=lambda width: (enough[width], width))


def _looked_at(usable: Mask) -> Iterable[int]:
    """The positions of the first usable records and of some of the others, evenly spread; not of the very first."""
    positions = np.flatnonzero(usable[1:]) + 1
    half = MOST_ROWS // 2
    if len(positions) > MOST_ROWS:
        spread = np.linspace(half, len(positions) - 1, half).astype(np.int64)
        positions = positions[np.concatenate([np.arange(half), spread])]
    return positions.tolist()


def measured(records: Records, dialect: Dialect) -> tuple[Positions, Positions]:
    """Of each record, if it is well-formed, the number of its cells and of those in quotes."""
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
