"""`preflight check F --clean C --bad-rows B` compared with DuckDB, polars and plain pandas, and with itself.

    python tests/benchmarks/bench_check.py --rows 1000000 --rounds 5
    python tests/benchmarks/bench_check.py peers floor --rows 5000000 --rounds 3 --engines preflight duckdb
    python tests/benchmarks/bench_check.py choosing --rounds 3
    python tests/benchmarks/bench_check.py variants extremes profile
    python tests/benchmarks/bench_check.py memory --rows 20000000

    peers      the engines; all must agree on rows, bad rows and titles before anything is printed
    floor      DuckDB, the least work of a check with pandas (`least.py`), Arrow only parsing the same file, and
               processes that only import
    choosing   `--only`, constants and `--once-per-day` compared with a check without them (target: at most 1.15), on a
               file with few repeated visits, and on one with a row per join, in the order of time and shuffled
    variants   all rows bad, quotes in every cell, line breaks in notes, CR LF, TAB, UTF-16: each against the plain file
    worst      every row with the same kind of problem, each against all rows good (`worst.py` has the kinds)
    workers    as many workers as cores, and more
    extremes   a record of 100 MB, a million columns, only quotes, only line ends, an unclosed quote before line ends
    profile    CPU time of one check by stage
    memory     the peak for 1,000,000 rows, for as many bad ones, and for ROWS

Whole processes are run in turn, round by round, each writing new files after the removal of earlier ones. Time is
wall-clock and CPU time of all processes, from the operating system's accounting. Memory is the peak of the sum over all
processes of their proportional share (PSS, sampled every 20 ms). Ratios are those of the medians. The commands run with
compiled bytecode, as installed ones do. Needs `pip install '.[benchmarks]'`.
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
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from worst import WORST, write

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from preflight.executors.cores import cores

HERE = Path(__file__).parent
LAYOUT = ["--dateformat", "MM/dd/yyyy"]
PARTS = ("peers", "floor", "choosing", "variants", "worst", "workers", "extremes", "profile", "memory")
ALL_GOOD = ("--bad-per-mille", "0")
OUTPUTS = ("clean.csv", "bad.csv")
CHOOSING: dict[str, list[str]] = {
    "without": [],
    "once per day": ["--once-per-day"],
    "only": ["--only", "First Name!=nobody"],
    "constants": ["--title-text", "Webinar", "--note-text", "came"],
}
VARIANTS = ("plain", "no bad rows", "all rows bad", "quotes", "newlines", "crlf", "tab", "utf-16")
WITH_WORKERS = """
import sys
from preflight.engine import pool
from preflight.cli.main import command
workers = int(sys.argv.pop(1))
pool.cores = lambda: workers
command()
"""
FLOORS = {
    "arrow": "import pyarrow.csv, sys; print(pyarrow.csv.read_csv(sys.argv[1]).num_rows)",
    "imports": "import numpy, pyarrow.csv, pyarrow.compute, pandas, email_validator",
    "numpy": "import numpy",
}


@dataclass(frozen=True)
class Run:
    """The measurements of a command with its children: wall-clock and CPU seconds, peak memory in MiB, and stdout."""

    wall: float
    cpu: float
    peak: float
    out: str
    code: int


def check_command(file: Path, *options: str, layout: Sequence[str] = LAYOUT) -> list[str]:
    """The command line of a check with both outputs beside the file."""
    clean, bad = (str(file.parent / name) for name in OUTPUTS)
    outputs = ["--clean", clean, "--bad-rows", bad]
    return [sys.executable, "-m", "preflight", "check", str(file), *layout, *outputs, "--json", *options]


def engine_command(engine: str, file: Path) -> list[str]:
    """The command line of one engine."""
    if engine == "preflight":
        return check_command(file, "--max-shown", "0")
    return [
        sys.executable,
        str(HERE / "peers.py"),
        engine,
        *(str(file.parent / name) for name in (file.name, *OUTPUTS)),
    ]


def measure(arguments: list[str], sampled: bool = False) -> Run:
    """Run a command to its end; memory is measured only if `sampled`, as sampling takes time."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPATH"] = str(HERE.parents[1])
    for output in arguments:
        if Path(output).name in OUTPUTS:
            Path(output).unlink(missing_ok=True)  # overwriting a file takes the file system extra time
    with tempfile.TemporaryFile() as out:
        started, peak = time.perf_counter(), 0.0
        process = subprocess.Popen(arguments, stdout=out, stderr=subprocess.STDOUT, env=environment)
        while sampled and not os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            peak = max(peak, sum(map(pss, family(process.pid))))
            time.sleep(0.02)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        text = out.read().decode()
    return Run(wall, usage.ru_utime + usage.ru_stime, peak, text, process.returncode)


