"""Leases: the holder of an upload, and how long it counts as alive."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.processes import LONGEST, running
from uploader import InDoubtError
from uploader.ledger import lease
from uploader.ledger.lease import Renewal, described_holder, is_alive, new_holder, while_held

NOW = 1_000.0


def test_a_holder_names_host_process_start_and_itself() -> None:
    host, pid, started, own = new_holder().split(" ")
    assert host.partition("/")[0] == "".join(socket.gethostname().split())
    assert (pid, len(own)) == (str(os.getpid()), 8)
    assert started.isdigit() == os.path.exists("/proc/self/stat")  # only on Linux
    assert described_holder(f"{host} {pid} {started} {own}") == f"process {pid} on {host.partition('/')[0]}"
    assert described_holder("web-1/4026531836 77") == "process 77 on web-1"
    assert described_holder("") == "process  on "


def test_a_process_of_this_machine_is_alive_or_dead_whatever_its_lease() -> None:
    host, pid, started, _ = new_holder().split(" ")
    assert is_alive(f"{host} {pid} {started} x", NOW - 1, NOW)
    assert not is_alive(f"{host} {pid} {int(started or 1) + 1} x", NOW + 1, NOW)  # its id was reused
    assert not is_alive(f"{host} {2**22 + 1} {started} x", NOW + 1, NOW)  # no process has this id


@pytest.mark.parametrize("holder", ["elsewhere 77 5 x", "elsewhere/1 77", "elsewhere"])
def test_a_process_of_another_machine_is_alive_while_its_lease_holds(holder: str) -> None:
    assert is_alive(holder, NOW + 0.1, NOW)
    assert not is_alive(holder, NOW, NOW)
    assert not is_alive("", NOW + 0.1, NOW)


def test_a_holder_without_a_process_id_is_alive_while_its_lease_holds() -> None:
    host = new_holder().split(" ")[0]
    assert [is_alive(f"{host} who", until, NOW) for until in (NOW + 1, NOW - 1)] == [True, False]
    assert [is_alive(host, until, NOW) for until in (NOW + 1, NOW - 1)] == [True, False]


@pytest.mark.skipif(not os.path.exists("/proc/self/stat"), reason="only Linux tells")
def test_a_zombie_is_dead() -> None:
    host = new_holder().split(" ")[0]
    with running([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        holder = f"{host} {process.pid} {lease._started(process.pid)} x"
        assert is_alive(holder, 0.0, NOW)
        process.kill()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        assert not is_alive(holder, NOW + 1, NOW)


@pytest.mark.skipif(not os.path.exists("/proc/self/stat"), reason="only Linux tells")
def test_a_process_is_the_same_whatever_its_name() -> None:
    holder, name = new_holder(), Path("/proc/self/comm")
    before = name.read_bytes()
    name.write_bytes(b"a) Z (\xff")
    try:
        assert is_alive(holder, 0.0, NOW)
    finally:
        name.write_bytes(before.rstrip(b"\n"))


def test_a_process_of_another_user_lives(monkeypatch: pytest.MonkeyPatch) -> None:
    holder = new_holder()

    def forbidden(pid: int, number: int) -> None:
        assert (pid, number) == (os.getpid(), 0)
        raise PermissionError

    monkeypatch.setattr(os, "kill", forbidden)
    assert is_alive(holder, 0.0, NOW)


def test_without_a_known_start_time_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    stats: list[list[str]] = [[], ["S"] * 19, [*"ZRS", *map(str, range(17)), "x"]]
    monkeypatch.setattr(lease, "_stat", lambda pid: stats[0])
    holder = new_holder()
    assert holder.split(" ")[2] == ""
    assert is_alive(holder, 0.0, NOW)
    assert not is_alive(f"{holder.split(' ')[0]} {2**22 + 1}  x", NOW + 1, NOW)
    for state, alive in (("R", True), ("S", True), ("Z", False), ("X", False)):
        stats[0] = [state]
        assert is_alive(holder, 0.0, NOW) is alive
    for known, started in zip(stats[1:], ("", "16"), strict=True):
        stats[0] = known
        assert lease._started(1) == started


def test_the_machine_has_a_name_and_a_process_namespace(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, link, expected in (
        ("web 1", "pid:[4026531836]", "web1/4026531836"),
        ("web-1", "", "web-1"),
        (" ", "", "localhost"),
    ):
        lease._host.cache_clear()

        def readlink(path: str, link: str = link) -> str:
            assert path == "/proc/self/ns/pid"
            if not link:
                raise OSError
            return link

        monkeypatch.setattr(socket, "gethostname", lambda name=name: name)
        monkeypatch.setattr(os, "readlink", readlink)
        assert lease._host() == expected
    lease._host.cache_clear()


def test_a_lease_is_renewed_until_it_is_released_or_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease, "RENEWAL", 0.001)
    asked = threading.Semaphore(0)
    answers = [True, True, False]  # a lost lease is not renewed

    def renew() -> bool:
        asked.release()
        return answers.pop(0)

    with Renewal(renew) as renewal:
        for _ in range(3):
            assert asked.acquire(timeout=LONGEST)
    assert renewal.lost
    thread: Any = renewal._thread
    assert (thread.is_alive(), thread.daemon, answers) == (False, True, [])
    with Renewal(lambda: True) as kept:
        pass
    assert not kept.lost


def test_a_send_that_lost_its_lease_stops() -> None:
    told: list[tuple[int, int | None]] = []
    held = Renewal(lambda: True)
    for progress, renewal in ((lambda *step: told.append(step), held), (None, held), (None, None)):
        while_held(progress, renewal)(1, 2)
    while_held(lambda *step: told.append(step), None)(3, None)
    assert told == [(1, 2), (3, None)]
    held.lost = True
    with pytest.raises(InDoubtError) as broken:
        while_held(lambda *step: told.append(step), held)(2, 2)
    assert str(broken.value).startswith(
        "it was settled by hand while it was being sent, and broken off; the upload may"
    )
    assert told == [(1, 2), (3, None)]
