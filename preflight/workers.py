"""Runs of records judged ahead of their use, on several cores, and handed back in the order of the file.

A large file is judged by processes that are forked as soon as its first records are cut: while the first of them
imports Arrow, this process goes on cutting, and the second is forked from the first when that is done. The bytes of
the records and where they stand go through memory that all share. A small file is judged here; so is a large one, in a
thread, where a process cannot be forked safely.

The processes hold no output, ignore Ctrl-C, and end when their pipe from this process does, however this one ends.
"""

from __future__ import annotations

import gc
import mmap
import os
import pickle
import signal
import sys
import threading
import warnings
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from itertools import chain
from typing import Any, BinaryIO, NoReturn

import numpy as np

from preflight.records import Records

Run = tuple[Records, int]
"""Records, and the row number of the first."""

Result = tuple[Records, Any]
"""Records, and what the work made of them."""

Work = Callable[[Records, int], Any]
"""What is done with a run; the result must be picklable."""

LARGE_BYTES = 6 << 20
"""What is not larger is judged here: starting processes would take longer."""

WORKERS = 2
RUNS_AHEAD = 5
"""Runs that are cut before the first is judged, each some 3 MB with what is known of its records."""

SLOT_BYTES = 64 << 20
"""What a run may take of the shared memory; only what is used of it is ever there."""

MOST_RECORDS = 1 << 16
"""Records of a run that are judged in one go."""


@contextmanager
def worked_ahead(start: Callable[[], Work], runs: Iterable[Records]) -> Iterator[Iterator[Result]]:
    """Each run of records with what the work makes of it, in order; `start` makes the work where it is to be done.

    Raises what the work or `runs` raise in the order of the file, too: all that comes before is handed out first.
    """
    failures: list[Exception] = []
    numbered = _numbered(runs, failures)
    first, size = [], 0
    for run in numbered:
        first.append(run)
        size += len(run[0].block)
        if size > LARGE_BYTES:
            break
    numbered = chain(first, numbered)
    way = _here if size <= LARGE_BYTES else _processes if _can_fork() else _thread
    with way(start, numbered) as results:
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
def _here(start: Callable[[], Work], runs: Iterator[Run]) -> Iterator[Iterator[Result]]:
    work = start()
    yield ((records, work(records, row)) for records, row in runs)


def _can_fork() -> bool:
    """Only where it is safe: on Linux, with no other thread about that may hold a lock, and worth it."""
    return sys.platform == "linux" and threading.active_count() == 1 and len(os.sched_getaffinity(0)) > 1


@contextmanager
def _thread(start: Callable[[], Work], runs: Iterator[Run]) -> Iterator[Iterator[Result]]:
    """Judged in another thread: one cuts and writes, the other judges, as far as the interpreter lets them."""
    work = start()
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="preflight") as pool:

        def results() -> Iterator[Result]:
            waiting: deque[tuple[Records, Future[Any]]] = deque()
            for records, row in runs:
                waiting.append((records, pool.submit(work, records, row)))
                if len(waiting) == RUNS_AHEAD:
                    records, future = waiting.popleft()
                    yield records, future.result()
            for records, future in waiting:
                yield records, future.result()

        try:
            yield results()
        finally:
            pool.shutdown(cancel_futures=True)


@contextmanager
def _processes(start: Callable[[], Work], runs: Iterator[Run]) -> Iterator[Iterator[Result]]:
    slots = [mmap.mmap(-1, SLOT_BYTES) for _ in range(RUNS_AHEAD)]
    pipes = [_Pipes() for _ in range(WORKERS)]
    child = _fork()
    if not child:
        _serve_all(start, slots, pipes)
    for pipe in pipes:
        pipe.close_workers_ends()

    def results() -> Iterator[Result]:
        waiting: deque[tuple[Records, _Pipes]] = deque()
        for number, (records, row) in enumerate(runs):
            slot, pipe = number % RUNS_AHEAD, pipes[number % WORKERS]
            shape, shared = _put(slots[slot], records)
            _send(pipe.jobs, (slot, shape, row))
            waiting.append((shared, pipe))
            if len(waiting) == RUNS_AHEAD:
                yield _received(*waiting.popleft())
        while waiting:
            yield _received(*waiting.popleft())

    try:
        yield results()
    finally:
        for pipe in pipes:
            pipe.close()
        os.waitpid(child, 0)


class _Pipes:
    """What goes to one worker and what comes back from it."""

    def __init__(self) -> None:
        (taken, jobs), (results, given) = os.pipe(), os.pipe()
        self.jobs, self.results = os.fdopen(jobs, "wb"), os.fdopen(results, "rb")
        self.taken, self.given = os.fdopen(taken, "rb"), os.fdopen(given, "wb")

    def close(self) -> None:
        """Close this process's ends: the worker's next look for a job is its last."""
        self.jobs.close()
        self.results.close()

    def close_workers_ends(self) -> None:
        """Close the ends that are the worker's, in any other process."""
        self.taken.close()
        self.given.close()


def _fork() -> int:
    with warnings.catch_warnings():
        # The only other threads are those of numpy's linear algebra, which has no work and sees to it at a fork.
        warnings.simplefilter("ignore", DeprecationWarning)
        return os.fork()


def _received(records: Records, pipe: _Pipes) -> Result:
    try:
        result = pickle.load(pipe.results)  # noqa: S301  of our own process
    except EOFError:
        raise ChildProcessError("a process that judged records ended before its work was done") from None
    if isinstance(result, BaseException):
        raise result
    return records, result


def _send(stream: BinaryIO, message: Any) -> None:
    pickle.dump(message, stream, protocol=5)
    stream.flush()


def _serve_all(start: Callable[[], Work], slots: list[mmap.mmap], pipes: list[_Pipes]) -> NoReturn:
    """What the forked process does: makes the work, forks the other workers, and works. Never returns."""
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        for pipe in pipes:
            pipe.close()
        gc.disable()
        work = _made(start)
        gc.freeze()  # what was imported is no garbage, and its pages stay shared
        gc.enable()
        own, *others = pipes
        children: list[int] = []
        for pipe in others:
            child = _fork()
            if not child:
                own, children = pipe, []
                break
            children.append(child)
        for pipe in pipes:
            if pipe is not own:
                pipe.close_workers_ends()
        _serve(work, slots, own)
        for child in children:
            os.waitpid(child, 0)
    finally:
        os._exit(0)  # nothing of what this process was forked from is to be finished here


def _made(start: Callable[[], Work]) -> Work:
    try:
        return start()
    except Exception as error:
        failure = error

        def fail(records: Records, row: int) -> Any:
            raise failure

        return fail


def _use_lean_memory() -> None:
    """Let Arrow's memory go back when a run is done: its usual allocator keeps it, some 50 MiB in all processes."""
    import pyarrow as pa

    with suppress(NotImplementedError):  # not every build has this one
        pa.set_memory_pool(pa.jemalloc_memory_pool())


def _serve(work: Work, slots: list[mmap.mmap], pipe: _Pipes) -> None:
    _use_lean_memory()
    while True:
        try:
            slot, shape, row = pickle.load(pipe.taken)  # noqa: S301  of our own process
        except EOFError:
            return
        try:
            result = work(_laid_out(slots[slot], *shape), row)
        except Exception as error:
            result = error
        try:
            _send(pipe.given, result)
        except BrokenPipeError:  # nobody wants it any more
            return


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
