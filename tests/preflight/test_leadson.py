"""Messages that lead on: files that one step makes readable, and what tools put around rows and cells."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from preflight import Layout, LayoutError, check
from preflight.cli.main import main
from tests.processes import LONGEST

ROWS = ["Email,Date,Title", "ana@acme-corp.com,01/25/2024,Lead Scoring", "bo@acme-corp.com,01/26/2024,Lead Scoring"]
IN_QUOTES = "every line of `in.csv` is in quotes, so that it is one cell; remove these quotes"
IN_CURLY_QUOTES = (
    "the cells of `in.csv` are in curly quotes (“ ”), which are part of the text in a CSV file; rewrite it with the "
    'quotes of a CSV file (")'
)
ESCAPED = (
    '`in.csv` has `\\"` for a quote inside a cell, which Act-On reads as the end of the cell; rewrite it with `""`'
)
PLAIN = "".join(f"{row}\n" for row in ROWS)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            PLAIN.replace(",", "|"),
            "`in.csv` has `|` between its cells, which Act-On does not accept; rewrite it with commas",
        ),
        ("".join(f'"{row}"\n' for row in ROWS), IN_QUOTES),
        ("".join(f'"{row}"\n' for row in ROWS[1:]), IN_QUOTES),
        (f"{ROWS[0]}\n" + "".join(f'"{row}"\n' for row in ROWS[1:]), IN_QUOTES),
        (
            "".join("“{}”,“{}”,“{}”\n".format(*row.split(",")) for row in ROWS).replace("g”", "g, live”"),
            IN_CURLY_QUOTES,
        ),
        ("".join("“{}”;„{}“;“{}”\n".format(*row.split(",")) for row in ROWS), IN_CURLY_QUOTES),
        (f"{ROWS[0]}\n" + "".join(f'{row[:-13]},"The \\"Lead\\" hour, live"\n' for row in ROWS[1:]), ESCAPED),
    ],
)
def test_the_proposed_command_makes_the_file_readable(
    text: str, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("in.csv").write_text(text, encoding="utf-8")
    assert main(["check", "in.csv"]) == 2
    told = capsys.readouterr().err
    assert told.startswith(f"preflight: {says}: python -c ")
    command = told.partition(": python ")[2].partition(" < in.csv > in-anew.csv")[0]
    with Path("in.csv").open() as source, Path("in-anew.csv").open("w") as anew:
        subprocess.run([sys.executable, *shlex.split(command)], stdin=source, stdout=anew, check=True, timeout=LONGEST)
    assert main(["check", "in-anew.csv", *(["--title", "2"] if text.count("\n") == 2 else [])]) == 0


@pytest.mark.parametrize(
    ("rows", "which"),
    [
        (["1,ana@acme-corp.com,01/25/2024,Demo", "2,bo@acme-corp.com,01/26/2024,Demo"], "first column (`1`)"),
        (["ana@acme-corp.com,01/25/2024,Demo,Acme", "bo@acme-corp.com,01/26/2024,Demo,Hooli"], "last column (`Acme`)"),
    ],
)
def test_a_heading_with_a_missing_label_is_explained(
    rows: list[str], which: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "in.csv"
    path.write_text("\n".join([ROWS[0], *rows]), encoding="utf-8")
    assert main(["check", str(path)]) == 2
    assert capsys.readouterr().err == (
        f"preflight: the rows of `{path}` have 4 cells, its heading on line 1 has 3; add the missing label to the "
        f"heading, most likely that of the {which}\n"
    )


@pytest.mark.parametrize("title_text", [None, "Demo"])
def test_a_heading_inside_the_file_is_named(title_text: str | None, tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_text(PLAIN + PLAIN, encoding="utf-8")
    report = check(path, Layout(dateformat="MM/dd/yyyy", title_text=title_text))
    assert (report.rows, report.bad_rows, dict(report.problems)) == (5, 1, {"email-syntax": 1})
    (told,) = [one for one in report.examples if one.severity == "error"]
    assert (told.row, told.line) == (3, 4)
    assert told.message == (
        "Line 4 is the heading again, as where exports were joined: it is no touch point; delete that line."
    )


@pytest.mark.parametrize("quote", ["", '"'])
def test_a_heading_inside_the_file_with_a_byte_order_mark_begins_no_table(quote: str, tmp_path: Path) -> None:
    rows = [",".join(f"{quote}{cell}{quote}" for cell in row.split(",")) for row in ROWS]
    text = "\ufeff" + "".join(f"{row}\n" for row in rows)
    path = tmp_path / "in.csv"
    path.write_text(text + text, encoding="utf-8")
    report = check(path)
    assert (report.rows, report.good_rows, report.bad_rows) == (5, 4, 1)
    told = next(one for one in report.examples if one.severity == "error")
    assert (told.row, told.line, told.code) == (3, 4, "stray-quote" if quote else "email-syntax")
    says = (
        'The quote in `\\ufeff"Email"` is neither doubled nor around the whole cell. A byte order mark stands before '
        "it, as where exports were joined: delete the line if it is a heading."
    )
    again = "Line 4 is the heading again, as where exports were joined: it is no touch point; delete that line."
    assert told.message == (says if quote else again)


def test_rows_that_all_differ_in_width_from_the_heading_are_explained(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "in.csv"
    path.write_text("Email;Event;Date\n" + "ana@acme-corp.com;A &#8211; B &amp; C;2026-01-25\n" * 3, encoding="utf-8")
    assert main(["check", str(path)]) == 2
    assert capsys.readouterr().err == (
        f"preflight: no row of `{path}` has the 3 cells of its heading on line 1; most have 5, as line 2: "
        "`A &#8211`, ` B &amp`, ` C`, `2026-01-25` at its end. A cell with `;` inside must stand in quotes: export the "
        "file again, or mend the rows\n"
    )


def test_longer_rows_of_a_poll_can_be_read_without_the_heading(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "in.csv"
    rows = "".join(f"{n},p{n}@acme-corp.com,2026-02-17 09:5{n},Do you score?,Yes,Act-On\n" for n in range(4))
    path.write_text(f"Topic,Lead Scoring\n\n#,User Email,Submitted,\n{rows}", encoding="utf-8")
    assert main(["check", str(path)]) == 2
    said = capsys.readouterr().err
    command = f"preflight check {path} --firstrow N --table-line 4"
    assert said.endswith(f"or mend the rows; or read them without the heading. Next: {command}\n")
    assert main(["check", str(path), "--email", "User Email"]) == 2
    assert capsys.readouterr().err.endswith("or mend the rows\n")
    assert main(shlex.split(command)[1:]) == 2
    command += ' --title-text "Lead Scoring"'
    assert capsys.readouterr().err.endswith(f"Next: {command}\n")
    assert main(shlex.split(command)[1:]) == 0


def test_formulas_in_every_row_hide_no_column(tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    rows = "".join(f'2026-01-2{n},="0012{n}",p{n}@acme-corp.com,"Lead, Scoring"\n' for n in range(5))
    path.write_text("Date,Badge,Email,Event\n" + rows, encoding="utf-8")
    report = check(path)
    assert (dict(report.problems), report.layout.columns["email"]) == ({"stray-quote": 5}, 2)
    assert check(path, fix=["formula"], clean=tmp_path / "c.csv").good_rows == 5


def test_the_proposed_inspect_keeps_the_given_options_and_leads_back_to_the_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("in.csv").write_text(
        "Email,Seen,Date,Event\n" + "a@acme-corp.com,2026-01-25,3rd shift,Demo\n" * 3, encoding="utf-8"
    )
    asked = ["--date", "2", "--only", "Event=Demo", "--normalize-dates"]
    assert main(["check", "in.csv", *asked, "--clean", "c.csv"]) == 2
    told = capsys.readouterr().err
    look = "preflight inspect in.csv --date 2 --only Event=Demo --normalize-dates"
    assert told.endswith(f"\nNext: {look}\n")
    assert main(shlex.split(look)[1:]) == 2
    answer = "preflight check in.csv --date 2 --only Event=Demo --normalize-dates --dateformat DATE-FORMAT"
    assert capsys.readouterr().err.endswith(f"\nNext: {answer}\n")


def test_a_profile_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    profile = tmp_path / "profile.toml"
    profile.write_text('dateformat = "MM/dd/yyyy"\n', encoding="utf-8-sig")
    assert Layout.from_profile(profile) == Layout(dateformat="MM/dd/yyyy")


MENDED = [
    ('ana@acme-corp.com, 01/25/2024, "Lead, Scoring",x,\n', "blanks",
     'ana@acme-corp.com,01/25/2024,"Lead, Scoring",x,\n',
     'The quote in ` "Lead` is neither doubled nor around the whole cell. It opens no cell behind a blank; '
     "`--fix=blanks` takes that off."),
    ('ana@acme-corp.com,="01/25/2024",Demo,x,\n', "formula", 'ana@acme-corp.com,"01/25/2024",Demo,x,\n',
     'The quote in `="01/25/2024"` is neither doubled nor around the whole cell. It opens no cell behind a `=`; '
     "`--fix=formula` takes that off."),
    ('ana@acme-corp.com,"=""01/25/2024""",Demo,x,\n', "formula", 'ana@acme-corp.com,"01/25/2024",Demo,x,\n', None),
    ("ana@acme-corp.com,01/25/2024,Demo\n", "short-rows", "ana@acme-corp.com,01/25/2024,Demo,,\n",
     "The row has 3 cells, 2 fewer than the 5 it must have. None of those is needed: `--fix=short-rows` adds blank "
     "ones."),
    ("ana@acme-corp.com,01/25/2024,Demo,x,y,,\n", "trailing-separators", "ana@acme-corp.com,01/25/2024,Demo,x,y\n",
     "The row has 7 cells, 2 more than the 5 it must have. Nothing stands in those: `--fix=trailing-separators` takes "
     "their separators off."),
    ("ana@acme-corp.com,\u200e01/25/2024\u200f,Demo,x,\n", "invisible", "ana@acme-corp.com,01/25/2024,Demo,x,\n", None),
]  # fmt: skip
FIVE = "Email,Date,Title,Company,Note\n"


