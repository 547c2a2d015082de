"""A user's own rule stands beside the built-in ones, wherever these are reported."""

# ruff: noqa: E501 - messages stand here whole
from __future__ import annotations

import csv
import io
import json
import pickle
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import indent
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from preflight import CODES, Layout, LayoutError, RuleError, check, rule
from preflight.model.problems import Diagnosis
from preflight.rules.own import FunctionRule, load, loaded
from preflight.text.spans import WHOLE
from tests.cells import series

ROOT = Path(__file__).parents[2]
LAYOUT = Layout(dateformat="MM/dd/yyyy")
MODULE = '''
import pandas as pd
from preflight import rule

@rule("phone-missing", column="Phone", message="The phone is blank.")
def phone_missing(cells: pd.Series) -> pd.Series:
    """Add the phone number."""
    return cells.str.strip() == ""

@rule("phone-short", column="Phone", message="The phone is short.", severity="warning", meaning="Few digits.")
def phone_short(cells: pd.Series) -> pd.Series:
    return cells.str.len() < 4

@rule("title-shouts", column="title", message="The title is in capitals.")
def title_shouts(cells: pd.Series) -> pd.Series:
    return cells.str.isupper()

@rule("phone-boom", column="Phone", message="Never said.")
def boom(cells: pd.Series) -> pd.Series:
    raise ValueError("no\\nway")

def no_rule(cells: pd.Series) -> pd.Series:
    return cells == ""
'''
EVENTS = """Email,Event Date,Event Title,Note,Phone
a@x.com,01/02/2024,Talk,,5551234
b@x.com,01/14/2024,TALK,,
c@x.com,01/15/2024,Talk,,555
d@@x.com,01/15/2024,Talk,, \n"""


@pytest.fixture(autouse=True)
def catalogue() -> Iterator[None]:
    """Leave the catalogue as it was."""
    before = dict(CODES)
    yield
    CODES.clear()
    CODES.update(before)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "phones.py").write_text(MODULE, encoding="utf-8")
    (tmp_path / "events.csv").write_text(EVENTS, encoding="utf-8")
    return tmp_path


