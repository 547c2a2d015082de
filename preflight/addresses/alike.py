"""Texts that are the same but for letters and digits of no weight, of which one need be judged as an address.

Before the first @ no rule for addresses tells one ASCII letter or digit from another, behind it none tells digits; and
no reason names them. It is not so in quotes and brackets, and in names that stand for others (`xn--`).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from string import ascii_letters, digits
from typing import TypeVar

Result = TypeVar("Result")

LONGEST = 100
"""Characters of a text that stands for others."""

KEPT = 1 << 14
"""Judgements that are kept."""

_DIGITS = str.maketrans(digits, "0" * len(digits))
_ALL = str.maketrans(ascii_letters + digits, "a" * len(ascii_letters + digits))


def alike(text: str) -> str:
    """The one that stands for this text and all others like it: as long, and with what has weight where it is here.

    It is the text itself where that is like no other, or longer than `LONGEST`.
    """
    if len(text) > LONGEST or '"' in text or "\\" in text:
        return text
    local, sign, domain = text.partition("@")
    as_letters = ":" not in local and local.isascii()  # letters may be those of `mailto:`, or carry the mark behind
    if domain.isascii() and "[" not in domain and "--" not in domain:
        domain = domain.translate(_DIGITS)
    return local.translate(_ALL if as_letters else _DIGITS) + sign + domain


def judged_alike(judge: Callable[[str], Result]) -> Callable[[str], Result]:
    """Have `judge` told of one of the texts that are alike; it must say the same of all of them."""
    kept = lru_cache(maxsize=KEPT)(judge)

    @wraps(judge)
    def judged(text: str) -> Result:
        return kept(alike(text)) if len(text) <= LONGEST else judge(text)

    return judged
