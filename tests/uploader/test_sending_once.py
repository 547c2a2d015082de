"""The ledger and a send: not twice, continued, settled, and listed afterwards."""

from __future__ import annotations

import json
import os
import resource
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from preflight.text.display import shown_file
from tests.processes import LONGEST, all_running, running
from tests.uploader.conftest import Http, Run, ScriptedServer
from tests.uploader.user import COLUMNS
from uploader import Client, InDoubtError
from uploader.preparing.cutting import CleanRecords
from uploader.preparing.parts import Parts
from uploader.rehearsal.server import Rehearsal
from uploader.wire.url import checked_base_url

ROOT = Path(__file__).parents[2]
HEADING = b"Email,Date,Title\r\n"
GOOD = HEADING + b"jo@example.com,01/25/2023,Webinar A\r\n"
AS = ["--destination", "Webinars", "--customeventaction", "CUSTOM_ATTENDED", *COLUMNS]
SETTLE = "look in Act-On, then settle it with `uploader settle 1 --sent` or `uploader settle 1 --not-sent`"
OK = {"status": "ok", "appendCount": 1, "rejectedCount": 0}


@pytest.fixture(autouse=True)
def _account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACTON_ACCESS_TOKEN", "made-up")


@pytest.fixture
def events(tmp_path: Path) -> Path:
    path = tmp_path / "events.csv"
    path.write_bytes(GOOD)
    return path


def accepted_as(http: Http, job_id: int) -> bytes:
    """The answer that accepts an upload as another job."""
    return http(200, {"jobId": str(job_id), "status": "success"})


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
        f"uploader: nothing was sent: these rows were sent already, on {when} as job 15937380 (upload 1, confirmed); "
        "--again sends them once more, and they count twice\n"
    )
    assert run("send", renamed, *AS, "--base-url", rehearsal.url, "--again")[0] == 0
    assert rehearsal.received == 2
    assert [entry["outcome"] for entry in history(run)] == ["confirmed", "confirmed"]


@pytest.mark.parametrize(
    ("text", "account"),
    [
        ("HTTPS://API.ActonSoftware.com:443/", "https://api.actonsoftware.com"),
        ("https://proxy.example.com:8443/Act-On/", "https://proxy.example.com:8443/Act-On"),
        ("http://LOCALHOST:80", "http://localhost"),
        ("http://[::1]:8080", "http://[::1]:8080"),
    ],
)
def test_one_account_has_one_canonical_url(text: str, account: str) -> None:
    assert checked_base_url(text) == account


def test_history_lists_file_time_place_and_outcome(run: Run, rehearsal: Rehearsal, events: Path) -> None:
    assert run("history") == (0, "Nothing was sent yet.\n", "")
    run("send", events, *AS, "--base-url", rehearsal.url)
    (entry,) = history(run)
    names = ("id", "endpoint", "account", "destination", "customeventaction", "filename", "size")
    assert {name: entry[name] for name in names} == {
        "id": 1,
        "endpoint": rehearsal.url,
        "account": "",
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


def test_an_upload_whose_job_has_no_known_end_is_followed(
    run: Run, scripted: type[ScriptedServer], http: Http, accepted: bytes, events: Path
) -> None:
    running, ended = (http(200, {"status": "success", "details": details}) for details in ({}, OK))
    with scripted(accepted, running, ended) as server:
        code, out, _err = run("send", events, *AS, "--base-url", server.url, "--timeout", "0")
        assert code == 4
        assert out.splitlines()[-1] == (
            "Not confirmed: the job had not ended in time. Do not send again; see `uploader status 15937380 "
            f"--wait --base-url {server.url}`; if that never says, {SETTLE}."
        )
        assert [entry["outcome"] for entry in history(run)] == ["sent"]
        code, out, _err = run("send", events, *AS, "--base-url", server.url)
    assert (code, out.splitlines()[-1]) == (0, "Confirmed: the row was appended. Nothing more to do.")
    assert [request.split()[0] for request in server.requests] == [b"POST", b"GET", b"GET"]
    assert [entry["outcome"] for entry in history(run)] == ["confirmed"]


def test_status_writes_the_state_into_the_ledger(run: Run, rehearsal: Rehearsal, events: Path) -> None:
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
        when = history(run)[0]["time"].replace("T", " ")[:16]
        assert (code, err) == (
            3,
            f"uploader: nothing was sent: these rows may have arrived already, upload 1 of {when} UTC is in doubt ("
            "the answer is not the documented one: HTTP 502: an empty body); look in "
            "Act-On, then settle it with `uploader settle 1 --sent` or `uploader settle 1 --not-sent`, or send once "
            "more with --again\n",
        )
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
            "Upload 1 was sent: its titles are known, and the same bytes are not sent again; `uploader status 77 "
            f"--base-url {server.url}` asks for its counts.\n",
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
    ],
)
def test_an_invalid_settle_is_one_line(run: Run, arguments: list[str], message: str) -> None:
    assert run(*arguments) == (2, "", f"{message}\n")


