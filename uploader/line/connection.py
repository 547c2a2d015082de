"""A connection that is patient with a slow line, not with a slow answer, and hears a no before the body has left."""

from __future__ import annotations

import errno
import functools
import io
import re
import select
import socket
import ssl
import time
from http.client import HTTPResponse
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

SEND_TIMEOUT = 120.0
"""Seconds that one block of the body may take to leave, whatever the line's speed."""


class _TimelyResponse(HTTPResponse):
    """Takes an answer only as a whole within the read timeout; a byte now and then would hold us for ever.

    `early` is what of the answer was read before.
    """

    def __init__(self, sock: socket.socket, *args: Any, early: bytes = b"", **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        stream, self.fp = self.fp, None  # type: ignore[assignment] # interrupted from here on, it has nothing to close
        self.fp = io.BufferedReader(_Timely(early, stream.detach(), sock))

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


class PatientAdapter(HTTPAdapter):
    """Patient connections, with or without a proxy, and (requests' default, kept) no retries."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **kwargs)
        manager.pool_classes_by_scheme = _POOLS
        return manager
