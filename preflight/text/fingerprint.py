"""Keyed 64-bit hashes of touch points, a whole column at a time.

Equal texts have equal hashes under one key, in any array, slice or run. Two different texts collide with a probability
of 2⁻⁶⁴ over the choice of the key, so n texts have an expected number of n² / 2⁶⁵ collisions: 1 in 40 million for
1,000,000 texts, 1 in 90,000 for 20,000,000. This holds for any texts that were chosen without knowledge of the key.

The family is multiply-shift for vectors: the hash of the 32-bit words x₀, x₁, … is the upper 32 bits of b + Σ aᵢ · xᵢ
mod 2⁶⁴, where b and each aᵢ are random 64-bit numbers. It is strongly universal, as 64 ≥ 32 + 32 - 1: M.
Dietzfelbinger, "Universal hashing and k-wise independent random variables via integer arithmetic without primes" (STACS
1996); M. Thorup, "High Speed Hashing for Integers and Strings" (arXiv 1504.06804). A hash consists of two independent
functions of the family.

- x₀ is the text's length in bytes, the other words are its UTF-8 bytes, little-endian, padded with zeros. Texts of the
  same length are vectors of the same dimension; texts of two lengths differ in x₀, and the proof needs only one aᵢ
  whose xᵢ differ, whatever the other words are. So zeros at the end of a text differ from padding.
- A touch point is one vector: email and title, each as above, and the date as two words, with separate numbers.
- The numbers are derived from the key by SHAKE256 (FIPS 202); the probabilities hold as far as its output is
  indistinguishable from random numbers.
- A text of more than `LONGEST_IN_PIECES` bytes has 128 bits of keyed BLAKE2b (RFC 7693) instead of its two sums. It
  collides with a shorter text with the same probability, with another long one as far as BLAKE2b is a pseudorandom
  function.

The hashes are pseudonymous, not secret: anybody with the key can test a guess and find short texts, and anybody with
enough texts and their hashes can compute the key's numbers. The SipHash of `pandas.util.hash_array` has no proven
collision probability, needs a Python object for each text, and takes four times as long.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from preflight.text.buffers import bytes_of

Hashes = npt.NDArray[np.uint64]
Sums = npt.NDArray[np.uint64]
"""The sums b + Σ aᵢ · xᵢ of texts, in two rows, one for each function."""

FAMILY = "multiply-shift"
"""The name of these hashes where they are stored, as in a ledger. Any change of the hash of a text needs a new name."""

PIECE = 32
"""Size of the pieces in which a text is read, in bytes; the last is padded with zeros. Most addresses fit in one."""

LONGEST_IN_PIECES = 256
"""Limit for texts read in pieces, in bytes; longer texts are hashed one by one, as few texts have so many pieces."""

WORD = np.dtype("<u4")


@dataclass(frozen=True, slots=True)
class Fingerprints:
    """A receiver of the hashes of a file's good rows.

    `take` is called with one `uint64` array for consecutive good rows at a time, in order; all calls together get one
    hash for each record of the clean file. `key` is a secret of the receiver, preferably 16 random bytes; hashes with
    the same key can be compared between files. See `touch_point_hashes` for what counts as the same touch point; with
    `by_day` the hashes ignore the time of the day.
    """

    key: bytes
    take: Callable[[Hashes], None]
    by_day: bool = False


def touch_point_hashes(
    emails: Any, titles: Any, dates: Sequence[npt.NDArray[np.datetime64]], key: bytes
) -> list[Hashes]:
    """The hashes of email, title and date, one for each row, for each column of `dates`.

    `emails` and `titles` are Arrow arrays of strings (or dictionaries of them) without nulls, `dates` are `datetime64`
    arrays, all of the same length. ASCII letters of the email are lower-cased, email and title are stripped, and the
    date is hashed as an instant: `1/2/2024` and `01/02/2024` under `MM/dd/yyyy` are equal.
    """
    texts = _sums(emails, lambda texts: pc.ascii_lower(trimmed_texts(texts)), _numbers(key, b"email"))
    texts += _sums(titles, trimmed_texts, _numbers(key, b"title"))
    factors = _numbers(key, b"date").factors
    return [_upper_halves(texts + _multiplied(_words_of_dates(column), factors)) for column in dates]


def trimmed_texts(texts: Any) -> Any:
    """The stripped texts of an Arrow array."""
    values = bytes_of(texts)
    if values.min(initial=0xFF) > ord(" ") and values.max(initial=0) < 0x80:
        return texts  # without a copy, as most columns have no blanks at all
    return pc.utf8_trim_whitespace(texts)


def _sums(texts: Any, prepared: Callable[[Any], Any], numbers: _Numbers) -> Sums:
    """The sums of each text after `prepared`; those of a dictionary are computed once for each distinct text."""
    if pa.types.is_dictionary(texts.type):
        places = texts.indices.to_numpy()
        of_each: Sums = _sums(texts.dictionary, prepared, numbers).take(places, axis=1)
        return of_each
    texts = prepared(texts).cast(pa.large_binary())
    lengths = pc.binary_length(texts).to_numpy()
    longest = int(lengths.max(initial=0))
    words = np.empty((1 + PIECE // WORD.itemsize, len(texts)), np.uint64)
    words[0], words[1:] = lengths, words_of(texts, 0, longest, WORD)
    sums = _multiplied(words, numbers.factors)
    for start in range(PIECE, min(longest, LONGEST_IN_PIECES), PIECE):
        longer = lengths > start
        piece = words_of(texts.filter(pa.array(longer)), start, longest, WORD)
        of_piece = _multiplied(piece, numbers.factors[:, 1 + start // WORD.itemsize :])
        for of_all, of_longer in zip(sums, of_piece, strict=True):
            of_all[longer] += of_longer
    sums += numbers.added
    for i in np.flatnonzero(lengths > LONGEST_IN_PIECES).tolist():
        digest = hashlib.blake2b(texts[i].as_buffer(), key=numbers.of_long, digest_size=sums[:, i].nbytes)
        sums[:, i] = np.frombuffer(digest.digest(), "<u8")
    return sums


def words_of(texts: Any, start: int, longest: int, word: np.dtype[Any]) -> npt.NDArray[Any]:
    """The words of the piece at byte `start` of each text of an Arrow array of large binaries: a row for each word.

    `longest` is the length of the longest text in bytes.
    """
    pieces = texts if longest <= PIECE else pc.binary_slice(texts, start, start + PIECE)
    filled = pc.ascii_rpad(pieces.view(pa.large_string()), PIECE, padding="\0")
    in_each = PIECE // word.itemsize
    return np.frombuffer(filled.buffers()[2], word, in_each * len(texts)).reshape(-1, in_each).T


def _words_of_dates(dates: npt.NDArray[np.datetime64]) -> npt.NDArray[Any]:
    return dates.astype("<M8[us]").view(WORD).reshape(-1, 2).T


def _multiplied(words: npt.NDArray[Any], factors: Sums) -> Sums:
    """Σ aᵢ · xᵢ mod 2⁶⁴ of `words` (a row for each xᵢ), for both functions; surplus `factors` are ignored."""
    words = words.astype(np.uint64, order="C", copy=False)  # contiguous rows are faster
    sums: Sums = np.einsum("ij,ki->kj", words, factors[:, : len(words)])
    return sums


def _upper_halves(sums: Sums) -> Hashes:
    """The hashes: the upper 32 bits of both functions' sums."""
    hashes = np.empty((sums.shape[1], 2), WORD)
    hashes[:, 0], hashes[:, 1] = sums >> np.uint64(32)
    return hashes.view("<u8").ravel()


class _Numbers(NamedTuple):
    """The random numbers of a column's two functions: `factors` aᵢ, b (`added`), and a key for long texts."""

    factors: Sums
    added: Sums
    of_long: bytes


@lru_cache(maxsize=64)
def _numbers(key: bytes, column: bytes) -> _Numbers:
    words = 1 + LONGEST_IN_PIECES // WORD.itemsize
    digest = hashlib.shake_256(column + b"\0" + key).digest(2 * 8 * (words + 1) + hashlib.blake2b.MAX_KEY_SIZE)
    both = np.frombuffer(digest, "<u8", 2 * (words + 1)).reshape(2, -1)
    return _Numbers(both[:, :words], both[:, words:], digest[both.nbytes :])
