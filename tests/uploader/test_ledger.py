"""The ledger: real SQLite files, the refusal of bytes sent before, and the settling of uploads in doubt."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
import tempfile
from contextlib import closing, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tests.processes import LONGEST, all_running
from uploader import AlreadySentError, LedgerError, Outcome, UsageError
from uploader.ledger import refusals
from uploader.ledger.ledger import Begun, Ledger
from uploader.ledger.path import user_ledger
from uploader.ledger.schema import APPLICATION_ID, MIGRATIONS
from uploader.model.entry import Entry, Intent, Place
from uploader.model.job import Job
from uploader.model.outcome import NOTHING_ARRIVED

ROOT = Path(__file__).parents[2]
INTENT = Intent(
    endpoint="https://api.actonsoftware.com",
    account="",
    destination="Webinars",
    customeventaction="CUSTOM_ATTENDED",
    filename="events.csv",
    sha256="ab" * 32,
    size=104,
    rows=2,
    titles=2,
    titlecount=2,
    whole="ab" * 32,
)


def begin(ledger: Ledger, intent: Intent = INTENT, **options: Any) -> int:
    """Begin an upload whose process then ends without writing an outcome."""
    id = ledger.begin(intent, Begun(**options))
    with ledger.writing() as db:
        db.execute("UPDATE upload SET holder = '' WHERE id = ?", (id,))
    return id


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "new" / "ledger.sqlite3"


@pytest.fixture
def ledger(path: Path) -> Any:
    with Ledger(path, clock=lambda: datetime(2026, 11, 24, 23, 50, 12, tzinfo=UTC)) as opened:
        yield opened


def test_an_upload_is_held_from_its_beginning_for_one_lease(ledger: Ledger) -> None:
    ledger.begin(INTENT)
    (held,) = ledger.database.db.execute("SELECT held_until FROM upload").fetchone()
    assert held == datetime(2026, 11, 24, 23, 51, 12, tzinfo=UTC).timestamp()
    (entry,) = ledger.entries()
    assert (entry.outcome, entry.reason) == (Outcome.IN_DOUBT, "it is being sent")


def test_a_refusal_names_the_ledger_in_which_a_doubt_is_settled(ledger: Ledger, path: Path) -> None:
    for part, told in ((1, refusals.cut_otherwise), (2, refusals.sent_already)):
        intent = replace(INTENT, part=part, parts=2, sha256=INTENT.sha256 if part == 2 else "cd" * 32)
        begin(ledger, intent, again=True)
        entry = list(ledger.entries())[-1]
        assert ledger.refusal(INTENT) == told(entry, f" --ledger {path}")
        assert ledger.refusal(intent, entry.operation) == refusals.sent_already(entry, f" --ledger {path}")
        assert f"settle {entry.id} --ledger {path} --not-sent" in ledger.refusal(INTENT)


def test_an_intent_is_in_doubt_until_it_has_an_outcome(ledger: Ledger) -> None:
    id = begin(ledger)
    (entry,) = ledger.entries()
    assert (entry.id, entry.time, entry.outcome) == (id, "2026-11-24T23:50:12+00:00", Outcome.IN_DOUBT)
    assert entry.reason == "no outcome was written: its process ended while it was sending"
    ledger.record(id, Outcome.SENT, Job("77"))
    ledger.record(id, Outcome.CONFIRMED, Job("77", "ok", 2, 0))
    (entry,) = ledger.entries()
    assert entry == Entry(
        **{name: getattr(INTENT, name) for name in INTENT.__slots__},
        id=id,
        time="2026-11-24T23:50:12+00:00",
        operation=1,
        outcome=Outcome.CONFIRMED,
        job_id="77",
        append_count=2,
        rejected_count=0,
    )
    assert entry.as_dict()["jobId"] == "77"


def test_the_same_bytes_to_the_same_place_are_refused(ledger: Ledger) -> None:
    id = begin(ledger)
    with pytest.raises(AlreadySentError) as caught:
        begin(ledger, replace(INTENT, filename="renamed.csv"))
    assert str(caught.value) == (
        "nothing was sent: these rows may have arrived already, upload 1 of 2026-11-24 23:50 UTC is in doubt (no "
        "outcome was written: its process ended while it was sending); look in Act-On, then "
        f"settle it with `uploader settle 1 --ledger {ledger.path} --sent` or `uploader settle 1 --ledger "
        f"{ledger.path} --not-sent`, or send once more with `again`"
    )
    ledger.record(id, Outcome.CONFIRMED, Job("77", "ok", 2, 0))
    with pytest.raises(AlreadySentError) as caught:
        begin(ledger)
    assert str(caught.value) == (
        "nothing was sent: these rows were sent already, on 2026-11-24 23:50 UTC as job 77 (upload 1, confirmed); "
        "`again` sends them once more, and they count twice"
    )
    assert begin(ledger, INTENT, again=True) == 2


@pytest.mark.parametrize(
    "other",
    [
        {"sha256": "cd" * 32, "whole": "cd" * 32},
        {"endpoint": "https://api-eu.actonsoftware.com"},
        {"account": "sandbox"},
        {"destination": "webinars"},
        {"customeventaction": "CUSTOM_GENERAL"},
    ],
)
def test_other_bytes_or_another_place_are_not_refused(ledger: Ledger, other: Any) -> None:
    begin(ledger)
    assert begin(ledger, replace(INTENT, **other)) == 2


@pytest.mark.parametrize("outcome", list(Outcome))
def test_only_what_did_not_arrive_may_be_sent_again(ledger: Ledger, outcome: Outcome) -> None:
    ledger.record(begin(ledger), outcome)
    assert (not ledger.refusal(INTENT)) is (outcome in (Outcome.NOT_SENT, Outcome.REFUSED))


def test_an_earlier_upload_counts_although_a_later_one_was_refused(ledger: Ledger) -> None:
    ledger.record(begin(ledger), Outcome.CONFIRMED, Job("77", "ok", 2, 0))
    ledger.record(begin(ledger, INTENT, again=True), Outcome.REFUSED)
    assert "(upload 1, confirmed)" in ledger.refusal(INTENT)


def test_settling_records_what_a_person_found(ledger: Ledger) -> None:
    begin(ledger)
    assert ledger.settle(1, sent=False).outcome is Outcome.NOT_SENT
    begin(ledger)
    settled = ledger.settle(2, sent=True, job_id="99")
    assert (settled.outcome, settled.job_id, settled.reason) == (Outcome.SENT, "99", "settled by hand, with its job")
    assert ledger.of_job(INTENT.endpoint, "99") == settled
    assert ledger.of_job("https://api-eu.actonsoftware.com", "99") is None


def test_titles_of_an_upload_that_did_not_arrive_after_all_are_unknown_again(ledger: Ledger) -> None:
    ledger.mend_titles(INTENT.place, add=["Old"], remove=())
    begin(ledger, titles=["Old", "New"])
    for _ in range(2):
        ledger.settle(1, sent=True)
        assert ledger.known_titles(INTENT.place) == {"Old", "New"}
        assert list(ledger.unconfirmed_titles(INTENT.place)) == []
        ledger.settle(1, sent=False)
        assert ledger.known_titles(INTENT.place) == {"Old"}
    ledger.settle(1, sent=True)
    other = replace(INTENT, sha256="2", whole="2")
    ledger.record(begin(ledger, other, titles=["New"]), Outcome.CONFIRMED, Job("77", "ok", 2, 0))
    ledger.settle(1, sent=False)
    assert ledger.known_titles(INTENT.place) == {"Old", "New"}  # the confirmed upload has it


def test_a_title_added_by_hand_stays_known(ledger: Ledger) -> None:
    begin(ledger, titles=["New", "Other"])
    ledger.settle(1, sent=True)
    ledger.mend_titles(INTENT.place, add=["New"], remove=())
    ledger.settle(1, sent=False)
    assert ledger.known_titles(INTENT.place) == {"New"}


def test_one_job_settles_one_upload(ledger: Ledger) -> None:
    """A job id in the answer to an upload that no other entry has is accepted: nothing shows that it is wrong."""
    ledger.record(begin(ledger), Outcome.IN_DOUBT)
    ledger.record(begin(ledger, INTENT, again=True), Outcome.CONFIRMED, Job("77", "ok", 2, 0))
    with pytest.raises(UsageError) as caught:
        ledger.settle(1, sent=True, job_id="77")
    assert str(caught.value) == (
        "job 77 is that of upload 2: look in Act-On which of them it took, and settle upload 1 without --job if it is "
        "the other"
    )
    assert ledger.settle(1, sent=True).complete


def test_uploads_are_found_by_their_job(ledger: Ledger) -> None:
    """Two endpoints may use one job id."""
    other = replace(INTENT, endpoint="https://restapi-eu.actonsoftware.com")
    for intent, job in ((INTENT, "77"), (other, "77"), (INTENT, "78"), (INTENT, "77")):
        ledger.record(begin(ledger, intent, again=True), Outcome.SENT, Job(job))
    assert [entry.id for entry in ledger.with_job("77")] == [1, 2, 4]
    assert ledger.with_job("7") == []
    found = {place.endpoint: ledger.of_job(place.endpoint, "77") for place in (INTENT, other)}
    assert {endpoint: entry.id if entry else 0 for endpoint, entry in found.items()} == {
        INTENT.endpoint: 4,
        other.endpoint: 2,
    }
    assert ledger.of_job(other.endpoint, "78") is None


def test_places_with_titles_are_those_of_the_custom_event_in_order(ledger: Ledger) -> None:
    named, eu = (Place(endpoint, account, "Webinars", "") for endpoint, account in (("a", "jo"), ("b", "")))
    for place in (eu, named, named._replace(destination="Others"), named._replace(account="")):
        ledger.mend_titles(place._replace(customeventaction="CUSTOM_ATTENDED"), add=["Intro", "Outro"], remove=())
    assert ledger.places_with_titles("Webinars") == [named._replace(account=""), named, eu]
    assert ledger.places_with_titles("webinars") == []


def test_a_known_outcome_cannot_be_settled(ledger: Ledger) -> None:
    ledger.record(begin(ledger), Outcome.CONFIRMED, Job("77", "ok", 2, 0))
    with pytest.raises(UsageError, match="upload 1 is confirmed: there is nothing to settle"):
        ledger.settle(1, sent=False)
    with pytest.raises(UsageError, match="the ledger has no upload 2: see `uploader history --ledger "):
        ledger.settle(2, sent=True)


def test_no_address_in_the_server_s_message_is_stored(ledger: Ledger, path: Path) -> None:
    ledger.record(begin(ledger), Outcome.REFUSED, reason="HTTP 400: bad row <jo.doe@example.com>, row 3")
    assert next(ledger.entries()).reason == "HTTP 400: bad row <****>, row 3"
    assert b"jo.doe" not in path.read_bytes()


def test_the_file_and_its_folder_are_private(ledger: Ledger, path: Path) -> None:
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_the_key_is_the_file_s_own_and_stays(path: Path, tmp_path: Path) -> None:
    with Ledger(path) as first:
        key = first.key
    with Ledger(path) as again, Ledger(tmp_path / "other") as other:
        assert (again.key, len(key)) == (key, 16)
        assert other.key != key


def test_the_user_s_ledger_is_where_the_platform_keeps_data(data_folder: Path) -> None:
    assert user_ledger() == data_folder / "touchpoint-preflight" / "ledger.sqlite3"
    with Ledger(user_ledger()) as ledger:
        assert ledger.option == ""


def test_a_ledger_of_a_newer_schema_is_left_alone(ledger: Ledger, path: Path) -> None:
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(LedgerError, match=r"was written by a newer uploader \(schema 99, this one knows [0-9]+\)"):
        Ledger(path)


OLDER = """
INSERT INTO ledger VALUES (x'00112233445566778899aabbccddeeff');
INSERT INTO upload VALUES
  (1, '2026-01-01T00:00:00+00:00', 'https://restapi.actonsoftware.com', 'Webinars', 'CUSTOM_ATTENDED', 'a.csv', 'aa', 9,
   2, 1, 1, 'ff', 1, 2, 'confirmed', '77', 2, 0, '', '2026-01-01T00:01:00+00:00'),
  (2, '2026-01-02T00:00:00+00:00', 'https://restapi.actonsoftware.com', 'Webinars', 'CUSTOM_ATTENDED', 'a.csv', 'bb', 9,
   2, 1, 1, 'ff', 2, 2, 'refused', NULL, NULL, NULL, 'HTTP 400', '2026-01-02T00:01:00+00:00'),
  (3, '2026-01-03T00:00:00+00:00', 'https://restapi.actonsoftware.com', 'Webinars', 'CUSTOM_ATTENDED', 'a.csv', 'aa', 9,
   2, 1, 1, 'ff', 1, 2, 'sent', NULL, NULL, NULL, 'settled by hand', '2026-01-03T00:01:00+00:00'),
  (4, '2026-01-04T00:00:00+00:00', 'http://127.0.0.1:8000', 'Webinars', 'CUSTOM_ATTENDED', 'b.csv', 'cc', 9,
   1, 1, 1, 'cc', 1, 1, NULL, NULL, NULL, NULL, '', NULL);
