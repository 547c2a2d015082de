"""Decisions on the page about uploads that are not confirmed, and the words of its messages."""

from __future__ import annotations

import html
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.uploader.pageserver import PageCommand, Visitor, text_of
from uploader.page.fields import on_page
from uploader.rehearsal.server import Rehearsal

HEADING = b"Email,Event Date,Event Title\r\n"
CONTENT = HEADING + b"a@b.example,01/25/2026,T\r\nc@d.example,01/26/2026,T\r\nx@y.example,01/20/2026,U\r\n"


def sent(visitor: Visitor, name: str = "web.csv", content: bytes = CONTENT) -> tuple[str, str]:
    """Send a file of three rows; returns the URL of its page to send, and the text of that page afterwards."""
    here = f"{visitor.add(name, content)}/send"
    page = visitor.get(here).text
    form = {"number": page.split('name="number" value="')[1].split('"')[0], "rows": "3", "confirmed": "3"}
    form |= {"destination": "Webinars", "customeventaction": "CUSTOM_ATTENDED", "how": "send"}
    assert visitor.post(here, form, live=False).status_code == 303
    visitor.job(here.removesuffix("/send"))
    return here, text_of(visitor.get(here).text)


def decided(visitor: Visitor, here: str, **form: str) -> tuple[int, str]:
    """Decide about upload 1 on a file's page; returns the status and the text of the answer."""
    form |= {"back": here.rsplit("/", 2)[1]}
    answer = visitor.post(f"{visitor.root}/uploads/1", form, live=False)
    return answer.status_code, text_of(answer.text)


def test_a_job_that_rejected_rows_is_accepted_on_the_page(tmp_path: Path) -> None:
    with Rehearsal(faults=["job:rejects=1"]) as server, PageCommand(tmp_path, server.url) as command:
        visitor = Visitor(command.url)
        here, page = sent(visitor)
        assert "Act-On did not take every row" in page
        assert "One upload needs a decision" in page
        assert "1 of the 3 rows sent was rejected, 2 appended." in page
        assert "accept it below as it is." in page
        assert "Accept it as it is" in page
        assert "It did not arrive" not in page
        assert "uploader settle" not in page
        assert "Upload 1 : 3 rows of web.csv to Webinars" in text_of(visitor.get(visitor.url).text)
        status, page = decided(visitor, here, how="sent")
        assert (status, "Nothing was changed: look in Act-On first, and confirm that you did." in page) == (409, True)
        status, page = decided(visitor, here, how="not-sent", looked="yes")
        assert (status, "Act-On appended 2 rows of upload 1, so it was sent" in page) == (409, True)
        status, page = decided(visitor, here, how="sent", looked="yes")
        assert (status, "You said that upload 1 arrived: its rows are not sent again." in page) == (200, True)
        assert "needs a decision" not in page
        assert "Decided" in page
        assert "You said that upload 1 arrived" in text_of(visitor.get(here).text)
        assert "needs a decision" not in text_of(visitor.get(visitor.url).text)


def test_an_upload_in_doubt_that_did_not_arrive_can_be_sent_again(tmp_path: Path) -> None:
    with Rehearsal(faults=["upload:reset-before,times=1"]) as server, PageCommand(tmp_path, server.url) as command:
        visitor = Visitor(command.url)
        here, page = sent(visitor)
        assert "It may have arrived" in page
        assert "look in Act-On, then say below whether upload 1 arrived." in page
        _, page = sent(visitor)
        assert "Nothing was sent These rows may have arrived already" in page
        assert "look in Act-On, then say below whether upload 1 arrived. One upload" in page
        status, page = decided(visitor, here, how="not-sent", looked="yes")
        assert (status, "You said that upload 1 did not arrive: its rows can be sent again." in page) == (200, True)
        assert "What you decided about 1 upload Upload 1 :" in page
        assert "It did not arrive after all" not in page
        status, page = decided(visitor, here, how="sent", looked="yes")  # decided otherwise
        assert (status, "You said that upload 1 arrived: its rows are not sent again." in page) == (200, True)
        assert "It did not arrive after all then its rows can be sent again" in page
        assert "3 rows sent to Webinars as CUSTOM_ATTENDED, " in page
        assert "It did not arrive after all" in text_of(visitor.get(visitor.url).text)
        assert decided(visitor, here, how="not-sent", looked="yes")[0] == 200
        assert "Confirmed: all 3 rows were appended." in sent(visitor)[1]
        assert server.received == 1


