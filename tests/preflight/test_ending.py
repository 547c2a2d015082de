"""The end of a table that is too long to be looked at whole: told as it is read, as it is of a short one."""

from __future__ import annotations

import contextlib
import gzip
import io
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from preflight import Layout, check
from preflight.inputs import source
from preflight.layouts.words import Quote, Separator
from preflight.model.report import Report
from preflight.records.grammar import Dialect
from preflight.records.scanner import read_records
from preflight.tables import ending, table
from preflight.tables.sections import Section
from preflight.tables.survey import Record

COMMA = Dialect(Separator.COMMA, Quote.DOUBLE_QUOTE)

HEADING = "Name,Email,Date,Webinar\n"
ROWS = (
    "Ana,ana{n}@acme-corp.com,01/13/2026,Lead\n",
    "Ana,ana{n}@acme-corp.com,01/14/2026,Scoring\n",
    '"Ana, the first",ana{n}@acme-corp.com,01/13/2026,Lead\n',
    "Phone,,01/13/2026,Lead\n",
    "Bo,nobody,--,Lead\n",
    "Bo,bo@,01/13/2026,\n",
    ",,,\n",
    "\n",
    "Short,short{n}@acme-corp.com\n",
    HEADING,
)
ENDS = (
    "",
    "\n",
    "\nTotal,x\n",
    "Total attendees: 12\n",
    "Contact: support@acme-corp.com\n",
    "\nContact: support@acme-corp.com\nSupport,help@acme-corp.com\n",
    "\nNo-shows\n" + HEADING + "Cleo,cleo@acme-corp.com,01/13/2026,Lead\n" * 3,
    "\nPoll Details\nQuestion,Email\nQ,a@acme-corp.com\n\nChat\nWho,Email,Text\nA,a@acme-corp.com,Hi\n",
    "\n\nMembers of the webinar 2026\nCopyright (c) 2026 tool, inc.\n",
    "Last,last@acme",
)


@contextlib.contextmanager
def short_looks() -> Iterator[None]:
    """Let a text of more than 700 bytes be long, and read in small pieces."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(table, "SAMPLE_BYTES", 300)
        patch.setattr(table, "ALL_LOOKED_AT", 700)
        patch.setattr(ending, "LAST_ONES", 8)
        patch.setattr("preflight.detect.layout.SAMPLE_BYTES", 300)
        patch.setattr(source, "BLOCK_BYTES", 200)
        yield


def told(report: Report) -> dict[str, Any]:
    return {**report.as_dict(), "file": "", "detected": {}}


def checked(data: bytes) -> Report:
    written = {"fieldseparator": "COMMA", "quotecharacter": "DOUBLE_QUOTE"}
    layout = Layout(email=1, date=2, title=3, dateformat="MM/dd/yyyy", **written)
    return check(io.BytesIO(data), layout, max_shown=1_000)


CELLS = st.sampled_from(["", "x", "7", "1/2", "01/13/2026", '""', '"x"', '"7"', '"1/2, 3"', '"a ""b"""', '"7""x"'])


@given(st.lists(st.lists(CELLS, min_size=1, max_size=6), min_size=1, max_size=9), st.integers(2, 5))
def test_quotes_do_not_change_which_rows_are_plain(rows: list[list[str]], width: int) -> None:
    def plain(rows: list[list[str]]) -> list[bool]:
        data = "".join(",".join(row) + "\n" for row in rows).encode()
        (run,) = read_records([data], COMMA)
        head = Record(0, 1, 0, 1, [f"Label {n}" for n in range(width)])
        held = ending._RowBuffer(Section(head, True, None, [], 1, width), COMMA)
        return held._are_plain(run, np.arange(len(run))).tolist()

    unquoted = [[cell.strip('"').replace('"', "x").replace(",", "x") for cell in row] for row in rows]
    assert plain(rows) == plain(unquoted)
    for row, is_row in zip(unquoted, plain(rows), strict=True):
        assert not is_row or (len(row) == width and any(cell[:1].isdigit() for cell in row[1:]))


@settings(max_examples=15)
@given(st.lists(st.sampled_from(ROWS), min_size=14, max_size=60), st.sampled_from(ENDS), st.integers(8, 20))
def test_a_long_table_ends_like_a_short_one(rows: list[str], end: str, sure: int) -> None:
    text = HEADING + ROWS[0].format(n="x") * sure + "".join(row.format(n=n) for n, row in enumerate(rows))
    data = (text + ROWS[1].format(n="y") * 2 + end).encode()
    whole = told(checked(data))
    with short_looks():
        assert told(checked(data)) == whole


@pytest.mark.parametrize("end", ENDS, ids=range(len(ENDS)))
def test_a_file_a_gzip_file_and_a_pipe_give_the_same_report(end: str, tmp_path: Path) -> None:
    text = "Report\n\n" + HEADING + "".join(ROWS[0].format(n=n) for n in range(40)) + ROWS[3] + ROWS[1] * 3 + end
    data = text.encode()
    file, packed, pipe = tmp_path / "in.csv", tmp_path / "in.csv.gz", tmp_path / "pipe"
    file.write_bytes(data)
    packed.write_bytes(gzip.compress(data))
    os.mkfifo(pipe)
    threading.Thread(target=pipe.write_bytes, args=(data,), daemon=True).start()
    with short_looks():
        reports = [told(check(one, Layout())) for one in (file, packed, pipe)]
    assert reports[0] == reports[1] == reports[2]
    assert reports[0]["rows"] == 44 + (end in ("\n", ENDS[-1]))


def test_a_table_ends_before_a_section_in_the_middle(tmp_path: Path) -> None:
    people = [ROWS[0].format(n=n) for n in range(40)]
    activities = (
        "\n3. Activities\nName,Email,Joined\n" + "Ana,ana@acme-corp.com,01/13/2026\n" * 60 + "\nEnd of report\n"
    )
    data = (HEADING + "".join(people) + activities).encode()
    with short_looks():
        report = checked(data)
    assert (report.rows, report.bad_rows) == (40, 0)
    assert [one.described() for one in report.skipped_lines] == [
        "line 42: after the table: blank",
        "lines 43 to 104: another table, `3. Activities` (`Name`, `Email`, `Joined`)",
        "lines 105 to 106: after the table: `End of report`",
    ]


def test_a_long_block_of_other_rows_is_part_of_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ending, "MOST_KEPT", 20)
    data = (HEADING + ROWS[0].format(n=1) * 20 + "A,B\n" * 30 + ROWS[0].format(n=2) * 10 + ENDS[2]).encode()
    with short_looks():
        report = checked(data)
    assert (report.rows, report.skipped_lines) == (62, ())
