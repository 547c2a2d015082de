"""Every fault at every step of `uploader send` and its outcome; as a script it writes the table of uploader/README.md.

python -m tests.uploader.reliability
"""

from __future__ import annotations

import contextlib
import io
import json
import re
import socket
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partialmethod
from pathlib import Path
from typing import Any

import keyring
import pytest
from keyring.backends import fail

from tests.uploader.user import COLUMNS
from uploader.cli.main import main
from uploader.delivery.client import Client
from uploader.http.calls import Calls
from uploader.ledger.ledger import Ledger
from uploader.ledger.path import user_ledger
from uploader.login.credentials import Credentials
from uploader.login.login import Login
from uploader.rehearsal.faults import Plan
from uploader.rehearsal.server import Rehearsal
from uploader.wire.limits import Limits

README = Path(__file__).parents[2] / "uploader" / "README.md"
EVENTS = b"Email,Date,Title\r\njo@example.com,01/25/2023,Webinar A\r\nflo@example.com,01/26/2023,Webinar A\r\n"
SEND = ("--destination", "Webinars", "--customeventaction", "CUSTOM_ATTENDED", *COLUMNS)
TIMEOUT = 20
"""`--timeout` in seconds, by a clock that advances only while the client sleeps."""

ANSWER_TIMEOUTS = {
    "token": "login.login.ANSWER_TIMEOUT",
    "list": "account.events.READ_TIMEOUT",
    "upload": "delivery.client.UPLOAD_READ_TIMEOUT",
    "status": "delivery.client.STATUS_READ_TIMEOUT",
}
"""Shorter timeouts for cases without an answer."""

HEADING = """\
| step | fault | exit code | outcome | uploads taken | the same command again, without the fault |
|---|---|---|---|---|---|
"""
TABLE = re.compile(re.escape(HEADING) + r"((?:\|.*\n)+)")


@dataclass(frozen=True)
class Case:
    """A fault at a step: of the rehearsal, or `lookup` or `tls`; with `login` the token is from a stored login."""

    step: str
    fault: str
    login: bool = False
    words: str = ""

    @property
    def name(self) -> str:
        """The fault's name in the table."""
        return self.words or f"`{self.fault}`"


CASES = [
    Case("token", "refuse", login=True),
    Case("token", "reset-after", login=True),
    Case("token", "stall", login=True),
    Case("token", "html", login=True),
    Case("token", "303", login=True),
    Case("token", "403", login=True),
    Case("token", "500", login=True),
    Case("connect", "lookup", words="the host's name cannot be resolved"),
    Case("connect", "refuse"),
    Case("connect", "tls", words="TLS fails"),
    *(Case("list", fault) for fault in ("reset-before", "reset-after", "stall", "drip", "html", "redirect", "400")),
    *(Case("list", fault) for fault in ("403", "404", "429", "429=60", "500", "503", "expired")),
    Case("list", "expired", login=True, words="`expired`, with a login"),
    *(Case("upload", fault) for fault in ("reset-before", "reset-while", "reset-after", "stall", "drip", "html")),
    *(
        Case("upload", fault)
        for fault in (
            "no-job-id",
            "redirect",
            "301",
            "302",
            "303",
            "308",
            "400",
            "413",
            "429",
            "429,times=2",
            "429=5,times=2",
        )
    ),
    *(Case("upload", fault) for fault in ("429=60", "500", "503", "504", "expired")),
    Case("upload", "expired", login=True, words="`expired`, with a login"),
    *(Case("status", fault) for fault in ("refuse", "reset-before,times=2", "reset-after,times=2", "stall,times=2")),
    *(Case("status", fault) for fault in ("stall", "drip", "html,times=2", "html", "redirect", "404", "429=5,times=2")),
    *(Case("status", fault) for fault in ("500", "503,times=2", "expired")),
    Case("status", "expired", login=True, words="`expired`, with a login"),
    *(Case("job", fault) for fault in ("never-ends", "fails", "odd-word", "rejects=1", "miscounts=1")),
]


@dataclass(frozen=True)
class Found:
    """The result of a case: of the first command, and of the same command again without the fault."""

    code: int
    outcome: str
    taken: int
    message: str
    ledger: str
    again_code: int
    again_outcome: str
    taken_in_all: int

    def row(self, case: Case) -> str:
        """The case's row in the table."""
        again = f"{self.again_outcome} ({self.again_code})"
        cells = [f"`{case.step}`", case.name, self.code, self.outcome, self.taken, again]
        return f"| {' | '.join(map(str, cells))} |\n"


