"""One upload, once: its intent, the POST, its job, and each step in the ledger before the next is taken."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from uploader.answers import Job
from uploader.body import Progress
from uploader.client import Client
from uploader.entry import Entry, Intent
from uploader.errors import InDoubtError, LedgerError, NothingSentInterrupt, RefusedError, StatusError, UploaderError
from uploader.ledger import SETTLED, Ledger
from uploader.outcome import Outcome, reconcile
from uploader.titlecount import TitleCount

ProgressBars = Callable[[str], AbstractContextManager[Progress | None]]
"""Given a label, a context manager that yields a progress callback, or `None` to hear nothing."""


def no_bars(label: str) -> AbstractContextManager[Progress | None]:
    """Progress that nobody hears of."""
    return nullcontext()


@dataclass(frozen=True, slots=True)
class Upload:
    """What became of one file that was posted; `id` is its entry in the ledger.

    `fields` is its form, and `titlecount` says how that came about: of an upload that an earlier run made, there is
    only what the ledger has of it. `reason` says in one line why the outcome is not a plain success. `unwritten` says
    why the ledger could not be told; then it takes the upload to be in doubt.
    """

    id: int
    intent: Intent
    fields: Mapping[str, str]
    outcome: Outcome
    job: Job | None = None
    reason: str = ""
    unwritten: str = ""
    titlecount: TitleCount | None = None

    @property
    def arrived(self) -> bool:
        """True when it arrived, or may have."""
        return self.outcome not in (Outcome.NOT_SENT, Outcome.REFUSED)

    def as_dict(self) -> dict[str, Any]:
        """The upload as `--json` prints one of several parts."""
        return {
            "upload": self.id,
            "part": self.intent.part,
            "parts": self.intent.parts,
            "rows": self.intent.rows,
            "sent": dict(self.fields) if self.arrived else None,
            "job": self.job.as_dict() if self.job is not None else None,
            "outcome": self.outcome.value,
            "reason": self.reason,
        }


class UploadError(Exception):
    """An upload went wrong with `error`, which says so; `upload` is what became of it."""

    def __init__(self, upload: Upload, error: UploaderError) -> None:
        super().__init__(str(error))
        self.upload = upload
        self.error = error


def post(
    file: Path,
    fields: Mapping[str, str],
    intent: Intent,
    titlecount: TitleCount,
    client: Client,
    ledger: Ledger,
    *,
    titles: Collection[str] = (),
    row_hashes: Iterable[bytes] = (),
    again: bool = False,
    looked_up: int | None = None,
    timeout: float = 600.0,
    progress: ProgressBars = no_bars,
) -> Upload:
    """Write the intent, post `file` with the form `fields`, and write what came of it; an upload that was taken.

    Raises `AlreadySentError` and `LedgerError` when nothing was posted, and `UploadError` when it was not taken, or may
    not have been.
    """
    id = ledger.begin(intent, titles=titles, row_hashes=row_hashes, again=again, looked_up=looked_up)
    in_doubt = f"the upload may have arrived: {ledger.how_to_settle(id)}"
    begun = Upload(id, intent, fields, Outcome.IN_DOUBT, titlecount=titlecount)
    job = None
    try:
        try:
            with progress("sending") as callback:
                job = client.upload(fields, file, timeout=timeout, progress=callback)
        except InDoubtError as error:
            doubt = InDoubtError(error.why, in_doubt)
            raise UploadError(written(replace(begun, reason=doubt.why), ledger), doubt) from error
        except UploaderError as error:
            outcome = Outcome.REFUSED if isinstance(error, RefusedError) else Outcome.NOT_SENT
            raise UploadError(written(replace(begun, outcome=outcome, reason=str(error)), ledger), error) from error
        return written(replace(begun, outcome=Outcome.SENT, job=job), ledger)
    except NothingSentInterrupt:
        written(replace(begun, outcome=Outcome.NOT_SENT, reason="interrupted before anything left"), ledger)
        raise
    except KeyboardInterrupt as interrupt:  # here, not in the client: perhaps after the answer had come
        doubt = InDoubtError("interrupted while sending", in_doubt)
        if job is not None:
            taken = f"interrupted while sending: the upload was taken as job {job.job_id}"
            doubt = InDoubtError(taken, "send the file again to follow it")
        outcome = Outcome.IN_DOUBT if job is None else Outcome.SENT
        upload = written(replace(begun, outcome=outcome, job=job, reason=doubt.why), ledger)
        raise UploadError(upload, doubt) from interrupt


def follow(upload: Upload, client: Client, ledger: Ledger, timeout: float) -> Upload:
    """`upload` with its job followed to the end, or for `timeout` seconds; raises no error of ours, as it was made."""
    assert upload.job is not None  # noqa: S101 - an upload that was taken has a job
    try:
        job = client.wait(upload.job.job_id, timeout=timeout)
        outcome, reason = reconcile(job, upload.intent.rows)
        return written(replace(upload, job=job, outcome=outcome, reason=reason), ledger)
    except StatusError as error:
        outcome = Outcome.TIMED_OUT if error.passing else Outcome.UNKNOWN
        return replace(upload, outcome=outcome, reason=str(error))
    except KeyboardInterrupt:
        return replace(upload, outcome=Outcome.UNKNOWN, reason="interrupted before the job had ended")


def written(upload: Upload, ledger: Ledger) -> Upload:
    """`upload`, written into the ledger if that can be: nothing that has left can be called back for it."""
    try:
        ledger.record(upload.id, as_recorded(upload.outcome), upload.job, upload.reason)
    except LedgerError as error:
        return replace(upload, unwritten=str(error))
    return replace(upload, unwritten="")


def as_recorded(outcome: Outcome) -> Outcome:
    """`outcome` as the ledger has it: an upload whose job's end is not known was sent, and can be asked for again."""
    return Outcome.SENT if outcome in (Outcome.TIMED_OUT, Outcome.UNKNOWN) else outcome


def of_earlier(entry: Entry) -> Upload:
    """The upload that an earlier run made."""
    job = Job(entry.job_id, "", entry.append_count, entry.rejected_count) if entry.job_id else None
    names = ("destination", "customeventaction", "titlecount", "filename")
    fields = {name: str(getattr(entry, name)) for name in names}
    return Upload(entry.id, entry, fields, entry.outcome, job, entry.reason)


def can_be_followed(entry: Entry) -> bool:
    """True for an upload whose job nobody saw end: it can be asked for."""
    return entry.outcome is Outcome.SENT and entry.job_id is not None and entry.reason != SETTLED
