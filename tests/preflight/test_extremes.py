"""Files that nobody means: handled or refused with one line, in bounded memory and time."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.usefixtures("as_typed")

ROOT = Path(__file__).parents[2]
HEADING = b"email,date,title\n"
GOOD = b"a@x.com,01/25/2024,T\n"
MOST_MIB = 400
"""Peak of one process; the whole check of an ordinary file takes about half of it."""

WRAPPER = """
import resource, subprocess, sys
code = subprocess.call(sys.argv[1:])
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)
sys.exit(code)
"""

CASES = {
    "a cell of 40 MB": (
        HEADING + b"a@x.com,01/25/2024," + b"x" * (40 << 20) + b"\n",
        "preflight: line 2 starts a record of more than 16 MiB; this is no file of touch points",
    ),
    "a quoted cell of 40 MB": (
        HEADING + b'a@x.com,01/25/2024,"' + b"x" * (40 << 20) + b'"\n',
        "preflight: line 2 starts a record of more than 16 MiB; this is no file of touch points",
    ),
    "100,000 columns": (HEADING + b"a@x.com,01/25/2024,T" + b",x" * 100_000 + b"\n" + GOOD, ""),
    "20,000 columns": (
        b"x" + b",x" * 20_000 + b"\n" + GOOD,
        "preflight: line 1 of `{file}` has more than 16,384 cells; no file of touch points is that wide",
    ),
    "only quotes": (
        b'"' * (20 << 20),
        "preflight: --date 1 is past the end: a row has 1 cell, the last index is 0; "
        "--title 2 is past the end: a row has 1 cell, the last index is 0",
    ),
    "only line ends": (HEADING + b"\n" * 100_000, ""),
    "a quote that stays open over many lines": (HEADING + b'a@x.com,01/25/2024,"T\n' + b"\n" * 100_000 + GOOD, ""),
}


@pytest.mark.parametrize("name", CASES)
def test_an_extreme_file_is_handled_or_refused_in_one_line(name: str, tmp_path: Path) -> None:
    content, refusal = CASES[name]
    (tmp_path / "in.csv").write_bytes(content)
    check = [sys.executable, "-m", "preflight", "check", str(tmp_path / "in.csv"), "--dateformat", "MM/dd/yyyy"]
    options = ["--fieldseparator", "COMMA", "--quotecharacter", "DOUBLE_QUOTE", "--firstrow", "Y", "--max-shown", "0"]
    outputs = ["--email", "0", "--date", "1", "--title", "2", "--bad-rows", str(tmp_path / "bad.csv"), "--json"]
    command = [sys.executable, "-c", WRAPPER, *check, *options, *outputs]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    *_, peak = done.stdout.split()
    assert int(peak) < MOST_MIB
    if refusal:
        assert (done.returncode, done.stderr) == (2, refusal.format(file=tmp_path / "in.csv") + "\n")
    else:
        assert (done.returncode, done.stderr) == (1, "")