def test_without_a_ledger_nothing_is_sent(run: Run, rehearsal: Rehearsal, events: Path, tmp_path: Path) -> None:
    code, out, err = run("send", events, *AS, "--base-url", rehearsal.url, "--ledger", tmp_path)
    assert (code, out, rehearsal.received) == (3, "", 0)
    assert err == f"uploader: nothing was sent: the ledger `{tmp_path}` cannot be used: Is a directory\n"


def test_a_full_disk_for_the_ledger_sends_nothing(run: Run, rehearsal: Rehearsal, events: Path, tmp_path: Path) -> None:
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
        with running(command, cwd=ROOT, env=environment) as process:
            sending.append(process)
            assert process.wait(timeout=LONGEST) == -9
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
        with all_running(2, [*command, "--base-url", server.url], **pipes) as both:
            for process in both:
                process.communicate(timeout=LONGEST)
    assert sorted(process.returncode for process in both) == [0, 3]
    assert len(server.requests) == 1


def rows(*names: str, title: str = "Webinar A") -> bytes:
    return HEADING + "".join(f"{name}@example.com,01/25/2023,{title}\r\n" for name in names).encode()


def test_rows_of_another_file_are_not_sent_twice_unless_requested(run: Run, rehearsal: Rehearsal, events: Path) -> None:
    to = [*AS, "--base-url", rehearsal.url]
    events.write_bytes(rows("al", "bo"))
    assert run("send", events, *to)[0] == 0
    events.write_bytes(rows("BO", "cy", "al", "di"))  # the export of the next week
    code, out, err = run("send", events, *to)
    assert (code, rehearsal.received) == (3, 1)
    assert err == (
        "uploader: nothing was sent: 2 of 4 rows were sent before (2 in upload 1, confirmed); --only-new sends the "
        "other 2, --again sends them once more, and they count twice\n"
    )
    code, out, err = run("send", events, *to, "--only-new")
    assert (code, err) == (0, "")
    assert out.splitlines()[-4:] == [
        "2 of 4 rows were sent before (2 in upload 1): left out.",
        "Sent 2 rows to `Webinars` as CUSTOM_ATTENDED, titlecount 0, file `events.csv`.",
        "Job 15937381: 2 appended, 0 rejected of the 2 rows sent.",
        "Confirmed: all 2 rows were appended. Nothing more to do.",
    ]
    code, out, _err = run("send", events, *to, "--only-new", "--json")
    assert (code, rehearsal.received) == (0, 2)
    told = json.loads(out)
    assert (told["outcome"], told["sent"]) == ("nothing-new", None)
    assert told["sent_before"] == {"rows": 4, "uploads": {"1": 2, "2": 2}}
    code, out, _err = run("send", events, *to, "--again")
    assert (code, rehearsal.received) == (0, 3)
    assert "4 of 4 rows were sent before (2 in upload 1, 2 in upload 2): sent once more." in out


@pytest.mark.parametrize(
    "other", [["--destination", "Other"], ["--customeventaction", "CUSTOM_GENERAL"], ["--no-row-ledger"]]
)
def test_rows_sent_to_another_place_or_without_a_row_ledger_are_sent(
    run: Run, rehearsal: Rehearsal, events: Path, other: list[str]
) -> None:
    to = [*AS, "--base-url", rehearsal.url]
    assert run("send", events, *to)[0] == 0
    events.write_bytes(GOOD + b"al@example.com,01/26/2023,Webinar A\r\n")
    assert run("send", events, *to, *other)[0] == 0


def test_without_a_row_ledger_no_row_is_remembered(run: Run, rehearsal: Rehearsal, events: Path) -> None:
    to = [*AS, "--base-url", rehearsal.url]
    assert run("send", events, *to, "--no-row-ledger")[0] == 0
    events.write_bytes(rows("jo", "al"))
    assert run("send", events, *to)[0] == 0


