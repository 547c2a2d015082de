"""The rows of a checked file one by one: judged as in the file, and written anew without touching any other."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from preflight import Layout, LayoutError, Report, check
from preflight.merging import rows as filerows
from preflight.merging.rows import FileRow, FileRows, named_file
from preflight.model.options import CheckOptions

LAYOUT = Layout(email="Email", date="Date", title="Title", note="Note", dateformat="MM/dd/yyyy", encoding="utf-8")
HEADING = b"Email,Date,Title,Note\r\n"
GOOD = [b"a@x.com,01/02/2024,T,", b'b@x.com,1/2/2024,"T, U","one""s"']
BAD = [
    b"nobody,01/02/2024,T,",
    b"c@x.com,13/02/2024,,",
    b"d@x.com,,\x93x\x94,n",
    b"only@x.com",
    b"f@x.com,01/02/2024,T\xff,",
]
WARNED = [b'g@x.com,01/02/2024,T,"two\r\nlines"', b"h@gmial.com,01/02/2024,T,", b"' i@x.com,01/02/2024,T,"]
OF_FILE = {"duplicate-row", "title-variant", "title-nearly-unique", "title-blank-edges", "date-many-same"}
records = st.lists(st.sampled_from([*GOOD, *BAD, *WARNED]), min_size=1, max_size=7)


def opened(path: Path, text: bytes, layout: Layout = LAYOUT) -> tuple[Report, FileRows]:
    path.write_bytes(text)
    options = CheckOptions(max_shown=1000)
    report = check(path, layout, options)
    return report, FileRows(path, layout, options, report)


@settings(max_examples=40)
@given(records, st.integers(1, 4))
def test_the_bad_rows_are_those_of_the_report_with_their_problems(given: list[bytes], at_once: int) -> None:
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(filerows, "MOST_AT_ONCE", at_once)
        report, rows = opened(Path(folder) / "a.csv", HEADING + b"".join(one + b"\r\n" for one in given))
        bad = list(rows.bad())
    by_itself = [one for one in report.examples if one.row and one.code not in OF_FILE]
    numbers = [one.number for one, _ in bad]
    assert numbers == sorted({one.row for one in by_itself if one.severity == "error"})
    told = [problem for _, verdict in bad for problem in verdict.problems]
    assert told == [one for one in by_itself if one.row in numbers]
    assert all(verdict.bad and not verdict.left_out for _, verdict in bad)
    for one, _ in bad:
        assert one.record == given[one.number - 1]
        assert one.line == 1 + one.number + sum(b"\n" in before for before in given[: one.number - 1])


@settings(max_examples=40)
@given(records, st.lists(st.integers(0, 9), max_size=5))
def test_rows_are_read_by_their_numbers_in_file_order(given: list[bytes], numbers: list[int]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        _, rows = opened(Path(folder) / "a.csv", HEADING + b"\r\n".join(given))
        read = [(one.number, one.record) for one in rows.rows(numbers)]
    assert read == [(number, given[number - 1]) for number in sorted(set(numbers)) if 0 < number <= len(given)]


@settings(max_examples=40)
@given(st.lists(st.sampled_from([*GOOD, *BAD[:3], *WARNED]), min_size=1, max_size=7), st.data())
def test_rows_are_replaced_and_removed_and_no_other_byte_changes(given: list[bytes], data: st.DataObject) -> None:
    chosen = st.dictionaries(st.integers(1, len(given)), st.sampled_from([None, *GOOD]))
    changed, last_end = data.draw(chosen), data.draw(st.sampled_from([b"", b"\r\n"]))
    with tempfile.TemporaryDirectory() as folder:
        _, rows = opened(Path(folder) / "a.csv", HEADING + b"\r\n".join(given) + last_end)
        anew = {number: None if one is None else FileRow(number, 0, one) for number, one in changed.items()}
        count = rows.write(Path(folder) / "b.csv", anew)
        written = (Path(folder) / "b.csv").read_bytes()
    ends = [b"\r\n"] * (len(given) - 1) + [last_end]
    kept = [(changed.get(number, one), end) for number, (one, end) in enumerate(zip(given, ends, strict=True), 1)]
    assert written == HEADING + b"".join(one + end for one, end in kept if one is not None)
    assert count == len(given) - list(changed.values()).count(None)


def test_a_removed_row_is_not_counted(tmp_path: Path) -> None:
    _, rows = opened(tmp_path / "a.csv", HEADING + b"\r\n".join([*GOOD, BAD[0]]))
    assert rows.write(tmp_path / "b.csv", {1: None, 3: FileRow(3, 0, b"n@x.com,01/02/2024,T,")}) == 2
    assert (tmp_path / "b.csv").read_bytes() == HEADING + GOOD[1] + b"\r\nn@x.com,01/02/2024,T,"


def test_a_verdict_says_what_is_left_out_and_what_only_warns(tmp_path: Path) -> None:
    layout = replace(LAYOUT, only=["Note!=n"])
    _, rows = opened(tmp_path / "a.csv", HEADING + b"\r\n".join([b"d@x.com,,x,n", *GOOD, BAD[0], WARNED[1]]), layout)
    verdicts = rows.judged(list(rows.rows([1, 2, 3, 4, 5])))
    assert [(one.left_out, one.bad, [problem.code for problem in one.problems]) for one in verdicts] == [
        (True, False, []),
        (False, False, []),
        (False, False, []),
        (False, True, ["email-syntax"]),
        (False, False, ["email-typo"]),
    ]
    (wrong,), (typo,) = verdicts[3].problems, verdicts[4].problems
    assert (wrong.row, wrong.line, wrong.value) == (4, 5, "nobody")
    assert (typo.row, typo.line, typo.value, typo.suggestion) == (5, 6, "h@gmial.com", "h@gmail.com")
    assert rows.judged([]) == []


def test_cells_are_read_and_written(tmp_path: Path) -> None:
    _, rows = opened(
        tmp_path / "a.csv", HEADING + b"\r\n".join([GOOD[1], BAD[3], b"e@x.com,01/02/2024,T,n,more", BAD[4]])
    )
    first, short, long, bytes_ = rows.rows([1, 2, 3, 4])
    assert rows.cells(first) == (["b@x.com", "1/2/2024", "T, U", 'one"s'], [])
    assert rows.cells(short) == (["only@x.com", "", "", ""], [])
    assert rows.cells(long) == (["e@x.com", "01/02/2024", "T", "n"], ["more"])
    cells, _ = rows.cells(bytes_)
    assert rows.written(bytes_, cells).record == bytes_.record
    written = rows.written(long, ["e@x.com", "01/02/2024", "T, U", 'a "b"'])
    assert written == FileRow(3, 4, b'e@x.com,01/02/2024,"T, U","a ""b"""')
    with pytest.raises(LayoutError) as told:
        rows.written(long, ["e@x.com"])
    assert str(told.value) == "row 3 has 4 cells, not 1"


