"""The endpoint's limits: no more calls in any span than allowed, across processes, whatever the clock does."""

from __future__ import annotations

import socket
import sqlite3
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.processes import LONGEST, all_running
from tests.uploader.conftest import ScriptedServer
from tests.uploader.test_client import Clock
from tests.uploader.test_login import CREDENTIALS, login_to
from uploader import Client, Ledger, NotSentError, StatusError, TokenError
from uploader.acton.endpoint import ALLOWED
from uploader.errors import LimitError
from uploader.rehearsal.server import Rehearsal
from uploader.wire.limits import TABLE, Limits, Writing, in_memory, moment

ROOT = Path(__file__).parents[2]
START = 1_700_000_000.0


def limits_of(clock: Clock, account: str = "https://a.example") -> Limits:
    clock.now = clock.now or START
    return Limits(in_memory(), account, allowed=ALLOWED, now=clock, sleep=clock.sleep)


def log_in(limits: Limits) -> None:
    with limits.login(lambda: True):
        pass


def test_five_calls_a_second_are_sent_and_the_sixth_waits() -> None:
    limits = limits_of(clock := Clock())
    for _ in range(5):
        limits.take_turn()
    assert clock.pauses == []
    clock.now += 0.25
    limits.take_turn()
    assert clock.pauses == [0.75]


@given(st.lists(st.floats(0, 2), min_size=1, max_size=40))
def test_no_second_has_more_than_five_calls(pauses: list[float]) -> None:
    limits = limits_of(clock := Clock())
    left = []
    for pause in pauses:
        clock.now += pause
        limits.take_turn()
        left.append(clock.now)
    assert all(later - first >= 1.0 for first, later in zip(left, left[ALLOWED.calls_a_second :], strict=False))
    assert clock.now - START <= sum(pauses) + len(pauses) / ALLOWED.calls_a_second


def test_a_day_has_30_000_calls(tmp_path: Path) -> None:
    writing = database(tmp_path / "calls")
    with writing() as db:
        calls = [("https://a.example", START + n, False) for n in range(29_999)]
        db.executemany("INSERT INTO call (account, at, login) VALUES (?, ?, ?)", calls)
    clock = Clock()
    clock.now = START + 40_000
    limits = Limits(writing, "https://a.example", allowed=ALLOWED, now=clock, sleep=clock.sleep)
    limits.take_turn()
    with pytest.raises(NotSentError) as caught:
        limits.take_turn()
    assert str(caught.value) == (
        "30,000 calls were made in the last 24 hours, and Act-On allows no more: try again at 2023-11-15 22:13:20 UTC"
    )
    Limits(writing, "https://b.example", now=clock, sleep=clock.sleep).take_turn()
    clock.now = START + 86_400
    limits.take_turn()
    with pytest.raises(LimitError):
        limits.take_turn()
    assert clock.pauses == []


def test_each_account_of_a_host_has_limits_of_its_own(tmp_path: Path) -> None:
    clock = Clock()
    clock.now = START
    writing = database(tmp_path / "calls")
    nameless = Limits(writing, "https://a.example", allowed=ALLOWED, now=clock, sleep=clock.sleep)
    limits = [
        nameless,
        nameless.of_account("jo"),
        nameless.of_account("al"),
        nameless.of_account("jo").of_account("bo"),
    ]
    for one in limits:
        for _ in range(5):
            one.take_turn()
            log_in(one)
    assert clock.pauses == []
    for one in (*limits, Limits(writing, "https://a.example", "jo", allowed=ALLOWED, now=clock)):
        with pytest.raises(LimitError):
            one.check_login()
    assert nameless.next_login() == START + 3600
    assert nameless.of_account("cy").next_login() < START


def test_an_hour_has_five_logins_and_the_sixth_says_when() -> None:
    limits = limits_of(clock := Clock())
    for _ in range(5):
        log_in(limits)
        clock.now += 60
    with pytest.raises(LimitError) as caught:
        log_in(limits)
    assert str(caught.value) == (
        "not logged in: 5 password logins were made in the last hour, and Act-On allows no more: "
        "try again at 2023-11-14 23:13:20 UTC"
    )
    with pytest.raises(LimitError):
        limits.check_login()
    clock.now = START + 3600
    limits.check_login()
    log_in(limits)


def test_other_calls_do_not_count_as_logins() -> None:
    limits = limits_of(Clock())
    for _ in range(5):
        limits.take_turn()
    limits.check_login()
    log_in(limits)


