"""Parts of a clean file: split between records, each with the heading, complete, none larger than allowed."""

from __future__ import annotations

import csv
import hashlib
import io
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from preflight import Layout, check
from preflight.engine import cleanfile
from tests.uploader.counting_server import CountingServer
from uploader import AlreadySentError, Client, Ledger, NotSentError, UsageError, send
from uploader.model.entry import Intent, Place
from uploader.preparing.checked import Checked, Rows
from uploader.preparing.cutting import CleanRecords
from uploader.preparing.order import Order
from uploader.preparing.parts import Parts
from uploader.preparing.selection import Selection
from uploader.preparing.target import Known, target_of

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


@settings(deadline=None, max_examples=25)
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
        # As few parts as possible: no part could also hold the first record of the next.
        whole = [list(csv.reader(io.StringIO(body.decode(), newline=""))) for body in bodies]
        assert sum(map(len, whole)) == len(notes)
        assert [len(rows) for rows in whole] == [span.rows for span in spans]
        assert all(whole)


@settings(deadline=None, max_examples=40)
@given(notes=st.lists(NOTES, min_size=1, max_size=12), data=st.data(), block=st.sampled_from([30, 4 << 20]))
def test_only_the_selected_records_are_written(notes: list[str], data: Any, block: int) -> None:
    content = file_of(notes)
    wanted = data.draw(st.lists(st.booleans(), min_size=len(notes), max_size=len(notes)))
    with tempfile.TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        patch.setattr(cleanfile, "BLOCK", block)
        records = records_of(Path(name), content)
        records.write_selected(np.array(wanted), Path(name) / "rest.csv")
        written = (Path(name) / "rest.csv").read_bytes().decode()
    emails = [row[0] for row in csv.reader(io.StringIO(written, newline=""))][1:]
    assert emails == [f"jo{i}@example.com" for i, keep in enumerate(wanted) if keep]


def test_a_file_that_fits_is_one_part(tmp_path: Path) -> None:
    records = records_of(tmp_path, file_of(["a", "b"]))
    assert len(records.cut(len(file_of(["a", "b"])), 2)) == 1
    assert len(records.cut(len(file_of(["a", "b"])) - 1, 2)) == 2


def test_a_record_too_large_for_a_part_is_named(tmp_path: Path) -> None:
    records = records_of(tmp_path, file_of(["a", "b" * 100, "c"]))
    with pytest.raises(NotSentError) as caught:
        records.cut(100, 3)
    assert str(caught.value) == (
        "nothing was sent: row 2 alone is larger than 100 bytes with its heading; shorten it, or raise `max_bytes`"
    )


@pytest.mark.parametrize("max_bytes", [0, 1, len(HEADING) - 1, len(HEADING), len(HEADING) + 1])
def test_where_not_even_the_heading_fits_the_first_row_is_named(max_bytes: int, tmp_path: Path) -> None:
    records = records_of(tmp_path, file_of(["a", "b", "c"]))
    says = f"^nothing was sent: row 1 alone is larger than {max_bytes} bytes with its heading; "
    with pytest.raises(NotSentError, match=says):
        records.cut(max_bytes, 3)


TOLD = Layout(email="Email", date="Date", title="Title", dateformat="MM/dd/yyyy")
AS = {"destination": "Webinars", "customeventaction": "CUSTOM_ATTENDED"}


class Interleaved(Client):
    """A client that runs a callback between the lookup of a file's rows and its upload: when it lists events."""

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
        assert f"{told} in an upload to the same place that began meanwhile; send again" in str(refused.value)
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


def parts_of(folder: Path, titles: list[str], max_bytes: int, ledger: Ledger, **options: Any) -> Parts:
    """The parts of a file of rows with these titles."""
    source, clean = folder / "ev.ents.csv", folder / "clean.csv"
    rows = [f"jo{i}@example.com,01/25/2023,{title}\n" for i, title in enumerate(titles)]
    source.write_text("Email,Date,Title\n" + "".join(rows), encoding="utf-8")
    report = check(source, TOLD, clean=clean)
    order = Order(file=source, layout=TOLD, **{**AS, **options})
    target = target_of(order, ledger, "https://API.actonsoftware.com/", "jo")
    spans = CleanRecords(clean, report).cut(max_bytes, len(titles))
    wanted = Rows(clean, "ab" * 32, len(titles), None, report.titles)
    return Parts(Selection(wanted, tuple(spans), last_compared=5), Checked(target, report, wanted))


def test_a_file_in_one_part_is_posted_as_it_is(tmp_path: Path) -> None:
    with Ledger.temporary() as ledger:
        parts = parts_of(tmp_path, ["A", "B", "A"], 10_000, ledger, again=True)
        told = parts.prepared(1, Known(frozenset("AX"), frozenset("A")))
        size = (tmp_path / "clean.csv").stat().st_size
        assert (told.path, told.first) == (tmp_path / "clean.csv", 0)
        assert (told.titles.known, told.titles.counts) == (frozenset("A"), {"A": 2, "B": 1})
        assert told.intent == Intent(
            endpoint="https://api.actonsoftware.com", account="jo", destination="Webinars",
            customeventaction="CUSTOM_ATTENDED", filename="ev.ents.csv", sha256="ab" * 32, size=size, rows=3, titles=2,
            titlecount=1, whole="ab" * 32,
        )  # fmt: skip
        assert (told.fields["filename"], told.fields["titlecount"]) == ("ev.ents.csv", "1")
        assert (told.titlecount.sent, told.titlecount.known, told.titlecount.from_ledger) == (1, 1, 1)
        begun = parts.begun(told, 7)
        assert (begun.operation, list(begun.titles), tuple(begun.row_hashes), begun.again, begun.last_compared) == (
            7, ["A", "B"], (), True, None,
        )  # fmt: skip
        assert [place.account for place in begun.places] == ["jo", ""]
        assert begun.count_common("x", iter([])) == 0
        hashed_otherwise = parts._checked.hashes_with("x", parts._checked.rows).packed(0, 3)
        assert begun.count_common("x", ((1, run) for run in [*hashed_otherwise])) == 3


