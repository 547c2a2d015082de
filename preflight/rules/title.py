"""The title cell: a touch point needs one."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from preflight.blanks import is_blank
from preflight.findings import Finding, as_dictionary, findings_of_values
from preflight.problems import Fault
from preflight.titles import trimmed

if TYPE_CHECKING:
    import pandas as pd

    from preflight.records import Mask

MISSING = Fault("title-missing", "The title is blank.")


def check(cells: pd.Series) -> list[Finding]:
    """Find the blank titles: nothing, or only blanks and invisible characters, no-break spaces among them."""
    return findings_of_values(cells, _faults)


def _faults(titles: Any) -> list[Fault | None]:
    return [MISSING if is_blank(title) else None for title in titles.to_pylist()]


def count(cells: pd.Series, good: Mask) -> Counter[str]:
    """The rows of each title among those that `good` marks, trimmed, in order of first appearance."""
    encoded = as_dictionary(cells)
    indices = encoded.indices.to_numpy(zero_copy_only=False)[good]
    rows = np.bincount(indices, minlength=len(encoded.dictionary)).tolist()
    counts: Counter[str] = Counter()
    for text, number in zip(encoded.dictionary.to_pylist(), rows, strict=True):
        if number:
            counts[trimmed(text)] += number
    return counts
