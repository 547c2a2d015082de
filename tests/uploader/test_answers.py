"""The meaning of the server's answers."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uploader.acton.jobs import is_job_id, job_from_status, job_from_upload
from uploader.masking import hide
from uploader.model.job import Job, State
from uploader.model.outcome import Outcome, reconcile
from uploader.wire.answer import Answer
from uploader.wire.words import page_text

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
)


def answer(body: Any, status: int = 200, **headers: Any) -> Any:
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer(status, {name.replace("_", "-"): value for name, value in headers.items()}, text)


@pytest.mark.parametrize(
    ("body", "job_id"),
    [
        ({"jobId": "15937380", "status": "success"}, "15937380"),
        ({"jobId": 15937380, "status": "success"}, "15937380"),
        ({"jobId": "15937380", "status": "failed"}, None),
        ({"jobId": "15937380"}, None),
        ({"status": "success"}, None),
        ({"jobId": "", "status": "success"}, None),
        ({"jobId": True, "status": "success"}, None),
        ({"jobId": "../token", "status": "success"}, None),
        ([{"jobId": "1", "status": "success"}], None),
        (b"<html>", None),
        (b"", None),
        (b"\xff\xfe", None),
        (b"[" * 100_000, None),
    ],
)
def test_only_the_documented_answer_has_a_job(body: Any, job_id: str | None) -> None:
    job = job_from_upload(answer(body))
    assert (job.job_id if job else None) == job_id


DETAILS = {"status": "ok", "customEventsId": "ff4f3fab", "appendCount": 2, "rejectedCount": 0}


@pytest.mark.parametrize(
    ("body", "job"),
    [
        ({"status": "success", "jobDetails": json.dumps(DETAILS), "details": DETAILS}, Job("7", "ok", 2, 0)),
        ({"status": "success", "jobDetails": json.dumps(DETAILS)}, Job("7", "ok", 2, 0)),
        (
            {"status": "success", "details": {"status": "ok", "appendCount": "2", "rejectedCount": "0"}},
            Job("7", "ok", 2, 0),
        ),
        ({"status": "success", "details": {"status": "ok", "appendCount": -1}}, Job("7", "ok")),
        ({"status": "success", "details": {"status": "ok", "appendCount": True}}, Job("7", "ok")),
        ({"status": "success", "details": {}}, Job("7")),
        ({"status": "success", "jobDetails": "nonsense"}, Job("7")),
        ({"status": "success", "jobDetails": 3}, Job("7")),
        ({"status": "success"}, Job("7")),
        ({}, Job("7")),
        ({"errorCode": 10017, "message": "Invalid or expired Job Id"}, None),
        (b"<html>", None),
    ],
)
def test_a_status_is_read_from_details_or_from_the_json_in_job_details(body: Any, job: Any) -> None:
    assert job_from_status("7", answer(body)) == job


@pytest.mark.parametrize(
    ("job", "state", "final"),
    [
        (Job("7"), State.RUNNING, False),
        (Job("7", "running"), State.RUNNING, False),
        (Job("7", "ok"), State.OK, True),
        (Job("7", "OK"), State.OK, True),
        (Job("7", "failed"), State.FAILED, True),
        (Job("7", "success"), State.UNKNOWN, False),
        (Job("7", "success", 2, 0), State.UNKNOWN, True),
        (Job("7", "okay"), State.UNKNOWN, False),
    ],
)
def test_only_the_word_ok_is_success(job: Any, state: State, final: bool) -> None:
    assert (job.state, job.final) == (state, final)


OK = {"status": "success", "jobDetails": json.dumps(DETAILS), "details": DETAILS}
COPY = {"status": "ok", "appendCount": 2, "rejectedCount": 0}


@pytest.mark.parametrize(
    ("changes", "contradiction"),
    [
        (
            {"jobDetails": json.dumps({**COPY, "status": "failed"})},
            "`jobDetails` and `details` of the answer differ in `status`",
        ),
        ({"jobDetails": {**COPY, "status": "failed"}}, "`jobDetails` and `details` of the answer differ in `status`"),
        (
            {"jobDetails": json.dumps({**COPY, "appendCount": 1})},
            "`jobDetails` and `details` of the answer differ in `appendCount`",
        ),
        (
            {"jobDetails": json.dumps({**COPY, "rejectedCount": 1})},
            "`jobDetails` and `details` of the answer differ in `rejectedCount`",
        ),
        ({"status": "failed"}, "the answer itself has the status `failed`"),
        ({"status": "running"}, "the answer itself has the status `running`"),
        ({"status": False}, "the answer itself has the status `False`"),
        ({"success": False}, "the answer has `success` `False`"),
        ({"success": "false"}, "the answer has `success` `false`"),
        ({"success": 0}, "the answer has `success` `0`"),
        ({"details": {**DETAILS, "success": False}}, "the answer has `success` `False`"),
        ({"details": {**DETAILS, "errorCode": 3, "message": "no"}}, "the answer's details hold an error: 3 - no"),
        ({"jobId": "8"}, "the answer is about another job"),
        ({"details": {**DETAILS, "jobId": 8}}, "the answer is about another job"),
    ],
)
def test_a_contradiction_of_the_details_is_not_confirmed(changes: dict[str, Any], contradiction: str) -> None:
    job = job_from_status("7", answer({**OK, **changes}))
    assert job == Job("7", "ok", 2, 0, contradiction)
    assert (job.state, job.final) == (State.UNKNOWN, True)
    assert reconcile(job, 2) == (Outcome.UNKNOWN, contradiction)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"status": "OK"},
        {"status": None},
        {"success": True},
        {"success": "true"},
        {"success": None},
        {"jobId": 7},
        {"jobId": "7"},
        {"jobDetails": None},
        {"jobDetails": ""},
        {"jobDetails": "nonsense"},
        {"jobDetails": json.dumps({"status": "OK", "appendCount": "2"})},
        {"errorCode": None},
    ],
)
def test_an_answer_that_agrees_with_the_details_is_confirmed(changes: dict[str, Any]) -> None:
    assert job_from_status("7", answer({**OK, **changes})) == Job("7", "ok", 2, 0)


@pytest.mark.parametrize(
    "body",
    [
        {"jobId": "1", "status": "success", "success": False},
        {"jobId": "1", "status": "success", "errorCode": 5, "message": "no"},
        b'{"jobId": "1", "jobId": "2", "status": "success"}',
        b'{"jobId": "1", "status": "success", "x": NaN}',
        {"jobId": "a-token-as-job-id", "status": "success"},
    ],
)
def test_an_upload_s_answer_that_contradicts_itself_has_no_job(body: Any) -> None:
    hide("a-token-as-job-id")
    assert job_from_upload(answer(body)) is None


@pytest.mark.parametrize(
    "word", ["The job is running", "The job is pending", "the job is still running.", "In progress"]
)
def test_a_sentence_that_says_running_is_a_running_job(word: str) -> None:
    job = job_from_status("7", answer({"status": "success", "details": {"status": f" {word}\n"}}))
    assert job is not None
    assert (job.status, job.state, job.final) == (word, State.RUNNING, False)


@pytest.mark.parametrize("word", ["The job is running", "pending"])
@pytest.mark.parametrize("details", [{}, {"details": {"status": "The job is running"}}])
def test_an_answer_that_itself_says_running_is_a_running_job(word: str, details: dict[str, Any]) -> None:
    job = job_from_status("7", answer({"status": word, **details}))
    assert job is not None
    assert (job.contradiction, job.state, job.final) == ("", State.RUNNING, False)


@pytest.mark.parametrize("word", ["The job is ok", "The job is not running", "running late", "The job"])
def test_any_other_sentence_is_unknown(word: str) -> None:
    assert Job("7", word).state is State.UNKNOWN


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (
            answer({"errorCode": 10017, "message": "Invalid or expired Job Id"}, 404, x_request_id="r-1"),
            "HTTP 404: 10017 - Invalid or expired Job Id (x-request-id r-1)",
        ),
        (
            answer(
                {"httpCode": "401", "httpMessage": "Unauthorized", "moreInformation": ""},
                401,
                x_request_id="r-1",
                x_global_transaction_id="g-2",
            ),
            "HTTP 401: 401 - Unauthorized (x-request-id r-1, x-global-transaction-id g-2)",
        ),
        (
            answer({"httpCode": "500", "httpMessage": "Oops", "moreInformation": "later"}, 500),
            "HTTP 500: 500 - Oops - later",
        ),
        (
            answer({"error": "invalid_grant", "error_description": "Wrong email or password."}, 403),
            "HTTP 403: invalid_grant - Wrong email or password.",
        ),
        (
            answer(b"<html><style>b {}</style><h1>502</h1>\n<p>Bad  Gateway</p></html>", 502, content_type="text/html"),
            "HTTP 502: an HTML page: 502 Bad Gateway",
        ),
        (answer(b"<!DOCTYPE html>", 503), "HTTP 503: an HTML page: no text"),
        (answer("<p>1 <\u017f 2<!-- a > b -->3</p>".encode(), 503), "HTTP 503: an HTML page: 1 <\u017f 2 3"),
        (answer(b"", 500), "HTTP 500: an empty body"),
        (answer(b"busy\r\n", 503), "HTTP 503: busy"),
        (answer(b"\x1b[31mred", 400), "HTTP 400: \\x1b[31mred"),
        (answer(b"", 302, location="https://login.example.com/"), "HTTP 302: a redirect to https://login.example.com/"),
    ],
)
def test_every_shape_of_an_error_is_one_line(said: Answer, words: str) -> None:
    assert said.words == words


@given(st.integers(100, 599), st.binary() | JSON.map(lambda value: json.dumps(value).encode()))
def test_no_answer_raises_or_has_a_line_break(status: int, body: Any) -> None:
    said = Answer(status, {}, body)
    assert said.words.isprintable()
    assert job_from_upload(said) is None or said.json is not None
    job_from_status("7", said)


@pytest.mark.parametrize("text", ["", "a/b", "..", "1 2", "ä", "x" * 65, "1\n"])
def test_a_job_id_is_letters_digits_hyphen_underscore(text: str) -> None:
    assert not is_job_id(text)
    assert is_job_id("Ab-9_")


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "5"}, 5.0),
        ({"retry-after": " 5 "}, 5.0),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "five"}, None),
        ({"retry-after": "9999999999"}, None),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:30 GMT", "date": "Wed, 21 Oct 2015 07:28:00 GMT"}, 30.0),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT", "date": "Wed, 21 Oct 2015 07:28:30 GMT"}, 0.0),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0.0),
    ],
)
def test_retry_after_is_seconds_or_a_date_by_the_server_s_clock(headers: dict[str, str], seconds: float | None) -> None:
    assert Answer(429, headers, b"").retry_after == seconds


def test_no_echo_shows_a_secret_or_a_truncated_one() -> None:
    secret = 'p"w &1' * 9
    said = json.dumps({"error": "x" * 270, "error_description": f"{secret} {quote_plus(secret)}"}).encode()
    hide(secret)
    words = Answer(400, {"x-request-id": secret}, said).words
    assert words == f"HTTP 400: {'x' * 270} - **** **** (x-request-id ****)"


def test_the_text_of_a_long_page_is_cut() -> None:
    assert page_text("x" * 10_001) == "x" * 10_000
