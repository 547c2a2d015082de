"""The command: exact messages, exit codes, and the stream of each output."""

from __future__ import annotations

import hashlib
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
import requests

from tests.processes import LONGEST, running
from tests.uploader.conftest import Http, ScriptedServer
from tests.uploader.user import COLUMNS
from uploader.cli.main import main
from uploader.rehearsal.server import Rehearsal

Run = Callable[..., tuple[int, str, str]]

ROOT = Path(__file__).parents[2]
TOKEN = "12345678-9abc-defg-hijk-secret"
HEADING = b"Email,Date,Title\r\n"
GOOD = HEADING + b"jo@example.com,01/25/2023,Webinar A\r\n"
BAD = GOOD + b"jo@@example.com,01/25/2023,Webinar A\r\n"
DATES = ["--dateformat", "MM/dd/yyyy"]
AS = ["--destination", "Webinars", "--customeventaction", "CUSTOM_ATTENDED", *COLUMNS]


@pytest.fixture(autouse=True)
def _account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACTON_ACCESS_TOKEN", TOKEN)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Any:
    """Run a command in this process; returns exit code, stdout, stderr, and asserts that neither holds the token."""

    def run(*arguments: Any, content: bytes = GOOD) -> Any:
        file = tmp_path / "events.csv"
        file.write_bytes(content)
        try:
            code = main([str(file) if argument == "FILE" else str(argument) for argument in arguments])
        except SystemExit as exit:
            code = int(exit.code or 0)
        out, err = capsys.readouterr()
        assert TOKEN not in out + err
        return code, out, err

    return run


def module(*arguments: Any, **options: Any) -> Any:
    command = [sys.executable, "-m", "uploader", *map(str, arguments)]
    return running(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8", **options
    )


