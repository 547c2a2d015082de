"""Parts of a clean file: cut between records, each with the heading, together all of it, none larger than allowed."""

from __future__ import annotations

import csv
import io
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from preflight import Layout, check
from preflight.engine import cleanfile
from tests.uploader.counting_server import CountingServer
from uploader import AlreadySentError, Client, Ledger, NotSentError, send
from uploader.preparing.cutting import CleanRecords

LAYOUT = Layout(email=0, date=1, title=2, note=3, dateformat="MM/dd/yyyy", firstrow="Y")
HEADING = b"Email,Date,Title,Note\n"
NOTES = st.text("a,\"\n \r'ü", max_size=12)


def records_of(folder: Path, content: bytes) -> CleanRecords:
    source, clean = folder / "events.csv", folder / "clean.csv"
    source.write_bytes(content)
    report = check(source, LAYOUT, clean=clean)
    assert report.ok
    return CleanRecords(clean, report)


def file_of(notes: list[str], line_end: str = "\n", last: bool = True) -> bytes:
    text = io.StringIO()
    rows = ([f"jo{i}@example.com", "01/25/2023", "A", note] for i, note in enumerate(notes))
    csv.writer(text, lineterminator=line_end, quoting=csv.QUOTE_NONNUMERIC).writerows(rows)
    data = text.getvalue().encode()
    return HEADING.replace(b"\n", line_end.encode()) + (data if last else data.removesuffix(line_end.encode()))


@settings(deadline=None, max_examples=40)
@given(
    notes=st.lists(NOTES, min_size=1, max_size=20),
    line_end=st.sampled_from(["\n", "\r\n"]),
    last=st.booleans(),
    room=st.integers(60, 300),
    block=st.sampled_from([30, 64, 4 << 20]),
)
def test_parts_are_the_file_again(notes: list[str], line_end: str, last: bool, room: int, block: int) -> None:
    content = file_of(notes, line_end, last)
    heading = content[: len(HEADING) + len(line_end) - 1]
    with tempfile.TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        patch.setattr(cleanfile, "BLOCK", block)
        folder = Path(name)
        records = records_of(folder, content)
        max_bytes = len(heading) + room
        spans, bodies = records.cut(max_bytes, len(notes)), []
        assert [span.first for span in spans] == [sum(span.rows for span in spans[:i]) for i in range(len(spans))]
        for span in spans:
            records.write(span, folder / "part.csv")
            part = (folder / "part.csv").read_bytes()
            assert part.startswith(heading)
            assert len(part) <= max_bytes
            assert check(folder / "part.csv", LAYOUT).bad_rows == 0
            bodies.append(part[len(heading) :])
        assert heading + b"".join(bodies) == content
        # As few parts as there can be: none could have had the next one's first record, too.
        whole = [list(csv.reader(io.StringIO(body.decode(), newline=""))) for body in bodies]
        assert sum(map(len, whole)) == len(notes)
        assert [len(rows) for rows in whole] == [span.rows for span in spans]
        assert all(whole)


@settings(deadline=None, max_examples=40)
@given(notes=st.lists(NOTES, min_size=1, max_size=12), data=st.data(), block=st.sampled_from([30, 4 << 20]))
def test_the_wanted_records_are_written_and_no_others(notes: list[str], data: Any, block: int) -> None:
    content = file_of(notes)
    wanted = data.draw(st.lists(st.booleans(), min_size=len(notes), max_size=len(notes)))
    with tempfile.TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        patch.setattr(cleanfile, "BLOCK", block)
        records = records_of(Path(name), content)
        records.write_wanted(np.array(wanted), Path(name) / "rest.csv")
        written = (Path(name) / "rest.csv").read_bytes().decode()
    emails = [row[0] for row in csv.reader(io.StringIO(written, newline=""))][1:]
    assert emails == [f"jo{i}@example.com" for i, keep in enumerate(wanted) if keep]


