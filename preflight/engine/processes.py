"""Processes that work for this one, forked before it has imported what only they need and what takes a while.

They import what they are told to, and wait for their work. What they are to look at goes through memory that all share;
jobs, results and the work itself go through pipes. The processes hold no output, ignore Ctrl-C, SIGTERM and SIGHUP, and
end when their pipe from this process does, however this one ends.
"""

from __future__ import annotations

import gc
import mmap
import os
import pickle
import signal
import stat
import sys
import threading
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from importlib import import_module
from typing import Any, BinaryIO, NoReturn

WORKERS = 2

SLOTS = 4
"""Places for what is looked at, each for one job at a time: so many are given before the first result is taken."""

SLOT_BYTES = 64 << 20
"""What a job may take of the shared memory; only what is used of it is ever there."""

PIPE_BYTES = 1 << 20
"""What a result may wait in; a larger one keeps its process from the next job until it is taken."""

LARGE_BYTES = 6 << 20
"""What is not larger needs no other processes: starting them would take longer."""

Work = Callable[..., Iterable[Any]]
"""Makes the results of a job, one after the other; each must be picklable, and not None."""

Start = Callable[[Sequence[mmap.mmap]], Work]
"""Makes the work of the slots, where it is to be done."""


def can_fork() -> bool:
    """Only where it is safe: on Linux, with no other thread about that may hold a lock, and worth it."""
    return sys.platform == "linux" and threading.active_count() == 1 and len(os.sched_getaffinity(0)) > 1


def processes_for(file: str | os.PathLike[str], imports: Sequence[str]) -> Processes | None:
    """The processes that a file needs, which import what they will, if it can be told by now that it is a large one."""
    try:
        status = os.stat(file)
    except (OSError, ValueError):  # what is wrong with it is said when it is opened
        return None
    if not stat.S_ISREG(status.st_mode) or status.st_size <= LARGE_BYTES or not can_fork():
        return None
    import_module("numpy")  # all of them need it, and share what is there before the fork
    return Processes(imports)


class Processes:
    """`WORKERS` processes that are given jobs in turn, each of which they look at in one of the `slots`.

    They import the modules named `imports` at once: the first does, and the others are forked from it.
    """

    def __init__(self, imports: Sequence[str] = ()) -> None:
        self.slots = [mmap.mmap(-1, SLOT_BYTES) for _ in range(SLOTS)]
        self._pipes = [_Pipes() for _ in range(WORKERS)]
        self._begun = self._closed = False
        self._child = _fork()
        if not self._child:
            _serve_all(imports, self.slots, self._pipes)
        for pipe in self._pipes:
            pipe.close_workers_ends()

    def begin(self, start: Start) -> None:
        """Let each process make its work. Raises `ChildProcessError` when one has ended."""
        self._begun = True
        for pipe in self._pipes:
            pipe.tell(start)

    def give(self, number: int, job: Sequence[Any]) -> None:
        """Give job `number` to the process whose turn it is. Raises `ChildProcessError` when that has ended."""
        self._pipes[number % WORKERS].tell(job)

    def take(self, number: int) -> Iterator[Any]:
        """The results of job `number`, to be taken whole, the jobs in their order; raises what the work raised.

        Raises `ChildProcessError` when the process has ended.
        """
        while (result := self._pipes[number % WORKERS].told()) is not None:
            if isinstance(result, BaseException):
                raise result
            yield result

    def dismiss(self) -> None:
        """Let the processes end: there are no more jobs, and no result is wanted."""
        if not self._begun:  # nobody waits for what it may be importing yet
            os.kill(self._child, signal.SIGKILL)
        for pipe in self._pipes:
            pipe.close()

    def close(self) -> None:
        """Let the processes end, and wait for it."""
        if not self._closed:
            self._closed = True
            self.dismiss()
            with suppress(ChildProcessError):  # who called may have it that ended processes are not waited for
                os.waitpid(self._child, 0)


class _Pipes:
    """What goes to one worker and what comes back from it."""

    def __init__(self) -> None:
        (taken, jobs), (results, given) = os.pipe(), os.pipe()
        import fcntl  # not everywhere, and no process is forked elsewhere

        with suppress(OSError):  # it may have reached what one user may have
            fcntl.fcntl(given, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
        self.jobs, self.results = os.fdopen(jobs, "wb"), os.fdopen(results, "rb")
        self.taken, self.given = os.fdopen(taken, "rb"), os.fdopen(given, "wb")

    def tell(self, message: Any) -> None:
        """Send the worker a message. Raises `ChildProcessError` when it has ended."""
        try:
            _send(self.jobs, message)
        except BrokenPipeError:
            raise _ended() from None

    def told(self) -> Any:
        """What the worker sends next. Raises `ChildProcessError` when it has ended."""
        try:
            return pickle.load(self.results)  # noqa: S301  of our own process
        except EOFError:
            raise _ended() from None

    def close(self) -> None:
        """Close this process's ends: the worker's next look for a job is its last."""
        with suppress(BrokenPipeError):  # of a process that has ended already
            self.jobs.close()
        self.results.close()

    def close_workers_ends(self) -> None:
        """Close the ends that are the worker's, in any other process."""
        self.taken.close()
        self.given.close()


def _ended() -> ChildProcessError:
    return ChildProcessError("a process that judged records ended before its work was done")


def _fork() -> int:
    with warnings.catch_warnings():
        # The only other threads are those of numpy's linear algebra, which has no work and sees to it at a fork.
        warnings.simplefilter("ignore", DeprecationWarning)
        return os.fork()


def _send(stream: BinaryIO, message: Any) -> None:
    pickle.dump(message, stream, protocol=5)
    stream.flush()


def _serve_all(imports: Sequence[str], slots: list[mmap.mmap], pipes: list[_Pipes]) -> NoReturn:
    """What the forked process does: imports, forks the other workers, and works. Never returns."""
    try:
        for one in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):  # it ends when its pipe does, and never before
            signal.signal(one, signal.SIG_IGN)
        for pipe in pipes:
            pipe.close()
        gc.disable()
        for module in imports:
            import_module(module)
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
        _serve(slots, own)
        for child in children:
            os.waitpid(child, 0)
    finally:
        os._exit(0)  # nothing of what this process was forked from is to be finished here


def _serve(slots: list[mmap.mmap], pipe: _Pipes) -> None:
    with suppress(EOFError, BrokenPipeError):  # nobody has, or wants, any more
        work = _made(pickle.load(pipe.taken), slots)  # noqa: S301  of our own process
        while True:
            for result in _results(work, pickle.load(pipe.taken)):  # noqa: S301
                _send(pipe.given, result)


def _results(work: Work, job: Sequence[Any]) -> Iterator[Any]:
    """The results of a job, at their end the exception that it raised, if it did, and None."""
    try:
        yield from work(*job)
    except Exception as error:
        yield error
    yield None


def _made(start: Start, slots: list[mmap.mmap]) -> Work:
    try:
        return start(slots)
    except Exception as error:
        failure = error

        def fail(*job: Any) -> Any:
            raise failure

        return fail
