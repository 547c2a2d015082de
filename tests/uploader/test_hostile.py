"""Whatever a server sends: only our own errors, one line, no secret, bounded time, no false success."""

from __future__ import annotations

import base64
import contextlib
import gzip
import json
import logging
import socket
import time
import traceback
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.uploader.conftest import FIELDS, Http, ScriptedServer
from tests.uploader.test_client import Clock
from uploader import Client, InDoubtError, Job, NotSentError, RefusedError, StatusError, TokenError, UploaderError
from uploader.acton.jobs import MAX_COUNT, job_from_status, job_from_upload
from uploader.http.calls import Calls
from uploader.http.transport import ANSWER_LIMIT, send
from uploader.login.credentials import Credentials
from uploader.login.login import Login
from uploader.login.tokenstore import TokenStore
from uploader.masking import hide
from uploader.wire.answer import Answer
from uploader.wire.auth import Bearer

Servers = type[ScriptedServer]

TOKEN = "12345678-9abc-defg-hijk-secret"
PASSWORD = 'pass/w"ö&rd 7'


def client_of(url: str) -> Client:
    clock = Clock()
    return Client(TOKEN, base_url=url, sleep=clock.sleep, clock=clock)


def assert_ours(error: BaseException) -> None:
    """Assert that an error is one line, and that neither it nor a traceback or log holds a secret."""
    assert str(error).isprintable()
    chain: BaseException | None = error
    while chain is not None:
        told = "".join(traceback.format_exception(chain)) + repr(chain) + repr(chain.args)
        assert TOKEN not in told
        assert PASSWORD not in told
        chain = chain.__cause__ or chain.__context__


def closing(answer: bytes) -> Callable[[socket.socket], None]:
    """Send as much as possible, and close."""

    def reply(connection: socket.socket) -> None:
        with contextlib.suppress(OSError):  # the client may have disconnected
            connection.sendall(answer)
            connection.shutdown(socket.SHUT_WR)
            connection.settimeout(2)
            while connection.recv(1 << 16):
                pass

    return reply


