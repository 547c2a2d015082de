"""The receipt: what support asks about each upload of a run, however it ends."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from tests.uploader.conftest import Http, ScriptedServer
from tests.uploader.user import COLUMNS
from uploader.cli.main import main
from uploader.rehearsal.server import Rehearsal

AS = ["--destination", "Webinars", "--customeventaction", "CUSTOM_ATTENDED", *COLUMNS]
CSV = b"Email,Date,Title\r\njo@example.com,01/25/2023,Webinar A\r\n"


@pytest.fixture
def events(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ACTON_ACCESS_TOKEN", "s3cret-token")
    path = tmp_path / "events.csv"
    path.write_bytes(CSV)
    return path


def receipt_of(code: int, events: Path, *options: str) -> Any:
    path = events.with_name("receipt.json")
    assert main(["send", str(events), *AS, "--receipt", str(path), *options]) == code
    text = path.read_text()
    assert "s3cret-token" not in text
    assert "@" not in text
    return json.loads(text)


def test_a_receipt_has_every_request_of_an_upload(events: Path, rehearsal: Rehearsal) -> None:
    (upload,) = receipt_of(0, events, "--base-url", rehearsal.url)["uploads"]
    wanted = ("id", "rows", "size", "outcome", "jobId", "appendCount", "rejectedCount")
    assert [upload[name] for name in wanted] == [1, 1, len(CSV), "confirmed", "15937380", 1, 0]
    assert upload["sha256"] == hashlib.sha256(CSV).hexdigest()
    asked = [(request["method"], request["path"], request["status"]) for request in upload["requests"]]
    assert asked[0] == ("POST", "/api/1/customevents", 200)
    assert set(asked[1:]) == {("GET", "/api/1/customevents/15937380/status", 200)}
    assert all(
        set(request["request_ids"]) == {"x-request-id", "x-global-transaction-id"} for request in upload["requests"]
    )
    assert all(request["seconds"] >= 0 and request["error"] == "" for request in upload["requests"])


def test_a_refused_upload_has_a_receipt(events: Path, scripted: type[ScriptedServer], http: Http) -> None:
    said = {"errorCode": 10001, "message": "token s3cret-token, row jo@example.com"}
    with scripted(http(400, said, x_request_id="r-1")) as server:
        (upload,) = receipt_of(3, events, "--base-url", server.url)["uploads"]
    (request,) = upload["requests"]
    assert (upload["outcome"], request["status"], request["request_ids"]) == ("refused", 400, {"x-request-id": "r-1"})
    assert request["error"].startswith("10001 - token ****, row ****")


def test_requests_without_an_answer_are_in_it(
    events: Path, scripted: type[ScriptedServer], http: Http, accepted: bytes
) -> None:
    with scripted(accepted, http(404), http(404)) as server:
        (upload,) = receipt_of(4, events, "--base-url", server.url)["uploads"]
        assert [request["status"] for request in upload["requests"]] == [200, 404]
        (upload,) = receipt_of(4, events, "--base-url", server.url)["uploads"]
    assert [request["status"] for request in upload["requests"]] == [
        200,
        404,
        404,
    ]  # the ledger has that of the first run


def test_without_an_upload_it_is_empty(events: Path, capsys: pytest.CaptureFixture[str]) -> None:
    events.write_bytes(CSV.replace(b"jo@", b"@"))
    assert receipt_of(1, events, "--base-url", "http://127.0.0.1:9") == {"uploads": []}
    code = main(["send", str(events), *AS, "--rehearse", "--receipt", str(events / "x.json")])
    assert code == 2
    assert "cannot write" in capsys.readouterr().err


@pytest.mark.parametrize("option", ["--receipt", "--report", "--fixes"])
@pytest.mark.parametrize("read", ["FILE", "--known-titles", "--profile"])
def test_no_output_overwrites_an_input(
    option: str, read: str, events: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(events.parent)
    for path, text in {"known.csv": "Webinar A\n", "p.toml": 'note = "Title"\n'}.items():
        Path(path).write_text(text, encoding="utf-8")
    path = {"FILE": "events.csv", "--known-titles": "known.csv", "--profile": "p.toml"}[read]
    before = Path(path).read_bytes()
    fix = ["--fix"] if option == "--fixes" else []
    inputs = ["--known-titles", "known.csv", "--profile", "p.toml"]
    assert main(["send", "events.csv", *AS, *inputs, option, path, *fix, "--rehearse"]) == 2
    assert capsys.readouterr() == ("", f"uploader: cannot write `{path}`: it is the file that {read} names\n")
    assert Path(path).read_bytes() == before
