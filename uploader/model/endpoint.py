"""What an endpoint does in its own way; delivery knows no more of it, so that another one is another of these."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Protocol, runtime_checkable

from preflight.model.report import Report
from uploader.access.auth import Tokens
from uploader.access.limits import Allowed
from uploader.answers.answer import Answer
from uploader.http.body import Content, Progress
from uploader.http.calls import Calls
from uploader.model.job import Job


@runtime_checkable
class Endpoint(Protocol):
    """An endpoint that takes files of touch points, each as a job that can be asked for.

    `name` is what messages call it, `allowed` what it allows an account, `max_bytes` what a file may weigh,
    `upload_path` where uploads go.
    """

    @property
    def name(self) -> str: ...

    @property
    def allowed(self) -> Allowed: ...

    @property
    def max_bytes(self) -> int: ...

    @property
    def upload_path(self) -> str: ...

    def target(self, destination: str, customeventaction: str) -> tuple[str, str]:
        """Where an upload goes, in the endpoint's own words; raises `UsageError` for what it could not mean."""

    def form_fields(
        self, report: Report, *, destination: str, customeventaction: str, filename: str, titlecount: int
    ) -> dict[str, str]:
        """The fields that send the good rows of a report."""

    def body(self, fields: Mapping[str, str], stream: IO[bytes], progress: Progress | None) -> Content:
        """The body of one upload of the file `stream`."""

    def accepted(self, answer: Answer) -> Job:
        """The job of an upload that was answered so; raises `NotSentError`, `RefusedError` and `InDoubtError`."""

    def status_path(self, job_id: str) -> str:
        """Where a job's state is told; raises `UsageError` for what is no job id."""

    def state(self, job_id: str, answer: Answer) -> Job:
        """A job as an answer tells it; raises `StatusError`."""

    def destinations(self, calls: Calls, tokens: Tokens, timeout: float) -> list[str] | None:
        """The destinations that the account has, `None` for any; raises `ListError`, `TokenError`, `LimitError`."""
