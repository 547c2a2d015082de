"""Chunks judged through executors: the same outputs in the same order, errors at their turn, nobody left behind."""

from __future__ import annotations

import errno
import os
import pickle
import signal
import struct
import subprocess
import sys
import threading
import time
import warnings
import zipfile
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor, Executor, ThreadPoolExecutor
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from preflight import CODES, InputError, Layout, check, rule
from preflight.engine import parallel, pool
from preflight.errors import WorkerDiedError
from preflight.executors import forked
from preflight.executors.forked import ForkedExecutor
from preflight.executors.spooling import Spool
from preflight.layouts.words import Quote, Separator
from preflight.model.added import Added
from preflight.records.grammar import Dialect
from preflight.records.run import Records
from preflight.records.scanner import read_records
from tests.processes import LONGEST
from tests.workbooks import people, written

ROOT = Path(__file__).parents[2]
US = Layout("Email", "Date", "Title", None, "MM/dd/yyyy")
WAYS = ("here", "threads", "given threads", "forked", "spawned")


def made_forked(workers: int = 2) -> ForkedExecutor:
    """The processes that the command uses for a large file on Linux."""
    with warnings.catch_warnings():  # from Python 3.12 on, of the threads that pytest-xdist has
        warnings.simplefilter("ignore", DeprecationWarning)
        return ForkedExecutor(workers, pool.make_ready)


@pytest.fixture(scope="module")
def processes() -> Iterator[dict[str, Executor]]:
    """Those, and the ones that it uses elsewhere."""
    with made_forked() as forked, pool._spawned() as spawned:
        yield {"forked": forked, "spawned": spawned}


@pytest.fixture(params=WAYS)
def executor(
    request: pytest.FixtureRequest, processes: dict[str, Executor], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Executor | None]:
    """Each way to judge, whatever the number of records, three of which go together."""
    monkeypatch.setattr(parallel, "MAX_RECORDS", 3)
    monkeypatch.setattr(parallel, "LARGE_BYTES", -1 if request.param == "threads" else 1 << 40)
    with ThreadPoolExecutor(3) as threads:
        yield {"given threads": threads, **processes}.get(request.param)


def test_once_per_day_is_the_same_with_every_executor(executor: Executor | None, tmp_path: Path) -> None:
    source, clean, bad = (tmp_path / name for name in ("e.csv", "c.csv", "b.csv"))
    rows = [f"a{i % 4}@x.com,1/{i % 3 + 1}/2024 {11 - i % 10:02}:00,T,\n" for i in range(60)]
    rows[7] = "nobody,1/1/2024 00:00,T,\n"
    source.write_text("Email,Date,Title,Note\n" + "".join(rows), encoding="utf-8")
    layout = Layout("Email", "Date", "Title", None, "MM/dd/yyyy HH:mm", once_per_day=True)
    report = check(source, layout, clean=clean, bad_rows=bad, executor=executor)
    assert (report.good_rows, report.bad_rows, report.left_out) == (12, 1, 47)
    assert (report.warnings, report.titles.counts) == ({}, {"T": 12})
    first = {(i % 4, i % 3): i for i in range(59, -1, -1) if i != 7 and 11 - i % 10 == _earliest(i % 4, i % 3)}
    assert clean.read_text(encoding="utf-8").splitlines()[1:] == [rows[i][:-1] for i in sorted(first.values())]
    assert len(bad.read_text(encoding="utf-8-sig").splitlines()) == 2


def _earliest(person: int, day: int) -> int:
    return min(11 - i % 10 for i in range(60) if (i % 4, i % 3) == (person, day) and i != 7)


def test_every_output_is_the_same_with_every_executor(executor: Executor | None, tmp_path: Path) -> None:
    source, rows = tmp_path / "bad.csv", []
    for i in range(1, 41):
        date = "02/30/2024" if i % 5 == 0 else f"1/{i % 28 + 1}/2024"
        rows.append(f"<a{i}@x.com>,{date},'=T{i % 3},{i},{i + 1},email-display-name: x\n")
    added = "preflight_row,preflight_line,preflight_problems"
    source.write_text(f"Email,Date,Title,{added}\n{''.join(rows)}", encoding="utf-8")
    names = ("clean.csv", "bad2.csv", "fixes.csv", "r.csv", "r.json", "r.html")
    found = []
    for way, folder in ((None, "expected"), (executor, "found")):
        (tmp_path / folder).mkdir()
        clean, bad, fixes, *reports = (tmp_path / folder / name for name in names)
        report = check(
            source, US, clean=clean, bad_rows=bad, reports=reports, fix=["display-name"], fixes=fixes,
            normalize_dates=True, max_shown=7, executor=way,
        )  # fmt: skip
        assert (report.good_rows, report.bad_rows, report.fixes.counts) == (32, 8, {"display-name": 40})
        assert [fix.row for fix in report.fixes.examples] == list(range(1, 8))
        assert report.good.tolist() == [i % 5 != 0 for i in range(1, 41)]
        found.append((report.as_dict(), report.frame, [(tmp_path / folder / name).read_bytes() for name in names]))
    assert found[0][0] == found[1][0]
    pd.testing.assert_frame_equal(found[0][1], found[1][1])
    assert found[0][2] == found[1][2]


