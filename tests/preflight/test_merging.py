"""Mended rows find their way into the clean file once, all of them or none."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from preflight import InputError, Layout, LayoutError, OutputError, PreflightError, check, merge_into
from preflight.cli import main

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


def test_mended_rows_stand_at_the_end_as_their_file_had_them(files: tuple[Path, Path]) -> None:
    clean, bad = files
    mend(bad, nobody="c@x.com", **{"1/27/24": "1/27/2024"})
    report, merged = merge_into(clean, bad, LAYOUT)
    assert report.ok
    assert merged is not None
    assert merged.as_dict() == {"clean": str(clean), "added": 2, "rows": 3}
    assert clean.read_text(encoding="utf-8") == (
        HEADING + "a@x.com,01/25/2024,T\nc@x.com,01/26/2024,=1+1\nb@x.com,1/27/2024,U\n"
    )
    assert check(clean, LAYOUT).titlecount == 3


def test_while_a_row_is_bad_nothing_is_merged(files: tuple[Path, Path]) -> None:
    clean, bad = files
    before = clean.read_bytes()
    mend(bad, nobody="c@x.com")
    report, merged = merge_into(clean, bad, LAYOUT)
    assert (report.bad_rows, merged) == (1, None)
    assert clean.read_bytes() == before


def test_a_warning_is_enough_when_it_is_strict(files: tuple[Path, Path]) -> None:
    clean, bad = files
    mend(bad, nobody="c@x.com", **{"1/27/24": "1/27/1950"})
    assert merge_into(clean, bad, LAYOUT, strict=True)[1] is None
    assert merge_into(clean, bad, LAYOUT)[1] is not None


def test_the_same_rows_are_not_merged_twice(files: tuple[Path, Path]) -> None:
    clean, bad = files
    mend(bad, nobody="c@x.com", **{"1/27/24": "1/27/2024"})
    merge_into(clean, bad, LAYOUT)
    merged = clean.read_bytes()
    mend(bad, **{"c@x.com": "d@x.com"})  # one of two is new, and the other's date is written otherwise
    mend(bad, **{"1/27/2024": "01/27/2024"})
    with pytest.raises(InputError) as error:
        merge_into(clean, bad, LAYOUT)
    assert str(error.value) == (
        f"nothing was merged: row 2 of `{bad}` is row 3 of `{clean}` already, and would count twice; "
        "if the file was merged before, all is done, else delete that row"
    )
    assert clean.read_bytes() == merged


def test_a_clean_file_with_a_heading_only_gets_its_first_rows(tmp_path: Path) -> None:
    clean, bad = tmp_path / "clean.csv", tmp_path / "bad.csv"
    clean.write_bytes(HEADING.strip().encode())
    bad.write_text(HEADING + "a@x.com,01/25/2024,T", encoding="utf-8")
    _, merged = merge_into(clean, bad, LAYOUT)
    assert merged is not None
    assert (merged.added, merged.rows) == (1, 1)
    assert clean.read_text(encoding="utf-8") == HEADING + "a@x.com,01/25/2024,T"


def test_without_a_heading(tmp_path: Path) -> None:
    layout = Layout(0, 1, 2, None, "MM/dd/yyyy", "COMMA", "DOUBLE_QUOTE", "N")
    clean, bad = tmp_path / "clean.csv", tmp_path / "bad.csv"
    clean.write_bytes(b"a@x.com,01/25/2024,T")
    bad.write_bytes(b"b@x.com,01/25/2024,T,1,2,\nc@x.com,01/25/2024,T,1,2,email-syntax: x\n")
    merge_into(clean, bad, layout)
    assert clean.read_bytes() == b"a@x.com,01/25/2024,T\r\nb@x.com,01/25/2024,T\nc@x.com,01/25/2024,T\n"


def test_fixed_and_normalized_rows_join_their_like(files: tuple[Path, Path]) -> None:
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
def test_a_file_that_does_not_fit(
    clean: bytes | None, kind: type[PreflightError], message: str, tmp_path: Path
) -> None:
    target, bad = tmp_path / "clean.csv", tmp_path / "bad.csv"
    if clean is not None:
        target.write_bytes(clean)
    bad.write_text(HEADING + "c@x.com,01/25/2024,T\n", encoding="utf-8")
    with pytest.raises(kind) as error:
        merge_into(target, bad, LAYOUT)
    assert str(error.value) == message.format(clean=target, bad=bad)
    assert not target.exists() if clean is None else target.read_bytes() == clean


def test_the_clean_file_is_no_other_file_of_the_command(files: tuple[Path, Path]) -> None:
    clean, bad = files
    message = f"^cannot merge into `{clean}`: it is the file that is checked, or another output$"
    for file, options in ((clean, {}), (bad, {"bad_rows": clean}), (bad, {"reports": [clean]})):
        with pytest.raises(OutputError, match=message):
            merge_into(clean, file, LAYOUT, **options)


TITLES = ["T", "=1", "'-x", "007", 'say "hi", you', "two\nlines"]
NAMES = st.lists(st.sampled_from("abcdef"), min_size=1, max_size=8, unique=True)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(NAMES, st.sets(st.sampled_from("abcdef")), st.sampled_from(TITLES))
def test_what_is_mended_and_merged_is_what_a_good_source_would_have_given(
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
    with pytest.raises(InputError, match=r"^nothing was merged: row 1 of"):
        merge_into(clean, bad, LAYOUT)


def test_the_command(files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    clean, bad = files
    options = ["--dateformat", "MM/dd/yyyy", "--merge-into", str(clean)]
    assert main(["check", str(bad), *options]) == 1
    told = capsys.readouterr().out.splitlines()[-1]
    again = f"preflight check {bad} --dateformat MM/dd/yyyy --merge-into {clean}"
    assert told == f"NOT MERGED: {clean} is as it was; mend the 2 bad rows in {bad}. Next: {again}"
    mend(bad, nobody="c@x.com", **{"1/27/24": "1/27/2024"})
    assert main(["check", str(bad), *options, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["merged"] == {"clean": str(clean), "added": 2, "rows": 3}
    assert main(["check", str(bad), *options]) == 2
    assert capsys.readouterr().err.startswith("preflight: nothing was merged: row 1 of ")
    mend(bad, **{"c@x.com": "d@x.com", "1/27/2024": "1/28/2024"})
    assert main(["check", str(bad), *options]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == (
        f"MERGED: 2 rows more at the end of {clean}, 5 in all. Next: uploader send {clean} --destination NAME "
        "--customeventaction CUSTOM_GENERAL --dateformat MM/dd/yyyy --rehearse"
    )
    assert main(["check", str(bad), *options, "--clean", "other.csv"]) == 2
    assert capsys.readouterr().err == (
        "preflight: --merge-into adds the good rows to a clean file, --clean begins a new one: give one of them\n"
    )
