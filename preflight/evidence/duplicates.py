"""Finds rows that repeat an earlier one, with pandas, from one hash per row, in bounded memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import numpy as np

from preflight.evidence.parted import Columns, Parted
from preflight.model.arrays import Mask, Positions
from preflight.text.fingerprint import Hashes

MOST_LISTED = 5_000
"""Maximum number of repeated rows that are listed, the first of the file; all are counted."""

_LISTED = np.dtype([(name, np.int64) for name in ("row", "line", "first_row", "first_line")] + [("hash", np.uint64)])


class Repeated(NamedTuple):
    """A row that repeats an earlier one. `first_row` is the first of its kind; lines are where the rows start."""

    row: int
    line: int
    first_row: int
    first_line: int


class _Rows(NamedTuple):
    """Columns of rows: hashes, row numbers and lines."""

    hashes: Hashes
    row: Positions
    line: Positions

    def part(self, chosen: slice | Mask | Positions) -> _Rows:
        return _Rows(self.hashes[chosen], self.row[chosen], self.line[chosen])


Places = tuple[Positions, Positions]
"""Positions of hashes that equal an earlier one, and for each the position of the first equal hash."""

Apply = Callable[[Callable[["Hashes"], Places], Iterable["Hashes"]], Iterable[Places]]
"""A function like `map`, which may call in other threads or processes."""


def repeats(hashes: Hashes) -> Places:
    """Find the hashes that equal an earlier one. Imports pandas."""
    import pandas as pd

    alike = np.flatnonzero(pd.Series(hashes).duplicated(keep=False))  # few; `factorize` of all would take twice as long
    codes, _ = pd.factorize(hashes[alike])  # numbered as they first appear
    new = np.diff(np.maximum.accumulate(codes), prepend=-1) > 0
    return alike[~new], alike[new][codes[~new]]


class Duplicates:
    """Collects rows in file order and finds those that repeat an earlier one. `count` is valid after `repeated()`.

    Rows with equal 64-bit hashes are repeated; see `preflight.text.fingerprint` for the odds of a collision. `apply`
    searches the hashes, so that the process that holds them need not import pandas.
    """

    def __init__(self, apply: Apply = map) -> None:
        self.count = 0
        self._apply = apply
        self._listed = np.empty(0, _LISTED)
        self._rows = Parted(np.uint64, np.int64, np.int64, thin=self._without_repeats)

    def add(self, hashes: Hashes, row: Positions, line: Positions) -> None:
        """Add the next rows. Raises `OutputError` if the temporary file cannot be written."""
        self._rows.add(hashes, row, line)

    def repeated(self) -> list[Repeated]:
        """The first repeated rows in file order, at most `MOST_LISTED`. Call it once, after all rows."""
        self._search(self._rows.parts())
        return [Repeated(*repeated[:4]) for repeated in self._listed.tolist()]

    def close(self) -> None:
        """Close the temporary file."""
        self._rows.close()

    def _search(self, parts: Iterable[Columns]) -> None:
        """Count and list the repeated rows of parts with disjoint hashes."""
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
        """Count repeated rows, and list them if they are among the first of the file."""
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
        """Correct the first row of repetitions listed by `_without_repeats`, if it is among these rows."""
        here = np.flatnonzero(np.isin(rows.hashes, self._listed["hash"]))[::-1]
        first = dict(zip(rows.hashes[here].tolist(), here.tolist(), strict=True))
        for listed in self._listed:
            if (place := first.get(int(listed["hash"]))) is not None:
                listed["first_row"], listed["first_line"] = rows.row[place], rows.line[place]

    def _without_repeats(self, columns: Columns) -> _Rows:
        """Count and list the repeated rows before rows are written, and return the others.

        Many equal rows would make one part too large.
        """
        rows = _Rows(*columns)
        ((again, first),) = self._apply(repeats, [rows.hashes])
        self._list(rows.part(again), rows.part(first))
        return rows.part(np.delete(np.arange(len(rows.row)), again))
