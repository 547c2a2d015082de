"""Leases: the process that is sending an upload or following its job holds one, and renews it while it lives."""

from __future__ import annotations

import os
import secrets
import socket
import threading
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Self

from uploader.errors import InDoubtError
from uploader.http.body import Progress

LEASE = 60.0
"""Seconds for which a lease holds unless renewed; a dead process on this machine is noticed at once."""
RENEWAL = 10.0
"""Seconds between two renewals."""


def new_holder() -> str:
    """The holder of a new lease: host, process id, start time of the process (ids are reused), random lease id."""
    return f"{_host()} {os.getpid()} {_started(os.getpid())} {secrets.token_hex(4)}"


def is_alive(holder: str, held_until: float, now: float) -> bool:
    """True if the process `holder` may still be active: it lives on this machine, or its lease holds.

    `held_until` and `now` are in seconds since the epoch.
    """
    host, _, rest = holder.partition(" ")
    number, started = (*rest.split(" "), "", "")[:2]
    if host != _host() or os.name != "posix" or not number.isdigit():
        return bool(holder) and held_until > now
    return _lives(int(number)) and _started(int(number)) == started


def described_holder(holder: str) -> str:
    """The holder for messages: `process 123 on host`."""
    host, number, _started_at = (*holder.split(" "), "", "")[:3]
    return f"process {number} on {host.partition('/')[0]}"


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:  # another user's
        return True
    stat = _stat(pid)
    return not stat or stat[0] not in ("Z", "X")  # a zombie is dead, and sends nothing


@cache
def _host() -> str:
    """The machine's name, with its process id namespace (of a container) if known."""
    name = "".join(socket.gethostname().split()) or "localhost"
    try:
        return f"{name}/{os.readlink('/proc/self/ns/pid').strip('pid:[]')}"
    except OSError:
        return name


def _started(pid: int) -> str:
    """The start time of a process in clock ticks; empty if unknown."""
    stat = _stat(pid)
    return stat[19] if len(stat) > 19 else ""


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat after the process name, the state first (proc_pid_stat(5)); empty if unknown."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return []


class Renewal:
    """Context manager that renews a lease every `RENEWAL` seconds, in a thread.

    `renew` returns False if the lease is no longer ours; `lost` is then true.
    """

    def __init__(self, renew: Callable[[], bool]) -> None:
        self.lost = False
        self._renew = renew
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ended.wait(RENEWAL):
            self.lost = self.lost or not self._renew()


def while_held(progress: Progress | None, renewal: Renewal | None) -> Progress:
    """A progress callback that raises `InDoubtError` if the lease was lost: somebody settled the upload meanwhile."""

    def guarded(done: int, total: int | None) -> None:
        if renewal is not None and renewal.lost:
            raise InDoubtError("it was settled by hand while it was being sent, and broken off")
        if progress is not None:
            progress(done, total)

    return guarded