def test_a_moment_is_shown_in_the_local_zone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Kolkata")
    time.tzset()
    try:
        assert moment(START + 0.001) == "2023-11-15 03:43:21 IST"
        assert moment(START) == "2023-11-15 03:43:20 IST"
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize("back", [1.0, 1800.0, 90_000.0, 1e9])
def test_a_clock_set_back_counts_long_enough_and_blocks_no_longer(back: float) -> None:
    limits = limits_of(clock := Clock())
    for _ in range(5):
        limits.take_turn()
        log_in(limits)
    clock.now -= back
    limits.take_turn()
    assert clock.pauses == [1.0]
    with pytest.raises(LimitError):
        log_in(limits)
    clock.now += 3599.0
    log_in(limits)


def test_a_login_that_never_left_is_not_counted(tmp_path: Path) -> None:
    with Rehearsal(faults=["token:refuse"]) as server:
        login = login_to(server, tmp_path)
        for _ in range(6):
            with pytest.raises(TokenError, match="connection refused"):
                login.log_in(CREDENTIALS)


def test_a_sixth_login_does_not_reach_the_server(scripted: type[ScriptedServer], tmp_path: Path) -> None:
    with scripted(*[b"HTTP/1.1 403 no\r\nContent-Length: 0\r\n\r\n"] * 9) as server:
        login = login_to(server, tmp_path)
        for _ in range(5):
            with pytest.raises(TokenError):
                login.log_in(CREDENTIALS)
        with pytest.raises(LimitError, match=r"^not logged in: 5 password logins"):
            login.log_in(CREDENTIALS)
    assert len(server.requests) == 5


def database(path: Path) -> Writing:
    """A database of calls in a file that other processes open, too."""
    db = sqlite3.connect(path, timeout=30, isolation_level=None)
    for statement in TABLE:
        db.execute(statement)
    db.close()
    return writing_to(path)


def writing_to(path: Path) -> Writing:
    @contextmanager
    def writing() -> Iterator[sqlite3.Connection]:
        db = sqlite3.connect(path, timeout=30, isolation_level=None)
        db.execute("BEGIN IMMEDIATE")
        try:
            yield db
            db.execute("COMMIT")
        finally:
            db.close()

    return writing


CALLER = """
import sys
from pathlib import Path
from tests.uploader.test_limits import writing_to
from uploader.wire.limits import Limits

limits = Limits(writing_to(Path(sys.argv[1])), "https://a.example")
for _ in range(4):
    limits.take_turn()
"""


def test_two_processes_count_together(tmp_path: Path) -> None:
    writing = database(tmp_path / "calls")
    command = [sys.executable, "-c", CALLER, str(tmp_path / "calls")]
    with all_running(2, command, cwd=ROOT) as callers:
        assert [caller.wait(LONGEST) for caller in callers] == [0, 0]
    with writing() as db:
        left = [at for (at,) in db.execute("SELECT at FROM call ORDER BY at")]
    assert len(left) == 8
    assert all(later - first >= 1.0 for first, later in zip(left, left[ALLOWED.calls_a_second :], strict=False))


def test_clients_in_python_count_in_the_user_s_ledger(data_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere(*args: object, **options: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", nowhere)
    clock = Clock()
    for name in ("api", "restapi"):
        client = Client("made-up-token", base_url=f"https://{name}.actonsoftware.com", sleep=clock.sleep)
        with pytest.raises(StatusError):
            client.status("7", timeout=0)
    with Ledger(data_folder / "touchpoint-preflight" / "ledger.sqlite3") as ledger, ledger.writing() as db:
        counted = db.execute("SELECT account, count(*) FROM call WHERE NOT login GROUP BY account").fetchall()
        assert counted == [("https://api.actonsoftware.com", 2)]
        now = time.time()
        calls = [("https://api.actonsoftware.com", now - 1000, False)] * 29_998
        db.executemany("INSERT INTO call (account, at, login) VALUES (?, ?, ?)", calls)
    with pytest.raises(StatusError, match=r"30,000 calls were made in the last 24 hours") as caught:
        Client("made-up-token").status("7")
    assert not caught.value.passing


def test_a_client_for_loopback_leaves_the_user_s_ledger_alone(data_folder: Path) -> None:
    with Rehearsal() as server, pytest.raises(StatusError):
        Client("made-up-token", base_url=server.url).status("7")
    assert list(data_folder.rglob("*")) == []
