"""`preflight check` of several files: a line for each, what they come to together, outputs by `{name}`."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from preflight.cli.main import main
from preflight.many.files import expanded
from preflight.text.display import stem_of

HEADING = "Email,Date,Title\n"
OF_ONE, OF_ALL = (
    json.loads((resources.files("preflight.render") / name).read_text(encoding="utf-8"))
    for name in ("report.schema.json", "files.schema.json")
)
VALIDATOR = Draft202012Validator(
    OF_ALL, registry=Registry().with_resource(OF_ONE["$id"], Resource.from_contents(OF_ONE))
)
US = ["--dateformat", "MM/dd/yyyy"]


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three files, of which the second has a bad row and the third cannot be read."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.csv").write_text(HEADING + "jo@x.com,01/25/2024,Webinar\nal@x.com,01/25/2024,Demo\n")
    (tmp_path / "b.csv").write_text(
        HEADING + "bo,01/25/2024,Demo\nJO@x.com,1/25/2024,Webinar\nal@x.com,1/2/2024,demo\n"
    )
    (tmp_path / "c.csv").write_bytes(b"%PDF-1.7\n")
    return tmp_path


TABLE = """\
       rows        good       bad  titles  file
          2           2         0       1  a.csv
          3           2         1       2  b.csv: email-syntax 1
          -           -         -       -  c.csv: not checked: `c.csv` is a PDF document, not CSV text; export \
the data as CSV (UTF-8) where it came from
"""

TOGETHER = """
3 files: 5 rows, 4 good rows, 1 bad row; 1 file could not be checked

titlecount 2 of all files together
  3 distinct titles in the good rows (blanks at the ends trimmed), 1 of them known, 2 new
  new: Webinar (2 rows)
  new: demo (1 row)

In several files: 1 touch point stands in more than one of 2 files, and would count again
  row 1 of a.csv and row 2 of b.csv
  To do: delete them from one file, or send with --only-new, which leaves out what was sent before.

Spelt differently in different files: 1 title
  `Demo` (1 row, first in a.csv), `demo` (1 row, first in b.csv)

