"""Exports as tools write them, one of a kind: nothing is taken wrongly, and each goes through with a few options."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.exports import outcome, pasted, table

EXPORTS = Path(__file__).parents[2] / "fixtures" / "exports"
CASES = sorted(path.parent for path in EXPORTS.glob("*/expected.json"))
MOST_OPTIONS = 3


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_an_export_is_read_correctly_or_asked_about_and_can_be_sent(case: Path) -> None:
    found = outcome(case)
    assert found.verdict in ("right", "asked"), found.why
    assert found.code == 0
    assert found.options <= MOST_OPTIONS
    given = json.loads((case / "expected.json").read_text(encoding="utf-8"))["goes_through_with"]
    assert (found.verdict == "right") == (given == [])


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_command_proposed_by_a_check_succeeds(case: Path) -> None:
    found = pasted(case)
    assert found.code == 0
    assert len(found.options) <= MOST_OPTIONS, found.options
    expected = json.loads((case / "expected.json").read_text(encoding="utf-8"))
    if found.options:
        assert found.known == expected.get("known", found.known)


def test_the_table_of_exports_has_the_right_counts(tmp_path: Path) -> None:
    for name in ("eventbrite-orders", "typeform"):
        shutil.copytree(EXPORTS / name, tmp_path / name)
    one, two, counts = table(tmp_path).splitlines()
    through = "exit 0 with 0 options"
    assert " ".join(one.split()) == f"eventbrite-orders right {through} pasted: {through}"
    assert two.split()[:4] == ["typeform", "asked", "date,", "title"]
    assert counts == "right 1, asked 1, wrong 0"
