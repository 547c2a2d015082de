"""The `uploader` command: the only module of this package that prints, reads the environment, or exits.

Exit codes: 0 done, 1 bad rows (nothing sent), 2 usage, layout or an input that cannot be read, 3 not sent, 4 sent or
perhaps sent but not confirmed. A crash is none of these.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import getpass
import os
import shutil
import sys
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, NoReturn

from preflight.cli.options import layout_from
from preflight.cli.running import INTERRUPTED, run_alone, run_command, uninterrupted
from preflight.errors import PreflightError
from preflight.outputs.leftovers import clear_temporary
from preflight.text.display import as_json, one_line, shown, visible
from uploader.endpoint import canonical_base_url
from uploader.errors import (
    BrokenOffError,
    InDoubtError,
    LedgerError,
    NotSentError,
    StatusError,
    UploaderError,
    UsageError,
)
from uploader.masking import masked
from uploader.opening import base_url_of, open_client, open_ledger, username_of
from uploader.options import account_from, contradiction, order_from, parser

if TYPE_CHECKING:
    from preflight.outputs.file import OutputFile
    from uploader.client import Client
    from uploader.delivery import Delivery, Order
    from uploader.ledger import Ledger

DONE, BAD_ROWS, USAGE, NOT_SENT, NOT_CONFIRMED = 0, 1, 2, 3, 4


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code; `argv` is `sys.argv[1:]` unless given."""
    return run_command("uploader", lambda: _run(argv), masked=masked)


def command() -> NoReturn:
    """Run the command in a process of its own, and end that."""
    run_alone(main)


def _run(argv: Sequence[str] | None) -> int:
    args = parser().parse_args(argv)
    clear_temporary()
    _keep_private(args)
    try:
        code = _COMMANDS[args.command](args)
    except LedgerError as error:
        sending = args.command == "send"
        more = " more" if getattr(args, "begun", None) else ""
        _say(f"nothing{more} was sent: {error}" if sending else str(error))
        return NOT_SENT if sending else USAGE  # where nothing was to be sent it is an input that cannot be read
    except (KeyboardInterrupt, BrokenOffError):
        return _interrupted(args)
    except (PreflightError, UploaderError) as error:
        _say(str(error))
        return _exit_code(error)
    return code


def _interrupted(args: argparse.Namespace) -> int:
    """Say what had arrived when the command was interrupted, wherever that was; the code that it means."""
    with uninterrupted():
        try:
            code, told = _truth(args)
        except LedgerError as error:
            code, told = NOT_CONFIRMED, f"something may have been sent, and {error}"
        _say(f"interrupted: {told}" if told else args.interrupted)
        return code


def _truth(args: argparse.Namespace) -> tuple[int, str]:
    """What the ledger has of the uploads that this command began."""
    if not getattr(args, "begun", None) or args.rehearse:
        return INTERRUPTED, ""
    from uploader.delivery import all_arrived, what_arrived
    from uploader.ledger import Ledger

    with Ledger(args.ledger_path) as ledger:
        told = what_arrived(ledger, args.begun)
        if not told:
            return INTERRUPTED, ""
        return (DONE if all_arrived(ledger, args.begun, len(args.files)) else NOT_CONFIRMED), told


def _keep_private(args: argparse.Namespace) -> None:
    """Keep others from the ledger and the login that a command uses."""
    if getattr(args, "ledger", "") == "" or getattr(args, "rehearse", False):
        return
    from uploader.ledgerpath import user_ledger
    from uploader.privacy import make_private

    make_private(args.ledger or user_ledger(), _say)


def _exit_code(error: PreflightError | UploaderError) -> int:
    match error:
        case NotSentError() | StatusError():
            return NOT_SENT
        case InDoubtError():
            return NOT_CONFIRMED
        case _:
            return USAGE


