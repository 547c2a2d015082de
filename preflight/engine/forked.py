"""An executor of processes that are forked before anything heavy is imported, which they do beside the command.

The first imports what judging needs, and forks the others, so that it is imported once. The command imports numpy and
the like at the same time: this module imports them where it is used. Records are handed over in memory that all share,
all else through a pipe to each worker. That of a worker that dies ends, which breaks the executor: what is not judged
by then fails with `BrokenExecutor`.
"""

from __future__ import annotations

import gc
import mmap
import os
import pickle
import signal
import threading
import traceback
from collections.abc import Callable, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future
from contextlib import suppress
from multiprocessing.connection import Connection, Pipe
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn, ParamSpec, TypeVar

if TYPE_CHECKING:
    from preflight.records.grammar import Records

SLOT_BYTES = 32 << 20
"""What records may take of a slot of the shared memory; only what is used of it is ever there."""

AHEAD = 2
"""Runs that are cut ahead, beside two for each worker: so many are while the workers import what they need."""

GARBAGE_AFTER = 100_000
"""Objects that a worker makes before it looks for garbage: what is said of bad rows is many, and none of it is."""

Input = ParamSpec("Input")
Result = TypeVar("Result")
_Task = tuple[Future[Any], Callable[..., Any], Sequence[Any], dict[str, Any]]


class _InSlot(NamedTuple):
    """Records that lie in a slot of the shared memory: `size` bytes of text, then what is known of `number` records."""

    slot: int
    size: int
    number: int