def test_rows_of_an_upload_in_doubt_are_settled_first(
    run: Run, scripted: type[ScriptedServer], http: Http, accepted: bytes, events: Path
) -> None:
    with scripted(http(502), accepted) as server:
        to = [*AS, "--base-url", server.url]
        run("send", events, *to)
        events.write_bytes(rows("jo", "al"))
        code, _out, err = run("send", events, *to, "--only-new")
        assert (code, err) == (
            3,
            "uploader: nothing was sent: upload 1, which is in doubt, has 1 of these rows; look in Act-On, then "
            "settle it with `uploader settle 1 --sent` or `uploader settle 1 --not-sent`\n",
        )
        run("settle", "1", "--not-sent")
        assert run("send", events, *to, "--only-new", "--no-wait")[0] == 0
    assert b"jo@example.com" in server.requests[1]


def test_titles_of_confirmed_uploads_are_known(run: Run, rehearsal: Rehearsal, events: Path, tmp_path: Path) -> None:
    to = ["--base-url", rehearsal.url]
    assert run("titles", "Webinars", *to) == (0, "", "uploader: no title of `Webinars` is known\n")
    run("send", events, *AS, *to)
    assert run("titles", "Webinars", *to) == (0, "Webinar A\n", "")
    events.write_bytes(rows("al") + rows("al", title="Webinar B")[len(HEADING) :])
    _code, out, _err = run("send", events, *AS, *to)
    assert "titlecount 1: 2 distinct titles, less 1 known (1 of them from the ledger)." in out
    assert "titlecount 1, file `events.csv`" in out
    more = tmp_path / "more.txt"
    more.write_text("Expo\n\nWebinar A\n")
    assert run("titles", "Webinars", "--add", more, "--remove", "Webinar B", *to, "--json") == (
        0,
        '[\n  "Expo",\n  "Webinar A"\n]\n',
        "",
    )
    assert run("titles", "Webinars", "--remove", "Webinar B", *to) == (
        2,
        "",
        "uploader: `Webinar B` is not among the known titles of `Webinars`\n",
    )
    assert run("titles", "Other", *to)[1] == ""


def test_a_failed_job_says_what_it_did_and_how_to_settle_it(run: Run, events: Path) -> None:
    with Rehearsal(faults=["job:fails"]) as rehearsal:
        to = ["--base-url", rehearsal.url]
        assert run("send", events, *AS, *to)[0] == 4
        when = history(run)[0]["time"].replace("T", " ")[:16]
        assert run("send", events, *AS, *to)[::2] == (
            3,
            f"uploader: nothing was sent: these rows were sent already, on {when} UTC as job 15937380 (upload 1, "
            "failed: the job ended with the word `failed`, 0 appended); look in Act-On, then settle it with `uploader "
            "settle 1 --sent` or `uploader settle 1 --not-sent`; --again sends them once more, and they count twice\n",
        )
        assert run("history")[1].splitlines()[1:] == [
            "   the job ended with the word `failed`",
            "   look in Act-On, then settle it with `uploader settle 1 --sent` or `uploader settle 1 --not-sent`",
        ]


@pytest.mark.parametrize("command", [["history"], ["titles", "Webinars"], ["settle", "1", "--sent"]])
def test_a_file_that_is_not_a_ledger_is_an_unreadable_input(run: Run, tmp_path: Path, command: list[str]) -> None:
    (tmp_path / "text").write_text("no ledger " * 200)
    code, out, err = run(*command, "--ledger", tmp_path / "text")
    assert (code, out) == (2, "")
    assert err == f"uploader: the ledger `{tmp_path}/text` cannot be used: file is not a database\n"


def test_one_row_was_sent_before_and_two_were(run: Run, rehearsal: Rehearsal, events: Path) -> None:
    to = [*AS, "--base-url", rehearsal.url]
    assert run("send", events, *to)[0] == 0
    events.write_bytes(events.read_bytes() + rows("al").split(b"\n", 1)[1])
    code, _out, err = run("send", events, *to)
    assert code == 3
    assert err.startswith("uploader: nothing was sent: 1 of 2 rows was sent before (1 in upload 1, confirmed); ")
    assert "1 of 2 rows was sent before (1 in upload 1): left out." in run("send", events, *to, "--only-new")[1]