def _send(args: argparse.Namespace) -> int:
    from preflight.outputs.file import OutputFile
    from preflight.rules.titles import read_known_titles

    if told := contradiction(args):
        args.parser.error(told)
    layout = layout_from(args)
    known = read_known_titles(args.known_titles) if args.known_titles else frozenset()
    orders = [order_from(args, file, layout, known) for file in args.files]
    base_url_of(args)  # judged before the ledger is looked at
    args.ask = functools.cache(_ask) if _somebody_is_there(args) else None  # once, for however many files
    with contextlib.ExitStack() as stack:
        ledger = stack.enter_context(open_ledger(args, make=not args.dry_run))
        args.ledger_path, args.begun = ledger.path, ledger.begun
        if args.receipt is not None:
            stack.callback(_write_receipt, OutputFile(args.receipt), ledger)  # opened before anything is sent
        client = None if args.dry_run else open_client(args, ledger, os.environ, _say, stack, known)
        if len(orders) > 1:
            return _send_all(orders, client, ledger, args)
        try:
            delivery = _carried_out(orders[0], client, ledger, args)
        except UploaderError as error:
            if error.delivery is not None:
                _print_delivery(error.delivery, args)
            if args.rehearse and isinstance(error, InDoubtError):  # its advice is to look in Act-On
                raise InDoubtError("the rehearsal did not end", "nothing left this machine: rehearse again") from error
            raise
        _print_delivery(delivery, args)
        return _delivery_code(delivery, args)


def _write_receipt(out: OutputFile, ledger: Ledger) -> None:
    """Write what support asks for; what was sent stays what it was when that cannot be done."""
    from uploader.receipt import receipt

    try:
        with out:
            out.write(f"{as_json(receipt(ledger))}\n".encode())
    except (PreflightError, LedgerError) as error:
        _say(f"no receipt was written: {error}")


def _send_all(orders: Sequence[Order], client: Client | None, ledger: Ledger, args: argparse.Namespace) -> int:
    """Send one file after the other; none after one that is in doubt or not confirmed, or after Ctrl-C."""
    from uploader import summary
    from uploader.delivery import all_arrived, what_arrived

    results: list[summary.FileResult] = []
    stopped = ""
    for order in orders:
        file = str(order.file)
        if stopped:
            results.append(summary.FileResult(file, None, f"not sent, as {stopped}", NOT_SENT))
            continue
        delivery, code, told = None, NOT_SENT, ""
        try:
            delivery = _carried_out(order, client, ledger, args)
            code = _delivery_code(delivery, args)
        except (KeyboardInterrupt, BrokenOffError) as error:
            told = str(error) or "interrupted: nothing of it was sent"
            code = NOT_CONFIRMED if what_arrived(ledger, ledger.begun) else INTERRUPTED
            if all_arrived(ledger, ledger.begun, len(orders)):
                code = DONE
            stopped = f"{shown(file)} before it was interrupted"
        except (PreflightError, UploaderError) as error:
            delivery, code, told = getattr(error, "delivery", None), _exit_code(error), str(error)
        if code == NOT_CONFIRMED and not stopped:
            stopped = f"{shown(file)} before it is not confirmed"
        results.append(summary.FileResult(file, delivery, told, code))
        if delivery is not None and not args.json:
            _print_delivery(delivery, args)
            _print("\n")
    if args.json:
        _print_json({"files": [result.as_dict() for result in results]})
    else:
        _print(summary.render_files(results))
    if any(result.code == INTERRUPTED for result in results):
        _say(args.interrupted)
        return INTERRUPTED  # nothing of any file was sent
    return max(result.code for result in results)


def _carried_out(order: Order, client: Client | None, ledger: Ledger, args: argparse.Namespace) -> Delivery:
    from preflight.cli.progress import bar
    from uploader.delivery import deliver, plan

    if client is None:
        return plan(order, base_url_of(args), ledger, username=username_of(args, os.environ), progress=bar)
    return deliver(order, client, ledger, wait=not args.no_wait, timeout=args.timeout, progress=bar, ask=args.ask)


