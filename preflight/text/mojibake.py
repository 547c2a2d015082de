"""Mojibake: UTF-8 text that was decoded as cp1252 or Latin-1 and saved again: `MÃ¼ller` for `Müller`."""

from __future__ import annotations

import re
from functools import lru_cache

_OF_CP1252 = "€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ"

CANDIDATE = f"[\u00c2-\u00f4][\u0080-\u00bf{_OF_CP1252}]"
"""For RE2 and Python: the first two bytes of a character decoded in this way; also occurs in genuine text."""

_UNMISTAKABLE = re.compile("Ã[\u0080-\u009f¡-º¼-¿ƒ„†‡ˆ‰Š‹ŒŽ•˜š›œžŸ]|â€|Â[\u00a0-\u00bf]")
_NOT_ASCII = re.compile(r"[^\x00-\x7f](?:.*[^\x00-\x7f])?", re.DOTALL)
BESIDE = 5
"""Number of characters on either side of the non-ASCII ones that are decoded with them."""

_GENUINE = re.compile("[A-ZÀ-Þ]Ã[‘’“”»…–—™](?!\\w)")
"""An upper-case word that ends in `Ã`, as in Portuguese, before a quote, a dash or similar."""

_NEIGHBOURHOOD = re.compile(rf".{{0,{BESIDE}}}{_NOT_ASCII.pattern}.{{0,{BESIDE}}}", re.DOTALL)
_CANDIDATE = re.compile(CANDIDATE)


def mended(text: str) -> str | None:
    """The original of a text with mojibake, even if it was misread several times; None without a clear original.

    Texts that are mojibake as a whole are decoded again as UTF-8; `ftfy` handles the others.
    """
    found = _NEIGHBOURHOOD.search(text)
    if found is None or not _CANDIDATE.search(found[0]):
        return None
    part, is_known = mended_part(found[0])
    if not is_known:
        return _mended_by_ftfy(text)
    return None if part is None else text[: found.start()] + part + text[found.end() :]


@lru_cache(maxsize=4096)
def mended_part(part: str) -> tuple[str | None, bool]:
    """`mended` for the non-ASCII part of a text with its neighbours; and whether `ftfy` is not needed for it."""
    if _GENUINE.search(part):
        return None, True
    read, plain = _read_again(part)
    if read == part or not plain:
        return None, False
    return (read if len(read) < len(part) and not looks_bad(read) else None), True


@lru_cache(maxsize=4096)
def _mended_by_ftfy(text: str) -> str | None:
    from ftfy import TextFixerConfig, fix_encoding

    read, _ = _read_again(text)
    read = fix_encoding(read, TextFixerConfig(unescape_html=False, replace_lossy_sequences=False))
    return read if len(read) < len(text) and not looks_bad(read) else None


def _read_again(text: str) -> tuple[str, bool]:
    """The text decoded again as UTF-8 while it is certainly mojibake; and whether no such mojibake remains."""
    while _UNMISTAKABLE.search(text):
        try:
            text = text.encode("cp1252").decode("utf-8")
        except UnicodeError:
            return text, False
    return text, True


def looks_bad(text: str) -> bool:
    """Whether `ftfy` takes a text for mojibake, by its non-ASCII characters and a few neighbours."""
    from ftfy.badness import is_bad

    found = _NOT_ASCII.search(text)
    return found is not None and is_bad(text[max(0, found.start() - BESIDE) : found.end() + BESIDE])