def test_the_summary_says_where_another_reading_gives_another_titlecount(
    run: Run, rehearsal: Rehearsal, events: Path
) -> None:
    to = ["--base-url", rehearsal.url]
    run("send", events, *AS, *to)
    events.write_bytes(rows("al", title="webinar  a"))
    _code, out, _err = run("send", events, *AS, *to, "--titlecount", "3")
    told = out[out.index("--titlecount") :].splitlines()[:2]
    assert told == [
        "--titlecount 3 is sent, although 1 new title is counted: a number that does not fit may make the job fail, "
        "and cannot be checked afterwards; leave it out to send 1.",
        "The counted 1 would be 0 if Act-On ignores case and inner blanks; this is not documented.",
    ]


def test_titles_of_an_unconfirmed_upload_are_mentioned(
    run: Run, scripted: type[ScriptedServer], http: Http, accepted: bytes, events: Path
) -> None:
    with scripted(accepted, accepted_as(http, 2)) as server:
        to = [*AS, "--base-url", server.url, "--no-wait"]
        run("send", events, *to)
        events.write_bytes(rows("al"))
        code, out, _err = run("send", events, *to, "--json")
    assert (code, json.loads(out)["titlecount"]["unconfirmed"]) == (0, [1])


def parts_of_three(events: Path) -> list[str]:
    """Three rows and the size of a part with one row; the last row has the title of the first."""
    content = b"".join(
        rows(name, title=title)[len(HEADING) :] for name, title in (("al", "A"), ("bo", "B"), ("cy", "A"))
    )
    events.write_bytes(HEADING + content)
    return ["--max-bytes", str(len(rows("al", title="A")))]


def test_a_file_cut_differently_is_the_same_file(run: Run, rehearsal: Rehearsal, events: Path) -> None:
    in_parts = [*AS, "--base-url", rehearsal.url, *parts_of_three(events)]
    assert run("send", events, *in_parts)[0] == 0
    whole = [*AS, "--base-url", rehearsal.url]
    last = history(run)[-1]
    refused = (
        f"these rows were sent already, on {last['time'][:10]} {last['time'][11:16]} UTC as job 15937382 (upload 3, "
        "confirmed); --again sends them once more, and they count twice"
    )
    for options in ([], ["--no-row-ledger"], ["--max-bytes", str(len(events.read_bytes()) - 1)]):
        assert run("send", events, *whole, *options)[::2] == (3, f"uploader: nothing was sent: {refused}\n")
        assert run("send", events, *whole, *options, "--dry-run")[1].endswith(f": {refused}.\n")
    assert rehearsal.received == 3
    assert run("send", events, *whole, "--again")[0] == 0
    assert run("send", events, *in_parts, "--again")[0] == 0
    assert rehearsal.received == 7


@pytest.mark.parametrize("only_new", [[], ["--only-new"]])
@pytest.mark.parametrize("max_bytes", [[], ["--max-bytes", "80"]])
def test_after_a_break_the_parts_are_those_of_the_first_cut(
    run: Run, rehearsal: Rehearsal, events: Path, only_new: list[str], max_bytes: list[str]
) -> None:
    """Unless rows are selected one by one: then the rest is split by the present option."""
    in_parts, to = parts_of_three(events), [*AS, "--base-url", rehearsal.url]
    assert run("send", events, *to, *in_parts, "--timeout", "0")[0] == 4
    code, out, _err = run("send", events, *to, *only_new, *max_bytes)
    parts = {(): 3, ("--only-new",): 2}[tuple(only_new)]
    assert (code, rehearsal.received) == (0, parts)
    assert sum(entry["rows"] for entry in history(run)) == 3
    assert out.splitlines()[-1].startswith("Confirmed: all ")
    assert run("send", events, *to, *only_new)[0] == (0 if only_new else 3)
    assert rehearsal.received == parts


def test_a_file_sent_whole_is_not_sent_in_parts(run: Run, rehearsal: Rehearsal, events: Path) -> None:
    in_parts, whole = parts_of_three(events), [*AS, "--base-url", rehearsal.url]
    assert run("send", events, *whole)[0] == 0
    code, _out, err = run("send", events, *whole, *in_parts)
    assert (code, rehearsal.received) == (3, 1)
    assert "as job 15937380 (upload 1, confirmed); --again sends them once more" in err
    assert run("send", events, *whole, *in_parts, "--only-new")[0] == 0
    assert rehearsal.received == 1


