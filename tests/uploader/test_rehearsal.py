"""The rehearsal: the shapes of its answers, its reading of forms and files, and its independence of `preflight`."""

from __future__ import annotations

import io
import json
import socket
import threading
from pathlib import Path
from typing import Any

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from tests.processes import LONGEST
from uploader.rehearsal.form import FormError, FormReader
from uploader.rehearsal.job import FileRefusedError, date_reader, judge
from uploader.rehearsal.server import Rehearsal

ROOT = Path(__file__).parents[2]
AUTH = {"Authorization": "Bearer anything"}
GOOD = b"Email,Date,Title\r\njo@example.com,01/25/2023,A\r\n"


def post(
    server: Any, form: dict[str, str], content: bytes = GOOD, headers: dict[str, str] = AUTH, part: str = "file"
) -> Any:
    files = {part: ("events.csv", content)} if part else {"x": ("", b"")}
    return requests.post(f"{server.url}/api/1/customevents", data=form, files=files, headers=headers, timeout=10)


def ask(server: Any, job_id: str | None, headers: dict[str, str] = AUTH) -> Any:
    return requests.get(f"{server.url}/api/1/customevents/{job_id}/status", headers=headers, timeout=10)


def followed(server: Any, form: dict[str, str], content: bytes = GOOD) -> Any:
    """The details of an upload's job after its end."""
    job_id = post(server, form, content).json()["jobId"]
    while (details := ask(server, job_id).json()["details"])["status"] == "running":
        pass
    return details


def test_an_upload_gets_a_job_that_runs_before_it_reports_counts(rehearsal: Rehearsal, form: dict[str, str]) -> None:
    answer = post(rehearsal, form)
    assert (answer.status_code, answer.json()) == (200, {"jobId": "15937380", "status": "success"})
    assert answer.headers["x-request-id"]
    assert answer.headers["x-global-transaction-id"]
    first = ask(rehearsal, "15937380").json()
    assert first == {"status": "success", "jobDetails": '{"status": "running"}', "details": {"status": "running"}}
    while (last := ask(rehearsal, "15937380").json())["details"] == {"status": "running"}:
        pass
    details = last["details"]
    assert {**details, "customEventsId": ""} == {
        "status": "ok",
        "customEventsId": "",
        "appendCount": 1,
        "rejectedCount": 0,
    }
    assert json.loads(last["jobDetails"]) == details


def test_an_unknown_job_gets_the_application_s_error(rehearsal: Rehearsal) -> None:
    answer = ask(rehearsal, "1")
    assert (answer.status_code, answer.json()) == (404, {"errorCode": 10017, "message": "Invalid or expired Job Id"})


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Basic eDp5"}, {"Authorization": "Bearer wrong"}])
def test_a_wrong_token_gets_the_gateway_s_error(form: dict[str, str], headers: dict[str, str]) -> None:
    with Rehearsal(token="right") as server:
        for answer in (post(server, form, headers=headers), ask(server, "1", headers=headers)):
            assert answer.status_code == 401
            assert answer.json() == {"httpCode": "401", "httpMessage": "Unauthorized", "moreInformation": ""}
        assert server.received == 0
        assert post(server, form, headers={"Authorization": "Bearer right"}).status_code == 200


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"destination": None}, "the field destination is missing or blank"),
        ({"destination": " "}, "the field destination is missing or blank"),
        ({"titlecount": None}, "the field titlecount is missing or blank"),
        ({"titlecount": "-1"}, "titlecount must be a whole number from 0, not '-1'"),
        ({"emailcolidx": "Email"}, "emailcolidx must be a whole number from 0, not 'Email'"),
        ({"notecolidx": ""}, "notecolidx must be a whole number from 0, not ''"),
        ({"firstrow": "true"}, "firstrow must be one of N, Y, not 'true'"),
        ({"fieldseparator": ","}, "fieldseparator must be one of COMMA, SEMICOLON, SPACE, TAB, not ','"),
        ({"quotecharacter": '"'}, "quotecharacter must be one of DOUBLE_QUOTE, NONE, SINGLE_QUOTE, not '\"'"),
        ({"destinaton": "x"}, "there is no field 'destinaton'"),
        ({"dateformat": "MM/dd"}, "the dateformat 'MM/dd' reads no year"),
        ({"dateformat": "QQ yyyy"}, "the dateformat 'QQ yyyy' has 'QQ', which the rehearsal does not read"),
        ({"destination": "x" * 70_000}, "the field 'destination' is longer than 65536 bytes"),
    ],
)
def test_an_invalid_field_is_refused(
    rehearsal: Rehearsal, form: dict[str, str], changes: dict[str, Any], message: str
) -> None:
    sent = {name: value for name, value in {**form, **changes}.items() if value is not None}
    answer = post(rehearsal, sent)
    assert (answer.status_code, answer.json()) == (400, {"errorCode": 10001, "message": message})
    assert rehearsal.received == 0


