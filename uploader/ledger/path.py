"""Where a user's ledger is, and what a command needs to find another."""

from __future__ import annotations

import os
from os import PathLike
from pathlib import Path

from preflight.text.shell import quoted


def user_ledger() -> Path:
    """Where a user's ledger is, by the platform's custom."""
    from platformdirs import user_data_path

    return user_data_path("touchpoint-preflight", appauthor=False) / "ledger.sqlite3"


def ledger_option(path: str | PathLike[str]) -> str:
    """What a command needs to find the ledger at `path`: nothing, or ` --ledger FILE`."""
    named = os.fspath(path)
    if named in (":memory:", os.fspath(user_ledger())):
        return ""
    return f" --ledger {quoted(named)}"


def is_of_ledger(path: str, ledger: str | None) -> bool:
    """True when `path` is the file of the ledger that is named, or of the user's own, or of what stands beside it."""
    own = Path(ledger) if ledger else user_ledger()
    file, own = Path(os.path.realpath(path)), Path(os.path.realpath(own))
    if file.parent == own.parent and file.name.startswith(own.name):
        return True  # its journal, or a login
    try:
        return os.path.samefile(file, own)
    except OSError:
        return False
