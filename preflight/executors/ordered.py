"""What comes of calls that an executor does ahead of their use, in their order, also where workers are lost.

A call whose worker is lost (killed, or no longer reached) is done again. Where that breaks the executor, as it does a
pool of processes, a fresh one takes its place. All calls that were under way then are under suspicion: each is done
alone before any other goes on, so that the one that kills its worker is known, and costs no other its result.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from preflight.errors import WorkerDiedError
from preflight.executors.cores import cores

TRIES = 3
"""Workers that a call may cost."""

LOST = {"KilledWorker", "CommClosedError", "FutureCancelledError", "ClosedClientError"}
"""Errors of `distributed`, which need not be there, that say that a worker was lost, or the way to it."""

Key = TypeVar("Key")
Result = TypeVar("Result")


@dataclass(slots=True)
class _Call(Generic[Key, Result]):
    """A call that waits for its turn to be taken. It has cost `lost` workers, in `tries` attempts."""

    key: Key
    given: tuple[Any, ...]
    future: Future[Result] | None = None
    lost: int = 0
    tries: int = 0


def in_order(
    call: Callable[..., Result], given: Iterable[tuple[Key, tuple[Any, ...]]], executor: Executor, ahead: int
) -> Iterator[tuple[Key, Future[Result]]]:
    """Each key of `given` with the future, which is done, of `call` with what belongs to it.

    At most `ahead` calls are done before they are asked for. The future of a call that cost `TRIES` workers raises
    `WorkerDiedError`. So does this, when the executor breaks and has no fresh one (`replaceable` is False).
    """
    calls = _Calls[Key, Result](call, executor)
    try:
        for key, arguments in given:
            calls.add(key, arguments)
            while len(calls) > ahead or calls.is_first_done():  # what is done takes memory until it is taken
                yield calls.next()
        while len(calls):
            yield calls.next()
    finally:
        calls.close()


def begun(call: Callable[..., Result], given: tuple[Any, ...], executor: Executor) -> Callable[[], Result]:
    """Begin a call; the function returned, to be called once, waits for its result as `in_order` does."""
    calls = _Calls[None, Result](call, executor)
    calls.add(None, given)

    def done() -> Result:
        try:
            return calls.next()[1].result()
        finally:
            calls.close()

    return done


class _Calls(Generic[Key, Result]):
    def __init__(self, call: Callable[..., Result], executor: Executor) -> None:
        self._call = call
        self._executor = executor
        self._fresh: Executor | None = None
        self._waiting: deque[_Call[Key, Result]] = deque()

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, key: Key, given: tuple[Any, ...]) -> None:
        """Take one more, and have it done unless others are under suspicion."""
        self._waiting.append(_Call(key, given))
        self._go_on()

    def is_first_done(self) -> bool:
        """Whether the first that waits is done."""
        return bool(self._waiting) and (future := self._waiting[0].future) is not None and future.done()

    def next(self) -> tuple[Key, Future[Result]]:
        """The first that waits, once it is done."""
        first = self._waiting[0]
        while (error := self._loss(first)) is not None:
            first.future = None
            first.lost += 1 + getattr(error, "allowed_failures", 0)
            if isinstance(error, BrokenExecutor):
                self._replace()
            if first.lost >= TRIES and (first.tries > 1 or TRIES == 1):
                first.future = Future()
                first.future.set_exception(WorkerDiedError())
                break
        self._waiting.popleft()
        self._go_on()
        assert first.future is not None  # noqa: S101 - `_loss` waited for it
        return first.key, first.future

    def close(self) -> None:
        """Give up what is still waited for."""
        for one in self._waiting:
            if one.future is not None:
                one.future.cancel()
        if self._fresh is not None:
            self._fresh.shutdown(wait=True, cancel_futures=True)

    def _go_on(self) -> None:
        if any(one.lost and one.future is None for one in self._waiting):
            return
        for one in self._waiting:
            if one.future is None:
                self._submit(one)

    def _submit(self, one: _Call[Key, Result]) -> Future[Result]:
        one.tries += 1
        try:
            one.future = (self._fresh or self._executor).submit(self._call, *one.given)
        except Exception as error:  # told in its turn
            one.future = Future()
            one.future.set_exception(error)
        return one.future

    def _loss(self, one: _Call[Key, Result]) -> Exception | None:
        """How the worker of a call was lost; None where it was done."""
        future = one.future or self._submit(one)
        try:
            error = future.exception()
        except CancelledError as cancelled:
            return cancelled
        return error if isinstance(error, Exception) and _is_loss(error) else None

    def _replace(self) -> None:
        """Put a fresh executor in the place of a broken one, and all that was under way under suspicion."""
        for one in self._waiting:
            if one.future is not None and not _is_done(one.future):
                one.future = None
                one.lost += 1
        if self._fresh is not None:
            self._fresh.shutdown(wait=True, cancel_futures=True)
        self._fresh = _like(self._executor)


def _is_done(future: Future[Any]) -> bool:
    """Whether a call came to something, before its executor broke."""
    with suppress(CancelledError):
        error = future.exception()
        return not (isinstance(error, Exception) and _is_loss(error))
    return False


def _is_loss(error: Exception) -> bool:
    return isinstance(error, BrokenExecutor) or any(kind.__name__ in LOST for kind in type(error).__mro__)


def _like(executor: Executor) -> Executor:
    """A fresh executor in the place of one that broke; raises `WorkerDiedError` where it is not replaceable."""
    if not getattr(executor, "replaceable", True):
        raise WorkerDiedError
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    workers = getattr(executor, "_max_workers", None) or cores()
    if not isinstance(executor, ProcessPoolExecutor):
        return ProcessPoolExecutor(workers, mp_context=get_context("spawn"))
    kept = {name: getattr(executor, f"_{name}", None) for name in ("mp_context", "initializer")}
    return ProcessPoolExecutor(workers, **kept, initargs=getattr(executor, "_initargs", ()))
