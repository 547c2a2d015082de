"""Files that hold what is nobody else's business: the ledger, and a login's tokens."""

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
"""Hears, in one line, what others could read, or can."""

BESIDE = ("", "-journal", "-wal", "-shm", ".login-*.json")
"""What is kept beside a ledger, by the end of its name: by SQLite, and by a login; and the ledger itself."""


def make_private(ledger: str | PathLike[str], notice: Notice) -> None:
    """Keep others from the file `ledger` and what is kept beside it, and from the user's own data folder.

    Another folder is whoever's it is, and stays as it is. `notice` hears of what others could read, and of what cannot
    be changed. Where there is nothing of it, or a system without such modes, nothing is done.
    """
    if os.name == "nt":
        return
    path = Path(ledger).absolute()
    if path.exists() and not _is_ledger(path):
        return  # somebody's other file, named by mistake
    folder = user_ledger().parent
    if path.parent == folder:
        keep_from_others(folder, notice)
    for end in BESIDE:
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
    """Take from others what they may do with a file or folder, where there is one; `notice` hears of it."""
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
