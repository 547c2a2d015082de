"""Which ledger an upload is written into."""

from __future__ import annotations

import os

from preflight.text.asking import option
from preflight.text.display import shown_file
from uploader.errors import LedgerError, UsageError
from uploader.http.url import is_loopback
from uploader.ledger.ledger import Ledger
from uploader.ledger.path import user_ledger
from uploader.ledger.privacy import Notice


def ledger_at(
    path: str | os.PathLike[str] | None, base_url: str, *, new: bool = False, notice: Notice = lambda line: None
) -> Ledger:
    """The ledger in the file `path`, or the user's own, for what is to be sent to `base_url`.

    The user's own is made when it is not there, and so is any for loopback. Another one is made only where it is said
    to be `new`: a ledger that is missing knows nothing of what was sent. `notice` is the ledger's. Raises
    `LedgerError` without that, and `UsageError` where the new one is there already.
    """
    if path is None:
        return Ledger(user_ledger(), notice=notice)
    there = os.path.exists(path)
    if new and there:
        raise UsageError(f"the ledger {shown_file(path)} is there already: leave out {option('new_ledger')}")
    if not (new or there or (base_url and is_loopback(base_url))):
        raise LedgerError(
            f"the ledger {shown_file(path)} does not exist, so what was sent before is not known: check its name and "
            f"disk, or begin a new one with {option('new_ledger')}"
        )
    return Ledger(path, notice=notice)
