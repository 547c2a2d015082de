"""The rehearsal's simulated faults and its token endpoint, seen from a plain client."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.processes import LONGEST
from tests.uploader.test_rehearsal import AUTH, ask, followed, post
from uploader.rehearsal.faults import KINDS
from uploader.rehearsal.server import Account, Fault, FaultError, Rehearsal

ACCOUNT = Account("an-id", "a-secret", "jo@example.com", "a-password")


@contextlib.contextmanager
def misbehaving(*faults: str) -> Iterator[Rehearsal]:
    with Rehearsal(faults=faults) as server:
        yield server


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("upload:reset-while", Fault("upload", "reset-while")),
        ("upload:429=2,times=1", Fault("upload", "429", 2.0, 1)),
        ("status:drip=0.5", Fault("status", "drip", 0.5)),
        ("job:rejects=3", Fault("job", "rejects", 3.0)),
        ("token:503,times=2", Fault("token", "503", None, 2)),
    ],
)
def test_a_fault_is_parsed(text: str, fault: Fault) -> None:
    assert Fault.parse(text) == fault


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "`` is not a fault: write STEP:KIND[=N][,times=N], such as upload:429=2,times=1"),
        ("upload", "`upload` is not a fault: write STEP:KIND[=N][,times=N], such as upload:429=2,times=1"),
        (
            "upload:429,times=-1",
            "`upload:429,times=-1` is not a fault: write STEP:KIND[=N][,times=N], such as upload:429=2,times=1",
        ),
        ("upload:bang", f"there is no fault `bang`: choose {', '.join(KINDS)} or an HTTP status from 300 to 599"),
        ("upload:200", f"there is no fault `200`: choose {', '.join(KINDS)} or an HTTP status from 300 to 599"),
        ("status:reset-while", "reset-while does not happen at 'status': choose token, upload"),
        ("before:stall", "stall does not happen at 'before': choose token, upload, status, list"),
        ("upload:html=3", "html takes no value"),
        ("upload:refuse,times=2", "refuse happens once and for all: leave out times"),
    ],
)
def test_any_other_text_is_refused(text: str, message: str) -> None:
    with pytest.raises(FaultError) as caught:
        Fault.parse(text)
    assert str(caught.value) == message


@pytest.mark.parametrize("kind", ["reset-before", "reset-while", "reset-after"])
def test_only_an_upload_reset_afterwards_is_accepted(kind: str, form: dict[str, str]) -> None:
    with misbehaving(f"upload:{kind}") as server:
        with pytest.raises(requests.ConnectionError):
            post(server, form)
        assert server.received == (1 if kind == "reset-after" else 0)


@pytest.mark.parametrize(
    ("kind", "taken"),
    [
        ("500", 1),
        ("503", 1),
        ("413", 0),
        ("429", 0),
        ("401", 0),
        ("307", 0),
        ("308", 0),
        ("301", 1),
        ("302", 1),
        ("303", 1),
    ],
)
def test_a_status_tells_whether_the_request_was_turned_away(kind: str, taken: int, form: dict[str, str]) -> None:
    with misbehaving(f"upload:{kind}") as server:
        answer = post(server, form)
        assert (answer.status_code, answer.json()["httpCode"], server.received) == (int(kind), kind, taken)
        assert "Retry-After" not in answer.headers


def test_faults_are_used_up_in_their_order(form: dict[str, str]) -> None:
    with misbehaving("upload:429=2,times=2", "upload:html,times=1", "upload:no-job-id,times=1") as server:
        answers = [post(server, form) for _ in range(5)]
        assert [answer.status_code for answer in answers] == [429, 429, 200, 200, 200]
        assert answers[0].headers["Retry-After"] == "2"
        assert answers[2].text == "<html><body><h1>Welcome</h1></body></html>"
        assert [answer.json() for answer in answers[3:]] == [
            {"status": "success"},
            {"jobId": "15937382", "status": "success"},
        ]
        assert server.received == 3


def test_a_redirect_points_elsewhere_and_accepts_nothing(form: dict[str, str]) -> None:
    with misbehaving("upload:redirect") as server:
        answer = requests.post(f"{server.url}/api/1/customevents", headers=AUTH, timeout=5, allow_redirects=False)
        assert answer.status_code == 307
        assert answer.headers["Location"] == "https://elsewhere.invalid/api/1/customevents"
        assert server.received == 0


@pytest.mark.parametrize(
    ("fault", "method", "path", "body"),
    [
        ("upload:stall", "POST", "/api/1/customevents", b"a=b"),
        ("status:stall", "GET", "/api/1/customevents/1/status", None),
        ("token:stall", "POST", "/token", b"a=b"),
    ],
)
def test_a_stalled_answer_never_comes(fault: str, method: str, path: str, body: bytes | None) -> None:
    with misbehaving(fault) as server, pytest.raises(requests.ReadTimeout):
        requests.request(method, server.url + path, data=body, headers=AUTH, timeout=0.2)


def test_a_dripping_answer_is_complete_at_the_end(form: dict[str, str]) -> None:
    with misbehaving("upload:drip=0.001") as server:
        assert post(server, form).json() == {"jobId": "15937380", "status": "success"}


def test_refuse_at_upload_never_listens(form: dict[str, str]) -> None:
    with misbehaving("upload:refuse") as server, pytest.raises(requests.ConnectionError, match="Connection refused"):
        post(server, form)


def test_refuse_at_status_lets_the_upload_in_and_nothing_after_it(form: dict[str, str]) -> None:
    with misbehaving("status:refuse") as server:
        job_id = post(server, form).json()["jobId"]
        with pytest.raises(requests.ConnectionError, match="Connection refused"):
            ask(server, job_id)
        assert server.received == 1


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("job:fails", {"status": "failed", "appendCount": 0, "rejectedCount": 0}),
        ("job:odd-word", {"status": "partly", "appendCount": 1, "rejectedCount": 0}),
        ("job:rejects", {"status": "ok", "appendCount": 0, "rejectedCount": 1}),
        ("job:rejects=9", {"status": "ok", "appendCount": 0, "rejectedCount": 1}),
        ("job:miscounts", {"status": "ok", "appendCount": 0, "rejectedCount": 0}),
    ],
)
def test_a_job_ends_as_the_plan_says(fault: str, said: dict[str, Any], form: dict[str, str]) -> None:
    with misbehaving(fault) as server:
        details = followed(server, form)
    details.pop("customEventsId", None)
    assert details == said


def test_a_job_that_never_ends_runs_on(form: dict[str, str]) -> None:
    with misbehaving("job:never-ends") as server:
        job_id = post(server, form).json()["jobId"]
        for worker in server._workers:
            worker.join(LONGEST)
        assert [ask(server, job_id).json()["details"] for _ in range(3)] == [{"status": "running"}] * 3


# Tokens


def tokens(server: Rehearsal, **fields: str) -> requests.Response:
    return requests.post(f"{server.url}/token", data=fields, timeout=10)


PASSWORD = {
    "grant_type": "password",
    "client_id": "an-id",
    "client_secret": "a-secret",
    "username": "jo@example.com",
    "password": "a-password",
}
REFRESH = {"grant_type": "refresh_token", "client_id": "an-id", "client_secret": "a-secret"}


def test_a_login_gives_tokens_that_are_accepted_until_they_expire() -> None:
    now = [0.0]
    with Rehearsal(account=ACCOUNT, token="another", token_lifetime=60.0, clock=lambda: now[0]) as server:
        said = tokens(server, **PASSWORD).json()
        assert sorted(said) == ["access_token", "expires_in", "refresh_token", "scope", "token_type"]
        assert (said["expires_in"], said["token_type"], server.issuer.logins) == (60, "Bearer", 1)
        assert server.allows(f"Bearer {said['access_token']}")
        now[0] = 60.0
        assert not server.allows(f"Bearer {said['access_token']}")


@pytest.mark.parametrize(
    ("changes", "status", "error", "description"),
    [
        ({"client_secret": "x"}, 401, "access_denied", "Wrong client id or secret."),
        ({"password": "x"}, 403, "invalid_grant", "Wrong email or password."),
        ({"grant_type": "x"}, 400, "unsupported_grant_type", "Use password or refresh_token."),
        ({"grant_type": "refresh_token"}, 403, "invalid_grant", "Invalid refresh token."),
    ],
)
def test_a_wrong_login_gets_the_token_endpoint_s_error(
    changes: dict[str, str], status: int, error: str, description: str
) -> None:
    with Rehearsal(account=ACCOUNT) as server:
        answer = tokens(server, **{**PASSWORD, **changes})
    assert (answer.status_code, answer.json()) == (status, {"error": error, "error_description": description})


def test_a_refresh_token_works_once_whoever_comes_first() -> None:
    with Rehearsal(account=ACCOUNT) as server:
        first = tokens(server, **PASSWORD).json()["refresh_token"]
        statuses: list[int] = []
        spenders = [
            threading.Thread(
                daemon=True, target=lambda: statuses.append(tokens(server, **REFRESH, refresh_token=first).status_code)
            )
            for _ in range(4)
        ]
        for spender in spenders:
            spender.start()
        for spender in spenders:
            spender.join(LONGEST)
        assert sorted(statuses) == [200, 403, 403, 403]
        assert server.issuer.refreshes == 1


def test_tokens_expire_at_the_moment_that_the_plan_says(form: dict[str, str]) -> None:
    with Rehearsal(faults=["upload:expired"]) as server:
        token = tokens(server, **PASSWORD).json()["access_token"]
        old, other = {"Authorization": f"Bearer {token}"}, AUTH
        assert [post(server, form, headers=headers).status_code for headers in (old, old, other)] == [401, 401, 200]
        renewed = tokens(server, **PASSWORD).json()["access_token"]
        assert post(server, form, headers={"Authorization": f"Bearer {renewed}"}).status_code == 200
