"""Keyed 64-bit hashes of texts and of touch points, a whole column at a time.

Equal texts have equal hashes under one key, in whatever array, slice or run they come. Different ones share a hash by
chance only: among n of them some two do with odds of about n² / 2⁶⁵ (one in 40 million for 1,000,000, one in 90,000 for
20,000,000). They are pseudonymous: without the key no text follows from its hash, with it a guess can be tested.

The SipHash of `pandas.util.hash_array` is keyed and has 64 bits, too, but needs a Python object for each text and takes
eight times as long; and ledgers hold hashes that were made as here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Hashes = npt.NDArray[np.uint64]

PIECE = 32
"""Bytes; a text is read in pieces of so many, the last filled up with zeros. Most addresses are no longer."""

LONGEST_IN_PIECES = 256
"""Bytes; what is longer is hashed by itself, as a column of pieces would be taken from ever fewer texts."""


@dataclass(frozen=True, slots=True)
class Fingerprints:
    """Who wants the hashes of a file's good rows: `take` gets them run by run, in the order of the rows.

    Each call brings one `uint64` array for some consecutive good rows, so that all calls together bring as many hashes
    as the clean file has records, in its order. `key` is any secret of the taker's, at best 16 random bytes; hashes of
    one key can be compared from file to file. See `touch_point_hashes` for what counts as the same touch point; asked
    for `by_day`, the hashes are of the day alone, without its time.
    """

    key: bytes
    take: Callable[[Hashes], None]
    by_day: bool = False


def touch_point_hashes(emails: Any, dates: npt.NDArray[np.datetime64], titles: Any, key: bytes) -> Hashes:
    """One hash a row for its email, date and title.

    `emails` and `titles` are Arrow arrays of strings (or dictionaries of them) without nulls, `dates` are `datetime64`,
    all of one length. The email is taken with ASCII letters folded, email and title without blanks at their ends, and
    the date as the instant that it means: `1/2/2024` and `01/02/2024` under `MM/dd/yyyy` are one.
    """
    hashes = _each(emails, lambda texts: text_hashes(pc.ascii_lower(trimmed_texts(texts)), key))
    of_title = _each(titles, lambda texts: text_hashes(trimmed_texts(texts), key))
    _mix_in(hashes, (dates.astype("datetime64[us]").view(np.uint64), of_title), key)
    return hashes


def text_hashes(texts: Any, key: bytes) -> Hashes:
    """The hash of each text of an Arrow array of strings without nulls.

    Its length is mixed in first, as zeros may be text, too; then its bytes, in words of eight.
    """
    texts = texts.cast(pa.large_binary() if pa.types.is_large_string(texts.type) else pa.binary())
    lengths = pc.binary_length(texts).to_numpy(zero_copy_only=False).astype(np.uint64)
    hashes = np.full(len(texts), _secrets(key)[0])
    if not len(texts):
        return hashes
    longest = int(lengths.max())
    _mix_in(hashes, (lengths, *_words(texts, 0, longest)), key)
    for start in range(PIECE, min(longest, LONGEST_IN_PIECES), PIECE):
        longer = lengths > start
        of_longer = hashes[longer]
        _mix_in(of_longer, _words(texts.filter(pa.array(longer)), start, longest), key)
        hashes[longer] = of_longer
    for i in np.flatnonzero(lengths > LONGEST_IN_PIECES).tolist():
        digest = hashlib.blake2b(texts[i].as_buffer(), key=_secrets(key).tobytes(), digest_size=8)
        hashes[i] = int.from_bytes(digest.digest(), "little")
    return hashes


def trimmed_texts(texts: Any) -> Any:
    """The texts of an Arrow array without white space at their ends."""
    values = np.frombuffer(texts.buffers()[2] or b"", np.uint8)
    if values.min(initial=0xFF) > ord(" ") and values.max(initial=0) < 0x80:
        return texts  # one look at all spares most columns a copy of each text
    return pc.utf8_trim_whitespace(texts)


def _words(texts: Any, start: int, longest: int) -> Iterable[Hashes]:
    """The words of the piece that starts at byte `start` of each text, column by column."""
    pieces = texts if longest <= PIECE else pc.binary_slice(texts, start, start + PIECE)
    wide = pa.types.is_large_binary(texts.type)
    filled = pc.ascii_rpad(pieces.view(pa.large_string() if wide else pa.string()), PIECE, padding="\0")
    words = np.frombuffer(filled.buffers()[2], "<u8", PIECE // 8 * len(texts))
    return words.reshape(len(texts), -1).T


def _each(texts: Any, hashes_of: Callable[[Any], Hashes]) -> Hashes:
    """The hash of each text; in a dictionary, of each distinct one."""
    if pa.types.is_dictionary(texts.type):
        hashes: Hashes = hashes_of(texts.dictionary)[texts.indices.to_numpy(zero_copy_only=False)]
        return hashes
    return hashes_of(texts)


def _mix_in(hashes: Hashes, columns: Iterable[Hashes], key: bytes) -> None:
    """Mix one word after the other into each hash, in place; every bit of either changes about half of the result's."""
    _, first, second = _secrets(key)
    shifted = np.empty_like(hashes)
    for words in columns:
        hashes ^= words
        for bits, factor in ((32, first), (29, second)):
            hashes ^= np.right_shift(hashes, np.uint64(bits), out=shifted)
            hashes *= factor
        hashes ^= np.right_shift(hashes, np.uint64(32), out=shifted)


@lru_cache(maxsize=16)
def _secrets(key: bytes) -> Hashes:
    """Three odd numbers that only who has the key knows."""
    digest = hashlib.blake2b(key, digest_size=24, person=b"touch points").digest()
    return np.frombuffer(digest, "<u8") | np.uint64(1)