@pytest.mark.parametrize(("row", "kind", "mended", "says"), MENDED)
def test_artefacts_of_tools_are_fixed_on_request(
    row: str, kind: str, mended: str, says: str | None, tmp_path: Path, as_typed: None
) -> None:
    path, clean = tmp_path / "in.csv", tmp_path / "clean.csv"
    path.write_text(FIVE + row, encoding="utf-8")
    layout = Layout(title="Title", dateformat="MM/dd/yyyy")
    report = check(path, layout)
    assert report.bad_rows == 1
    assert says is None or [one.message for one in report.examples if one.severity == "error"] == [says]
    assert report.mendable.fix_rows == 1
    assert set(report.mendable.fix) == {kind}
    report = check(path, layout, clean=clean, fix=[kind])
    assert (report.bad_rows, {*report.fixes.counts}) == (0, {kind})
    assert clean.read_text("utf-8") == FIVE + mended
    others = [one for one in ("blanks", "formula", "invisible", "short-rows", "trailing-separators") if one != kind]
    assert check(path, layout, clean=clean, fix=others).bad_rows == 1


def test_no_break_spaces_in_a_date_are_fixed(tmp_path: Path) -> None:
    path, clean = tmp_path / "in.csv", tmp_path / "clean.csv"
    path.write_text(FIVE + "ana@acme-corp.com,01/25/2024 10:00\u202fAM,Demo,,\n", encoding="utf-8")
    report = check(path, Layout(title="Title"), clean=clean, fix=["blanks"])
    assert report.layout.dateformat.pattern == "MM/dd/yyyy hh:mm a"
    assert clean.read_text("utf-8") == FIVE + "ana@acme-corp.com,01/25/2024 10:00 AM,Demo,,\n"