def test_a_file_over_the_limit_is_sent_in_parts_each_with_its_titlecount(
    run: Run, rehearsal: Rehearsal, events: Path
) -> None:
    in_parts = parts_of_three(events)
    code, out, _err = run("send", events, *AS, "--base-url", rehearsal.url, *in_parts, "--json")
    told = json.loads(out)
    assert (code, told["outcome"], rehearsal.received) == (0, "confirmed", 3)
    assert [(part["part"], part["outcome"], part["sent"]["titlecount"]) for part in told["parts"]] == [
        (1, "confirmed", "1"),
        (2, "confirmed", "1"),
        (3, "confirmed", "0"),
    ]
    assert [part["sent"]["filename"] for part in told["parts"]] == [f"events-part-{n}-of-3.csv" for n in (1, 2, 3)]
    assert [(entry["part"], entry["parts"], entry["rows"]) for entry in history(run)] == [(n, 3, 1) for n in (1, 2, 3)]
    assert run("send", events, *AS, "--base-url", rehearsal.url, *in_parts)[0] == 3
    assert rehearsal.received == 3


def test_after_a_break_it_goes_on_with_the_first_part_not_confirmed(
    run: Run, scripted: type[ScriptedServer], http: Http, accepted: bytes, events: Path
) -> None:
    in_parts = parts_of_three(events)
    ok = http(200, {"status": "success", "details": OK})
    second, third = (accepted_as(http, number) for number in (2, 3))
    with scripted(accepted, ok, http(400), second, ok, third, ok) as server:
        to = [*AS, "--base-url", server.url, *in_parts]
        code, out, _err = run("send", events, *to)
        assert code == 3
        assert out.splitlines()[-1] == (
            "Of 3 parts 1 is confirmed: when this is settled, the same command goes on with the next."
        )
        code, out, _err = run("send", events, *to)
    assert code == 0
    assert out.splitlines()[-1] == "Confirmed: all 3 rows were appended in 3 parts. Nothing more to do."
    posted = [request for request in server.requests if request.startswith(b"POST")]
    assert [next(name for name in (b"al@", b"bo@", b"cy@") if name in request) for request in posted] == [
        b"al@",
        b"bo@",
        b"bo@",
        b"cy@",
    ]
    assert [entry["outcome"] for entry in history(run)] == ["confirmed", "refused", "confirmed", "confirmed"]


def test_a_dry_run_shows_each_part(run: Run, events: Path) -> None:
    code, out, _err = run("send", events, *AS, *parts_of_three(events), "--dry-run", "--json")
    told = json.loads(out)
    assert (code, len(told["requests"]), told["request"]) == (0, 3, told["requests"][0])
    assert [request["fields"]["titlecount"] for request in told["requests"]] == ["1", "1", "0"]


def test_a_dry_run_says_what_the_ledger_would_say(run: Run, rehearsal: Rehearsal, events: Path) -> None:
    to = [*AS, "--base-url", rehearsal.url]
    run("send", events, *to)
    code, out, _err = run("send", events, *to, "--dry-run")
    assert code == 0
    assert out.splitlines()[-1].startswith(
        "DRY RUN: nothing was sent. A real send would be refused: these rows were sent already, on "
    )


def test_several_files_have_one_summary_and_the_worst_exit_code(
    run: Run, rehearsal: Rehearsal, events: Path, tmp_path: Path
) -> None:
    bad, last = tmp_path / "bad.csv", tmp_path / "last.csv"
    bad.write_bytes(rows("jo@") + GOOD[len(HEADING) :])
    last.write_bytes(rows("cy"))
    code, out, err = run("send", events, bad, tmp_path / "none.csv", last, *AS, "--base-url", rehearsal.url)
    assert (code, err, rehearsal.received) == (2, "", 2)
    assert out.splitlines()[-5:] == [
        "4 files",
        f"  {events}: confirmed, 1 row sent, job 15937380",
        f"  {bad}: bad rows, 0 rows sent",
        f"  {tmp_path / 'none.csv'}: {shown_file(tmp_path / 'none.csv')} does not exist",
        f"  {last}: confirmed, 1 row sent, job 15937381",
    ]
    code, out, err = run("send", events, bad, *AS, "--base-url", rehearsal.url, "--json")
    told = json.loads(out)["files"]
    assert (code, [(file["outcome"], file["exit_code"]) for file in told]) == (3, [("not-sent", 3), ("bad-rows", 1)])