def test_the_file_s_part_must_have_its_name(rehearsal: Rehearsal, form: dict[str, str]) -> None:
    assert post(rehearsal, form, part="File").json()["message"] == "there is no file part named file"


def test_a_body_that_is_not_a_form_is_refused(rehearsal: Rehearsal) -> None:
    url = f"{rehearsal.url}/api/1/customevents"
    answer = requests.post(url, data=b"x" * 3_000_000, headers=AUTH, timeout=10)
    assert answer.json()["message"] == "the content type must be multipart/form-data with a boundary"
    kind = {"Content-Type": "multipart/form-data; boundary=b"}
    answer = requests.post(url, data=b"x" * 3_000_000, headers={**AUTH, **kind}, timeout=10)
    assert answer.json()["message"].startswith("the body is not multipart/form-data: ")
    answer = requests.post(url, data=b"--b\r\n", headers={**AUTH, **kind}, timeout=10)
    assert answer.json()["message"] == "the body ends before its closing boundary"


def test_a_body_without_a_length_is_refused(rehearsal: Rehearsal) -> None:
    answer = requests.post(f"{rehearsal.url}/api/1/customevents", data=iter([b"x"]), headers=AUTH, timeout=10)
    assert (answer.status_code, answer.json()["httpMessage"]) == (411, "Length Required")


def test_another_path_is_not_found(rehearsal: Rehearsal, form: dict[str, str]) -> None:
    answer = requests.post(f"{rehearsal.url}/api/2/customevents", data=form, headers=AUTH, timeout=10)
    assert answer.status_code == 404
    assert requests.get(f"{rehearsal.url}/", headers=AUTH, timeout=10).status_code == 404


def test_a_client_that_disconnects_leaves_no_upload_and_no_output(
    form: dict[str, str], capfd: pytest.CaptureFixture[str]
) -> None:
    with Rehearsal() as server:
        with socket.create_connection(("127.0.0.1", int(server.url.rsplit(":", 1)[1]))) as connection:
            head = "POST /api/1/customevents HTTP/1.1\r\nAuthorization: Bearer x\r\nContent-Length: 99\r\n"
            connection.sendall(f"{head}Content-Type: multipart/form-data; boundary=b\r\n\r\n--b\r\n".encode())
        assert post(server, form).status_code == 200
        assert server.received == 1
    assert capfd.readouterr() == ("", "")


def test_titles_are_remembered_by_destination(rehearsal: Rehearsal, form: dict[str, str]) -> None:
    two = GOOD + b"jo@example.com,01/26/2023, B \r\n"
    refused = followed(rehearsal, form, two)
    assert refused["status"] == "failed"
    assert refused["message"] == "the file adds 2 titles, titlecount says 1"
    assert followed(rehearsal, form)["appendCount"] == 1
    assert followed(rehearsal, form, two)["appendCount"] == 2
    assert followed(rehearsal, {**form, "titlecount": "0"}, two)["appendCount"] == 2
    assert followed(rehearsal, {**form, "destination": "Other"}, two)["status"] == "failed"


def test_two_uploads_at_once_are_two_jobs(rehearsal: Rehearsal, form: dict[str, str]) -> None:
    jobs = []
    threads = [
        threading.Thread(daemon=True, target=lambda: jobs.append(post(rehearsal, form).json()["jobId"]))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LONGEST)
    assert len(set(jobs)) == 4


