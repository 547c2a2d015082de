"""The HTML report as a file: of bounded size, with samples of every code, escaped, and with its cuts stated."""

from __future__ import annotations

import base64
import csv
import hashlib
import html
import io
import pickle
import re
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from preflight import CODES, Layout, check
from preflight.cli.main import main
from preflight.inputs.decoding import is_binary
from preflight.model.reported import MOST_SAMPLES
from preflight.outputs.html import MOST_BAD_ROWS
from preflight.render.groups import groups_of, row_of
from preflight.render.plainwords import sentence
from tests import workbooks

LAYOUT = Layout(email="Email", date="Date", title="Title", note="Note", dateformat="MM/dd/yyyy")
HEADING = "Email,Date,Title,Note\n"
LARGEST = 3_000_000


def page_of(folder: Path, text: str, layout: Layout = LAYOUT) -> str:
    source, page = folder / "in.csv", folder / "report.html"
    source.write_text(text, encoding="utf-8", newline="")
    check(source, layout, reports=[page])
    assert page.stat().st_size < LARGEST
    return page.read_text(encoding="utf-8")


def listed(page: str) -> dict[str, list[int]]:
    """The spreadsheet row numbers in each group, by code."""
    groups = re.findall(r'<section class="group \w+" aria-labelledby="kind-([a-z-]+)">(.*?)</section>', page, re.DOTALL)
    rows = {
        code: re.findall(r'<th scope="row" data-label="Row">([\d,]+|whole file)</th>', text) for code, text in groups
    }
    return {code: [int(row.replace(",", "").replace("whole file", "0")) for row in some] for code, some in rows.items()}


def test_problems_are_grouped_by_kind_and_rare_kinds_are_shown_beside_common_ones(tmp_path: Path) -> None:
    rows = "nobody,01/25/2024,T,\n" * 5_000 + "a@x.com,02/30/2024,T,\n" * 3 + "a@x.com,01/25/2024,,\n"
    page = page_of(tmp_path, HEADING + rows)
    groups = listed(page)
    assert list(groups) == ["email-syntax", "date-impossible", "title-missing"]  # the most frequent first
    assert groups["email-syntax"] == list(range(2, 2 + MOST_SAMPLES))
    assert groups["date-impossible"] == [5_002, 5_003, 5_004]
    assert "5,000 times, in Email" in page
    assert "4,950 more of this kind are not on this page." in page
    assert "This page shows some problems of each kind; 4,950 of 5,004 are left out." in page
    assert f"Download the first {MOST_BAD_ROWS:,} bad rows (CSV)" in page
    assert "3,004 of the bad rows are not in this page" in page


def test_a_small_file_is_shown_whole(tmp_path: Path) -> None:
    page = page_of(tmp_path, HEADING + "nobody,02/30/2024,,\n" * 30)
    assert listed(page) == {code: list(range(2, 32)) for code in ("email-syntax", "date-impossible", "title-missing")}
    assert "not on this page" not in page
    assert "not in this page" not in page
    assert "Download the 30 bad rows (CSV)" in page
    assert 'download="in-bad.csv"' in page


def test_errors_come_before_warnings(tmp_path: Path) -> None:
    rows = 'a@x.com,01/25/2024,T,"two\nlines"\n' * 3 + "nobody,01/25/2024,T,\n"
    page = page_of(tmp_path, HEADING + rows)
    assert list(listed(page)) == ["email-syntax", "note-newline", "duplicate-row"]
    assert page.index("To correct") < page.index('id="kind-email-syntax"') < page.index("To check")


def test_a_row_has_the_number_that_a_spreadsheet_shows(tmp_path: Path) -> None:
    """Lines above the table count as rows of a spreadsheet; line breaks inside cells and a `sep=` line do not."""
    above = 'sep=,\nAttendee Report\n"Made for\nsomebody"\n\n'
    rows = 'a@x.com,01/25/2024,T,"two\nlines"\n' + "nobody,01/25/2024,T,\n" + "b@x.com,01/25/2024,T,\n" * 5
    page = page_of(tmp_path, above + HEADING + rows)
    assert listed(page)["email-syntax"] == [6]
    assert '<td class="its" data-label="preflight_row">2</td>' in page
    assert "with the table's first row in row 5." in page


