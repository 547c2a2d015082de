"""`--once-per-day`: it comes to what `--only` leaves of the same rows, where a column says of each whether it stays."""

from __future__ import annotations

import csv
import gzip
import io
import json
import pickle
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from preflight import Checked, Finished, InputError, Layout, OutputError, Report, Rule, check, register, rule
from preflight.cli.main import main
from preflight.engine import repeats
from preflight.engine.job import Job
from preflight.evidence.datelimits import DateLimits
from preflight.model.findings import NONE
from preflight.records.cells import Chunk
from preflight.records.grammar import Dialect
from preflight.records.scanner import read_records
from preflight.rules import REGISTERED, domain
from preflight.rules.builtin import RowRule, rule_makers
from preflight.text.asking import on_command_line
from preflight.text.fingerprint import Fingerprints

PATTERN = "MM/dd/yyyy HH:mm"
LAYOUT = Layout(email="Email", date="Date", title="Title", note="Note", dateformat=PATTERN)
HEADING = ["Email", "Date", "Title", "Note", "Keep"]
ROWS = st.tuples(
    st.sampled_from(["a@x.com", " A@x.com", "b@x.com", "c@gmial.com", "noemail@x.com", "d@acme.org", "nobody"]),
    st.sampled_from(["01/25/2024", "02/03/2024", "01/25/2044", "01/25/0024", ""]),
    st.sampled_from([" 10:00", " 09:00", " 23:59", " 09:00 "]),
    st.sampled_from(["T", "t", " T", "U", ""]),
    st.sampled_from(["n", "two\nlines", "n" * 3_000]),
)
OPTIONS: list[dict[str, Any]] = [
    {},
    {"fix": ["blanks", "newlines-in-notes"]},
    {"accept": ["date-year"]},
    {"fix": ["blanks"], "normalize_dates": True},
]


