"""The fast reader against the grammar as a loop over characters, at every block border."""

from __future__ import annotations

from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import preflight.inputs.decoding  # noqa: F401 - says how bytes are marked that are no text
from preflight.errors import InputError
from preflight.layouts.words import Quote, Separator
from preflight.records import grammar, lines, scanner
from preflight.records.grammar import STRAY_QUOTE, UNCLOSED_QUOTE, WELL_FORMED, Dialect
from preflight.records.scanner import read_records
from preflight.text.whitespace import is_blank
from tests import reference

FAULTS = {0: "", STRAY_QUOTE: "stray-quote", UNCLOSED_QUOTE: "unclosed-quote"}


def blocks_of(data: bytes, size: int) -> list[bytes]:
    return [data[i : i + size] for i in range(0, len(data), size)]


def read(data: bytes, separator: Separator, quote: Quote, size: int) -> list[tuple[bytes, bytes, int, str]]:
    found = []
    for records in read_records(blocks_of(data, size), Dialect(separator, quote)):
        assert (records.line.dtype, records.fault.dtype) == (np.int64, np.int8)
        assert records.end[-1] <= len(records.block)
        for i in range(len(records)):
            raw = records.block[records.start[i] : records.end[i]]
            assert data[records.offset + records.start[i] : records.offset + records.end[i]] == raw
            found.append((raw, records.raw(i), int(records.line[i]), FAULTS[int(records.fault[i])]))
    return found


@st.composite
def files(draw: st.DrawFn) -> tuple[bytes, Separator, Quote]:
    separator, quote = draw(st.sampled_from(Separator)), draw(st.sampled_from(Quote))
    alphabet = [
        separator.character,
        quote.character or '"',
        quote.character or "'",
        "\n",
        "\r",
        "\r\n",
        "a",
        "b",
        " ",
        "é",
        "\0",
    ]
    text = "".join(draw(st.lists(st.sampled_from(alphabet), max_size=60)))
    return text.encode(), separator, quote


@given(files(), st.integers(1, 70))
def test_fast_path_equals_the_grammar(file: tuple[bytes, Separator, Quote], size: int) -> None:
    data, separator, quote = file
    expected = reference.read_records(data, separator.character.encode(), quote.character.encode())
    assert read(data, separator, quote, size) == [(r.raw, r.text, r.line, r.fault) for r in expected]


CELLS = ["a", "", '"b"', '"c,d"', '"e\nf"', '"\n"', '"""g\n""h"', '"i\n\n"', 'j"', '"', '"k', '""']


@given(
    st.sampled_from(["a,b", 'a",b']),
    st.lists(st.lists(st.sampled_from(CELLS), min_size=1, max_size=3).map(",".join), max_size=12),
    st.integers(1, 70),
)
def test_rows_of_any_width_are_read_alike(first: str, rows: list[str], size: int) -> None:
    data = "\n".join([first, *rows]).encode()
    expected = [(r.raw, r.text, r.line, r.fault) for r in reference.read_records(data, b",", b'"')]
    assert read(data, Separator.COMMA, Quote.DOUBLE_QUOTE, size) == expected
    assert read(data, Separator.COMMA, Quote.DOUBLE_QUOTE, len(data)) == expected


@given(files(), st.integers(1, 9), st.integers(1, 20))
def test_a_long_record_is_read_alike(file: tuple[bytes, Separator, Quote], size: int, long: int) -> None:
    data, separator, quote = file
    expected = reference.read_records(data, separator.character.encode(), quote.character.encode())
    with patch.object(scanner, "LONG_BYTES", long):
        assert read(data, separator, quote, size) == [(r.raw, r.text, r.line, r.fault) for r in expected]


@given(files(), st.integers(1, 70), st.integers(1, 5), st.integers(1, 3))
def test_lines_are_read_alike_in_batches_of_any_size(
    file: tuple[bytes, Separator, Quote], size: int, most: int, cached: int
) -> None:
    data, separator, quote = file
    expected = reference.read_records(data, separator.character.encode(), quote.character.encode())
    with (
        patch.object(scanner, "MAX_LINES_AT_ONCE", most),
        patch.object(lines, "QUOTES_A_LINE", 1),
        patch.object(lines, "CACHED_BYTES", 8 * cached),
        patch.object(scanner, "PIECE_BYTES", 40),
    ):
        assert read(data, separator, quote, size) == [(r.raw, r.text, r.line, r.fault) for r in expected]


