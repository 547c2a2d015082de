"""The page on which a file is rehearsed and sent: the data of its template."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from starlette.datastructures import FormData

from preflight import PreflightError
from preflight.model.codes import CODES
from preflight.model.report import Report
from preflight.text.display import counted, local_time, one_line, visible
from uploader.editing.work import Work
from uploader.model.entry import Entry
from uploader.model.outcome import NOTHING_ARRIVED, Outcome
from uploader.page.posted import sent_name
from uploader.page.rendering import render
from uploader.page.sending import Sending
from uploader.page.settling import Known, as_decided, decided, sent_as_it_is

ACTIONS: Sequence[tuple[str, str]] = (
    ("CUSTOM_ATTENDED", "attended it"),
    ("CUSTOM_REGISTERED", "registered for it"),
    ("CUSTOM_DOWNLOADED", "downloaded it"),
    ("CUSTOM_GENERAL", "did something else"),
    *((f"CUSTOM_GENERAL{number}", f"did something else ({number})") for number in range(1, 6)),
)
"""The actions of the API, each with a description."""


def send(work: Work, sending: Sending, root: str, form: FormData, says: str, fine: bool) -> str:
    """The page on which a file is rehearsed and sent; for `says` and `fine` see `start`."""
    known = Known.of(sending.services)
    by_id, sendings = {one.id: one for one in known.uploads}, work.kept.sendings()
    job = sending.job_of(work)
    if sendings and not sendings[0]["rehearsed"]:
        job = as_decided(job, by_id.get(sendings[0].get("upload") or 0))
    given: dict[str, Any] = {"root": root, "here": f"{root}/files/{work.kept.id}", "name": visible(work.kept.name)}
    given |= {"says": says, "fine": fine, "error": "", "job": job, "wait": job.running}
    given |= {"known": known, "back": work.kept.id}
    given["before"] = [_sent_before(one, by_id.get(one.get("upload") or 0)) for one in sendings]
    try:
        if not work.checked():
            raise work.error or PreflightError("the layout does not fit the file")
        report = work.mended_file().report
    except PreflightError as error:
        return render("send", **given | {"error": one_line(str(error))})
    arrived = any(one["outcome"] not in NOTHING_ARRIVED for one in sendings if not one["rehearsed"])
    return render(
        "send",
        **given,
        report=report,
        not_sent=_not_sent(report, work.numbers().taken_out),
        sent=sent_as_it_is(work, sending.services, known),
        titles=[visible(title, 60) for title in list(report.titles.counts)[:8]],
        warnings=[(CODES[code].headline, code, number) for code, number in report.warnings.items()],
        number=sending.number(),
        chosen={
            **{one: str(form.get(one) or work.kept.about(one)) for one in ("destination", "customeventaction")},
            "filename": str(form.get("filename") or sent_name(work.kept.name)),
            "only_new": form.get("only_new") == "yes" if form else arrived,
        },
        actions=ACTIONS,
        where=_columns(report),
        dateformat=report.clean_dateformat,
        endpoint=sending.services.where,
        unready=one_line(sending.services.unready()),
    )


def _not_sent(report: Report, taken_out: int) -> str:
    """The rows that are not sent, by the reason, with the names of the page of the file."""
    bad = [counted(report.bad_rows, "bad row")] if report.bad_rows else []
    others = {"left out": report.left_out, "taken out": taken_out}
    return "; ".join([*bad, *(f"{counted(number, 'row')} {why}" for why, number in others.items() if number)])


def _columns(report: Report) -> dict[str, tuple[str, str]]:
    """Where the values of a row come from, by the name of the column: a text for every row or empty, and a label."""
    layout = report.layout
    return {one: (visible(layout.texts.get(one, "")), visible(layout.label(one), 60)) for one in layout.columns}


_ENDED = {
    Outcome.NOT_SENT: "nothing was sent",
    Outcome.REFUSED: "nothing was sent, Act-On refused it",
    Outcome.BAD_ROWS: "nothing was sent, no row is good",
    Outcome.NOTHING_NEW: "nothing was sent, every row had been sent before",
    Outcome.IN_DOUBT: "it may have arrived",
    Outcome.CONFIRMED: "sent and confirmed",
    "": "it may have arrived",
}
"""Outcomes in the history of a file; the others are `sent, not confirmed`."""


def _sent_before(one: dict[str, Any], upload: Entry | None) -> str:
    """A line of the history of a file: a send or rehearsal as stored, and the ledger's `upload` of it."""
    to = f"{counted(one['rows'], 'row')} to {visible(one['destination'], 60)} as {one['customeventaction']}"
    if one["rehearsed"]:
        ended = "rehearsed" if one["outcome"] == Outcome.CONFIRMED else "the rehearsal failed"
    else:
        now = upload.outcome if upload is not None and not one["outcome"] else one["outcome"]
        ended = _ENDED.get(now, "sent, not confirmed")
    since = decided(upload) if upload is not None and one["outcome"] != Outcome.CONFIRMED else ""
    return f"{local_time(datetime.fromtimestamp(one['at']))}: {to}: {ended}{f'; {since}' if since else ''}"
