"""The server of the page, while its command runs: only for a browser on this machine that was given the address.

* It listens on loopback only.
* A random key, new with each server, is the first segment of every path. It is not a cookie, as cookies are sent to all
  ports of a machine.
* `Host` must be the server's own address, so that another name resolved to this machine reaches nothing.
* A request that changes anything must come from the page itself, by `Origin` and `Sec-Fetch-Site`.
* The size of a body is limited.
"""

from __future__ import annotations

import hmac
import secrets
import socket
from collections.abc import Awaitable, Callable, MutableMapping
from threading import Thread
from typing import Any

import uvicorn
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse

from preflight.text.asking import naming
from uploader.page.app import Page
from uploader.page.choices import on_page

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
    """Middleware that passes only permitted requests to `app`; `hosts` returns the server's own addresses.

    The app gets the path without the key. `largest` returns the largest body of a POST to such a path, in bytes.
    """

    def __init__(self, app: App, key: str, hosts: Callable[[], frozenset[str]], largest: Callable[[str], int]) -> None:
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
        if host not in self._hosts():
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


HOST = "127.0.0.1"
PATIENCE = 3
"""Seconds for open requests when the server ends."""


class Server:
    """The server of a page, listening from its construction on; raises `OSError` if it cannot listen.

    `url` is its address, with the random key.
    """

    def __init__(self, page: Page, port: int = 0) -> None:
        self._page = page
        self._socket = socket.create_server((HOST, port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # inherited by accepted connections
        self.port: int = self._socket.getsockname()[1]
        self.key = secrets.token_urlsafe(24)
        hosts = frozenset(f"{name}:{self.port}" for name in (HOST, "localhost"))
        app = Guard(page.app(), self.key, lambda: hosts, page.largest)
        self._server = uvicorn.Server(
            uvicorn.Config(
                app,
                loop="asyncio",
                http="h11",
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                timeout_graceful_shutdown=PATIENCE,
            )
        )

    @property
    def url(self) -> str:
        """The address of the start page."""
        return f"http://{HOST}:{self.port}/{self.key}/"

    def run(self, waiting: Callable[[], None] = lambda: None) -> None:
        """Serve until Ctrl-C, then wait for a file that is being sent, after a call of `waiting`."""
        Thread(target=_warm_up, daemon=True).start()
        try:
            with naming(on_page):
                self._server.run(sockets=[self._socket])
        finally:
            if self._page.sending.running:
                waiting()
            self.close()

    def close(self) -> None:
        """Stop listening, wait for a file that is being sent, and close the files."""
        self._socket.close()
        self._page.close()

    def end(self) -> None:
        """Stop the server from another thread."""
        self._server.should_exit = True


def _warm_up() -> None:
    """Import the modules of a check while the user still chooses a file."""
    import preflight.merging.rows  # noqa: F401
