"""Mended rows find their way into the clean file, each once, and bad ones stay out."""

from __future__ import annotations

import contextlib
import csv
import gzip
import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from preflight import InputError, Layout, LayoutError, Merged, OutputError, PreflightError, check, merge_into
from preflight.cli.main import main
from tests.processes import LONGEST, running

pytestmark = pytest.mark.usefixtures("as_typed")

LAYOUT = Layout("Email", "Date", "Title", None, "MM/dd/yyyy", "COMMA", "DOUBLE_QUOTE", "Y")
HEADING = "Email,Date,Title\n"
SOURCE = HEADING + "a@x.com,01/25/2024,T\nnobody,01/26/2024,=1+1\nb@x.com,1/27/24,U\n"


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """A clean file, and the bad-rows file beside it."""
    source, clean, bad = (tmp_path / name for name in ("in.csv", "clean.csv", "bad.csv"))
    source.write_text(SOURCE, encoding="utf-8")
    check(source, LAYOUT, clean=clean, bad_rows=bad)
    return clean, bad


def mend(path: Path, **changes: str) -> None:
    text = path.read_text(encoding="utf-8-sig")
    for before, after in changes.items():
        text = text.replace(before, after)
    path.write_text(text, encoding="utf-8")


def test_mended_rows_are_appended_as_written(files: tuple[Path, Path]) -> None:
    clean, bad = files
    mend(bad, nobody="c@x.com", **{"1/27/24": "1/27/2024"})
    report, merged = merge_into(clean, bad, LAYOUT)
    assert report.ok
    assert merged is not None
    assert merged.as_dict() == {
        "clean": str(clean), "added": 2, "replaced": 0, "already_there": 0, "rows": 3, "only_adds": False
    }  # fmt: skip
    assert clean.read_text(encoding="utf-8") == (
        HEADING + "a@x.com,01/25/2024,T\nc@x.com,01/26/2024,=1+1\nb@x.com,1/27/2024,U\n"
    )
    assert check(clean, LAYOUT).titlecount == 3


def test_a_row_that_is_still_bad_is_left_out(files: tuple[Path, Path], tmp_path: Path) -> None:
    clean, bad = files
    mend(bad, nobody="c@x.com")
    report, merged = merge_into(clean, bad, LAYOUT, bad_rows=tmp_path / "still.csv")
    assert report.bad_rows == 1
    assert merged == Merged(str(clean), added=1, already_there=0, rows=2)
    assert clean.read_text(encoding="utf-8") == HEADING + "a@x.com,01/25/2024,T\nc@x.com,01/26/2024,=1+1\n"
    mend(tmp_path / "still.csv", **{"1/27/24": "1/27/2024"})
    _, merged = merge_into(clean, tmp_path / "still.csv", LAYOUT)
    assert merged == Merged(str(clean), added=1, already_there=0, rows=3)
    assert clean.read_text(encoding="utf-8").endswith("c@x.com,01/26/2024,=1+1\nb@x.com,1/27/2024,U\n")


def test_a_private_clean_file_stays_private(files: tuple[Path, Path]) -> None:
    clean, bad = files
    clean.chmod(0o600)
    mend(bad, nobody="c@x.com")
    assert merge_into(clean, bad, LAYOUT)[1] == Merged(str(clean), added=1, already_there=0, rows=2)
    assert stat.S_IMODE(clean.stat().st_mode) == 0o600


