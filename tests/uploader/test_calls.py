"""Which requests are repeated: real sockets, and a clock that advances only while the client sleeps."""

from __future__ import annotations

import contextlib
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.processes import LONGEST
from tests.uploader.conftest import Http, Reply, ScriptedServer
from tests.uploader.test_client import TOKEN, Clock, assert_no_token
from uploader import Client, InDoubtError, Job, NotSentError, RefusedError, StatusError, TokenError
from uploader.errors import LOOK_FIRST, NothingSentInterrupt
from uploader.wire.attempts import recording

Servers = type[ScriptedServer]


class Renewable:
    """A source of tokens, a new one for each that was refused."""

    def __init__(self, *tokens: str) -> None:
        self.left = list(tokens)

    def access_token(self) -> str:
        return self.left[0]

    def renewed(self, stale: str) -> str | None:
        assert stale == self.left.pop(0)
        return self.left[0] if self.left else None


def client_of(server: Any, clock: Clock, token: Any = TOKEN, notices: list[str] | None = None) -> Client:
    notice = notices.append if notices is not None else lambda line: None
    return Client(token, base_url=server.url, sleep=clock.sleep, clock=clock, notice=notice)


def bearers(server: ScriptedServer) -> list[str]:
    return [request.partition(b"Bearer ")[2].partition(b"\r\n")[0].decode() for request in server.requests]


# Requests that never left


