"""Results of calls in the order of submission, with retries after a lost worker.

A call whose worker is lost (killed or unreachable) is repeated. A broken executor, such as a process pool after a
killed worker, is replaced by a new one. Every call that was running then is a suspect: suspects run one at a time
before other calls continue, so that the call that kills its worker is identified and costs no other call its result.
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
"""Lost workers after which a call fails."""

LOST = {"KilledWorker", "CommClosedError", "FutureCancelledError", "ClosedClientError"}
"""Names of the errors of `distributed` for a lost worker or connection; the package need not be installed."""

Key = TypeVar("Key")
Result = TypeVar("Result")


@dataclass(slots=True)
class _Call(Generic[Key, Result]):
    """A call whose result was not returned yet; it has lost `lost` workers in `tries` attempts."""

    key: Key
    given: tuple[Any, ...]
    future: Future[Result] | None = None
    lost: int = 0
    tries: int = 0


def in_order(
    call: Callable[..., Result], given: Iterable[tuple[Key, tuple[Any, ...]]], executor: Executor, ahead: int
) -> Iterator[tuple[Key, Future[Result]]]:
    """Yield the key and the finished future of `call(*arguments)` for each key and arguments of `given`, in order.

    At most `ahead` calls are submitted before their results are requested. The future of a call that lost `TRIES`
    workers raises `WorkerDiedError`. A broken executor that is not `replaceable` raises it, too.
    """
    calls = _Calls[Key, Result](call, executor)
    try:
        for key, arguments in given:
            calls.add(key, arguments)
            while len(calls) > ahead or calls.is_first_done():  # finished results occupy memory
                yield calls.next()
        while len(calls):
            yield calls.next()
    finally:
        calls.close()


def begun(call: Callable[..., Result], given: tuple[Any, ...], executor: Executor) -> Callable[[], Result]:
    """Submit a call; returns a function that waits for its result with the retries of `in_order`; call it once."""
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
        """Add a call, and submit it unless suspects are waiting."""
        self._waiting.append(_Call(key, given))
        self._go_on()

    def is_first_done(self) -> bool:
        """Whether the oldest call has finished."""
        return bool(self._waiting) and (future := self._waiting[0].future) is not None and future.done()

    def next(self) -> tuple[Key, Future[Result]]:
        """Remove the oldest call; returns its key and its finished future."""
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
        """Cancel the calls that have not finished."""
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
        except Exception as error:  # raised in order, with the result
            one.future = Future()
            one.future.set_exception(error)
        return one.future

    def _loss(self, one: _Call[Key, Result]) -> Exception | None:
        """Wait for a call; returns the error by which its worker was lost, None if it finished."""
        future = one.future or self._submit(one)
        try:
            error = future.exception()
        except CancelledError as cancelled:
            return cancelled
        return error if isinstance(error, Exception) and _is_loss(error) else None

    def _replace(self) -> None:
        """Replace a broken executor, and mark the calls that were running as suspects."""
        for one in self._waiting:
            if one.future is not None and not _is_done(one.future):
                one.future = None
                one.lost += 1
        if self._fresh is not None:
            self._fresh.shutdown(wait=True, cancel_futures=True)
        self._fresh = _like(self._executor)


def _is_done(future: Future[Any]) -> bool:
    """Whether a call finished before its executor broke."""
    with suppress(CancelledError):
        error = future.exception()
        return not (isinstance(error, Exception) and _is_loss(error))
    return False


def _is_loss(error: Exception) -> bool:
    return isinstance(error, BrokenExecutor) or any(kind.__name__ in LOST for kind in type(error).__mro__)


def _like(executor: Executor) -> Executor:
    """A new process pool in place of a broken executor; raises `WorkerDiedError` if that is not `replaceable`."""
    if not getattr(executor, "replaceable", True):
        raise WorkerDiedError
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    workers = getattr(executor, "_max_workers", None) or cores()
    if not isinstance(executor, ProcessPoolExecutor):
        return ProcessPoolExecutor(workers, mp_context=get_context("spawn"))
    kept = {name: getattr(executor, f"_{name}", None) for name in ("mp_context", "initializer")}
    return ProcessPoolExecutor(workers, **kept, initargs=getattr(executor, "_initargs", ()))
