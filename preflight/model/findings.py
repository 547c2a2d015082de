"""Findings: the results of the rules for the rows of one chunk."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import numpy as np

from preflight.model.arrays import Mask, Positions, used_below
from preflight.model.faults import Faults
from preflight.model.problems import Diagnosis

if TYPE_CHECKING:
    import pandas as pd


class Finding(NamedTuple):
    """A fault of one row."""

    row: int
    fault: Diagnosis


@dataclass(frozen=True, slots=True)
class Findings:
    """Findings as columns: finding i is `faults[kinds[i]]` of row `rows[i]`.

    There may be one for every row, but usually few distinct faults.
    """

    rows: Positions
    kinds: Positions
    faults: Faults

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[Finding]:
        yield from map(Finding, self.rows.tolist(), self.faults.at(self.kinds))

    def first(self, number: int, of_each_code: int = 0) -> Findings:
        """The first `number` findings and the first `of_each_code` of each code, with their faults only."""
        first = [np.flatnonzero(self.of({code}))[:of_each_code] for code in (self.codes() if of_each_code else ())]
        return self.at(np.unique(np.concatenate([np.arange(min(number, len(self))), *first])))

    def at(self, places: Positions) -> Findings:
        """The findings at these positions, with their faults only."""
        used, kinds = used_below(len(self.faults), self.kinds[places])
        return Findings(self.rows[places], kinds, Faults([self.faults.at(used)]))

    def of(self, codes: Collection[str]) -> Mask:
        """The mask of the findings with one of the codes."""
        return self.which(lambda head: head.code in codes)

    def which(self, judge: Callable[[Diagnosis], bool]) -> Mask:
        """The mask of the findings for which `judge` is true.

        `judge` may use only the code, the column, and whether there is a suggestion.
        """
        of_heads = np.array(list(map(judge, self.faults.heads)), np.bool_)
        found: Mask = of_heads[self.faults.head_of][self.kinds]
        return found

    def between(self, first: int, last: int) -> Findings:
        """The findings from position `first` up to, but not including, `last`."""
        return Findings(self.rows[first:last], self.kinds[first:last], self.faults)

    def where(self, chosen: Mask) -> Findings:
        """The findings selected by a mask."""
        return Findings(self.rows[chosen], self.kinds[chosen], self.faults)

    def by_head(self) -> list[tuple[Diagnosis, int]]:
        """The heads that occur, each with its number of findings."""
        heads = self.faults.heads
        counts = np.bincount(self.faults.head_of[self.kinds], minlength=len(heads)).tolist()
        return [(head, count) for head, count in zip(heads, counts, strict=True) if count]

    def codes(self) -> Counter[str]:
        """The number of findings of each code."""
        codes: Counter[str] = Counter()
        for head, count in self.by_head():
            codes[head.code] += count
        return codes


def findings(rows: Positions, faults: Sequence[Diagnosis | None]) -> Findings:
    """The findings of rows with one fault or None each."""
    found = [fault for fault in faults if fault is not None]
    if len(found) < len(faults):
        rows = rows[[fault is not None for fault in faults]]
    _, first, kinds = np.unique(list(map(id, found)), return_index=True, return_inverse=True)
    return Findings(rows, kinds, Faults([[found[i] for i in first.tolist()]]))


def of_each(rows: Positions, faults: Sequence[Diagnosis]) -> Findings:
    """The findings of rows with one fault each."""
    return Findings(rows, np.arange(len(rows)), Faults([faults]))


def in_order(parts: Sequence[Findings]) -> Findings:
    """The findings of several rules sorted by row; those of one row keep the order of the parts."""
    parts = [part for part in parts if len(part)]
    if not parts:
        return NONE
    before = accumulate((len(part.faults) for part in parts), initial=0)
    rows = np.concatenate([part.rows for part in parts])
    kinds = np.concatenate([part.kinds + number for part, number in zip(parts, before, strict=False)])
    order = np.argsort(rows, kind="stable")
    return Findings(rows[order], kinds[order], Faults(part.faults for part in parts))


def factorized(cells: pd.Series[str]) -> tuple[Positions, pd.Index[str]]:
    """The code of each cell, and the distinct values by code, in order of first appearance."""
    codes, values = cells.factorize()
    return codes, cast("pd.Index[str]", values)


def judged_once(cells: pd.Series[str], judge: Callable[[pd.Index[str]], Sequence[Diagnosis | None]]) -> Findings:
    """The findings of a column, with each distinct value judged once.

    `judge` is called with the distinct values and returns the fault of each, or None.
    """
    codes, values = factorized(cells)
    faults = judge(values)
    bad_values = np.array([fault is not None for fault in faults], np.bool_)
    return of_bad_values(cells, codes, bad_values, [fault for fault in faults if fault is not None])


def of_bad_values(cells: pd.Series[str], codes: Positions, bad_values: Mask, faults: Sequence[Diagnosis]) -> Findings:
    """The findings of a column with the values at `codes`; `faults` are those of the bad values, in order."""
    if not bad_values.any():
        return NONE
    bad = np.flatnonzero(bad_values.take(codes))
    fault_of_value = np.cumsum(bad_values) - 1
    return Findings(cells.index.to_numpy()[bad], fault_of_value[codes[bad]], Faults([faults]))


NONE = findings(np.empty(0, np.int64), ())
"""No finding."""


class Distinct(NamedTuple):
    """Distinct texts, each with its number of rows, and the number and line of the first row."""

    texts: list[str]
    rows: Positions
    first_row: Positions
    first_line: Positions


def distinct(codes: Positions, values: Any, chosen: Mask, row: Positions, line: Positions) -> Distinct:
    """The distinct texts of the rows of a column that the mask `chosen` selects.

    `codes` and `values`, an Arrow array, are the column in the form of `factorize`; `row` and `line` are the numbers
    and lines of its rows.
    """
    places = np.flatnonzero(chosen)
    codes = codes[places]
    rows = np.bincount(codes, minlength=len(values))
    first = np.zeros(len(rows), np.int64)
    first[codes[::-1]] = places[::-1]  # the last assignment wins, which is that of the first row
    there = np.flatnonzero(rows)
    first = first[there]
    return Distinct(values.take(there).to_pylist(), rows[there], row[first], line[first])