def written(rows: list[list[str]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([HEADING, *rows])
    return text.getvalue()


def checked(folder: Path, layout: Layout, options: dict[str, Any]) -> tuple[Report, dict[str, Any]]:
    """The report, and what stands in the outputs and comes of the report when it is asked."""
    files = {name: folder / f"{name}.csv" for name in ("clean", "bad_rows", "fixes", "report")}
    named: dict[str, Any] = {"clean": files["clean"], "bad_rows": files["bad_rows"], "reports": [files["report"]]}
    if options.keys() & {"fix", "accept"}:
        named["fixes"] = files["fixes"]
    hashes: list[int] = []
    taken = Fingerprints(b"any", lambda some: hashes.extend(some.tolist())) if "fix" not in options else None
    report = check(folder / "e.csv", layout, **named, **options, max_shown=3, fingerprints=taken)
    noted = json.loads((folder / "clean.preflight.json").read_text(encoding="utf-8"))["about"]
    told: dict[str, Any] = {name: path.read_bytes() for name, path in files.items() if path.exists()}
    told |= {"hashes": hashes, "noted": [noted[key] for key in ("source", "good", "days")], "samples": report.samples}
    return report, told | {"frame": report.frame.to_dict(), "good": report.good.tolist()}


def kept(folder: Path, options: dict[str, Any], rows: int) -> list[bool]:
    """Of each row whether it stays, by the plain definition: it is bad, or no earlier one is of its day."""
    _, told = checked(folder, LAYOUT, options)
    good = [row for row, is_good in enumerate(told["good"]) if is_good]
    cells = csv.DictReader(io.StringIO(told["clean"].decode()))
    pattern = "%Y-%m-%dT%H:%M" if options.get("normalize_dates") else "%m/%d/%Y %H:%M"
    earliest: dict[tuple[str, ...], tuple[datetime, int]] = {}
    for row, one in zip(good, cells, strict=True):
        time = datetime.strptime(one["Date"].strip()[:16], pattern)
        visit = (one["Email"].strip().lower(), str(time.date()), one["Title"].strip())
        earliest[visit] = min((time, row), earliest.get(visit, (time, row)))
    stays = {row for _, row in earliest.values()}
    return [row in stays or row not in good for row in range(rows)]


@pytest.fixture(scope="module", autouse=True)
def small_runs() -> Iterator[None]:
    """A few rows are a run of their own."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("preflight.engine.parallel.MAX_RECORDS", 4)
        yield


@settings(max_examples=20)
@given(
    st.lists(ROWS, min_size=1, max_size=14), st.sampled_from(OPTIONS), st.sampled_from([(1, 0), (1, 1), (10, 1_000)])
)
def test_the_result_equals_a_check_without_the_later_rows(
    given_rows: list[tuple[str, ...]], options: dict[str, Any], bounds: tuple[int, int]
) -> None:
    rows = [[email, day and day + time, *more, "yes"] for email, day, time, *more in given_rows]
    with tempfile.TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patched:
        folder = Path(name)
        patched.setattr(domain, "MOST_RARE", bounds[0])
        patched.setattr(domain, "MOST_HANDED_OVER", bounds[1])
        (folder / "e.csv").write_text(written(rows), encoding="utf-8", newline="")
        for row, stays in zip(rows, kept(folder, options, len(rows)), strict=True):
            row[-1] = "yes" if stays else "no"
        (folder / "e.csv").write_text(written(rows), encoding="utf-8", newline="")
        once, told = checked(folder, replace(LAYOUT, once_per_day=True), options)
        only, told_of_only = checked(folder, replace(LAYOUT, only=["Keep=yes"]), options)
        assert told == told_of_only
        assert once.left_out == sum(row[-1] == "no" for row in rows)
        assert replace(once, layout=only.layout, detected={}) == replace(only, detected={})


def test_own_rules_do_not_see_rows_left_out(tmp_path: Path) -> None:
    @register
    class Notes(Rule):
        def check(self, chunk: Chunk) -> Checked:
            notes = chunk.frame["note"].tolist()
            return Checked(NONE, lambda good: [(note, bool(one)) for note, one in zip(notes, good, strict=True)])

        def finish(self, stats: list[tuple[str, bool]]) -> Finished:
            found.append(stats)
            return Finished()

    found: list[list[tuple[str, bool]]] = []
    times = ("10:00", "09:00", "bad", "09:00", "08:59", "23:00")
    rows = [["a@x.com", f"01/25/2024 {time}", "T", f"n{i}", ""] for i, time in enumerate(times)]
    (tmp_path / "e.csv").write_text(written(rows), encoding="utf-8")
    try:
        report = check(tmp_path / "e.csv", replace(LAYOUT, once_per_day=True))
    finally:
        REGISTERED.popitem()
    assert (report.good_rows, report.bad_rows, report.left_out) == (1, 1, 4)
    assert found == [[("n2", False), ("n4", True)]]


@pytest.mark.parametrize("judged_again", [False, True])
def test_messages_name_options_of_the_command_line(judged_again: bool, tmp_path: Path) -> None:
    class Counting(Rule):
        def check(self, chunk: Chunk) -> Checked:
            return Checked(NONE, np.count_nonzero)  # which cannot tell what it comes to without some rows

    rows = [["a@x.com", "01/25/2024 10:00", "T", "", ""], ["b@x.com", "01/25/1966 10:00", "T", "", ""]]
    (tmp_path / "e.csv").write_text(f"{written([rows[0], *rows])}c@x.com,01/25/2024 10:00,T\n", encoding="utf-8")
    try:
        if judged_again:
            register(Counting)
        with on_command_line():
            report = check(tmp_path / "e.csv", replace(LAYOUT, once_per_day=True))
    finally:
        if judged_again:
            REGISTERED.popitem()
    assert report.left_out == 1
    assert [one.message.rpartition(". ")[2] for one in report.examples] == [
        "Correct it, or allow such dates with --oldest 1966-01-25.",
        "None of those is needed: `--fix=short-rows` adds blank ones.",
    ]


@pytest.mark.parametrize(("fingerprints", "waiting_ones"), [(False, 0), (True, 2)])
def test_hashes_are_kept_only_if_requested(fingerprints: bool, waiting_ones: int) -> None:
    layout = Layout(0, 1, 2, None, PATTERN, firstrow="N", once_per_day=True).resolve(None, 3)
    text = b"a@x.com,01/25/2024 10:00,T\nb@x.com,01/25/2024 10:00,T\nbad\n"
    (records,) = read_records([text], Dialect(layout.fieldseparator, layout.quotecharacter))
    job = Job(layout, [*rule_makers(), RowRule], DateLimits(), token=b"any", fingerprints=fingerprints)
    found = repeats.visits_of(job, records, 1)
    _, _, waiting, _ = pickle.loads(found.rest)
    assert not found.hashes.flags.writeable  # so that they are handed over without a copy
    assert not found.instants.flags.writeable
    assert (len(found.hashes), found.good.tolist()) == (2, [True, True, False])
    assert (len(waiting.touch_points), len(waiting.visits)) == (waiting_ones, waiting_ones)


@pytest.mark.parametrize("code", ["title-variant", "email-typo"])
def test_accepted_suggestions_are_those_of_the_remaining_rows(code: str, tmp_path: Path) -> None:
    """With the rows that are left out, the other spelling would be the likelier, and a domain a common one."""
    again = [f"{hour}:00" for hour in range(10, 16)]
    if code == "title-variant":
        visits = [("a@x.com", time, "Demo day") for time in again] + [(f"{i}@x.com", "10:00", "Demo Day") for i in "bc"]
    else:
        visits = [(f"{i}@acmecorp.org", "10:00", "T") for i in range(4)] + [("a@acmecrop.org", "10:00", "T")]
        visits += [("0@acmecorp.org", time, "T") for time in 4 * again]
    rows = [[email, f"01/25/2024 {time}", title, "n", ""] for email, time, title in visits]
    (tmp_path / "e.csv").write_text(written(rows), encoding="utf-8")
    once, clean = replace(LAYOUT, once_per_day=True), tmp_path / "c.csv"
    said = check(tmp_path / "e.csv", once)
    check(tmp_path / "e.csv", once, clean=clean, accept=[code])
    cells = [(row["Email"], row["Title"]) for row in csv.DictReader(io.StringIO(clean.read_text(encoding="utf-8")))]
    if code == "title-variant":
        assert [problem.suggestion for problem in said.of_file] == ["Demo Day"]
        assert cells == [(f"{i}@x.com", "Demo Day") for i in "abc"]
    else:
        assert said.of_file == ()
        assert cells == [*((f"{i}@acmecorp.org", "T") for i in range(4)), ("a@acmecrop.org", "T")]


def test_a_frame_has_each_person_once_a_day() -> None:
    days = pd.to_datetime(["2024-01-25 10:00", "2024-01-25 09:00", "2024-01-26 08:00"])
    frame = pd.DataFrame({"Email": "a@x.com", "Date": days, "Title": "T"}, index=["x", "y", "z"])
    with ThreadPoolExecutor(2) as threads:
        report = check(frame, Layout(once_per_day=True), executor=threads)
    assert report.good.to_dict() == {"x": False, "y": True, "z": True}
    assert (report.left_out, report.warnings) == (1, {})


def test_pending_rows_are_spilled_to_a_temporary_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repeats, "MOST_HELD", 100)
    rows = [["a@x.com", f"01/{i % 9 + 10}/2024 10:{i % 7:02}", "T", str(i), ""] for i in range(63)]
    (tmp_path / "e.csv").write_text(written(rows), encoding="utf-8")
    once = replace(LAYOUT, once_per_day=True)
    assert check(tmp_path / "e.csv", once, clean=tmp_path / "c.csv").left_out == 54
    firsts = [row for row in rows if row[1].endswith("00")]
    assert sorted((tmp_path / "c.csv").read_text(encoding="utf-8").splitlines()) == sorted(written(firsts).splitlines())
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "none"))
    says = rf"^cannot write a temporary file in {tmp_path}/none: No such file or directory$"
    with pytest.raises(OutputError, match=says):
        check(tmp_path / "e.csv", once)


def test_a_file_on_standard_input_is_read_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [["a@x.com", f"01/25/2024 1{i % 3}:00", "T", str(i), ""] for i in range(9)]
    stdin = io.TextIOWrapper(io.BytesIO(written(rows).encode()))
    monkeypatch.setattr("sys.stdin", stdin)
    options = ["--dateformat", PATTERN, "--once-per-day", "--clean", str(tmp_path / "c.csv")]
    assert main(["check", "-", *options]) == 0
    assert "9 rows, 1 good row, 0 bad rows, 8 left out" in capsys.readouterr().out
    assert (tmp_path / "c.csv").read_text(encoding="utf-8") == written(rows[:1])


KINDS: dict[str, Callable[[str], bytes]] = {
    "text": str.encode,
    "byte order mark": lambda text: text.encode("utf-8-sig"),
    "sep= line": lambda text: f"sep=,\n{text}".encode(),
    "both": lambda text: f"sep=,\r\n{text}".encode("utf-8-sig"),
    "preamble": lambda text: f"Report of the webinar\nMade,today\n\n{text}".encode(),
    "CR LF": lambda text: text.replace("\n", "\r\n").encode(),
    "gzip": lambda text: gzip.compress(text.encode()),
    "UTF-16": lambda text: text.encode("utf-16"),
    "gzip and UTF-16": lambda text: gzip.compress(text.encode("utf-16")),
}


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run is cut from the text of some blocks, and begins in the midst of one."""
    monkeypatch.setattr("preflight.inputs.source.BLOCK_BYTES", 300)
    monkeypatch.setattr("preflight.records.scanner.PIECE_BYTES", 300)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("borrowed", [False, True])
@pytest.mark.usefixtures("small_blocks")
def test_the_text_is_found_again_in_a_second_read(kind: str, borrowed: bool, tmp_path: Path) -> None:
    visits = [(f"{'ab'[i % 2]}@x.com", f"01/{i // 3 % 9 + 10}/2024 1{i % 3}:00") for i in range(60)]
    rows = [[*visit, "T", f"{i}\n€" * (i % 5), ""] for i, visit in enumerate(visits)]
    first = [visits.index(min(one for one in visits if (one[0], one[1][:10]) == (email, day[:10])))
             for email, day in visits]  # fmt: skip
    (tmp_path / "e.csv").write_bytes((b"before" if borrowed else b"") + KINDS[kind](written(rows)))
    once, clean = replace(LAYOUT, once_per_day=True), tmp_path / "c.csv"
    with (tmp_path / "e.csv").open("rb") as stream:
        stream.seek(6)
        check(stream if borrowed else tmp_path / "e.csv", once, clean=clean)
    wanted = written([row for i, row in enumerate(rows) if first[i] == i])
    assert clean.read_bytes().replace(b"\r\n", b"\n").decode() == wanted


def test_a_heading_may_be_a_block_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("preflight.inputs.source.BLOCK_BYTES", 17)
    monkeypatch.setattr("preflight.records.scanner.PIECE_BYTES", 17)
    text = b"Email,Date,Title\n" + b"a@x.com,01/25/2024 10:00,T\n" * 3
    once = Layout(dateformat=PATTERN, once_per_day=True)
    report = check(io.BytesIO(text), once)
    assert (report.rows, report.left_out) == (3, 2)
    with pytest.raises(InputError, match=r"has a heading but no data row$"):
        check(io.BytesIO(text[:17]), once)


@given(st.binary(min_size=1, max_size=80), st.data())
def test_a_digest_shows_any_changed_byte(text: bytes, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(text) - 1))
    changed = text[:place] + bytes([text[place] ^ 1]) + text[place + 1 :]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(repeats, "COLUMNS", 3)
        assert repeats._digest(memoryview(changed)) != repeats._digest(memoryview(text))
        assert repeats._digest(memoryview(bytearray(text))) == repeats._digest(memoryview(text))
        swapped = repeats._digest(memoryview(b"b" * 8 + b"a" * 8 + b"c" * 8))
        assert swapped != repeats._digest(memoryview(b"a" * 8 + b"b" * 8 + b"c" * 8))


@pytest.mark.parametrize("change", ["a letter", "two lines that change places", "cut short", "longer"])
def test_a_file_that_changes_during_the_check_gives_no_output(
    change: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("preflight.engine.parallel.MAX_RECORDS", 700)
    text = written([["a@x.com", f"01/{i % 9 + 10}/2024 10:00", "T", f"{i:08}", ""] for i in range(2_000)])
    lines = text.splitlines(keepends=True)
    swapped = "".join([*lines[:1000], lines[1001], lines[1000], *lines[1002:]])
    changed = {"a letter": text.replace("00001000", "00001Q00"), "two lines that change places": swapped}
    changed |= {"cut short": text[:-1], "longer": text + lines[-1]}

    @rule("meanwhile", column="Note", message="None has it.")
    def meanwhile(cells: pd.Series[str]) -> pd.Series[bool]:
        if cells.index[-1] == 2_000:  # all was read
            file.write_text(changed[change], encoding="utf-8")
        return cells == ""

    (file := tmp_path / "e.csv").write_text(text, encoding="utf-8")
    once = replace(LAYOUT, once_per_day=True)
    if change == "longer":  # what was read is there
        assert check(file, once, clean=tmp_path / "c.csv", rules=[meanwhile]).rows == 2_000
        assert (tmp_path / "c.csv").read_text(encoding="utf-8").splitlines() == text.splitlines()[:10]
        return
    says = rf"^`{file}` was changed while it was read; check it again when nobody writes it$"
    with pytest.raises(InputError, match=says):
        check(file, once, clean=tmp_path / "c.csv", rules=[meanwhile])
    assert [*tmp_path.iterdir()] == [file]
