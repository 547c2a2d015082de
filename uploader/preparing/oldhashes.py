"""The row hashes of ledgers from before schema 4, with a hash function of this program's own.

Such hashes cannot be recomputed without the rows. So if a ledger has such uploads, a file's rows are also hashed with
this function, which never changes. New uploads are hashed by `preflight.text.fingerprint` only.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from preflight.text.fingerprint import LONGEST_IN_PIECES, PIECE, Hashes, trimmed_texts, words_of

WORD = np.dtype("<u8")


def old_touch_point_hashes(
    emails: Any, titles: Any, dates: Sequence[npt.NDArray[np.datetime64]], key: bytes
) -> list[Hashes]:
    """The hashes that `touch_point_hashes` returned for these columns before schema 4."""
    digest = hashlib.blake2b(key, digest_size=24, person=b"touch points").digest()
    secrets = np.frombuffer(digest, WORD) | np.uint64(1)
    of_emails = _text_hashes(pc.ascii_lower(trimmed_texts(emails)), secrets)
    of_titles = _text_hashes(trimmed_texts(titles), secrets)
    return [_mixed(of_emails, (column.astype("<M8[us]").view(WORD), of_titles), secrets) for column in dates]


def _text_hashes(texts: Any, secrets: Hashes) -> Hashes:
    texts = texts.cast(pa.large_binary())
    lengths = pc.binary_length(texts).to_numpy().astype(WORD)
    longest = int(lengths.max(initial=0))
    hashes = _mixed(np.full(len(texts), secrets[0]), (lengths, *words_of(texts, 0, longest, WORD)), secrets)
    for start in range(PIECE, min(longest, LONGEST_IN_PIECES), PIECE):
        longer = lengths > start
        pieces = words_of(texts.filter(pa.array(longer)), start, longest, WORD)
        hashes[longer] = _mixed(hashes[longer], pieces, secrets)
    for i in np.flatnonzero(lengths > LONGEST_IN_PIECES).tolist():
        digest = hashlib.blake2b(texts[i].as_buffer(), key=secrets.tobytes(), digest_size=8)
        hashes[i] = int.from_bytes(digest.digest(), "little")
    return hashes


def _mixed(hashes: Hashes, columns: Iterable[Hashes], secrets: Hashes) -> Hashes:
    _, first, second = secrets
    for words in columns:
        hashes = hashes ^ words
        for bits, factor in ((32, first), (29, second)):
            hashes = (hashes ^ (hashes >> np.uint64(bits))) * factor
        hashes ^= hashes >> np.uint64(32)
    return hashes
