"""What is printed is never obeyed, and printing never fails nor changes an exit code."""

from __future__ import annotations

import errno
import io
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from preflight.cli.main import main
from preflight.console.streams import Stream, console, guarded, write_commands
from preflight.text.display import as_json, visible
from tests.processes import LONGEST, running
from uploader.cli.main import main as send_main

ROOT = Path(__file__).parents[2]
EVENTS = str(ROOT / "fixtures" / "customEvent.csv")
DATES = ["--dateformat", "MM/dd/yyyy"]

OPENINGS = [
    "::error::",
    "##[error]",
    "##vso[task]",
    "##teamcity[x]",
    "::",
    ":",
    "#",
    "##",
    "[",
    "vso",
    "\u3000::set-env ",
    "\x85::x",
]
UNSEEN = [
    "\x9b31m",
    "\x1b[2J",
    "\u202e",
    "\u2028",
    "\u2029",
    "\r",
    "\n",
    "\x00",
    "\x7f",
    "\ud800",
    "\u200b",
    "\U000e0041",
    "\t",
    "\x08",
]
TEXTS = st.lists(st.text(max_size=4) | st.sampled_from(OPENINGS + UNSEEN + [" ", "jo@example.com"]), max_size=8).map(
    "".join
)
HOSTILE = "\n::error::x\r::add-mask::y\u2028##[group]\x9b31m\x1b]0;t\x07\u202e\U000e0041\ud800 ##vso[x] ##teamcity[y]"


def is_harmless(text: str) -> bool:
    """True when neither a terminal nor a CI runner finds anything to obey in what was printed."""
    seen = all(c == "\n" or c == " " or unicodedata.category(c)[0] not in "CZ" for c in text)
    obeyed = any(line.strip().startswith("::") or re.search(r"##[a-z]*\[", line) for line in text.split("\n"))
    return seen and not obeyed


@given(st.lists(TEXTS, max_size=6))
def test_no_text_split_over_any_writes_controls_the_terminal(texts: list[str]) -> None:
    written = io.StringIO()
    stream = Stream(written, lambda error: None)
    for text in texts:
        assert stream.write(text) == len(text)
    assert is_harmless(written.getvalue())
    again = io.StringIO()
    Stream(again, lambda error: None).write(written.getvalue())
    assert again.getvalue() == written.getvalue()  # what is harmless stays as it is


@given(TEXTS)
def test_harmless_lines_are_printed_as_they_are(text: str) -> None:
    told = f"row 1: {visible(text)}\n"
    written = io.StringIO()
    Stream(written, lambda error: None).write(told)
    assert written.getvalue() == told or re.search(r"##[A-Za-z]*\[", told)


