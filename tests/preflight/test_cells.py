"""From records to chunks: which of them have cells, what these are, and which records are not wanted."""

from __future__ import annotations

import pickle
from dataclasses import replace
from unittest.mock import patch

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from preflight import InputError
from preflight.dates.format import DateFormat
from preflight.layouts.condition import Condition
from preflight.layouts.resolved import ResolvedLayout
from preflight.layouts.words import FirstRow, Quote, Separator
from preflight.model.added import Added
from preflight.records.cells import MANY_MISFITS, CellReader, Chunk, arrow_of
from preflight.records.encoding import find_undecodable
from preflight.records.grammar import STRAY_QUOTE, UNCLOSED_QUOTE, Dialect, RecordRead
from preflight.records.run import Records, joined
from preflight.records.scanner import read_records


def layout(**others: object) -> ResolvedLayout:
    fields: dict[str, object] = {"labels": ("e", "d", "t", "x"), "only": (), "added": (), **others}
    columns, dateformat = {"email": 0, "date": 1, "title": 2}, DateFormat("MM/dd/yyyy")
    return ResolvedLayout(Separator.COMMA, Quote.DOUBLE_QUOTE, FirstRow.N, columns, dateformat, **fields)  # type: ignore[arg-type]


def records_of(data: bytes, first_line: int = 1) -> Records:
    (records,) = read_records([data], Dialect(Separator.COMMA, Quote.DOUBLE_QUOTE), first_line)
    return records


def cut(data: bytes, *, tolerant: bool = False, left_out: list[bool] | None = None, **others: object) -> Chunk:
    unwanted = None if left_out is None else np.array(left_out)
    return CellReader("in.csv", tolerant, layout(**others)).cut(records_of(data, 11), 101, unwanted)


ROWS = b'a,b,c,d\n1,2,3\n"e ""f""",g,"h\ni",j\n\nk,l\0,m,n\no,p"p,q,r\ns,t,u,v,w\n'


def test_a_chunk_has_the_cells_of_the_well_formed_records() -> None:
    chunk = cut(ROWS)
    assert chunk.frame.to_dict("list") == {"email": ["a", 'e "f"'], "date": ["b", "g"], "title": ["c", "h\ni"]}
    assert (chunk.rows.tolist(), chunk.lines.tolist()) == ([101, 103], [11, 13])
    assert (chunk.misfits.tolist(), chunk.lines_of(chunk.misfits).tolist()) == ([102, 107], [12, 18])
    assert (np.flatnonzero(chunk.spoiled.nul).tolist(), np.flatnonzero(chunk.spoiled.all).tolist()) == ([4], [3, 4])
    assert not chunk.spoiled.undecodable.any()
    assert not chunk.spoiled.guessed.any()
    assert not chunk.left_out.any()
    assert chunk.records.fault.tolist() == [0, 0, 0, 0, 0, STRAY_QUOTE, 0]


def test_records_that_arrow_reads_differently_are_cut_by_the_grammar() -> None:
    by_arrow = cut(ROWS)
    with patch.object(CellReader, "_parsed", side_effect=pa.ArrowInvalid("CSV parse error")):
        by_grammar = cut(ROWS)
    with patch.object(CellReader, "_parsed", return_value=pa.table({"f0": ["a"]})):
        by_number = cut(ROWS)

    def disagrees(_: CellReader, __: bytes, misfits: list[int]) -> None:
        misfits += range(MANY_MISFITS)
        raise pa.ArrowInvalid

    with patch.object(CellReader, "_parsed", autospec=True, side_effect=disagrees):
        by_many = cut(ROWS)
    for chunk in (by_grammar, by_number, by_many):
        assert chunk.frame.equals(by_arrow.frame)
        assert chunk.misfits.tolist() == by_arrow.misfits.tolist()