@pytest.mark.parametrize(
    "row",
    [
        b"",
        b"jo@example.com,01/25/2023",
        b",01/25/2023,A",
        b"jo@example,01/25/2023,A",
        b"two@@example.com,01/25/2023,A",
        b"jo x@example.com,01/25/2023,A",
        b"jo@example.com,25/01/2023,A",
        b"jo@example.com,02/30/2023,A",
        b"jo@example.com,01/25/23,A",
        b"jo@example.com,01/25/2023 10:30,A",
        b"jo@example.com,,A",
        b"jo@example.com,01/25/2023, ",
    ],
)
def test_a_row_with_an_unusable_cell_is_rejected(form: dict[str, str], row: bytes) -> None:
    assert judge(io.BytesIO(GOOD + row + b"\r\n"), form, frozenset()) == (1, 1, frozenset({"A"}))


@pytest.mark.parametrize(
    ("changes", "content"),
    [
        ({}, '\ufeffEmail,Date,Title\n"jo@example.com",01/25/2023,"A, ""b"""\n'.encode()),
        ({"firstrow": "N"}, b"jo@example.com,01/25/2023,A\r"),
        ({"fieldseparator": "TAB", "quotecharacter": "NONE"}, b'E\tD\tT\njo@example.com\t01/25/2023\t"A\n'),
        (
            {"fieldseparator": "SEMICOLON", "quotecharacter": "SINGLE_QUOTE"},
            b"E;D;T\njo@example.com;01/25/2023;'A;b'\n",
        ),
        ({"fieldseparator": "SPACE"}, b'E D T\njo@example.com 01/25/2023 "A b"\n'),
    ],
)
def test_every_way_of_writing_a_file_is_read(form: dict[str, str], changes: dict[str, Any], content: bytes) -> None:
    assert judge(io.BytesIO(content), {**form, **changes}, frozenset())[:2] == (1, 0)


def test_a_file_that_is_not_utf_8_is_refused(form: dict[str, str]) -> None:
    with pytest.raises(FileRefusedError, match=r"^the file cannot be read at line "):
        judge(io.BytesIO(GOOD + b"j\xf6@example.com,01/25/2023,A\r\n"), form, frozenset())


@pytest.mark.parametrize(
    ("pattern", "texts"),
    [
        ("MM/dd/yyyy", ["01/25/2011", "1/25/2011"]),
        ("dd/MM/yyyy", ["25/01/2011"]),
        ("MM/dd/yy", ["01/25/11", "01/25/2011"]),
        ("dd/MM/yy", ["25/01/11"]),
        ("yyyy/MM/dd", ["2011/01/25"]),
        ("MM-dd-yyyy", ["01-25-2011"]),
        ("dd-MM-yyyy", ["25-01-2011"]),
        ("MM-dd-yy", ["01-25-11"]),
        ("dd-MM-yy", ["25-01-11"]),
        ("yyyy-MM-dd", ["2011-01-25"]),
        ("dd MMM yyyy", ["25 Jan 2011", "25 January 2011", "25 jan 2011"]),
        ("MMM dd yyyy", ["Jan 25 2011"]),
        ("dd MMMM yyyy", ["25 January 2011", "25 Jan 2011"]),
        ("EEE, dd MMM yyyy", ["Tue, 25 Jan 2011", "Tue,  25 Jan 2011"]),
        ("EEEE, dd MMMM yyyy", ["Tuesday, 25 January 2011"]),
        ("yyyyMMdd", ["20110125"]),
        ("dd.MM.yyyy", ["25.01.2011"]),
        ("yyyy-MM-dd'T'HH:mm:ssXXX", ["2011-01-25T10:30:00+01:00"]),
    ],
)
def test_the_published_formats_are_read(pattern: str, texts: list[str]) -> None:
    usable = date_reader(pattern)
    assert [text for text in texts if not usable(text)] == []
    assert not any(usable(text) for text in ("", "NULL", "44951", "31/31/2011", f"{texts[0]} x"))


def test_an_open_quote_in_a_pattern_is_refused() -> None:
    with pytest.raises(FileRefusedError, match="has a quote that is never closed"):
        date_reader("yyyy'T")


@given(st.binary(max_size=400), st.integers(1, 64))
def test_no_body_crashes_the_reader(body: Any, size: int) -> None:
    reader = FormReader("multipart/form-data; boundary=b", io.BytesIO())
    try:
        for start in range(0, len(body), size):
            reader.feed(body[start : start + size])
        reader.finish()
    except FormError:
        pass
