"""Private files: the ledger and a login's tokens, with access for their owner only."""

from __future__ import annotations

import glob
import os
import stat
from collections.abc import Callable
from os import PathLike
from pathlib import Path

from preflight.text.display import shown_file
from uploader.ledger.path import user_ledger
from uploader.ledger.schema import APPLICATION_ID

Notice = Callable[[str], None]
"""Callable that takes one line about a file: that others could read it, or still can, or that it was migrated."""

SIDE_FILES = ("", "-journal", "-wal", "-shm", ".login-*.json")
"""Endings of the ledger's files: itself, those of SQLite, and those of logins."""


def make_private(ledger: str | PathLike[str], notice: Notice) -> None:
    """Remove others' access to the file `ledger`, its side files, and the user's own data folder.

    Other folders are left unchanged. `notice` is called for each file that others could read, and for each that cannot
    be changed. Does nothing for missing files, or on a system without file modes.
    """
    if os.name == "nt":
        return
    path = Path(ledger).absolute()
    if path.exists() and not _is_ledger(path):
        return  # somebody's other file, named by mistake
    folder = user_ledger().parent
    if path.parent == folder:
        keep_from_others(folder, notice)
    for end in SIDE_FILES:
        for one in sorted(path.parent.glob(glob.escape(path.name) + end)):
            keep_from_others(one, notice)


def _is_ledger(path: Path) -> bool:
    """True for an SQLite file with our application id, which is at byte 68 of its header, and for an empty file."""
    try:
        with path.open("rb") as stream:
            head = stream.read(72)
    except OSError:
        return False
    return not head or (head.startswith(b"SQLite format 3\0") and int.from_bytes(head[68:], "big") == APPLICATION_ID)


def keep_from_others(path: Path, notice: Notice) -> None:
    """Remove others' access to a file or folder, if it exists; `notice` is called if they had any."""
    if os.name == "nt":
        return
    try:
        status = path.stat()
        mode = stat.S_IMODE(status.st_mode)
        if not mode & 0o077 or not (stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode)):
            return
        path.chmod(mode & 0o700)
    except FileNotFoundError:
        return
    except OSError as error:
        notice(f"{shown_file(path)} can be read by others, and that cannot be changed: {error.strerror}")
        return
    notice(f"{shown_file(path)} could be read by others: it is private now")
