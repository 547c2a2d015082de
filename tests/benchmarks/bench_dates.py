"""Time of the date check compared with plain pandas on the same values.

    python tests/benchmarks/bench_dates.py [ROWS]

Prints, for several date-time patterns, the seconds of `DateFormat.parse` and of `pandas.to_datetime(format=…)` over
ROWS (default 1,000,000) distinct texts and their ratio (target: at most 3); then the same for as many rows of 700
distinct dates. Then the share of the date rule in a whole check of a generated file of ROWS rows and 700 dates, with
clean and bad-rows files, in one process, by CPU time (target: at most 5 %). The second such file has 1 % bad rows, a
third of them by their date, so that over 500 texts more are explained. Last, the time of elimination compared with one
pass of `parse` in the right format, for columns of ROWS rows. Each figure is the best of three runs.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from preflight import Layout, check
from preflight.dates.format import DateFormat
from preflight.detect.dateformat import Elimination
from preflight.engine import parallel
from preflight.rules.date import DateColumn
from tests.benchmarks.generate import lines

RUN = 50_000
"""Rows in a run of records."""

PATTERNS = ("yyyy-MM-dd HH:mm:ss", "yyyy-MM-dd'T'HH:mm:ssXXX", "MM/dd/yyyy HH:mm:ss", "MM/dd/yyyy hh:mm:ss a")


def best(run: Callable[[], object], times: int = 3) -> float:
    """The least seconds of `run`."""
    seconds = []
    for _ in range(times):
        start = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def compare(label: str, dateformat: DateFormat, texts: pd.Series) -> None:
    """Print the seconds of both and their ratio, after asserting that they agree."""
    expected = pd.to_datetime(texts, format=dateformat.strptime)
    assert dateformat.parse(texts).astype(expected.dtype).equals(expected), label
    ours = best(lambda: dateformat.parse(texts))
    theirs = best(lambda: pd.to_datetime(texts, format=dateformat.strptime))
    print(f"{label:<42} {len(texts):>9,} rows  parse {ours:6.3f} s  pandas {theirs:6.3f} s  ratio {ours / theirs:5.2f}")


def share_of_check(rows: int, bad_per_mille: int) -> None:
    """Print the date rule's share of the CPU time of a whole check."""
    spent = 0.0
    rule = DateColumn.check

    def timed(column: DateColumn, cells: pd.Series) -> object:
        nonlocal spent
        start = time.thread_time()
        try:
            return rule(column, cells)
        finally:
            spent += time.thread_time() - start

    shares = []
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "events.csv")
        with source.open("w", encoding="utf-8", newline="") as out:
            out.writelines(f"{line}\n" for line in lines(rows, bad_per_mille=bad_per_mille))
        DateColumn.check = timed  # type: ignore[assignment, method-assign]
        parallel.LARGE_BYTES = 1 << 60  # all in this process, whose time is measured
        for _ in range(3):
            spent, start, wall = 0.0, time.process_time(), time.perf_counter()
            check(source, Layout(dateformat="MM/dd/yyyy"), clean=f"{folder}/clean.csv", bad_rows=f"{folder}/bad.csv")
            whole = time.process_time() - start
            shares.append((spent / whole, spent, whole, time.perf_counter() - wall))
        DateColumn.check = rule  # type: ignore[method-assign]
    share, date, whole, wall = min(shares)
    told = f"{date:.3f} s of {whole:.3f} s ({wall:.3f} s by the clock): {share:.1%}"
    print(f"date rule in a check of {rows:,} rows, {bad_per_mille / 10:.0f} % bad: {told}")


def eliminate(label: str, pattern: str, texts: pd.Series) -> None:
    """Print the time to find the format of a column, compared with reading it in that format."""
    dateformat, cells = DateFormat(pattern), texts.astype(pd.ArrowDtype(pa.string()))
    cells.index = pd.RangeIndex(1, len(cells) + 1)
    found: list[str] = []

    def run() -> None:
        elimination = Elimination(None)
        for start in range(0, len(cells), RUN):
            elimination.add(cells.iloc[start : start + RUN])
        chosen = elimination.result().chosen
        found.append(chosen.pattern if chosen else "")

    ours, once = best(run), best(lambda: dateformat.parse(cells))
    assert set(found) == {pattern}, found
    print(f"{label:<42} {len(texts):>9,} rows  found {ours:6.3f} s  parse  {once:6.3f} s  ratio {ours / once:5.2f}")


def main(rows: int) -> None:
    """Run the comparisons."""
    rng = np.random.default_rng(1)
    seconds = np.datetime64("2010-01-01", "s") + rng.choice(500_000_000, rows, replace=False).astype("timedelta64[s]")
    for pattern in PATTERNS:
        dateformat = DateFormat(pattern)
        written = pd.Series(seconds).dt.strftime(dateformat.strptime.replace("%z", "+00:00")).astype("str")
        compare(f"{pattern}, all distinct", dateformat, written)
    for pattern in ("MM/dd/yyyy", "yyyy-MM-dd", "EEE, dd MMM yyyy"):
        dateformat = DateFormat(pattern)
        days = pd.Series(np.datetime64("2023-01-01") + np.arange(700)).dt.strftime(dateformat.strptime).astype("str")
        compare(f"{pattern}, 700 distinct", dateformat, days.iloc[rng.integers(0, 700, rows)].reset_index(drop=True))
    for pattern in ("MM/dd/yyyy", "dd.MM.yyyy", "MM/dd/yyyy HH:mm:ss", "yyyy-MM-dd HH:mm:ss"):
        written = pd.Series(seconds).dt.strftime(DateFormat(pattern).strptime).astype("str")
        eliminate(f"elimination, {pattern}", pattern, written)
    for bad_per_mille in (0, 10):
        share_of_check(rows, bad_per_mille)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
