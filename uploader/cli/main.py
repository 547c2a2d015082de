"""The `uploader` command: its subcommands by name, and its exit codes.

Exit codes: 0 done, 1 bad rows (nothing sent), 2 usage, layout or an input that cannot be read, 3 not sent, 4 sent or
perhaps sent but not confirmed. A crash has another.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import time
from collections.abc import Sequence
from typing import NoReturn

from preflight.console.running import INTERRUPTED, run_alone, run_command, uninterrupted
from preflight.errors import PreflightError
from preflight.outputs.leftovers import clear_temporary
from uploader.cli import account, ledger, page, send
from uploader.cli.codes import DONE, NOT_CONFIRMED, NOT_SENT, USAGE, exit_code
from uploader.cli.options import parser
from uploader.cli.printing import print_error, print_out, refuse, say
from uploader.errors import (
    BrokenOffError,
    LedgerError,
    UploaderError,
)
from uploader.ledger.path import user_ledger
from uploader.masking import masked


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code; `argv` defaults to `sys.argv[1:]`."""
    return run_command("uploader", lambda: _run(argv), masked=masked)


def command() -> NoReturn:
    """Run the command as the process, and end it with the exit code."""
    run_alone(main)


def _run(argv: Sequence[str] | None) -> int:
    argv = sys.argv[1:] if argv is None else argv
    if not argv:
        parser().print_help()
        return DONE
    args = parser().parse_args(argv)
    args.argv = [*argv]
    clear_temporary()
    _keep_private(args)
    try:
        code = _COMMANDS[args.command](args)
    except LedgerError as error:
        to_send = args.command == "send"
        more = " more" if getattr(args, "begun", None) else ""
        message = f"nothing{more} was sent: {error}" if to_send else str(error)
        say(message)
        if _is_json_due(error, args):
            print_error(error.code if to_send else "input", message)
        return NOT_SENT if to_send else USAGE  # for other commands the ledger is an unreadable input
    except (KeyboardInterrupt, BrokenOffError):
        return _interrupted(args)
    except (PreflightError, UploaderError) as error:
        code = exit_code(error)
        refuse(error, args, _is_json_due(error, args))
    return code


def _is_json_due(error: PreflightError | UploaderError, args: argparse.Namespace) -> bool:
    """True if the error is to be printed as JSON: with `--json`, unless the delivery was printed."""
    return getattr(args, "json", False) and getattr(error, "delivery", None) is None


def _interrupted(args: argparse.Namespace) -> int:
    """Print what had arrived when the command was interrupted; returns the exit code."""
    with uninterrupted():
        try:
            code, arrived = _arrived(args)
        except LedgerError as error:
            code, arrived = NOT_CONFIRMED, f"something may have been sent, and {error}"
        say(f"interrupted: {arrived}" if arrived else args.interrupted)
        return code


def _arrived(args: argparse.Namespace) -> tuple[int, str]:
    """The exit code and a message about the uploads that this command began, from the ledger."""
    if not getattr(args, "begun", None) or args.rehearse:
        return INTERRUPTED, ""
    from uploader.ledger.ledger import Ledger
    from uploader.sending.run import all_arrived, what_arrived

    with Ledger(args.ledger_path) as ledger:
        arrived = what_arrived(ledger, args.begun)
        if not arrived:
            return INTERRUPTED, ""
        done = all_arrived(ledger, args.begun, len(args.files), args.relied_on)
        return (DONE if done else NOT_CONFIRMED), arrived


def _keep_private(args: argparse.Namespace) -> None:
    """Remove others' access to the ledger and the login that the command uses."""
    if getattr(args, "ledger", "") == "" or getattr(args, "rehearse", False):
        return
    from uploader.ledger.privacy import make_private

    make_private(args.ledger or user_ledger(), say)


def _rehearsal(args: argparse.Namespace) -> int:
    from uploader.rehearsal.server import FaultError, Rehearsal

    try:
        server = Rehearsal(port=args.port, first_job=int(time.time()), faults=args.faults, events=args.events)
    except FaultError as error:
        args.parser.error(f"--fault: {error}")
    except OSError as error:
        say(f"cannot listen on 127.0.0.1:{args.port}: {error.strerror}; choose another --port")
        return USAGE
    with server:
        print_out(f"rehearsal at {server.url}\n")
        say(f"send to it with any token: uploader send ... --base-url {server.url}; Ctrl-C ends it")
        with contextlib.suppress(KeyboardInterrupt):
            server.wait()
    return DONE


_COMMANDS = {
    "send": send.send,
    "status": ledger.status,
    "history": ledger.history,
    "settle": ledger.settle,
    "titles": ledger.titles,
    "ledger": ledger.check_ledger,
    "login": account.login,
    "logout": account.logout,
    "rehearsal": _rehearsal,
    "open": page.open_page,
}
