"""A ledger of an old version is migrated: its history, rows, titles and calls count as before."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from preflight import Layout
from uploader import Client, Delivery, Ledger, Outcome, send
from uploader.cli.main import main
from uploader.ledger import schema
from uploader.model.entry import Place
from uploader.preparing.order import Order
from uploader.rehearsal.server import Rehearsal
from uploader.sending.plan import plan

LEDGERS = Path(__file__).parents[2] / "fixtures" / "ledgers"
FOLDER = LEDGERS / "schema-2"
US, US_BEFORE, EU = (f"https://{name}.actonsoftware.com" for name in ("api", "restapi", "api-eu"))
LAYOUT = Layout(email="Email", date="Date", title="Title", note="Note", dateformat="MM/dd/yyyy")


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A copy of the old ledger."""
    path = tmp_path / "ledger.sqlite3"
    shutil.copy(FOLDER / path.name, path)
    db = sqlite3.connect(path)
    assert db.execute("PRAGMA user_version").fetchone() == (2,)
    db.close()
    return path


def planned(file: Path, ledger: Path, base_url: str = US, *, username: str = "", **options: Any) -> Delivery:
    """The plan of a send."""
    named = {"destination": "Webinars", "customeventaction": "CUSTOM_ATTENDED", **options}
    with Ledger(ledger) as opened:
        return plan(Order(file=file, layout=LAYOUT, **named), base_url, opened, username=username)


def test_the_history_of_an_old_ledger_has_current_names(old: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["history", "--json", "--ledger", str(old)]) == 0
    out, err = capsys.readouterr()
    assert err.splitlines()[-1] == (
        f"uploader: the ledger `{old}` was brought from schema 2 to 4, with all that is in it; an uploader of an older "
        "version refuses it from now on"
    )
    told = json.loads(out)
    assert [(one["filename"], one["endpoint"], one["account"], one["outcome"], one["settled"]) for one in told] == [
        ("spring.csv", US, "", "confirmed", ""),
        ("summer-part-1-of-3.csv", US, "", "confirmed", ""),
        ("summer-part-2-of-3.csv", US, "", "confirmed", ""),
        ("summer-part-3-of-3.csv", US, "", "confirmed", ""),
        ("autumn.csv", EU, "", "in-doubt", ""),
        ("winter.csv", US, "", "sent", "sent"),
        ("autumn.csv", US, "", "refused", ""),
        ("autumn.csv", US, "", "counts-differ", ""),
    ]
    assert main(["history", "--ledger", str(old)]) == 0
    out, err = capsys.readouterr()
    assert ("summer-part-2-of-3.csv" in out, err) == (True, "")
    assert main(["ledger", "check", "--ledger", str(old)]) == 0
    assert "is intact, and has 8 uploads." in capsys.readouterr().out


@pytest.mark.parametrize("base_url", [US, US_BEFORE])
@pytest.mark.parametrize("username", ["", "jo@example.com"], ids=["no login", "a login"])
def test_files_of_an_old_ledger_count_as_sent(old: Path, base_url: str, username: str) -> None:
    for name, options, why in (
        ("spring", {}, "(upload 1, confirmed)"),
        ("summer", {"max_bytes": 112}, "(upload 4, confirmed)"),
        ("autumn", {}, "(upload 8, not fully confirmed: 1 of the 2 rows sent was rejected, 1 appended)"),
        ("winter", {"destination": "Talks"}, "(upload 6, sent: settled by hand)"),
    ):
        assert why in planned(FOLDER / f"{name}.csv", old, base_url, username=username, **options).reason, name
    assert "upload 5 of " in planned(FOLDER / "autumn.csv", old, EU).reason
    for name in ("spring", "summer", "winter"):
        assert planned(FOLDER / f"{name}.csv", old, EU).reason == ""
    assert planned(FOLDER / "winter.csv", old).reason == ""  # another custom event


