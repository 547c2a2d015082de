"""Large results of a worker: they wait in a temporary file that it shares with the command, not in memory."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from typing import Any


class Spool:
    """Keeps pieces of bytes, in the file with the descriptor `file` if there is one."""

    def __init__(self) -> None:
        self._file: int | None = None
        self._size = 0

    def begin(self, file: int | None) -> None:
        """Begin a task: what earlier tasks kept in the file is no longer needed."""
        self._file, self._size = file, 0

    def kept(self, pieces: Iterator[Any]) -> Iterable[Any]:
        """The pieces, written as they are made: one at a time is in memory. In memory where no file can be written."""
        if self._file is None:
            return list(pieces)
        spooled = _Spooled(self._file, self._size)
        for piece in pieces:
            if not spooled.add(memoryview(piece)):
                return [*spooled, piece, *pieces]
        self._size = spooled.end
        return spooled


class _Spooled:
    """Iterable over the pieces of bytes that were added, read one at a time."""

    def __init__(self, file: int, start: int) -> None:
        self._file, self._start, self.end = file, start, start
        self._sizes: list[int] = []

    def add(self, piece: memoryview) -> bool:
        """Write a piece; False if it cannot be written."""
        if sys.platform == "win32":  # where no worker shares a file
            return False
        written = 0
        try:
            while written < len(piece):
                written += os.pwrite(self._file, piece[written:], self.end + written)
        except OSError:
            return False
        self._sizes.append(written)
        self.end += written
        return True

    def __iter__(self) -> Iterator[bytes]:
        if sys.platform == "win32":
            return
        at = self._start
        for size in self._sizes:
            yield os.pread(self._file, size, at)
            at += size


SPOOL = Spool()
"""The spool of the task that this process executes."""