def test_records_that_arrow_reads_are_not_cut_one_by_one() -> None:
    with patch.object(CellReader, "_split", side_effect=AssertionError):
        chunk = cut(b'a,b,c,d\n1,2,3\n"e\nf",g,h,i\n' + b"1,2,3,4,5\n" * 50)
    assert (chunk.rows.tolist(), chunk.misfits.tolist()) == ([101, 103], [102, *range(104, 154)])


def test_text_that_begins_like_a_byte_order_mark_keeps_its_first_character() -> None:
    chunk = cut("\ufeffa,b,c,d\ne,f,g,h\n".encode())
    assert chunk.frame["email"].tolist() == ["\ufeffa", "e"]


def test_cells_are_strings_and_unmapped_columns_are_not_read() -> None:
    frame = cut(b"1,2024-01-25,NULL,x\n02,true,,y\n").frame
    assert frame.to_dict("list") == {"email": ["1", "02"], "date": ["2024-01-25", "true"], "title": ["NULL", ""]}
    assert {str(kind) for kind in frame.dtypes} == {"string[pyarrow]"}
    reader = CellReader("in.csv", False, layout())
    assert reader._parsed(b"1,2024-01-25,NULL,x\n", []).column_names == ["f0", "f1", "f2"]


def test_a_chunk_without_well_formed_records_has_no_cells() -> None:
    chunk = cut(b'a,b"b,c,d\n\n')
    assert (len(chunk.frame), chunk.misfits.tolist(), list(chunk.frame)) == (0, [], ["email", "date", "title"])
    assert chunk.misfits.dtype == np.int64


def test_text_that_is_not_utf_8_is_refused_unless_its_encoding_is_given() -> None:
    data = b"a,b,c,d\ne,f,g,h\xe9\n"
    with pytest.raises(InputError, match=r"^`in\.csv` is not UTF-8 text: line 12, byte 8 is 0xe9; "):
        cut(data)
    chunk = cut(data, tolerant=True)
    assert chunk.frame["email"].tolist() == ["a"]
    assert chunk.spoiled.undecodable.tolist() == chunk.spoiled.all.tolist() == [False, True]


NUL_AT = [(b"a,b,c,d\n" * 3)[:place] + b"\0" + (b"a,b,c,d\n" * 3)[place + 1 :] for place in range(24)]


@pytest.mark.parametrize("data", NUL_AT)
def test_a_nul_byte_spoils_its_own_record(data: bytes) -> None:
    records = records_of(data)
    for some in (records, records.between(1, 2)):
        chunk = CellReader("in.csv", False, layout()).cut(some, 1)
        assert chunk.spoiled.nul.tolist() == [b"\0" in raw for raw in some.raws(np.arange(len(some)))]
        assert chunk.spoiled.all.tolist() == chunk.spoiled.nul.tolist()


def test_only_records_within_the_span_count_as_undecodable() -> None:
    records = records_of(b"\xff\n\xc3\xa9\nb\xc3\n\xa9c\n\xfe")
    assert find_undecodable(records).tolist() == [True, False, True, True, True]
    assert find_undecodable(records.between(1, 2)).tolist() == [False]
    assert find_undecodable(records.between(1, 1)).tolist() == []


def test_an_undecodable_row_of_a_bad_rows_file_is_unchanged() -> None:
    reader = CellReader("in.csv", True, layout(added=("preflight_row", "preflight_line")))
    chunk = reader.cut(records_of(b"a,b,c,d,7,8\r\ne,f,g,\xff,9,10\n'=x,f,g,h,11,12,\n'=y,f,g,h,13,14,x"), 1)
    raws = [b"a,b,c,d", b"e,f,g,\xff,9,10", b"=x,f,g,h", b"'=y,f,g,h,13,14,x"]
    assert chunk.records.raws(np.arange(4)) == raws
    assert [(one.row, one.line) for one in chunk.records.added] == [("7", "8"), ("", ""), ("11", "12"), ("", "")]
    assert bytes(chunk.records.block) == b"%s\r\n%s\n%s\n%s" % tuple(raws)
    assert chunk.spoiled.undecodable.tolist() == [False, True, False, False]
    assert (chunk.frame["email"].tolist(), chunk.misfits.tolist()) == (["a", "=x"], [4])
    spoiled = reader.cut(records_of(b'a,b"c,d,e,7,8\na,b,c,d,9,10\na,"b,c,d,11,12'), 1).records
    assert spoiled.raws(np.arange(3)) == [b'a,b"c,d,e,7,8', b"a,b,c,d", b'a,"b,c,d,11,12']
    assert [one.row for one in spoiled.added] == ["", "9", ""]


