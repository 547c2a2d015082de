"""Blocks of a file's bytes as UTF-8 text; files that are no CSV text are refused."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator

from preflight.errors import InputError, LayoutError
from preflight.inputs.filekind import known_kind
from preflight.layouts.words import Separator
from preflight.records.encoding import plain_but_unnamed
from preflight.records.grammar import UNDECODABLE
from preflight.text.asking import option
from preflight.text.display import shown

_SEP_LINE = re.compile(rb'"?sep=([^\r\n])"?[ \t]*(?:\r\n|\r|\n|\Z)', re.IGNORECASE)

_CONTROL = re.compile("[\x02-\x08\x0e-\x1a]")

SAMPLE = 1 << 16
"""Number of bytes that are searched for control characters."""


def _mark_undecodable(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return UNDECODABLE, error.end


codecs.register_error("preflight.mark", _mark_undecodable)


def transcoded(blocks: Iterator[bytes], encoding: str, file: str) -> Iterator[bytes]:
    """Yield blocks of text as UTF-8, with bytes that the encoding cannot decode as `UNDECODABLE`."""
    decoder = codecs.getincrementaldecoder(encoding)(errors="preflight.mark")
    try:
        for block in blocks:
            yield decoder.decode(block).encode("utf-8", "surrogatepass")
        yield decoder.decode(b"", final=True).encode("utf-8", "surrogatepass")
    except UnicodeError as error:  # some decoders ignore the error handler
        raise InputError(f"{file} cannot be read as {encoding}: {error}") from error


def separator_told(start: bytes, file: str) -> tuple[Separator, int] | None:
    """The separator of a `sep=` line, which spreadsheets write, and the length of the line; None without one.

    Raises `LayoutError` for a separator that the API lacks.
    """
    line = _SEP_LINE.match(start)
    if line is None:
        return None
    character = line[1].decode("utf-8", "replace")
    for separator in Separator:
        if separator.character == character:
            return separator, line.end()
    raise LayoutError(
        f"the first line of {file} says that {shown(character)} separates its cells, which Act-On cannot "
        f"read; save it with one of {', '.join(Separator)}"
    )


def is_binary(start: bytes) -> bool:
    """Whether more than 8 characters, and than one in 50, are control characters, and no lines of UTF-16 or UTF-32.

    NUL and the characters that separate cells elsewhere (U+0001, U+001C to U+001F) do not count.
    """
    if len(_CONTROL.findall(start.decode("latin-1"))) <= max(8, len(start.replace(b"\0", b"")) // 50):
        return False
    wide = (start[: len(start) // 4 * 4].decode(name, "replace") for name in ("utf-16-le", "utf-16-be", "utf-32"))
    return all("\ufffd" in text or "\n" not in text or _CONTROL.search(text) for text in wide)


def reject_other_kinds(start: bytes, file: str, *, tolerant: bool) -> None:
    """Raise `InputError` for a file that is no CSV text or, unless `tolerant`, in an encoding that has to be named."""
    kind = known_kind(start)
    if kind is not None:
        raise InputError(f"{file} is {kind[0]}, not CSV text; {kind[1]}")
    if tolerant:
        return
    if is_binary(start[:SAMPLE]):
        raise InputError(f"{file} is binary data, not CSV text; export the data as CSV (UTF-8) where it came from")
    unnamed = plain_but_unnamed(start)
    if unnamed is not None:
        error = InputError(
            f"{file} is not UTF-8 text; it looks like {unnamed}: say {option('encoding', unnamed)}, or save it as UTF-8"
        )
        error.options = {"encoding": unnamed}
        raise error
