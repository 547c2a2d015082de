"""On a terminal: tables that fit it, what is at fault marked, colours unless NO_COLOR; elsewhere plain lines."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.processes import running

ROOT = Path(__file__).parents[2]
BAD = ("check", "fixtures/webinar-bad.csv", "--dateformat", "MM/dd/yyyy")
ESCAPE = re.compile(r"\x1b\[[0-9;]*m")


def on_a_terminal(*arguments: str, width: int = 100, **environment: str) -> str:
    """What the command prints on a pseudo-terminal of that width."""
    ours, theirs = pty.openpty()
    told = {**os.environ, "COLUMNS": str(width), "TERM": "xterm-256color", **environment}
    told = {name: value for name, value in told.items() if value or name != "NO_COLOR"}
    command = [sys.executable, "-m", "preflight", *arguments]
    with running(command, cwd=ROOT, env=told, stdout=theirs, stderr=subprocess.DEVNULL) as process:
        os.close(theirs)
        printed = b""
        while chunk := _read(ours):
            printed += chunk
    os.close(ours)
    assert process.returncode == 1
    return printed.decode().replace("\r\n", "\n")


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 1 << 16)
    except OSError:  # how Linux says that the other end was closed
        return b""


def marked(printed: str) -> list[str]:
    return re.findall(r"\x1b\[(?:\d+;)*7(?:;\d+)*m(.*?)\x1b\[0m", printed)


@pytest.mark.parametrize("width", [60, 100, 160])
def test_tables_fit_the_width(width: int) -> None:
    lines = ESCAPE.sub("", on_a_terminal(*BAD, width=width, NO_COLOR="")).splitlines()
    assert max(map(len, lines[:-2])) <= width
    assert lines[-2].startswith(
        "To apply the fixes and suggestions, once you have looked at them: preflight check fixtures/"
    )
    assert lines[-1].startswith(
        "NOT READY: 10 bad rows, 2 of which --fix mends (blanks, display-name), to be collected "
    )
    assert any(line.split()[:2] == ["3", "date-year"] for line in lines)


def test_the_fault_is_marked() -> None:
    assert marked(on_a_terminal(*BAD, width=160, NO_COLOR="")) == [
        "24",
        " ",
        "brightwater",
        "Jean-Luc Moreau <",
        ">",
        "30",
        " 10:30",
        'said "call me"',
    ]


def test_no_color_is_respected_without_loss_of_text() -> None:
    coloured, plain = (on_a_terminal(*BAD, NO_COLOR=value) for value in ("", "1"))
    assert re.search(r"\x1b\[[0-9;]*3[0-7]m", coloured)
    assert not re.search(r"\x1b\[[0-9;]*[39][0-7]m", plain)
    assert ESCAPE.sub("", plain) == ESCAPE.sub("", coloured)
    assert marked(plain) == marked(coloured)


def test_markup_and_escapes_of_a_file_are_text(tmp_path: Path) -> None:
    source = tmp_path / "[bold]in.csv"
    source.write_text("Email,Date,Title\n[red]x\x1b[31m:smile:,01/25/2024,[/]\n", encoding="utf-8")
    printed = on_a_terminal("check", str(source), "--dateformat", "MM/dd/yyyy", width=160, NO_COLOR="1")
    assert "[red]x\\x1b[31m:smile:" in ESCAPE.sub("", printed)
    assert "[bold]in.csv: 1 row" in printed


def test_without_a_terminal_lines_are_plain_and_rich_is_not_imported() -> None:
    code = (
        "import sys; from preflight.cli.main import main; main(sys.argv[1:])\n"
        "print('rich' in sys.modules, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code, *BAD], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stderr == "False\n"
    assert "\x1b" not in done.stdout
    assert "\n  row 3 (line 4), Event Date: date-year\n" in done.stdout
