"""Signals that wait: what must not be left half done is done whole, and interrupted afterwards."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from preflight.signals import INTERRUPTING, handled_by


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
