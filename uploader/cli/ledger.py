"""Commands on the ledger: `uploader status`, `history`, `settle`, `titles` and `ledger check`."""

from __future__ import annotations

import argparse
import contextlib
import sys
from typing import TYPE_CHECKING

from preflight.text.display import shown, shown_file, visible
from uploader.account.hosts import base_url_option, canonical_base_url
from uploader.account.target import checked_destination
from uploader.acton.endpoint import ACTON
from uploader.cli.codes import DONE, NOT_CONFIRMED, USAGE
from uploader.cli.opening import base_url_of, open_client, open_ledger, username_of
from uploader.cli.options import account_from
from uploader.cli.printing import print_json, print_lines, print_out, print_table, say
from uploader.errors import StatusError, UsageError

if TYPE_CHECKING:
    from uploader.ledger.ledger import Ledger


def status(args: argparse.Namespace) -> int:
    """Print the state of a job, and write it into the ledger."""
    from uploader.model.outcome import Outcome, reconcile
    from uploader.model.upload import as_recorded
    from uploader.render.history import render_status, why_unknown
    from uploader.wire.attempts import recording

    base_url_of(args)  # validated before the ledger is opened
    ACTON.status_path(args.job_id)  # raises for a malformed job id
    with contextlib.ExitStack() as stack:
        ledger = stack.enter_context(open_ledger(args))
        args.base_url = _base_url_of_job(args, ledger)
        entry = ledger.of_job(canonical_base_url(args.base_url), args.job_id)
        args.account = entry.account if entry is not None else ""  # in whose limits the requests count
        client = open_client(args, ledger, say)
        try:
            with recording() as attempts:
                job = client.wait(args.job_id, timeout=args.timeout) if args.wait else client.status(args.job_id)
        except StatusError as error:
            hint = "" if error.passing else why_unknown(entry, client.username)
            raise StatusError(f"{error}{hint}", passing=error.passing) from error
        rows = entry.rows if entry is not None else (job.append_count or 0)
        outcome, reason = reconcile(job, rows)
        if args.json:
            print_json(job.as_dict() | ({"upload": entry.id, "outcome": outcome.value} if entry is not None else {}))
        else:
            print_out(render_status(job))
        if entry is not None and entry.outcome is not Outcome.CONFIRMED:
            ledger.record(entry.id, as_recorded(outcome), job, reason, attempts)
    return DONE if outcome is Outcome.CONFIRMED else NOT_CONFIRMED


def _base_url_of_job(args: argparse.Namespace, ledger: Ledger) -> str:
    """The base URL to ask for a job: that of the options, else that of the job's upload, else the default.

    Prints which one is asked if the options and the ledger do not agree. Raises `UsageError` without an option if the
    ledger has jobs with this id at several base URLs.
    """
    uploads = {entry.endpoint: entry for entry in ledger.with_job(args.job_id)}
    base_url = base_url_of(args)
    if not uploads or (canonical_base_url(base_url) in uploads and _names_base_url(args)):
        return base_url
    where = " and ".join(f"{endpoint} (upload {entry.id})" for endpoint, entry in uploads.items())
    if _names_base_url(args):
        say(f"the ledger has job {args.job_id} at {where}; {base_url} is asked, as the options say")
        return base_url
    if len(uploads) > 1:
        options = " or".join(base_url_option(endpoint) or " --region us" for endpoint in uploads)
        raise UsageError(f"the ledger has a job {args.job_id} at {where}: choose one with{options}")
    (endpoint,) = uploads
    if endpoint != canonical_base_url(base_url):
        say(f"job {args.job_id} is at {where}, as the ledger says")
    return endpoint


def _names_base_url(args: argparse.Namespace) -> bool:
    return args.region is not None or args.base_url is not None


def history(args: argparse.Namespace) -> int:
    """List what was sent."""
    from uploader.render.history import history_table, render_history, render_waiting

    with open_ledger(args, make=False) as ledger:
        entries = list(ledger.entries())
        if args.json:
            print_json([entry.as_dict() for entry in entries])
        elif entries and sys.stdout.isatty():
            print_table(history_table(entries))
            print_lines(render_waiting(entries, ledger.option))
        else:
            print_out(render_history(entries, ledger.option))
    return DONE


def settle(args: argparse.Namespace) -> int:
    """Write what a person found out about an upload."""
    from uploader.render.history import render_settled

    if args.job is not None and args.not_sent:
        args.parser.error("--job names the job of an upload that arrived: give it with --sent")
    if args.job is not None:
        ACTON.status_path(args.job)  # raises for a malformed job id
    with open_ledger(args, make=False) as ledger:
        entry = ledger.settle(args.id, sent=args.sent, job_id=args.job)
        print_out(render_settled(entry, ledger.option))
    return DONE


def check_ledger(args: argparse.Namespace) -> int:
    """Check that the ledger is intact, and no older than this machine has seen it."""
    from uploader.render.history import render_ledger

    with open_ledger(args, make=False) as ledger:
        if args.accept:
            ledger.database.accept()
        faults = ledger.database.faults()
        for fault in faults:
            say(f"the ledger {shown_file(ledger.path)}: {visible(fault, 300)}")
        ledger.database.refuse_older()
        print_out(render_ledger(ledger.path, list(ledger.entries()), ledger.option))
    return USAGE if faults else DONE


def titles(args: argparse.Namespace) -> int:
    """List the known titles of a custom event, or edit that list."""
    from preflight.evidence.titles import read_known_titles, trimmed
    from uploader.model.entry import Place
    from uploader.render.history import titles_elsewhere, titles_table

    base_url = base_url_of(args)  # validated before the ledger is opened
    account = account_from(args)
    named = username_of(args) if account is None else account
    add = read_known_titles(args.add) if args.add else frozenset()
    with open_ledger(args, make=bool(add)) as ledger:
        place = Place(canonical_base_url(base_url), named, checked_destination(args.destination), "")
        places = place.with_nameless if account is None else (place,)  # those whose titles a send knows
        if add or args.remove:
            ledger.mend_titles(*places, add=add, remove=map(trimmed, args.remove))
        titles = sorted(frozenset[str]().union(*map(ledger.known_titles, places)))
        others = [] if titles else ledger.places_with_titles(place.destination)
    if args.json:
        print_json(titles)
    elif titles and sys.stdout.isatty():
        print_table(titles_table(args.destination, titles))
    else:
        print_out("".join(f"{visible(title)}\n" for title in titles))
        if not titles:
            say(f"no title of {shown(args.destination)} is known{titles_elsewhere(place, others)}")
    return DONE
