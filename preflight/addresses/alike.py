"""Groups texts that the rules for addresses cannot distinguish, so that only one text of each group is checked.

Before the first @ no rule distinguishes ASCII letters and digits, after it none distinguishes digits, and no message
quotes them. Exceptions are quotes, brackets, and encoded names (`xn--`).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from string import ascii_letters, digits
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from preflight.text.buffers import bytes_of, edges_of

_KEPT, _BY_DIGITS, _FIXED_DOMAIN = r'["\\]', r"^[^@]*(?::|[^\x00-\x7f@])", r"(?s)@.*(?:\[|--|[^\x00-\x7f])"
"""RE2 patterns of texts in which everything is significant, the letters before the @, or the digits after it."""

Result = TypeVar("Result")

LONGEST = 100
"""Maximum length of grouped texts, in characters."""

MAX_CACHED = 1 << 14
"""Maximum number of cached results."""

_DIGITS = str.maketrans(digits, "0" * len(digits))
_ALL = str.maketrans(ascii_letters + digits, "a" * len(ascii_letters + digits))


_SAME, _DIGITS_ALIKE, _ALL_ALIKE = 0, 1, 2
_TABLES = np.tile(np.arange(256, dtype=np.uint8), 3)
_TABLES[[(_DIGITS_ALIKE << 8) + byte for byte in digits.encode()]] = ord("0")
_TABLES[[(_ALL_ALIKE << 8) + byte for byte in (ascii_letters + digits).encode()]] = ord("a")
"""Three tables that replace bytes: none, digits, or letters and digits."""


def alike(text: str) -> str:
    """The representative of a text's group. It has the same length, with significant characters in the same places.

    A text that is in no group, or longer than `LONGEST`, is returned unchanged.
    """
    if len(text) > LONGEST or '"' in text or "\\" in text:
        return text
    local, sign, domain = text.partition("@")
    as_letters = ":" not in local and local.isascii()  # letters may be part of `mailto:`, or of a combining mark
    if domain.isascii() and "[" not in domain and "--" not in domain:
        domain = domain.translate(_DIGITS)
    return local.translate(_ALL if as_letters else _DIGITS) + sign + domain


def all_alike(texts: Any) -> tuple[npt.NDArray[np.int32], list[str]]:
    """Indices into a list of distinct representatives, for the texts of an Arrow array.

    They are the results of `alike`; a text longer than `LONGEST` is its own representative.
    """
    short = pc.less_equal(pc.utf8_length(texts), LONGEST)
    coded = pc.replace_with_mask(texts, short, _alike_each(texts.filter(short))).dictionary_encode()
    return coded.indices.to_numpy(), coded.dictionary.to_pylist()


def _alike_each(texts: Any) -> Any:
    """The results of `alike` for texts of an Arrow array without offset, computed on bytes."""
    kept, by_digits, fixed = (pc.match_substring_regex(texts, one) for one in (_KEPT, _BY_DIGITS, _FIXED_DOMAIN))
    table_of_local = pc.if_else(kept, _SAME, pc.if_else(by_digits, _DIGITS_ALIKE, _ALL_ALIKE)).to_numpy()
    table_of_domain = pc.if_else(pc.or_(kept, fixed), _SAME, _DIGITS_ALIKE).to_numpy()
    edges, sign = edges_of(texts), pc.find_substring(texts, "@").to_numpy()
    length = np.diff(edges)
    number = np.where(sign < 0, length, sign)
    tables = np.stack([table_of_local, table_of_domain], 1).ravel().astype(np.uint16) << 8
    tables = np.repeat(tables, np.stack([number, length - number], 1).ravel())
    changed = _TABLES.take(tables | bytes_of(texts)[: edges[-1]])
    return pa.StringArray.from_buffers(len(texts), pa.py_buffer(edges.astype(np.int32)), pa.py_buffer(changed))


def judged_alike(judge: Callable[[str], Result]) -> Callable[[str], Result]:
    """Decorator that caches `judge` by groups of texts; it must return the same for all texts of a group."""
    kept = lru_cache(maxsize=MAX_CACHED)(judge)

    @wraps(judge)
    def judged(text: str) -> Result:
        return kept(alike(text)) if len(text) <= LONGEST else judge(text)

    return judged
