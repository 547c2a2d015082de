"""Findings: what the rules say of the records of one chunk."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa

from preflight.problems import Fault
from preflight.show import LONGEST_VALUE, shortened

if TYPE_CHECKING:
    import pandas as pd


class Finding(NamedTuple):
    """A fault of the record at one position of the chunk, with the cell's text as far as it is shown."""

    position: int
    value: str
    fault: Fault


def finding(position: int, value: str, fault: Fault) -> Finding:
    """A finding whose value is cut where it is very long."""
    return Finding(position, value if len(value) <= LONGEST_VALUE else shortened(value), fault)


def findings_of_values(cells: pd.Series, judge: Callable[[Any], Sequence[Fault | None]]) -> list[Finding]:
    """The findings of a column in which each distinct value is judged once.

    `judge` gets the distinct values as an Arrow array of strings and returns the fault of each, or None.
    """
    encoded = as_dictionary(cells)
    faults = judge(encoded.dictionary)
    bad_values = np.array([fault is not None for fault in faults], np.bool_)
    if not bad_values.any():
        return []
    indices = encoded.indices.to_numpy(zero_copy_only=False)
    bad = np.flatnonzero(bad_values[indices])
    texts = encoded.dictionary.to_pylist()
    found = zip(positions_of(cells, bad), indices[bad].tolist(), strict=True)
    return [finding(position, texts[i], fault) for position, i in found if (fault := faults[i]) is not None]


def positions_of(cells: pd.Series, chosen: Any) -> Iterable[int]:
    """The records' positions, a column's index, of the chosen of its cells."""
    positions: list[int] = cells.index.to_numpy()[chosen].tolist()
    return positions


def as_array(cells: pd.Series) -> Any:
    """A column as one Arrow array, without a copy where it is one already."""
    array = pa.array(cells)
    if isinstance(array, pa.ChunkedArray):
        array = array.chunk(0) if array.num_chunks == 1 else array.combine_chunks()
    return array


def as_dictionary(cells: pd.Series) -> Any:
    """A column as one Arrow DictionaryArray of strings."""
    array = as_array(cells)
    return array if pa.types.is_dictionary(array.type) else array.dictionary_encode()