def test_the_clean_file_is_unchanged_if_every_row_is_bad(files: tuple[Path, Path]) -> None:
    clean, bad = files
    before = clean.stat()
    assert merge_into(clean, bad, LAYOUT)[1] == Merged(str(clean), added=0, already_there=0, rows=1)
    assert (clean.stat().st_ino, clean.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_a_layout_that_contradicts_the_file_merges_nothing(files: tuple[Path, Path]) -> None:
    clean, bad = files
    bad.write_text(HEADING + "c@x.com,01/25/2024,T\n" * 9, encoding="utf-8")
    before = clean.read_bytes()
    report, merged = merge_into(clean, bad, Layout(fieldseparator="SEMICOLON", dateformat="MM/dd/yyyy"))
    assert (dict(report.problems), merged) == ({"layout-mismatch": 1}, None)
    assert clean.read_bytes() == before


def test_a_warning_under_strict_prevents_the_merge(files: tuple[Path, Path]) -> None:
    clean, bad = files
    mend(bad, nobody="c@x.com", **{"1/27/24": "1/27/1980"})
    assert merge_into(clean, bad, LAYOUT, strict=True)[1] is None
    assert merge_into(clean, bad, LAYOUT)[1] is not None


def test_the_same_rows_are_not_merged_twice(files: tuple[Path, Path]) -> None:
    clean, bad = files
    mend(bad, nobody="c@x.com", **{"1/27/24": "1/27/2024"})
    merge_into(clean, bad, LAYOUT)
    once, before = clean.read_bytes(), clean.stat()
    report, merged = merge_into(clean, bad, LAYOUT)
    assert report.ok
    assert merged == Merged(str(clean), added=0, already_there=2, rows=3)
    assert (clean.stat().st_ino, clean.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    mend(bad, **{"c@x.com": "d@x.com"})  # a row is corrected again, and takes its earlier place
    assert merge_into(clean, bad, LAYOUT)[1] == Merged(str(clean), added=0, already_there=1, rows=3, replaced=1)
    assert clean.read_bytes() == once.replace(b"c@x.com", b"d@x.com")


def test_equal_rows_of_one_file_are_both_added(files: tuple[Path, Path]) -> None:
    clean, bad = files
    bad.write_text(HEADING + "c@x.com,01/25/2024,T\n" * 2, encoding="utf-8")
    report, merged = merge_into(clean, bad, LAYOUT)
    assert (dict(report.warnings), merged) == ({"duplicate-row": 1}, Merged(str(clean), 2, 0, 3))
    assert merge_into(clean, bad, LAYOUT)[1] == Merged(str(clean), 0, 2, 3)


def test_rows_without_a_number_are_added_unless_already_present(files: tuple[Path, Path]) -> None:
    clean, bad = files
    rows = [f"a{i}@x.com,01/25/2024,T\n" for i in range(10)]
    clean.write_text(HEADING + "".join(rows[:8]), encoding="utf-8")
    bad.write_text(HEADING + "".join([rows[9], rows[0], rows[7], rows[8]]), encoding="utf-8")
    assert merge_into(clean, bad, LAYOUT)[1] == Merged(str(clean), added=2, already_there=2, rows=10)
    assert clean.read_text(encoding="utf-8") == HEADING + "".join([*rows[:8], rows[9], rows[8]])


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("firstrow", ["Y", "N"])
def test_merged_rows_get_the_line_end_of_the_clean_file(tmp_path: Path, line_end: str, firstrow: str) -> None:
    layout = Layout(0, 1, 2, None, "MM/dd/yyyy", "COMMA", "DOUBLE_QUOTE", firstrow)
    heading = ["Email,Date,Title"] if firstrow == "Y" else []
    lines = [
        *heading,
        "a@x.com,01/25/2024,T",
        "b@x.com,01/25/2024,T",
        'c@x.com,01/25/2024,"two\nlines"',
        "d@x.com,01/25/2024,T",
    ]
    for name, wanted, end in (("clean.csv", lines[:-2], line_end), ("bad.csv", [*heading, *lines[-2:]], "\r\n")):
        (tmp_path / name).write_bytes("".join(line + end for line in wanted).encode())
    merge_into(tmp_path / "clean.csv", tmp_path / "bad.csv", layout)
    assert (tmp_path / "clean.csv").read_bytes() == "".join(line + line_end for line in lines).encode()


def test_a_clean_file_with_a_heading_only_gets_its_first_rows(tmp_path: Path) -> None:
    clean, bad = tmp_path / "clean.csv", tmp_path / "bad.csv"
    clean.write_bytes(HEADING.strip().encode())
    bad.write_text(HEADING + "a@x.com,01/25/2024,T", encoding="utf-8")
    _, merged = merge_into(clean, bad, LAYOUT)
    assert merged is not None
    assert (merged.added, merged.rows) == (1, 1)
    assert clean.read_text(encoding="utf-8") == HEADING + "a@x.com,01/25/2024,T\n"


def test_a_file_without_a_heading_is_merged(tmp_path: Path) -> None:
    layout = Layout(0, 1, 2, None, "MM/dd/yyyy", "COMMA", "DOUBLE_QUOTE", "N")
    clean, bad = tmp_path / "clean.csv", tmp_path / "bad.csv"
    clean.write_bytes(b"a@x.com,01/25/2024,T")
    bad.write_bytes(b"b@x.com,01/25/2024,T,1,2,\nc@x.com,01/25/2024,T,1,2,email-syntax: x\n")
    merge_into(clean, bad, layout)
    assert clean.read_bytes() == b"a@x.com,01/25/2024,T\nb@x.com,01/25/2024,T\nc@x.com,01/25/2024,T\n"


def test_a_file_without_heading_and_good_rows_merges_nothing(tmp_path: Path) -> None:
    layout = Layout(0, 1, 2, None, "MM/dd/yyyy", "COMMA", "DOUBLE_QUOTE", "N")
    source, clean, bad = (tmp_path / name for name in ("in.csv", "clean.csv", "bad.csv"))
    source.write_text("a@x.com,01/25/2024,T\nnobody,01/26/2024,U\n", encoding="utf-8")
    check(source, layout, clean=clean, bad_rows=bad)
    assert merge_into(clean, bad, layout)[1] == Merged(str(clean), added=0, already_there=0, rows=1)
    assert clean.read_text(encoding="utf-8") == "a@x.com,01/25/2024,T\n"


def test_counted_dates_are_merged_as_they_are(tmp_path: Path) -> None:
    layout = Layout("Email", "Date", "Title", None, "excel")
    source, clean, bad = (tmp_path / name for name in ("in.csv", "clean.csv", "bad.csv"))
    source.write_text(HEADING + "a@x.com,45316,T\nnobody,45317,U\n", encoding="utf-8")
    check(source, layout, clean=clean, bad_rows=bad, normalize_dates=True)
    mend(bad, nobody="c@x.com")
    assert merge_into(clean, bad, Layout())[1] == Merged(str(clean), added=1, already_there=0, rows=2)
    assert clean.read_text(encoding="utf-8") == HEADING + "a@x.com,2024-01-25,T\nc@x.com,2024-01-26,U\n"


def test_dates_reformatted_by_a_spreadsheet_are_written_in_the_language_of_the_source(tmp_path: Path) -> None:
    layout = Layout("Email", "Date", "Title", None, "d. MMMM yyyy")
    source, clean, bad = (tmp_path / name for name in ("in.csv", "clean.csv", "bad.csv"))
    rows = [f"nobody{day},{day}. Mai 2024,T\n" for day in range(20, 29)]
    source.write_text(f"{HEADING}a@x.com,19. Mai 2024,T\n{''.join(rows)}", encoding="utf-8")
    check(source, layout, clean=clean, bad_rows=bad, normalize_dates=True, locale="de")
    mend(bad, **{f"nobody{day}": f"b{day}@x.com" for day in range(20, 29)})
    mend(bad, **{f"{day}. Mai 2024": f"{day}.05.2024" for day in range(20, 26)})
    report, merged = merge_into(clean, bad, Layout())
    assert (report.problems, merged) == ({}, Merged(str(clean), added=9, already_there=0, rows=10))
    assert [line.split(",")[1] for line in clean.read_text(encoding="utf-8").splitlines()[1:]] == [
        f"2024-05-{day}" for day in range(19, 29)
    ]


def test_fixed_and_normalized_rows_join_only_a_file_with_the_same_options(files: tuple[Path, Path]) -> None:
    clean, bad = files
    bad.write_text(HEADING + " c@X.com ,1/5/2024,T\n", encoding="utf-8")
    told = r"^nothing was merged: .* has bad rows in the layout of .* \(date-format\); "
    with pytest.raises(LayoutError, match=told):
        merge_into(clean, bad, LAYOUT, normalize_dates=True, fix=["blanks"])
    clean.write_text(HEADING + "a@x.com,2024-01-25,T\n", encoding="utf-8")
    merge_into(clean, bad, LAYOUT, normalize_dates=True, fix=["blanks", "domain-case"])
    assert clean.read_text(encoding="utf-8") == HEADING + "a@x.com,2024-01-25,T\nc@x.com,2024-01-05,T\n"


@pytest.mark.parametrize(
    ("clean", "kind", "message"),
    [
        (b"Email,Date,Name\n", LayoutError, "nothing was merged: the columns of `{clean}` are `Email`, `Date`, `Name`, "
                                            "but those of `{bad}` are `Email`, `Date`, `Title`"),
        (b"Email;Date;Title\n", LayoutError, "nothing was merged: the columns of `{clean}` are `Email;Date;Title`, "
                                             "but those of `{bad}` are `Email`, `Date`, `Title`"),
        (HEADING.encode() + b"a@x.com,01/25/2024,\xfc\n", LayoutError,
         "nothing was merged: `{clean}` has bad rows in the layout of `{bad}` (encoding-error); merge into a clean "
         "file of that layout, with --normalize-dates if it has such dates"),
        (None, InputError, "`{clean}` does not exist"),
    ],
)  # fmt: skip
def test_a_file_that_does_not_fit_is_refused(
    clean: bytes | None, kind: type[PreflightError], message: str, tmp_path: Path
) -> None:
    target, bad = tmp_path / "clean.csv", tmp_path / "bad.csv"
    if clean is not None:
        target.write_bytes(clean)
    bad.write_text(HEADING + "c@x.com,01/25/2024,T\nnobody,01/25/2024,T\n", encoding="utf-8")
    with pytest.raises(kind) as error:
        merge_into(target, bad, LAYOUT, bad_rows=tmp_path / "still.csv")
    assert not (tmp_path / "still.csv").exists()
    assert str(error.value) == message.format(clean=target, bad=bad)
    assert not target.exists() if clean is None else target.read_bytes() == clean


def test_without_a_heading_something_must_stand_among_the_problems(tmp_path: Path) -> None:
    source, clean, bad = (tmp_path / name for name in ("in.csv", "clean.csv", "bad.csv"))
    source.write_text("a@x.com,01/25/2024,T\n" * 2 + "b@x.com,01/27/2024,T,5\n", encoding="utf-8")
    check(source, Layout(0, 1, 2, dateformat="MM/dd/yyyy"), clean=clean, bad_rows=bad)
    for cleared in ("b@x.com,01/27/2024,T,3,3,,\n", "b@x.com,01/27/2024,T,3,3\n"):
        bad.write_text(cleared, encoding="utf-8")
        with pytest.raises(LayoutError) as error:
            merge_into(clean, bad, Layout())
        assert str(error.value) == (
            f"nothing was merged: the rows of `{bad}` have {cleared.count(',') + 1} cells, those of `{clean}` 3; "
            "without a heading a bad-rows file is known only by what stands in its preflight_problems column: leave "
            "that in one row at least, or write `mended` there"
        )
    bad.write_text("b@x.com,01/27/2024,T,3,3,Mended,\n", encoding="utf-8")
    assert merge_into(clean, bad, Layout())[0].ok
    assert clean.read_text(encoding="utf-8") == "a@x.com,01/25/2024,T\n" * 2 + "b@x.com,01/27/2024,T\n"


def test_the_clean_file_must_not_be_another_file_of_the_command(files: tuple[Path, Path]) -> None:
    clean, bad = files
    message = f"^cannot merge into `{clean}`: it is the file to check, or another output$"
    for file, options in ((clean, {}), (bad, {"bad_rows": clean}), (bad, {"reports": [clean]})):
        with pytest.raises(OutputError, match=message):
            merge_into(clean, file, LAYOUT, **options)


def test_options_of_the_clean_file_need_not_be_repeated(tmp_path: Path) -> None:
    source, clean, bad = (tmp_path / name for name in ("in.csv", "clean.csv", "bad.csv"))
    source.write_text(
        "Owner;Person;Day;Other Day;What\no@x.com;nobody;3/4/2024;5/6/2024; T \no@x.com;a@x.com;4/4/2024;;U\n"
    )
    layout = Layout("Person", "Day", "What", None, "dd/MM/yyyy", "SEMICOLON")
    check(source, layout, clean=clean, bad_rows=bad, fix=["blanks"], normalize_dates=True, oldest=date(2020, 1, 1))
    mend(bad, nobody="c@x.com", **{";": "\t"})
    report, merged = merge_into(clean, bad, Layout())
    assert report.ok
    assert merged == Merged(str(clean), added=1, already_there=0, rows=2)
    assert clean.read_text(encoding="utf-8").splitlines() == [
        "Owner;Person;Day;Other Day;What", "o@x.com;a@x.com;2024-04-04;;U", "o@x.com;c@x.com;2024-04-03;5/6/2024;T"
    ]  # fmt: skip


def test_a_text_for_every_row_is_among_the_noted_options(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, clean, bad = (tmp_path / name for name in ("in.csv", "clean.csv", "bad.csv"))
    source.write_text("Email,Id\na@x.com,1\nnobody,2\n", encoding="utf-8")
    check(source, Layout(title_text="T", date_text="2024-01-25"), clean=clean, bad_rows=bad)
    mend(bad, nobody="c@x.com")
    assert main(["check", str(bad), "--merge-into", str(clean)]) == 0
    told = capsys.readouterr().out.splitlines()[-1]
    assert told.startswith(f"MERGED: 1 row added at the end of {clean}, 2 in all. Next: uploader send {clean} ")
    assert told.endswith('--email Email --date "Event Date" --title "Event Title" --dateformat yyyy-MM-dd --rehearse')
    lines = clean.read_text(encoding="utf-8").splitlines()
    assert [sorted(line.split(",")) for line in lines[1:]] == [
        ["1", "2024-01-25", "T", "a@x.com"], ["2", "2024-01-25", "T", "c@x.com"]
    ]  # fmt: skip


def spreadsheet(bad: Path, change: Callable[[list[str]], list[str]], how: str, encoding: str = "utf-8") -> None:
    """Save a bad-rows file as another program does: other cells, another separator or quote, another encoding."""
    with bad.open(encoding="utf-8-sig", newline="") as file:
        heading, *rows = csv.reader(file)
    with bad.open("w", encoding=encoding, newline="") as file:
        quoting = csv.QUOTE_ALL if how[1:] == "all" else csv.QUOTE_MINIMAL
        csv.writer(file, delimiter=how[0], quoting=quoting, lineterminator="\r").writerows(
            [heading, *map(change, rows)]
        )


@pytest.mark.parametrize("how", [";", "\t", ",all", ";all"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_a_file_saved_by_a_spreadsheet_is_merged(how: str, encoding: str, tmp_path: Path) -> None:
    source, clean, bad = (tmp_path / name for name in ("in.csv", "clean.csv", "bad.csv"))
    rows = [["nobody", "01/25/2024", "Müller, Grüße und Söhne; Straße"], ["a@x.com", "01/26/2024", "T"]]
    with source.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([["Email", "Date", "Title"], *rows])
    check(source, Layout(dateformat="MM/dd/yyyy"), clean=clean, bad_rows=bad)
    spreadsheet(bad, lambda row: ["c@x.com", *row[1:]], how, encoding)
    report, merged = merge_into(clean, bad, Layout())
    assert report.ok
    assert merged == Merged(str(clean), 1, 0, 2)
    assert merged.read_as == ({"encoding": "cp1252"} if encoding == "cp1252" else {})
    assert clean.read_text(encoding="utf-8") == (
        'Email,Date,Title\na@x.com,01/26/2024,T\nc@x.com,01/25/2024,"Müller, Grüße und Söhne; Straße"\n'
    )


FORMS = {"%d.%m.%Y": "dd.MM.yyyy", "%Y-%m-%d": "yyyy-MM-dd", "%m/%d/%y": "MM/dd/yy"}


@pytest.mark.parametrize("form", FORMS)
def test_dates_reformatted_by_a_spreadsheet_are_written_in_the_original_format(form: str, tmp_path: Path) -> None:
    source, clean, bad = (tmp_path / name for name in ("in.csv", "clean.csv", "bad.csv"))
    source.write_text(HEADING + "a@x.com,01/31/2024,T\nnobody,01/25/2024,T\nnobody,02/03/2024,T\nb@x.com,2/30/2024,T\n")
    check(source, LAYOUT, clean=clean, bad_rows=bad)
    typed = {"02/30/2024": "02/28/2024", "2/30/2024": "02/28/2024"}

    def saved(row: list[str]) -> list[str]:
        day = datetime.strptime(typed.get(row[1], row[1]), "%m/%d/%Y")
        return [row[0].replace("nobody", "c@x.com"), day.strftime(form), *row[2:]]

    spreadsheet(bad, saved, ";")
    report, merged = merge_into(clean, bad, Layout())
    assert report.ok, report.examples
    assert merged is not None
    assert merged.read_as == {"dateformat": FORMS[form]}
    assert clean.read_text(encoding="utf-8").splitlines()[2:] == [
        "c@x.com,01/25/2024,T", "c@x.com,02/03/2024,T", "b@x.com,02/28/2024,T"
    ]  # fmt: skip


def test_dates_swapped_by_a_spreadsheet_are_read_as_the_original_days(tmp_path: Path) -> None:
    source, clean, bad = (tmp_path / name for name in ("in.csv", "clean.csv", "bad.csv"))
    source.write_text(HEADING + "a@x.com,01/31/2024,T\n" + "nobody,01/05/2024,T\nnobody,02/03/2024,T\n")
    check(source, LAYOUT, clean=clean, bad_rows=bad)
    mend(bad, nobody="c@x.com", **{"01/05/2024": "01-05-2024", "02/03/2024": "02-03-2024"})
    report, merged = merge_into(clean, bad, Layout())
    assert report.ok
    assert merged is not None
    assert merged.read_as == {"dateformat": "MM-dd-yyyy"}
    assert clean.read_text(encoding="utf-8").splitlines()[2:] == ["c@x.com,01/05/2024,T", "c@x.com,02/03/2024,T"]


def test_ambiguous_dates_stay_bad_until_their_format_is_given(tmp_path: Path) -> None:
    source, clean, bad = (tmp_path / name for name in ("in.csv", "clean.csv", "bad.csv"))
    source.write_text(HEADING + "a@x.com,01/31/2024,T\n" + "b@x.com,?,T\nc@x.com,?,T\n")
    check(source, LAYOUT, clean=clean, bad_rows=bad)
    mend(bad, **{",?,": ",03.04.2024,"})
    report, merged = merge_into(clean, bad, Layout())
    assert (dict(report.problems), merged) == ({"date-format": 2}, Merged(str(clean), 0, 0, 1))
    report, merged = merge_into(clean, bad, Layout(dateformat="dd.MM.yyyy"))
    assert (report.ok, merged) == (True, Merged(str(clean), 2, 0, 3))
    assert clean.read_text(encoding="utf-8").splitlines()[2:] == ["b@x.com,04/03/2024,T", "c@x.com,04/03/2024,T"]


def test_a_bad_rows_file_of_another_source_is_refused(files: tuple[Path, Path], tmp_path: Path) -> None:
    clean, _ = files
    before, other, elsewhere = clean.read_bytes(), tmp_path / "other.csv", tmp_path / "elsewhere.csv"
    other.write_text(HEADING + "nobody,01/25/2024,T\nnobody,01/26/2024,T\n", encoding="utf-8")
    check(other, LAYOUT, clean=tmp_path / "c2.csv", bad_rows=tmp_path / "b2.csv")
    mend(tmp_path / "b2.csv", nobody="n@x.com")
    elsewhere.write_bytes((tmp_path / "b2.csv").read_bytes())
    source = tmp_path / "in.csv"
    told = f"nothing was merged: `{clean}` has the good rows of `{source}`, and `{{}}` does not have its bad ones"
    for path, why in (
        (tmp_path / "b2.csv", f", but those of `{other}`"),
        (elsewhere, ": row 1 is none of them"),
    ):
        with pytest.raises(LayoutError) as error:
            merge_into(clean, path, Layout())
        assert str(error.value) == told.format(path) + why
        assert clean.read_bytes() == before


def test_rows_that_were_deleted_are_given_up(files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    clean, bad = files
    mend(bad, nobody="c@x.com", **{"1/27/24": "1/27/2024"})
    heading, first, second = bad.read_text(encoding="utf-8").splitlines()
    added, there = f"MERGED: 1 row added at the end of {clean}", f"NOTHING TO MERGE: {clean} has the row already"
    for row, told in [
        (first, f"{added}, 2 in all; 1 bad row of the source given up, in neither file. Next: "),
        (first, f"{there}; 1 bad row of the source given up, in neither file. Next: "),
        (first.replace(",2,3,", ",,,"), f"{there}. Next: "),  # which row of the source this is, is not known
        (second, f"{added}, 3 in all. Next: "),
    ]:
        bad.write_text(f"{heading}\n{row}\n", encoding="utf-8")
        assert main(["check", str(bad), "--merge-into", str(clean)]) == 0
        assert capsys.readouterr().out.splitlines()[-1].startswith(told)


def test_a_row_present_twice_is_refused_unless_both_are_equal(files: tuple[Path, Path]) -> None:
    clean, bad = files
    mend(bad, nobody="c@x.com", **{"1/27/24": "1/27/2024"})
    lines = bad.read_text(encoding="utf-8").splitlines()
    bad.write_text("\n".join([*lines, lines[1].replace("c@x.com", "d@x.com")]), encoding="utf-8")
    with pytest.raises(LayoutError, match=r"^nothing was merged: .* has row 2 twice, and not alike; keep one, or, "):
        merge_into(clean, bad, LAYOUT)
    bad.write_text("\n".join([*lines, lines[1]]), encoding="utf-8")
    assert merge_into(clean, bad, LAYOUT)[1] == Merged(str(clean), 2, 1, 3)
    two = lines[1].replace("c@x.com", "d@x.com").replace(",2,3,", ",,,")
    bad.write_text("\n".join([*lines, two]), encoding="utf-8")
    assert merge_into(clean, bad, LAYOUT)[1] == Merged(str(clean), 1, 2, 4)
    assert merge_into(clean, bad, LAYOUT)[1] == Merged(str(clean), 0, 3, 4)


def test_a_corrected_row_that_was_changed_in_the_clean_file_is_refused(files: tuple[Path, Path]) -> None:
    clean, bad = files
    mend(bad, nobody="c@x.com")
    merge_into(clean, bad, LAYOUT)
    mend(clean, **{"c@x.com": "e@x.com"})
    before = clean.read_bytes()
    mend(bad, **{"c@x.com": "d@x.com"})
    with pytest.raises(LayoutError, match=r"was changed since rows were merged into it, and some that .* corrects are"):
        merge_into(clean, bad, LAYOUT)
    assert clean.read_bytes() == before
    mend(clean, **{"e@x.com": "c@x.com", "a@x.com": "z@x.com"})  # what was changed is another row
    assert merge_into(clean, bad, LAYOUT)[1] == Merged(str(clean), 0, 0, 2, replaced=1)
    assert clean.read_text(encoding="utf-8") == HEADING + "z@x.com,01/25/2024,T\nd@x.com,01/26/2024,=1+1\n"


def test_without_a_sidecar_a_merge_only_adds(files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    clean, bad = files
    clean.with_name("clean.preflight.json").unlink()
    mend(bad, nobody="c@x.com", **{"1/27/24": "1/27/2024"})
    for changed, rows in (("c@x.com", 3), ("d@x.com", 4)):
        mend(bad, **{"c@x.com": changed})
        assert main(["check", str(bad), "--dateformat", "MM/dd/yyyy", "--merge-into", str(clean)]) == 0
        told = capsys.readouterr().out.splitlines()[-1]
        assert f", {rows} in all" in told
        assert "; rows were only added, as there is no clean.preflight.json that lists its rows. Next: " in told


def test_concurrent_merges_lose_no_row(tmp_path: Path) -> None:
    source, clean = tmp_path / "in.csv", tmp_path / "clean.csv"
    source.write_text(HEADING + "a@x.com,01/25/2024,T\n" + "nobody,01/26/2024,T\n" * 4, encoding="utf-8")
    check(source, LAYOUT, clean=clean, bad_rows=tmp_path / "bad.csv")
    heading, *lines = (tmp_path / "bad.csv").read_text(encoding="utf-8-sig").splitlines()
    for number, line in enumerate(lines):
        text = f"{heading}\n{line.replace('nobody', f'm{number}@x.com')}\n"
        (tmp_path / f"bad{number}.csv").write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "preflight", "check", "--merge-into", str(clean)]
    with contextlib.ExitStack() as stack:
        each = [[*command, str(tmp_path / f"bad{number}.csv")] for number in range(4)]
        runs = [stack.enter_context(running(one, stdout=subprocess.DEVNULL)) for one in each]
        assert [one.wait(LONGEST) for one in runs] == [0] * 4
    assert sorted(clean.read_text(encoding="utf-8").splitlines()[1:]) == [
        "a@x.com,01/25/2024,T", *(f"m{number}@x.com,01/26/2024,T" for number in range(4))
    ]  # fmt: skip


TITLES = ["T", "=1", "'-x", "007", 'say "hi", you', "two\nlines"]
NAMES = st.lists(st.sampled_from("abcdef"), min_size=1, max_size=8, unique=True)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(NAMES, st.sets(st.sampled_from("abcdef")), st.sampled_from(TITLES))
def test_a_merge_of_mended_rows_equals_the_clean_file_of_a_good_source(
    tmp_path: Path, names: list[str], wrong: set[str], title: str
) -> None:
    source, clean, bad = (tmp_path / name for name in ("in.csv", "clean.csv", "bad.csv"))
    rows = [[name if name in wrong else f"{name}@x.com", "01/25/2024", title] for name in names]
    with source.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["Email", "Date", "Title"], *rows])
    check(source, LAYOUT, clean=clean, bad_rows=bad)
    with bad.open(encoding="utf-8-sig", newline="") as file:
        heading, *broken = csv.reader(file)
    if not broken:
        return
    with bad.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([heading, *([f"{row[0]}@x.com", *row[1:]] for row in broken)])
    merge_into(clean, bad, LAYOUT)
    with clean.open(encoding="utf-8", newline="") as file:
        merged = list(csv.reader(file))[1:]
    assert sorted(merged) == sorted([f"{name}@x.com", "01/25/2024", title] for name in names)
    before = clean.read_bytes()
    assert merge_into(clean, bad, LAYOUT)[1] == Merged(str(clean), 0, len(broken), len(rows))
    assert clean.read_bytes() == before


NOT_ONCE = {"E": (1, ["nobody", "v@x.com", "w@x.com"]), "D": (2, ["02/30/2024", "02/28/2024", "02/27/2024"]),
            "T": (3, ["", "U", "say 'hi', you"]), "F": (1, [" f@x.com", "f@x.com", "g@x.com"]),
            "A": (2, ["1/25/24", "01/25/2024", "01/26/2024"]), "N": (1, ["nobody", "v@x.com", "w@x.com"])}  # fmt: skip
"""For each kind of row the column that is mended, its cell in the source, and two versions of it.

The rows of kind N did not attend, those of kind F are good once they are fixed, of A once their suggestion is accepted.
"""
KINDS = st.tuples(st.text("GEDTFAN", min_size=1, max_size=6), st.sampled_from(["GGS", "GG"])).map("".join)
"""Rows of kind G are good, those of kind S have a cell too many."""
LAYOUTS = st.fixed_dictionaries(
    {
        "fieldseparator": st.sampled_from(["COMMA", "SEMICOLON", "TAB"]),
        "quotecharacter": st.sampled_from(["DOUBLE_QUOTE", "SINGLE_QUOTE"]),
        "firstrow": st.sampled_from("YN"),
        "encoding": st.sampled_from([None, "cp1252", "utf-16"]),
        "title_text": st.sampled_from([None, "Lead, Scoring"]),
        "only": st.sampled_from([None, ["0=Yes"]]),
    }
)
OPTIONS = st.fixed_dictionaries(
    {
        "fix": st.sampled_from([(), ("blanks",)]),
        "accept": st.sampled_from([(), ("date-year",)]),
        "normalize_dates": st.sampled_from([False, True, "day"]),
    }
)
ROUNDS = st.lists(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 2)), min_size=1, max_size=6), max_size=4)
"""In each round some rows of the bad-rows file, in some order, are given one of their versions."""
SAVED = st.tuples(st.sampled_from(",;\t"), st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]), st.booleans())


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)
@given(KINDS, LAYOUTS, OPTIONS, ROUNDS, SAVED)
def test_each_row_is_present_once_in_its_last_version(
    tmp_path: Path,
    kinds: str,
    how: dict[str, Any],
    options: dict[str, Any],
    rounds: list[list[tuple[int, int]]],
    saved: tuple[str, str, bool],
) -> None:
    layout = Layout(1, 2, None if how["title_text"] else 3, 4, "MM/dd/yyyy", **how)
    source, clean, bad = (tmp_path / name for name in ("in.csv", "clean.csv", "bad.csv"))
    write_source(source, kinds, {}, layout)
    check(source, layout, clean=clean, bad_rows=bad, overwrite=True, **options)
    cells = cells_of(bad, layout)
    heading, broken = cells[: how["firstrow"] == "Y"], cells[how["firstrow"] == "Y" :]
    last: dict[int, int] = {}
    for chosen in rounds:
        lines = []
        for i, version in dict(chosen).items():
            if i < len(broken):
                row = int(broken[i][-4]) - 1
                column, versions = NOT_ONCE.get(kinds[row], (0, ["Yes"] * 3))
                lines.append([*broken[i][:column], versions[version], *broken[i][column + 1 :]])
                last |= {row: version} if version else {}
        if lines:
            separator, encoding, quoted = saved
            with bad.open("w", encoding=encoding, newline="") as file:
                quoting = csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL
                csv.writer(file, delimiter=separator, quoting=quoting).writerows([*heading, *lines])
            merge_into(clean, bad, Layout())
    write_source(source, kinds, last, layout)
    check(source, layout, clean=tmp_path / "wanted.csv", overwrite=True, **options)
    assert sorted(cells_of(clean, layout)) == sorted(cells_of(tmp_path / "wanted.csv", layout))


