"""The ledger's file: its content, its version, and the limits counted in it; without a server."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import asdict, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from tests.uploader.test_ledger import INTENT, begin
from uploader import AlreadySentError, LedgerError, Outcome, UsageError
from uploader.ledger import lease
from uploader.ledger.database import BUSY_TIMEOUT, Database
from uploader.ledger.ledger import NOTHING_LEFT, SETTLED, Begun, Ledger
from uploader.ledger.opening import ledger_at, limits_at
from uploader.ledger.path import is_of_ledger, ledger_option, user_ledger
from uploader.ledger.schema import APPLICATION_ID, MIGRATIONS
from uploader.ledger.seen import Seen
from uploader.model.entry import Intent, Operation
from uploader.model.job import Job
from uploader.wire.attempts import Attempt
from uploader.wire.limits import Allowed

NOW = datetime(2026, 11, 25, 5, 50, 12, 999_999, tzinfo=timezone(timedelta(hours=6)))
OTHER = replace(INTENT, sha256="cd" * 32, whole="cd" * 32)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.sqlite3"


@pytest.fixture
def ledger(path: Path) -> Any:
    with Ledger(path, clock=lambda: NOW) as opened:
        yield opened


def version(path: Path) -> int:
    with closing(sqlite3.connect(path)) as db:
        return int(db.execute("SELECT version FROM ledger").fetchone()[0])


def test_a_new_file_is_a_ledger(path: Path) -> None:
    database = Database(path)
    try:
        assert database.path == str(path)
        assert database.pragma("application_id") == APPLICATION_ID
        assert database.pragma("user_version") == len(MIGRATIONS)
        assert database.pragma("synchronous") == 3  # EXTRA
        assert database.pragma("busy_timeout") == BUSY_TIMEOUT * 1000
        (key, id, changes) = database.db.execute("SELECT key, id, version FROM ledger").fetchone()
        assert (len(key), len(id), changes) == (16, 32, 0)
        other = database.beside()
        assert other.execute("SELECT id FROM ledger").fetchone() == (id,)
        assert other.isolation_level is None
        other.close()
    finally:
        database.close()
    with pytest.raises(sqlite3.ProgrammingError):
        database.db.execute("SELECT 1")


def test_changes_are_counted_and_failures_are_not(ledger: Ledger, path: Path) -> None:
    begin(ledger)
    assert version(path) == 1
    ledger.record(1, Outcome.SENT, Job("77"))
    ledger.keep_attempts(1, [])
    assert version(path) == 2
    with pytest.raises(AlreadySentError):
        begin(ledger)
    with pytest.raises(UsageError), ledger.database.changing():
        raise UsageError("no")
    assert version(path) == 2
    assert not ledger.database.db.in_transaction


def test_an_older_copy_is_refused_until_it_is_accepted(ledger: Ledger, path: Path, tmp_path: Path) -> None:
    begin(ledger)
    copy = tmp_path / "copy.sqlite3"
    copy.write_bytes(path.read_bytes())
    begin(ledger, OTHER)
    ledger.database.refuse_older()
    with Ledger(copy) as older:
        with pytest.raises(LedgerError) as told:
            older.database.refuse_older()
        assert str(told.value) == (
            f"the ledger `{copy}` is older than this machine has seen it (change 1 of 2), a restored copy most "
            "likely, and lacks what was sent since: bring the newer one back, or look in Act-On what it lacks and "
            "accept it with `uploader ledger check --accept`"
        )
        older.database.accept()
        older.database.refuse_older()
    with Ledger.temporary() as memory:
        begin(memory)
        memory.database.refuse_older()


def test_the_version_seen_only_grows_unless_one_is_accepted(tmp_path: Path) -> None:
    seen = Seen(tmp_path / "as" / "new" / "seen.sqlite3")
    assert seen.version("a") == 0
    for number, accept, expected in ((3, False, 3), (2, False, 3), (5, False, 5), (4, True, 4), (4, False, 4)):
        seen.note("a", number, accept=accept)
        assert seen.version("a") == expected
    seen.note("a", 1)
    seen.note("b", 1)
    assert (seen.version("a"), seen.version("b"), seen.version("c")) == (4, 1, 0)
    assert (tmp_path / "as" / "new").stat().st_mode & 0o777 == 0o700
    (tmp_path / "file").write_text("x")
    elsewhere = Seen(tmp_path / "file" / "seen.sqlite3")
    elsewhere.note("a", 1)
    assert elsewhere.version("a") == 0
    too_long = Seen(tmp_path / ("x" * 300) / "seen.sqlite3")
    too_long.note("a", 1)
    assert too_long.version("a") == 0


def test_a_ledger_is_made_with_the_folders_it_is_in(tmp_path: Path) -> None:
    with Ledger(tmp_path / "as" / "new" / "ledger.sqlite3") as ledger:
        assert ledger.last_id() == 0
    assert (tmp_path / "as" / "new").stat().st_mode & 0o777 == 0o700


def test_an_entry_has_its_times_in_utc_and_what_the_job_appended(ledger: Ledger) -> None:
    begin(ledger)
    ledger.record(1, Outcome.COUNTS_DIFFER, Job("77", "ok", 1, 1), reason="for jo@example.com")
    (entry,) = ledger.entries()
    assert (entry.time, entry.job_id, entry.append_count, entry.rejected_count) == (
        "2026-11-24T23:50:12+00:00", "77", 1, 1,
    )  # fmt: skip
    ended = ledger.database.db.execute("SELECT ended FROM upload").fetchone()
    assert (ended, entry.reason) == (("2026-11-24T23:50:12+00:00",), "for ****")
    ledger.record(1, Outcome.FAILED)
    (entry,) = ledger.entries()
    assert (entry.outcome, entry.job_id, entry.append_count) == (Outcome.FAILED, "77", 1)
    assert (ledger.begun, ledger.touched, ledger.last_id()) == ([1], [1], 1)
    with Ledger(ledger.path) as other:
        assert (other.begun, other.last_id(), other.entry(2)) == ([], 1, None)
        attempts = [Attempt("2026-11-24T23:50:12+00:00", "GET", f"/{i}", 200, 0.5) for i in range(2)]
        other.keep_attempts(1, attempts[:1])
        other.record(1, Outcome.FAILED, attempts=attempts[1:])
        assert (other.touched, other.attempts(1)) == ([1], [asdict(one) for one in attempts])
        assert other.attempts(2) == []
    with Ledger.temporary() as empty:
        assert empty.last_id() == 0
        empty.database.db.execute("DROP TABLE attempt")
        with pytest.raises(LedgerError, match="cannot be used: no such table: attempt"):
            empty.attempts(1)


def test_a_job_is_that_of_its_latest_upload_at_an_endpoint(ledger: Ledger) -> None:
    for intent in (INTENT, OTHER, replace(INTENT, endpoint="https://api-eu.actonsoftware.com")):
        ledger.record(begin(ledger, intent), Outcome.SENT, Job("77"))
    found = ledger.of_job(INTENT.endpoint, "77")
    assert found is not None
    assert found.id == 2
    assert ledger.of_job(INTENT.endpoint, "78") is None


def test_only_an_upload_that_arrived_keeps_its_rows_and_titles(ledger: Ledger) -> None:
    begin(ledger, titles=["A", "A", "B"], row_hashes=[bytes(8)], hashed_with="x")
    begin(ledger, OTHER, titles=["C"], row_hashes=[b"another."], hashed_with="x")
    place = INTENT.place
    assert ledger.hash_texts([place]) == ["x"]
    assert list(ledger.unconfirmed_titles(place)) == [(1, "A"), (1, "B"), (2, "C")]
    ledger.record(1, Outcome.CONFIRMED, Job("77", "ok", 2, 0))
    ledger.record(2, Outcome.REFUSED)
    assert (ledger.known_titles(place), list(ledger.unconfirmed_titles(place))) == ({"A", "B"}, [])
    assert list(ledger.sent_rows([place], "x")) == [(1, bytes(8))]
    assert list(ledger.sent_rows([place], "y")) == list(ledger.sent_rows([place], "x", after=1)) == []
    assert list(ledger.sent_rows([replace(INTENT, account="b").place], "x")) == []
    assert list(ledger.sent_rows([place], "x", but=1)) == []


def test_titles_are_edited_by_hand(ledger: Ledger, path: Path) -> None:
    place, other = INTENT.place, replace(INTENT, destination="Others").place
    ledger.mend_titles(place, add=["A", "B", "A"], remove=[])
    ledger.mend_titles(other, add=["A"], remove=[])
    ledger.mend_titles(place, add=["C"], remove=["C", "A"])
    assert (ledger.known_titles(place), ledger.known_titles(other)) == ({"B"}, {"A"})
    with pytest.raises(UsageError, match=r"^`D` is not among the known titles of `Webinars`$"):
        ledger.mend_titles(place, add=["E"], remove=["D"])
    assert ledger.known_titles(place) == {"B"}
    assert version(path) == 3


def operation(source: str, **others: Any) -> Operation:
    return Operation(place=INTENT.place, source=source, whole="w", parts=2, **others)


def test_parts_belong_to_an_operation(ledger: Ledger) -> None:
    first, second = (replace(INTENT, sha256=f"{n}", whole="w", part=n, parts=2) for n in (1, 2))
    begin(ledger, first, operation=operation("s", max_bytes=9, wanted=b"\1"))
    ledger.record(begin(ledger, second, operation=1), Outcome.REFUSED)
    assert ledger.last_operation([INTENT.place], "s") == (1, operation("s", max_bytes=9, wanted=b"\1"))
    assert ledger.last_operation([OTHER.place, replace(INTENT, account="b").place], "s") == (
        1,
        operation("s", max_bytes=9, wanted=b"\1"),
    )
    assert ledger.last_operation([replace(INTENT, account="b").place], "s") is None
    assert ledger.last_operation([INTENT.place], "t") is None
    assert [entry.id for entry in ledger.parts_of(1).values()] == [1]
    assert ledger.refusal(second, 1) == ""
    assert "upload 1 of 2026-11-24 23:50 UTC is in doubt" in ledger.refusal(first, 1)
    assert "with another `max_bytes`: upload 1, in doubt" in ledger.refusal(replace(INTENT, sha256="3", whole="w"))
    assert ledger.refusal(replace(INTENT, sha256="3", whole="w"), operation("t", continues=1)) == ""
    assert ledger.refusal(replace(first, whole="v"), operation("t", continues=1)) == ""
    assert "upload 1 of" in ledger.refusal(replace(first, whole="v"), operation("t"))
    ledger.record(1, Outcome.NOT_SENT)
    assert ledger.last_operation([INTENT.place], "s") is None


def test_an_upload_under_another_name_of_the_place_counts_as_an_earlier_one(ledger: Ledger) -> None:
    named = replace(INTENT, account="jo")
    begin(ledger, row_hashes=[bytes(8)], hashed_with="x")
    places = (named.place, INTENT.place)
    with pytest.raises(AlreadySentError, match=r"^nothing was sent: these rows may have arrived already, upload 1 of"):
        begin(ledger, named, places=places)
    assert ledger.hash_texts(places) == ["x"]
    assert list(ledger.sent_rows(places, "x")) == [(1, bytes(8))]
    with pytest.raises(AlreadySentError, match=r"1 row is in an upload to the same place that began meanwhile"):
        begin(
            ledger,
            replace(named, sha256="1", whole="1"),
            places=places,
            last_compared=0,
            count_common=lambda text, rows: 1,
        )
    assert begin(ledger, named, places=(named.place,)) == 2
    assert begin(ledger, named, places=places, again=True) == 3


def test_ctrl_c_in_begin_leaves_an_upload_that_was_not_sent(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(self: Ledger, intent: Intent, begun: Begun, holder: str) -> int:
        written(self, intent, begun, holder)
        raise KeyboardInterrupt

    begin(ledger)
    written = Ledger._begin
    monkeypatch.setattr(Ledger, "_begin", interrupted)
    with pytest.raises(KeyboardInterrupt):
        ledger.begin(OTHER)
    told = [(entry.outcome, entry.reason, entry.holder) for entry in ledger.entries()]
    assert told[0][0] is Outcome.IN_DOUBT
    assert told[1:] == [(Outcome.NOT_SENT, NOTHING_LEFT, "")]


def test_the_holder_of_an_upload_keeps_others_from_settling_it(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger.record(begin(ledger), Outcome.SENT, Job("77"))
    monkeypatch.setattr(lease, "_host", lambda: "web-1")
    with ledger.holding(1) as renewal:
        assert renewal is not None
        (held,) = ledger.database.db.execute("SELECT held_until FROM upload").fetchone()
        assert held == NOW.timestamp() + 60
        (holder,) = ledger.database.db.execute("SELECT holder FROM upload").fetchone()
        assert ledger._renewed(1, holder)
        assert not ledger._renewed(1, "somebody else")
        assert not ledger._renewed(2, holder)
        with pytest.raises(UsageError, match=r"^process [0-9]+ on web-1 is handling upload 1: wait for its end, then"):
            ledger.settle(1, sent=True)
    assert ledger.database.db.execute("SELECT holder FROM upload").fetchone() == ("",)
    assert ledger.settle(1, sent=True).reason == SETTLED
    with Ledger.temporary() as memory:
        begin(memory)
        with memory.holding(1) as renewal:
            assert renewal is None


@pytest.mark.parametrize(("seconds", "holder"), [(1, "elsewhere 77 5 x"), (0, "")])
def test_an_entry_is_in_the_hands_of_another_machine_s_process_for_as_long_as_its_lease(
    ledger: Ledger, seconds: int, holder: str
) -> None:
    begin(ledger)
    with ledger.writing() as db:
        statement = "UPDATE upload SET holder = 'elsewhere 77 5 x', held_until = ?"
        db.execute(statement, (NOW.timestamp() + seconds,))
    assert [one.holder for one in ledger.entries()] == [holder]


def test_a_lease_of_a_file_that_cannot_be_read_may_still_hold(ledger: Ledger, path: Path) -> None:
    begin(ledger)
    path.rename(path.with_name("gone"))
    path.mkdir()
    assert ledger._renewed(1, "x")


SAID = [  # settled as, outcome from the server, whether it overrides
    ("sent", Outcome.CONFIRMED, None, True),
    ("sent", Outcome.COUNTS_DIFFER, None, True),
    ("sent", Outcome.FAILED, None, True),
    ("sent", Outcome.SENT, None, False),
    ("sent", Outcome.IN_DOUBT, Job("77"), False),
    ("sent", Outcome.IN_DOUBT, Job("78"), True),
    ("sent", Outcome.REFUSED, None, False),
    ("not-sent", Outcome.SENT, None, True),
    ("not-sent", Outcome.IN_DOUBT, None, True),
    ("not-sent", Outcome.REFUSED, None, False),
    ("not-sent", Outcome.REFUSED, Job("78"), True),
]


@pytest.mark.parametrize(("said", "outcome", "job", "counts"), SAID)
def test_a_settled_outcome_is_overridden_by_the_server(
    said: str, outcome: Outcome, job: Job | None, counts: bool
) -> None:
    ledger = Ledger.temporary()
    ledger.record(begin(ledger), Outcome.SENT, Job("77"))
    settled = ledger.settle(1, sent=said == "sent")
    assert settled.settled == said
    ledger.record(1, outcome, job)
    (entry,) = ledger.entries()
    assert (entry.outcome, entry.settled) == ((outcome, "") if counts else (settled.outcome, said))
    ledger.database.close()


def test_an_upload_with_appended_rows_was_sent(ledger: Ledger) -> None:
    ledger.record(begin(ledger), Outcome.FAILED, Job("77", "failed", 1_234, 0))
    with pytest.raises(
        UsageError, match=r"^Act-On appended 1,234 rows of upload 1, so it was sent: settle it with --sent$"
    ):
        ledger.settle(1, sent=False)
    assert ledger.settle(1, sent=True).outcome is Outcome.SENT


def test_which_ledger_an_upload_is_written_into(path: Path, tmp_path: Path) -> None:
    heard: list[str] = []
    with ledger_at(None, "https://api.actonsoftware.com", notice=heard.append) as own:
        assert own.path == str(user_ledger())
    user_ledger().chmod(0o644)
    ledger_at(None, "", notice=heard.append).database.close()
    assert heard == [f"`{user_ledger()}` could be read by others: it is private now"]
    for url in ("https://api.actonsoftware.com", ""):
        with pytest.raises(LedgerError) as told:
            ledger_at(path, url)
        assert str(told.value) == (
            f"the ledger `{path}` does not exist, so what was sent before is not known: check its name and disk, or "
            "begin a new one with `new_ledger`"
        )
    ledger_at(path, "https://api.actonsoftware.com", new=True).database.close()
    with pytest.raises(UsageError, match=r" exists already: leave out `new_ledger`$"):
        ledger_at(path, "https://api.actonsoftware.com", new=True)
    path.chmod(0o644)
    ledger_at(path, "https://api.actonsoftware.com", notice=heard.append).database.close()
    assert heard[1:] == [f"`{path}` could be read by others: it is private now"]
    ledger_at(tmp_path / "other", "http://127.0.0.1:8000").database.close()
    assert (tmp_path / "other").exists()


def test_limits_are_kept_in_the_user_s_ledger_but_for_loopback(data_folder: Path) -> None:
    def sleep(seconds: float) -> None:
        raise TimeoutError(seconds)

    allowed = Allowed("It", calls_a_second=1, logins_an_hour=1)
    here = limits_at("http://127.0.0.1:8000", allowed, clock=lambda: 5.0, sleep=sleep)
    here.take_turn()
    with pytest.raises(TimeoutError, match=r"^1\.0$"):
        here.take_turn()
    with here.login(lambda: True):
        pass
    assert here.next_login() > 0
    assert not user_ledger().exists()
    there = limits_at("https://API.actonsoftware.com/", allowed, "sandbox", sleep=sleep)
    there.take_turn()
    with pytest.raises(TimeoutError, match=r"^0\.[0-9]+$"):
        there.take_turn()
    with there.login(lambda: True):
        pass
    assert there.next_login() > 0
    with Ledger(user_ledger()) as ledger:
        called = ledger.database.db.execute("SELECT account, login FROM call ORDER BY id").fetchall()
    assert called == [("https://api.actonsoftware.com sandbox", 0), ("https://api.actonsoftware.com sandbox", 1)]
    assert limits_at("https://api.actonsoftware.com", allowed, "production").next_login() <= 0
    assert limits_at("https://api.actonsoftware.com", allowed, "sandbox").next_login() > 0


def test_the_option_for_a_ledger(tmp_path: Path) -> None:
    assert ledger_option(user_ledger()) == ledger_option(":memory:") == ""
    assert ledger_option("a b.sqlite3") == ' --ledger "a b.sqlite3"'
    own = user_ledger()
    own.parent.mkdir(parents=True)
    own.touch()
    linked = tmp_path / "linked"
    linked.symlink_to(own)
    for path in (own, f"{own}-journal", f"{own}.login-x.json", linked):
        assert is_of_ledger(str(path), None)
        assert is_of_ledger(str(path), str(linked))
    (tmp_path / "hard").hardlink_to(own)
    assert is_of_ledger(str(tmp_path / "hard"), None)
    assert not is_of_ledger(str(own.parent / "other"), None)
    assert not is_of_ledger(str(own), str(tmp_path / "another"))
