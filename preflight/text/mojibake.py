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


WITH_NEIGHBOURS = rf"(?s).{{0,{_BESIDE}}}[^\x00-\x7f](?:.*[^\x00-\x7f])?.{{0,{_BESIDE}}}"
"""RE2 and Python: the part of a text that has all that is not ASCII, by which it is read again."""

_NEIGHBOURHOOD, _CANDIDATE = re.compile(WITH_NEIGHBOURS), re.compile(CANDIDATE)


def mended(text: str) -> str | None:
    """What a text with mojibake said before, however often it was misread; None when it has none or that is not plain.

    Whole texts are read again as UTF-8; what is more involved is left to `ftfy`.
    """
    there = _NEIGHBOURHOOD.search(text)
    if there is None or not _CANDIDATE.search(there[0]):
        return None
    part, known = mended_part(there[0])
    if not known:
        return _mended_by_ftfy(text)
    return None if part is None else text[: there.start()] + part + text[there.end() :]


@lru_cache(maxsize=4096)
def mended_part(part: str) -> tuple[str | None, bool]:
    """The same of the part of a text that its `WITH_NEIGHBOURS` finds; and whether that is known without `ftfy`."""
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
