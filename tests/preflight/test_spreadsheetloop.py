"""A bad-rows file opened, mended and saved by LibreOffice, then checked and merged with the same layout."""

from __future__ import annotations

import csv
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from preflight import Layout, check, merge_into
from tests.tool import needed

QUOTES = {"DOUBLE_QUOTE": '"', "SINGLE_QUOTE": "'"}
SEPARATORS = {"COMMA": ",", "SEMICOLON": ";", "TAB": "\t"}
HEADING = ["Email", "Date", "Title", "Id", "Note"]
MENDED = "mended@x.com"
LAYOUT = Layout("Email", "Date", "Title", None, "MM/dd/yyyy", "COMMA", "DOUBLE_QUOTE", "Y")
GUARDED = ["=1+1", "+491701234567", "0049", "1234567890123456", "-1.50", "12E3", "@me", "'=x"]
PLAIN = ["Müller – 😀", 'say "hi", you; all', "it's", "two\nlines", "-5", "0.5", "1E5x", "TRUE STORY", "ŁÓDŹ", ""]

Spreadsheet = Callable[..., Path]
"""Opens a CSV file as the dialog of the program does, changes `nobody` to a valid address, and saves it as CSV."""


@pytest.fixture(scope="module")
def spreadsheet(tmp_path_factory: pytest.TempPathFactory) -> Spreadsheet:
    program, profile = needed("soffice", "libreoffice-calc"), tmp_path_factory.mktemp("soffice").as_uri()

    def convert(file: Path, kind: str, read_as: str = "") -> Path:
        folder = file.parent / "saved"
        options = [f"-env:UserInstallation={profile}", "--headless", *([f"--infilter={read_as}"] if read_as else [])]
        subprocess.run(
            [program, *options, "--convert-to", kind, "--outdir", folder, file], check=True, capture_output=True
        )
        return folder / f"{file.stem}.{kind.partition(':')[0]}"

    def mended(file: Path, separator: str, quote: str, special_numbers: str = "false") -> Path:
        cells = f"{ord(separator)},{ord(quote)},76"  # 76 is UTF-8, which the byte order mark says to a person's program
        sheet = convert(file, "fods", f"CSV:{cells},1,,0,false,{special_numbers}")
        sheet.write_text(sheet.read_text(encoding="utf-8").replace("nobody", MENDED), encoding="utf-8")
        return convert(sheet, f"csv:Text - txt - csv (StarCalc):{cells}")

    return mended


def table(path: Path, separator: str, quote: str) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file, delimiter=separator, quotechar=quote))


@pytest.mark.parametrize("quotecharacter", QUOTES)
@pytest.mark.parametrize("fieldseparator", SEPARATORS)
def test_every_cell_survives_mending_in_libreoffice(
    fieldseparator: str, quotecharacter: str, spreadsheet: Spreadsheet, tmp_path: Path
) -> None:
    separator, quote = SEPARATORS[fieldseparator], QUOTES[quotecharacter]
    layout = Layout("Email", "Date", "Title", "Note", "MM/dd/yyyy", fieldseparator, quotecharacter, "Y")
    source, clean, bad = (tmp_path / name for name in ("in.csv", "clean.csv", "bad.csv"))
    rows = [["nobody", "01/25/2024", cell or "T", cell, cell] for cell in GUARDED + PLAIN]
    with source.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=separator, quotechar=quote).writerows(
            [HEADING, ["good@x.com", "01/25/2024", "T", "1", "n"], *rows]
        )
    check(source, layout, clean=clean, bad_rows=bad)
    saved = spreadsheet(bad, separator, quote)
    report, merged = merge_into(clean, saved, layout)
    assert report.ok, report.examples
    assert merged is not None
    assert merged.added == len(rows)
    assert table(clean, separator, quote)[2:] == [[MENDED, *row[1:]] for row in rows]


def test_spoiled_rows_saved_unmended_stay_bad(spreadsheet: Spreadsheet, tmp_path: Path) -> None:
    source, bad = tmp_path / "in.csv", tmp_path / "bad.csv"
    good = "a@x.com,01/25/2024,T"
    source.write_text(f'Email,Date,Title\n{good},x\na@x.com,01/25/2024\n{good}"x\n"{good}\n', encoding="utf-8")
    first = check(source, LAYOUT, bad_rows=bad)
    saved = spreadsheet(bad, ",", '"')
    again = check(saved, LAYOUT)
    assert (
        again.problems == first.problems == {"missing-cell": 1, "extra-cell": 1, "stray-quote": 1, "unclosed-quote": 1}
    )
    assert table(saved, ",", '"') == table(bad, ",", '"')


def test_a_date_reformatted_by_libreoffice_is_reported(spreadsheet: Spreadsheet, tmp_path: Path) -> None:
    source, bad = tmp_path / "in.csv", tmp_path / "bad.csv"
    source.write_text("Email,Date,Title\nnobody,01/25/2024,T\n", encoding="utf-8")
    check(source, LAYOUT, bad_rows=bad)
    report = check(spreadsheet(bad, ",", '"', "true"), LAYOUT)
    assert report.problems == {"date-year": 1}
    assert (report.examples[0].value, report.examples[0].suggestion) == ("01/25/24", "01/25/2024")
