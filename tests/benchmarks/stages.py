"""Where the time of one check goes, by stage and by process.

    python tests/benchmarks/stages.py FILE

Each process accounts for the processor seconds of its own stages and writes them down when it ends: one reads, cuts
and writes, the others judge. `waits` is the time by the clock that the first spends waiting for them. A stage's time
is without that of the stages inside it.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
STARTED = time.perf_counter()

spent: Counter[str] = Counter()
inside: list[float] = [0.0]


def timed(owner: Any, name: str, stage: str, clock: Callable[[], float] = time.thread_time) -> None:
    """Let a function or method account for its time."""
    function = getattr(owner, name)

    def measured(*arguments: Any, **named: Any) -> Any:
        inside.append(0.0)
        started = clock()
        try:
            return function(*arguments, **named)
        finally:
            taken = clock() - started
            spent[stage] += taken - inside.pop()
            inside[-1] += taken

    setattr(owner, name, measured)


def instrument(folder: Path) -> None:
    """Time the stages, and let a worker write its own down after each run of records."""
    from preflight.engine import onepass, processes, summary, workers
    from preflight.outputs import sinks
    from preflight.records import openers, scanner

    for owner, name, stage in (
        (openers.InputFile, "read", "read the file"),
        (scanner._Scanner, "scan", "cut records"),
        (scanner, "_pieces", "cut records"),
        (workers, "_put", "hand over"),
        (summary.WholeFile, "add", "add up"),
        (summary.WholeFile, "problems", "the file as a whole"),
        (onepass, "detect", "detect the layout"),
        (sinks.CleanFile, "add", "write the clean file"),
        (sinks.WrittenParts, "add", "write the bad rows"),
    ):
        timed(owner, name, stage)
    timed(processes._Pipes, "told", "waits", time.perf_counter)
    serve, import_module, importer = processes._serve, processes.import_module, [0]

    def imported(name: str) -> Any:
        spent.clear()
        started = time.thread_time()
        module = import_module(name)
        spent["import"], importer[0] = time.thread_time() - started, os.getpid()
        instrument_judging()
        return module

    def served(*arguments: Any) -> None:
        if os.getpid() != importer[0]:
            del spent["import"]  # it was done where this process was forked from
        serve(*arguments)
        (folder / str(os.getpid())).write_text(json.dumps(spent))

    processes.import_module, processes._serve = imported, served


def instrument_judging() -> None:
    """Time the stages of judging, which is imported where it is done."""
    from preflight.engine import judging
    from preflight.outputs import bad_rows
    from preflight.records import cells
    from preflight.rules import date, domain, email, note, title

    for owner, name, stage in (
        (judging.Judge, "judge", "judge: the rest"),
        (cells.CellReader, "cut", "records to cells"),
        (date.DateColumn, "check", "rule: date"),
        (email, "check", "rule: email"),
        (domain, "check", "rule: domains"),
        (title, "check", "rule: title"),
        (note, "check", "rule: note"),
        (note, "check_mojibake", "rule: mojibake"),
        (judging, "touch_point_hashes", "hashes"),
        (judging, "distinct", "titles"),
        (bad_rows.BadRowsFile, "_lines", "bad rows as text"),
    ):
        timed(owner, name, stage)


def main() -> None:
    """Check the file, then print what each process did."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        instrument(folder)
        from preflight import Layout, check

        ready = time.perf_counter()
        layout = Layout(dateformat="MM/dd/yyyy")
        check(sys.argv[1], layout, clean=folder / "clean.csv", bad_rows=folder / "bad.csv", max_shown=0)
        ended = time.perf_counter()
        told = {"reads, cuts, writes": spent}
        for path in sorted(folder.glob("[0-9]*")):
            told[f"judges ({len(told)})"] = json.loads(path.read_text())
    print(f"{ended - ready:.2f} s by the clock, after {ready - STARTED:.2f} s of imports")
    for process, stages in told.items():
        busy = sum(seconds for stage, seconds in stages.items() if stage != "waits")
        print(f"{process}: {busy:.2f} s of processor time")
        for stage, seconds in sorted(stages.items(), key=lambda item: -item[1]):
            if seconds >= 0.001:
                share = "by the clock" if stage == "waits" else f"{seconds / busy:5.0%}"
                print(f"    {stage:<22} {seconds:6.3f} s {share}")


if __name__ == "__main__":
    main()
