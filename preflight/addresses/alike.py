"""Texts that are the same but for letters and digits of no weight, of which one need be judged as an address.

Before the first @ no rule for addresses tells one ASCII letter or digit from another, behind it none tells digits; and
no reason names them. It is not so in quotes and brackets, and in names that stand for others (`xn--`).
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
"""RE2; a text in which no letter or digit has weight, unless there are two hyphens in a row behind the @."""

Result = TypeVar("Result")

LONGEST = 100
"""Characters of a text that stands for others."""

KEPT = 1 << 14
"""Judgements that are kept."""

_DIGITS = str.maketrans(digits, "0" * len(digits))
_ALL = str.maketrans(ascii_letters + digits, "a" * len(ascii_letters + digits))


_DIGIT_BYTES, _ALL_BYTES = np.arange(256, dtype=np.uint8), np.arange(256, dtype=np.uint8)
_DIGIT_BYTES[[*digits.encode()]] = ord("0")
_ALL_BYTES[[*(ascii_letters + digits).encode()]] = ord("a")


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


def all_alike(texts: Any) -> tuple[npt.NDArray[np.int32], list[str]]:
    """What `alike` says of each text of an Arrow array, or the text itself where it is longer: places in a list."""
    plain = pc.and_(pc.match_substring_regex(texts, _PLAIN), pc.less_equal(pc.binary_length(texts), LONGEST))
    plain = pc.and_not(plain, pc.match_substring_regex(texts, "@.*--"))
    found = pc.replace_with_mask(texts, plain, _plainly_alike(texts.filter(plain)))
    others = [alike(text) if len(text) <= LONGEST else text for text in texts.filter(pc.invert(plain)).to_pylist()]
    coded = pc.replace_with_mask(found, pc.invert(plain), pa.array(others, pa.string())).dictionary_encode()
    return coded.indices.to_numpy(), coded.dictionary.to_pylist()


def _plainly_alike(texts: Any) -> Any:
    """The same of texts that are `_PLAIN`, byte by byte."""
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
    """Have `judge` told of one of the texts that are alike; it must say the same of all of them."""
    kept = lru_cache(maxsize=KEPT)(judge)

    @wraps(judge)
    def judged(text: str) -> Result:
        return kept(alike(text)) if len(text) <= LONGEST else judge(text)

    return judged