def test_texts_for_every_row_are_columns() -> None:
    chunk = cut(ROWS, texts={"title": "Webinar"})
    assert chunk.frame.to_dict("list") == {"email": ["a", 'e "f"'], "date": ["b", "g"], "title": ["Webinar"] * 2}
    assert list(chunk.frame.columns) == ["email", "date", "title"]


WANTED = [
    (Condition("x", "d", False), [1, 2, 3, 4, 5, 6], [101], [], []),
    (Condition("x", "", False), [0, 2, 4, 5, 6], [], [102], [3]),  # a cell that is not there is blank
    (Condition("x", "v", False), [0, 1, 2, 3, 4, 5], [], [107], []),
    (Condition("x", "d", True), [0], [103], [102, 107], [3, 4]),
]


@pytest.mark.parametrize(("condition", "left_out", "rows", "misfits", "spoiled"), WANTED)
def test_records_that_fail_a_condition_are_left_out(
    condition: Condition, left_out: list[int], rows: list[int], misfits: list[int], spoiled: list[int]
) -> None:
    """One that cannot be cut into cells stays: nobody knows what it holds."""
    chunk = cut(ROWS, only=((3, condition),))
    found = np.flatnonzero(chunk.left_out).tolist()
    assert found == [place for place in left_out if place not in (4, 5)]
    assert (chunk.rows.tolist(), chunk.misfits.tolist()) == (rows, misfits)
    assert np.flatnonzero(chunk.spoiled.all).tolist() == [place for place in (3, 4) if place not in found]
    assert np.flatnonzero(chunk.spoiled.nul).tolist() == [4]


def test_records_left_out_before_stay_left_out_and_their_mask_is_not_modified() -> None:
    before = [True, False, False, False, True, False, False]
    reader, given = CellReader("in.csv", False, layout(only=((3, Condition("x", "v", False)),))), np.array(before)
    chunk = reader.cut(records_of(ROWS), 1, given)
    assert given.tolist() == before
    assert np.flatnonzero(chunk.left_out).tolist() == [0, 1, 2, 3, 4]
    assert not chunk.spoiled.all.any()
    assert not chunk.spoiled.nul.any()


def test_both_of_two_conditions_must_hold() -> None:
    first, second = Condition("e", "a", False), Condition("x", "d", True)
    assert cut(ROWS, only=((0, first), (3, second))).rows.tolist() == []
    assert cut(ROWS, only=((0, first),)).rows.tolist() == [101]
    assert cut(b'a,b"b,c,d\n', only=((0, first),)).left_out.tolist() == [False]
    blank = Condition("x", "", False)  # which holds for `1,2,3` and the empty record
    for only in (((0, first), (3, blank)), ((3, blank), (0, first))):
        assert np.flatnonzero(cut(ROWS, only=only).left_out).tolist() == [0, 1, 2, 3, 6]
    before = [False, True, False, True, False, False, False]
    assert np.flatnonzero(cut(ROWS, left_out=before, only=((3, blank),)).left_out).tolist() == [0, 1, 2, 3, 6]


