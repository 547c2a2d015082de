"""The verdict on a delivery, and the next step, in one line. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from preflight.text.asking import is_on_page
from preflight.text.display import counted
from uploader.account.hosts import base_url_option
from uploader.ledger.refusals import never_told
from uploader.model.outcome import Outcome
from uploader.model.upload import Upload
from uploader.sending.delivery import Delivery

_WHY_COUNTS = "probably dates or addresses that the server reads differently, or touch points it has already"
_WHY_FAILED = "probably a titlecount that does not fit, or a layout that the server reads differently"
_LOOK_FIRST = "look at the counts in Act-On before sending again, as a repeated upload counts twice"


class _Steps(NamedTuple):
    """The next steps after an upload that is not confirmed."""

    follow: str
    wait: str
    look_first: str
    accept: str
    unless_sent: str


_REHEARSED = _Steps(
    follow="the stand-in has ended; leave out --no-wait to see the job's end",
    wait="Rehearse again, with a longer --timeout",
    look_first="find out why, then rehearse again",
    accept="",
    unless_sent="",
)


def verdict(delivery: Delivery, *, rehearsed: bool = False, following: str = "") -> str:
    """The verdict and the next step, in one line.

    `following` is the next command, with the options as given: the real send after a rehearsal or dry run, the check
    that writes good and bad rows into separate files if rows are bad.
    """
    if delivery.outcome in (Outcome.REFUSED, Outcome.NOT_SENT, Outcome.IN_DOUBT):
        return delivery.reason
    if delivery.outcome in (Outcome.BAD_ROWS, Outcome.NOTHING_NEW, Outcome.DRY_RUN):
        return _nothing_sent(delivery, following)
    if delivery.outcome is Outcome.CONFIRMED:
        to_send = f" To send: {following}" if following else ""
        return f"REHEARSED: nothing was sent.{to_send}" if rehearsed else _confirmed(delivery)
    steps = _REHEARSED if rehearsed else _steps(delivery)
    match delivery.outcome:
        case Outcome.SENT if rehearsed:
            return f"REHEARSED, job not followed: nothing was sent; {steps.follow}."
        case Outcome.SENT:
            return f"Sent as job {_job_id(delivery)}, not followed: {steps.follow}."
        case Outcome.COUNTS_DIFFER:
            why = f"; {_WHY_COUNTS}. Next: {steps.look_first}{steps.accept}"
        case Outcome.FAILED:
            why = f"; {_WHY_FAILED}. Next: {steps.look_first}{steps.unless_sent}"
        case _:  # the end of the job is unknown
            why = f". {steps.wait}"
    message = f"Not confirmed: {delivery.reason}{why}."
    return f"{message} {goes_on(delivery)}" if delivery.confirmed_parts else message


def _nothing_sent(delivery: Delivery, following: str) -> str:
    """The verdict on rows that are bad, or all sent before, and on a dry run."""
    if delivery.outcome is Outcome.DRY_RUN:
        if delivery.reason:
            return f"DRY RUN: nothing was sent. A real send would be refused: {delivery.reason}."
        return "DRY RUN: nothing was sent." + (f" To send: {following}" if following else "")
    message, to_mend = f"Nothing sent: {delivery.reason}", f" Next: {following}" if following else ""
    if delivery.outcome is Outcome.NOTHING_NEW:
        if delivery.unconfirmed:
            return f"{message}, but not all is confirmed: {delivery.unconfirmed}."
        return f"{message}. Nothing more to do."
    if delivery.report.good_rows == 0:
        return f"{message}. Correct the file or the layout, then send again.{to_mend}"
    if delivery.report.ok:
        return f"{message}. Next: preflight codes {next(iter(delivery.report.warnings))}"
    return f"{message}. Mend them, or send the good ones with --drop-bad-rows.{to_mend}"


def _steps(delivery: Delivery) -> _Steps:
    """The next steps, as commands or as places on the page."""
    id, option = delivery.uploads[-1].id, delivery.ledger_option
    follow = f"see `uploader status {_job_id(delivery)} --wait{base_url_option(delivery.endpoint)}{option}`"
    accept = f"`uploader settle {id}{option} --sent` accepts it as it is"
    unless_sent = f"`uploader settle {id}{option} --not-sent` lets it be sent"
    if is_on_page():
        follow, accept, unless_sent = "ask below for the end of its job", "accept it below as it is", "say so below"
    wait = f"Do not send again; {follow}{never_told(id, option)}"
    return _Steps(follow, wait, _LOOK_FIRST, f"; {accept}", f"; if nothing arrived, {unless_sent}")


def _job_id(delivery: Delivery) -> str:
    return delivery.job.job_id if delivery.job is not None else ""


def _confirmed(delivery: Delivery) -> str:
    rows = "the row was" if delivery.rows_sent == 1 else f"all {delivery.rows_sent:,} rows were"
    parts = f" in {len(delivery.uploads)} parts" if len(delivery.uploads) > 1 else ""
    if delivery.unconfirmed:
        return f"Confirmed: {rows} appended{parts}. Not confirmed: {delivery.unconfirmed}."
    by_hand = [upload for upload in delivery.uploads if upload.outcome is not Outcome.CONFIRMED]
    if by_hand:
        return f"Not all is confirmed by Act-On: {_settled(by_hand)}. Nothing more to do."
    return f"Confirmed: {rows} appended{parts}. Nothing more to do."


def _settled(uploads: Sequence[Upload]) -> str:
    """The parts that a person settled, in one line."""
    parts = []
    for upload in uploads:
        rejected = upload.job.rejected_count if upload.job is not None else None
        lost = f", with {counted(rejected, 'row')} rejected" if rejected else ""
        parts.append(f"part {upload.intent.part} of {upload.intent.parts} was settled by hand as sent{lost}")
    return "; ".join(parts)


def goes_on(delivery: Delivery) -> str:
    """How a file in several parts goes on, in one line."""
    parts, confirmed = delivery.uploads[0].intent.parts, delivery.confirmed_parts
    message = "1 is" if confirmed == 1 else f"{confirmed:,} are"
    again = "send the file again to go on" if is_on_page() else "the same command goes on"
    return f"Of {parts} parts {message} confirmed: when this is settled, {again} with the next."
