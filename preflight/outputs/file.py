"""Files that appear under their final name only when they are complete."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import suppress
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Protocol, Self

from preflight.errors import OutputError
from preflight.outputs.leftovers import own_path
from preflight.remote import store
from preflight.remote.url import is_remote
from preflight.text.display import shown_file


class Digest(Protocol):
    """A running digest of bytes, such as `hashlib.sha256()`."""

    def update(self, data: bytes | memoryview, /) -> None:
        """Add the next bytes."""


class OutputFile:
    """Context manager for writing a file.

    The bytes go to a temporary file in the same folder, which is renamed when the block ends and removed if it raises.
    The mode of a replaced file is kept. A device or pipe is written directly. An object in a store is first written to
    a temporary file, and uploaded at the end. `digest` is updated with the written bytes. Raises `OutputError` if the
    file cannot be written.
    """

    def __init__(self, path: str | PathLike[str], digest: Digest | None = None) -> None:
        self.url = os.fspath(path) if is_remote(path) else None
        self.path = Path(os.path.realpath(path))
        self._shown = shown_file(path)
        self._digest = digest
        if self.url is not None:
            store.refuse_unwritable(self.url)
        self._straight = self.url is None and self.path.exists() and not self.path.is_file()
        folder = Path(tempfile.gettempdir()) if self.url is not None else self.path.parent
        self._written = self.path if self._straight else own_path(folder, ".part")
        try:
            self._stream: BinaryIO = self._written.open("wb" if self._straight else "xb", buffering=1 << 20)
        except OSError as error:
            raise self._error(error) from error
        if self.url is None and not self._straight and self.path.exists():
            with suppress(OSError):  # a file system without modes
                shutil.copymode(self.path, self._written)

    def write(self, data: bytes | memoryview) -> None:
        """Append bytes."""
        if self._digest is not None:
            self._digest.update(data)
        try:
            self._stream.write(data)
        except OSError as error:
            raise self._error(error) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._finish(keep=kind is None)
        except OSError as failure:
            if kind is None:
                raise self._error(failure) from failure

    def _finish(self, keep: bool) -> None:
        try:
            self._stream.close()
            if keep and not self._straight:
                self._place()
        finally:
            if not self._straight:
                self._written.unlink(missing_ok=True)

    def _place(self) -> None:
        """Move the written file to its final place."""
        if self.url is not None:
            store.put(self._written, self.url)
        else:
            self._written.replace(self.path)

    def _error(self, error: OSError) -> OutputError:
        return OutputError(f"cannot write {self._shown}: {error.strerror or error}")
