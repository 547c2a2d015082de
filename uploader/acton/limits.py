"""What Act-On allows an account, and where the calls that count against it are counted."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from uploader.http.limits import Allowed, Limits
from uploader.http.url import canonical_base_url, is_loopback
from uploader.ledger.ledger import Ledger
from uploader.ledger.path import user_ledger

ALLOWED = Allowed("Act-On", calls_a_second=5, calls_a_day=30_000, logins_an_hour=5)


def limits_in(ledger: Ledger, base_url: str, account: str = "") -> Limits:
    """The limits of an account at `base_url`, its calls counted in `ledger`."""
    return Limits(ledger.writing, canonical_base_url(base_url), account, allowed=ALLOWED)


def limits_at(
    base_url: str,
    account: str = "",
    *,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Limits:
    """The limits of an account at `base_url`: those of all processes that use the user's own ledger.

    That is opened for each call. Calls to loopback count for whoever makes them alone.
    """
    canonical = canonical_base_url(base_url)
    if is_loopback(base_url):
        return Limits.of_this_process(canonical, allowed=ALLOWED, now=clock, sleep=sleep)
    return Limits(_in_the_user_s_ledger, canonical, account, allowed=ALLOWED, sleep=sleep)


@contextmanager
def _in_the_user_s_ledger() -> Iterator[sqlite3.Connection]:
    with Ledger(user_ledger()) as ledger, ledger.writing() as db:
        yield db
