"""On a terminal: tables of uploads and titles, the verdict in colour, times in the local zone."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.uploader.test_guard import terminal
from tests.uploader.user import COLUMNS
from uploader.cli.main import main
from uploader.rehearsal.server import Rehearsal

ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
TO = ["--destination", "Webinars", "--customeventaction", "CUSTOM_ATTENDED", *COLUMNS]
SHOWN = {"TERM": "xterm-256color", "COLUMNS": "110", "NO_COLOR": ""}


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("ACTON_ACCESS_TOKEN", "made-up")
    path = tmp_path / "events.csv"
    path.write_text("Email,Date,Title\njo@example.com,01/25/2023,Webinar A\n", encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("command", ["uploader", "preflight"])
def test_a_bare_command_prints_its_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    from preflight.cli.main import main as preflight

    assert (main if command == "uploader" else preflight)([]) == 0
    out, err = capsys.readouterr()
    assert (out.startswith(f"usage: {command} [-h] [--version] COMMAND"), "exit codes: 0 " in out, err) == (
        True,
        True,
        "",
    )


def test_history_is_a_table_with_local_times(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    with Rehearsal() as server:
        assert main(["send", file, *TO, "--base-url", server.url]) == 0
        titles = ["titles", "Webinars", "--base-url", server.url]
        code, shown = terminal(b"", *titles, **SHOWN)
    assert (code, [line.strip() for line in ESCAPE.sub("", shown).splitlines()][1:4:2]) == (
        0,
        ["1 title of Webinars", "Webinar A"],
    )
    capsys.readouterr()
    assert main(["history", "--json"]) == 0
    (entry,) = json.loads(capsys.readouterr().out)
    code, shown = terminal(b"", "history", TZ="XYZ-05:00", **SHOWN)
    told = ESCAPE.sub("", shown)
    assert code == 0
    assert max(map(len, told.splitlines())) <= 110
    assert re.search(r"id +time +rows +file +to +outcome", told)
    assert "XYZ" in told
    assert "confirmed; job " in told
    hour = (int(entry["time"][11:13]) + 5) % 24
    assert f" {hour:02d}:{entry['time'][14:16]}" in told
    assert "\x1b[" in shown


def test_commands_for_waiting_uploads_are_below_the_table(file: str) -> None:
    with Rehearsal() as server:
        assert main(["send", file, *TO, "--base-url", server.url, "--no-wait"]) == 0
        _code, shown = terminal(b"", "history", **SHOWN)
        followed = f"`uploader status 15937380 --wait --base-url {server.url}`"
    assert ESCAPE.sub("", shown).splitlines()[-1].startswith(f"upload 1 is sent: follow its job with {followed}; ")


def test_a_rehearsal_on_a_terminal_has_tables_and_its_verdict_in_colour(file: str) -> None:
    code, shown = terminal(b"", "send", file, *TO, "--rehearse", **SHOWN)
    assert code == 0
    assert "\x1b[1;36mREHEARSED\x1b[0m: nothing was sent. To send: uploader send " in shown
    assert "\x1b[1mVerdict\x1b[0m" in shown


def test_the_folder_of_an_output_is_made(file: str, tmp_path: Path) -> None:
    from preflight.cli.main import main as preflight

    report, clean = tmp_path / "new" / "folder" / "x.html", tmp_path / "other" / "c.csv"
    assert preflight(["check", file, "--dateformat", "MM/dd/yyyy", "--report", str(report)]) == 0
    assert report.read_bytes().startswith(b"<!doctype html>")
    assert preflight(["check", file, "--dateformat", "MM/dd/yyyy", "--clean", str(clean)]) == 0
    assert clean.read_bytes().startswith(b"Email,")
