"""Signals that interrupt a program, handled in another way for a while. Every room may use it."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any

Handler = Callable[[int, FrameType | None], Any] | int | signal.Handlers
"""What `signal.signal` takes."""

INTERRUPTING = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
"""Ctrl-C and what else interrupts a program; there is no SIGHUP on Windows."""


def set_handlers(handlers: Mapping[int, Handler]) -> None:
    """Handle signals by `handlers` from now on; outside the main thread, which alone handles them, nothing is done."""
    with suppress(ValueError):
        for number, handler in handlers.items():
            signal.signal(number, handler)


@contextmanager
def handled_by(handlers: Mapping[int, Handler]) -> Iterator[None]:
    """Handle signals by `handlers` inside `with`, and afterwards as before.

    A handler that Python did not set cannot be set again; the default one takes its place.
    """
    before = {number: signal.getsignal(number) or signal.SIG_DFL for number in handlers}
    try:
        set_handlers(handlers)
        yield
    finally:
        set_handlers(before)
