"""What a server said, in its own words: the text of a body, of an HTML page, and of the several shapes of an error.

Whatever a server sends is read in time that grows with its length, no faster.
"""

from __future__ import annotations

import html
import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterator, Mapping
from typing import Any

_LONGEST_PAGE_TEXT = 10_000
"""Characters of an HTML page's text that are gathered."""

_SHAPES = (
    ("errorCode", "message"),  # the application
    ("httpCode", "httpMessage", "moreInformation"),  # the gateway
    ("error", "error_description"),  # the token endpoint
)


def error_words(said: Mapping[str, Any]) -> str:
    """The server's own words in any of the three JSON shapes of an error; empty when it is none of them."""
    for code, *others in _SHAPES:
        if said.get(code) is not None:
            return " - ".join(text_of(value) for value in (said[code], *map(said.get, others)) if value)
    return ""


def body_text(body: bytes, content_type: str) -> str:
    """A body as text: UTF-16 where it says so or looks so, else UTF-8, else Latin-1."""
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
    """The text of an HTML page, without its scripts, styles and comments, in one line."""
    text = re.sub(r"&#[0-9]{8,}|&#[xX][0-9a-fA-F]{7,}", "\N{REPLACEMENT CHARACTER}", " ".join(_pieces(page)))
    return " ".join(html.unescape(text).split())


def _pieces(page: str) -> Iterator[str]:
    """The texts between a page's tags, until there are enough of them."""
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
        if place == tag:  # no tag, but a sign
            yield "<"
            length, place = length + 1, tag + 1
        if place < 0:
            return


def _after_tag(lower: str, tag: int) -> int:
    """Where the tag at `tag` ends, and with it what it hides; `tag` itself when it is none, -1 where it never ends."""
    if not re.match("[a-z/!?]", lower[tag + 1 : tag + 2], re.IGNORECASE):
        return tag
    for start, end, size in (("<!--", "-->", 3), ("<script", "</script", 0), ("<style", "</style", 0), ("<", ">", 1)):
        if lower.startswith(start, tag):
            found = lower.find(end, tag + 1)
            return found + size if found >= 0 else -1
    return -1


def text_of(value: object) -> str:
    """A JSON value as text; what is nested too deeply has none."""
    try:
        return f"{value}"
    except (RecursionError, ValueError):
        return "…"
