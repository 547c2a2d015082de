"""Temporary handlers for the signals that interrupt a program, and their delay. Every room may import it."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any

Handler = Callable[[int, FrameType | None], Any] | int | signal.Handlers
"""A handler that `signal.signal` accepts."""

INTERRUPTING = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
"""The signals that interrupt a program, Ctrl-C (SIGINT) among them; Windows has no SIGHUP."""


def set_handlers(handlers: Mapping[int, Handler]) -> None:
    """Install `handlers` by signal number; outside the main thread, where Python allows none, do nothing."""
    with suppress(ValueError):
        for number, handler in handlers.items():
            signal.signal(number, handler)


@contextmanager
def handled_by(handlers: Mapping[int, Handler]) -> Iterator[None]:
    """Context manager that installs `handlers` and restores the previous ones at its end.

    A handler that Python did not install cannot be restored; the default handler replaces it.
    """
    before = {number: signal.getsignal(number) or signal.SIG_DFL for number in handlers}
    try:
        set_handlers(handlers)
        yield
    finally:
        set_handlers(before)


@contextmanager
def undisturbed() -> Iterator[None]:
    """Context manager that delays interrupting signals to its end, then calls the handler of the first one.

    Outside the main thread, where Python handles no signals, it does nothing.
    """
    received: list[tuple[int, FrameType | None]] = []
    handlers: dict[int, Callable[[int, FrameType | None], Any]] = {
        one: handler for one in INTERRUPTING if callable(handler := signal.getsignal(one))
    }

    def note(number: int, frame: FrameType | None) -> None:
        received.append((number, frame))

    try:
        with handled_by(dict.fromkeys(handlers, note)):
            yield
    finally:
        if received:
            handlers[received[0][0]](*received[0])
