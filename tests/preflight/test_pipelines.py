"""What other programs read: the JSON report keeps to the schema that is shipped, annotations to GitHub's form."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from preflight import CODES, Layout, Titles, check
from preflight.cli.main import main
from preflight.model.fixes import FIXES
from preflight.model.problems import Problem
from preflight.model.report import Report
from preflight.render.github import render_annotations

pytestmark = pytest.mark.usefixtures("as_typed")

SCHEMA = json.loads((files("preflight.render") / "report.schema.json").read_text(encoding="utf-8"))
VALIDATOR = Draft202012Validator(SCHEMA)
FIXTURES = Path(__file__).parents[2] / "fixtures"
LAYOUT = Layout(email="Email", date="Date", title="Title", note="Note", dateformat="MM/dd/yyyy")
HEADING = "Email,Date,Title,Note\n"


def errors(report: object) -> list[str]:
    return [error.message for error in VALIDATOR.iter_errors(report)]


def test_the_schema_is_valid_and_has_its_version() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$id"] == "urn:touchpoint-preflight:report:1"
    pattern = SCHEMA["$defs"]["code"]["pattern"]
    assert all(re.search(pattern, code) for code in (*CODES, *FIXES))


def test_the_schema_refuses_other_documents() -> None:
    report = check(FIXTURES / "webinar-bad.csv", Layout(dateformat="MM/dd/yyyy")).as_dict()
    assert errors(report) == []
    for key in report.keys() - {"mendable", "ok", "skipped_lines"}:  # these were added later
        assert errors({name: value for name, value in report.items() if name != key}), key
    assert errors(report | {"more": 1})
    assert errors(report | {"rows": "13"})
    assert errors(report | {"problems": {"blank-row": 0}})


CASES = sorted(FIXTURES.glob("*valid/*/expected.json"))


@pytest.mark.parametrize("case", CASES, ids=lambda path: f"{path.parts[-3]}/{path.parts[-2]}")
def test_the_reports_of_all_cases_conform_to_the_schema(case: Path) -> None:
    expected = json.loads(case.read_text(encoding="utf-8"))
    if "error" not in expected:
        assert errors({"file": "input.csv", "detected": {}} | expected) == []


ROWS = st.lists(st.lists(st.text("a@x.com1/20 ,;\"'\n\0<é\u200bÃ¼", max_size=12), max_size=5), min_size=1, max_size=6)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(ROWS, st.booleans())
@example([["0"], ["", ",", '"'], ["0"]], False)  # of three records that want cells one cannot be cut
def test_reports_on_any_file_conform_to_the_schema(tmp_path: Path, rows: list[list[str]], fix: bool) -> None:
    source, written = tmp_path / "in.csv", tmp_path / "report.json"
    text = HEADING + "a@x.com,01/25/2024,Webinar,\nb@x.com,01/25/2024,webinar,\n"
    source.write_text(text + "".join(",".join(row) + "\n" for row in rows), encoding="utf-8", newline="")
    kinds = {"fix": tuple(FIXES), "clean": tmp_path / "clean.csv"} if fix else {}
    layout = Layout(quotecharacter="DOUBLE_QUOTE").over(LAYOUT)  # which random cells may leave open
    report = check(source, layout, reports=[written], **kinds)  # type: ignore[arg-type]
    assert errors(report.as_dict()) == []
    assert errors(json.loads(written.read_text(encoding="utf-8"))) == []


def test_the_json_of_the_command_conforms_to_the_schema(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    clean, bad = tmp_path / "clean.csv", tmp_path / "bad.csv"
    clean.write_text(HEADING + "a@x.com,01/25/2024,Webinar,\n", encoding="utf-8")
    bad.write_text(HEADING + "b@x.com,01/26/2024,Webinar,\n", encoding="utf-8")
    for more in ([], ["--merge-into", str(clean)], ["--fieldseparator", "SEMICOLON"]):
        main(["check", str(bad), "--dateformat", "MM/dd/yyyy", "--json", *more])
        report = json.loads(capsys.readouterr().out)
        assert errors(report) == []
        assert ("merged" in report) == (more[:1] == ["--merge-into"])


def test_annotations(capsys: pytest.CaptureFixture[str]) -> None:
    file = str(FIXTURES / "webinar-bad.csv")
    assert main(["check", file, "--dateformat", "MM/dd/yyyy", "--max-shown", "2", "--report", "github"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[:3] == [
        f"::error file={file},title=Not ready to be sent::13 rows, 10 bad, 0 warnings, titlecount 2",
        f"::error file={file},line=4,title=date-year%2C Event Date::row 3: The year `24` has 2 digits, not 4; Act-On "
        "would store 0024-06-02. Suggestion: 06/02/2024",
        f"::error file={file},line=5,title=email-invisible%2C Email::row 4: There is a blank before the address "
        "`m.vogel@vogel-maschinenbau.de`. The email address contains invalid characters before the @-sign: SPACE. "
        "Suggestion: m.vogel@vogel-maschinenbau.de",
    ]
    stopped = re.fullmatch("::stop-commands::([0-9a-f]{32})", lines[3])
    assert stopped is not None
    assert lines[-2] == f"::{stopped[1]}::"
    assert lines[-1].startswith("NOT READY: ")
    assert not any(line.strip().startswith("::") for line in lines[4:-2])


def test_annotations_and_json_do_not_share_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "x.csv", "--report", "github", "--json"]) == 2
    told = "--report github and --json both print to stdout: give one of them"
    out, err = capsys.readouterr()
    assert json.loads(out) == {"error": {"code": "layout", "message": told, "choices": []}}
    assert err == f"preflight: {told}\n"


ANY = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
_UNESCAPED = {"%25": "%", "%0D": "\r", "%0A": "\n", "%3A": ":", "%2C": ","}


def as_github_reads(line: str) -> tuple[str, Mapping[str, str], str]:
    """Kind, properties and message of a line, taken apart as GitHub's runner does."""

    def unescaped(text: str) -> str:
        return re.sub("%(?:25|0D|0A|3A|2C)", lambda match: _UNESCAPED[match[0]], text)

    found = re.fullmatch(r"::(\w+)(?: ([^:]*))?::(.*)", line)
    assert found is not None, line
    properties = dict(pair.split("=", 1) for pair in (found[2] or "").split(",") if pair)
    return found[1], {name: unescaped(value) for name, value in properties.items()}, unescaped(found[3])


@given(file=ANY, column=ANY, value=ANY, message=ANY, row=st.integers(0, 9))
def test_no_cell_breaks_out_of_its_annotation(file: str, column: str, value: str, message: str, row: int) -> None:
    problem = Problem(row, row, column, "email-typo", "warning", value, message)
    layout: Any = None
    report = Report(file, layout, 1, 0, {}, {"email-typo": 1}, Titles({}, frozenset()), (problem,))
    lines = render_annotations(report).split("\n")
    assert len(lines) == 3
    kind, properties, told = as_github_reads(lines[1])
    assert kind == "warning"
    assert properties.keys() == {"title"} | ({"file"} if file != "-" else set()) | ({"line"} if row else set())
    assert properties.get("file", "-") == file
    assert properties["title"].startswith("email-typo")
    assert told.isprintable()
