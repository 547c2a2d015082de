"""The state machine of sending for as long as wanted, each time from another seed.

    python -m tests.benchmarks.fuzz_send --minutes 30 [--seed N]

Prints how much it did as it goes. A finding is printed with the shortest way to it that was found, and ends it with 1;
`--seed` with the seed that is printed begins there again.
"""

from __future__ import annotations

import argparse
import sys
import time
import traceback

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.uploader.sending_machine import World

RUNS, STEPS = 30, 20
"""Runs for each seed, and how many things each does at most before its end."""


def main() -> int:
    """Run until the time is over or something is found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--seed", type=int, default=int(time.time()), help="the first seed (default: the time)")
    args = parser.parse_args()
    how = settings(
        max_examples=RUNS,
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    begun, current = time.monotonic(), args.seed
    with World.made() as world:
        while time.monotonic() - begun < args.minutes * 60:
            try:
                run_state_machine_as_test(seed(current)(world.machine()), settings=how)
            except Exception as error:
                told = "".join(traceback.format_exception(error))
                print(f"{told}\nFOUND with --seed {current}, after {world.told}", flush=True)
                return 1
            minutes = (time.monotonic() - begun) / 60
            print(f"{minutes:5.1f} min, seed {current}: {world.told}, no finding", flush=True)
            current += 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