def test_a_request_that_never_left_is_repeated_three_times(form: dict[str, str], upload_file: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        host = f"127.0.0.1:{listener.getsockname()[1]}"
    clock, notices = Clock(), list[str]()
    client = Client(TOKEN, base_url=f"http://{host}", sleep=clock.sleep, clock=clock, notice=notices.append)
    with pytest.raises(NotSentError):
        client.upload(form, upload_file)
    assert clock.pauses == [1.0, 2.0, 4.0]
    assert notices == [f"{host}: connection refused; trying again in {n} s" for n in (1, 2, 4)]


def test_a_host_that_comes_back_gets_the_whole_upload_once(
    scripted: Servers,
    accepted: bytes,
    form: dict[str, str],
    upload_file: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lookup, failures = socket.getaddrinfo, [1, 2]

    def flaky(*args: Any, **kwargs: Any) -> Any:
        if failures:
            raise socket.gaierror(socket.EAI_AGAIN, f"no answer {failures.pop()}")
        return lookup(*args, **kwargs)

    with scripted(accepted) as server:
        monkeypatch.setattr(socket, "getaddrinfo", flaky)
        assert client_of(server, clock := Clock()).upload(form, upload_file) == Job("15937380")
    assert clock.pauses == [1.0, 2.0]
    (request,) = server.requests
    assert request.count(upload_file.read_bytes()) == 1


def test_no_pause_ends_after_the_timeout(form: dict[str, str], upload_file: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    clock = Clock()
    with pytest.raises(NotSentError):
        Client(TOKEN, base_url=url, sleep=clock.sleep, clock=clock).upload(form, upload_file, timeout=3.5)
    assert clock.pauses == [1.0, 2.0]


def test_a_reset_after_the_body_began_is_not_repeated(
    scripted: Servers, reset: Reply, accepted: bytes, form: dict[str, str], upload_file: Path
) -> None:
    with scripted(reset, accepted) as server, pytest.raises(InDoubtError):
        client_of(server, clock := Clock()).upload(form, upload_file)
    assert (len(server.requests), clock.pauses) == (1, [])


# 429


@pytest.mark.parametrize(
    ("headers", "pauses"),
    [
        ({}, [1.0, 2.0]),
        ({"Retry_After": "7"}, [7.0, 7.0]),
        ({"Retry_After": "0"}, [1.0, 1.0]),
        ({"Retry_After": "soon"}, [1.0, 2.0]),
        (
            {"Date": "Wed, 21 Oct 2015 07:28:00 GMT", "Retry_After": "Wed, 21 Oct 2015 07:28:30 GMT"},
            [30.0, 30.0],
        ),
        ({"Retry_After": "Wed, 21 Oct 2015 07:28:00 GMT"}, [1.0, 1.0]),
    ],
)
def test_a_429_is_waited_out(
    scripted: Servers,
    http: Http,
    accepted: bytes,
    form: dict[str, str],
    upload_file: Path,
    headers: dict[str, str],
    pauses: list[float],
) -> None:
    with scripted(http(429, **headers), http(429, **headers), accepted) as server:
        assert client_of(server, clock := Clock()).upload(form, upload_file) == Job("15937380")
    assert clock.pauses == pauses
    assert [request.count(upload_file.read_bytes()) for request in server.requests] == [1, 1, 1]


def test_a_429_beyond_the_timeout_is_not_sent(
    scripted: Servers, http: Http, form: dict[str, str], upload_file: Path
) -> None:
    notices = list[str]()
    busy = http(429, {"httpCode": "429", "httpMessage": "Too Many Requests"}, Retry_After="40", x_request_id="r-1")
    with scripted(busy, busy, busy) as server, pytest.raises(NotSentError) as caught:
        client_of(server, clock := Clock(), notices=notices).upload(form, upload_file, timeout=60)
    assert str(caught.value) == (
        "nothing was sent: HTTP 429: 429 - Too Many Requests (x-request-id r-1); too many calls: wait, then send again"
    )
    assert not isinstance(caught.value, RefusedError)
    assert clock.pauses == [40.0]
    assert notices == [f"{server.url[7:]}: too many calls (HTTP 429); trying again in 40 s"]


def test_ctrl_c_while_waiting_after_a_429_leaves_nothing_in_doubt(
    scripted: Servers, http: Http, form: dict[str, str], upload_file: Path
) -> None:
    def interrupt(seconds: float) -> None:
        raise KeyboardInterrupt

    with scripted(http(429)) as server, pytest.raises(NothingSentInterrupt):
        Client(TOKEN, base_url=server.url, sleep=interrupt).upload(form, upload_file)


# 401


def test_a_401_renews_the_token_once(
    scripted: Servers, http: Http, accepted: bytes, form: dict[str, str], upload_file: Path
) -> None:
    with scripted(http(401), accepted) as server:
        assert client_of(server, Clock(), Renewable("old", "new")).upload(form, upload_file) == Job("15937380")
    assert bearers(server) == ["old", "new"]


def test_a_second_401_is_a_refusal(
    scripted: Servers, http: Http, accepted: bytes, form: dict[str, str], upload_file: Path
) -> None:
    with scripted(http(401), http(401, b"you sent new"), accepted) as server, pytest.raises(RefusedError) as caught:
        client_of(server, Clock(), Renewable("old", "new", "newer")).upload(form, upload_file)
    assert bearers(server) == ["old", "new"]
    assert str(caught.value).startswith("refused, nothing was taken: HTTP 401: you sent ****; ")


def test_a_token_that_cannot_be_renewed_sends_nothing(
    scripted: Servers, http: Http, form: dict[str, str], upload_file: Path
) -> None:
    class Spent(Renewable):
        def renewed(self, stale: str) -> str | None:
            raise TokenError("log in again")

    with scripted(http(401)) as server, pytest.raises(TokenError):
        client_of(server, Clock(), Spent("old")).upload(form, upload_file)
    with scripted(http(401)) as server, pytest.raises(StatusError) as caught:
        client_of(server, Clock(), Spent("old")).status("7")
    assert str(caught.value) == "the status of job 7 cannot be read: log in again"
    assert not caught.value.passing


# Answers that come early, late, or byte by byte


def answering_early(answer: bytes, *, close: bool) -> Callable[[socket.socket], None]:
    """Answers before the body has arrived; closing with unread data makes the system send a reset."""

    def reply(connection: socket.socket) -> None:
        connection.sendall(answer)
        while not close and connection.recv(1 << 16):
            pass

    return reply


@pytest.fixture
def big_file(tmp_path: Path) -> Path:
    path = tmp_path / "big.csv"
    path.write_bytes(b"a,b,c\n" * 2_000_000)
    return path


INTERIM = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\nX-Y: z\r\n\r\n"


@pytest.mark.parametrize("before", [b"", b"HTTP/1.1 102 Processing\r\n\r\n", INTERIM])
def test_interim_answers_are_skipped(
    scripted: Servers, accepted: bytes, form: dict[str, str], upload_file: Path, before: bytes
) -> None:
    with scripted(before + accepted) as server:
        assert client_of(server, Clock()).upload(form, upload_file).job_id == "15937380"


@pytest.mark.parametrize("before", [b"", INTERIM])
@pytest.mark.parametrize("close", [True, False])
@pytest.mark.parametrize("status", [429, 401])
def test_a_refusal_during_the_upload_is_read(
    scripted: Servers, http: Http, form: dict[str, str], big_file: Path, close: bool, status: int, before: bytes
) -> None:
    early = answering_early(before + http(status, Retry_After="3"), close=close)
    with scripted(early, early, read_body=False) as server, pytest.raises(NotSentError) as caught:
        client_of(server, Clock()).upload(form, big_file, timeout=1)
    assert f"HTTP {status}: an empty body" in str(caught.value)
    assert len(server.requests) == 1


def test_a_refusal_by_a_server_that_stops_reading_is_read(
    scripted: Servers, http: Http, form: dict[str, str], big_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("uploader.wire.connection.SEND_TIMEOUT", 0.2)
    gone = threading.Event()

    def reply(connection: socket.socket) -> None:
        connection.sendall(http(413))
        gone.wait(LONGEST)

    with scripted(reply, read_body=False) as server, contextlib.ExitStack() as stack:
        stack.callback(gone.set)
        with pytest.raises(RefusedError) as caught:
            client_of(server, Clock()).upload(form, big_file)
    assert caught.value.status == 413


def test_an_answer_sent_byte_by_byte_times_out(
    scripted: Servers, accepted: bytes, form: dict[str, str], upload_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("uploader.delivery.client.UPLOAD_READ_TIMEOUT", 0.3)

    def drip(connection: socket.socket) -> None:
        with contextlib.suppress(OSError):  # the client may disconnect at any byte
            for byte in accepted:
                connection.sendall(bytes([byte]))
                time.sleep(0.05)

    with scripted(drip) as server, pytest.raises(InDoubtError) as caught:
        client_of(server, Clock()).upload(form, upload_file)
    assert str(caught.value) == (f"no answer after the upload began: {server.url[7:]}: timed out; {LOOK_FIRST}")
    assert_no_token(caught.value)


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate and its key for 127.0.0.1, in one file."""
    path = tmp_path / "server.pem"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=127.0.0.1"
    names = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(path), "-out", str(path) + ".crt"]
    subprocess.run([*command.split(), *names], check=True, capture_output=True)
    path.write_bytes(path.read_bytes() + path.with_name("server.pem.crt").read_bytes())
    return path


def test_over_tls_a_refusal_during_the_upload_is_read(
    http: Http, form: dict[str, str], big_file: Path, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    taken = []

    def serve() -> None:
        connection, _address = listener.accept()
        with context.wrap_socket(connection, server_side=True) as secure:
            secure.recv(1000)
            secure.sendall(http(401))
            with contextlib.suppress(OSError):  # it lingers, as servers do; otherwise the answer may be lost
                while block := secure.recv(1 << 16):
                    taken.append(len(block))

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(daemon=True, target=serve)
        thread.start()
        url = f"https://127.0.0.1:{listener.getsockname()[1]}"
        client = Client(TOKEN, base_url=url, session=requests.Session(), sleep=Clock().sleep)
        with pytest.raises(RefusedError) as caught:
            client.upload(form, big_file)
        thread.join(LONGEST)
    assert caught.value.status == 401
    assert sum(taken) < big_file.stat().st_size


def test_ctrl_c_after_the_answer_came_is_in_doubt(
    scripted: Servers, accepted: bytes, form: dict[str, str], upload_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*args: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("uploader.acton.jobs.job_from_upload", interrupt)
    with scripted(accepted) as server, pytest.raises(InDoubtError) as caught:
        client_of(server, Clock()).upload(form, upload_file)
    assert str(caught.value) == f"interrupted while sending; {LOOK_FIRST}"


def test_an_untrusted_certificate_sends_nothing(form: dict[str, str], upload_file: Path, certificate: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    received = []

    def serve() -> None:
        for _ in range(4):
            connection, _address = listener.accept()
            with connection, contextlib.suppress(ssl.SSLError):
                received.append(context.wrap_socket(connection, server_side=True).recv(1000))

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(daemon=True, target=serve)
        thread.start()
        host = f"127.0.0.1:{listener.getsockname()[1]}"
        with pytest.raises(NotSentError) as caught:
            Client(TOKEN, base_url=f"https://{host}", sleep=Clock().sleep).upload(form, upload_file)
        thread.join(LONGEST)
    assert received == []
    assert str(caught.value).startswith(f"nothing was sent: {host}: [SSL: CERTIFICATE_VERIFY_FAILED] ")


# Attempts for support


def test_every_attempt_is_recorded_without_secrets(
    scripted: Servers, http: Http, accepted: bytes, form: dict[str, str], upload_file: Path
) -> None:
    done = http(200, {"details": {"status": "ok", "appendCount": 1, "rejectedCount": 0}}, x_request_id=f"r-3 {TOKEN}")
    busy = http(429, b"wait, jo@example.com", x_request_id="r-1")
    replies = [busy, http(401, f"not {TOKEN}".encode(), x_global_transaction_id="g-2"), accepted, done]
    with scripted(*replies) as server, recording() as attempts:
        client = client_of(server, Clock(), Renewable(TOKEN, "another-token"))
        client.wait(client.upload(form, upload_file).job_id)
        with recording() as inner:
            pass
    upload, status = "/api/1/customevents", "/api/1/customevents/15937380/status"
    assert [(one.method, one.path, one.status, dict(one.request_ids), one.error) for one in attempts] == [
        ("POST", upload, 429, {"x-request-id": "r-1"}, "wait, ****"),
        ("POST", upload, 401, {"x-global-transaction-id": "g-2"}, "not ****"),
        ("POST", upload, 200, {}, ""),
        ("GET", status, 200, {"x-request-id": "r-3 ****"}, ""),
    ]
    assert inner == []
    assert all(0 <= one.seconds < 60 for one in attempts)
    assert [one.when for one in attempts] == sorted(one.when for one in attempts)
    assert datetime.fromisoformat(attempts[0].when).utcoffset() == timedelta(0)
    assert asdict(attempts[0]) == {
        "when": attempts[0].when,
        "method": "POST",
        "path": upload,
        "status": 429,
        "seconds": attempts[0].seconds,
        "request_ids": {"x-request-id": "r-1"},
        "error": "wait, ****",
    }


def test_attempts_without_an_answer_say_why(
    scripted: Servers, reset: Reply, form: dict[str, str], upload_file: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    clock = Clock()
    with recording() as attempts, pytest.raises(NotSentError):
        Client(TOKEN, base_url=url, sleep=clock.sleep, clock=clock).upload(form, upload_file)
    assert [(one.status, one.error) for one in attempts] == [(None, "connection refused")] * 4
    with scripted(reset) as server, recording() as attempts, pytest.raises(InDoubtError):
        client_of(server, clock).upload(form, upload_file)
    assert [(one.status, one.error) for one in attempts] == [(None, "the connection broke off")]


def test_the_attempts_of_two_threads_are_kept_apart(
    scripted: Servers, http: Http, form: dict[str, str], upload_file: Path
) -> None:
    found: dict[int, list[int | None]] = {}

    def send(status: int) -> None:
        with scripted(http(status)) as server, recording() as attempts, contextlib.suppress(RefusedError):
            client_of(server, Clock()).upload(form, upload_file)
        found[status] = [one.status for one in attempts]

    threads = [threading.Thread(daemon=True, target=send, args=(status,)) for status in (400, 413)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LONGEST)
    assert found == {400: [400], 413: [413]}


# Redirects


@pytest.mark.parametrize("status", [300, 301, 302, 303, 304, 305, 306, 399])
def test_a_redirect_after_a_request_carried_out_is_in_doubt(
    scripted: Servers, http: Http, form: dict[str, str], upload_file: Path, status: int
) -> None:
    with scripted(http(status, Location="/done")) as server, pytest.raises(InDoubtError) as caught:
        client_of(server, Clock()).upload(form, upload_file)
    assert str(caught.value) == (
        f"the answer is not the documented one: HTTP {status}: a redirect to /done; redirects are not followed: check "
        f"the region or base URL; {LOOK_FIRST}"
    )
    assert len(server.requests) == 1


@pytest.mark.parametrize("status", [307, 308])
def test_a_redirect_that_asks_for_the_same_request_is_a_refusal(
    scripted: Servers, http: Http, form: dict[str, str], upload_file: Path, status: int
) -> None:
    with scripted(http(status, Location="/there")) as server, pytest.raises(RefusedError) as caught:
        client_of(server, Clock()).upload(form, upload_file)
    assert caught.value.status == status