def test_a_record_with_guessed_cells_has_no_cells() -> None:
    reader = CellReader("in.csv", False, layout(added=("preflight_row", "preflight_problems")))
    chunk = reader.cut(records_of(b"a,b,c,d,7,unclosed-quote\ne,f,g,h,8,\n"), 1)
    assert [one.row for one in chunk.records.added] == ["7", "8"]
    assert chunk.spoiled.guessed.tolist() == chunk.spoiled.all.tolist() == [one.guessed for one in chunk.records.added]
    assert chunk.frame["email"].tolist() == ["e"]


def test_a_column_is_one_arrow_array_without_a_copy_if_possible() -> None:
    frame = cut(b"a,b,c,d\n").frame
    several = pa.chunked_array([["a"], ["b"]])
    assert arrow_of(frame["email"]).to_pylist() == ["a"]
    assert isinstance(arrow_of(frame["email"]), pa.Array)
    assert arrow_of(frame["email"]).buffers()[2].address == arrow_of(frame["email"]).buffers()[2].address
    joined_up = arrow_of(pd.Series(several, dtype=pd.ArrowDtype(pa.string())))
    assert (type(joined_up), joined_up.to_pylist()) == (pa.StringArray, ["a", "b"])
    assert arrow_of(pd.Series(["a", None], dtype="str")).to_pylist() == ["a", None]


def told(records: Records) -> list[tuple[bytes, bytes, int, int]]:
    ends = zip(records.start.tolist(), records.end.tolist(), strict=True)
    whole = [bytes(records.block[start:end]) for start, end in ends]
    return list(
        zip(whole, map(records.raw, range(len(records))), records.line.tolist(), records.fault.tolist(), strict=True)
    )


def test_records_are_pickled_with_their_own_bytes_only() -> None:
    records = records_of(ROWS, 7)
    for some in (records, *(records.between(1, last) for last in (1, 2, 4)), records.at(np.array([2, 5]))):
        again = pickle.loads(pickle.dumps(some))
        assert told(again) == told(some)
        assert len(again.block) == (sum(some.end - some.start) if len(some) else 0)
        assert again.start.dtype == again.line.dtype == np.int64
    with_added = Records(
        *(getattr(records, name) for name in ("block", "start", "stop", "end", "line", "fault")), [Added("7")]
    )
    assert pickle.loads(pickle.dumps(with_added)).added == [Added("7")]


def test_line_numbers_beyond_four_bytes_are_pickled() -> None:
    (records,) = read_records([b"a\nb\n"], Dialect(Separator.COMMA, Quote.DOUBLE_QUOTE), 1 << 33)
    assert pickle.loads(pickle.dumps(records)).line.tolist() == [1 << 33, (1 << 33) + 1]


def test_a_selection_of_records() -> None:
    records = records_of(ROWS, 7)
    every = told(records)
    assert told(records.between(1, 4)) == every[1:4]
    assert replace(records, offset=7).between(1, 4).offset == 7
    assert told(records.at(np.array([0, 2, 6]))) == [every[0], every[2], every[6]]
    assert records.raws(np.array([6, 0])) == [every[6][1], every[0][1]]
    wanted = np.array([True, True, False, True, False, False, True])
    assert bytes(records.bytes_of(wanted)) == b"".join(
        one[0] for one, there in zip(every, wanted, strict=True) if there
    )
    assert records.runs_of(wanted) == [(0, 14), (34, 35), (54, 64)]
    assert bytes(records.bytes_of(np.zeros(7, np.bool_))) == b""
    assert isinstance(records.bytes_of(np.ones(7, np.bool_)), memoryview)
    assert told(joined([records.between(0, 2), records_of(b"y,z\n", 40)])) == [
        *every[:2], (b"y,z\n", b"y,z", 40, 0)
    ]  # fmt: skip


