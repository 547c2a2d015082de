"""The rows that a person mends: those that are bad in the source, and those that were changed, with what they are now.

They lie in a temporary database that SQLite keeps small in memory and removes by itself; what a person did to them is
kept elsewhere (`store`), and put in again when the file is opened anew.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

from preflight.merging.rows import FileRow, FileRows, RowVerdict
from preflight.model.problems import CODES, Problem

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

_CHANGED = "(now IS NULL OR now <> record)"

BAD, GOOD, OUT = "bad", "good", "out"
"""What a row is: not to be sent, to be sent, or left out, by a person or as a condition does not hold for it."""


@dataclass(frozen=True, slots=True)
class GridRow:
    """A row as it is now: `source` is how the file has it, `now` how it was changed, or None where it was taken out.

    `version` is the id of the last thing that was done to it, 0 for none.
    """

    source: FileRow
    now: FileRow | None
    state: str
    version: int

    @property
    def number(self) -> int:
        """Its number in the file."""
        return self.source.number

    @property
    def shown(self) -> FileRow:
        """What is shown of it."""
        return self.now or self.source


class Grid:
    """The rows of one file that were bad or are changed. For one thread at a time."""

    def __init__(self, rows: FileRows) -> None:
        self.rows = rows
        self._db = sqlite3.connect("", check_same_thread=False, isolation_level=None)
        self._db.executescript(_SCHEMA)

    def close(self) -> None:
        """Give the temporary database back."""
        self._db.close()

    def fill(self, bad: Iterable[tuple[FileRow, RowVerdict]]) -> None:
        """Take the bad rows of the source."""
        for some in _some(bad, 2_000):
            self._db.execute("BEGIN")
            self._db.executemany(
                "INSERT INTO rows VALUES (?, ?, ?, ?, 'bad', 'bad', 0, ?, ?)",
                [(row.number, row.line, row.record, row.fault, row.record, row.fault) for row, _ in some],
            )
            self._put_problems((row.number, verdict) for row, verdict in some)
            self._db.execute("COMMIT")

    def get(self, numbers: Sequence[int]) -> list[GridRow]:
        """The rows of these numbers, in their order; those of the source that are not here yet are read from it."""
        found = {row.number: row for row in self._select(numbers)}
        missing = [number for number in numbers if number not in found]
        if missing:
            found |= {row.number: GridRow(row, row, GOOD, 0) for row in self.rows.rows(missing)}
        return [found[number] for number in sorted(found)]

    def put(self, changes: Sequence[tuple[GridRow, FileRow | None, int]]) -> None:
        """Let rows be what they are `now`, or out where that is None, with the versions that these are."""
        there = [now for _, now, _ in changes if now is not None]
        verdicts = {row.number: verdict for row, verdict in zip(there, self.rows.judged(there), strict=True)}
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
        """Some rows of a state, with a problem of a code where there is one; and how many there are of them.

        The state `changed` is that of rows that were changed, whatever they are now.
        """
        where = _CHANGED if state == "changed" else "state = :state"
        if code:
            where += " AND number IN (SELECT row FROM problems WHERE code = :code)"
        given = {"state": state, "code": code, "start": start, "most": most}
        (number,) = self._db.execute(f"SELECT count(*) FROM rows WHERE {where}", given).fetchone()  # noqa: S608
        numbers = f"SELECT number FROM rows WHERE {where} ORDER BY number LIMIT :most OFFSET :start"  # noqa: S608
        return self._select([row for (row,) in self._db.execute(numbers, given)]), number

    def counts(self) -> Counter[tuple[str, str]]:
        """How many rows were, and are, of which state."""
        rows = self._db.execute("SELECT was, state, count(*) FROM rows GROUP BY was, state")
        return Counter({(was, state): number for was, state, number in rows})

    def changed(self) -> int:
        """How many rows were changed, or taken out."""
        (number,) = self._db.execute(f"SELECT count(*) FROM rows WHERE {_CHANGED}").fetchone()  # noqa: S608
        return int(number)

    def taken_out(self) -> int:
        """How many rows a person took out."""
        (number,) = self._db.execute("SELECT count(*) FROM rows WHERE now IS NULL").fetchone()
        return int(number)

    def kinds(self) -> list[tuple[str, int, int]]:
        """Each code that bad rows have, how many of them, and for how many there is a suggestion."""
        rows = self._db.execute(
            "SELECT code, count(DISTINCT row), count(DISTINCT CASE WHEN suggestion <> '' THEN row END) FROM problems "
            "JOIN rows ON number = row WHERE state = 'bad' GROUP BY code"
        ).fetchall()
        return sorted(rows, key=lambda one: [*CODES].index(one[0]))

    def suggested(self, code: str) -> Iterator[tuple[int, int, str]]:
        """(row, place of the cell, suggestion) of the bad rows with a problem of this code."""
        yield from self._db.execute(
            "SELECT row, place, suggestion FROM problems JOIN rows ON number = row "
            "WHERE code = ? AND suggestion <> '' AND place >= 0 AND state = 'bad' ORDER BY row",
            [code],
        ).fetchall()

    def all_changed(self) -> dict[int, FileRow | None]:
        """The rows that are otherwise than in the source, by their numbers; None for those that were taken out."""
        rows = self._db.execute(f"SELECT number, line, now, now_fault FROM rows WHERE {_CHANGED}")  # noqa: S608
        return {number: None if now is None else FileRow(number, line, now, fault) for number, line, now, fault in rows}

    def _select(self, numbers: Sequence[int]) -> list[GridRow]:
        found: list[GridRow] = []
        for some in _some(numbers, 500):
            marks = ", ".join("?" * len(some))
            rows = self._db.execute(f"SELECT * FROM rows WHERE number IN ({marks}) ORDER BY number", some)  # noqa: S608
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
        """The index of the column in which a problem is; -1 for one of the row, or of a text for all rows."""
        layout = self.rows.layout
        index = layout.known_columns.get(CODES[problem.code].subject, -1)
        if index < 0 and problem.column:
            of_label = (place for name, place in layout.known_columns.items() if layout.label(name) == problem.column)
            index = next(of_label, -1)
        return index if index < layout.width else -1


Some = TypeVar("Some")


def _some(all_of_them: Iterable[Some], number: int) -> Iterator[list[Some]]:
    """So many at a time."""
    left = iter(all_of_them)
    while some := list(islice(left, number)):
        yield some
