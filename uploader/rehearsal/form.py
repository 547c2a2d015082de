"""The rehearsal's parser of an upload: a multipart body read as a stream, and the rules for its fields.

Part of the second opinion: nothing here comes from `preflight` or from the client.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import IO

from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header

FILE_PART = "file"
FIELD_LIMIT = 64 * 1024
"""Largest text field, in bytes."""

SEPARATORS = {"COMMA": ",", "TAB": "\t", "SEMICOLON": ";", "SPACE": " "}
QUOTES = {"NONE": None, "SINGLE_QUOTE": "'", "DOUBLE_QUOTE": '"'}
ACTIONS = {"CUSTOM_DOWNLOADED", "CUSTOM_REGISTERED", "CUSTOM_ATTENDED", "CUSTOM_GENERAL"} | {
    f"CUSTOM_GENERAL{number}" for number in range(1, 6)
}
REQUIRED = (
    "destination",
    "firstrow",
    "fieldseparator",
    "quotecharacter",
    "customeventaction",
    "emailcolidx",
    "datecolidx",
    "titlecolidx",
    "titlecount",
    "dateformat",
)
OPTIONAL = ("notecolidx", "filename")
_NUMBERS = ("emailcolidx", "datecolidx", "titlecolidx", "notecolidx", "titlecount")


class FormError(Exception):
    """The form does not match the endpoint's page; the message says why."""


@dataclass(slots=True)
class Form:
    """A parsed upload: the text fields, and the filename of the file part (`None` without one)."""

    fields: dict[str, str] = field(default_factory=dict)
    file_name: str | None = None


class FormReader:
    """Incremental parser: `feed` it the body, then `finish`. The file part is written to `file`."""

    def __init__(self, content_type: str, file: IO[bytes]) -> None:
        """Raises `FormError` unless the content type is multipart with a boundary."""
        kind, options = parse_options_header(content_type)
        if kind != b"multipart/form-data" or not options.get(b"boundary"):
            raise FormError("the content type must be multipart/form-data with a boundary")
        self._form = Form()
        self._file = file
        self._header_name = self._header_value = b""
        self._disposition = b""
        self._name = ""
        self._text: bytearray | None = None
        self._ended = False
        self._parser = MultipartParser(
            options[b"boundary"],
            {
                "on_part_begin": self._part_begin,
                "on_header_field": self._header_field,
                "on_header_value": self._header_text,
                "on_header_end": self._header_end,
                "on_headers_finished": self._headers_finished,
                "on_part_data": self._part_data,
                "on_part_end": self._part_end,
                "on_end": self._end,
            },
        )

    def feed(self, data: bytes) -> None:
        """Parse the next bytes of the body; raises `FormError` if they are not multipart."""
        try:
            self._parser.write(data)
        except MultipartParseError as error:
            raise FormError(f"the body is not multipart/form-data: {error}") from error

    def finish(self) -> Form:
        """The form; raises `FormError` if the body is incomplete or has no file."""
        if not self._ended:
            raise FormError("the body ends before its closing boundary")
        if self._form.file_name is None:
            raise FormError(f"there is no file part named {FILE_PART}")
        return self._form

    def _part_begin(self) -> None:
        self._disposition = b""
        self._header_name = self._header_value = b""

    def _header_field(self, data: bytes, start: int, end: int) -> None:
        self._header_name += data[start:end]

    def _header_text(self, data: bytes, start: int, end: int) -> None:
        self._header_value += data[start:end]

    def _header_end(self) -> None:
        if self._header_name.lower() == b"content-disposition":
            self._disposition = self._header_value
        self._header_name = self._header_value = b""

    def _headers_finished(self) -> None:
        _kind, options = parse_options_header(self._disposition)
        self._name = options.get(b"name", b"").decode("utf-8", "replace")
        taken = self._name in self._form.fields or (self._name == FILE_PART and self._form.file_name is not None)
        if not self._name or taken:
            raise FormError(f"the field {self._name!r} comes twice" if taken else "a part has no name")
        if self._name != FILE_PART:
            self._text = bytearray()
            return
        if b"filename" not in options:
            raise FormError(f"the part {FILE_PART} has no filename")
        self._form.file_name = options[b"filename"].decode("utf-8", "replace")
        self._text = None

    def _part_data(self, data: bytes, start: int, end: int) -> None:
        if self._text is None:
            self._file.write(memoryview(data)[start:end])
            return
        self._text += data[start:end]
        if len(self._text) > FIELD_LIMIT:
            raise FormError(f"the field {self._name!r} is longer than {FIELD_LIMIT} bytes")

    def _part_end(self) -> None:
        if self._text is None:
            return
        try:
            self._form.fields[self._name] = self._text.decode("utf-8")
        except UnicodeDecodeError as error:
            raise FormError(f"the field {self._name!r} is not UTF-8") from error

    def _end(self) -> None:
        self._ended = True


def check_fields(fields: Mapping[str, str]) -> None:
    """Compare the text fields with the endpoint's page; raises `FormError` for the first that is wrong."""
    for name in REQUIRED:
        if not fields.get(name, "").strip():
            raise FormError(f"the field {name} is missing or blank")
    for name in fields:
        if name not in REQUIRED + OPTIONAL:
            raise FormError(f"there is no field {name!r}")
    allowed = {
        "firstrow": {"Y", "N"},
        "fieldseparator": SEPARATORS.keys(),
        "quotecharacter": QUOTES.keys(),
        "customeventaction": ACTIONS,
    }
    for name, words in allowed.items():
        if fields[name] not in words:
            raise FormError(f"{name} must be one of {', '.join(sorted(words))}, not {fields[name]!r}")
    for name in _NUMBERS:
        if name in fields and not re.fullmatch("[0-9]{1,9}", fields[name]):
            raise FormError(f"{name} must be a whole number from 0, not {fields[name]!r}")