class Clock:
    """A clock that advances only while somebody sleeps, for the client and the limits."""

    def __init__(self, start: float = 1_700_000_000.0) -> None:
        self.now = start

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@contextlib.contextmanager
def surroundings(folder: Path, clock: Clock, patch: pytest.MonkeyPatch) -> Iterator[None]:
    """Context manager that sets the user's data folder, disables the keyring, and replaces `time` by `clock`."""
    patch.setenv("XDG_DATA_HOME", str(folder))
    patch.setenv("ACTON_ACCESS_TOKEN", "made-up")
    keyring.set_keyring(fail.Keyring())
    date = lambda: datetime.fromtimestamp(clock.now, UTC)  # noqa: E731
    times: dict[type, dict[str, Any]] = {
        Client: {"sleep": clock.sleep, "clock": clock},
        Calls: {"sleep": clock.sleep, "clock": clock},
        Limits: {"sleep": clock.sleep, "now": clock},
        Login: {"now": clock},
        Ledger: {"clock": date},
    }
    for made, told in times.items():
        patch.setattr(made, "__init__", partialmethod(vars(made)["__init__"], **told))
    yield


def command(*arguments: object) -> tuple[int, str, str]:
    """Run a command in this process; returns exit code, stdout, stderr."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main([str(argument) for argument in arguments])
    return code, out.getvalue(), err.getvalue()


def send(file: Path, url: str) -> tuple[int, str, str]:
    """Exit code, outcome and last message of `uploader send`."""
    code, out, err = command("send", file, *SEND, "--base-url", url, "--timeout", TIMEOUT, "--json")
    answer = json.loads(out)
    outcome = answer["error"]["code"] if "error" in answer else answer["outcome"]
    return code, outcome, (err.splitlines() or [""])[-1]


def ledger() -> list[dict[str, Any]]:
    """The ledger's entries."""
    told: list[dict[str, Any]] = json.loads(command("history", "--json")[1])
    return told


def _nowhere(*args: object, **kwargs: object) -> object:
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


def _plan(case: Case) -> list[str]:
    step = "upload" if case.step == "connect" else case.step
    return [] if case.fault in ("lookup", "tls") else [f"{step}:{case.fault}"]


@contextlib.contextmanager
def _mended(server: Rehearsal) -> Iterator[Rehearsal]:
    """`server` without its faults; one that refuses connections is started again on its port, with its jobs."""
    if not server.plan.refuses("token", "upload", "status"):
        server.plan = Plan()
        yield server
        return
    with Rehearsal(port=int(server.url.rsplit(":", 1)[1])) as back:
        back.issuer, back.received, back._jobs = server.issuer, server.received, server._jobs
        yield back


def find(case: Case, folder: Path) -> Found:
    """Run `case` with the user's data in `folder`."""
    file = folder / "events.csv"
    file.write_bytes(EVENTS)
    clock = Clock()
    with contextlib.ExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        stack.enter_context(surroundings(folder, clock, patch))
        server = stack.enter_context(Rehearsal())
        if case.login:
            patch.delenv("ACTON_ACCESS_TOKEN")
            Login.of(server.url, user_ledger()).log_in(Credentials("an-id", "a-secret", "jo", "a-password"))
        if case.step == "token":
            clock.now += 7200
        server = stack.enter_context(_misbehaving(server, _plan(case)))
        url = server.url.replace("http:", "https:") if case.fault == "tls" else server.url
        with patch.context() as broken:
            if case.fault == "lookup":
                broken.setattr(socket, "getaddrinfo", _nowhere)
            if case.fault.partition(",")[0] in ("stall", "drip"):
                broken.setattr(f"uploader.{ANSWER_TIMEOUTS[case.step]}", 0.2)
            code, outcome, message = send(file, url)
        taken, told = server.received, ledger()
        mended = stack.enter_context(_mended(server))
        again_code, again_outcome, _message = send(file, mended.url)
        return Found(
            code,
            outcome,
            taken,
            message,
            told[-1]["outcome"] if told else "nothing",
            again_code,
            again_outcome,
            mended.received,
        )


@contextlib.contextmanager
def _misbehaving(server: Rehearsal, plan: list[str]) -> Iterator[Rehearsal]:
    """`server`, or another one in its place, with the faults of `plan`."""
    server.__exit__(None, None, None)
    with Rehearsal(port=int(server.url.rsplit(":", 1)[1]), faults=plan) as another:
        another.issuer = server.issuer
        yield another


def table() -> str:
    """The table of uploader/README.md, measured again."""
    lines = []
    for case in CASES:
        with tempfile.TemporaryDirectory() as folder:
            lines.append(find(case, Path(folder)).row(case))
    return HEADING + "".join(lines)


if __name__ == "__main__":
    text = README.read_text(encoding="utf-8")
    found = table()
    README.write_text(TABLE.sub(lambda match: found, text), encoding="utf-8")
    print(found, end="")