class ForkedExecutor(Executor):
    """Processes that judge records. Make it while this process has one thread only, as another may hold a lock."""

    replaceable = False
    opens_files = os.path.isdir("/proc/self/fd")
    """Its workers open the files of this process by their paths in `/proc`."""

    def __init__(self, workers: int) -> None:
        """Raises `OSError` where there can be no processes, or no memory that they share."""
        self.workers = workers
        self.ahead = AHEAD + 2 * workers
        self._slots = [mmap.mmap(-1, SLOT_BYTES) for _ in range(self.ahead + 2)]  # one is cut, and one is written
        self._free = [*range(len(self._slots))]
        self._shared: dict[int, tuple[Records, _InSlot]] = {}
        self._tasks: SimpleQueue[_Task | None] = SimpleQueue()
        self._broken = False
        pipes = [Pipe() for _ in range(workers)]
        end, self._alive = os.pipe()
        self._first = os.fork()
        if not self._first:
            os.close(self._alive)
            for ours, _ in pipes:
                ours.close()
            _work([theirs for _, theirs in pipes], self._slots, end)
        os.close(end)
        for _, theirs in pipes:
            theirs.close()
        self._threads = [threading.Thread(target=self._hand_over, args=(ours,), daemon=True) for ours, _ in pipes]
        for thread in self._threads:
            thread.start()

    def shared(self, records: Records) -> Records:
        """The records as they lie in the memory that all share, while there is room: the others need not be kept.

        They are there until they are given back.
        """
        number, start = len(records), int(records.start[0]) if len(records) else 0
        size = int(records.end[-1]) - start if number else 0
        if not number or records.added or size + 40 * number + 8 > SLOT_BYTES or not self._free:
            return records
        placed = _InSlot(self._free.pop(), size, number)
        there = _laid_out(self._slots[placed.slot], placed)
        memoryview(self._slots[placed.slot])[:size] = memoryview(records.block)[start : start + size]
        pairs = ((there.start, records.start), (there.stop, records.stop), (there.end, records.end))
        for column, own in pairs:
            column[:] = own
            column -= start
        there.line[:] = records.line
        there.fault[:] = records.fault
        self._shared[id(there)] = there, placed
        return there

    def give_back(self, records: Records) -> None:
        """Take it that nobody needs these records any more."""
        if (found := self._shared.pop(id(records), None)) is not None:
            self._free.append(found[1].slot)

    def submit(self, call: Callable[Input, Result], /, *given: Input.args, **named: Input.kwargs) -> Future[Result]:
        """Let a worker call `call`; of records that are `shared` only the place is handed over."""
        future: Future[Result] = Future()
        placed = [self._shared[id(one)][1] if id(one) in self._shared else one for one in given]
        self._tasks.put((future, call, placed, named))
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the processes, at once where what they were given is cancelled."""
        if cancel_futures:
            self.end()
        for _ in self._threads:
            self._tasks.put(None)
        if wait:
            for thread in self._threads:
                thread.join()
            self.end()
            with suppress(ChildProcessError):
                os.waitpid(self._first, 0)

    def end(self) -> None:
        """Let the processes end, whatever they are doing, and wait for none: that takes a while, as `shutdown` does."""
        self._slots.clear()  # the last to let go of a page has the work
        if self._alive >= 0:
            os.close(self._alive)
            self._alive = -1

    def _hand_over(self, pipe: Connection) -> None:
        """Give one worker what there is to do, and take what comes of it; in a thread of its own."""
        with pipe:
            while (task := self._tasks.get()) is not None:
                future, *call = task
                if not future.set_running_or_notify_cancel():
                    continue
                try:
                    future.set_result(self._called(pipe, call))
                except Exception as error:
                    future.set_exception(error)

    def _called(self, pipe: Connection, call: Sequence[Any]) -> Any:
        task = pickle.dumps(call, pickle.HIGHEST_PROTOCOL)
        try:
            if self._broken:
                raise BrokenExecutor
            pipe.send_bytes(task)
            answer = pipe.recv_bytes()
            apart = [pipe.recv_bytes() for _ in range(int.from_bytes(answer[:4], "big"))]
        except (EOFError, OSError):  # the worker has died
            self._broken = True
            raise BrokenExecutor from None
        done, result = pickle.loads(memoryview(answer)[4:], buffers=apart)  # noqa: S301  our own worker's
        if not done:
            raise result
        return result


def _laid_out(slot: mmap.mmap, placed: _InSlot) -> Records:
    import numpy as np

    from preflight.records.grammar import Records

    at, number = -(-placed.size // 8) * 8, placed.number
    start, stop, end, line = np.frombuffer(slot, np.int64, 4 * number, at).reshape(4, number)
    fault = np.frombuffer(slot, np.int8, number, at + 32 * number)
    return Records(memoryview(slot)[: placed.size], start, stop, end, line, fault)


def _work(pipes: Sequence[Connection], slots: Sequence[mmap.mmap], end: int) -> NoReturn:
    """Be a worker, and fork one for each further pipe, until `end` ends, as it does with the command.

    The command alone hears of Ctrl-C and the like.
    """
    mine = pipes[0]
    forked: list[int] = []
    try:
        for name in ("SIGINT", "SIGTERM", "SIGHUP"):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
        _make_ready()
        for pipe in pipes[1:]:
            if not (child := os.fork()):
                mine, forked = pipe, []
                break
            forked.append(child)
        for pipe in pipes:
            if pipe is not mine:  # whose end shall tell the command that its worker died
                pipe.close()
        threading.Thread(target=_follow, args=(end, forked), daemon=True).start()
        while True:
            for message in _answer(mine.recv_bytes(), slots):
                mine.send_bytes(message)
    except (EOFError, OSError):  # the command has no more to do, or has died
        _leave(forked)
    finally:
        os._exit(1)


def _make_ready() -> None:
    """Import and make what every worker needs, once for all of them."""
    gc.disable()  # none of what is imported is garbage
    import pyarrow as pa

    import preflight.outputs.bad_rows  # noqa: F401
    from preflight.engine.judging import warm_up

    with suppress(NotImplementedError):  # not every build has this one, which gives memory back when a run is done
        pa.set_memory_pool(pa.jemalloc_memory_pool())
    warm_up()
    gc.freeze()  # what is not looked at stays in the memory that all share
    gc.set_threshold(GARBAGE_AFTER)
    gc.enable()


def _follow(end: int, forked: Sequence[int]) -> NoReturn:
    """End this process when the command ends, whatever it is doing, and those that it forked before it."""
    os.read(end, 1)
    _leave(forked)


def _leave(forked: Sequence[int]) -> NoReturn:
    for child in forked:
        with suppress(ChildProcessError):
            os.waitpid(child, 0)
    os._exit(0)


def _answer(task: bytes, slots: Sequence[mmap.mmap]) -> list[bytes | memoryview]:
    """What comes of a call, or the exception that it raises, as messages."""
    try:
        call, given, named = pickle.loads(task)  # noqa: S301  the command's own
        records = [_laid_out(slots[one.slot], one) if isinstance(one, _InSlot) else one for one in given]
        return _messages(True, call(*records, **named))
    except Exception as error:
        try:
            return _messages(False, error)
        except Exception:
            return _messages(False, RuntimeError("".join(traceback.format_exception(error))))


def _messages(done: bool, result: Any) -> list[bytes | memoryview]:
    """A result, behind the number of its buffers that nobody can change, and these, which are sent without a copy."""
    apart: list[memoryview] = []

    def is_within(buffer: pickle.PickleBuffer) -> bool:
        raw = buffer.raw()
        if raw.readonly:
            apart.append(raw)
        return not raw.readonly

    pickled = pickle.dumps((done, result), pickle.HIGHEST_PROTOCOL, buffer_callback=is_within)
    return [len(apart).to_bytes(4, "big") + pickled, *apart]
