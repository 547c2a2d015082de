"""The note cell: optional, and never an error; two things about it are undocumented and worth a warning."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.compute as pc

from preflight.model.findings import NONE, Findings, findings, in_order
from preflight.model.problems import Fault
from preflight.records.cells import arrow_of

LONGEST_NOTE = 20_000
"""Characters; a note beyond this is warned of. Act-On documents no limit."""

LINE_BREAK = Fault("note-newline", "The note has a line break inside; how Act-On reads it is not documented.")


def check(cells: pd.Series[str]) -> Findings:
    """Find notes that are very long, and notes that go over several lines."""
    notes = arrow_of(cells)

    def found(mask: Any, fault_of: Callable[[str], Fault]) -> Findings:
        chosen = np.flatnonzero(mask.to_numpy(zero_copy_only=False))
        return findings(cells.index.to_numpy()[chosen], list(map(fault_of, notes.take(chosen).to_pylist())))

    if not len(notes):
        return NONE
    long = pc.max(pc.binary_length(notes)).as_py() > LONGEST_NOTE  # in bytes, of which a character has one at least
    return in_order(
        [
            found(pc.greater(pc.utf8_length(notes), LONGEST_NOTE), _too_long) if long else NONE,
            found(pc.match_substring_regex(notes, "[\r\n]"), lambda note: LINE_BREAK) if _may_break(notes) else NONE,
        ]
    )


def _may_break(notes: Any) -> bool:
    """One look at the bytes of all notes, which spares most files a look at each."""
    text = np.frombuffer(notes.buffers()[2] or b"", np.uint8)
    if text.min(initial=0xFF) > ord("\r"):
        return False
    return bool((text == ord("\n")).any() or (text == ord("\r")).any())


def _too_long(note: str) -> Fault:
    return Fault("note-long", f"The note has {len(note):,} characters, more than {LONGEST_NOTE:,}.")
