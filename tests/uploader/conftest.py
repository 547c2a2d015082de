"""A server with scripted answers, byte for byte, and the fixtures that most tests share."""

from __future__ import annotations

import json
import shutil
import socket
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import TracebackType

import keyring
import pytest
from keyring.backends import fail

from preflight import DateFormat, FirstRow, Quote, Report, Separator, Titles
from preflight.layouts.resolved import ResolvedLayout
from tests.processes import LONGEST
from tests.uploader.counting_server import CountingServer
from tests.uploader.forked import Commands
from tests.uploader.user import User, new_folder
from uploader.cli.main import main
from uploader.rehearsal.server import Rehearsal

Http = Callable[..., bytes]

Run = Callable[..., tuple[int, str, str]]

Reply = bytes | Callable[[socket.socket], object]


class ScriptedServer:
    """A server that answers the n-th request with the n-th reply; a reply may be a function of the connection's socket.

    `requests` holds the bytes of each request, head and body, as far as they were read. Unless it `lists`, requests for
    the custom events are answered as in a rehearsal, outside the script, and counted in `questions`.
    """

    def __init__(self, *replies: Reply, read_body: bool = True, lists: bool = False) -> None:
        self.requests: list[bytes] = []
        self.questions = 0
        self._lists = lists
        self._replies = list(replies)
        self._read_body = read_body
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(daemon=True, target=self._serve)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> ScriptedServer:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(LONGEST)
        if kind is None:
            assert not self._thread.is_alive(), "a reply waits for ever"

    def _serve(self) -> None:
        while True:
            try:
                connection, _address = self._listener.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(LONGEST)
                request = _request(connection, self._read_body)
                if request.startswith(b"GET /api/1/list?") and not self._lists:
                    self.questions += 1
                    connection.sendall(EVERY_EVENT)
                    continue
                self.requests.append(request)
                reply = self._replies.pop(0) if self._replies else b""
                if callable(reply):
                    reply(connection)
                else:
                    connection.sendall(reply)


def _request(connection: socket.socket, read_body: bool) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(65536 if read_body else 1)  # bytes not to be read must stay in the socket
        if not more:
            return data
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    lengths = [line.split(b":")[1] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
    left = int(lengths[0]) - len(body) if lengths and read_body else 0
    while left > 0:
        more = connection.recv(65536)
        data, left = data + more, left - len(more) if more else 0
    return data


def _discard(connection: socket.socket) -> None:
    """Read and drop a body up to its closing boundary, and accept it."""
    end, buffer = b"", bytearray(1 << 20)
    while not end.endswith(b"--\r\n"):
        size = connection.recv_into(buffer)
        if not size:
            return
        end = (end + buffer[max(0, size - 8) : size])[-8:]
    connection.sendall(ACCEPTED)


def _reset(connection: socket.socket) -> None:
    """End the connection with a TCP reset."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _http(status: int, body: bytes | Mapping[str, object] = b"", **headers: str) -> bytes:
    """An HTTP response; header names have underscores for hyphens."""
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(text)}", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + text


EVERY_EVENT = _http(200, {"offset": 0, "count": 0, "totalCount": 0, "result": [], "rehearsal": "every destination"})
ACCEPTED = _http(200, {"jobId": "15937380", "status": "success"})


@pytest.fixture(autouse=True)
def data_folder(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's data folder of one test, without a keyring, also for processes that the test starts."""
    folder = tmp_path_factory.mktemp("data")
    monkeypatch.setenv("XDG_DATA_HOME", str(folder))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    keyring.set_keyring(fail.Keyring())
    return folder


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command in this process; returns exit code, stdout, stderr."""

    def run(*arguments: object) -> tuple[int, str, str]:
        try:
            code = main([str(argument) for argument in arguments])
        except SystemExit as exit:
            code = int(exit.code or 0)
        return code, *capsys.readouterr()

    return run


@pytest.fixture(scope="session")
def commands() -> Iterator[Commands]:
    with Commands() as commands:
        yield commands


@pytest.fixture
def counting() -> Iterator[CountingServer]:
    with CountingServer() as server:
        yield server


@pytest.fixture
def user(commands: Commands, counting: CountingServer) -> Iterator[User]:
    """A user with an account on the counting server."""
    folder = new_folder()
    yield User(commands, counting, folder)
    shutil.rmtree(folder)


@pytest.fixture(autouse=True)
def no_secrets_of_other_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reset the masked secrets, which are global to the process: the token of one test may be a word in another."""
    monkeypatch.setattr("uploader.masking._SECRETS", {})


@pytest.fixture
def scripted() -> type[ScriptedServer]:
    return ScriptedServer


@pytest.fixture
def rehearsal() -> Iterator[Rehearsal]:
    with Rehearsal() as server:
        yield server


@pytest.fixture
def upload_file(tmp_path: Path) -> Path:
    path = tmp_path / "events.csv"
    path.write_bytes(b"Email,Date,Title\r\njo@example.com,01/25/2023,Webinar A\r\n")
    return path


FIELDS = {
    "destination": "Webinars",
    "firstrow": "Y",
    "fieldseparator": "COMMA",
    "quotecharacter": "DOUBLE_QUOTE",
    "customeventaction": "CUSTOM_ATTENDED",
    "emailcolidx": "0",
    "datecolidx": "1",
    "titlecolidx": "2",
    "titlecount": "1",
    "dateformat": "MM/dd/yyyy",
    "filename": "events.csv",
}


def _report(*, note: int | None = None, rows: int = 3, bad_rows: int = 0) -> Report:
    """A report on a file with three columns, or four with a note, and two new titles."""
    layout = ResolvedLayout(
        fieldseparator=Separator.COMMA,
        quotecharacter=Quote.DOUBLE_QUOTE,
        firstrow=FirstRow.Y,
        columns={"email": 0, "date": 1, "title": 2, **({"note": note} if note is not None else {})},
        dateformat=DateFormat("MM/dd/yyyy"),
        labels=("Email", "Date", "Title", "Note")[: 3 if note is None else 4],
    )
    titles = Titles({"Webinar A": 2, "Webinar B": 1, "Old": 1}, frozenset({"Old"}))
    return Report("events.csv", layout, rows, bad_rows, {}, {}, titles)


@pytest.fixture
def make_report() -> Callable[..., Report]:
    return _report


@pytest.fixture
def form() -> dict[str, str]:
    return dict(FIELDS)


@pytest.fixture
def http() -> Callable[..., bytes]:
    return _http


@pytest.fixture
def accepted() -> bytes:
    return ACCEPTED


@pytest.fixture
def reset() -> Callable[[socket.socket], None]:
    return _reset


@pytest.fixture
def discard() -> Callable[[socket.socket], None]:
    return _discard
