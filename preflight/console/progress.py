"""A progress bar for work that takes longer than a second, on stderr, only on a terminal."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal

from preflight.console.streams import console, guard_stderr

PATIENCE_SECONDS = 1.0

Unit = Literal["bytes", "files"]
"""The unit of a progress bar."""


@contextmanager
def bar(label: str, of: Unit = "bytes") -> Iterator[Callable[[int, int | None], None] | None]:
    """Context manager with a function `(done, total)` that updates a bar on stderr; None if that is not a terminal.

    `total` is None if unknown. The bar appears after `PATIENCE_SECONDS`.
    """
    if not sys.stderr.isatty():
        yield None
        return
    with _DelayedBar(label, of) as advance:
        yield advance


class _DelayedBar:
    def __init__(self, label: str, of: Unit) -> None:
        self._label = label
        self._of = of
        self._started = time.monotonic()
        self._progress: Any = None
        self._task: Any = None

    def __call__(self, done: int, total: int | None) -> None:
        if self._progress is None:
            if time.monotonic() - self._started < PATIENCE_SECONDS:
                return
            self._show()
        self._progress.update(self._task, completed=done, total=total)

    def _show(self) -> None:
        from rich.progress import (
            BarColumn,
            DownloadColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeRemainingColumn,
        )

        done = DownloadColumn() if self._of == "bytes" else MofNCompleteColumn()
        columns = (TextColumn("{task.description}"), BarColumn(), done, TimeRemainingColumn())
        self._progress = Progress(*columns, console=console(stderr=True), transient=True, redirect_stdout=False)
        self._task = self._progress.add_task(self._label, total=None)
        self._progress.start()
        guard_stderr()  # rich has replaced stderr while the bar is shown

    def __enter__(self) -> _DelayedBar:
        return self

    def __exit__(self, *raised: object) -> None:
        if self._progress is not None:
            self._progress.stop()
