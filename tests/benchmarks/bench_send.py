"""Cost of the ledger and its row hashes in a whole send, also with 5,000,000 stored rows.

    python tests/benchmarks/bench_send.py [--rows 4400000] [--remembered 5000000] [--rounds 3]

The same file is checked and posted over loopback to the same sink, in new processes and alternating rounds: bare
(`preflight.check`, then `Client.upload`), by `uploader.send` with a new ledger, and with a ledger that has rows of the
same place. Time is wall-clock and CPU seconds of all processes, memory the peak of the sending process. Exits with 1 if
a target is missed: a new ledger adds at most 10 % to the time, stored rows at most 20 % to that of a new one, and at
most 64 MiB.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parent))

from bench_upload import ROOT, sink_process

MOST_FOR_LEDGER, MOST_FOR_ROWS, MOST_MEGABYTES = 1.10, 1.20, 64.0

SEND = """
import os, sys, tempfile, time
from pathlib import Path
from preflight import Layout, check
from uploader import Client, send

def peak():
    return int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]) / 1024

mode, url, file, ledger = sys.argv[1:]
layout = Layout(email="Email", date="Event Date", title="Event Title", dateformat="MM/dd/yyyy")
client = Client("made-up", base_url=url)
start = time.perf_counter()
if mode == "bare":
    with tempfile.TemporaryDirectory() as folder:
        check(file, layout, clean=folder + "/clean.csv")
        client.upload({"destination": "Webinars", "filename": "events.csv"}, folder + "/clean.csv")
else:
    send(file, layout, destination="Webinars", customeventaction="CUSTOM_ATTENDED", client=client, ledger=ledger,
         wait=False, drop_bad_rows=True)
seconds = time.perf_counter() - start
print(seconds, sum(os.times()[:4]), peak())
"""

FILL = """
import sys
import numpy as np
from uploader.model.entry import Intent
from uploader.ledger.ledger import Begun, Ledger
from uploader.model.outcome import Outcome
from uploader.preparing.hashes import hashed_with

path, url, rows = sys.argv[1], sys.argv[2], int(sys.argv[3])
pick = np.random.default_rng(7)
sizes = (min(1 << 20, rows - at) for at in range(0, rows, 1 << 20))
pieces = (pick.integers(0, 2**64, size, np.uint64).tobytes() for size in sizes)
intent = Intent(endpoint=url, account="", destination="Webinars", customeventaction="CUSTOM_ATTENDED",
                filename="earlier.csv", sha256="", size=0, rows=rows, titles=0, titlecount=0, whole="")
with Ledger(path) as ledger:
    begun = Begun(row_hashes=pieces, hashed_with=hashed_with(intent.place))
    ledger.record(ledger.begin(intent, begun), Outcome.CONFIRMED)
"""


class Cost(NamedTuple):
    """The cost of one send: wall-clock seconds, CPU seconds, peak MiB."""

    seconds: float
    cpu: float
    peak: float


def python(code: str, *arguments: str | Path) -> str:
    """Run Python code in a new process, of a user whose machine has seen no ledger; returns its output."""
    command = [sys.executable, "-c", code, *map(str, arguments)]
    with tempfile.TemporaryDirectory() as data:
        environment = {**os.environ, "XDG_DATA_HOME": data}
        done = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout


def sent(mode: str, url: str, file: Path, ledger: Path) -> Cost:
    """Send `file` in a new process, with a copy of `ledger` if given."""
    own = ledger.with_name("own")
    own.unlink(missing_ok=True)
    if ledger.exists():
        shutil.copy(ledger, own)
    return Cost(*map(float, python(SEND, mode, url, file, own).split()))


def main() -> int:
    """Run the rounds and print the figures; returns 1 if a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=4_400_000)
    parser.add_argument("--remembered", type=int, default=5_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, sink_process() as url:
        folder = Path(name)
        file, none, filled = folder / "events.csv", folder / "none", folder / "filled"
        generate = [sys.executable, Path(__file__).with_name("generate.py"), "--rows", str(args.rows), file]
        subprocess.run(generate, check=True)
        python(FILL, filled, url, str(args.remembered))
        print(f"{args.rows:,} rows, {file.stat().st_size / 1e6:.0f} MB; {args.remembered:,} rows remembered")
        kinds = {"bare": ("bare", none), "new ledger": ("send", none), "rows remembered": ("send", filled)}
        costs: dict[str, list[Cost]] = {kind: [] for kind in kinds}
        for _ in range(args.rounds):
            for kind, (mode, ledger) in kinds.items():
                costs[kind].append(cost := sent(mode, url, file, ledger))
                print(f"{kind:16} {cost.seconds:7.2f} s   CPU {cost.cpu:7.2f} s   peak {cost.peak:5.0f} MiB")
    return _verdict(costs)


def _verdict(costs: dict[str, list[Cost]]) -> int:
    bare, new, remembered = costs.values()

    def ratio(of: list[Cost], over: list[Cost], column: int) -> float:
        return statistics.median(one[column] / other[column] for one, other in zip(of, over, strict=True))

    more = max(cost.peak for cost in remembered) - min(cost.peak for cost in bare)
    for what, of, over, most in (
        ("a new ledger", new, bare, MOST_FOR_LEDGER),
        ("remembered rows", remembered, new, MOST_FOR_ROWS),
    ):
        print(
            f"{what}: {ratio(of, over, 0):.2f} of the time (median; target {most}), {ratio(of, over, 1):.2f} of the CPU"
        )
    print(f"memory: {more:.0f} MiB more (highest; target: at most {MOST_MEGABYTES:.0f})")
    fast = ratio(new, bare, 0) <= MOST_FOR_LEDGER and ratio(remembered, new, 0) <= MOST_FOR_ROWS
    return 0 if fast and more <= MOST_MEGABYTES else 1


if __name__ == "__main__":
    sys.exit(main())