def test_a_row_that_lacks_needed_cells_is_not_a_short_row(tmp_path: Path) -> None:
    path, clean = tmp_path / "in.csv", tmp_path / "clean.csv"
    path.write_text("Email,Date,Title,Company,Note\nana@acme-corp.com,01/25/2024\n,,\n", encoding="utf-8")
    report = check(path, Layout(title="Title", dateformat="MM/dd/yyyy"), clean=clean, fix=["short-rows"])
    assert dict(report.problems) == {"blank-row": 1, "missing-cell": 1}
    path.write_text("Email,Date,Company,Note,Title\nana@acme-corp.com,01/25/2024,x,y\n", encoding="utf-8")
    assert check(path, Layout(title="Title", dateformat="MM/dd/yyyy"), clean=clean, fix=["short-rows"]).bad_rows == 1


def test_a_comma_in_a_text_is_not_a_surplus_separator(tmp_path: Path) -> None:
    path, clean = tmp_path / "in.csv", tmp_path / "clean.csv"
    path.write_text("Email,Date,Title,Note\nana@acme-corp.com,01/25/2024,Webinar, Deliverability,\n", encoding="utf-8")
    report = check(path, Layout(dateformat="MM/dd/yyyy"), clean=clean, fix=["trailing-separators"])
    assert report.problems == {"extra-cell": 1}
    assert report.examples[0].message == "The row has 5 cells, 1 more than the 4 it must have."
    assert (report.fixes.total, report.mendable.fix_rows) == (0, 0)


