"""The last line of a check: what it says, and that its command can be pasted and does what it promises."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

import preflight.cli.main
import uploader.cli.main

pytestmark = pytest.mark.usefixtures("as_typed")

ROOT = Path(__file__).parents[2]
HEADING = "Email,Date,Title\n"
GOOD = "".join(f"a{i}@x.com,01/{i + 10}/2024,Webinar\n" for i in range(8))
BAD = "nobody,01/25/2024,Webinar\n"
COLUMNS = "--email Email --date Date --title Title"
MAINS = {"preflight": preflight.cli.main.main, "uploader": uploader.cli.main.main}
Run = Callable[[Path, str], subprocess.CompletedProcess[str]]
SEND = f"--destination DESTINATION --customeventaction ACTION {COLUMNS} --dateformat MM/dd/yyyy --rehearse"


def in_shell(folder: Path, command: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a shell; ours are the modules of this tree."""
    script = 'preflight() { "$PYTHON" -m preflight "$@"; }; uploader() { "$PYTHON" -m uploader "$@"; }; ' + command
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHON": sys.executable, "HOME": str(folder)}
    return subprocess.run(
        ["sh", "-c", script], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs one of our commands, read by a shell, in this process: without redirections, and much quicker."""

    def run(folder: Path, command: str) -> subprocess.CompletedProcess[str]:
        script = "".join(f"{name}() {{ printf '%s\\0' {name} \"$@\"; }}; " for name in MAINS) + command
        words = subprocess.run(["sh", "-c", script], cwd=folder, capture_output=True, check=True).stdout
        name, *arguments = os.fsdecode(words).split("\0")[:-1]
        monkeypatch.chdir(folder)
        monkeypatch.setenv("HOME", str(folder))
        try:
            code = MAINS[name](arguments)
        except SystemExit as ended:  # by argparse
            code = int(ended.code or 0)
        return subprocess.CompletedProcess(command, code, *capsys.readouterr())

    return run


def last(done: subprocess.CompletedProcess[str]) -> str:
    assert done.stderr == ""
    return done.stdout.splitlines()[-1]


def next_command(line: str) -> str:
    return line.partition(". Next: ")[2]


def write(folder: Path, name: str, text: str, encoding: str = "utf-8") -> str:
    (folder / name).write_text(text, encoding=encoding)
    return f'"{name}"' if " " in name else name


def told(command: str) -> str:
    """A command with what stands for the destination and the action replaced by a person."""
    return command.replace("DESTINATION", "W").replace("ACTION", "CUSTOM_GENERAL")


def test_pasted_commands_lead_from_a_bad_file_to_a_rehearsal(tmp_path: Path, run: Run) -> None:
    file = write(tmp_path, "web inar's.csv", HEADING + GOOD + BAD)
    line = last(run(tmp_path, f"preflight check {file}"))
    assert line == (
        f"NOT READY: 1 bad row, to be collected and mended. Next: preflight check {file} --dateformat MM/dd/yyyy "
        '--clean "web inar\'s-clean.csv" --bad-rows "web inar\'s-bad.csv"'
    )
    bad, clean = '"web inar\'s-bad.csv"', '"web inar\'s-clean.csv"'
    line = last(run(tmp_path, next_command(line)))
    merge = f"preflight check {bad} --merge-into {clean}"
    assert line == (
        f"NOT READY: mend the 1 bad row in web inar's-bad.csv; the good ones are in web inar's-clean.csv. Next: {merge}"
    )
    assert last(run(tmp_path, merge)) == (
        f"NOT MERGED: web inar's-clean.csv is unchanged; mend the 1 row still bad in web inar's-bad.csv. Next: {merge}"
    )
    mended = tmp_path / "web inar's-bad.csv"
    mended.write_text(mended.read_text(encoding="utf-8-sig").replace("nobody,", "ana@x.com,"), encoding="utf-8")
    line = last(run(tmp_path, merge))
    assert line == (
        f"MERGED: 1 row added at the end of web inar's-clean.csv, 9 in all. Next: uploader send {clean} {SEND}"
    )
    refused = run(tmp_path, next_command(line))
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr == (
        "uploader: --destination DESTINATION stands for the custom event's name, as Act-On shows it; "
        "--customeventaction ACTION stands for what kind of touch point the rows are, such as CUSTOM_ATTENDED: put "
        "these in their places\n"
    )
    done = run(tmp_path, told(next_command(line)))
    assert done.returncode == 0, done.stderr
    sends = "--destination W --customeventaction CUSTOM_GENERAL"
    assert done.stdout.splitlines()[-2:] == [
        "Job 15937380: 9 appended, 0 rejected of the 9 rows sent.",
        f"REHEARSED: nothing was sent. To send: uploader send {clean} {sends} {COLUMNS} --dateformat MM/dd/yyyy",
    ]


def test_files_written_by_a_check_are_utf_8(tmp_path: Path, run: Run) -> None:
    file = write(tmp_path, "in.csv", HEADING + GOOD + BAD.replace("Webinar", "Café"), "cp1252")
    line = last(run(tmp_path, f"preflight check {file} --encoding cp1252 --clean c.csv --bad-rows b.csv"))
    assert next_command(line) == "preflight check b.csv --merge-into c.csv"
    assert last(run(tmp_path, next_command(line))).startswith("NOT MERGED: c.csv is unchanged; ")


def test_the_next_command_repeats_fixes_dates_and_titles(tmp_path: Path, run: Run) -> None:
    file = write(tmp_path, "in.csv", HEADING + GOOD + BAD)
    write(tmp_path, "known.txt", "Webinar\n")
    options = "--known-titles known.txt --oldest 2000-01-01 --email=0"
    line = last(run(tmp_path, f"preflight check {file} {options} --clean c.csv --fix=blanks --normalize-dates"))
    assert next_command(line) == (
        "preflight check in.csv --email 0 --dateformat MM/dd/yyyy --normalize-dates --known-titles known.txt "
        "--fix=blanks --oldest 2000-01-01 --clean c.csv --bad-rows in-bad.csv"
    )
    assert run(tmp_path, next_command(line)).returncode == 1
    line = last(run(tmp_path, f"preflight check {file} --fix"))  # all kinds, which are not listed again
    assert next_command(line).startswith("preflight check in.csv --dateformat MM/dd/yyyy --fix --clean ")
    good = write(tmp_path, "good.csv", HEADING + GOOD)
    line = last(run(tmp_path, f"preflight check {good} --clean c.csv --fix --normalize-dates"))
    assert line == (
        "READY: every row of c.csv may be sent. Next: uploader send c.csv --destination DESTINATION "
        f"--customeventaction ACTION {COLUMNS} --dateformat yyyy-MM-dd --rehearse"
    )


def test_the_next_command_explains_warnings_under_strict(tmp_path: Path, run: Run) -> None:
    file = write(tmp_path, "in.csv", HEADING + GOOD + "b@x.com,01/25/1980,Webinar\n")
    line = last(run(tmp_path, f"preflight check {file} --strict"))
    assert line == ("NOT READY: warnings in 1 of 9 rows, and --strict was given. Next: preflight codes date-old")
    assert run(tmp_path, next_command(line)).stdout.startswith("date-old: ")


def test_blank_rows_need_no_mending(tmp_path: Path, run: Run) -> None:
    file = write(tmp_path, "in.csv", HEADING + GOOD + ",,\n,,\n")
    line = last(run(tmp_path, f"preflight check {file}"))
    assert line == (
        "NOT READY: 2 bad rows are blank, there is nothing to mend; --drop-bad-rows sends the others. "
        f"Next: uploader send in.csv {SEND} --drop-bad-rows"
    )
    assert "Job 15937380: 8 appended, " in run(tmp_path, told(next_command(line))).stdout
    line = last(run(tmp_path, f"preflight check {file} --clean c.csv --bad-rows b.csv"))
    assert line == (
        "NOT READY: 2 bad rows are blank, there is nothing to mend; c.csv may be sent. "
        f"Next: uploader send c.csv {SEND}"
    )
    line = last(run(tmp_path, "preflight check b.csv --dateformat MM/dd/yyyy --merge-into c.csv"))
    assert line == (
        "NOT MERGED: c.csv is unchanged; 2 bad rows are blank, there is nothing to mend. "
        f"Next: uploader send c.csv {SEND}"
    )
    file = write(tmp_path, "blank.csv", HEADING + ",,\n")
    line = last(run(tmp_path, f"preflight check {file} --dateformat MM/dd/yyyy"))
    assert line.startswith("NOT READY: 1 bad row, to be collected and mended. ")


def test_if_every_bad_row_can_be_mended_the_next_command_mends_them(tmp_path: Path, run: Run) -> None:
    file = write(tmp_path, "in.csv", HEADING + GOOD + "b@x.com,2024-01-25,Webinar\n")
    done = run(tmp_path, f"preflight check {file}")
    mend = f"preflight check {file} --dateformat MM/dd/yyyy --accept date-format --clean in-clean.csv"
    assert last(done) == (
        "NOT READY: 1 bad row, all mended by what is suggested, once you have looked at it. Next: " + mend
    )
    assert done.stdout.count(mend) == 1
    assert last(run(tmp_path, mend)).startswith("READY: every row of in-clean.csv may be sent. ")


def test_rows_of_people_who_did_not_come_are_left_out_rather_than_mended(tmp_path: Path, run: Run) -> None:
    rows = "".join(f"a{i}@x.com,Yes,01/{i + 10}/2024,Webinar\n" for i in range(8)) + "b@x.com,No,,Webinar\n"
    file = write(tmp_path, "in.csv", "Email,Attended,Join Time,Webinar\n" + rows)
    line = last(run(tmp_path, f"preflight check {file}"))
    leave = f"preflight check {file} --dateformat MM/dd/yyyy --only Attended=Yes"
    assert line == f"NOT READY: 1 bad row without a date, and a column of those who attended. Next: {leave}"
    assert last(run(tmp_path, leave)).startswith("READY: every row may be sent. ")


@pytest.mark.parametrize(
    ("options", "column", "name"),
    [
        ("--email 3 --dateformat MM/dd/yyyy", "3 `Note`", "email"),
        ("--dateformat yyyy-MM-dd", "1 `Date`", "date"),
    ],
)
def test_a_column_without_a_good_cell_is_doubted(
    options: str, column: str, name: str, tmp_path: Path, run: Run
) -> None:
    file = write(tmp_path, "in.csv", "Email,Date,Title,Note\n" + GOOD.replace("\n", ",x\n"))
    assert last(run(tmp_path, f"preflight check {file} {options}")) == (
        f"NOT READY: 8 bad rows; no cell of column {column} is good as {name}: perhaps another column or format is "
        "meant. Next: preflight inspect in.csv"
    )
    short = write(tmp_path, "short.csv", HEADING + BAD * 4)
    assert " to be collected and mended. " in last(run(tmp_path, f"preflight check {short} --dateformat MM/dd/yyyy"))


def test_a_check_of_bad_rows_leads_to_their_merge(tmp_path: Path, run: Run) -> None:
    """Also where it asks what the clean file's sidecar knows, and in another folder."""
    write(tmp_path, "events.csv", HEADING + GOOD + BAD + "b@x.com,02/31/2024,Webinar\n")
    (tmp_path / "bad").mkdir()
    dates = "--dateformat MM/dd/yyyy"
    run(tmp_path, f"preflight check events.csv {dates} --clean c.csv --bad-rows bad/b.csv")
    merge = "preflight check bad/b.csv --merge-into c.csv"
    assert last(run(tmp_path, f"preflight check bad/b.csv {dates}")) == (
        f"NOT READY: mend the 2 bad rows. Next: {merge}"
    )
    mended = (tmp_path / "bad/b.csv").read_text().replace("nobody", "c@x.com").replace("02/31", "02/03")
    write(tmp_path, "bad/b.csv", mended)
    asked = run(tmp_path, "preflight check bad/b.csv")
    assert asked.returncode == 0 or f"Next: {merge}\n" in asked.stderr
    assert last(run(tmp_path, f"preflight check bad/b.csv {dates}")) == f"READY to be merged into c.csv. Next: {merge}"
    assert last(run(tmp_path, merge)).startswith("MERGED: 2 rows added")


def test_a_merge_continues_with_the_rows_still_bad(tmp_path: Path, run: Run) -> None:
    write(tmp_path, "c.csv", HEADING + GOOD)
    rows = ["b1@x.com,01/25/2024,Webinar\n", BAD, "b2@x.com,01/25/2024,Webinar\n", ",,\n"]
    file = write(tmp_path, "b.csv", HEADING + "".join(rows))
    merge = "--dateformat MM/dd/yyyy --merge-into c.csv"
    only = "rows were only added, as there is no c.preflight.json that lists its rows"
    assert last(run(tmp_path, f"preflight check {file} {merge} --bad-rows still.csv")) == (
        f"MERGED: 2 rows added at the end of c.csv, 10 in all; {only}; mend the 2 rows still bad in still.csv. "
        f"Next: preflight check still.csv {COLUMNS} {merge}"
    )
    write(tmp_path, "b.csv", HEADING + "".join(rows).replace("nobody", "b3@x.com"))
    send = f"uploader send c.csv {SEND}"
    line = last(run(tmp_path, f"preflight check {file} {merge}"))
    assert line == (
        f"MERGED: 1 row added at the end of c.csv, 11 in all; 2 rows were in it already; {only}; "
        f"1 bad row is blank, there is nothing to mend. Next: {send}"
    )
    write(tmp_path, "b.csv", HEADING + rows[0])
    assert last(run(tmp_path, f"preflight check {file} {merge}")) == (
        f"NOTHING TO MERGE: c.csv has the row already. Next: {send}"
    )
    assert last(in_shell(tmp_path, f"echo '{HEADING}{BAD}' | preflight check - {merge}")).startswith(
        "NOT MERGED: c.csv is unchanged; 2 rows still bad, which --bad-rows collects. Next: preflight codes "
    )
    write(tmp_path, "b.csv", HEADING + "b4@x.com,01/25/1980,Webinar\n" + BAD)
    assert last(run(tmp_path, f"preflight check {file} {merge} --strict")) == (
        "NOT MERGED: c.csv is unchanged: warnings in 1 of 2 rows, and --strict was given. "
        "Next: preflight codes date-old"
    )


def test_options_of_a_profile_are_not_repeated(tmp_path: Path, run: Run) -> None:
    file = write(tmp_path, "in.csv", HEADING + GOOD)
    profile = write(tmp_path, "p.toml", 'dateformat = "MM/dd/yyyy"\ndestination = "Webinars"\n')
    line = last(run(tmp_path, f"preflight check {file} --profile {profile}"))
    assert next_command(line) == (
        f"uploader send in.csv --customeventaction ACTION --profile p.toml {COLUMNS} --rehearse"
    )
    write(tmp_path, "q.toml", 'destination = "DESTINATION"\n')
    refused = run(tmp_path, f"uploader send {file} --profile q.toml --customeventaction CUSTOM_GENERAL --rehearse")
    assert (refused.returncode, "--destination DESTINATION stands for" in refused.stderr) == (2, True)
    write(tmp_path, "p.toml", 'dateformat = "MM/dd/yyyy"\ndestination = "W"\ncustomeventaction = "CUSTOM_GENERAL"\n')
    line = last(run(tmp_path, f"preflight check {file} --profile {profile} --clean c.csv --normalize-dates"))
    assert next_command(line) == (
        f"uploader send c.csv --profile p.toml {COLUMNS} --dateformat yyyy-MM-dd --encoding utf-8 --rehearse"
    )
    done = run(tmp_path, next_command(line))
    assert (done.returncode, done.stderr) == (0, "")
    assert "The stand-in took 8 rows for `W` as CUSTOM_GENERAL, " in done.stdout
    told_to_send = last(done).partition("To send: ")[2]
    assert told_to_send == next_command(line).removesuffix(" --rehearse")


def test_a_profile_saved_by_inspect_is_enough_for_a_send(tmp_path: Path, run: Run) -> None:
    file = write(tmp_path, "in.csv", HEADING + GOOD)
    where = "--destination W --customeventaction CUSTOM_GENERAL"
    inspected = run(tmp_path, f"preflight inspect {file} --save p.toml {where}")
    assert last(inspected) == f"Saved as p.toml. Next: preflight check {file} --profile p.toml"
    assert tomllib.loads((tmp_path / "p.toml").read_text(encoding="utf-8")) == {
        "email": "Email",
        "date": "Date",
        "title": "Title",
        "dateformat": "MM/dd/yyyy",
        "fieldseparator": "COMMA",
        "quotecharacter": "DOUBLE_QUOTE",
        "firstrow": "Y",
        "destination": "W",
        "customeventaction": "CUSTOM_GENERAL",
    }
    assert last(run(tmp_path, f"uploader send {file} --profile p.toml --rehearse")) == (
        "REHEARSED: nothing was sent. To send: uploader send in.csv --profile p.toml"
    )
    assert run(tmp_path, f"preflight inspect {file} --profile p.toml --save q.toml --destination V").stderr == ""
    kept = tomllib.loads((tmp_path / "q.toml").read_text(encoding="utf-8"))
    assert (kept["destination"], kept["customeventaction"]) == ("V", "CUSTOM_GENERAL")
    refused = run(tmp_path, f"preflight inspect {file} --save r.toml --customeventaction ACTION")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr == (
        "preflight: --customeventaction ACTION stands for what kind of touch point the rows are, such as "
        "CUSTOM_ATTENDED: put that in its place\n"
    )


def test_a_missing_action_is_named(tmp_path: Path, run: Run) -> None:
    file = write(tmp_path, "in.csv", HEADING + GOOD)
    done = run(tmp_path, f"uploader send {file} --destination W --rehearse")
    assert (done.returncode, done.stderr) == (
        2,
        "uploader send: give --customeventaction, or a profile with it; see uploader send --help\n",
    )


def test_warnings_are_counted_by_rows(tmp_path: Path, run: Run) -> None:
    rows = GOOD + "b@x.com,01/25/2024,Webinar\n" * 3 + "me@gmial.com,01/25/1980,Webinar\n"
    file = write(tmp_path, "in.csv", HEADING + rows)
    line = last(run(tmp_path, f"preflight check {file}"))  # two rows repeat another, one has two warnings
    assert line.startswith("READY, with warnings in 3 of 12 rows: every row may be sent. Next: uploader send in.csv ")
    file = write(tmp_path, "words.csv", HEADING + "b@x.com,25 Jan 2024,Webinar\n")
    line = last(run(tmp_path, f"preflight check {file}"))
    assert line.startswith("READY, with 1 warning of the file as a whole: every row may be sent. Next: ")


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("standard input", "preflight check - < in.csv"),
        ("a pipe", "rm -f ff; mkfifo ff; cat in.csv > ff & preflight check ff"),
    ],
)
def test_a_stream_is_not_read_again(tmp_path: Path, name: str, command: str) -> None:
    write(tmp_path, "in.csv", HEADING + GOOD + BAD)
    line = last(in_shell(tmp_path, command))
    assert line == (
        f"NOT READY: 1 bad row; {name} cannot be read again; save it in a file to collect and mend them. "
        "Next: preflight codes email-syntax"
    )
    assert in_shell(tmp_path, next_command(line)).returncode == 0
    write(tmp_path, "in.csv", HEADING + GOOD)
    line = last(in_shell(tmp_path, command))
    assert line == f"READY: every row may be sent. Next: uploader send FILE {SEND}"