def test_after_a_file_in_doubt_no_other_is_sent(
    run: Run, scripted: type[ScriptedServer], http: Http, events: Path, tmp_path: Path
) -> None:
    last = tmp_path / "last.csv"
    last.write_bytes(rows("cy"))
    with scripted(http(502)) as server:
        code, out, _err = run("send", events, last, *AS, "--base-url", server.url)
    assert (code, len(server.requests)) == (4, 1)
    assert out.splitlines()[-1] == f"  {last}: not sent, as {shown_file(events)} before it is not confirmed"


@pytest.mark.parametrize("option", [["--filename", "x.csv"], ["--titlecount", "1"]])
def test_options_of_one_file_are_not_for_several(run: Run, events: Path, option: list[str]) -> None:
    code, out, err = run("send", events, events, *AS, *option)
    assert (code, out) == (2, "")
    assert err == (
        f"uploader send: {option[0]} is for one file: send them one by one, or leave it out; see uploader send --help\n"
    )


def test_hints_fit_a_rehearsal(run: Run, events: Path) -> None:
    code, out, _err = run("send", events, *AS, "--rehearse", "--no-wait")
    assert (code, out.splitlines()[-1]) == (
        0,
        "REHEARSED, job not followed: nothing was sent; the stand-in has ended; leave out --no-wait to see the job's "
        "end.",
    )
    code, out, _err = run("send", events, *AS, "--rehearse", "--titlecount", "0")
    assert (code, out.splitlines()[-1]) == (
        4,
        "Not confirmed: the job ended with the word `failed`; probably a titlecount that does not fit, or a layout "
        "that the server reads differently. Next: find out why, then rehearse again.",
    )


def test_an_outcome_that_cannot_be_written_must_be_settled(
    run: Run, scripted: type[ScriptedServer], http: Http, accepted: bytes, events: Path, tmp_path: Path
) -> None:
    """The disk is full from the moment at which the file has been accepted."""
    ledger, limits = tmp_path / "ledger", resource.getrlimit(resource.RLIMIT_FSIZE)

    def take(connection: socket.socket) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, limits[1]))
        connection.sendall(accepted)

    try:
        with scripted(take, http(200, {"status": "success", "details": OK})) as server:
            code, out, err = run("send", events, *AS, "--base-url", server.url, "--ledger", ledger)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert code == 4
    assert "Job 15937380: no counts yet for the 1 row sent." in out
    assert err.startswith(f"uploader: the ledger `{ledger}` cannot be used: d")
    assert err.endswith(
        f"; there upload 1 is in doubt: make the ledger usable, then run `uploader settle 1 --ledger {ledger} --sent "
        "--job 15937380`\n"
    )
    assert [entry["outcome"] for entry in history(run, "--ledger", ledger)] == ["in-doubt"]


def test_a_job_that_is_lost_can_be_settled(
    run: Run, scripted: type[ScriptedServer], http: Http, accepted: bytes, events: Path
) -> None:
    with scripted(accepted, http(404), http(404)) as server:
        to = [*AS, "--base-url", server.url]
        code, out, _err = run("send", events, *to)
        assert code == 4
        assert out.splitlines()[-1] == (
            "Not confirmed: the status of job 15937380 cannot be read: HTTP 404: an empty body. Do not send again; see "
            f"`uploader status 15937380 --wait --base-url {server.url}`; if that never says, {SETTLE}."
        )
        code, out, _err = run("send", events, *to)
        (entry,) = history(run)
        when = f"{entry['time'][:10]} {entry['time'][11:16]} UTC"
        assert out.splitlines()[-3] == (
            f"Sent before, on {when} (upload 1): 1 row to `Webinars` as CUSTOM_ATTENDED, titlecount 1, file "
            "`events.csv`."
        )
        assert run("settle", "1", "--sent")[0] == 0
        assert run("send", events, *to)[0] == 3


def test_a_ledger_without_a_name_is_no_ledger(run: Run) -> None:
    message = "uploader: --ledger names no file: give one, or leave it out for the user's own\n"
    assert run("history", "--ledger", "") == (2, "", message)


def test_a_title_that_is_not_text_is_not_known(run: Run) -> None:
    code, out, err = run("titles", "Webinars", "--remove", "\udcff")
    assert (code, out, err) == (2, "", "uploader: `\\udcff` is not among the known titles of `Webinars`\n")


