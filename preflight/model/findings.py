"""Findings: what the rules say of the rows of one chunk."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, compress
from typing import TYPE_CHECKING, NamedTuple, cast

import numpy as np

from preflight.model.arrays import Mask, Positions
from preflight.model.problems import Diagnosis

if TYPE_CHECKING:
    import pandas as pd


class Finding(NamedTuple):
    """A fault of one row."""

    row: int
    fault: Diagnosis


@dataclass(frozen=True, slots=True)
class Findings:
    """Findings as columns, as there may be one for every row: number i is `faults[kinds[i]]` of row `rows[i]`.

    Few faults make up many findings, most often.
    """

    rows: Positions
    kinds: Positions
    faults: Sequence[Diagnosis]

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[Finding]:
        for row, kind in zip(self.rows.tolist(), self.kinds.tolist(), strict=True):
            yield Finding(row, self.faults[kind])

    def first(self, number: int) -> Findings:
        """The first of them, at most so many, with no other faults."""
        return self.at(np.arange(min(number, len(self))))

    def at(self, places: Positions) -> Findings:
        """Those at these places, with no other faults."""
        used, kinds = np.unique(self.kinds[places], return_inverse=True)
        return Findings(self.rows[places], kinds, [self.faults[kind] for kind in used.tolist()])

    def of(self, codes: Collection[str]) -> Mask:
        """Which have one of the codes."""
        return np.array([fault.code in codes for fault in self.faults], np.bool_)[self.kinds]

    def where(self, chosen: Mask) -> Findings:
        """Those that are chosen."""
        return Findings(self.rows[chosen], self.kinds[chosen], self.faults)

    def codes(self) -> Counter[str]:
        """How many there are of each code."""
        codes: Counter[str] = Counter()
        for fault, count in zip(self.faults, np.bincount(self.kinds, minlength=len(self.faults)).tolist(), strict=True):
            codes[fault.code] += count
        return +codes

    def by_row(self) -> tuple[Positions, Positions, list[tuple[Diagnosis, ...]]]:
        """The rows of which there are any, which must stand in order, and what faults each has.

        The latter are a number for each row, and the list of different faults together that it is of.
        """
        first = np.flatnonzero(np.diff(self.rows, prepend=-1))
        sets, kinds = self.kinds[first], self.kinds.tolist()
        together = [(fault,) for fault in self.faults]
        numbers: dict[tuple[int, ...], int] = {}
        end = np.append(first[1:], len(self))
        several = np.flatnonzero(end - first > 1)
        for record, start, stop in zip(several.tolist(), first[several].tolist(), end[several].tolist(), strict=True):
            found = tuple(kinds[start:stop])
            if found not in numbers:
                numbers[found] = len(together)
                together.append(tuple(self.faults[kind] for kind in found))
            sets[record] = numbers[found]
        used = np.bincount(sets, minlength=len(together)) > 0
        return self.rows[first], (np.cumsum(used) - 1)[sets], list(compress(together, used.tolist()))


def findings(rows: Positions, faults: Sequence[Diagnosis | None]) -> Findings:
    """The fault of each of the rows, where it has one."""
    found = [fault for fault in faults if fault is not None]
    if len(found) < len(faults):
        rows = rows[[fault is not None for fault in faults]]
    _, first, kinds = np.unique(list(map(id, found)), return_index=True, return_inverse=True)
    return Findings(rows, kinds, [found[i] for i in first.tolist()])


def in_order(parts: Sequence[Findings]) -> Findings:
    """The findings of several rules in the order of the rows; those of one row stay in the order of the parts."""
    before = np.cumsum([0, *(len(part.faults) for part in parts)])
    rows = np.concatenate([part.rows for part in parts])
    kinds = np.concatenate([part.kinds + number for part, number in zip(parts, before, strict=False)])
    order = np.argsort(rows, kind="stable")
    return Findings(rows[order], kinds[order], list(chain.from_iterable(part.faults for part in parts)))


def factorized(cells: pd.Series[str]) -> tuple[Positions, pd.Index[str]]:
    """A code for each cell, and the distinct values that they stand for, in order of first appearance."""
    codes, values = cells.factorize()
    return codes, cast("pd.Index[str]", values)


def judged_once(cells: pd.Series[str], judge: Callable[[pd.Index[str]], Sequence[Diagnosis | None]]) -> Findings:
    """The findings of a column in which each distinct value is judged once.

    `judge` gets the distinct values and returns the fault of each, or None.
    """
    codes, values = factorized(cells)
    faults = judge(values)
    bad_values = np.array([fault is not None for fault in faults], np.bool_)
    return of_bad_values(cells, codes, bad_values, [fault for fault in faults if fault is not None])


def of_bad_values(cells: pd.Series[str], codes: Positions, bad_values: Mask, faults: Sequence[Diagnosis]) -> Findings:
    """The findings of a column whose cells have the values at `codes`; `faults` are those of the bad ones in turn."""
    if not bad_values.any():
        return NONE
    bad = np.flatnonzero(bad_values.take(codes))
    fault_of_value = np.cumsum(bad_values) - 1
    return Findings(cells.index.to_numpy()[bad], fault_of_value[codes[bad]], faults)


NONE = findings(np.empty(0, np.int64), ())
"""No finding."""


class Distinct(NamedTuple):
    """Distinct texts; for each the number of its rows, and number and line of the first of them."""

    texts: list[str]
    rows: Positions
    first_row: Positions
    first_line: Positions


def distinct(codes: Positions, values: Sequence[str], chosen: Mask, row: Positions, line: Positions) -> Distinct:
    """The distinct texts of those rows of a column that `chosen` marks.

    `codes` and `values` are the column as `factorize` tells it, `row` and `line` are the numbers and lines of its rows.
    """
    places = np.flatnonzero(chosen)
    codes = codes[places]
    rows = np.bincount(codes, minlength=len(values))
    first = np.zeros(len(rows), np.int64)
    first[codes[::-1]] = places[::-1]  # of several assignments to one place the last stays, which is the first row's
    there = np.flatnonzero(rows)
    first = first[there]
    return Distinct([values[i] for i in there.tolist()], rows[there], row[first], line[first])