def write_source(source: Path, kinds: str, versions: Mapping[int, int], layout: Layout) -> None:
    """A file with a row of each of these kinds, in these versions of theirs."""
    with source.open("w", encoding=layout.encoding or "utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=layout.separator.character, quotechar=layout.quote.character)
        writer.writerows([["Attended", "Email", "Date", "Title", "Note"]] * (layout.firstrow == "Y"))
        for row, kind in enumerate(kinds):
            cells = ["No" if kind == "N" else "Yes", f"r{row}@x.com", "01/24/2024", f"T; {row}", "Grüße,\n=1"]
            if kind in NOT_ONCE:
                column, texts = NOT_ONCE[kind]
                cells[column] = texts[versions.get(row, 0)]
            writer.writerow([*cells, *["more"] * (kind == "S")])


def cells_of(file: Path, layout: Layout) -> list[list[str]]:
    with file.open(encoding="utf-8-sig", newline="") as text:
        return list(csv.reader(text, delimiter=layout.separator.character, quotechar=layout.quote.character))


@pytest.mark.parametrize("packed", [False, True])
def test_a_stream_is_merged(files: tuple[Path, Path], packed: bool, tmp_path: Path) -> None:
    clean, bad = files
    mend(bad, nobody="c@x.com")
    text = gzip.compress(bad.read_bytes()) if packed else bad.read_bytes()
    command, pipe = [sys.executable, "-m", "preflight", "check", "--merge-into", str(clean)], tmp_path / "pipe"
    done = subprocess.run([*command, "-"], input=text, capture_output=True, timeout=LONGEST, check=False)
    assert (done.returncode, done.stderr) == (1, b"")
    assert done.stdout.decode().splitlines()[-1] == (
        f"MERGED: 1 row added at the end of {clean}, 2 in all; 1 row still bad, which --bad-rows collects. "
        "Next: preflight codes date-year"
    )
    os.mkfifo(pipe)
    with subprocess.Popen([*command, str(pipe)], stdout=subprocess.PIPE) as process:
        pipe.write_bytes(text)
        assert process.stdout is not None
        last = process.stdout.read().decode().splitlines()[-1]
    assert last == (
        f"NOT MERGED: {clean} is unchanged; 1 row was in it already; 1 row still bad, which --bad-rows collects. "
        "Next: preflight codes date-year"
    )


def test_the_command_merges_and_names_the_next_step(
    files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    clean, bad = files
    options = ["--dateformat", "MM/dd/yyyy", "--merge-into", str(clean)]
    mend(bad, nobody="c@x.com")
    assert main(["check", str(bad), *options]) == 1
    told = capsys.readouterr().out.splitlines()[-1]
    again = f"preflight check {bad} --merge-into {clean}"
    assert told == (
        f"MERGED: 1 row added at the end of {clean}, 2 in all; mend the 1 row still bad in {bad}. Next: {again}"
    )
    mend(bad, **{"1/27/24": "1/27/2024"})
    for added in (1, 0):
        assert main(["check", str(bad), *options, "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["merged"] == {
            "clean": str(clean), "added": added, "replaced": 0, "already_there": 2 - added, "rows": 3,
            "only_adds": False,
        }  # fmt: skip
    mend(bad, **{"c@x.com": "d@x.com", "1/27/2024": "1/28/2024"})
    assert main(["check", str(bad), *options]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == (
        f"MERGED: 2 rows of {clean} replaced by corrections, 3 in all. Next: uploader send {clean} "
        "--destination DESTINATION --customeventaction ACTION --email Email --date Date --title Title "
        "--dateformat MM/dd/yyyy --rehearse"
    )
    assert main(["check", str(bad), *options, "--clean", "other.csv"]) == 2
    assert capsys.readouterr().err == (
        "preflight: --merge-into adds the good rows to a clean file, --clean begins a new one: give one of them\n"
    )


def test_the_first_row_after_a_byte_order_mark_counts_as_present(tmp_path: Path) -> None:
    clean, more = tmp_path / "clean.csv", tmp_path / "more.csv"
    clean.write_text("\ufeffa@x.com,01/25/2024,T\nb@x.com,01/25/2024,T\n", "utf-8")
    more.write_text("a@x.com,01/25/2024,T\nc@x.com,01/25/2024,T\n", "utf-8")
    _, merged = merge_into(clean, more, Layout(0, 1, 2, None, "MM/dd/yyyy", "COMMA", "DOUBLE_QUOTE", "N"))
    assert merged == Merged(str(clean), added=1, already_there=1, rows=3)


TIMES = "Email,Joined,Title\n"


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.sampled_from(["ana", "bo", "?"]), st.integers(9, 11)), min_size=2, max_size=7),
    st.lists(st.lists(st.tuples(st.sampled_from(["ana", "bo", "cleo"]), st.integers(9, 11)), min_size=7), max_size=3),
)
def test_once_per_day_applies_across_a_merge(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, int]], mendings: list[list[tuple[str, int]]]
) -> None:
    folder = tmp_path_factory.mktemp("once")
    source, clean, bad, mended = (folder / name for name in ("in.csv", "clean.csv", "bad.csv", "mended.csv"))
    cells = [(f"{who}@acme-corp.com" if who != "?" else f"{n} is nobody", hour) for n, (who, hour) in enumerate(rows)]
    source.write_text(TIMES + "".join(f"{who},01/13/2026 {hour:02}:00,T\n" for who, hour in cells), "utf-8")
    layout = Layout(
        "Email", "Joined", "Title", None, "MM/dd/yyyy HH:mm", "COMMA", "DOUBLE_QUOTE", "Y", once_per_day=True
    )
    report = check(source, layout, clean=clean, bad_rows=bad)
    good, text = clean.read_text("utf-8"), bad.read_text("utf-8-sig")
    for mending in mendings if report.bad_rows else []:
        now = text
        for n, (who, hour) in enumerate(mending):
            now = now.replace(f"{n} is nobody,01/13/2026 {rows[n][1]:02}" if n < len(rows) else "|",
                              f"{who}@acme-corp.com,01/13/2026 {hour:02}")  # fmt: skip
        mended.write_text(now, "utf-8")
        _, merged = merge_into(clean, mended, Layout())
        people = [line.partition(",")[0] for line in clean.read_text("utf-8").splitlines()[1:]]
        mended_ones = {f"{who}@acme-corp.com" for n, (who, _) in enumerate(mending[: len(rows)]) if rows[n][0] == "?"}
        assert clean.read_text("utf-8").startswith(good)
        assert len(people) == len({*people}) == (merged.rows if merged is not None else -1)
        assert {*people} == {line.partition(",")[0] for line in good.splitlines()[1:]} | mended_ones
