"""The uploader command in processes forked from one that has imported everything, which takes milliseconds each.

A command can be interrupted by a signal: before its n-th statement of the ledger, before its n-th line inside
`uploader`, or whenever the test sends one. From its n-th statement on its ledger can be on a full disk, read-only, or
locked by another process.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any

import pytest

from tests.processes import LONGEST

TROUBLES = {"FULL": "PRAGMA max_page_count = 1", "READ-ONLY": "PRAGMA query_only = 1", "LOCKED": "BEGIN EXCLUSIVE"}
"""What can be wrong with a ledger, and the statement that makes it so: on each connection, or on another for a lock."""

ROOT = Path(__file__).parents[2]
ENDED_IN = 120.0
"""Seconds in which every command must end."""


@dataclass(frozen=True)
class Spoil:
    """The signal `name` before the `number`-th `what` (from 1).

    `what` is a `statement` of the ledger, the begin or end of a `transaction`, or a `line` of `uploader` (each line up
    to three times). With `number` 0 they are only counted, in `Ended.reached`. At a `statement` the `name` may also be
    one of `TROUBLES`, which the ledger has from there on.
    """

    what: str
    number: int
    name: str = "SIGKILL"


@dataclass(frozen=True)
class Ended:
    """A command that has ended: exit code (negative after a signal), output, and where it was interrupted."""

    code: int
    out: str
    err: str
    reached: int
    where: str

    @property
    def said(self) -> str:
        """All its output."""
        return self.out + self.err


class Running:
    """A running command with the process `pid`."""

    def __init__(self, connection: socket.socket, folder: Path) -> None:
        self._stream, self._connection, self._folder = connection.makefile("r"), connection, folder
        self.pid = int(self._stream.readline())
        self._code, self._told = 99, threading.Event()
        self._listening = threading.Thread(target=self._listen)
        self._listening.start()

    def _listen(self) -> None:
        with self._connection, self._stream, contextlib.suppress(TimeoutError):
            self._code = int(self._stream.readline() or 99)
        self._told.set()

    def signal(self, name: str) -> None:
        """Send it a signal, if it is alive."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, getattr(signal, name))

    def interrupt(self, name: str) -> None:
        """Send it a signal while it waits in a read, and a second one if it does not end.

        Python handles a signal that comes right before the read only after it.
        """
        self.signal(name)
        while not self._told.wait(5):
            self.signal(name)

    def said(self, words: str) -> None:
        """Wait until `words` are in its stderr."""
        until = time.monotonic() + ENDED_IN
        err = self._folder / "err"
        while not err.exists() or words not in err.read_text():
            assert time.monotonic() < until, f"it never said {words}"
            assert not self._told.wait(0.01), f"it has ended, and did not say {words}"

    def gone(self) -> None:
        """Wait until its process has ended."""
        self._told.wait(ENDED_IN)

    def has_ended(self) -> bool:
        """True if its process has ended."""
        return self._told.is_set()

    def wait(self) -> Ended:
        """Wait for its end; returns it."""
        self._listening.join()
        reached, where = 0, ""
        if (told := self._folder / "reached").exists():
            number, _, where = told.read_text().partition(" ")
            reached = int(number)
        out, err = ((self._folder / name).read_text(errors="surrogateescape") for name in ("out", "err"))
        return Ended(self._code, out, err, reached, where)


