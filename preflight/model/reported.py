"""The parts of a report: titles, domains, samples, lines outside the table, kept files, next steps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from preflight.model.problems import Problem
from preflight.text.display import shown_file


class Spelling(NamedTuple):
    """A title as written in `rows` good rows; the first is number `row`, on `line`."""

    title: str
    rows: int
    row: int
    line: int


@dataclass(frozen=True, slots=True)
class Titles:
    """The titles of the good rows, stripped.

    `counts` has the number of good rows of each distinct title; `known` are the titles that the custom event has
    already. If there are very many titles (`evidence.titles.MOST_TITLES`), `unlisted` ones are only counted: they are
    new, and not in `counts`. `spellings` is the number of distinct titles as written, not stripped.
    """

    counts: Mapping[str, int]
    known: frozenset[str]
    unlisted: int = 0
    spellings: int = 0

    @property
    def distinct(self) -> int:
        """The number of distinct titles of the good rows."""
        return len(self.counts) + self.unlisted

    @property
    def new(self) -> tuple[str, ...]:
        """The listed titles that the custom event does not have yet, in order of first appearance."""
        return tuple(title for title in self.counts if title not in self.known)

    def as_dict(self) -> dict[str, int]:
        """The numbers of titles as `--json` prints them."""
        return {"distinct": self.distinct, "known": len(self.known), "new": self.new_count}

    def merged(self, later: Titles) -> Titles:
        """The titles of these rows and of later ones; `unlisted` titles count as different."""
        counts = Counter(self.counts) + Counter(later.counts)
        unlisted, spellings = self.unlisted + later.unlisted, self.spellings + later.spellings
        return Titles(counts, self.known | later.known, unlisted, spellings)

    @property
    def new_count(self) -> int:
        """The number of titles that the custom event does not have yet, including unlisted ones."""
        return self.distinct - len(self.known)


class NearMiss(NamedTuple):
    """A domain that is most likely a typing error for `meant`, with the numbers of rows of both."""

    domain: str
    rows: int
    meant: str
    meant_rows: int


@dataclass(frozen=True, slots=True)
class Domains:
    """The domains of the valid addresses, in lower case.

    `distinct` is their number (up to `MOST_DOMAINS` of the rule), `rows` has the most common ones with their numbers of
    rows, `near_misses` the mistyped ones with the most rows.
    """

    distinct: int = 0
    rows: Mapping[str, int] = field(default_factory=dict)
    near_misses: tuple[NearMiss, ...] = ()


class Step(NamedTuple):
    """A next step: a sentence, and the command to paste."""

    says: str
    command: str


MOST_SAMPLES = 50
"""Limit for the samples of one code."""

LONGEST_CELL, LONGEST_ROW = 200, 4_000
"""Limits for the characters of a cell, and of all cells of a row, apart from the cell at fault."""


class Sample(NamedTuple):
    """A problem with the cells of its row.

    `cells` are the first cells of the record up to the limit `LONGEST_ROW`, each truncated to `LONGEST_CELL`
    characters; none if the record could not be split. `width` is the number of cells of the record. `place` is the
    index of the cell at fault, -1 for the record itself.
    """

    problem: Problem
    place: int = -1
    cells: tuple[str, ...] = ()
    width: int = 0


class Kept(NamedTuple):
    """An existing file at the path of an output: its name, the name under which it was kept, and the reason."""

    file: str
    kept_as: str
    why: str

    @property
    def described(self) -> str:
        """The message about the file, in one line."""
        return f"Kept {shown_file(self.kept_as)}: {shown_file(self.file)} {self.why}"


class SkippedLines(NamedTuple):
    """Physical lines outside the table: the `first`, the `last`, and a description."""

    first: int
    last: int
    what: str

    def described(self) -> str:
        """A description in one line: `lines 1 to 3: before the table`."""
        lines = f"line {self.first}" if self.first == self.last else f"lines {self.first} to {self.last}"
        return f"{lines}: {self.what}"
