"""The server of the page: on loopback only, under a random key, while its command runs."""

from __future__ import annotations

import secrets
import socket
from collections.abc import Callable
from threading import Thread

import uvicorn

from uploader.page.app import Page
from uploader.page.guard import Guard

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
