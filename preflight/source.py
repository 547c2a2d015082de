"""A file as blocks of UTF-8 bytes, without byte order mark.

A file is UTF-8 unless its byte order mark says UTF-16 or the layout names an encoding. What the named encoding cannot
decode becomes a lone surrogate, which no UTF-8 has, so that the record it stands in can be told apart later.
"""

from __future__ import annotations

import codecs
import difflib
import os
import stat
from collections.abc import Callable, Iterator
from encodings.aliases import aliases
from os import PathLike
from types import TracebackType
from typing import BinaryIO, Self

from preflight.errors import InputError, LayoutError
from preflight.show import shown

Progress = Callable[[int, int | None], None]
"""Told how many bytes of the file are done, and of how many (None when the size is not known)."""

BLOCK_BYTES = 4 << 20
_UNDECODABLE = "\udc80"
_NOT_TEXT = frozenset({"idna", "punycode", "undefined", "unicode_escape", "raw_unicode_escape"})
_BINARY_KINDS = (
    (b"PK\x03\x04", "an Excel workbook or a zip archive"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel workbook (.xls)"),
    (b"\x1f\x8b", "gzip-compressed"),
)


def _mark_undecodable(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return _UNDECODABLE, error.end


codecs.register_error("preflight.mark", _mark_undecodable)


def normal_encoding(name: str) -> str:
    """The codec's own name for a text encoding; raises `LayoutError` naming a near match when there is none."""
    try:
        codec = codecs.lookup(name).name
        b"".decode(codec)
    except (LookupError, UnicodeError, ValueError):
        codec = "undefined"
    if codec in _NOT_TEXT:
        near = difflib.get_close_matches(name.lower().replace("-", "_"), [*aliases, *aliases.values()], n=1)
        hint = f"did you mean {near[0]}?" if near else "utf-8, utf-16 and cp1252 are common ones"
        raise LayoutError(f"unknown encoding {shown(name)}; {hint}")
    return "utf-8" if codec == "utf-8-sig" else codec


class Source:
    """An input file, open for one pass.

    `blocks()` yields its text as UTF-8 bytes; `tolerant` is True when an encoding was named, so that bytes it cannot
    decode are a problem of their record instead of the whole file. Raises `InputError` when the file cannot be read
    or is not text.
    """

    def __init__(
        self, file: str | PathLike[str], encoding: str | None = None, progress: Progress | None = None
    ) -> None:
        self.name = os.fspath(file)
        self.tolerant = encoding is not None
        self._encoding = normal_encoding(encoding) if encoding is not None else None
        self._progress = progress
        self._done = 0
        self._stream, self._size = _open(self.name)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stream.close()

    def blocks(self) -> Iterator[bytes]:
        """The file's text as UTF-8, a few MiB at a time, no byte order mark at its start; no block is empty."""
        first = self._read()
        if not first:
            raise InputError(f"{shown(self.name)} is empty")
        self._refuse_binary(first)
        encoding, bom = self._encoding_of(first)
        body = self._rest_after(first[bom:])
        if encoding != "utf-8":
            body = self._transcoded(body, encoding)
        yield from filter(None, body)

    def _rest_after(self, first: bytes) -> Iterator[bytes]:
        yield first
        while block := self._read():
            yield block

    def _read(self) -> bytes:
        try:
            block = self._stream.read(BLOCK_BYTES)
        except OSError as error:
            raise InputError(f"cannot read {shown(self.name)}: {error.strerror or error}") from error
        if self._progress is not None:
            self._done += len(block)
            self._progress(self._done, self._size)
        return block

    def _encoding_of(self, first: bytes) -> tuple[str, int]:
        """The encoding to decode with, and how many bytes of byte order mark to skip."""
        if first.startswith(codecs.BOM_UTF8) and self._encoding in (None, "utf-8"):
            return "utf-8", len(codecs.BOM_UTF8)
        for bom, name in ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")):
            if first.startswith(bom) and self._encoding in (None, "utf-16", name):
                return name, len(bom)
        return self._encoding or "utf-8", 0

    def _transcoded(self, blocks: Iterator[bytes], encoding: str) -> Iterator[bytes]:
        decoder = codecs.getincrementaldecoder(encoding)(errors="preflight.mark")
        try:
            for block in blocks:
                yield decoder.decode(block).encode("utf-8", "surrogatepass")
            yield decoder.decode(b"", final=True).encode("utf-8", "surrogatepass")
        except UnicodeError as error:  # some decoders raise whatever they are told to do with errors
            raise InputError(f"{shown(self.name)} cannot be read as {encoding}: {error}") from error

    def _refuse_binary(self, first: bytes) -> None:
        for magic, kind in _BINARY_KINDS:
            if first.startswith(magic):
                raise InputError(
                    f"{shown(self.name)} is {kind}, not CSV text; export or unpack it as CSV (UTF-8) first"
                )


def _open(name: str) -> tuple[BinaryIO, int | None]:
    try:
        status = os.stat(name)
        if stat.S_ISDIR(status.st_mode):
            raise InputError(f"{shown(name)} is a folder, not a file")
        stream = open(name, "rb")  # noqa: SIM115  closed with the Source
    except FileNotFoundError as error:
        raise InputError(f"{shown(name)} does not exist") from error
    except (OSError, ValueError) as error:
        raise InputError(f"cannot read {shown(name)}: {getattr(error, 'strerror', None) or error}") from error
    return stream, status.st_size if stat.S_ISREG(status.st_mode) else None
