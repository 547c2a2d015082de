"""The page's server: access control, and that the mended rows are those judged, written and stored."""

from __future__ import annotations

import csv
import io
import re
import signal
import socket
import sys
import threading
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from preflight import Layout, check
from preflight.cli.main import main as preflight
from tests.processes import LONGEST
from tests.uploader.conftest import Http, ScriptedServer
from tests.uploader.pageserver import TOKEN, PageCommand, Visitor, raw, text_of
from uploader.cli.main import main as uploader
from uploader.delivery.client import Client
from uploader.editing.store import Store
from uploader.ledger.ledger import Ledger
from uploader.page.app import MAX_FORM, Page
from uploader.page.sending import Sending, Services
from uploader.rehearsal.server import Rehearsal
from uploader.web.server import Server

LARGEST = 50_000
HEADING = b"Name,Email,Event Date,Event Title\r\n"
ROWS = [
    b"Al,al@example.com,01/25/2026,Webinar",
    b"Bo,bo@example,01/26/2026,Webinar",
    b'Cy,cy@example.com,01/26/26,"Webinar, part 2"',
    b'Di,di@example.com,02/30/2026,say "hi"',
    b"Ed,ed@example.com,01/27/2026,Webinar,,more",
    b"",
    b"Flo,flo@example.com,01/28/2026,Webinar",
]
CONTENT = HEADING + b"".join(row + b"\r\n" for row in ROWS)
LAYOUT = Layout(
    email=1,
    date=2,
    title=3,
    dateformat="MM/dd/yyyy",
    fieldseparator="COMMA",
    quotecharacter="DOUBLE_QUOTE",
    firstrow="Y",
    table_line=1,
)


@contextmanager
def reach(ledger: Path, url: str) -> Iterator[tuple[Client, Ledger]]:
    with Ledger(ledger) as opened:
        yield Client(TOKEN, base_url=url), opened


@pytest.fixture(scope="module")
def rehearsal() -> Iterator[Rehearsal]:
    with Rehearsal() as server:
        yield server


@contextmanager
def served(folder: Path, rehearsal: Rehearsal) -> Iterator[Server]:
    """A server in a thread of this process, with its files in a folder."""
    connect: Callable[..., object] = lambda notice: reach(folder / "ledger.sqlite3", rehearsal.url)  # noqa: E731
    services = Services(connect, connect, "the stand-in")  # type: ignore[arg-type]
    page = Page.of(Store(folder / "page"), Sending(services), max_file=LARGEST)
    server = Server(page.app(), page.largest)
    thread = threading.Thread(daemon=True, target=page.serve, args=[server])
    thread.start()
    try:
        yield server
    finally:
        server.end()
        thread.join(LONGEST)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("page")


@pytest.fixture(scope="module")
def server(folder: Path, rehearsal: Rehearsal) -> Iterator[Server]:
    with served(folder, rehearsal) as server:
        yield server


@pytest.fixture
def visitor(server: Server) -> Visitor:
    return Visitor(server.url)


def status(server: Server, head: str, body: bytes = b"") -> int:
    """The status of the answer to a request with the given head; 0 without an answer."""
    host = f"127.0.0.1:{server.port}"
    text = head.replace("KEY", server.key).replace("HOST", host).replace("\n", "\r\n")
    answer = raw(server.port, f"{text}\r\nConnection: close\r\n\r\n".encode() + body)
    return int(answer.split(b" ", 2)[1]) if answer else 0


