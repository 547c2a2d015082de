"""The guard of the server: it passes only requests of the pages that the server itself made.

* A random key, new with each server, is the first segment of every path. It is not a cookie, as cookies are sent to all
  ports of a machine.
* `Host` must be the server's own address, so that another name resolved to this machine reaches nothing.
* A request that changes anything must come from the page itself, by `Origin` and `Sec-Fetch-Site`.
* The size of a body is limited.
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
    """Middleware that passes only permitted requests to `app`; `hosts` are the server's own addresses.

    The app gets the path without the key. `largest` returns the largest body of a POST to such a path, in bytes.
    """

    def __init__(self, app: App, key: str, hosts: frozenset[str], largest: Callable[[str], int]) -> None:
        self._app, self._key, self._hosts, self._largest = app, key, hosts, largest

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Pass a request to the app, or refuse it."""
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
            close = {"Connection": "close"}  # the rest of the body is not read
            await PlainTextResponse(says + "\n", status, close)(scope, receive, sent)
            return
        own = {**scope, "root_path": f"/{self._key}"}
        await self._app(own, self._bounded(scope, receive, path), sent)

    def _own_path(self, scope: Message) -> str:
        """The path behind the key; empty if the key is missing or wrong."""
        key, _, rest = str(scope["path"]).removeprefix("/").partition("/")
        return f"/{rest}" if hmac.compare_digest(key.encode(), self._key.encode()) else ""

    def _refusal(self, scope: Message, path: str) -> tuple[int, str] | None:
        """The status and the message of a refused request; None for a permitted one."""
        headers, method = Headers(scope=scope), scope["method"]
        host, origin, site = headers.get("host"), headers.get("origin"), headers.get("sec-fetch-site")
        if host not in self._hosts:
            return 421, "this server answers only at its own address: open the one that the command printed"
        if not path:
            return 404, "no such page: open the address that the command printed, which differs each time"
        if method not in ("GET", "HEAD", "POST"):
            return 405, "only GET, HEAD and POST"
        if site not in (None, "same-origin", "none"):
            return 403, "the request came from another page: open the address that the command printed"
        if origin not in (None, f"http://{host}") or (method == "POST" and origin is None):
            return 403, "the form came from another page: nothing was done"
        if method == "POST" and (headers.get("content-length") or "0").isdecimal():
            size, largest = int(headers.get("content-length") or 0), self._largest(path)
            if size > largest:
                return 413, f"the request is larger than {largest:,} bytes"
        return None

    def _bounded(self, scope: Message, receive: Receive, path: str) -> Receive:
        largest = self._largest(path) if scope["method"] == "POST" else 0
        left = largest

        async def received() -> Message:
            nonlocal left
            message = await receive()
            left -= len(message.get("body", b""))
            if left < 0:
                says = f"the request is larger than {largest:,} bytes\n"
                raise HTTPException(413, says, {"Connection": "close"})
            return message

        return received
