"""Messages about refused uploads, word for word, and the requirements on the ledger's disk."""

# ruff: noqa: E501 - messages stand here whole
from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from preflight.text.asking import naming, on_command_line
from tests.uploader.test_client import Clock
from tests.uploader.test_ledger import INTENT, begin
from uploader.errors import LedgerError, UsageError
from uploader.ledger import database, refusals
from uploader.ledger.ledger import Ledger
from uploader.ledger.opening import ledger_at, limits_at, limits_in
from uploader.ledger.path import is_of_ledger, user_ledger
from uploader.model.entry import Entry
from uploader.model.outcome import Outcome
from uploader.page.fields import on_page
from uploader.wire.auth import how_to_renew
from uploader.wire.limits import Allowed

OPTION = " --ledger l.sqlite3"
SENT = Entry(**asdict(INTENT), id=7, time="2026-11-24T23:50:12+00:00", outcome=Outcome.CONFIRMED)
DOUBTFUL = replace(SENT, id=8, outcome=Outcome.IN_DOUBT, reason="no answer")
SETTLE = (
    "look in Act-On, then settle it with `uploader settle 8 --ledger l.sqlite3 --sent` or "
    "`uploader settle 8 --ledger l.sqlite3 --not-sent`"
)


@pytest.mark.parametrize(
    ("entry", "was"),
    [
        (SENT, "upload 7, confirmed, was all of it; "),
        (replace(DOUBTFUL, part=2, parts=3), f"upload 8, in doubt: no answer, was part 2 of 3 of it; {SETTLE}; "),
    ],
)
def test_the_message_for_a_file_cut_differently(entry: Entry, was: str) -> None:
    assert refusals.cut_otherwise(entry, OPTION) == (
        f"this file was sent already, or may have been, with another `max_bytes`: {was}use that size to go on, "
        "`again` sends the file once more, and it counts twice"
    )


def several(number: int, entry: Entry = SENT) -> list[Entry]:
    return [replace(entry, id=entry.id + i) for i in range(number)]


NAMED = "1 in upload 7, confirmed, 2 in upload 8, confirmed, 3 in upload 9, confirmed"


@pytest.mark.parametrize(
    ("entries", "rest", "told"),
    [
        (several(3), 0, f"x ({NAMED}); `again` sends"),
        (several(4), 1, f"x ({NAMED}, and in 1 other); `only_new` sends the other 1, `again` sends"),
        (several(6), 2, f"x ({NAMED}, and in 3 others); `only_new` sends the other 2, `again` sends"),
        ([DOUBTFUL], 0, f"x (2 in upload 8, in doubt); upload 8: {SETTLE}; `again` sends"),
        (
            several(2, DOUBTFUL),
            0,
            "x (2 in upload 8, in doubt, 3 in upload 9, in doubt); upload 8: "
            f"{SETTLE}; upload 9: {SETTLE.replace(' 8 ', ' 9 ')}; `again` sends",
        ),
    ],
)
def test_the_message_for_rows_of_other_uploads(entries: Sequence[Entry], rest: int, told: str) -> None:
    rows = {entry.id: entry.id - 6 for entry in entries}
    assert refusals.sent_before("x", rows, entries, rest, OPTION) == f"{told} them once more, and they count twice"


def test_the_message_for_rows_left_out_that_are_not_confirmed() -> None:
    rejected = replace(SENT, rejected_count=1)
    entries = [SENT, replace(rejected, id=9), *several(3, DOUBTFUL)]
    rows = {7: 1, 8: 1, 9: 2, 10: 4}
    assert refusals.not_confirmed(rows, [SENT, replace(rejected, id=9), DOUBTFUL], OPTION) == (
        "2 of the rows left out are in upload 9, confirmed: 1 of its 2 rows were rejected; Act-On does not say which; "
        f"1 of the rows left out is in upload 8, in doubt: no answer: {SETTLE}"
    )
    third = f"2 of the rows left out are in upload 9, in doubt: no answer: {SETTLE.replace(' 8 ', ' 9 ')}"
    assert refusals.not_confirmed(rows, entries[:4], OPTION).endswith(third)
    assert refusals.not_confirmed(rows, entries, OPTION).endswith(f"{third}; and 1 upload more not confirmed")
    assert refusals.not_confirmed(rows, [SENT], OPTION) == ""