@pytest.mark.parametrize("base_url", [US, US_BEFORE])
@pytest.mark.parametrize("username", ["", "jo@example.com"], ids=["no login", "a login"])
def test_rows_of_an_old_ledger_are_recognized_in_any_file(
    old: Path, tmp_path: Path, base_url: str, username: str
) -> None:
    """The row hashes match those of today's check, under the account's old name."""
    both = tmp_path / "both.csv"
    heading, *rows = [line for name in ("spring", "summer") for line in _lines(FOLDER / f"{name}.csv")]
    rows.remove(heading)
    new = b"kay.new@example.com,10/05/2026,Spring Summit,\n"
    both.write_bytes(b"".join([heading, new, *reversed(rows)]))
    refused = planned(both, old, base_url, username=username)
    assert refused.reason.startswith(
        "6 of 7 rows were sent before (3 in upload 1, confirmed, 1 in upload 2, confirmed, 1 in upload 3, confirmed, "
        "and in 1 other); `only_new` sends the other 1"
    )
    delivery = planned(both, old, base_url, username=username, only_new=True)
    assert (delivery.outcome, delivery.reason) == (Outcome.DRY_RUN, "")
    (request,) = delivery.planned
    assert (request.prepared.intent.rows, request.prepared.titlecount.sent) == (1, 0)


def test_titles_calls_and_next_steps_of_an_old_ledger_are_kept(old: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Ledger(old) as ledger:
        known = ledger.known_titles(Place(US, "", "Webinars", ""))
        assert known == {"Spring Summit", "Äpfel & Öl", "Summer School"}
        with ledger.writing() as db:
            assert db.execute("SELECT count(*) FROM call").fetchone() == (0,)
    assert main(["settle", "5", "--not-sent", "--ledger", str(old)]) == 0
    assert planned(FOLDER / "autumn.csv", old, EU).reason == ""


def test_old_and_new_row_hashes_are_recognized_side_by_side(tmp_path: Path) -> None:
    """The hashes of schema 3 were made with another function; the migrated ledger has entries of both kinds."""
    path, names = tmp_path / "ledger.sqlite3", ("spring", "summer", "autumn")
    shutil.copy(LEDGERS / "schema-3" / path.name, path)
    spring, summer, autumn = (_lines(LEDGERS / "schema-3" / f"{name}.csv") for name in names)
    new, newer = b"kay@example.com,10/05/2026,Autumn Days,\n", b"lea@example.com,10/05/2026,Autumn Days,\n"
    mixed = tmp_path / "mixed.csv"
    mixed.write_bytes(b"".join([*spring[:2], new, *autumn[:0:-1], *spring[2:]]))
    sent_before = "(3 in upload 1, confirmed, 2 in upload 4, confirmed)"
    for options in ({}, {"username": "jo@example.com"}):
        assert f"5 of 6 rows were sent before {sent_before}" in planned(mixed, path, **options).reason
    titles = {"Webinars": frozenset({"Autumn Days"})}
    with Rehearsal(first_job=1, titles=titles) as server, Ledger(path) as ledger:
        client = Client("made-up", base_url=server.url)
        client.base_url = US
        event = {"destination": "Webinars", "customeventaction": "CUSTOM_ATTENDED"}
        delivery = send(mixed, LAYOUT, client=client, ledger=ledger, only_new=True, **event)
        assert (delivery.outcome, [upload.intent.rows for upload in delivery.uploads]) == (Outcome.CONFIRMED, [1])
        assert [made_with.split("\0")[0] for made_with in ledger.hash_texts([Place(US, "", *event.values())])] == [
            US,
            "multiply-shift",
        ]
    mixed.write_bytes(b"".join([*spring, newer, new]))
    assert planned(mixed, path).reason.startswith(
        "4 of 5 rows were sent before (3 in upload 1, confirmed, 1 in upload 5, confirmed); `only_new` sends the "
        "other 1"
    )
    mixed.write_bytes(b"".join(summer[:3]))
    assert planned(mixed, path).reason == ""
    assert planned(mixed, path, account="sandbox").reason.startswith("2 of 2 rows were sent before (2 in upload 2")


def _lines(file: Path) -> list[bytes]:
    return file.read_bytes().splitlines(keepends=True)


def test_a_part_that_did_not_arrive_began_no_other_operation() -> None:
    key = "endpoint, account, destination, customeventaction, whole, parts"
    told = [(1, "not-sent"), (1, "refused"), (1, "sent"), (2, None), (1, "sent"), (2, "sent")]
    with closing(sqlite3.connect(":memory:")) as db:
        db.execute(f"CREATE TABLE upload (id INTEGER PRIMARY KEY, part, outcome, {key}, operation)")
        db.execute(f"CREATE TABLE operation (id INTEGER PRIMARY KEY, {key}, source)")
        db.executemany("INSERT INTO upload (part, outcome, whole, parts) VALUES (?, ?, 'w', 2)", told)
        schema._group(db)
        assert [operation for (operation,) in db.execute("SELECT operation FROM upload")] == [1, 1, 1, 1, 2, 2]
