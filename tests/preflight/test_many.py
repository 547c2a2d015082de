"""check_many: reports in the order of the files whoever checks them, lost workers, reports that merge."""

from __future__ import annotations

import io
import os
import pickle
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import closing
from functools import reduce
from itertools import chain, count
from multiprocessing import get_context
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from preflight import Failure, InputError, Layout, Report, Totals, check, check_many, rule
from preflight.errors import WorkerDiedError
from preflight.evidence import parted
from preflight.executors.ordered import in_order
from preflight.layouts.words import Quote, Separator
from preflight.many.shared import SharedTouchPoints, TouchPointCollector
from preflight.model.several import Place, Shared
from preflight.records.grammar import Dialect
from preflight.records.scanner import read_records

US = Layout(email="Email", date="Date", title="Title", dateformat="MM/dd/yyyy")
HEADING = "Email,Date,Title\n"
(ANY_RECORDS,) = read_records([b"a,b\n"], Dialect(Separator.COMMA, Quote.DOUBLE_QUOTE))


def written(folder: Path, number: int, rows: int = 5) -> list[Path]:
    """Files with good and bad rows, each of them another."""
    files = []
    for i in range(number):
        lines = [f"p{i}-{row}@x.com,{'13' if row % 4 == 3 else '01'}/02/2024,Title {i % 3}\n" for row in range(rows)]
        files.append(folder / f"f{i}.csv")
        files[-1].write_text(HEADING + "".join(lines) + "same@x.com,02/02/2024,Same\n")
    return files


class Shuffled(Executor):
    """Does what it is given when somebody waits for it, the calls so far in a random order."""

    _max_workers = 5

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.waiting: list[tuple[Future[Any], Callable[..., Any], tuple[Any, ...]]] = []
        self.most = 0

    def submit(self, call: Callable[..., Any], /, *given: Any, **named: Any) -> Future[Any]:
        executor = self

        class Asked(Future[Any]):
            def exception(self, timeout: float | None = None) -> BaseException | None:
                while not self.done():
                    at = executor.random.randrange(len(executor.waiting))
                    future, call, given = executor.waiting.pop(at)
                    future.set_result(call(*given))
                return super().exception(timeout)

        future = Asked()
        self.waiting.append((future, call, given))
        self.most = max(self.most, len(self.waiting))
        return future


def test_reports_equal_those_of_single_checks_in_order(tmp_path: Path) -> None:
    files = written(tmp_path, 30)
    expected = [check(file, US, max_shown=1_000) for file in files]
    done: list[tuple[int, int | None]] = []
    shuffled = Shuffled(3)
    assert list(check_many(files, US, progress=lambda *told: done.append(told))) == expected
    assert done == [(number, 30) for number in range(1, 31)]
    assert list(check_many(iter(files), US, executor=shuffled)) == expected
    assert shuffled.most <= 11
    with ThreadPoolExecutor(3) as threads:
        assert list(check_many(files, US, executor=threads)) == expected


def test_only_a_few_files_are_read_ahead(tmp_path: Path) -> None:
    (file,) = written(tmp_path, 1)
    asked = count()

    def endless() -> Iterator[Path]:
        for _ in asked:
            yield file

    reports = check_many(endless(), US, executor=Shuffled(1))
    assert [next(reports).ok for _ in range(3)] == [False] * 3
    assert next(asked) <= 15


def test_a_file_that_cannot_be_checked_does_not_hide_the_others(tmp_path: Path) -> None:
    a, b = written(tmp_path, 2)
    none = tmp_path / "none.csv"
    with Totals() as totals:
        first, failure, last = check_many([a, none, b], US, totals=totals)
        summary = totals.summary()
    assert isinstance(failure, Failure)
    assert (failure.ok, failure.code, failure.message) == (False, "input", f"`{none}` does not exist")
    assert (summary.files, summary.failed, summary.rows) == (3, 1, 12)
    assert [one.rows for one in (first, last) if isinstance(one, Report)] == [6, 6]
    assert summary.shared == Shared(1, 2, ((Place(str(a), 6), Place(str(b), 6)),))
    with pytest.raises(TypeError, match=r"^check_many takes several files, not one: check_many\(\['events.csv'\]\)$"):
        check_many(str(a), US)


