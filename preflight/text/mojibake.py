"""Mojibake: text that was UTF-8 once, was read as cp1252 or Latin-1, and saved so: `MÃ¼ller` for `Müller`."""

from __future__ import annotations

import re
from functools import lru_cache

_OF_CP1252 = "€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ"

CANDIDATE = f"[\u00c2-\u00f4][\u0080-\u00bf{_OF_CP1252}]"
"""RE2 and Python: what the two first bytes of a character look like when they are read so; in genuine text, too."""

_UNMISTAKABLE = re.compile("Ã[\u0080-\u009f¡-º¼-¿ƒ„†‡ˆ‰Š‹ŒŽ•˜š›œžŸ]|â€|Â[\u00a0-\u00bf]")
_NOT_ASCII = re.compile(r"[^\x00-\x7f](?:.*[^\x00-\x7f])?", re.DOTALL)
_BESIDE = 5
_GENUINE = re.compile("[A-ZÀ-Þ]Ã[‘’“”»…–—™](?!\\w)")
"""A word in capitals that ends in `Ã`, as Portuguese ones do, before a quote, a dash or the like."""


@lru_cache(maxsize=4096)
def mended(text: str) -> str | None:
    """What a text with mojibake said before, however often it was misread; None when it has none or that is not plain.

    Whole texts are read again as UTF-8; what is more involved is left to `ftfy`.
    """
    if _GENUINE.search(text):
        return None
    read, plain = _read_again(text)
    if read == text or not plain:
        from ftfy import TextFixerConfig, fix_encoding

        read = fix_encoding(read, TextFixerConfig(unescape_html=False, replace_lossy_sequences=False))
    return read if len(read) < len(text) and not looks_bad(read) else None


def _read_again(text: str) -> tuple[str, bool]:
    """The text as UTF-8, as long as it is without a doubt what was misread; whether nothing of that is left."""
    while _UNMISTAKABLE.search(text):
        try:
            text = text.encode("cp1252").decode("utf-8")
        except UnicodeError:
            return text, False
    return text, True


def looks_bad(text: str) -> bool:
    """What `ftfy` says of a text, which goes by the characters that are not ASCII and a few beside them."""
    from ftfy.badness import is_bad

    there = _NOT_ASCII.search(text)
    return there is not None and is_bad(text[max(0, there.start() - _BESIDE) : there.end() + _BESIDE])
