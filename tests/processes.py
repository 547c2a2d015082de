"""Processes started by a test: none outlives it, even if the test fails."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

LONGEST = 120.0
"""Timeout in seconds: by then an awaited event has come even on a slow machine, or never will."""


@contextmanager
def running(command: Sequence[str], **options: Any) -> Iterator[subprocess.Popen[Any]]:
    """Context manager for a process, which is killed at the end unless it has ended.

    `Popen` as a context manager would wait for the process, for ever if a failed assertion leaves it running.
    """
    with subprocess.Popen(command, **options) as process:
        try:
            yield process
        finally:
            process.kill()


@contextmanager
def all_running(count: int, command: Sequence[str], **options: Any) -> Iterator[list[subprocess.Popen[Any]]]:
    """Context manager for `count` processes of one command, as in `running`."""
    with ExitStack() as stack:
        yield [stack.enter_context(running(command, **options)) for _ in range(count)]


def interrupted(process: subprocess.Popen[Any], number: int) -> int:
    """The exit code of a process that is sent a signal while it reads, and again if it does not end.

    Python handles a signal that comes right before the read only after it.
    """
    for _ in range(6):
        process.send_signal(number)
        with suppress(subprocess.TimeoutExpired):
            return process.wait(LONGEST / 6)
    raise AssertionError("it does not end")
