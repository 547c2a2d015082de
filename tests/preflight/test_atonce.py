"""The vectorized operations on many records give the same results as those on each record alone."""

from __future__ import annotations

from collections.abc import Iterator
from unittest.mock import patch

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from preflight.layouts.layout import Layout
from preflight.layouts.resolved import ResolvedLayout
from preflight.layouts.words import FirstRow, Quote, Separator
from preflight.model.fixes import FIXES
from preflight.records.cells import CellReader
from preflight.records.grammar import WELL_FORMED, Dialect, text_of
from preflight.records.run import Records
from preflight.records.scanner import read_records
from preflight.records.spreadsheet import guarded
from preflight.records.texts import ManyCells, ManyRecords, quoted, texts_of
from preflight.restoring.anew import CutRecords, written_anew
from preflight.restoring.atonce import Restorer, separators_follow
from preflight.restoring.mended import RecordMender, only_separators_follow

MARKS = ["S", "S", "S", "Q", "Q", "QQ", " ", "\t", "\u00a0", "\u2003", "=", "a", "é", "x y", "\n", 'S "', "QS", 'S"']
CELLS = [
    "",
    " ",
    "a",
    "ab c",
    " a",
    "é",
    "a\t",
    *["Qa,", "bQ", "QQ", "QaSbQ", "=QaQ", "Q\nQ"],
    "Q QQbQQQ",
    "QaS QQbQQQ",
    "QaS Q",
]
CELLS += ["'=a", "+5", "007", "=1", "b Qa"]
CELLS += [" QaSbQ", "\u00a0QaQ", " QQ"]
"""Cells of a record, in which `S` is the separator and `Q` the quote."""

COMMA = Dialect(Separator.COMMA, Quote.DOUBLE_QUOTE)

texts = st.lists(
    st.one_of(
        st.lists(st.sampled_from(CELLS), min_size=1, max_size=6).map("S".join),
        st.lists(st.sampled_from(MARKS), max_size=8).map("".join),
    ),
    min_size=1,
    max_size=12,
)
dialects = st.builds(Dialect, st.sampled_from(Separator), st.sampled_from(Quote))
of_any_dialect = (st.sampled_from(Separator), st.sampled_from(Quote), texts)


def runs(lines: list[str], separator: Separator, quote: Quote) -> Iterator[Records]:
    text = "\n".join(lines).replace("S", separator.character).replace("Q", quote.character or '"')
    return read_records([text.encode()], Dialect(separator, quote))


def of_four(separator: Separator, quote: Quote) -> ResolvedLayout:
    form = {"fieldseparator": separator, "quotecharacter": quote, "firstrow": FirstRow.N}
    return Layout(email=0, date=1, title=2, dateformat="yyyy-MM-dd", **form).resolve(None, 4)


AT_THE_BOUNDS = [
    *(["aSbS"], ["aSbSS"], ["aSb", " xSySS", "SSS"], ["aS bS"], ["aSQ aQS"], ["aSQ QS"], ["aSbSQQ", " "], ["a", "aSb"]),
    *(
        ["aSbSS x"],
        ["aSbSQ"],
        ["aSQbSQS"],
        ["QaQSQb\nQS", "QQS"],
        ["aSbQc", "aSQbQQQSS"],
        ["SS", " SSS"],
        ["aSbS ", "a"],
    ),
    *(
        ["aS\u00a0bS", "aS\u2003S", "aSéSS"],
        ["aSQ,QSS", "aSQ;QSS", "aSQ\nQSS", "aSQ'QSS"],
        ["", "a"],
        ["Q Q", "QaQ", "aQ"],
    ),
]


@pytest.mark.parametrize("lines", AT_THE_BOUNDS, ids=str)
def test_vectorized_results_at_the_bounds_equal_those_record_by_record(lines: list[str]) -> None:
    for separator in Separator:
        for quote in Quote:
            told_alike(separator, quote, lines)
            mended_alike(separator, quote, lines)
            cut_alike(separator, quote, lines, 1)
            written_alike(separator, quote, lines, [(True, False), (True, True), (False, True)])
            misfits_alike(separator, quote, lines)


def test_separators_are_counted_including_the_last_byte() -> None:
    found, dialect = pa.array([b"," * 9]), Dialect(Separator.COMMA, Quote.DOUBLE_QUOTE)
    with patch("preflight.records.lines.CACHED_BYTES", 8):
        assert ManyCells(found, dialect).widths.tolist() == [10]


