"""The kind of a workbook, recognized by the content of its container, not by its name."""

from __future__ import annotations

import zipfile
from enum import StrEnum
from typing import BinaryIO

from preflight.errors import InputError

ZIP = b"PK\x03\x04"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""The magic bytes of the containers: ZIP of the current formats, OLE of .xls and of encrypted workbooks."""

_ODS = "application/vnd.oasis.opendocument.spreadsheet"
_BLOCK = 1 << 20


class Kind(StrEnum):
    """The kinds of workbooks. An .xlsm file is an .xlsx file with macros, which are never run."""

    XLSX = "xlsx"
    XLSB = "xlsb"
    XLS = "xls"
    ODS = "ods"


def kind_of(stream: BinaryIO, shown: str) -> Kind | None:
    """The kind of the workbook in a seekable stream; None for any other content.

    `shown` is the file's name for messages. Raises `InputError` for a damaged or encrypted workbook.
    """
    stream.seek(0)
    start = stream.read(_BLOCK)
    if start.startswith(OLE):
        return _kind_of_ole(stream, shown)
    if not start.startswith(ZIP):
        return None
    try:
        with zipfile.ZipFile(stream) as package:
            names = {*package.namelist()}
            mimetype = package.read("mimetype")[:100].decode("latin-1") if "mimetype" in names else ""
    except (zipfile.BadZipFile, OSError, ValueError, EOFError, NotImplementedError, RuntimeError) as error:
        if b"xl/" in start or _ODS.encode() in start:
            raise damaged(shown) from error
        return None
    if mimetype.startswith(_ODS) and "content.xml" in names:
        return Kind.ODS
    if "xl/workbook.bin" in names:
        return Kind.XLSB
    return Kind.XLSX if any(name.startswith("xl/") for name in names) else None


def damaged(shown: str) -> InputError:
    """The error for a workbook that cannot be read."""
    return InputError(f"{shown} is a workbook, but damaged or cut short; get it again, or open it and save it anew")


def with_password(shown: str) -> InputError:
    """The error for an encrypted workbook."""
    return InputError(f"{shown} has a password; open it in a spreadsheet, remove the password, and save it")


def _kind_of_ole(stream: BinaryIO, shown: str) -> Kind | None:
    """The kind by the names in the container's directory, which may lie anywhere in the file."""
    names = {name: name.encode("utf-16-le") for name in ("EncryptedPackage", "Workbook", "Book")}
    found, kept = set[str](), b""
    stream.seek(0)
    while block := stream.read(_BLOCK):
        text = kept + block
        found |= {name for name, spelled in names.items() if spelled + b"\0\0" in text}
        kept = text[-64:]
    if "EncryptedPackage" in found:
        raise with_password(shown)
    if not found:
        raise InputError(f"{shown} is a Microsoft Office file, but no workbook; export the data as CSV (UTF-8)")
    return Kind.XLS