@given(files(), st.integers(1, 70))
def test_only_a_record_without_fault_is_well_formed_by_itself(file: tuple[bytes, Separator, Quote], size: int) -> None:
    data, separator, quote = file
    dialect = Dialect(separator, quote)
    for records in read_records(blocks_of(data, size), dialect):
        alone = [dialect.is_well_formed(records.raw(i)) for i in range(len(records))]
        assert alone == (records.fault == WELL_FORMED).tolist()


@given(files(), st.integers(1, 70))
def test_cells_equal_the_grammar(file: tuple[bytes, Separator, Quote], size: int) -> None:
    data, separator, quote = file
    dialect = Dialect(separator, quote)
    expected = [r.cells for r in reference.read_records(data, separator.character.encode(), quote.character.encode())]
    found: list[list[str] | None] = []
    for records in read_records(blocks_of(data, size), dialect):
        for i in range(len(records)):
            found.append(dialect.split(records.raw(i)) if records.fault[i] == 0 else None)
    assert found == expected


@given(files(), st.integers(1, 5))
def test_a_record_is_divided_between_two_of_its_cells(file: tuple[bytes, Separator, Quote], width: int) -> None:
    data, separator, quote = file
    dialect = Dialect(separator, quote)
    for records in read_records([data], dialect):
        for i in np.flatnonzero(records.fault == WELL_FORMED).tolist():
            cells, text = dialect.split(records.raw(i)), records.raw(i).decode()
            own, rest = dialect.divided(text, width)
            assert text.startswith(own)
            assert (dialect.split(own.encode()), rest) == (cells[:width], cells[width:])


@given(files())
def test_facts_on_an_uncut_record_agree_with_its_cells(
    file: tuple[bytes, Separator, Quote],
) -> None:
    data, separator, quote = file
    dialect = Dialect(separator, quote)
    for records in read_records([data], dialect):
        raws = records.raws(np.arange(len(records)))
        assert raws == [records.raw(i) for i in range(len(records))]
        for raw, fault in zip(raws, records.fault.tolist(), strict=True):
            cells = dialect.split(raw)
            assert fault != WELL_FORMED or dialect.width_of(raw) == len(cells)
            assert dialect.is_blank(raw) == all(map(is_blank, cells))


@given(files(), st.integers(1, 70), st.integers(5, 30))
def test_a_bounded_record_is_the_same_in_any_blocks(
    file: tuple[bytes, Separator, Quote], size: int, bound: int
) -> None:
    data, separator, quote = file

    def outcome(block: int) -> object:
        try:
            return read(data, separator, quote, block)
        except InputError as error:
            return str(error)

    with patch.object(grammar, "MAX_RECORD_BYTES", bound), patch.object(scanner, "MAX_RECORD_BYTES", bound):
        assert outcome(size) == outcome(len(data) + 1)


@given(
    st.integers(2, 4).flatmap(
        lambda width: st.lists(
            st.lists(st.text(st.sampled_from("ab,\"' é\n"), max_size=5), min_size=width, max_size=width), max_size=8
        )
    )
)
def test_rows_of_a_csv_writer_are_read_back(rows: list[list[str]]) -> None:
    import csv
    import io

    text = io.StringIO()
    csv.writer(text).writerows(rows)
    dialect = Dialect(Separator.COMMA, Quote.DOUBLE_QUOTE)
    found = [
        dialect.split(records.raw(i))
        for records in read_records([text.getvalue().encode()], dialect)
        for i in range(len(records))
    ]
    assert found == rows


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n", b"\nc,d\n"])
@pytest.mark.parametrize("record", [b"x" * 9, b"x" * 10, b"x" * 11, b'"\n23456789', b'"\n2345678"', b'"\n23456789"'])
def test_a_record_at_the_limit_is_the_same_in_any_blocks(record: bytes, end: bytes) -> None:
    data, outcomes = b"a\n" + record + end, set()
    with patch.object(grammar, "MAX_RECORD_BYTES", 10), patch.object(scanner, "MAX_RECORD_BYTES", 10):
        for size in (1, 2, 3, 5, 9, 10, 11, 12, 13, 100):
            try:
                outcomes.add(str(read(data, Separator.COMMA, Quote.DOUBLE_QUOTE, size)))
            except InputError as error:
                outcomes.add(str(error))
    assert len(outcomes) == 1


