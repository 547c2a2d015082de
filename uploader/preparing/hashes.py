"""Rows sent before: keyed 64-bit hashes of a file's rows, compared with those of earlier uploads.

Only hashes are kept, under a random key of each ledger. They are pseudonymous: whoever has the ledger, and so the key,
can test a guess, and find a short address by trying. Of n rows and m others with different touch points an expected
n · m / 2⁶⁴ pairs share a hash (see `preflight.text.fingerprint`): 1 in 700,000 for 5,000,000 rows against 5,000,000.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from preflight.errors import writing_temporary_files
from preflight.text.display import counted
from preflight.text.fingerprint import FAMILY, Fingerprints, Hashes
from uploader.model.entry import Place

Ids = npt.NDArray[np.int32]
Mask = npt.NDArray[np.bool_]

RUN = 1 << 20
"""Rows per stored blob: 8 MB of hashes."""

LOOKED_UP = 3 << 20
"""Rows looked up per pass over all stored hashes. A pass takes some 110 MB, less than the check before it."""

BITS = 24
SHIFTS = (64 - BITS, 64 - 2 * BITS)
"""Shifts of the prefilter: a stored hash is a candidate only if hashes of the run share its first `BITS` bits, and
others its next `BITS`."""

BLOCK = 1 << 17
"""Hashes per step of the prefilter."""


class RowHashes:
    """The hashes of a file's rows in order, under `key`, spilled to the new file `path` to bound the memory.

    Raises `OutputError` if the file cannot be written.
    """

    def __init__(self, path: Path, key: bytes) -> None:
        path.unlink(missing_ok=True)
        self._path = path
        self._unwritten: list[Hashes] = []
        self.rows = 0
        """The number of hashes."""
        self.fingerprints = Fingerprints(key, self._take)
        """The `fingerprints` argument of `preflight.check`, which passes the hashes here."""

    def _take(self, hashes: Hashes) -> None:
        """Append the hashes of the next rows; written in batches of `RUN`, as each write yields to other threads."""
        self._unwritten.append(hashes)
        self.rows += len(hashes)
        if sum(map(len, self._unwritten)) >= RUN:
            self._write()

    def _write(self) -> None:
        with writing_temporary_files(), self._path.open("ab") as stream:
            for hashes in self._unwritten:
                stream.write(hashes.astype("<u8", copy=False).data)
        self._unwritten = []

    def runs(self, size: int = LOOKED_UP, first: int = 0, rows: int | None = None) -> Iterator[Hashes]:
        """The hashes of `rows` rows from index `first` on (default: all), `size` rows at a time."""
        self._write()
        left = self.rows - first if rows is None else rows
        with self._path.open("rb") as stream:
            stream.seek(8 * first)
            while left > 0 and len(hashes := np.fromfile(stream, "<u8", min(size, left))):
                left -= len(hashes)
                yield hashes

    def packed(self, first: int, rows: int) -> Iterator[bytes]:
        """The blobs that a ledger stores for `rows` rows from index `first` on, `RUN` rows each."""
        for hashes in self.runs(RUN, first, rows):
            yield hashes.tobytes()

    def only(self, mask: npt.NDArray[np.bool_], path: Path) -> RowHashes:
        """The hashes of the rows selected by a mask, in the file `path`."""
        kept, row = RowHashes(path, self.fingerprints.key), 0
        for hashes in self.runs(RUN):
            kept._take(hashes[mask[row : row + len(hashes)]])
            row += len(hashes)
        return kept


@dataclass(frozen=True, slots=True)
class SentBefore:
    """The rows of a file that were sent before: `sent` is their mask, `uploads` their number by ledger entry.

    A row in several uploads counts for the first.
    """

    sent: npt.NDArray[np.bool_]
    uploads: Mapping[int, int]

    @property
    def rows(self) -> int:
        """The number of rows sent before."""
        return sum(self.uploads.values())

    @property
    def described(self) -> str:
        """The number of rows sent before, for messages."""
        return f"{self.rows:,} of {counted(len(self.sent), 'row')} {'was' if self.rows == 1 else 'were'} sent before"

    def as_dict(self) -> dict[str, Any]:
        """The numbers as `--json` prints them."""
        return {"rows": self.rows, "uploads": {str(id): rows for id, rows in self.uploads.items()}}


def hashed_with(place: Place) -> str:
    """The text from which, with the ledger's key, the hash key of a place is derived: family and place."""
    endpoint, account, *event = place
    return "\0".join((FAMILY, endpoint, *event, account))


def is_of_family(hashed_with: str) -> bool:
    """True for hashes of the current `FAMILY`; those from before schema 4 name none."""
    return hashed_with.startswith(f"{FAMILY}\0")


def place_key(key: bytes, hashed_with: str) -> bytes:
    """The hash key of a place, derived from the ledger's `key`."""
    return hashlib.blake2b(hashed_with.encode(), key=key, digest_size=16).digest()


def uploads_with(runs: Iterable[Hashes], earlier: Callable[[], Iterable[tuple[int, bytes]]]) -> Ids:
    """For each row the id of the first upload that has it, or 0; `runs` are the rows' hashes in batches.

    `earlier` returns the packed hashes of earlier uploads, each with its entry's id, in order.
    """
    pa.default_memory_pool().release_unused()  # memory that the check before has freed
    found = [_found(run, earlier()) for run in runs]
    return np.concatenate(found) if found else np.empty(0, np.int32)


def counted_by_upload(ids: Ids) -> SentBefore:
    """The rows sent before, from `ids`, the first upload of each row, or 0."""
    uploads, counts = np.unique(ids[ids != 0], return_counts=True)
    return SentBefore(ids != 0, dict(zip(uploads.tolist(), counts.tolist(), strict=True)))


def _found(run: Hashes, earlier: Iterable[tuple[int, bytes]]) -> Ids:
    """For each hash of `run` the id of the first upload that has it, or 0."""
    ids = np.zeros(len(run), np.int32)
    in_run = [_table(run, shift) for shift in SHIFTS]
    for id, packed in earlier:
        kept = np.frombuffer(packed, "<u8")
        for table, shift in zip(in_run, SHIFTS, strict=True):
            kept = kept[_marked(kept, table, shift)]
        if len(kept):
            rows = np.flatnonzero(_marked(run, _table(kept, SHIFTS[0]), SHIFTS[0]) & (ids == 0))
            rows = rows[np.argsort(run[rows])]  # a search for sorted values takes a fraction of the time
            kept = np.sort(kept)
            ids[rows[kept.take(kept.searchsorted(run[rows]), mode="clip") == run[rows]]] = id
    return ids


def _table(hashes: Hashes, shift: int) -> Mask:
    """A lookup table of the `BITS` bits at `shift` that occur in `hashes`."""
    table = np.zeros(1 << BITS, np.bool_)
    for at in range(0, len(hashes), BLOCK):
        table[_bits(hashes[at : at + BLOCK], shift)] = True
    return table


def _marked(hashes: Hashes, table: Mask, shift: int) -> Mask:
    """The mask of `hashes` whose `BITS` bits at `shift` are in `table`."""
    marks = np.empty(len(hashes), np.bool_)
    for at in range(0, len(hashes), BLOCK):
        marks[at : at + BLOCK] = table[_bits(hashes[at : at + BLOCK], shift)]
    return marks


def _bits(hashes: Hashes, shift: int) -> npt.NDArray[np.int64]:
    return ((hashes >> np.uint64(shift)) & np.uint64((1 << BITS) - 1)).view(np.int64)
