"""The one way out: how a request leaves this machine and how its answer is read. Knows nothing of uploads.

Nothing is repeated and no redirect is followed: requests go straight to an adapter that has its retries off, below the
layer in which requests follows redirects.
"""

from __future__ import annotations

import base64
import errno
import functools
import io
import re
import select
import socket
import ssl
import time
from collections.abc import Mapping
from contextlib import closing
from http.client import HTTPException, HTTPResponse
from typing import Any
from urllib.parse import unquote

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from requests.utils import select_proxy
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError, NameResolutionError

from uploader.errors import UsageError
from uploader.http.answer import Answer
from uploader.http.body import Content
from uploader.http.url import checked_base_url, is_loopback
from uploader.masking import from_outside, hide

CONNECT_TIMEOUT = 20.0
"""Seconds in which name lookup's answer, TCP and TLS must each come about."""
SEND_TIMEOUT = 120.0
"""Seconds that one block of the body may take to leave, whatever the line's speed."""
ANSWER_LIMIT = 1024 * 1024
"""Bytes of an answer that are read at most."""

_LONGEST_REASON = 200


class NoAnswerError(Exception):
    """No answer came, or none that could be read. `settled` is true when trying again would change nothing."""

    def __init__(self, reason: str, *, settled: bool) -> None:
        super().__init__(reason)
        self.settled = settled


class Bearer(AuthBase):
    """Puts the token into the header.

    An auth object rather than a plain header, because requests would replace a plain one by a `.netrc` entry. Its repr
    hides the token.
    """

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request

    def __repr__(self) -> str:
        return "Bearer(****)"


class Anonymous(AuthBase):
    """No token; an object all the same, because requests would look for one in `.netrc`."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request


def new_session(base_url: str) -> requests.Session:
    """A session with proxies and certificates from the environment, but none for loopback: a proxy cannot reach it."""
    session = requests.Session()
    session.trust_env = not is_loopback(base_url)
    session.headers["User-Agent"] = "touchpoint-preflight"
    session.headers["Accept"] = "application/json"
    return session


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
    read_timeout: float,
    connect_timeout: float = CONNECT_TIMEOUT,
) -> Answer:
    """Send a request once, on a connection of its own, and read the answer; raises `NoAnswerError`.

    A connection kept from an earlier request may have died unnoticed, and an upload on it would be in doubt for
    nothing. The adapter is ours whatever the session has: it would choose one by how the URL is spelled.
    """
    failure: NoAnswerError | KeyboardInterrupt
    try:
        request = prepare(session, method, url, auth, body)
        settings: Any = session.merge_environment_settings(str(request.url), {}, True, None, None)
        _hide(session, settings["proxies"])
        _check_proxy(select_proxy(str(request.url), settings["proxies"]))
        timeout = (connect_timeout, read_timeout)
        with closing(_Adapter()) as adapter, adapter.send(request, timeout=timeout, **settings) as response:
            headers = {name.lower(): value for name, value in response.headers.items()}
            return Answer(response.status_code, headers, _body(response))
    except NoAnswerError as error:
        failure = error
    except Exception as error:  # whatever the libraries make of what they got: there is no answer
        failure = NoAnswerError(_reason(error), settled=isinstance(error, ValueError))
    except KeyboardInterrupt:
        failure = KeyboardInterrupt()
    raise failure  # here, and so without those errors: their texts hold what a server sent


def _check_proxy(proxy: str | None) -> None:
    """Raise `NoAnswerError` for a proxy that leads nowhere: the libraries would fail in ways of their own."""
    if not proxy:
        return
    host = proxy.rpartition("://")[2].partition("/")[0].rpartition("@")[2]
    try:
        checked_base_url(f"https://{host}")
        return
    except UsageError:
        failure = NoAnswerError("the proxy setting is not http://[USER:PASSWORD@]HOST:PORT", settled=True)
    raise failure


def _hide(session: requests.Session, proxies: Mapping[str, str | None]) -> None:
    """Never show what the user's own settings hold: a proxy, or the library, may repeat it."""
    for proxy in proxies.values():
        user_info, at, _host = (proxy or "").partition("//")[2].rpartition("@")
        if not at:
            user_info, at, _host = (proxy or "").rpartition("@")
        user, _colon, password = user_info.partition(":")
        plain = f"{unquote(user)}:{unquote(password)}"
        hide(password, unquote(password))
        if password:
            hide(*(base64.b64encode(plain.encode(encoding, "replace")).decode() for encoding in ("utf-8", "latin-1")))
    for name in ("Authorization", "Proxy-Authorization", "Cookie"):
        hide(str(session.headers.get(name) or "").rpartition(" ")[2])


