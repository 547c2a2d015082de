"""Every folder under `fixtures/valid` and `fixtures/invalid` is a test by being there.

A case is `input.csv`, `layout.toml` and `expected.json`: the report of a file that can be read (`file` and `detected`
left out), or `{"error": …}` with the one line that the command prints. `python tests/preflight/test_cases.py` writes
the expectation of cases that have none yet; read it before you commit it.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from preflight import CODES, Layout, PreflightError, check
from preflight.text.asking import on_command_line

FIXTURES = Path(__file__).parents[2] / "fixtures"
CASES = sorted(path.parent for kind in ("valid", "invalid") for path in (FIXTURES / kind).glob("*/layout.toml"))


def outcome(case: Path, clean: Path | None = None, bad_rows: Path | None = None) -> dict[str, Any]:
    """What a check says of a case, paths left out."""
    try:
        with on_command_line():
            layout = Layout.from_profile(case / "layout.toml")
            report = check(case / "input.csv", layout, clean=clean, bad_rows=bad_rows, max_shown=100)
    except PreflightError as error:
        return {"error": str(error).replace(f"{case}/", "")}
    return {key: value for key, value in report.as_dict().items() if key not in ("file", "detected")}


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}/{case.name}")
def test_the_outcome_of_a_case_is_the_expected_one(case: Path, tmp_path: Path) -> None:
    expected = json.loads((case / "expected.json").read_text(encoding="utf-8"))
    expected.pop("detected", None)
    clean, bad = tmp_path / "clean.csv", tmp_path / "bad.csv"
    assert outcome(case, clean, bad) == expected
    if "error" in expected:
        assert case.parent.name == "invalid"
        assert list(tmp_path.iterdir()) == []
        return
    assert (case.parent.name == "valid") == (expected["bad_rows"] == 0)
    if any(CODES[code].subject == "file" for code in expected["problems"]):  # no row was judged
        assert expected["good_rows"] == 0
        headings = {path.read_text("utf-8-sig").count("\n") for path in (clean, bad)}
        assert headings == {int(expected["layout"]["firstrow"] == "Y")}
        return
    layout = in_utf_8(Layout.from_profile(case / "layout.toml"))
    layout = Layout(dateformat=expected["layout"]["dateformat"]).over(layout)  # the rest may not tell it any more
    if expected["good_rows"]:
        again = check(clean, layout)
        assert (again.rows, again.bad_rows, again.titlecount) == (expected["good_rows"], 0, expected["titlecount"])
    if expected["bad_rows"]:
        again = check(bad, layout)
        assert (again.rows, again.bad_rows) == (expected["bad_rows"], expected["bad_rows"])
        assert again.problems == expected["problems"]


def in_utf_8(layout: Layout) -> Layout:
    """The layout of a clean or a bad-rows file, which are always UTF-8."""
    return Layout(encoding="utf-8").over(layout)


def test_there_are_cases_of_every_kind() -> None:
    assert {case.parent.name for case in CASES} == {"valid", "invalid"}


if __name__ == "__main__":
    for case in CASES:
        if not (case / "expected.json").exists() or "--all" in sys.argv:
            text = json.dumps(outcome(case), ensure_ascii=False, indent=2)
            (case / "expected.json").write_text(text + "\n", encoding="utf-8")
            print(case.relative_to(FIXTURES))
