"""The frame in which both commands run: guarded streams, signals that end them cleanly, exit codes for a crash."""

from __future__ import annotations

import gc
import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import NoReturn

from preflight.console.streams import guarded
from preflight.errors import WorkerDiedError
from preflight.signals import INTERRUPTING, handled_by, set_handlers
from preflight.text.asking import on_command_line

CRASHED, INTERRUPTED = 70, 130
MANY_OBJECTS = 50_000
"""Threshold of new objects for the garbage collector. Imports allocate many objects, none of them garbage."""

_ENDING = [one for one in INTERRUPTING if one != signal.SIGINT]
"""The signals that end a command, apart from Ctrl-C."""


def run_command(name: str, run: Callable[[], int], *, masked: Callable[[str], str] = str) -> int:
    """Run the command `name`; returns its exit code, also if stdout or stderr fails.

    `masked` removes the secrets from a crash's traceback.
    """
    code = INTERRUPTED
    # An interrupt after the end of `run` does not change the exit code.
    with suppress(KeyboardInterrupt), guarded(name), ended_by_signals(), on_command_line():
        try:
            code = run()
        except KeyboardInterrupt:  # which the command did not handle itself
            sys.stderr.write(f"{name}: interrupted\n")
        except WorkerDiedError as error:
            code = CRASHED
            sys.stderr.write(f"{name}: {error}\n")
        except Exception as error:
            # Python would exit with 1, which means bad rows; a crash must not look like a verdict on the file.
            code = CRASHED
            sys.stderr.write(masked("".join(traceback.format_exception(error))))
    return code


def run_alone(run: Callable[[], int]) -> NoReturn:
    """Run the only command of this process, and end the process with its exit code."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # numpy would start threads for linear algebra, used nowhere
    gc.set_threshold(MANY_OBJECTS, *gc.get_threshold()[1:])
    code = run()
    set_handlers(dict.fromkeys(INTERRUPTING, signal.SIG_IGN))  # there is nothing left to interrupt
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, OSError, ValueError):  # closed, or failing, which was reported
            stream.flush()
    # Everything is closed. A regular exit would take some 50 ms to tear down the imported modules, and `python -m`
    # would end by SIGINT if an interrupt had left the `exec` of a text, even though it was caught outside.
    os._exit(code)


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """Context manager in which SIGTERM and SIGHUP raise `KeyboardInterrupt`, as Ctrl-C does.

    So temporary files are deleted and the outcome is reported. Only the first signal interrupts; later ones are
    ignored. A signal that is ignored already (by `nohup`) stays ignored.
    """

    def interrupt(number: int, frame: FrameType | None) -> NoReturn:
        for one in handled:
            signal.signal(one, signal.SIG_IGN)
        raise KeyboardInterrupt

    handled = [one for one in _ENDING if signal.getsignal(one) is not signal.SIG_IGN]
    with handled_by(dict.fromkeys(handled, interrupt)):
        yield


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Context manager that ignores Ctrl-C, SIGTERM and SIGHUP while the outcome of a command is reported."""
    with handled_by(dict.fromkeys(INTERRUPTING, signal.SIG_IGN)):
        yield
