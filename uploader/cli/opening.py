"""What a command works with, as its options say: the base URL, the ledger, and the client."""

from __future__ import annotations

import argparse
import os
from collections.abc import Collection, Mapping
from contextlib import ExitStack
from typing import TYPE_CHECKING

from preflight.text.display import shown_file
from uploader.access.url import checked_base_url
from uploader.account.hosts import REGIONS
from uploader.errors import UsageError

if TYPE_CHECKING:
    from uploader.delivery.client import Client
    from uploader.http.calls import Notice
    from uploader.ledger.ledger import Ledger

_MADE_UP_TOKEN = "rehearsal-token"  # noqa: S105 - opens nothing


def base_url_of(args: argparse.Namespace) -> str:
    """The base URL that the options name; raises `UsageError` for one that cannot be used."""
    return checked_base_url(REGIONS[args.region or "us"] if args.base_url is None else args.base_url)


def username_of(args: argparse.Namespace, environment: Mapping[str, str]) -> str:
    """The user name of the login that a command without a client would use; empty where there is none.

    Raises `TokenError` when the place that it is kept in cannot be read.
    """
    from uploader.access.auth import token_from
    from uploader.ledger.path import user_ledger
    from uploader.login.login import Login

    if token_from(environment) is not None:  # wins over a login, and has no name
        return ""
    return Login.of(base_url_of(args), args.ledger or user_ledger()).username


def open_ledger(args: argparse.Namespace, *, make: bool = True) -> Ledger:
    """The ledger that the options name, or the user's; one in memory for a rehearsal.

    Unless `make`, none is made: raises `UsageError` where the options name one that is not there, and takes the user's
    for empty. Raises `LedgerError` for one that may be made but is not to be: see `ledger_at`.
    """
    from uploader.ledger.ledger import Ledger
    from uploader.ledger.opening import ledger_at
    from uploader.ledger.path import user_ledger

    if args.command == "send" and args.rehearse:
        return Ledger.temporary()
    if args.ledger == "":
        raise UsageError("--ledger names no file: give one, or leave it out for the user's own")
    new = getattr(args, "new_ledger", False)
    if new and not args.ledger:
        raise UsageError("--new-ledger makes the ledger that --ledger names: give both")
    path = os.path.abspath(args.ledger) if args.ledger else None
    if make:
        return ledger_at(path, base_url_of(args) if hasattr(args, "base_url") else "", new=new)
    if os.path.exists(path or user_ledger()):
        return Ledger(path or user_ledger())
    if args.ledger:
        raise UsageError(f"the ledger {shown_file(args.ledger)} does not exist")
    return Ledger.temporary()


def open_client(
    args: argparse.Namespace,
    ledger: Ledger,
    environment: Mapping[str, str],
    notice: Notice,
    stack: ExitStack,
    titles: Mapping[str, Collection[str]] | None = None,
) -> Client:
    """The client for the real endpoint, or for a rehearsal that lives as long as `stack`; `ledger` counts its calls.

    The custom events of a rehearsal have the `titles`, by their names, as the real ones are said to have. Raises
    `TokenError` when there is neither a token in the environment nor a login.
    """
    if args.command == "send" and args.rehearse:
        return rehearsal_client(notice, stack, titles)
    from uploader.acton.endpoint import ACTON
    from uploader.cli.options import account_from
    from uploader.delivery.client import Client
    from uploader.ledger.opening import limits_in
    from uploader.login.login import tokens_for

    base_url = base_url_of(args)
    limits = limits_in(ledger, base_url, ACTON.allowed)
    tokens = tokens_for(base_url, ledger.path, environment, limits, notice)
    named = (account_from(args) if hasattr(args, "account") else "") or ""
    account = getattr(tokens, "username", "") or named  # a login is what it is, whatever somebody calls it
    return Client(tokens, base_url=base_url, limits=limits.of_account(account), notice=notice)


def rehearsal_client(notice: Notice, stack: ExitStack, titles: Mapping[str, Collection[str]] | None = None) -> Client:
    """The client for a rehearsal that lives as long as `stack`; for the `titles` see `open_client`."""
    from uploader.delivery.client import Client
    from uploader.rehearsal.server import Rehearsal

    known = {name: frozenset(those) for name, those in (titles or {}).items()}
    server = stack.enter_context(Rehearsal(titles=known))
    return Client(_MADE_UP_TOKEN, base_url=server.url, notice=notice)
