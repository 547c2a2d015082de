"""Cost of the HTML report: in a check, in rendering, and in a browser.

    python tests/benchmarks/bench_report.py [--rows 1000000] [--rounds 5]

Prints the CPU and wall-clock time of `preflight check` of a generated file with 1 % bad rows, with clean and bad-rows
files, with and without `--report OUT.html`, whole processes in turn, the least of the rounds each, and their ratio
(target: at most 1.15); milliseconds of rendering by rows shown, of a file and of one ten times as large; the page's
size, and the time until Chromium, started for it, paints the first content from the file (median of five; target: under
1,000 ms).
"""

from __future__ import annotations

import argparse
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from preflight import Layout, Report, check
from preflight.render import html
from tests.benchmarks.generate import lines
from tests.browser import chromium, opened

ROOT = Path(__file__).resolve().parents[2]
LAYOUT = Layout(dateformat="MM/dd/yyyy")


def written(folder: Path, rows: int) -> Path:
    """Write a generated file."""
    source = folder / f"events-{rows}.csv"
    with source.open("w", encoding="utf-8", newline="") as out:
        out.writelines(f"{line}\n" for line in lines(rows))
    return source


def seconds_of(command: list[str]) -> tuple[float, float]:
    """CPU and wall-clock seconds of a command with its children."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, check=False)
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.returncode == 1
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, wall


def added_to_a_check(source: Path, rounds: int) -> None:
    """Print what the report adds to a check."""
    folder = source.parent
    command = [sys.executable, "-m", "preflight", "check", str(source), "--dateformat", "MM/dd/yyyy"]
    command += ["--clean", str(folder / "clean.csv"), "--bad-rows", str(folder / "bad.csv")]
    spent: dict[str, list[tuple[float, float]]] = {"without": [], "with": []}
    for _ in range(rounds):
        spent["without"].append(seconds_of(command))
        spent["with"].append(seconds_of([*command, "--report", str(folder / "report.html")]))
    for place, kind in enumerate(("processor", "wall-clock")):
        without, with_report = (min(times[place] for times in spent[name]) for name in ("without", "with"))
        print(
            f"{kind} time of a check: {without:.2f} s, with the report {with_report:.2f} s: {with_report / without:.2f}"
        )


def milliseconds_to_render(report: Report) -> float:
    """The least of five."""
    spent = []
    for _ in range(5):
        start = time.process_time()
        html.render_page(report)
        spent.append(time.process_time() - start)
    return 1000 * min(spent)


def growth(sources: list[Path]) -> None:
    """Print how rendering grows with the rows shown, and with the file."""
    for source in sources:
        report = check(source, LAYOUT, reports=[source.with_suffix(".html")])
        for shown in (len(report.samples) // 2, len(report.samples)):
            spent = milliseconds_to_render(replace(report, samples=report.samples[:shown]))
            print(f"rendering {shown:>5,} rows of {report.rows:>9,}: {spent:6.1f} ms")


PAINTED = """new Promise(resolve => new PerformanceObserver(list => {
    for (const one of list.getEntriesByName("first-contentful-paint")) resolve(one.startTime);
}).observe({type: "paint", buffered: true}))"""


def first_paint(page_file: Path) -> None:
    """Print the time to the first paint in the browser."""
    when = []
    for _ in range(5):
        with chromium() as browser, opened(browser, page_file) as page:
            when.append(page.evaluate(PAINTED))
    print(f"{page_file.stat().st_size:,} bytes, first contentful paint after {statistics.median(when):.0f} ms")


def main() -> None:
    """Run the measurements."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        sources = [written(Path(folder), rows) for rows in (options.rows // 10, options.rows)]
        added_to_a_check(sources[-1], options.rounds)
        growth(sources)
        first_paint(sources[-1].with_suffix(".html"))


if __name__ == "__main__":
    main()
