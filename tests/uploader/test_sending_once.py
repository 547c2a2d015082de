"""What the ledger makes of a send: not twice, taken up again, settled, and told afterwards."""

from __future__ import annotations

import json
import os
import resource
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.uploader.conftest import Http, ScriptedServer
from uploader.cli import main
from uploader.rehearsal import Rehearsal

ROOT = Path(__file__).parents[2]
HEADING = b"Email,Date,Title\r\n"
GOOD = HEADING + b"jo@example.com,01/25/2023,Webinar A\r\n"
AS = ["--destination", "Webinars", "--customeventaction", "CUSTOM_ATTENDED", "--dateformat", "MM/dd/yyyy"]
OK = {"status": "ok", "appendCount": 1, "rejectedCount": 0}


@pytest.fixture(autouse=True)
def _account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACTON_ACCESS_TOKEN", "made-up")


@pytest.fixture
def events(tmp_path: Path) -> Path:
    path = tmp_path / "events.csv"
    path.write_bytes(GOOD)
    return path


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Any:
    def run(*arguments: Any) -> tuple[int, str, str]:
        try:
            code = main([str(argument) for argument in arguments])
        except SystemExit as exit:
            code = int(exit.code or 0)
        out, err = capsys.readouterr()
        return code, out, err

    return run


Run = Callable[..., tuple[int, str, str]]


def history(run: Run, *options: Any) -> Any:
    code, out, err = run("history", "--json", *options)
    assert (code, err) == (0, "")
    return json.loads(out)


def test_the_same_file_is_sent_once_whatever_its_name(run: Run, rehearsal: Rehearsal, events: Path) -> None:
    assert run("send", events, *AS, "--base-url", rehearsal.url)[0] == 0
    renamed = events.rename(events.with_name("renamed.csv"))
    code, out, err = run("send", renamed, *AS, "--base-url", rehearsal.url, "--json")
    (entry,) = history(run)
    assert (code, json.loads(out)["outcome"], rehearsal.received) == (3, "not-sent", 1)
    when = f"{entry['time'][:10]} {entry['time'][11:16]} UTC"
    assert err == (
        f"uploader: nothing was sent: these bytes were sent already, on {when} as job 15937380 (upload 1, confirmed); "
        "--again sends them once more, and they count twice\n"
    )
    assert run("send", renamed, *AS, "--base-url", rehearsal.url, "--again")[0] == 0
    assert rehearsal.received == 2
    assert [entry["outcome"] for entry in history(run)] == ["confirmed", "confirmed"]


def test_history_tells_what_when_where_and_how_it_ended(run: Run, rehearsal: Rehearsal, events: Path) -> None:
    assert run("history") == (0, "Nothing was sent yet.\n", "")
    run("send", events, *AS, "--base-url", rehearsal.url)
    (entry,) = history(run)
    told = {name: entry[name] for name in ("id", "account", "destination", "customeventaction", "filename", "size")}
    assert told == {
        "id": 1,
        "account": rehearsal.url,
        "destination": "Webinars",
        "customeventaction": "CUSTOM_ATTENDED",
        "filename": "events.csv",
        "size": len(GOOD),
    }
    counts = {name: entry[name] for name in ("rows", "titles", "titlecount", "jobId", "appendCount", "rejectedCount")}
    assert counts == {
        "rows": 1,
        "titles": 1,
        "titlecount": 1,
        "jobId": "15937380",
        "appendCount": 1,
        "rejectedCount": 0,
    }
    when = f"{entry['time'][:10]} {entry['time'][11:16]} UTC"
    assert run("history") == (
        0,
        f"1  {when}  confirmed: 1 row of `events.csv`, titlecount 1, to `Webinars` as CUSTOM_ATTENDED at "
        f"{rehearsal.url[7:]}; job 15937380, 1 appended, 0 rejected\n",
        "",
    )


def test_a_rehearsal_and_a_dry_run_leave_the_user_s_ledger_alone(run: Run, events: Path, data_folder: Path) -> None:
    assert run("send", events, *AS, "--rehearse")[0] == 0
    assert run("send", events, *AS, "--rehearse")[0] == 0
    assert run("send", events, *AS, "--dry-run")[0] == 0
    assert list(data_folder.iterdir()) == []


def test_an_upload_whose_job_is_not_known_to_have_ended_is_taken_up_again(
    run: Run, scripted: type[ScriptedServer], http: Http, accepted: bytes, events: Path
) -> None:
    running, ended = (http(200, {"status": "success", "details": details}) for details in ({}, OK))
    with scripted(accepted, running, ended) as server:
        code, out, _err = run("send", events, *AS, "--base-url", server.url, "--timeout", "0")
        assert code == 4
        assert out.splitlines()[-1] == (
            "Not confirmed in time: the job had not ended in time. Do not send again; see `uploader status 15937380 "
            f"--wait --base-url {server.url}`."
        )
        assert [entry["outcome"] for entry in history(run)] == ["sent"]
        code, out, _err = run("send", events, *AS, "--base-url", server.url)
    assert (code, out.splitlines()[-1]) == (0, "Confirmed: all 1 rows were appended. Nothing more to do.")
    assert [request.split()[0] for request in server.requests] == [b"POST", b"GET", b"GET"]
    assert [entry["outcome"] for entry in history(run)] == ["confirmed"]