INSERT INTO known_title VALUES ('https://restapi.actonsoftware.com', 'Webinars', 'A');
INSERT INTO upload_title VALUES (4, 'B'), (4, 'B');
INSERT INTO sent_rows VALUES (1, x'0102030405060708');
"""
"""A ledger of schema 2: a file in two parts of which the second was refused, sent once more with --again and settled by
hand, and an upload whose process was killed."""


def test_a_ledger_of_an_older_schema_is_brought_up_to_date(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as db, db:
        for statement in (*MIGRATIONS[0], *MIGRATIONS[1]):
            assert isinstance(statement, str)
            db.execute(statement)
        db.executescript(OLDER)
        db.execute("PRAGMA user_version = 2")
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    db.close()
    with Ledger(path) as ledger:
        assert ledger.key == bytes.fromhex("00112233445566778899aabbccddeeff")
        entries = list(ledger.entries())
        assert [(entry.endpoint, entry.account) for entry in entries] == [
            *[("https://api.actonsoftware.com", "")] * 3,
            ("http://127.0.0.1:8000", ""),
        ]
        assert [entry.operation for entry in entries] == [1, 1, 2, 3]
        assert [entry.settled for entry in entries] == ["", "", "sent", ""]
        assert [entry.outcome for entry in entries] == ["confirmed", "refused", "sent", "in-doubt"]
        assert [sorted(ledger.parts_of(operation)) for operation in (1, 2, 3)] == [[1], [1], [1]]
        place = entries[0].place
        assert ledger.known_titles(place) == {"A"}
        assert list(ledger.unconfirmed_titles(entries[3].place)) == [(4, "B")]
        (text,) = ledger.hash_texts([place])
        assert text == "https://restapi.actonsoftware.com\0Webinars\0CUSTOM_ATTENDED"
        assert list(ledger.sent_rows([place], text)) == [(1, bytes([1, 2, 3, 4, 5, 6, 7, 8]))]
        assert ledger.database.faults() == []
    with closing(sqlite3.connect(path)) as db, db:
        assert db.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)
    db.close()


def test_rows_of_uploads_that_began_meanwhile_are_compared(ledger: Ledger) -> None:
    """Only uploads that began after the rows were looked up count, and only those with common rows."""
    other, third = (replace(INTENT, sha256=name * 32, whole=name * 32) for name in ("cd", "ef"))
    told: list[list[tuple[int, bytes]]] = []

    def count_common(text: str, rows: Any) -> int:
        told.append([(text, *row) for row in rows])
        return sum(hashes == bytes(8) for _, _, hashes in told[-1])

    one: dict[str, Any] = {"row_hashes": [bytes(8)], "hashed_with": "x", "count_common": count_common}
    begin(ledger, **one)
    with pytest.raises(AlreadySentError) as caught:
        begin(ledger, other, **one, last_compared=0)
    assert str(caught.value) == (
        "nothing was sent: 1 row is in an upload to the same place that began meanwhile; send again to see which"
    )
    assert told == [[("x", 1, bytes(8))]]
    assert begin(ledger, other, **{**one, "row_hashes": [b"another."]}, last_compared=1) == 2
    assert begin(ledger, third, **one, last_compared=1) == 3
    assert told[1:] == [[], [("x", 2, b"another.")]]


def test_a_settled_upload_is_not_asked_for_any_more_unless_its_job_is_named(ledger: Ledger) -> None:
    ledger.record(begin(ledger), Outcome.SENT, Job("77"))
    assert next(ledger.entries()).can_be_followed
    assert not ledger.settle(1, sent=True).can_be_followed
    assert ledger.settle(1, sent=True, job_id="78").can_be_followed


def test_a_ledger_that_is_only_read_needs_no_right_to_write(ledger: Ledger, path: Path) -> None:
    begin(ledger)
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("BEGIN IMMEDIATE")  # another process is writing
        with Ledger(path) as reading:
            assert len(list(reading.entries())) == 1
    db.close()


def test_a_file_that_is_not_a_ledger_is_left_alone(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "notes.db")) as db, db:
        db.execute("CREATE TABLE notes (text)")
    db.close()
    with pytest.raises(LedgerError, match="is a database, but not a ledger: name another with `ledger`"):
        Ledger(tmp_path / "notes.db")
    (tmp_path / "text").write_text("not a database, and long enough to be read as one" * 20)
    with pytest.raises(LedgerError, match="text` cannot be used: file is not a database"):
        Ledger(tmp_path / "text")
    with pytest.raises(LedgerError, match="cannot be used: Is a directory"):
        Ledger(tmp_path)


def test_an_intent_is_on_the_disk(path: Path) -> None:
    """A process that is killed right after `begin` leaves the intent in the file."""
    code = (
        "import os, signal; from tests.uploader.test_ledger import INTENT; from uploader.ledger.ledger import Ledger; "
        f"Ledger({str(path)!r}).begin(INTENT); os.kill(os.getpid(), signal.SIGKILL)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False)
    assert done.returncode == -9
    with Ledger(path) as ledger:
        assert [entry.outcome for entry in ledger.entries()] == [Outcome.IN_DOUBT]


def test_of_two_processes_that_begin_the_same_one_is_refused(path: Path) -> None:
    code = (
        "import sys; from tests.uploader.test_ledger import INTENT; from uploader.ledger.ledger import Begun, Ledger\n"
        "from uploader import AlreadySentError\n"
        f"ledger = Ledger({str(path)!r}); print('ready', flush=True); sys.stdin.readline()\n"
        "try: print(ledger.begin(INTENT))\n"
        "except AlreadySentError: print('refused')\n"
    )
    command = [sys.executable, "-c", code]
    pipes: Any = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "cwd": ROOT}
    with all_running(3, command, **pipes) as processes:
        for process in processes:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        for process in processes:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        told = sorted(process.communicate(timeout=LONGEST)[0].strip() for process in processes)
    assert told == ["1", "refused", "refused"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_ledger_that_cannot_be_written_is_one_line(ledger: Ledger, path: Path) -> None:
    path.chmod(0o400)
    with pytest.raises(LedgerError, match="cannot be used: Permission denied"):
        Ledger(path)


class Ledgers(RuleBasedStateMachine):
    """Whatever is begun, written, settled and interrupted, in any order, the ledger agrees with a plain list."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.ledger = Ledger(Path(self.folder.name) / "ledger")
        self.model: list[tuple[str, Outcome]] = []
        self.settled: dict[int, bool] = {}

    @rule(sha256=st.sampled_from("abc"), again=st.booleans())
    def begin(self, sha256: str, again: bool) -> None:
        sent = any(bytes_ == sha256 and outcome not in NOTHING_ARRIVED for bytes_, outcome in self.model)
        intent = replace(INTENT, sha256=sha256, whole=sha256)
        try:
            id = begin(self.ledger, intent, titles=[f"title {len(self.model)}"], again=again)
        except AlreadySentError:
            assert sent
            assert not again
        else:
            assert again or not sent
            self.model.append((sha256, Outcome.IN_DOUBT))
            assert id == len(self.model)

    @precondition(lambda self: self.model)
    @rule(data=st.data(), outcome=st.sampled_from([o for o in Outcome if o is not Outcome.DRY_RUN]))
    def record(self, data: Any, outcome: Outcome) -> None:
        open_ids = [id for id, (_, was) in enumerate(self.model, 1) if was in (Outcome.IN_DOUBT, Outcome.SENT)]
        if open_ids:
            id = data.draw(st.sampled_from(open_ids))
            self.ledger.record(id, outcome)
            final = outcome in (Outcome.CONFIRMED, Outcome.COUNTS_DIFFER, Outcome.FAILED)
            if final or id not in self.settled:
                self.model[id - 1] = (self.model[id - 1][0], outcome)
                self.settled.pop(id, None)

    @precondition(lambda self: self.model)
    @rule(data=st.data(), sent=st.booleans())
    def settle(self, data: Any, sent: bool) -> None:
        id = data.draw(st.integers(1, len(self.model)))
        sha256, outcome = self.model[id - 1]
        if outcome is Outcome.CONFIRMED or (outcome in NOTHING_ARRIVED and id not in self.settled):
            with pytest.raises(UsageError):
                self.ledger.settle(id, sent=sent)
        else:
            self.ledger.settle(id, sent=sent)
            self.settled[id] = sent
            self.model[id - 1] = (sha256, Outcome.SENT if sent else Outcome.NOT_SENT)

    @rule()
    def interrupt(self) -> None:
        """A process that dies in a transaction leaves nothing of it."""
        with suppress(KeyboardInterrupt), self.ledger.writing() as db:
            db.execute("DELETE FROM upload")
            raise KeyboardInterrupt

    @rule()
    def open_again(self) -> None:
        with self.ledger:
            pass
        self.ledger = Ledger(Path(self.folder.name) / "ledger")

    @invariant()
    def tells_the_same(self) -> None:
        assert [(entry.sha256, entry.outcome) for entry in self.ledger.entries()] == self.model

    def teardown(self) -> None:
        with self.ledger:
            pass
        self.folder.cleanup()


TestLedgers = Ledgers.TestCase
TestLedgers.settings = settings(deadline=None, max_examples=30, stateful_step_count=20)