def _body(response: requests.Response) -> bytes:
    try:
        body: bytes = response.raw.read(ANSWER_LIMIT, decode_content=True)
    except (OSError, HTTPError, HTTPException):
        if 300 <= response.status_code < 500:
            return b""  # the status line alone says that the request was refused
        raise
    return body


def _reason(error: BaseException) -> str:
    """Why there was no answer, in a few words without secrets: the innermost cause that says something."""
    chain = _chain(error)
    for link in chain:
        if isinstance(link, NameResolutionError | socket.gaierror):
            return "the host's name cannot be resolved"
    for link in reversed(chain):
        if isinstance(link, TimeoutError):
            return "timed out"
        if isinstance(link, ConnectionResetError | ConnectionAbortedError | BrokenPipeError):
            return "the connection broke off"  # which of them it is depends on the moment and the system
        if isinstance(link, OSError) and link.strerror:
            return from_outside(link.strerror[:1].lower() + link.strerror[1:], _LONGEST_REASON)
    return from_outside(str(chain[-1]), _LONGEST_REASON) or type(chain[-1]).__name__


def _chain(error: BaseException) -> list[BaseException]:
    """`error` and what it wraps, outermost first; urllib3 and requests wrap in arguments, `reason` and `__cause__`."""
    chain = [error]
    while True:
        last = chain[-1]
        inside = [getattr(last, "reason", None), *reversed(last.args), last.__cause__, last.__context__]
        inner = next((x for x in inside if isinstance(x, BaseException) and x not in chain), None)
        if inner is None:
            return chain
        chain.append(inner)


class _TimelyResponse(HTTPResponse):
    """Takes an answer only as a whole within the read timeout; a byte now and then would hold us for ever.

    `early` is what of the answer was read before.
    """

    def __init__(self, sock: socket.socket, *args: Any, early: bytes = b"", **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp = io.BufferedReader(_Timely(early, self.fp.detach(), sock))

    def begin(self) -> None:
        super().begin()
        self.msg.defects.clear()  # urllib3 would log odd headers, whatever they hold
        self.msg.set_payload("")


class _Timely(io.RawIOBase):
    """`early`, then a socket's stream whose reads have the socket's timeout together, not each."""

    def __init__(self, early: bytes, raw: io.RawIOBase, sock: socket.socket) -> None:
        super().__init__()
        self._early = early
        self._raw = raw
        self._sock = sock
        self._deadline = time.monotonic() + (sock.gettimeout() or 0.0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        if self._early:
            size = min(len(buffer), len(self._early))
            buffer[:size], self._early = self._early[:size], self._early[size:]
            return size
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        self._sock.settimeout(left)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Patient(HTTPConnection):
    """Gives each block `SEND_TIMEOUT` to leave; urllib3 would leave the connect timeout on the socket.

    A server may say no before it has the body, and then stop reading, or reset the connection and the answer with it.
    So its answer is looked for before each block, as RFC 9112, section 9.3 wants it, and a no ends the sending: urllib3
    reads the answer after a broken pipe.
    """

    response_class = _TimelyResponse
    early = b""

    def connect(self) -> None:
        super().connect()
        self.sock.settimeout(SEND_TIMEOUT)

    def send(self, data: Any) -> None:
        if self._refused():
            raise BrokenPipeError(errno.EPIPE, "the server said no before the body had left")
        try:
            super().send(data)
        except (TimeoutError, ssl.SSLError) as error:
            if not self._refused():
                raise
            raise BrokenPipeError(errno.EPIPE, "the server said no before the body had left") from error

    def getresponse(self) -> Any:
        self.response_class = functools.partial(_TimelyResponse, early=self.early)  # type: ignore[assignment]
        return super().getresponse()

    def _refused(self) -> bool:
        """True when an answer has begun that says no; what has come of it is in `early`."""
        if self.sock is None or not select.select([self.sock], [], [], 0)[0]:
            return False
        try:
            self.sock.setblocking(False)
            self.early += self.sock.recv(64 * 1024)
        except OSError:  # nothing for us yet, as TLS has traffic of its own; or broken, as sending will find out
            pass
        finally:
            self.sock.settimeout(SEND_TIMEOUT)
        return re.match(rb"HTTP/1\.[01] [345]", self.early) is not None


class _PatientHTTPConnection(_Patient):
    """Over TCP."""


class _PatientHTTPSConnection(_Patient, HTTPSConnection):
    """Over TLS."""


class _HTTPPool(HTTPConnectionPool):
    ConnectionCls = _PatientHTTPConnection


class _HTTPSPool(HTTPSConnectionPool):
    ConnectionCls = _PatientHTTPSConnection


_POOLS: dict[str, Any] = {"http": _HTTPPool, "https": _HTTPSPool}


class _Adapter(HTTPAdapter):
    """Patient connections, with or without a proxy, and (requests' default, kept) no retries."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **kwargs)
        manager.pool_classes_by_scheme = _POOLS
        return manager