def test_a_rehearsal_that_was_interrupted_does_not_send_anyone_to_act_on(
    run: Run, events: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*args: Any, **options: Any) -> Any:
        raise InDoubtError("interrupted while sending")

    monkeypatch.setattr(Client, "upload", interrupted)
    code, _out, err = run("send", events, *AS, "--rehearse")
    assert code == 4
    assert err.splitlines()[-1] == ("uploader: the rehearsal did not end; nothing left this machine: rehearse again")


@pytest.mark.parametrize("wait", [True, False])
def test_ctrl_c_after_the_upload_does_not_say_nothing_was_sent(
    run: Run,
    scripted: type[ScriptedServer],
    accepted: bytes,
    events: Path,
    monkeypatch: pytest.MonkeyPatch,
    wait: bool,
) -> None:
    """It comes while the temporary files are removed, where nothing handles it."""

    def interrupted(parts: Parts) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Parts, "remove_files", interrupted)
    with scripted(accepted) as server:
        code, _out, err = run("send", events, *AS, "--base-url", server.url, *([] if wait else ["--no-wait"]))
    assert (code, err) == (
        4,
        "uploader: interrupted: upload 1 (sent) was begun; follow its job with `uploader status 15937380 --wait "
        f"--base-url {server.url}`; if that never says, {SETTLE}; see `uploader history`\n",
    )
    assert [entry["outcome"] for entry in history(run)] == ["sent"]


def test_ctrl_c_between_two_parts_says_how_far_it_came(
    run: Run, rehearsal: Rehearsal, events: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_parts = [*AS, "--base-url", rehearsal.url, *parts_of_three(events)]
    write = CleanRecords.write

    def interrupted(records: CleanRecords, span: Any, to: Path) -> None:
        if rehearsal.received == 1:
            raise KeyboardInterrupt
        write(records, span, to)

    with monkeypatch.context() as patch:
        patch.setattr(CleanRecords, "write", interrupted)
        code, _out, err = run("send", events, *in_parts)
    assert (code, err) == (
        4,
        "uploader: interrupted: upload 1 (part 1 of 3, confirmed) was begun; the same command goes on with the other "
        "parts; see `uploader history`\n",
    )
    assert run("send", events, *in_parts)[0] == 0
    assert rehearsal.received == 3


def test_ctrl_c_before_the_upload_leaves_nothing_behind(
    run: Run, rehearsal: Rehearsal, events: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*args: Any, **options: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr("uploader.sending.send.Selector", interrupted)
    assert run("send", events, *AS, "--base-url", rehearsal.url) == (
        130,
        "",
        "uploader: interrupted: nothing was sent\n",
    )
    assert history(run) == []


def test_a_rehearsal_has_the_known_titles_of_the_custom_event(run: Run, events: Path, tmp_path: Path) -> None:
    known = tmp_path / "known.txt"
    known.write_text("Webinar A\n")
    code, out, _err = run("send", events, *AS, "--rehearse", "--known-titles", known)
    assert (code, out.splitlines()[-1]) == (
        0,
        f"REHEARSED: nothing was sent. To send: uploader send {events} --destination Webinars --customeventaction "
        f"CUSTOM_ATTENDED --email Email --date Date --title Title --dateformat MM/dd/yyyy --known-titles {known}",
    )
    assert "titlecount 0, file" in out


@pytest.mark.parametrize("max_bytes", [[], ["--max-bytes", "80"]])
def test_remaining_equal_rows_are_sent_once_each_after_any_number_of_breaks(
    run: Run, rehearsal: Rehearsal, events: Path, max_bytes: list[str]
) -> None:
    """Which of equal rows were sent is known by their index in the file, also if the rest is split anew."""
    events.write_bytes(rows("al", "al", "al", "di"))
    one_row = ["--max-bytes", str(len(rows("al")))]
    to = [*AS, "--base-url", rehearsal.url]
    assert run("send", events, *to, *one_row, "--timeout", "0")[0] == 4
    for _ in range(3):
        run("send", events, *to, "--only-new", *max_bytes, "--timeout", "0")
    assert run("send", events, *to, "--only-new", *max_bytes)[0] == 0
    entries = history(run)
    assert [entry["outcome"] for entry in entries] == ["confirmed"] * len(entries)
    assert sum(entry["appendCount"] for entry in entries) == 4
