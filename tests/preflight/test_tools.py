"""Recipes: which known export a file is, what is proposed for it, and that nothing of it is taken unasked."""

from __future__ import annotations

import html
import json
import shlex
from importlib.resources import files
from pathlib import Path

import pytest

from preflight.cli.main import main
from preflight.errors import LayoutError
from preflight.tables.columns import Columns
from preflight.tools.recipes import read_recipe, recipes_in, shipped_recipes
from preflight.tools.recognize import recognize

EXPORTS = Path(__file__).parents[2] / "fixtures" / "exports"
SHIPPED = sorted((one for one in files("preflight.tools").iterdir() if one.name.endswith(".toml")), key=str)

FORMAT = '--dateformat "MM/dd/yyyy hh:mm:ss a"'
"""What is found of the Zoom export's dates, and is said again with fewer rows."""

NEW = """
tool = "Sendmeet"
report = "guests"

[[heading]]
labels = ["Guest Mail", "Seen On", "Was There"]
email = ["Guest Mail"]
date = ["Seen On"]
title_from = "Room"
only = ["Was There=Yes"]
"""


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.name)
def test_every_shipped_recipe_is_valid_and_recognizes_its_columns_only(file: Path) -> None:
    recipe = read_recipe(file)
    assert [one.name for one in shipped_recipes()].count(recipe.name) == 1
    for heading in recipe.headings:
        assert heading.date or heading.untitled
        assert not (heading.untitled and (heading.title or heading.title_from))


BROKEN = [
    ("tool = ", "Invalid value (at end of document)"),
    ('tool = "A"\nreport = "b"', "the keys are tool, report and [[heading]]"),
    ('tool = "A"\nreport = " "\nheading = []', "tool and report must be texts"),
    ('tool = "A"\nreport = "b"\nheading = []', "there must be a [[heading]]"),
    ('tool = "A"\nreport = "b"\nheading = [1]', "each [[heading]] must be a table"),
    ('tool = "A"\nreport = "b"\n[[heading]]\nlabels = ["x", "y"]',
     "labels must have at least 3 labels, as fewer may occur in any file"),
    ('tool = "A"\nreport = "b"\n[[heading]]\nlabels = "x"', "labels must be a list of texts"),
    ('tool = "A"\nreport = "b"\n[[heading]]\nonce_per_day = "x"', "once_per_day must be true or false"),
    ('tool = "A"\nreport = "b"\n[[heading]]\ntitle_from = 1', "title_from must be a text"),
    ('tool = "A"\nreport = "b"\n[[heading]]\nmail = []',
     "unknown key `mail`; the keys of a heading are labels, email, date, title, title_from, untitled, only, "
     "once_per_day"),
    ('tool = "A"\nreport = "b"\n[[heading]]\nlabels = ["x", "y", "z"]\nonly = ["came"]',
     "only `came` is not a condition; write COLUMN=VALUE or COLUMN!=VALUE"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "says"), BROKEN, ids=[says[:40] for _, says in BROKEN])
