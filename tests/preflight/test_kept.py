"""Outputs that somebody mended, merged or wrote are kept under another name; unchanged ones are replaced."""

from __future__ import annotations

import errno
import json
import os
import sys
from pathlib import Path
from subprocess import PIPE

import pytest
from filelock import FileLock, Timeout

from preflight import CODES, Layout, OutputError, check, merge_into
from preflight.cli.main import main
from preflight.model.reported import Kept
from preflight.outputs.recorded import LOCK_FILE, locked_by_file
from preflight.outputs.sidecar import Sidecar, sidecar_path
from tests.processes import all_running

LAYOUT = Layout("Email", "Date", "Title", None, "MM/dd/yyyy", "COMMA", "DOUBLE_QUOTE", "Y")
SOURCE = "Email,Date,Title\na@x.com,01/25/2024,T\nnobody,01/26/2024,T\n b@x.com,01/27/2024,U\n"
OUTPUTS = ("clean", "bad_rows", "fixes")


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "in.csv"
    path.write_text(SOURCE, encoding="utf-8")
    return path


def run(source: Path, **options: object) -> tuple[Kept, ...]:
    named = {name: f"{name}.csv" for name in OUTPUTS}
    return check(source, LAYOUT, fix=["blanks"], **named, **options).kept


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


WRITTEN = sorted([*(f"{name}{end}" for name in OUTPUTS for end in (".csv", ".preflight.json")), "in.csv"])


def test_an_untouched_output_is_replaced_by_each_run(source: Path, tmp_path: Path) -> None:
    for night in range(3):
        source.write_text(SOURCE + f"c{night}@x.com,01/28/2024,T\n", encoding="utf-8")
        assert run(source) == ()
        assert names(tmp_path) == WRITTEN
        assert f"c{night}@x.com" in Path("clean.csv").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", OUTPUTS)
def test_a_changed_output_is_kept_with_its_sidecar(name: str, source: Path, tmp_path: Path) -> None:
    run(source)
    output = Path(f"{name}.csv")
    written, mended = output.read_bytes(), output.read_bytes().replace(b"x.com", b"y.com").replace(b"nobody", b"nobodY")
    for number in (1, 2):
        output.write_bytes(mended)
        assert run(source) == (Kept(f"{name}.csv", f"{name}.{number}.csv", "was changed since it was written"),)
        assert Path(f"{name}.{number}.csv").read_bytes() == mended
        assert Sidecar.of(f"{name}.{number}.csv") == Sidecar.of(f"{name}.csv")
        assert output.read_bytes() == written
    assert run(source) == ()


@pytest.mark.parametrize("name", OUTPUTS)
def test_a_file_written_by_others_is_kept(name: str, source: Path, tmp_path: Path) -> None:
    Path(f"{name}.csv").write_bytes(b"mine")
    Path(f"{name}.1.csv").write_bytes(b"mine, too")
    assert run(source) == (Kept(f"{name}.csv", f"{name}.2.csv", "was not written by these commands"),)
    assert (Path(f"{name}.1.csv").read_bytes(), Path(f"{name}.2.csv").read_bytes()) == (b"mine, too", b"mine")
    assert run(source) == ()


def test_a_clean_file_with_merged_rows_is_kept_though_nobody_changed_it(source: Path) -> None:
    run(source)
    bad = Path("bad_rows.csv")
    bad.write_bytes(bad.read_bytes().replace(b"nobody", b"c@x.com"))
    merge_into("clean.csv", bad, LAYOUT)
    merged = Path("clean.csv").read_bytes()
    assert b"c@x.com" in merged
    assert run(source) == (
        Kept("clean.csv", "clean.1.csv", "holds merged rows"),
        Kept("bad_rows.csv", "bad_rows.1.csv", "was changed since it was written"),
    )
    assert Path("clean.1.csv").read_bytes() == merged
    assert run(source) == ()


def test_overwrite_keeps_nothing(source: Path, tmp_path: Path) -> None:
    for name in OUTPUTS:
        Path(f"{name}.csv").write_bytes(b"mine")
    assert run(source, overwrite=True) == ()
    assert names(tmp_path) == WRITTEN


def test_reports_are_replaced(source: Path, tmp_path: Path) -> None:
    reports = ["r.csv", "r.json", "r.html"]
    for name in reports:
        Path(name).write_bytes(b"mine")
    assert check(source, LAYOUT, reports=reports).kept == ()
    assert names(tmp_path) == ["in.csv", *sorted(reports)]


@pytest.mark.parametrize("told", [b"", b"[]", b"{}", b'{"preflight": 2}', b'{"preflight": 1, "size": {}}', b"\xff"])
def test_an_unreadable_sidecar_counts_as_missing(told: bytes, source: Path) -> None:
    run(source)
    Path("clean.preflight.json").write_bytes(told)
    assert run(source) == (Kept("clean.csv", "clean.1.csv", "was not written by these commands"),)


@pytest.mark.parametrize("ending", ["", ".txt", ".CSV", ".2024.csv"])
def test_a_kept_file_keeps_its_ending(ending: str, source: Path, tmp_path: Path) -> None:
    Path(f"c{ending}").write_bytes(b"mine")
    (kept,) = check(source, LAYOUT, clean=tmp_path / f"c{ending}").kept
    stem, suffix = os.path.splitext(f"c{ending}")
    assert kept.kept_as == str(tmp_path / f"{stem}.1{suffix}")
    assert Path(kept.kept_as).read_bytes() == b"mine"


