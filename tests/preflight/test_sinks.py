"""What the outputs hold: bad rows that can be mended and checked again, formulas defused, files whole or not there."""

from __future__ import annotations

import csv
import json
import os
import stat
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from preflight import Layout, OutputError, check
from preflight.model.arrays import Mask, Positions
from preflight.outputs.file import OutputFile
from preflight.records.grammar import Dialect
from preflight.records.run import Records
from preflight.records.spreadsheet import defused, unguarded

LAYOUT = Layout(email="Email", date="Date", title="Title", dateformat="MM/dd/yyyy")
HEADING = "Email,Date,Title,Extra\n"


def bad_rows(tmp_path: Path, text: str, layout: Layout = LAYOUT) -> bytes:
    source, bad = tmp_path / "in.csv", tmp_path / "bad.csv"
    source.write_bytes(text.encode())
    check(source, layout, bad_rows=bad)
    return bad.read_bytes()


def test_bad_rows_keep_the_columns_of_the_source_and_have_their_problems(tmp_path: Path) -> None:
    text = HEADING + 'nobody,01/25/2024,"T, ""x""",é\na@x.com,01/25/2024,T\na@x.com,01/25/2024,T,e,f\n'
    assert bad_rows(tmp_path, text).decode("utf-8-sig") == (
        "Email,Date,Title,Extra,preflight_row,preflight_line,preflight_problems,preflight_suggestion\n"
        'nobody,01/25/2024,"T, ""x""",é,1,2,email-syntax: An email address must have an @-sign.,\n'
        'a@x.com,01/25/2024,T,,2,3,"missing-cell: The row has 3 cells, 1 fewer than the 4 it must have. '
        'None of those is needed: `fix=[""short-rows""]` adds blank ones. '
        'The cells are a guess: put them right, then clear this one.",\n'
        'a@x.com,01/25/2024,T,e,3,4,"extra-cell: The row has 5 cells, 1 more than the 4 it must have. '
        'What was too many: f. The cells are a guess: put them right, then clear this one.",\n'
    )


def test_line_ends_are_those_of_the_source(tmp_path: Path) -> None:
    lines = bad_rows(tmp_path, (HEADING + "nobody,01/25/2024,T,\n").replace("\n", "\r\n")).split(b"\r\n")
    assert len(lines) == 3
    assert lines[-1] == b""