def test_a_row_is_shown_whole_with_its_bad_cell_marked(tmp_path: Path) -> None:
    heading = "First,Last,Email,Company,Phone,Date,Title,Note,Country\n"
    page = page_of(tmp_path, heading + "Ann,Lee,Ann <a@x.com>,Acme,555,01/25/2024,T,,Peru\n", LAYOUT)
    cells = re.findall(r'<td class="cell( fault)?" data-label="(\w+)">(.*?)</td>', page, re.DOTALL)
    assert [(label, bool(fault)) for fault, label, _ in cells] == [
        ("First", False),
        ("Last", False),
        ("Email", True),
        ("Date", False),
        ("Title", False),
        ("Note", False),
    ]
    assert cells[2][2] == (
        "<div><mark>Ann &lt;</mark>a@x.com<mark>&gt;</mark>"
        '<span class="suggestion"><b>Suggestion</b> a@x.com</span></div>'
    )
    more = re.search(r"3 more cells of row 2</summary>(.*?)</details>", page, re.DOTALL)
    assert more is not None
    assert re.findall(r"<dt>(\w+)</dt><dd class=\"cell\">(\w+)</dd>", more[1]) == [
        ("Company", "Acme"),
        ("Phone", "555"),
        ("Country", "Peru"),
    ]


@pytest.mark.parametrize(
    "cell",
    ["\u202e\u200b" * 500, "<" * 1_000, "&'\"" * 300, "\n" * 900],
    ids=lambda cell: ascii(cell[:2]),
)
def test_the_size_of_the_page_is_bounded(tmp_path: Path, cell: str) -> None:
    heading = ",".join(["Email", "Date", "Title", "Note", *(f"<column {i}>" for i in range(300))])
    quoted = '"x{}"'.format(cell.replace('"', '""'))
    row = ",".join([quoted, quoted, " ", quoted, *[quoted] * 10, *["x"] * 290])
    titled = [",".join(["a@x.com", "01/25/2024", quoted.replace("x", str(i), 1), "n", *["x"] * 300]) for i in range(40)]
    page = page_of(tmp_path, "\n".join([heading, *[row] * 60, *titled, ""]))
    assert set(listed(page)) >= {"email-syntax", "date-format", "title-missing"}
    assert "are not on this page" in page
    assert "not in this page" in page


def test_samples_are_bounded_plain_data(tmp_path: Path) -> None:
    source = tmp_path / "in.csv"
    source.write_text(HEADING + f"nobody,02/30/2024,,{'x' * 100_000}\n" * 300, encoding="utf-8")
    report = check(source, LAYOUT)
    assert len(report.samples) == 4 * MOST_SAMPLES
    assert max(len(cell) for sample in report.samples for cell in sample.cells) == 200
    bare = replace(report, details=None)
    copied = pickle.loads(pickle.dumps(bare))
    assert (copied, copied.samples) == (bare, report.samples)


def test_rows_of_a_frame_are_shown_by_index() -> None:
    frame = pd.DataFrame({"Email": ["a@x.com", "nobody"], "Date": ["01/25/2024"] * 2, "Title": ["T", "U"]})
    report = check(frame, Layout(dateformat="MM/dd/yyyy"))
    (group,) = groups_of(report)
    assert [row_of(group, sample, report).shown_row for sample in group.samples] == [2]
    page = html.unescape(report._repr_html_())
    assert "preflight_row" not in page.split("</style>")[1].split("<script>")[0]
    assert (
        "check(df, Layout(email=&#39;Email&#39;, date=&#39;Date&#39;, title=&#39;Title&#39;, "
        "dateformat=&#39;MM/dd/yyyy&#39;), clean=&#39;DataFrame-clean.csv&#39;, bad_rows=&#39;DataFrame-bad.csv&#39;)"
    ) in page


