"""The SHA-256 of a file, computed in a thread while the file is written."""

from __future__ import annotations

import hashlib
from queue import Queue
from threading import Thread
from typing import Self

HANDED_OVER = 1 << 20
"""Bytes collected before they are handed to the thread: a file with many bad rows is written in small pieces."""

MAX_WAITING = 2
"""Size of the queue, in such batches. A writer that is faster than the hashing waits, which bounds the memory."""


class Digest:
    """A SHA-256 with the interface of `hashlib.sha256()`, computed by a thread inside `with`.

    Writable buffers are copied, as they may change before they are hashed.
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

    def __exit__(self, *_: object) -> None:
        self._end()

    def update(self, data: bytes | memoryview, /) -> None:
        """Add the next bytes."""
        view = memoryview(data)
        self._pieces.append(view if view.readonly else memoryview(bytes(view)))
        self._size += view.nbytes
        if self._size >= HANDED_OVER:
            self._hand_over()

    def hexdigest(self) -> str:
        """The digest in hexadecimal; no bytes can be added afterwards."""
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
