"""The number of usable processor cores, and an executor that runs calls in the calling thread."""

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
    """The number of processor cores that this process may use: its affinity, or fewer if a cgroup limits its CPU time.

    A container may run on all 16 cores of a machine and still get the CPU time of two: more workers gain nothing.
    """
    affinity = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min([affinity, *_cores_of_cgroups()]))


def _cores_of_cgroups() -> Iterator[int]:
    """The CPU limit of each cgroup of this process, in cores (cgroups(7), version 1 and 2); none if unlimited."""
    with suppress(OSError, ValueError):
        for line in OWN_CGROUPS.read_text().splitlines():
            _, controllers, path = line.split(":", 2)
            for group in (PurePosixPath(path), *PurePosixPath(path).parents):
                path_in_hierarchy = str(group).lstrip("/")
                if not controllers:
                    yield from _cores_of(CGROUPS / path_in_hierarchy / "cpu.max")
                elif "cpu" in controllers.split(","):
                    folder = CGROUPS / "cpu" / path_in_hierarchy
                    yield from _cores_of(folder / "cpu.cfs_quota_us", folder / "cpu.cfs_period_us")


def _cores_of(*files: Path) -> Iterator[int]:
    """The limit in these files in cores, rounded up: CPU time per period, both in microseconds."""
    with suppress(OSError, ValueError):  # the file is missing, or the limit is `max`
        quota, period = map(int, " ".join(file.read_text() for file in files).split())
        if quota > 0 and period > 0:
            yield -(-quota // period)


class InlineExecutor(Executor):
    """An executor without workers: `submit` runs the call in the calling thread."""

    ahead = 0

    def submit(self, call: Callable[Input, Result], /, *given: Input.args, **named: Input.kwargs) -> Future[Result]:
        """Run the call and return its finished future."""
        future: Future[Result] = Future()
        try:
            future.set_result(call(*given, **named))
        except Exception as error:
            future.set_exception(error)
        return future