def test_an_error_is_raised_in_order_and_leaves_no_output(executor: Executor | None, tmp_path: Path) -> None:
    source, clean = tmp_path / "events.csv", tmp_path / "clean.csv"
    rows = [b"a@x.com,01/25/2024,T\n"] * 20
    rows[11], rows[17] = b"a@x.com,01/25/2024,\xff\n", b"a@x.com,01/25/2024,\xfe\n"
    source.write_bytes(b"Email,Date,Title\n" + b"".join(rows))
    with pytest.raises(InputError, match=r"is not UTF-8 text: line 13, byte 20 is 0xff"):
        check(source, US, clean=clean, executor=executor)
    assert list(tmp_path.iterdir()) == [source]


def test_errors_of_reading_are_raised_after_earlier_rows_were_judged(
    executor: Executor | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("preflight.records.scanner.MAX_RECORD_BYTES", 1 << 20)
    monkeypatch.setattr("preflight.records.grammar.MAX_RECORD_BYTES", 1 << 20)
    source = tmp_path / "events.csv"
    source.write_bytes(b"Email,Date,Title\n" + b"a@x.com,01/25/2024,T\n" * 20 + b"x" * (9 << 20))
    with pytest.raises(InputError, match=r"^line 22 starts a record of more than 1 MiB; "):
        check(source, US, executor=executor)


def test_a_library_call_starts_no_process_and_judges_in_threads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for owner, name in ((os, "fork"), (subprocess, "Popen"), (pool, "_pool")):
        monkeypatch.setattr(owner, name, lambda *args, **kwargs: pytest.fail("a library call started a process"))
    before, names = dict(CODES), set()

    @rule("title-seen", column="Title", message="Seen.")
    def see(cells: pd.Series[str]) -> Any:
        names.add(threading.current_thread().name.rpartition("_")[0])
        return np.zeros(len(cells), np.bool_)

    source = tmp_path / "events.csv"
    source.write_bytes(b"Email,Date,Title\n" + b"a@x.com,01/25/2024,T\n" * 400_000)
    assert check(source, US, rules=[see]).rows == 400_000
    assert names == {"preflight"}
    CODES.clear()
    CODES.update(before)


def test_small_files_are_judged_by_the_reading_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started = "concurrent.futures.ThreadPoolExecutor"
    monkeypatch.setattr(started, lambda *args, **kwargs: pytest.fail("no thread is needed"))
    source = tmp_path / "events.csv"
    source.write_bytes(b"Email,Date,Title\n" + b"a@x.com,01/25/2024,T\n" * 1000)
    assert check(source, US).rows == 1000
    with pool.pool_for([str(source)]) as made:
        assert made is None
    with pool.pool_for([str(tmp_path / "no.csv")]) as made:
        assert made is None


def test_a_workbook_is_read_alike_by_every_executor(
    executor: Executor | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("preflight.workbooks.reading.PIECE_BYTES", 5_000)
    monkeypatch.setattr("preflight.workbooks.loading.BUNDLE_BYTES", 9_000)

    def fill(book: xlsxwriter.Workbook) -> None:
        sheet = people(book, number=0)
        for row in range(1, 301):
            sheet.write_row(row, 0, [f"p{row}{'@' * (row != 7)}x.com", "2024-01-05", f"T{row % 5}"])
        sheet.set_row(250, None, None, {"hidden": True})
        sheet.write_string(299, 3, "wide")

    report = check(written(tmp_path / "a.xlsx", fill), clean=tmp_path / "clean.csv", executor=executor)
    assert (report.rows, report.problems, report.warnings) == (300, {"email-syntax": 1}, {"hidden-cells": 1})
    assert [one.line for one in report.examples if one.code == "email-syntax"] == [8]
    rows = [f"p{row}@x.com,2024-01-05,T{row % 5},{'wide' if row == 299 else ''}\n" for row in range(1, 301) if row != 7]
    assert (tmp_path / "clean.csv").read_text() == "".join(["Email,Event Date,Event Title,\n", *rows])


def test_a_worker_that_dies_reading_a_workbook_ends_the_check(tmp_path: Path) -> None:
    book = written(tmp_path / "a.xlsx", people)
    with made_forked() as workers:
        os.kill(workers._first, signal.SIGKILL)
        with pytest.raises(WorkerDiedError):
            check(book, executor=workers)
    with pytest.raises(InputError, match="damaged or cut short"), made_forked() as workers:
        check(_with_bad_number(book), executor=workers)


def _with_bad_number(book: Path) -> Path:
    """The workbook with a text that there is none of."""
    made = book.with_name("damaged.xlsx")
    with zipfile.ZipFile(book) as package, zipfile.ZipFile(made, "w") as broken:
        for name in package.namelist():
            broken.writestr(name, package.read(name).replace(b"<v>3</v>", b"<v>333</v>"))
    return made


def test_a_workbook_counts_with_its_unpacked_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    book = written(tmp_path / "a.xlsx", people)
    monkeypatch.setattr(pool, "POOL_BYTES", book.stat().st_size * 2)
    assert pool._are_large([str(book)])
    (tmp_path / "a.csv").write_bytes(bytes(book.stat().st_size))
    assert not pool._are_large([str(tmp_path / "a.csv")])


@given(st.lists(st.text(st.sampled_from('a,"\n\r'), max_size=5), max_size=9), st.integers(0, 4), st.integers(0, 9))
def test_records_are_pickled_unchanged(lines: list[str], first: int, number: int) -> None:
    dialect = Dialect(Separator.COMMA, Quote.DOUBLE_QUOTE)
    for run in read_records(["\n".join(lines).encode()], dialect, 7):
        records = run.between(first, first + number)
        again = pickle.loads(pickle.dumps(records))
        assert [again.raw(i) for i in range(len(again))] == [records.raw(i) for i in range(len(records))]
        assert (again.line.tolist(), again.fault.tolist()) == (records.line.tolist(), records.fault.tolist())
        every = np.ones(len(records), np.bool_)
        assert not len(records) or bytes(again.bytes_of(every)) == bytes(records.bytes_of(every))


def test_the_added_cells_of_a_record_are_pickled_with_it() -> None:
    (run,) = read_records([b"a\n"], Dialect(Separator.COMMA, Quote.NONE))
    run = type(run)(run.block, run.start, run.stop, run.end, run.line, run.fault, (Added("1", "2", "x"),))
    again = pickle.loads(pickle.dumps(run))
    assert again.added == (Added("1", "2", "x"),)


MODULE = """
import os, signal
from pathlib import Path
from preflight import rule

@rule("title-pid", column="Title", message="Never.")
def pid(cells):
    Path("pids", str(os.getpid())).touch()
    return cells.isna()

@rule("title-dies", column="Title", message="Never.")
def dies(cells):
    os.kill(os.getpid(), signal.SIGKILL)

@rule("title-dies-later", column="Title", message="Never.")
def dies_later(cells):
    left.pop() if left else dies.judge(cells)
    return cells.isna()

@rule("title-kills", column="Title", message="Never.")
def kills_the_first(cells):
    path = Path("pids", "first")
    try:
        path.open("x").write(str(os.getpid()))
    except FileExistsError:
        pass
    os.kill(int(path.read_text() or os.getpid()), signal.SIGKILL)
    return cells.isna()

left = [None]
"""

DEAD = """
import os, signal
from pathlib import Path
from preflight import rule

try:
    Path("pids", "command").touch(exist_ok=False)
except FileExistsError:  # the command has imported it, this is a worker
    os.kill(os.getpid(), signal.SIGKILL)

@rule("title-as-imported", column="Title", message="Never.")
def dies_as_it_is_imported(cells):
    return cells.isna()
"""


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """A folder with a file that is large enough for other processes, and rules that tell of them."""
    row = b"a@x.com,01/25/2024,T\n"
    (tmp_path / "events.csv").write_bytes(b"Email,Date,Title\n" + row * (pool.POOL_BYTES // len(row) + 9))
    (tmp_path / "own.py").write_text(MODULE, encoding="utf-8")
    (tmp_path / "dead.py").write_text(DEAD, encoding="utf-8")
    (tmp_path / "pids").mkdir()
    return tmp_path


def started(folder: Path, *options: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "preflight", "check", "events.csv", "--dateformat", "MM/dd/yyyy", *options]
    return subprocess.Popen(
        command, cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip


def wait_until_gone(group: int) -> None:
    """Wait until no process of the group is left."""
    end = time.monotonic() + LONGEST
    while time.monotonic() < end:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return
        time.sleep(0.01)
    pytest.fail("a process was left behind")


def wait_for(process: subprocess.Popen[str], folder: Path) -> None:
    """Wait until an output is being written."""
    while not [path for path in folder.iterdir() if path.stat().st_size and path.name.startswith(".touchpoint-")]:
        assert process.poll() is None
        time.sleep(0.005)


def test_the_command_judges_a_large_file_in_other_processes_that_end_with_it(large: Path) -> None:
    process = started(large, "--rule", "own:pid", "--json", "--max-shown", "0")
    _, err = process.communicate(timeout=120)
    assert (process.returncode, err) == (0, "")
    pids = {int(path.name) for path in (large / "pids").iterdir()}
    assert 1 <= len(pids) <= parallel.cores()
    assert process.pid not in pids
    wait_until_gone(process.pid)


@pytest.mark.parametrize("moment", ["dies", "dies_later", "kills_the_first", "dead.dies_as_it_is_imported"])
def test_a_worker_that_is_killed_is_one_line_and_no_verdict(large: Path, moment: str) -> None:
    rule = moment.replace(".", ":") if "." in moment else f"own:{moment}"
    process = started(large, "--rule", rule, "--clean", "clean.csv", "--bad-rows", "bad.csv", "--json")
    out, err = process.communicate(timeout=120)
    assert (process.returncode, out, err) == (70, "", "preflight: a worker process died; out of memory?\n")
    left = {path.name for path in large.iterdir()} - {"__pycache__"}
    assert left == {"events.csv", "own.py", "dead.py", "pids"}
    wait_until_gone(process.pid)


def kill_itself(*_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def die_while_answering(pipes: Any, *_: object) -> None:
    try:
        pipe: Connection = pipes[0]
        for other in pipes[1:]:
            other.close()
        pipe.recv_bytes()
        os.write(pipe.fileno(), struct.pack("!i", 100) + b"x")
    finally:  # else an exception would let this fork go on with the tests
        kill_itself()


@pytest.mark.parametrize(
    ("module", "name", "dies"), [(pool, "make_ready", kill_itself), (forked, "_work", die_while_answering)]
)
def test_a_worker_that_dies_at_its_start_or_answer_gives_the_same_message(
    module: Any, name: str, dies: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "events.csv"
    source.write_bytes(b"Email,Date,Title\n" + b"a@x.com,01/25/2024,T\n" * 10)
    monkeypatch.setattr(module, name, dies)
    with made_forked() as made, pytest.raises(WorkerDiedError, match=r"^a worker process died; out of memory\?$"):
        check(source, US, executor=made)


def test_workers_that_died_before_their_first_task_give_the_same_message(tmp_path: Path) -> None:
    source = tmp_path / "events.csv"
    source.write_bytes(b"Email,Date,Title\n" + b"a@x.com,01/25/2024,T\n" * 10)
    with made_forked(1) as made:
        os.kill(made.submit(os.getpid).result(), signal.SIGKILL)
        with pytest.raises(WorkerDiedError, match=r"^a worker process died; out of memory\?$"):
            check(source, US, executor=made)
        with pytest.raises(BrokenExecutor):
            made.submit(os.getpid).result()


class UnpicklableError(Exception):
    def __reduce__(self) -> Any:
        raise TypeError("no")


def unpicklable() -> Any:
    return lambda: None


def raise_unpicklable() -> None:
    raise UnpicklableError("this")


def raise_end_of_file() -> None:
    raise EOFError("of the call")


def test_an_exception_in_a_call_is_raised_and_the_worker_survives() -> None:
    with made_forked(1) as made:
        pid = made.submit(os.getpid).result()
        with pytest.raises(EOFError, match="of the call"):
            made.submit(raise_end_of_file).result()
        with pytest.raises(RuntimeError, match="UnpicklableError: this"):
            made.submit(raise_unpicklable).result()
        with pytest.raises((AttributeError, pickle.PicklingError), match="local object"):
            made.submit(unpicklable).result()
        with pytest.raises((AttributeError, pickle.PicklingError), match="local object"):
            made.submit(lambda: None).result()
        assert made.submit(os.getpid).result() == pid != os.getpid()


def with_buffers() -> Any:
    return [pa.py_buffer(b"abc" * 100_000), np.arange(5), "text", pa.py_buffer(b"")]


def test_buffers_are_returned_unchanged_and_arrays_are_writable() -> None:
    executor = made_forked()
    try:
        first, numbers, text, empty = executor.submit(with_buffers).result()
    finally:
        executor.shutdown()
    numbers += 1
    assert (bytes(memoryview(first)), numbers.tolist(), text) == (b"abc" * 100_000, [1, 2, 3, 4, 5], "text")
    assert bytes(memoryview(empty)) == b""


def test_pieces_wait_in_a_file(tmp_path: Path) -> None:
    made, spool = list[bytes](), Spool()
    with (tmp_path / "spool").open("w+b", buffering=0) as file:
        spool.begin(file.fileno())
        first = spool.kept(made.append(piece) or piece for piece in (b"ab", b"", b"c"))
        second = spool.kept(iter([pa.py_buffer(b"de")]))
        assert (made, os.pread(file.fileno(), 9, 0)) == ([b"ab", b"", b"c"], b"abcde")
        assert ([*first], [*second], [*first]) == ([b"ab", b"", b"c"], [b"de"], [b"ab", b"", b"c"])
        spool.begin(file.fileno())
        assert [*spool.kept(iter([b"x"]))] == [b"x"]
        assert os.pread(file.fileno(), 9, 0) == b"xbcde"
        spool.begin(None)
        assert spool.kept(iter([b"a", b"b"])) == [b"a", b"b"]


def test_pieces_wait_in_memory_from_the_one_for_which_the_disk_has_no_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool, write, room = Spool(), os.pwrite, 3

    def written(file: int, data: memoryview, at: int) -> int:
        if at >= room:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(file, data[: room - at], at)

    monkeypatch.setattr(os, "pwrite", written)
    with (tmp_path / "spool").open("w+b", buffering=0) as file:
        spool.begin(file.fileno())
        assert [*spool.kept(iter([b"ab", b"cd", b"e"]))] == [b"ab", b"cd", b"e"]
        assert [*spool.kept(iter([b"f"]))] == [b"f"]


def test_records_are_passed_unchanged_even_if_shared_memory_is_used_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(forked, "SLOT_BYTES", 4096)
    (run,) = read_records([b"a,b\n" * 60 + b"c,d\n" * 2000], Dialect(Separator.COMMA, Quote.NONE), 7)
    with made_forked() as made:
        parts = [run.between(at, at + size) for size in (7, 50, 500) for at in range(0, len(run), size)]
        futures = [made.submit(plain, part) for part in parts]
        assert [future.result() for future in futures] == [plain(part) for part in parts]


def plain(records: Records) -> tuple[list[bytes], list[int], list[int], list[int]]:
    every = np.arange(len(records))
    ends = (records.end - records.start).tolist() if len(records) else []
    return records.raws(every), records.line.tolist(), records.fault.tolist(), ends


def test_the_command_with_workers_imports_no_pandas(large: Path) -> None:
    code = (
        "import sys; from preflight.cli.main import main; code = main(); "
        "print('pandas' in sys.modules, file=sys.stderr); sys.exit(code)"
    )
    options = ["check", "events.csv", "--dateformat", "MM/dd/yyyy", "--json", "--max-shown", "0"]
    done = subprocess.run(
        [sys.executable, "-c", code, *options], cwd=large, env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "False\n")


@pytest.mark.skipif(not Path("/sys/kernel/mm/transparent_hugepage").exists(), reason="no large pages here")
def test_the_heap_of_a_command_with_workers_uses_large_pages() -> None:
    code = """
import re
from preflight.engine.pool import HEAP_BYTES, _keep_freed_memory
_keep_freed_memory()
maps = re.findall(r"^[0-9a-f]+-[0-9a-f]+ .*?^VmFlags:.*?$", open("/proc/self/smaps").read(), re.M | re.S)
asking = [one for one in maps if one.endswith(" hg") or " hg " in one]
print(*(one.splitlines()[0].split()[-1] for one in asking))
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=LONGEST)
    assert (done.stdout, done.stderr) == ("[heap]\n", "")


def test_ctrl_c_leaves_no_output_and_no_process(large: Path) -> None:
    process = started(large, "--clean", "clean.csv")
    wait_for(process, large)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does
    out, err = process.communicate(timeout=LONGEST)
    assert (process.returncode, out, err) == (130, "", "preflight: interrupted; no output was written\n")
    assert sorted(path.name for path in large.iterdir()) == ["dead.py", "events.csv", "own.py", "pids"]
    wait_until_gone(process.pid)


def test_no_process_outlives_a_command_that_is_killed(large: Path) -> None:
    process = started(large, "--clean", "clean.csv")
    wait_for(process, large)
    process.kill()
    process.communicate(timeout=LONGEST)
    wait_until_gone(process.pid)
