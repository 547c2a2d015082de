"""One upload, posted once: intent, POST, job. Each step is in the ledger before the next begins."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from functools import partial

from uploader.delivery.client import Client
from uploader.errors import InDoubtError, LedgerError, NothingSentInterrupt, RefusedError, StatusError, UploaderError
from uploader.ledger.lease import while_held
from uploader.ledger.ledger import NOTHING_LEFT, Begun, Ledger
from uploader.ledger.refusals import how_to_settle
from uploader.model.entry import Intent
from uploader.model.job import Job
from uploader.model.outcome import Outcome, reconcile
from uploader.model.progress import ProgressBars
from uploader.model.upload import Upload, as_recorded
from uploader.preparing.parts import Prepared
from uploader.wire.attempts import Attempt, recording


def post(
    request: Prepared, begun: Begun, client: Client, ledger: Ledger, *, timeout: float, progress: ProgressBars
) -> Upload:
    """Write the intent of `request` into the ledger, post it, and write the outcome; returns the upload.

    Raises `AlreadySentError` and `LedgerError` if it could not be begun, so that nothing was posted.
    """
    upload = partial(Upload, intent=request.intent, fields=request.fields, titlecount=request.titlecount)
    with recording() as attempts:
        id, job, leaving, may_have_arrived = None, None, False, ""
        record = partial(written, ledger=ledger, attempts=attempts)
        try:
            id = ledger.begin(request.intent, begun)
            may_have_arrived = f"the upload may have arrived: {how_to_settle(id, ledger.option)}"
            try:
                with ledger.holding(id) as renewal, progress("sending") as callback:
                    leaving = True
                    guarded = while_held(callback, renewal)
                    job = client.upload(request.fields, request.path, timeout=timeout, progress=guarded)
                    _refuse_known_job(job, id, request.intent, ledger)
            except InDoubtError as error:
                doubt = InDoubtError(error.why, may_have_arrived)
                return record(upload(id, outcome=Outcome.IN_DOUBT, reason=doubt.why, error=doubt))
            except UploaderError as error:
                outcome = Outcome.REFUSED if isinstance(error, RefusedError) else Outcome.NOT_SENT
                return record(upload(id, outcome=outcome, reason=str(error), error=error))
            return record(upload(id, outcome=Outcome.SENT, job=job))
        except KeyboardInterrupt as interrupt:  # perhaps after the client had returned the answer
            if id is None:
                raise
            if not leaving or isinstance(interrupt, NothingSentInterrupt):
                record(upload(id, outcome=Outcome.NOT_SENT, reason=NOTHING_LEFT))
                raise
            if job is None:
                doubt, outcome = InDoubtError("interrupted while sending", may_have_arrived), Outcome.IN_DOUBT
            else:
                taken = f"interrupted while sending: the upload was taken as job {job.job_id}"
                doubt, outcome = InDoubtError(taken, "send the file again to follow it"), Outcome.SENT
            return record(upload(id, outcome=outcome, job=job, reason=doubt.why, error=doubt))


def _refuse_known_job(job: Job, id: int, intent: Intent, ledger: Ledger) -> None:
    """Raise `InDoubtError` if the answer names the job of another upload: then it says nothing about this one."""
    known = ledger.of_job(intent.endpoint, job.job_id)
    if known is not None and known.id != id:
        raise InDoubtError(f"the answer names job {job.job_id}, which is that of upload {known.id}")


def follow(upload: Upload, client: Client, ledger: Ledger, timeout: float) -> Upload:
    """`upload` with its job followed to the end, or for `timeout` seconds.

    Raises no `UploaderError`: the upload itself was accepted.
    """
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
            if known is not None:  # the job had ended: the caller decides whether anything follows
                written(known, ledger)
                raise
            outcome, reason = Outcome.UNKNOWN, "interrupted before the job had ended"
        with suppress(LedgerError):
            ledger.keep_attempts(upload.id, attempts)
        return replace(upload, outcome=outcome, reason=reason)


@contextmanager
def _held(id: int, ledger: Ledger) -> Iterator[None]:
    """Context manager that holds the upload's lease while its job is followed, if the ledger can be written."""
    with ExitStack() as stack:
        with suppress(LedgerError):
            stack.enter_context(ledger.holding(id))
        yield


def written(upload: Upload, ledger: Ledger, attempts: Iterable[Attempt] = ()) -> Upload:
    """Write `upload` into the ledger; on failure `unwritten` says why, as the upload itself cannot be taken back."""
    try:
        ledger.record(upload.id, as_recorded(upload.outcome), upload.job, upload.reason, attempts)
    except LedgerError as error:
        return replace(upload, unwritten=str(error))
    return replace(upload, unwritten="")
