"""Signals that wait: what must not be left half done is done whole, and interrupted afterwards."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_ENDING = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


@contextmanager
def undisturbed() -> Iterator[None]:
    """Let signals that end a program wait for the end of the block; then the first is handled as it would have been.

    Outside the main thread, which alone handles signals, there is nothing to do.
    """
    heard: list[tuple[int, FrameType | None]] = []

    def note(number: int, frame: FrameType | None) -> None:
        heard.append((number, frame))

    handled = {one: before for one in _ENDING if callable(before := signal.getsignal(one))}
    try:
        for one in handled:
            signal.signal(one, note)
    except ValueError:  # not the main thread
        yield
        return
    try:
        yield
    finally:
        for one, before in handled.items():
            signal.signal(one, before)
        if heard:
            handler = handled[signal.Signals(heard[0][0])]
            assert callable(handler)  # noqa: S101 - only such were replaced
            handler(*heard[0])