def test_the_policy_allows_the_page_s_own_style_and_script_only(tmp_path: Path) -> None:
    page = page_of(tmp_path, HEADING + "nobody,01/25/2024,T,\n")
    policy = html.unescape(re.search(r'Content-Security-Policy" content="([^"]+)"', page)[1])  # type: ignore[index]
    hashes = {
        kind: base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        for kind, text in re.findall(r"<(style|script)>(.*?)</\1>", page, re.DOTALL)
    }
    assert policy == (
        f"default-src 'none'; style-src 'sha256-{hashes['style']}'; script-src 'sha256-{hashes['script']}'; "
        "base-uri 'none'; form-action 'none'"
    )
    assert not re.search(r"(?:src|href)=\"(?!#|data:text/csv)|url\(|@import|fetch\(|style=", page)


def test_the_same_file_gives_the_same_page(tmp_path: Path) -> None:
    text = HEADING + "nobody,02/30/2024,,\n" * 30
    assert page_of(tmp_path, text) == page_of(tmp_path, text)


def test_a_problem_of_the_whole_file_has_no_row(tmp_path: Path) -> None:
    page = page_of(tmp_path, HEADING + "a@x.com,01/25/2024,T,\nb@x.com,25/01/2024,T,\n")
    assert listed(page) == {"date-format": [3], "date-swapped": []}
    assert "1 row fits only <code>dd/MM/yyyy</code> (the first: <code>25/01/2024</code>)" in page


def test_a_layout_that_contradicts_the_file_is_reported_instead_of_bad_rows(tmp_path: Path) -> None:
    rows = "".join(f"a{i}@x.com,01/{i + 10}/2024,Webinar,\n" for i in range(20))
    page = page_of(tmp_path, HEADING + rows, replace(LAYOUT, fieldseparator="SEMICOLON"))
    assert listed(page) == {}
    assert "The layout that was given contradicts the file, so no row was judged." in page
    assert '<span class="code error">layout-mismatch</span>' in page
    assert "Download" not in page


def steps_of(page: Path) -> list[tuple[str, str]]:
    text = page.read_text(encoding="utf-8")
    found = re.findall(r"<li><p>(.*?)</p><span class=\"copied\"><code[^>]*>(.*?)</code>", text, re.DOTALL)
    return [(re.sub("<[^>]*>", "", html.unescape(says)), html.unescape(command)) for says, command in found]


def test_the_next_steps_are_those_of_the_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("in.csv").write_text(HEADING + "a@x.com,01/25/2024,T,\nB <b@x.com>,01/25/2024,T,\n", encoding="utf-8")
    told = ["--dateformat", "MM/dd/yyyy", "--report", "r.html"]
    assert main(["check", "in.csv", *told]) == 1
    again = "preflight check in.csv --dateformat MM/dd/yyyy"
    fixed = f"{again} --fix=display-name --accept email-display-name --clean in-clean.csv --bad-rows in-bad.csv"
    assert steps_of(Path("r.html")) == [
        (
            "Write the good rows and the 1 bad row to files of their own, to mend the bad ones in a spreadsheet:",
            f"{again} --clean in-clean.csv --bad-rows in-bad.csv",
        ),
        ("Or apply the suggestions below, once you have looked at them, and collect the rest:", fixed),
    ]
    assert capsys.readouterr().out.endswith(f" Next: {fixed.removesuffix(' --bad-rows in-bad.csv')}\n")
    assert main(["check", "in.csv", *told, "--clean", "c.csv", "--bad-rows", "b.csv"]) == 1
    says, command = steps_of(Path("r.html"))[0]
    assert says == "Mend the 1 bad row in b.csv, save it as CSV, and add them to c.csv:"
    assert command.startswith("preflight check b.csv ")
    assert command.endswith(" --merge-into c.csv")
    assert main(["check", "c.csv", *told]) == 0
    send = (
        "uploader send c.csv --destination DESTINATION --customeventaction ACTION --email Email --date Date "
        "--title Title --note Note --dateformat MM/dd/yyyy"
    )
    assert steps_of(Path("r.html")) == [
        ("Try it on a stand-in for Act-On; nothing leaves this computer:", f"{send} --rehearse"),
        ("Send it, with the name of your custom event and the action in their places; it cannot be taken back:", send),
    ]


