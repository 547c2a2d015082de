"""Transport: sends one request and reads its answer. Independent of uploads.

Nothing is repeated and no redirect is followed: requests go directly to an adapter without retries, below the layer in
which requests follows redirects.
"""

from __future__ import annotations

from contextlib import closing
from http.client import HTTPException

import requests
from requests.auth import AuthBase
from urllib3.exceptions import HTTPError

from uploader.http.body import Content
from uploader.masking import masked
from uploader.wire.answer import Answer
from uploader.wire.connection import PatientAdapter
from uploader.wire.failure import reason_of
from uploader.wire.session import settings_for

CONNECT_TIMEOUT = 20.0
"""Seconds allowed for each of name lookup, TCP and TLS."""
ANSWER_LIMIT = 1024 * 1024
"""Bytes of an answer that are read."""


class UnansweredError(Exception):
    """No readable answer came.

    `settled` is true if another try would change nothing, `began` if the request may have arrived.
    """

    def __init__(self, reason: str, *, settled: bool = False, began: bool = False) -> None:
        super().__init__(masked(reason))
        self.settled = settled
        self.began = began


def prepare(
    session: requests.Session, method: str, url: str, auth: AuthBase, body: Content | None = None
) -> requests.PreparedRequest:
    """The request as it will be sent."""
    headers = {"Content-Type": body.content_type} if body is not None else {}
    return session.prepare_request(requests.Request(method, url, headers=headers, data=body, auth=auth))


def send(
    session: requests.Session,
    method: str,
    url: str,
    auth: AuthBase,
    body: Content | None = None,
    *,
    timeout: tuple[float, float],
) -> Answer:
    """Send a request once, on a new connection, and read the answer; raises `UnansweredError`.

    `timeout` is a pair: seconds to connect, seconds to wait for the answer. A reused connection may have died unnoticed
    and would leave an upload in doubt. The session's own adapters are not used: it selects them by the spelling of the
    URL.
    """
    failure: UnansweredError | KeyboardInterrupt
    try:
        request = prepare(session, method, url, auth, body)
        settings = settings_for(session, str(request.url))
        with closing(PatientAdapter()) as adapter, adapter.send(request, timeout=timeout, **settings) as response:
            headers = {name.lower(): value for name, value in response.headers.items()}
            return Answer(response.status_code, headers, _body(response))
    except Exception as error:  # the libraries raise errors of many kinds for a malformed answer
        failure = UnansweredError(reason_of(error), settled=isinstance(error, ValueError))
    except KeyboardInterrupt:
        failure = KeyboardInterrupt()
    raise failure  # outside `except`, so without the cause, whose text holds what the server sent


def _body(response: requests.Response) -> bytes:
    try:
        body: bytes = response.raw.read(ANSWER_LIMIT, decode_content=True)
    except (OSError, HTTPError, HTTPException):
        if 300 <= response.status_code < 500:
            return b""  # the status line alone says that the request was refused
        raise
    return body