def test_bytes_that_are_no_text_are_marked(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_bytes(HEADING.encode() + b"a@x.com,01/25/2024,K\xf6ln,\n")
    check(tmp_path / "in.csv", replace(LAYOUT, encoding="utf-8"), bad_rows=tmp_path / "bad.csv")
    assert (
        (tmp_path / "bad.csv")
        .read_text(encoding="utf-8-sig")
        .splitlines()[1]
        .startswith("a@x.com,01/25/2024,K\ufffdln,")
    )


@pytest.mark.parametrize(
    ("lines", "written"),
    [
        ("a@x.com,01/25/2024,\nno\nb@x.com,01/26/2024,\n", 'a@x.com,01/25/2024,,"T, U"\nb@x.com,01/26/2024,,"T, U"\n'),
        ("a@x.com,01/25/2024,\r\nb@x.com,01/26/2024,", 'a@x.com,01/25/2024,,"T, U"\r\nb@x.com,01/26/2024,,"T, U"'),
        ('a@x.com,01/25/2024,"1\n2"\nb@x.com,01/26/2024,\n',
         'a@x.com,01/25/2024,"1\n2","T, U"\nb@x.com,01/26/2024,,"T, U"\n'),
    ],
)  # fmt: skip
def test_one_title_for_all_rows_is_written_behind_each(lines: str, written: str, tmp_path: Path) -> None:
    source, clean = tmp_path / "in.csv", tmp_path / "clean.csv"
    source.write_bytes(f"Email,Date,Extra\n{lines}".encode())
    check(source, Layout("Email", "Date", None, None, "MM/dd/yyyy", title_text="T, U"), clean=clean)
    assert clean.read_bytes().decode() == f"Email,Date,Extra,Event Title\n{written}"


def test_without_a_heading_none_is_written(tmp_path: Path) -> None:
    layout = Layout(email=0, date=1, title=2, dateformat="MM/dd/yyyy", firstrow="N")
    written = bad_rows(tmp_path, "nobody,01/25/2024,T\na@x.com,01/25/2024,T\n", layout).decode("utf-8-sig")
    assert written == "nobody,01/25/2024,T,1,1,email-syntax: An email address must have an @-sign.,\r\n"


def test_without_quotes_only_the_codes_fit(tmp_path: Path) -> None:
    layout = Layout("Email", "Date", "Title", None, "MM/dd/yyyy", "SPACE", "NONE")
    written = bad_rows(tmp_path, "Email Date Title\nnobody x T\n", layout).decode("utf-8-sig")
    assert written == (
        "Email Date Title preflight_row preflight_line preflight_problems preflight_suggestion\n"
        "nobody x T 1 2 email-syntax|date-format \n"
    )


def test_several_problems_of_a_row_share_its_cells(tmp_path: Path) -> None:
    row = bad_rows(tmp_path, HEADING + "nobody,01/25/2024,,\n").decode("utf-8-sig").splitlines()[1]
    assert row.endswith(
        ",1,2,email-syntax: An email address must have an @-sign. | title-missing: The title is blank.,"
    )


def test_formulas_are_defused_in_both_files_but_not_in_the_clean_one(tmp_path: Path) -> None:
    good = "a@x.com,01/25/2024,=1+1,\n"
    bad = '=A1,01/25/2024,"=HYPERLINK(""u"")",-5\n'
    source, clean, rows, problems = (tmp_path / name for name in ("in.csv", "clean.csv", "bad.csv", "problems.csv"))
    source.write_text(HEADING + good + bad, encoding="utf-8")
    check(source, LAYOUT, clean=clean, bad_rows=rows, reports=[problems])
    assert clean.read_text(encoding="utf-8") == HEADING + good
    with rows.open(encoding="utf-8-sig", newline="") as file:
        assert next(csv.DictReader(file))["Title"] == '\'=HYPERLINK("u")'
    assert rows.read_text(encoding="utf-8-sig").splitlines()[1].startswith("'=A1,01/25/2024,")
    with problems.open(encoding="utf-8", newline="") as file:
        assert next(csv.DictReader(file))["value"] == "'=A1"


CELL = st.text(st.sampled_from("=+-@'\",;a1 \té\n"), max_size=6)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(
    st.lists(st.tuples(CELL, CELL, CELL), min_size=1, max_size=6),
    st.sampled_from(['"', "'"]),
    st.sampled_from([",", ";", "\t", " "]),
)
def test_no_cell_of_a_bad_rows_file_is_a_formula_and_all_stay_bad(
    tmp_path: Path, rows: list[tuple[str, str, str]], quote: str, separator: str
) -> None:
    words = {'"': "DOUBLE_QUOTE", "'": "SINGLE_QUOTE", ",": "COMMA", ";": "SEMICOLON", "\t": "TAB", " ": "SPACE"}
    layout = Layout(0, 1, 2, None, "MM/dd/yyyy", words[separator], words[quote])
    source, bad = tmp_path / "in.csv", tmp_path / "bad.csv"
    with source.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=separator, quotechar=quote).writerows([("Email", "Date", "Title"), *rows])
    report = check(source, layout, bad_rows=bad)
    assert report.bad_rows == len(rows)
    with bad.open(encoding="utf-8-sig", newline="") as file:
        heading, *written = csv.reader(file, delimiter=separator, quotechar=quote)
    assert len(written) == len(rows)
    for (row, line), before in zip(enumerate(written, 1), rows, strict=True):
        assert tuple(map(unguarded, line[:3])) == before
        assert line[3] == str(row)
        assert all(defused(cell) == cell for cell in line)
    assert heading[3:] == ["preflight_row", "preflight_line", "preflight_problems", "preflight_suggestion"]
    assert check(bad, layout).bad_rows == len(rows)


