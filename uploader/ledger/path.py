"""The path of a user's ledger, and the option for another."""

from __future__ import annotations

import os
from os import PathLike
from pathlib import Path

from preflight.text.shell import quoted


def user_ledger() -> Path:
    """The path of the user's ledger, in the platform's data folder."""
    from platformdirs import user_data_path

    return user_data_path("touchpoint-preflight", appauthor=False) / "ledger.sqlite3"


def ledger_option(path: str | PathLike[str]) -> str:
    """The option of a command for the ledger at `path`: empty, or ` --ledger FILE`."""
    named = os.fspath(path)
    if named in (":memory:", os.fspath(user_ledger())):
        return ""
    return f" --ledger {quoted(named)}"


def is_of_ledger(path: str, ledger: str | None) -> bool:
    """True if `path` is the file `ledger` (default: the user's ledger), or a side file of it."""
    own = Path(ledger) if ledger else user_ledger()
    file, own = Path(os.path.realpath(path)), Path(os.path.realpath(own))
    if file.parent == own.parent and file.name.startswith(own.name):
        return True  # its journal, or a login
    try:
        return os.path.samefile(file, own)
    except OSError:
        return False
