"""The date format by elimination: every possible format is tried on the distinct texts of the date column.

This module collects the evidence in bounded memory; `datechoice` evaluates it. Blank cells and words for a missing date
(`preflight.text.nothing`) are ignored.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import combinations, product
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from preflight.dates.compose import JAVA, LONGEST, fits, is_like, shaped, style_of
from preflight.dates.counted import SourceReading
from preflight.dates.format import DateFormat
from preflight.dates.java import read_soundly
from preflight.dates.known import KNOWN_FORMATS
from preflight.dates.pattern import MONTHS
from preflight.dates.source import SourceFormat
from preflight.dates.trials import SHOWN, Cell, Odd, Pair, Pairs, Span, Trials, Tried
from preflight.dates.unread import Unread, respelled, unread
from preflight.detect.datechoice import Choice, choose
from preflight.model.findings import factorized
from preflight.text.nothing import names_no_day

TEXTS_AT_ONCE = 1 << 16
"""Limit for the distinct texts that are held in memory before they are tried."""

LONGEST_DATE = 200
"""Limit for the length of a date in characters; of a longer text only the displayed part is kept."""

SAMPLE = 200
"""Distinct dates used to choose, among equivalent formats, the one that writes them exactly."""

MOST_NAMED = 2_000
"""Limit for the unreadable distinct texts whose kind is determined."""

_MAY_BE_DATE = f"^[ \\t]*(?:[A-Za-z]{{3,9}},? )?(?:0|(?i:{'|'.join(month[:3] for month in MONTHS)})).{{0,{LONGEST}}}$"
"""A superset, for RE2, of the forms that a pattern can be composed for."""


class Forms:
    """Texts grouped by form (every digit as 0): a format is tried only on the texts whose form it can read."""

    def __init__(self, texts: Any, reading: SourceReading | None) -> None:
        self._texts = texts
        encoded = pc.replace_substring_regex(texts, "[0-9]", "0").dictionary_encode()
        self._form_of = encoded.indices.to_numpy(zero_copy_only=False)
        forms = encoded.dictionary
        self._count = len(forms)
        self._ways: dict[str, list[tuple[int, str]]] = defaultdict(list)
        style = JAVA if reading is None else style_of(reading.locale)
        may_be_date = pc.match_substring_regex(forms, _MAY_BE_DATE if reading is None else "0")
        for place in np.flatnonzero(may_be_date.to_numpy(zero_copy_only=False)).tolist():
            form = forms[place].as_py()
            for fit in fits(form if reading is None else shaped(form, reading.locale), style):
                self._ways[fit.pattern].append((place, fit.reading))
        if reading is not None and len(forms) > 1:
            self._add_others(reading)

    def _add_others(self, reading: SourceReading) -> None:
        """Add to each pattern the forms with another time, or none, that its `SourceFormat` reads, too."""
        ways = {pattern: dict(found) for pattern, found in self._ways.items()}
        for pattern, found in ways.items():
            others = (ways[other] for other in ways if other != pattern and is_like(pattern, other, day=reading.day))
            more = {place: way for other in others for place, way in other.items() if place not in found}
            self._ways[pattern] = sorted((found | more).items())

    @property
    def patterns(self) -> Iterable[str]:
        """The patterns that can read at least one of the forms."""
        return self._ways.keys()

    def alike(self) -> list[list[str]]:
        """The patterns in groups that read the same forms in the same way, and so all texts alike."""
        alike: dict[tuple[tuple[int, str], ...], list[str]] = defaultdict(list)
        for pattern, ways in self._ways.items():
            alike[tuple(ways)].append(pattern)
        return list(alike.values())

    def judge(self, dateformat: DateFormat) -> Any:
        """The texts as instants read by a format that can read some of the forms; see `DateFormat.judge`."""
        forms = [place for place, _ in self._ways[dateformat.pattern]]
        if len(forms) == self._count:
            return dateformat.judge(self._texts)
        readable = np.zeros(self._count, np.bool_)
        readable[forms] = True
        mask = readable[self._form_of]
        instants = np.full(len(self._texts), np.datetime64("NaT", "us"))
        instants[mask] = dateformat.judge(self._texts.filter(pa.array(mask)))
        return instants


class Reading(NamedTuple):
    """The result of equivalent patterns on texts: the instants, and the mask of the texts that are read."""

    patterns: list[str]
    instants: Any
    read: Any


class Elimination:
    """Tries the formats on a date column, chunk by chunk, in bounded memory.

    These are the known formats, and all composed ones that can read any of the texts. So both orders of day and month
    are tried, even if only one of the two formats is known. `reading` says how dates are read if they are normalized.
    """

    def __init__(self, reading: SourceReading | None) -> None:
        self._reading = reading
        self._tried = {one.pattern: Tried(self._format(one.pattern), one.published) for one in KNOWN_FORMATS}
        self._first: Cell | None = None
        self._pairs: Pairs = {}
        self._pending: dict[str, list[int]] = {}
        self._dates = 0
        self._missing = 0
        self._sampled: set[str] = set()
        self._unread: dict[str, Odd] = {}
        self._named = 0
        self._respelled: dict[str, Unread | None] = {}

    def _format(self, pattern: str) -> DateFormat:
        like: DateFormat = KNOWN_FORMATS[0].dateformat  # all have one window for two-digit years
        if self._reading is not None:
            return self._reading.format(pattern, window_start=like.window_start)
        return like.like(pattern)

    def add(self, cells: pd.Series[str]) -> None:
        """Add date cells, indexed by row number."""
        codes, values = factorized(cells)
        texts = values.tolist()
        counts = np.bincount(codes, minlength=len(texts)).tolist()
        first = np.zeros(len(texts), np.int64)
        first[codes[::-1]] = cells.index.to_numpy()[::-1]
        for text, count, row in zip(texts, counts, first.tolist(), strict=True):
            text = text.rstrip(" \t")
            if len(text) > LONGEST_DATE:
                text = text[:SHOWN] + "…"
            self._pending.setdefault(text, [0, row])[0] += count
        if len(self._pending) >= TEXTS_AT_ONCE:
            self._try()

    def result(self, day_first: bool = False) -> Choice:
        """The result for the whole column; no more cells may follow.

        With `day_first` the formats that begin with the day are the first to choose from.
        """
        self._try()
        odd = tuple(self._unread.values())
        return choose(Trials(self._tried, self._pairs, self._dates, odd, day_first), self._missing)

    def _try(self) -> None:
        """Try every format on the held texts, and release them."""
        pending = {text: seen for text, seen in self._pending.items() if text[:1].isdigit() or not names_no_day(text)}
        counts = np.array([count for count, _ in pending.values()], np.int64)
        self._missing += sum(count for count, _ in self._pending.values()) - int(counts.sum())
        self._pending = {}
        if not pending:
            return
        cells = [Cell(row, text) for text, (_, row) in pending.items()]
        readings = self._readings(pa.array(list(pending), pa.large_string()))
        sample = [i for i, cell in enumerate(cells) if cell.text not in self._sampled][: SAMPLE - len(self._sampled)]
        self._sampled.update(cells[i].text for i in sample)
        read_by_any = np.zeros(len(cells), np.bool_)
        for reading in readings:
            read_by_any |= reading.read
            rows = int(counts[reading.read].sum())
            hashed = hash((cells[0].row, reading.instants.tobytes())) if rows else 0  # each format gets the same texts
            misfit = None if reading.read.all() else cells[int((~reading.read).argmax())]
            for pattern in reading.patterns:
                tried = self._tried[pattern]
                tried.misfit = tried.misfit or misfit
                tried.rows += rows
                tried.reading += hashed
                if rows:
                    tried.exact += sum(_writes(tried.dateformat, cells[i].text) for i in sample)
        for pattern in self._tried.keys() - {pattern for reading in readings for pattern in reading.patterns}:
            self._tried[pattern].misfit = self._tried[pattern].misfit or cells[0]
        self._first = self._first or cells[0]
        self._dates += int(counts.sum())
        self._compare([reading for reading in readings if reading.read.any()], counts, cells)
        self._name(np.flatnonzero(~read_by_any).tolist(), counts, cells)

    def _readings(self, texts: Any) -> list[Reading]:
        """The results of the formats that can read any of the texts."""
        forms = Forms(texts, self._reading)
        for pattern in forms.patterns:
            if pattern not in self._tried:
                self._tried[pattern] = Tried(self._format(pattern), misfit=self._first)
        return [
            Reading(patterns, instants, ~np.isnat(instants))
            for patterns in forms.alike()
            for instants in [forms.judge(self._tried[patterns[0]].dateformat)]
        ]

    def _compare(self, readings: Sequence[Reading], counts: Any, cells: list[Cell]) -> None:
        """Record how each two formats read the same texts."""
        for reading in readings:
            for alike in combinations(reading.patterns, 2):
                self._pairs.setdefault(frozenset(alike), Pair()).both += int(counts[reading.read].sum())
        for one, two in combinations(readings, 2):
            both = one.read & two.read
            if not both.any():
                continue
            different = both & (one.instants != two.instants)
            spans = [_span(each.instants[different]) for each in (one, two)] if different.any() else []
            rows, other_rows = int(counts[both].sum()), int(counts[different].sum())
            examples = [cells[i] for i in np.flatnonzero(different)[:2].tolist()]
            for pattern, other in product(one.patterns, two.patterns):
                pair = self._pairs.setdefault(frozenset((pattern, other)), Pair())
                pair.both += rows
                pair.different += other_rows
                for each, span in zip((pattern, other), spans, strict=False):
                    pair.widen(each, span)
                pair.show(examples)

    def _name(self, places: Iterable[int], counts: Any, cells: list[Cell]) -> None:
        """Record the kinds of the texts that no format reads."""
        reading = self._reading
        for place in places:
            if self._named == MOST_NAMED:
                return
            self._named += 1
            locale = reading.locale if reading is not None else ""
            meaning: Unread | None = unread(cells[place].text, reading is not None, locale)
            if meaning is None and reading is None:
                form = re.sub("[0-9]", "0", cells[place].text)
                if form not in self._respelled:
                    self._respelled[form] = respelled(cells[place].text)
                meaning = self._respelled[form]
            kind = meaning.kind if meaning is not None else ""
            odd = self._unread.setdefault(kind, Odd(meaning, cells[place]))
            odd.rows += int(counts[place])


def _span(instants: Any) -> Span:
    days = instants.astype("datetime64[D]").astype(np.int64)
    return Span(int(days.min()), int(days.max()))


def _writes(dateformat: DateFormat, text: str) -> bool:
    """Whether the format writes the date that it reads as the same text, apart from leading zeros."""
    date = read_soundly(dateformat.plain if isinstance(dateformat, SourceFormat) else dateformat, text)
    return date is not None and _without_zeros(dateformat.format(date)) == _without_zeros(text)


def _without_zeros(text: str) -> str:
    return re.sub("(?<![0-9])0(?=[0-9])", "", text)
