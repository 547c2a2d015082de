"""The next run removes the leftovers of dead processes, and nothing else."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from preflight.cli.main import main
from preflight.outputs.leftovers import Owner, clear, clear_temporary, own_path, temporary_folder
from tests.processes import LONGEST, interrupted, running

ROOT = Path(__file__).parents[2]
ROWS = "Email,Date,Title\n" + "jo@example.com,01/25/2023,Webinar\n" * 500_000
"""A file long enough for outputs to be opened before its last row is read."""
DATES = ["--dateformat", "MM/dd/yyyy"]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the start time of a process is known on Linux only")


def named(owner: Owner, ending: str = "") -> str:
    return f".touchpoint-{'-'.join(map(str, owner))}-00000000{ending}"


@pytest.fixture
def dead() -> Owner:
    """A process of this machine that has ended."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        pass
    return Owner.here()._replace(process=process.pid, start=1)


def until(condition: Callable[[], object]) -> None:
    """Wait for a condition, with a timeout."""
    deadline = time.monotonic() + LONGEST
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@contextlib.contextmanager
def reading(folder: Path, *outputs: str) -> Iterator[subprocess.Popen[str]]:
    """A running check in `folder` of a pipe: it has read many rows, and waits for more."""
    os.mkfifo(folder / "pipe")
    (folder / "temporary").mkdir()
    command = [sys.executable, "-m", "preflight", "check", "pipe", *DATES, *outputs]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(folder / "temporary")}
    with (
        running(command, cwd=folder, env=environment, text=True, stderr=subprocess.PIPE) as process,
        (folder / "pipe").open("w") as pipe,
    ):
        pipe.write(ROWS)
        pipe.flush()
        yield process


def test_a_name_identifies_its_owner(tmp_path: Path) -> None:
    here = Owner.here()
    assert here.process == os.getpid()
    assert here.start > 0
    for name in (own_path(tmp_path).name, own_path(tmp_path, ".part").name):
        assert Owner.of(name) == here
    assert not here.is_dead(here, time.time())


def test_leftovers_of_a_dead_process_are_removed_with_their_content(dead: Owner, tmp_path: Path) -> None:
    (tmp_path / named(dead)).mkdir()
    (tmp_path / named(dead) / "clean.csv").write_text("jo@example.com")
    (tmp_path / named(dead, ".part")).write_text("jo@example.com")
    clear(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_reused_process_id_protects_nothing(tmp_path: Path) -> None:
    here = Owner.here()
    (tmp_path / named(here._replace(start=here.start - 1))).write_text("")
    (tmp_path / named(here)).write_text("")
    clear(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [named(here)]


def test_a_zombie_process_is_dead(tmp_path: Path) -> None:
    with running([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        stat = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
        (tmp_path / named(Owner.here()._replace(process=process.pid, start=int(stat[19])))).write_text("")
        clear(tmp_path)
        assert len(list(tmp_path.iterdir())) == 1
        process.kill()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        clear(tmp_path)
        assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("change", [{"host": "00000000"}, {"boot": "00000000"}, {"process": 1, "start": 0}])
def test_files_of_another_machine_another_boot_and_a_live_process_stay(
    change: dict[str, str], dead: Owner, tmp_path: Path
) -> None:
    path = tmp_path / named(dead._replace(**change))
    path.write_text("")
    clear(tmp_path)
    assert path.exists()


def test_leftovers_of_an_earlier_boot_are_removed(dead: Owner, tmp_path: Path) -> None:
    path = tmp_path / named(dead._replace(boot="00000000", process=os.getpid()))
    path.write_text("")
    os.utime(path, (1e9, 1e9))
    clear(tmp_path)
    assert not path.exists()


def test_links_are_not_followed_and_files_of_others_are_not_touched(dead: Owner, tmp_path: Path) -> None:
    precious, folder = tmp_path / "precious", tmp_path / "folder"
    precious.mkdir()
    (precious / "file").write_text("")
    folder.mkdir()
    (folder / named(dead)).symlink_to(precious)
    if os.getuid() == 0:
        (folder / named(dead, ".part")).write_text("")
        os.chown(folder / named(dead, ".part"), 12345, 12345)
    clear(folder)
    assert (precious / "file").exists()
    assert len(list(folder.iterdir())) == (2 if os.getuid() == 0 else 1)


@given(st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=60))
def test_other_names_are_not_ours(name: str) -> None:
    assert Owner.of(name) is None
    assert Owner.of(f"touchpoint-{name}.csv") is None


def test_other_files_stay_and_a_missing_folder_is_ignored(tmp_path: Path) -> None:
    (tmp_path / ".events.csv.part").write_text("")
    (tmp_path / ".touchpoint-1-2-3-4-5").write_text("")
    clear(tmp_path)
    clear(tmp_path / "missing")
    assert len(list(tmp_path.iterdir())) == 2


def test_a_temporary_folder_is_private_and_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with contextlib.suppress(KeyboardInterrupt), temporary_folder() as folder:
        (folder / "clean.csv").write_text("")
        assert folder.parent == tmp_path
        assert folder.stat().st_mode & 0o777 == 0o700
        clear_temporary()
        assert folder.exists()
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_leaves_nothing(number: int, tmp_path: Path) -> None:
    with reading(tmp_path, "--clean", "clean.csv", "--bad-rows", "bad.csv") as process:
        until(lambda: len(list(tmp_path.glob(".touchpoint-*"))) == 2)
        assert interrupted(process, number) == 130
        assert process.stderr is not None
        assert process.stderr.read() == "preflight: interrupted; no output was written\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["pipe", "temporary"]
    assert list((tmp_path / "temporary").iterdir()) == []


def test_the_next_run_after_a_kill_removes_partial_outputs(tmp_path: Path) -> None:
    events = tmp_path / "events.csv"
    events.write_text("Email,Date,Title\njo@example.com,01/25/2023,Webinar\n")
    again = ["check", str(events), *DATES, "--clean", str(tmp_path / "other.csv")]
    with reading(tmp_path, "--clean", "clean.csv", "--bad-rows", "bad.csv") as process:
        until(lambda: len(list(tmp_path.glob(".touchpoint-*"))) == 2)
        assert main(again) == 0
        assert len(list(tmp_path.glob(".touchpoint-*"))) == 2  # it lives
        process.kill()
        process.wait(LONGEST)
    assert len(list(tmp_path.glob(".touchpoint-*"))) == 2
    assert main(again) == 0
    left = {"events.csv", "other.csv", "other.preflight.json", "pipe", "temporary"}
    assert {path.name for path in tmp_path.iterdir()} == left
    assert list((tmp_path / "temporary").iterdir()) == []  # what it kept of the pipe had no name


def test_a_killed_merge_leaves_a_folder_that_any_command_clears(tmp_path: Path) -> None:
    temporary = tmp_path / "temporary"
    (tmp_path / "clean.csv").write_text("Email,Date,Title\njo@example.com,01/25/2023,Webinar\n")
    with reading(tmp_path, "--merge-into", "clean.csv") as process:
        until(lambda: list(temporary.iterdir()))
        process.kill()
        process.wait(LONGEST)
    assert len(list(temporary.iterdir())) == 1
    environment = {**os.environ, "TMPDIR": str(temporary), "XDG_DATA_HOME": str(tmp_path)}
    history = [sys.executable, "-m", "uploader", "history"]
    subprocess.run(history, env=environment, check=True, cwd=ROOT, stdout=subprocess.DEVNULL)
    assert list(temporary.iterdir()) == []
