"""How far something is, for whoever shows it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

from uploader.http.body import Progress

ProgressBars = Callable[[str], AbstractContextManager[Progress | None]]
"""Given a label, a context manager that yields a progress callback, or `None` to hear nothing."""


def no_bars(label: str) -> AbstractContextManager[Progress | None]:
    """Progress that nobody hears of."""
    return nullcontext()
