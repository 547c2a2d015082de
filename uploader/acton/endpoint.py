"""Act-On's endpoint for custom touch points, as an implementation of `Endpoint`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, TYPE_CHECKING

from uploader.account.target import checked_action, checked_destination
from uploader.acton.jobs import UPLOAD_PATH, accepted, state, status_path
from uploader.wire.limits import Allowed

if TYPE_CHECKING:
    from preflight.model.report import Report
    from uploader.http.body import Content, Progress
    from uploader.http.calls import Calls
    from uploader.wire.auth import Tokens

MAX_BYTES = 400_000_000
"""The endpoint accepts 400 MB a file; the decimal reading of MB, which is within the binary one."""

TOKEN_PATH = "/token"  # noqa: S105 - a path

ALLOWED = Allowed("Act-On", calls_a_second=5, calls_a_day=30_000, logins_an_hour=5)


class ActOn:
    """Act-On's `Endpoint`. Modules that need requests are imported late, as light commands import this one."""

    name = "Act-On"
    allowed = ALLOWED
    max_bytes = MAX_BYTES
    upload_path = UPLOAD_PATH

    accepted = staticmethod(accepted)
    status_path = staticmethod(status_path)
    state = staticmethod(state)

    def target(self, destination: str, customeventaction: str) -> tuple[str, str]:
        """The checked destination and action, in the API's spelling; raises `UsageError` if one is invalid."""
        return checked_destination(destination), checked_action(customeventaction).value

    def form_fields(
        self, report: Report, *, destination: str, customeventaction: str, filename: str, titlecount: int
    ) -> dict[str, str]:
        """The form fields for the good rows of a report, in the API's order. The arguments are already validated."""
        layout = report.layout
        return {
            "destination": destination,
            "firstrow": layout.firstrow.value,
            "fieldseparator": layout.fieldseparator.value,
            "quotecharacter": layout.quotecharacter.value,
            "customeventaction": str(customeventaction),
            **{name: str(index) for name, index in layout.form_fields.items()},
            "titlecount": str(titlecount),
            "dateformat": report.clean_dateformat,
            "filename": filename,
        }

    def body(self, fields: Mapping[str, str], stream: IO[bytes], progress: Progress | None) -> Content:
        """The request body that uploads the file `stream`."""
        from uploader.http.body import Body

        return Body(fields, stream, progress)

    def destinations(self, calls: Calls, tokens: Tokens, timeout: float) -> list[str] | None:
        """The names of the account's custom events; see `listed_events`."""
        from uploader.account.events import listed_events

        return listed_events(calls, tokens, timeout)


ACTON = ActOn()
