"""Client: one account at an endpoint. Uploads a file once, follows its job, lists the destinations."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from os import PathLike
from pathlib import Path
from typing import IO

import requests

from preflight.text.display import shown_file
from uploader.account.hosts import REGIONS
from uploader.acton.endpoint import ACTON
from uploader.errors import NOTHING, InDoubtError, NothingSentInterrupt, NotSentError, StatusError, UsageError
from uploader.http.body import Content, Progress
from uploader.http.calls import Calls, Notice
from uploader.http.transport import UnansweredError
from uploader.ledger.opening import limits_at
from uploader.model.endpoint import Endpoint
from uploader.model.job import Job
from uploader.wire.auth import GivenToken, Tokens
from uploader.wire.limits import Limits

UPLOAD_READ_TIMEOUT = 300.0
"""Seconds to wait for the answer after the body was sent."""
STATUS_READ_TIMEOUT = 30.0
LIST_TIMEOUT = 15.0
FIRST_PAUSE, LONGEST_PAUSE = 0.25, 5.0
"""Seconds between two status requests for a job; well under the endpoint's 5 calls a second."""


class Client:
    """One account at an endpoint.

    `token` is an access token, or a source that can renew it; `None` (an unset variable) is an empty one. `base_url`
    must be HTTPS unless it is loopback. `limits` count the calls; by default together with all calls counted in the
    user's ledger, for loopback only those of this client. `session` supplies proxies, certificates and headers; its
    adapters are not used, so that nothing is repeated unnoticed. `notice` is called with the reason when a call takes
    long. `sleep` and `clock` (seconds) replace those of `time` in tests. Raises `TokenError` and `UsageError`.
    """

    def __init__(
        self,
        token: str | Tokens | None,
        *,
        base_url: str = REGIONS["us"],
        endpoint: Endpoint = ACTON,
        limits: Limits | None = None,
        session: requests.Session | None = None,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
        notice: Notice = lambda line: None,
    ) -> None:
        if token is not None and not isinstance(token, str) and not hasattr(token, "access_token"):
            raise TypeError(f"token takes an access token, or a source of them, not a {type(token).__name__}")
        self._tokens = GivenToken(token or "") if token is None or isinstance(token, str) else token
        self.endpoint = endpoint
        limits = limits or limits_at(base_url, endpoint.allowed, self.username, clock=clock, sleep=sleep)
        self._calls = Calls(base_url, limits=limits, session=session, sleep=sleep, clock=clock, notice=notice)
        self.base_url = self._calls.base_url
        self.notice = notice
        self.passed_destinations: set[str] = set()
        """Destinations that were checked already; see `uploader.sending.guard`."""

    @property
    def username(self) -> str:
        """The user name of the login; empty for a plain token."""
        return getattr(self._tokens, "username", "")

    def __repr__(self) -> str:
        return f"Client(token=****, base_url={self.base_url!r})"

    def upload(
        self,
        fields: Mapping[str, str],
        file: str | PathLike[str],
        *,
        timeout: float = 600.0,
        progress: Progress | None = None,
    ) -> Job:
        """POST `file` with the form `fields`, reading it while it is sent; returns its job.

        The request is repeated if it never left this machine, or was turned away with 429 or (once) 401; no repeat
        starts later than `timeout` seconds from now. Raises `NotSentError` if nothing arrived, `RefusedError` if the
        server refused it, and `InDoubtError` if it may have arrived: then look in Act-On before a repeat. Ctrl-C raises
        `NothingSentInterrupt` if nothing arrived, otherwise `InDoubtError`.
        """
        body: Content | None = None

        def content() -> Content:
            nonlocal body
            stream.seek(0)
            body = self.endpoint.body(fields, stream, progress)
            return body

        try:
            with _opened(file) as stream:
                answer = self._calls.ask(
                    "POST",
                    self.endpoint.upload_path,
                    self._tokens,
                    content=content,
                    read_timeout=UPLOAD_READ_TIMEOUT,
                    deadline=self._calls.clock() + timeout,
                )
                return self.endpoint.accepted(answer)
        except UnansweredError as error:
            if error.began:
                raise InDoubtError(f"no answer after the upload began: {error}") from error
            message = f"{NOTHING}{error}; check the network and the base URL, then send again"
            raise NotSentError(message) from error
        except KeyboardInterrupt as error:
            if body is None or body.bytes_read == 0:
                raise NothingSentInterrupt from error
            raise InDoubtError("interrupted while sending") from error

    def status(self, job_id: str, *, timeout: float = STATUS_READ_TIMEOUT) -> Job:
        """The job as the server reports it within about `timeout` seconds.

        Raises `StatusError` without a usable answer, and `UsageError` for a malformed id.
        """
        path, subject = self.endpoint.status_path(job_id), f"the status of job {job_id} cannot be read"
        reading, deadline = min(STATUS_READ_TIMEOUT, max(timeout, 1.0)), self._calls.clock() + timeout
        try:
            answer = self._calls.ask("GET", path, self._tokens, read_timeout=reading, deadline=deadline)
        except UnansweredError as error:
            raise StatusError(f"{subject}: {error}", passing=True) from error
        except NotSentError as error:  # the token, or the limits: the upload itself was sent
            raise StatusError(f"{subject}: {error}", passing=False) from error
        return self.endpoint.state(job_id, answer)

    def wait(self, job_id: str, *, timeout: float = 600.0) -> Job:
        """Request the status until the job is final or `timeout` seconds have passed; returns the job, final or not.

        Passing errors are retried; raises `StatusError` if the last request failed.
        """
        deadline = self._calls.clock() + timeout
        pause = FIRST_PAUSE
        latest: Job | StatusError
        while True:
            try:
                latest = self.status(job_id, timeout=deadline - self._calls.clock())
            except StatusError as error:
                if not error.passing:
                    raise
                latest = error
            left = deadline - self._calls.clock()
            if isinstance(latest, Job) and (latest.final or left <= 0):
                return latest
            if isinstance(latest, StatusError) and left <= 0:
                raise latest
            self._calls.sleep(min(pause, left))
            pause = min(pause * 1.5, LONGEST_PAUSE)

    def custom_events(self, *, timeout: float = LIST_TIMEOUT) -> list[str] | None:
        """The names of the account's custom events; `None` if every name is one, as in a rehearsal.

        The list is requested once, within about `timeout` seconds. Raises `ListError`, `TokenError` and `LimitError`.
        """
        return self.endpoint.destinations(self._calls, self._tokens, timeout)


def _opened(file: str | PathLike[str]) -> IO[bytes]:
    try:
        return Path(file).open("rb", buffering=0)
    except OSError as error:
        raise UsageError(f"cannot read {shown_file(file)}: {error.strerror}") from error