class Commands:
    """The process from which commands are forked, as a context manager."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="forked-")
        self._path = f"{self._folder.name}/socket"
        self._count = 0

    def __enter__(self) -> Commands:
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(self._path)
        listener.listen(64)
        script = [sys.executable, "-m", "tests.uploader.forked", str(listener.fileno())]
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"}
        self._process = subprocess.Popen(script, cwd=ROOT, env=environment, pass_fds=[listener.fileno()])
        listener.close()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        self._process.wait()
        self._folder.cleanup()

    def begin(
        self, *arguments: object, environment: dict[str, str], now: float | None = None, spoil: Spoil | None = None
    ) -> Running:
        """Start `uploader` with `arguments`; with `now` its clock starts there, and advances only in `sleep`."""
        self._count += 1
        folder = Path(self._folder.name) / str(self._count)
        folder.mkdir()
        wanted = {
            "arguments": [os.fspath(one) if isinstance(one, os.PathLike) else str(one) for one in arguments],
            "environment": environment,
            "folder": str(folder),
            "now": now,
            "spoil": asdict(spoil) if spoil else None,
        }
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(ENDED_IN)
        connection.connect(self._path)
        connection.sendall(json.dumps(wanted).encode() + b"\n")
        return Running(connection, folder)

    def run(self, *arguments: object, **how: Any) -> Ended:
        """Run `uploader` with `arguments` to its end."""
        return self.begin(*arguments, **how).wait()


# Code in the forked processes


def _serve(listener: socket.socket) -> None:
    """Fork a command for each request, and report its end."""
    running: dict[int, socket.socket] = {}
    woken, waking = socket.socketpair()
    waking.setblocking(False)
    signal.set_wakeup_fd(waking.fileno())
    signal.signal(signal.SIGCHLD, lambda number, frame: None)  # wakes, unlike one that is ignored
    while True:
        ready, _, _ = select.select([listener, woken], [], [])
        if woken in ready:
            woken.recv(4096)
            while running and (ended := os.waitpid(-1, os.WNOHANG))[0]:
                with running.pop(ended[0]) as connection:
                    _tell(connection, os.waitstatus_to_exitcode(ended[1]))
        if listener in ready:
            connection, _ = listener.accept()
            wanted = json.loads(connection.makefile("r").readline())
            pid = os.fork()
            if pid == 0:
                signal.set_wakeup_fd(-1)
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                for inherited in (listener, woken, waking, connection, *running.values()):
                    inherited.close()
                _command(wanted)
            running[pid] = connection
            _tell(connection, pid)


def _tell(connection: socket.socket, number: int) -> None:
    with contextlib.suppress(OSError):
        connection.sendall(f"{number}\n".encode())


def _command(wanted: dict[str, Any]) -> None:
    """Run the command in this process, with its own files for stdout and stderr."""
    code = 99
    try:
        folder = Path(wanted["folder"])
        for number, name in ((0, os.devnull), (1, folder / "out"), (2, folder / "err")):
            os.dup2(os.open(name, os.O_RDWR | os.O_CREAT, 0o600), number)
        os.environ.clear()
        os.environ.update(wanted["environment"])
        tempfile.tempdir = None
        with contextlib.ExitStack() as stack:
            code = _main(wanted["arguments"], wanted["now"], wanted["spoil"], folder, stack)
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 1
    except BaseException:  # as Python does
        traceback.print_exc()
    finally:
        with contextlib.suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def _main(
    arguments: Sequence[str], now: float | None, spoil: dict[str, Any] | None, folder: Path, stack: contextlib.ExitStack
) -> int:
    from tests.uploader.reliability import Clock, surroundings
    from uploader.cli.main import main

    if now is not None:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        environment = {name: os.environ[name] for name in ("XDG_DATA_HOME", "ACTON_ACCESS_TOKEN")}
        stack.enter_context(surroundings(Path(environment["XDG_DATA_HOME"]), Clock(now), patch))
        os.environ.update(environment)
    if spoil is None:
        return main(arguments)
    spoiling = Spoiling(Spoil(**spoil), folder / "reached")
    if spoil["what"] in ("statement", "transaction"):
        import sqlite3

        def come(text: str) -> None:
            if spoil["what"] == "statement" or text == "COMMIT":
                spoiling.come(text)

        patch = stack.enter_context(pytest.MonkeyPatch.context())
        troubled = stack.enter_context(contextlib.closing(Troubled(sqlite3.connect)))
        spoiling.strike = troubled.begin if spoil["name"] in TROUBLES else spoiling.strike
        patch.setattr(sqlite3, "connect", _counting(troubled, come))
        code = main(arguments)
    else:
        sys.settrace(_lines(spoiling.come))
        code = main(arguments)
        sys.settrace(None)
    spoiling.write()
    return code


class Spoiling:
    """Counter that sends the signal to this process when it reaches the given number."""

    def __init__(self, spoil: Spoil, told: Path) -> None:
        self._spoil, self._told = spoil, told
        self.reached = 0
        self.strike: Callable[[str], object] = lambda name: os.kill(os.getpid(), getattr(signal, name))

    def come(self, where: str) -> None:
        """Count one more, at `where`."""
        self.reached += 1
        lasting = self._spoil.name in TROUBLES and self._spoil.number > 0
        if self.reached == self._spoil.number or (lasting and self.reached > self._spoil.number):
            self.write(where)
            self.strike(self._spoil.name)

    def write(self, where: str = "") -> None:
        """Write the number reached, and where the signal was sent."""
        if not self._told.exists():
            self._told.write_text(f"{self.reached} {where}")


class Troubled:
    """`sqlite3.connect` for ledgers that have one of `TROUBLES` after `begin`."""

    def __init__(self, connect: Callable[..., Any]) -> None:
        self._connect = connect
        self._opened: list[tuple[str, Any]] = []
        self._locks: dict[str, Any] = {}
        self._trouble = ""

    def __call__(self, path: str, *arguments: Any, **options: Any) -> Any:
        if self._trouble == "LOCKED":
            options["timeout"] = 0.01
        made = self._connect(path, *arguments, **options)
        self._opened.append((path, made))
        self._make_so(path, made)
        return made

    def begin(self, name: str) -> None:
        """Trouble the ledgers that are open, and those that are opened later."""
        if name == "LOCKED" and not self._trouble:
            for _path, made in self._opened:  # all before the first lock, which this statement would wait for
                self._execute(made, "PRAGMA busy_timeout = 10")
        self._trouble = name
        for path, made in self._opened:
            self._make_so(path, made)

    def close(self) -> None:
        """Release the locks."""
        for lock in self._locks.values():
            lock.close()

    def _make_so(self, path: str, made: Any) -> None:
        import sqlite3

        if not self._trouble or path == ":memory:":
            return
        if self._trouble != "LOCKED":
            self._execute(made, TROUBLES[self._trouble])
        elif path not in self._locks:
            lock = self._connect(path, timeout=0.0, isolation_level=None)
            try:
                lock.execute(TROUBLES["LOCKED"])
                self._locks[path] = lock
            except sqlite3.OperationalError:  # it is being written; the next statement tries again
                lock.close()

    @staticmethod
    def _execute(made: Any, text: str) -> None:
        """Execute a statement without counting it, unless the connection is closed."""
        import sqlite3

        with contextlib.suppress(sqlite3.ProgrammingError):
            sqlite3.Connection.execute(made, text)


def _counting(connect: Callable[..., Any], come: Callable[[str], None]) -> Callable[..., Any]:
    import sqlite3

    class Counted(sqlite3.Connection):
        def execute(self, text: str, *values: Any) -> Any:
            come(text)
            return super().execute(text, *values)

        def executemany(self, text: str, *values: Any) -> Any:
            come(text)
            return super().executemany(text, *values)

    return lambda *arguments, **options: connect(*arguments, factory=Counted, **options)


def _lines(come: Callable[[str], None]) -> Callable[[FrameType, str, Any], Any]:
    """A trace function that counts each line of `uploader` before it is executed, up to three times."""
    inside = f"{ROOT / 'uploader'}{os.sep}"
    seen: Counter[tuple[str, int]] = Counter()

    def line(frame: FrameType, event: str, value: Any) -> Any:
        if event == "line" and seen[where := (frame.f_code.co_filename, frame.f_lineno)] < 3:
            seen[where] += 1
            come(f"{where[0].removeprefix(inside)}:{where[1]}")
        return line

    def call(frame: FrameType, event: str, value: Any) -> Any:
        return line if frame.f_code.co_filename.startswith(inside) else None

    return call


def _warm() -> None:
    """Send once to a throwaway server, so that the modules of a send are imported before the forks."""
    from uploader.cli.main import main

    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(None):
        file = Path(folder) / "events.csv"
        file.write_bytes(b"Email,Date,Title\nal@corp-7f3a.example,01/25/2023,A\nal@corp-7f3a.example,01/25/2023,A\n")
        as_what = ["--destination", "A", "--customeventaction", "CUSTOM_GENERAL", "--dateformat", "MM/dd/yyyy"]
        assert main(["send", str(file), *as_what, "--rehearse"]) == 0
    for thread in threading.enumerate():
        if thread is not threading.main_thread():
            thread.join(LONGEST)  # that of the stand-in's last connection may still be ending
    assert threading.active_count() == 1


if __name__ == "__main__":
    import keyring
    from keyring.backends import fail

    import tests.uploader.reliability  # noqa: F401 - as _warm says

    keyring.set_keyring(fail.Keyring())
    _warm()
    gc.freeze()
    with socket.socket(fileno=int(sys.argv[1])) as given:
        _serve(given)
