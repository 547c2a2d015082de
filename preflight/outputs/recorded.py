"""Output files with a sidecar, which never overwrite a file that somebody else wrote, mended or merged.

An existing file that still matches its sidecar is replaced. Any other is first renamed to `NAME.1.csv`, `NAME.2.csv`
…, whichever is free.
"""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from itertools import count
from os import PathLike
from pathlib import Path
from typing import Any

from preflight.model.reported import Kept
from preflight.outputs.file import Digest, OutputFile
from preflight.outputs.leftovers import own_path
from preflight.outputs.sidecar import Sidecar, sidecar_path
from preflight.remote import store
from preflight.remote.url import is_remote, sidecar_url

CHANGED = "was changed since it was written"
MERGED = "holds merged rows"
FOREIGN = "was not written by these commands"

LOCK_FILE = ".touchpoint-preflight.lock"
"""The lock file of a folder on Windows."""


class RecordedFile(OutputFile):
    """An output file with a sidecar, written with the content of `about` when the block ends.

    An existing file is kept under another name, given by `kept`, unless it is unchanged since these commands wrote it
    and holds no merged rows, or `overwrite` is True. A device or pipe gets no sidecar. `locked` means that the caller
    holds the lock of the folder.
    """

    def __init__(
        self,
        path: str | PathLike[str],
        *,
        overwrite: bool = False,
        locked: bool = False,
        digest: Digest | None = None,
    ) -> None:
        super().__init__(path, digest)
        self._size, self._sha256 = 0, hashlib.sha256()
        self.about: Mapping[str, Any] = {}
        self.kept: Kept | None = None
        self._given = os.fspath(path)
        self._overwrite, self._locked = overwrite, locked

    def write(self, data: bytes | memoryview) -> None:
        """Append bytes."""
        super().write(data)
        self._size += len(data)
        self._sha256.update(data)

    def _place(self) -> None:
        if self.url is not None:
            self._store(self.url)
            return
        with nullcontext() if self._locked else folder_locked(self.path.parent):
            self._replace()

    def _store(self, url: str) -> None:
        """Upload the file and its sidecar. Stores have no locks: two runs must not write the same object at once."""
        if not self._overwrite and (why := why_to_keep(url)):
            self.kept = Kept(url, _copied(url), why)
        store.put_bytes(self._sidecar().as_bytes(), sidecar_url(url))
        super()._place()

    def _replace(self) -> None:
        if not self._overwrite and (why := why_to_keep(self.path)):
            kept_as = _kept(self.path)
            beside = Path(self._given).with_name(kept_as.name)
            same = os.path.realpath(beside) == str(kept_as)
            self.kept = Kept(self._given, str(beside if same else kept_as), why)
        _write(sidecar_path(self.path), self._sidecar(), like=self._written)
        super()._place()

    def _sidecar(self) -> Sidecar:
        return Sidecar(self._size, self._sha256.hexdigest(), self.about)


def why_to_keep(path: str | PathLike[str]) -> str:
    """The reason why a file or URL must not be replaced; empty if it may be."""
    if not (store.exists(os.fspath(path)) if is_remote(path) else os.path.exists(path)):
        return ""
    sidecar = Sidecar.of(path)
    if sidecar is None:
        return FOREIGN
    if not sidecar.matches(path):
        return CHANGED
    return MERGED if sidecar.has_merged_rows else ""


def is_as_written(path: str | PathLike[str]) -> bool:
    """Whether a file has a sidecar and matches it."""
    sidecar = Sidecar.of(path)
    return sidecar is not None and sidecar.matches(path)


@contextmanager
def folder_locked(folder: Path) -> Iterator[None]:
    """Context manager that keeps other runs from replacing files of a folder, if the file system supports locks.

    POSIX systems lock the folder itself, which leaves no lock file; Windows locks a file in it.
    """
    if sys.platform == "win32":
        with locked_by_file(folder):
            yield
        return
    import fcntl

    handle = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # a file system without locks
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


@contextmanager
def locked_by_file(folder: Path) -> Iterator[None]:
    """Context manager that holds the lock file of a folder, which Windows removes on release."""
    from filelock import FileLock

    lock = FileLock(folder / LOCK_FILE)
    with suppress(OSError):  # a file system without locks
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def _kept(path: Path) -> Path:
    """Link a file and its sidecar to the first free numbered name; returns the new path."""
    for number in count(1):
        other = path.with_name(f"{path.stem}.{number}{path.suffix}")
        if sidecar_path(other).exists():
            continue
        try:
            _link(path, other)
        except FileExistsError:
            continue
        with suppress(OSError):  # no sidecar
            _link(sidecar_path(path), sidecar_path(other))
        return other
    raise AssertionError("numbers do not end")


def _copied(url: str) -> str:
    """Copy an object and its sidecar to the first free numbered name; returns the new URL."""
    stem, ending = url[: -len(suffix)] if (suffix := Path(url).suffix) else url, suffix
    for number in count(1):
        other = f"{stem}.{number}{ending}"
        if store.exists(other) or store.exists(sidecar_url(other)):
            continue
        if store.exists(sidecar_url(url)):
            store.copy(sidecar_url(url), sidecar_url(other))
        store.copy(url, other)
        return other
    raise AssertionError("numbers do not end")


def _link(path: Path, other: Path) -> None:
    """Link a file to another name, or copy it if the file system has no links. Raises `FileExistsError`."""
    try:
        os.link(path, other)
        return
    except FileExistsError:
        raise
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.EACCES, errno.ENOSPC, errno.EROFS):
            raise
    with path.open("rb") as source, other.open("xb") as copy:
        shutil.copyfileobj(source, copy)


def _write(path: Path, sidecar: Sidecar, like: Path) -> None:
    """Write a sidecar atomically, with the mode of the file `like`."""
    part = own_path(path.parent, ".part")
    try:
        part.write_bytes(sidecar.as_bytes())
        with suppress(OSError):
            shutil.copymode(like, part)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
