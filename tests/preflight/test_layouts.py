"""Every folder under `fixtures/layouts` is a file whose layout must be told from it, by being there.

A case is `input.csv`, what was given in `layout.toml` if anything was, and `expected.json`: the parts of the layout
(columns as indices, null where there is none), with the code and the suggestion where what was given contradicts the
file; or `{"error": …}` for what cannot be told. The expectation is what a person says of the file: it is written first.
"""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from preflight import Layout, LayoutError, Quote, Separator
from preflight.detect.layout import detect
from preflight.inputs.source import Source

pytestmark = pytest.mark.usefixtures("as_typed")

CASES = sorted(path.parent for path in (Path(__file__).parents[2] / "fixtures" / "layouts").glob("*/expected.json"))


def outcome(case: Path) -> dict[str, Any]:
    """What is told from a case, paths left out."""
    given = Layout.from_profile(case / "layout.toml") if (case / "layout.toml").exists() else Layout()
    try:
        with Source(case / "input.csv", given.encoding) as source:
            found = detect(source, given)
    except LayoutError as error:
        return {"error": str(error).replace(f"{case}/", "")}
    parts = ("fieldseparator", "quotecharacter", "firstrow", "email", "date", "title", "note")
    told = {part: getattr(found.layout, part) for part in parts}
    if found.layout.encoding:
        told["encoding"] = found.layout.encoding
    if found.contradiction is not None:
        told |= {"contradiction": found.contradiction.code, "suggestion": found.contradiction.suggestion}
    return told


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_detected_layout_of_a_case_is_the_expected_one(case: Path) -> None:
    assert outcome(case) == json.loads((case / "expected.json").read_text(encoding="utf-8"))


def test_there_are_cases_of_every_dialect() -> None:
    names = {case.name for case in CASES}
    for separator, quote in product(Separator, Quote):
        assert f"{separator}-{quote}".lower().replace("_", "-") in names