def test_a_rehearsal_confirms_and_says_that_nothing_was_sent(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("ACTON_ACCESS_TOKEN")
    code, out, err = run("send", "FILE", *AS, "--rehearse")
    assert code == 0
    lines = out.splitlines()
    assert lines[-4:] == [
        "Rehearsal only: nothing left this machine. A real send first checks that `Webinars` is among your custom "
        "events.",
        "The stand-in took 1 row for `Webinars` as CUSTOM_ATTENDED, titlecount 1, file `events.csv`.",
        "Job 15937380: 1 appended, 0 rejected of the 1 row sent.",
        f"REHEARSED: nothing was sent. To send: uploader send {tmp_path / 'events.csv'} {' '.join(AS)}",
    ]
    assert err == ""


def test_only_a_successful_rehearsal_says_how_to_send(run: Run, tmp_path: Path) -> None:
    file, to = tmp_path / "events.csv", "--destination Webinars --customeventaction CUSTOM_ATTENDED"
    for layout in (COLUMNS, DATES):
        code, _out, err = run("send", "FILE", *AS[:4], *layout, "--rehearse", "--json")
        options = [*layout, "--json", *(COLUMNS[:6] if layout is DATES else ())]
        told = f"uploader: REHEARSED: nothing was sent. To send: uploader send {file} {to} {' '.join(options)}\n"
        assert (code, err) == (0, told)
    code, _out, err = run("send", "missing.csv", *AS, "--rehearse", "--json")
    assert (code, err) == (2, "uploader: `missing.csv` does not exist\n")
    code, out, err = run("send", "FILE", *AS, "--rehearse", "--no-wait")
    told = "the stand-in has ended; leave out --no-wait to see the job's end"
    assert (code, err, out.splitlines()[-1]) == (0, "", f"REHEARSED, job not followed: nothing was sent; {told}.")


def test_json_is_one_object_on_stdout(run: Run, rehearsal: Rehearsal) -> None:
    code, out, err = run("send", "FILE", *AS, "--base-url", rehearsal.url, "--json")
    told = json.loads(out)
    assert (code, err, told["outcome"]) == (0, "", "confirmed")
    assert told["sent"]["destination"] == "Webinars"
    assert told["job"] == {"jobId": "15937380", "status": "ok", "appendCount": 1, "rejectedCount": 0}


def test_bad_rows_stop_a_send(run: Run, rehearsal: Rehearsal) -> None:
    code, out, err = run("send", "FILE", *AS, "--base-url", rehearsal.url, content=BAD)
    assert (code, err, rehearsal.received) == (1, "", 0)
    verdict = "Nothing sent: 1 of 2 rows is bad. Mend them, or send the good ones with --drop-bad-rows. Next: "
    assert out.splitlines()[-1].startswith(verdict)
    collect = out.splitlines()[-1].removeprefix(verdict)
    assert collect.startswith("preflight check ")
    assert collect.endswith("-clean.csv --bad-rows events-bad.csv")
    code, out, err = run("send", "FILE", *AS, "--base-url", rehearsal.url, "--json", content=BAD)
    told = json.loads(out)
    assert (code, told["outcome"], told["sent"], told["job"]) == (1, "bad-rows", None, None)
    assert err == f"uploader: {verdict}{collect}\n"


def test_drop_bad_rows_sends_the_rest(run: Run, rehearsal: Rehearsal) -> None:
    code, out, _err = run("send", "FILE", *AS, "--base-url", rehearsal.url, "--drop-bad-rows", content=BAD)
    assert (code, out.splitlines()[-1]) == (0, "Confirmed: the row was appended. Nothing more to do.")


def test_no_good_row_sends_nothing(run: Run, rehearsal: Rehearsal) -> None:
    bad = HEADING + b"x,y,z\r\n"
    code, out, _err = run("send", "FILE", *AS, "--base-url", rehearsal.url, "--drop-bad-rows", content=bad)
    assert (code, rehearsal.received) == (1, 0)
    assert out.splitlines()[-1].startswith(
        "Nothing sent: no row is good. Correct the file or the layout, then send again. Next: preflight check "
    )


def test_a_dry_run_prints_the_request_and_needs_no_token(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("ACTON_ACCESS_TOKEN")
    code, out, err = run("send", "FILE", *AS, "--dry-run", "--region", "eu", "--filename", "x.csv")
    assert (code, err) == (0, "")
    shown = out[out.index("POST ") :].splitlines()
    headers = [line for line in shown if line.startswith("  ") and ": " in line]
    assert shown[0] == "POST https://api-eu.actonsoftware.com/api/1/customevents"
    assert "  Authorization: Bearer ****" in headers
    assert shown[shown.index("fields:") :] == [
        "fields:",
        "  destination = Webinars",
        "  firstrow = Y",
        "  fieldseparator = COMMA",
        "  quotecharacter = DOUBLE_QUOTE",
        "  customeventaction = CUSTOM_ATTENDED",
        "  emailcolidx = 0",
        "  datecolidx = 1",
        "  titlecolidx = 2",
        "  titlecount = 1",
        "  dateformat = MM/dd/yyyy",
        "  filename = x.csv",
        f"file: x.csv, {len(GOOD)} bytes, sha256 {hashlib.sha256(GOOD).hexdigest()}",
        "",
        f"DRY RUN: nothing was sent. To send: uploader send {tmp_path / 'events.csv'} {' '.join(AS)} --region eu "
        "--filename x.csv",
    ]


def test_no_wait_is_sent_and_says_how_to_follow(run: Run, rehearsal: Rehearsal) -> None:
    code, out, _err = run("send", "FILE", *AS, "--base-url", rehearsal.url, "--no-wait")
    assert code == 0
    assert out.splitlines()[-1] == (
        f"Sent as job 15937380, not followed: see `uploader status 15937380 --wait --base-url {rehearsal.url}`."
    )


def test_a_missing_token_is_one_line(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ACTON_ACCESS_TOKEN")
    assert run("send", "FILE", *AS) == (
        3,
        "",
        "uploader: no access token for api.actonsoftware.com: log in with `uploader login`, or set ACTON_ACCESS_TOKEN; "
        "`uploader send --rehearse` tries everything without an account\n",
    )


def test_a_refused_connection_is_not_sent(run: Run) -> None:
    code, out, err = run("send", "FILE", *AS, "--base-url", "http://127.0.0.1:9", "--json", "--timeout", "0")
    assert (code, json.loads(out)["outcome"], json.loads(out)["sent"]) == (3, "not-sent", None)
    assert err == (
        "uploader: `Webinars` was not looked up among the custom events: 127.0.0.1:9: connection refused\n"
        "uploader: nothing was sent: 127.0.0.1:9: connection refused; check the network and the base URL, "
        "then send again\n"
    )


@pytest.mark.parametrize(
    ("status", "body", "code", "outcome", "message"),
    [
        (
            401,
            {"httpCode": "401", "httpMessage": "Unauthorized", "moreInformation": ""},
            3,
            "refused",
            "refused, nothing was taken: HTTP 401: 401 - Unauthorized; the token is wrong or has expired (it lives an "
            "hour): set a new one in ACTON_ACCESS_TOKEN, or leave that unset and log in with `uploader login`, which "
            "renews it",
        ),
        (
            400,
            {"errorCode": 10001, "message": "no"},
            3,
            "refused",
            "refused, nothing was taken: HTTP 400: 10001 - no; correct what the answer names, then send again",
        ),
        (
            502,
            b"<html><h1>Bad Gateway</h1></html>",
            4,
            "in-doubt",
            "the answer is not the documented one: HTTP 502: an HTML page: Bad Gateway; the upload may have arrived: "
            "look in Act-On, then settle it with `uploader settle 1 --sent` or `uploader settle 1 --not-sent`",
        ),
    ],
)
def test_an_http_error_is_one_line(
    run: Run, scripted: type[ScriptedServer], http: Http, status: int, body: Any, code: int, outcome: Any, message: str
) -> None:
    with scripted(http(status, body)) as server:
        done = run("send", "FILE", *AS, "--base-url", server.url, "--json")
    assert (done[0], json.loads(done[1])["outcome"], done[2]) == (code, outcome, f"uploader: {message}\n")


def test_counts_that_differ_are_not_a_success(
    run: Run, scripted: type[ScriptedServer], http: Http, accepted: bytes
) -> None:
    details = {"status": "ok", "appendCount": 0, "rejectedCount": 1}
    with scripted(accepted, http(200, {"status": "success", "details": details})) as server:
        code, out, err = run("send", "FILE", *AS, "--base-url", server.url)
    assert (code, err) == (4, "")
    assert out.splitlines()[-2:] == [
        "Job 15937380: 0 appended, 1 rejected of the 1 row sent.",
        "Not confirmed: 1 of the 1 row sent was rejected; probably dates or addresses that the server reads "
        "differently, or touch points it has already. Next: look at the counts in Act-On before sending again, as a "
        "repeated upload counts twice; `uploader settle 1 --sent` accepts it as it is.",
    ]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            ["--base-url", "http://example.com"],
            "uploader: the base URL `http://example.com` is not HTTPS: only a loopback address may go without",
        ),
        (
            ["--titlecount", "some"],
            "uploader send: argument --titlecount: 'some' is not auto or a whole number from 0; "
            "see uploader send --help",
        ),
        (
            ["--timeout", "nan"],
            "uploader send: argument --timeout: 'nan' is not a number of seconds from 0; see uploader send --help",
        ),
        (
            ["--rehearse", "--region", "eu"],
            "uploader send: argument --region: not allowed with argument --rehearse; see uploader send --help",
        ),
        (
            ["--rehearse", "--dry-run"],
            "uploader send: --dry-run sends nothing, --rehearse sends to this machine: give one of them; "
            "see uploader send --help",
        ),
        (
            ["--destination", " "],
            "uploader: the destination is blank: give the name of the custom event as Act-On shows it",
        ),
        (["--known-titles", "none.txt"], None),
        (["--profile", "none.toml"], None),
        (["--dateformat", "mm/dd/yyyy"], None),
        (["--firstrow", "maybe"], None),
        (["--email", "Emial"], None),
    ],
)
def test_a_wrong_option_is_one_line_and_exit_2(run: Run, options: Any, message: str) -> None:
    code, out, err = run("send", "FILE", *AS, *options)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert message is None or err == f"{message}\n"


