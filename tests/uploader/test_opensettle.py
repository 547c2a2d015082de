"""Decisions on the page about uploads that are not confirmed, and the words of its messages."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest

from tests.uploader.pageserver import PageCommand, Visitor
from uploader.page.fields import on_page
from uploader.rehearsal.server import Rehearsal

HEADING = b"Email,Event Date,Event Title\r\n"
CONTENT = HEADING + b"a@b.example,01/25/2026,T\r\nc@d.example,01/26/2026,T\r\nx@y.example,01/20/2026,U\r\n"


def text_of(page: str) -> str:
    """The text of a page."""
    return " ".join(html.unescape(re.sub("<[^>]+>", " ", page.partition("<main>")[2])).split())


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
        assert "Nothing was sent Nothing was sent: these rows may have arrived already" in page
        assert "or send once more with --again of uploader send ." in page
        status, page = decided(visitor, here, how="not-sent", looked="yes")
        assert (status, "You said that upload 1 did not arrive: its rows can be sent again." in page) == (200, True)
        assert "Confirmed: all 3 rows were appended." in sent(visitor)[1]
        assert server.received == 1


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
