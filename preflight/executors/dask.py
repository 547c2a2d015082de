"""An executor of a Dask client whose futures always finish."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import CancelledError, Executor, Future, InvalidStateError
from contextlib import suppress
from typing import Any, ParamSpec, TypeVar

from preflight.errors import ClusterError

_CALLS_A_THREAD = 2
"""Calls submitted ahead for each thread of a worker, so that no thread is idle between two calls."""

Input = ParamSpec("Input")
Result = TypeVar("Result")


class DaskWorkers(Executor):
    """Wraps the `ClientExecutor` of a Dask client; `ahead` is the number of calls to submit ahead.

    A future of `ClientExecutor` never finishes in two cases: the call was submitted while the client lost its
    scheduler, or the result was lost on its way from the worker. This class raises `ClusterError` in the first case, if
    the scheduler does not come back, and cancels the future in the second, as for a lost worker.
    """

    def __init__(self, executor: Any) -> None:
        self._client = executor._client
        self._options = executor._kwargs  # the caller's choice of workers, resources and retries
        self.ahead = _CALLS_A_THREAD * max(1, sum(self._client.nthreads().values()))

    def submit(self, call: Callable[Input, Result], /, *given: Input.args, **named: Input.kwargs) -> Future[Result]:
        """Submit a call to a worker; raises `ClusterError` when the scheduler is gone and does not come back."""
        self._wait_until_running()
        try:
            remote = self._client.submit(call, *given, **{**self._options, **named})
        except Exception:
            self._wait_until_running()  # a client that was closed meanwhile refuses calls
            raise
        self._wait_until_running()  # a call submitted while the scheduler disconnects never finishes
        future: Future[Result] = Future()
        future.add_done_callback(lambda done: remote.cancel() if done.cancelled() and not remote.done() else None)
        self._client.loop.add_callback(self._copy_result, remote, future)
        return future

    def _wait_until_running(self) -> None:
        while self._client.status == "connecting":  # the client has a timeout of its own
            time.sleep(0.1)
        if self._client.status != "running":
            raise ClusterError("the scheduler of the cluster is gone; what was not reported yet was not checked")

    async def _copy_result(self, remote: Any, future: Future[Any]) -> None:
        try:
            result = await remote
        except BaseException as error:
            if isinstance(error, Exception) and not isinstance(error, CancelledError) and remote.status == "error":
                with suppress(InvalidStateError):  # the caller has cancelled the future
                    future.set_exception(error)
            elif future.cancel():
                future.set_running_or_notify_cancel()
        else:
            with suppress(InvalidStateError):
                future.set_result(result)


def as_workers(executor: Executor) -> Executor:
    """Wrap the executor of a Dask client in `DaskWorkers`; returns any other executor unchanged."""
    return DaskWorkers(executor) if type(executor).__name__ == "ClientExecutor" else executor
