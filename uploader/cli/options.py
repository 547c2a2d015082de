"""The parser of the `uploader` command, and the conversion of its arguments to options."""

from __future__ import annotations

import argparse
from typing import Any

from preflight.cli.commands import WHERE
from preflight.cli.options import (
    OneLineParser,
    add_layout_options,
    add_options,
    add_port,
    add_version,
    as_type,
    check_options_from,
    made,
)
from preflight.layouts.option import file_to_write, options_of, whole_number
from preflight.layouts.profile import of_sending
from preflight.model.options import CheckOptions
from uploader.account.hosts import REGIONS
from uploader.account.target import checked_account
from uploader.ledger.path import is_of_ledger
from uploader.preparing.order import CHECK_ONLY, SendOptions

EXIT_CODES = "exit codes: 0 done, 1 bad rows (nothing of that file sent), 2 usage or input, 3 not sent, 4 not confirmed"


def parser() -> argparse.ArgumentParser:
    """The parser. Its result has the command's name in `command` and the message for Ctrl-C in `interrupted`."""
    top = OneLineParser(
        prog="uploader",
        description="Send a checked touch-point file to Act-On, once.",
        epilog=EXIT_CODES,
    )
    add_version(top)
    commands = top.add_subparsers(title="commands", metavar="COMMAND", dest="command", required=True)
    _add_send(commands)
    _add_status(commands)
    _add_history(commands)
    _add_settle(commands)
    _add_titles(commands)
    _add_ledger_command(commands)
    _add_login(commands)
    _add_rehearsal(commands)
    _add_open(commands)
    return top


def send_options_from(args: argparse.Namespace) -> SendOptions:
    """The `SendOptions` of the arguments; raises `UsageError` for invalid ones, and the errors of `CheckOptions`."""
    where = of_sending(args.profile)
    given = {name: where.get(name) if getattr(args, name) is None else getattr(args, name) for name in WHERE}
    if missing := [name for name, value in given.items() if value is None]:
        them = "it" if len(missing) == 1 else "them"
        args.parser.error(f"give {' and '.join(f'--{name}' for name in missing)}, or a profile with {them}")
    return made(SendOptions, args, **given, account=account_from(args), check=check_options_from(args))


def account_from(args: argparse.Namespace) -> str | None:
    """The name of the account from the options, else from the profile; `None` without one.

    Raises `UsageError` for an invalid name.
    """
    said = args.account
    return checked_account(of_sending(getattr(args, "profile", None)).get("account") if said is None else said)


def contradiction(args: argparse.Namespace, check: CheckOptions) -> str:
    """A message about options of `send` that contradict each other; empty for none."""
    if args.dry_run and args.rehearse:
        return "--dry-run sends nothing, --rehearse sends to this machine: give one of them"
    written = {"--fixes": [check.fixes], "--report": check.reports, "--receipt": [args.receipt]}
    for option, paths in written.items():
        of_ledger = [path for path in paths if path is not None and is_of_ledger(path, args.ledger)]
        if of_ledger:
            return f"{option} would write over the ledger: name another file"
    of_one = {"--filename": args.filename, "--titlecount": args.titlecount, "--fixes": args.fixes}
    for option, value in of_one.items():
        if value is not None and len(args.files) > 1:
            return f"{option} is for one file: send them one by one, or leave it out"
    if check.reports and len(args.files) > 1:
        return "--report is for one file: send them one by one, or leave it out"
    return ""


def _add(commands: Any, name: str, text: str, interrupted: str = "interrupted") -> Any:
    description = f"{text[0].upper()}{text[1:]}."
    command = commands.add_parser(name, help=text, description=description, epilog=EXIT_CODES)
    command.set_defaults(parser=command, interrupted=interrupted)
    return command


def _add_send(commands: Any) -> None:
    text = "check a file, send its good rows, and follow the job to its end"
    send = _add(commands, "send", text, "interrupted: nothing was sent")
    send.add_argument(
        "files", nargs="+", metavar="FILE", help="a CSV file or a workbook; several are sent one after the other"
    )
    add_options(send, SendOptions)
    add_options(send, CheckOptions, options_of(CheckOptions).keys() - set(CHECK_ONLY))
    add_layout_options(send)
    text = "send without the question; does not imply --create"
    send.add_argument("--yes", action="store_true", help=text)
    send.add_argument("--dry-run", action="store_true", help="show the request and send nothing; needs no token")
    _add_json(send)
    _add_ledger(send)
    _add_new_ledger(send)
    text = "write a receipt for Act-On's support: each request with time, status and ids"
    send.add_argument("--receipt", metavar="OUT.json", type=as_type(file_to_write), help=text)
    where = _add_base_url(send)
    where.add_argument("--rehearse", action="store_true", help="send to a stand-in on this machine; needs no account")