def test_a_disk_without_file_locks_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = "its disk does not keep two programs from writing at once"
    with Ledger(tmp_path / "ledger.sqlite3") as ledger:
        assert ledger.database.faults() == []
        with ledger.writing() as db:
            db.execute("INSERT INTO sent_rows VALUES (99, x'')")
        assert ledger.database.faults() == ["a row of sent_rows refers to nothing"]
        with ledger.writing() as db:
            db.execute("DELETE FROM sent_rows")
        connect = sqlite3.connect

        def elsewhere(path: Any, **how: Any) -> sqlite3.Connection:
            return connect(":memory:", **how)  # two programs see such a file when its locks do not hold

        monkeypatch.setattr(database.sqlite3, "connect", elsewhere)
        assert ledger.database.faults() == [told]
    monkeypatch.undo()
    with Ledger.temporary() as ledger:
        assert ledger.database.faults() == []


def test_the_page_names_no_option_that_it_lacks() -> None:
    below = "look in Act-On, then say below whether upload 8 arrived"
    with naming(on_page):
        assert refusals.sent_already(SENT, OPTION) == (
            f"these rows were sent already, on {SENT.when} (upload 7, confirmed)"
        )
        assert refusals.sent_already(DOUBTFUL, OPTION) == (
            f"these rows may have arrived already, upload 8 of {SENT.when} is in doubt (no answer); {below}"
        )
        assert refusals.sent_before("x", {7: 1, 8: 2}, [SENT, DOUBTFUL], 3, OPTION) == (
            f"x (1 in upload 7, confirmed, 2 in upload 8, in doubt); upload 8: {below}; "
            "“Leave out the rows that were sent before” sends the other 3"
        )


@pytest.mark.parametrize(
    ("outcome", "said"),
    [
        (Outcome.IN_DOUBT, "in doubt"),
        (Outcome.COUNTS_DIFFER, "not fully confirmed"),
        (Outcome.TIMED_OUT, "not confirmed in time"),
        (Outcome.UNKNOWN, "of unknown outcome"),
    ],
)
def test_outcomes_are_said_in_plain_words(outcome: Outcome, said: str) -> None:
    assert outcome.plain == said
    assert replace(SENT, outcome=outcome, reason="why", append_count=1).described == f"{said}: why, 1 appended"


RENEW = "set a new one in ACTON_ACCESS_TOKEN, or leave that unset and log in with `uploader login`, which renews it"


@pytest.mark.parametrize(
    ("where", "said"),
    [
        (nullcontext(), "get a new one"),
        (on_command_line(), RENEW),
        (naming(on_page), f"end this page in the window of its command, {RENEW}; then open it again"),
    ],
)
def test_a_refused_token_is_renewed_in_the_way_at_hand(where: AbstractContextManager[None], said: str) -> None:
    with where:
        assert how_to_renew() == said


def test_a_locked_ledger_says_so(tmp_path: Path) -> None:
    path = tmp_path / "l.sqlite3"
    Ledger(path).database.close()
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(LedgerError) as told:
            Ledger(path, patience=0)
    assert str(told.value) == (
        f"the ledger `{path}` cannot be used: another program keeps it locked; wait for its end, then try again"
    )


def test_the_versions_seen_are_only_a_safeguard(tmp_path: Path, data_folder: Path) -> None:
    with Ledger(tmp_path / "ledger.sqlite3") as ledger:
        begin(ledger)
        (seen,) = data_folder.rglob("ledgers-seen.sqlite3")
        seen.write_bytes(b"no database" * 100)
        begin(ledger, replace(INTENT, sha256="cd" * 32, whole="cd" * 32))
        ledger.database.refuse_older()
        assert len(list(ledger.entries())) == 2


def test_a_ledger_s_own_files_are_told_from_others_beside_it(tmp_path: Path) -> None:
    ledger = str(tmp_path / "ledger.sqlite3")
    assert is_of_ledger(f"{ledger}-journal", ledger)
    assert not is_of_ledger(str(tmp_path / "clean.csv"), ledger)
    assert not is_of_ledger(str(tmp_path / "else" / "ledger.sqlite3"), ledger)


def test_an_endpoint_s_own_limits_hold_in_a_ledger(tmp_path: Path) -> None:
    with Ledger(tmp_path / "ledger.sqlite3") as ledger:
        limits = limits_in(ledger, "https://api.actonsoftware.com", Allowed("It", logins_an_hour=1))
        with limits.login(lambda: True):
            pass
        assert limits.next_login() > 0


