"""The `preflight` command: what it prints, where, and its exit codes."""

from __future__ import annotations

import io
import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from preflight import CODES, Layout
from preflight.cli.main import main
from preflight.model.fixes import FIXES

ROOT = Path(__file__).parents[2]
EVENTS = str(ROOT / "fixtures" / "customEvent.csv")
DATES = ["--dateformat", "MM/dd/yyyy"]
BAD = "Email,Date,Title\nana@acme-corp.com,01/25/2024,Webinar\nnobody,02/30/2024,\n"


@pytest.fixture
def bad_file(tmp_path: Path) -> str:
    path = tmp_path / "events.csv"
    path.write_text(BAD, encoding="utf-8")
    return str(path)


def test_a_good_file_is_ready(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", EVENTS, *DATES]) == 0
    out, err = capsys.readouterr()
    assert out.startswith(f"{EVENTS}: 36 rows, 36 good rows, 0 bad rows\n")
    assert "\ntitlecount 4\n" in out
    assert out.splitlines()[-1].startswith("READY: every row may be sent")
    assert err == ""


def test_a_bad_file_is_not_ready(bad_file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", bad_file, *DATES]) == 1
    out = capsys.readouterr().out
    assert "  row 2 (line 3), Email: email-syntax\n    `nobody` — An email address must have an @-sign.\n" in out
    assert "  row 2 (line 3), Title: title-missing\n    The title is blank.\n" in out
    assert out.splitlines()[-1].startswith("NOT READY: 1 bad row, to be collected and mended. Next: ")


def test_problems_of_one_kind_stand_together(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    late = "a@x.com,01/25/24,T\n" * 2 + "b@x.com,01/26/24,T\n" * 28
    source = tmp_path / "events.csv"
    source.write_text(f"Email,Date,Title\n{late}nobody,01/25/2024,T\n,01/25/2024,T\n", encoding="utf-8")
    main(["check", str(source), *DATES])
    stored = "The year `24` has 2 digits, not 4; Act-On would store"
    assert capsys.readouterr().out.partition("\nProblems\n")[2].partition("\n\n")[0] == (
        "  30 rows, Date: date-year\n"
        f"    rows 1, 2 (lines 2, 3): `01/25/24` — {stored}\n      0024-01-25. Suggestion: 01/25/2024\n"
        f"    row 3 (line 4): `01/26/24` — {stored} 0024-01-26.\n      Suggestion: 01/26/2024\n"
        "    and 27 more\n"
        "  row 31 (line 32), Email: email-syntax\n    `nobody` — An email address must have an @-sign.\n"
        "    To do: Correct the address.\n"
        "  row 32 (line 33), Email: email-missing\n    The email is blank.\n"
        "    To do: Add the address, or delete the row: a touch point belongs to an address.\n"
        "  --report FILE.csv lists all 32, --max-shown N shows more here"
    )
    main(["check", str(source), *DATES, "--max-shown", "2"])
    assert capsys.readouterr().out.partition("\nProblems\n")[2].partition("\n\n")[0] == (
        "  30 rows, Date: date-year\n"
        f"    row 1 (line 2): `01/25/24` — {stored} 0024-01-25.\n      Suggestion: 01/25/2024\n"
        "    and 29 more\n"
        "  row 31 (line 32), Email: email-syntax\n    `nobody` — An email address must have an @-sign.\n"
        "    To do: Correct the address.\n"
        "  1 row, Email: email-missing\n    not shown\n"
        "    To do: Add the address, or delete the row: a touch point belongs to an address.\n"
        "  --report FILE.csv lists all 32, --max-shown N shows more here"
    )


def test_json_has_the_keys_of_the_contract(bad_file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", bad_file, *DATES, "--json", "--max-shown", "1"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert list(report) == [
        "file", "layout", "detected", "skipped_lines", "strptime", "clean_dateformat", "rows", "good_rows", "bad_rows",
        "left_out", "problems", "warnings", "titles", "titlecount", "examples", "truncated", "ok",
    ]  # fmt: skip
    assert report["layout"] == {
        "fieldseparator": "COMMA",
        "quotecharacter": "DOUBLE_QUOTE",
        "firstrow": "Y",
        "emailcolidx": 0,
        "datecolidx": 1,
        "titlecolidx": 2,
        "notecolidx": None,
        "dateformat": "MM/dd/yyyy",
    }
    assert report["problems"] == {"email-syntax": 1, "date-impossible": 1, "title-missing": 1}
    assert list(report["examples"][0]) == [
        "row",
        "line",
        "column",
        "code",
        "severity",
        "value",
        "message",
        "suggestion",
    ]
    assert report["truncated"] is True
    assert report["ok"] is False


def test_outputs(bad_file: str, tmp_path: Path) -> None:
    clean, bad, csv, js = (tmp_path / name for name in ("clean.csv", "bad.csv", "problems.csv", "report.json"))
    options = ["--clean", str(clean), "--bad-rows", str(bad), "--report", str(csv), "--report", str(js)]
    assert main(["check", bad_file, *DATES, *options]) == 1
    assert clean.read_text(encoding="utf-8") == "Email,Date,Title\nana@acme-corp.com,01/25/2024,Webinar\n"
    heading, row = bad.read_text(encoding="utf-8-sig").splitlines()
    assert heading == "Email,Date,Title,preflight_row,preflight_line,preflight_problems,preflight_suggestion"
    assert row.startswith("nobody,02/30/2024,,2,3,")
    lines = csv.read_text(encoding="utf-8").splitlines()
    assert lines[0] == "row,line,column,code,severity,value,message,suggestion"
    assert lines[1] == "2,3,Email,email-syntax,error,nobody,An email address must have an @-sign.,"
    report = json.loads(js.read_text(encoding="utf-8"))
    assert [problem["code"] for problem in report["examples"]] == ["email-syntax", "date-impossible", "title-missing"]
    assert main(["check", str(bad), *DATES]) == 1


def test_strict_fails_on_warnings(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "events.csv"
    path.write_text('Email,Date,Title,Note\nana@acme-corp.com,01/25/2024,Webinar,"two\nlines"\n', encoding="utf-8")
    assert main(["check", str(path), *DATES]) == 0
    assert main(["check", str(path), *DATES, "--strict"]) == 1
    assert capsys.readouterr().out.splitlines()[-1] == (
        "NOT READY: warnings in 1 of 1 row, and --strict was given. Next: preflight codes note-newline"
    )


def test_known_titles_are_read_from_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    known = tmp_path / "known.txt"
    known.write_text("\ufeffTrade Show Berlin 2024\r\n\r\nSomething else\r\n", encoding="utf-8")
    assert main(["check", EVENTS, *DATES, "--known-titles", str(known), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["titles"] == {"distinct": 4, "known": 1, "new": 3}
    assert report["titlecount"] == 3


def test_options_override_a_profile(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    profile = tmp_path / "webinars.toml"
    profile.write_text('email = 2\ndate = 3\ntitle = 0\ndateformat = "dd/MM/yyyy"\n', encoding="utf-8")
    options = ["--profile", str(profile), "--title", "4", *DATES, "--json"]
    assert main(["check", EVENTS, *options]) == 0
    layout = json.loads(capsys.readouterr().out)["layout"]
    assert (layout["emailcolidx"], layout["titlecolidx"], layout["dateformat"]) == (2, 4, "MM/dd/yyyy")


REFUSED = [
    (["missing.csv", *DATES], "`missing.csv` does not exist"),
    (["", *DATES], "`` does not exist"),
    ([".", *DATES], "`.` is a folder, not a file"),
    (["nul\0.csv", *DATES], "cannot read `nul\\x00.csv`: its name holds a NUL character"),
    *[
        ([EVENTS, *DATES, option, "nul\0.csv"], "cannot write `nul\\x00.csv`: its name holds a NUL character")
        for option in ("--clean", "--bad-rows", "--report")
    ],
    (
        [EVENTS, *DATES, "--email", "Emial"],
        "no column is labelled `Emial`; did you mean `Email`?",
    ),
    (
        [EVENTS, *DATES, "--note", "9"],
        "--note 9 is past the end: a row has 6 cells, the last index is 5",
    ),
    (
        [EVENTS, *DATES, "--fieldseparator", "PIPE"],
        "fieldseparator `PIPE` is not known; it is one of COMMA, TAB, SEMICOLON, SPACE",
    ),
    (
        [EVENTS, *DATES, "--quotecharacter", "\x1b[31m"],
        "quotecharacter `\\x1b[31m` is not known; it is one of NONE, SINGLE_QUOTE, DOUBLE_QUOTE",
    ),
    (
        [EVENTS, *DATES, "--profile", "missing.toml"],
        "cannot read the profile `missing.toml`: No such file or directory",
    ),
    ([EVENTS, *DATES, "--known-titles", "no.txt"], "cannot read the known titles `no.txt`: No such file or directory"),
    ([EVENTS, *DATES, "--clean", f"{EVENTS}/c.csv"], f"cannot write `{EVENTS}/c.csv`: Not a directory"),
    (
        [EVENTS, *DATES, "--clean", EVENTS],
        f"cannot write `{EVENTS}`: it is the file to check, or another output",
    ),
    (
        [EVENTS, *DATES, "--report", "r.pdf"],
        "cannot tell the kind of the report `r.pdf`; name it *.csv, *.json or *.html, or use `--report github`",
    ),
    ([EVENTS, *DATES, "--encoding", "latin-first"], "unknown encoding `latin-first`; did you mean latin_1?"),
]


@pytest.mark.parametrize("option", ["--clean", "--bad-rows", "--merge-into", "--fixes", "--report", "--save"])
def test_an_output_named_dash_is_refused(
    option: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    command = "inspect" if option == "--save" else "check"
    with pytest.raises(SystemExit) as ended:
        main([command, EVENTS, *DATES, option, "-"])
    assert ended.value.code == 2
    assert capsys.readouterr().err == (
        f"preflight {command}: argument {option}: `-` is not a file to write; for a file of that name give `./-`; see "
        f"preflight {command} --help\n"
    )
    assert list(tmp_path.iterdir()) == []


def test_a_file_named_dash_is_written_on_request(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["check", EVENTS, *DATES, "--clean", "./-"]) == 0
    assert (tmp_path / "-").read_bytes() == Path(EVENTS).read_bytes()


@pytest.mark.parametrize(("arguments", "message"), REFUSED)
def test_refusals_are_one_line_and_exit_2(
    arguments: list[str],
    message: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["check", *arguments]) == 2
    out, err = capsys.readouterr()
    assert (out, err) == ("", f"preflight: {message}\n")
    assert list(tmp_path.iterdir()) == []


def test_two_dashes_after_an_option_are_its_value(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["check", EVENTS, *DATES, "--title=--"]) == 2
    assert "no column is labelled `--`" in capsys.readouterr().err
    source = str(Path(EVENTS).resolve())
    monkeypatch.chdir(tmp_path)
    assert main(["check", source, *DATES, "--clean=--"]) == 0
    assert Path("--").read_bytes() == Path(source).read_bytes()


def test_usage_errors_exit_2(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["check"], ["check", EVENTS, "--max-shown", "-1"], ["chek"], ["check", EVENTS, "--sep", "x"]):
        with pytest.raises(SystemExit) as raised:
            main(arguments)
        assert raised.value.code == 2
        assert capsys.readouterr().err


@pytest.mark.parametrize("output", ["--clean", "--bad-rows", "--report"])
def test_no_partial_output_is_left(output: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = tmp_path / "events.csv"
    source.write_bytes(BAD.encode() * 3 + b"\xff\n")
    target = tmp_path / "out.csv"
    target.write_text("as it was", encoding="utf-8")
    assert main(["check", str(source), *DATES, output, str(target)]) == 2
    assert "is not UTF-8 text: line 10, byte 1 is 0xff" in capsys.readouterr().err
    assert target.read_text(encoding="utf-8") == "as it was"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["events.csv", "out.csv"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk_is_one_line(bad_file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", bad_file, *DATES, "--clean", "/dev/full"]) == 2
    assert capsys.readouterr().err == "preflight: cannot write `/dev/full`: No space left on device\n"
    assert Path("/dev/full").is_char_device()


def test_a_closed_pipe_is_not_a_crash(bad_file: str) -> None:
    command = f'"{sys.executable}" -m preflight codes | true'
    done = subprocess.run(["sh", "-c", command], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stderr == ""


def test_codes_and_formats(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["codes"]) == 0
    out = capsys.readouterr().out
    assert [line.split()[0] for line in out.splitlines()] == list(CODES)
    assert main(["codes", "date-year"]) == 0
    assert capsys.readouterr().out == (
        "date-year: The year cannot be right\n"
        "  severity    error (the row is bad)\n"
        "  concerns    date\n"
        "  meaning     The year has the wrong number of digits, or lies before 1583.\n"
        "  what to do  Write the year in four digits (two under `yy`); Act-On may store year 11 for `11`.\n"
        "  suggests    a mended cell, where there is one reading; --accept date-year writes it\n"
    )
    assert main(["codes", "date-yaer"]) == 2
    assert capsys.readouterr().err == "preflight: no problem code is called `date-yaer`; did you mean date-year?\n"
    assert main(["formats"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["pattern", "strptime", "example", "remarks"]
    assert lines[1].split()[:3] == ["MM/dd/yyyy", "%m/%d/%Y", "01/25/2011"]


def test_a_terminal_with_another_encoding_is_not_a_crash(tmp_path: Path) -> None:
    source = tmp_path / "ev.csv"
    source.write_text("Email,Date,Title\nmüller@x.com,01/25/2024,Köln\n", encoding="utf-8")
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    command = [sys.executable, "-m", "preflight", "check", str(source), *DATES]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 1
    assert "m\\xfcller@x.com" in done.stdout
    assert done.stderr == ""


@pytest.mark.parametrize("arguments", [["--help"], ["check", "--help"], ["codes"], ["formats"]])
def test_light_commands_import_no_pandas(arguments: list[str]) -> None:
    program = (
        "import sys; from preflight.cli.main import main\n"
        "try: main(sys.argv[1:])\n"
        "except SystemExit: pass\n"
        "heavy = {'pandas', 'pyarrow', 'numpy', 'rich', 'requests', 'email_validator'} & set(sys.modules)\n"
        "print(sorted(heavy), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stderr == "[]\n"


def test_the_parent_process_of_a_large_file_imports_no_pandas() -> None:
    program = "import sys, preflight.engine.onepass, preflight.outputs.bad_rows; print('pandas' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_unexpected_dates_are_warned_of(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", EVENTS, *DATES, "--oldest", "2024-03-01", "--strict"]) == 1
    assert "date-old (warning)" in capsys.readouterr().out
    for text in ("2024", "2024-W01-1", "2024-02-30", "yesterday"):
        with pytest.raises(SystemExit) as raised:
            main(["check", EVENTS, *DATES, "--oldest", text])
        assert raised.value.code == 2
        message = f"argument --oldest: {text!r} is not a day written as YYYY-MM-DD"
        assert capsys.readouterr().err == f"preflight check: {message}; see preflight check --help\n"


def test_problems_of_the_whole_file_are_in_every_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, csv, js = (tmp_path / name for name in ("in.csv", "problems.csv", "report.json"))
    path.write_text("Email,Date,Title\nana@acme-corp.com,25 Jan 2024,Webinar\n", encoding="utf-8")
    options = ["--dateformat", "dd MMM yyyy", "--report", str(csv), "--report", str(js)]
    assert main(["check", str(path), *options]) == 0
    assert "\n  the whole file, Date: date-locale (warning)\n" in capsys.readouterr().out
    assert csv.read_text(encoding="utf-8").splitlines()[1].startswith("0,0,Date,date-locale,warning,,")
    examples = json.loads(js.read_text(encoding="utf-8"))["examples"]
    assert [(one["row"], one["line"], one["code"]) for one in examples] == [(0, 0, "date-locale")]


def test_normalized_dates_are_announced(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    clean = tmp_path / "clean.csv"
    assert main(["check", EVENTS, *DATES, "--clean", str(clean), "--normalize-dates"]) == 0
    assert "\n  the clean file has dateformat yyyy-MM-dd\n" in capsys.readouterr().out
    assert main(["check", str(clean), "--dateformat", "yyyy-MM-dd"]) == 0


def test_a_format_that_was_not_given_is_detected_and_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", EVENTS]) == 0
    why = "it reads all 36 dates; `dd/MM/yyyy` is ruled out by row 1: `01/18/2024`"
    assert f"\n  the dateformat was not given but found: {why}\n" in capsys.readouterr().out
    assert main(["check", EVENTS, "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["layout"]["dateformat"] == "MM/dd/yyyy"
    assert list(report["detected"]) == [
        "fieldseparator", "quotecharacter", "firstrow", "encoding", "email", "date", "title", "note", "dateformat",
    ]  # fmt: skip


def test_check_reads_a_profile_saved_by_inspect(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, profile = tmp_path / "in.csv", tmp_path / "layout.toml"
    path.write_text("date;Email;Title;date\nx;ana@acme-corp.com;Webinar;25.01.2024\n", encoding="cp1252")
    options = ["--date", "3", "--fieldseparator", "SEMICOLON", "--encoding", "cp1252", "--json"]
    assert main(["inspect", str(path), *options, "--save", str(profile)]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["layout"]["dateformat"] == "dd.MM.yyyy"
    assert found["dates"]["remaining"] == ["dd.MM.yyyy"]
    assert profile.read_text(encoding="utf-8") == (
        'email = "Email"\ndate = 3\ntitle = "Title"\ndateformat = "dd.MM.yyyy"\nfieldseparator = "SEMICOLON"\n'
        'quotecharacter = "DOUBLE_QUOTE"\nfirstrow = "Y"\nencoding = "cp1252"\n'
    )
    assert main(["check", str(path), "--profile", str(profile)]) == 0


def test_a_saved_profile_has_every_given_option(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    row = "ana@acme-corp.com,01/25/2024,x,Yes\n"
    Path("in.csv").write_text(f"Report\nA,B\n\nEmail,Date,Note,Came\n{row}", encoding="utf-8")
    given = ["--table-line", "4", "--title-text", "W", "--note", "Note", "--only", "Came=Yes", "--once-per-day"]
    given += ["--rule", "saved_rules:no", "--encoding", "utf-8", "--dateformat", "MM/dd/yyyy"]
    assert main(["inspect", "in.csv", *given, "--save", "p.toml"]) == 0
    assert Layout.from_profile("p.toml") == Layout(
        email="Email", date="Date", note="Note", title_text="W", dateformat="MM/dd/yyyy", fieldseparator="COMMA",
        quotecharacter="DOUBLE_QUOTE", firstrow="Y", encoding="utf-8", table_line=4, only=["Came=Yes"],
        once_per_day=True, rules=["saved_rules:no"],
    )  # fmt: skip
    capsys.readouterr()


def test_inspect_lists_the_remaining_formats_and_exits_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, profile = tmp_path / "in.csv", tmp_path / "layout.toml"
    path.write_text("Email,Date,Title\nana@acme-corp.com,03/04/2024,Webinar\n", encoding="utf-8")
    assert main(["inspect", str(path), "--save", str(profile)]) == 2
    out, err = capsys.readouterr()
    assert "Dates (1 date, 0 missing)\n  open: no format is beyond doubt\n  MM/dd/yyyy remains: it reads 1 row\n" in out
    assert (
        "  dd/MM/yyyy remains: it reads 1 row\n  also read all dates, as the same days as one above: MM/dd/yy |" in out
    )
    assert out.splitlines()[-1] == "  37 other formats read none of the dates"
    again = f"preflight inspect {path} --save {profile} --dateformat"
    assert err == (
        "preflight: no date format was given: the only date fits `MM/dd/yyyy` (1 row) and `dd/MM/yyyy` (1 row); row 1, "
        "`03/04/2024`, is 2024-03-04 or 2024-04-03: choose with --dateformat MM/dd/yyyy or --dateformat dd/MM/yyyy\n"
        f"Next: {again} MM/dd/yyyy\n  or: {again} dd/MM/yyyy\n"
    )
    assert not profile.exists()
    assert main(["inspect", str(path), "--dateformat", "dd/MM/yyyy"]) == 0
    assert "\n  dd/MM/yyyy was given\n" in capsys.readouterr().out


def test_messages_name_standard_input(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    for arguments in (["check", "-"], ["inspect", "-"]):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(Path(EVENTS).read_bytes())))
        assert main(arguments) == 0
        assert capsys.readouterr().out.startswith("standard input: 36 rows")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"x,y\n\xff,1\n")))
    assert main(["check", "-", "--firstrow", "N"]) == 2
    assert capsys.readouterr().err.startswith("preflight: standard input is not UTF-8 text: line 2, byte 1 is 0xff")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk_behind_stdout_is_one_line() -> None:
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "preflight", "check", EVENTS, *DATES]
        done = subprocess.run(command, cwd=ROOT, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "preflight: cannot write the output: No space left on device\n")


@pytest.mark.parametrize(
    ("arguments", "kinds"),
    [
        (["--fix", "FILE"], ["blanks", "domain-case"]),
        (["FILE", "--fix"], ["blanks", "domain-case"]),
        (["--fix=blanks", "FILE"], ["blanks"]),
        (["--fix=domain-case,mailto", "--", "FILE"], ["domain-case"]),
    ],
)
def test_fix_takes_its_kinds_after_an_equals_sign_and_no_file(
    arguments: list[str], kinds: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, clean = tmp_path / "in.csv", tmp_path / "clean.csv"
    path.write_text("Email,Date,Title\na@X.com,01/25/2024,T \n", encoding="utf-8")
    options = [*DATES, "--clean", str(clean), "--json"]
    assert main(["check", *options, *[str(path) if one == "FILE" else one for one in arguments]]) == 0
    assert list(json.loads(capsys.readouterr().out)["fixes"]["counts"]) == kinds


def test_fixes_are_listed_and_the_fixed_file_is_the_one_to_send(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, clean = tmp_path / "in.csv", tmp_path / "clean.csv"
    path.write_text("Email,Date,Title\n" + "<a@x.com>,01/25/2024,T\n" * 3, encoding="utf-8")
    options = ["--clean", str(clean), "--fix", "--max-shown", "2"]
    assert main(["check", str(path), *DATES, *options]) == 0
    told = capsys.readouterr().out
    assert (
        "\nFixed: display-name 3\n"
        "  row 1 (line 2), Email: display-name, `<a@x.com>` became `a@x.com`\n"
        "  row 2 (line 3), Email: display-name, `<a@x.com>` became `a@x.com`\n"
        "  1 more; --fixes FILE.csv lists all\n"
    ) in told
    ready = f"READY, with warnings in 2 of 3 rows: every row of {clean} may be sent. Next: uploader send {clean} "
    assert ready in told


@pytest.mark.parametrize(
    ("option", "told"),
    [
        ("--emial=Email", "unrecognized arguments: --emial=Email; did you mean --email?"),
        ("--xyz", "unrecognized arguments: --xyz"),
        ("--fix=blank", "argument --fix: no fix is called `blank`; did you mean blanks?"),
        ("--fix=", f"argument --fix: no fix is called ``; there are {', '.join(FIXES)}"),
    ],
)
def test_a_fix_that_does_not_exist_exits_2(option: str, told: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_code:
        main(["check", option, EVENTS])
    assert exit_code.value.code == 2
    assert capsys.readouterr().err == f"preflight check: {told}; see preflight check --help\n"


def test_an_option_that_contradicts_the_file_is_one_problem_of_the_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, clean, problems = (tmp_path / name for name in ("in.csv", "clean.csv", "problems.csv"))
    path.write_text("Email;Date;Title\n" + "ana@acme-corp.com;25.01.2024;Messe\n" * 3, encoding="utf-8")
    options = ["--fieldseparator", "COMMA", "--email", "Email", "--clean", str(clean), "--report", str(problems)]
    assert main(["check", str(path), *options]) == 1
    out, err = capsys.readouterr()
    assert out == (
        f"{path}: 3 rows, not judged\n\nProblems\n  the whole file: layout-mismatch\n"
        "    fieldseparator COMMA was given, but with it rows have 1 cell, not 3; use --fieldseparator\n"
        "    SEMICOLON. Suggestion: --fieldseparator SEMICOLON\n\n"
        f"NOT READY: the layout contradicts the file, no row was judged. Next: preflight check {path} --email Email "
        f"--clean {clean} --fieldseparator SEMICOLON\n"
    )
    assert err == ""
    assert clean.read_text(encoding="utf-8") == "Email;Date;Title\n"
    message = "fieldseparator COMMA was given, but with it rows have 1 cell, not 3; use --fieldseparator SEMICOLON."
    row = f'0,0,,layout-mismatch,error,,"{message}","\'--fieldseparator SEMICOLON"'
    assert problems.read_text(encoding="utf-8").splitlines()[1].replace('"', "") == row.replace('"', "")
    assert main(["check", str(path), *options, "--json"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert (report["rows"], report["good_rows"], report["bad_rows"]) == (3, 0, 3)
    assert (report["problems"], report["titlecount"]) == ({"layout-mismatch": 1}, 0)
    assert report["layout"]["fieldseparator"] == "SEMICOLON"
    assert main(["check", str(path)]) == 0


def test_inspect_shows_the_right_value_of_a_contradicted_option_and_saves_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    profile = tmp_path / "layout.toml"
    assert main(["inspect", EVENTS, "--firstrow", "N", "--save", str(profile)]) == 2
    out, err = capsys.readouterr()
    assert "\n  commas (fieldseparator COMMA), double quotes (quotecharacter DOUBLE_QUOTE), with a heading\n" in out
    assert err.startswith(
        "preflight: firstrow-mismatch: firstrow is N, but the first row looks like a heading (`First "
    )
    assert not profile.exists()


def test_inspect_shows_the_evidence_for_every_part(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", EVENTS]) == 0
    out = capsys.readouterr().out
    for part in ("fieldseparator", "quotecharacter", "firstrow", "encoding", "email", "date", "title", "note"):
        assert f"\n  {part}: " in out
    assert "\n  email: its label is `Email`\n" in out
    assert "\n  encoding: UTF-8: its bytes are valid\n" in out


def test_an_open_question_lists_every_choice(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "in.csv"
    path.write_text("ana@x.com,01/25/2024,Webinar,Berlin\nbo@x.com,01/26/2024,Demo,Oslo\n", encoding="utf-8")
    assert main(["check", str(path)]) == 2
    assert capsys.readouterr().err == (
        "preflight: 2 columns may each be the title; name the event's title with --title\n"
        "  2: `Webinar`, 2 different texts\n"
        "  3: `Berlin`, 2 different texts\n"
        f"Next: preflight check {path} --title 2\n"
    )


def test_a_dropped_sep_line_is_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "in.csv"
    path.write_text("sep=;\nEmail;Date;Title\nana@acme-corp.com;25.01.2024;Messe\n", encoding="utf-8")
    assert main(["check", str(path)]) == 0
    assert "\n  left out, as no part of the table:\n    line 1: the `sep=` line\n" in capsys.readouterr().out


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
@pytest.mark.parametrize(("arguments", "code"), [(f"check {EVENTS} {shlex.join(DATES)}", 0), ("check nowhere.csv", 2)])
def test_a_closed_stream_changes_no_exit_code(arguments: str, code: int, closed: str) -> None:
    command = f"{shlex.quote(sys.executable)} -m preflight {arguments} {closed}"
    done = subprocess.run(["sh", "-c", command], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == code
    assert "Traceback" not in done.stdout + done.stderr
