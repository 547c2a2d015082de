"""The `uploader` command: the only module of this package that prints, reads the environment, or exits.

Exit codes: 0 done, 1 bad rows (nothing sent), 2 usage, layout or an input that cannot be read, 3 not sent, 4 sent or
perhaps sent but not confirmed. A crash is none of these.
"""

from __future__ import annotations

import argparse
import contextlib
import getpass
import json
import math
import os
import shutil
import signal
import sys
import traceback
from collections.abc import Sequence
from types import FrameType
from typing import TYPE_CHECKING, Any, NoReturn

from preflight.errors import PreflightError
from preflight.options import OneLineParser, add_date_options, add_fix_options, add_layout_options, layout_from
from uploader.endpoint import REGIONS
from uploader.errors import InDoubtError, NotSentError, StatusError, UploaderError

if TYPE_CHECKING:
    from uploader.auth import Tokens
    from uploader.client import Client
    from uploader.delivery import Delivery, Order
    from uploader.login import Login

DONE, BAD_ROWS, USAGE, NOT_SENT, NOT_CONFIRMED = 0, 1, 2, 3, 4
CRASHED, INTERRUPTED = 70, 130

EXIT_CODES = "exit codes: 0 done, 1 bad rows (nothing sent), 2 usage or input, 3 not sent, 4 not confirmed"