VALUES = st.recursive(
    TEXTS | st.none() | st.booleans() | st.integers(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
)


@given(VALUES)
def test_json_is_ascii_harmless_and_the_same_value(value: object) -> None:
    text = as_json({"": value})
    assert text.isascii()
    assert is_harmless(text)
    assert json.loads(text) == {"": value}
    written = io.StringIO()
    Stream(written, lambda error: None).write(text)
    assert written.getvalue() == text


def test_ci_commands_pass_and_quoted_text_is_escaped() -> None:
    with pytest.MonkeyPatch.context() as patch:
        written = io.StringIO()
        patch.setattr(sys, "stdout", written)
        with guarded("test"):
            write_commands("::error file=a.csv,line=2::row 1\n::stop-commands::00\nhello ##[x]\n::" + "0" * 32 + "::\n")
            print("::error::not ours")
    assert written.getvalue() == (
        "::error file=a.csv,line=2::row 1\n::stop-commands::00\nhello \\x23#[x]\n::"
        + "0" * 32
        + "::\n\\x3a:error::not ours\n"
    )


def test_only_the_colours_of_rich_pass() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    with pytest.MonkeyPatch.context() as patch:
        terminal = Terminal()
        patch.setattr(sys, "stdout", terminal)
        patch.setenv("TERM", "xterm")
        patch.delenv("NO_COLOR", raising=False)
        with guarded("test"):
            from rich.text import Text

            console().print(Text.assemble(("red\x1b[2J", "red"), "\u202e::x", "\n::error::x\x9b"))
    assert terminal.getvalue() == "\x1b[31mred\\x1b[2J\x1b[0m\\u202e::x\n\\x3a:error::x\\x9b\n"


@pytest.mark.parametrize(
    "error", [OSError(errno.ENOSPC, "No space left on device"), ValueError("I/O operation on closed file")]
)
def test_a_stream_that_fails_swallows_the_rest_and_says_so_once(error: Exception) -> None:
    class Full(io.StringIO):
        def flush(self) -> None:
            raise error

    heard: list[Exception] = []
    stream = Stream(Full(), heard.append)
    for _ in range(3):
        stream.write("x")
        stream.flush()
    assert heard == [error]


# Every place a text comes from, in both commands


def hostile_file(folder: Path) -> Path:
    path = folder / "events \x9b::x\u202e.csv"
    cell = '"' + HOSTILE.replace("\ud800", "") + '"'
    path.write_text(
        f"Email,Date,Title,{cell}\n{cell},{cell},{cell},{cell}\njo@x.com,01/25/2024,{cell},n\n", encoding="utf-8"
    )
    return path


def commands(folder: Path) -> list[list[str]]:
    file = str(hostile_file(folder))
    layout = ["--email", "Email", "--date", "Date", "--title", "Title", *DATES]
    return [
        ["preflight", "check", file, *layout],
        ["preflight", "check", file, *layout, "--json"],
        ["preflight", "check", file, *layout, "--report", "github"],
        ["preflight", "check", file, *layout, "--fix", "--normalize-dates", "--strict"],
        ["preflight", "check", "missing" + HOSTILE.replace("\ud800", "\udc80").replace("\0", ""), *DATES],
        ["preflight", "check", file, "--email", HOSTILE.replace("\ud800", "")],
        ["preflight", "check", file, HOSTILE.replace("\ud800", ""), "--bogus" + HOSTILE.replace("\ud800", "")],
        ["preflight", "check", file, "--max-shown", "\n::error::x"],
        ["preflight", "inspect", file, *layout],
        ["preflight", "inspect", file, *layout, "--json"],
        ["preflight", "codes", HOSTILE.replace("\ud800", "")],
        ["preflight", "\n::error::\x9b"],
        [
            "uploader",
            "send",
            file,
            *layout,
            "--destination",
            "\x9b::W",
            "--customeventaction",
            "CUSTOM_ATTENDED",
            "--rehearse",
        ],
        [
            "uploader",
            "send",
            file,
            *layout,
            "--destination",
            "::W##[x]",
            "--customeventaction",
            "CUSTOM_ATTENDED",
            "--rehearse",
            "--drop-bad-rows",
            "--filename",
            "x.csv",
        ],
        [
            "uploader",
            "send",
            file,
            *layout,
            "--destination",
            "::W##[x]",
            "--customeventaction",
            "CUSTOM_ATTENDED",
            "--dry-run",
            "--drop-bad-rows",
            "--json",
            "--filename",
            "x.csv",
        ],
        ["uploader", "send", file, *layout, "--destination", "W", "--customeventaction", "\n::error::x", "--rehearse"],
        ["uploader", "history", "--ledger", "\n::error::\x9b.sqlite3"],
        ["uploader", "settle", "\n::error::x", "--sent"],
        ["uploader", "titles", "\n::error::\x9b"],
        ["uploader", "status", "\n::error::\x9b"],
        ["uploader", "rehearsal", "--fault", "\n::error::\x9b"],
    ]


def run(arguments: list[str], folder: Path, **options: Any) -> subprocess.CompletedProcess[bytes]:
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "XDG_DATA_HOME": str(folder / "data"),
        "ACTON_ACCESS_TOKEN": "t",
    }
    given: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | options
    return subprocess.run(
        [sys.executable, "-m", *arguments], cwd=folder, env=environment, check=False, timeout=LONGEST, **given
    )


def checked_harmless(arguments: list[str], code: object, out: str, err: str) -> None:
    assert code in (0, 1, 2, 3)
    assert out + err
    assert "Traceback" not in err
    assert is_harmless(err), err
    if "github" in arguments:
        own = r"::(error|warning|notice) [^\n]*::[^\n]*|::stop-commands::[0-9a-f]{32}|::[0-9a-f]{32}::"
        out = "\n".join(line for line in out.split("\n") if not re.fullmatch(own, line) or "##[" in line)
    assert is_harmless(out), out
    if "--json" in arguments:
        json.loads(out)