def test_the_cells_of_a_bad_rows_file_keep_their_place(tmp_path: Path) -> None:
    """What a spreadsheet must not run is read as it was; the problems are gone once a person wrote the row."""
    (tmp_path / "a.csv").write_bytes(HEADING + GOOD[0] + b"\r\nnobody,01/02/2024,=x,\r\n")
    check(tmp_path / "a.csv", LAYOUT, bad_rows=tmp_path / "bad.csv")
    _, rows = opened(tmp_path / "bad.csv", (tmp_path / "bad.csv").read_bytes())
    (row,) = rows.rows([1])
    cells = ["nobody", "01/02/2024", "=x", ""]
    assert rows.cells(row) == (cells, [])
    assert rows.written(row, ["n@x.com", *cells[1:]]).record == b"n@x.com,01/02/2024,=x,,2,3,,"
    spoiled = replace(row, record=row.record.replace(b"nobody", b"\xff"))
    assert rows.cells(spoiled) == (["\udcff", *cells[1:]], [])
    assert rows.written(spoiled, cells).record == b"nobody,01/02/2024,=x,,2,3,,"


def test_a_cell_that_the_dialect_cannot_hold_is_refused(tmp_path: Path) -> None:
    layout = Layout(
        email="Email", date="Date", title="Title", note="Note", dateformat="MM/dd/yyyy", quotecharacter="NONE"
    )
    _, rows = opened(tmp_path / "a.csv", HEADING + GOOD[0] + b"\r\n", layout)
    (row,) = rows.rows([1])
    with pytest.raises(LayoutError) as told:
        rows.written(row, ["a@x.com", "01/02/2024", "T, U", ""])
    assert str(told.value) == (
        "`T, U` cannot be written: it holds the field separator or a line break, and the file is read without a quote "
        "character (NONE)"
    )


def test_the_written_table_has_a_whole_layout(tmp_path: Path) -> None:
    report, rows = opened(
        tmp_path / "a.csv", b"x;y\r\n\r\n" + HEADING + b"\r\n".join(GOOD), Layout(dateformat="MM/dd/yyyy")
    )
    rows.write(tmp_path / "b.csv", {})
    assert (tmp_path / "b.csv").read_bytes() == HEADING + b"\r\n".join(GOOD)
    again = check(tmp_path / "b.csv", rows.mended_layout)
    assert (again.rows, again.layout.columns, again.layout.dateformat) == (
        report.rows,
        report.layout.columns,
        report.layout.dateformat,
    )


def test_a_file_has_another_name_in_messages(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(HEADING + GOOD[0])
    with named_file(tmp_path / "a.csv", "orders.csv") as stream:
        assert check(stream, LAYOUT).file == "orders.csv"