def test_the_printed_address_answers_with_security_headers(server: Server) -> None:
    answer = Visitor(server.url).get(server.url)
    assert answer.status_code == 200
    assert not answer.history
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert "server" not in answer.headers
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("GET /KEY/ HTTP/1.1\nHost: HOST", 200),
        ("GET /KEY/ HTTP/1.1\nHost: HOST\nSec-Fetch-Site: none", 200),
        ("GET /KEY/ HTTP/1.1\nHost: evil.example", 421),  # another name for this machine
        ("GET /KEY/ HTTP/1.1\nHost: 127.0.0.1", 421),
        ("GET /KEY/ HTTP/1.1\nHost: HOST.evil.example", 421),
        ("GET /KEY/ HTTP/1.0", 421),
        ("GET / HTTP/1.1\nHost: HOST", 404),
        ("GET /other/ HTTP/1.1\nHost: HOST", 404),
        ("GET /files/ HTTP/1.1\nHost: HOST", 404),
        ("GET /static/page.js HTTP/1.1\nHost: HOST", 404),
        ("GET /KEY/static/store.py HTTP/1.1\nHost: HOST", 404),
        ("GET /KEY/static/..%2fstore.py HTTP/1.1\nHost: HOST", 404),
        ("GET /KEY/files/..%2f..%2fledger.sqlite3 HTTP/1.1\nHost: HOST", 404),
        ("GET /KEY/files/../../../etc/passwd HTTP/1.1\nHost: HOST", 404),
        ("GET /KEY/ HTTP/1.1\nHost: HOST\nSec-Fetch-Site: cross-site", 403),
        ("GET /KEY/ HTTP/1.1\nHost: HOST\nSec-Fetch-Site: same-site", 403),  # another port of this machine
        ("GET /KEY/ HTTP/1.1\nHost: HOST\nOrigin: http://evil.example", 403),
        ("PUT /KEY/ HTTP/1.1\nHost: HOST\nOrigin: http://HOST\nContent-Length: 0", 405),
        ("POST /KEY/files HTTP/1.1\nHost: HOST\nContent-Length: 0", 403),
        ("POST /KEY/files HTTP/1.1\nHost: HOST\nOrigin: null\nContent-Length: 0", 403),
        ("POST /KEY/files HTTP/1.1\nHost: HOST\nOrigin: http://evil.example\nContent-Length: 0", 403),
        ("POST /KEY/files HTTP/1.1\nHost: HOST\nOrigin: https://HOST\nContent-Length: 0", 403),
        ("POST /KEY/files HTTP/1.1\nHost: HOST\nOrigin: http://127.0.0.1:1\nContent-Length: 0", 403),
        (
            "POST /KEY/files HTTP/1.1\nHost: HOST\nOrigin: http://HOST\nSec-Fetch-Site: cross-site\nContent-Length: 0",
            403,
        ),
        (f"POST /KEY/files HTTP/1.1\nHost: HOST\nOrigin: http://HOST\nContent-Length: {1 << 40}", 413),
        (f"POST /KEY/files/x/rows HTTP/1.1\nHost: HOST\nOrigin: http://HOST\nContent-Length: {MAX_FORM + 1}", 413),
    ],
)
def test_only_requests_of_the_page_itself_are_accepted(server: Server, head: str, expected: int) -> None:
    assert status(server, head) == expected


def test_it_listens_on_loopback_alone(server: Server) -> None:
    for host in ("127.0.0.2", "::1", socket.gethostbyname(socket.gethostname())):
        if host != "127.0.0.1":
            with pytest.raises(OSError, match=r"refused|unreachable|assign"):
                socket.create_connection((host, server.port), timeout=2).close()


