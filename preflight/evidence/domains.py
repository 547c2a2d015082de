"""Counts the domains of a file's addresses, and finds rare ones that are one keystroke from a common one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import NamedTuple, Self

import numpy as np

from preflight.addresses.domains import is_real, right_ending
from preflight.model.arrays import Positions
from preflight.model.reported import Domains, NearMiss

MOST_RARE = 10
"""Maximum number of rows of a mistyped domain."""

TIMES_MORE = 10
"""The right domain has at least this many times the rows of a mistyped one."""

FEWEST_LETTERS = 5
"""Minimum length of a mistyped part (between two dots): in shorter ones, one keystroke makes another company's."""

FEWEST_OF_WORD = 4
"""The same for a word of a part with hyphens, as in `tu-berlin` and `fu-berlin`."""

MOST_DOMAINS = 50_000
"""Maximum number of domains that are counted, the first of the file."""

MOST_COMPARED = 500
"""Number of common domains that rare ones are compared with."""

MOST_REMEMBERED = 100_000
"""Maximum number of rows with rare domains that are kept."""

MOST_ROWS = 5_000
"""Maximum number of rows with mistyped domains that are listed, the first of the file; all are counted."""

MOST_LISTED = 50
"""Maximum number of domains in the report, the most common ones, and of near misses."""

ALIKE = 1
"""Keystrokes between a mistyped domain and the right one."""


class DomainEvidence(NamedTuple):
    """The domains of the valid addresses of a run of records, in lower case.

    `rows` counts the rows of each. `meant` maps mistyped domains of known providers to the right ones. `address`, `row`
    and `line` are those of rows with a rare domain.
    """

    rows: Mapping[str, int]
    meant: Mapping[str, str]
    address: list[str]
    row: Positions
    line: Positions


class Mistyped(NamedTuple):
    """A row whose address has a rare domain that is one keystroke from a common one."""

    row: int
    line: int
    address: str
    near: NearMiss


class DomainTally:
    """Adds up the domains of a file run by run, in bounded memory."""

    def __init__(self) -> None:
        self.rows: Counter[str] = Counter()
        self._meant: dict[str, str] = {}
        self._rare: list[DomainEvidence] = []
        self._remembered = 0

    def __iadd__(self, found: DomainEvidence) -> Self:
        """Add the domains of the next run."""
        if len(self.rows) < MOST_DOMAINS:
            self.rows.update(found.rows)
        else:
            self.rows.update({domain: rows for domain, rows in found.rows.items() if domain in self.rows})
        self._meant.update(islice(found.meant.items(), MOST_LISTED - min(len(self._meant), MOST_LISTED)))
        if self._remembered < MOST_REMEMBERED and found.address:
            self._rare.append(found._replace(rows={}, meant={}))
            self._remembered += len(found.address)
        return self

    def judged(self) -> tuple[Domains, list[Mistyped], int]:
        """The domains for the report, the rows with near misses, and the number of all rows with near misses.

        At most `MOST_ROWS` rows are listed, in file order.
        """
        near = self.near_misses()
        meant = [NearMiss(domain, self.rows[domain], right, self.rows[right]) for domain, right in self._meant.items()]
        listed = sorted([*meant, *near.values()], key=lambda miss: (-miss.rows, miss.domain))[:MOST_LISTED]
        domains = Domains(len(self.rows), dict(self.rows.most_common(MOST_LISTED)), tuple(listed))
        return domains, list(islice(self._on_rows(near), MOST_ROWS)), sum(miss.rows for miss in near.values())

    def _on_rows(self, near: Mapping[str, NearMiss]) -> Iterator[Mistyped]:
        for run in self._rare:
            for address, row, line in zip(run.address, run.row.tolist(), run.line.tolist(), strict=True):
                miss = near.get(address.rpartition("@")[2].lower())
                if miss is not None:
                    yield Mistyped(row, line, address, miss)

    def near_misses(self) -> dict[str, NearMiss]:
        """The rare domains that are one keystroke from a common one, each with the most common candidate."""
        common = [
            domain
            for domain, rows in self.rows.most_common(MOST_COMPARED)
            if rows >= TIMES_MORE and domain not in self._meant
        ]
        rare = [
            domain
            for domain, rows in self.rows.items()
            if rows <= MOST_RARE and domain not in self._meant and not is_real(domain)
        ]
        if not common or not rare:
            return {}
        from rapidfuzz.distance import OSA
        from rapidfuzz.process import cdist

        found: dict[str, NearMiss] = {}
        for at in range(0, len(rare), 1_000):
            few = rare[at : at + 1_000]
            distances = cdist(few, common, scorer=OSA.distance, score_cutoff=ALIKE, dtype=np.uint8)
            for i, j in np.argwhere(distances <= ALIKE).tolist():
                miss = NearMiss(few[i], self.rows[few[i]], common[j], self.rows[common[j]])
                if miss.meant_rows >= TIMES_MORE * miss.rows and _one_keystroke(miss.domain, miss.meant):
                    found.setdefault(miss.domain, miss)
        return found


def _one_keystroke(domain: str, right: str) -> bool:
    """True if two similar domains differ as by a typing error, not as the domains of two companies."""
    parts, right_parts = domain.split("."), right.split(".")
    if len(parts) != len(right_parts):
        return False
    differ = [place for place, (part, other) in enumerate(zip(parts, right_parts, strict=True)) if part != other]
    if differ == [len(parts) - 1]:
        return right_ending(parts[-1]) == right_parts[-1]
    if len(differ) != 1:
        return False
    part, other = parts[differ[0]], right_parts[differ[0]]
    digits = [[letter for letter in text if letter.isdigit()] for text in (part, other)]
    if min(len(part), len(other)) < FEWEST_LETTERS or digits[0] != digits[1]:
        return False
    words, other_words = part.split("-"), other.split("-")
    if len(words) != len(other_words):
        return True
    return all(
        min(map(len, pair)) >= FEWEST_OF_WORD for pair in zip(words, other_words, strict=True) if len({*pair}) > 1
    )
