"""How many workers this machine is good for, and an executor that has none."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import ParamSpec, TypeVar

Input = ParamSpec("Input")
Result = TypeVar("Result")

CGROUPS = Path("/sys/fs/cgroup")
OWN_CGROUPS = Path("/proc/self/cgroup")


def cores() -> int:
    """The processor cores that this process may use: those that it may run on, or fewer where its time is limited.

    A container that has two cores' time of a machine with sixteen runs on all of them, but two workers do all it can.
    """
    there = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min([there, *_cores_of_cgroups()]))


def _cores_of_cgroups() -> Iterator[int]:
    """The cores whose time each cgroup of this process may take (cgroups(7)), of either version; none elsewhere."""
    with suppress(OSError, ValueError):
        for line in OWN_CGROUPS.read_text().splitlines():
            _, controllers, path = line.split(":", 2)
            for group in (PurePosixPath(path), *PurePosixPath(path).parents):
                place = str(group).lstrip("/")
                if not controllers:
                    yield from _cores_of(CGROUPS / place / "cpu.max")
                elif "cpu" in controllers.split(","):
                    beside = CGROUPS / "cpu" / place
                    yield from _cores_of(beside / "cpu.cfs_quota_us", beside / "cpu.cfs_period_us")


def _cores_of(*files: Path) -> Iterator[int]:
    """The cores that a limit in these files is good for: the time, and the period in which it may be taken."""
    with suppress(OSError, ValueError):  # there is none, or it says `max`
        time, period = map(int, " ".join(file.read_text() for file in files).split())
        if time > 0 and period > 0:
            yield -(-time // period)


class Here(Executor):
    """Does what it is given at once, where it is given."""

    ahead = 0

    def submit(self, call: Callable[Input, Result], /, *given: Input.args, **named: Input.kwargs) -> Future[Result]:
        """Call, and return a future that is done."""
        future: Future[Result] = Future()
        try:
            future.set_result(call(*given, **named))
        except Exception as error:
            future.set_exception(error)
        return future
