"""Signals are delayed to the end of a block, and then handled once, as they would have been."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator

import pytest

from preflight.signals import undisturbed
from tests.processes import LONGEST


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    """Ctrl-C is enabled in any environment, and restored afterwards."""
    before = {one: signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)}
    signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    for one, handler in before.items():
        signal.signal(one, handler)


def disturbed(done: list[str], error: Exception | None = None) -> None:
    """A block during which Ctrl-C comes twice, and which then ends, or fails with `error`."""
    with undisturbed():
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)
        if error is not None:
            raise error
        done.append("inside")


def in_another(done: list[str]) -> None:
    with undisturbed():
        disturbed(done)
        done.append("outside")


def test_ctrl_c_waits_for_the_end() -> None:
    done: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        disturbed(done)
    assert done == ["inside"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_nested_blocks_wait_for_the_outer_one() -> None:
    done: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        in_another(done)
    assert done == ["inside", "outside"]


def test_a_custom_handler_is_called_afterwards_and_an_ignored_signal_stays_ignored() -> None:
    heard: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, frame: heard.append(number))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with undisturbed():
        os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGINT)
        assert heard == []
    assert heard == [signal.SIGTERM]
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN


def test_the_interrupt_replaces_an_error_inside() -> None:
    with pytest.raises(KeyboardInterrupt) as caught:
        disturbed([], ValueError("x"))
    assert isinstance(caught.value.__context__, ValueError)


def test_another_thread_delays_no_signals() -> None:
    done: list[str] = []

    def work() -> None:
        with undisturbed():
            done.append("all")

    thread = threading.Thread(daemon=True, target=work)
    thread.start()
    thread.join(LONGEST)
    assert done == ["all"]
