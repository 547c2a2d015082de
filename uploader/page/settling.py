"""Uploads that need a decision: their data for the page, and the forms in which the user decides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from starlette.datastructures import FormData

from preflight.text.display import counted, local_time, one_line, shown, visible
from uploader.editing.work import Work
from uploader.errors import LedgerError, UsageError
from uploader.ledger.lease import described_holder
from uploader.model.entry import Entry
from uploader.model.outcome import NOTHING_ARRIVED, Outcome
from uploader.page.sending import JobView, Services

MOST_WAITING = 20


@dataclass(frozen=True, slots=True)
class Waiting:
    """An upload that needs a decision, or was decided about.

    `busy` names the process that is handling it. `can_be_asked` is true if its job may have ended meanwhile. `answers`
    are the possible decisions, each with its button.
    """

    id: int
    what: str
    why: str
    busy: str
    can_be_asked: bool
    answers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Known:
    """The ledger's uploads, the latest first, or the `error` that prevents reading them."""

    uploads: Sequence[Entry] = ()
    error: str = ""

    @classmethod
    def of(cls, services: Services) -> Known:
        """The uploads of the ledger."""
        try:
            return cls(services.uploads())
        except (LedgerError, UsageError) as error:
            return cls(error=one_line(str(error)))

    def waiting(self) -> list[Waiting]:
        """The uploads that need a decision, the latest first."""
        return [_waiting(one) for one in self.uploads if one.arrived and not one.finished][:MOST_WAITING]

    def settled(self) -> list[Waiting]:
        """The uploads about which the user decided and can decide otherwise, the latest first."""
        found = [one for one in self.uploads if one.settled and not one.append_count][:MOST_WAITING]
        return [replace(_waiting(one), why=decided(one), answers=_OTHERWISE[one.settled]) for one in found]


@dataclass(frozen=True, slots=True)
class Sent:
    """An upload of a file: where it went and when, and whether nothing remains to be done."""

    what: str
    finished: bool


_ARRIVED, _NOT_ARRIVED = {"sent": "It arrived"}, {"not-sent": "It did not arrive"}
_OTHERWISE = {"sent": {"not-sent": "It did not arrive after all"}, "not-sent": {"sent": "It arrived after all"}}


def sent_as_it_is(work: Work, services: Services, known: Known | None = None) -> Sent | None:
    """The last upload of a file as it is now that arrived, or may have; None if there is none."""
    same = {"rehearsed": False, "version": [*work.version], "where": services.where}
    sendings = [one for one in work.kept.sendings() if same.items() <= one.items()]
    known = known or (Known.of(services) if sendings else Known())
    for one in sendings:
        upload = next((entry for entry in known.uploads if entry.id == one["upload"]), None)
        finished = one["outcome"] == Outcome.CONFIRMED or (upload is not None and upload.finished)
        may_be = bool(known.error) and one["outcome"] not in NOTHING_ARRIVED
        if finished or (may_be if upload is None else upload.arrived):
            when = local_time(datetime.fromtimestamp(one["at"]))
            return Sent(f"to {shown(one['destination'], 60)} as {one['customeventaction']}, {when}", finished)
    return None


def _waiting(entry: Entry) -> Waiting:
    part = f", {entry.named_part}" if entry.named_part else ""
    what = f"{counted(entry.rows, 'row')} of {visible(entry.filename, 60)}{part} to {visible(entry.destination, 60)}"
    what += f" as {entry.customeventaction}, {entry.when}"
    busy = described_holder(entry.holder) if entry.holder else ""
    counts = f", {entry.append_count:,} appended" if entry.append_count is not None else ""
    why = one_line(f"{entry.reason or 'the end of its job is not known'}{counts}")
    answers = {"sent": "Accept it as it is"} if entry.append_count else _ARRIVED | _NOT_ARRIVED
    return Waiting(entry.id, what, why, busy, entry.can_be_followed, answers)


def decide(services: Services, id: int, form: FormData) -> str:
    """Do what a form about upload `id` says; returns a message. Raises `UploaderError` if it cannot be done."""
    how = form.get("how")
    if how == "ask":
        entry = services.follow(id)
        return decided(entry) or f"upload {id} is not confirmed yet: {entry.reason or entry.outcome.plain}"
    if how not in ("sent", "not-sent") or form.get("looked") != "yes":
        raise UsageError("nothing was changed: look in Act-On first, and confirm that you did")
    return decided(services.settle(id, how == "sent"))


def decided(entry: Entry) -> str:
    """What was decided about an upload, or what Act-On answered since; empty if nothing was."""
    if entry.outcome is Outcome.CONFIRMED:
        return f"upload {entry.id} is confirmed: all of its {counted(entry.rows, 'row')} arrived"
    if entry.settled == "sent":
        return f"you said that upload {entry.id} arrived: its rows are not sent again"
    if entry.settled == "not-sent":
        return f"you said that upload {entry.id} did not arrive: its rows can be sent again"
    return ""


def as_decided(job: JobView, entry: Entry | None) -> JobView:
    """The outcome of a send, with what was decided since about its upload `entry` in place of the next step."""
    since = decided(entry) if entry is not None and job.look == "verdict warned" else ""
    if not since or entry is None:
        return job
    look = "verdict good" if entry.outcome is Outcome.CONFIRMED else ""
    return replace(job, heading="Decided", lines=[*job.lines[:-1], since], look=look)
