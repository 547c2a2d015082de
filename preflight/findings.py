"""Findings: what the rules say of the records of one chunk."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from preflight.problems import Fault
from preflight.records import Mask, Positions
from preflight.show import LONGEST_VALUE, shortened


class Column(NamedTuple):
    """A mapped column of one chunk: an Arrow array of strings, and the position of each cell's record in the chunk."""

    texts: Any
    positions: Positions

    def at(self, chosen: Mask | Positions) -> list[int]:
        """The positions of the chosen of its cells."""
        positions: list[int] = self.positions[chosen].tolist()
        return positions


class Finding(NamedTuple):
    """A fault of the record at one position of the chunk, with the cell's text as far as it is shown."""

    position: int
    value: str
    fault: Fault


def finding(position: int, value: str, fault: Fault) -> Finding:
    """A finding whose value is cut where it is very long."""
    return Finding(position, value if len(value) <= LONGEST_VALUE else shortened(value), fault)


def findings_of_values(cells: Column, judge: Callable[[Any], Sequence[Fault | None]]) -> list[Finding]:
    """The findings of a column in which each distinct value is judged once.

    `judge` gets the distinct values as an Arrow array of strings and returns the fault of each, or None.
    """
    encoded = as_dictionary(cells.texts)
    faults = judge(encoded.dictionary)
    bad_values = np.array([fault is not None for fault in faults], np.bool_)
    if not bad_values.any():
        return []
    indices = encoded.indices.to_numpy(zero_copy_only=False)
    bad = np.flatnonzero(bad_values[indices])
    texts = encoded.dictionary.to_pylist()
    found = zip(cells.at(bad), indices[bad].tolist(), strict=True)
    return [finding(position, texts[i], fault) for position, i in found if (fault := faults[i]) is not None]


def as_dictionary(texts: Any) -> Any:
    """An Arrow array of strings as one with a dictionary of the distinct ones."""
    return texts if pa.types.is_dictionary(texts.type) else texts.dictionary_encode()