def test_a_crash_is_a_failure_of_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (file,) = written(tmp_path, 1)
    monkeypatch.setattr("preflight.many.one.one_pass", lambda *_, **__: 1 / 0)
    (failure,) = check_many([file], US)
    assert isinstance(failure, Failure)
    assert failure.code == "crash"
    assert failure.message.startswith("the check crashed; the file may be good or bad: Traceback ")
    assert failure.message.endswith("ZeroDivisionError: division by zero")


class Elsewhere(Executor):
    """Does what it is given where some files are not to be seen: `hidden` before, `unwritten` after."""

    def __init__(self, hidden: Path, unwritten: Path) -> None:
        self.hidden, self.unwritten = hidden, unwritten

    def submit(self, call: Callable[..., Any], /, *given: Any, **named: Any) -> Future[Any]:
        away, future = self.hidden.with_name("away"), Future[Any]()
        self.hidden.rename(away)
        future.set_result(call(*given))
        away.rename(self.hidden)
        self.unwritten.unlink(missing_ok=True)
        return future


def test_files_that_workers_cannot_see_are_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = written(tmp_path, 2)
    monkeypatch.chdir(tmp_path)
    executor = Elsewhere(first, tmp_path / "f1-clean.csv")
    unseen, unwritten = check_many(["f0.csv", "f1.csv"], US, executor=executor, clean="{name}-clean.csv")
    assert isinstance(unseen, Failure)
    assert unseen.message == (
        "`f0.csv` is on this machine, but not on the workers' machines; put it into a shared folder or a store (s3://…)"
    )
    assert isinstance(unwritten, Failure)
    assert unwritten.message == (
        f"`{second.with_name('f1-clean.csv')}` was written on a worker's machine, and is not on this one; name a "
        "shared folder or a store (s3://…)"
    )


@rule("title-once", column="Title", message="Never.")
def dies_once(cells):  # type: ignore[no-untyped-def]
    """Kill the process that is the first to judge the file whose folder says so, and each that judges `always`."""
    here = Path(os.environ["DIES_IN"])
    if cells.str.contains("Deadly").any():
        os.kill(os.getpid(), signal.SIGKILL)
    if cells.str.contains("Once").any() and not (here / "died").exists():
        (here / "died").touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return cells == ""


def test_a_lost_worker_loses_no_file_and_a_file_that_kills_three_is_a_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIES_IN", str(tmp_path))
    files = written(tmp_path, 8)
    for name, place in (("Once", 1), ("Deadly", 4)):
        files[place].write_text(HEADING + f"jo@x.com,01/02/2024,{name}\n")
    with ProcessPoolExecutor(2, mp_context=get_context("fork")) as pool:
        found = list(check_many(files, US, executor=pool, rules=[dies_once]))
    assert [one.file for one in found] == list(map(str, files))
    assert (tmp_path / "died").exists()
    failure = found.pop(4)
    assert isinstance(failure, Failure)
    assert (failure.code, failure.message) == (
        "worker",
        "3 worker processes were killed while they checked it; out of memory?",
    )
    assert found == [check(file, US, max_shown=1_000, rules=[dies_once]) for file in files[:4] + files[5:]]


def test_a_call_on_an_executor_without_replacement_fails_with_it() -> None:
    class Broken(ProcessPoolExecutor):
        replaceable = False

    with Broken(1, mp_context=get_context("fork")) as pool:
        results = in_order(os.kill, [(None, (os.getpid() + 4_000_000, 0))], pool, 0)
        assert isinstance(next(results)[1].exception(), ProcessLookupError | OverflowError)
        with pytest.raises(WorkerDiedError):
            next(in_order(_dies, [(None, ())], pool, 0))


def _dies() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


REPORTS = st.lists(
    st.tuples(
        st.lists(
            st.tuples(st.sampled_from(["01/02/2024", "13/02/2024", "02/03/1985"]), st.sampled_from("AaB ")), min_size=1
        ),
        st.booleans(),
    ),
    min_size=1,
    max_size=6,
)