def _somebody_is_there(args: argparse.Namespace) -> bool:
    """True on a terminal, where a question is seen and answered."""
    return (
        sys.stdin is not None
        and sys.stdin.isatty()
        and sys.stderr.isatty()
        and not args.json
        and not os.environ.get("CI")
    )


def _ask(question: str) -> bool:
    sys.stderr.write(f"uploader: {question} [y/N] ")
    sys.stderr.flush()
    try:
        return sys.stdin.readline().strip().lower() in ("y", "yes")
    except OSError:  # the terminal is gone
        return False


def _login(args: argparse.Namespace) -> int:
    from uploader.auth import TOKEN_VARIABLE
    from uploader.credentials import credentials_from
    from uploader.limits import Limits
    from uploader.login import Login

    base_url = base_url_of(args)
    with open_ledger(args) as ledger:
        limits = Limits(ledger.writing, canonical_base_url(base_url))
        limits.check_login()  # before anybody types a password in vain
        login = Login.of(base_url, ledger.path, limits=limits, notice=_say)
        place = login.log_in(credentials_from(os.environ, _prompt))
    _print(f"Logged in to {login.host}; the tokens are in {place}.\n")
    if os.environ.get(TOKEN_VARIABLE):
        _say(f"{TOKEN_VARIABLE} is set, and wins over this login")
    return DONE


def _prompt(label: str, hidden: bool) -> str:
    """What a person types; empty when there is nobody to ask."""
    if sys.stdin is None or not sys.stdin.isatty():
        return ""
    try:
        if hidden:
            return getpass.getpass(f"{label}: ", stream=sys.stderr)
        sys.stderr.write(f"{label}: ")
        sys.stderr.flush()
        return sys.stdin.readline().strip()
    except (EOFError, OSError):  # the terminal is gone
        return ""


def _logout(args: argparse.Namespace) -> int:
    from uploader.ledgerpath import user_ledger
    from uploader.login import Login

    login = Login.of(base_url_of(args), args.ledger or user_ledger())
    gone = login.log_out()
    _print(f"Logged out of {login.host}.\n" if gone else f"There was no login to {login.host}.\n")
    return DONE


def _print_delivery(delivery: Delivery, args: argparse.Namespace) -> None:
    from preflight.render import text
    from uploader import summary

    if unwritten := summary.unwritten(delivery):
        _say(unwritten)
    if args.json:
        _print_json(delivery.as_dict())
        if args.rehearse and delivery.uploads:
            told = summary.rehearsal_only(delivery, create=args.create)
            _say(f"{told[:1].lower()}{told[1:]}")
        return
    width = shutil.get_terminal_size((100, 24)).columns
    checked = text.render(delivery.report, width).rstrip("\n")
    _print(f"{checked}\n\n{summary.render(delivery, rehearsed=args.rehearse, create=args.create)}")


def _delivery_code(delivery: Delivery, args: argparse.Namespace) -> int:
    from uploader import summary
    from uploader.outcome import Outcome

    if delivery.outcome in (Outcome.CONFIRMED, Outcome.SENT, Outcome.DRY_RUN, Outcome.NOTHING_NEW):
        if delivery.outcome is not Outcome.DRY_RUN and delivery.unconfirmed:
            return NOT_CONFIRMED
        settled_short = delivery.outcome is Outcome.CONFIRMED and not delivery.complete
        return NOT_CONFIRMED if summary.unwritten(delivery) or settled_short else DONE
    if args.json:
        _say(summary.verdict(delivery, rehearsed=args.rehearse))
    return BAD_ROWS if delivery.outcome is Outcome.BAD_ROWS else NOT_CONFIRMED


