"""Which touch points stand in more than one file, found from one hash a row, in memory that is bounded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import numpy.typing as npt

from preflight.evidence.parted import Parted
from preflight.model.several import Place, Shared

if TYPE_CHECKING:
    from preflight.model.arrays import Mask
    from preflight.model.report import Report
    from preflight.outputs.judged import Judged
    from preflight.records.grammar import Records
    from preflight.text.fingerprint import Hashes

TouchPoints = tuple[npt.NDArray[Any], ...]
"""Good rows of a file: the hash of each, and its number."""

_ROW = np.dtype([("hash", "<u8"), ("file", "<u4"), ("row", "<u4")])


class FileRows:
    """Takes the numbers and hashes of a file's good rows, as an output and as what `Fingerprints` tell; run by run."""

    def __init__(self) -> None:
        self.part_of = nothing_of
        self._rows = Parted(np.uint64, np.uint32)
        self._numbers = np.empty(0, np.uint32)
        self._before = 0

    def write(self, part: None, records: Records, bad: Mask) -> None:
        """Take the numbers of the next good rows."""
        self._numbers = (np.flatnonzero(~bad) + self._before + 1).astype(np.uint32)
        self._before += len(bad)

    def take(self, hashes: Hashes) -> None:
        """Take their hashes; raises `OutputError` when a temporary file cannot be written."""
        self._rows.add(hashes, self._numbers)

    def finish(self, report: Report) -> None:
        """Nothing is left to do."""

    def touch_points(self) -> Iterator[TouchPoints]:
        """The rows, some at a time, those with one hash together and in their order; ask once."""
        with self._rows:
            yield from self._rows.parts()

    def close(self) -> None:
        """Give the temporary file back; for when nobody asks for the touch points."""
        self._rows.close()


def nothing_of(judged: Judged) -> None:
    """What a chunk gives: nothing more than its verdict has."""


class SharedTouchPoints:
    """Takes files in their order; a context manager."""

    def __init__(self) -> None:
        self._rows = Parted(np.uint64, np.uint32, np.uint32)
        self._names: list[str] = []

    def add(self, file: str, found: Iterable[TouchPoints]) -> None:
        """Take the touch points of the next file; raises `OutputError` when a temporary file cannot be written."""
        for hashes, rows in found:
            self._rows.add(hashes, np.full(len(rows), len(self._names), np.uint32), rows)
        self._names.append(file)

    def shared(self, most_shown: int) -> Shared:
        """What stands in more than one file, with the first `most_shown`; ask once."""
        count, files, examples = 0, np.zeros(len(self._names), np.bool_), np.empty((0, 2), _ROW)
        for hashes, *others in self._rows.parts():
            rows, order = np.empty(len(hashes), _ROW), np.argsort(hashes, kind="stable")
            rows["hash"], rows["file"], rows["row"] = (column[order] for column in (hashes, *others))
            again = (
                np.flatnonzero((rows["hash"][1:] == rows["hash"][:-1]) & (rows["file"][1:] == rows["file"][:-1])) + 1
            )
            rows = np.delete(rows, again)  # of those with one hash in one file the first counts
            alike = rows["hash"][1:] == rows["hash"][:-1]
            first = np.flatnonzero(alike & ~np.concatenate([[False], alike[:-1]]))  # of those with one hash
            count += len(first)
            both = np.flatnonzero(alike)
            files[rows["file"][np.concatenate([both, both + 1])]] = True
            pairs = np.stack([rows[first], rows[first + 1]], axis=1)
            pairs = np.concatenate([examples, pairs])
            examples = pairs[np.lexsort((pairs[:, 0]["row"], pairs[:, 0]["file"]))[:most_shown]]
        places = [tuple(Place(self._names[one["file"]], int(one["row"])) for one in pair) for pair in examples]
        return Shared(count, int(files.sum()), tuple((first, second) for first, second in places))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give the temporary file back."""
        self._rows.close()