@pytest.mark.parametrize("number", range(21))
def test_hostile_text_is_harmless_wherever_it_is_printed(
    number: int, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("ACTON_ACCESS_TOKEN", "t")
    monkeypatch.chdir(tmp_path)
    command, *arguments = commands(tmp_path)[number]
    code: object
    try:
        code = {"preflight": main, "uploader": send_main}[command](arguments)
    except SystemExit as ended:
        code = ended.code
    checked_harmless(arguments, code, *capsys.readouterr())


@pytest.mark.parametrize("number", [2, 4, 13])
def test_hostile_text_is_harmless_in_a_process_of_its_own(number: int, tmp_path: Path) -> None:
    arguments = commands(tmp_path)[number]
    done = run(arguments, tmp_path)
    checked_harmless(arguments, done.returncode, done.stdout.decode(), done.stderr.decode())


def test_the_traceback_of_a_crash_is_harmless(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*arguments: object) -> int:
        raise RuntimeError(HOSTILE)

    monkeypatch.setattr("preflight.cli.main._formats", crash)
    assert main(["formats"]) == 70
    err = capsys.readouterr().err
    assert "Traceback (most recent call last)" in err
    assert is_harmless(err)


# Nothing that becomes of stdout or stderr changes what happens

CHECK_GOOD = (["preflight", "check", EVENTS, *DATES], 0)
CHECK_BAD = (["preflight", "check", EVENTS, "--dateformat", "dd/MM/yyyy"], 1)
CHECK_JSON = (["preflight", "check", EVENTS, "--dateformat", "dd/MM/yyyy", "--json"], 1)
CODES = (["preflight", "codes"], 0)
HELP = (["preflight", "check", "--help"], 0)
USAGE = (["preflight", "check", "--bogus"], 2)
MISSING = (["preflight", "check", "nowhere.csv"], 2)
SEND = (
    ["uploader", "send", EVENTS, *DATES, "--destination", "W", "--customeventaction", "CUSTOM_ATTENDED", "--rehearse"],
    0,
)
HISTORY = (["uploader", "history"], 0)
REFUSED = (["uploader", "status", "7"], 3)


ALL = [CHECK_GOOD, CHECK_BAD, CHECK_JSON, CODES, HELP, USAGE, MISSING, SEND, HISTORY, REFUSED]
FEW = [CHECK_BAD, HELP]
"""Commands that are run with every stream in every state; the others only with some."""
STREAMS = {
    ">/dev/full": ALL,
    "2>/dev/full": FEW,
    ">/dev/full 2>/dev/full": [*FEW, SEND],
    ">&-": FEW,
    "2>&-": FEW,
    ">&- 2>&-": ALL,
    "<&- >&- 2>&-": FEW,
    "| true": FEW,
    "2>&1 | true": [*FEW, CHECK_JSON, USAGE, SEND],
}


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
@pytest.mark.parametrize(
    ("command", "code", "where"), [(*command, where) for where, commands in STREAMS.items() for command in commands]
)
def test_failing_streams_do_not_change_the_exit_code(command: list[str], code: int, where: str, tmp_path: Path) -> None:
    ours = f"{shlex.join([sys.executable, '-m', *command])}; echo $? >code"
    whole = f"{{ {ours}; }} {where}" if "|" in where else f"{ours.replace('; echo', f' {where}; echo', 1)}"
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "XDG_DATA_HOME": str(tmp_path / "data")}
    done = subprocess.run(
        ["sh", "-c", whole], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=LONGEST
    )
    assert (tmp_path / "code").read_text() == f"{code}\n", done.stderr
    assert "Traceback" not in done.stderr
    told = f"{command[0]}: cannot write the output: No space left on device\n"
    printed = command not in (USAGE[0], MISSING[0], REFUSED[0])
    assert (told in done.stderr) == (where == ">/dev/full" and printed)


def test_an_ignored_hangup_stays_ignored(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    command = f"trap '' HUP; exec {shlex.join([sys.executable, '-m', 'preflight', 'check', 'pipe', *DATES])}"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with running(["sh", "-c", command], cwd=tmp_path, env=environment, stdout=subprocess.DEVNULL) as process:
        with (tmp_path / "pipe").open("w") as pipe:
            pipe.write("Email,Date,Title\n")
            pipe.flush()
            process.send_signal(signal.SIGHUP)
            pipe.write("jo@example.com,01/25/2023,Webinar\n")
        assert process.wait(timeout=LONGEST) == 0


def test_an_interrupt_inside_executed_text_has_the_same_exit_code(tmp_path: Path) -> None:
    """As in an import: Python remembers it, and would end by the signal whatever was done about it."""
    program = (
        "import signal; from preflight.console.running import run_alone, run_command\n"
        "def run():\n"
        "    try: exec('import os; os.kill(os.getpid(), 15); [None for _ in range(9)]')\n"
        "    except KeyboardInterrupt: return 4\n"
        "    return 0\n"
        "run_alone(lambda: run_command('test', run))"
    )
    (tmp_path / "interrupted.py").write_text(program, encoding="utf-8")
    done = run(["interrupted"], tmp_path)
    assert (done.returncode, done.stderr) == (4, b"")
