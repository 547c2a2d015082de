"""How both commands run: what they print is guarded, signals end them in good order, a crash has a code of its own."""

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
"""New objects at which Python looks for garbage. Imports make many, none of them garbage."""

_ENDING = [one for one in INTERRUPTING if one != signal.SIGINT]
"""What ends a command beside Ctrl-C."""


def run_command(name: str, run: Callable[[], int], *, masked: Callable[[str], str] = str) -> int:
    """Run the command `name`; its exit code, whatever became of stdout and stderr.

    `masked` takes the secrets out of a crash's traceback.
    """
    code = INTERRUPTED
    # An interrupt that comes after `run` changes nothing.
    with suppress(KeyboardInterrupt), guarded(name), ended_by_signals(), on_command_line():
        try:
            code = run()
        except KeyboardInterrupt:  # where the command has nothing to say of it
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
    """Run a command that is all its process does, and end that with its exit code."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # numpy would start threads for algebra, of which there is none
    gc.set_threshold(MANY_OBJECTS, *gc.get_threshold()[1:])
    code = run()
    set_handlers(dict.fromkeys(INTERRUPTING, signal.SIG_IGN))  # there is nothing left to interrupt
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, OSError, ValueError):  # it was closed, or fails, as was told
            stream.flush()
    # Everything is closed. At its end Python would take apart all that was imported, which takes some 50 ms, and
    # `python -m` would end by SIGINT where an interrupt left an `exec` of text, though it was caught outside.
    os._exit(code)


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """Let SIGTERM and SIGHUP interrupt as Ctrl-C does, so that temporary files go and the outcome is told.

    The first does; those that follow do not disturb what comes of it. One that is ignored (by `nohup`) stays so.
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
    """Pass over Ctrl-C, SIGTERM and SIGHUP: who is told what became of a command is not interrupted once more."""
    with handled_by(dict.fromkeys(INTERRUPTING, signal.SIG_IGN)):
        yield
