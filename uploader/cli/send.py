"""`uploader send`: check, deliver, print the outcome."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from preflight.cli import commands
from preflight.cli.options import layout_from, refuse_to_overwrite, repeated_options
from preflight.console.running import INTERRUPTED
from preflight.errors import PreflightError
from preflight.model.options import CheckOptions
from preflight.text.display import as_json, shown_file
from uploader.cli.asking import TerminalConsent, refuse_incomplete
from uploader.cli.codes import BAD_ROWS, DONE, NOT_CONFIRMED, NOT_SENT, exit_code
from uploader.cli.opening import base_url_of, open_client, open_ledger, rehearsal_client, username_of
from uploader.cli.options import contradiction, send_options_from
from uploader.cli.printing import print_json, print_lines, print_out, print_report, say
from uploader.errors import (
    BrokenOffError,
    InDoubtError,
    LedgerError,
    UploaderError,
)
from uploader.model.required import missing_parts
from uploader.preparing.order import Order

if TYPE_CHECKING:
    from preflight.outputs.file import OutputFile
    from uploader.delivery.client import Client
    from uploader.ledger.ledger import Ledger
    from uploader.preparing.order import Order, SendOptions
    from uploader.sending.delivery import Delivery


def send(args: argparse.Namespace) -> int:
    """Check files, send their good rows, and print the outcome."""
    from preflight.outputs.file import OutputFile

    commands.refuse_placeholders(args)
    options = send_options_from(args)
    commands.refuse_placeholders(options)  # also those from a profile
    if message := contradiction(args, options.check):
        args.parser.error(message)
    layout = layout_from(args)
    orders = [Order.of(file, layout, options) for file in args.files]
    _refuse_to_overwrite_inputs(args, options)
    base_url_of(args)  # validated before the ledger is opened
    if not (args.rehearse or args.dry_run):
        refuse_incomplete(args.files[0], layout, options.check)
    args.layout, args.consent = layout, TerminalConsent(args)
    with contextlib.ExitStack() as stack:
        ledger = stack.enter_context(_ledger(args))
        args.ledger_path, args.begun, args.relied_on = ledger.path, ledger.begun, ledger.relied_on
        if args.receipt is not None:
            stack.callback(_write_receipt, OutputFile(args.receipt), ledger)  # opened before anything is sent
        client: Client | None = None
        if args.rehearse:
            client = rehearsal_client(say, stack, {options.destination: options.check.known_titles})
        elif not args.dry_run:
            client = open_client(args, ledger, say)
        if len(orders) > 1:
            return _send_all(orders, client, ledger, args)
        try:
            delivery = _carried_out(orders[0], client, ledger, args)
        except UploaderError as error:
            if error.delivery is not None:
                _print_delivery(error.delivery, args)
            if args.rehearse and isinstance(error, InDoubtError):  # whose next step is to look in Act-On
                rehearsed = InDoubtError("the rehearsal did not end", "nothing left this machine: rehearse again")
                rehearsed.delivery = error.delivery
                raise rehearsed from error
            raise
        _print_delivery(delivery, args)
        return _delivery_code(delivery, args)


def _ledger(args: argparse.Namespace) -> Ledger:
    """The ledger of the upload: one in memory for a rehearsal, and none is created for a dry run."""
    from uploader.ledger.ledger import Ledger

    return Ledger.temporary() if args.rehearse else open_ledger(args, make=not args.dry_run)


def _refuse_to_overwrite_inputs(args: argparse.Namespace, options: SendOptions) -> None:
    """Raise `OutputError` for an output that is also an input, or another output, of the command."""
    inputs = {"--profile": args.profile, "--known-titles": args.known_titles}
    outputs = [*options.check.outputs, *([args.receipt] if args.receipt is not None else [])]
    for file in args.files:
        refuse_to_overwrite(outputs, {"FILE": file, **inputs})
    for path in options.check.outputs if args.receipt is not None else ():
        refuse_to_overwrite([path], {"--receipt": args.receipt})


def _write_receipt(out: OutputFile, ledger: Ledger) -> None:
    """Write the receipt; a failure is printed, and does not change the outcome."""
    from uploader.sending.run import receipt

    try:
        with out:
            out.write(f"{as_json(receipt(ledger))}\n".encode())
    except (PreflightError, LedgerError) as error:
        say(f"no receipt was written: {error}")


def _send_all(orders: Sequence[Order], client: Client | None, ledger: Ledger, args: argparse.Namespace) -> int:
    """Send the files in order; stop after one that is in doubt or not confirmed, and after Ctrl-C."""
    from uploader.render import summary
    from uploader.sending.run import all_arrived, what_arrived

    results: list[summary.FileResult] = []
    stopped = ""
    for order in orders:
        file = str(order.file)
        if stopped:
            results.append(summary.FileResult(file, None, f"not sent, as {stopped}", NOT_SENT))
            continue
        delivery, code, message = None, NOT_SENT, ""
        try:
            delivery = _carried_out(order, client, ledger, args)
            code = _delivery_code(delivery, args)
        except (KeyboardInterrupt, BrokenOffError) as error:
            message = str(error) or "interrupted: none of it was sent"
            code = NOT_CONFIRMED if what_arrived(ledger, ledger.begun) else INTERRUPTED
            if all_arrived(ledger, ledger.begun, len(orders), ledger.relied_on):
                code = DONE
            stopped = f"{shown_file(file)} before it was interrupted"
        except (PreflightError, UploaderError) as error:
            delivery, code, message = getattr(error, "delivery", None), exit_code(error), str(error)
        if code == NOT_CONFIRMED and not stopped:
            stopped = f"{shown_file(file)} before it is not confirmed"
        results.append(summary.FileResult(file, delivery, message, code))
        if delivery is not None and not args.json:
            _print_delivery(delivery, args)
            print_out("\n")
    if args.json:
        print_json({"files": [result.as_dict() for result in results]})
    else:
        print_out(summary.render_files(results))
        done = [one.delivery for one in results if one.delivery is not None and one.code == DONE]
        if (args.rehearse or args.dry_run) and len(done) == len(results):
            print_out(f"To send: {_to_send(args, done)}\n")
    if any(result.code == INTERRUPTED for result in results):
        say(args.interrupted)
        return INTERRUPTED  # nothing of any file was sent
    return max(result.code for result in results)


def _carried_out(order: Order, client: Client | None, ledger: Ledger, args: argparse.Namespace) -> Delivery:
    from preflight.console.progress import bar
    from uploader.sending.plan import plan
    from uploader.sending.send import deliver

    if client is None:
        return plan(order, base_url_of(args), ledger, username=username_of(args), progress=bar)
    return deliver(order, client, ledger, progress=bar, consent=args.consent)


def _print_delivery(delivery: Delivery, args: argparse.Namespace) -> None:
    from uploader.model.outcome import Outcome
    from uploader.render import summary
    from uploader.render.verdict import verdict

    for kept in delivery.report.kept:
        say(kept.described)
    if unwritten := summary.unwritten(delivery):
        say(unwritten)
    if args.json:
        print_json(delivery.as_dict())
        if args.rehearse and delivery.outcome is Outcome.CONFIRMED:
            say(verdict(delivery, rehearsed=True, following=_to_send(args, [delivery])))
        return
    if not any(delivery.report is one for one in args.consent.shown):
        print_report(delivery.report, args)
    following = _to_mend(args, delivery)
    if len(args.files) == 1 and delivery.outcome is not Outcome.BAD_ROWS:
        following = _to_send(args, [delivery])
    print_lines(summary.render(delivery, rehearsed=args.rehearse, create=args.create, following=following))


def _to_mend(args: argparse.Namespace, delivery: Delivery) -> str:
    """The command that writes good and bad rows into separate files; empty without bad rows, or for a stream."""
    from preflight.cli.next_command import Request, to_collect

    report = delivery.report
    if report.ok or report.contradiction is not None or report.file in ("", "-"):
        return ""
    return to_collect(report, Request(report.file, repeated_options(args), CheckOptions()))


def _to_send(args: argparse.Namespace, deliveries: Sequence[Delivery]) -> str:
    """The command that sends for real after a rehearsal or dry run, with the detected layout.

    Parts of the layout in which the files differ are left out: the command asks for them.
    """
    found = [commands.columns_of(one.report.layout, missing_parts(args.layout)) for one in deliveries]
    alike = found[0] if all(one == found[0] for one in found) else {}
    return commands.again("uploader", args.argv, alike, without=("--rehearse", "--dry-run"))


def _delivery_code(delivery: Delivery, args: argparse.Namespace) -> int:
    from uploader.model.outcome import Outcome
    from uploader.render import summary
    from uploader.render.verdict import verdict

    if delivery.outcome in (Outcome.CONFIRMED, Outcome.SENT, Outcome.DRY_RUN, Outcome.NOTHING_NEW):
        if delivery.outcome is not Outcome.DRY_RUN and delivery.unconfirmed:
            return NOT_CONFIRMED
        settled_short = delivery.outcome is Outcome.CONFIRMED and not delivery.complete
        return NOT_CONFIRMED if summary.unwritten(delivery) or settled_short else DONE
    if args.json:
        say(verdict(delivery, rehearsed=args.rehearse, following=_to_mend(args, delivery)))
    return BAD_ROWS if delivery.outcome is Outcome.BAD_ROWS else NOT_CONFIRMED