def test_the_target_of_a_link_is_kept_beside_itself(source: Path, tmp_path: Path) -> None:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    (folder / "real.csv").write_bytes(b"mine")
    Path("link.csv").symlink_to(folder / "real.csv")
    (kept,) = check(source, LAYOUT, clean="link.csv").kept
    assert kept.kept_as == str(folder / "real.1.csv")
    assert names(folder) == ["real.1.csv", "real.csv", "real.preflight.json"]
    assert Path("link.csv").is_symlink()


def test_without_hard_links_a_file_is_kept_as_a_copy(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_links(*_: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", no_links)
    Path("clean.csv").write_bytes(b"mine")
    Path("clean.1.csv").write_bytes(b"mine, too")
    assert [kept.kept_as for kept in run(source)] == ["clean.2.csv"]
    assert (Path("clean.1.csv").read_bytes(), Path("clean.2.csv").read_bytes()) == (b"mine, too", b"mine")


def test_a_sidecar_never_replaces_another_file(source: Path) -> None:
    for clean, other in (("clean.csv", {"reports": ["clean.preflight.json"]}), ("clean", {"bad_rows": "clean.csv"})):
        with pytest.raises(OutputError, match=r"it is the file to check, or another output$"):
            check(source, LAYOUT, clean=clean, **other)


def test_no_output_replaces_the_module_of_a_rule(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("ownrule.py").write_text(
        "from preflight import rule\n\n\n"
        '@rule("title-t", column="title", message="T.")\ndef title_t(cells):\n    return cells == "T"\n'
    )
    monkeypatch.syspath_prepend(str(source.parent))
    monkeypatch.delitem(sys.modules, "ownrule", raising=False)  # if the test runs again in this process
    for options in ({"clean": "ownrule.py"}, {"reports": ["r.csv"], "bad_rows": source.parent / "ownrule.py"}):
        with pytest.raises(OutputError, match=r"^cannot write .*ownrule.py`: it contains the rule `title-t`$"):
            check(source, LAYOUT, rules=["ownrule:title_t"], **options)
    del CODES["title-t"]


def test_a_sidecar_contains_no_cell(source: Path) -> None:
    run(source)
    for name in OUTPUTS:
        told = sidecar_path(f"{name}.csv").read_text(encoding="utf-8")
        assert "x.com" not in told
        assert "nobody" not in told
        assert json.loads(told)["about"]["source"]["rows"] == 3


def test_the_last_lines_name_the_kept_files_and_the_reason(source: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["check", "in.csv", "--dateformat", "MM/dd/yyyy", "--clean", "c.csv", "--bad-rows", "b.csv"]
    assert main(command) == 1
    assert "Kept" not in capsys.readouterr().out
    Path("b.csv").write_bytes(b"mended")
    assert main(command) == 1
    *_, kept, _, verdict = capsys.readouterr().out.splitlines()
    assert kept == "Kept `b.1.csv`: `b.csv` was changed since it was written"
    assert verdict.startswith("NOT READY: mend the 2 bad rows in b.csv")
    Path("b.csv").write_bytes(b"mended")
    assert main([*command, "--json"]) == 1
    out, err = capsys.readouterr()
    told = {"file": "b.csv", "kept_as": "b.2.csv", "why": "was changed since it was written"}
    assert json.loads(out)["kept"] == [told]
    assert err == "preflight: Kept `b.2.csv`: `b.csv` was changed since it was written\n"
    Path("b.csv").write_bytes(b"mended")
    assert main([*command, "--overwrite"]) == 1
    assert "Kept" not in capsys.readouterr().out


RUNS = """
import sys
from preflight import Layout, check
from preflight.engine.judging import warm_up
from preflight.outputs import recorded
warm_up()
if sys.argv[1] == "file":
    recorded.folder_locked = recorded.locked_by_file
print("ready", flush=True)
for _ in sys.stdin:
    report = check("in.csv", Layout("Email", "Date", "Title", None, "MM/dd/yyyy"), clean="clean.csv")
    print(*(kept.kept_as for kept in report.kept), flush=True)
"""


@pytest.mark.parametrize("lock", ["folder", "file"])  # as POSIX and as Windows have it
def test_concurrent_runs_lose_no_file(lock: str, source: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-c", RUNS, lock]
    ours = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    with all_running(3, command, stdin=PIPE, stdout=PIPE, text=True, bufsize=1, env=ours) as runs:
        assert [run.stdout.readline() for run in runs] == ["ready\n"] * 3
        for mended in range(2):
            Path("clean.csv").write_text(f"mended {mended}", encoding="utf-8")
            for run in runs:
                run.stdin.write("\n")
            kept = sorted(run.stdout.readline() for run in runs)
            assert kept == ["\n", "\n", f"clean.{mended + 1}.csv\n"]
            assert Path(f"clean.{mended + 1}.csv").read_text(encoding="utf-8") == f"mended {mended}"
    assert [name for name in names(tmp_path) if name.endswith(".csv")] == [
        "clean.1.csv", "clean.2.csv", "clean.csv", "in.csv"
    ]  # fmt: skip
    left = [LOCK_FILE] if lock == "file" else []  # which Windows removes
    assert [name for name in names(tmp_path) if name.startswith(".")] == left


def test_the_lock_of_windows_is_exclusive(tmp_path: Path) -> None:
    with locked_by_file(tmp_path), pytest.raises(Timeout):
        FileLock(tmp_path / LOCK_FILE, timeout=0).acquire()
    with locked_by_file(tmp_path):
        pass