def family(process: int) -> list[int]:
    """A process and all its descendants."""
    try:
        children = Path(f"/proc/{process}/task/{process}/children").read_text()
    except OSError:
        return [process]
    return [process, *(one for child in children.split() for one in family(int(child)))]


def pss(process: int) -> float:
    """The proportional set size (PSS) of a process in MiB."""
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:  # it has ended
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("Pss:")), 0.0)


def counts(run: Run) -> tuple[int, int, int]:
    """Rows, bad rows and distinct titles printed by an engine."""
    told = json.loads(run.out)
    titles = told["titles"] if isinstance(told["titles"], int) else told["titles"]["distinct"]
    return told["rows"], told["bad_rows"], titles


def in_turn(commands: dict[str, list[str]], rounds: int) -> dict[str, list[Run]]:
    """Run commands in turn: a warm-up round, then `rounds`, the last of which also measures memory."""
    runs: dict[str, list[Run]] = {name: [] for name in commands}
    for number in range(rounds + 1):
        for name, command in commands.items():
            run = measure(command, sampled=number == 0)
            runs[name].append(run)
    return runs


def print_table(runs: dict[str, list[Run]], others: str) -> None:
    """Print the medians, and the ratio of each to the first, or of the first to each."""
    first = next(iter(runs))
    base = statistics.median(run.wall for run in runs[first][1:])
    base_cpu = statistics.median(run.cpu for run in runs[first][1:])
    print(f"{'':<14} {'wall s':>7} {'(min–max)':>13} {'cpu s':>6} {'peak MiB':>9}   {others}: wall, cpu, memory")
    for name, done in runs.items():
        wall = statistics.median(run.wall for run in done[1:])
        cpu = statistics.median(run.cpu for run in done[1:])
        spread = f"({min(run.wall for run in done[1:]):.2f}–{max(run.wall for run in done[1:]):.2f})"
        ratios = [base / wall, base_cpu / cpu, runs[first][0].peak / max(done[0].peak, 1)]
        if "times" in others:
            ratios = [1 / ratio for ratio in ratios]
        shown = ", ".join(f"{ratio:.2f}" for ratio in ratios)
        print(f"{name:<14} {wall:>7.2f} {spread:>13} {cpu:>6.2f} {done[0].peak:>9.0f}   {shown}")


def generate(file: Path, rows: int, *options: str) -> Path:
    """Write a file of `rows` rows."""
    subprocess.run([sys.executable, str(HERE / "generate.py"), str(file), "--rows", str(rows), *options], check=True)
    return file


def peers(folder: Path, options: argparse.Namespace) -> None:
    """Compare the engines on one file."""
    file = generate(folder / "events.csv", options.rows, "--bad-per-mille", str(options.bad_per_mille))
    print(f"\npeers: {options.rows:,} rows, {file.stat().st_size / 1e6:.0f} MB, {options.rounds} rounds after one more")
    runs = in_turn({engine: engine_command(engine, file) for engine in options.engines}, options.rounds)
    told = {engine: counts(done[-1]) for engine, done in runs.items()}
    if len(set(told.values())) != 1:
        sys.exit(f"the engines disagree on (rows, bad rows, titles): {told}")
    print("all agree: {:,} rows, {:,} bad, {} titles".format(*next(iter(told.values()))))
    print_table(runs, f"{options.engines[0]}'s share")


def floor(folder: Path, options: argparse.Namespace) -> None:
    """Compare with the least possible work."""
    file = generate(folder / "events.csv", options.rows, "--bad-per-mille", "0")
    print(f"\nfloor: {options.rows:,} rows")
    commands = {engine: engine_command(engine, file) for engine in ("preflight", "duckdb")}
    commands["least"] = [sys.executable, str(HERE / "least.py"), str(file), str(folder / OUTPUTS[0])]
    commands |= {name: [sys.executable, "-c", code, str(file)] for name, code in FLOORS.items()}
    print_table(in_turn(commands, options.rounds), "preflight's multiple of it")


def choosing(folder: Path, options: argparse.Namespace) -> None:
    """Measure the cost of selecting rows, and of texts for all rows."""
    for visits in ("", "ordered", "shuffled"):
        file = generate(folder / "events.csv", options.rows, *(["--visits", visits] if visits else []))
        print(f"\nchoosing: {options.rows:,} rows, {f'one a join, {visits}' if visits else 'plain'}")
        layout = ["--dateformat", "MM/dd/yyyy HH:mm"] if visits else LAYOUT
        commands = {
            name: check_command(file, "--max-shown", "0", *more, layout=layout) for name, more in CHOOSING.items()
        }
        print_table(in_turn(commands, options.rounds), "times without")


