"""The process pool of a command that checks a large file. It starts in parallel to the command."""

from __future__ import annotations

import ctypes
import mmap
import os
import signal
import stat
import sys
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager, suppress
from importlib import import_module
from itertools import accumulate

from preflight.executors.cores import cores
from preflight.remote.url import is_remote
from preflight.workbooks.container import ZIP

POOL_BYTES = 16 << 20
"""Files up to this size get no pool: starting it would take as long as judging them."""

TIMES_UNPACKED = 8
"""Estimated ratio of the size of a workbook's sheets to that of the file: some seven, more for repetitive cells."""

_TRIM_THRESHOLD, _MMAP_THRESHOLD, _MAX_ARENAS = -1, -3, -8
KEPT_BYTES = 1 << 30
"""Freed memory that the C library may keep, in bytes."""

HEAP_BYTES, LARGE_PAGE = 256 << 20, 2 << 20
"""Bytes of the heap that get large pages (more than a process uses), and the size of such a page."""


@contextmanager
def pool_for(files: Sequence[str]) -> Iterator[Executor | None]:
    """A process pool for a command that checks a large file, or files that are large together; else None.

    Not for a library: they are forked on Linux, and where they are started anew they import the main module. One that
    is killed ends the check of one file; of several, the files are checked by others.
    """
    executor = _pool() if cores() > 1 and _are_large(files) else None
    if executor is None:
        yield None
        return
    executor.replaceable = len(files) > 1  # type: ignore[attr-defined]
    try:
        yield executor
    finally:
        executor.shutdown(wait=True, cancel_futures=True)


def _are_large(files: Sequence[str]) -> bool:
    """True if the files have more than `POOL_BYTES` together, as far as is known before they are read.

    A remote file may have so many, and a workbook has more than it takes on disk.
    """
    return any(size > POOL_BYTES for size in accumulate(map(_size, files)))


def _size(file: str) -> int:
    if is_remote(file):
        return POOL_BYTES + 1
    try:
        status = os.stat(file)
    except (OSError, ValueError):  # reported when the file is opened
        return 0
    if not stat.S_ISREG(status.st_mode):
        return 0
    return status.st_size * (TIMES_UNPACKED if _is_zip(file) else 1)


def _is_zip(file: str) -> bool:
    """True for a zip archive, as most workbooks are."""
    with suppress(OSError), open(file, "rb") as stream:
        return stream.read(len(ZIP)) == ZIP
    return False


def _pool() -> Executor | None:
    try:
        if sys.platform != "linux" or threading.active_count() > 1:  # another thread may hold a lock in a fork
            return _spawned()
        _keep_freed_memory()
        from preflight.executors.forked import ForkedExecutor

        return ForkedExecutor(cores(), make_ready)
    except (OSError, ImportError):  # threads judge instead
        return None


def _keep_freed_memory() -> None:
    """Let the C library keep freed memory: each chunk allocates the same again, and the system would clear it anew.

    That saves about a twelfth of the time, and takes some 12 MiB: all threads take from one arena, as what is kept in
    one is of no use to the others. Only glibc has `mallopt`.
    """
    with suppress(AttributeError, OSError):
        library = ctypes.CDLL(None)
        for parameter in (_TRIM_THRESHOLD, _MMAP_THRESHOLD):
            library.mallopt(parameter, KEPT_BYTES)
        library.mallopt(_MAX_ARENAS, 1)
        _take_large_pages(library)


def _take_large_pages(library: ctypes.CDLL) -> None:
    """Ask the system for pages of 2 MiB for the heap's next `HEAP_BYTES` (madvise(2), MADV_HUGEPAGE).

    A page is still taken only when it is first used. That saves about a twentieth of the time, and takes some 10 MiB.
    """
    if sys.platform != "linux":  # madvise(2) is Linux's
        return
    library.malloc.restype = ctypes.c_void_p
    if (start := library.malloc(ctypes.c_size_t(HEAP_BYTES))) is None:
        return
    library.free(ctypes.c_void_p(start))  # stays in the heap, like all freed memory
    first = -(-start // LARGE_PAGE) * LARGE_PAGE
    library.madvise(ctypes.c_void_p(first), ctypes.c_size_t(start + HEAP_BYTES - first), mmap.MADV_HUGEPAGE)


def make_ready() -> None:
    """Import and prepare what every worker needs, once for all of them."""
    import pyarrow as pa

    import preflight.outputs.bad_rows  # noqa: F401
    from preflight.engine.judging import warm_up

    with suppress(NotImplementedError):  # not in every build; it returns memory to the system after each run
        pa.set_memory_pool(pa.jemalloc_memory_pool())
    warm_up()


def _spawned() -> Executor:
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    executor = ProcessPoolExecutor(cores(), mp_context=get_context("spawn"), initializer=_begin)
    for _ in range(cores()):  # a worker starts with its first task
        executor.submit(import_module, "preflight.engine.judging")
    return executor


def _begin() -> None:
    """Prepare a worker: it ignores signals, which the command handles, and ends with the command."""
    from multiprocessing import parent_process
    from multiprocessing.connection import wait

    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        with suppress(AttributeError):  # not everywhere
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    parent = parent_process()

    def follow() -> None:
        if parent is not None:
            wait([parent.sentinel])
        os._exit(0)

    threading.Thread(target=follow, daemon=True).start()
