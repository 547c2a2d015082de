"""Opens the input as bytes that can be read repeatedly: a local or remote file, a pipe, or a stream, also gzip."""

from __future__ import annotations

import gzip
import io
import os
import stat
import sys
import zlib
from contextlib import closing
from os import PathLike
from typing import TYPE_CHECKING, BinaryIO, cast

from preflight.errors import InputError, discard_temporary_file, temporary_file, writing_temporary_files
from preflight.remote.url import is_remote
from preflight.text.display import shown_file, shown_input

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

STANDARD_INPUT = "-"
_GZIP = b"\x1f\x8b"


class InputFile:
    """A stream of the file's bytes, decompressed if it is gzip (recognized by its first bytes, not by its name).

    `size` is the size of the file on disk in bytes, None if unknown; `done` is the number of these bytes read so far.
    Input that can be read only once, `-` (standard input) or a pipe, is copied to an unnamed temporary file while it is
    read; a remote file (`s3://…`) is copied as a whole. Raises `InputError` if the file cannot be opened or read.
    """

    def __init__(self, file: str | PathLike[str] | BinaryIO) -> None:
        self.name = os.fspath(file) if isinstance(file, str | PathLike) else _name_of(file)
        self.size: int | None = None
        if "\0" in self.name:  # Python's own message differs between versions
            raise InputError(f"cannot read {shown_file(self.name)}: its name holds a NUL character")
        try:
            self._packed = self._opened() if isinstance(file, str | PathLike) else _borrowed(file)
            start = self._packed.read(len(_GZIP))
            self._packed.seek(0)
        except FileNotFoundError as error:
            raise InputError(f"{shown_file(self.name)} does not exist") from error
        except (OSError, ValueError) as error:
            raise self._unreadable(error) from error
        self.is_gzip = start == _GZIP
        self._stream = cast(BinaryIO, gzip.GzipFile(fileobj=self._packed)) if self.is_gzip else self._packed

    @property
    def done(self) -> int:
        """The number of bytes read in this pass; compressed ones for gzip."""
        return self._packed.tell()

    def read(self, size: int) -> bytes:
        """Read the next `size` bytes; fewer only at the end."""
        try:
            return self._stream.read(size)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise InputError(f"{shown_input(self.name)} is gzip, but damaged or cut short; get it again") from error
        except (OSError, ValueError) as error:
            raise self._unreadable(error) from error

    def read_at(self, start: int, size: int) -> bytes:
        """Read `size` bytes from byte `start`; fewer only at the end."""
        try:
            self._stream.seek(start)
        except (OSError, ValueError) as error:
            raise self._unreadable(error) from error
        return self.read(size)

    def reopened(self) -> BinaryIO | None:
        """Open the file a second time; None unless it is a local, seekable file without compression."""
        if self.size is None or self.is_gzip or is_remote(self.name):
            return None
        try:
            return open(self.name, "rb")
        except OSError as error:
            raise self._unreadable(error) from error

    def rewind(self) -> None:
        """Go back to the first byte."""
        self._stream.seek(0)

    def close(self) -> None:
        """Close the file and its temporary copy."""
        self._stream.close()
        self._packed.close()

    def _opened(self) -> BinaryIO:
        if self.name == STANDARD_INPUT:
            if sys.stdin is None:
                raise InputError("there is no standard input to read; name a file")
            return io.BufferedReader(_Kept(sys.stdin.buffer))
        if is_remote(self.name):
            from preflight.remote.store import fetched  # imports optional dependencies

            copy = fetched(self.name)
            self.size = os.fstat(copy.fileno()).st_size
            return copy
        status = os.stat(self.name)
        if stat.S_ISDIR(status.st_mode):
            raise InputError(f"{shown_file(self.name)} is a folder, not a file")
        stream = open(self.name, "rb")  # noqa: SIM115  closed by `close`
        if not stat.S_ISREG(status.st_mode):
            return io.BufferedReader(_Kept(stream))
        self.size = status.st_size
        return stream

    def _unreadable(self, error: OSError | ValueError) -> InputError:
        return InputError(f"cannot read {shown_input(self.name)}: {getattr(error, 'strerror', None) or error}")


def is_read_once(file: str | PathLike[str]) -> bool:
    """Whether a file can be read only once: standard input, or a named pipe such as `<(…)`."""
    if os.fspath(file) == STANDARD_INPUT:
        return True
    try:
        return not is_remote(file) and stat.S_ISFIFO(os.stat(file).st_mode)
    except (OSError, ValueError):
        return False


def write_copy(file: str | PathLike[str], to: str | PathLike[str]) -> None:
    """Copy the decompressed bytes of a file; raises `InputError` if it cannot be read."""
    with closing(InputFile(file)) as source, writing_temporary_files(), open(to, "xb") as copy:
        while block := source.read(1 << 20):
            copy.write(block)


def _name_of(stream: BinaryIO) -> str:
    name = getattr(stream, "name", None)
    return name if isinstance(name, str) else "<buffer>"


def _borrowed(stream: BinaryIO) -> BinaryIO:
    """A stream of the caller from its current position; closing the result does not close it."""
    seekable = getattr(stream, "seekable", lambda: False)()
    return cast(BinaryIO, io.BufferedReader(_Borrowed(stream) if seekable else _Kept(stream, owned=False)))


class _Borrowed(io.RawIOBase):
    """A seekable stream of the caller, from its current position."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._start = stream.tell()

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move to an offset from the start, the only kind of seek that is used."""
        return self._stream.seek(self._start + offset) - self._start

    def tell(self) -> int:
        return self._stream.tell() - self._start

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer)
        block = self._stream.read(len(view))
        view[: len(block)] = block
        return len(block)


class _Kept(io.RawIOBase):
    """A stream that can be read only once, made seekable by a copy in a temporary file."""

    def __init__(self, stream: BinaryIO, owned: bool = True) -> None:
        self._kept = temporary_file()
        self._stream = stream
        self._owned = owned and stream is not getattr(sys.stdin, "buffer", None)
        self._read = getattr(stream, "read1", stream.read)  # single reads, so that signals are handled in between
        self._length = 0
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move to an offset from the start, the only kind of seek that is used."""
        self._at = offset
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer)
        self._kept.seek(self._at)
        if self._at < self._length:
            taken = self._kept.readinto(view)
        else:
            block = self._read(len(view))
            taken = len(block)
            view[:taken] = block
            with writing_temporary_files():
                self._kept.write(block)
                self._kept.flush()
            self._length += taken
        self._at += taken
        return taken

    def close(self) -> None:
        if hasattr(self, "_at"):  # not if finalized after an interrupted `__init__`
            discard_temporary_file(self._kept)
            if self._owned:
                self._stream.close()
        super().close()
