"""The arrays that stand for some records of a chunk."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Positions = npt.NDArray[np.int64]
"""Places of records or of bytes, from 0."""

Mask = npt.NDArray[np.bool_]
"""True for those that are meant."""
