"""`uploader login` and `uploader logout`."""

from __future__ import annotations

import argparse
import getpass
import os
import sys

from uploader.account.hosts import REGIONS, canonical_base_url
from uploader.acton.endpoint import ACTON
from uploader.cli.codes import DONE
from uploader.cli.opening import base_url_of, open_ledger
from uploader.cli.printing import print_out, say
from uploader.ledger.path import ledger_option, user_ledger


def login(args: argparse.Namespace) -> int:
    """Get tokens for an account, and store them."""
    from uploader.ledger.opening import limits_in
    from uploader.login.credentials import credentials_from
    from uploader.login.login import Login
    from uploader.wire.auth import TOKEN_VARIABLE

    base_url = base_url_of(args)
    with open_ledger(args) as ledger:
        limits = limits_in(ledger, base_url, ACTON.allowed)
        login = Login.of(base_url, ledger.path, limits=limits, notice=say)
        # The limit is checked before the password is typed.
        credentials = credentials_from(os.environ, _prompt, lambda name: limits.of_account(name).check_login())
        place = login.log_in(credentials)
    print_out(f"Logged in to {login.host}; the tokens are in {place}.\n")
    if os.environ.get(TOKEN_VARIABLE):
        say(f"{TOKEN_VARIABLE} is set, and is used instead of this login")
    return DONE


def _prompt(label: str, hidden: bool) -> str:
    """The typed value; empty without a terminal."""
    if sys.stdin is None or not sys.stdin.isatty():
        return ""
    try:
        if hidden:
            return getpass.getpass(f"{label}: ", stream=sys.stderr)
        sys.stderr.write(f"{label}: ")
        sys.stderr.flush()
        return sys.stdin.readline().strip()
    except (EOFError, OSError):  # the terminal was closed
        return ""


def logout(args: argparse.Namespace) -> int:
    """Remove the tokens of an account; prints which others are still used."""
    from uploader.login.login import Login
    from uploader.wire.auth import TOKEN_VARIABLE

    ledger = args.ledger or user_ledger()
    login = Login.of(base_url_of(args), ledger)
    gone = login.log_out()
    print_out(f"Logged out of {login.host}.\n" if gone else f"There was no login to {login.host}.\n")
    for region, base_url in REGIONS.items():
        if Login.of(base_url, ledger).exists:
            said = f"uploader logout --region {region}{ledger_option(ledger)}"
            say(f"the login to {canonical_base_url(base_url).split('://', 1)[1]} is still there: `{said}` removes it")
    if os.environ.get(TOKEN_VARIABLE):
        say(f"{TOKEN_VARIABLE} is set, and is still used")
    return DONE
