"""The files that are open on the page, and their checks in threads."""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor, TimeoutError
from contextlib import suppress
from contextvars import copy_context

from uploader.editing.store import Store
from uploader.editing.work import Work

MOST_OPEN = 6
"""Files with an open grid at the same time; the grid of another one is built again when needed."""

PATIENCE = 0.6
"""Seconds to wait for a check before the page shows its progress."""


class OpenFiles:
    """The open files of a store, and their checks in threads."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._lock = threading.Lock()
        self._open: dict[str, Work] = {}
        self._checks: dict[str, Future[bool]] = {}
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="checking")

    def get(self, id: str) -> Work | None:
        """The file with this id, opened if needed; None if there is none."""
        with self._lock:
            work = self._open.pop(id, None)
            if work is None:
                if (kept := self.store.get(id)) is None:
                    return None
                work = Work(kept)
            self._open[id] = work  # last in the order of use
            for other in [one for one in self._open if one != id][: max(0, len(self._open) - MOST_OPEN)]:
                if other not in self._checks:
                    self._open.pop(other).close()
            return work

    def checked(self, work: Work, patience: float = PATIENCE) -> bool:
        """Start a check if needed and wait `patience` seconds for it; True if it has ended, else it goes on."""
        id = work.kept.id
        with self._lock:
            check = self._checks.get(id)
            if check is None:
                check = self._checks[id] = self._threads.submit(copy_context().run, work.checked)
        try:
            check.result(patience)
        except TimeoutError:
            return False
        finally:
            if check.done():
                with self._lock, suppress(KeyError):
                    del self._checks[id]
        return True

    def forget(self, id: str) -> None:
        """Remove a file with its choices and edits."""
        with self._lock:
            work = self._open.pop(id, None)
            self._checks.pop(id, None)
        if work is not None:
            work.close()
        self.store.forget(id)

    def close(self) -> None:
        """Wait for running checks, then close all files."""
        self._threads.shutdown(wait=True, cancel_futures=True)
        for work in self._open.values():
            work.close()
