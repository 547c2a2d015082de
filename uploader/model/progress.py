"""Progress bars as a parameter of functions that take long."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

from uploader.http.body import Progress

ProgressBars = Callable[[str], AbstractContextManager[Progress | None]]
"""Callable that takes a label and returns a context manager, which yields a progress callback or `None`."""


def no_bars(label: str) -> AbstractContextManager[Progress | None]:
    """`ProgressBars` that show nothing."""
    return nullcontext()