def test_a_body_without_a_length_is_cut_off_at_its_bound(server: Server, folder: Path) -> None:
    before = sorted(folder.rglob("*"))
    head = "POST /KEY/files HTTP/1.1\nHost: HOST\nOrigin: http://HOST\nTransfer-Encoding: chunked"
    kind = "\nContent-Type: multipart/form-data; boundary=b"
    part = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'
    block = b"x" * (1 << 20)
    chunks = [part, *[block] * ((MAX_FORM + LARGEST) // len(block) + 1)]
    body = b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks)
    assert status(server, head + kind, body) in (413, 0)  # the rest of the body is not read, and may reset the answer
    assert status(server, "GET /KEY/ HTTP/1.1\nHost: HOST") == 200
    assert sorted(folder.rglob("*")) == before


def test_a_file_that_is_too_large_leaves_nothing(visitor: Visitor, folder: Path) -> None:
    before = sorted(folder.rglob("*"))
    files = {"file": ("a.csv", b"x" * (LARGEST + 1))}
    answer = visitor.session.post(f"{visitor.root}/files", files=files, headers={"Origin": visitor.origin})
    says = 'role="alert"><p>The file is larger than 50,000 bytes; check it on the command line.'
    assert (answer.status_code, says in answer.text) == (413, True)
    assert sorted(folder.rglob("*")) == before


@pytest.mark.parametrize(
    "name", ["../../../tmp/evil.csv", "..\\..\\evil.csv", "/etc/passwd", "..", ".csv/../x", "a\x01b.csv"]
)
def test_the_name_of_a_file_is_shown_and_never_opened(visitor: Visitor, folder: Path, name: str) -> None:
    here = visitor.add(name, b"Email,Event Date,Event Title\r\n" + name.encode("unicode_escape") + b",x,y\r\n")
    kept = {path.name for path in (folder / "page" / here.rsplit("/", 1)[1]).iterdir()}
    assert all(one.startswith(("source", "state.sqlite3", "made")) for one in kept)
    assert not [path for path in folder.rglob("*") if "evil" in path.name or "passwd" in path.name]
    assert visitor.get(here).status_code == 200


def test_others_cannot_look_into_the_folder(visitor: Visitor, folder: Path) -> None:
    here = visitor.add("webinar.csv", CONTENT)
    of_file = folder / "page" / here.rsplit("/", 1)[1]
    assert {path.stat().st_mode & 0o077 for path in (folder / "page", of_file)} == {0}
    visitor.post(f"{here}/forget", {}, live=False)
    assert not of_file.exists()
    for page in (here, f"{here}/send"):
        answer = visitor.get(page)
        assert answer.status_code == 404
        assert "There is no such file here any more. Choose it again." in answer.text
        assert 'id="drop"' in answer.text


def test_the_content_of_a_cell_is_never_markup(visitor: Visitor) -> None:
    evil = '<script>alert(1)</script>"><img src=x onerror=alert(1)>'
    cell = evil.replace('"', "")
    rows = f"Name,Email,Event Date,Event Title\r\n{cell},x{cell}@,01/25/2026,T\r\n"
    here = visitor.add(f"{evil.replace('/', '')}.csv", rows.encode())
    for page in (visitor.get(here).text, visitor.get(f"{here}/send").text, visitor.get(visitor.url).text):
        assert "<script>" not in page
        assert "<img" not in page
        assert "&lt;script&gt;" in page


@pytest.mark.parametrize(
    ("choices", "says"),
    [
        ({"rules": "os:system"}, "No choice is called rules"),
        ({"clean": "/tmp/x.csv"}, "No choice is called clean"),  # noqa: S108
        ({"dateformat": "yyyy-bb"}, "yyyy-bb"),
        ({"firstrow": "perhaps"}, "Firstrow `perhaps` is not known; it is one of Y, N"),
    ],
)
def test_a_choice_is_an_option(visitor: Visitor, choices: dict[str, str], says: str) -> None:
    here = visitor.add("webinar.csv", CONTENT)
    answer = visitor.post(f"{here}/choices", {f"choice.{name}": value for name, value in choices.items()}, live=False)
    assert answer.status_code == 400
    assert says in answer.text.replace("<code>", "`").replace("</code>", "`")


def test_a_layout_that_the_file_contradicts_is_said(visitor: Visitor) -> None:
    here = visitor.add("contradicted.csv", CONTENT + ROWS[2])
    visitor.choose(here, firstrow="N", email="1", date="2", title="3", dateformat="MM/dd/yyyy")
    page = visitor.get(here)
    says = "Start page Not ready: firstrow is N, but the first row looks like a heading ( Name , Email , Event Date , "
    assert (page.status_code, text_of(page.text)[: len(says)]) == (200, says)
    assert "Rows to leave out" not in page.text


@pytest.mark.parametrize(
    ("condition", "says"),
    [
        ("Checked in=Yes", "Only rows in which Checked in is Yes Remove"),
        (" checked IN != no ", "Only rows in which Checked in is not no Remove"),
        ("2!=", "Only rows in which Checked in is not blank Remove"),
        ("a=b=c", "Only rows in which a=b is c Remove"),
    ],
)
def test_a_condition_is_said_in_plain_words(visitor: Visitor, condition: str, says: str) -> None:
    here = visitor.add("only.csv", b"Email,Event Date,Checked in,a=b\r\na@b.example,01/25/2026,Yes,c\r\n")
    visitor.choose(here, title_text="Lead `Scoring` M\u00fcller")
    assert visitor.post(f"{here}/choices", {"add.only": condition}, live=False).status_code == 303
    both = [("add.only", "Email!="), ("add.only", "a=b!=d")]
    assert visitor.post(f"{here}/choices", both, live=False).status_code == 303
    others = " Only rows in which Email is not blank Remove Only rows in which a=b is not d Remove"
    assert says + others in text_of(visitor.get(here).text)
    summary = "as MM/dd/yyyy , the title Lead `Scoring` M\u00fcller in every row. Rehearse it"
    assert summary in text_of(visitor.get(f"{here}/send").text)


@pytest.mark.parametrize(
    ("cell", "says"),
    [
        (
            b'"=""2026-01-25 14:30"""',
            'take the ="\u2026" off ="2026-01-25 14:30" is then written as 2026-01-25 14:30',
        ),
        (b"25\xe2\x80\x9301\xe2\x80\x932026", "normalize-dates The dates are then written as yyyy-MM-dd."),
    ],
)
def test_an_answer_says_how_the_dates_are_then_written(visitor: Visitor, cell: bytes, says: str) -> None:
    here = visitor.add("dates.csv", b"Email,Event Title,Join Time\r\na@b.example,T," + cell + b"\r\n")
    assert f"How are the dates written? {says} Another format" in text_of(visitor.get(here).text)


@pytest.mark.parametrize("name", ["cell.2.99", "cell.99.1", "take.2.4"])
def test_a_missing_cell_cannot_be_written(visitor: Visitor, name: str) -> None:
    here = visitor.add("webinar.csv", CONTENT)
    visitor.choose(here, dateformat="MM/dd/yyyy")
    answer = visitor.post(f"{here}/rows", {name: "x"})
    assert (answer.status_code, answer.text) == (400, "the file has no such cell\n")


def test_an_older_page_does_not_undo_what_a_newer_one_did(visitor: Visitor) -> None:
    here = visitor.add("two-tabs.csv", CONTENT + b"Gus,gus@example,01/28/2026,Webinar\r\n")
    visitor.choose(here, dateformat="MM/dd/yyyy")
    old = {"version.2": "0", "cell.2.0": "Bo", "cell.2.1": "bo@example", "cell.2.3": "Webinar"}
    visitor.post(f"{here}/rows", old | {"cell.2.1": "bo@example.com"})
    visitor.post(f"{here}/rows", old | {"cell.2.0": "Bob"})
    clean = visitor.get(f"{here}/made/clean.csv").text
    assert "Bob,bo@example.com,01/26/2026,Webinar" in clean


def test_the_bad_rows_are_a_workbook_that_can_be_checked_again(visitor: Visitor, tmp_path: Path) -> None:
    here = visitor.add("to-excel.csv", CONTENT)
    visitor.choose(here, dateformat="MM/dd/yyyy")
    visitor.post(f"{here}/rows", {"version.2": "0", "cell.2.1": "bo@example.com"})
    path = tmp_path / "bad.xlsx"
    path.write_bytes(visitor.get(f"{here}/made/bad-rows.xlsx").content)
    report = check(path, Layout(email=1, date=2, title=3, dateformat="MM/dd/yyyy"))
    assert (report.rows, report.good_rows) == (4, 0)


def counts_in(page: str) -> tuple[dict[str, int], dict[str, int]]:
    """The numbers of the tiles and of the tabs of a page, or of parts of one, by name."""
    tiles = re.findall("<dt>([^<]+)</dt><dd>([0-9]+)</dd>", page)
    tabs = re.findall('<a href="[?]state=[^>]+>([^<]+) <small>([0-9]+)</small>', page)
    return {name: int(number) for name, number in tiles}, {name: int(number) for name, number in tabs}


def test_each_number_of_rows_has_one_name_and_is_up_to_date(visitor: Visitor) -> None:
    names = ["Al <al@b.example>", "Bo <bo@b.example>", "cy@b", "di@b.example", "ed@b", "flo@b.example"]
    rows = "".join(f"{name},01/2{i}/2026,T,{'No' if 'di' in name else 'Yes'}\r\n" for i, name in enumerate(names))
    here = visitor.add("counts.csv", f"Email,Event Date,Event Title,Came\r\n{rows}".encode())
    assert visitor.post(f"{here}/choices", {"add.only": "Came=Yes"}, live=False).status_code == 303
    page = visitor.get(here).text
    tabs = {"Bad rows": 4, "Changed": 0, "Taken out": 0}
    assert counts_in(page) == ({"To send": 1, "Left out": 1, **tabs}, tabs)
    assert "display-name takes the name and the angle brackets off Jo <jo@example.com> : 2 changes" in text_of(page)
    for fields, sent, left_out, *now in [
        ({"cell.1.0": "al@b.example"}, 2, 1, 3, 1, 0, 1),
        ({"cell.3.0": "cy@c"}, 2, 1, 3, 2, 0, 1),
        ({"out": "5"}, 2, 1, 2, 2, 1, 1),
        ({"out": "2"}, 2, 1, 1, 2, 2, 0),
        ({"cell.6.3": "No"}, 1, 2, 1, 3, 2, 0),
        ({"back": "2"}, 1, 2, 2, 3, 1, 1),
    ]:
        parts = visitor.post(f"{here}/rows", fields).json()["parts"]
        tabs = dict(zip(tabs, now, strict=False))
        assert counts_in(parts["verdict"] + parts["tabs"]) == ({"To send": sent, "Left out": left_out, **tabs}, tabs)
        assert f": {now[-1]} change" in parts["fix-display-name"]
        page = visitor.get(here).text
        assert counts_in(page) == ({"To send": sent, "Left out": left_out, **tabs}, tabs)
        assert ("display-name takes" in text_of(page)) is bool(now[-1])
    says = "checked again, with your changes. Not sent: 2 bad rows; 2 rows left out; 1 row taken out. 1 title"
    assert says in text_of(visitor.get(f"{here}/send").text)
    assert "4 rows changed or taken out" in visitor.get(visitor.url).text


TEXTS = st.text(
    st.one_of(
        st.sampled_from(list("aB1@./-,\"';\n =\ufeff\u00a0é")),
        st.characters(exclude_categories=["Cs"], exclude_characters="\r\0"),
    ),
    max_size=12,
)
DONE = st.one_of(
    st.tuples(st.just("cell"), st.integers(1, 7), st.integers(0, 3), TEXTS),
    st.tuples(st.just("cell"), st.integers(1, 7), st.just(1), st.sampled_from(["x@example.com", "x@", ""])),
    st.tuples(st.just("cell"), st.integers(1, 7), st.just(2), st.sampled_from(["01/29/2026", "02/29/2026"])),
    st.tuples(st.just("out"), st.integers(1, 7), st.just(0), st.just("")),
    st.tuples(st.just("back"), st.integers(1, 7), st.just(0), st.just("")),
)


@settings(max_examples=8)
@given(done=st.lists(DONE, min_size=1, max_size=8))
def test_the_clean_file_equals_a_check_of_the_mended_file_whatever_is_typed(
    server: Server, tmp_path_factory: pytest.TempPathFactory, done: list[tuple[str, int, int, str]]
) -> None:
    visitor, folder = Visitor(server.url), tmp_path_factory.mktemp("mended")
    visitor.post(f"{visitor.add('typed.csv', CONTENT)}/forget", {}, live=False)  # files of an example that failed
    here = visitor.add("typed.csv", CONTENT)
    visitor.choose(here, dateformat="MM/dd/yyyy")
    now: dict[int, list[str] | None] = {}
    for kind, row, place, text in done:
        name, value = (f"cell.{row}.{place}", text.replace("\n", "\r\n")) if kind == "cell" else (kind, str(row))
        assert visitor.post(f"{here}/rows", {"version." + str(row): "", name: value}).status_code == 200
        if kind == "cell" and text != _source(row)[place]:
            now[row] = [*(now.get(row) or _source(row))]
            now[row][place] = text  # type: ignore[index]
        elif kind != "cell":
            now[row] = None
            if kind == "back":
                del now[row]
    mended, clean = folder / "mended.csv", folder / "clean.csv"
    mended.write_bytes(HEADING + b"".join(_written(row, now) for row in range(1, len(ROWS) + 1)))
    report = check(mended, LAYOUT, clean=clean)
    answer = visitor.get(f"{here}/made/clean.csv")
    assert list(csv.reader(io.StringIO(answer.content.decode(), newline=""))) == list(
        csv.reader(io.StringIO(clean.read_bytes().decode(), newline=""))
    )
    assert f"<dt>To send</dt><dd>{report.good_rows}</dd>" in visitor.get(here).text


def _source(row: int) -> list[str]:
    """The cells of a row as shown by the page; those of a malformed one as far as they can be told apart."""
    cells = next(csv.reader([ROWS[row - 1].decode()]), [])
    return (cells + [""] * 4)[:4]


def _written(row: int, now: dict[int, list[str] | None]) -> bytes:
    """A row of the mended file, written by the standard library if it was changed."""
    if row not in now:
        return ROWS[row - 1] + b"\r\n"
    if (cells := now[row]) is None:
        return b""
    text = io.StringIO(newline="")
    csv.writer(text).writerow(cells)
    return text.getvalue().encode()


def test_a_killed_server_loses_no_mended_cell(tmp_path: Path, rehearsal: Rehearsal) -> None:
    source = tmp_path / "webinar.csv"
    source.write_bytes(CONTENT)
    with PageCommand(tmp_path, rehearsal.url, str(source)) as command:
        visitor, here = Visitor(command.url), command.url
        visitor.choose(here, dateformat="MM/dd/yyyy")
        visitor.post(f"{here}/rows", {"version.2": "0", "cell.2.1": "bo@example.com"})
        visitor.post(f"{here}/rows", {"all": "date-year"})
        visitor.post(f"{here}/rows", {"out": "6"})
        command.kill()
        command.again()
        visitor, here = Visitor(command.url), command.url
        page = visitor.get(here).text
        assert "<dt>To send</dt><dd>4</dd>" in page
        assert "<dt>Changed</dt><dd>2</dd>" in page
        assert "<dt>Taken out</dt><dd>1</dd>" in page
        assert visitor.get(f"{here}/made/clean.csv").text.count("\n") == 5
        assert TOKEN not in page + visitor.get(f"{here}/send").text
        code, said = command.interrupt()
    assert source.read_bytes() == CONTENT
    assert code == 0
    assert said.endswith("while this command runs; Ctrl-C ends it\n")
    for kept in (tmp_path / "data").rglob("*"):
        assert not kept.is_file() or TOKEN.encode() not in kept.read_bytes()


def form_to_send(visitor: Visitor, here: str, rows: int) -> dict[str, str]:
    """The completed form that sends a file's rows."""
    page = visitor.get(f"{here}/send").text
    return {
        "number": page.split('name="number" value="')[1].split('"')[0],
        "rows": str(rows),
        "destination": "Webinars",
        "customeventaction": "CUSTOM_ATTENDED",
        "filename": "once.csv",
        "how": "send",
        "confirmed": str(rows),
    }


def test_neither_one_form_nor_two_pages_send_twice(tmp_path: Path, rehearsal: Rehearsal) -> None:
    content = CONTENT + b"Hal,hal@example.com,01/29/2026,Once\r\n"
    before = rehearsal.received
    with served(tmp_path, rehearsal) as one, served(tmp_path, rehearsal) as other:
        told: list[tuple[int, str]] = []
        for server in (one, one, other):
            visitor = Visitor(server.url)
            here = visitor.add("once.csv", content)
            visitor.choose(here, dateformat="MM/dd/yyyy")
            form = form_to_send(visitor, here, 3)
            wrong = visitor.post(f"{here}/send", form | {"confirmed": "4"}, live=False)
            assert wrong.status_code == 409
            assert "type the number of rows, 3, to confirm" in wrong.text
            for _ in range(2):
                answer = visitor.post(f"{here}/send", form, live=False)
                told.append((answer.status_code, ""))
                job = visitor.job(here)
            told.append((0, job["parts"]["job"]))
    assert [code for code, _ in told] == [303, 409, 0, 303, 409, 0, 303, 409, 0]
    assert "Confirmed: all 3 rows were appended. Nothing more to do." in told[2][1]
    assert "These rows were sent already, on " in told[5][1]
    assert "(upload 1, confirmed).</p>" in told[8][1]
    assert rehearsal.received == before + 1


def test_preflight_finds_the_page_by_its_entry_point_and_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    (entry,) = project["entry-points"]["preflight.page"].items()
    found = EntryPoint(*entry, group="preflight.page")
    served: list[object] = []
    monkeypatch.setattr(Server, "run", lambda self: served.append(Visitor(self.url).root))
    monkeypatch.setattr("importlib.metadata.entry_points", lambda group: [found] if group == found.group else [])
    source = tmp_path / "webinar.csv"
    source.write_bytes(CONTENT)
    assert preflight(["open", str(source), "--no-browser"]) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"{served[0]}/files/")
    monkeypatch.setattr("importlib.metadata.entry_points", lambda group: [])
    assert preflight(["open"]) == 2
    assert capsys.readouterr().err == (
        "preflight: the page is not installed; in the folder that preflight was installed from, run: "
        "pipx install --force '.[page]'\n"
    )
    monkeypatch.setattr("importlib.metadata.entry_points", lambda group: [found])
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    assert preflight(["open"]) == 2
    assert "pipx install --force '.[page]'" in capsys.readouterr().err