STATUS_LINES = st.sampled_from(
    [
        b"HTTP/1.1 200 OK",
        b"HTTP/1.0 200",
        b"HTTP/1.1 201 Made",
        b"HTTP/1.1 204 No",
        b"HTTP/1.1 302 Found",
        b"HTTP/1.1 400 " + TOKEN.encode(),
        b"HTTP/1.1 503 Busy",
        b"HTTP/1.1 100 Go on",
        b"HTTP/1.1 103 Hints",
        b"HTTP/9 1",
        b"HTTP/1.1 99999999999999999999 x",
        b"HTTP/1.1 -1 x",
        b"ICY 200 OK",
        b"",
        TOKEN.encode(),
    ]
)
HEADERS = st.lists(
    st.sampled_from(
        [
            b"Content-Length: 5",
            b"Content-Length: -1",
            b"Content-Length: 1" + b"0" * 5000,
            b"Content-Length: 5, 6",
            b"Transfer-Encoding: chunked",
            b"Transfer-Encoding: gzip, chunked",
            b"Content-Encoding: gzip",
            b"Content-Encoding: deflate",
            b"Content-Encoding: br, br, br",
            b"Content-Type: text/html; charset=utf-16",
            b"Content-Type: multipart/mixed; boundary=x",
            b"Set-Cookie: a=b; expires=x; max-age=9e999",
            b"Set-Cookie: \xff",
            b"Retry-After: Wed, 21 Oct 2015 07:28:30 +99999999999999999999",
            b"Date: \x00",
            b"no header",
            b" folded",
            b"X-Request-Id: " + TOKEN.encode(),
            b"Location: https://" + TOKEN.encode() + b"@h/",
            b": ",
            b"\xff\xfe: \xff",
            b"Connection: keep-alive",
            b"Upgrade: h2c",
            b"Link: <x>; rel=next",
        ]
    ),
    max_size=5,
)
ACCEPTED = json.dumps({"jobId": "7", "status": "success"}).encode()
BODIES = st.sampled_from(
    [
        b"",
        b"5\r\nhello\r\n0\r\n\r\n",
        TOKEN.encode() + b"\r\n",
        b"<![x",
        b"<a " * 2000,
        b"[" * 5000,
        b'{"jobId":' + b"9" * 5000,
        ACCEPTED,
        gzip.compress(ACCEPTED),
        zlib.compress(ACCEPTED),
        TOKEN.encode("utf-16"),
        b"-1\r\n",
        b"fffffffffffffffff\r\n",
    ]
) | st.binary(max_size=60)
ANSWERS = st.builds(
    lambda line, headers, body: b"\r\n".join([line, *headers, b"", b""]) + body, STATUS_LINES, HEADERS, BODIES
) | st.binary(max_size=200)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ANSWERS)
def test_an_upload_and_its_status_survive_any_bytes(tmp_path: Path, caplog: Any, answer: bytes) -> None:
    caplog.set_level(logging.NOTSET)
    file = tmp_path / "events.csv"
    file.write_bytes(b"a,b,c\n")
    start = time.monotonic()
    with ScriptedServer(*[closing(answer)] * 9) as server:
        try:
            taken: Job | None = client_of(server.url).upload(FIELDS, file, timeout=1)
        except UploaderError as error:
            taken = None
            assert isinstance(error, InDoubtError | NotSentError)  # noqa: PT017
            assert_ours(error)
        assert taken is None or (taken == Job("7") and b" 20" in answer.partition(b"\r\n")[0])
        with contextlib.suppress(StatusError):
            assert client_of(server.url).status("7", timeout=1).final is False
    assert time.monotonic() - start < 20
    assert TOKEN not in caplog.text


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ANSWERS)
def test_a_login_survives_any_bytes(tmp_path: Path, answer: bytes) -> None:
    hide(TOKEN)
    with ScriptedServer(*[closing(answer)] * 9) as server:
        clock = Clock()
        calls = Calls(server.url, sleep=clock.sleep, clock=clock)
        with pytest.raises(NotSentError) as caught:
            Login(calls, TokenStore(server.url, tmp_path / "l")).log_in(
                Credentials("an-id", "a-secret-7", "jo", PASSWORD)
            )
    assert_ours(caught.value)


@settings(max_examples=500)
@given(
    st.integers(100, 999),
    st.dictionaries(st.sampled_from(["content-type", "retry-after", "date", "location"]), st.text(max_size=60)),
    st.binary(max_size=300) | BODIES,
)
def test_every_answer_has_a_message_a_pause_and_a_job_or_none(
    status: int, headers: dict[str, str], body: bytes
) -> None:
    said = Answer(status, headers, body)
    assert said.words.isprintable()
    assert len(said.words) < 8_000
    pause = said.retry_after
    assert pause is None or 0 <= pause < 1e9
    assert job_from_upload(said) in (None, Job("7"))
    job = job_from_status("7", said)
    assert job is None or (job.append_count or 0) <= MAX_COUNT


# Single cases


@pytest.mark.parametrize(
    "page",
    [
        b"<a " * 20000,
        b"<![x",
        b"<!",
        b"<!--" * 20000,
        b"<script>" * 20000,
        b"<" * 100000,
        b"&#" + b"9" * 100000 + b";",
        b"&" * 100000,
        b"<p>&lt;" * 20000,
        b"<style",
        b"<?",
        b"</",
        b"<a href='" + b"'" * 50000,
    ],
)
def test_a_hostile_page_is_read_quickly(scripted: Servers, http: Http, upload_file: Path, page: bytes) -> None:
    """`<a ` twenty thousand times once took forty seconds; no page may take a second."""
    start = time.monotonic()
    with scripted(http(502, page, Content_Type="text/html")) as server, pytest.raises(InDoubtError) as caught:
        client_of(server.url).upload(FIELDS, upload_file)
    assert str(caught.value).startswith("the answer is not the documented one: HTTP 502: an HTML page: ")
    assert time.monotonic() - start < 5


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Retry_After", "Wed, 21 Oct 2015 07:28:30 +99999999999999999999"),
        ("Date", "Wed, 21 Oct 2015 07:28:30 +9999999999"),
        ("Retry_After", "Fri, 31 Dec 9999 23:59:59 -2359"),
        ("Retry_After", "9" * 5000),
        ("Retry_After", "Mon, 1 Jan 0001 00:00:00 +2359"),
    ],
)
def test_a_date_out_of_range_is_none(scripted: Servers, http: Http, upload_file: Path, name: str, value: str) -> None:
    headers = {"Retry_After": "Wed, 21 Oct 2015 07:28:30 GMT", name: value}
    with scripted(*[http(429, **headers)] * 9) as server, pytest.raises(NotSentError, match="too many calls"):
        client_of(server.url).upload(FIELDS, upload_file, timeout=2)