KINDS = ["blanks", "formula", "short-rows", "trailing-separators"]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.lists(st.text('a@,=" \n', max_size=12).map(lambda cell: cell.replace("\n", " ")), min_size=1, max_size=12),
    st.sets(st.sampled_from(KINDS), min_size=1),
)
def test_fixing_twice_changes_nothing_more(tmp_path: Path, rows: list[str], kinds: set[str]) -> None:
    path, first, second = tmp_path / "in.csv", tmp_path / "first.csv", tmp_path / "second.csv"
    text = FIVE + "".join(f"ana@acme-corp.com,01/25/2024,Demo,{row}\n" for row in rows)
    path.write_text(text, encoding="utf-8")
    layout = Layout("Email", "Date", "Title", "Note", "MM/dd/yyyy", "COMMA", "DOUBLE_QUOTE", "Y", table_line=1)
    try:
        report = check(path, layout, clean=first, fix=sorted(kinds))
    except LayoutError:  # no layout reads it
        return
    if report.contradiction is None and report.good_rows:
        again = check(first, layout, clean=second, fix=sorted(kinds))
        assert (again.rows, again.bad_rows, again.fixes.total) == (report.good_rows, 0, 0)
        assert second.read_bytes() == first.read_bytes()


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_heading_with_blanks_before_its_quotes_is_read(tmp_path: Path, separator: str, line_end: str) -> None:
    rows = [f'"{row}"'.replace(",", f'"{separator} "') for row in (*ROWS, 'cy@acme-corp.com,01/27/2024,One;two ""x""')]
    path, clean = tmp_path / "in.csv", tmp_path / "clean.csv"
    path.write_text("".join(row + line_end for row in rows), encoding="utf-8", newline="")
    assert check(path, Layout(title="Title")).problems == {"stray-quote": 3}
    report = check(path, Layout(title="Title"), clean=clean, fix=["blanks"])
    assert (report.ok, report.titlecount, dict(report.fixes.counts)) == (True, 2, {"blanks": 3})
    assert clean.read_bytes().decode() == "".join(
        row.replace(f'{separator} "', f'{separator}"') + line_end for row in rows
    )
    assert check(clean, Layout(title="Title")).ok


def test_no_row_of_a_bad_rows_file_is_proposed_to_be_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    rows = [f"p{i}@acme-corp.com,01/{i:02}/2026,{'Yes' if i % 2 else 'No'}" for i in range(14, 20)]
    Path("in.csv").write_text("\n".join(["Email,Date,Attended", *rows, "nobody,01/25/2026,Yes", ""]), encoding="utf-8")
    assert main(["check", "in.csv"]) == 2
    assert capsys.readouterr().err.endswith("\nNext: preflight check in.csv --title-text TITLE --only Attended=Yes\n")
    assert main(["check", "in.csv", "--title-text", "T", "--clean", "c.csv", "--bad-rows", "b.csv"]) == 1
    capsys.readouterr()
    assert main(["check", "b.csv"]) == 2
    assert capsys.readouterr().err.endswith(
        "\nNext: preflight check b.csv --merge-into c.csv\n  or: preflight check b.csv --title-text TITLE\n"
    )