def test_what_was_sent_is_not_ready_to_be_sent(tmp_path: Path) -> None:
    with Rehearsal() as server, PageCommand(tmp_path, server.url) as command:
        visitor = Visitor(command.url)
        content = CONTENT + b"q@y,01/20/2026,U\r\n"
        here, page = sent(visitor, content=content)
        at, again = here.removesuffix("/send"), "Send the file to another custom event, or as another action"
        assert "3 rows sent to Webinars as CUSTOM_ATTENDED, " in page
        assert "To the same custom event as the same action they are not sent again." in page
        assert again in page
        page = text_of(visitor.get(at).text)
        assert "Sent to Webinars as CUSTOM_ATTENDED, " in page
        assert "1 bad row stayed here: mend it below, and send what was not sent before. Sent 3 " in page
        assert "See what was sent" in page
        assert "Review and send" not in page
        assert visitor.post(f"{at}/rows", {"row": "4", "cell.4.0": "q@y.example"}).status_code == 200
        assert "Ready: all 4 rows may be sent. To send 4 " in text_of(visitor.get(at).text)
        page = visitor.get(here).text
        assert 'name="only_new" value="yes" checked' in page
        assert again not in page
        assert "4 rows to send" in text_of(page)
        assert "Those of 4 rows that were not sent before will go to Act-On" in text_of(page)
        assert "Nothing more to do" not in page


def test_a_new_ledger_takes_more_than_one_file(tmp_path: Path) -> None:
    ledger = str(tmp_path / "ledger.sqlite3")
    with Rehearsal() as server, PageCommand(tmp_path, server.url, "--ledger", ledger, "--new-ledger") as command:
        visitor = Visitor(command.url)
        for name, content in (("one.csv", CONTENT), ("two.csv", CONTENT.replace(b"2026", b"2025"))):
            assert "Confirmed: all 3 rows were appended." in sent(visitor, name, content)[1]


def test_what_a_send_lacks_is_said_before_the_form_is_filled_in(tmp_path: Path) -> None:
    nobody = "http://127.0.0.1:9"  # which is not asked
    with PageCommand(tmp_path, nobody, token="") as command:
        visitor = Visitor(command.url)
        here = visitor.add("web.csv", HEADING + b"a@b.example;c@d.example,01/25/2026,T\r\nx@y.example,01/20/2026,U\r\n")
        kept = "Keep one address in the cell. The page adds no rows: to send the others too, add a row for each to the "
        assert f"{kept}file itself, and choose it again. Show it" in text_of(visitor.get(here).text)
        assert (
            "Destination and action You can rehearse now, and send later. No access token for "
            f"127.0.0.1:9: log in with uploader login --base-url {nobody} , or set "
            "ACTON_ACCESS_TOKEN; \u201cRehearse it\u201d tries everything without an account. The custom event"
        ) in text_of(visitor.get(f"{here}/send").text)


def test_a_refused_token_says_how_to_log_in_on_the_page(tmp_path: Path) -> None:
    with Rehearsal(faults=["list:expired"]) as server, PageCommand(tmp_path, server.url) as command:
        page = sent(Visitor(command.url))[1]
    assert (
        "the token is wrong or has expired (it lives an hour): end this page in the window of its command, set a new "
        "one in ACTON_ACCESS_TOKEN, or leave that unset and log in with uploader login , which renews it; then open it "
        "again."
    ) in page


