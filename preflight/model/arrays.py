"""Arrays that select records of a chunk."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Positions = npt.NDArray[np.int64]
"""Positions of records or bytes, from 0."""

Mask = npt.NDArray[np.bool_]
"""A mask: True for the selected records."""
