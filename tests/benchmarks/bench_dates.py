"""How long the date check takes beside plain pandas on the same values.

    python tests/benchmarks/bench_dates.py [ROWS]

Prints, for some date-time patterns, the seconds of `DateFormat.parse` and of `pandas.to_datetime(format=…)` over ROWS
distinct texts (1,000,000 unless told) and their ratio, at most 3 being the aim; then the same for as many rows of 700
distinct dates.
Each figure is the best of three runs.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from preflight.dateformat import DateFormat

PATTERNS = ("yyyy-MM-dd HH:mm:ss", "yyyy-MM-dd'T'HH:mm:ssXXX", "MM/dd/yyyy HH:mm:ss", "MM/dd/yyyy hh:mm:ss a")


def best(run: Callable[[], object], times: int = 3) -> float:
    """The least seconds that `run` takes."""
    seconds = []
    for _ in range(times):
        start = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def compare(label: str, dateformat: DateFormat, texts: pd.Series) -> None:
    """Print the seconds of both and their ratio, after making sure that they agree."""
    expected = pd.to_datetime(texts, format=dateformat.strptime)
    assert dateformat.parse(texts).astype(expected.dtype).equals(expected), label
    ours = best(lambda: dateformat.parse(texts))
    theirs = best(lambda: pd.to_datetime(texts, format=dateformat.strptime))
    print(f"{label:<42} {len(texts):>9,} rows  parse {ours:6.3f} s  pandas {theirs:6.3f} s  ratio {ours / theirs:5.2f}")


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


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