def variants(folder: Path, options: argparse.Namespace) -> None:
    """Compare the same rows in other formats, and with none or all of them bad."""
    print(f"\nvariants: {options.rows:,} rows")
    commands = {}
    for variant in VARIANTS:
        inside = folder / variant.replace(" ", "-")
        inside.mkdir()
        bad = {"no bad rows": "0", "all rows bad": "1000"}.get(variant, "10")
        written = variant if variant not in ("plain", "no bad rows", "all rows bad") else "plain"
        file = generate(inside / "events.csv", options.rows, "--bad-per-mille", bad, "--written", written)
        commands[variant] = engine_command("preflight", file)
    print_table(in_turn(commands, options.rounds), "times plain")


def worst(folder: Path, options: argparse.Namespace) -> None:
    """Measure files in which every row has the same kind of problem."""
    print(f"\nworst: {options.rows:,} rows")
    commands = {"no bad rows": engine_command("preflight", generate(folder / "good.csv", options.rows, *ALL_GOOD))}
    for number, kind in enumerate(options.kinds or WORST):
        inside = folder / str(number)
        inside.mkdir()
        write(inside / "events.csv", kind, options.rows)
        commands[kind] = engine_command("preflight", inside / "events.csv")
    print_table(in_turn(commands, options.rounds), "times all good")


def workers(folder: Path, options: argparse.Namespace) -> None:
    """Measure one file with as many workers as cores, and with more."""
    file = generate(folder / "events.csv", options.rows)
    there = cores()
    print(f"\nworkers: {options.rows:,} rows on {there} cores")
    _, _, _, *arguments = engine_command("preflight", file)
    commands = {
        f"{number} workers": [sys.executable, "-c", WITH_WORKERS, str(number), *arguments]
        for number in (there, there + 1, 2 * there, 4 * there)
    }
    print_table(in_turn(commands, options.rounds), "times as many as cores")


def extremes(folder: Path, options: argparse.Namespace) -> None:
    """Check extreme files, which are handled or refused with one line."""
    heading = b"email,date,title\n"
    files: dict[str, Callable[[], bytes]] = {
        "a cell of 100 MB": lambda: heading + b"a@x.com,01/25/2024," + b"x" * (100 << 20) + b"\n",
        "quoted 100 MB": lambda: heading + b'a@x.com,01/25/2024,"' + (b"x" * 99 + b"\n") * (1 << 20) + b'"\n',
        "million columns": lambda: (
            b",".join([b"email,date,title", *[b"x"] * 1_000_000]) + b"\n" + b"," * 1_000_002 + b"\n"
        ),
        "only quotes": lambda: b'"' * (100 << 20),
        "only line ends": lambda: heading + b"\n" * (1 << 20),
        "open, line ends": lambda: heading + b'a@x.com,01/25/2024,"T\n' + b"\n" * (20 << 20),
    }
    print("\nextremes")
    for name, content in files.items():
        file = folder / "extreme.csv"
        file.write_bytes(content())
        run = measure(check_command(file, "--max-shown", "0"), sampled=True)
        lines = run.out.splitlines()
        said = "a report" if run.code in (0, 1) else lines[-1][:90] if len(lines) == 1 else f"{len(lines)} lines!"
        print(f"{name:<18} exit {run.code}  {run.wall:>6.2f} s  {run.peak:>5.0f} MiB  {said}")
        file.unlink()


def profile(folder: Path, options: argparse.Namespace) -> None:
    """Print the stages of one check, all in one process."""
    file = generate(folder / "events.csv", options.rows, "--bad-per-mille", str(options.bad_per_mille))
    print(f"\nprofile: {options.rows:,} rows", flush=True)
    subprocess.run([sys.executable, str(HERE / "stages.py"), str(file)], check=True)


def memory(folder: Path, options: argparse.Namespace) -> None:
    """Print the peak for a file of ordinary size, for one of bad rows only, and for a large one."""
    print("\nmemory")
    for rows, bad in sorted({(1_000_000, options.bad_per_mille), (1_000_000, 1_000), (options.rows, 10)}):
        file = generate(folder / "events.csv", rows, "--bad-per-mille", str(bad))
        run = measure(engine_command("preflight", file), sampled=True)
        of = f"{rows:>12,} rows, {bad / 10:g} % bad"
        print(f"{of}  {run.wall:>6.2f} s  cpu {run.cpu:>6.2f} s  peak {run.peak:>5.0f} MiB", flush=True)
        file.unlink()


def main() -> None:
    """Measure what the command line asks for and print ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", default=["peers"], metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--bad-per-mille", type=int, default=10)
    parser.add_argument("--kinds", nargs="+", choices=WORST, metavar="KIND", help="of the part `worst` (default: all)")
    parser.add_argument("--engines", nargs="+", default=["preflight", "duckdb", "polars", "pandas"])
    options = parser.parse_args()
    for part in options.parts:
        if part not in PARTS:
            parser.error(f"{part} is none of {', '.join(PARTS)}")
        with tempfile.TemporaryDirectory() as folder:
            globals()[part](Path(folder), options)


if __name__ == "__main__":
    main()
