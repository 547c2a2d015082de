"""send(): what is sent of which file, and the meaning of the job's last status."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from preflight import InputError
from tests.uploader.conftest import Http, ScriptedServer
from tests.uploader.user import LAYOUT
from uploader import Client, Delivery, InDoubtError, NotSentError, Outcome, RefusedError, TokenError, UsageError, send
from uploader.ledger.ledger import NOTHING_LEFT, Ledger
from uploader.ledger.refusals import how_to_settle
from uploader.model.job import Job
from uploader.model.outcome import reconcile
from uploader.preparing.order import Order
from uploader.rehearsal.server import Rehearsal
from uploader.sending.plan import plan

AS: dict[str, Any] = {"destination": "Webinars", "customeventaction": "CUSTOM_ATTENDED"}
HEADING = b"Email,Date,Title,Note\r\n"
GOOD = b"jo@example.com,01/25/2023,Webinar A,\r\nal@example.com,01/26/2023,Webinar B,hello\r\n"
BAD = b"jo@@example.com,01/25/2023,Webinar C,\r\n"


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A folder for temporary files, to check that none is left."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture
def source(tmp_path: Path) -> Any:
    def write(content: bytes) -> Any:
        path = tmp_path / "events.csv"
        path.write_bytes(content)
        return path

    return write


def sent_to(server: Any, file: Any, **options: Any) -> Any:
    given = {"destination": "Webinars", "customeventaction": "CUSTOM_ATTENDED", **options}
    return send(file, LAYOUT, client=Client("made-up", base_url=server.url), **given)


def test_a_good_file_is_sent_whole_and_confirmed(
    rehearsal: Rehearsal, source: Callable[[bytes], Path], temporary: Path
) -> None:
    done = sent_to(rehearsal, source(HEADING + GOOD))
    assert (done.outcome, done.rows_sent, done.reason) == (Outcome.CONFIRMED, 2, "")
    assert done.job == Job("15937380", "ok", 2, 0)
    assert repr(done) == f"<Delivery {done.report.file}: confirmed, 2 rows sent, job 15937380>"
    assert done.sent["titlecount"] == "2"
    assert done.sent["notecolidx"] == "3"
    assert done.sent["filename"] == "events.csv"
    assert list(temporary.iterdir()) == []


def test_a_bad_row_stops_the_whole_file(rehearsal: Rehearsal, source: Callable[[bytes], Path], temporary: Path) -> None:
    done = sent_to(rehearsal, source(HEADING + GOOD + BAD))
    assert (done.outcome, done.sent, done.job, done.rows_sent) == (Outcome.BAD_ROWS, None, None, 0)
    assert done.reason == "1 of 3 rows is bad"
    assert rehearsal.received == 0
    assert list(temporary.iterdir()) == []


def test_drop_bad_rows_sends_the_clean_rest(
    scripted: type[ScriptedServer], accepted: bytes, source: Callable[[bytes], Path]
) -> None:
    with scripted(accepted) as server:
        done = sent_to(server, source(HEADING + GOOD[:38] + BAD + GOOD[38:]), drop_bad_rows=True, wait=False)
    assert (done.outcome, done.rows_sent, done.job) == (Outcome.SENT, 2, Job("15937380"))
    assert b"\r\n\r\n" + HEADING + GOOD + b"\r\n--" in server.requests[0]
    assert b"@@" not in server.requests[0]
    assert done.sent["titlecount"] == "2"


@pytest.mark.parametrize("drop", [True, False])
def test_no_good_row_sends_nothing(rehearsal: Rehearsal, source: Callable[[bytes], Path], drop: bool) -> None:
    done = sent_to(rehearsal, source(HEADING + BAD), drop_bad_rows=drop)
    assert (done.outcome, done.reason, rehearsal.received) == (Outcome.BAD_ROWS, "no row is good", 0)


def test_known_titles_are_not_counted_and_a_given_titlecount_is_sent(
    rehearsal: Rehearsal, source: Callable[[bytes], Path]
) -> None:
    file = source(HEADING + GOOD)
    assert sent_to(rehearsal, file, known_titles={"Webinar A"}, titlecount=9).sent["titlecount"] == "9"
    second = sent_to(rehearsal, file, known_titles=["Webinar A", "Webinar B"], again=True)
    assert (second.sent["titlecount"], second.outcome) == ("0", Outcome.CONFIRMED)


def test_a_titlecount_that_does_not_fit_fails_in_the_job(rehearsal: Rehearsal, source: Callable[[bytes], Path]) -> None:
    done = sent_to(rehearsal, source(HEADING + GOOD), titlecount=1)
    assert (done.outcome, done.reason) == (Outcome.FAILED, "the job ended with the word `failed`")


def test_progress_is_reported_for_the_check_and_the_send(rehearsal: Rehearsal, source: Callable[[bytes], Path]) -> None:
    labels = []

    def bars(label: str) -> Any:
        labels.append(label)
        return nullcontext()

    sent_to(rehearsal, source(HEADING + GOOD), progress=bars)
    assert labels == ["checking", "sending"]


def test_as_dict_has_the_designed_keys(rehearsal: Rehearsal, source: Callable[[bytes], Path]) -> None:
    shown = sent_to(rehearsal, source(HEADING + GOOD)).as_dict()
    assert list(shown) == ["check", "sent", "job", "outcome"]
    assert shown["job"] == {"jobId": "15937380", "status": "ok", "appendCount": 2, "rejectedCount": 0}
    assert shown["outcome"] == "confirmed"
    assert shown["check"]["titlecount"] == 2


@pytest.mark.parametrize(
    ("reply", "error", "outcome", "sent"),
    [
        ({"status": 401}, RefusedError, Outcome.REFUSED, False),
        ({"status": 502}, InDoubtError, Outcome.IN_DOUBT, True),
    ],
)
def test_an_error_carries_the_delivery(
    scripted: type[ScriptedServer],
    http: Http,
    source: Callable[[bytes], Path],
    temporary: Path,
    reply: Any,
    error: Any,
    outcome: Any,
    sent: bool,
) -> None:
    with scripted(http(**reply)) as server, pytest.raises(error) as caught:
        sent_to(server, source(HEADING + GOOD))
    told = caught.value.delivery
    assert isinstance(told, Delivery)
    assert (told.outcome, told.sent is not None, told.reason) == (
        outcome,
        sent,
        str(caught.value).split("; the upload may", 1)[0],
    )
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"destination": " "}, "the destination is blank"),
        ({"customeventaction": "x"}, "unknown customeventaction `x`"),
        ({"filename": "a/b"}, "the filename `a/b` holds a path"),
        ({"titlecount": -1}, "titlecount must be 0 or more"),
        ({"timeout": -1}, "timeout must be a number of seconds from 0, not -1"),
        ({"timeout": float("nan")}, "timeout must be a number of seconds from 0, not nan"),
    ],
)
def test_invalid_options_are_refused_before_the_file_is_read(rehearsal: Rehearsal, options: Any, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        sent_to(rehearsal, "there is no such file.csv", **options)


def test_arguments_of_the_wrong_type_are_reported(rehearsal: Rehearsal) -> None:
    wrong: Any = {"email": "Email"}
    client = Client("any", base_url=rehearsal.url)
    with pytest.raises(TypeError, match=r"^layout takes a preflight.Layout, not a dict$"):
        send("events.csv", wrong, destination="W", customeventaction="CUSTOM_GENERAL", client=client)
    with pytest.raises(TypeError, match=r"^titlecount takes a whole number, or None to be counted, not '3'$"):
        sent_to(rehearsal, "events.csv", titlecount="3")
    with pytest.raises(TypeError, match=r"^send\(\) got an unexpected keyword argument 'dry_run'; its options are "):
        sent_to(rehearsal, "events.csv", dry_run=True)
    with pytest.raises(TypeError, match=r"^send\(\) is missing destination and customeventaction$"):
        send("events.csv", LAYOUT, client=client)
    with pytest.raises(TypeError, match=r"^token takes an access token, or a source of them, not a dict$"):
        Client(wrong)
    with pytest.raises(TokenError, match=r"^the token is empty$"):
        Client(None)


def test_preflight_refuses_an_unreadable_file(rehearsal: Rehearsal, tmp_path: Path, temporary: Path) -> None:
    with pytest.raises(InputError):
        sent_to(rehearsal, tmp_path / "none.csv")
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize(
    ("details", "outcome", "reason"),
    [
        ({"status": "ok", "appendCount": 1, "rejectedCount": 1}, "counts-differ", "1 of the 2 rows sent was rejected"),
        (
            {"status": "ok", "appendCount": 1, "rejectedCount": 0},
            "counts-differ",
            "1 appended and 0 rejected do not add up to the 2 rows sent",
        ),
        (
            {"status": "ok"},
            "counts-differ",
            "the job ended without saying how many rows were appended and rejected",
        ),
        ({"status": "failed"}, "failed", "the job ended with the word `failed`"),
        ({"status": "success", "appendCount": 2}, "unknown", "the job's word `success` is not a documented one"),
        ({}, "timed-out", "the job had not ended in time"),
    ],
)
def test_anything_but_every_row_is_not_a_success(
    scripted: type[ScriptedServer],
    http: Http,
    accepted: bytes,
    source: Callable[[bytes], Path],
    details: dict[str, Any],
    outcome: Any,
    reason: str,
) -> None:
    with scripted(accepted, http(200, {"status": "success", "details": details})) as server:
        done = sent_to(server, source(HEADING + GOOD), timeout=0)
    assert (done.outcome.value, done.reason, done.rows_sent) == (outcome, reason, 2)


@pytest.mark.parametrize(
    ("status", "outcome"),
    [(404, Outcome.UNKNOWN), (503, Outcome.TIMED_OUT)],
)
def test_a_status_that_cannot_be_read_does_not_hide_the_job(
    scripted: type[ScriptedServer],
    http: Http,
    accepted: bytes,
    source: Callable[[bytes], Path],
    status: int,
    outcome: Any,
) -> None:
    with scripted(accepted, http(status)) as server:
        done = sent_to(server, source(HEADING + GOOD), timeout=0)
    assert (done.outcome, done.job) == (outcome, Job("15937380"))
    assert done.reason == f"the status of job 15937380 cannot be read: HTTP {status}: an empty body"


def test_ctrl_c_while_waiting_keeps_the_job(
    rehearsal: Rehearsal, source: Callable[[bytes], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*args: Any, **kwargs: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(Client, "wait", interrupted)
    done = sent_to(rehearsal, source(HEADING + GOOD))
    assert (done.outcome, done.job, done.reason) == (
        Outcome.UNKNOWN,
        Job("15937380"),
        "interrupted before the job had ended",
    )


CTRL_C = [  # where it comes; the error with its text; the entry's outcome, reason and job, and its number of requests
    ("Ledger.holding", KeyboardInterrupt, "", ("not-sent", NOTHING_LEFT, None, 0)),
    (
        "Client.upload",
        InDoubtError,
        f"interrupted while sending; the upload may have arrived: {how_to_settle(1, '')}",
        ("in-doubt", "interrupted while sending", None, 0),
    ),
    (
        "Ledger.of_job",
        InDoubtError,
        "interrupted while sending: the upload was taken as job 15937380; send the file again to follow it",
        ("sent", "interrupted while sending: the upload was taken as job 15937380", "15937380", 1),
    ),
]


@pytest.mark.parametrize(("where", "error", "says", "entry"), CTRL_C)
def test_ctrl_c_while_sending_says_how_far_it_came(
    rehearsal: Rehearsal,
    source: Callable[[bytes], Path],
    monkeypatch: pytest.MonkeyPatch,
    where: str,
    error: type[BaseException],
    says: str,
    entry: tuple[object, ...],
) -> None:
    def interrupted(*args: Any, **kwargs: Any) -> Any:
        raise KeyboardInterrupt

    name, _, method = where.partition(".")
    monkeypatch.setattr({"Ledger": Ledger, "Client": Client}[name], method, interrupted)
    with Ledger.temporary() as ledger:
        with pytest.raises(error) as caught:
            sent_to(rehearsal, source(HEADING + GOOD), ledger=ledger)
        (found,) = ledger.entries()
        assert (found.outcome, found.reason, found.job_id, len(ledger.attempts(1))) == entry
    assert str(caught.value) == says
    assert not isinstance(caught.value, InDoubtError) or caught.value.delivery.uploads[-1].reason == found.reason


def test_an_upload_that_is_turned_away_alone_speaks_of_no_others(source: Callable[[bytes], Path]) -> None:
    with Rehearsal(faults=["upload:429"]) as server, pytest.raises(NotSentError, match=r"^nothing was sent: HTTP 429"):
        sent_to(server, source(HEADING + GOOD), timeout=0.0)


def test_a_plan_shows_the_request_and_sends_nothing(source: Callable[[bytes], Path]) -> None:
    content = HEADING + GOOD
    order = Order(file=source(content), layout=LAYOUT, **AS)
    with Ledger.temporary() as ledger:
        done = plan(order, "https://api.actonsoftware.com", ledger)
    assert (done.outcome, done.sent, done.job) == (Outcome.DRY_RUN, None, None)
    shown = done.as_dict()["request"]
    assert (shown["method"], shown["url"]) == ("POST", "https://api.actonsoftware.com/api/1/customevents")
    assert shown["headers"]["Authorization"] == "Bearer ****"
    assert shown["fields"]["titlecount"] == "2"
    assert shown["file"] == {
        "name": "events.csv",
        "size": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    }


def test_a_plan_stops_at_bad_rows_too(source: Callable[[bytes], Path]) -> None:
    order = Order(file=source(HEADING + BAD + GOOD), layout=LAYOUT, **AS)
    with Ledger.temporary() as ledger:
        assert plan(order, "https://api.actonsoftware.com", ledger).outcome is Outcome.BAD_ROWS


def test_only_all_rows_appended_and_none_rejected_is_confirmed() -> None:
    assert reconcile(Job("7", "ok", 3, 0), 3) == (Outcome.CONFIRMED, "")
    assert reconcile(Job("7", "ok", 4, 0), 3)[0] is Outcome.COUNTS_DIFFER
    assert reconcile(Job("7", "ok", 3, None), 3)[0] is Outcome.COUNTS_DIFFER
    assert reconcile(Job("7", "", 3, 0), 3)[0] is Outcome.TIMED_OUT


def test_the_clean_file_is_private(
    scripted: type[ScriptedServer], accepted: bytes, source: Callable[[bytes], Path], temporary: Path
) -> None:
    modes: list[int] = []

    def look(label: str) -> Any:
        modes.extend(path.stat().st_mode & 0o777 for path in Path(temporary).iterdir())
        return nullcontext()

    with scripted(accepted) as server:
        sent_to(server, source(HEADING + GOOD), wait=False, progress=look)
    assert set(modes) == {0o700}


@pytest.mark.parametrize(
    ("file", "name"), [("a/events.csv", "events.csv"), ("a/events.csv.gz", "events.csv"), ("-", "standard-input.csv")]
)
def test_the_filename_in_the_form(file: str, name: str) -> None:
    assert Order(file=file, layout=LAYOUT, **AS).name == name
    assert Order(file=file, layout=LAYOUT, **AS, filename="x.csv").name == "x.csv"
