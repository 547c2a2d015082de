"""The outcome of an upload, and how it follows from the job's last status and counts. Pure."""

from __future__ import annotations

from enum import StrEnum

from preflight.text.display import counted
from uploader.model.job import Job, State


class Outcome(StrEnum):
    """The outcome of a file, or of one part of it."""

    BAD_ROWS = "bad-rows"  # nothing sent: some rows are bad, or no row is good
    NOTHING_NEW = "nothing-new"  # nothing sent: every row was sent before
    DRY_RUN = "dry-run"  # nothing sent: only shown
    NOT_SENT = "not-sent"  # nothing arrived
    REFUSED = "refused"  # the server refused it
    IN_DOUBT = "in-doubt"  # it may have arrived
    SENT = "sent"  # accepted by the server, job not followed
    CONFIRMED = "confirmed"  # every row sent was appended
    COUNTS_DIFFER = "counts-differ"  # the job ended well, but not with every row
    FAILED = "failed"  # the job ended badly
    TIMED_OUT = "timed-out"  # the job had not ended in time
    UNKNOWN = "unknown"  # the job's state cannot be determined

    @property
    def plain(self) -> str:
        """The outcome for a person, in words that can follow `is`."""
        return _PLAIN.get(self, self.value.replace("-", " "))


_PLAIN = {
    Outcome.COUNTS_DIFFER: "not fully confirmed",
    Outcome.TIMED_OUT: "not confirmed in time",
    Outcome.UNKNOWN: "of unknown outcome",
}

NOTHING_ARRIVED = (Outcome.NOT_SENT, Outcome.REFUSED)
"""Outcomes after which the same bytes may be sent again as new; after any other they arrived, or may have."""


def reconcile(job: Job, rows: int) -> tuple[Outcome, str]:
    """The outcome of an upload of `rows` rows from its job's last state, and the reason if not a plain success."""
    if job.state is State.RUNNING:
        return Outcome.TIMED_OUT, "the job had not ended in time"
    if job.state is State.FAILED:
        return Outcome.FAILED, f"the job ended with the word `{job.status}`"
    if job.contradiction:
        return Outcome.UNKNOWN, job.contradiction
    if job.state is State.UNKNOWN:
        return Outcome.UNKNOWN, f"the job's word `{job.status}` is not a documented one"
    if (job.append_count, job.rejected_count) == (rows, 0):
        return Outcome.CONFIRMED, ""
    if job.append_count is None or job.rejected_count is None:
        return Outcome.COUNTS_DIFFER, "the job ended without saying how many rows were appended and rejected"
    sent, were = f"{counted(rows, 'row')} sent", "was" if job.rejected_count == 1 else "were"
    if job.append_count + job.rejected_count == rows:
        return Outcome.COUNTS_DIFFER, f"{job.rejected_count:,} of the {sent} {were} rejected"
    counts = f"{job.append_count:,} appended and {job.rejected_count:,} rejected"
    return Outcome.COUNTS_DIFFER, f"{counts} do not add up to the {sent}"
