"""Processes that a test starts: none outlives it, also where the test fails while one runs."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

LONGEST = 120.0
"""Seconds; what a test waits for has come by then on the slowest machine, or never comes."""


@contextmanager
def running(command: Sequence[str], **options: Any) -> Iterator[subprocess.Popen[Any]]:
    """A process that is killed at the end of the `with`, unless it has ended.

    The `with` of `Popen` itself waits for the process, for ever where a failed assertion leaves it running.
    """
    with subprocess.Popen(command, **options) as process:
        try:
            yield process
        finally:
            process.kill()


@contextmanager
def all_running(count: int, command: Sequence[str], **options: Any) -> Iterator[list[subprocess.Popen[Any]]]:
    """`count` processes of one command, side by side, as `running` has them."""
    with ExitStack() as stack:
        yield [stack.enter_context(running(command, **options)) for _ in range(count)]
