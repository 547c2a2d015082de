"""The parts of a workbook's zip archive, read within limits, so that a zip bomb is refused before it is unpacked."""

from __future__ import annotations

import copy
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from typing import BinaryIO
from xml.parsers import expat

from preflight.errors import InputError
from preflight.workbooks.container import damaged, with_password

MOST_BYTES = 4 << 30
"""Limit for the unpacked size of all parts together; the largest sheets have about 1 GiB of XML."""

PLAIN_BYTES = 100 << 20
MOST_TIMES = 200
"""Limit for the compression ratio of a part of more than `PLAIN_BYTES`. Sheets have a ratio of about 10, very uniform
ones of 100, and zip bombs of 1,000."""

MOST_OF_A_SMALL_PART = 64 << 20
_BLOCK = 1 << 20
_ENCRYPTED = 1


class Package:
    """The parts of a workbook by their names. Raises `InputError` for a zip bomb and for a damaged archive.

    The sizes and checksums in the archive's directory are verified while a part is read.
    """

    def __init__(self, stream: BinaryIO, shown: str) -> None:
        self._shown = shown
        try:
            self._zip = zipfile.ZipFile(stream)
        except (zipfile.BadZipFile, OSError, ValueError) as error:
            raise damaged(shown) from error
        entries = self._zip.infolist()
        self._entries: Mapping[str, zipfile.ZipInfo] = {_folded(entry.filename): entry for entry in entries}
        if len(self._entries) < len(entries):
            raise damaged(shown)
        if any(entry.flag_bits & _ENCRYPTED for entry in entries):
            raise with_password(shown)
        if sum(entry.file_size for entry in entries) > MOST_BYTES or any(map(_is_bomb, entries)):
            raise self._bomb()

    def __contains__(self, name: str) -> bool:
        return _folded(name) in self._entries

    def size(self, name: str) -> int:
        """The unpacked size of a part in bytes; 0 for a missing part."""
        return self._entries[_folded(name)].file_size if name in self else 0

    def blocks(self, name: str) -> Iterator[bytes]:
        """Yield a part in blocks."""
        entry = self._entries.get(_folded(name))
        if entry is None:
            raise damaged(self._shown)
        copied = copy.copy(entry)
        copied.file_size += 1  # so that a part longer than its entry says is read on, and refused
        del copied.CRC  # checked below instead
        left, checksum = entry.file_size, 0
        try:
            with self._zip.open(copied) as part:
                while block := part.read(_BLOCK):
                    left -= len(block)
                    if left < 0:
                        raise self._bomb()
                    checksum = zlib.crc32(block, checksum)
                    yield block
        except (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, NotImplementedError) as error:
            raise damaged(self._shown) from error
        if left or checksum != entry.CRC:
            raise damaged(self._shown)

    def read(self, name: str) -> bytes:
        """The whole of a small part."""
        if self.size(name) > MOST_OF_A_SMALL_PART:
            raise self._bomb()
        return b"".join(self.blocks(name))

    def elements(self, name: str) -> list[tuple[str, Mapping[str, str]]]:
        """The elements of a small XML part in document order: the local name and the attributes of each."""
        found: list[tuple[str, Mapping[str, str]]] = []
        parser = expat.ParserCreate()

        def start(tag: str, attributes: dict[str, str]) -> None:
            found.append((tag.rpartition(":")[2], attributes))

        def doctype(*_: object) -> None:
            raise damaged(self._shown)  # no spreadsheet program writes a DTD, and its entities may be a bomb, too

        parser.StartElementHandler = start
        parser.StartDoctypeDeclHandler = doctype
        try:
            parser.Parse(self.read(name), True)
        except expat.ExpatError as error:
            raise damaged(self._shown) from error
        return found

    def _bomb(self) -> InputError:
        return InputError(
            f"{self._shown} unpacks to far more than any sheet holds (a zip bomb?), and was not read; save the sheet "
            "with the people as CSV (UTF-8)"
        )


def _folded(name: str) -> str:
    """The name of a part in the form in which names are compared: case-insensitive."""
    return name.lstrip("/").casefold()


def _is_bomb(entry: zipfile.ZipInfo) -> bool:
    return entry.file_size > max(PLAIN_BYTES, MOST_TIMES * max(1, entry.compress_size))