NOT READY: 1 of 3 files is ready. Next: preflight check c.csv --dateformat MM/dd/yyyy --known-titles known.txt
"""


def test_each_file_has_a_line_and_there_is_a_total(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (files / "known.txt").write_text("Demo\n")
    assert main(["check", "a.csv", "b.csv", "c.csv", *US, "--known-titles", "known.txt"]) == 2
    out = capsys.readouterr().out
    assert out.replace("b.csv: email-syntax 1, title-variant 1 (warning)", "b.csv: email-syntax 1") == TABLE + TOGETHER


def test_json_has_the_files_in_their_order_and_the_totals(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "?.csv", *US, "--json"]) == 2
    told = json.loads(capsys.readouterr().out)
    assert list(VALIDATOR.iter_errors(told)) == []
    assert list(VALIDATOR.iter_errors(told | {"files": [{"file": "a.csv"}]}))
    alone = []
    for name in ("a.csv", "b.csv"):
        main(["check", name, *US, "--json"])
        alone.append(json.loads(capsys.readouterr().out))
    assert told.pop("files")[:2] == alone
    assert told == {
        "failed": 1,
        "rows": 5,
        "good_rows": 4,
        "bad_rows": 1,
        "left_out": 0,
        "problems": {"email-syntax": 1},
        "warnings": {},
        "titles": {"distinct": 3, "known": 0, "new": 3},
        "titlecount": 3,
        "shared_touch_points": {
            "count": 1,
            "files": 2,
            "examples": [[{"file": "a.csv", "row": 1}, {"file": "b.csv", "row": 2}]],
        },
        "title_variants": [
            [{"title": "Demo", "rows": 1, "file": "a.csv"}, {"title": "demo", "rows": 1, "file": "b.csv"}]
        ],
        "ok": False,
    }


def test_a_file_that_cannot_be_checked_is_an_error_in_its_place(
    files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", "none.csv", "a.csv", *US, "--json"]) == 2
    first, second = json.loads(capsys.readouterr().out)["files"]
    assert first == {
        "file": "none.csv",
        "error": {"code": "input", "message": "`none.csv` does not exist", "choices": []},
    }
    assert second["rows"] == 2


def test_outputs_have_the_name_of_each_file(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    outputs = ["--clean", "out/{name}-clean.csv", "--bad-rows", "bad/{name}.csv", "--report", "reports/{name}.json"]
    outputs += ["--fix", "--fixes", "fixes/deep/{name}.csv"]
    assert main(["check", "a.csv", "b.csv", *US, *outputs]) == 1
    assert (files / "out/a-clean.csv").read_text() == (files / "a.csv").read_text()
    assert (files / "out/b-clean.csv").read_text().count("\n") == 3
    assert (files / "bad/b.csv").read_text().count("\n") == 2
    assert json.loads((files / "reports" / "b.json").read_text())["bad_rows"] == 1
    assert (files / "fixes/deep/b.csv").exists()
    assert capsys.readouterr().out.splitlines()[-1] == (
        "NOT READY: 1 of 2 files is ready; mend the bad rows in bad/b.csv. Next: preflight check bad/b.csv "
        "--merge-into out/b-clean.csv"
    )
    assert main(["check", "a.csv", *US, "--email", "Mail", "--clean", "alone/{name}.csv"]) == 2
    assert main(["check", "none.csv", *US, "--clean", "alone/{name}.csv"]) == 2
    assert not (files / "alone").exists()  # before the file was read and its layout found


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (
            ["a.csv", "b.csv", "--clean", "clean.csv"],
            "--clean clean.csv names one output for several files; write {name} for the name of each: "
            '--clean "{name}-clean.csv"',
        ),
        (
            ["a.csv", "b.csv", "--report", "out/report.html"],
            "--report out/report.html names one output for several files; write {name} for the name of each: "
            '--report "out/{name}-report.html"',
        ),
        (
            ["a.csv", "d/a.csv", "--bad-rows", "{name}-bad.csv"],
            "`a.csv` and `d/a.csv` would both be written to `a-bad.csv`: {name} stands for a file's name without its "
            "folder; check them one after the other",
        ),
        (["a.csv", "b.csv", "--clean", "{name}.csv"], "cannot write `a.csv`: it is one of the files to check"),
        (["b.csv", "a-b.csv", "--clean", "a-{name}.csv"], "cannot write `a-b.csv`: it is one of the files to check"),
        (
            ["a.csv", "b.csv", "--merge-into", "clean.csv"],
            "--merge-into takes the mended rows of one file; merge the files one after the other",
        ),
        (["x*.csv"], "no file matches `x*.csv`"),
    ],
)
def test_options_refused_for_several_files(
    files: Path, arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", *arguments, *US]) == 2
    assert capsys.readouterr() == ("", f"preflight: {told}\n")
    assert sorted(path.name for path in files.iterdir()) == ["a.csv", "b.csv", "c.csv"]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (["[b].csv"], "0 of 1 file is ready"),
        (["b.csv", "c.csv"], "0 of 2 files are ready"),
        (["a.csv", "b.csv"], "1 of 2 files is ready"),
    ],
)
def test_the_verdict_counts_the_ready_files(
    files: Path, given: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", *given, *US]) != 0
    assert capsys.readouterr().out.splitlines()[-1].startswith(f"NOT READY: {told}. Next: preflight check ")


def test_ready_files_are_rehearsed_together(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "a.csv", "./a.csv", "[a].csv", *US]) == 0  # one file, by three names
    last = capsys.readouterr().out.splitlines()[-1]
    assert last == (
        "READY: every row of 1 file may be sent. Next: uploader send a.csv --destination DESTINATION "
        "--customeventaction ACTION --dateformat MM/dd/yyyy --rehearse"
    )


def test_files_with_warnings_are_not_ready_under_strict(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (files / "d.csv").write_text(HEADING + "jo@gmial.com,01/25/2024,Webinar\n")
    assert main(["check", "a.csv", "d.csv", *US]) == 0
    assert main(["check", "a.csv", "d.csv", *US, "--strict"]) == 1
    last = capsys.readouterr().out.splitlines()[-1]
    assert last == (
        "NOT READY: there are warnings, and --strict was given. Next: preflight check d.csv --dateformat MM/dd/yyyy"
    )


def test_annotations_of_several_files(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "a.csv", "c.csv", *US, "--report", "github"]) == 2
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "::notice file=a.csv,title=Ready to be sent::2 rows, 0 bad, 0 warnings, titlecount 2"
    assert (
        "::error file=c.csv,title=Not checked::`c.csv` is a PDF document, not CSV text; export the data as CSV (UTF-8) "
        "where it came from"
    ) in lines


def test_patterns_and_names_of_files(files: Path) -> None:
    (files / "[x].csv").write_text(HEADING)
    assert expanded(["[x].csv", "[ab].csv", "b.csv", "-"]) == ["[x].csv", "a.csv", "b.csv", "-"]
    assert [stem_of(name) for name in ("in/a.b.csv.gz", "s3://b/x/a.CSV", "c.xlsx", "-", "x", ".csv")] == [
        "a.b",
        "a",
        "c",
        "input",
        "x",
        ".csv",
    ]
