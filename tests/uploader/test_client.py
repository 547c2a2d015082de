"""The client against real sockets: requests, the meaning of answers, and that nothing is sent twice."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
import traceback
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import requests
from requests.adapters import HTTPAdapter
from urllib3 import Retry

from tests.processes import LONGEST
from tests.uploader.conftest import Http, Reply, ScriptedServer
from uploader.acton.endpoint import ACTON
from uploader.delivery.client import Client
from uploader.errors import (
    LOOK_FIRST,
    InDoubtError,
    NothingSentInterrupt,
    NotSentError,
    RefusedError,
    StatusError,
    TokenError,
    UsageError,
)
from uploader.model.job import Job
from uploader.sending.plan import _headers

TOKEN = "12345678-9abc-defg-hijk-secret"
ROOT = Path(__file__).parents[2]


class Clock:
    """A clock that advances only while the client sleeps."""

    def __init__(self) -> None:
        self.now = 0.0
        self.pauses: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds


def client_of(server: Any, clock: Any = None, **options: Any) -> Any:
    clock = clock or Clock()
    return Client(TOKEN, base_url=server.url, sleep=clock.sleep, clock=clock, **options)


def assert_no_token(error: Any) -> None:
    assert TOKEN not in "".join(traceback.format_exception(error)) + repr(error)


# Requests


def test_an_upload_carries_the_token_the_fields_and_the_file(
    scripted: type[ScriptedServer], accepted: bytes, form: dict[str, str], upload_file: Path
) -> None:
    with scripted(accepted) as server:
        assert client_of(server).upload(form, upload_file) == Job("15937380")
    (request,) = server.requests
    head, _, body = request.partition(b"\r\n\r\n")
    assert head.startswith(b"POST /api/1/customevents HTTP/1.1\r\n")
    assert f"Authorization: Bearer {TOKEN}".encode() in head.split(b"\r\n")
    assert b'form-data; name="destination"\r\n\r\nWebinars\r\n' in body
    assert b'form-data; name="file"; filename="events.csv"\r\nContent-Type: text/csv\r\n\r\nEmail,' in body
    assert b"Transfer-Encoding" not in head


def test_progress_ends_with_the_whole_body(
    scripted: type[ScriptedServer], accepted: bytes, form: dict[str, str], upload_file: Path
) -> None:
    told = []
    with scripted(accepted) as server:
        client_of(server).upload(form, upload_file, progress=lambda done, total: told.append((done, total)))
    done, total = told[-1]
    assert done == total == len(server.requests[0].partition(b"\r\n\r\n")[2])


def test_a_netrc_entry_does_not_replace_the_token(
    scripted: type[ScriptedServer],
    accepted: bytes,
    form: dict[str, str],
    upload_file: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password else\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    with scripted(accepted) as server:
        client_of(server, session=requests.Session()).upload(form, upload_file)
    assert f"Authorization: Bearer {TOKEN}\r\n".encode() in server.requests[0]


def test_a_proxy_in_the_environment_is_not_used_for_loopback(
    scripted: type[ScriptedServer],
    accepted: bytes,
    form: dict[str, str],
    upload_file: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("all_proxy", "http://127.0.0.1:9")
    with scripted(accepted) as server:
        assert client_of(server).upload(form, upload_file) == Job("15937380")


def test_a_proxy_in_the_environment_is_used_for_other_hosts(
    scripted: type[ScriptedServer], http: Http, form: dict[str, str], upload_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with scripted(*[http(407)] * 4) as proxy:
        monkeypatch.setenv("https_proxy", proxy.url)
        with pytest.raises(NotSentError) as caught:
            Client(TOKEN, base_url="https://act-on.invalid", sleep=Clock().sleep).upload(form, upload_file)
    assert proxy.requests[0].startswith(b"CONNECT act-on.invalid:443 HTTP/")
    assert TOKEN.encode() not in proxy.requests[0]
    assert str(caught.value).startswith("nothing was sent: act-on.invalid: Tunnel connection failed: 407")


def test_a_session_that_repeats_requests_does_not_repeat_an_upload(
    scripted: type[ScriptedServer], http: Http, form: dict[str, str], upload_file: Path
) -> None:
    session = requests.Session()
    session.mount("http://", HTTPAdapter(max_retries=Retry(5, status_forcelist=[503], allowed_methods=None)))
    with scripted(http(503), http(503)) as server, pytest.raises(InDoubtError):
        client_of(server, session=session).upload(form, upload_file)
    assert len(server.requests) == 1


# Answers to an upload


@pytest.mark.parametrize(
    ("status", "body", "headers", "message"),
    [
        (
            401,
            {"httpCode": "401", "httpMessage": "Unauthorized", "moreInformation": ""},
            {"x_request_id": "r-1"},
            "refused, nothing was taken: HTTP 401: 401 - Unauthorized (x-request-id r-1); the token is wrong or has "
            "expired (it lives an hour): get a new one",
        ),
        (
            400,
            {"errorCode": 10001, "message": "destination is required"},
            {"x_global_transaction_id": "g-2"},
            "refused, nothing was taken: HTTP 400: 10001 - destination is required (x-global-transaction-id g-2)"
            "; correct what the answer names, then send again",
        ),
        (
            403,
            {"error": "invalid_grant", "error_description": "Wrong email or password."},
            {},
            "refused, nothing was taken: HTTP 403: invalid_grant - Wrong email or password."
            "; correct what the answer names, then send again",
        ),
        (
            403,
            {"errorCode": "PUBLIC_API_FEATURE_NOT_ENABLED", "message": "no"},
            {},
            "refused, nothing was taken: HTTP 403: PUBLIC_API_FEATURE_NOT_ENABLED - no; the account has no API access, "
            "and only Act-On can turn it on",
        ),
        (
            413,
            b"<html><body><h1>Too Large</h1></body></html>",
            {"Content_Type": "text/html"},
            "refused, nothing was taken: HTTP 413: an HTML page: Too Large"
            "; correct what the answer names, then send again",
        ),
        (
            307,
            b"",
            {"Location": "https://elsewhere.example.com/"},
            "refused, nothing was taken: HTTP 307: a redirect to https://elsewhere.example.com/; redirects are not "
            "followed: check the region or base URL",
        ),
    ],
)
def test_a_refusal_shows_the_server_s_words(
    scripted: type[ScriptedServer],
    http: Http,
    form: dict[str, str],
    upload_file: Path,
    status: int,
    body: Any,
    headers: dict[str, str],
    message: str,
) -> None:
    with scripted(http(status, body, **headers)) as server, pytest.raises(RefusedError) as caught:
        client_of(server).upload(form, upload_file)
    assert (str(caught.value), caught.value.status) == (message, status)
    assert len(server.requests) == 1
    assert_no_token(caught.value)


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (200, b"", "HTTP 200: an empty body"),
        (200, b"<html>Welcome</html>", "HTTP 200: an HTML page: Welcome"),
        (200, {"status": "success"}, 'HTTP 200: {"status": "success"}'),
        (200, {"errorCode": 1, "message": "no"}, "HTTP 200: 1 - no"),
        (
            300,
            {"jobId": "1", "status": "success"},
            "HTTP 300: a redirect to nowhere; redirects are not followed: check the region or base URL",
        ),
        (500, {"httpCode": "500", "httpMessage": "Oops"}, "HTTP 500: 500 - Oops"),
        (502, b"", "HTTP 502: an empty body"),
        (504, {"jobId": "1", "status": "success"}, 'HTTP 504: {"jobId": "1", "status": "success"}'),
    ],
)
def test_any_other_answer_is_in_doubt(
    scripted: type[ScriptedServer],
    http: Http,
    form: dict[str, str],
    upload_file: Path,
    status: int,
    body: Any,
    words: str,
) -> None:
    with scripted(http(status, body)) as server, pytest.raises(InDoubtError) as caught:
        client_of(server).upload(form, upload_file)
    said = f"the answer is not the documented one: {words}; {LOOK_FIRST}"
    assert str(caught.value) == said
    assert len(server.requests) == 1


def test_a_redirect_is_not_followed(
    scripted: type[ScriptedServer], http: Http, accepted: bytes, form: dict[str, str], upload_file: Path
) -> None:
    with scripted(accepted) as elsewhere:
        with scripted(http(307, Location=elsewhere.url)) as server, pytest.raises(RefusedError):
            client_of(server).upload(form, upload_file)
        assert elsewhere.requests == []


def test_a_server_that_echoes_the_token_does_not_make_us_print_it(
    scripted: type[ScriptedServer], http: Http, form: dict[str, str], upload_file: Path
) -> None:
    with scripted(http(400, f"you sent Bearer {TOKEN}".encode())) as server, pytest.raises(RefusedError) as caught:
        client_of(server).upload(form, upload_file)
    assert str(caught.value) == (
        "refused, nothing was taken: HTTP 400: you sent Bearer ****; correct what the answer names, then send again"
    )


# Without an answer


def test_a_refused_connection_sends_nothing(form: dict[str, str], upload_file: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(NotSentError) as caught:
        Client(TOKEN, base_url=f"http://127.0.0.1:{port}", sleep=Clock().sleep).upload(form, upload_file)
    assert str(caught.value) == (
        f"nothing was sent: 127.0.0.1:{port}: connection refused; check the network and the base URL, then send again"
    )
    assert_no_token(caught.value)


def test_an_unknown_host_sends_nothing(
    form: dict[str, str], upload_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lookup(*args: Any, **kwargs: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    with pytest.raises(NotSentError) as caught:
        Client(TOKEN, base_url="https://act-on.invalid", sleep=Clock().sleep).upload(form, upload_file)
    assert str(caught.value) == (
        "nothing was sent: act-on.invalid: the host's name cannot be resolved; "
        "check the network and the base URL, then send again"
    )


def test_a_failed_tls_handshake_sends_nothing(form: dict[str, str], upload_file: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(daemon=True, target=_answer_in_plain_text, args=(listener,))
        thread.start()
        host = f"127.0.0.1:{listener.getsockname()[1]}"
        with pytest.raises(NotSentError) as caught:
            Client(TOKEN, base_url=f"https://{host}", sleep=Clock().sleep).upload(form, upload_file)
        thread.join(LONGEST)
    assert str(caught.value).startswith(f"nothing was sent: {host}: [SSL")
    assert str(caught.value).endswith("; check the network and the base URL, then send again")


def _answer_in_plain_text(listener: socket.socket) -> None:
    for _ in range(4):
        connection, _address = listener.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(b"HTTP/1.1 400 not TLS\r\n\r\n")


@pytest.mark.parametrize("read_body", [True, False])
def test_a_reset_after_the_body_began_is_in_doubt(
    scripted: type[ScriptedServer], reset: Reply, form: dict[str, str], tmp_path: Path, read_body: bool
) -> None:
    big = tmp_path / "big.csv"
    big.write_bytes(b"a,b,c\n" * 500_000)
    with scripted(reset, read_body=read_body) as server, pytest.raises(InDoubtError) as caught:
        client_of(server).upload(form, big)
    assert str(caught.value) == (
        f"no answer after the upload began: {server.url[7:]}: the connection broke off; {LOOK_FIRST}"
    )
    assert len(server.requests) == 1
    assert_no_token(caught.value)


def test_a_connection_closed_without_an_answer_is_in_doubt(
    scripted: type[ScriptedServer], form: dict[str, str], upload_file: Path
) -> None:
    with scripted(b"") as server, pytest.raises(InDoubtError) as caught:
        client_of(server).upload(form, upload_file)
    assert str(caught.value) == (
        f"no answer after the upload began: {server.url[7:]}: the connection broke off; {LOOK_FIRST}"
    )


def test_an_answer_cut_short_is_in_doubt(
    scripted: type[ScriptedServer], form: dict[str, str], upload_file: Path
) -> None:
    cut = b'HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"jobId": "1"'
    with scripted(cut) as server, pytest.raises(InDoubtError):
        client_of(server).upload(form, upload_file)


def test_an_answer_that_does_not_come_in_time_is_in_doubt(
    scripted: type[ScriptedServer], form: dict[str, str], upload_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("uploader.delivery.client.UPLOAD_READ_TIMEOUT", 0.05)
    with scripted(lambda connection: connection.recv(1)) as server, pytest.raises(InDoubtError) as caught:
        client_of(server).upload(form, upload_file)
    assert f"{server.url[7:]}: timed out; the upload may have arrived: " in str(caught.value)


def test_ctrl_c_while_the_body_leaves_is_in_doubt(
    scripted: type[ScriptedServer], accepted: bytes, form: dict[str, str], upload_file: Path
) -> None:
    def interrupt(done: int, total: int | None) -> None:
        raise KeyboardInterrupt

    with scripted(accepted) as server, pytest.raises(InDoubtError) as caught:
        client_of(server).upload(form, upload_file, progress=interrupt)
    assert str(caught.value) == f"interrupted while sending; {LOOK_FIRST}"


def test_ctrl_c_before_that_is_an_interrupt(
    form: dict[str, str], upload_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*args: Any, **kwargs: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(socket, "getaddrinfo", interrupt)
    with pytest.raises(NothingSentInterrupt):
        Client(TOKEN, base_url="https://act-on.invalid").upload(form, upload_file)


# Status


def test_status_requests_the_job(scripted: type[ScriptedServer], http: Http) -> None:
    details = {"status": "ok", "appendCount": 2, "rejectedCount": 0}
    with scripted(http(200, {"status": "success", "details": details})) as server:
        assert client_of(server).status("15937380") == Job("15937380", "ok", 2, 0)
    assert server.requests[0].startswith(b"GET /api/1/customevents/15937380/status HTTP/1.1\r\n")


@pytest.mark.parametrize(
    ("status", "body", "words", "passing"),
    [
        (
            404,
            {"errorCode": 10017, "message": "Invalid or expired Job Id"},
            "HTTP 404: 10017 - Invalid or expired Job Id",
            False,
        ),
        (
            200,
            {"errorCode": 10017, "message": "Invalid or expired Job Id"},
            "HTTP 200: 10017 - Invalid or expired Job Id",
            False,
        ),
        (200, b"<html>", "HTTP 200: an HTML page: no text", True),
        (
            302,
            b"",
            "HTTP 302: a redirect to nowhere; redirects are not followed: check the region or base URL",
            False,
        ),
        (
            401,
            b"",
            "HTTP 401: an empty body; the token is wrong or has expired (it lives an hour): get a new one",
            False,
        ),
        (500, b"", "HTTP 500: an empty body", True),
        (429, b"", "HTTP 429: an empty body", True),
    ],
)
def test_a_status_that_cannot_be_read_says_why(
    scripted: type[ScriptedServer], http: Http, status: int, body: Any, words: str, passing: bool
) -> None:
    with scripted(*[http(status, body)] * 9) as server, pytest.raises(StatusError) as caught:
        client_of(server).status("7")
    assert str(caught.value) == f"the status of job 7 cannot be read: {words}"
    assert caught.value.passing is passing


def test_a_malformed_job_id_is_not_requested() -> None:
    with pytest.raises(UsageError, match=r"^`\.\./token` is not a job id: letters, digits, `-` and `_` only$"):
        Client(TOKEN).status("../token")


def running(http: Http) -> Any:
    return http(200, {"status": "success", "details": {}})


def test_wait_retries_passing_errors_until_the_job_is_final(scripted: type[ScriptedServer], http: Http) -> None:
    clock = Clock()
    done = http(200, {"details": {"status": "ok", "appendCount": 1, "rejectedCount": 0}})
    again, late = http(429, Retry_After="2"), b""
    with scripted(running(http), http(503), again, running(http), late, running(http), done) as server:
        assert client_of(server, clock).wait("7") == Job("7", "ok", 1, 0)
    assert clock.pauses == [0.25, 0.375, 2.0, 0.5625, 1.0, 0.84375]


def test_wait_times_out_with_the_last_state_of_the_job(scripted: type[ScriptedServer], http: Http) -> None:
    clock = Clock()
    with scripted(*[running(http)] * 9) as server:
        assert client_of(server, clock).wait("7", timeout=3) == Job("7")
    assert clock.now == pytest.approx(3)


def test_wait_times_out_with_the_last_error(scripted: type[ScriptedServer], http: Http) -> None:
    with scripted(running(http), http(500)) as server, pytest.raises(StatusError) as caught:
        client_of(server).wait("7", timeout=0.25)
    assert str(caught.value) == "the status of job 7 cannot be read: HTTP 500: an empty body"


def test_wait_stops_at_once_when_the_job_is_unknown(scripted: type[ScriptedServer], http: Http) -> None:
    with scripted(http(404), running(http)) as server, pytest.raises(StatusError):
        client_of(server).wait("7")
    assert len(server.requests) == 1


# Arguments of a client


@pytest.mark.parametrize(
    ("token", "message"),
    [
        ("", "the token is empty"),
        ("Bearer abc", "the token begins with `Bearer `: give the token alone"),
        ("abc\r\nX: y", "the token holds a blank, a line break or another character that no token has; copy it again"),
        ("abc ", "the token holds a blank, a line break or another character that no token has; copy it again"),
        ("tokén", "the token holds a blank, a line break or another character that no token has; copy it again"),
    ],
)
def test_a_token_that_no_header_can_carry_is_refused(token: str, message: str) -> None:
    with pytest.raises(TokenError) as caught:
        Client(token)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    "url",
    [
        "https://api.actonsoftware.com",
        "https://api-eu.actonsoftware.com/",
        "https://gateway.example.com:8443/acton",
        "http://localhost:8080",
        "http://127.0.0.1:1",
        "http://127.9.9.9",
        "http://[::1]:8080",
    ],
)
def test_https_or_loopback_is_a_base_url(url: str) -> None:
    assert Client(TOKEN, base_url=url).base_url == url.rstrip("/")


@pytest.mark.parametrize(
    ("url", "message"),
    [
        (
            "http://api.actonsoftware.com",
            "the base URL `http://api.actonsoftware.com` is not HTTPS: only a loopback address may go without",
        ),
        (
            "http://127.0.0.1.example.com",
            "the base URL `http://127.0.0.1.example.com` is not HTTPS: only a loopback address may go without",
        ),
        (
            "https://jo:secret@example.com",
            "the base URL must hold no user name or password (`@`); the token comes from the environment",
        ),
        ("", "the base URL `` is not valid: give https://HOST"),
        ("api.actonsoftware.com", "the base URL `api.actonsoftware.com` is not valid: give https://HOST"),
        ("ftp://example.com", "the base URL `ftp://example.com` is not valid: give https://HOST"),
        ("https://", "the base URL `https://` is not valid: give https://HOST"),
        (
            "https://example.com/?a=b",
            "the base URL `https://example.com/?a=b` is not valid: give https://HOST, without query or fragment",
        ),
        (
            "https://example.com\\x",
            "the base URL `https://example.com\\\\x` is not valid: give https://HOST, without query or fragment",
        ),
        ("https://example.com:x", "the base URL `https://example.com:x` is not valid: "),
        ("https://[::1", "the base URL `https://[::1` is not valid: "),
    ],
)
def test_any_other_base_url_is_refused(url: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        Client(TOKEN, base_url=url)
    assert str(caught.value).startswith(message)
    assert "secret" not in str(caught.value)


def test_calls_are_counted_for_the_user_of_the_login(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Any] = []
    monkeypatch.setattr("uploader.delivery.client.limits_at", lambda *given, **_: told.append(given))
    Client(SimpleNamespace(access_token=str, renewed=str, username="jo@example.com"))
    Client(TOKEN)
    assert [given[2] for given in told] == ["jo@example.com", ""]


def test_the_token_is_in_no_repr() -> None:
    client = Client(TOKEN)
    assert repr(client) == "Client(token=****, base_url='https://api.actonsoftware.com')"
    assert TOKEN not in repr(vars(client)).replace(repr(TOKEN), "")


def test_an_unreadable_file_is_reported(form: dict[str, str], tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"cannot read `.*none\.csv`: No such file or directory"):
        Client(TOKEN).upload(form, tmp_path / "none.csv")


def test_the_planned_headers_are_those_sent(
    scripted: type[ScriptedServer], accepted: bytes, form: dict[str, str], upload_file: Path
) -> None:
    with scripted(accepted) as server:
        planned = _headers(server.url, form, upload_file, ACTON)
        client_of(server).upload(form, upload_file)
    head = server.requests[0].partition(b"\r\n\r\n")[0].decode().split("\r\n")[1:]
    left = dict(line.split(": ", 1) for line in head if not line.startswith("Host:"))
    assert planned.pop("Authorization") == "Bearer ****"
    assert left.pop("Authorization") == f"Bearer {TOKEN}"
    boundary = "Content-Type"
    assert planned.pop(boundary).partition("=")[0] == left.pop(boundary).partition("=")[0]
    assert planned == left


MEMORY = """
import sys
from pathlib import Path
from uploader.delivery.client import Client

def peak():
    return int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0])

client = Client("t", base_url=sys.argv[1])
fields = {"destination": "d", "filename": "big.csv"}
client.upload(fields, sys.argv[2])
before = peak()
client.upload(fields, sys.argv[3])
print(peak() - before)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak is read from /proc")
def test_memory_stays_flat(
    scripted: type[ScriptedServer], accepted: bytes, upload_file: Path, tmp_path: Path, discard: Reply
) -> None:
    """After a small upload, 200 MB more raise the peak by next to nothing (KiB).

    The peak is the kernel's VmHWM: `ru_maxrss` would begin with that of the test process.
    """
    big = tmp_path / "big.csv"
    with big.open("wb") as stream:
        stream.truncate(200_000_000)
    with scripted(discard, discard, read_body=False) as server:
        command = [sys.executable, "-c", MEMORY, server.url, str(upload_file), str(big)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert int(done.stdout) < 16 * 1024
