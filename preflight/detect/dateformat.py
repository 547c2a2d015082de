"""The date format by elimination: every known format is tried on the distinct texts of the whole date column.

Here the evidence is gathered, in bounded memory; what it comes to, `datechoice` says. Cells that are blank or hold a
word that is no date (`preflight.text.nothing`) rule nothing out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from preflight.dates.format import DateFormat
from preflight.dates.known import KNOWN_FORMATS
from preflight.dates.order import other_order
from preflight.dates.trials import SHOWN, Cell, Odd, Pair, Pairs, Span, Trials, Tried
from preflight.dates.unread import Unread, unread
from preflight.detect.datechoice import Choice, choose
from preflight.model.findings import factorized
from preflight.text.nothing import names_no_day

TEXTS_AT_ONCE = 1 << 16
"""Distinct texts that are held before they are tried: what bounds the memory."""

LONGEST_DATE = 200
"""Characters; what is longer is no date, and is kept only as far as it is shown."""

MOST_SHAPES = 5_000
"""Forms of texts that are tried one by one; with more, every text is."""

SAMPLE = 200
"""Distinct dates on which it is told which of several equal formats writes them exactly."""

MOST_NAMED = 2_000
"""Distinct texts that no format reads and of which it is told what they are."""


class Shapes:
    """Texts told apart by their form, every digit a 0: a format is tried only on the texts whose form it can read."""

    def __init__(self, texts: Any) -> None:
        self._texts = texts
        encoded = pc.replace_substring_regex(texts, "[0-9]", "0").dictionary_encode()
        self._shape_of = encoded.indices.to_numpy(zero_copy_only=False)
        self._shapes = encoded.dictionary.to_pylist()
        self._nothing = np.full(len(texts), np.datetime64("NaT", "us"))

    def readable(self, dateformat: DateFormat) -> Any:
        """Which forms the format can read."""
        return np.array([dateformat.form.match(shape) is not None for shape in self._shapes], np.bool_)

    def judge(self, dateformat: DateFormat, like: tuple[DateFormat, Any] | None = None) -> Any:
        """What `dateformat` makes of the texts; see `DateFormat.judge`.

        `like` is another format with its answers, which is known to read the texts that it has the form for alike.
        """
        if len(self._shapes) > MOST_SHAPES:
            return dateformat.judge(self._texts)
        readable, instants = self.readable(dateformat), self._nothing
        if like is not None and readable.any():
            instants, readable = like[1], readable & ~self.readable(like[0])
        if readable.any():
            wanted, instants = readable[self._shape_of], instants.copy()
            chosen = self._texts if wanted.all() else self._texts.filter(pa.array(wanted))
            instants[wanted] = dateformat.judge(chosen)
        return instants


class Elimination:
    """Tries the formats on a date column that comes run by run, in bounded memory."""

    def __init__(self) -> None:
        known = {one.pattern: Tried(one.dateformat, one.published) for one in KNOWN_FORMATS}
        others = [other for one in known.values() if (other := other_order(one.dateformat)) is not None]
        # No order is taken for granted because the other is less known.
        self._tried = known | {other.pattern: Tried(other) for other in others if other.pattern not in known}
        self._long_years = {
            pattern: longer
            for pattern in self._tried
            if "yyyy" not in pattern and (longer := pattern.replace("yy", "yyyy")) in self._tried
        }
        self._pairs: Pairs = {}
        self._pending: dict[str, list[int]] = {}
        self._dates = 0
        self._missing = 0
        self._sampled: set[str] = set()
        self._unread: dict[str, Odd] = {}
        self._named = 0

    def add(self, cells: pd.Series[str]) -> None:
        """Take in some date cells, indexed by row number."""
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

    def result(self) -> Choice:
        """What the whole column came to; no more cells may follow."""
        self._try()
        return choose(Trials(self._tried, self._pairs, self._dates, tuple(self._unread.values())), self._missing)

    def _try(self) -> None:
        """Try every format on the texts that are held, and let go of them."""
        pending = {text: told for text, told in self._pending.items() if text[:1].isdigit() or not names_no_day(text)}
        counts = np.array([count for count, _ in pending.values()], np.int64)
        self._missing += sum(count for count, _ in self._pending.values()) - int(counts.sum())
        self._dates += int(counts.sum())
        self._pending = {}
        if not pending:
            return
        cells = [Cell(row, text) for text, (_, row) in pending.items()]
        readings = self._readings(pa.array(list(pending), pa.large_string()))
        sample = [i for i, cell in enumerate(cells) if cell.text not in self._sampled][: SAMPLE - len(self._sampled)]
        self._sampled.update(cells[i].text for i in sample)
        read_by_any = np.zeros(len(cells), np.bool_)
        some: dict[str, Any] = {}  # those formats that read some text, and which
        keys = np.array([cell.row for cell in cells], np.uint64)
        for pattern, instants in readings.items():
            tried, read = self._tried[pattern], ~np.isnat(instants)
            if tried.misfit is None and not read.all():
                tried.misfit = cells[int((~read).argmax())]
            if not read.any():
                continue
            some[pattern] = read
            read_by_any |= read
            tried.rows += int(counts[read].sum())
            tried.reading = (tried.reading + _mixed(keys[read], instants[read])) & _MASK
            tried.exact += sum(_writes(tried.dateformat, instants[i], cells[i].text) for i in sample)
        self._compare(some, readings, counts, cells)
        self._name(np.flatnonzero(~read_by_any).tolist(), counts, cells)

    def _readings(self, texts: Any) -> dict[str, Any]:
        """What each format makes of the texts."""
        shapes = Shapes(texts)
        readings: dict[str, Any] = {}
        for pattern in sorted(self._tried, key=self._long_years.__contains__):  # those with long years first
            longer, like = self._long_years.get(pattern), None
            if longer is not None:  # under `yy` a year of four digits is read as it stands
                like = self._tried[longer].dateformat, readings[longer]
            readings[pattern] = shapes.judge(self._tried[pattern].dateformat, like)
        return readings

    def _compare(self, some: Mapping[str, Any], readings: Mapping[str, Any], counts: Any, cells: list[Cell]) -> None:
        """Take down what two formats make of the same texts."""
        for one, two in combinations(some, 2):
            if readings[one] is readings[two]:
                pair = self._pairs.setdefault(frozenset((one, two)), Pair())
                pair.both += int(counts[some[one]].sum())
                continue
            both = some[one] & some[two]
            if not both.any():
                continue
            pair = self._pairs.setdefault(frozenset((one, two)), Pair())
            pair.both += int(counts[both].sum())
            different = both & (readings[one] != readings[two])
            if not different.any():
                continue
            pair.different += int(counts[different].sum())
            for pattern in (one, two):
                days = readings[pattern][different].astype("datetime64[D]").astype(np.int64)
                pair.widen(pattern, Span(int(days.min()), int(days.max())))
            if len(pair.examples) < 2:
                pair.show(cells[i] for i in np.flatnonzero(different)[:2].tolist())

    def _name(self, places: Iterable[int], counts: Any, cells: list[Cell]) -> None:
        """Take down what the texts are that no format reads."""
        for place in places:
            if self._named == MOST_NAMED:
                return
            self._named += 1
            told: Unread | None = unread(cells[place].text)
            kind = told.kind if told is not None else ""
            odd = self._unread.setdefault(kind, Odd(told, cells[place]))
            odd.rows += int(counts[place])


_MASK = (1 << 64) - 1


def _mixed(keys: Any, instants: Any) -> int:
    """A hash of which text is read as which instant, that adds up over runs in any order."""
    with np.errstate(over="ignore"):
        mixed = (keys * np.uint64(0x9E3779B97F4A7C15)) ^ (instants.view(np.uint64) * np.uint64(0xC2B2AE3D27D4EB4F))
        mixed ^= mixed >> np.uint64(29)
        mixed *= np.uint64(0xBF58476D1CE4E5B9)
        mixed ^= mixed >> np.uint64(32)
        return int(mixed.sum())


def _writes(dateformat: DateFormat, instant: np.datetime64, text: str) -> bool:
    """True when the format writes the instant that it read as the very text."""
    moment = instant.item()
    return isinstance(moment, datetime) and dateformat.format(moment) == text