def test_the_next_command_never_reads_standard_input(tmp_path: Path) -> None:
    write(tmp_path, "in.csv", HEADING + GOOD + BAD)
    line = last(in_shell(tmp_path, "cat in.csv | preflight check - --clean c.csv --bad-rows b.csv"))
    assert next_command(line) == "preflight check b.csv --merge-into c.csv"
    assert in_shell(tmp_path, next_command(line)).returncode == 1
    told_open = in_shell(tmp_path, "printf 'Email,Date\n" + "a@x.com,01/25/2024\n' | preflight check -")
    assert (told_open.returncode, " - " in told_open.stderr.partition("Next: ")[2]) == (2, False)


def test_columns_found_by_content_are_known_to_the_merge(tmp_path: Path, run: Run) -> None:
    """A bad-rows file need not show again what the source showed."""
    rows = "".join(f"a{i}@x.com,01/{i + 10}/2024,Webinar\n" for i in range(12))
    file = write(tmp_path, "in.csv", "Contact,On,Webinar\n" + rows + "x,y,Webinar\n")
    line = last(run(tmp_path, f"preflight check {file} --clean c.csv --bad-rows b.csv"))
    merge = "preflight check b.csv --merge-into c.csv"
    assert next_command(line) == merge
    assert last(run(tmp_path, merge)).startswith("NOT MERGED: c.csv is unchanged; mend the 1 row still bad in b.csv.")
    file = write(tmp_path, "in.csv", rows + "x,y,Webinar\n")
    line = last(run(tmp_path, f"preflight check {file} --clean c.csv --bad-rows b.csv"))
    assert next_command(line) == merge
    assert last(run(tmp_path, merge)).startswith("NOT MERGED: c.csv is unchanged; mend the 1 row still bad in b.csv.")


