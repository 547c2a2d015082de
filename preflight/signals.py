"""Signals that interrupt a program, handled in another way for a while, or made to wait. Every room may use it."""

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


@contextmanager
def undisturbed() -> Iterator[None]:
    """Let signals that interrupt a program wait for the end of the block; then the first is handled as it would be.

    Outside the main thread, which alone handles signals, there is nothing to do.
    """
    heard: list[tuple[int, FrameType | None]] = []
    handlers: dict[int, Callable[[int, FrameType | None], Any]] = {
        one: handler for one in INTERRUPTING if callable(handler := signal.getsignal(one))
    }

    def note(number: int, frame: FrameType | None) -> None:
        heard.append((number, frame))

    try:
        with handled_by(dict.fromkeys(handlers, note)):
            yield
    finally:
        if heard:
            handlers[heard[0][0]](*heard[0])