LINE = st.text(st.sampled_from("\",;ab@.1 ='é\u200b"), max_size=14)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(st.lists(LINE, min_size=1, max_size=8), st.sampled_from(["DOUBLE_QUOTE", "SINGLE_QUOTE", "NONE"]))
def test_the_shortcut_for_plain_cells_changes_no_bad_row(tmp_path: Path, lines: list[str], quote: str) -> None:
    def changes(records: Records, chosen: Positions, dialect: Dialect) -> Mask:
        return np.ones(len(chosen), np.bool_)

    layout, text = Layout(0, 1, 2, None, "MM/dd/yyyy", "COMMA", quote), "\n".join(["Email,Date,Title", *lines, "x,y,z"])
    written = bad_rows(tmp_path, text, layout)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("preflight.outputs.bad_rows.may_change", changes)
        patched.setattr("preflight.outputs.bad_rows.RECORDS_AT_ONCE", 2)
        assert bad_rows(tmp_path, text, layout) == written


def test_the_json_report_is_json_and_holds_every_problem(tmp_path: Path) -> None:
    source, report = tmp_path / "in.csv", tmp_path / "report.json"
    source.write_text(HEADING + "nobody,x,,\n" * 30, encoding="utf-8")
    told = check(source, LAYOUT, reports=[report], max_shown=1)
    written = json.loads(report.read_text(encoding="utf-8"))
    assert len(written["examples"]) == 90
    assert written["truncated"] is False
    assert {key: value for key, value in told.as_dict().items() if key not in ("examples", "truncated")} == {
        key: value for key, value in written.items() if key not in ("examples", "truncated")
    }


def test_an_output_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    out = OutputFile(path)
    out.write(b"half")
    assert not path.exists()
    out.__exit__(KeyError, KeyError(), None)
    assert list(tmp_path.iterdir()) == []
    with OutputFile(path) as out:
        out.write(b"whole")
        assert not path.exists()
    assert path.read_bytes() == b"whole"
    assert [entry.name for entry in tmp_path.iterdir()] == ["out.csv"]


def test_an_output_has_the_permissions_of_a_new_file(tmp_path: Path) -> None:
    mask = os.umask(0o027)
    try:
        with OutputFile(tmp_path / "out.csv") as out:
            out.write(b"x")
    finally:
        os.umask(mask)
    assert stat.S_IMODE((tmp_path / "out.csv").stat().st_mode) == 0o640


def test_a_symbolic_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "real.csv").write_bytes(b"old")
    (tmp_path / "link.csv").symlink_to("real.csv")
    with OutputFile(tmp_path / "link.csv") as out:
        out.write(b"new")
    assert (tmp_path / "link.csv").is_symlink()
    assert (tmp_path / "real.csv").read_bytes() == b"new"


def test_a_folder_is_refused_as_an_output(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"Is a directory$"):
        OutputFile(tmp_path)


def test_bad_rows_come_with_their_suggestions(tmp_path: Path) -> None:
    file, bad = tmp_path / "events.csv", tmp_path / "bad.csv"
    file.write_text("Email,Date,Title\n ana@acme.com,01/25/24,Webinar\n", encoding="utf-8")
    check(file, Layout(dateformat="MM/dd/yyyy"), bad_rows=bad)
    told = bad.read_text(encoding="utf-8-sig").splitlines()[1]
    assert "email-invisible: " in told
    assert " Suggestion: ana@acme.com | date-year: " in told
    assert told.endswith(' Suggestion: 01/25/2024",Email: ana@acme.com | Date: 01/25/2024')
