"""A server's text is harmless where it is printed, and an upload goes on whatever happens to the streams."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import pty
import shlex
import socket
import subprocess
import sys
import termios
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.preflight.test_streams import HOSTILE, TEXTS, is_harmless
from tests.processes import LONGEST, running
from tests.uploader.conftest import Http, ScriptedServer
from tests.uploader.user import COLUMNS
from uploader.cli.main import main
from uploader.rehearsal.server import Rehearsal

ROOT = Path(__file__).parents[2]
GOOD = b"Email,Date,Title\r\njo@example.com,01/25/2023,Webinar A\r\n"
AS = ["--destination", "W", "--customeventaction", "CUSTOM_ATTENDED", *COLUMNS]


@pytest.fixture(autouse=True)
def events(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("ACTON_ACCESS_TOKEN", "made-up")
    path = tmp_path / "events.csv"
    path.write_bytes(GOOD)
    return path


ANSWERS: list[Callable[[Http, str], bytes]] = [
    lambda http, text: http(400, {"errorCode": text, "message": text}),
    lambda http, text: http(401, {"httpCode": text, "httpMessage": text, "moreInformation": text}),
    lambda http, text: http(500, f"<html>{text}".encode("utf-8", "replace"), Content_Type="text/html"),
    lambda http, text: http(200, {"jobId": text, "status": "success"}),
    lambda http, text: http(400, text.encode("utf-8", "replace")),
    lambda http, text: http(307, Location="-").replace(
        b": -", b": " + "".join(text.split()).encode("latin-1", "replace")
    ),
    lambda http, text: http(400, X_Request_Id="-").replace(b": -", b": " + text.encode("utf-16", "surrogatepass")),
]


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(TEXTS | st.just(HOSTILE), st.sampled_from(ANSWERS), st.sampled_from([[], ["--json"]]))
def test_no_answer_controls_the_terminal(
    events: Path,
    scripted: type[ScriptedServer],
    http: Http,
    capsys: pytest.CaptureFixture[str],
    text: str,
    answer: Callable[[Http, str], bytes],
    options: list[str],
) -> None:
    with scripted(answer(http, text), answer(http, text)) as server:
        code = main(["send", str(events), *AS, "--base-url", server.url, "--again", "--timeout", "0", *options])
    out, err = capsys.readouterr()
    assert code in (3, 4)
    assert is_harmless(out)
    assert is_harmless(err)
    assert err.startswith("uploader: ")
    if options:
        assert out.isascii()
        json.loads(out)
    assert main(["history"]) == 0
    assert is_harmless(capsys.readouterr().out)


STATUSES = {"status": HOSTILE, "appendCount": HOSTILE, "message": HOSTILE}


def test_no_status_or_list_controls_the_terminal(
    events: Path, scripted: type[ScriptedServer], http: Http, accepted: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    listed = http(200, {"totalCount": 1, "result": [{"name": "w\n\u202e\x9b\u2028"}]})
    refused = http(403, {"httpCode": HOSTILE, "httpMessage": HOSTILE})
    with scripted(
        listed, refused, accepted, http(200, {"status": "success", "details": STATUSES}), lists=True
    ) as server:
        sending = ["send", str(events), *AS, "--base-url", server.url, "--timeout", "0"]
        assert main(sending) == 3
        assert main(sending) == 4
    out, err = capsys.readouterr()
    assert is_harmless(out + err)
    assert "; its only one is `w\\n\\u202e\\x9b\\u2028`. " in err
    assert "was not looked up among the custom events: HTTP 403" in err


def test_a_ledger_s_name_is_harmless(events: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ledger = tmp_path / "\x9b::x\u202e\n##[group].sqlite3"
    with Rehearsal(faults=["upload:500"]) as server:
        assert main(["send", str(events), *AS, "--base-url", server.url, "--ledger", str(ledger)]) == 4
    assert main(["history", "--ledger", str(ledger)]) == 0
    out, err = capsys.readouterr()
    assert is_harmless(out + err)
    assert "\\302\\233" in err


# Streams that fail during an upload


@contextlib.contextmanager
def sending(events: Path, url: str, how: str, **options: Any) -> Iterator[subprocess.Popen[bytes]]:
    """`uploader send` started by a shell: `how` are the words before and after it."""
    before, _, after = how.partition("SEND")
    command = [sys.executable, "-m", "uploader", "send", str(events), *AS, "--base-url", url]
    with running(["sh", "-c", f"{before} {shlex.join(command)} {after}"], cwd=ROOT, **options) as process:
        yield process


CLOSED = ["exec SEND 2>&-", "exec SEND 2>/dev/full", "exec SEND >&- 2>&-", "exec SEND >/dev/full 2>&1"]


@pytest.mark.parametrize("how", CLOSED)
def test_a_closed_stderr_changes_nothing(
    how: str, events: Path, scripted: type[ScriptedServer], http: Http, accepted: bytes
) -> None:
    done = http(200, {"status": "success", "details": {"status": "ok", "appendCount": 1, "rejectedCount": 0}})
    with scripted(http(403), http(429, Retry_After="1"), accepted, done, lists=True) as server:
        with sending(events, server.url, how, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            assert process.wait(timeout=LONGEST) == 0
        assert len(server.requests) == 4


def test_a_closed_reader_of_both_streams_changes_nothing(
    events: Path, scripted: type[ScriptedServer], http: Http, accepted: bytes
) -> None:
    done = http(200, {"status": "success", "details": {"status": "ok", "appendCount": 1, "rejectedCount": 0}})
    gone = threading.Event()

    def late(connection: socket.socket) -> None:
        gone.wait(LONGEST)
        connection.sendall(http(429, Retry_After="1"))

    with scripted(late, accepted, done) as server:
        reading, writing = os.pipe()
        with sending(events, server.url, "exec SEND", stdout=writing, stderr=writing) as process:
            os.close(writing)
            os.close(reading)
            gone.set()
            assert process.wait(timeout=LONGEST) == 0


@pytest.mark.parametrize(("how", "code"), [("trap '' HUP; exec SEND --yes", 0), ("exec SEND --yes", 4)])
def test_a_terminal_that_hangs_up_ends_a_send_in_good_order_or_not_at_all(
    how: str, code: int, events: Path, scripted: type[ScriptedServer], http: Http, accepted: bytes, tmp_path: Path
) -> None:
    """The upload is in progress when it does; a command started with `nohup` goes on."""
    done = http(200, {"status": "success", "details": {"status": "ok", "appendCount": 1, "rejectedCount": 0}})
    arrived, gone = threading.Event(), threading.Event()

    def late(connection: socket.socket) -> None:
        arrived.set()
        gone.wait(LONGEST)
        if code == 0:
            connection.sendall(http(429, Retry_After="1"))
        else:
            connection.recv(1)

    temporary = tmp_path / "temporary"
    temporary.mkdir()
    environment = {**os.environ, "TMPDIR": str(temporary)}
    with scripted(late, accepted, done) as server:
        ours, its = pty.openpty()
        terminal: dict[str, Any] = {"stdin": its, "stdout": its, "stderr": its, "start_new_session": True}
        terminal["preexec_fn"] = lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0)  # its controlling terminal
        with sending(events, server.url, how, env=environment, **terminal) as process:
            os.close(its)
            assert arrived.wait(LONGEST)
            os.close(ours)
            gone.set()
            assert process.wait(timeout=LONGEST) == code
    assert list(temporary.iterdir()) == []


def test_a_send_whose_streams_failed_is_in_the_ledger(events: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with (
        Rehearsal(faults=["upload:400"]) as server,
        sending(events, server.url, "exec SEND >/dev/full 2>/dev/full") as process,
    ):
        assert process.wait(timeout=LONGEST) == 3
    assert main(["history", "--json"]) == 0
    assert [entry["outcome"] for entry in json.loads(capsys.readouterr().out)] == ["refused"]
