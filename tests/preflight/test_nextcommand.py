"""The last line of a check: what it says, and that its command can be pasted and does what it promises."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.usefixtures("as_typed")

ROOT = Path(__file__).parents[2]
HEADING = "Email,Date,Title\n"
GOOD = "".join(f"a{i}@x.com,01/{i + 10}/2024,Webinar\n" for i in range(8))
BAD = "nobody,01/25/2024,Webinar\n"


def run(folder: Path, command: str) -> subprocess.CompletedProcess[str]:
    """What a shell makes of a command; ours are the modules of this tree."""
    script = 'preflight() { "$PYTHON" -m preflight "$@"; }; uploader() { "$PYTHON" -m uploader "$@"; }; ' + command
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHON": sys.executable, "HOME": str(folder)}
    return subprocess.run(
        ["bash", "-c", script], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def last(done: subprocess.CompletedProcess[str]) -> str:
    assert done.stderr == ""
    return done.stdout.splitlines()[-1]


def next_command(line: str) -> str:
    return line.partition(". Next: ")[2]


def write(folder: Path, name: str, text: str, encoding: str = "utf-8") -> str:
    (folder / name).write_text(text, encoding=encoding)
    return shlex.quote(name)


def test_from_a_bad_file_to_a_rehearsal_by_pasting(tmp_path: Path) -> None:
    file = write(tmp_path, "web inar's.csv", HEADING + GOOD + BAD)
    line = last(run(tmp_path, f"preflight check {file}"))
    assert line == (
        f"NOT READY: 1 bad row, to be collected and mended. Next: preflight check {file} --dateformat MM/dd/yyyy "
        "--clean 'web inar'\"'\"'s-clean.csv' --bad-rows 'web inar'\"'\"'s-bad.csv'"
    )
    bad, clean = "'web inar'\"'\"'s-bad.csv'", "'web inar'\"'\"'s-clean.csv'"
    line = last(run(tmp_path, next_command(line)))
    merge = f"preflight check {bad} --dateformat MM/dd/yyyy --merge-into {clean}"
    assert line == (
        f"NOT READY: mend the 1 bad row in web inar's-bad.csv; the good ones are in web inar's-clean.csv. Next: {merge}"
    )
    assert last(run(tmp_path, merge)) == (
        f"NOT MERGED: web inar's-clean.csv is as it was; mend the 1 row still bad in web inar's-bad.csv. Next: {merge}"
    )
    mended = tmp_path / "web inar's-bad.csv"
    mended.write_text(mended.read_text(encoding="utf-8-sig").replace("nobody,", "ana@x.com,"), encoding="utf-8")
    line = last(run(tmp_path, merge))
    assert line == (
        f"MERGED: 1 row more at the end of web inar's-clean.csv, 9 in all. Next: uploader send {clean} "
        "--destination NAME --customeventaction CUSTOM_GENERAL --dateformat MM/dd/yyyy --rehearse"
    )
    done = run(tmp_path, next_command(line))
    assert done.returncode == 0, done.stderr
    assert "Confirmed: all 9 rows" in done.stdout


def test_files_that_a_check_wrote_are_utf_8(tmp_path: Path) -> None:
    file = write(tmp_path, "in.csv", HEADING + GOOD + BAD.replace("Webinar", "Café"), "cp1252")
    line = last(run(tmp_path, f"preflight check {file} --encoding cp1252 --clean c.csv --bad-rows b.csv"))
    assert next_command(line) == ("preflight check b.csv --encoding utf-8 --dateformat MM/dd/yyyy --merge-into c.csv")
    assert last(run(tmp_path, next_command(line))).startswith("NOT MERGED: c.csv is as it was; ")


def test_fixes_dates_and_titles_are_asked_for_again(tmp_path: Path) -> None:
    file = write(tmp_path, "in.csv", HEADING + GOOD + BAD)
    write(tmp_path, "known.txt", "Webinar\n")
    options = "--known-titles known.txt --oldest 2000-01-01 --email=0"
    line = last(run(tmp_path, f"preflight check {file} {options} --clean c.csv --fix=blanks --normalize-dates"))
    assert next_command(line) == (
        "preflight check in.csv --email 0 --normalize-dates --known-titles known.txt --fix=blanks "
        "--oldest 2000-01-01 --dateformat MM/dd/yyyy --clean c.csv --bad-rows in-bad.csv"
    )
    assert run(tmp_path, next_command(line)).returncode == 1
    good = write(tmp_path, "good.csv", HEADING + GOOD)
    line = last(run(tmp_path, f"preflight check {good} --clean c.csv --fix --normalize-dates"))
    assert line == (
        "READY: every row of c.csv may be sent. Next: uploader send c.csv --destination NAME --customeventaction "
        "CUSTOM_GENERAL --dateformat yyyy-MM-dd --rehearse"
    )


def test_warnings_under_strict_are_explained_next(tmp_path: Path) -> None:
    file = write(tmp_path, "in.csv", HEADING + GOOD + "b@x.com,01/25/1980,Webinar\n")
    line = last(run(tmp_path, f"preflight check {file} --strict"))
    assert line == "NOT READY: 1 warning, and --strict was given. Next: preflight codes date-old"
    assert run(tmp_path, next_command(line)).stdout.startswith("date-old\n")


def test_blank_rows_are_nothing_to_mend(tmp_path: Path) -> None:
    file = write(tmp_path, "in.csv", HEADING + GOOD + ",,\n,,\n")
    line = last(run(tmp_path, f"preflight check {file}"))
    send = "--destination NAME --customeventaction CUSTOM_GENERAL --dateformat MM/dd/yyyy --rehearse"
    assert line == (
        "NOT READY: 2 bad rows are blank, there is nothing to mend; --drop-bad-rows sends the others. "
        f"Next: uploader send in.csv {send} --drop-bad-rows"
    )
    assert "Confirmed: all 8 rows" in run(tmp_path, next_command(line)).stdout
    line = last(run(tmp_path, f"preflight check {file} --clean c.csv --bad-rows b.csv"))
    assert line == (
        "NOT READY: 2 bad rows are blank, there is nothing to mend; c.csv may be sent. "
        f"Next: uploader send c.csv {send}"
    )
    line = last(run(tmp_path, "preflight check b.csv --dateformat MM/dd/yyyy --merge-into c.csv"))
    assert line == (
        "NOT MERGED: c.csv is as it was; 2 bad rows are blank, there is nothing to mend. "
        f"Next: uploader send c.csv {send}"
    )
    file = write(tmp_path, "blank.csv", HEADING + ",,\n")
    line = last(run(tmp_path, f"preflight check {file} --dateformat MM/dd/yyyy"))
    assert line.startswith("NOT READY: 1 bad row, to be collected and mended. ")


def test_a_merge_goes_on_with_the_rows_still_bad(tmp_path: Path) -> None:
    write(tmp_path, "c.csv", HEADING + GOOD)
    rows = ["b1@x.com,01/25/2024,Webinar\n", BAD, "b2@x.com,01/25/2024,Webinar\n", ",,\n"]
    file = write(tmp_path, "b.csv", HEADING + "".join(rows))
    merge = "--dateformat MM/dd/yyyy --merge-into c.csv"
    assert last(run(tmp_path, f"preflight check {file} {merge} --bad-rows still.csv")) == (
        "MERGED: 2 rows more at the end of c.csv, 10 in all; mend the 2 rows still bad in still.csv. "
        f"Next: preflight check still.csv {merge}"
    )
    write(tmp_path, "b.csv", HEADING + "".join(rows).replace("nobody", "b3@x.com"))
    send = (
        "uploader send c.csv --destination NAME --customeventaction CUSTOM_GENERAL --dateformat MM/dd/yyyy --rehearse"
    )
    line = last(run(tmp_path, f"preflight check {file} {merge}"))
    assert line == (
        "MERGED: 1 row more at the end of c.csv, 11 in all; 2 rows were in it already; "
        f"1 bad row is blank, there is nothing to mend. Next: {send}"
    )
    write(tmp_path, "b.csv", HEADING + rows[0])
    assert last(run(tmp_path, f"preflight check {file} {merge}")) == (
        f"MERGED: c.csv is as it was; 1 row was in it already. Next: {send}"
    )
    assert last(run(tmp_path, f"echo '{HEADING}{BAD}' | preflight check - {merge}")).startswith(
        "NOT MERGED: c.csv is as it was; mend the 2 rows still bad in standard input. Next: preflight check - "
    )
    write(tmp_path, "b.csv", HEADING + "b4@x.com,01/25/1980,Webinar\n" + BAD)
    assert last(run(tmp_path, f"preflight check {file} {merge} --strict")) == (
        "NOT MERGED: c.csv is as it was: 1 warning, and --strict was given. Next: preflight codes date-old"
    )


def test_what_a_profile_says_is_not_said_twice(tmp_path: Path) -> None:
    file = write(tmp_path, "in.csv", HEADING + GOOD)
    profile = write(tmp_path, "p.toml", 'dateformat = "MM/dd/yyyy"\n')
    line = last(run(tmp_path, f"preflight check {file} --profile {profile}"))
    assert next_command(line) == (
        "uploader send in.csv --destination NAME --customeventaction CUSTOM_GENERAL --profile p.toml --rehearse"
    )
    line = last(run(tmp_path, f"preflight check {file} --profile {profile} --clean c.csv --normalize-dates"))
    assert next_command(line) == (
        "uploader send c.csv --destination NAME --customeventaction CUSTOM_GENERAL --profile p.toml --encoding utf-8 "
        "--dateformat yyyy-MM-dd --rehearse"
    )
    assert run(tmp_path, next_command(line)).returncode == 0


def test_a_layout_that_contradicts_the_file_is_replaced(tmp_path: Path) -> None:
    file = write(tmp_path, "in.csv", HEADING + GOOD * 3)
    line = last(run(tmp_path, f"preflight check {file} --fieldseparator SEMICOLON --title Title"))
    assert line == (
        "NOT READY: the layout contradicts the file, no row was judged. "
        "Next: preflight check in.csv --title Title --fieldseparator COMMA"
    )
    assert run(tmp_path, next_command(line)).returncode == 0
    write(tmp_path, "in.csv", "Email Date Title\n" + GOOD.replace(",", " ").replace("Webinar", "Lead Scoring"))
    for given in ("", " --fieldseparator SPACE"):
        assert last(run(tmp_path, f"preflight check {file} --dateformat MM/dd/yyyy{given}")) == (
            "NOT READY: no layout reads the file, no row was judged. Next: preflight inspect in.csv"
        )


@pytest.mark.parametrize("name", ["-x.csv", "line\nbreak\x1b[31m.csv", "$(touch gone).csv", "`id`'.csv", "é ü.csv"])
def test_any_file_name_can_be_pasted(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(HEADING + GOOD + BAD, encoding="utf-8")
    line = last(run(tmp_path, f"preflight check {shlex.quote('./' + name)}"))
    assert line.isprintable()
    line = last(run(tmp_path, next_command(line)))
    assert line.startswith("NOT READY: mend the 1 bad row in ")
    assert last(run(tmp_path, next_command(line))).startswith("NOT MERGED: ")
    assert not (tmp_path / "gone").exists()
