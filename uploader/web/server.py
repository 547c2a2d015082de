"""The server of an application, while its command runs: it listens on loopback only, behind a `Guard`."""

from __future__ import annotations

import secrets
import socket
from collections.abc import Callable

import uvicorn

from uploader.web.guard import App, Guard

HOST = "127.0.0.1"
PATIENCE = 3
"""Seconds for open requests when the server ends."""


class Server:
    """The server of `app`, listening from its construction on; raises `OSError` if it cannot listen.

    `url` is its address, with the random key. For `largest` see `Guard`.
    """

    def __init__(self, app: App, largest: Callable[[str], int], port: int = 0) -> None:
        self._socket = socket.create_server((HOST, port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # inherited by accepted connections
        self.port: int = self._socket.getsockname()[1]
        self.key = secrets.token_urlsafe(24)
        hosts = frozenset(f"{name}:{self.port}" for name in (HOST, "localhost"))
        self._server = uvicorn.Server(
            uvicorn.Config(
                Guard(app, self.key, hosts, largest),
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

    def run(self) -> None:
        """Serve until Ctrl-C."""
        self._server.run(sockets=[self._socket])

    def close(self) -> None:
        """Stop listening."""
        self._socket.close()

    def end(self) -> None:
        """Stop the server from another thread."""
        self._server.should_exit = True
