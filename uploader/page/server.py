"""The server of the page: on loopback alone, under a key of its own, as long as its command runs."""

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
"""Seconds that answers under way have when the server ends."""


class Server:
    """A server for a page, which listens from the start; raises `OSError` where it cannot.

    `url` is its address: with the key in it, which is another for each server.
    """

    def __init__(self, page: Page, port: int = 0) -> None:
        self._page = page
        self._socket = socket.create_server((HOST, port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # which those of its visitors have from it
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
        """Serve until Ctrl-C, and until what is on its way to Act-On has arrived; that this is `waiting` is called."""
        Thread(target=_warm_up, daemon=True).start()
        try:
            self._server.run(sockets=[self._socket])
        finally:
            if self._page.sending.running:
                waiting()
            self.close()

    def close(self) -> None:
        """Listen no more, and let go of the files once what is on its way has arrived."""
        self._socket.close()
        self._page.close()

    def end(self) -> None:
        """End from another thread."""
        self._server.should_exit = True


def _warm_up() -> None:
    """Import what a check needs while a person still looks for the file."""
    import preflight.merging.rows  # noqa: F401
