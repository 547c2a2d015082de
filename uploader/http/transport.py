"""The one way out: how a request leaves this machine and how its answer is read. Knows nothing of uploads.

Nothing is repeated and no redirect is followed: requests go straight to an adapter that has its retries off, below the
layer in which requests follows redirects.
"""

from __future__ import annotations

from contextlib import closing
from http.client import HTTPException

import requests
from requests.auth import AuthBase
from urllib3.exceptions import HTTPError

from uploader.access.session import settings_for
from uploader.answers.answer import Answer
from uploader.http.body import Content
from uploader.line.connection import PatientAdapter
from uploader.line.failure import reason_of

CONNECT_TIMEOUT = 20.0
"""Seconds in which name lookup's answer, TCP and TLS must each come about."""
ANSWER_LIMIT = 1024 * 1024
"""Bytes of an answer that are read at most."""


class NoAnswerError(Exception):
    """No answer came, or none that could be read. `settled` is true when trying again would change nothing."""

    def __init__(self, reason: str, *, settled: bool) -> None:
        super().__init__(reason)
        self.settled = settled


def prepare(
    session: requests.Session, method: str, url: str, auth: AuthBase, body: Content | None = None
) -> requests.PreparedRequest:
    """The request as it will leave."""
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
    """Send a request once, on a connection of its own, and read the answer; raises `NoAnswerError`.

    `timeout` is the seconds to connect and those to wait for the answer. A connection kept from an earlier request may
    have died unnoticed, and an upload on it would be in doubt for nothing. The adapter is ours whatever the session
    has: it would choose one by how the URL is spelled.
    """
    failure: NoAnswerError | KeyboardInterrupt
    try:
        request = prepare(session, method, url, auth, body)
        settings = settings_for(session, str(request.url))
        with closing(PatientAdapter()) as adapter, adapter.send(request, timeout=timeout, **settings) as response:
            headers = {name.lower(): value for name, value in response.headers.items()}
            return Answer(response.status_code, headers, _body(response))
    except Exception as error:  # whatever the libraries make of what they got: there is no answer
        failure = NoAnswerError(reason_of(error), settled=isinstance(error, ValueError))
    except KeyboardInterrupt:
        failure = KeyboardInterrupt()
    raise failure  # here, and so without those errors: their texts hold what a server sent


def _body(response: requests.Response) -> bytes:
    try:
        body: bytes = response.raw.read(ANSWER_LIMIT, decode_content=True)
    except (OSError, HTTPError, HTTPException):
        if 300 <= response.status_code < 500:
            return b""  # the status line alone says that the request was refused
        raise
    return body