def test_each_part_is_a_file_with_a_name_and_titles_of_its_own(tmp_path: Path) -> None:
    with Ledger.temporary() as ledger:
        parts = parts_of(tmp_path, ["A", "B", "A", "C"], 17 + 2 * 30, ledger)
        assert parts.number == 2
        ledger.mend_titles(replace_account(parts.prepared(1).intent), add=["A"], remove=[])
        told = [parts.prepared(number) for number in (1, 2)]
        body = (tmp_path / "clean.csv").read_bytes().splitlines(keepends=True)
        assert (tmp_path / "part.csv").read_bytes() == body[0] + b"".join(body[3:])
        assert [one.path for one in told] == [tmp_path / "part.csv"] * 2
        names = [f"ev.ents-part-{number}-of-2.csv" for number in (1, 2)]
        assert [one.intent.filename for one in told] == [one.fields["filename"] for one in told] == names
        assert [(one.intent.part, one.intent.parts, one.intent.rows, one.first) for one in told] == [
            (1, 2, 2, 0), (2, 2, 2, 2),
        ]  # fmt: skip
        assert [one.intent.sha256 for one in told] == [
            hashlib.sha256(body[0] + b"".join(body[start : start + 2])).hexdigest() for start in (1, 3)
        ]
        assert [one.intent.size for one in told] == [
            len(body[0] + b"".join(body[start : start + 2])) for start in (1, 3)
        ]
        assert [(one.intent.titles, one.intent.titlecount, one.intent.whole) for one in told] == [(2, 1, "ab" * 32)] * 2
        assert [list(parts.begun(one, 1).titles) for one in told] == [["A", "B"], ["A", "C"]]


def replace_account(intent: Intent) -> Place:
    return intent.place._replace(account="")


def test_parts_have_titlecounts_of_their_own(tmp_path: Path) -> None:
    with Ledger.temporary() as ledger:
        with pytest.raises(
            UsageError, match=r"^the file is sent in 2 parts, each with its own titlecount: leave it out$"
        ):
            parts_of(tmp_path, ["A", "B"], 17 + 30, ledger, titlecount=1)
        one = parts_of(tmp_path, ["A", "B"], 1_000, ledger, titlecount=5).prepared(1)
        assert (one.titlecount.sent, one.titlecount.counted, one.intent.titlecount) == (5, 2, 5)


def test_a_part_that_does_not_read_as_it_was_cut_is_a_fault(tmp_path: Path) -> None:
    with Ledger.temporary() as ledger:
        parts = parts_of(tmp_path, ["A", "B", "C"], 17 + 2 * 30, ledger)
        first, last = parts.selection.spans
        parts.selection = replace(parts.selection, spans=(replace(first, rows=3), last))
        with pytest.raises(NotSentError) as told:
            parts.prepared(1)
        assert str(told.value) == (
            "nothing more was sent: part 1 reads as 2 rows, and was cut from 3; this is a fault of this program: "
            "please report it"
        )
        assert parts.prepared(2).intent.rows == 1


def test_the_titles_of_a_file_without_any_known_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Ledger.temporary() as ledger:
        parts = parts_of(tmp_path, ["A", "B"], 1_000, ledger)
        parts.rows = replace(parts.rows, titles=None)
        told = parts.prepared(1)
        assert (told.intent.sha256, told.titles.counts, told.intent.titles) == ("ab" * 32, {"A": 1, "B": 1}, 2)
        monkeypatch.setattr("preflight.evidence.titles.MOST_TITLES", 1)
        told = parts.prepared(1)
        assert (told.titles.unlisted, told.intent.titles) == (1, 2)
        assert sorted(parts.begun(told, 1).titles) == ["A", "B"]


@pytest.mark.parametrize(
    ("room", "rows"), [(29, None), (30, [1, 1, 1]), (59, [1, 1, 1]), (60, [2, 1]), (89, [2, 1]), (90, [3])]
)
@pytest.mark.parametrize("block", [1, 30, 31, 4 << 20])
def test_a_file_is_cut_at_the_exact_byte(
    room: int, rows: list[int] | None, block: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Records of 30 bytes behind a heading of 22."""
    monkeypatch.setattr(cleanfile, "BLOCK", block)
    content = HEADING + b"".join(f"jo{i}@example.com,01/25/2023,A,\n".encode() for i in range(3))
    assert len(content) == len(HEADING) + 90
    records = records_of(tmp_path, content)
    if rows is None:
        with pytest.raises(
            NotSentError, match=r"^nothing was sent: row 1 alone is larger than 51 bytes with its heading"
        ):
            records.cut(len(HEADING) + room, 3)
        return
    spans = records.cut(len(HEADING) + room, 3)
    assert [span.rows for span in spans] == rows
    assert [(span.start, span.stop) for span in spans] == [
        (len(HEADING) + 30 * span.first, len(HEADING) + 30 * (span.first + span.rows)) for span in spans
    ]