def test_a_layout_that_contradicts_the_file_is_replaced(tmp_path: Path, run: Run) -> None:
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
def test_any_file_name_can_be_pasted(tmp_path: Path, run: Run, name: str) -> None:
    (tmp_path / name).write_text(HEADING + GOOD + BAD, encoding="utf-8")
    line = last(run(tmp_path, f"preflight check {shlex.quote('./' + name)}"))
    assert line.isprintable()
    line = last(run(tmp_path, next_command(line)))
    assert line.startswith("NOT READY: mend the 1 bad row in ")
    assert last(run(tmp_path, next_command(line))).startswith("NOT MERGED: ")
    assert not (tmp_path / "gone").exists()


ASKED = "--email EMAIL-COLUMN --date DATE-COLUMN --title TITLE-COLUMN"


@pytest.mark.parametrize(
    ("text", "options", "looked", "answered"),
    [
        ("a,b,c\nü,2,3\n", "--encoding cp1252", "--encoding cp1252", f"--encoding cp1252 {ASKED}"),
        ("a,b,c\nü,2,3\n", "--encoding cp1252 --email nope", "--encoding cp1252", ""),
        (f"{HEADING}a@x.com,TBC,W\n", "--date Date --oldest 2020-01-01", "--date Date",
         "--date Date --dateformat DATE-FORMAT"),
        (f"{HEADING}a@x.com,TBC\n", "--fieldseparator COMMA", "--fieldseparator COMMA",
         "--fieldseparator COMMA --dateformat DATE-FORMAT"),
        (f"{HEADING}a@x.com,x,W\n", "--normalize-dates --locale de", "--normalize-dates --locale de",
         "--normalize-dates --locale de --dateformat DATE-FORMAT"),
    ],
)  # fmt: skip
def test_without_a_likely_answer_the_next_command_is_inspect(
    text: str, options: str, looked: str, answered: str, tmp_path: Path, run: Run
) -> None:
    file = write(tmp_path, "in.csv", text, "cp1252")
    refused = run(tmp_path, f"preflight check {file} {options}")
    following = refused.stderr.rpartition("Next: ")[2].rstrip("\n")
    assert sorted(following.split()) == sorted(f"preflight inspect in.csv {looked}".split())
    refused = run(tmp_path, following)
    assert refused.returncode == 2
    following = refused.stderr.rpartition("Next: ")[2].rstrip("\n")
    command = f"preflight check in.csv {answered}" if answered else f"preflight check in.csv {looked} {ASKED}"
    assert sorted(following.split()) == sorted(command.split())
    assert "stands for the " in run(tmp_path, following).stderr