def preflight(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from preflight.cli.main import command; command()", *arguments]
    environment = {"PYTHONPATH": str(ROOT), "PATH": "", "COLUMNS": "100", "PYTHONUTF8": "1", "PYTHONSAFEPATH": "1"}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def blank(code: str = "phone-missing", **named: Any) -> FunctionRule:
    given: dict[str, Any] = {"column": "Phone", "message": "The phone is blank.", **named}
    return rule(code, **given)(lambda cells: cells.str.strip() == "")


def test_the_code_of_an_own_rule_is_in_every_report(folder: Path) -> None:
    outputs = [
        "--bad-rows",
        "bad.csv",
        "--clean",
        "clean.csv",
        "--report",
        "r.csv",
        "--report",
        "r.json",
        "--report",
        "r.html",
    ]
    rules = ["--rule", "phones:phone_missing", "--rule", "phones:phone_short", "--rule", "phones:title_shouts"]
    done = preflight(folder, "check", "events.csv", "--dateformat", "MM/dd/yyyy", *outputs, *rules)
    assert (done.returncode, done.stderr) == (1, "")
    assert "  title  title-shouts 1\n" in done.stdout
    assert "  Phone  phone-missing 2, phone-short (warning) 3\n" in done.stdout
    assert "  2 rows, Phone: phone-missing\n    row 2 (line 3): The phone is blank.\n" in done.stdout
    assert f"Next: preflight check bad.csv {' '.join(rules)} --merge-into clean.csv\n" in done.stdout
    report = json.loads((folder / "r.json").read_text(encoding="utf-8"))
    assert report["problems"] == {"email-syntax": 1, "phone-missing": 2, "title-shouts": 1}
    assert report["warnings"] == {"phone-short": 3}
    assert ("phone-missing", "Phone", "error", " ") in [
        (one["code"], one["column"], one["severity"], one["value"]) for one in report["examples"]
    ]
    listed = list(csv.DictReader((folder / "r.csv").read_text(encoding="utf-8").splitlines()))
    assert [one["code"] for one in listed if one["row"] == "4"] == ["email-syntax", "phone-missing", "phone-short"]
    page = (folder / "r.html").read_text(encoding="utf-8")
    assert '<h4 id="kind-phone-missing" tabindex="-1">The phone is blank</h4>' in page
    bad = list(csv.DictReader((folder / "bad.csv").read_text(encoding="utf-8-sig").splitlines()))
    assert bad[0]["preflight_problems"] == (
        "phone-missing: The phone is blank. | phone-short: The phone is short. "
        "| title-shouts: The title is in capitals."
    )
    assert (folder / "clean.csv").read_text(encoding="utf-8").count("\n") == 3


def test_a_profile_names_rules(folder: Path) -> None:
    (folder / "p.toml").write_text('dateformat = "MM/dd/yyyy"\nrules = ["phones:phone_missing"]\n', encoding="utf-8")
    done = preflight(folder, "check", "events.csv", "--profile", "p.toml", "--rule", "phones:title_shouts", "--json")
    assert json.loads(done.stdout)["problems"] == {"email-syntax": 1, "title-shouts": 1, "phone-missing": 2}


def test_the_catalogue_explains_an_own_rule(folder: Path) -> None:
    done = preflight(folder, "codes", "phone-short", "--rule", "phones:phone_short")
    assert done.stdout == (
        "phone-short: The phone is short\n"
        "  severity    warning (the row stays good)\n"
        "  concerns    Phone\n"
        "  meaning     Few digits.\n"
        "  what to do  Correct the cell.\n"
    )
    done = preflight(folder, "codes", "--rule", "phones:phone_missing")
    assert ["phone-missing", "error", "Phone", "The", "phone", "is", "blank"] in map(
        str.split, done.stdout.splitlines()
    )


WRONG = [
    ("phones:boom", "the rule `phone-boom` (phones:boom) raised ValueError: no\\nway"),
    ("phones:nope", "the module `phones` has no rule `nope`; it has phone_missing, phone_short, title_shouts, boom"),
    ("phones:no_rule", "`phones:no_rule` is no rule; put @preflight.rule(…) above the function; it has phone_missing, "
     "phone_short, title_shouts, boom"),
    ("nowhere:x", "there is no module `nowhere` for the rule `nowhere:x`"),
    ("broken:x", "the module `broken` of the rule `broken:x` cannot be imported: ZeroDivisionError: division by zero"),
    ("phones", "`phones` names no rule; write module:name, as in mymodule:phone_missing"),
]  # fmt: skip


@pytest.fixture
def importable(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder's modules can be imported here, and are forgotten afterwards."""
    before = set(sys.modules)
    monkeypatch.syspath_prepend(folder)
    yield folder
    for name in set(sys.modules) - before:
        del sys.modules[name]


def test_a_rule_is_imported_by_its_name(importable: Path) -> None:
    (importable / "inside.py").write_text(f"class Some:\n{indent(MODULE, '    ')}\n", encoding="utf-8")
    found, inside = load("phones:phone_missing"), load("inside:Some.phone_short")
    assert (found.name, found.code.code, found.column, found.message) == (
        "phones:phone_missing", "phone-missing", "Phone", "The phone is blank.",
    )  # fmt: skip
    assert inside.name == "inside:Some.phone_short"
    assert (inside.code.severity, inside.code.meaning, inside.code.action) == (
        "warning",
        "Few digits.",
        "Correct the cell.",
    )
    assert (found.code.severity, found.code.meaning, found.code.action, found.code.headline, found.code.subject) == (
        "error", "The phone is blank.", "Add the phone number.", "The phone is blank", "Phone",
    )  # fmt: skip
    assert pickle.loads(pickle.dumps(found)) is found
    assert [one.name for one in loaded(["phones:phone_short", found, "phones:phone_missing"])] == [
        "phones:phone_short", "phones:phone_missing",
    ]  # fmt: skip
    with pytest.raises(
        LayoutError, match=r"^two rules have the code `phone-missing`: .*<lambda>, phones:phone_missing$"
    ):
        loaded([found, blank()])


NO_RULE = [
    ("nowhere.deep:x", "there is no module `nowhere.deep` for the rule `nowhere.deep:x`"),
    ("phones.deep:x", "there is no module `phones.deep` for the rule `phones.deep:x`"),
    ("needs:x", "the module `needs` of the rule `needs:x` cannot be imported: ModuleNotFoundError: No module named 'nowhere'"),
    ("empty:x", "the module `empty` has no rule `x`"),
    ("empty:y", "`empty:y` is no rule; put @preflight.rule(…) above the function"),
    (":x", "`:x` names no rule; write module:name, as in mymodule:phone_missing"),
    ("phones:", "`phones:` names no rule; write module:name, as in mymodule:phone_missing"),
    ("phones:phone_missing.nope", "the module `phones` has no rule `phone_missing.nope`; it has phone_missing, phone_short, title_shouts, boom"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "message"), [one for one in WRONG if "raised" not in one[1]] + NO_RULE)
def test_a_name_that_is_not_of_a_rule_is_reported(name: str, message: str, importable: Path) -> None:
    (importable / "broken.py").write_text("1 / 0\n", encoding="utf-8")
    (importable / "needs.py").write_text("import nowhere\n", encoding="utf-8")
    (importable / "empty.py").write_text("y = 1\n", encoding="utf-8")
    with pytest.raises(LayoutError) as told:
        load(name)
    assert str(told.value) == message


def test_the_bad_cells_of_a_column_and_the_first_rows_of_each() -> None:
    told: list[tuple[list[int], list[str]]] = []

    def judge(cells: pd.Series[str]) -> pd.Series[bool]:
        told.append((cells.index.tolist(), cells.tolist()))
        return cells == "b"

    one = rule("phone-b", column="Phone", message="It is b.")(judge)
    column = series(["a", "b", "a", "b", "c"], 11)
    found = one.check(column, "3")
    assert [(finding.row, finding.fault) for finding in found] == [
        (row, Diagnosis("phone-b", "It is b.", column="3", spans=WHOLE)) for row in (12, 14)
    ]
    assert told == [([11, 12, 15], ["a", "b", "c"])]
    assert list(one.check(series([], 1), "3")) == []
    assert len(told) == 1


@pytest.mark.parametrize(("name", "message"), WRONG)
def test_the_error_of_a_rule_is_one_line(name: str, message: str, folder: Path) -> None:
    (folder / "broken.py").write_text("1 / 0\n", encoding="utf-8")
    done = preflight(folder, "check", "events.csv", "--dateformat", "MM/dd/yyyy", "--rule", name)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"preflight: {message}\n")


def test_a_large_file_is_judged_by_an_own_rule(folder: Path) -> None:
    rows = "".join(f"a{i}@x.com,01/02/2024,Talk,,{'5551234' if i % 1000 else ''}\n" for i in range(300_000))
    (folder / "large.csv").write_text("Email,Event Date,Event Title,Note,Phone\n" + rows, encoding="utf-8")
    done = preflight(
        folder, "check", "large.csv", "--dateformat", "MM/dd/yyyy", "--rule", "phones:phone_missing", "--json"
    )
    assert json.loads(done.stdout)["problems"] == {"phone-missing": 300}
    done = preflight(folder, "check", "large.csv", "--dateformat", "MM/dd/yyyy", "--rule", "phones:boom")
    assert (done.returncode, done.stderr) == (2, f"preflight: {WRONG[0][1]}\n")


def test_each_distinct_cell_is_judged_once_as_a_series_of_strings(folder: Path) -> None:
    seen: list[pd.Series[str]] = []

    @rule("phone-seen", column="Phone", message="Seen.")
    def see(cells: pd.Series[str]) -> pd.Series[bool]:
        seen.append(cells)
        return cells == "555"

    report = check(folder / "events.csv", LAYOUT, rules=[see])
    assert report.problems == {"email-syntax": 1, "phone-seen": 1}
    assert [cells.tolist() for cells in seen] == [["5551234", "", "555", " "]]
    assert str(seen[0].dtype) == "string[pyarrow]"
    assert seen[0].index.tolist() == [1, 2, 3, 4]
    assert seen[0].index.dtype == "int64"
    assert see(pd.Series(["555"])).tolist() == [True]


cells = st.lists(st.sampled_from(["", " ", "1", "22", "ü"]), min_size=1, max_size=20)


@given(cells)
def test_each_row_gets_the_verdict_of_the_function_on_its_cell(phones: list[str]) -> None:
    frame = pd.DataFrame({"Email": "a@x.com", "Event Date": "01/02/2024", "Title": "T", "Phone": phones})
    report = check(frame, LAYOUT, rules=[blank()])
    assert (~report.good).tolist() == [not phone.strip() for phone in phones]


COLUMNS = [("Phone", "Phone"), (4, "Phone"), ("title", "Event Title"), ("note", "Note"), ("event title", "Event Title")]


@pytest.mark.parametrize(("column", "label"), COLUMNS)
def test_a_column_is_named_by_label_index_or_role(column: str | int, label: str, folder: Path) -> None:
    any_cell = rule("any-cell", column=column, message="Any.")(lambda cells: cells.notna())
    report = check(folder / "events.csv", LAYOUT, rules=[any_cell])
    assert report.problems["any-cell"] == 4
    assert set(report.frame.loc[report.frame["code"] == "any-cell", "column"]) == {label}


def test_rows_that_cannot_be_cut_are_not_judged_by_an_own_rule(tmp_path: Path) -> None:
    file = tmp_path / "events.csv"
    file.write_text('Email,Event Date,Event Title,Phone\na@x.com,01/02/2024,Ta"lk,\n,,,\n', encoding="utf-8")
    assert check(file, LAYOUT, rules=[blank()]).problems == {"blank-row": 1, "stray-quote": 1}


ANSWERS = [
    (3, "gave int for 4 cells; it must give a Series of True and False, one for each"),
    ([True], "gave 1 answers for 4 cells; it must give a Series of True and False, one for each"),
    (["a"] * 4, "must give True and False, not other values"),
    (np.array([1.5] * 4), "must give True and False, not float64"),
    (ValueError("no\nway"), "raised ValueError: no\\nway"),
    (KeyError(), "raised KeyError"),
]


@pytest.mark.parametrize(("answer", "message"), ANSWERS)
def test_an_invalid_answer_is_named(answer: object, message: str, folder: Path) -> None:
    @rule("phone-odd", column="Phone", message="Odd.")
    def odd(cells: pd.Series[str]) -> Any:
        if isinstance(answer, Exception):
            raise answer
        return answer

    with pytest.raises(RuleError) as raised:
        check(folder / "events.csv", LAYOUT, rules=[odd])
    assert str(raised.value) == f"the rule `phone-odd` ({odd.name}) {message}"


def test_missing_answers_count_as_false(folder: Path) -> None:
    unsure = rule("phone-unsure", column="Phone", message="Unsure.")(lambda cells: cells.map(lambda _: pd.NA))
    assert "phone-unsure" not in check(folder / "events.csv", LAYOUT, rules=[unsure]).problems


REFUSED = [
    (lambda: blank("email-missing"), LayoutError,
     "`email-missing` is a built-in problem code; choose another for your rule"),
    (lambda: blank("Phone missing"), LayoutError,
     "`Phone missing` is no problem code; write words in small letters with hyphens: phone-missing"),
    (lambda: blank(severity="fatal"), LayoutError, "a severity is error or warning, not `fatal`"),
    *[(lambda rules=rules: check("x", rules=rules), TypeError,
       "rules takes a list, not one rule: rules=[phone_missing], or ['mymodule:phone_missing']")
      for rules in ("a:b", blank())],
]  # fmt: skip


@pytest.mark.parametrize(("make", "error", "message"), REFUSED)
def test_an_invalid_rule_is_rejected(make: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error) as raised:
        make()
    assert str(raised.value) == message


def test_a_rule_that_does_not_fit_the_file_is_rejected(folder: Path) -> None:
    with pytest.raises(
        LayoutError, match=r"^the rule `fax-missing` has no column to look at: no column is labelled `Fax`; "
    ):
        check(folder / "events.csv", LAYOUT, rules=[blank("fax-missing", column="Fax")])
    unheaded = Layout(0, 1, 2, None, "MM/dd/yyyy", firstrow="N")
    with pytest.raises(
        LayoutError,
        match=r"^the rule `fax-missing` has no column to look at: `column` `Phone` is a label, but firstrow is N: ",
    ):
        check(io.BytesIO(b"a@x.com,01/02/2024,T,Phone\n"), unheaded, rules=[blank("fax-missing", column="Phone")])
    with pytest.raises(LayoutError, match=r"^two rules have the code `phone-missing`: "):
        check(folder / "events.csv", LAYOUT, rules=[blank(), blank(message="Other.")])
    with pytest.raises(TypeError, match=r"^rules takes functions with @rule above them, not a function$"):
        check(folder / "events.csv", LAYOUT, rules=[lambda cells: cells == ""])


def test_rules_in_a_profile_must_be_a_list() -> None:
    with pytest.raises(LayoutError, match=r'^rules must be a list of texts, as in \["MODULE:NAME"\]$'):
        Layout.from_dict({"rules": "a:b"})
    assert Layout.from_dict({"rules": ["a:b"]}).rules == ("a:b",)


def test_the_whole_cell_is_at_fault(folder: Path) -> None:
    report = check(folder / "events.csv", LAYOUT, rules=[blank()])
    assert [one.spans for one in report.examples if one.code == "phone-missing"] == [WHOLE, WHOLE]
