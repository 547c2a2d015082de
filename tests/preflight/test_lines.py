"""What is told of lines from their quotes, against the grammar as a loop over characters."""

from __future__ import annotations

from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from preflight.layouts.words import Quote, Separator
from preflight.records import lines
from preflight.records.grammar import Dialect
from preflight.records.lines import Lines, places
from preflight.records.scanner import read_records
from tests import reference

FAULTS = ["", "stray-quote", "unclosed-quote"]

LINES = st.lists(st.text(st.sampled_from("\"',;ab "), max_size=14), min_size=1, max_size=8)
DIALECTS = st.tuples(st.sampled_from([Separator.COMMA, Separator.SEMICOLON]), st.sampled_from(Quote))


@given(st.binary(max_size=100), st.sets(st.sampled_from([0, 10, 34]), min_size=1), st.integers(1, 4))
def test_places_are_the_positions_of_the_bytes(data: bytes, wanted: set[int], cached: int) -> None:
    with patch.object(lines, "CACHED_BYTES", 8 * cached):
        found = places(np.frombuffer(data, np.uint8), sorted(wanted), len(data) + 1)
    assert found.tolist() == [i for i, byte in enumerate(data) if byte in wanted]


@given(LINES, DIALECTS, st.sampled_from(["\n", "\r\n", "\r"]), st.booleans(), st.booleans())
def test_a_line_is_a_record_if_the_grammar_says_so(
    texts: list[str], layout: tuple[Separator, Quote], line_end: str, ended: bool, one_by_one: bool
) -> None:
    data = (line_end.join(texts) + line_end * ended).encode()
    with patch.object(lines, "MANY_LINES", 0 if one_by_one else 100):
        found = Lines(data, Dialect(*layout), True, 100)
    assert found.all
    assert [data[start:stop].decode() for start, stop in zip(found.start, found.stop, strict=True)] == (
        texts if ended or texts[-1] else texts[:-1]
    )
    for start, stop, alone, fault in zip(found.start, found.stop, found.alone, found.fault, strict=True):
        first = reference.read_records(data[start:], *characters(layout))[0]
        if alone:
            assert (first.text, first.fault) == (data[start:stop], FAULTS[fault])
        elif one_by_one:  # it opens a cell that goes on
            assert reference.read_records(data[start:stop], *characters(layout))[0].fault == "unclosed-quote"


def characters(layout: tuple[Separator, Quote]) -> tuple[bytes, bytes]:
    return layout[0].character.encode(), layout[1].character.encode()


@given(LINES, st.integers(1, 5))
def test_a_line_of_many_quotes_is_left_to_the_grammar_or_read_alike(texts: list[str], most: int) -> None:
    data, dialect = "\n".join([*texts, ""]).encode(), Dialect(Separator.COMMA, Quote.DOUBLE_QUOTE)
    every = Lines(data, dialect, True, 100)
    with patch.object(lines, "MOST_QUOTES", most):
        found = Lines(data, dialect, True, 100)
    few = np.array([text.count('"') <= most for text in texts])
    assert found.alone[few].tolist() == every.alone[few].tolist()
    assert found.fault[few].tolist() == every.fault[few].tolist()
    assert not (found.alone & ~every.alone).any()


SURPLUS_QUOTES = [
    'a,pipe 12","b, ""c"""',
    'a"b,c,"d"',
    '"a"b,c,d',
    'a,"b "c" d",e',
    '"a,b",c"d,e',
    'a,"b,c',
    'a"b,"c,d',
]
OVER_LINES = ['1,"2\n3",4,5', '1,"2\n",3,4', '1,"2\n""\n",3,4', '"\n","""\n",3,4', '1,"2\n,",3,4']
"""Rows of another width without a line that is by itself a record of three cells."""


@pytest.mark.parametrize(
    ("row", "faulty"), [*((row, True) for row in SURPLUS_QUOTES), *((row, False) for row in OVER_LINES)]
)
def test_odd_rows_are_not_read_one_by_one(row: str, faulty: bool) -> None:
    dialect, rows = Dialect(Separator.COMMA, Quote.DOUBLE_QUOTE), 1000
    with patch.object(Dialect, "read_record", autospec=True, side_effect=Dialect.read_record) as by_the_grammar:
        (records,) = read_records([b"a,b,c\n" + f"{row}\n".encode() * rows], dialect)
    assert (len(records), np.count_nonzero(records.fault)) == (1 + rows, rows * faulty)
    assert by_the_grammar.call_count <= 2  # of the heading, and of a last row whose quote stays open


@pytest.mark.parametrize("row", ['1,"2\n3",4,5', '1,"2\n",3,4', '1,"2\n""\n",3,4', '"\n","""\n",3,4', '1,"2\n,",3,4'])
def test_rows_over_lines_of_another_width_are_not_read_one_by_one(row: str) -> None:
    """No line of theirs on which a cell closes is a record of three cells by itself."""
    dialect, rows = Dialect(Separator.COMMA, Quote.DOUBLE_QUOTE), 1000
    with patch.object(Dialect, "read_record", autospec=True, side_effect=Dialect.read_record) as by_the_grammar:
        runs = list(read_records([b"a,b,c\n" + f"{row}\n".encode() * rows], dialect))
    assert [(len(records), np.count_nonzero(records.fault)) for records in runs] == [(1 + rows, 0)]
    assert by_the_grammar.call_count <= 2
