"""Which ledger an upload is written into, and which calls count with it."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from preflight.text.display import shown_file
from uploader.errors import LedgerError, UsageError
from uploader.http.limits import Limits
from uploader.http.url import canonical_base_url, is_loopback
from uploader.ledger.ledger import Ledger
from uploader.ledger.path import user_ledger


def ledger_at(path: str | os.PathLike[str] | None, base_url: str, *, new: bool = False) -> Ledger:
    """The ledger in the file `path`, or the user's own, for what is to be sent to `base_url`.

    The user's own is made when it is not there, and so is any for loopback. Another one is made only where it is said
    to be `new`: a ledger that is missing knows nothing of what was sent. Raises `LedgerError` without that, and
    `UsageError` where the new one is there already.
    """
    if path is None:
        return Ledger(user_ledger())
    there = os.path.exists(path)
    if new and there:
        raise UsageError(f"the ledger {shown_file(path)} is there already: leave out --new-ledger")
    if not (new or there or (base_url and is_loopback(base_url))):
        raise LedgerError(
            f"the ledger {shown_file(path)} does not exist, so what was sent before is not known: check its name and "
            "disk, or begin a new one with --new-ledger"
        )
    return Ledger(path)


def limits_at(base_url: str, *, clock: Callable[[], float], sleep: Callable[[float], None]) -> Limits:
    """The limits of calls to `base_url`: those of all processes that use the user's own ledger, opened for each call.

    Calls to loopback count for whoever makes them alone.
    """
    account = canonical_base_url(base_url)
    if is_loopback(base_url):
        return Limits.of_this_process(account, now=clock, sleep=sleep)
    return Limits(_in_the_user_s_ledger, account, sleep=sleep)


@contextmanager
def _in_the_user_s_ledger() -> Iterator[sqlite3.Connection]:
    with Ledger(user_ledger()) as ledger, ledger.writing() as db:
        yield db