@pytest.fixture(scope="module")
def reports() -> Callable[[list[Any]], list[Report]]:
    def made(files: list[Any]) -> list[Report]:
        found = []
        for rows, known in files:
            text = HEADING + "".join(f"p{i}@x.com,{day},{title}\n" for i, (day, title) in enumerate(rows))
            options: dict[str, Any] = {"known_titles": ["A", "C"] if known else [], "fix": ("blanks",)}
            found.append(check(io.BytesIO(text.encode()), US, **options))
        return found

    return made


@settings(max_examples=25)
@given(REPORTS, st.data())
def test_reports_are_merged_in_any_grouping(
    reports: Callable[[list[Any]], list[Report]], files: Any, data: Any
) -> None:
    found = reports(files)
    whole = reduce(Report.merged, found)
    at = data.draw(st.integers(1, len(found)))
    groups = [part for part in (found[:at], found[at:]) if part]
    assert reduce(Report.merged, [one[0].merged(*one[1:]) for one in groups]) == whole
    assert pickle.loads(pickle.dumps(whole)) == whole
    with Totals(["A", "C"] if any(known for _, known in files) else []) as totals:
        for one in found:
            totals.add(one)
        summary = totals.summary()
    assert (whole.files, whole.rows, whole.bad_rows) == (summary.files, summary.rows, summary.bad_rows)
    assert (whole.problems, whole.warnings) == (summary.problems, summary.warnings)
    assert whole.titles.counts == summary.titles.counts
    if len({known for _, known in files}) == 1:
        assert (whole.titlecount, whole.titles.distinct) == (summary.titlecount, summary.titles.distinct)


def test_a_report_is_pickled_without_its_lazy_data(tmp_path: Path) -> None:
    (file,) = written(tmp_path, 1)
    report = check(file, US, max_shown=1)
    again = pickle.loads(pickle.dumps(report))
    assert again == report
    assert (len(report.frame), len(again.frame), again.truncated) == (2, 1, True)
    assert repr(report.merged(report)).startswith(f"<Report {file} and 1 file more: 12 rows, 10 good, 2 bad")
    with pytest.raises(ValueError, match="knows which rows are good"):
        _ = again.good


@given(
    st.lists(st.lists(st.lists(st.none() | st.integers(0, 40), max_size=5), max_size=4), max_size=8),
    st.integers(1, 40),
    st.integers(0, 5),
)
def test_touch_points_in_several_files_are_found_in_bounded_memory(
    files: list[list[list[int | None]]], held: int, shown: int
) -> None:
    """A file is a list of runs of touch points; a bad row has none."""
    places: dict[int, list[Place]] = {}
    for number, runs in enumerate(files):
        for row, point in enumerate(chain.from_iterable(runs), 1):
            found_in = places.setdefault(point, []) if point is not None else []
            if str(number) not in {place.file for place in found_in}:
                found_in.append(Place(str(number), row))
    several = {point: found for point, found in places.items() if len(found) > 1}
    pairs = sorted((int(a.file), a.row, int(b.file), b.row) for a, b, *_ in several.values())
    before, parted.MAX_HELD = parted.MAX_HELD, held
    try:
        with closing(SharedTouchPoints()) as found:
            for number, runs in enumerate(files):
                of_file = TouchPointCollector()
                for points in runs:
                    of_file.write(None, ANY_RECORDS, np.array([point is None for point in points], np.bool_))
                    of_file.take(np.array([point for point in points if point is not None], np.uint64))
                found.add(str(number), of_file.touch_points())
            told = found.shared(shown)
    finally:
        parted.MAX_HELD = before
    assert (told.count, told.files) == (len(several), len({one.file for found in several.values() for one in found}))
    shown_pairs = [(int(a.file), a.row) for a, _ in told.examples]
    assert shown_pairs == [pair[:2] for pair in pairs[:shown]]


def test_missing_files_of_check_raise_as_before() -> None:
    with pytest.raises(InputError, match=r"^`none.csv` does not exist$"):
        check("none.csv", US)