def test_the_page_has_the_next_step_for_several_files_and_for_strict_warnings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("good.csv").write_text(HEADING + "a@x.com,01/25/2024,T,\n" * 2, encoding="utf-8")
    Path("bad.csv").write_text(HEADING + "a@x.com,01/25/2024,,\n", encoding="utf-8")
    told = ["--dateformat", "MM/dd/yyyy", "--report"]
    assert main(["check", "good.csv", "bad.csv", *told, "{name}.html"]) == 1
    says = "Write the good rows and the bad ones to files of their own, and mend the bad ones in a spreadsheet:"
    command = (
        "preflight check bad.csv --email Email --date Date --title Title --note Note --dateformat MM/dd/yyyy "
        "--clean bad-clean.csv --bad-rows bad-bad.csv"
    )
    assert steps_of(Path("bad.html")) == [(says, command)]
    assert steps_of(Path("good.html")) == []
    assert main(["check", "good.csv", "--strict", *told, "strict.html"]) == 1
    says = "Look at the warnings below: as --strict was given, they keep the file from being sent. The most frequent:"
    assert steps_of(Path("strict.html")) == [(says, "preflight codes duplicate-row")]


ANY_CELL = st.text(st.characters(exclude_characters=',"\r\n', exclude_categories=["Cs"]), max_size=20)
ANY_ROWS = st.lists(st.tuples(ANY_CELL, ANY_CELL, ANY_CELL), min_size=1, max_size=5).filter(
    lambda rows: not is_binary("".join(map("".join, rows)).encode())  # which is refused
)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ANY_ROWS)
def test_no_cell_becomes_markup(tmp_path: Path, rows: list[tuple[str, str, str]]) -> None:
    plain = page_of(tmp_path, HEADING + "x,x,x,\n" * len(rows))
    page = page_of(tmp_path, HEADING + "".join(",".join(row) + ",\n" for row in rows))
    more = (
        "i mark small p rect b svg text line span tbody header details summary dl ul li h2 h3 form input label button"
    )
    assert set(tags(page)) <= set(tags(plain)) | {f"<{name}>" for name in more.split()}
    assert set(listed(page)) <= set(CODES)
    seen = html.unescape(re.sub("<[^>]*>", "", page.split("<body>")[1]))
    assert all(character.isprintable() or character == "\n" for character in seen.split('"use strict"')[0])


def tags(page: str) -> list[str]:
    return [f"<{name}>" for name in re.findall(r"<([a-z0-9]+)", page.split("<script>")[0])]


CELLS = st.text(st.sampled_from('ab,"\n\r;é'), max_size=6)
ABOVE = st.lists(
    st.lists(st.text(st.sampled_from('ab"\n'), min_size=1, max_size=5), min_size=1, max_size=2), max_size=3
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.booleans(), CELLS), min_size=1, max_size=8), ABOVE)
def test_rows_are_numbered_as_by_any_reader_of_csv(rows: list[tuple[bool, str]], above: list[list[str]]) -> None:
    """For any quoting, and any lines above the table."""
    text = io.StringIO()
    people = [
        [f"a{i}@x.com" if good else f"nobody {i}", "01/25/2024", "T", cell] for i, (good, cell) in enumerate(rows)
    ]
    writer = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerows([*above, HEADING.strip().split(","), *people])
    lines = sum(row.count("\n") for line in above for row in line) + len(above)
    table_line = lines + 1 + sum(cell.count("\r") - cell.count("\r\n") for line in above for cell in line)
    report = check(io.BytesIO(text.getvalue().encode()), replace(LAYOUT, table_line=table_line))
    as_read = list(csv.reader(io.StringIO(text.getvalue(), newline="")))
    found = [row_of(group, one, report) for group in groups_of(report) for one in group.samples if one.problem.row]
    assert found or all(good for good, _ in rows)
    assert sum(group.number for group in groups_of(report)) == sum(len(one.samples) for one in groups_of(report))
    for row in found:
        assert as_read[row.shown_row - 1][0] == people[row.row - 1][0]


