"""A user whose commands run in separate processes, with a data folder, and made-up touch points and token."""

from __future__ import annotations

import contextlib
import io
import json
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from preflight import Layout
from tests.uploader.counting_server import Arrived, CountingServer, Row
from tests.uploader.forked import Commands, Ended, Running, Spoil
from uploader.cli.main import main

TOKEN = "tok-5ecret-9b1d"
DOMAIN = "@corp-7f3a.example"
"""The domain of all addresses here, found nowhere else."""

HEADING = "Email,Date,Title\n"
AL, BO, CY, DI, ED = TOUCH_POINTS = [
    (f"{name}{DOMAIN}", f"01/2{number}/2023", f"Webinar {'AB'[number % 2]}")
    for number, name in enumerate(("al", "bo", "cy", "di", "ed"))
]
LENGTH = len(",".join(AL)) + 1
"""Bytes of every row."""

PLACE = ("Webinars", "CUSTOM_ATTENDED")
AS = ("--destination", PLACE[0], "--customeventaction", PLACE[1])
COLUMNS = ("--email", "Email", "--date", "Date", "--title", "Title", "--dateformat", "MM/dd/yyyy")
"""The required parts of the layout, as options."""
LAYOUT = Layout(email="Email", date="Date", title="Title", dateformat="MM/dd/yyyy")
"""The same as a `Layout`."""


def parts_of(rows: int) -> list[str]:
    """The option for parts of `rows` rows."""
    return ["--max-bytes", str(len(HEADING) + rows * LENGTH)]


def new_folder() -> Path:
    """A new folder, in memory if possible: flushing ledgers to a disk would take most of the time."""
    shared = Path("/dev/shm")  # noqa: S108
    return Path(tempfile.mkdtemp(prefix="user-", dir=shared if shared.is_dir() else None))


class User:
    """A user with a folder, an account on `server`, and a clock that advances only while a command sleeps."""

    def __init__(self, commands: Commands, server: CountingServer, folder: Path) -> None:
        self._commands = commands
        self.server = server
        self.folder = folder
        self.data, self.temporary, self.receipts = folder / "data", folder / "tmp", folder / "receipts"
        self.temporary.mkdir()
        self.receipts.mkdir()
        self.environment = {
            **os.environ,
            "XDG_DATA_HOME": str(self.data),
            "TMPDIR": str(self.temporary),
            "ACTON_ACCESS_TOKEN": TOKEN,
            "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
        }
        self.now: float | None = 1_700_000_000.0
        """The start time of the next command; `None` for the real time."""

    def file(self, name: str, rows: Sequence[Row]) -> Path:
        """A file of touch points."""
        path = self.folder / name
        path.write_text(HEADING + "".join(f"{','.join(row)}\n" for row in rows), encoding="utf-8")
        return path

    def begin(self, *arguments: object, spoil: Spoil | None = None) -> Running:
        """Start a command."""
        if self.now is not None:
            self.now += 3
        return self._commands.begin(*arguments, environment=self.environment, now=self.now, spoil=spoil)

    def run(self, *arguments: object) -> Ended:
        """Run a command to its end."""
        return self.begin(*arguments).wait()

    def begin_send(self, *files: Path, options: Sequence[object] = (), spoil: Spoil | None = None) -> Running:
        """Start to send files."""
        to = ("--base-url", self.server.url)
        return self.begin("send", *files, *AS, *COLUMNS, *map(str, options), *to, spoil=spoil)

    def send(self, *files: Path, options: Sequence[object] = (), spoil: Spoil | None = None) -> Ended:
        """Send files."""
        return self.begin_send(*files, options=options, spoil=spoil).wait()

    def history(self) -> list[dict[str, Any]]:
        """The ledger's entries."""
        out, err = io.StringIO(), io.StringIO()
        with contextlib.ExitStack() as stack:
            stack.enter_context(contextlib.redirect_stdout(out))
            stack.enter_context(contextlib.redirect_stderr(err))
            before = os.environ.get("XDG_DATA_HOME")
            stack.callback(_set, "XDG_DATA_HOME", before)
            _set("XDG_DATA_HOME", str(self.data))
            assert main(["history", "--json"]) == 0, err.getvalue()
        told: list[dict[str, Any]] = json.loads(out.getvalue())
        return told

    def outcomes(self) -> list[str]:
        """The outcomes in the ledger, in order."""
        return [entry["outcome"] for entry in self.history()]

    def uploads_of(self, entry: dict[str, Any]) -> list[Arrived]:
        """The uploads on the server of a ledger entry; each has a unique filename here."""
        return [upload for upload in self.server.arrived if upload.form["filename"] == entry["filename"]]


def _set(name: str, value: str | None) -> None:
    if value is None:
        os.environ.pop(name, None)
    else:
        os.environ[name] = value