def test_a_page_that_cannot_be_served_is_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert uploader(["open", "--no-browser", f"--port={port}"]) == 2
        assert capsys.readouterr().err == (
            f"uploader: cannot listen on 127.0.0.1:{port}: Address already in use; choose another --port\n"
        )
    assert uploader(["open", str(tmp_path / "none.csv"), "--no-browser"]) == 2
    assert capsys.readouterr().err == f"uploader: `{tmp_path}/none.csv` does not exist\n"


@pytest.mark.parametrize("broken_off", [False, True])
def test_ctrl_c_waits_for_a_send_and_a_second_one_interrupts_it(
    broken_off: bool, tmp_path: Path, scripted: type[ScriptedServer], http: Http, accepted: bytes
) -> None:
    """The endpoint has the upload, and answers when the page's command was interrupted."""
    arrived, answered = threading.Event(), threading.Event()

    def hold(connection: socket.socket) -> None:
        arrived.set()
        assert answered.wait(LONGEST)
        connection.sendall(accepted)

    ended = http(200, {"status": "success", "details": {"status": "OK", "appendCount": 1, "rejectedCount": 0}})
    with scripted(hold, ended) as endpoint, PageCommand(tmp_path, endpoint.url) as command:
        visitor = Visitor(command.url)
        here = visitor.add("once.csv", HEADING + ROWS[0] + b"\r\n")
        visitor.choose(here, dateformat="MM/dd/yyyy")
        assert visitor.post(f"{here}/send", form_to_send(visitor, here, 1), live=False).status_code == 303
        assert arrived.wait(LONGEST)
        assert command.process.stderr is not None
        command.process.stderr.readline()
        command.process.send_signal(signal.SIGINT)
        waits = "uploader: a file is being sent: waiting for its end; Ctrl-C once more interrupts it\n"
        assert command.process.stderr.readline() == waits
        if broken_off:
            code, said = command.interrupt()
            told = "interrupted: something may have been sent; see `uploader history`"
            assert (code, said) == (4, f"uploader: {told}\n")
            answered.set()
        else:
            answered.set()
            code, said = command.process.wait(LONGEST), command.process.stderr.read()
            assert (code, said) == (0, "")
    with Ledger(tmp_path / "data" / "touchpoint-preflight" / "ledger.sqlite3") as ledger:
        (entry,) = ledger.entries()
    assert entry.outcome == ("in-doubt" if broken_off else "confirmed")
    with PageCommand(tmp_path, endpoint.url) as command:  # an interrupted send is not taken for an ended one
        job = Visitor(command.url).get(command.url.rstrip("/") + here.removeprefix(visitor.root) + "/job").json()
        assert ("Outcome unknown" in job["parts"]["job"]) is broken_off