def test_a_broken_recipe_is_one_line(text: str, says: str, tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(text, encoding="utf-8")
    with pytest.raises(LayoutError) as error:
        recipes_in(tmp_path)
    assert str(error.value) == f"the recipe a.toml: {says}"


def test_a_new_recipe_is_one_file(tmp_path: Path) -> None:
    (tmp_path / "sendmeet-guests.toml").write_text(NEW, encoding="utf-8")
    labels = ["Name", "guest  mail", "Seen On", "Was There"]
    rows = [["Ana", "ana@acme-corp.com", "2026-01-13", "Yes"], ["Bo", "bo@acme-corp.com", "", "no"]]
    found = recognize(labels, Columns(rows, 4), [], 3, recipes_in(tmp_path))
    assert found is not None
    assert found.as_dict() == {
        "export": "Sendmeet guests",
        "says": "Sendmeet guests; people from line 3; keep the rows with `Was There=Yes`",
        "line": 3,
        "columns": {"email": 1, "date": 2},
        "title_text": None,
        "only": ["Was There=Yes"],
        "once_per_day": False,
    }
    twice = recognize([*labels, "Guest Mail"], Columns([[*row, "ola@acme-corp.com"] for row in rows], 5), [], 3,
                      recipes_in(tmp_path))  # fmt: skip
    assert twice is not None
    assert dict(twice.columns) == {"date": 2}
    all_came = recognize(labels, Columns(rows[:1] * 2, 4), [], 3, recipes_in(tmp_path))
    assert all_came is not None
    assert all_came.only == []
    assert recognize(labels[1:], Columns([row[1:] for row in rows], 3), [], 1, recipes_in(tmp_path)) is not None
    assert recognize(labels[:3], Columns([row[:3] for row in rows], 3), [], 1, recipes_in(tmp_path)) is None


def test_inspect_says_which_export_a_file_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("z.csv").write_bytes((EXPORTS / "zoom-webinar-attendees" / "input.csv").read_bytes())
    says = (
        'Zoom webinar attendee report; people from line 9; title from Topic: "Email Basics"; '
        "keep the rows with `Attended=Yes`"
    )
    assert main(["inspect", "z.csv"]) == 2
    out, err = capsys.readouterr()
    assert out.startswith(f"z.csv\n{says}\n\nColumns ")
    assert err == (
        "preflight: no column could be the title; name the event's title with --title-text\n"
        '  `Email Basics`: in line 4, `Topic`; --title-text "Email Basics"\n'
        f"  known export: {says}\n"
        'Next: preflight check z.csv --title-text "Email Basics" --only Attended=Yes\n'
    )
    assert main(["inspect", "z.csv", "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["export"]["says"] == says
    assert main(["inspect", "z.csv", "--title-text", "Mine", "--date", "Registration Time"]) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"z.csv: 8 rows\n{says}\n\n")
    next_line = 'Next: preflight check z.csv --date "Registration Time" --title-text Mine --only Attended=Yes'
    assert out.splitlines()[-1] == next_line
    assert main(["inspect", "z.csv", "--title-text", "Mine", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["export"]["only"] == ["Attended=Yes"]


def test_a_ready_file_reports_rows_of_other_people_in_its_export(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = (EXPORTS / "zoom-webinar-attendees" / "input.csv").read_text(encoding="utf-8")
    again = text.splitlines(keepends=True)[9].replace("03:00:00 PM", "03:30:00 PM")
    known = (
        'Known export: Zoom webinar attendee report; people from line 9; title from Topic: "Email Basics"; '
        "keep the rows with `Attended=Yes`{}. To leave the other rows out: "
    )
    asked = ["check", "z.csv", "--date", "Registration Time", "--title-text", "Mine"]
    for more, joins, option in (
        ("", "", ""), (again, "; some people have a row for each time they joined", " --once-per-day")
    ):  # fmt: skip
        Path("z.csv").write_text(text + more, encoding="utf-8")
        assert main([*asked, "--clean", "c.csv", "--report", "r.html"]) == 0
        command = f'preflight check z.csv --date "Registration Time" --title-text Mine {FORMAT} --only Attended=Yes'
        *_, hint, verdict = capsys.readouterr().out.splitlines()
        assert hint == f"{known.format(joins)}{command}{option} --clean c.csv"
        assert verdict.startswith("READY")
        page = html.unescape(Path("r.html").read_text(encoding="utf-8"))
        assert "It is a known export: Zoom webinar attendee report" in page
        assert f"{command}{option} --clean c.csv" in page
        assert main([*shlex.split(command)[1:], *option.split(), "--clean", "c.csv"]) == 0
        *_, before, verdict = capsys.readouterr().out.splitlines()
        assert (before, verdict[:6]) == ("", "READY:")
        assert len(Path("c.csv").read_text(encoding="utf-8").splitlines()) == 7


def test_several_files_report_how_many_have_rows_of_other_people(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = (EXPORTS / "zoom-webinar-attendees" / "input.csv").read_text(encoding="utf-8")
    for name, one in (("a.csv", text.replace("\nNo,", "\nYes,")), ("b.csv", text), ("c.csv", text)):
        Path(name).write_text(one, encoding="utf-8")
    asked = ["--date", "Registration Time", "--title-text", "Mine"]
    told = (
        "rows of people who did not come, or of each time that one joined. To leave those of the first out: preflight "
        f'check b.csv --date "Registration Time" --title-text Mine {FORMAT} --only Attended=Yes'
    )
    for names, says in (
        (["a.csv", "b.csv", "c.csv"], f"Known exports: 2 files have {told}"),
        (["a.csv", "b.csv"], f"Known exports: 1 file has {told}"),
        (["a.csv", "a.csv"], ""),
    ):
        assert main(["check", *names, *asked]) == 0
        assert capsys.readouterr().out.splitlines()[-2] == says
    assert main(["check", "a.csv", "b.csv", *asked, "--only", "Attended=Yes"]) == 0
    assert capsys.readouterr().out.splitlines()[-2] == ""


def test_a_recipe_does_not_override_given_options(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("z.csv").write_bytes((EXPORTS / "zoom-webinar-attendees" / "input.csv").read_bytes())
    assert main(["check", "z.csv", "--only", "Attended=No"]) == 2
    asked = 'Next: preflight check z.csv --only Attended=No --title-text "Email Basics"'
    assert capsys.readouterr().err.splitlines()[-1] == asked
    assert main(["check", "z.csv", "--title-text", "Mine"]) == 1
    out = capsys.readouterr().out
    assert "z.csv: 8 rows, 6 good rows, 2 bad rows\n" in out
    assert out.splitlines()[-2:] == [
        "",
        "NOT READY: 2 bad rows without a date, and a column of those who attended. Next: preflight check z.csv "
        f"--title-text Mine {FORMAT} --only Attended=Yes",
    ]
    assert main(["check", "z.csv", "--title-text", "Mine", "--json"]) == 1
    found = json.loads(capsys.readouterr().out)["export"]
    assert (found["export"], found["only"]) == ("Zoom webinar attendee report", ["Attended=Yes"])
    assert main(["check", "z.csv", "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["export"] == found | {"title_text": "Email Basics"}
    assert main(["check", "z.csv", "--title-text", "TITLE"]) == 2
    assert capsys.readouterr().err == (
        "preflight: --title-text TITLE stands for the event's title: put that in its place\n"
    )
