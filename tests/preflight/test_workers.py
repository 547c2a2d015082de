"""Records judged in other processes: the same results in the same order, errors at their turn, nobody left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from preflight import InputError, Layout, check
from preflight.engine import processes, workers
from preflight.engine.workers import Results, Work, worked_ahead
from preflight.model.layout import Quote, Separator
from preflight.records.grammar import Dialect, Records
from preflight.records.scanner import read_records
from tests.preflight.test_cases import CASES, outcome

ROOT = Path(__file__).parents[2]
WAYS = {
    "here": {"LARGE_BYTES": 1 << 40},
    "thread": {"LARGE_BYTES": -1, "can_fork": lambda: False},
    "processes": {"LARGE_BYTES": -1, "can_fork": lambda: True},
}


def take(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the records be judged in this way, whatever their number."""
    for name, value in WAYS[way].items():
        monkeypatch.setattr(workers, name, value)
        monkeypatch.setattr(processes, name, value)


ENDED = "^a process that judged records ended before its work was done$"


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    take(request.param, monkeypatch)
    return str(request.param)


def runs_of(number: int) -> Iterator[Records]:
    dialect = Dialect(Separator.COMMA, Quote.DOUBLE_QUOTE)
    for i in range(number):
        yield from read_records([f'{i},"a\n"\r\n{i + 1},b,'.encode() + b"x\n" * (i % 3)], dialect)


def told(records: Records, row: int) -> Iterator[tuple[int, int, list[bytes], list[int], int]]:
    yield row, len(records), [records.raw(i) for i in range(len(records))], records.line.tolist(), os.getpid()


def sized(records: Records, row: int) -> Iterator[tuple[int, int]]:
    yield row, len(records)


def die(records: Records, row: int) -> Iterator[None]:
    os.kill(os.getpid(), signal.SIGKILL)
    yield None


def only(results: Iterator[Results]) -> Iterator[tuple[Records, Any]]:
    """The records, each with the one result that the work made of them."""
    for records, made in results:
        (result,) = made
        yield records, result


def same(work: Work) -> Work:
    return work


def test_every_run_comes_back_in_order(way: str) -> None:
    with worked_ahead(partial(same, told), runs_of(50)) as results:
        found = [(next(told(records, result[0]))[:4], result[:4], result[4]) for records, result in only(results)]
    assert [here for here, _, _ in found] == [there for _, there, _ in found]
    assert [result[0] for _, result, _ in found] == np.cumsum([1] + [len(r) for r in runs_of(50)])[:-1].tolist()
    assert len({process for *_, process in found}) == (processes.WORKERS if way == "processes" else 1)
    assert (os.getpid() in {process for *_, process in found}) == (way != "processes")


def test_a_large_run_is_judged_in_pieces(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "MOST_RECORDS", 10)
    lines = read_records([b"x\n" * 95], Dialect(Separator.COMMA, Quote.NONE))
    with worked_ahead(partial(same, sized), lines) as results:
        assert [result for _, result in only(results)] == [(at, min(10, 96 - at)) for at in range(1, 95, 10)]


def until(limit: int, records: Records, first_row: int) -> Iterator[int]:
    if first_row >= limit:
        raise InputError("enough")
    yield first_row


def failing_at(row: int) -> Callable[[], Work]:
    return partial(same, partial(until, row))


def failing_start() -> Work:
    raise InputError("no start")


def counted(limit: int, records: Records, first_row: int) -> Iterator[int]:
    for number in range(1, first_row + 1):
        if number == limit:
            raise InputError("enough")
        yield number


def test_results_come_one_after_the_other_up_to_an_error(way: str) -> None:
    seen: list[int] = []
    with worked_ahead(partial(same, partial(counted, 7)), runs_of(9)) as results:
        made = chain.from_iterable(results_of_run for _, results_of_run in results)
        with pytest.raises(InputError, match=r"^enough$"):
            seen.extend(made)
    whole = [1, *range(1, 4), *range(1, 6)]
    assert seen == (whole if way == "thread" else [*whole, *range(1, 7)])


def test_an_error_comes_at_its_turn(way: str) -> None:
    seen = []
    with worked_ahead(failing_at(10), runs_of(20)) as results, pytest.raises(InputError, match=r"^enough$"):
        seen.extend(result for _, result in only(results))
    assert seen == [1, 3, 5, 8]
    with pytest.raises(InputError, match=r"^no start$"), worked_ahead(failing_start, runs_of(20)) as results:
        next(only(results))


def test_an_error_in_reading_ends_the_work(way: str) -> None:
    def broken() -> Iterator[Records]:
        yield from runs_of(3)
        raise InputError("torn")

    seen = []
    with worked_ahead(failing_at(100), broken()) as results, pytest.raises(InputError, match=r"^torn$"):
        seen.extend(result for _, result in only(results))
    assert seen == [1, 3, 5]
    with worked_ahead(failing_at(3), broken()) as results, pytest.raises(InputError, match=r"^enough$"):
        list(only(results))