@pytest.mark.parametrize("quote", Quote)
def test_records_that_end_in_empty_cells_are_judged_together(quote: Quote) -> None:
    dialect = Dialect(Separator.COMMA, quote)
    (records,) = runs(["aSbS", "aSbSS", "aSb", "QaQSbSSS", "S b"], Separator.COMMA, quote)
    found = texts_of(records, np.arange(4))
    with patch("preflight.restoring.atonce.only_separators_follow", side_effect=AssertionError):
        follow = separators_follow(found, ManyCells(found, dialect), 2, ManyRecords(dialect))
    assert follow.tolist() == [True, True, False, True]


@settings(max_examples=80)
@given(*of_any_dialect)
def test_well_formed_records_are_judged_together_as_one_by_one(
    separator: Separator, quote: Quote, lines: list[str]
) -> None:
    told_alike(separator, quote, lines)


def told_alike(separator: Separator, quote: Quote, lines: list[str]) -> None:
    dialect = Dialect(separator, quote)
    many = ManyRecords(dialect)
    for records in runs(lines, separator, quote):
        places = np.flatnonzero(records.fault == WELL_FORMED)
        raws, found = records.raws(places), texts_of(records, places)
        assert found.to_pylist() == raws
        cells = ManyCells(found, dialect)
        assert cells.widths.tolist() == [dialect.width_of(raw) for raw in raws]
        assert not any(seen and dialect.is_blank(raw) for seen, raw in zip(many.seen(found), raws, strict=True))
        follow = separators_follow(found, cells, 2, many).tolist()
        each = zip(raws, cells.widths.tolist(), strict=True)
        assert follow == [width > 2 and only_separators_follow(text_of(raw), 2, dialect) for raw, width in each]


@settings(max_examples=150)
@given(*of_any_dialect)
@example(Separator.TAB, Quote.DOUBLE_QUOTE, ["aSaSS QaQSS"])
@example(Separator.COMMA, Quote.DOUBLE_QUOTE, ["a, QaQSaS QaQQS Q", "aSQa, QQSaQS QbQ"])
def test_records_are_mended_together_as_one_by_one(separator: Separator, quote: Quote, lines: list[str]) -> None:
    mended_alike(separator, quote, lines)


def mended_alike(separator: Separator, quote: Quote, lines: list[str]) -> None:
    layout = of_four(separator, quote)
    reader = CellReader("", True, layout)
    mender = RecordMender(reader, layout, FIXES)
    for records in runs(lines, separator, quote):
        expected = list[tuple[bytes, set[str]]]()
        for raw, fault in zip(records.raws(np.arange(len(records))), records.fault.tolist(), strict=True):
            if fault == WELL_FORMED and reader.dialect.width_of(raw) == 4:
                expected.append((raw, set()))
            elif steps := mender.steps(text_of(raw), fault == WELL_FORMED):
                expected.append((steps[-1][1].encode(), {kind for kind, _ in steps}))
        found, kinds = Restorer(mender, reader.dialect).restored(records)
        took = [{kind for kind, of_each in kinds.items() if of_each[i]} for i in range(len(found))]
        assert list(zip(found.raws(np.arange(len(found))), took, strict=True)) == expected
        assert bytes(found.bytes_of(np.ones(len(found), np.bool_))) == b"".join(raw + b"\n" for raw, _ in expected)


@settings(max_examples=80)
@given(*of_any_dialect, st.sampled_from([1, 2, 1_000]))
def test_records_are_cut_into_cells_together_as_one_by_one(
    separator: Separator, quote: Quote, lines: list[str], most_steps: int
) -> None:
    cut_alike(separator, quote, lines, most_steps)


def cut_alike(separator: Separator, quote: Quote, lines: list[str], most_steps: int) -> None:
    dialect = Dialect(separator, quote)
    for records in runs(lines, separator, quote):
        raws = records.raws(every := np.arange(len(records)))
        with patch("preflight.restoring.anew.MOST_STEPS", most_steps):
            cut = CutRecords(texts_of(records, every), dialect)
        cells = [(i, cell) for i, raw in enumerate(raws) for cell in dialect.split(raw)]
        found = cut.texts(np.arange(len(cut.record))).to_pylist()
        assert [(i, text.decode()) for i, text in zip(cut.record.tolist(), found, strict=True)] == cells
        assert cut.numbers.tolist() == [len(dialect.split(raw)) for raw in raws]


def written(raw: bytes, dialect: Dialect, spoiled: bool, guard: bool) -> tuple[bytes, list[str]]:
    """A record with four cells, and its further cells."""
    cells = dialect.split(raw)
    kept = list(map(guarded, cells[:4])) if spoiled or guard else cells[:4]
    if not spoiled and kept == cells:
        return raw, []
    return dialect.joined(kept + [""] * (4 - len(kept))).encode(), cells[4:]