COMMA, BARE = Dialect(Separator.COMMA, Quote.DOUBLE_QUOTE), Dialect(Separator.SEMICOLON, Quote.NONE)
READ = [  # a text, from where, the usual width; where the record stops, its fault, whether that is certain
    (b"a,b\nc", 0, None, RecordRead(3, 0, True)),
    (b"a,b\nc", 4, None, RecordRead(5, 0, False)),
    (b'a,"b"\r\nc', 0, None, RecordRead(5, 0, True)),
    (b'a"b,c\nd', 0, None, RecordRead(5, STRAY_QUOTE, True)),
    (b'a,"b"c,d\ne', 0, None, RecordRead(8, STRAY_QUOTE, True)),
    (b'a,"b"c,d', 0, None, RecordRead(8, STRAY_QUOTE, False)),
    (b'a,"b\nc', 0, None, RecordRead(4, UNCLOSED_QUOTE, False)),
    (b'a,"b\nc"d\n', 0, None, RecordRead(4, UNCLOSED_QUOTE, True)),
    (b'a,"b\nc",d\n', 0, None, RecordRead(9, 0, True)),
    (b'a,"b\nc",d\n', 0, 3, RecordRead(9, 0, True)),
    (b'a,"b\nc",d,e\n', 0, 3, RecordRead(11, 0, True)),  # the line on which it closes is none by itself
    (b'a,b,c\n1,"2,3\n4,",",5\nx,",q\n', 6, None, RecordRead(26, 0, True)),
    (b'a,b,c\n1,"2,3\n4,",",5\nx,",q\n', 6, 3, RecordRead(12, UNCLOSED_QUOTE, True)),
    (b'a,b,c\n1,"2,3\n4,",",5\nx,",q', 6, 3, RecordRead(12, UNCLOSED_QUOTE, False)),
    (b'1,"2\n4,",",5', 0, 3, RecordRead(4, UNCLOSED_QUOTE, False)),
]  # fmt: skip


@pytest.mark.parametrize(("block", "start", "width", "read"), READ)
def test_one_record_is_cut_by_the_grammar(block: bytes, start: int, width: int | None, read: RecordRead) -> None:
    assert COMMA.read_record(block, start, width) == read


def test_cells_are_joined_as_they_are_split() -> None:
    cells = ["a", "", 'b"c', "d,e", "f\ng", "h\ri", "j;k"]
    joined_cells = ["a", "", '"b""c"', '"d,e"', '"f\ng"', '"h\ri"', "j;k"]
    assert COMMA.joined(cells) == ",".join(joined_cells)
    assert [COMMA.joined([cell]) for cell in cells] == joined_cells
    assert COMMA.split(COMMA.joined(cells).encode()) == cells
    assert BARE.joined(["a,b", 'c"']) == 'a,b;c"'
    assert (BARE.split(b'a;"b;c"'), BARE.width_of(b'a;"b;c"')) == (["a", '"b', 'c"'], 3)
    assert [COMMA.width_of(record) for record in (b"", b"a,b", b'"a,b",c', b'"a"",b",c')] == [1, 2, 2, 2]
    assert list(COMMA.cell_spans('a,"b,c",')) == [(0, 1), (2, 7), (8, 8)]
    assert [COMMA.is_well_formed(record) for record in (b"a,b", b'a,"b\nc"', b"a\nb", b'a"b', b"")] == [
        True, True, False, False, True,
    ]  # fmt: skip
    assert [COMMA.is_blank(record) for record in (b"", b" ,\t", b'"",\xc2\xa0', b"x", b",\xc3\xa9")] == [
        True, True, True, False, False,
    ]  # fmt: skip
    assert COMMA.without_blanks('a, "b",  "c" ,d "e"') == 'a,"b","c" ,d "e"'
    assert COMMA.without_blanks('a,X"b",X "c"') == 'a,X"b",X "c"'
    assert BARE.without_blanks('a; "b"') == 'a; "b"'
    assert COMMA.divided('a,"b,c",d,"e"', 2) == ('a,"b,c"', ["d", "e"])
    assert (COMMA.divided("a,b", 2), COMMA.divided("a,b", 3)) == (("a,b", []), ("a,b", []))
