"""The date cell: each distinct text is judged once; the evidence on the whole column is collected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from preflight.dates.format import DateFormat, other_order
from preflight.dates.parse import Instants
from preflight.evidence.datelimits import DateLimits
from preflight.evidence.dates import DateEvidence, Readings, first_other, gathered, readings, timeline_of
from preflight.model.arrays import Mask, Positions
from preflight.model.faults import HERE, Faults, Told
from preflight.model.findings import NONE, Findings, factorized
from preflight.model.problems import Diagnosis
from preflight.records.cells import arrow_of
from preflight.records.texts import matching
from preflight.rules import OfRows
from preflight.rules.datefault import explain
from preflight.text.display import shown, shown_each
from preflight.text.nothing import SOMETHING, is_no_date
from preflight.text.spans import WHOLE

MOST_EXPLAINED = 10_000
"""Bad dates of the first rows of a file, up to this many, are all explained, in some 0.04 ms per distinct text."""

MOST_LATER = 500
"""Distinct bad date texts that are explained in each later run of rows. Beyond this many, the format or column is wrong
anyway."""

LONGEST_REMEMBERED = 100
"""Maximum length of a text whose verdict is cached, in characters."""

MOST_REMEMBERED = 20_000
"""Maximum number of distinct texts whose verdicts are cached; most columns have few."""


class CheckedDates(NamedTuple):
    """The findings of date cells, the instant of each (`NaT` if it is no date), and the evidence on the column."""

    findings: Findings
    instants: Instants
    evidence: DatesOfRows


@dataclass(frozen=True, slots=True)
class DatesOfRows(OfRows):
    """The dates of rows as codes of distinct texts, and how these texts are read.

    `example` is the first text that only the other order reads. `rows` is the mask of rows that count, None for all.
    """

    codes: Positions
    example: str
    read: Readings
    rows: Mask | None = None

    def __call__(self, good: Mask) -> DateEvidence:
        """The evidence, given the mask of good rows."""
        evidence = gathered(self.example, self._numbers(self.rows), self.read)
        if good.all():
            return replace(evidence, of_good=evidence.timeline)
        rows = self._numbers(good)
        there = np.flatnonzero(rows)
        return replace(evidence, of_good=timeline_of(rows[there], self.read.at(there)))

    def without(self, rows: Mask) -> DatesOfRows:
        """The dates of the other rows."""
        return replace(self, rows=~rows)

    def _numbers(self, rows: Mask | None) -> Positions:
        """The number of rows of each text."""
        return np.bincount(self.codes if rows is None else self.codes[rows], minlength=len(self.read.kinds))


class _Judged(NamedTuple):
    """Distinct texts with their instants (`NaT` if no date) and readings."""

    instants: Instants
    read: Readings

    def at(self, places: Any) -> _Judged:
        return _Judged(self.instants.take(places), self.read.at(places))

    def followed_by(self, more: _Judged) -> _Judged:
        return _Judged(np.append(self.instants, more.instants), self.read.followed_by(more.read))


class DateColumn:
    """Judges the date column of one file, each distinct text once."""

    def __init__(self, dateformat: DateFormat, limits: DateLimits) -> None:
        self._format = dateformat
        self._other = other_order(dateformat)
        self._limits = limits
        self._explained: dict[str, Diagnosis] = {}
        self._forget()

    def check(self, cells: pd.Series[str]) -> CheckedDates:
        """Find cells that are no date in the chosen format or not an expected one, and collect the evidence.

        Each distinct text is judged once.
        """
        codes, values = factorized(cells)
        texts = arrow_of(values)
        judged = self._judged(texts)
        evidence = DatesOfRows(codes, first_other(texts, judged.read), judged.read)
        faulty = ~judged.read.expected()
        found = NONE
        if (rows := np.flatnonzero(faulty.take(codes))).size:
            kinds, faults = self._faults(texts, judged.instants, faulty, int(cells.index[0]))
            found = Findings(cells.index.to_numpy()[rows], kinds[codes[rows]], faults)
        return CheckedDates(found, judged.instants.take(codes), evidence)

    def _faults(self, texts: Any, instants: Instants, faulty: Mask, first_row: int) -> tuple[Positions, Faults]:
        """The faults of some distinct texts, and the place among them of that of each."""
        dates, bad = np.flatnonzero(faulty & ~np.isnat(instants)), np.flatnonzero(faulty & np.isnat(instants))
        parts = list[Sequence[Diagnosis]]()
        if len(dates):
            parts.append(self._limits.faults(texts.take(pa.array(dates)), instants[dates], self._format.has_time))
        if len(bad):
            no_dates = texts.take(pa.array(bad))
            explained = self._explained_of(no_dates, first_row)
            bad = np.concatenate([bad[explained], bad[~explained]])
            parts.append(list(map(self._explain, no_dates.filter(pa.array(explained)).to_pylist())))
            parts.append(self._not_explained(no_dates.filter(pa.array(~explained))))
        in_turn, kinds = np.concatenate([dates, bad]), np.zeros(len(texts), np.int64)
        kinds[in_turn] = np.arange(len(in_turn))
        return kinds, Faults(parts)

    def _judged(self, texts: Any) -> _Judged:
        if len(texts) > MOST_REMEMBERED:
            return self._judged_anew(texts)
        places = pc.index_in(texts, value_set=self._texts).to_numpy(zero_copy_only=False)
        new = np.isnan(places)  # positions of unknown texts are NaN
        if new.any():
            unknown = texts.filter(pa.array(new))
            if max(map(len, unknown.to_pylist())) > LONGEST_REMEMBERED:
                return self._judged_anew(texts)
            if len(self._texts) + len(unknown) > MOST_REMEMBERED:
                self._forget()
                unknown, new = texts, np.ones_like(new)
            places[new] = len(self._texts) + np.arange(len(unknown))
            self._remember(unknown)
        return self._remembered.at(places.astype(np.intp))

    def _forget(self) -> None:
        self._texts = pa.array([], pa.string())
        self._remembered = self._judged_anew(self._texts)  # place by place of these texts

    def _remember(self, texts: Any) -> None:
        self._texts = pa.concat_arrays([self._texts, texts])
        self._remembered = self._remembered.followed_by(self._judged_anew(texts))

    def _judged_anew(self, texts: Any) -> _Judged:
        other = self._other.judge(texts) if self._other is not None else None
        instants = self._format.judge(texts)
        return _Judged(instants, readings(instants, other, self._limits))

    def _explained_of(self, texts: Any, first_row: int) -> Mask:
        """The mask of texts to explain. It does not depend on earlier runs, as each worker sees different ones."""
        explained = np.arange(len(texts)) < max(MOST_LATER, MOST_EXPLAINED - first_row)
        others = np.flatnonzero(~explained)
        others = others[~matching(texts.take(pa.array(others)), SOMETHING)]
        explained[others] = list(map(is_no_date, texts.take(pa.array(others)).to_pylist()))
        return explained

    def _not_explained(self, texts: Any) -> Told:
        pattern = shown(self._format.pattern)
        says = f"{HERE} is no date as {pattern}; there are too many different ones to say why of each."
        heads = [Diagnosis("date-format", says, spans=WHOLE)]
        return Told(heads, np.zeros(len(texts), np.int64), shown_each(texts, 40))

    def _explain(self, text: str) -> Diagnosis:
        fault = self._explained.get(text)
        if fault is None:
            fault = explain(self._format, text)
            if len(text) <= LONGEST_REMEMBERED and len(self._explained) < MOST_REMEMBERED:
                self._explained[text] = fault
        return fault