def _add_status(commands: Any) -> None:
    status = _add(commands, "status", "print the state of a job, and write it into the ledger")
    status.add_argument("job_id", metavar="JOBID", help="the job's id, as `uploader send` printed it")
    status.add_argument("--wait", action="store_true", help="wait until the job has ended")
    add_options(status, SendOptions, ["timeout"])
    _add_json(status)
    _add_ledger(status)
    _add_base_url(status)


def _add_history(commands: Any) -> None:
    history = _add(commands, "history", "list the uploads: time, place and outcome")
    history.add_argument("--json", action="store_true", help="print a JSON list instead of text")
    _add_ledger(history)


def _add_settle(commands: Any) -> None:
    settle = _add(commands, "settle", "record whether an upload in doubt arrived, after a look in Act-On")
    settle.add_argument(
        "id", type=as_type(whole_number), metavar="ID", help="the upload's number, as `uploader history` shows it"
    )
    found = settle.add_mutually_exclusive_group(required=True)
    found.add_argument("--sent", action="store_true", help="it arrived")
    found.add_argument("--not-sent", action="store_true", help="it did not arrive, and may be sent")
    settle.add_argument("--job", metavar="JOBID", help="with --sent: the job that took it")
    _add_ledger(settle)


def _add_ledger_command(commands: Any) -> None:
    text = "check that the ledger is intact, and no older than this machine has seen it"
    ledger = _add(commands, "ledger", text)
    ledger.add_argument("action", choices=["check"], help="what to do with the ledger")
    ledger.add_argument("--accept", action="store_true", help="accept it although it is older than was seen")
    _add_ledger(ledger)


def _add_titles(commands: Any) -> None:
    titles = _add(commands, "titles", "list the known titles of a custom event, or edit that list")
    titles.add_argument("destination", metavar="DESTINATION", help="the custom event, as Act-On shows its name")
    titles.add_argument("--add", metavar="FILE", help="add these titles: a text file, one per line")
    text = "remove this title; may be repeated"
    titles.add_argument("--remove", action="append", default=[], metavar="TITLE", help=text)
    titles.add_argument("--json", action="store_true", help="print a JSON list instead of text")
    _add_ledger(titles)
    add_options(titles, SendOptions, ["account"])
    _add_base_url(titles)


def _add_login(commands: Any) -> None:
    text = "get tokens for an account and store them in the system's keyring, or in a private file"
    login, logout = _add(commands, "login", text), _add(commands, "logout", "remove the tokens from this machine")
    login.description += (
        " ACTON_CLIENT_ID, ACTON_CLIENT_SECRET, ACTON_USERNAME and ACTON_PASSWORD are used if set, and requested on "
        "the terminal otherwise."
    )
    for command in (login, logout):
        _add_ledger(command, "the ledger of the login (default: the user's own)")
        _add_base_url(command)


def _add_rehearsal(commands: Any) -> None:
    rehearsal = _add(commands, "rehearsal", "run the local stand-in for the endpoint as a server")
    add_port(rehearsal)
    text = "a custom event of the account; may be repeated (default: every name is one)"
    rehearsal.add_argument("--event", action="append", dest="events", metavar="NAME", help=text)
    text = "simulate a fault: STEP:KIND[=N][,times=N], such as upload:503,times=1; may be repeated"
    rehearsal.add_argument("--fault", action="append", dest="faults", default=[], metavar="FAULT", help=text)


def _add_open(commands: Any) -> None:
    text = "check, mend and send a file on a local page in the browser"
    page = _add(commands, "open", text)
    page.add_argument("file", metavar="FILE", nargs="?", help="the file to open (default: chosen on the page)")
    add_port(page)
    text = "print the address without opening a browser"
    page.add_argument("--no-browser", dest="browser", action="store_false", help=text)
    _add_ledger(page)
    _add_new_ledger(page)
    add_options(page, SendOptions, ["account"])
    _add_base_url(page)


def _add_json(command: argparse.ArgumentParser) -> None:
    command.add_argument("--json", action="store_true", help="print one JSON object instead of text")


def _add_ledger(
    command: argparse.ArgumentParser, text: str = "the ledger of what was sent (default: the user's own)"
) -> None:
    command.add_argument("--ledger", metavar="FILE", help=text)


def _add_new_ledger(command: argparse.ArgumentParser) -> None:
    text = (
        "create the ledger that --ledger names; without it a missing one is an error, but for a --base-url of this "
        "machine"
    )
    command.add_argument("--new-ledger", action="store_true", help=text)


def _add_base_url(command: argparse.ArgumentParser) -> Any:
    where = command.add_mutually_exclusive_group()
    where.add_argument("--region", choices=sorted(REGIONS), help="the account's region (default: us)")
    where.add_argument("--base-url", metavar="URL", help="another base URL; HTTPS, or HTTP to loopback")
    return where
