"""One upload, once: its intent, the POST, its job, and each step in the ledger before the next is taken."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

from uploader.answers import Job
from uploader.body import Progress
from uploader.client import SETTLE, Client
from uploader.errors import InDoubtError, LedgerError, NothingSentInterrupt, RefusedError, StatusError, UploaderError
from uploader.ledger import Entry, Intent, Ledger
from uploader.outcome import Outcome, reconcile

ProgressBars = Callable[[str], AbstractContextManager[Progress | None]]
"""Given a label, a context manager that yields a progress callback, or `None` to hear nothing."""


def no_bars(label: str) -> AbstractContextManager[Progress | None]:
    """Progress that nobody hears of."""
    return nullcontext()


@dataclass(frozen=True, slots=True)
class Upload:
    """What became of one file that was posted: `fields` is its form, `id` its entry in the ledger.

    `reason` says in one line why the outcome is not a plain success. `unwritten` says why the ledger could not be told;
    then it takes the upload to be in doubt.
    """

    id: int
    intent: Intent
    fields: Mapping[str, str]
    outcome: Outcome
    job: Job | None = None
    reason: str = ""
    unwritten: str = ""

    @property
    def arrived(self) -> bool:
        """True when it arrived, or may have."""
        return self.outcome not in (Outcome.NOT_SENT, Outcome.REFUSED)


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
    client: Client,
    ledger: Ledger,
    *,
    titles: Collection[str] = (),
    row_hashes: Iterable[bytes] = (),
    again: bool = False,
    timeout: float = 600.0,
    progress: ProgressBars = no_bars,
) -> Upload:
    """Write the intent, post `file` with the form `fields`, and write what came of it; an upload that was taken.

    Raises `AlreadySentError` and `LedgerError` when nothing was posted, and `UploadError` when it was not taken, or may
    not have been.
    """
    id = ledger.begin(intent, titles=titles, row_hashes=row_hashes, again=again)
    begun = Upload(id, intent, fields, Outcome.IN_DOUBT)
    job = None
    try:
        with progress("sending") as callback:
            job = client.upload(fields, file, timeout=timeout, progress=callback)
    except UploaderError as error:
        outcome = Outcome.NOT_SENT
        if isinstance(error, InDoubtError | RefusedError):
            outcome = Outcome.IN_DOUBT if isinstance(error, InDoubtError) else Outcome.REFUSED
        raise UploadError(written(replace(begun, outcome=outcome, reason=str(error)), ledger), error) from error
    except NothingSentInterrupt:
        written(replace(begun, outcome=Outcome.NOT_SENT, reason="interrupted before anything left"), ledger)
        raise
    except KeyboardInterrupt as interrupt:  # here, not in the client: perhaps after the answer had come
        doubt = InDoubtError(f"interrupted while sending: the upload may have arrived; {SETTLE}")
        outcome = Outcome.IN_DOUBT if job is None else Outcome.SENT
        upload = written(replace(begun, outcome=outcome, job=job, reason=str(doubt)), ledger)
        raise UploadError(upload, doubt) from interrupt
    return written(replace(begun, outcome=Outcome.SENT, job=job), ledger)


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


def resumed(earlier: Entry, intent: Intent, fields: Mapping[str, str]) -> Upload | None:
    """The upload of an earlier run, when its job can be followed still: the same bytes, sent, and nobody knows the end.

    `fields` are those of now, but for the titlecount that was sent.
    """
    if earlier.outcome is not Outcome.SENT or earlier.job_id is None:
        return None
    sent = {**fields, "titlecount": str(earlier.titlecount), "filename": earlier.filename}
    return Upload(earlier.id, intent, sent, Outcome.SENT, Job(earlier.job_id))