def test_pages_do_not_wait_for_a_locked_ledger(tmp_path: Path) -> None:
    with Rehearsal() as server, PageCommand(tmp_path, server.url) as command:
        visitor = Visitor(command.url)
        here, _ = sent(visitor)
        ledger = tmp_path / "data" / "touchpoint-preflight" / "ledger.sqlite3"
        with closing(sqlite3.connect(ledger, isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            page = text_of(visitor.get(visitor.url).text)
            assert "3 rows sent to Webinars as CUSTOM_ATTENDED, " in text_of(visitor.get(here).text)
    locked = "cannot be used: another program keeps it locked; wait for its end, then try again."
    assert f"The ledger {ledger} {locked}" in page


def test_a_file_whose_copy_was_removed_is_chosen_again(tmp_path: Path) -> None:
    with Rehearsal() as server, PageCommand(tmp_path, server.url) as command:
        visitor = Visitor(command.url)
        here = visitor.add("web.csv", CONTENT)
        assert visitor.get(here).status_code == 200
        for copy in tmp_path.rglob("source.csv"):
            copy.unlink()
        for path in (here, f"{here}/send"):
            answer = visitor.get(path)
            assert answer.status_code == 404
            assert "There is no such file here any more. Choose it again." in answer.text
        assert visitor.get(visitor.add("web.csv", CONTENT)).status_code == 200


def test_a_file_that_is_no_text_offers_no_way_to_read_it(tmp_path: Path) -> None:
    with Rehearsal() as server, PageCommand(tmp_path, server.url) as command:
        visitor = Visitor(command.url)
        page = visitor.get(visitor.add("photo.csv", bytes(range(256)) * 9)).text
    assert "It cannot be read photo.csv is binary data, not CSV text; export the data as CSV" in text_of(page)
    assert "<details>\n<summary>Change how it is read" in page


def test_the_end_of_a_job_is_asked_for_on_the_page(tmp_path: Path) -> None:
    with Rehearsal(faults=["status:404,times=2"]) as server, PageCommand(tmp_path, server.url) as command:
        visitor = Visitor(command.url)
        here, page = sent(visitor)
        assert "Sent, and its end is not known" in page
        assert "Do not send again; ask below for the end of its job; if that never says, look in Act-On" in page
        assert "Ask Act-On for its end" in page
        assert "uploader status" not in page
        assert "Upload 1 is not confirmed yet: " in decided(visitor, here, how="ask")[1]
        status, page = decided(visitor, here, how="ask")
        assert (status, "Upload 1 is confirmed: all of its 3 rows arrived." in page) == (200, True)
        assert "needs a decision" not in page
        assert decided(visitor, here, how="ask")[0] == 409


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("title", "", "“Title column”"),
        ("encoding", "cp1252", "“Encoding” `cp1252`"),
        ("firstrow", "N", "“The first row is” data (N)"),
        ("fix", "blanks", "“What can be mended automatically” `blanks`"),
        ("max_bytes", "", "`--max-bytes` of `uploader send`"),
    ],
)
def test_the_page_names_its_own_fields(name: str, value: str, says: str) -> None:
    assert on_page(name, value) == says


def test_the_messages_of_the_page_name_its_fields(tmp_path: Path) -> None:
    with Rehearsal() as server, PageCommand(tmp_path, server.url) as command:
        visitor = Visitor(command.url)
        asked = visitor.get(visitor.add("open.csv", b"Email,When,A,B\na@b.example,2026-03-04,Tea,Talk\n")).text
        assert "name the event's title with “Title column”" in text_of(asked)
        here = visitor.add("dates.csv", CONTENT + b"z@y.example,12/31/9999,U\r\n")
        page = text_of(visitor.get(here).text)
        assert "name the oldest with “Warn of dates before” or the newest with “Warn of dates after”." in page
        report = text_of(visitor.get(f"{here}/made/report.html").text)
        assert "preflight check" not in report
        assert "check(" not in report


def test_the_columns_that_are_sent_stand_first_and_another_encoding_is_read_by_one_click(tmp_path: Path) -> None:
    rows = "Company;Owner;Email;Day;Event\nMüller;Jo;a@b;25.01.2026;Zoë\n"
    with Rehearsal() as server, PageCommand(tmp_path, server.url) as command:
        visitor = Visitor(command.url)
        here = visitor.add("latin.csv", rows.encode("cp1252"))
        page = visitor.get(here).text
        assert "It looks like: text in cp1252" in text_of(page)
        value = html.unescape(page.split('name="answer.export" value="')[1].split('"')[0])
        assert value == '{"encoding": "cp1252"}'
        assert visitor.post(f"{here}/choices", {"answer.export": value}, live=False).status_code == 303
        page = visitor.get(here).text
        labels = re.findall('aria-label="Row 1, ([^"]+)"', page)
        assert labels == ["Email", "Day", "Event", "Company", "Owner"]
        values = dict(re.findall(r'name="cell\.1\.(\d)" value="([^"]*)"', page))
        assert values == {"0": "Müller", "1": "Jo", "2": "a@b", "3": "25.01.2026", "4": "Zoë"}