def test_a_missing_ledger_is_created_only_if_asked(tmp_path: Path) -> None:
    path, real = tmp_path / "l.sqlite3", "https://api.actonsoftware.com"
    for base_url in (real, ""):
        with pytest.raises(LedgerError) as missing:
            ledger_at(path, base_url)
        assert str(missing.value) == (
            f"the ledger `{path}` does not exist, so what was sent before is not known: check its name and disk, or begin "
            "a new one with `new_ledger`"
        )
    with ledger_at(path, real, new=True):
        pass
    with pytest.raises(UsageError) as there:
        ledger_at(path, real, new=True)
    assert str(there.value) == f"the ledger `{path}` exists already: leave out `new_ledger`"
    with ledger_at(path, real):
        pass
    with ledger_at(tmp_path / "other.sqlite3", "http://127.0.0.1:8000"):
        pass
    with ledger_at(None, real):
        pass
    assert user_ledger().exists()


def test_calls_to_loopback_are_counted_by_the_clock_that_is_given(data_folder: Path) -> None:
    clock = Clock()
    limits = limits_at("http://127.0.0.1:8000", Allowed(calls_a_second=1), clock=clock, sleep=clock.sleep)
    clock.now += 0.25
    limits.take_turn()
    clock.now += 0.25
    limits.take_turn()
    assert clock.pauses == [0.75]
    assert list(data_folder.iterdir()) == []


FOLLOWED = replace(SENT, id=9, outcome=Outcome.SENT, job_id="77")
FAILED = replace(SENT, id=8, outcome=Outcome.FAILED, job_id="77", append_count=1, reason="bad rows")
HELD = replace(DOUBTFUL, holder="web-1/3 123 4 x")
BY_JOB = "follow its job with `uploader status 77 --wait --ledger l.sqlite3`; if that never says, " + SETTLE.replace(
    " 8 ", " 9 "
)


@pytest.mark.parametrize(
    ("entry", "way"),
    [
        (DOUBTFUL, SETTLE),
        (HELD, "process 123 on web-1 is handling it: wait for its end, then try again"),
        (replace(FOLLOWED, holder="h 1"), "process 1 on h is handling it: wait for its end, then try again"),
        (FOLLOWED, BY_JOB),
        (FAILED, "look in Act-On, then accept it as it is with `uploader settle 8 --ledger l.sqlite3 --sent`"),
        (replace(FAILED, append_count=0), SETTLE),
        (
            replace(FOLLOWED, endpoint="https://api-eu.actonsoftware.com"),
            BY_JOB.replace("--wait", "--wait --region eu", 1),
        ),
    ],
)
def test_the_next_step_for_an_upload(entry: Entry, way: str) -> None:
    assert refusals.how_to_end(entry, OPTION) == way
    assert refusals.part_stands(replace(entry, parts=3, part=2), OPTION) == (
        f"upload {entry.id}, part 2 of 3, is {entry.described}; {way}, then the same command goes on"
    )
    assert refusals.part_stands(entry, OPTION).startswith(f"upload {entry.id} is {entry.described}; ")


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        (SENT, "these rows were sent already, on {when} (upload 7, confirmed); `again` sends them once more, and they count twice"),
        (replace(SENT, job_id="77"), "these rows were sent already, on {when} as job 77 (upload 7, confirmed); `again` sends them once more, and they count twice"),
        (FOLLOWED, f"these rows were sent already, on {{when}} as job 77 (upload 9, sent); {BY_JOB}; `again` sends them once more, and they count twice"),
        (replace(FOLLOWED, settled="sent"), "these rows were sent already, on {when} as job 77 (upload 9, sent); `again` sends them once more, and they count twice"),
        (DOUBTFUL, f"these rows may have arrived already, upload 8 of {{when}} is in doubt (no answer); {SETTLE}, or send once more with `again`"),
        (HELD, "these rows are being sent already, upload 8 of {when}: process 123 on web-1 is handling it: wait for its end, then try again"),
        (replace(FOLLOWED, holder="h 1"), "these rows were sent already, on {when} as job 77 (upload 9, sent); process 1 on h is handling it: wait for its end, then try again; `again` sends them once more, and they count twice"),
    ],
)  # fmt: skip
def test_the_message_for_bytes_sent_already(entry: Entry, told: str) -> None:
    assert refusals.sent_already(entry, OPTION) == told.format(when="2026-11-24 23:50 UTC")