def _status(args: argparse.Namespace) -> int:
    from uploader.attempts import recording
    from uploader.historytext import render_status
    from uploader.once import as_recorded
    from uploader.outcome import Outcome, reconcile

    base_url_of(args)  # judged before the ledger is looked at
    with contextlib.ExitStack() as stack:
        ledger = stack.enter_context(open_ledger(args, make=not args.ledger))
        client = open_client(args, ledger, os.environ, _say, stack)
        with recording() as attempts:
            job = client.wait(args.job_id, timeout=args.timeout) if args.wait else client.status(args.job_id)
        entry = ledger.of_job(canonical_base_url(client.base_url), job.job_id)
        rows = entry.rows if entry is not None else (job.append_count or 0)
        outcome, reason = reconcile(job, rows)
        if args.json:
            _print_json(job.as_dict() | ({"upload": entry.id, "outcome": outcome.value} if entry is not None else {}))
        else:
            _print(render_status(job))
        if entry is not None and entry.outcome is not Outcome.CONFIRMED:
            ledger.record(entry.id, as_recorded(outcome), job, reason, attempts)
    return DONE if outcome is Outcome.CONFIRMED else NOT_CONFIRMED


def _history(args: argparse.Namespace) -> int:
    from uploader.historytext import render_history

    with open_ledger(args, make=False) as ledger:
        entries = list(ledger.entries())
        if args.json:
            _print_json([entry.as_dict() for entry in entries])
        else:
            _print(render_history(entries, ledger.option))
    return DONE


def _settle(args: argparse.Namespace) -> int:
    from uploader.answers import is_job_id
    from uploader.historytext import render_settled

    if args.job is not None and args.not_sent:
        args.parser.error("--job names the job of an upload that arrived: give it with --sent")
    if args.job is not None and not is_job_id(args.job):
        raise UsageError(f"{shown(args.job)} is not a job id: letters, digits, `-` and `_` only")
    with open_ledger(args, make=False) as ledger:
        entry = ledger.settle(args.id, sent=args.sent, job_id=args.job)
        _print(render_settled(entry, ledger.option))
    return DONE


def _check_ledger(args: argparse.Namespace) -> int:
    from uploader.historytext import render_ledger

    with open_ledger(args, make=False) as ledger:
        if args.accept:
            ledger.database.accept()
        faults = ledger.database.faults()
        for fault in faults:
            _say(f"the ledger {shown(ledger.path)}: {visible(fault, 300)}")
        ledger.database.refuse_older()
        _print(render_ledger(ledger.path, list(ledger.entries()), ledger.option))
    return USAGE if faults else DONE


def _titles(args: argparse.Namespace) -> int:
    from preflight.rules.titles import read_known_titles, trimmed
    from uploader.entry import Place
    from uploader.form import checked_destination

    base_url = base_url_of(args)  # judged before the ledger is looked at
    account = account_from(args)
    account = username_of(args, os.environ) if account is None else account
    add = read_known_titles(args.add) if args.add else frozenset()
    with open_ledger(args, make=bool(add)) as ledger:
        place = Place(canonical_base_url(base_url), account, checked_destination(args.destination), "")
        if add or args.remove:
            ledger.mend_titles(place, add=add, remove=map(trimmed, args.remove))
        titles = sorted(ledger.known_titles(place))
    if args.json:
        _print_json(titles)
    else:
        _print("".join(f"{visible(title)}\n" for title in titles))
        if not titles:
            _say(f"no title of {shown(args.destination)} is known")
    return DONE


def _rehearsal(args: argparse.Namespace) -> int:
    from uploader.rehearsal import FaultError, Rehearsal

    try:
        server = Rehearsal(port=args.port, first_job=int(time.time()), faults=args.faults, events=args.events)
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
    _print(f"{as_json(value)}\n")


def _print(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def _say(message: str) -> None:
    sys.stderr.write(f"uploader: {one_line(masked(message))}\n")


_COMMANDS = {
    "send": _send,
    "status": _status,
    "history": _history,
    "settle": _settle,
    "titles": _titles,
    "ledger": _check_ledger,
    "login": _login,
    "logout": _logout,
    "rehearsal": _rehearsal,
}
