"""Runs `sending_machine` for half a minute; `tests/benchmarks/fuzz_send.py` runs it for any time."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.uploader.sending_machine import World

RUNS, STEPS = 15, 8
"""Runs, and the largest number of steps in each."""


def test_nothing_is_sent_twice_and_nothing_lost_whatever_is_done(capsys: pytest.CaptureFixture[str]) -> None:
    with World.made() as world:
        how = settings(
            max_examples=RUNS,
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
        )
        run_state_machine_as_test(world.machine(), settings=how)
        with capsys.disabled():
            print(f" [{world.told}] ", end="")
    assert world.runs >= RUNS
