"""Check of a workbook compared with python-calamine only reading it; bad rows as a workbook compared with CSV.

Whole processes, the best of several rounds: `python tests/benchmarks/bench_workbooks.py [ROWS]`.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime, timedelta
from multiprocessing import get_context
from pathlib import Path

import xlsxwriter

ROUNDS = 4
ALONE = """import sys
from python_calamine import CalamineWorkbook
sum(1 for _ in CalamineWorkbook.from_path(sys.argv[1]).get_sheet_by_index(0).iter_rows())"""


def write(path: Path, rows: int) -> None:
    """Write a sheet of this many good rows in seven columns, with real dates."""
    book = xlsxwriter.Workbook(str(path))
    sheet, day = book.add_worksheet("People"), book.add_format({"num_format": "yyyy-mm-dd"})
    sheet.write_row(0, 0, ["Email", "First Name", "Company", "Event Date", "Event Title", "Note", "Minutes"])
    for i in range(1, rows + 1):
        sheet.write_row(i, 0, [f"p{i}@example{i % 997}.com", f"First{i % 500}", f"Company {i % 3000}"])
        sheet.write_datetime(i, 3, datetime(2024, 1, 1) + timedelta(days=i % 300), day)
        sheet.write_row(i, 4, [f"Webinar {i % 7}", "plain", i % 90])
    book.close()


def write_bad(path: Path, rows: int) -> None:
    """Write a CSV file in which every tenth row is bad."""
    lines = ["Email,First Name,Company,Event Date,Event Title,Note,Minutes"]
    for i in range(rows):
        email = f"p{i}{'@' if i % 10 else ''}example.com"
        lines.append(
            f"{email},First{i % 500},Company {i % 3000},2024-01-{1 + i % 28:02d},Webinar {i % 7},plain,{i % 90}"
        )
    path.write_text("\n".join(lines) + "\n")


def best(*command: str) -> tuple[float, int]:
    """The least seconds of a command, and in MiB the largest memory of any of its processes, in several rounds."""
    seconds, memory = float("inf"), 0
    for _ in range(ROUNDS):
        start = time.perf_counter()
        process = subprocess.Popen([sys.executable, *command], stdout=subprocess.DEVNULL)
        _, _, usage = os.wait4(process.pid, 0)
        seconds, memory = min(seconds, time.perf_counter() - start), max(memory, usage.ru_maxrss // 1024)
    return seconds, memory


def main(rows: int) -> None:
    """Measure, and print ratios."""
    # The process that writes the workbook grows, and a forked process begins with the peak of its parent.
    apart = ProcessPoolExecutor(1, mp_context=get_context("spawn"))
    with tempfile.TemporaryDirectory() as name, apart:
        folder, check = Path(name), ("-m", "preflight", "check")
        for number in (rows // 4, rows):
            apart.submit(write, folder / "book.xlsx", number).result()
            alone, least = best("-c", ALONE, str(folder / "book.xlsx"))
            whole, most = best(*check, str(folder / "book.xlsx"), "--clean", str(folder / "clean.csv"))
            print(f"{number:,} rows: {whole / alone:.2f} times calamine alone; {most} MiB, calamine {least} MiB")
        write_bad(folder / "bad.csv", 100_000)
        plain, _ = best(*check, str(folder / "bad.csv"))
        text, _ = best(*check, str(folder / "bad.csv"), "--bad-rows", str(folder / "rows.csv"))
        book, _ = best(*check, str(folder / "bad.csv"), "--bad-rows", str(folder / "rows.xlsx"))
        print(f"10,000 bad rows: as a workbook {(book - plain) / (text - plain):.1f} times what they add as text")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200_000)
