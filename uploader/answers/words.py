"""The text of a response body, of an HTML page, and of the JSON shapes of an error.

Every function takes linear time, whatever the server sends.
"""

from __future__ import annotations

import html
import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterator, Mapping
from typing import Any

_LONGEST_PAGE_TEXT = 10_000
"""Characters of text that are read from an HTML page."""

_SHAPES = (
    ("errorCode", "message"),  # the application
    ("httpCode", "httpMessage", "moreInformation"),  # the gateway
    ("error", "error_description"),  # the token endpoint
)


def error_words(said: Mapping[str, Any]) -> str:
    """The message of an error in one of the three JSON shapes; empty if `said` has none of them."""
    for code, *others in _SHAPES:
        if said.get(code) is not None:
            return " - ".join(text_of(value) for value in (said[code], *map(said.get, others)) if value)
    return ""


def body_text(body: bytes, content_type: str) -> str:
    """A body as text: UTF-16 if declared or apparent, else UTF-8, else Latin-1."""
    encoding = "utf-8"
    if body.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        encoding = "utf-16"
    elif "utf-16" in content_type.lower() or b"\0" in body[:4]:
        encoding = "utf-16-be" if body[:1] == b"\0" else "utf-16-le"
    try:
        return body.decode(encoding)
    except UnicodeDecodeError as error:
        cut = error.start >= len(body) - 4
        return body.decode(encoding, "replace") if cut or encoding != "utf-8" else body.decode("latin-1")


def page_text(page: str) -> str:
    """The text of an HTML page in one line, without scripts, styles and comments."""
    text = re.sub(r"&#[0-9]{8,}|&#[xX][0-9a-fA-F]{7,}", "\N{REPLACEMENT CHARACTER}", " ".join(_pieces(page)))
    return " ".join(html.unescape(text).split())


def _pieces(page: str) -> Iterator[str]:
    """The texts between a page's tags, up to `_LONGEST_PAGE_TEXT` characters."""
    lower = re.sub("[A-Z]+", lambda letters: letters[0].lower(), page)  # `str.lower` may change the length
    place = length = 0
    while length < _LONGEST_PAGE_TEXT:
        tag = page.find("<", place)
        piece = page[place:tag] if tag >= 0 else page[place:]
        yield piece[:_LONGEST_PAGE_TEXT]
        length += len(piece)
        if tag < 0:
            return
        place = _after_tag(lower, tag)
        if place == tag:  # a literal `<`
            yield "<"
            length, place = length + 1, tag + 1
        if place < 0:
            return


def _after_tag(lower: str, tag: int) -> int:
    """The end of the tag at `tag`, or of the comment, script or style that it begins.

    Returns `tag` for a literal `<`, and -1 for a tag that never ends.
    """
    if not re.match("[a-z/!?]", lower[tag + 1 : tag + 2], re.IGNORECASE):
        return tag
    for start, end, size in (("<!--", "-->", 3), ("<script", "</script", 0), ("<style", "</style", 0), ("<", ">", 1)):
        if lower.startswith(start, tag):
            found = lower.find(end, tag + 1)
            return found + size if found >= 0 else -1
    return -1


def text_of(value: object) -> str:
    """A JSON value as text; `…` if it is nested too deeply."""
    try:
        return f"{value}"
    except (RecursionError, ValueError):
        return "…"
