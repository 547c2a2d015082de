"""Which touch points were sent before: keyed 64-bit hashes of a file's rows, held against those of earlier uploads.

Only hashes are kept, under a key that each ledger makes for itself, so that no address can be read out of it. Rows of
different touch points share a hash with odds of n · m / 2⁶⁴: one in a million for 5,000,000 rows against 5,000,000.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from preflight.fingerprint import Fingerprints, Hashes
from preflight.show import counted

RUN = 1 << 20
"""Rows that are looked up, or kept in one piece, at a time: 8 MB of hashes."""

LEADING_BITS = 24
"""A kept hash is looked up only where one of the run begins with the same bits: few that are not in it remain."""


class RowHashes:
    """The hashes of a file's rows in their order, under `key`; in the file `path`, so that memory stays bounded."""

    def __init__(self, path: Path, key: bytes) -> None:
        self._path = path
        self.wanted = Fingerprints(key, self._take)
        """What tells `preflight.check` to hand the hashes over."""

    def _take(self, hashes: Hashes) -> None:
        """Append the next rows' hashes."""
        with self._path.open("ab") as stream:
            stream.write(hashes.astype("<u8", copy=False).tobytes())

    def runs(self) -> Iterator[Hashes]:
        """All that was taken, `RUN` rows at a time."""
        with self._path.open("rb") as stream:
            while len(hashes := np.fromfile(stream, "<u8", RUN)):
                yield hashes

    def packed(self) -> Iterator[bytes]:
        """What a ledger keeps: `RUN` rows at a time."""
        for hashes in self.runs():
            yield hashes.tobytes()


@dataclass(frozen=True, slots=True)
class SentBefore:
    """The rows of a file that were sent before: `sent` marks them, `uploads` counts them by the ledger's entry.

    A row that is in several uploads counts for the first.
    """

    sent: npt.NDArray[np.bool_]
    uploads: Mapping[int, int]

    @property
    def rows(self) -> int:
        """How many rows were sent before."""
        return sum(self.uploads.values())

    @property
    def told(self) -> str:
        """How many rows were sent before, as messages tell it."""
        return f"{self.rows:,} of {counted(len(self.sent), 'row')} {'was' if self.rows == 1 else 'were'} sent before"

    def as_dict(self) -> dict[str, Any]:
        """The numbers as `--json` prints them."""
        return {"rows": self.rows, "uploads": {str(id): rows for id, rows in self.uploads.items()}}


def place_key(key: bytes, account: str, destination: str, customeventaction: str) -> bytes:
    """The key for touch points of one place, out of the ledger's own."""
    place = "\0".join((account, destination, customeventaction)).encode()
    return hashlib.blake2b(place, key=key, digest_size=16).digest()


def sent_before(rows: RowHashes, earlier: Callable[[], Iterable[tuple[int, bytes]]]) -> SentBefore:
    """Hold a file's `rows` against the packed hashes of `earlier` uploads, each with its entry's id, in their order."""
    found = [_found(run, earlier()) for run in rows.runs()]
    ids = np.concatenate(found) if found else np.empty(0, np.int64)
    uploads, counts = np.unique(ids[ids != 0], return_counts=True)
    return SentBefore(ids != 0, dict(zip(uploads.tolist(), counts.tolist(), strict=True)))


def _found(run: Hashes, earlier: Iterable[tuple[int, bytes]]) -> npt.NDArray[np.int64]:
    """For each hash of `run` the id of the first upload that has it, or 0."""
    ids = np.zeros(len(run), np.int64)
    order = None
    for id, packed in earlier:
        if order is None:
            order = np.argsort(run)
            ordered, of_ordered = run[order], np.zeros(len(run), np.int64)
            in_run = np.zeros(1 << LEADING_BITS, np.bool_)
            in_run[ordered >> np.uint64(64 - LEADING_BITS)] = True
        kept = np.frombuffer(packed, "<u8")
        maybe = np.sort(kept[in_run[kept >> np.uint64(64 - LEADING_BITS)]])
        at = np.minimum(ordered.searchsorted(maybe), len(ordered) - 1)
        hits = at[ordered[at] == maybe]
        of_ordered[hits] = np.where(of_ordered[hits] == 0, id, of_ordered[hits])
    if order is not None and of_ordered.any():
        repeats = np.concatenate([[False], ordered[1:] == ordered[:-1]])
        first_of_equals = np.maximum.accumulate(np.where(repeats, 0, np.arange(len(ordered))))
        ids[order] = of_ordered[first_of_equals]
    return ids