def test_a_problem_found_at_the_end_is_shown_with_its_whole_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = HEADING + "a@x.com,01/25/2024,T,first\nb@x.com,01/25/2024,T,\na@x.com,01/25/2024,T,second\n"
    page = page_of(tmp_path, text)
    assert listed(page) == {"duplicate-row": [4]}
    assert '<td class="cell" data-label="Note"><div>second</div></td>' in page
    monkeypatch.setattr("preflight.engine.onepass.MOST_LOOKED_THROUGH", 2)
    page = page_of(tmp_path, text)
    assert listed(page) == {"duplicate-row": [4]}
    assert "second" not in page


def test_a_workbook_s_rows_are_those_of_its_sheet(tmp_path: Path) -> None:
    def fill(book: xlsxwriter.Workbook) -> None:
        sheet = book.add_worksheet("People")
        sheet.write(1, 0, "Attendees")
        for number, cells in enumerate(
            (workbooks.HEADING, ["a@x.com", "2024-01-25", "T"], ["nobody", "2024-01-25", "T"])
        ):
            sheet.write_row(4 + number, 0, cells)

    report = check(workbooks.written(tmp_path / "in.xlsx", fill), Layout(dateformat="yyyy-MM-dd"))
    (group,) = groups_of(report)
    assert [row_of(group, one, report).shown_row for one in group.samples] == [7]
    assert "Row is the number that your spreadsheet shows in the sheet People." in html.unescape(report._repr_html_())


def test_the_fault_of_a_record_is_marked(tmp_path: Path) -> None:
    heading = "Email,Date,Title,Note," + ",".join(f"C{i}" for i in range(8)) + "\n"
    whole = ",".join("c" * 8)
    rows = [
        "a@x.com,01/25/2024,T,,c,c",
        f"a@x.com,01/26/2024,T,,{whole},1,2,3,4",
        f'a@x.com,01/27/2024,T,,"c\nd",{whole[2:]}',
    ]
    source = tmp_path / "in.csv"
    source.write_text(heading + "\n".join(rows) + "\n", encoding="utf-8")
    report = check(source, LAYOUT)
    shown = {
        group.kind.code: [
            (cell.label, "".join(part.text for part in cell.parts if part.marked))
            for cell in row_of(group, group.samples[0], report).cells
            if cell.at_fault
        ]
        for group in groups_of(report)
    }
    assert shown == {
        "missing-cell": [("C2", "no cell"), ("C3", "no cell")],
        "extra-cell": [("one too many", "1"), ("one too many", "2")],
        "row-newline": [("", "\\n")],
    }


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        (["b"], "The row has to be mended or deleted first."),
        (["b", "g"], "1 of 2 rows has to be mended or deleted first. The other row can be sent."),
        (["b", "b", "g", "g"], "2 of 4 rows have to be mended or deleted first. The other 2 can be sent."),
        (["b", "b"], "All 2 rows have to be mended or deleted first."),
        (["g"], "The row may be sent."),
    ],
)
def test_one_sentence_has_the_verdict(rows: list[str], says: str) -> None:
    cells = {"g": "a{}@x.com,01/25/2024,T,\n", "b": "nobody,01/25/2024,T,\n"}
    text = HEADING + "".join(cells[row].format(i) for i, row in enumerate(rows))
    word, told = sentence(check(io.BytesIO(text.encode()), LAYOUT))
    assert word == ("Ready" if "b" not in rows else "Not ready")
    assert told.removesuffix(" Perhaps the layout does not fit the file: see below.") == says
