"""Recognizes files other than CSV by their first bytes, with the way to get a CSV file from each."""

from __future__ import annotations

import re

_SAVE_AS = "open it in a spreadsheet and save it as CSV (UTF-8, comma-separated)"
_EXPORT = "export the data as CSV (UTF-8) where it came from"
_UNPACK = "unpack it and check the CSV file inside"

_ZIP = b"PK\x03\x04"
_IN_ZIP = (
    (b"xl/", "an Excel workbook (.xlsx)", _SAVE_AS),
    (b"application/vnd.oasis.opendocument.spreadsheet", "an OpenDocument spreadsheet (.ods)", _SAVE_AS),
    (b"Index/Tables/", "a Numbers spreadsheet", _SAVE_AS),
    (b"word/", "a Word document (.docx)", _EXPORT),
    (b"", "a zip archive", _UNPACK),
)
_KINDS = (
    (b"PK\x05\x06", "an empty zip archive", _EXPORT),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel workbook (.xls)", _SAVE_AS),
    (b"%PDF", "a PDF document", _EXPORT),
    (rb"{\rtf", "a rich text document (.rtf)", _EXPORT),
    (b"PAR1", "a Parquet file", _EXPORT),
    (b"SQLite format 3\0", "an SQLite database", _EXPORT),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", _UNPACK),
    (b"Rar!\x1a\x07", "a RAR archive", _UNPACK),
    (b"BZh", "compressed with bzip2", _UNPACK),
    (b"\xfd7zXZ\0", "compressed with xz", _UNPACK),
    (b"\x28\xb5\x2f\xfd", "compressed with zstd", _UNPACK),
    (b"\x89PNG\r\n", "a picture", _EXPORT),
    (b"\xff\xd8\xff", "a picture", _EXPORT),
)
_MARKUP = (
    (re.compile(rb"<\?xml.*mso-application|<\?xml.*<workbook", re.DOTALL), "an XML spreadsheet", _SAVE_AS),
    (
        re.compile(rb"<!doctype html|<!--|<(?:html|head|body|div|table|tr|meta|script|style)\b"),
        "a web page (HTML)",
        _SAVE_AS,
    ),
    (re.compile(rb"<\?xml"), "an XML file", _EXPORT),
    (re.compile(rb"\[?\s*\{\s*[\"}]"), "a JSON file", _EXPORT),
)
_START = 1024
"""Number of bytes in which markup is searched."""


def known_kind(first: bytes) -> tuple[str, str] | None:
    """The kind of a file that starts with `first`, and what to do about it; None if it may be CSV."""
    if first.startswith(_ZIP):
        return next((kind, action) for part, kind, action in _IN_ZIP if part in first)
    for magic, kind, action in _KINDS:
        if first.startswith(magic):
            return kind, action
    start = first[:_START].lstrip(b"\xef\xbb\xbf\xff\xfe").replace(b"\0", b"").lstrip().lower()
    return next(((kind, action) for pattern, kind, action in _MARKUP if pattern.match(start)), None)
