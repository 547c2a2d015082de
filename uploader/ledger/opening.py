"""The ledger of an upload, and the rate limits counted in it."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from preflight.text.asking import option
from preflight.text.display import shown_file
from uploader.account.hosts import canonical_base_url
from uploader.errors import LedgerError, UsageError
from uploader.ledger.database import BUSY_TIMEOUT
from uploader.ledger.ledger import Ledger
from uploader.ledger.path import user_ledger
from uploader.ledger.privacy import Notice
from uploader.wire.limits import Allowed, Limits, in_memory
from uploader.wire.url import is_loopback


def ledger_at(
    path: str | os.PathLike[str] | None,
    base_url: str,
    *,
    new: bool | None = False,
    make: bool = True,
    notice: Notice = lambda line: None,
    patience: float = BUSY_TIMEOUT,
) -> Ledger:
    """The ledger in the file `path`, by default the user's own, for uploads to `base_url`.

    The user's own ledger, and any for loopback, is created if missing. Any other is created only if `new`: a ledger
    that went missing would not know what was sent. Without `make` none is created: an empty one in memory takes its
    place. `notice` and `patience` are those of `Ledger`. Raises `LedgerError` if it is missing and not `new` (`None`
    where that cannot be chosen), and `UsageError` if it is `new` and exists.
    """
    there = os.path.exists(path or user_ledger())
    if path is None:
        return Ledger(user_ledger(), notice=notice, patience=patience) if make or there else Ledger.temporary()
    if new and there:
        raise UsageError(f"the ledger {shown_file(path)} exists already: leave out {option('new_ledger')}")
    if not (new or there or (base_url and is_loopback(base_url))):
        begin = "`uploader send --new-ledger`" if new is None else option("new_ledger")
        raise LedgerError(
            f"the ledger {shown_file(path)} does not exist, so what was sent before is not known: check its name and "
            f"disk, or begin a new one with {begin}"
        )
    return Ledger(path, notice=notice, patience=patience) if make or there else Ledger.temporary()


def limits_in(ledger: Ledger, base_url: str, allowed: Allowed) -> Limits:
    """The limits `allowed` to the account with the blank name at `base_url`, counted in `ledger`."""
    return Limits(ledger.writing, canonical_base_url(base_url), allowed=allowed)


def limits_at(
    base_url: str,
    allowed: Allowed,
    account: str = "",
    *,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Limits:
    """The limits `allowed` to an account at `base_url`, counted for all processes in the user's ledger.

    The ledger is opened for each call. Calls to loopback are counted per object.
    """
    canonical = canonical_base_url(base_url)
    if is_loopback(base_url):
        return Limits(in_memory(), canonical, allowed=allowed, now=clock, sleep=sleep)
    return Limits(_user_ledger_writing, canonical, account, allowed=allowed, sleep=sleep)


@contextmanager
def _user_ledger_writing() -> Iterator[sqlite3.Connection]:
    with Ledger(user_ledger()) as ledger, ledger.writing() as db:
        yield db
