"""The interface of an endpoint. Delivery uses nothing else, so that another endpoint is another implementation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Protocol, runtime_checkable

from preflight.model.report import Report
from uploader.http.body import Content, Progress
from uploader.http.calls import Calls
from uploader.model.job import Job
from uploader.wire.answer import Answer
from uploader.wire.auth import Tokens
from uploader.wire.limits import Allowed


@runtime_checkable
class Endpoint(Protocol):
    """An endpoint that accepts files of touch points and processes each as a job.

    `name` is its name in messages, `allowed` the rate limits of an account, `max_bytes` the largest file, and
    `upload_path` the URL path of uploads.
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
        """The checked destination and action, in the endpoint's spelling; raises `UsageError` if one is invalid."""

    def form_fields(
        self, report: Report, *, destination: str, customeventaction: str, filename: str, titlecount: int
    ) -> dict[str, str]:
        """The form fields for the good rows of a report."""

    def body(self, fields: Mapping[str, str], stream: IO[bytes], progress: Progress | None) -> Content:
        """The request body that uploads the file `stream`."""

    def accepted(self, answer: Answer) -> Job:
        """The job in the answer to an upload; raises `NotSentError`, `RefusedError` and `InDoubtError`."""

    def status_path(self, job_id: str) -> str:
        """The URL path of a job's status; raises `UsageError` for a malformed job id."""

    def state(self, job_id: str, answer: Answer) -> Job:
        """The job in the answer to a status request; raises `StatusError`."""

    def destinations(self, calls: Calls, tokens: Tokens, timeout: float) -> list[str] | None:
        """The account's destinations, `None` if every name is one; raises `ListError`, `TokenError`, `LimitError`."""
