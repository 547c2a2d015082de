"""Line breaks inside cells that are not mapped, and in the heading."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from preflight import Layout, Report, check
from preflight.cli.main import main
from preflight.detect.answers import inspect
from preflight.render.inspection import render_inspection

LAYOUT = Layout(email="Email", date="Date", title="Title", note="Note", dateformat="MM/dd/yyyy")
LABELS = ["Email", "Date", "Title", "Note", "Address", "Remarks"]


def checked(rows: list[list[str]], labels: list[str] = LABELS, layout: Layout = LAYOUT, **options: object) -> Report:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows([labels, *rows])
    return check(io.BytesIO(text.getvalue().encode()), layout, **options)  # type: ignore[arg-type]


def row(note: str = "", address: str = "", remarks: str = "") -> list[str]:
    return ["a@x.com", "01/02/2024", "Lead Scoring", note, address, remarks]


def test_a_line_break_in_an_unmapped_cell_is_warned_of() -> None:
    report = checked(
        [row(), row(address="1 Main St\r\nSpringfield"), row(note="one\ntwo", remarks="x\ny\nz"), row("a\nb")]
    )
    found = [one for one in report.examples if one.code.endswith("newline")]
    says = "the row goes over several lines. How Act-On reads it is not documented."
    note = "The note has a line break inside; how Act-On reads it is not documented."
    assert [(one.row, one.line, one.column, one.code, one.severity, one.message) for one in found] == [
        (2, 3, "", "row-newline", "warning", f"There is a line break inside `Address`: {says}"),
        (3, 5, "Note", "note-newline", "warning", note),
        (3, 5, "", "row-newline", "warning", f"There is a line break inside `Remarks`: {says}"),
        (4, 9, "Note", "note-newline", "warning", note),
    ]
    assert [found[0].value[slice(*span)] for span in found[0].spans] == ["\r\n"]
    assert [found[2].value[slice(*span)] for span in found[2].spans] == ["\n", "\n"]
    assert found[2].value[: found[2].spans[0][0]].endswith('"x')
    assert report.warnings["row-newline"] == 2
    assert report.ok


def test_a_line_break_in_a_mapped_cell_is_reported_by_its_own_rule_only() -> None:
    report = checked([["a@x.com", "01/02/2024", "one\ntwo", "three\nfour", "", ""]])
    assert report.warnings == {"title-newline": 1, "note-newline": 1}


def test_line_breaks_of_a_fixed_note_do_not_count_for_the_row(tmp_path: Path) -> None:
    rows = [row(note="one\ntwo"), row(note="one\ntwo", address="3\n4")]
    report = checked(rows, fix=["newlines-in-notes"], clean=tmp_path / "clean.csv")
    assert [(one.row, one.code) for one in report.examples if "newline" in one.code] == [(2, "row-newline")]


def test_the_last_row_and_bad_rows_count() -> None:
    report = checked([["a@@x.com", "01/02/2024", "T", "", "", "1\n2"]])
    assert [one.code for one in report.examples] == ["email-syntax", "row-newline"]
    assert (report.bad_rows, report.problems) == (1, {"email-syntax": 1})


TEXTS = st.text(st.sampled_from('ab,"\n\r ü'), max_size=6)


@settings(max_examples=50)
@given(st.lists(st.tuples(TEXTS, TEXTS, TEXTS), min_size=1, max_size=8))
def test_exactly_the_rows_with_a_line_break_are_warned_of(cells: list[tuple[str, str, str]]) -> None:
    report = checked([row(*texts) for texts in cells], max_shown=100)
    expected = [i for i, (_, *others) in enumerate(cells, 1) if any(mark in text for text in others for mark in "\r\n")]
    assert [one.row for one in report.examples if one.code == "row-newline"] == expected


@pytest.mark.parametrize("name", ["Phone\nnumber", "Phone\r\nnumber"])
def test_a_line_break_in_the_heading_is_reported(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    labels = [*LABELS[:4], name, "Remarks"]
    says = (
        "The label of column 4 (from 0) has a line break inside: the heading goes over several lines. How Act-On "
        "reads it is not documented."
    )
    report = checked([row()], labels)
    assert report.warnings == {"row-newline": 1}
    (told,) = report.examples
    assert told[:8] == (0, 0, "", "row-newline", "warning", name, says, "")
    assert [told.value[slice(*span)] for span in told.spans] == [name[5:-6]]
    file = tmp_path / "events.csv"
    with file.open("w", newline="", encoding="utf-8") as out:
        csv.writer(out).writerows([labels, row()])
    found = inspect(file, LAYOUT)
    assert found.as_dict()["warnings"] == {"row-newline": says}
    assert f"\n  row-newline: {says}\n" in render_inspection(found, 300)
    assert main(["check", str(file), "--dateformat", "MM/dd/yyyy", "--strict", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["warnings"] == {"row-newline": 1}


def test_a_file_without_line_breaks_has_no_warning() -> None:
    assert not checked([row(), row(note="x")]).warnings.keys() & {"row-newline", "note-newline"}