@pytest.mark.parametrize("record", [b"x" * 30, b'"' + b"x" * 30, b'a"' + b"x" * 30])
def test_a_record_that_is_too_long_is_reported_with_its_first_line(record: bytes) -> None:
    with (
        patch.object(grammar, "MAX_RECORD_BYTES", 10),
        patch.object(scanner, "MAX_RECORD_BYTES", 10),
        pytest.raises(InputError, match=r"^line 3 starts a record of more than 0 MiB; "),
    ):
        read(b"a\n\n" + record + b"\nb\nc\n", Separator.COMMA, Quote.DOUBLE_QUOTE, 100)


@pytest.mark.parametrize("end", [b"", b"\r", b"\n"])
def test_a_last_record_of_very_many_lines_is_whole(end: bytes) -> None:
    data = b'a,b\n1,"x\n\n\n\n\ny"' + end
    with patch.object(scanner, "MAX_LINES_AT_ONCE", 2), patch.object(lines, "QUOTES_A_LINE", 1):
        for size in (1, 100):
            found = read(data, Separator.COMMA, Quote.DOUBLE_QUOTE, size)
            assert [raw for raw, *_ in found] == [data[:4], data[4:]]


def test_a_line_without_end_is_refused() -> None:
    bound = 1 << 20
    with (
        patch.object(grammar, "MAX_RECORD_BYTES", bound),
        patch.object(scanner, "MAX_RECORD_BYTES", bound),
        pytest.raises(InputError) as error,
    ):
        read(b"a,b\n" + b"x" * (2 << 20), Separator.COMMA, Quote.DOUBLE_QUOTE, 100_000)
    assert str(error.value) == "line 2 starts a record of more than 1 MiB; this is no file of touch points"


def test_an_open_quote_spoils_its_own_record_only() -> None:
    data = b'a,"b\nc,d\n' + b"e,f\n" * 3
    assert [fault for *_, fault in read(data, Separator.COMMA, Quote.DOUBLE_QUOTE, 4)] == [
        "unclosed-quote",
        "",
        "",
        "",
        "",
    ]


@pytest.mark.parametrize("quote", Quote)
def test_a_nul_byte_is_an_ordinary_byte(quote: Quote) -> None:
    found = read(b"a\0,b\n\0\n,\0c\0", Separator.COMMA, quote, 100)
    assert [(raw, line) for raw, _, line, _ in found] == [(b"a\0,b\n", 1), (b"\0\n", 2), (b",\0c\0", 3)]


def test_many_line_ends_are_read_in_pieces() -> None:
    with patch.object(scanner, "MAX_LINES_AT_ONCE", 100):
        runs = list(read_records([b"\n" * 1050], Dialect(Separator.COMMA, Quote.DOUBLE_QUOTE)))
    assert sum(map(len, runs)) == 1050
    assert max(map(len, runs)) <= 100


def test_the_rest_of_a_runaway_quote_is_read_in_pieces() -> None:
    with (
        patch.object(grammar, "MAX_RECORD_BYTES", 4000),
        patch.object(scanner, "MAX_RECORD_BYTES", 4000),
        patch.object(scanner, "LONG_BYTES", 500),
        patch.object(scanner, "PIECE_BYTES", 1000),
    ):
        runs = list(read_records([b'a,b\n1,"2\n' + b"3,4\n" * 2000], Dialect(Separator.COMMA, Quote.DOUBLE_QUOTE)))
    assert sum(map(len, runs)) == 2002
    assert max(len(records.block) for records in runs[3:]) <= 1002 + len(b"3,4\n")


def test_a_surplus_quote_does_not_swallow_the_following_records() -> None:
    data = b'a,b,c\n1,"2,3\n4,5,6\n7,", and",9\n10,11,12\n'
    found = read(data, Separator.COMMA, Quote.DOUBLE_QUOTE, 7)
    assert [(text, line, fault) for _, text, line, fault in found] == [
        (b"a,b,c", 1, ""),
        (b'1,"2,3', 2, "unclosed-quote"),
        (b"4,5,6", 3, ""),
        (b'7,", and",9', 4, ""),
        (b"10,11,12", 5, ""),
    ]


