"""The record's own rule, on chunks that are cut from bytes: what it says, of which rows, and what it marks."""

# ruff: noqa: E501 - messages stand here whole
from __future__ import annotations

import numpy as np
import pytest

from preflight.layouts.words import Quote, Separator
from preflight.model.findings import Findings
from preflight.records.cells import Chunk
from preflight.records.grammar import Dialect
from preflight.rules.row import check_structure, check_widths, find_blank, find_headings, find_line_breaks
from tests.preflight.test_cells import cut, layout

COMMA = Dialect(Separator.COMMA, Quote.DOUBLE_QUOTE)
GOOD = "a,b,c,d\n"


def told(found: Findings) -> list[tuple[int, str, str, tuple[tuple[int, int | None], ...]]]:
    return [(one.row, one.fault.code, one.fault.message, one.fault.spans) for one in found]


STRUCTURE = [
    ("\n", "blank-row", "The row is blank.", ()),
    ("a\0\0b\0,b,c,d\n", "nul-byte", "The row holds a NUL byte.", ((1, 3), (4, 5))),
    ("a\udce9\udce9b,b,c,d\n", "encoding-error", "Byte 2 of the row is not text in the stated encoding.", ((1, 3),)),
    ("é\udce9,b,c,d\n", "encoding-error", "Byte 3 of the row is not text in the stated encoding.", ((1, 2),)),
    (
        'a,pipe 12",c,d\n',
        "stray-quote",
        'The quote in `pipe 12"` is neither doubled nor around the whole cell.',
        ((2, 10),),
    ),
    (
        'a, "b",c,d\n',
        "stray-quote",
        'The quote in ` "b"` is neither doubled nor around the whole cell. It opens no cell behind a blank; `fix=["blanks"]` takes that off.',
        ((2, 6),),
    ),
    (
        "a, 'b\"',c,d\n",
        "stray-quote",
        'The quote in ` \'b"\'` is neither doubled nor around the whole cell. It opens no cell behind a blank; `fix=["blanks"]` takes that off.',
        ((2, 7),),
    ),
    (
        'a,="1",c,d\n',
        "stray-quote",
        'The quote in `="1"` is neither doubled nor around the whole cell. It opens no cell behind a `=`; `fix=["formula"]` takes that off.',
        ((2, 6),),
    ),
    ('a,X "b",c,d\n', "stray-quote", 'The quote in `X "b"` is neither doubled nor around the whole cell.', ((2, 7),)),
    ('a,=1",c,d\n', "stray-quote", 'The quote in `=1"` is neither doubled nor around the whole cell.', ((2, 5),)),
    ('a, b",c,d\n', "stray-quote", 'The quote in ` b"` is neither doubled nor around the whole cell.', ((2, 5),)),
    ('a,b,"c,d\n', "unclosed-quote", "The quote that opens a cell on line 12 is never closed.", ((4, None),)),
]


@pytest.mark.parametrize(("record", "code", "message", "spans"), STRUCTURE)
def test_a_record_that_cannot_be_cut_is_explained(
    record: str, code: str, message: str, spans: tuple[tuple[int, int | None], ...]
) -> None:
    chunk = cut(GOOD.encode() + record.encode("utf-8", "surrogateescape") + b"e,f,g,h\n", tolerant=True)
    assert told(check_structure(chunk, COMMA)) == [(102, code, message, spans)]


def test_the_line_of_an_unclosed_quote_is_named_after_cells_over_several_lines() -> None:
    chunk = cut(b'a,b,c,d\n"e\nf",g,"h,i\nj,k,l,m\n')
    assert [one[2] for one in told(check_structure(chunk, COMMA))] == [
        "The quote that opens a cell on line 13 is never closed."
    ]


def test_the_mark_of_undecodable_bytes_is_bounded() -> None:
    chunk = cut(b"a" + b"\xe9" * 300 + b",b,c,d\n", tolerant=True)
    ((_, _, _, ((start, stop),)),) = told(check_structure(chunk, COMMA))
    assert (start, stop) == (1, 201)


def test_problems_are_in_the_order_of_records() -> None:
    chunk = cut(b'a"b,c,d,e\n\na,b,c,d\nk,l\0,m,n\nx"y,c,d,e\na,"b,c,d\n')
    assert [(row, code) for row, code, *_ in told(check_structure(chunk, COMMA))] == [
        (101, "stray-quote"), (102, "blank-row"), (104, "nul-byte"), (105, "stray-quote"), (106, "unclosed-quote"),
    ]  # fmt: skip


