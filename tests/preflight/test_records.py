"""The fast reader against the grammar as a loop over characters, at every block border."""

from __future__ import annotations

from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

import preflight.records as module
from preflight.errors import InputError
from preflight.layout import Quote, Separator
from preflight.records import STRAY_QUOTE, UNCLOSED_QUOTE, Dialect, read_records
from tests import reference

FAULTS = {0: "", STRAY_QUOTE: "stray-quote", UNCLOSED_QUOTE: "unclosed-quote"}


def blocks_of(data: bytes, size: int) -> list[bytes]:
    return [data[i : i + size] for i in range(0, len(data), size)]


def read(data: bytes, separator: Separator, quote: Quote, size: int) -> list[tuple[bytes, bytes, int, str]]:
    found = []
    for records in read_records(blocks_of(data, size), Dialect(separator, quote)):
        for i in range(len(records)):
            raw = records.block[records.start[i] : records.end[i]]
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
    ]
    text = "".join(draw(st.lists(st.sampled_from(alphabet), max_size=60)))
    return text.encode(), separator, quote


@given(files(), st.integers(1, 70))
def test_fast_path_equals_the_grammar(file: tuple[bytes, Separator, Quote], size: int) -> None:
    data, separator, quote = file
    expected = reference.read_records(data, separator.character.encode(), quote.character.encode())
    assert read(data, separator, quote, size) == [(r.raw, r.text, r.line, r.fault) for r in expected]


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


@given(files(), st.integers(1, 70), st.integers(5, 30))
def test_a_bounded_record_is_the_same_whatever_the_blocks(
    file: tuple[bytes, Separator, Quote], size: int, bound: int
) -> None:
    data, separator, quote = file

    def outcome(block: int) -> object:
        try:
            return read(data, separator, quote, block)
        except InputError as error:
            return str(error)

    with patch.object(module, "MAX_RECORD_BYTES", bound):
        assert outcome(size) == outcome(len(data) + 1)


@given(st.lists(st.lists(st.text(st.sampled_from("ab,\"' é\n"), max_size=5), min_size=2, max_size=4), max_size=8))
def test_what_a_csv_writer_writes_is_read_back(rows: list[list[str]]) -> None:
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


def test_a_line_without_end_is_refused() -> None:
    with patch.object(module, "MAX_RECORD_BYTES", 1 << 20), pytest.raises(InputError) as error:
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


def test_many_line_ends_are_read_in_pieces() -> None:
    with patch.object(module, "MAX_LINES_AT_ONCE", 100):
        runs = list(read_records([b"\n" * 1050], Dialect(Separator.COMMA, Quote.DOUBLE_QUOTE)))
    assert sum(map(len, runs)) == 1050
    assert max(map(len, runs)) <= 100
