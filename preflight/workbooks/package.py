"""The zip archive that a workbook is: its parts, read within bounds, so that a bomb is refused before it goes off."""

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
"""Bytes that the parts of a workbook may come to; the largest sheets have about one GiB of XML."""

PLAIN_BYTES = 100 << 20
MOST_TIMES = 200
"""A part of more than the former must not be more than so many times as large as it is packed: sheets are some ten
times, very uniform ones a hundred times, and a bomb is a thousand times as large."""

MOST_OF_A_SMALL_PART = 64 << 20
_BLOCK = 1 << 20
_ENCRYPTED = 1


class Package:
    """The parts of a workbook by their names. Raises `InputError` for a bomb, and for what cannot be unpacked.

    What stands in the archive's directory is believed only as far as it is borne out while a part is read.
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
        """The bytes of a part, unpacked; 0 for one that is not there."""
        return self._entries[_folded(name)].file_size if name in self else 0

    def blocks(self, name: str) -> Iterator[bytes]:
        """A part, block by block."""
        entry = self._entries.get(_folded(name))
        if entry is None:
            raise damaged(self._shown)
        asked = copy.copy(entry)
        asked.file_size += 1  # so that it is read on where there is more than the directory says
        del asked.CRC  # which is that of the part as the directory has it
        left, checksum = entry.file_size, 0
        try:
            with self._zip.open(asked) as part:
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
        """A part whole; of a small one."""
        if self.size(name) > MOST_OF_A_SMALL_PART:
            raise self._bomb()
        return b"".join(self.blocks(name))

    def elements(self, name: str) -> list[tuple[str, Mapping[str, str]]]:
        """The elements of a small XML part in their order, each by its local name, with its attributes."""
        found: list[tuple[str, Mapping[str, str]]] = []
        parser = expat.ParserCreate()

        def start(tag: str, attributes: dict[str, str]) -> None:
            found.append((tag.rpartition(":")[2], attributes))

        def doctype(*_: object) -> None:
            raise damaged(self._shown)  # no spreadsheet program writes one, and entities may be a bomb, too

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
    """A part's name as it is looked for: in any case."""
    return name.lstrip("/").casefold()


def _is_bomb(entry: zipfile.ZipInfo) -> bool:
    return entry.file_size > max(PLAIN_BYTES, MOST_TIMES * max(1, entry.compress_size))
