"""Throughput of `check_many` by number of workers, and its overhead per file.

    python tests/benchmarks/bench_many.py [--files 1000] [--rounds 3]

Prints, for generated files of 1 MB with 1 % bad rows (a few dozen different ones in turn) and pools of one and two
processes: seconds, files a second, and the speedup of two (target: at least 1.6). Then, for files of a few rows, the
time that `check_many` adds per file to `check` in a loop, without an executor and through a pool of one process
(target: under 10 ms). Then the peak memory of the calling process, with totals, by number of files, which must be flat.
From these figures it estimates 100,000 files on 50 workers, and the number of workers beyond which more gain nothing.
"""

from __future__ import annotations

import argparse
import pickle
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import Executor, ProcessPoolExecutor
from itertools import cycle, islice
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from preflight import Layout, Report, Totals, check, check_many
from tests.benchmarks.generate import lines

LAYOUT = Layout(email="Email", date="Event Date", title="Event Title", note="Note", dateformat="MM/dd/yyyy")
MEGABYTE = 1_000_000
DIFFERENT = 24
"""Number of different files of 1 MB."""

WORKERS, FILES = 50, 100_000
"""The estimated case."""


def written(folder: Path) -> list[Path]:
    """Write different files of 1 MB."""
    text = "".join(f"{line}\n" for line in lines(DIFFERENT * 12_000)).encode()
    heading, _, rows = text.partition(b"\n")
    files = []
    for number in range(DIFFERENT):
        files.append(folder / f"events-{number}.csv")
        start, stop = (rows.index(b"\n", (number + more) * MEGABYTE) + 1 for more in (0, 1))
        files[-1].write_bytes(heading + b"\n" + rows[start:stop])
    return files


def seconds(call: Callable[[], object]) -> float:
    """The seconds of a call."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def all_of(files: list[Path], executor: Executor | None) -> None:
    """Check all files, and add up the totals."""
    with Totals() as totals:
        for found in check_many(files, LAYOUT, executor=executor, totals=totals):
            assert isinstance(found, Report)
        assert totals.summary().files == len(files)


def on_workers(files: list[Path], rounds: int) -> tuple[float, float]:
    """Print the time with one worker and with two.

    Returns the seconds per file with one, and the CPU seconds per file of the calling process.
    """
    least = {1: float("inf"), 2: float("inf")}
    pools = {workers: ProcessPoolExecutor(workers) for workers in least}
    for workers, pool in pools.items():
        all_of(files[: 4 * workers], pool)  # after the workers have imported everything
    before = time.process_time()
    for _ in range(rounds):
        for workers, pool in pools.items():
            least[workers] = min(least[workers], seconds(lambda pool=pool: all_of(files, pool)))
    busy = (time.process_time() - before) / (len(files) * rounds * len(pools))
    for workers, pool in pools.items():
        pool.shutdown()
        print(f"{len(files):,} files of 1 MB, {workers} worker(s): {least[workers]:.1f} s, "
              f"{len(files) / least[workers]:.0f} files a second")  # fmt: skip
    print(f"  two are {least[1] / least[2]:.2f} times as fast as one")
    print(f"  the process that asks is busy for {1000 * busy:.2f} ms of a file")
    return least[1] / len(files), busy


def overhead(folder: Path, rounds: int) -> None:
    """Print the overhead per file."""
    small = folder / "small.csv"
    small.write_text("Email,Event Date,Event Title,Note\n" + "jo@x.com,01/25/2024,Webinar,\n" * 5)
    files = [small] * 300
    ways: dict[str, Callable[[], object]] = {
        "check in a loop": lambda: [check(file, LAYOUT) for file in files],
        "check_many": lambda: all_of(files, None),
    }
    with ProcessPoolExecutor(1) as pool:
        all_of(files[:4], pool)
        ways["check_many, a pool of one process"] = lambda: all_of(files, pool)
        least = {name: min(seconds(way) for _ in range(rounds)) / len(files) for name, way in ways.items()}
    loop = least["check in a loop"]
    for name, spent in least.items():
        print(f"a file of 5 rows, {name}: {1000 * spent:.2f} ms, {1000 * (spent - loop):+.2f} ms")


def memory(folder: Path) -> None:
    """Print the peak of the calling process, in a new process for each number of files."""
    for number in (200, 2_000):
        command = [sys.executable, __file__, "--only-ask", str(number), str(folder / "small.csv")]
        told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        print(f"{number:,} files asked for, with totals: {told.strip()}")


def only_ask(number: int, file: Path) -> None:
    """Check one file many times through a pool, and print the peak of this process."""
    with ProcessPoolExecutor(1) as pool, Totals() as totals:
        for _ in check_many((file for _ in range(number)), LAYOUT, executor=pool, totals=totals):
            pass
        totals.summary()
    print(f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB at most")


def main() -> None:
    """Run all measurements."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--files", type=int, default=1_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only-ask", nargs=2)
    options = parser.parse_args()
    if options.only_ask:
        only_ask(int(options.only_ask[0]), Path(options.only_ask[1]))
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = written(folder)
        a_file, busy = on_workers(list(islice(cycle(files), options.files)), options.rounds)
        overhead(folder, options.rounds)
        memory(folder)
        report = len(pickle.dumps(check(files[0], LAYOUT, max_shown=1_000)))
        of_rows = 12 * check(files[0], LAYOUT).good_rows
    print(f"a report of 1 MB is {report / 1000:.0f} kB as it travels, its touch points {of_rows / 1000:.0f} kB")
    minutes = FILES * max(a_file / WORKERS, busy) / 60
    print(
        f"on paper, {FILES:,} files of 1 MB on {WORKERS} workers: {minutes:.1f} min; the process that asks keeps up "
        f"with some {a_file / busy:.0f} workers"
    )


if __name__ == "__main__":
    main()
