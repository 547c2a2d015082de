"""`preflight check F --clean C --bad-rows B` against DuckDB, polars and plain pandas doing the same job.

    python tests/benchmarks/bench_check.py --rows 1000000 --rounds 5

Whole processes, in turn, round by round; rows, bad rows and titles must agree between all before anything is printed.
Time is wall-clock, memory the process's peak, both as the operating system accounts for them; the ratio is that of the
medians. The commands run as installed ones do, with compiled bytecode. Needs `pip install '.[benchmarks]'`.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
LAYOUT = ["--dateformat", "MM/dd/yyyy"]


@dataclass(frozen=True)
class Run:
    """One process: wall-clock seconds, processor seconds, peak memory in MiB, and its counts."""

    wall: float
    cpu: float
    peak: float
    counts: tuple[int, int, int]


def command(engine: str, file: Path, folder: Path) -> list[str]:
    """The command line of one engine."""
    outputs = [str(folder / "clean.csv"), str(folder / "bad.csv")]
    if engine == "preflight":
        options = ["--clean", outputs[0], "--bad-rows", outputs[1], "--json", "--max-shown", "0"]
        return [sys.executable, "-m", "preflight", "check", str(file), *LAYOUT, *options]
    return [sys.executable, str(HERE / "peers.py"), engine, str(file), *outputs]


def measure(arguments: list[str]) -> Run:
    """Run a command to its end."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPATH"] = str(HERE.parents[1])
    with tempfile.TemporaryFile() as out:
        started = time.perf_counter()
        process = subprocess.Popen(arguments, stdout=out, env=environment)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        counts = json.load(out)
    titles = counts["titles"] if isinstance(counts["titles"], int) else counts["titles"]["distinct"]
    peak = usage.ru_maxrss / 1024
    return Run(wall, usage.ru_utime + usage.ru_stime, peak, (counts["rows"], counts["bad_rows"], titles))


def main() -> None:
    """Measure what the command line asks for and print ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--bad-per-mille", type=int, default=10)
    parser.add_argument("--engines", nargs="+", default=["preflight", "duckdb", "polars", "pandas"])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        file = folder / "events.csv"
        shape = ["--rows", str(options.rows), "--bad-per-mille", str(options.bad_per_mille)]
        subprocess.run([sys.executable, str(HERE / "generate.py"), str(file), *shape], check=True)
        print(
            f"{options.rows:,} rows, {file.stat().st_size / 1e6:.0f} MB, {options.rounds} rounds after one to warm up"
        )
        runs: dict[str, list[Run]] = {engine: [] for engine in options.engines}
        for _ in range(options.rounds + 1):
            for engine in options.engines:
                runs[engine].append(measure(command(engine, file, folder)))
    counts = {engine: done[-1].counts for engine, done in runs.items()}
    if len(set(counts.values())) != 1:
        sys.exit(f"the engines disagree on (rows, bad rows, titles): {counts}")
    print("all agree: {:,} rows, {:,} bad, {} titles".format(*next(iter(counts.values()))))
    print_table({engine: done[1:] for engine, done in runs.items()})


def print_table(runs: dict[str, list[Run]]) -> None:
    """Medians, and the first engine's as a share of each."""
    first = next(iter(runs))
    ours = statistics.median(run.wall for run in runs[first])
    our_peak = max(run.peak for run in runs[first])
    print(
        f"{'engine':<10} {'wall s':>7} {'(min–max)':>13} {'cpu s':>6} {'peak MiB':>9}   {first}'s share of time, peak"
    )
    for engine, done in runs.items():
        wall, cpu = statistics.median(run.wall for run in done), statistics.median(run.cpu for run in done)
        spread = f"({min(run.wall for run in done):.2f}–{max(run.wall for run in done):.2f})"
        peak = max(run.peak for run in done)
        shares = f"{ours / wall:.2f}, {our_peak / peak:.2f}"
        print(f"{engine:<10} {wall:>7.2f} {spread:>13} {cpu:>6.2f} {peak:>9.0f}   {shares}")


if __name__ == "__main__":
    main()
