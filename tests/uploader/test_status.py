"""`uploader status` and `uploader titles` look where the ledger says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.uploader.conftest import Http, Run, ScriptedServer
from tests.uploader.user import AS, COLUMNS
from uploader.account.hosts import REGIONS
from uploader.ledger.ledger import Ledger
from uploader.ledger.path import user_ledger
from uploader.login.credentials import Credentials
from uploader.login.login import Login
from uploader.model.entry import Intent, Place
from uploader.model.job import Job
from uploader.model.outcome import Outcome
from uploader.rehearsal.server import Rehearsal
from uploader.wire.limits import Limits


@pytest.fixture(autouse=True)
def _token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACTON_ACCESS_TOKEN", "made-up-token")


def record(endpoint: str, job_id: str, account: str = "") -> int:
    """An upload of two rows to `endpoint`, in the user's ledger, with a job whose end is unknown."""
    place = Place(endpoint, account, "Webinars", "CUSTOM_ATTENDED")
    file = {"filename": "e.csv", "sha256": endpoint, "whole": endpoint, "size": 9, "rows": 2, "titles": 1}
    with Ledger(user_ledger()) as ledger:
        id = ledger.begin(Intent(**place._asdict(), **file, titlecount=1))
        ledger.record(id, Outcome.SENT, Job(job_id))
    return id


def test_status_asks_where_the_job_was_sent(run: Run, rehearsal: Rehearsal, upload_file: Path) -> None:
    run("send", upload_file, *AS, *COLUMNS, "--base-url", rehearsal.url, "--no-wait")
    told = f"uploader: job 15937380 is at {rehearsal.url} (upload 1), as the ledger says\n"
    assert run("status", "15937380", "--wait") == (0, "Job 15937380: ok, 1 appended, 0 rejected.\n", told)
    assert run("status", "15937380", "--base-url", rehearsal.url.upper().replace("HTTP", "http"))[2] == ""


def test_status_asks_elsewhere_only_if_the_options_say_so(run: Run, rehearsal: Rehearsal) -> None:
    record("https://acton.example", "7")
    code, out, err = run("status", "7", "--base-url", rehearsal.url)
    where = f"the ledger has job 7 at https://acton.example (upload 1); {rehearsal.url} is asked, as the options say"
    assert (code, out, err.splitlines()[0]) == (3, "", f"uploader: {where}")
    assert err.endswith("; the ledger has no such job: check its id, and where it was sent (--region, --base-url)\n")


def test_status_of_one_id_at_several_hosts_asks_which(run: Run, scripted: type[ScriptedServer], http: Http) -> None:
    done = {"status": "success", "details": {"status": "ok", "appendCount": 2, "rejectedCount": 0}}
    with scripted(http(200, done)) as server:
        first, second, third = (record(url, "7") for url in (server.url, REGIONS["eu"], REGIONS["us"]))
        message = (
            f"the ledger has a job 7 at {server.url} (upload {first}) and {REGIONS['eu']} (upload {second}) and "
            f"{REGIONS['us']} (upload {third}): choose one with --base-url {server.url} or --region eu or --region us"
        )
        assert run("status", "7") == (2, "", f"uploader: {message}\n")
        assert run("status", "7", "--base-url", server.url) == (0, "Job 7: ok, 2 appended, 0 rejected.\n", "")
    with Ledger(user_ledger()) as ledger:
        assert [entry.outcome for entry in ledger.entries()] == [Outcome.CONFIRMED, Outcome.SENT, Outcome.SENT]


def test_a_status_that_may_be_readable_later_has_no_hint(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("uploader.http.calls.PAUSES", ())
    with Rehearsal() as gone:
        pass
    host = gone.url.removeprefix("http://")
    message = f"the status of job 7 cannot be read: {host}: connection refused"
    code, out, err = run("status", "7", "--base-url", gone.url, "--json")
    assert (code, err) == (3, f"uploader: {message}\n")
    assert json.loads(out) == {"error": {"code": "no-status", "message": message, "choices": []}}


@pytest.mark.parametrize("command", [["history"], ["titles", "Webinars"], ["status", "7"]])
def test_a_ledger_that_cannot_be_read_is_an_error_in_json_too(run: Run, tmp_path: Path, command: list[str]) -> None:
    (tmp_path / "x").write_text("no database, however long it is read")
    code, out, err = run(*command, "--ledger", tmp_path / "x", "--json")
    told = json.loads(out)["error"]
    assert (code, told["code"], err) == (2, "input", f"uploader: {told['message']}\n")


def test_a_send_without_a_token_is_an_error_in_json_too(
    run: Run, upload_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ACTON_ACCESS_TOKEN")
    code, out, err = run("send", upload_file, *AS, *COLUMNS, "--json")
    told = json.loads(out)["error"]
    assert (code, told["code"], err) == (3, "not-sent", f"uploader: {told['message']}\n")


def test_an_unknown_job_of_another_account_is_explained(
    run: Run, rehearsal: Rehearsal, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(rehearsal.url, "7", account="sandbox")
    login = Login.of(rehearsal.url, user_ledger())
    login.log_in(Credentials("an-id", "a-secret", "jo", "a-password"))
    monkeypatch.delenv("ACTON_ACCESS_TOKEN")
    code, _out, err = run("status", "7")
    assert code == 3
    assert err.endswith("; the ledger has it in account `sandbox`, and the login is that of `jo`\n")


def test_the_requests_of_status_count_for_the_account_of_the_job(
    run: Run, rehearsal: Rehearsal, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: list[str] = []
    monkeypatch.setattr(Limits, "take_turn", lambda limits: counted.append(limits.account))
    record(rehearsal.url, "7", account="sandbox")
    run("status", "7")
    assert counted == ["sandbox"]


def test_no_title_says_where_there_are_some(run: Run) -> None:
    with Ledger(user_ledger()) as ledger:
        for place in (("eu", "sandbox"), ("us", "a b"), ("eu", "")):
            ledger.mend_titles(Place(REGIONS[place[0]], place[1], "Webinars", ""), add=["A"], remove=[])
    where = (
        "uploader: no title of `Webinars` is known here; others are, with --region eu or --region eu --account sandbox"
    )
    assert run("titles", "Webinars") == (0, "", f'{where} or --account "a b"\n')
    assert run("titles", "Webinars", "--account", "a b") == (0, "A\n", "")
    assert run("titles", "Expo") == (0, "", "uploader: no title of `Expo` is known\n")


def test_titles_are_those_that_a_send_with_the_login_knows(
    run: Run, rehearsal: Rehearsal, monkeypatch: pytest.MonkeyPatch
) -> None:
    Login.of(rehearsal.url, user_ledger()).log_in(Credentials("an-id", "a-secret", "jo", "a-password"))
    with Ledger(user_ledger()) as ledger:
        for account, title in (("", "Before"), ("jo", "Since"), ("", "Both"), ("jo", "Both")):
            ledger.mend_titles(Place(rehearsal.url, account, "Webinars", ""), add=[title], remove=[])
    monkeypatch.delenv("ACTON_ACCESS_TOKEN")
    asked = ["titles", "Webinars", "--base-url", rehearsal.url]
    assert run(*asked) == (0, "Before\nBoth\nSince\n", "")
    assert run(*asked, "--remove", "Both", "--remove", "Before") == (0, "Since\n", "")
    assert run(*asked, "--account", "") == (
        0,
        "",
        "uploader: no title of `Webinars` is known here; others are, with --account jo\n",
    )