@pytest.mark.parametrize("count", [2**63, 10**30, -1, 1.5, True, "9" * 19, "1e3", None, [2], {"n": 2}])
def test_a_count_too_large_for_the_ledger_is_none(count: object) -> None:
    body = json.dumps({"status": "success", "details": {"status": "ok", "appendCount": count, "rejectedCount": 0}})
    assert job_from_status("7", Answer(200, {}, body.encode())) == Job("7", "ok", None, 0)
    assert MAX_COUNT == 2**63 - 1


@pytest.mark.parametrize(
    "body",
    [
        b'{"errorCode": ' + b"[" * 900 + b"]" * 900 + b"}",
        b'{"error": ' + b'{"a":' * 900 + b"1" + b"}" * 900 + b"}",
        b'{"errorCode": ' + b"9" * 4299 + b"}",
    ],
)
def test_a_deeply_nested_error_has_a_message(body: bytes) -> None:
    assert Answer(400, {}, body).words.isprintable()


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 100 Go on\r\n\r\n" * 3000,
        b"HTTP/1.1 200 OK\r\n" + b"X-A: b\r\n" * 100_000 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nX-A: " + b"b" * 10_000_000 + b"\r\n\r\n",
        b"<html>an answer of HTTP/0.9</html>",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + TOKEN.encode() + b"\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello",
        b"HTTP/1.1 " + TOKEN.encode() + b" OK\r\n\r\n",
        TOKEN.encode() + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\nContent-Length: 20\r\n\r\n" + ACCEPTED,
    ],
    ids=["1xx", "headers", "a long header", "0.9", "chunk size", "no gzip", "status", "status line", "two lengths"],
)
def test_an_unreadable_answer_is_in_doubt(scripted: Servers, upload_file: Path, answer: bytes) -> None:
    with scripted(closing(answer)) as server, pytest.raises(InDoubtError) as caught:
        client_of(server.url).upload(FIELDS, upload_file)
    assert len(server.requests) == 1
    assert len(str(caught.value)) < 600
    assert_ours(caught.value)


def test_a_compression_bomb_is_not_unpacked(scripted: Servers, http: Http, upload_file: Path) -> None:
    bomb = gzip.compress(b"\0" * 200_000_000, compresslevel=9)
    with scripted(closing(http(500, bomb, Content_Encoding="gzip"))) as server, pytest.raises(InDoubtError):
        client_of(server.url).upload(FIELDS, upload_file)


def test_no_more_of_an_answer_is_read_than_the_limit(scripted: Servers, http: Http) -> None:
    with scripted(closing(http(200, b"x" * (ANSWER_LIMIT + 1)))) as server, requests.Session() as session:
        answer = send(session, "GET", server.url, Bearer(""), timeout=(20, 20))
    assert answer.body == b"x" * ANSWER_LIMIT


