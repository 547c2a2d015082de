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

_PLAIN = r"^[ !#-9;-?A-\[\]-~]*(?:@[ !#-Z\]-~]*)?$"
"""RE2 pattern of texts in which no letter or digit is significant, unless `--` follows the @."""

Result = TypeVar("Result")

LONGEST = 100
"""Maximum length of grouped texts, in characters."""

KEPT = 1 << 14
"""Maximum number of cached results."""

_DIGITS = str.maketrans(digits, "0" * len(digits))
_ALL = str.maketrans(ascii_letters + digits, "a" * len(ascii_letters + digits))


_DIGIT_BYTES, _ALL_BYTES = np.arange(256, dtype=np.uint8), np.arange(256, dtype=np.uint8)
_DIGIT_BYTES[[*digits.encode()]] = ord("0")
_ALL_BYTES[[*(ascii_letters + digits).encode()]] = ord("a")


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
    """The results of `alike` for the texts of an Arrow array: indices into a list of distinct representatives."""
    plain = pc.and_(pc.match_substring_regex(texts, _PLAIN), pc.less_equal(pc.binary_length(texts), LONGEST))
    plain = pc.and_not(plain, pc.match_substring_regex(texts, "@.*--"))
    found = pc.replace_with_mask(texts, plain, _plainly_alike(texts.filter(plain)))
    others = [alike(text) if len(text) <= LONGEST else text for text in texts.filter(pc.invert(plain)).to_pylist()]
    coded = pc.replace_with_mask(found, pc.invert(plain), pa.array(others, pa.string())).dictionary_encode()
    return coded.indices.to_numpy(), coded.dictionary.to_pylist()


def _plainly_alike(texts: Any) -> Any:
    """The results of `alike` for texts that match `_PLAIN`, computed on bytes."""
    edges = edges_of(texts)
    given = bytes_of(texts)[: edges[-1]]
    length, sign = np.diff(edges), pc.find_substring(texts, "@").to_numpy()
    change = np.zeros(len(given) + 1, np.int8)
    np.add.at(change, edges[:-1], 1)
    np.add.at(change, edges[:-1] + np.where(sign < 0, length, sign), -1)
    local = np.cumsum(change[:-1], dtype=np.int8) > 0
    changed = np.where(local, _ALL_BYTES[given], _DIGIT_BYTES[given])
    return pa.StringArray.from_buffers(len(texts), pa.py_buffer(edges.astype(np.int32)), pa.py_buffer(changed))


def judged_alike(judge: Callable[[str], Result]) -> Callable[[str], Result]:
    """Decorator that caches `judge` by groups of texts; it must return the same for all texts of a group."""
    kept = lru_cache(maxsize=KEPT)(judge)

    @wraps(judge)
    def judged(text: str) -> Result:
        return kept(alike(text)) if len(text) <= LONGEST else judge(text)

    return judged
