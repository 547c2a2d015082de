"""Client: the endpoint's calls. Every request goes through `Client._ask`, and an upload leaves at most once."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from os import PathLike
from pathlib import Path
from typing import IO

import requests

from preflight.show import shown
from uploader import transport
from uploader.answers import Answer, Job, is_job_id, job_from_status, job_from_upload
from uploader.auth import checked_token
from uploader.body import Body, Progress
from uploader.endpoint import REGIONS, UPLOAD_PATH, checked_base_url, status_path
from uploader.errors import InDoubtError, NotSentError, RefusedError, StatusError, UsageError

UPLOAD_READ_TIMEOUT = 300.0
"""Seconds to wait for the answer once the body has left."""
STATUS_READ_TIMEOUT = 30.0
FIRST_PAUSE, LONGEST_PAUSE = 0.25, 5.0
"""Seconds between two questions about a job; well under the endpoint's 5 calls a second."""

SETTLE = "look for it in Act-On before sending again, as a repeated upload counts twice"


class Client:
    """The endpoint as one account sees it.

    `base_url` must be HTTPS unless it is loopback. `session` brings proxies, certificates and headers of your own; the
    client puts its own adapter on it for `base_url`, so that nothing is repeated behind its back. `sleep` and `clock`
    (seconds) stand in for `time`'s in tests. Raises `TokenError` and `UsageError`.
    """

    def __init__(
        self,
        token: str,
        *,
        base_url: str = REGIONS["us"],
        session: requests.Session | None = None,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._token = checked_token(token)
        self.base_url = checked_base_url(base_url)
        self._session = transport.mounted(session, self.base_url)
        self._sleep = sleep
        self._clock = clock

    def __repr__(self) -> str:
        return f"Client(token=****, base_url={self.base_url!r})"

    def upload(self, fields: Mapping[str, str], file: str | PathLike[str], *, progress: Progress | None = None) -> Job:
        """POST `file` with the form `fields`, once, reading it while it is sent; the job that took it.

        Raises `NotSentError` when nothing arrived, `RefusedError` when the server said no, and `InDoubtError` when the
        upload may have arrived: then it must not be repeated before someone has looked.
        """
        with _opened(file) as stream:
            body = Body(fields, stream, progress)
            try:
                return self._accepted(self._ask("POST", UPLOAD_PATH, read_timeout=UPLOAD_READ_TIMEOUT, body=body))
            except transport.TransportFailure as error:
                raise self._unanswered(error, began=body.bytes_read > 0) from error
            except KeyboardInterrupt as error:
                if body.bytes_read == 0:
                    raise
                raise InDoubtError(f"interrupted while sending: the upload may have arrived; {SETTLE}") from error

    def status(self, job_id: str, *, read_timeout: float = STATUS_READ_TIMEOUT) -> Job:
        """The job as the server tells it now; raises `StatusError` when it does not, `UsageError` for an odd id."""
        if not is_job_id(job_id):
            raise UsageError(f"{shown(job_id)} is not a job id: letters, digits, `-` and `_` only")
        subject = f"the status of job {job_id} cannot be read"
        try:
            answer = self._ask("GET", status_path(job_id), read_timeout=read_timeout)
        except transport.TransportFailure as error:
            raise StatusError(f"{subject}: {self._host}: {transport.reason(error)}", passing=True) from error
        job = job_from_status(job_id, answer) if answer.status == 200 else None
        if job is None:
            passing = answer.status >= 500 or answer.status in (408, 429)
            raise StatusError(f"{subject}: {self._words(answer)}", passing=passing)
        return job

    def wait(self, job_id: str, *, timeout: float = 600.0) -> Job:
        """Ask until the job is final or `timeout` seconds have passed; the job as last told, final or not.

        Passing troubles are asked through; raises `StatusError` when the last answer was none.
        """
        deadline = self._clock() + timeout
        pause = FIRST_PAUSE
        while True:
            left = deadline - self._clock()
            job = trouble = None
            try:
                job = self.status(job_id, read_timeout=min(STATUS_READ_TIMEOUT, max(left, 1.0)))
            except StatusError as error:
                if not error.passing:
                    raise
                trouble = error
            if job is not None and job.final:
                return job
            left = deadline - self._clock()
            if left <= 0:
                if job is not None:
                    return job
                assert trouble is not None  # noqa: S101 - one of the two was just set
                raise trouble
            self._sleep(min(pause, left))
            pause = min(pause * 1.5, LONGEST_PAUSE)

    @property
    def _host(self) -> str:
        return self.base_url.split("://", 1)[1]

    def _ask(self, method: str, path: str, *, read_timeout: float, body: Body | None = None) -> Answer:
        """The funnel: the only place from which a request leaves."""
        request = transport.prepare(
            self._session, method, self.base_url + path, transport.Bearer(self._token), body=body
        )
        return transport.send(self._session, request, read_timeout=read_timeout)

    def _words(self, answer: Answer) -> str:
        """The server's words; a server or proxy that echoes the request must not make us print the token."""
        return answer.words.replace(self._token, "****")

    def _unanswered(self, error: BaseException, *, began: bool) -> NotSentError | InDoubtError:
        why = f"{self._host}: {transport.reason(error)}"
        if not began:
            return NotSentError(f"nothing was sent: {why}; check the network and the base URL, then send again")
        return InDoubtError(f"no answer after the upload began: {why}; it may have arrived: {SETTLE}")

    def _accepted(self, answer: Answer) -> Job:
        words = self._words(answer)
        if 300 <= answer.status < 500:
            raise RefusedError(f"refused, nothing was taken: {words}{_hint(answer, words)}", answer.status)
        job = job_from_upload(answer) if 200 <= answer.status < 300 else None
        if job is None:
            raise InDoubtError(f"the answer is not the documented one, the upload may have arrived: {words}; {SETTLE}")
        return job


def planned_headers(base_url: str, fields: Mapping[str, str], file: str | PathLike[str]) -> dict[str, str]:
    """The headers of the upload as it would be sent to `base_url`, the token masked; nothing is sent."""
    session = transport.mounted(None, base_url)
    with _opened(file) as stream:
        url, masked = base_url + UPLOAD_PATH, transport.Bearer("****")
        request = transport.prepare(session, "POST", url, masked, body=Body(fields, stream))
    return dict(request.headers)


def _opened(file: str | PathLike[str]) -> IO[bytes]:
    try:
        return Path(file).open("rb", buffering=0)
    except OSError as error:
        raise UsageError(f"cannot read {shown(file)}: {error.strerror}") from error


def _hint(answer: Answer, words: str) -> str:
    if "PUBLIC_API_FEATURE_NOT_ENABLED" in words:
        return "; the account has no API access, and only Act-On can turn it on"
    if answer.status == 401:
        return "; the token is wrong or has expired (it lives an hour): get a new one"
    if answer.status == 429:
        return "; too many calls: wait, then send again"
    if answer.status < 400:
        return "; redirects are not followed: check the region or base URL"
    return ""
