"""Others lose access to the ledger, its side files and a login, with a notice."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.preflight.test_leftovers import until
from tests.processes import LONGEST, interrupted, running
from tests.uploader.conftest import ACCEPTED, ScriptedServer, _http
from tests.uploader.user import COLUMNS, LAYOUT
from uploader import Client, Ledger, send
from uploader.cli.main import main
from uploader.ledger.path import user_ledger
from uploader.ledger.privacy import make_private
from uploader.rehearsal.server import Rehearsal

ROOT = Path(__file__).parents[2]
AS = ["--destination", "W", "--customeventaction", "CUSTOM_ATTENDED", *COLUMNS]

pytestmark = pytest.mark.skipif(os.name == "nt", reason="there are no such modes")


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_the_user_s_ledger_folder_and_login_become_private_with_a_notice(capsys: pytest.CaptureFixture[str]) -> None:
    path = user_ledger()
    Ledger(path).database.close()
    others = [path.with_name(path.name + end) for end in ("-journal", ".login-api.actonsoftware.com.json")]
    for one in (*others, unrelated := path.with_name("unrelated")):
        one.write_text("")
    for one in (path.parent, path, *others, unrelated):
        one.chmod(0o755 if one == path.parent else 0o644)
    assert main(["history"]) == 0
    told = [f"uploader: `{one}` could be read by others: it is private now\n" for one in (path.parent, path, *others)]
    assert capsys.readouterr().err == "".join(told)
    assert [mode(one) for one in (path.parent, path, *others, unrelated)] == [0o700, 0o600, 0o600, 0o600, 0o644]
    assert main(["history"]) == 0
    assert capsys.readouterr().err == ""


def test_a_ledger_opened_in_python_becomes_private_with_a_notice(tmp_path: Path) -> None:
    heard: list[str] = []
    own, other = user_ledger(), tmp_path / "other.sqlite3"
    for path in (own, other):
        Ledger(path, notice=heard.append).database.close()
        assert mode(path) == 0o600
        path.chmod(0o644)
        path.parent.chmod(0o755)
    assert heard == []
    for path in (own, other):
        Ledger(path, notice=heard.append).database.close()
    assert heard == [f"`{path}` could be read by others: it is private now" for path in (own.parent, own, other)]
    assert [mode(path) for path in (own.parent, own, other.parent, other)] == [0o700, 0o600, 0o755, 0o600]


def test_a_ledger_elsewhere_becomes_private_and_its_folder_stays(tmp_path: Path) -> None:
    path = tmp_path / "led*ger.sqlite3"
    Ledger(path).database.close()
    path.chmod(0o660)
    tmp_path.chmod(0o755)
    heard: list[str] = []
    make_private(path, heard.append)
    make_private(tmp_path / "missing.sqlite3", heard.append)
    assert heard == [f"`{path}` could be read by others: it is private now"]
    assert (mode(path), mode(tmp_path)) == (0o600, 0o755)


def test_a_file_that_cannot_be_changed_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "ledger.sqlite3"
    path.touch(0o644)

    def refuse(*arguments: object, **options: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "chmod", refuse)
    heard: list[str] = []
    make_private(path, heard.append)
    assert heard == [f"`{path}` can be read by others, and that cannot be changed: Operation not permitted"]


def test_a_rehearsal_opens_no_ledger(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    Ledger(user_ledger()).database.close()
    user_ledger().chmod(0o644)
    file = tmp_path / "events.csv"
    file.write_bytes(b"Email,Date,Title\r\njo@example.com,01/25/2023,Webinar A\r\n")
    assert main(["send", str(file), *AS, "--rehearse"]) == 0
    assert capsys.readouterr().err == ""
    assert mode(user_ledger()) == 0o644


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM, signal.SIGKILL])
def test_the_addresses_of_a_send_go_with_it_or_with_the_next_command(
    number: int, scripted: type[ScriptedServer], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: Any
) -> None:
    """The server withholds the answer until the client has been ended."""
    file = tmp_path / "events.csv"
    file.write_bytes(b"Email,Date,Title\r\njo@example.com,01/25/2023,Webinar A\r\n")
    folder = tmp_path / "temporary"
    folder.mkdir()
    environment = {**os.environ, "TMPDIR": str(folder), "ACTON_ACCESS_TOKEN": "made-up"}
    sending: list[subprocess.Popen[bytes]] = []
    held: list[list[Path]] = []

    def end(connection: socket.socket) -> None:
        held.append(list(folder.glob("touchpoint-*/*")))
        sending[0].send_signal(number)
        connection.recv(1)

    with scripted(end) as server:
        command = [sys.executable, "-m", "uploader", "send", str(file), *AS, "--base-url", server.url]
        pipes: Any = {"stderr": subprocess.PIPE, "stdout": subprocess.PIPE}
        with running(command, cwd=ROOT, env=environment, **pipes) as process:
            sending.append(process)
            process.communicate(timeout=LONGEST)
    assert held[0] != []
    assert process.returncode == (4 if number != signal.SIGKILL else -signal.SIGKILL)
    assert (list(folder.iterdir()) != []) == (number == signal.SIGKILL)
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    assert main(["history"]) == 0
    assert "  in doubt: " in capsys.readouterr().out
    assert list(folder.iterdir()) == []


def test_a_send_from_python_keeps_others_from_its_ledger_with_a_notice(tmp_path: Path) -> None:
    heard: list[str] = []
    file, path = tmp_path / "events.csv", tmp_path / "ledger.sqlite3"
    file.write_bytes(b"Email,Date,Title\r\njo@example.com,01/25/2023,Webinar A\r\n")
    Ledger(path).database.close()
    path.chmod(0o644)
    with Rehearsal() as server:
        client = Client("t", base_url=server.url, notice=heard.append)
        layout = LAYOUT
        send(file, layout, destination="W", customeventaction="CUSTOM_ATTENDED", client=client, ledger=path)
    assert (heard, mode(path)) == ([f"`{path}` could be read by others: it is private now"], 0o600)


MOMENTS = {
    "reading": ([], 130, "nothing"),
    "pausing": ([_http(429, Retry_After="60")], 130, "not-sent"),
    "following": ([ACCEPTED, _http(503)], 4, "sent"),
}
"""Moments of a send: the server's answers until the signal, the exit code, and the outcome in the ledger."""


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM])
@pytest.mark.parametrize("moment", MOMENTS)
def test_at_every_moment_a_signal_has_a_true_message_and_leaves_nothing(
    moment: str, number: int, scripted: type[ScriptedServer], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    replies, code, told = MOMENTS[moment]
    pipe, folder = tmp_path / "pipe", tmp_path / "temporary"
    os.mkfifo(pipe)
    folder.mkdir()
    environment = {**os.environ, "TMPDIR": str(folder), "ACTON_ACCESS_TOKEN": "made-up"}
    with scripted(*replies, *replies[-1:] * 40) as server:
        command = [sys.executable, "-m", "uploader", "send", str(pipe), *AS, "--base-url", server.url]
        pipes: Any = {"stderr": subprocess.PIPE, "stdout": subprocess.PIPE, "cwd": ROOT, "env": environment}
        with running(command, **pipes) as process:
            with pipe.open("wb") as writing:
                writing.write(b"Email,Date,Title\r\njo@example.com,01/25/2023,Webinar A\r\n")
                writing.flush()
                if moment == "reading":
                    until(lambda: list(folder.iterdir()))
                    interrupted(process, number)
            heard = b""
            if moment == "pausing":  # the notice of a repeat is printed after the answer was read
                heard = process.stderr.readline() if process.stderr is not None else b""
            if moment != "reading":
                until(lambda: len(server.requests) >= len(replies))
                process.send_signal(number)
            out, err = process.communicate(timeout=LONGEST)
            err = heard + err
    assert process.returncode == code, err
    assert b"interrupted" in out + err
    assert list(folder.iterdir()) == []
    assert main(["history", "--json"]) == 0
    assert [entry["outcome"] for entry in json.loads(capsys.readouterr().out)] == ([told] if replies else [])


@pytest.mark.parametrize("command", [["send", "x.csv", *AS, "--ledger", ""], ["history", "--ledger", ""]])
def test_a_ledger_without_a_name_is_refused_as_before(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(command) == 2
    assert capsys.readouterr().err == (
        "uploader: --ledger names no file: give one, or leave it out for the user's own\n"
    )
