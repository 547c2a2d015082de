"""Cells that a spreadsheet would run or rewrite are kept from it, and come back as they were."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from preflight.spreadsheet import defused, guarded, unguarded


@pytest.mark.parametrize("cell", ["=1+1", "+SUM(A1)", "-2+3", "@x", "\tx", "\rx", "＝1", "+49 170 123"])
def test_formulas_are_defused(cell: str) -> None:
    assert defused(cell) == "'" + cell


@pytest.mark.parametrize("cell", ["", "x", "-5", "+5", "-5.25", "-5,25", "a=b", "'=1", " =1"])
def test_other_cells_are_left_alone(cell: str) -> None:
    assert defused(cell) == cell


@pytest.mark.parametrize(
    "cell", ["=1+1", "@x", "007", "+491701234567", "1.50", "1,0", "1234567890123456", "-0.10", "12E3", "1e-5"]
)
def test_what_a_spreadsheet_would_change_is_guarded(cell: str) -> None:
    assert guarded(cell) == "'" + cell
    assert guarded("'" + cell) == "''" + cell


@pytest.mark.parametrize(
    "cell", ["", "x", "-5", "0", "0.5", "1,25", "123456789012345", "01/25/2024", "2024-01-05", "'x"]
)
def test_what_a_spreadsheet_leaves_alone_is_not(cell: str) -> None:
    assert guarded(cell) == cell


@given(st.text(st.sampled_from("'=+-@019.,xE\t"), max_size=20))
def test_every_cell_comes_back(cell: str) -> None:
    assert unguarded(guarded(cell)) == cell
    assert defused(guarded(cell)) == guarded(cell)
