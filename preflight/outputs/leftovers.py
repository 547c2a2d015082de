"""Temporary files whose names identify their owner, so that a later run removes those of dead processes.

A name holds the machine, its boot, the process ID and the start time of the process. Files of live processes and of
other machines that share the folder are therefore kept, and a reused process ID is recognized.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import shutil
import socket
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from preflight.errors import writing_temporary_files

_PROC = Path("/proc")
_NAME = re.compile(
    r"\.?touchpoint-(?P<host>[0-9a-f]{8})-(?P<boot>[0-9a-f]{8})-(?P<process>[0-9]{1,18})-(?P<start>[0-9]{1,20})"
    r"-[0-9a-f]{8}(?:\.part)?"
)


class Owner(NamedTuple):
    """The process that owns a temporary file, as given in the file's name.

    `host` identifies the machine, `boot` its current boot and the container, if any. `start` distinguishes processes
    that reuse a process ID; 0 if the system does not provide it.
    """

    host: str
    boot: str
    process: int
    start: int

    @classmethod
    def here(cls) -> Owner:
        """This process."""
        number = os.getpid()
        host = _short(socket.gethostname(), _text(Path("/etc/machine-id")))
        boot = _short(_text(_PROC / "sys/kernel/random/boot_id"), _link(_PROC / "self/ns/pid"))
        return cls(host, boot, number, _start_of(number) or 0)

    @classmethod
    def of(cls, name: str) -> Owner | None:
        """The owner of the file with this name; None if it is not a temporary file of these commands."""
        found = _NAME.fullmatch(name)
        if found is None:
            return None
        return cls(found["host"], found["boot"], int(found["process"]), int(found["start"]))

    def is_dead(self, here: Owner, written: float) -> bool:
        """Whether the process has certainly ended. `written` is the time of its file, in seconds since the epoch."""
        if self.host != here.host:
            return False
        if self.boot != here.boot:  # of another container, or of an earlier boot
            return written < _booted()
        try:
            os.kill(self.process, 0)
        except ProcessLookupError:
            return True
        except (OSError, OverflowError):  # it lives, under another user
            pass
        return self.start != 0 and (found := _start_of(self.process)) is not None and found != self.start


def own_path(folder: Path, ending: str = "") -> Path:
    """A new hidden path for a file of this process in `folder`, where leftovers of dead processes are removed first."""
    clear(folder)
    return folder / f".{_own_name()}{ending}"


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """Context manager with a private temporary folder, removed with its content at the end.

    Raises `OutputError` if it cannot be created.
    """
    with writing_temporary_files():
        path = Path(tempfile.gettempdir()) / _own_name()
        path.mkdir(mode=0o700)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def is_temporary(path: str | os.PathLike[str]) -> bool:
    """Whether a file is in a folder made by `temporary_folder`."""
    return Owner.of(os.path.basename(os.path.dirname(os.path.realpath(path)))) is not None


def clear_temporary() -> None:
    """Remove the leftovers of dead processes from the system's folder of temporary files."""
    with suppress(OSError):  # no such folder
        clear(Path(tempfile.gettempdir()))


def clear(folder: Path) -> None:
    """Remove from `folder` the leftovers of dead processes of this user and machine. Errors are ignored.

    Nothing is removed on Windows, where no safe call tells whether a process lives.
    """
    if sys.platform == "win32":
        return
    found: list[tuple[os.DirEntry[str], Owner]] = []
    with suppress(OSError), os.scandir(folder) as entries:
        found = [(entry, owner) for entry in entries if (owner := Owner.of(entry.name)) is not None]
    here = Owner.here() if found else None
    for entry, owner in found:
        with suppress(OSError):
            status = entry.stat(follow_symlinks=False)
            if here is None or status.st_uid != os.getuid() or not owner.is_dead(here, status.st_mtime):
                continue
            if stat.S_ISDIR(status.st_mode):
                shutil.rmtree(entry.path, ignore_errors=True)
            elif stat.S_ISREG(status.st_mode):
                os.unlink(entry.path)


def _own_name() -> str:
    return f"touchpoint-{'-'.join(map(str, Owner.here()))}-{secrets.token_hex(4)}"


def _short(*facts: str) -> str:
    return hashlib.blake2b("\0".join(facts).encode("utf-8", "surrogateescape"), digest_size=4).hexdigest()


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii", errors="replace").strip()
    except OSError:  # not Linux, or without this file
        return ""


def _link(path: Path) -> str:
    try:
        return os.readlink(path)
    except OSError:
        return ""


def _start_of(process: int) -> int | None:
    """The start time of a process, in clock ticks since the boot; -1 if it has ended (a zombie), None if unknown."""
    state, *fields = _text(_PROC / str(process) / "stat").rpartition(")")[2].split() or [""]
    if len(fields) < 19:  # proc(5): state is the 3rd field, starttime the 22nd
        return None
    return -1 if state in "ZX" else int(fields[18])


def _booted() -> float:
    """The time of the boot, in seconds since the epoch; minus infinity if unknown."""
    found = re.search(r"^btime ([0-9]+)$", _text(_PROC / "stat"), re.MULTILINE)
    return float(found[1]) if found else float("-inf")
