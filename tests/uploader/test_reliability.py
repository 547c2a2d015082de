"""Whatever happens, nothing is sent twice unasked, nothing is reported sent that was not, and the ledger is true.

Every fault at every step is in `reliability`; here the process is killed, or the disk becomes full, at every transition
of the ledger, two processes send at once, and the clock is set back.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.processes import LONGEST, all_running
from tests.uploader import reliability
from tests.uploader.reliability import CASES, EVENTS, SEND, Case, Clock, command, ledger, send, surroundings
from uploader.rehearsal.server import Rehearsal

ROOT = Path(__file__).parents[2]

ARRIVED = {"confirmed", "sent", "failed", "counts-differ", "timed-out", "unknown"}
EXIT_CODES = {
    "confirmed": 0,
    "not-sent": 3,
    "refused": 3,
    "in-doubt": 4,
    "failed": 4,
    "counts-differ": 4,
    "timed-out": 4,
    "unknown": 4,
}


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.step}:{case.words or case.fault}")
def test_a_fault_ends_as_the_readme_says(case: Case, tmp_path: Path) -> None:
    found = reliability.find(case, tmp_path)
    assert found.code == EXIT_CODES[found.outcome]
    assert found.taken <= found.taken_in_all <= 1
    if found.outcome in ARRIVED:
        assert found.taken == 1
        assert found.ledger == ("sent" if found.outcome in ("timed-out", "unknown") else found.outcome)
    elif found.outcome == "in-doubt":
        assert (found.ledger, found.again_code, found.taken_in_all) == ("in-doubt", 3, found.taken)
    else:
        assert found.taken == 0
        assert found.ledger == ("nothing" if case.step == "token" else found.outcome)
    if found.code != 0:
        assert found.message.startswith("uploader: ")
        assert "made-up" not in found.message
    assert found.row(case) in reliability.README.read_text(encoding="utf-8").splitlines(keepends=True)


def test_the_readme_s_table_has_these_cases_and_no_others() -> None:
    (match,) = reliability.TABLE.finditer(reliability.README.read_text(encoding="utf-8"))
    assert [line.split(" | ")[:2] for line in match[1].splitlines()] == [
        [f"| `{case.step}`", case.name] for case in CASES
    ]


# The process ends, or the disk is full, at each transition of the ledger

SPOILED = """
import os, resource, signal, sqlite3, sys
from uploader.cli.main import main

marker, number, moment, what = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]
connect, state = sqlite3.connect, "waiting"

def spoil(text):
    global number, state
    if state == "waiting" and text.startswith(marker):
        number -= 1
        state = "waiting" if number else "before"
    elif state == "before" and text == "COMMIT":
        state = "commit"
    elif state == "commit":
        state = "after"
    if state != moment:
        return
    state = "done"
    if what == "full disk":
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
    else:
        os.kill(os.getpid(), getattr(signal, what))

class Spoiled(sqlite3.Connection):
    def execute(self, text, *values):
        spoil(text)
        return super().execute(text, *values)

