"""How both commands run: what they print is guarded, signals end them in good order, a crash has a code of its own."""

from __future__ import annotations

import gc
import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

from preflight.cli.streams import guarded
from preflight.engine.nopandas import keep_pandas_out

CRASHED, INTERRUPTED = 70, 130


def run_command(name: str, run: Callable[[], int], *, masked: Callable[[str], str] = str) -> int:
    """Run the command `name`; its exit code, whatever became of stdout and stderr.

    `masked` takes the secrets out of a crash's traceback.
    """
    with guarded(name), ended_by_signals():
        try:
            return run()
        except KeyboardInterrupt:  # where the command has nothing to say of it
            sys.stderr.write(f"{name}: interrupted\n")
            return INTERRUPTED
        except Exception as error:
            # Python would exit with 1, which means bad rows; a crash must not look like a verdict on the file.
            sys.stderr.write(masked("".join(traceback.format_exception(error))))
            return CRASHED


def run_alone(run: Callable[[], int]) -> NoReturn:
    """Run a command that is all its process does, and end that with its exit code."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # numpy would start threads for algebra, of which there is none
    keep_pandas_out()
    code = run()
    gc.freeze()  # at its end Python would look through all that was imported for garbage, which takes some 30 ms
    sys.exit(code)


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """Let SIGTERM and SIGHUP interrupt as Ctrl-C does, so that temporary files go and the outcome is told.

    The first does; those that follow do not disturb what comes of it. One that is ignored (by `nohup`) stays so.
    """
    ending = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]  # no SIGHUP on Windows

    def interrupt(number: int, frame: FrameType | None) -> NoReturn:
        for one in handled:
            signal.signal(one, signal.SIG_IGN)
        raise KeyboardInterrupt

    handled = {one: before for one in ending if (before := signal.getsignal(one)) is not signal.SIG_IGN}
    try:
        for one in handled:
            signal.signal(one, interrupt)
    except ValueError:  # not the main thread
        yield
        return
    try:
        yield
    finally:
        for one, before in handled.items():
            signal.signal(one, signal.SIG_DFL if before is None else before)
