"""A Dask client's executor, without what makes a call of it wait for ever."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import CancelledError, Executor, Future, InvalidStateError
from contextlib import suppress
from typing import Any, ParamSpec, TypeVar

from preflight.errors import ClusterError

_CALLS_A_THREAD = 2
"""Calls that are under way for each thread of a worker, so that none waits for the next."""

Input = ParamSpec("Input")
Result = TypeVar("Result")


class DaskWorkers(Executor):
    """The workers of a Dask client, as its `ClientExecutor` has them, which tells how many there are.

    A call of `ClientExecutor` waits for ever in two cases: it was submitted as the client lost its scheduler, or its
    result was lost on the way from the worker. Here the first raises `ClusterError` when the scheduler does not come
    back, and the second is cancelled, like a call whose worker was lost.
    """

    def __init__(self, executor: Any) -> None:
        self._client = executor._client
        self._options = executor._kwargs  # as it was asked for: which workers, their resources, tries
        self.ahead = _CALLS_A_THREAD * max(1, sum(self._client.nthreads().values()))

    def submit(self, call: Callable[Input, Result], /, *given: Input.args, **named: Input.kwargs) -> Future[Result]:
        """Let a worker call `call`; raises `ClusterError` when the scheduler is gone, and does not come back."""
        self._wait_until_running()
        asked = self._client.submit(call, *given, **{**self._options, **named})
        self._wait_until_running()  # what is submitted as the scheduler goes never comes to anything
        future: Future[Result] = Future()
        future.add_done_callback(lambda done: asked.cancel() if done.cancelled() and not asked.done() else None)
        self._client.loop.add_callback(self._answer, asked, future)
        return future

    def _wait_until_running(self) -> None:
        while self._client.status == "connecting":  # it gives up by itself
            time.sleep(0.1)
        if self._client.status != "running":
            raise ClusterError("the scheduler of the cluster is gone; what was not told of yet was not checked")

    async def _answer(self, asked: Any, future: Future[Any]) -> None:
        try:
            result = await asked
        except BaseException as error:
            if isinstance(error, Exception) and not isinstance(error, CancelledError) and asked.status == "error":
                with suppress(InvalidStateError):  # who waited has given up
                    future.set_exception(error)
            elif future.cancel():
                future.set_running_or_notify_cancel()
        else:
            with suppress(InvalidStateError):
                future.set_result(result)


def as_workers(executor: Executor) -> Executor:
    """An executor as it is, but for a Dask client's."""
    return DaskWorkers(executor) if type(executor).__name__ == "ClientExecutor" else executor