@pytest.mark.parametrize(
    ("status", "body", "headers"),
    [
        (400, json.dumps({"errorCode": 1, "message": f"bad {PASSWORD} {TOKEN}"}).encode(), {}),
        (400, json.dumps({"errorCode": 1, "message": f"bad {PASSWORD}"}).replace("/", "\\/").encode(), {}),
        (400, b'{"oddly": "pass\\/w\\"\\u00f6\\u0026rd 7"}', {}),
        (400, b"<p>pass/w&quot;&ouml;&amp;rd 7</p>", {"Content_Type": "text/html"}),
        (400, f"<p>{PASSWORD}</p>".encode("utf-16"), {"Content_Type": "text/html"}),
        (400, f"{PASSWORD} {TOKEN}".encode("utf-16-le"), {}),
        (400, f"{PASSWORD}".encode("latin-1"), {}),
        (400, b"pass%2Fw%22%C3%B6%26rd+7", {}),
        (400, b"x" * 280 + TOKEN.encode(), {}),
        (302, b"", {"Location": f"https://h/?token={TOKEN}"}),
        (400, b"", {"x_request_id": f"{TOKEN}", "x_global_transaction_id": f"a{TOKEN[:20]}"}),
        (200, json.dumps({"jobId": TOKEN, "status": "success"}).encode(), {}),
    ],
)
def test_no_echo_of_a_secret_is_shown(
    scripted: Servers, http: Http, upload_file: Path, status: int, body: bytes, headers: dict[str, str]
) -> None:
    hide(PASSWORD)
    with scripted(http(status, body, **headers)) as server, pytest.raises((InDoubtError, RefusedError)) as caught:
        client_of(server.url).upload(FIELDS, upload_file)
    assert_ours(caught.value)
    assert "****" in str(caught.value)
    assert not [piece for piece in ("12345678", "pass", "rd 7") if piece in str(caught.value)]


def test_a_job_s_word_does_not_bring_a_secret_into_the_ledger() -> None:
    hide(TOKEN)
    body = json.dumps({"status": "success", "details": {"status": f"failed for {TOKEN}"}}).encode()
    assert job_from_status("7", Answer(200, {}, body)) == Job("7", "failed for ****")
    assert TOKEN not in repr(Answer(200, {"x": TOKEN}, body))


# Proxies


@pytest.mark.parametrize(
    "proxy",
    [
        "http://u:p@",
        "u:proxy-pass-1@",
        "://",
        "http://u:proxy-pass-1@[::1",
        "http://h:99999",
        "http://.h",
        "http://x y",
    ],
)
def test_a_malformed_proxy_setting_is_one_line(proxy: str, upload_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    clock = Clock()
    with pytest.raises(NotSentError) as caught:
        Client(TOKEN, base_url="https://act-on.invalid", sleep=clock.sleep).upload(FIELDS, upload_file)
    assert str(caught.value) == (
        "nothing was sent: act-on.invalid: the proxy setting is not http://[USER:PASSWORD@]HOST:PORT; check the "
        "network and the base URL, then send again"
    )
    assert clock.pauses == []


def test_a_proxy_that_repeats_its_password_does_not_make_us_print_it(
    scripted: Servers, upload_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As given by the user, decoded, and as in the header."""
    basic = base64.b64encode(b"a-user:proxy/pass").decode()
    echo = f"HTTP/1.1 407 proxy%2Fpass proxy/pass {basic}\r\nContent-Length: 0\r\n\r\n".encode()
    with scripted(*[echo] * 4) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url.replace("http://", "http://a-user:proxy%2Fpass@"))
        notices: list[str] = []
        with pytest.raises(NotSentError) as caught:
            Client(TOKEN, base_url="https://act-on.invalid", sleep=Clock().sleep, notice=notices.append).upload(
                FIELDS, upload_file
            )
    assert f"Proxy-Authorization: Basic {basic}".encode().lower() in proxy.requests[0].lower()
    assert "Tunnel connection failed: 407 **** **** ****" in str(caught.value)
    assert_ours(caught.value)
    assert all("proxy/pass" not in line and basic not in line for line in notices)


def test_a_password_in_a_login_s_answer_is_not_shown(scripted: Servers, http: Http, tmp_path: Path) -> None:
    said = {"error": "invalid_grant", "error_description": f"no user has {PASSWORD}, and a-secret-7"}
    with scripted(http(403, said)) as server, pytest.raises(TokenError) as caught:
        Login(Calls(server.url), TokenStore(server.url, tmp_path / "l")).log_in(
            Credentials("an-id", "a-secret-7", "jo", PASSWORD)
        )
    assert str(caught.value) == (
        f"not logged in to {server.url[7:]}: HTTP 403: invalid_grant - no user has ****, and ****; check the user name "
        "and password"
    )
