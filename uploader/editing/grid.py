"""The grid: the rows that were bad in the source or have been changed, in their present state.

The rows are in a temporary SQLite database, which takes little memory and removes itself. The edits are stored
elsewhere (`store`), and applied again when the file is opened again.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

from preflight.merging.rows import FileRow, FileRows, RowVerdict
from preflight.model.codes import CODES
from preflight.model.problems import Problem

_SCHEMA = """
CREATE TABLE rows (
    number INTEGER PRIMARY KEY, line INTEGER, record BLOB, fault INTEGER, was TEXT, state TEXT, version INTEGER,
    now BLOB, now_fault INTEGER
);
CREATE TABLE problems (row INTEGER, code TEXT, place INTEGER, suggestion TEXT);
CREATE INDEX of_row ON problems (row);
CREATE INDEX of_code ON problems (code, row);
CREATE INDEX of_state ON rows (state, number);
"""

BAD, GOOD, OUT = "bad", "good", "out"
"""The states of a row: not to be sent, to be sent, taken out by the user or left out by a condition."""

CHANGED, TAKEN_OUT = "changed", "taken-out"
"""Rows by what the user did, in any state."""

_WHERE = {BAD: "state = 'bad'", CHANGED: "now <> record", TAKEN_OUT: "now IS NULL"}
"""The rows of a page, by its name."""


@dataclass(frozen=True, slots=True)
class GridRow:
    """A row: `source` as in the file, `now` in its present state, `None` if taken out by the user.

    `version` is the id of its last edit, 0 for none.
    """

    source: FileRow
    now: FileRow | None
    state: str
    version: int

    @property
    def number(self) -> int:
        """The row's number in the file."""
        return self.source.number

    @property
    def shown(self) -> FileRow:
        """The row to show: the present state, else the source."""
        return self.now or self.source


