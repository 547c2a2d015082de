"""Touch points that stand in more than one file, found by one hash per row in bounded memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing
from typing import Any

import numpy as np
import numpy.typing as npt

from preflight.evidence.parted import Parted
from preflight.model.arrays import Mask
from preflight.model.several import Place, Shared
from preflight.outputs.judged import Judged
from preflight.outputs.sinks import Output
from preflight.records.run import Records
from preflight.text.fingerprint import Hashes

TouchPoints = tuple[npt.NDArray[Any], ...]
"""Good rows of a file: the hash and the row number of each."""

_ROW = np.dtype([("hash", "<u8"), ("file", "<u4"), ("row", "<u4")])


class TouchPointCollector(Output):
    """Collects the row numbers and hashes of a file's good rows, run by run: an output that also takes fingerprints."""

    def __init__(self) -> None:
        self.part_of = nothing_of
        self._rows = Parted(np.uint64, np.uint32)
        self._numbers = np.empty(0, np.uint32)
        self._before = 0

    def write(self, part: None, records: Records, bad: Mask) -> None:
        """Compute the row numbers of the next good rows."""
        self._numbers = (np.flatnonzero(~bad) + self._before + 1).astype(np.uint32)
        self._before += len(bad)

    def take(self, hashes: Hashes) -> None:
        """Add the hashes of these rows; raises `OutputError` when a temporary file cannot be written."""
        self._rows.add(hashes, self._numbers)

    def touch_points(self) -> Iterator[TouchPoints]:
        """Yield the rows in chunks, rows with the same hash in one chunk and in file order; call it once."""
        with closing(self._rows):
            yield from self._rows.parts()

    def close(self) -> None:
        """Delete the temporary file, if `touch_points` is not called."""
        self._rows.close()


def nothing_of(judged: Judged) -> None:
    """The part of a chunk: none, as the verdict has all that is needed."""


class SharedTouchPoints:
    """Finds the touch points that stand in several files, added in order; close it at the end."""

    def __init__(self) -> None:
        self._rows = Parted(np.uint64, np.uint32, np.uint32)
        self._names: list[str] = []

    def add(self, file: str, found: Iterable[TouchPoints]) -> None:
        """Add the touch points of the next file; raises `OutputError` when a temporary file cannot be written."""
        for hashes, rows in found:
            self._rows.add(hashes, np.full(len(rows), len(self._names), np.uint32), rows)
        self._names.append(file)

    def shared(self, most_shown: int) -> Shared:
        """The touch points in more than one file, with the first `most_shown` as examples; call it once."""
        count, files, examples = 0, np.zeros(len(self._names), np.bool_), np.empty((0, 2), _ROW)
        for hashes, *others in self._rows.parts():
            rows, order = np.empty(len(hashes), _ROW), np.argsort(hashes, kind="stable")
            rows["hash"], rows["file"], rows["row"] = (column[order] for column in (hashes, *others))
            repeats = (
                np.flatnonzero((rows["hash"][1:] == rows["hash"][:-1]) & (rows["file"][1:] == rows["file"][:-1])) + 1
            )
            rows = np.delete(rows, repeats)  # only the first row of a touch point in each file counts
            is_equal = rows["hash"][1:] == rows["hash"][:-1]
            first = np.flatnonzero(is_equal & ~np.concatenate([[False], is_equal[:-1]]))  # of each group
            count += len(first)
            equal = np.flatnonzero(is_equal)
            files[rows["file"][np.concatenate([equal, equal + 1])]] = True
            pairs = np.stack([rows[first], rows[first + 1]], axis=1)
            pairs = np.concatenate([examples, pairs])
            examples = pairs[np.lexsort((pairs[:, 0]["row"], pairs[:, 0]["file"]))[:most_shown]]
        places = [tuple(Place(self._names[one["file"]], int(one["row"])) for one in pair) for pair in examples]
        return Shared(count, int(files.sum()), tuple((first, second) for first, second in places))

    def close(self) -> None:
        """Delete the temporary file."""
        self._rows.close()