def test_a_process_that_dies_is_a_crash_and_no_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    take("processes", monkeypatch)

    for number in (9, 900):
        with (
            worked_ahead(partial(same, die), runs_of(number)) as results,
            pytest.raises(ChildProcessError, match=ENDED),
        ):
            list(only(results))


def test_a_process_that_died_before_its_first_job_is_a_crash(monkeypatch: pytest.MonkeyPatch) -> None:
    take("processes", monkeypatch)
    waiting = processes.Processes()
    os.kill(waiting._child, signal.SIGKILL)
    os.waitid(os.P_PID, waiting._child, os.WEXITED | os.WNOWAIT)
    with (
        closing(waiting),
        worked_ahead(partial(same, told), runs_of(9), waiting) as results,
        pytest.raises(ChildProcessError, match=ENDED),
    ):
        list(only(results))


def test_no_process_is_left(way: str) -> None:
    with worked_ahead(partial(same, told), runs_of(20)) as results:
        next(only(results))
    with pytest.raises(ChildProcessError):  # there is no child to wait for
        os.waitpid(-1, os.WNOHANG)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}/{case.name}")
def test_a_case_is_judged_alike_everywhere(case: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    for name in WAYS:
        folder = tmp_path / name
        folder.mkdir()
        with monkeypatch.context() as patched:
            take(name, patched)
            report = outcome(case, folder / "clean.csv", folder / "bad.csv")
        found.append((report, {path.name: path.read_bytes() for path in folder.iterdir()}))
    assert found[0] == found[1] == found[2]


def test_fixed_mended_and_normalized_rows_are_written_alike_everywhere(
    way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "MOST_RECORDS", 3)
    layout = Layout("Email", "Date", "Title", None, "MM/dd/yyyy")
    source, clean, fixes = tmp_path / "bad.csv", tmp_path / "clean.csv", tmp_path / "fixes.csv"
    rows = [f"<a{i}@x.com>,1/{i}/2024,'=T,{i},{i + 1},email-display-name: x\n" for i in range(1, 21)]
    added = "preflight_row,preflight_line,preflight_problems"
    source.write_text(f"Email,Date,Title,{added}\n{''.join(rows)}", encoding="utf-8")
    report = check(source, layout, clean=clean, fix=["display-name"], fixes=fixes, normalize_dates=True, max_shown=100)
    assert (report.good_rows, report.fixes.counts) == (20, {"display-name": 20})
    lines = [f"a{i}@x.com,2024-01-{i:02d},=T\n" for i in range(1, 21)]
    assert clean.read_text(encoding="utf-8") == "Email,Date,Title\n" + "".join(lines)
    assert [fix.row for fix in report.fixes.examples] == list(range(1, 21))
    assert [int(line.split(",")[1]) for line in fixes.read_text(encoding="utf-8").split()[1:]] == list(range(2, 22))


def test_ctrl_c_leaves_neither_an_output_nor_a_process(tmp_path: Path) -> None:
    source = tmp_path / "events.csv"
    source.write_bytes(b"email,date,title\n" + b"a@x.com,01/25/2024,T\n" * 4_000_000)
    command = [sys.executable, "-m", "preflight", "check", str(source), "--dateformat", "MM/dd/yyyy"]
    command += ["--clean", str(tmp_path / "clean.csv")]
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    while not [path for path in tmp_path.iterdir() if path.stat().st_size and path.name.startswith(".touchpoint-")]:
        assert process.poll() is None
        time.sleep(0.005)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (130, "", "preflight: interrupted; no output was written\n")
    assert [path.name for path in tmp_path.iterdir()] == ["events.csv"]
    with pytest.raises(ProcessLookupError):  # nobody of the group is left
        os.killpg(process.pid, 0)


def test_processes_that_nobody_waits_for_do_no_harm(monkeypatch: pytest.MonkeyPatch) -> None:
    take("processes", monkeypatch)
    before = signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # as a server may have it
    try:
        with worked_ahead(partial(same, sized), runs_of(9)) as results:
            assert sum(number for _, (_, number) in only(results)) == sum(map(len, runs_of(9)))
    finally:
        signal.signal(signal.SIGCHLD, before)


def test_small_files_are_judged_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "_fork", lambda: pytest.fail("a small file needs no process"))
    source = tmp_path / "events.csv"
    source.write_bytes(b"email,date,title\n" + b"a@x.com,01/25/2024,T\n" * 1000)
    assert check(source, Layout(dateformat="MM/dd/yyyy")).rows == 1000


FORK = """
import sys
from preflight.cli import main
from preflight.engine import processes

def fork(fork=processes._fork):
    print("pyarrow" in sys.modules, file=sys.stderr, flush=True)
    return fork()

processes._fork = fork
main.main(["check", sys.argv[1]])
"""


def test_the_command_forks_before_it_imports_arrow(tmp_path: Path) -> None:
    source = tmp_path / "events.csv"
    source.write_bytes(b"email,date,title\n" + b"a@x.com,01/25/2024,T\n" * 400_000)
    command = [sys.executable, "-c", FORK, str(source)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stderr == "False\nTrue\n"  # the second process is forked from the first
    assert "400,000 rows" in done.stdout
