"""Connections with a timeout per block sent and for the whole answer, that notice a refusal during the upload."""

from __future__ import annotations

import errno
import functools
import io
import re
import select
import socket
import ssl
import time
from http.client import HTTPResponse, parse_headers
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

SEND_TIMEOUT = 120.0
"""Seconds that sending one block of the body may take."""

_REFUSAL = re.compile(
    rb"(?:HTTP/1\.[01] 1[0-9]{2}[^\n]*\n(?:[^\r\n][^\n]*\n)*\r?\n)*"  # interim answers
    rb"HTTP/1\.[01] [345]"
)
"""The beginning of an answer that refuses the request."""

_REFUSED = "the server refused the request before all of it was sent"


class _TimelyResponse(HTTPResponse):
    """A response that must arrive as a whole within the read timeout, however slowly the server sends.

    `early` is the beginning of the answer, read while the body was sent. Interim answers are skipped (RFC 9110, section
    15.2); the standard library skips only `100 Continue`.
    """

    def __init__(self, sock: socket.socket, *args: Any, early: bytes = b"", **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        stream, self.fp = self.fp, None  # type: ignore[assignment] # on an interrupt here there is nothing to close
        self.fp = io.BufferedReader(_Timely(early, stream.detach(), sock))

    def _read_status(self) -> tuple[str, int, str]:
        while True:
            found: tuple[str, int, str] = super()._read_status()  # type: ignore[misc]
            if not 102 <= found[1] <= 199:
                return found
            parse_headers(self.fp)

    def begin(self) -> None:
        super().begin()
        self.msg.defects.clear()  # urllib3 would log malformed headers, secrets included
        self.msg.set_payload("")


class _Timely(io.RawIOBase):
    """The bytes of `early`, then those of a socket; the socket's timeout applies to all reads together."""

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
        if hasattr(self, "_raw"):  # not if finalized after an interrupted `__init__`
            self._raw.close()
        super().close()


class _Patient(HTTPConnection):
    """Allows `SEND_TIMEOUT` for each block; urllib3 would keep the connect timeout on the socket.

    A server may refuse a request before it has the body, and then stop reading, or reset the connection and lose the
    answer. So the answer is checked for before each block (RFC 9112, section 9.3), and a refusal ends the sending with
    a broken pipe, after which urllib3 reads the answer.
    """

    response_class = _TimelyResponse
    early = b""

    def connect(self) -> None:
        super().connect()
        self.sock.settimeout(SEND_TIMEOUT)

    def send(self, data: Any) -> None:
        if self._refused():
            raise BrokenPipeError(errno.EPIPE, _REFUSED)
        try:
            super().send(data)
        except (TimeoutError, ssl.SSLError) as error:
            if not self._refused():
                raise
            raise BrokenPipeError(errno.EPIPE, _REFUSED) from error

    def getresponse(self) -> Any:
        self.response_class = functools.partial(_TimelyResponse, early=self.early)  # type: ignore[assignment]
        return super().getresponse()

    def _refused(self) -> bool:
        """True if the beginning of a refusal has arrived; appends what can be read to `early`."""
        if self.sock is None or not select.select([self.sock], [], [], 0)[0]:
            return False
        try:
            self.sock.setblocking(False)
            self.early += self.sock.recv(64 * 1024)
        except OSError:  # only TLS records so far; or the connection is lost, which sending will report
            pass
        finally:
            self.sock.settimeout(SEND_TIMEOUT)
        return _REFUSAL.match(self.early) is not None


class _PatientTLS(_Patient, HTTPSConnection):
    """The same over TLS."""


class _HTTPPool(HTTPConnectionPool):
    ConnectionCls = _Patient


class _HTTPSPool(HTTPSConnectionPool):
    ConnectionCls = _PatientTLS


_POOLS: dict[str, Any] = {"http": _HTTPPool, "https": _HTTPSPool}


class PatientAdapter(HTTPAdapter):
    """An adapter of `_Patient` connections, also through a proxy; without retries, as is requests' default."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **kwargs)
        manager.pool_classes_by_scheme = _POOLS
        return manager