@settings(max_examples=80)
@given(*of_any_dialect, st.lists(st.tuples(st.booleans(), st.booleans()), min_size=12, max_size=12))
def test_bad_records_are_rewritten_together_as_one_by_one(
    separator: Separator, quote: Quote, lines: list[str], wanted: list[tuple[bool, bool]]
) -> None:
    written_alike(separator, quote, lines, wanted)


def written_alike(separator: Separator, quote: Quote, lines: list[str], wanted: list[tuple[bool, bool]]) -> None:
    dialect = Dialect(separator, quote)
    for records in runs(lines, separator, quote):
        raws = records.raws(every := np.arange(len(records)))
        spoiled, guard = np.resize(np.array(wanted, np.bool_), (len(records), 2)).T
        spoiled = spoiled | [len(dialect.split(raw)) > 4 for raw in raws]
        anew = written_anew(texts_of(records, every), dialect, 4, spoiled, guard)
        expected = [written(*each) for each in zip(raws, [dialect] * len(raws), spoiled, guard, strict=True)]
        assert anew.texts.to_pylist() == [text for text, _ in expected]
        too_many = [bool(surplus if quote is Quote.NONE else any(surplus)) for _, surplus in expected]
        assert anew.too_many.tolist() == too_many
        surplus = [dialect.joined(cells).encode() for (_, cells), told in zip(expected, too_many, strict=True) if told]
        assert anew.surplus.to_pylist() == surplus


@pytest.mark.parametrize(
    ("record", "cell", "place"),
    [
        (b'a,pipe 12",c', 'pipe 12"', 2),
        (b'"a","b"c,d', '"b"c', 4),
        (b'"a,b",c"d,e', 'c"d', 6),
        (b'a,"b,c",d"e,f', 'd"e', 8),
        (b'"a"b,c"', '"a"b', 0),
        (b'\xc3\xa9,"a",b"c', 'b"c', 7),
        (b'\xc3\xa9,b"c,"d', 'b"c', 3),
        (b'"a",,"b" ', '"b" ', 5),
        (b'"', '"', 0),
    ],
)
def test_the_cell_with_a_misplaced_quote_is_found(record: bytes, cell: str, place: int) -> None:
    cut = CutRecords(pa.array([b'x"y', record]), COMMA)
    found = cut.misquoted()
    assert (cut.texts(found)[1].as_py().decode(), cut.bytes_before(found)[1]) == (cell, place)


@pytest.mark.parametrize(("record", "place"), [(b'a,"b', 2), (b'"a",b,"c', 6), (b'\xc3\xa9,b"c,"b', 7), (b'"', 0)])
def test_the_position_of_an_unclosed_quote_is_found(record: bytes, place: int) -> None:
    cut = CutRecords(pa.array([b'"', record]), COMMA)
    assert cut.bytes_before(cut.misquoted(opening=True)).tolist() == [0, place]


@settings(max_examples=60)
@given(*of_any_dialect)
def test_misfits_are_read_alike_however_many_there_are(separator: Separator, quote: Quote, lines: list[str]) -> None:
    misfits_alike(separator, quote, lines)


def misfits_alike(separator: Separator, quote: Quote, lines: list[str]) -> None:
    reader = CellReader("", True, of_four(separator, quote))
    for records in runs(lines, separator, quote):
        few = reader.cut(records, 1)
        with patch("preflight.records.cells.MANY_MISFITS", 1):
            many = reader.cut(records, 1)
        assert_frame_equal(many.frame, few.frame)
        assert many.misfits.tolist() == few.misfits.tolist()


@given(st.sampled_from(Separator), st.sampled_from(Quote), st.lists(st.text("aS Q\n\r;é"), max_size=5))
def test_cells_are_quoted_together_as_one_by_one(separator: Separator, quote: Quote, cells: list[str]) -> None:
    dialect = Dialect(separator, quote)
    given = [cell.replace("S", separator.character).replace("Q", quote.character or '"') for cell in cells]
    columns = [pa.array(given, pa.string()), pa.array(given, pa.string()).dictionary_encode()]
    for some in (columns[:1], columns, columns[1:]):
        whole = [cell * len(some) for cell in given]
        assert quoted(some, dialect).to_pylist() == [dialect.joined([cell]).encode() for cell in whole]


def test_a_separator_before_a_quote_is_not_a_blank() -> None:
    assert Dialect(Separator.TAB, Quote.DOUBLE_QUOTE).without_blanks('a\t\t \u00a0"b"\t') == 'a\t\t"b"\t'
    assert Dialect(Separator.SPACE, Quote.DOUBLE_QUOTE).without_blanks('a  "b" ') == 'a  "b" '
