"""One account at an endpoint: a file uploaded once, its job followed, its destinations listed."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from os import PathLike
from pathlib import Path
from typing import IO

import requests

from preflight.text.display import shown_file
from uploader.access.auth import GivenToken, Tokens
from uploader.access.limits import Limits
from uploader.account.hosts import REGIONS
from uploader.acton.endpoint import ACTON
from uploader.errors import NOTHING, InDoubtError, NothingSentInterrupt, NotSentError, StatusError, UsageError
from uploader.http.body import Content, Progress
from uploader.http.calls import Calls, Notice, UnansweredError
from uploader.ledger.opening import limits_at
from uploader.model.endpoint import Endpoint
from uploader.model.job import Job

UPLOAD_READ_TIMEOUT = 300.0
"""Seconds to wait for the answer once the body has left."""
STATUS_READ_TIMEOUT = 30.0
LIST_TIMEOUT = 15.0
FIRST_PAUSE, LONGEST_PAUSE = 0.25, 5.0
"""Seconds between two questions about a job; well under the endpoint's 5 calls a second."""


class Client:
    """The endpoint as one account sees it.

    `token` is an access token, or what gives one and can renew it. `base_url` must be HTTPS unless it is loopback.
    `limits` count the calls; unless given, together with all that the user's own ledger counts, and for loopback those
    of this client only. `session` brings proxies, certificates and headers of your own, but no adapter, so that nothing
    is repeated behind the client's back. `notice` hears why a call takes long; `sleep` and `clock` (seconds) stand in
    for `time`'s in tests. Raises `TokenError` and `UsageError`.
    """

    def __init__(
        self,
        token: str | Tokens,
        *,
        base_url: str = REGIONS["us"],
        endpoint: Endpoint = ACTON,
        limits: Limits | None = None,
        session: requests.Session | None = None,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
        notice: Notice = lambda line: None,
    ) -> None:
        self._tokens = GivenToken(token) if isinstance(token, str) else token
        self.endpoint = endpoint
        limits = limits or limits_at(base_url, endpoint.allowed, self.username, clock=clock, sleep=sleep)
        self._calls = Calls(base_url, limits=limits, session=session, sleep=sleep, clock=clock, notice=notice)
        self.base_url = self._calls.base_url
        self.notice = notice
        self.passed_destinations: set[str] = set()
        """Destinations that need not be looked up any more; see `uploader.sending.guard`."""

    @property
    def username(self) -> str:
        """The user name of the login that the tokens are of; empty where they are not a login's."""
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
        """POST `file` with the form `fields`, reading it while it is sent; the job that took it.

        What never left, and what the server turned away with 429 or (once) 401, is sent again; no pause before that
        ends later than `timeout` seconds from now. Raises `NotSentError` when nothing arrived, `RefusedError` when the
        server said no, and `InDoubtError` when the upload may have arrived: then it must not be repeated before someone
        has looked. Ctrl-C is `NothingSentInterrupt` where nothing arrived, and in doubt otherwise.
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
        """The job as the server tells it within about `timeout` seconds.

        Raises `StatusError` when it does not, `UsageError` for an odd id.
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
        """Ask until the job is final or `timeout` seconds have passed; the job as last told, final or not.

        Passing troubles are asked through; raises `StatusError` when the last answer was none.
        """
        deadline = self._calls.clock() + timeout
        pause = FIRST_PAUSE
        told: Job | StatusError
        while True:
            try:
                told = self.status(job_id, timeout=deadline - self._calls.clock())
            except StatusError as error:
                if not error.passing:
                    raise
                told = error
            left = deadline - self._calls.clock()
            if isinstance(told, Job) and (told.final or left <= 0):
                return told
            if isinstance(told, StatusError) and left <= 0:
                raise told
            self._calls.sleep(min(pause, left))
            pause = min(pause * 1.5, LONGEST_PAUSE)

    def custom_events(self, *, timeout: float = LIST_TIMEOUT) -> list[str] | None:
        """The names of the account's custom events; `None` where every name is one, as in a rehearsal.

        They are asked for once, within about `timeout` seconds. Raises `ListError`, `TokenError` and `LimitError`.
        """
        return self.endpoint.destinations(self._calls, self._tokens, timeout)


def _opened(file: str | PathLike[str]) -> IO[bytes]:
    try:
        return Path(file).open("rb", buffering=0)
    except OSError as error:
        raise UsageError(f"cannot read {shown_file(file)}: {error.strerror}") from error
