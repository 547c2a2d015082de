"""Exports as tools write them, one of a kind: nothing is taken wrongly, and each goes through with a few options."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.exports import outcome, table

EXPORTS = Path(__file__).parents[2] / "fixtures" / "exports"
CASES = sorted(path.parent for path in EXPORTS.glob("*/expected.json"))
MOST_OPTIONS = 3


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_an_export_is_right_or_asked_about_and_goes_through(case: Path) -> None:
    found = outcome(case)
    assert found.verdict in ("right", "asked"), found.why
    assert found.code == 0
    assert found.options <= MOST_OPTIONS
    given = json.loads((case / "expected.json").read_text(encoding="utf-8"))["goes_through_with"]
    assert (found.verdict == "right") == (given == [])


def test_the_table_of_exports_counts_them() -> None:
    assert table(EXPORTS).splitlines()[-1] == f"right 1, asked {len(CASES) - 1}, wrong 0"
