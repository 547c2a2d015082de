"""The counting server counts what arrives, from any client, and ends jobs as told."""

from __future__ import annotations

import pytest
import requests

from tests.uploader.counting_server import CountingServer, Fate

FORM = {
    "destination": "Webinars",
    "customeventaction": "CUSTOM_GENERAL",
    "fieldseparator": "SEMICOLON",
    "quotecharacter": "SINGLE_QUOTE",
    "firstrow": "Y",
    "filename": "ü.csv",
}
CONTENT = "Email;Title\r\na@example.com;'x; y\n'\r\nb@example.com;ü\r\na@example.com;'x; y\n'\r\n".encode()
A, B = ("a@example.com", "x; y\n"), ("b@example.com", "ü")


def post(server: CountingServer) -> requests.Response:
    files = {"file": ("ü.csv", CONTENT, "text/csv")}
    to = f"{server.url}/api/1/customevents"
    return requests.post(to, data=FORM, files=files, headers={"Authorization": "Bearer x"}, timeout=20)


def details(server: CountingServer, job_id: str) -> object:
    said = requests.get(f"{server.url}/api/1/customevents/{job_id}/status", timeout=20).json()
    return said["details"]


@pytest.mark.parametrize(
    ("fate", "rows", "told"),
    [
        (Fate(), [A, B, A], ("ok", 3, 0)),
        (Fate(job="fails"), [], ("failed", 0, 0)),
        (Fate(job="rejects", rows=2), [A], ("ok", 1, 2)),
        (Fate(job="miscounts", rows=1), [A, B, A], ("ok", 2, 0)),
    ],
)
def test_rows_are_counted_as_the_job_ends(fate: Fate, rows: list[object], told: tuple[str, int, int]) -> None:
    with CountingServer() as server:
        server.fates.append(fate)
        assert post(server).json() == {"jobId": "job-1", "status": "success"}
        (upload,) = server.arrived
        assert (upload.heading, upload.rows, upload.appended) == (("Email", "Title"), [A, B, A], rows)
        assert upload.form == FORM
        said = details(server, "job-1")
        assert isinstance(said, dict)
        assert (said["status"], said["appendCount"], said["rejectedCount"]) == told
        assert sum(server.count().values()) == len(rows)
        assert server.count()[("Webinars", "CUSTOM_GENERAL", A)] == rows.count(A)


def test_only_a_job_id_that_a_client_has_read_is_repeated() -> None:
    with CountingServer() as server:
        server.fates.extend([Fate(), Fate("repeated")])
        assert [post(server).json()["jobId"] for _ in range(2)] == ["job-1", "job-2"]
        details(server, "job-2")
        server.fates.append(Fate("repeated"))
        assert post(server).json()["jobId"] == "job-2"


def test_a_job_runs_until_it_is_ended() -> None:
    with CountingServer() as server:
        server.fates.append(Fate(job="runs"))
        post(server)
        assert (details(server, "job-1"), server.emails()) == ({}, [])
        assert sum(server.count(appended=False).values()) == 3
        server.end_jobs()
        assert server.emails() == ["a@example.com", "b@example.com", "a@example.com"]


@pytest.mark.parametrize(("answer", "taken"), [("lost", 1), ("broken", 0)])
def test_an_answer_is_lost_with_or_without_the_upload(answer: str, taken: int) -> None:
    with CountingServer() as server:
        server.fates.append(Fate(answer))  # type: ignore[arg-type]
        with pytest.raises(requests.ConnectionError):
            post(server)
        assert len(server.arrived) == taken


@pytest.mark.parametrize(("answer", "status", "taken"), [("error", 502, 1), ("refused", 400, 0), ("busy", 429, 0)])
def test_an_upload_is_refused(answer: str, status: int, taken: int) -> None:
    with CountingServer() as server:
        server.fates.append(Fate(answer))  # type: ignore[arg-type]
        assert (post(server).status_code, len(server.arrived)) == (status, taken)


def test_the_list_has_pages() -> None:
    events = [f"Event {number}" for number in range(3)]
    with CountingServer(events) as server:
        names = []
        for offset in (0, 2):
            to = f"{server.url}/api/1/list?listingtype=custom_events&count=2&offset={offset}"
            said = requests.get(to, timeout=20).json()
            assert said["totalCount"] == 3
            names += [event["name"] for event in said["result"]]
        assert names == events
