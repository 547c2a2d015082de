"""An executor of processes that are forked before any heavy import, and import in parallel to the command.

The first worker imports what judging needs and forks the others, so that it is imported once. Meanwhile the command
imports numpy and its own modules; this module therefore imports them inside functions. Records are passed in shared
memory, what is written about them in a temporary file, everything else through a pipe per worker. When a worker dies
its pipe closes, which breaks the executor: tasks that are not done fail with `BrokenExecutor`.
"""

from __future__ import annotations

import gc
import mmap
import os
import pickle
import signal
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future
from contextlib import suppress
from multiprocessing.connection import Connection, Pipe
from queue import SimpleQueue
from typing import IO, TYPE_CHECKING, Any, NamedTuple, NoReturn, ParamSpec, TypeVar

from preflight.executors.spooling import SPOOL

if TYPE_CHECKING:
    from preflight.records.run import Records

if sys.platform == "win32":
    raise ImportError("Windows cannot fork processes")

SLOT_BYTES = 32 << 20
"""Size of a slot of shared memory, in bytes. Pages that are not used are never allocated."""

GARBAGE_AFTER = 100_000
"""Allocations of a worker between garbage collections. Findings are many objects, and none of them is garbage."""

Input = ParamSpec("Input")
Result = TypeVar("Result")
_Task = tuple[Future[Any], Callable[..., Any], Sequence[Any], dict[str, Any]]


class _InSlot(NamedTuple):
    """Records in a slot of shared memory: `size` bytes of text, then the columns of `number` records."""

    slot: int
    size: int
    number: int


class ForkedExecutor(Executor):
    """Processes that judge records. Create it while this process has a single thread: others may hold a lock."""

    replaceable = False
    opens_files = os.path.isdir("/proc/self/fd")
    """True if workers can open this process's files through `/proc/self/fd`."""

    def __init__(self, workers: int, make_ready: Callable[[], None]) -> None:
        """Raises `OSError` if no process can be forked, or no memory shared.

        `make_ready` imports and prepares what every worker needs. It is called once, in the first one.
        """
        self.workers = workers
        self.ahead = 2 * workers
        self._slots = [mmap.mmap(-1, SLOT_BYTES) for _ in range(self.ahead + 2)]  # one is cut, and one is written
        self._files = [*_temporary_files(len(self._slots))]
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
            ends = [theirs for _, theirs in pipes]
            _work(ends, self._slots, [file.fileno() for file in self._files], end, make_ready)
        os.close(end)
        for _, theirs in pipes:
            theirs.close()
        self._threads = [threading.Thread(target=self._hand_over, args=(ours,), daemon=True) for ours, _ in pipes]
        for thread in self._threads:
            thread.start()

    def share(self, records: Records) -> Records:
        """Copy the records into a free slot of shared memory; returns them unchanged if none is free.

        The slot is theirs until `release`.
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

    def release(self, records: Records) -> None:
        """Free the slot that holds these records, if one does."""
        if (found := self._shared.pop(id(records), None)) is not None:
            self._free.append(found[1].slot)

    def submit(self, call: Callable[Input, Result], /, *given: Input.args, **named: Input.kwargs) -> Future[Result]:
        """Call `call` in a worker; of records in shared memory only the slot is sent."""
        future: Future[Result] = Future()
        placed = [self._shared[id(one)][1] if id(one) in self._shared else one for one in given]
        self._tasks.put((future, call, placed, named))
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the processes: after their tasks, or at once with `cancel_futures`."""
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
        """Tell the processes to end, whatever they do, without waiting for them (`shutdown` waits)."""
        self._slots.clear()  # the last process to unmap a page pays for it
        for file in self._files:
            file.close()
        if self._alive >= 0:
            os.close(self._alive)
            self._alive = -1

    def _hand_over(self, pipe: Connection) -> None:
        """Send tasks to one worker and receive its results. Runs in a thread of its own."""
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

    from preflight.records.run import Records

    at, number = -(-placed.size // 8) * 8, placed.number
    start, stop, end, line = np.frombuffer(slot, np.int64, 4 * number, at).reshape(4, number)
    fault = np.frombuffer(slot, np.int8, number, at + 32 * number)
    return Records(memoryview(slot)[: placed.size], start, stop, end, line, fault)


def _temporary_files(number: int) -> Iterator[IO[bytes]]:
    """A file for what is written about the records in each slot; none if that is impossible."""
    with suppress(OSError):
        for _ in range(number):
            yield tempfile.TemporaryFile(prefix="preflight-", buffering=0)  # noqa: SIM115  closed by `end`


def _work(
    pipes: Sequence[Connection],
    slots: Sequence[mmap.mmap],
    files: Sequence[int],
    end: int,
    make_ready: Callable[[], None],
) -> NoReturn:
    """Run as the first worker and fork one for each further pipe; they run until `end` closes with the command.

    Workers ignore Ctrl-C and other signals, which the command handles.
    """
    mine = pipes[0]
    forked: list[int] = []
    try:
        for name in ("SIGINT", "SIGTERM", "SIGHUP"):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
        gc.disable()  # imports make no garbage
        make_ready()
        gc.freeze()  # pages that the collector does not touch stay shared
        gc.set_threshold(GARBAGE_AFTER)
        gc.enable()
        for pipe in pipes[1:]:
            if not (child := os.fork()):
                mine, forked = pipe, []
                break
            forked.append(child)
        for pipe in pipes:
            if pipe is not mine:  # else it would stay open when its worker dies
                pipe.close()
        threading.Thread(target=_follow, args=(end, forked), daemon=True).start()
        while True:
            messages = _answer(mine.recv_bytes(), slots, files)
            while messages:
                mine.send_bytes(messages.pop(0))  # what was sent is freed
    except (EOFError, OSError):  # the command has finished or died
        _leave(forked)
    finally:
        os._exit(1)


def _follow(end: int, forked: Sequence[int]) -> NoReturn:
    """Wait for the command to end, then end this process and those that it forked."""
    os.read(end, 1)
    _leave(forked)


def _leave(forked: Sequence[int]) -> NoReturn:
    for child in forked:
        with suppress(ChildProcessError):
            os.waitpid(child, 0)
    os._exit(0)


def _answer(task: bytes, slots: Sequence[mmap.mmap], files: Sequence[int]) -> list[bytes | memoryview]:
    """The result of a call, or its exception, as messages."""
    try:
        call, given, named = pickle.loads(task)  # noqa: S301  from the command
        slot = next((one.slot for one in given if isinstance(one, _InSlot)), len(files))
        SPOOL.begin(files[slot] if slot < len(files) else None)
        records = [_laid_out(slots[one.slot], one) if isinstance(one, _InSlot) else one for one in given]
        return _messages(True, call(*records, **named))
    except Exception as error:
        try:
            return _messages(False, error)
        except Exception:
            return _messages(False, RuntimeError("".join(traceback.format_exception(error))))


def _messages(done: bool, result: Any) -> list[bytes | memoryview]:
    """The pickled result behind the number of its read-only buffers, then these buffers, which are not copied."""
    apart: list[memoryview] = []

    def is_within(buffer: pickle.PickleBuffer) -> bool:
        raw = buffer.raw()
        if raw.readonly:
            apart.append(raw)
        return not raw.readonly

    pickled = pickle.dumps((done, result), pickle.HIGHEST_PROTOCOL, buffer_callback=is_within)
    return [len(apart).to_bytes(4, "big") + pickled, *apart]
