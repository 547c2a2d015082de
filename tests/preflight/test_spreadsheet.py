"""Cells that a spreadsheet would run or change are guarded, and restored exactly."""

from __future__ import annotations

from random import Random

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from preflight.layouts.words import Quote, Separator
from preflight.records.grammar import Dialect
from preflight.records.scanner import read_records
from preflight.records.spreadsheet import defused, guarded, guarded_each, may_change, unguarded


@pytest.mark.parametrize("cell", ["=1+1", "+SUM(A1)", "-2+3", "@x", "\tx", "\rx", "＝1", "+49 170 123"])
def test_formulas_are_defused(cell: str) -> None:
    assert defused(cell) == "'" + cell


@pytest.mark.parametrize("cell", ["", "x", "-5", "+5", "-5.25", "-5,25", "a=b", "'=1", " =1"])
def test_other_cells_are_left_alone(cell: str) -> None:
    assert defused(cell) == cell


@pytest.mark.parametrize(
    "cell", ["=1+1", "@x", "007", "+491701234567", "1.50", "1,0", "1234567890123456", "-0.10", "12E3", "1e-5"]
)
def test_cells_that_a_spreadsheet_would_change_are_guarded(cell: str) -> None:
    assert guarded(cell) == "'" + cell
    assert guarded("'" + cell) == "''" + cell


@pytest.mark.parametrize(
    "cell", ["", "x", "-5", "0", "0.5", "1,25", "123456789012345", "01/25/2024", "2024-01-05", "'x", "'X=1"]
)
def test_cells_that_a_spreadsheet_keeps_are_not_guarded(cell: str) -> None:
    assert guarded(cell) == cell


NUMBERS = st.lists(st.sampled_from([*"'=+-@019.,eEa \t＝", "12345678", "1.50"]), max_size=6).map("".join)


@given(st.lists(NUMBERS | st.text(max_size=5), max_size=12))
def test_cells_are_guarded_together_as_one_by_one(cells: list[str]) -> None:
    found, changed = guarded_each(pa.array([cell.encode() for cell in cells], pa.binary()))
    assert [cell.decode() for cell in found.to_pylist()] == list(map(guarded, cells))
    assert changed.tolist() == [guarded(cell) != cell for cell in cells]


@given(st.text(st.sampled_from("'=+-@019.,xXE\t"), max_size=20))
@example("'X=1")
def test_every_cell_is_restored(cell: str) -> None:
    assert unguarded(guarded(cell)) == cell
    assert defused(guarded(cell)) == guarded(cell)


@given(
    st.lists(
        st.lists(st.text(st.sampled_from("'=+-@0019.,xe/;\n\"＝"), max_size=7), min_size=2, max_size=2), min_size=1
    ),
    st.sampled_from(Separator),
    st.sampled_from([Quote.DOUBLE_QUOTE, Quote.SINGLE_QUOTE]),
    st.randoms(),
)
def test_no_record_that_guarding_changes_is_skipped(
    rows: list[list[str]], separator: Separator, quote: Quote, pick: Random
) -> None:
    dialect = Dialect(separator, quote)
    text = "".join(dialect.joined(row) + "\n" for row in rows)
    for records in read_records([text.encode()], dialect):
        chosen = np.array([i for i in range(len(records)) if pick.random() < 0.7], np.int64)
        changed = may_change(records, chosen, dialect).tolist()
        for i, may in zip(chosen.tolist(), changed, strict=True):
            assert may or all(guarded(cell) == cell for cell in dialect.split(records.raw(i)))


def test_plain_records_are_not_rewritten() -> None:
    dialect = Dialect(Separator.COMMA, Quote.DOUBLE_QUOTE)
    (records,) = read_records([b'Ana,a@x.com,01/25/2023,"Webinar, ""B""",2024-01-25\r\nx,y,z\n007,5,\n'], dialect)
    assert may_change(records, np.arange(3), dialect).tolist() == [False, False, True]


def may_change_of(text: bytes, quote: Quote = Quote.DOUBLE_QUOTE) -> list[bool]:
    dialect = Dialect(Separator.COMMA, quote)
    (records,) = read_records([text], dialect)
    return may_change(records, np.arange(len(records)), dialect).tolist()


@pytest.mark.parametrize(
    ("last", "may"),
    [("1", True), ("1/", False), ("1-", False), ("1x", False), ("1e5", True), ("12345x", True), ("1234x", False)],
)
def test_a_cell_at_the_end_is_judged_by_its_last_character(last: str, may: bool) -> None:
    """A number goes on for some characters without one that stands in none."""
    assert may_change_of(f"a,x\nb,{last}".encode()) == [False, may]
    assert may_change_of(f"a,x\nb,{last}\nc,x\n".encode()) == [False, may, False]


def test_a_quote_that_opens_the_last_cell_is_examined() -> None:
    dialect = Dialect(Separator.COMMA, Quote.DOUBLE_QUOTE)
    assert may_change_of(b"x,y\na,'", Quote.SINGLE_QUOTE) == [False, True]
    (records,) = read_records([b'x,y\n=,"'], dialect)
    assert may_change(records, np.arange(2), dialect).tolist() == [False, True]
    assert may_change(records, np.arange(1), dialect).tolist() == [False]
