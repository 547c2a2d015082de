"""Temporary files of our own, in names that say whose they are: a later run clears what a dead process left.

A name carries this machine, its boot, the process and the process's start. So a file of a process that lives is never
taken for a leftover, nor one of another machine that shares the folder, nor one whose process's number is in use again.
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

from preflight.errors import OutputError

_PROC = Path("/proc")
_NAME = re.compile(
    r"\.?touchpoint-(?P<host>[0-9a-f]{8})-(?P<boot>[0-9a-f]{8})-(?P<process>[0-9]{1,18})-(?P<start>[0-9]{1,20})"
    r"-[0-9a-f]{8}(?:\.part)?"
)


class Owner(NamedTuple):
    """A process as a name tells it.

    `host` stands for the machine, `boot` for the time since it was started and for the container, where there is one;
    `start` distinguishes the processes that have a number one after the other, 0 where the system does not tell.
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
        """The process whose file has this name; `None` for any other file."""
        found = _NAME.fullmatch(name)
        if found is None:
            return None
        return cls(found["host"], found["boot"], int(found["process"]), int(found["start"]))

    def is_dead(self, here: Owner, written: float) -> bool:
        """True when the process has ended for certain; `written` is when its file was, in seconds since the epoch."""
        if self.host != here.host:
            return False
        if self.boot != here.boot:  # of another container, or before the machine was started
            return written < _booted()
        try:
            os.kill(self.process, 0)
        except ProcessLookupError:
            return True
        except (OSError, OverflowError):  # it lives, and is somebody else's
            pass
        return self.start != 0 and (found := _start_of(self.process)) is not None and found != self.start


def own_path(folder: Path, ending: str = "") -> Path:
    """A new hidden name for a file of this process in `folder`; what dead processes left there is cleared first."""
    clear(folder)
    return folder / f".{_own_name()}{ending}"


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """A private folder among the temporary files, gone with all that is in it at the end.

    Raises `OutputError` when there can be none.
    """
    try:
        path = Path(tempfile.gettempdir()) / _own_name()
        path.mkdir(mode=0o700)
    except OSError as error:
        raise OutputError(f"cannot write temporary files: {error.strerror}; TMPDIR names another folder") from error
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def is_temporary(path: str | os.PathLike[str]) -> bool:
    """Whether a file lies in a temporary folder of our own."""
    return Owner.of(os.path.basename(os.path.dirname(os.path.realpath(path)))) is not None


def clear_temporary() -> None:
    """Clear what dead processes left among the temporary files."""
    with suppress(OSError):  # there is no folder for them
        clear(Path(tempfile.gettempdir()))


def clear(folder: Path) -> None:
    """Remove what dead processes of this user and this machine left in `folder`; whatever is in the way is left.

    Nothing is removed on Windows, which does not tell without a risk whether a process lives.
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
    except OSError:  # another system, or one without it
        return ""


def _link(path: Path) -> str:
    try:
        return os.readlink(path)
    except OSError:
        return ""


def _start_of(process: int) -> int | None:
    """When a process was started, in ticks since the machine was, and -1 when it has ended and waits for its parent.

    `None` where the system does not tell.
    """
    state, *fields = _text(_PROC / str(process) / "stat").rpartition(")")[2].split() or [""]
    if len(fields) < 19:  # proc(5): the state is the third field, the start the 22nd
        return None
    return -1 if state in "ZX" else int(fields[18])


def _booted() -> float:
    """When this machine was started, in seconds since the epoch; long ago where the system does not tell."""
    found = re.search(r"^btime ([0-9]+)$", _text(_PROC / "stat"), re.MULTILINE)
    return float(found[1]) if found else float("-inf")
