"""The base URL, the ledger and the client from a command's options."""

from __future__ import annotations

import argparse
import os
from collections.abc import Collection, Mapping
from contextlib import ExitStack
from typing import TYPE_CHECKING

from uploader.account.hosts import REGIONS
from uploader.acton.endpoint import ACTON
from uploader.cli.options import account_from
from uploader.cli.printing import say
from uploader.errors import UsageError
from uploader.ledger.path import user_ledger
from uploader.wire.url import checked_base_url

if TYPE_CHECKING:
    from uploader.delivery.client import Client
    from uploader.http.calls import Notice
    from uploader.ledger.ledger import Ledger

_MADE_UP_TOKEN = "rehearsal-token"  # noqa: S105 - opens nothing


def base_url_of(args: argparse.Namespace) -> str:
    """The base URL from the options; raises `UsageError` for an invalid one."""
    return checked_base_url(REGIONS[args.region or "us"] if args.base_url is None else args.base_url)


def username_of(args: argparse.Namespace) -> str:
    """The user name of the login, for a command without a client; empty without a login.

    Raises `TokenError` if the stored login cannot be read.
    """
    from uploader.login.login import Login
    from uploader.wire.auth import token_from

    if token_from(os.environ) is not None:  # used instead of a login, and has no name
        return ""
    return Login.of(base_url_of(args), args.ledger or user_ledger()).username


def open_ledger(args: argparse.Namespace, *, make: bool = True, **how: float) -> Ledger:
    """The ledger from the options, by default the user's; for `make` and the other options see `ledger_at`."""
    from uploader.ledger.opening import ledger_at

    if args.ledger == "":
        raise UsageError("--ledger names no file: give one, or leave it out for the user's own")
    new = getattr(args, "new_ledger", None)
    if new and not args.ledger:
        raise UsageError("--new-ledger creates the ledger that --ledger names: give both")
    path = os.path.abspath(args.ledger) if args.ledger else None
    base_url = base_url_of(args) if hasattr(args, "base_url") else ""
    return ledger_at(path, base_url, new=new, make=make, notice=say, **how)


def open_client(args: argparse.Namespace, ledger: Ledger, notice: Notice) -> Client:
    """The client for the real endpoint, its calls counted in `ledger`.

    Raises `TokenError` without a token in the environment and without a login.
    """
    from uploader.delivery.client import Client
    from uploader.ledger.opening import limits_in
    from uploader.login.login import tokens_for

    base_url = base_url_of(args)
    limits = limits_in(ledger, base_url, ACTON.allowed)
    tokens = tokens_for(base_url, ledger.path, os.environ, limits, notice)
    named = (account_from(args) if hasattr(args, "account") else "") or ""
    account = getattr(tokens, "username", "") or named  # the limits are those of the login, whatever its name
    return Client(tokens, base_url=base_url, limits=limits.of_account(account), notice=notice)


def rehearsal_client(notice: Notice, stack: ExitStack, titles: Mapping[str, Collection[str]] | None = None) -> Client:
    """The client for a rehearsal that `stack` closes; `titles` are the known titles of its custom events, by name."""
    from uploader.delivery.client import Client
    from uploader.rehearsal.server import Rehearsal

    known = {name: frozenset(those) for name, those in (titles or {}).items()}
    server = stack.enter_context(Rehearsal(titles=known))
    return Client(_MADE_UP_TOKEN, base_url=server.url, notice=notice)
