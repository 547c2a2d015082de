"""The processes of a command that checks a large file: an executor that hands records over in memory that all share."""

from __future__ import annotations

import mmap
import os
import signal
import stat
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager, suppress
from importlib import import_module
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from typing import TYPE_CHECKING, Any, NamedTuple, ParamSpec, TypeVar

import numpy as np

from preflight.engine.parallel import cores
from preflight.records.grammar import Records

if TYPE_CHECKING:
    from queue import SimpleQueue

POOL_BYTES = 16 << 20
"""What is not larger needs no other processes: that they start takes as long as judging it."""

SLOT_BYTES = 32 << 20
"""What records may take of the shared memory; only what is used of it is ever there."""

IMPORTS = ("preflight.engine.judging", "preflight.outputs.bad_rows", "numpy.ma", "pyarrow.csv")
"""What workers need, and takes a while: imported once, before they are forked."""

Input = ParamSpec("Input")
Result = TypeVar("Result")

_slots: list[mmap.mmap] = []
"""The shared memory, in a worker."""


@contextmanager
def pool_for(file: str | os.PathLike[str]) -> Iterator[Executor | None]:
    """Processes for a command that checks a file, if it is a large one; None where there can be none.

    Not for a library: they are forked on Linux, and where they are started anew they import the main module.
    """
    executor = _pool(file)
    if executor is None:
        yield None
        return
    try:
        yield executor
    finally:
        executor.shutdown(wait=True, cancel_futures=True)


def _pool(file: str | os.PathLike[str]) -> Executor | None:
    try:
        status = os.stat(file)
    except (OSError, ValueError):  # what is wrong with it is said when it is opened
        return None
    if not stat.S_ISREG(status.st_mode) or status.st_size <= POOL_BYTES or cores() == 1:
        return None
    try:
        if sys.platform != "linux" or threading.active_count() > 1:  # another thread may hold a lock in a fork
            return ProcessPoolExecutor(cores(), mp_context=get_context("spawn"), initializer=_begin)
        for module in IMPORTS:
            import_module(module)
        return _ForkedPool(cores())
    except (OSError, ImportError):  # threads do it
        return None


class _InSlot(NamedTuple):
    """Records that lie in a slot of the shared memory: `size` bytes of text, then what is known of `number` records."""

    slot: int
    size: int
    number: int


class _ForkedPool(ProcessPoolExecutor):
    """A pool whose workers see the records that they are given in memory that they share with this process."""

    def __init__(self, workers: int) -> None:
        from queue import SimpleQueue

        self._slots = [mmap.mmap(-1, SLOT_BYTES) for _ in range(2 * workers + 2)]
        self._free: SimpleQueue[int] = SimpleQueue()
        for slot in range(len(self._slots)):
            self._free.put(slot)
        super().__init__(workers, mp_context=get_context("fork"), initializer=_begin, initargs=(self._slots,))

    def submit(self, call: Callable[Input, Result], /, *given: Input.args, **named: Input.kwargs) -> Future[Result]:
        """Hand over what is given, records through the shared memory while there is room."""
        taken: list[int] = []
        placed = [self._placed(one, taken) if isinstance(one, Records) else one for one in given]
        future = super().submit(_with_records, call, placed, named)

        def give_back(_: Future[Result]) -> None:
            for slot in taken:
                self._free.put(slot)

        future.add_done_callback(give_back)
        return future

    def _placed(self, records: Records, taken: list[int]) -> Records | _InSlot:
        number, start = len(records), int(records.start[0]) if len(records) else 0
        size = int(records.end[-1]) - start if number else 0
        if not number or records.added or size + 40 * number + 8 > SLOT_BYTES or self._free.empty():
            return records
        slot = self._free.get()
        taken.append(slot)
        placed = _InSlot(slot, size, number)
        there = _laid_out(self._slots[slot], placed)
        memoryview(self._slots[slot])[:size] = memoryview(records.block)[start : start + size]
        pairs = ((there.start, records.start), (there.stop, records.stop), (there.end, records.end))
        for column, own in pairs:
            np.subtract(own, start, out=column)
        there.line[:] = records.line
        there.fault[:] = records.fault
        return placed


def _with_records(call: Callable[..., Result], given: list[Any], named: dict[str, Any]) -> Result:
    """Call in a worker, with the records that lie in the shared memory."""
    return call(*(_laid_out(_slots[one.slot], one) if isinstance(one, _InSlot) else one for one in given), **named)


def _laid_out(slot: mmap.mmap, placed: _InSlot) -> Records:
    at, number = -(-placed.size // 8) * 8, placed.number
    start, stop, end, line = np.frombuffer(slot, np.int64, 4 * number, at).reshape(4, number)
    fault = np.frombuffer(slot, np.int8, number, at + 32 * number)
    return Records(memoryview(slot)[: placed.size], start, stop, end, line, fault)


def _begin(slots: list[mmap.mmap] | None = None) -> None:
    """Make this a worker: the command hears of Ctrl-C and the like, and the worker ends when that does."""
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        with suppress(AttributeError):  # not everywhere
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    parent = parent_process()

    def follow() -> None:
        if parent is not None:
            wait([parent.sentinel])
        os._exit(0)

    threading.Thread(target=follow, daemon=True).start()
    _slots.extend(slots or ())
    import pyarrow as pa

    with suppress(NotImplementedError):  # not every build has this one, which gives memory back when a run is done
        pa.set_memory_pool(pa.jemalloc_memory_pool())
