"""Act-On's endpoint for custom touch points: all of an upload that another endpoint would do in its own way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, TYPE_CHECKING
from urllib.parse import quote

from preflight.text.display import shown
from uploader.acton.target import checked_action, checked_destination
from uploader.errors import NOTHING, InDoubtError, NotSentError, RefusedError, StatusError, UsageError
from uploader.http.limits import Allowed

if TYPE_CHECKING:
    from preflight.model.report import Report
    from uploader.http.answer import Answer
    from uploader.http.auth import Tokens
    from uploader.http.body import Content, Progress
    from uploader.http.calls import Calls
    from uploader.model.job import Job

MAX_BYTES = 400_000_000
"""The endpoint takes 400 MB a file; the smaller reading of MB, which is right under both."""

UPLOAD_PATH = "/api/1/customevents"
TOKEN_PATH = "/token"  # noqa: S105 - a path

ALLOWED = Allowed("Act-On", calls_a_second=5, calls_a_day=30_000, logins_an_hour=5)


class ActOn:
    """The `Endpoint` of that name."""

    name = "Act-On"
    allowed = ALLOWED
    max_bytes = MAX_BYTES
    upload_path = UPLOAD_PATH

    def target(self, destination: str, customeventaction: str) -> tuple[str, str]:
        """Where an upload goes, in the API's words; raises `UsageError` for what it could not mean."""
        return checked_destination(destination), checked_action(customeventaction).value

    def form_fields(
        self, report: Report, *, destination: str, customeventaction: str, filename: str, titlecount: int
    ) -> dict[str, str]:
        """The form's fields for the good rows of a report, in the API's order; what is given was checked before."""
        layout = report.layout
        fields = {
            "destination": destination,
            "firstrow": layout.firstrow.value,
            "fieldseparator": layout.fieldseparator.value,
            "quotecharacter": layout.quotecharacter.value,
            "customeventaction": str(customeventaction),
            **{name: str(index) for name, index in layout.form_fields.items()},
        }
        return fields | {"titlecount": str(titlecount), "dateformat": report.clean_dateformat, "filename": filename}

    def body(self, fields: Mapping[str, str], stream: IO[bytes], progress: Progress | None) -> Content:
        """The body of one upload of a file."""
        from uploader.http.body import Body

        return Body(fields, stream, progress)

    def accepted(self, answer: Answer) -> Job:
        """The job of an upload that was answered so; raises `NotSentError`, `RefusedError` and `InDoubtError`."""
        from uploader.acton.jobs import job_from_upload  # light commands know the endpoint, and make no request

        if answer.status == 429:
            raise NotSentError(f"{NOTHING}{answer.words}; too many calls: wait, then send again")
        if answer.turned_away:
            raise RefusedError(f"refused, nothing was taken: {answer.words}{_hint(answer)}", answer.status)
        job = job_from_upload(answer) if 200 <= answer.status < 300 else None
        if job is None:
            raise InDoubtError(f"the answer is not the documented one: {answer.words}{_hint(answer)}")
        return job

    def status_path(self, job_id: str) -> str:
        """Where a job's state is told; raises `UsageError` for what is no job id."""
        from uploader.acton.jobs import is_job_id

        if not is_job_id(job_id):
            raise UsageError(f"{shown(job_id)} is not a job id: letters, digits, `-` and `_` only")
        return f"{UPLOAD_PATH}/{quote(job_id, safe='')}/status"

    def state(self, job_id: str, answer: Answer) -> Job:
        """A job as an answer tells it; raises `StatusError`."""
        from uploader.acton.jobs import job_from_status

        job = job_from_status(job_id, answer) if answer.status == 200 else None
        if job is None:
            passing = answer.status >= 500 or answer.status in (408, 429) or (answer.status == 200 and not answer.json)
            message = f"the status of job {job_id} cannot be read: {answer.words}{_hint(answer)}"
            raise StatusError(message, passing=passing)
        return job

    def destinations(self, calls: Calls, tokens: Tokens, timeout: float) -> list[str] | None:
        """The names of the account's custom events; see `listed_events`."""
        from uploader.acton.events import listed_events

        return listed_events(calls, tokens, timeout)


ACTON = ActOn()


def _hint(answer: Answer) -> str:
    if "PUBLIC_API_FEATURE_NOT_ENABLED" in answer.message:
        return "; the account has no API access, and only Act-On can turn it on"
    if answer.status == 401:
        return "; the token is wrong or has expired (it lives an hour): get a new one"
    if 300 <= answer.status < 400:
        return "; redirects are not followed: check the region or base URL"
    return ""
