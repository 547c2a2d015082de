"""Which touch points were sent before: keyed 64-bit hashes of a file's rows, compared with those of earlier uploads.

Only hashes are kept, under a key that each ledger makes for itself. They are pseudonymous: who has the ledger, and so
the key, can test a guess, and work a short address out. Of n rows and m others of different touch points, an expected
n · m / 2⁶⁴ pairs share a hash (see `preflight.text.fingerprint`): 1 in 700,000 for 5,000,000 rows against 5,000,000.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
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
Marks = npt.NDArray[np.bool_]

RUN = 1 << 20
"""Rows that are kept in one piece: 8 MB of hashes."""

LOOKED_UP = 3 << 20
"""Rows that are looked up at a time: each time all that is kept is read once. It takes some 90 MB, when the check that
took more has ended."""

BITS = 24
SHIFTS = (64 - BITS, 64 - 2 * BITS)
"""A kept hash is looked at only where hashes of the run have its first `BITS` bits, and its next: few remain."""

BLOCK = 1 << 17
"""Hashes whose bits are taken at a time."""


class RowHashes:
    """The hashes of a file's rows in their order, under `key`; in the file `path`, so that memory stays bounded.

    Raises `OutputError` where there is no room for that.
    """

    def __init__(self, path: Path, key: bytes) -> None:
        self._path = path
        self._unwritten: list[Hashes] = []
        self.rows = 0
        """How many hashes were taken."""
        self.wanted = Fingerprints(key, self._take)
        """What tells `preflight.check` to hand the hashes over."""

    def _take(self, hashes: Hashes) -> None:
        """Append the next rows' hashes; they are written `RUN` at a time, as each time other threads would go first."""
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
        """The hashes of `rows` rows from `first` on, of all unless given, `size` rows at a time."""
        self._write()
        left = self.rows - first if rows is None else rows
        with self._path.open("rb") as stream:
            stream.seek(8 * first)
            while left > 0 and len(hashes := np.fromfile(stream, "<u8", min(size, left))):
                left -= len(hashes)
                yield hashes

    def packed(self, first: int, rows: int) -> Iterator[bytes]:
        """What a ledger keeps of `rows` rows from `first` on: `RUN` rows at a time."""
        for hashes in self.runs(RUN, first, rows):
            yield hashes.tobytes()

    def only(self, wanted: npt.NDArray[np.bool_], path: Path) -> RowHashes:
        """The hashes of the `wanted` rows, one mark a row, in the file `path`."""
        path.unlink(missing_ok=True)
        kept, row = RowHashes(path, self.wanted.key), 0
        for hashes in self.runs(RUN):
            kept._take(hashes[wanted[row : row + len(hashes)]])
            row += len(hashes)
        return kept


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
    def described(self) -> str:
        """How many rows were sent before, as messages tell it."""
        return f"{self.rows:,} of {counted(len(self.sent), 'row')} {'was' if self.rows == 1 else 'were'} sent before"

    def as_dict(self) -> dict[str, Any]:
        """The numbers as `--json` prints them."""
        return {"rows": self.rows, "uploads": {str(id): rows for id, rows in self.uploads.items()}}


def hashed_with(place: Place) -> str:
    """What the hashes of touch points of one place are made with beside the ledger's own key: family and place."""
    endpoint, account, *event = place
    return "\0".join((FAMILY, endpoint, *event, account))


def is_of_family(hashed_with: str) -> bool:
    """Whether hashes are of today's `FAMILY`; those from before schema 4 are of another, and name none."""
    return hashed_with.startswith(f"{FAMILY}\0")


def place_key(key: bytes, hashed_with: str) -> bytes:
    """The key for touch points of one place, out of the ledger's own `key`."""
    return hashlib.blake2b(hashed_with.encode(), key=key, digest_size=16).digest()


def uploads_with(runs: Iterable[Hashes], earlier: Callable[[], Iterable[tuple[int, bytes]]]) -> Ids:
    """For each row the id of the first upload that has it, or 0; `runs` are the rows' hashes, some at a time.

    `earlier` gives the packed hashes of earlier uploads, each with its entry's id, in their order.
    """
    pa.default_memory_pool().release_unused()  # what the check before it took, and freed
    found = [_found(run, earlier()) for run in runs]
    return np.concatenate(found) if found else np.empty(0, np.int32)


def counted_by_upload(ids: Ids) -> SentBefore:
    """The rows that were sent before, where `ids` has the first upload of each row, or 0."""
    uploads, counts = np.unique(ids[ids != 0], return_counts=True)
    return SentBefore(ids != 0, dict(zip(uploads.tolist(), counts.tolist(), strict=True)))


def _found(run: Hashes, earlier: Iterable[tuple[int, bytes]]) -> Ids:
    """For each hash of `run` the id of the first upload that has it, or 0."""
    ids, uploads = np.zeros(len(run), np.int32), iter(earlier)
    first = next(uploads, None)
    if first is None:
        return ids
    in_run = [_table(run, shift) for shift in SHIFTS]
    held: list[tuple[int, Hashes]] = []
    for id, packed in chain([first], uploads):
        kept = np.frombuffer(packed, "<u8")
        for table, shift in zip(in_run, SHIFTS, strict=True):
            kept = kept[_marked(kept, table, shift)]
        held.append((id, kept))
        if sum(len(hashes) for _, hashes in held) >= RUN:
            _mark(ids, run, held)
            held = []
    del in_run
    _mark(ids, run, held)
    return ids


def _mark(ids: Ids, run: Hashes, held: list[tuple[int, Hashes]]) -> None:
    """Give the rows of `run` that have no id yet that of the first upload among `held` which has them."""
    if not any(len(hashes) for _, hashes in held):
        return
    kept = np.concatenate([hashes for _, hashes in held])
    owners = np.repeat(np.array([id for id, _ in held], np.int32), [len(hashes) for _, hashes in held])
    order = np.argsort(kept, kind="stable")  # of equal hashes the first upload's stays first
    kept, owners = kept[order], owners[order]
    rows = np.flatnonzero(_marked(run, _table(kept, SHIFTS[0]), SHIFTS[0]) & (ids == 0))
    rows = rows[np.argsort(run[rows])]  # in their order they are found in a fraction of the time
    at = np.minimum(kept.searchsorted(run[rows]), len(kept) - 1)
    hits = kept[at] == run[rows]
    ids[rows[hits]] = owners[at[hits]]


def _table(hashes: Hashes, shift: int) -> Marks:
    """Which bits there are from `shift` on."""
    table = np.zeros(1 << BITS, np.bool_)
    for at in range(0, len(hashes), BLOCK):
        table[_bits(hashes[at : at + BLOCK], shift)] = True
    return table


def _marked(hashes: Hashes, table: Marks, shift: int) -> Marks:
    """Which of `hashes` have bits from `shift` on that are in `table`."""
    marks = np.empty(len(hashes), np.bool_)
    for at in range(0, len(hashes), BLOCK):
        marks[at : at + BLOCK] = table[_bits(hashes[at : at + BLOCK], shift)]
    return marks


def _bits(hashes: Hashes, shift: int) -> npt.NDArray[np.int64]:
    return ((hashes >> np.uint64(shift)) & np.uint64((1 << BITS) - 1)).view(np.int64)
