"""Normal forms in which spellings of the same title are equal."""

from __future__ import annotations

import html
import re
import unicodedata
from typing import Any

from preflight.text.whitespace import INVISIBLE

_DROPPED = dict.fromkeys(map(ord, INVISIBLE))
_ALIKE = (
    dict.fromkeys(map(ord, "\u201c\u201d\u201e\u201f\u2033\u2036\u00ab\u00bb\u301d\u301e"), '"')
    | dict.fromkeys(map(ord, "\u2018\u2019\u201a\u201b\u2032\u2035\u00b4`\u2039\u203a"), "'")
    | dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\uff0d"), "-")
)
"""Quotes and dashes, with the keyboard's character for each."""

_ALIKE_MARKS, _INVISIBLE = (re.compile(f"[{''.join(map(chr, table))}]") for table in (_ALIKE, _DROPPED))
_LINE_BREAK = re.compile("[ \t]*[\r\n\x0b\x0c\x85\u2028\u2029]+[ \t]*")


def plainly_folded(text: str) -> str:
    """A text case-folded, with single blanks, without invisible characters."""
    if not text.isascii() and _INVISIBLE.search(text):  # a search is cheaper than a translation
        text = text.translate(_DROPPED)
    return " ".join(text.split()).casefold()


def unaccented(text: str) -> str:
    """A text case-folded, without accents."""
    if text.isascii():
        return text.casefold()
    return "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))


def folded(text: str) -> str:
    """A text in the normal form that ignores what programs change.

    Besides case, blanks and invisible characters: the Unicode normal form (NFC, NFD, NFKC), `&amp;`, curly quotes and
    dashes, a spreadsheet's leading `'`, and the quotes of a CSV file around it.
    """
    if not text.isascii():
        text = _as_typed(unicodedata.normalize("NFKC", _as_typed(text)))
    if "&" in text and ";" in text:
        text = html.unescape(text)
    text = plainly_folded(text)
    if not text.isascii():
        text = plainly_folded(_as_typed(unicodedata.normalize("NFKC", text)))
    if len(text) > 2 and text[0] == text[-1] == '"':
        text = text[1:-1].replace('""', '"').strip()
    return text[1:].lstrip() if text[0:1] == "'" and len(text) > 1 else text


def _as_typed(text: str) -> str:
    """A text with the keyboard's quotes and dashes."""
    return text.translate(_ALIKE) if _ALIKE_MARKS.search(text) else text


def on_one_line(text: str) -> str:
    """A text with each line break replaced by a blank, stripped."""
    return _LINE_BREAK.sub(" ", text).strip()


def each_on_one_line(texts: Any) -> Any:
    """The same of each string of an Arrow array."""
    import pyarrow as pa
    import pyarrow.compute as pc

    texts = pc.replace_substring_regex(texts, _LINE_BREAK.pattern, " ")
    blanks = pc.match_substring_regex(texts, "^[^!-~]|[^!-~]$")  # where it takes a look at what is white space
    return pc.replace_with_mask(texts, blanks, pa.array(map(str.strip, texts.filter(blanks).to_pylist()), pa.string()))
