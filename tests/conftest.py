"""What holds for every test: no property is timed, and in CI the same examples are tried each time."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator

import pytest
from hypothesis import settings

from preflight.text.asking import on_command_line

os.environ["COLUMNS"] = "100"  # messages are wrapped to it, wherever the tests are run
os.environ["TZ"] = "UTC"  # times are told in the reader's zone
time.tzset()
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # a shell starts what runs in the background so
    signal.signal(signal.SIGINT, signal.default_int_handler)  # which the commands would inherit

settings.register_profile("here", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "here")


@pytest.fixture(scope="module")
def as_typed() -> Iterator[None]:
    """Let messages name options as they are typed, also where a test calls Python."""
    with on_command_line():
        yield


LONG_ONES = ("test_sending_machine.py", "test_interrupted.py")
"""Files with tests of many seconds each: begun last, they would leave the other processes idle."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the long ones first."""
    items.sort(key=lambda item: item.path.name not in LONG_ONES)
