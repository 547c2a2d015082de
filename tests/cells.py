"""Cells as the rules receive them."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import pyarrow as pa


def series(texts: Sequence[str], first_row: int = 1) -> pd.Series[str]:
    """Arrow-backed strings, indexed by row number."""
    return pd.Series(texts, index=range(first_row, first_row + len(texts)), dtype=pd.ArrowDtype(pa.string()))
