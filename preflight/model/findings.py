"""Findings: what the rules say of the records of one chunk."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, compress
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from preflight.model.arrays import Mask, Positions
from preflight.model.problems import Fault


class Column(NamedTuple):
    """A mapped column of one chunk: an Arrow array of strings, and the position of each cell's record in the chunk."""

    texts: Any
    positions: Positions


class Finding(NamedTuple):
    """A fault of the record at one position of the chunk."""

    position: int
    fault: Fault


@dataclass(frozen=True, slots=True)
class Findings:
    """Findings as columns, as there may be one for every record: number i is `faults[kinds[i]]` at `positions[i]`.

    Few faults make up many findings, most often.
    """

    positions: Positions
    kinds: Positions
    faults: Sequence[Fault]

    def __len__(self) -> int:
        return len(self.positions)

    def __iter__(self) -> Iterator[Finding]:
        for position, kind in zip(self.positions.tolist(), self.kinds.tolist(), strict=True):
            yield Finding(position, self.faults[kind])

    def first(self, number: int) -> Findings:
        """The first of them, at most so many, with no other faults."""
        used, kinds = np.unique(self.kinds[:number], return_inverse=True)
        return Findings(self.positions[:number], kinds, [self.faults[kind] for kind in used.tolist()])

    def of(self, codes: Collection[str]) -> Mask:
        """Which have one of the codes."""
        return np.array([fault.code in codes for fault in self.faults], np.bool_)[self.kinds]

    def where(self, chosen: Mask) -> Findings:
        """Those that are chosen."""
        return Findings(self.positions[chosen], self.kinds[chosen], self.faults)

    def codes(self) -> Counter[str]:
        """How many there are of each code."""
        codes: Counter[str] = Counter()
        for fault, count in zip(self.faults, np.bincount(self.kinds, minlength=len(self.faults)).tolist(), strict=True):
            codes[fault.code] += count
        return +codes

    def by_record(self) -> tuple[Positions, Positions, list[tuple[Fault, ...]]]:
        """The positions at which there are any, which must stand in order, and what faults each record has.

        The latter are a number for each position, and the list of different faults together that it is of.
        """
        first = np.flatnonzero(np.diff(self.positions, prepend=-1))
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
        return self.positions[first], (np.cumsum(used) - 1)[sets], list(compress(together, used.tolist()))


def findings(positions: Positions, faults: Sequence[Fault | None]) -> Findings:
    """The fault of the record at each of the positions, where it has one."""
    found = [fault for fault in faults if fault is not None]
    if len(found) < len(faults):
        positions = positions[[fault is not None for fault in faults]]
    _, first, kinds = np.unique(list(map(id, found)), return_index=True, return_inverse=True)
    return Findings(positions, kinds, [found[i] for i in first.tolist()])


def in_order(parts: Sequence[Findings]) -> Findings:
    """The findings of several rules in the order of the records; those of one record stay in the order of the parts."""
    before = np.cumsum([0, *(len(part.faults) for part in parts)])
    positions = np.concatenate([part.positions for part in parts])
    kinds = np.concatenate([part.kinds + number for part, number in zip(parts, before, strict=False)])
    order = np.argsort(positions, kind="stable")
    return Findings(positions[order], kinds[order], list(chain.from_iterable(part.faults for part in parts)))


def findings_of_values(cells: Column, judge: Callable[[Any], Sequence[Fault | None]]) -> Findings:
    """The findings of a column in which each distinct value is judged once.

    `judge` gets the distinct values as an Arrow array of strings and returns the fault of each, or None.
    """
    encoded = as_dictionary(cells.texts)
    faults = judge(encoded.dictionary)
    bad_values = np.array([fault is not None for fault in faults], np.bool_)
    indices = encoded.indices.to_numpy(zero_copy_only=False)
    return findings_of_bad_values(cells, indices, bad_values, [fault for fault in faults if fault is not None])


def findings_of_bad_values(cells: Column, indices: Positions, bad_values: Mask, faults: Sequence[Fault]) -> Findings:
    """The findings of a column whose cells have the values at `indices`; `faults` are those of the bad ones in turn."""
    if not bad_values.any():
        return NONE
    bad = np.flatnonzero(bad_values.take(indices))
    fault_of_value = np.cumsum(bad_values) - 1
    return Findings(cells.positions[bad], fault_of_value[indices[bad]], faults)


def as_dictionary(texts: Any) -> Any:
    """An Arrow array of strings as one with a dictionary of the distinct ones."""
    return texts if pa.types.is_dictionary(texts.type) else texts.dictionary_encode()


NONE = findings(np.empty(0, np.int64), ())
"""No finding."""