WIDTHS = [
    ("a", "missing-cell", "The row has 1 cell, 3 fewer than the 4 it must have."),
    ("a,b", "missing-cell", "The row has 2 cells, 2 fewer than the 4 it must have."),
    (
        "a,b,c",
        "missing-cell",
        'The row has 3 cells, 1 fewer than the 4 it must have. None of those is needed: `fix=["short-rows"]` adds blank ones.',
    ),
    ("a,b,c,d,e", "extra-cell", "The row has 5 cells, 1 more than the 4 it must have."),
    ("a,b,c,d,e,f", "extra-cell", "The row has 6 cells, 2 more than the 4 it must have."),
    (
        "a,b,c,d,",
        "extra-cell",
        'The row has 5 cells, 1 more than the 4 it must have. Nothing stands in those: `fix=["trailing-separators"]` takes their separators off.',
    ),
    (
        "a,b,c,d,, ",
        "extra-cell",
        'The row has 6 cells, 2 more than the 4 it must have. Nothing stands in those: `fix=["trailing-separators"]` takes their separators off.',
    ),
    ("a,b,c,d,,x", "extra-cell", "The row has 6 cells, 2 more than the 4 it must have."),
    (",,", "blank-row", "The row is blank."),
    (",, ,,,", "blank-row", "The row is blank."),
]


@pytest.mark.parametrize(("record", "code", "message"), WIDTHS)
def test_a_record_of_the_wrong_width_is_explained(record: str, code: str, message: str) -> None:
    chunk = cut(f"{GOOD}{record}\ne,f,g,h\n".encode())
    assert [one[:3] for one in told(check_widths(chunk, layout(), COMMA))] == [(102, code, message)]


def test_rows_that_are_blank_in_every_cell() -> None:
    chunk = cut(b'a,b,c,d\n, ,"",\xc2\xa0\n,,,x\n,,,\n')
    assert [one[:2] for one in told(find_blank(chunk, np.array([102, 103, 104]), COMMA))] == [
        (102, "blank-row"),
        (104, "blank-row"),
    ]
    assert told(find_blank(chunk, np.array([], np.int64), COMMA)) == []


HEADINGS = [
    ({"email": "Email", "date": "Date", "title": "Title"}, [102, 104]),
    ({"email": "Email", "date": "Date"}, [102, 104, 105]),
    ({"email": "Email", "date": "", "title": "Title"}, [102, 104]),
    ({"email": "Email"}, []),
    ({}, []),
]


@pytest.mark.parametrize(("labels", "rows"), HEADINGS)
def test_rows_that_repeat_the_heading(labels: dict[str, str], rows: list[int]) -> None:
    chunk = cut(b"a,b,c,d\nEmail,Date,Title,x\ne,f,g,h\n EMAIL ,date,TITLE,\nEmail,Date,Else,x\n")
    found = told(find_headings(chunk, np.array([102, 103, 104, 105]), labels))
    says = "Line {} is the heading again, as where exports were joined: it is no touch point; delete that line."
    assert found == [(row, "email-syntax", says.format(row - 90), ()) for row in rows]


def broken(data: str, **others: object) -> list[tuple[int, str, str, tuple[tuple[int, int | None], ...]]]:
    known = layout(**others)
    chunk: Chunk = cut(data.encode(), **others)
    return told(find_line_breaks(chunk, known, COMMA))


SAYS = "There is a line break inside {}: the row goes over several lines. How Act-On reads it is not documented."


@pytest.mark.parametrize("sheet", ["", "Sheet1"])
def test_line_breaks_in_unmapped_cells(sheet: str) -> None:
    data = 'a,b,c,d\n"e\r\n","f\n","g\r",h\ni,j,k,"l\r\nm\n"\n"n\n",o,p,"q\n"\nr,s,t,"u\n"\n'
    assert broken(data, sheet=sheet) == [
        (103, "row-newline", SAYS.format("`x`"), ((8, 10), (11, 12))),
        (104, "row-newline", SAYS.format("`x`"), ((11, 12),)),
        (105, "row-newline", SAYS.format("`x`"), ((8, 9),)),
    ]
    assert broken("a,b,c,d\n", sheet=sheet) == broken('a,b,c,d\n"e\n",f,g,h\n', sheet=sheet) == []
    assert broken('a,X,XX,"\n"', sheet=sheet) == [(101, "row-newline", SAYS.format("`x`"), ((8, 9),))]


def test_at_most_five_columns_with_a_line_break_are_named_and_marked() -> None:
    labels = ("e", "d", "t", *(f"c{i}" for i in range(6)), "")
    cells = ",".join(['"\n"'] * 7)
    ((_, _, says, spans),) = broken(f"a,b,c,{cells}\n", labels=labels)
    assert says == SAYS.format("`c0`, `c1`, `c2`, `c3`, `c4` and 2 more")
    assert spans == tuple((7 + 4 * i, 8 + 4 * i) for i in range(7))
    ((_, _, says, _),) = broken('a,b,c,"\n",' + ",".join(['"\n"'] * 4) + ",,\n", labels=labels)
    assert says == SAYS.format("`c0`, `c1`, `c2`, `c3`, `c4`")
    ((_, _, says, _),) = broken('a,b,c,"\n"\n', labels=("e", "d", "t", "x" * 41))
    assert says == SAYS.format(f"`{'x' * 39}…`")
    ((_, _, says, _),) = broken('a,b,c,,,,,,,"\n"\n', labels=labels)
    assert says == SAYS.format("`9`")
