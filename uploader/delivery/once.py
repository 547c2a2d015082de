"""One upload, once: its intent, the POST, its job, and each step in the ledger before the next is taken."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from functools import partial

from uploader.delivery.client import Client
from uploader.delivery.upload import Upload, UploadError, as_recorded
from uploader.errors import InDoubtError, LedgerError, NothingSentInterrupt, RefusedError, StatusError, UploaderError
from uploader.http.attempts import Attempt, recording
from uploader.http.body import Progress
from uploader.ledger.lease import Renewal
from uploader.ledger.ledger import NOTHING_LEFT, Begun, Ledger
from uploader.ledger.refusals import how_to_settle
from uploader.model.job import Job
from uploader.model.outcome import Outcome, reconcile
from uploader.model.progress import ProgressBars
from uploader.preparing.parts import Prepared


def post(
    request: Prepared, begun: Begun, client: Client, ledger: Ledger, *, timeout: float, progress: ProgressBars
) -> Upload:
    """Write the request's intent, post it, and write what came of it; an upload that was taken.

    Raises `AlreadySentError` and `LedgerError` when nothing was posted, and `UploadError` when it was not taken, or may
    not have been.
    """
    fields, intent = request.fields, request.intent
    with recording() as attempts:
        id, job, leaving = None, None, False
        record = partial(written, ledger=ledger, attempts=attempts)
        try:
            id = ledger.begin(intent, begun)
            upload = Upload(id, intent, fields, Outcome.IN_DOUBT, titlecount=request.titlecount)
            in_doubt = f"the upload may have arrived: {how_to_settle(id, ledger.option)}"
            try:
                with ledger.holding(id) as renewal, progress("sending") as callback:
                    leaving = True
                    job = client.upload(fields, request.part.path, timeout=timeout, progress=_fenced(callback, renewal))
                    _refuse_known_job(job, upload, ledger)
            except InDoubtError as error:
                doubt = InDoubtError(error.why, in_doubt)
                raise UploadError(record(replace(upload, reason=doubt.why)), doubt) from error
            except UploaderError as error:
                outcome = Outcome.REFUSED if isinstance(error, RefusedError) else Outcome.NOT_SENT
                raise UploadError(record(replace(upload, outcome=outcome, reason=str(error))), error) from error
            return record(replace(upload, outcome=Outcome.SENT, job=job))
        except KeyboardInterrupt as interrupt:  # here, not in the client: perhaps after the answer had come
            if id is None:
                raise
            upload = Upload(id, intent, fields, Outcome.IN_DOUBT, titlecount=request.titlecount)
            if not leaving or isinstance(interrupt, NothingSentInterrupt):
                record(replace(upload, outcome=Outcome.NOT_SENT, reason=NOTHING_LEFT))
                raise
            broken_off, doubt = _interrupted(upload, job, ledger)
            raise UploadError(record(broken_off), doubt) from interrupt


def _interrupted(upload: Upload, job: Job | None, ledger: Ledger) -> tuple[Upload, InDoubtError]:
    """What Ctrl-C means for an upload that may have arrived, or that was taken as `job`."""
    if job is None:
        message = f"the upload may have arrived: {how_to_settle(upload.id, ledger.option)}"
        doubt, outcome = InDoubtError("interrupted while sending", message), Outcome.IN_DOUBT
    else:
        taken = f"interrupted while sending: the upload was taken as job {job.job_id}"
        doubt, outcome = InDoubtError(taken, "send the file again to follow it"), Outcome.SENT
    return replace(upload, outcome=outcome, job=job, reason=doubt.why), doubt


def _fenced(progress: Progress | None, renewal: Renewal | None) -> Progress:
    """`progress` that breaks the sending off when somebody settled the upload meanwhile, as its lease had run out."""

    def fenced(done: int, total: int | None) -> None:
        if renewal is not None and renewal.lost:
            raise InDoubtError("it was settled by hand while it was being sent, and broken off")
        if progress is not None:
            progress(done, total)

    return fenced


def _refuse_known_job(job: Job, upload: Upload, ledger: Ledger) -> None:
    """Raise `InDoubtError` for an answer that names the job of another upload: it is not this one's answer."""
    known = ledger.of_job(upload.intent.endpoint, job.job_id)
    if known is not None and known.id != upload.id:
        raise InDoubtError(f"the answer names job {job.job_id}, which is that of upload {known.id}")


def follow(upload: Upload, client: Client, ledger: Ledger, timeout: float) -> Upload:
    """`upload` with its job followed to the end, or for `timeout` seconds; raises no error of ours, as it was made."""
    assert upload.job is not None  # noqa: S101 - an upload that was taken has a job
    with recording() as attempts:
        known = None
        try:
            with _held(upload.id, ledger):
                job = client.wait(upload.job.job_id, timeout=timeout)
                outcome, reason = reconcile(job, upload.intent.rows)
                known = replace(upload, job=job, outcome=outcome, reason=reason)
                return written(known, ledger, attempts)
        except StatusError as error:
            outcome = Outcome.TIMED_OUT if error.passing else Outcome.UNKNOWN
            reason = str(error)
        except KeyboardInterrupt:
            if known is not None:  # it ended before; whether anything goes on is for others to say
                written(known, ledger)
                raise
            outcome, reason = Outcome.UNKNOWN, "interrupted before the job had ended"
        with suppress(LedgerError):
            ledger.keep_attempts(upload.id, attempts)
        return replace(upload, outcome=outcome, reason=reason)


@contextmanager
def _held(id: int, ledger: Ledger) -> Iterator[None]:
    """Hold the lease of an upload that was made, as long as its job is followed, if the ledger lets us."""
    with ExitStack() as stack:
        with suppress(LedgerError):
            stack.enter_context(ledger.holding(id))
        yield


def written(upload: Upload, ledger: Ledger, attempts: Iterable[Attempt] = ()) -> Upload:
    """`upload`, written into the ledger if that can be: nothing that has left can be called back for it."""
    try:
        ledger.record(upload.id, as_recorded(upload.outcome), upload.job, upload.reason, attempts)
    except LedgerError as error:
        return replace(upload, unwritten=str(error))
    return replace(upload, unwritten="")
