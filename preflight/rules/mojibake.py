"""Title and note: text that was UTF-8 once and was read as something else."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow.compute as pc

from preflight.model.findings import NONE, Findings, judged_once
from preflight.model.problems import Fault
from preflight.records.cells import arrow_of
from preflight.text.display import shown
from preflight.text.mojibake import CANDIDATE, mended

LONGEST_READ = 1_000
"""Characters of a cell that are looked at."""


def check(cells: pd.Series[str], column: str) -> Findings:
    """Find the cells of a column that hold mojibake; one look at the bytes of all spares most columns more."""
    texts = arrow_of(cells)
    if _all_ascii(texts):
        return NONE
    alike = pc.match_substring_regex(texts, CANDIDATE).to_numpy(zero_copy_only=False)
    return judged_once(cells[alike], lambda values: [_fault(text, column) for text in values])


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
