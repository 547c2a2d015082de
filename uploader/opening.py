"""What a command works with, as its options say: the base URL, the ledger, and the client."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping
from contextlib import ExitStack
from typing import TYPE_CHECKING

from preflight.text.display import shown
from uploader.endpoint import REGIONS, checked_base_url
from uploader.errors import UsageError

if TYPE_CHECKING:
    from uploader.calls import Notice
    from uploader.client import Client
    from uploader.ledger import Ledger

_MADE_UP_TOKEN = "rehearsal-token"  # noqa: S105 - opens nothing


def base_url_of(args: argparse.Namespace) -> str:
    """The base URL that the options name; raises `UsageError` for one that cannot be used."""
    return checked_base_url(REGIONS[args.region or "us"] if args.base_url is None else args.base_url)


def open_ledger(args: argparse.Namespace, *, make: bool = True) -> Ledger:
    """The ledger that the options name, or the user's; one in memory for a rehearsal.

    Unless `make`, none is made: raises `UsageError` where the options name one that is not there, and takes the user's
    for empty. A base URL that cannot be used is found out first, and leaves no ledger behind.
    """
    from uploader.ledger import Ledger
    from uploader.ledgerpath import user_ledger

    if args.command == "send" and args.rehearse:
        return Ledger.temporary()
    if "base_url" in args:
        base_url_of(args)
    if args.ledger == "":
        raise UsageError("--ledger names no file: give one, or leave it out for the user's own")
    path = os.path.abspath(args.ledger) if args.ledger else user_ledger()
    if make or os.path.exists(path):
        return Ledger(path)
    if args.ledger:
        raise UsageError(f"the ledger {shown(args.ledger)} does not exist")
    return Ledger.temporary()


def open_client(
    args: argparse.Namespace,
    ledger: Ledger,
    environment: Mapping[str, str],
    notice: Notice,
    stack: ExitStack,
    known_titles: frozenset[str] = frozenset(),
) -> Client:
    """The client for the real endpoint, or for a rehearsal that lives as long as `stack`; `ledger` counts its calls.

    The custom event of a rehearsal has the `known_titles`, as the real one is said to have. Raises `TokenError` when
    there is neither a token in the environment nor a login.
    """
    from uploader.client import Client

    if args.command == "send" and args.rehearse:
        from uploader.rehearsal import Rehearsal

        server = stack.enter_context(Rehearsal(titles={args.destination: known_titles}))
        return Client(_MADE_UP_TOKEN, base_url=server.url, notice=notice)
    from uploader.limits import Limits
    from uploader.login import tokens_for

    base_url = base_url_of(args)
    limits = Limits(ledger.writing, base_url)
    tokens = tokens_for(base_url, ledger.path, environment, limits, notice)
    return Client(tokens, base_url=base_url, limits=limits, notice=notice)
