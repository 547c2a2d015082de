"""Which rows repeat an earlier one, found by pandas from one hash a row, in memory that does not grow with the file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from preflight.evidence.parted import Parted
from preflight.model.arrays import Mask, Positions

if TYPE_CHECKING:
    from preflight.evidence.parted import Columns
    from preflight.text.fingerprint import Hashes

MOST_LISTED = 5_000
"""Repeated rows, the first of the file, that are listed; all are counted."""

_LISTED = np.dtype([(name, np.int64) for name in ("row", "line", "first_row", "first_line")] + [("hash", np.uint64)])


class Repeated(NamedTuple):
    """A row that repeats an earlier one, the first of which is `first_row`; each with the line on which it starts."""

    row: int
    line: int
    first_row: int
    first_line: int


class _Rows(NamedTuple):
    """Some rows: their hashes, numbers and lines, each an array."""

    hashes: Hashes
    row: Positions
    line: Positions

    def part(self, chosen: slice | Mask | Positions) -> _Rows:
        return _Rows(self.hashes[chosen], self.row[chosen], self.line[chosen])


Places = tuple[Positions, Positions]
"""The places of those of some hashes that an earlier one equals, and of each the place of the first that does."""

Apply = Callable[[Callable[["Hashes"], Places], Iterable["Hashes"]], Iterable[Places]]
"""Calls a function with one after the other, as `map` does, here or elsewhere."""


def repeats(hashes: Hashes) -> Places:
    """Which of some hashes an earlier one equals; called where pandas is there, or may be imported."""
    import pandas as pd

    alike = np.flatnonzero(pd.Series(hashes).duplicated(keep=False))  # few: `factorize` of all takes twice as long
    codes, _ = pd.factorize(hashes[alike])  # numbered as they first appear
    new = np.diff(np.maximum.accumulate(codes), prepend=-1) > 0
    return alike[~new], alike[new][codes[~new]]


class Duplicates:
    """Takes rows in their order, and finds those that repeat an earlier one: `count` of them, once `repeated` is asked.

    Rows are repeated when their 64-bit hashes are equal; `preflight.text.fingerprint` has the odds of an error. `apply`
    has the hashes looked through, so that the process that holds them can do without pandas.
    """

    def __init__(self, apply: Apply = map) -> None:
        self.count = 0
        self._apply = apply
        self._listed = np.empty(0, _LISTED)
        self._rows = Parted(np.uint64, np.int64, np.int64, thin=self._without_repeats)

    def add(self, hashes: Hashes, row: Positions, line: Positions) -> None:
        """Take the next rows. Raises `OutputError` when the temporary file cannot be written."""
        self._rows.add(hashes, row, line)

    def repeated(self) -> list[Repeated]:
        """The first of the repeated rows, at most `MOST_LISTED`, in their order; ask once, when all rows were taken."""
        self._look_through(self._rows.parts())
        return [Repeated(*repeated[:4]) for repeated in self._listed.tolist()]

    def close(self) -> None:
        """Give the temporary file back."""
        self._rows.close()

    def _look_through(self, parts: Iterable[Columns]) -> None:
        """Count and list the repeated rows of parts that have no hash in common."""
        waiting: list[_Rows] = []

        def hashes() -> Iterator[Hashes]:
            for columns in parts:
                waiting.append(_Rows(*columns))
                yield columns[0]

        before = self._listed
        for again, first in self._apply(repeats, hashes()):
            rows = waiting.pop(0)
            self._list(rows.part(again), rows.part(first))
            if len(before):
                self._name_first(rows)

    def _list(self, repeated: _Rows, first: _Rows) -> None:
        """Count some repeated rows, and list those that are among the first of the file."""
        if not len(repeated.row):
            return
        self.count += len(repeated.row)
        chosen = np.argsort(repeated.row)[:MOST_LISTED]
        listed = np.empty(len(chosen), _LISTED)
        listed["hash"], listed["row"], listed["line"] = repeated.part(chosen)
        _, listed["first_row"], listed["first_line"] = first.part(chosen)
        both = np.concatenate([self._listed, listed])
        self._listed = both[np.argsort(both["row"])[:MOST_LISTED]]

    def _name_first(self, rows: _Rows) -> None:
        """Let the repetitions that were listed before name the first row of the file that is alike, if it is here."""
        here = np.flatnonzero(np.isin(rows.hashes, self._listed["hash"]))[::-1]
        first = dict(zip(rows.hashes[here].tolist(), here.tolist(), strict=True))
        for listed in self._listed:
            if (place := first.get(int(listed["hash"]))) is not None:
                listed["first_row"], listed["first_line"] = rows.row[place], rows.line[place]

    def _without_repeats(self, columns: Columns) -> _Rows:
        """List and count the repeated ones of rows before they are written, and return the others: rows that are all
        alike would make one part too large."""
        rows = _Rows(*columns)
        ((again, first),) = self._apply(repeats, [rows.hashes])
        self._list(rows.part(again), rows.part(first))
        return rows.part(np.delete(np.arange(len(rows.row)), again))