def test_status_writes_what_it_hears_into_the_ledger(run: Run, rehearsal: Rehearsal, events: Path) -> None:
    run("send", events, *AS, "--base-url", rehearsal.url, "--no-wait")
    code, out, err = run("send", events, *AS, "--base-url", rehearsal.url, "--no-wait")
    assert (code, rehearsal.received) == (3, 1)
    assert "as job 15937380 (upload 1, sent)" in err
    code, out, _err = run("status", "15937380", "--wait", "--json", "--base-url", rehearsal.url)
    assert (code, json.loads(out)) == (0, {"jobId": "15937380", **OK, "upload": 1, "outcome": "confirmed"})
    assert [entry["outcome"] for entry in history(run)] == ["confirmed"]


def test_an_upload_in_doubt_is_settled_by_hand(
    run: Run, scripted: type[ScriptedServer], http: Http, accepted: bytes, events: Path
) -> None:
    with scripted(http(502), accepted) as server:
        to = ["--base-url", server.url]
        assert run("send", events, *AS, *to)[0] == 4
        code, _out, err = run("send", events, *AS, *to)
        assert code == 3
        assert "is in doubt (the answer is not the documented one, the upload may have arrived: HTTP 502" in err
        assert "settle it with `uploader settle 1 --sent` or `uploader settle 1 --not-sent`" in err
        told = run("history")[1].splitlines()
        assert told[2] == (
            "   look in Act-On, then settle it with `uploader settle 1 --sent` or `uploader settle 1 --not-sent`"
        )
        assert run("settle", "1", "--not-sent") == (
            0,
            "Upload 1 was not sent: `uploader send` may send the same bytes.\n",
            "",
        )
        assert run("send", events, *AS, *to, "--no-wait")[0] == 0
    assert len(server.requests) == 2


def test_settled_as_sent_it_is_not_sent_again(
    run: Run, scripted: type[ScriptedServer], http: Http, events: Path
) -> None:
    with scripted(http(502)) as server:
        to = ["--base-url", server.url]
        run("send", events, *AS, *to)
        assert run("settle", "1", "--sent", "--job", "77") == (
            0,
            "Upload 1 was sent: its titles are known, and the same bytes are not sent again; `uploader status 77` asks "
            "for its counts.\n",
            "",
        )
        assert run("send", events, *AS, *to, "--no-wait")[0] == 3
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["settle", "1", "--not-sent", "--job", "7"],
            "uploader settle: --job names the job of an upload that arrived: give it with --sent; "
            "see uploader settle --help",
        ),
        (
            ["settle", "1", "--sent", "--job", "../x"],
            "uploader: `../x` is not a job id: letters, digits, `-` and `_` only",
        ),
        (["settle", "1", "--sent"], "uploader: the ledger has no upload 1: see `uploader history`"),
        (["history", "--ledger", "none"], "uploader: the ledger `none` does not exist"),
    ],
)
def test_what_cannot_be_meant_is_one_line(run: Run, arguments: list[str], message: str) -> None:
    assert run(*arguments) == (2, "", f"{message}\n")


def test_without_a_ledger_nothing_is_sent(run: Run, rehearsal: Rehearsal, events: Path, tmp_path: Path) -> None:
    code, out, err = run("send", events, *AS, "--base-url", rehearsal.url, "--ledger", tmp_path)
    assert (code, out, rehearsal.received) == (3, "", 0)
    assert err == f"uploader: nothing was sent: the ledger `{tmp_path}` cannot be used: Is a directory\n"


def test_a_full_disk_for_the_ledger_keeps_the_file_here(
    run: Run, rehearsal: Rehearsal, events: Path, tmp_path: Path
) -> None:
    ledger = tmp_path / "ledger"
    run("history")
    run("send", events, *AS, "--base-url", rehearsal.url, "--ledger", ledger, "--titlecount", "0")
    before, limits = rehearsal.received, resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, limits[1]))
    try:
        code, _out, err = run("send", events, *AS, "--base-url", rehearsal.url, "--ledger", ledger, "--again")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, ignored)
    assert (code, rehearsal.received) == (3, before)
    assert err.startswith(f"uploader: nothing was sent: the ledger `{ledger}` cannot be used: d")
    assert err.count("\n") == 1


def test_a_kill_while_sending_leaves_an_upload_in_doubt(
    run: Run, scripted: type[ScriptedServer], events: Path, tmp_path: Path
) -> None:
    sending: list[subprocess.Popen[bytes]] = []

    def kill(connection: socket.socket) -> None:
        sending[0].kill()
        connection.recv(1)

    with scripted(kill) as server:
        command = [sys.executable, "-m", "uploader", "send", str(events), *AS, "--base-url", server.url]
        environment = {**os.environ, "TMPDIR": str(tmp_path)}
        sending.append(subprocess.Popen(command, cwd=ROOT, env=environment))
        assert sending[0].wait(timeout=60) == -9
        (entry,) = history(run)
        assert (entry["outcome"], entry["jobId"]) == ("in-doubt", None)
        assert run("send", events, *AS, "--base-url", server.url)[0] == 3
    assert len(server.requests) == 1


def test_two_processes_that_send_the_same_file_send_it_once(
    scripted: type[ScriptedServer], accepted: bytes, events: Path
) -> None:
    command = [sys.executable, "-m", "uploader", "send", str(events), *AS, "--no-wait"]
    with scripted(accepted, accepted) as server:
        pipes: Any = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "cwd": ROOT}
        both = [subprocess.Popen([*command, "--base-url", server.url], **pipes) for _ in range(2)]
        for process in both:
            process.communicate(timeout=60)
    assert sorted(process.returncode for process in both) == [0, 3]
    assert len(server.requests) == 1