@pytest.mark.parametrize("content", [b"", HEADING, b"\xff\xfe\x00"])
def test_an_unusable_file_is_one_line_and_exit_2(run: Run, content: bytes) -> None:
    code, out, err = run("send", "FILE", *AS, content=content)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert err.startswith("uploader: ")


def test_a_missing_file_is_one_line_and_exit_2(run: Run) -> None:
    code, out, err = run("send", "no such file.csv", *AS)
    assert (code, out, err.count("\n")) == (2, "", 1)


def test_a_crash_has_an_exit_code_of_its_own(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("uploader.sending.plan.plan", lambda *args, **kwargs: 1 / 0)
    code, _out, err = run("send", "FILE", *AS, "--dry-run")
    assert code == 70
    assert "ZeroDivisionError" in err


def status_of(http: Http, **details: Any) -> Any:
    return http(200, {"status": "success", "details": details})


@pytest.mark.parametrize(
    ("details", "code", "text"),
    [
        ({"status": "ok", "appendCount": 2, "rejectedCount": 0}, 0, "Job 7: ok, 2 appended, 0 rejected."),
        ({"status": "ok", "appendCount": 1, "rejectedCount": 1}, 4, "Job 7: ok, 1 appended, 1 rejected."),
        ({}, 4, "Job 7: still running; ask again, or add --wait."),
        ({"status": "failed"}, 4, "Job 7: `failed`; the job is not known to have ended well."),
        ({"status": "odd"}, 4, "Job 7: `odd`; ask again, or add --wait."),
    ],
)
def test_status_prints_the_state_of_a_job(
    run: Run, scripted: type[ScriptedServer], http: Http, details: dict[str, Any], code: int, text: str
) -> None:
    with scripted(status_of(http, **details)) as server:
        assert run("status", "7", "--base-url", server.url) == (code, f"{text}\n", "")


def test_status_as_json_and_waiting(run: Run, scripted: type[ScriptedServer], http: Http) -> None:
    done = {"status": "ok", "appendCount": 2, "rejectedCount": 0}
    with scripted(status_of(http), status_of(http, **done)) as server:
        code, out, err = run("status", "7", "--wait", "--json", "--base-url", server.url)
    assert (code, json.loads(out), err) == (0, {"jobId": "7", **done}, "")


def test_status_of_an_unknown_job(run: Run, rehearsal: Rehearsal) -> None:
    code, out, err = run("status", "7", "--base-url", rehearsal.url)
    assert (code, out) == (3, "")
    assert err.startswith(
        "uploader: the status of job 7 cannot be read: HTTP 404: 10017 - Invalid or expired Job Id (x-request-id "
    )


def test_an_odd_job_id(run: Run) -> None:
    message = "uploader: `../x` is not a job id: letters, digits, `-` and `_` only\n"
    assert run("status", "../x") == (2, "", message)


def test_rehearsal_is_a_server_of_its_own() -> None:
    with module("rehearsal") as server:
        url = server.stdout.readline().removeprefix("rehearsal at ").strip()
        answer = requests.get(f"{url}/api/1/customevents/1/status", headers={"Authorization": "Bearer x"}, timeout=10)
        assert answer.status_code == 404
        port = url.rsplit(":", 1)[1]
        with module("rehearsal", "--port", port) as second:
            assert second.wait(timeout=LONGEST) == 2
            taken = f"uploader: cannot listen on 127.0.0.1:{port}: Address already in use; choose another --port\n"
            assert second.stderr.read() == taken
        server.send_signal(signal.SIGINT)
        assert server.wait(timeout=LONGEST) == 0
        assert "Traceback" not in server.stderr.read()


@pytest.mark.parametrize("signal_number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_or_a_kill_while_sending_is_in_doubt_and_leaves_no_file(
    scripted: type[ScriptedServer], tmp_path: Path, signal_number: int
) -> None:
    """The server withholds the answer until the client has been interrupted."""
    file = tmp_path / "events.csv"
    file.write_bytes(GOOD)
    folder = tmp_path / "temporary"
    folder.mkdir()
    environment = {**os.environ, "TMPDIR": str(folder)}
    sending: list[subprocess.Popen[str]] = []

    def interrupt(connection: socket.socket) -> None:
        sending[0].send_signal(signal_number)
        connection.recv(1)

    with (
        scripted(interrupt) as server,
        module("send", file, *AS, "--base-url", server.url, env=environment) as process,
    ):
        sending.append(process)
        out, err = process.communicate(timeout=LONGEST)
    assert process.returncode == 4
    assert err == (
        "uploader: interrupted while sending; the upload may have arrived: look in Act-On, then settle it with "
        "`uploader settle 1 --sent` or `uploader settle 1 --not-sent`\n"
    )
    assert "In doubt: 1 row to `Webinars`" in out
    assert "Sent" not in out
    assert list(folder.iterdir()) == []


def test_a_reader_that_goes_away_does_not_change_the_outcome(rehearsal: Rehearsal, tmp_path: Path) -> None:
    file = tmp_path / "events.csv"
    file.write_bytes(GOOD)
    with module("send", file, *AS, "--base-url", rehearsal.url) as process:
        process.stdout.close()
        assert process.wait(timeout=LONGEST) == 0
        assert process.stderr.read() == ""


@pytest.mark.parametrize("arguments", [["--help"], ["send", "--help"], ["status", "--help"], ["rehearsal", "--help"]])
def test_help_is_quick(arguments: list[str]) -> None:
    """It imports neither pandas nor requests; CPU time does not depend on other processes."""
    times = []
    for _ in range(2):
        start = resource.getrusage(resource.RUSAGE_CHILDREN)
        with module(*arguments) as process:
            out, _err = process.communicate(timeout=LONGEST)
        end = resource.getrusage(resource.RUSAGE_CHILDREN)
        times.append(end.ru_utime + end.ru_stime - start.ru_utime - start.ru_stime)
        assert (process.returncode, out.startswith("usage: uploader")) == (0, True)
    heavy = "{'pandas', 'requests', 'rich', 'pyarrow'}"
    code = f"import sys, uploader, uploader.cli.main; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
    assert min(times) < 1


def test_the_package_exports_what_it_names() -> None:
    import uploader

    assert all(getattr(uploader, name).__name__ == name for name in uploader.__all__)
    assert set(uploader.__all__) <= set(dir(uploader))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        uploader.nothing  # noqa: B018


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk_behind_stdout_is_one_line_and_the_outcome_stands() -> None:
    events = str(ROOT / "fixtures" / "customEvent.csv")
    options = [
        "--destination",
        "W",
        "--customeventaction",
        "CUSTOM_ATTENDED",
        "--dateformat",
        "MM/dd/yyyy",
        "--dry-run",
    ]
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "uploader", "send", events, *options]
        done = subprocess.run(command, cwd=ROOT, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "uploader: cannot write the output: No space left on device\n")


def test_a_malformed_fault_is_a_usage_error(run: Run) -> None:
    code, out, err = run("rehearsal", "--fault", "upload:later")
    assert (code, out) == (2, "")
    assert err.startswith("uploader rehearsal: --fault: there is no fault `later`: choose refuse, reset-before, ")
    assert err.count("\n") == 1