class Grid:
    """The rows of one file that were bad or have been changed. For one thread at a time."""

    def __init__(self, rows: FileRows) -> None:
        self.rows = rows
        self._db = sqlite3.connect("", check_same_thread=False, isolation_level=None)
        self._db.executescript(_SCHEMA)
        self.more_fixable = Counter[str]()
        """The fixes by kind that the changes of rows made necessary, negative for those they made unnecessary."""

    def close(self) -> None:
        """Close the temporary database."""
        self._db.close()

    def fill(self, bad: Iterable[tuple[FileRow, RowVerdict]]) -> None:
        """Add the bad rows of the source."""
        for batch in _batches(bad, 2_000):
            self._db.execute("BEGIN")
            self._db.executemany(
                "INSERT INTO rows VALUES (?, ?, ?, ?, 'bad', 'bad', 0, ?, ?)",
                [(row.number, row.line, row.record, row.fault, row.record, row.fault) for row, _ in batch],
            )
            self._put_problems((row.number, verdict) for row, verdict in batch)
            self._db.execute("COMMIT")

    def get(self, numbers: Sequence[int]) -> list[GridRow]:
        """The rows with these numbers, sorted; those not in the database yet are read from the source."""
        found = {row.number: row for row in self._select(numbers)}
        missing = [number for number in numbers if number not in found]
        if missing:
            found |= {row.number: GridRow(row, row, GOOD, 0) for row in self.rows.rows(missing)}
        return [found[number] for number in sorted(found)]

    def put(self, changes: Sequence[tuple[GridRow, FileRow | None, int]]) -> None:
        """Set the present state of rows, `None` for taken out, and their versions."""
        there = [now for _, now, _ in changes if now is not None]
        verdicts = {row.number: verdict for row, verdict in zip(there, self.rows.judged(there), strict=True)}
        self.more_fixable.update(self.rows.fixable(there))
        self.more_fixable.subtract(self.rows.fixable([row.now for row, _, _ in changes if row.now is not None]))
        self._db.execute("BEGIN")
        for row, now, version in changes:
            source, verdict = row.source, verdicts.get(row.number)
            state = OUT if verdict is None or verdict.left_out else BAD if verdict.bad else GOOD
            was = self._db.execute("SELECT was FROM rows WHERE number = ?", [row.number]).fetchone()
            kept = [source.number, source.line, source.record, source.fault, was[0] if was else GOOD, state, version]
            changed = [None, 0] if now is None else [now.record, now.fault]
            self._db.execute("INSERT OR REPLACE INTO rows VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", [*kept, *changed])
            self._db.execute("DELETE FROM problems WHERE row = ?", [row.number])
        self._put_problems(verdicts.items())
        self._db.execute("COMMIT")

    def page(self, state: str, code: str, start: int, most: int) -> tuple[list[GridRow], int]:
        """A page of the rows that are `bad`, `changed` or `taken-out`; and the number of all such rows.

        With `code` only of those with such a problem.
        """
        where = _WHERE[state]
        if code:
            where += " AND number IN (SELECT row FROM problems WHERE code = :code)"
        given = {"code": code, "start": start, "most": most}
        (number,) = self._db.execute(f"SELECT count(*) FROM rows WHERE {where}", given).fetchone()  # noqa: S608
        numbers = f"SELECT number FROM rows WHERE {where} ORDER BY number LIMIT :most OFFSET :start"  # noqa: S608
        return self._select([row for (row,) in self._db.execute(numbers, given)]), number

    def counts(self) -> tuple[int, int, int, int, int]:
        """The numbers of rows that were good in the source, that are good and bad now, taken out, and changed."""
        conditions = ("was = 'good'", "state = 'good'", "state = 'bad'", "now IS NULL", "now <> record")
        counts = ", ".join(f"count(*) FILTER (WHERE {one})" for one in conditions)
        found: tuple[int, int, int, int, int] = self._db.execute(f"SELECT {counts} FROM rows").fetchone()  # noqa: S608
        return found

    def kinds(self) -> list[tuple[str, int, int]]:
        """The codes of bad rows, each with the number of rows, and of rows with a suggestion."""
        rows = self._db.execute(
            "SELECT code, count(DISTINCT row), count(DISTINCT CASE WHEN suggestion <> '' THEN row END) FROM problems "
            "JOIN rows ON number = row WHERE state = 'bad' GROUP BY code"
        ).fetchall()
        return sorted(rows, key=lambda one: [*CODES].index(one[0]))

    def suggested(self, code: str) -> Iterator[tuple[int, int, str]]:
        """(row, column index, suggestion) for each suggestion for a problem of this code in a bad row."""
        yield from self._db.execute(
            "SELECT row, place, suggestion FROM problems JOIN rows ON number = row "
            "WHERE code = ? AND suggestion <> '' AND place >= 0 AND state = 'bad' ORDER BY row",
            [code],
        ).fetchall()

    def all_changed(self) -> dict[int, FileRow | None]:
        """The rows that differ from the source, by number; None for those taken out by the user."""
        rows = self._db.execute("SELECT number, line, now, now_fault FROM rows WHERE now IS NULL OR now <> record")
        return {number: None if now is None else FileRow(number, line, now, fault) for number, line, now, fault in rows}

    def _select(self, numbers: Sequence[int]) -> list[GridRow]:
        found: list[GridRow] = []
        for batch in _batches(numbers, 500):
            marks = ", ".join("?" * len(batch))
            rows = self._db.execute(f"SELECT * FROM rows WHERE number IN ({marks}) ORDER BY number", batch)  # noqa: S608
            for number, line, record, fault, _, state, version, now, now_fault in rows:
                changed = None if now is None else FileRow(number, line, now, now_fault)
                found.append(GridRow(FileRow(number, line, record, fault), changed, state, version))
        return found

    def _put_problems(self, verdicts: Iterable[tuple[int, RowVerdict]]) -> None:
        self._db.executemany(
            "INSERT INTO problems VALUES (?, ?, ?, ?)",
            [
                (number, one.code, self.place(one), one.suggestion)
                for number, verdict in verdicts
                for one in verdict.problems
                if one.severity == "error"
            ],
        )

    def place(self, problem: Problem) -> int:
        """The index of the problem's column; -1 if it is about the whole row, or a text for all rows."""
        layout = self.rows.layout
        index = layout.known_columns.get(CODES[problem.code].subject, -1)
        if index < 0 and problem.column:
            of_label = (place for name, place in layout.known_columns.items() if layout.label(name) == problem.column)
            index = next(of_label, -1)
        return index if index < layout.width else -1


T = TypeVar("T")


def _batches(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Lists of up to `size` consecutive items."""
    remaining = iter(items)
    while batch := list(islice(remaining, size)):
        yield batch
