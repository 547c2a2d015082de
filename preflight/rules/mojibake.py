"""Title and note: text that was UTF-8 once and was read as something else."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from preflight.model.findings import Column, Findings, findings, findings_of_values
from preflight.model.problems import Fault
from preflight.text.display import shown
from preflight.text.mojibake import CANDIDATE, mended

LONGEST_READ = 1_000
"""Characters of a cell that are looked at."""


def check(cells: Column, column: str) -> Findings:
    """Find the cells of a column that hold mojibake."""
    texts = cells.texts
    if pa.types.is_dictionary(texts.type):
        return findings_of_values(cells, lambda values: _faults(values, column))
    places = _candidates(texts)
    return findings(cells.positions[places], [_fault(t, column) for t in texts.take(pa.array(places)).to_pylist()])


def _faults(texts: Any, column: str) -> list[Fault | None]:
    faults: list[Fault | None] = [None] * len(texts)
    for i in _candidates(texts).tolist():
        faults[i] = _fault(texts[i].as_py(), column)
    return faults


def _candidates(texts: Any) -> Any:
    """Where there are texts that may hold mojibake; one look at the bytes of all spares most columns more."""
    if _all_ascii(texts):
        return np.empty(0, np.int64)
    alike = pc.match_substring_regex(texts, CANDIDATE)
    return np.flatnonzero(alike.to_numpy(zero_copy_only=False))


def _all_ascii(texts: Any) -> bool:
    values = texts.buffers()[-1]
    return values is None or bool(np.frombuffer(values, np.uint8).max(initial=0) < 0x80)


def _fault(text: str, column: str) -> Fault | None:
    read = mended(text[:LONGEST_READ])
    if read is None:
        return None
    suggestion = read if len(text) <= LONGEST_READ else ""
    says = f"The text was read in the wrong encoding once; it most likely says {shown(read)}."
    return Fault("mojibake", says, suggestion, column)