def test_a_file_that_fits_is_one_part(tmp_path: Path) -> None:
    records = records_of(tmp_path, file_of(["a", "b"]))
    assert len(records.cut(len(file_of(["a", "b"])), 2)) == 1
    assert len(records.cut(len(file_of(["a", "b"])) - 1, 2)) == 2


def test_a_record_that_no_part_can_take_is_named(tmp_path: Path) -> None:
    records = records_of(tmp_path, file_of(["a", "b" * 100, "c"]))
    with pytest.raises(NotSentError) as caught:
        records.cut(100, 3)
    assert str(caught.value) == (
        "nothing was sent: row 2 alone is larger than 100 bytes with its heading; shorten it, or raise `max_bytes`"
    )


TOLD = Layout(email="Email", date="Date", title="Title", dateformat="MM/dd/yyyy")
AS = {"destination": "Webinars", "customeventaction": "CUSTOM_ATTENDED"}


class Interleaved(Client):
    """Has other things happen between the looking up of a file's rows and its upload: once, when it lists events."""

    between: Any = None

    def custom_events(self, **how: Any) -> list[str] | None:
        happens, self.between = self.between, None
        if happens:
            happens()
        return super().custom_events(**how)


@pytest.mark.parametrize("max_bytes", [1_000, 60])
def test_rows_that_another_upload_brings_meanwhile_are_counted(
    counting: CountingServer, tmp_path: Path, max_bytes: int
) -> None:
    rows = [f"{name}@x.com,01/25/2023,A\n" for name in ("al", "bo", "cy")]
    one, other, disjoint = (tmp_path / f"{name}.csv" for name in ("one", "other", "disjoint"))
    for path, chosen in ((one, rows), (other, [rows[1], "di@x.com,01/25/2023,A\n", rows[0]]), (disjoint, [rows[2]])):
        path.write_text("Email,Date,Title\n" + "".join(chosen), encoding="utf-8")
    with Ledger(tmp_path / "ledger.sqlite3") as ledger, Ledger(ledger.path) as of_another:
        client = Interleaved("t", base_url=counting.url)
        sends: dict[str, Any] = {"client": Client("t", base_url=counting.url), "ledger": of_another, **AS}
        client.between = lambda: send(other, TOLD, **sends)
        with pytest.raises(AlreadySentError) as refused:
            send(one, TOLD, client=client, ledger=ledger, max_bytes=max_bytes, **AS)
        told = "2 rows are" if max_bytes > 60 else "1 row is"  # the first part has one row
        assert f"{told} in an upload to the same place that began meanwhile; send once more" in str(refused.value)
        fresh = tmp_path / "fresh.csv"
        fresh.write_text("Email,Date,Title\nflo@x.com,01/25/2023,A\n", encoding="utf-8")
        client.passed_destinations.clear()
        client.between = lambda: send(disjoint, TOLD, **sends)
        assert send(fresh, TOLD, client=client, ledger=ledger, **AS).complete
    assert sorted(row[0] for upload in counting.arrived for row in upload.rows) == sorted(
        f"{name}@x.com" for name in ("al", "bo", "cy", "di", "flo")
    )


def test_titles_beyond_those_that_a_report_lists_are_known_afterwards(
    counting: CountingServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("preflight.evidence.titles.MOST_TITLES", 2)
    file = tmp_path / "events.csv"
    rows = [f"{name}@x.com,01/25/2023,{title}\n" for name, title in zip(("al", "bo", "cy", "di"), "ABCD", strict=True)]
    file.write_text("Email,Date,Title\n" + "".join(rows), encoding="utf-8")
    with Ledger(tmp_path / "ledger.sqlite3") as ledger:
        done = send(file, TOLD, client=Client("t", base_url=counting.url), ledger=ledger, **AS)
        assert (done.complete, done.report.titles.unlisted) == (True, 2)
        (entry,) = ledger.entries()
        assert ledger.known_titles(entry.place) == frozenset("ABCD")
