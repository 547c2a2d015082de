"""Who may ask the page for anything: a browser on this machine that was given its address, and its own forms.

* The key, random and new with each server, is the first part of every path. It is in no cookie: those of one port of
  a machine go to all others.
* `Host` must be the server's own address, so that a name that somebody points at this machine reaches nothing.
* What changes anything must come from the page itself, as `Origin` and `Sec-Fetch-Site` say.
* A body has a bound, and is cut off where it goes beyond.
"""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

MAX_FORM = 8 << 20
"""Bytes of a form without a file."""

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",  # with `no-referrer` a form's Origin would be null
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
}


class Guard:
    """Lets through to `app` only what may ask; `host` tells the server's own addresses once it listens.

    The app finds the path without the key. `largest` gives the bound of the body of a POST to such a path, in bytes.
    """

    def __init__(self, app: App, key: str, hosts: Callable[[], frozenset[str]], largest: Callable[[str], int]) -> None:
        self._app, self._key, self._hosts, self._largest = app, key, hosts, largest

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        if scope["type"] != "http":
            return

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        path = self._own_path(scope)
        refusal = self._refusal(scope, path)
        if refusal is not None:
            status, says = refusal
            close = {"Connection": "close"}  # what is left of its body is not read
            await PlainTextResponse(says + "\n", status, close)(scope, receive, sent)
            return
        own = {**scope, "root_path": f"/{self._key}"}
        await self._app(own, self._bounded(scope, receive, path), sent)

    def _own_path(self, scope: Message) -> str:
        """The path behind the key; empty where that is another, or none."""
        key, _, rest = str(scope["path"]).removeprefix("/").partition("/")
        return f"/{rest}" if hmac.compare_digest(key.encode(), self._key.encode()) else ""

    def _refusal(self, scope: Message, path: str) -> tuple[int, str] | None:
        """Why a request is not answered, with its status; None where it is."""
        headers, method = Headers(scope=scope), scope["method"]
        host, origin, site = headers.get("host"), headers.get("origin"), headers.get("sec-fetch-site")
        if host not in self._hosts():
            return 421, "this server answers to its own address alone: open the one that the command printed"
        if not path:
            return 404, "no such page: open the address that the command printed, which is another each time"
        if method not in ("GET", "HEAD", "POST"):
            return 405, "only GET, HEAD and POST"
        if site not in (None, "same-origin", "none"):
            return 403, "this was asked by another page: open the address that the command printed"
        if origin not in (None, f"http://{host}") or (method == "POST" and origin is None):
            return 403, "a form of another page was sent here: nothing was done"
        if method == "POST" and (headers.get("content-length") or "0").isdecimal():
            size, largest = int(headers.get("content-length") or 0), self._largest(path)
            if size > largest:
                return 413, f"what was sent is larger than {largest:,} bytes"
        return None

    def _bounded(self, scope: Message, receive: Receive, path: str) -> Receive:
        largest = self._largest(path) if scope["method"] == "POST" else 0
        left = largest

        async def received() -> Message:
            nonlocal left
            message = await receive()
            left -= len(message.get("body", b""))
            if left < 0:
                says = f"what was sent is larger than {largest:,} bytes\n"
                raise HTTPException(413, says, {"Connection": "close"})
            return message

        return received
