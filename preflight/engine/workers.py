"""Runs of records judged ahead of their use, on several cores, and handed back in the order of the file.

A large file is judged by other processes (`processes`): while they do, this one cuts and writes. The bytes of the
records and where they stand go through memory that all share. A small file is judged here; so is a large one, in a
thread, where a process cannot be forked safely.
"""

from __future__ import annotations

import mmap
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from itertools import chain
from typing import Any, NoReturn

import numpy as np

from preflight.engine.processes import LARGE_BYTES, SLOTS, Processes, can_fork
from preflight.records.grammar import Records

Run = tuple[Records, int]
"""Records, and the row number of the first."""

Results = tuple[Records, Iterator[Any]]
"""Records, and what the work makes of them, one result after the other: to be taken before the next records are."""

Work = Callable[[Records, int], Iterator[Any]]
"""What is done with a run; each result must be picklable, and not None."""

Start = Callable[[], Work]
"""Makes the work where it is to be done; must be picklable, too."""

MOST_RECORDS = 1 << 17
"""Records of a run that are judged in one go."""


@contextmanager
def worked_ahead(
    start: Start, runs: Iterable[Records], processes: Processes | None = None
) -> Iterator[Iterator[Results]]:
    """Each run of records with what the work makes of it, in order.

    `processes` do it if there are any; they are the caller's to close. Raises what the work or `runs` raise in the
    order of the file, too: all that comes before is handed out first.
    """
    failures: list[Exception] = []
    numbered = _numbered(runs, failures)
    if processes is not None:
        yield chain(_in_processes(start, numbered, processes), _raised(failures))
        return
    first, size = [], 0
    while size <= LARGE_BYTES and (run := next(numbered, None)) is not None:
        first.append(run)
        size += len(run[0].block)
    numbered = chain(first, numbered)
    if size <= LARGE_BYTES:
        work = start()
        yield chain(((records, work(records, row)) for records, row in numbered), _raised(failures))
    elif can_fork():
        with closing(Processes()) as processes:
            yield chain(_in_processes(start, numbered, processes), _raised(failures))
    else:
        with _thread(start, numbered) as results:
            yield chain(results, _raised(failures))


def _numbered(runs: Iterable[Records], failures: list[Exception]) -> Iterator[Run]:
    """The runs, none too large to be judged in one go, each with the row number of its first record.

    They end where `runs` raise an exception, which goes into `failures`.
    """
    row = 1
    try:
        for records in runs:
            for at in range(0, len(records), MOST_RECORDS):
                few = records.between(at, at + MOST_RECORDS)
                yield few, row
                row += len(few)
    except Exception as error:
        failures.append(error)


def _raised(failures: list[Exception]) -> Iterator[NoReturn]:
    for failure in failures:
        raise failure
    yield from ()


@contextmanager
def _thread(start: Start, runs: Iterator[Run]) -> Iterator[Iterator[Results]]:
    """Judged in another thread: one cuts and writes, the other judges, as far as the interpreter lets them."""
    from concurrent.futures import Future, ThreadPoolExecutor

    work = start()
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="preflight") as pool:

        def results() -> Iterator[Results]:
            waiting: deque[tuple[Records, Future[list[Any]]]] = deque()
            for records, row in runs:
                waiting.append((records, pool.submit(lambda *run: list(work(*run)), records, row)))
                if len(waiting) == SLOTS:
                    records, future = waiting.popleft()
                    yield records, iter(future.result())
            for records, future in waiting:
                yield records, iter(future.result())

        try:
            yield results()
        finally:
            pool.shutdown(cancel_futures=True)


def _in_processes(start: Start, runs: Iterator[Run], processes: Processes) -> Iterator[Results]:
    processes.begin(_OnSlots(start))
    given: deque[Records] = deque()
    taken = 0
    for number, (records, row) in enumerate(runs):
        slot = number % SLOTS
        shape, shared = _put(processes.slots[slot], records)
        processes.give(number, (slot, shape, row))
        given.append(shared)
        if len(given) == SLOTS:
            yield given.popleft(), processes.take(taken)
            taken += 1
    while given:
        yield given.popleft(), processes.take(taken)
        taken += 1
    processes.dismiss()  # they end while this one does the rest


@dataclass(frozen=True, slots=True)
class _OnSlots:
    """Makes the work of runs that lie in shared memory."""

    start: Start

    def __call__(self, slots: Sequence[mmap.mmap]) -> Callable[..., Any]:
        _use_lean_memory()
        work = self.start()
        return lambda slot, shape, row: work(_laid_out(slots[slot], *shape), row)


def _use_lean_memory() -> None:
    """Let Arrow's memory go back when a run is done: its usual allocator keeps it, some 50 MiB in all processes."""
    import pyarrow as pa

    with suppress(NotImplementedError):  # not every build has this one
        pa.set_memory_pool(pa.jemalloc_memory_pool())


def _put(slot: mmap.mmap, records: Records) -> tuple[tuple[int, int], Records]:
    """Write records into shared memory; returns what tells how they lie there, and the records as they are there."""
    first, last = int(records.start[0]), int(records.end[-1])
    shape = (last - first, len(records))
    shared = _laid_out(slot, *shape)
    memoryview(slot)[: shape[0]] = memoryview(records.block)[first:last]
    for there, here in ((shared.start, records.start), (shared.stop, records.stop), (shared.end, records.end)):
        np.subtract(here, first, out=there)
    shared.line[:] = records.line
    shared.fault[:] = records.fault
    return shape, shared


def _laid_out(slot: mmap.mmap, size: int, number: int) -> Records:
    """Records as they lie in shared memory: `size` bytes of text, then what is known of `number` records."""
    at = -(-size // 8) * 8
    start, stop, end, line = np.frombuffer(slot, np.int64, 4 * number, at).reshape(4, number)
    fault = np.frombuffer(slot, np.int8, number, at + 32 * number)
    return Records(memoryview(slot)[:size], start, stop, end, line, fault)
