"""The state machine of sending for any time, each round with a new seed.

    python -m tests.benchmarks.fuzz_send --minutes 30 [--seed N]

Prints its progress at least every half minute. A finding is printed at once, then minimized, which may take five
minutes more; at last the shortest failing example is printed, and the exit code is 1. `--seed` with a printed seed
starts there again.
"""

from __future__ import annotations

import argparse
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.uploader.sending_machine import World

RUNS, STEPS = 30, 20
"""Runs for each seed, and the largest number of steps in each."""

SILENCE = 30.0
"""Most seconds without a line."""


class Lines:
    """The progress lines; `seed` is the present one."""

    def __init__(self, world: World, seed: int) -> None:
        self.seed = seed
        self._world = world
        self._begun = time.monotonic()
        self._stdout = sys.stdout  # the machine redirects stdout to read the output of commands

    @property
    def minutes(self) -> float:
        """The minutes since the start."""
        return (time.monotonic() - self._begun) / 60

    def tell(self, what: str) -> None:
        """Print the progress, and `what`."""
        told = f"{self.minutes:5.1f} min, seed {self.seed}: {self._world.told}, {what}"
        print(told, file=self._stdout, flush=True)

    @contextmanager
    def at_times(self) -> Iterator[None]:
        """Print every `SILENCE` seconds that it goes on, and whether a finding is being minimized."""
        ended = threading.Event()

        def go_on() -> None:
            while not ended.wait(SILENCE):
                found = self._world.findings
                self.tell(f"a finding is made smaller, seen {found:,} times by now" if found else "at work")

        thread = threading.Thread(target=go_on, daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()


def main() -> int:
    """Run until the time is over or there is a finding."""
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
    with World.made() as world:
        lines = Lines(world, args.seed)
        world.on_finding = lambda error: lines.tell(f"a finding, now made smaller: {error}")
        with lines.at_times():
            while lines.minutes < args.minutes:
                try:
                    run_state_machine_as_test(seed(lines.seed)(world.machine()), settings=how)
                except Exception as error:
                    told = "".join(traceback.format_exception(error))
                    print(f"{told}\nFOUND with --seed {lines.seed}, after {world.told}", flush=True)
                    return 1
                lines.tell("no finding")
                lines.seed += 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
