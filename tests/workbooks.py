"""Workbooks for tests: written by XlsxWriter, converted by LibreOffice, many in one call."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import xlsxwriter

Fill = Callable[[xlsxwriter.Workbook], None]

HEADING = ("Email", "Event Date", "Event Title")


def written(path: Path, fill: Fill, **options: object) -> Path:
    """A workbook at `path`, filled by `fill`."""
    book = xlsxwriter.Workbook(str(path), dict(options))
    fill(book)
    book.close()
    return path


def people(book: xlsxwriter.Workbook, sheet: str = "People", number: int = 3) -> xlsxwriter.worksheet.Worksheet:
    """A sheet of this many good rows, with dates as text."""
    made = book.add_worksheet(sheet)
    made.write_row(0, 0, HEADING)
    for i in range(1, number + 1):
        made.write_row(i, 0, [f"p{i}@example.com", f"2024-01-{i:02d}", "Webinar"])
    return made


def converted(files: Sequence[Path], kind: str, folder: Path) -> list[Path]:
    """Files converted by LibreOffice, with its own profile; `kind` is the ending."""
    office = shutil.which("soffice")
    assert office is not None
    subprocess.run(
        [office, f"-env:UserInstallation={(folder / 'profile').as_uri()}", "--headless", "--convert-to", kind,
         "--outdir", str(folder / kind), *map(str, files)],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    return [folder / kind / f"{file.stem}.{kind}" for file in files]
