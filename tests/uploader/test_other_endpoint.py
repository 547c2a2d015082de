"""Another endpoint is one class; HTTP, ledger and check are the same."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO

import pytest

from preflight import Layout, Report
from tests.uploader.conftest import Http, ScriptedServer
from uploader import AlreadySentError, Client, Ledger, Outcome, UsageError, send
from uploader.errors import InDoubtError, StatusError
from uploader.http.body import Content, Progress
from uploader.http.calls import Calls
from uploader.model.endpoint import Endpoint
from uploader.model.entry import Place
from uploader.model.job import Job
from uploader.wire.answer import Answer
from uploader.wire.auth import Tokens
from uploader.wire.limits import Allowed

LAYOUT = Layout(email="Email", date="Date", title="Title", dateformat="MM/dd/yyyy")


class Raw:
    """A body of the file alone."""

    content_type = "text/csv"

    def __init__(self, fields: Mapping[str, str], stream: IO[bytes], progress: Progress | None) -> None:
        self._content = f"# {json.dumps(dict(fields))}\n".encode() + stream.read()
        self.bytes_read = 0

    def __len__(self) -> int:
        return len(self._content)

    def __iter__(self) -> Iterator[bytes | memoryview]:
        self.bytes_read = len(self._content)
        yield self._content


class Imports:
    """An endpoint that imports into lists: no form, other paths, other words."""

    name = "Imports"
    allowed = Allowed("Imports", calls_a_second=2)
    max_bytes = 1_000
    upload_path = "/v3/imports"

    def target(self, destination: str, customeventaction: str) -> tuple[str, str]:
        if customeventaction not in ("CUSTOM_GENERAL",):
            raise UsageError("Imports knows one kind of touch point")
        return destination.lower(), "visit"

    def form_fields(
        self, report: Report, *, destination: str, customeventaction: str, filename: str, titlecount: int
    ) -> dict[str, str]:
        return {"list": destination, "kind": customeventaction, "email": str(report.layout.columns["email"])}

    def body(self, fields: Mapping[str, str], stream: IO[bytes], progress: Progress | None) -> Content:
        return Raw(fields, stream, progress)

    def accepted(self, answer: Answer) -> Job:
        if answer.status != 202:
            raise InDoubtError(f"nobody knows what this means: {answer.words}")
        return Job(str((answer.json or {})["import"]))

    def status_path(self, job_id: str) -> str:
        return f"/v3/imports/{job_id}"

    def state(self, job_id: str, answer: Answer) -> Job:
        said = answer.json
        if said is None:
            raise StatusError(f"import {job_id} is not told: {answer.words}", passing=answer.status >= 500)
        return Job(job_id, "ok" if said["done"] else "", said["rows"], 0)

    def destinations(self, calls: Calls, tokens: Tokens, timeout: float) -> list[str] | None:
        return None


def test_a_file_goes_to_it_once_and_is_followed(scripted: type[ScriptedServer], http: Http, tmp_path: Path) -> None:
    file, endpoint = tmp_path / "events.csv", Imports()
    assert isinstance(endpoint, Endpoint)
    file.write_bytes(b"Email,Date,Title\njo@example.com,01/25/2023,Webinar A\n")
    ended = [http(200, {"done": False, "rows": None}), http(503), http(200, {"done": True, "rows": 1})]
    with scripted(http(202, {"import": 7}), *ended, lists=True) as server, Ledger(tmp_path / "ledger") as ledger:
        client = Client("a-token", base_url=server.url, endpoint=endpoint, sleep=lambda seconds: None)
        to = {"destination": "Webinars", "customeventaction": "CUSTOM_GENERAL"}
        delivery = send(file, LAYOUT, client=client, ledger=ledger, **to)
        assert (delivery.outcome, delivery.sent) == (
            Outcome.CONFIRMED,
            {"list": "webinars", "kind": "visit", "email": "0"},
        )
        with pytest.raises(AlreadySentError, match="these rows were sent already"):
            send(file, LAYOUT, client=client, ledger=ledger, **to)
        (entry,) = ledger.entries()
        assert entry.place == Place(server.url, "", "webinars", "visit")
        assert (entry.job_id, entry.outcome) == ("7", Outcome.CONFIRMED)
    assert [request.split(b"\r\n", 1)[0] for request in server.requests] == [
        b"POST /v3/imports HTTP/1.1",
        *[b"GET /v3/imports/7 HTTP/1.1"] * 3,
    ]
    assert server.requests[0].endswith(b'"email": "0"}\n' + file.read_bytes())
