"""The standard streams as the commands need them, however the process was started."""

from __future__ import annotations

import io
import os
import sys


def prepare() -> None:
    """Let stdout and stderr take any text.

    One that was closed (`>&-`, as some schedulers start commands) swallows what is written, as the exit code still
    tells the outcome. A terminal that lacks a character shows its escape instead.
    """
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115  open as long as the process
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
