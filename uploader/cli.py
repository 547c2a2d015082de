"""The `uploader` command: the only module of this package that prints, reads the environment, or exits.

Exit codes: 0 done, 1 bad rows (nothing sent), 2 usage, layout or an input that cannot be read, 3 not sent, 4 sent or
perhaps sent but not confirmed. A crash is none of these.
"""

from __future__ import annotations

import argparse
import contextlib
import getpass
import json
import os
import shutil
import signal
import sys
import traceback
from collections.abc import Sequence
from types import FrameType
from typing import TYPE_CHECKING, Any, NoReturn

from preflight.errors import PreflightError
from preflight.options import layout_from
from preflight.show import shown
from uploader.endpoint import REGIONS
from uploader.errors import InDoubtError, LedgerError, NotSentError, StatusError, UploaderError, UsageError
from uploader.options import parser

if TYPE_CHECKING:
    from uploader.client import Client
    from uploader.delivery import Delivery, Order
    from uploader.ledger import Ledger

DONE, BAD_ROWS, USAGE, NOT_SENT, NOT_CONFIRMED = 0, 1, 2, 3, 4
CRASHED, INTERRUPTED = 70, 130

_MADE_UP_TOKEN = "rehearsal-token"  # noqa: S105 - opens nothing


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code; `argv` is `sys.argv[1:]` unless given."""
    args = parser().parse_args(argv)
    try:
        with _interrupted_by_termination():
            code = _COMMANDS[args.command](args)
    except LedgerError as error:
        _say(f"nothing was sent: {error}" if args.command == "send" else str(error))
        return NOT_SENT
    except (PreflightError, UploaderError) as error:
        _say(str(error))
        return _exit_code(error)
    except KeyboardInterrupt:
        _say(args.interrupted)
        return INTERRUPTED
    except Exception:
        # Python would exit with 1, which means bad rows; a crash must not look like a verdict on the file.
        traceback.print_exc()
        return CRASHED
    return code


def _exit_code(error: PreflightError | UploaderError) -> int:
    match error:
        case NotSentError() | StatusError():
            return NOT_SENT
        case InDoubtError():
            return NOT_CONFIRMED
        case _:
            return USAGE


@contextlib.contextmanager
def _interrupted_by_termination() -> Any:
    """SIGTERM ends a command as Ctrl-C does, so that the temporary clean file is removed and the outcome told."""

    def interrupt(number: int, frame: FrameType | None) -> NoReturn:
        raise KeyboardInterrupt

    try:
        before = signal.signal(signal.SIGTERM, interrupt)
    except ValueError:  # not the main thread
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _send(args: argparse.Namespace) -> int:
    from preflight.titles import read_known_titles

    if args.dry_run and args.rehearse:
        args.parser.error("--dry-run sends nothing, --rehearse sends to this machine: give one of them")
    layout = layout_from(args)
    known = read_known_titles(args.known_titles) if args.known_titles else frozenset()
    with contextlib.ExitStack() as stack:
        ledger = stack.enter_context(_ledger(args))
        client = None if args.dry_run else _client(args, ledger, stack)
        from uploader.delivery import Order

        order = Order(
            args.file,
            layout,
            args.destination,
            args.customeventaction,
            titlecount=args.titlecount,
            drop_bad_rows=args.drop_bad_rows,
            known_titles=known,
            filename=args.filename,
            max_shown=args.max_shown,
            oldest=args.oldest,
            newest=args.newest,
            normalize_dates=args.normalize_dates,
            fix=args.fix,
            fixes=args.fixes,
            again=args.again,
        )
        try:
            delivery = _carried_out(order, client, ledger, args)
        except UploaderError as error:
            if error.delivery is not None:
                _print_delivery(error.delivery, args)
            raise
    args.interrupted = "interrupted: see `uploader history` for what was sent"
    _print_delivery(delivery, args)
    return _delivery_code(delivery, args)


def _carried_out(order: Order, client: Client | None, ledger: Ledger, args: argparse.Namespace) -> Delivery:
    from preflight.progress import bar
    from uploader.delivery import deliver, plan

    if client is None:
        return plan(order, _base_url(args), progress=bar)
    return deliver(order, client, ledger, wait=not args.no_wait, timeout=args.timeout, progress=bar)


def _client(args: argparse.Namespace, ledger: Ledger, stack: contextlib.ExitStack) -> Client:
    """The client for the real endpoint, or for a rehearsal that lives as long as `stack`; `ledger` counts its calls."""
    from uploader.client import Client

    if args.command != "send" or not args.rehearse:
        from uploader.limits import Limits
        from uploader.login import tokens_for

        base_url = _base_url(args)
        limits = Limits(ledger.writing, base_url)
        tokens = tokens_for(base_url, os.environ, limits, _say)
        return Client(tokens, base_url=base_url, limits=limits, notice=_say)
    from uploader.rehearsal import Rehearsal

    server = stack.enter_context(Rehearsal())
    _say(f"rehearsal: sending to {server.url} on this machine with a made-up token; nothing leaves it")
    return Client(_MADE_UP_TOKEN, base_url=server.url, notice=_say)


def _login(args: argparse.Namespace) -> int:
    from uploader.auth import TOKEN_VARIABLE
    from uploader.limits import Limits
    from uploader.login import Login, credentials_from

    base_url, credentials = _base_url(args), credentials_from(os.environ, _prompt)
    with _ledger(args) as ledger:
        login = Login.of_the_user(base_url, limits=Limits(ledger.writing, base_url), notice=_say)
        place = login.log_in(credentials)
    _print(f"Logged in to {login.host}; the tokens are in {place}.\n")
    if os.environ.get(TOKEN_VARIABLE):
        _say(f"{TOKEN_VARIABLE} is set, and wins over this login")
    return DONE


def _prompt(label: str, hidden: bool) -> str:
    """What a person types; empty when there is nobody to ask."""
    if not sys.stdin.isatty():
        return ""
    try:
        if hidden:
            return getpass.getpass(f"{label}: ", stream=sys.stderr)
        sys.stderr.write(f"{label}: ")
        sys.stderr.flush()
        return sys.stdin.readline().strip()
    except EOFError:
        return ""


def _logout(args: argparse.Namespace) -> int:
    from uploader.login import Login

    login = Login.of_the_user(_base_url(args))
    gone = login.log_out()
    _print(f"Logged out of {login.host}.\n" if gone else f"There was no login to {login.host}.\n")
    return DONE


def _ledger(args: argparse.Namespace, *, there: bool = False) -> Ledger:
    """The ledger that the options name; one of its own for a rehearsal. With `there` none is made."""
    from uploader.ledger import Ledger, user_ledger

    path = args.ledger or user_ledger()
    if args.command == "send":
        there = args.dry_run
        if args.rehearse:
            return Ledger.temporary()
    if there and not os.path.exists(path):
        if args.ledger:
            raise UsageError(f"the ledger {shown(path)} does not exist")
        return Ledger.temporary()
    return Ledger(path)


def _base_url(args: argparse.Namespace) -> str:
    from uploader.endpoint import checked_base_url

    return checked_base_url(args.base_url or REGIONS[args.region or "us"])


def _print_delivery(delivery: Delivery, args: argparse.Namespace) -> None:
    from preflight.render import text
    from uploader import summary

    if unwritten := summary.unwritten(delivery):
        _say(unwritten)
    if args.json:
        _print_json(delivery.as_dict())
        return
    width = shutil.get_terminal_size((100, 24)).columns
    checked = text.render(delivery.report, width).rstrip("\n")
    rehearsed = "Rehearsal only: nothing left this machine.\n" if args.rehearse else ""
    _print(f"{checked}\n\n{rehearsed}{summary.render(delivery, rehearsed=args.rehearse)}")


def _delivery_code(delivery: Delivery, args: argparse.Namespace) -> int:
    from uploader import summary
    from uploader.outcome import Outcome

    if delivery.outcome in (Outcome.CONFIRMED, Outcome.SENT, Outcome.DRY_RUN):
        return NOT_CONFIRMED if summary.unwritten(delivery) else DONE
    if args.json:
        _say(summary.verdict(delivery, rehearsed=args.rehearse))
    return BAD_ROWS if delivery.outcome is Outcome.BAD_ROWS else NOT_CONFIRMED


def _status(args: argparse.Namespace) -> int:
    from uploader import summary
    from uploader.once import as_recorded
    from uploader.outcome import Outcome, reconcile

    with contextlib.ExitStack() as stack:
        ledger = stack.enter_context(_ledger(args, there=True))
        client = _client(args, ledger, stack)
        job = client.wait(args.job_id, timeout=args.timeout) if args.wait else client.status(args.job_id)
        entry = ledger.of_job(client.base_url, job.job_id)
        rows = entry.rows if entry is not None else (job.append_count or 0)
        outcome, reason = reconcile(job, rows)
        if args.json:
            _print_json(job.as_dict() | ({"upload": entry.id, "outcome": outcome.value} if entry is not None else {}))
        else:
            _print(summary.render_status(job))
        if entry is not None and entry.outcome is not Outcome.CONFIRMED:
            ledger.record(entry.id, as_recorded(outcome), job, reason)
    return DONE if outcome is Outcome.CONFIRMED else NOT_CONFIRMED


def _history(args: argparse.Namespace) -> int:
    from uploader import summary

    with _ledger(args, there=True) as ledger:
        entries = list(ledger.entries())
        if args.json:
            _print_json([entry.as_dict() for entry in entries])
        else:
            _print(summary.render_history(entries, ledger.option))
    return DONE


def _settle(args: argparse.Namespace) -> int:
    from uploader import summary
    from uploader.answers import is_job_id

    if args.job is not None and args.not_sent:
        args.parser.error("--job names the job of an upload that arrived: give it with --sent")
    if args.job is not None and not is_job_id(args.job):
        raise UsageError(f"{shown(args.job)} is not a job id: letters, digits, `-` and `_` only")
    with _ledger(args, there=True) as ledger:
        entry = ledger.settle(args.id, sent=args.sent, job_id=args.job)
        _print(summary.render_settled(entry, ledger.option))
    return DONE


def _rehearsal(args: argparse.Namespace) -> int:
    from uploader.rehearsal import FaultError, Rehearsal

    try:
        server = Rehearsal(port=args.port, faults=args.faults)
    except FaultError as error:
        args.parser.error(f"--fault: {error}")
    except OSError as error:
        _say(f"cannot listen on 127.0.0.1:{args.port}: {error.strerror}; choose another --port")
        return USAGE
    with server:
        _print(f"rehearsal at {server.url}\n")
        _say(f"send to it with any token: uploader send ... --base-url {server.url}; Ctrl-C ends it")
        with contextlib.suppress(KeyboardInterrupt):
            server.wait()
    return DONE


def _print_json(value: object) -> None:
    _print(json.dumps(value, ensure_ascii=False, indent=2) + "\n")


def _print(text: str) -> None:
    """Write to stdout; the exit code still tells the outcome when it cannot be written, as its reader has gone, say."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except OSError as error:
        # Python would complain once more while shutting down, if the rest of the buffer still had nowhere to go.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):
            _say(f"cannot write the output: {error.strerror or error}")


def _say(message: str) -> None:
    sys.stderr.write(f"uploader: {message}\n")


_COMMANDS = {
    "send": _send,
    "status": _status,
    "history": _history,
    "settle": _settle,
    "login": _login,
    "logout": _logout,
    "rehearsal": _rehearsal,
}