_MADE_UP_TOKEN = "rehearsal-token"  # noqa: S105 - opens nothing


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code; `argv` is `sys.argv[1:]` unless given."""
    args = _parser().parse_args(argv)
    try:
        with _interrupted_by_termination():
            code: int = args.run(args)
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
        client = None if args.dry_run else _client(args, stack)
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
        )
        try:
            delivery = _carried_out(order, client, args)
        except UploaderError as error:
            if error.delivery is not None:
                _print_delivery(error.delivery, args)
            raise
    _print_delivery(delivery, args)
    return _delivery_code(delivery, args)


def _carried_out(order: Order, client: Client | None, args: argparse.Namespace) -> Delivery:
    from preflight.progress import bar
    from uploader.delivery import deliver, plan

    if client is None:
        return plan(order, _base_url(args), progress=bar)
    return deliver(order, client, wait=not args.no_wait, timeout=args.timeout, progress=bar)


def _client(args: argparse.Namespace, stack: contextlib.ExitStack) -> Client:
    """The client for the real endpoint, or for a rehearsal that lives as long as `stack`."""
    from uploader.client import Client

    if not args.rehearse:
        return Client(_tokens(args), base_url=_base_url(args), notice=_say)
    from uploader.rehearsal import Rehearsal

    server = stack.enter_context(Rehearsal())
    _say(f"rehearsal: sending to {server.url} on this machine with a made-up token; nothing leaves it")
    return Client(_MADE_UP_TOKEN, base_url=server.url, notice=_say)


def _tokens(args: argparse.Namespace) -> str | Tokens:
    """The token of the environment, or the login kept on this machine; a missing one is found out before any work."""
    from uploader.auth import token_from

    token = token_from(os.environ)
    if token is not None:
        return token
    login = _kept_login(args)
    login.access_token()
    return login


def _kept_login(args: argparse.Namespace) -> Login:
    from platformdirs import user_data_path

    from uploader.calls import Calls
    from uploader.login import Login
    from uploader.tokenstore import TokenStore

    calls = Calls(_base_url(args), notice=_say)
    return Login(calls, TokenStore(calls.base_url, user_data_path("touchpoint-preflight", appauthor=False)))


def _login(args: argparse.Namespace) -> int:
    from uploader.auth import TOKEN_VARIABLE
    from uploader.login import credentials_from

    login = _kept_login(args)
    place = login.log_in(credentials_from(os.environ, _prompt))
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
    login = _kept_login(args)
    gone = login.log_out()
    _print(f"Logged out of {login.host}.\n" if gone else f"There was no login to {login.host}.\n")
    return DONE


def _base_url(args: argparse.Namespace) -> str:
    from uploader.endpoint import checked_base_url

    return checked_base_url(args.base_url or REGIONS[args.region or "us"])


def _print_delivery(delivery: Delivery, args: argparse.Namespace) -> None:
    from preflight.render import text
    from uploader import summary

    if args.json:
        _print_json(delivery.as_dict())
        return
    width = shutil.get_terminal_size((100, 24)).columns
    checked = text.render(delivery.report, width).rstrip("\n")
    rehearsed = "Rehearsal only: nothing left this machine.\n" if args.rehearse else ""
    _print(f"{checked}\n\n{rehearsed}{summary.render(delivery)}")


def _delivery_code(delivery: Delivery, args: argparse.Namespace) -> int:
    from uploader import summary
    from uploader.delivery import Outcome

    if delivery.outcome in (Outcome.CONFIRMED, Outcome.SENT, Outcome.DRY_RUN):
        return DONE
    if args.json:
        _say(summary.verdict(delivery))
    return BAD_ROWS if delivery.outcome is Outcome.BAD_ROWS else NOT_CONFIRMED


def _status(args: argparse.Namespace) -> int:
    from uploader import summary
    from uploader.answers import State
    from uploader.client import Client

    client = Client(_tokens(args), base_url=_base_url(args), notice=_say)
    job = client.wait(args.job_id, timeout=args.timeout) if args.wait else client.status(args.job_id)
    if args.json:
        _print_json(job.as_dict())
    else:
        _print(summary.render_status(job))
    return DONE if job.state is State.OK and job.rejected_count == 0 else NOT_CONFIRMED


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


def _parser() -> argparse.ArgumentParser:
    parser = OneLineParser(
        prog="uploader",
        description="Send a checked touch-point file to Act-On, once.",
        epilog=EXIT_CODES,
        allow_abbrev=False,
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_send(commands)
    _add_status(commands)
    _add_login(commands)
    _add_rehearsal(commands)
    return parser


def _add_send(commands: Any) -> None:
    text = "check a file, send its good rows, and follow the job to its end"
    send = commands.add_parser("send", help=text, description=_sentence(text), epilog=EXIT_CODES, allow_abbrev=False)
    send.set_defaults(run=_send, parser=send, interrupted="interrupted: nothing was sent")
    send.add_argument("file", metavar="FILE", help="the CSV file")
    send.add_argument("--destination", required=True, metavar="NAME", help="the custom event, as Act-On shows its name")
    send.add_argument("--customeventaction", required=True, metavar="ACTION", help="CUSTOM_ATTENDED, CUSTOM_GENERAL, …")
    add_layout_options(send)
    add_fix_options(send)
    add_date_options(send)
    send.add_argument("--titlecount", type=_titlecount, metavar="auto|N", help="new titles to expect (default: auto)")
    send.add_argument("--known-titles", metavar="FILE", help="titles that the custom event has already, one a line")
    send.add_argument("--drop-bad-rows", action="store_true", help="send the good rows although others are bad")
    text = "send the dates as yyyy-MM-dd (and the time in ISO) with that dateformat"
    send.add_argument("--normalize-dates", action="store_true", help=text)
    send.add_argument("--filename", metavar="NAME", help="the name that Act-On is given (default: that of FILE)")
    send.add_argument("--dry-run", action="store_true", help="show the request and send nothing; needs no token")
    send.add_argument("--no-wait", action="store_true", help="do not follow the job")
    send.add_argument("--max-shown", type=_number, default=20, metavar="N", help="problems to show (default: 20)")
    _add_timeout(send)
    _add_json(send)
    where = _add_base_url(send)
    where.add_argument("--rehearse", action="store_true", help="send to a stand-in on this machine; needs no account")


def _add_status(commands: Any) -> None:
    text = "tell how a job stands"
    status = commands.add_parser(
        "status", help=text, description=_sentence(text), epilog=EXIT_CODES, allow_abbrev=False
    )
    status.set_defaults(run=_status, interrupted="interrupted")
    status.add_argument("job_id", metavar="JOBID", help="the job's id, as `uploader send` printed it")
    status.add_argument("--wait", action="store_true", help="ask until the job has ended")
    _add_timeout(status)
    _add_json(status)
    _add_base_url(status)


def _add_login(commands: Any) -> None:
    for name, run, text in (
        ("login", _login, "get tokens for an account and keep them in the system's keyring, or in a private file"),
        ("logout", _logout, "remove the tokens from this machine"),
    ):
        parser = commands.add_parser(name, help=text, description=_sentence(text), allow_abbrev=False)
        parser.set_defaults(run=run, interrupted="interrupted")
        _add_base_url(parser)


def _add_rehearsal(commands: Any) -> None:
    text = "run the local stand-in for the endpoint as a server of its own"
    rehearsal = commands.add_parser("rehearsal", help=text, description=_sentence(text), allow_abbrev=False)
    rehearsal.set_defaults(run=_rehearsal, parser=rehearsal, interrupted="interrupted")
    rehearsal.add_argument("--port", type=_port, default=0, metavar="N", help="the port (default: a free one)")
    text = "misbehave: STEP:KIND[=N][,times=N], such as upload:503,times=1; may be repeated"
    rehearsal.add_argument("--fault", action="append", dest="faults", default=[], metavar="FAULT", help=text)


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


def _add_timeout(parser: argparse.ArgumentParser) -> None:
    text = "how long to wait for another try, and then for the job (default: 600)"
    parser.add_argument("--timeout", type=_seconds, default=600.0, metavar="SECONDS", help=text)


def _add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of text")


def _add_base_url(parser: argparse.ArgumentParser) -> Any:
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--region", choices=sorted(REGIONS), help="the account's region (default: us)")
    where.add_argument("--base-url", metavar="URL", help="another base URL; HTTPS, or HTTP to loopback")
    return where


def _titlecount(text: str) -> int | None:
    return None if text == "auto" else _number(text, "give auto or a whole number from 0")


def _number(text: str, advice: str = "give a whole number from 0") -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 19):
        raise argparse.ArgumentTypeError(f"{text!r} will not do: {advice}")
    return int(text)


def _port(text: str) -> int:
    if (port := _number(text)) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} will not do: the highest port is 65535")
    return port


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} will not do: give a number of seconds from 0")
    return seconds
