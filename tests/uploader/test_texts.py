"""Texts for all rows in a send: the column indices, the parts, the titlecount, and the ledger."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from preflight import Layout, check
from uploader import AlreadySentError, Client, Outcome, send
from uploader.rehearsal.server import Rehearsal

TOLD = Layout(email="Email", title_text="Product, webinar", date_text="2026-03-14")
OF_CLEAN = Layout(email="Email", title="Event Title", date="Event Date", dateformat="yyyy-MM-dd")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "events.csv"
    path.write_text("Email,Name\n" + "".join(f"a{i}@x.com,Ana\n" for i in range(40)), encoding="utf-8")
    return path


def sent(server: Rehearsal, file: Path, layout: Layout, **options: Any) -> Any:
    to = {"destination": "Webinars", "customeventaction": "CUSTOM_ATTENDED"}
    return send(file, layout, client=Client("made-up", base_url=server.url), **to, **options)


def test_the_added_columns_are_sent(rehearsal: Rehearsal, source: Path) -> None:
    done = sent(rehearsal, source, TOLD)
    assert (done.outcome, done.rows_sent, done.job.append_count) == (Outcome.CONFIRMED, 40, 40)
    form = {name: done.sent[name] for name in ("emailcolidx", "titlecolidx", "datecolidx", "titlecount", "dateformat")}
    assert form == {
        "emailcolidx": "0",
        "titlecolidx": "2",
        "datecolidx": "3",
        "titlecount": "1",
        "dateformat": "yyyy-MM-dd",
    }
    assert "notecolidx" not in done.sent


def test_parts_have_them_and_the_title_is_new_once(rehearsal: Rehearsal, source: Path) -> None:
    done = sent(rehearsal, source, TOLD, max_bytes=500)
    assert done.outcome is Outcome.CONFIRMED
    assert len(done.uploads) > 2
    assert [upload.fields["titlecount"] for upload in done.uploads] == ["1"] + ["0"] * (len(done.uploads) - 1)
    assert sum(upload.job.append_count for upload in done.uploads) == 40


def test_a_known_title_is_not_new(rehearsal: Rehearsal, source: Path) -> None:
    assert sent(rehearsal, source, TOLD, known_titles=["Product, webinar"]).sent["titlecount"] == "0"


def test_the_ledger_recognizes_the_rows_however_their_text_was_given(
    rehearsal: Rehearsal, source: Path, tmp_path: Path
) -> None:
    assert sent(rehearsal, source, TOLD).outcome is Outcome.CONFIRMED
    check(source, TOLD, clean=tmp_path / "clean.csv")
    more = (tmp_path / "clean.csv").read_text(encoding="utf-8") + 'new@x.com,Jo,"Product, webinar",2026-03-14\n'
    (tmp_path / "more.csv").write_text(more, encoding="utf-8")
    with pytest.raises(AlreadySentError):
        sent(rehearsal, tmp_path / "more.csv", OF_CLEAN)
    done = sent(rehearsal, tmp_path / "more.csv", OF_CLEAN, only_new=True)
    assert (done.outcome, done.rows_sent) == (Outcome.CONFIRMED, 1)
    assert done.sent["titlecount"] == "0"
    other_day = Layout(email="Email", title_text="Product, webinar", date_text="2026-03-15")
    assert sent(rehearsal, source, other_day).rows_sent == 40


def test_rows_that_are_left_out_are_not_sent(rehearsal: Rehearsal, tmp_path: Path) -> None:
    file = tmp_path / "joins.csv"
    rows = "".join(f"a{i % 20}@x.com,{'Yes' if i % 2 else 'No'},03/14/2026 10:{59 - i:02}\n" for i in range(60))
    file.write_text(f"Email,Attended,Joined\n{rows}", encoding="utf-8")
    layout = Layout(email="Email", date="Joined", title_text="T", dateformat="MM/dd/yyyy HH:mm", only=["Attended=yes"])
    once = Layout(once_per_day=True).over(layout)
    done = sent(rehearsal, file, once, max_bytes=200)
    assert (done.outcome, done.rows_sent, done.report.left_out) == (Outcome.CONFIRMED, 10, 50)
    assert len(done.uploads) > 1
    assert sent(rehearsal, file, layout, only_new=True).rows_sent == 20
