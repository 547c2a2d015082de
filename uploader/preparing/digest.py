"""The SHA-256 of what is written, added up beside the writing."""

from __future__ import annotations

import hashlib
from queue import Queue
from threading import Thread
from types import TracebackType
from typing import Self

HANDED_OVER = 1 << 20
"""Bytes that are gathered before the thread gets them: a file with many bad rows is written in small pieces."""

MAX_WAITING = 2
"""Such amounts that may wait. A writer that is faster than the hashing waits, so that memory stays bounded."""


class Digest:
    """The SHA-256 of bytes, as `hashlib.sha256()` has it; inside `with` a thread hashes while others go on.

    What is handed over and may change afterwards is copied first.
    """

    def __init__(self) -> None:
        self._sha256 = hashlib.sha256()
        self._pieces: list[memoryview] = []
        self._size = 0
        self._waiting: Queue[list[memoryview]] = Queue(MAX_WAITING)
        self._thread = Thread(target=self._hash, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def update(self, data: bytes | memoryview, /) -> None:
        """Take the next bytes."""
        view = memoryview(data)
        self._pieces.append(view if view.readonly else memoryview(bytes(view)))
        self._size += view.nbytes
        if self._size >= HANDED_OVER:
            self._hand_over()

    def hexdigest(self) -> str:
        """The digest of all that was taken, in hexadecimal; nothing more is taken then."""
        self._end()
        return self._sha256.hexdigest()

    def _end(self) -> None:
        if self._thread.is_alive():
            self._hand_over()
            self._waiting.put([])
            self._thread.join()

    def _hand_over(self) -> None:
        if self._pieces:
            self._waiting.put(self._pieces)
            self._pieces, self._size = [], 0

    def _hash(self) -> None:
        while pieces := self._waiting.get():
            self._sha256.update(pieces[0] if len(pieces) == 1 else b"".join(pieces))