@pytest.mark.parametrize("long", [2, 6, 1 << 20])
@pytest.mark.parametrize("size", [1, 3, 100])
def test_the_usual_width_is_that_of_the_heading_even_a_long_one(long: int, size: int) -> None:
    """Taken by their quotes alone, the lines after it would be one record of four cells, and each later one wider."""
    data = b'a,b,c\n1,"2,3\n4,",",5\nx,",q\n1,"2\n3",4,5\n1,"2,3\n4,",",5\n6,7,8\n'
    with patch.object(scanner, "LONG_BYTES", long):
        found = read(data, Separator.COMMA, Quote.DOUBLE_QUOTE, size)
    assert [(text, line, fault) for _, text, line, fault in found] == [
        (b"a,b,c", 1, ""),
        (b'1,"2,3', 2, "unclosed-quote"),
        (b'4,",",5', 3, ""),
        (b'x,",q', 4, "unclosed-quote"),
        (b'1,"2\n3",4,5', 5, ""),
        (b'1,"2,3', 7, "unclosed-quote"),
        (b'4,",",5', 8, ""),
        (b"6,7,8", 9, ""),
    ]


def test_a_spoiled_first_record_gives_no_usual_width() -> None:
    data = b'a,b"\n1,"2,3\n4,",",5\nx,",q\n'
    for size in (1, 100):
        found = read(data, Separator.COMMA, Quote.DOUBLE_QUOTE, size)
        assert [text for _, text, *_ in found] == [b'a,b"', b'1,"2,3\n4,",",5\nx,",q']


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n", b"\r"])
@pytest.mark.parametrize("size", [1, 2, 5, 100])
def test_a_row_of_a_sheet_is_one_line_despite_line_breaks(line_end: bytes, size: int) -> None:
    data = line_end.join([b"a,b", b'"c', b'd",e', b'f"g,h', b"i,j", b""])
    dialect, blocks = Dialect(Separator.COMMA, Quote.DOUBLE_QUOTE), blocks_of(data, size)
    of_sheet = [line for records in read_records(blocks, dialect, 5, of_sheet=True) for line in records.line.tolist()]
    of_file = [line for records in read_records(blocks, dialect, 5) for line in records.line.tolist()]
    assert (of_sheet, of_file) == ([5, 6, 7, 8], [5, 6, 8, 9])


@pytest.mark.parametrize("spoiled", [b'1,"2\n2,3",x"', b'1,"2\n2,3"', b'1,"2\n2,3",3,4'])
def test_a_cell_over_several_lines_stays_whole_in_a_spoiled_record(spoiled: bytes) -> None:
    data = b"a,b,c\n" + spoiled + b"\n4,5,6\n"
    for size in (3, 100):
        found = read(data, Separator.COMMA, Quote.DOUBLE_QUOTE, size)
        assert [text for _, text, *_ in found] == [b"a,b,c", spoiled, b"4,5,6"]


def test_memory_and_time_are_bounded_if_a_quote_stays_open_over_many_lines() -> None:
    import tracemalloc

    blocks = (b"\n" * (1 << 20) for _ in range(40))
    tracemalloc.start()
    found = read_counts([b'a,b\n"', *blocks])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found == ([0, 2], (40 << 20) + 1)
    assert peak < 120 << 20


def read_counts(blocks: list[bytes]) -> tuple[list[int], int]:
    faults: set[int] = set()
    rows = 0
    for records in read_records(blocks, Dialect(Separator.COMMA, Quote.DOUBLE_QUOTE)):
        faults.update(records.fault.tolist())
        rows += len(records)
    return sorted(faults), rows


def test_each_undecodable_byte_is_shown_as_one_character() -> None:
    marked = b"K\x9dln,\x81".decode("cp1252", "preflight.mark").encode("utf-8", "surrogatepass")
    assert Dialect(Separator.COMMA, Quote.NONE).split(marked) == ["K\ufffdln", "\ufffd"]
    assert Dialect(Separator.COMMA, Quote.NONE).split(b"K\x9dln,\x81") == ["K\ufffdln", "\ufffd"]