sqlite3.connect = lambda *arguments, **options: connect(*arguments, factory=Spoiled, **options)
code = main(sys.argv[5:])
assert state == "done", state
sys.exit(code)
"""
"""Script that runs `uploader` and interrupts it at the n-th transaction of the ledger with a statement: before that
statement, before its COMMIT, or before the first statement after it. The interruption is a signal, or a limit on file
sizes."""


@pytest.fixture
def events(tmp_path: Path) -> Path:
    path = tmp_path / "events.csv"
    path.write_bytes(EVENTS)
    return path


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Rehearsal]:
    with pytest.MonkeyPatch.context() as patch, surroundings(tmp_path, Clock(), patch), Rehearsal() as server:
        yield server


TABLES = ("CREATE TABLE ledger", 1)
INTENT = ("INSERT INTO upload ", 1)
LIST, CALL = ("INSERT INTO call ", 1), ("INSERT INTO call ", 2)
SENT, CONFIRMED = ("UPDATE upload SET outcome", 1), ("UPDATE upload SET outcome", 2)
"""The transactions of a send, in order; the status requests are counted between the last two."""


def named(value: object) -> str:
    """A parameter as shown in the name of a test."""
    return " ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def spoiled(at: tuple[str, int], moment: str, what: str, events: Path, server: Rehearsal) -> tuple[int, str]:
    """Exit code (negative when killed) and stderr of an interrupted `send`."""
    sending = ["send", str(events), *SEND, "--base-url", server.url]
    script = [sys.executable, "-c", SPOILED, at[0], str(at[1]), moment, what, *sending]
    done = subprocess.run(script, cwd=ROOT, capture_output=True, text=True, timeout=LONGEST)
    return done.returncode, done.stderr


def outcome_in_ledger() -> str:
    told = ledger()
    assert len(told) <= 1
    return told[0]["outcome"] if told else "nothing"


TRANSITIONS = [
    (TABLES, "commit", "nothing", 0),
    (TABLES, "after", "nothing", 0),
    (LIST, "commit", "nothing", 0),
    (INTENT, "commit", "nothing", 0),
    (INTENT, "after", "in-doubt", 0),
    (CALL, "commit", "in-doubt", 0),
    (SENT, "before", "in-doubt", 1),
    (SENT, "commit", "in-doubt", 1),
    (SENT, "after", "sent", 1),
    (CONFIRMED, "commit", "sent", 1),
]


@pytest.mark.parametrize(("at", "moment", "told", "taken"), TRANSITIONS, ids=named)
def test_a_kill_at_a_transition_leaves_the_ledger_true(
    at: tuple[str, int], moment: str, told: str, taken: int, events: Path, server: Rehearsal
) -> None:
    assert spoiled(at, moment, "SIGKILL", events, server) == (-signal.SIGKILL, "")
    assert (outcome_in_ledger(), server.received) == (told, taken)
    code, outcome, message = send(events, server.url)
    if told == "in-doubt":
        assert (code, outcome, server.received) == (3, "not-sent", taken)
        assert "uploader settle 1 --sent" in message
        arrived = "--sent" if taken else "--not-sent"
        assert command("settle", "1", arrived)[0] == 0
        code, outcome, _message = send(events, server.url)
        assert (code, outcome) == ((3, "not-sent") if taken else (0, "confirmed"))
    else:
        assert (code, outcome) == (0, "confirmed")
    assert server.received == 1


@pytest.mark.parametrize(
    ("at", "moment", "code", "told", "taken"),
    [
        (TABLES, "commit", 130, "nothing", 0),
        (LIST, "commit", 130, "nothing", 0),
        (INTENT, "commit", 130, "not-sent", 0),
        (INTENT, "after", 130, "not-sent", 0),
        (CALL, "commit", 130, "not-sent", 0),
        (SENT, "before", 4, "sent", 1),
        (SENT, "commit", 4, "sent", 1),
        (SENT, "after", 4, "sent", 1),
        (CONFIRMED, "commit", 0, "confirmed", 1),
    ],
    ids=named,
)
def test_a_termination_at_a_transition_leaves_the_ledger_true(
    at: tuple[str, int], moment: str, code: int, told: str, taken: int, events: Path, server: Rehearsal
) -> None:
    ended, err = spoiled(at, moment, "SIGTERM", events, server)
    assert (ended, outcome_in_ledger(), server.received) == (code, told, taken), err
    assert ("interrupted: nothing was sent" in err) == (taken == 0)
    assert send(events, server.url)[:2] == ((3, "not-sent") if told == "confirmed" else (0, "confirmed"))
    assert server.received == 1


@pytest.mark.parametrize(
    ("at", "code", "told", "taken"),
    [
        (TABLES, 3, None, 0),
        (LIST, 3, "nothing", 0),
        (INTENT, 3, "nothing", 0),
        (CALL, 3, "in-doubt", 0),
        (SENT, 4, "in-doubt", 1),
        (CONFIRMED, 4, "sent", 1),
    ],
    ids=named,
)
def test_a_full_disk_for_the_ledger_is_reported_and_sends_nothing_twice(
    at: tuple[str, int], code: int, told: str | None, taken: int, events: Path, server: Rehearsal
) -> None:
    ended, err = spoiled(at, "before", "full disk", events, server)
    assert (ended, server.received) == (code, taken), err
    assert "Traceback" not in err
    assert "the ledger `" in err
    if told is not None:
        assert outcome_in_ledger() == told
    code, _outcome, _message = send(events, server.url)
    assert server.received == (taken if told == "in-doubt" else 1)


def test_two_processes_at_once_send_it_once(events: Path, tmp_path: Path) -> None:
    with Rehearsal(faults=["upload:drip=0.005"]) as server:
        environment = {**os.environ, "XDG_DATA_HOME": str(tmp_path), "ACTON_ACCESS_TOKEN": "made-up"}
        sending = [
            sys.executable,
            "-m",
            "uploader",
            "send",
            str(events),
            *SEND,
            "--base-url",
            server.url,
            "--json",
            "--no-wait",
        ]
        pipes: Any = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "cwd": ROOT, "env": environment}
        with all_running(2, sending, **pipes) as both:
            told = [json.loads(process.communicate(timeout=LONGEST)[0])["outcome"] for process in both]
        assert sorted(zip(told, (process.returncode for process in both), strict=True)) == [
            ("not-sent", 3),
            ("sent", 0),
        ]
        assert server.received == 1


@pytest.mark.parametrize("back", [60, 86_400, 400 * 86_400])
def test_a_clock_set_back_loses_nothing_and_stops_nothing(back: int, events: Path, tmp_path: Path) -> None:
    clock = Clock()
    with contextlib.ExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        stack.enter_context(surroundings(tmp_path, clock, patch))
        server = stack.enter_context(Rehearsal())
        assert send(events, server.url)[:2] == (0, "confirmed")
        clock.now -= back
        assert send(events, server.url)[:2] == (3, "not-sent")
        events.write_bytes(EVENTS.replace(b"Webinar A", b"Webinar B"))
        assert send(events, server.url)[:2] == (0, "confirmed")
        assert server.received == 2
        times = [entry["time"] for entry in ledger()]
    assert times == sorted(times, reverse=True)
