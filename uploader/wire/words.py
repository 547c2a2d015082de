"""The text of a response body, of an HTML page, and of the JSON shapes of an error.

Every function takes linear time, whatever the server sends.
"""

from __future__ import annotations

import html
import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Mapping
from typing import Any

_LONGEST_PAGE_TEXT = 10_000
"""Characters of text that are read from an HTML page."""

_MARKUP = re.compile(
    r"<!(?=--).*?(?:-->|\Z) | <(script|style).*?(?=</\1|\Z) | <[a-z/!?][^>]*(?:>|\Z)",
    re.ASCII | re.DOTALL | re.IGNORECASE | re.VERBOSE,
)
"""A comment, a script or style without its end tag, or a tag; one that never ends goes to the end of the page."""

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
    text = _MARKUP.sub(" ", page)[:_LONGEST_PAGE_TEXT]
    text = re.sub(r"&#[0-9]{8,}|&#[xX][0-9a-fA-F]{7,}", "\N{REPLACEMENT CHARACTER}", text)
    return " ".join(html.unescape(text).split())


def text_of(value: object) -> str:
    """A JSON value as text; `…` if it is nested too deeply."""
    try:
        return f"{value}"
    except (RecursionError, ValueError):
        return "…"
