"""A progress bar for work that takes longer than a second, on stderr, only on a terminal."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Literal

from preflight.console.streams import console, guard_stderr

if TYPE_CHECKING:
    from rich.progress import Progress

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
    started, shown = time.monotonic(), None
    with ExitStack() as stack:

        def advance(done: int, total: int | None) -> None:
            nonlocal shown
            if shown is None:
                if time.monotonic() - started < PATIENCE_SECONDS:
                    return
                shown = stack.enter_context(_progress(of))
                shown.add_task(label, total=None)
                guard_stderr()  # rich has replaced stderr while the bar is shown
            shown.update(shown.task_ids[0], completed=done, total=total)

        yield advance


def _progress(of: Unit) -> Progress:
    from rich.progress import BarColumn, DownloadColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    done = DownloadColumn() if of == "bytes" else MofNCompleteColumn()
    columns = (TextColumn("{task.description}"), BarColumn(), done, TimeRemainingColumn())
    return Progress(*columns, console=console(stderr=True), transient=True, redirect_stdout=False)
