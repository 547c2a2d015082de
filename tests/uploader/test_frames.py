"""A DataFrame is sent as a CSV file, once, and the ledger recognizes it as that."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from preflight import Layout
from preflight.errors import LayoutError
from tests.uploader.counting_server import CountingServer
from uploader import AlreadySentError, Client, Delivery, Ledger, Outcome, send

LAYOUT = Layout(email="Email", date="Date", title="Title", dateformat="MM/dd/yyyy")
ROWS = [
    ("ann@example.com", "01/20/2023", "Webinar A"),
    ("bob@example.com", "01/21/2023", 'Webinar "B", at noon'),
    ("cem@example.com", "01/22/2023", "Webinar A"),
]


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger(tmp_path / "ledger.sqlite3") as ledger:
        yield ledger


@pytest.fixture
def frame() -> pd.DataFrame:
    return pd.DataFrame(ROWS, columns=["Email", "Date", "Title"])


def sent(file: Any, server: CountingServer, ledger: Ledger, layout: Layout = LAYOUT, **options: Any) -> Delivery:
    client = Client("made-up-token", base_url=server.url)
    named = {"destination": "Webinars", "customeventaction": "CUSTOM_ATTENDED", **options}
    return send(file, layout, client=client, ledger=ledger, **named)


@pytest.mark.parametrize("dtype", ["object", "string", "category", "string[pyarrow]"])
def test_a_frame_is_sent_as_its_file_is(
    frame: pd.DataFrame, counting: CountingServer, ledger: Ledger, tmp_path: Path, dtype: Any
) -> None:
    delivery = sent(frame.astype(dtype).set_axis([7, 7, 7]), counting, ledger)
    assert delivery.outcome is Outcome.CONFIRMED
    (upload,) = counting.arrived
    assert (upload.rows, upload.heading, upload.form["filename"]) == (ROWS, ("Email", "Date", "Title"), "DataFrame")
    assert (upload.form["dateformat"], upload.form["titlecount"]) == ("MM/dd/yyyy", "2")
    (entry,) = ledger.entries()
    assert (entry.filename, entry.rows, entry.outcome) == ("DataFrame", 3, Outcome.CONFIRMED)
    assert delivery.report.good.index.tolist() == [7, 7, 7]
    file = tmp_path / "events.csv"
    frame.to_csv(file, index=False)
    with pytest.raises(AlreadySentError, match=r"^nothing was sent: these rows were sent already") as caught:
        sent(file, counting, ledger)
    assert "; `again` sends them once more, and they count twice" in str(caught.value)


def test_rows_of_a_file_are_left_out_of_a_frame(
    frame: pd.DataFrame, counting: CountingServer, ledger: Ledger, tmp_path: Path
) -> None:
    file = tmp_path / "events.csv"
    frame.iloc[:2].to_csv(file, index=False)
    assert sent(file, counting, ledger).outcome is Outcome.CONFIRMED
    with pytest.raises(
        AlreadySentError, match=r"2 of 3 rows were sent before .*; `only_new` sends the other 1, `again`"
    ):
        sent(frame, counting, ledger)
    delivery = sent(frame, counting, ledger, only_new=True, filename="more.csv")
    assert (delivery.outcome, delivery.rows_sent) == (Outcome.CONFIRMED, 1)
    assert [upload.form["filename"] for upload in counting.arrived] == ["events.csv", "more.csv"]
    assert counting.emails() == [email for email, *_ in ROWS]


def test_dates_need_no_format_and_bad_rows_are_named_by_their_index(
    frame: pd.DataFrame, counting: CountingServer, ledger: Ledger
) -> None:
    frame["Date"] = pd.to_datetime(frame["Date"], format="%m/%d/%Y")
    frame.loc[1, "Email"] = "nobody"
    layout = Layout(email="Email", date="Date", title="Title")
    delivery = sent(frame, counting, ledger, layout)
    assert (delivery.outcome, delivery.reason) == (Outcome.BAD_ROWS, "1 of 3 rows is bad")
    assert frame[~delivery.report.good]["Email"].tolist() == ["nobody"]
    assert sent(frame, counting, ledger, layout, drop_bad_rows=True).outcome is Outcome.CONFIRMED
    (upload,) = counting.arrived
    assert [row[1] for row in upload.rows] == ["2023-01-20", "2023-01-22"]
    assert upload.form["dateformat"] == "yyyy-MM-dd"


def test_a_frame_without_labels_goes_in_parts(frame: pd.DataFrame, counting: CountingServer, ledger: Ledger) -> None:
    frame.columns = pd.RangeIndex(3)
    layout = Layout(email=0, date=1, title=2, dateformat="MM/dd/yyyy")
    assert sent(frame, counting, ledger, layout, max_bytes=60).outcome is Outcome.CONFIRMED
    assert [upload.rows for upload in counting.arrived] == [[row] for row in ROWS]
    assert [upload.form["firstrow"] for upload in counting.arrived] == ["N"] * 3
    assert [entry.filename for entry in ledger.entries()] == [f"DataFrame-part-{n}-of-3" for n in (1, 2, 3)]


def test_missing_parts_of_a_frame_must_be_given(frame: pd.DataFrame, counting: CountingServer, ledger: Ledger) -> None:
    with pytest.raises(LayoutError, match=r"^nothing was sent: `dateformat` must be given"):
        sent(frame, counting, ledger, Layout(email="Email", date="Date", title="Title"))
    with pytest.raises(LayoutError, match="`Day`"):
        sent(frame, counting, ledger, Layout(email="Email", date="Day", title="Title"))
    with pytest.raises(TypeError, match=r"^send takes a path or a DataFrame, not a BytesIO$"):
        sent(io.BytesIO(b"Email,Date,Title\n"), counting, ledger)
    assert counting.arrived == []
