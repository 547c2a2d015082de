"""The title cell: a touch point needs one."""

from __future__ import annotations

from typing import Any

from preflight.blanks import is_blank
from preflight.findings import Column, Findings, findings_of_values
from preflight.problems import Fault

MISSING = Fault("title-missing", "The title is blank.")


def check(cells: Column) -> Findings:
    """Find the blank titles: nothing, or only blanks and invisible characters, no-break spaces among them."""
    return findings_of_values(cells, _faults)


def _faults(titles: Any) -> list[Fault | None]:
    return [MISSING if is_blank(title) else None for title in titles.to_pylist()]
