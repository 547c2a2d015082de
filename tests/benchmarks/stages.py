"""CPU time of one check, by stage.

    python tests/benchmarks/stages.py FILE

All of it runs in one process. The time of a stage is without that of the stages inside it.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
STARTED = time.perf_counter()

spent: Counter[str] = Counter()
inside: list[float] = [0.0]


def timed(owner: Any, name: str, stage: str) -> None:
    """Wrap a function or method to measure its time."""
    function = getattr(owner, name)

    def measured(*arguments: Any, **named: Any) -> Any:
        inside.append(0.0)
        started = time.thread_time()
        try:
            return function(*arguments, **named)
        finally:
            taken = time.thread_time() - started
            spent[stage] += taken - inside.pop()
            inside[-1] += taken

    setattr(owner, name, measured)


def instrument() -> None:
    """Measure the stages, all of them in this process."""
    from preflight.engine import judging, onepass, parallel, summary
    from preflight.inputs import openers
    from preflight.outputs import bad_rows, sinks
    from preflight.records import cells, scanner
    from preflight.rules import date, domain, email, note, title

    parallel.LARGE_BYTES = 1 << 60
    for owner, name, stage in (
        (openers.InputFile, "read", "read the file"),
        (scanner._Scanner, "scan", "cut records"),
        (scanner, "_pieces", "cut records"),
        (summary.WholeFile, "add", "add up"),
        (summary.WholeFile, "problems", "the file as a whole"),
        (onepass, "detected", "detect the layout"),
        (sinks.CleanFile, "write", "write the clean file"),
        (sinks.WrittenParts, "write", "write the bad rows"),
        (judging.Judge, "judge", "judge: the rest"),
        (judging.Judge, "mendable", "what can be mended"),
        (judging.Judge, "to_mend", "what can be mended"),
        (judging.Judge, "mendable_records", "what can be mended"),
        (cells.CellReader, "cut", "records to cells"),
        (date.DateColumn, "check", "rule: date"),
        (email, "check", "rule: email"),
        (domain, "check", "rule: domains"),
        (title, "of_distinct", "rule: title"),
        (note, "check", "rule: note"),
        (note, "check_mojibake", "rule: mojibake"),
        (judging, "touch_point_hashes", "hashes"),
        (bad_rows.BadRows, "_lines", "bad rows as text"),
    ):
        timed(owner, name, stage)


def main() -> None:
    """Check the file in this process only, then print the time of each stage."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        instrument()
        from preflight import CheckOptions, Layout
        from preflight.engine.hooks import Hooks
        from preflight.engine.onepass import one_pass

        ready = time.perf_counter()
        options = CheckOptions(clean=folder / "clean.csv", bad_rows=folder / "bad.csv", max_shown=0)
        one_pass(sys.argv[1], Layout(dateformat="MM/dd/yyyy"), options, Hooks())
        ended = time.perf_counter()
    busy = sum(spent.values())
    print(f"{ended - ready:.2f} s by the clock, after {ready - STARTED:.2f} s of imports; {busy:.2f} s in the stages")
    for stage, seconds in sorted(spent.items(), key=lambda item: -item[1]):
        if seconds >= 0.001:
            print(f"    {stage:<22} {seconds:6.3f} s {seconds / busy:5.0%}")


if __name__ == "__main__":
    main()
