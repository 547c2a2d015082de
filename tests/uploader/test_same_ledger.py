"""One place has one ledger: account names, the creation of ledgers, and older copies."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.processes import LONGEST, running
from tests.uploader.conftest import Http, Run, ScriptedServer
from tests.uploader.user import COLUMNS, LAYOUT
from uploader import Client, LedgerError, UsageError, send
from uploader.ledger.lease import is_alive, new_holder
from uploader.ledger.ledger import Ledger
from uploader.ledger.path import user_ledger
from uploader.model.entry import Place
from uploader.preparing.order import Order
from uploader.preparing.target import target_of
from uploader.rehearsal.server import Rehearsal

ROOT = Path(__file__).parents[2]
HEADING = b"Email,Date,Title\r\n"
AS = ["--destination", "Webinars", "--customeventaction", "CUSTOM_ATTENDED", *COLUMNS]


@pytest.fixture(autouse=True)
def _account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACTON_ACCESS_TOKEN", "made-up")


@pytest.fixture
def events(tmp_path: Path) -> Path:
    path = tmp_path / "events.csv"
    path.write_bytes(HEADING + b"jo@example.com,01/25/2023,Webinar A\r\n")
    return path


def test_accounts_of_one_host_are_told_apart_by_name(run: Run, rehearsal: Rehearsal, events: Path) -> None:
    to = [*AS, "--base-url", rehearsal.url]
    assert [run("send", events, *to, "--account", name)[0] for name in ("sandbox", "production")] == [0, 0]
    assert run("send", events, *to, "--account", "sandbox")[0] == 3
    assert run("send", events, *to)[0] == 0
    assert rehearsal.received == 3
    told = json.loads(run("history", "--json")[1])
    assert [entry["account"] for entry in told] == ["sandbox", "production", ""]
    assert f" at {rehearsal.url[7:]}, account `sandbox`; job" in run("history")[1]
    assert run("titles", "Webinars", "--base-url", rehearsal.url, "--account", "sandbox")[1] == "Webinar A\n"
    assert run("titles", "Webinars", "--base-url", rehearsal.url, "--account", "other")[1] == ""


def test_the_account_may_stand_in_the_profile(run: Run, rehearsal: Rehearsal, events: Path, tmp_path: Path) -> None:
    profile = tmp_path / "webinars.toml"
    profile.write_text('account = "sandbox"\nemail = "Email"\n')
    to = [*AS, "--base-url", rehearsal.url, "--profile", profile]
    assert run("send", events, *to)[0] == 0
    assert run("send", events, *to, "--account", "sandbox")[0] == 3
    assert run("send", events, *to, "--account", "production")[0] == 0
    profile.write_text("account = 7\n")
    assert run("send", events, *to)[::2] == (2, f"uploader: the profile `{profile}`: account must be a text\n")


@pytest.mark.parametrize(
    ("account", "message"),
    [(" x", "the account ` x` begins or ends with a blank: remove it"), ("a\nb", "holds a control character")],
)
def test_an_invalid_name_is_refused(run: Run, events: Path, account: str, message: str) -> None:
    code, out, err = run("send", events, *AS, "--rehearse", "--account", account)
    assert (code, out) == (2, "")
    assert message in err


def test_a_login_s_account_had_no_name_before(events: Path) -> None:
    from preflight import Layout

    order = Order(file=events, layout=Layout(), destination="W", customeventaction="CUSTOM_GENERAL")
    nameless, named = (Place("https://api.actonsoftware.com", name, "W", "CUSTOM_GENERAL") for name in ("", "jo"))
    host = "https://restapi.actonsoftware.com"
    explicit = Order(file=events, layout=Layout(), destination="W", customeventaction="CUSTOM_GENERAL", account="jo")
    with Ledger.temporary() as ledger:
        assert target_of(order, ledger, host).places == (nameless,)
        assert target_of(order, ledger, host, "jo").places == (named, nameless)
        assert target_of(explicit, ledger, host, "other").places == (named,)


def test_rows_sent_under_another_name_of_the_host_are_known(run: Run, rehearsal: Rehearsal, events: Path) -> None:
    """Their hashes were made with that name, so the rows are hashed again to compare them."""
    to = [*AS, "--base-url", rehearsal.url]
    assert run("send", events, *to, "--account", "jo")[0] == 0
    with Ledger(user_ledger()) as ledger, ledger.writing() as db:
        db.execute("UPDATE upload SET account = ''")
        db.execute("UPDATE operation SET account = ''")
    events.write_bytes(events.read_bytes() + b"al@example.com,01/25/2023,Webinar A\r\n")
    code, _out, err = run("send", events, *to)
    assert (code, rehearsal.received) == (3, 1)
    assert err == (
        "uploader: nothing was sent: 1 of 2 rows was sent before (1 in upload 1, confirmed); --only-new sends the "
        "other 1, --again sends them once more, and they count twice\n"
    )


def test_a_missing_named_ledger_is_created_only_if_asked(run: Run, events: Path, tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.sqlite3"
    to = [*AS, "--base-url", "https://h.invalid", "--ledger", ledger]
    assert run("send", events, *to) == (
        3,
        "",
        f"uploader: nothing was sent: the ledger `{ledger}` does not exist, so what was sent before is not known: "
        "check its name and disk, or begin a new one with --new-ledger\n",
    )
    assert run("send", events, *to, "--dry-run")[0] == 3
    assert run("send", events, *to, "--dry-run", "--new-ledger")[0] == 0
    assert not ledger.exists()
    assert run("send", events, *to, "--new-ledger", "--timeout", "0")[0] == 3  # no such host
    assert ledger.exists()
    code, _out, err = run("send", events, *to, "--new-ledger")
    assert (code, err) == (2, f"uploader: the ledger `{ledger}` exists already: leave out --new-ledger\n")
    code, _out, err = run("send", events, *AS, "--new-ledger")
    assert (code, err) == (2, "uploader: --new-ledger creates the ledger that --ledger names: give both\n")


@pytest.mark.parametrize(
    "command",
    [
        *(["history"], ["settle", "1", "--sent"], ["ledger", "check"], ["titles", "Webinars"], ["status", "7"]),
        *(["titles", "Webinars", "--add", "titles.txt"], ["login"], ["open", "--no-browser"]),
    ],
    ids=" ".join,
)
def test_a_missing_named_ledger_is_an_unreadable_input_of_the_other_commands(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "titles.txt").write_text("Tea\n")
    own = "--new-ledger" if command[0] == "open" else "`uploader send --new-ledger`"
    assert run(*command, "--ledger", "none") == (
        2,
        "",
        f"uploader: the ledger `{tmp_path / 'none'}` does not exist, so what was sent before is not known: check its "
        f"name and disk, or begin a new one with {own}\n",
    )
    assert not (tmp_path / "none").exists()


def test_a_ledger_for_loopback_and_the_user_s_own_are_created(
    run: Run, rehearsal: Rehearsal, events: Path, tmp_path: Path
) -> None:
    to = [*AS, "--base-url", rehearsal.url]
    assert run("send", events, *to, "--ledger", tmp_path / "ledger")[0] == 0
    assert run("send", events, *to)[0] == 0
    assert user_ledger().exists()


def test_python_names_the_parameters_of_a_ledger(events: Path, tmp_path: Path) -> None:

    how: dict[str, Any] = {"destination": "W", "customeventaction": "CUSTOM_GENERAL"}
    client, ledger = Client("made-up", base_url="https://h.invalid"), tmp_path / "ledger"
    with pytest.raises(LedgerError, match="or begin a new one with `new_ledger`"):
        send(events, LAYOUT, **how, client=client, ledger=ledger)
    ledger.touch()
    with pytest.raises(UsageError, match="exists already: leave out `new_ledger`"):
        send(events, LAYOUT, **how, client=client, ledger=ledger, new_ledger=True)


def test_an_older_copy_of_a_ledger_is_refused_until_it_is_accepted(
    run: Run, rehearsal: Rehearsal, events: Path, tmp_path: Path
) -> None:
    ledger, backup = tmp_path / "ledger", tmp_path / "backup"
    to = [*AS, "--base-url", rehearsal.url, "--ledger", ledger]
    assert run("send", events, *to)[0] == 0
    shutil.copy(ledger, backup)
    events.write_bytes(HEADING + b"al@example.com,01/25/2023,Webinar A\r\n")
    assert run("send", events, *to)[0] == 0
    assert run("ledger", "check", "--ledger", ledger) == (
        0,
        f"The ledger `{ledger}` is intact, and has 2 uploads.\n",
        "",
    )
    shutil.copy(backup, ledger)
    code, out, err = run("send", events, *to)
    assert (code, out, rehearsal.received) == (3, "", 2)
    refused = (
        f"the ledger `{ledger}` is older than this machine has seen it (change 3 of 6), a restored copy most likely, "
        "and lacks what was sent since: bring the newer one back, or look in Act-On what it lacks and accept it with "
        "`uploader ledger check --accept`\n"
    )
    assert err == f"uploader: nothing was sent: {refused}"
    assert run("ledger", "check", "--ledger", ledger) == (2, "", f"uploader: {refused}")
    assert run("ledger", "check", "--accept", "--ledger", ledger)[0] == 0
    assert run("send", events, *to)[0] == 0


def test_a_damaged_ledger_is_reported(run: Run, rehearsal: Rehearsal, events: Path, tmp_path: Path) -> None:
    ledger = tmp_path / "ledger"
    assert run("send", events, *AS, "--base-url", rehearsal.url, "--ledger", ledger)[0] == 0
    content = bytearray(ledger.read_bytes())
    content[4096 * 3 : 4096 * 4] = bytes(4096)
    ledger.write_bytes(content)
    code, out, err = run("ledger", "check", "--ledger", ledger)
    assert (code, out) == (2, "")
    assert err.startswith("uploader: the ledger `")


@pytest.mark.parametrize("option", ["--fixes", "--report", "--receipt"])
@pytest.mark.parametrize(("beside", "more"), [("", []), ("-journal", []), ("", ["--dry-run"])])
def test_an_output_never_replaces_the_ledger(
    run: Run, rehearsal: Rehearsal, events: Path, tmp_path: Path, option: str, beside: str, more: list[str]
) -> None:
    ledger = tmp_path / "ledger"
    with Ledger(ledger):
        pass
    to = [*AS, "--base-url", rehearsal.url, "--ledger", ledger]
    assert run("send", events, *to, *more, "--fix", option, f"{tmp_path}/../{tmp_path.name}/ledger{beside}") == (
        2,
        "",
        f"uploader send: {option} would write over the ledger: name another file; see uploader send --help\n",
    )
    assert rehearsal.received == 0


def test_a_living_sender_holds_its_upload(run: Run, events: Path, scripted: type[ScriptedServer], http: Http) -> None:
    """Nobody settles an upload while its process lives; after its death they may, at once."""
    sending: list[subprocess.Popen[str]] = []
    told: list[tuple[int, str, str]] = []

    def settled_meanwhile(connection: Any) -> None:
        told.append(run("settle", "1", "--not-sent"))
        told.append(run("send", events, *AS, "--base-url", server.url))
        sending[0].kill()
        sending[0].wait(LONGEST)

    with scripted(settled_meanwhile) as server:
        command = [sys.executable, "-m", "uploader", "send", str(events), *AS, "--base-url", server.url, "--create"]
        with running(command, cwd=ROOT, text=True) as process:
            sending.append(process)
            process.wait(timeout=LONGEST)
    held = f"process {sending[0].pid} on "
    assert (told[0][0], held in told[0][2], " is handling upload 1: " in told[0][2]) == (2, True, True), told
    assert told[1][0] == 3
    assert f"process {sending[0].pid} on " in told[1][2]
    assert run("settle", "1", "--not-sent")[0] == 0


def test_a_lease_is_that_of_one_process() -> None:
    holder = new_holder()
    host, pid, started, _lease = holder.split(" ")
    assert int(pid) == os.getpid()
    assert is_alive(holder, 0.0, 100.0)
    assert not is_alive(f"{host} {pid} {int(started or 1) + 1} x", 1000.0, 100.0)  # its id was reused
    assert is_alive(f"elsewhere {pid} {started} x", 101.0, 100.0)
    assert not is_alive(f"elsewhere {pid} {started} x", 99.0, 100.0)
    assert not is_alive("", 0.0, 0.0)
    assert new_holder() != holder
