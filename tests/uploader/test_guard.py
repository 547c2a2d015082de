"""The destination guard: what is refused, what is only a notice, and what is never requested."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import select
import socket
import string
import sys
import termios
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.processes import running
from tests.uploader.conftest import Http, ScriptedServer
from tests.uploader.reliability import Clock
from tests.uploader.user import COLUMNS, LAYOUT
from uploader import Client, Ledger, ListError, UnknownDestinationError, send
from uploader.cli.main import main
from uploader.preparing.order import Order
from uploader.preparing.target import target_of
from uploader.rehearsal.faults import Plan
from uploader.rehearsal.server import Rehearsal
from uploader.sending.guard import guard, near_matches

ROOT = Path(__file__).parents[2]
CTRL_C = b"\x03"
GOOD = b"Email,Date,Title\r\njo@example.com,01/25/2023,Webinar A\r\n"
AS = ["--customeventaction", "CUSTOM_ATTENDED", *COLUMNS]
REFUSED = (
    "nothing was sent: `webinar` is not among the 2 custom events of the account; did you mean `Webinars`? --create "
    "lets Act-On make `webinar`, for ever"
)


@pytest.fixture(autouse=True)
def _account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACTON_ACCESS_TOKEN", "made-up")


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Callable[..., tuple[int, str, str]]:
    """Send a file with the given options; returns exit code, stdout, stderr."""

    def run(*options: str) -> tuple[int, str, str]:
        file = tmp_path / "events.csv"
        file.write_bytes(GOOD)
        code = main(["send", str(file), *AS, *options])
        return code, *capsys.readouterr()

    return run


def test_an_existing_destination_is_sent_to(run: Any) -> None:
    with Rehearsal(events=["Webinars", "Trade Shows"]) as server:
        code, _out, err = run("--destination", "Webinars", "--base-url", server.url)
    assert (code, err, server.received) == (0, "", 1)


def test_a_missing_destination_is_refused_with_similar_names_and_no_entry(
    run: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    with Rehearsal(events=["Webinars", "Trade Shows"]) as server:
        code, out, err = run("--destination", "webinar", "--base-url", server.url, "--json")
        assert (code, err, server.received) == (3, f"uploader: {REFUSED}\n", 0)
        assert (json.loads(out)["outcome"], json.loads(out)["reason"]) == ("not-sent", REFUSED)
        assert main(["history", "--json"]) == 0
        assert json.loads(capsys.readouterr().out) == []


def test_create_allows_a_missing_destination(run: Any) -> None:
    with Rehearsal(events=[]) as server:
        code, _out, err = run("--destination", "New", "--base-url", server.url, "--create")
        assert (code, err, server.received) == (0, "", 1)
        assert Client("t", base_url=server.url).custom_events() == ["New"]


def test_without_a_list_there_is_a_notice_and_it_is_sent(run: Any) -> None:
    with Rehearsal(faults=["list:403"]) as server:
        code, _out, err = run("--destination", "Webinars", "--base-url", server.url)
    assert (code, server.received) == (0, 1)
    assert err.startswith(
        "uploader: `Webinars` was not looked up among the custom events: HTTP 403: 403 - Forbidden (x-request-id "
    )
    assert err.count("\n") == 1


def test_a_destination_of_a_confirmed_upload_is_only_a_notice(run: Any, tmp_path: Path) -> None:
    with Rehearsal(events=["Others"]) as server:
        assert run("--destination", "Webinars", "--base-url", server.url, "--create")[0] == 0
        server._events = ["Others"]  # the list is outdated
        code, _out, err = run("--destination", "Webinars", "--base-url", server.url, "--again")
    assert (code, server.received) == (0, 2)
    assert err == (
        "uploader: `Webinars` is not a custom event of the account, although an upload to it was confirmed: "
        "the list may lag, it is sent all the same\n"
    )


def test_nothing_is_listed_if_nothing_is_to_be_sent(run: Any) -> None:
    with Rehearsal() as server:
        to = ("--destination", "Webinars", "--base-url", server.url)
        assert run(*to, "--no-wait")[0] == 0
        server.plan = Plan(["list:500"])
        assert run(*to)[::2] == (0, "")  # its job is followed
        assert run(*to)[2].startswith("uploader: nothing was sent: these rows were sent already, ")
        assert run(*to, "--dry-run", "--again")[::2] == (0, "")


def test_python_refuses_unless_it_may_create(tmp_path: Path) -> None:
    file = tmp_path / "events.csv"
    file.write_bytes(GOOD)
    where: dict[str, Any] = {"destination": "webinar", "customeventaction": "CUSTOM_ATTENDED"}
    with Rehearsal(events=["Webinars", "Trade Shows"]) as server, Ledger.temporary() as ledger:
        client = Client("t", base_url=server.url)
        with pytest.raises(UnknownDestinationError) as refused:
            send(file, LAYOUT, client=client, ledger=ledger, **where)
        assert str(refused.value) == REFUSED.replace("--create", "`create`")
        assert refused.value.delivery is not None
        assert refused.value.delivery.uploads == ()
        assert send(file, LAYOUT, client=client, ledger=ledger, create=True, **where).outcome == "confirmed"


def test_several_parts_ask_once(tmp_path: Path) -> None:
    file = tmp_path / "events.csv"
    file.write_bytes(GOOD + b"flo@example.com,01/26/2023,Webinar B\r\n")
    asked: list[str] = []
    with Rehearsal(events=["Webinars"]) as server, Ledger.temporary() as ledger:
        listed = server.events
        server.events = lambda *page: asked.append(server.url) or listed(*page)  # type: ignore[func-returns-value,method-assign]
        job = send(
            file,
            LAYOUT,
            destination="Webinars",
            customeventaction="CUSTOM_ATTENDED",
            client=Client("t", base_url=server.url),
            ledger=ledger,
            max_bytes=60,
        )
    assert (job.outcome, len(job.uploads), len(asked)) == ("confirmed", 2, 1)


def terminal(typed: bytes, *arguments: str, **environment: str) -> tuple[int, str]:
    """Run a command on a terminal with typed input; returns its exit code and what the terminal shows.

    Ctrl-C is typed after a question is shown.
    """
    surroundings = {name: value for name, value in os.environ.items() if name != "CI"} | environment
    ours, its = pty.openpty()
    command = [sys.executable, "-m", "uploader", *arguments]
    controlled: dict[str, Any] = {"start_new_session": True, "preexec_fn": lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0)}
    with running(command, stdin=its, stdout=its, stderr=its, cwd=ROOT, env=surroundings, **controlled) as process:
        os.close(its)
        if typed != CTRL_C:
            os.write(ours, typed)
        shown = b""
        while True:
            quiet = not select.select([ours], [], [], 5)[0]
            try:
                shown += b"" if quiet else os.read(ours, 4096)
            except OSError:  # the other side has closed the terminal
                break
            if typed == CTRL_C and (
                quiet or shown.endswith(b"[y/N] ")
            ):  # again: Python misses one as it begins to wait
                os.write(ours, typed)
    os.close(ours)
    return process.returncode, shown.decode()


@pytest.mark.parametrize(("typed", "code", "taken"), [(b"y\n", 0, 1), (b"\n", 3, 0), (b"no\n", 3, 0), (b"\x04", 3, 0)])
def test_a_terminal_is_asked_once(typed: bytes, code: int, taken: int, tmp_path: Path) -> None:
    file = tmp_path / "events.csv"
    file.write_bytes(GOOD)
    with Rehearsal(events=["Webinars"]) as server:
        options = ["send", str(file), *AS, "--destination", "webinars", "--base-url", server.url]
        ended, shown = terminal(typed, *options)
        assert (ended, server.received) == (code, taken), shown
        question = (
            "`webinars` is not a custom event of the account; its only one is `Webinars`. Act-On would make "
            "`webinars`, for ever: create it, and send 1 row to it as CUSTOM_ATTENDED? It cannot be taken back [y/N] "
        )
        assert shown.replace("\r\n", "").count(question) == 1
        if typed == b"no\n":
            for quiet in (["--json"], []):  # neither of these asks
                ended, shown = terminal(b"y\n", *options, "--again", *quiet, **({} if quiet else {"CI": "true"}))
                assert (ended, "create it" in shown, server.received) == (3, False, 0)


def test_one_answer_is_for_all_files(tmp_path: Path) -> None:
    files = [tmp_path / "a.csv", tmp_path / "b.csv"]
    for file in files:
        file.write_bytes(GOOD.replace(b"jo@", file.stem.encode() + b"@"))
    with Rehearsal(events=["Webinars"]) as server:
        options = ["send", *map(str, files), *AS, "--destination", "webinars", "--base-url", server.url]
        ended, shown = terminal(b"n\n", *options)
        assert (ended, shown.count("create it, and send 1 row of `"), server.received) == (3, 1, 0)
        ended, shown = terminal(b"y\n", *options)
        assert (ended, shown.count("create it, and send 1 row of `"), server.received) == (0, 1, 2)


def test_yes_does_not_imply_create(run: Any, tmp_path: Path) -> None:
    with Rehearsal(events=["Webinars", "Trade Shows"]) as server:
        to = ["--destination", "webinar", "--base-url", server.url, "--yes"]
        code, _out, err = run(*to)
        assert (code, err, server.received) == (3, f"uploader: {REFUSED}\n", 0)
        ended, shown = terminal(b"n\n", "send", str(tmp_path / "events.csv"), *AS, *to)
        assert (ended, shown.count("create it, and"), server.received) == (3, 1, 0)


NAMES = st.lists(st.text(string.ascii_letters + " éß\u200b", min_size=1, max_size=12), max_size=8, unique=True)


@given(NAMES, st.text(string.ascii_letters + " éß", min_size=1, max_size=12))
def test_similar_names_are_of_the_list_best_first(names: list[str], name: str) -> None:
    near = near_matches(name, names)
    assert len(near) == len(set(near)) <= 3
    assert set(near) <= set(names)
    alike = [other for other in names if other.casefold() == name.casefold()]
    assert not alike or near[0].replace("\u200b", "").replace(" ", "").casefold() == name.replace(" ", "").casefold()


@given(
    st.text("abcdefgh", min_size=4, max_size=12),
    st.sampled_from([str.upper, str.title, " {} ".format, "\u200b{}".format]),
)
def test_a_name_that_differs_in_case_and_blanks_only_is_similar(name: str, changed: Callable[[str], str]) -> None:
    assert near_matches(changed(name), ["nothing like it", name]) == [name]


# The list itself


def page(http: Http, *names: object, total: int | None = None, offset: int = 0, **more: object) -> bytes:
    result = [{"id": "x", "name": name, "folderName": "f"} for name in names]
    told = {"offset": offset, "count": len(names), "totalCount": len(names) if total is None else total}
    return http(200, {**told, "result": result, **more})


def test_the_list_is_read_page_by_page(http: Http, scripted: type[ScriptedServer]) -> None:
    pages = [page(http, "a", "b", total=3), page(http, "c", total=3, offset=2)]
    with scripted(*pages, lists=True) as server:
        assert Client("t", base_url=server.url).custom_events() == ["a", "b", "c"]
    asked = [request.split()[1].decode() for request in server.requests]
    assert asked == [f"/api/1/list?listingtype=custom_events&count=1000&offset={offset}" for offset in (0, 2)]


@pytest.mark.parametrize(
    ("replies", "why"),
    [
        ([(200, b"<html>Hello</html>")], "HTTP 200: an HTML page: Hello"),
        ([(200, b"[]")], "HTTP 200: []"),
        ([(200, {})], "{host}: the answer is not the documented one"),
        ([(200, {"totalCount": "1", "result": []})], "{host}: the answer is not the documented one"),
        ([(200, {"totalCount": 1, "result": [{"name": 7}]})], "{host}: the answer is not the documented one"),
        (
            [(200, {"totalCount": 1, "result": [{"name": "a"}], "offset": 1000})],
            "{host}: the answer is not the documented one",
        ),
        ([(200, {"totalCount": 2, "result": []})], "{host}: the list ends after 0 of 2"),
        ([(200, {"totalCount": 10**9, "result": [{"name": "a"}]})] * 50, "{host}: the list is longer than 50,000"),
        ([(429, b"")], "HTTP 429: an empty body"),
        ([(500, b"")], "HTTP 500: an empty body"),
        ([(307, b"")], "HTTP 307: a redirect to nowhere"),
    ],
)
def test_an_incomplete_list_is_an_error(
    replies: list[tuple[int, Any]], why: str, http: Http, scripted: type[ScriptedServer]
) -> None:
    with scripted(*(http(*reply) for reply in replies), lists=True) as server:
        clock = Clock()
        client = Client("t", base_url=server.url, sleep=clock.sleep, clock=clock)
        with pytest.raises(ListError) as error:
            client.custom_events()
    assert str(error.value) == why.format(host=server.url.removeprefix("http://"))
    assert len(server.requests) == len(replies)


def test_the_list_takes_no_longer_than_its_timeout(http: Http, scripted: type[ScriptedServer]) -> None:
    clock = Clock()

    def slowly(connection: socket.socket) -> None:
        clock.now += 6
        connection.sendall(page(http, "a", total=9, offset=len(server.requests) - 1))

    with scripted(*[slowly] * 9, lists=True) as server:
        client = Client("t", base_url=server.url, sleep=clock.sleep, clock=clock)
        with pytest.raises(ListError, match="the list was not complete after 15 s"):
            client.custom_events()
    assert len(server.requests) == 3


def test_only_a_rehearsal_on_this_machine_has_every_event(http: Http, scripted: type[ScriptedServer]) -> None:
    heard: list[str] = []
    unasked: Any = None
    order = Order(file="x.csv", layout=LAYOUT, destination="anything", customeventaction="CUSTOM_ATTENDED")
    with scripted(page(http, rehearsal="every destination"), lists=True) as server, Ledger.temporary() as ledger:
        client = Client("t", base_url=server.url, notice=heard.append)
        for _ in range(2):  # looked up once
            guard(target_of(order, ledger, server.url), client, unasked, unasked)
        assert (heard, len(server.requests)) == ([], 1)


def test_the_call_counts_against_the_limits(tmp_path: Path) -> None:
    from uploader.wire.limits import Limits

    with Rehearsal(events=["Webinars"]) as server, Ledger(tmp_path / "ledger.sqlite3") as ledger:
        client = Client("t", base_url=server.url, limits=Limits(ledger.writing, server.url))
        assert client.custom_events() == ["Webinars"]
        with ledger.writing() as db:
            assert db.execute("SELECT count(*) FROM call").fetchone() == (1,)
