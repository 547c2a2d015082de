"""Settings for all tests: no property fails on a slow machine, and in CI the same examples are tried each time."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from preflight.text.asking import on_command_line

os.environ["COLUMNS"] = "100"  # the width to which messages are wrapped, in any environment
os.environ["TZ"] = "UTC"  # the zone in which times are shown
time.tzset()
# Modules are compiled once, not anew by each of the processes that tests start, in any environment.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
# The commands would inherit signals ignored by a shell that starts background processes, or by nohup.
for ignored, handler in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
    if signal.getsignal(ignored) is signal.SIG_IGN:
        signal.signal(ignored, handler)

settings.register_profile("here", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("here"), derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "here")


@pytest.fixture(scope="module")
def as_typed() -> Iterator[None]:
    """Messages name options as on the command line, also where a test calls Python."""
    with on_command_line():
        yield


LONG_ONES = ("test_sending_machine.py", "test_interrupted.py")
"""Files with tests of many seconds each: started last, they would leave the other workers idle."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the files in `LONG_ONES` first."""
    items.sort(key=lambda item: item.path.name not in LONG_ONES)
