"""The page as a running command, and clients for it: like a browser's, and over plain sockets."""

from __future__ import annotations

import html
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any

import requests

from tests.processes import LONGEST

TOKEN = "tok-5ecret-of-the-page"


class PageCommand:
    """`uploader open`, or another command that serves the page, as a process inside a `with`."""

    def __init__(self, folder: Path, base_url: str, *arguments: str, token: str = TOKEN) -> None:
        self._environment = {
            **os.environ,
            "XDG_DATA_HOME": str(folder / "data"),
            "ACTON_ACCESS_TOKEN": token,
            "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
        }
        self._argv = [sys.executable, "-m", "uploader", "open", *arguments, "--no-browser", "--base-url", base_url]
        self._begin()

    def _begin(self) -> None:
        self.process = subprocess.Popen(
            self._argv, env=self._environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        self.url = self.process.stdout.readline().strip()

    def __enter__(self) -> PageCommand:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.interrupt()

    def interrupt(self) -> tuple[int, str]:
        """End it with Ctrl-C; returns exit code and stderr."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        _, said = self.process.communicate(timeout=LONGEST)
        return self.process.returncode, said

    def kill(self) -> None:
        """Kill it."""
        self.process.kill()
        self.process.communicate(timeout=LONGEST)

    def again(self) -> None:
        """Start it again."""
        self._begin()


class Visitor:
    """A client that requests what a browser would."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.origin = re.match("http://[^/]+", url)[0]  # type: ignore[index]
        self.root = "/".join(url.split("/")[:4])
        self.session = requests.Session()

    def add(self, name: str, content: bytes) -> str:
        """Add a file; returns the URL of its page."""
        headers = {"Origin": self.origin}
        files = {"file": (name, content)}
        answer = self.session.post(
            f"{self.root}/files", files=files, headers=headers, allow_redirects=False, timeout=LONGEST
        )
        assert answer.status_code == 303, answer.text
        return self.origin + answer.headers["Location"]

    def get(self, url: str) -> requests.Response:
        """A page, after the check it waits for."""
        until = time.monotonic() + LONGEST
        while 'data-wait="1"' in (answer := self.session.get(url, timeout=LONGEST)).text:
            assert time.monotonic() < until, f"it waits for ever: {answer.text}"
        return answer

    def job(self, url: str) -> dict[str, Any]:
        """The state of a file's send after its end."""
        until = time.monotonic() + LONGEST
        while (told := self.get(f"{url}/job").json())["running"]:
            assert time.monotonic() < until, f"it runs for ever: {told}"
        return dict(told)

    def post(self, url: str, fields: list[tuple[str, str]] | dict[str, str], live: bool = True) -> requests.Response:
        """Post a form; with `live` as the script does."""
        headers = {"Origin": self.origin, "Accept": "application/json" if live else "text/html"}
        return self.session.post(url, data=fields, headers=headers, allow_redirects=False, timeout=LONGEST)

    def choose(self, url: str, **choices: str) -> None:
        """Post choices of how a file is read."""
        answer = self.post(f"{url}/choices", {f"choice.{name}": value for name, value in choices.items()}, live=False)
        assert answer.status_code == 303, answer.text

    def answer(self, url: str, name: str, **choices: str) -> None:
        """Answer a question."""
        answer = self.post(f"{url}/choices", {f"answer.{name}": json.dumps(choices)}, live=False)
        assert answer.status_code == 303, answer.text


def text_of(page: str) -> str:
    """The text of a page."""
    return " ".join(html.unescape(re.sub("<[^>]+>", " ", page.partition("<main>")[2])).split())


def raw(port: int, request: bytes, host: str = "127.0.0.1") -> bytes:
    """The answer to the bytes of a request, as far as it comes."""
    answer = b""
    with socket.create_connection((host, port), timeout=10) as connection, suppress(ConnectionError):
        connection.sendall(request)
        while block := connection.recv(65_536):
            answer += block
    return answer
