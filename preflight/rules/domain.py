"""The domains of valid addresses: those that are most likely mistyped, and all of them for the whole file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from preflight.addresses.domains import is_real, meant, provider_like
from preflight.addresses.valid import invalid_because
from preflight.evidence.domains import MOST_RARE, DomainEvidence, Mistyped
from preflight.model.arrays import Mask, Positions
from preflight.model.faults import Told
from preflight.model.findings import NONE, Findings, of_each
from preflight.model.problems import Diagnosis, Placed
from preflight.records.cells import arrow_of
from preflight.rules import OfRows
from preflight.text.buffers import between, bytes_of, edges_of
from preflight.text.display import counted, shown
from preflight.text.spans import Found, differing

MOST_REMEMBERED = 20_000
"""Maximum number of rows with rare domains that are kept of a run; all domains are counted."""

MOST_HANDED_OVER = 1_000
"""Maximum number of rows of a domain whose addresses are pickled, as the domain may turn out to be rare."""


_ALL_BUT_AT = "".join(map(chr, range(128))).replace("@", "")


@dataclass(frozen=True, slots=True)
class DomainsOfRows(OfRows):
    """The domains of rows: `names` are the distinct ones, `codes` are those of the rows.

    The code of a row without a valid address is the number of names. `right` maps the codes of mistyped domains to the
    right domains; `known` are the codes of domains known to be real. `emails` are those of all rows; after
    pickling, only those at the positions `at`, as few are needed.
    """

    codes: Positions
    names: Sequence[str]
    right: Mapping[int, str]
    known: Sequence[int]
    emails: Any
    row: Positions
    line: Positions
    at: Positions | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        numbers = self._numbers()
        at = np.flatnonzero((numbers > 0)[self.codes] & (numbers <= MOST_HANDED_OVER)[self.codes])
        fields = (self.codes, self.names, self.right, self.known, self.emails.take(pa.array(at)), self.row, self.line)
        return DomainsOfRows, (*fields, at)

    def __call__(self, good: Mask) -> DomainEvidence:
        """The domains of all rows with a valid address, good or not."""
        rows, places = self._numbers(), self._rare()
        present = np.flatnonzero(rows).tolist()
        return DomainEvidence(
            dict(zip([self.names[code] for code in present], rows[present].tolist(), strict=True)),
            {self.names[code]: domain for code, domain in self.right.items() if rows[code]},
            self.emails.take(pa.array(places if self.at is None else self.at.searchsorted(places))).to_pylist(),
            self.row[places],
            self.line[places],
        )

    def without(self, rows: Mask) -> DomainsOfRows | None:
        """The domains of the other rows; None if addresses are needed that were not pickled."""
        others = replace(self, codes=np.where(rows, len(self.names), self.codes))
        return others if self.at is None or np.isin(others._rare(), self.at).all() else None

    def _numbers(self) -> Positions:
        """The number of rows of each domain."""
        numbers: Positions = np.bincount(self.codes, minlength=len(self.names) + 1)
        numbers[-1] = 0
        return numbers

    def _rare(self) -> Positions:
        """The positions of rows with rare domains, which may be mistyped."""
        numbers = self._numbers()
        rare = (numbers > 0) & (numbers <= MOST_RARE)
        rare[[*self.right, *self.known]] = False
        return (np.flatnonzero(rare[self.codes]) if rare.any() else self.row[:0])[:MOST_REMEMBERED]


def check(
    cells: pd.Series[str], ends: Any, invalid: Positions, row: Positions, line: Positions
) -> tuple[Findings, DomainsOfRows]:
    """Find addresses whose domain is most likely a mistyped provider's, and collect all domains.

    `ends` are from `preflight.rules.email.ends_of`, `invalid` are the rows without a valid address, `row` and `line`
    the numbers and lines of all rows.
    """
    emails = arrow_of(cells)
    # A valid address has one @, so everything before it can be trimmed.
    encoded = pc.ascii_ltrim(pc.ascii_lower(ends.dictionary), _ALL_BUT_AT).dictionary_encode()
    codes = encoded.indices.to_numpy(zero_copy_only=False)[ends.indices.to_numpy(zero_copy_only=False)]
    names = [name[1:] for name in encoded.dictionary.to_pylist()]
    codes[np.searchsorted(row, invalid)] = len(names)
    like = provider_like()
    present = np.flatnonzero(np.bincount(codes)).tolist()
    known = [code for code in present if code < len(names) and names[code].partition(".")[0] in like]
    right = {code: domain for code in known if (domain := meant(names[code]))}
    real = [code for code in known if is_real(names[code])]
    places = np.flatnonzero(np.isin(codes, list(right))) if right else row[:0]
    return _mistyped(emails, ends, codes, places, row, right), DomainsOfRows(
        codes, names, right, real, emails, row, line
    )


def _mistyped(
    emails: Any, ends: Any, codes: Positions, places: Positions, row: Positions, right: Mapping[int, str]
) -> Findings:
    """The faults of addresses at `places`, which have mistyped domains; `right` maps codes to the right domains.

    The faults of one domain differ only in the local part and the spans.
    """
    if not len(places):
        return NONE
    of_ends = ends.indices.to_numpy(zero_copy_only=False)[places]
    used, first, heads = np.unique(of_ends, return_index=True, return_inverse=True)
    domains = [right[code] for code in codes[places[first]].tolist()]
    written = ends.dictionary.take(pa.array(used)).to_pylist()
    faults = [mistyped(f"a{end}", domain) for end, domain in zip(written, domains, strict=True)]
    emails = emails.take(pa.array(places))
    edges = edges_of(emails)
    length = np.array([len(end.encode()) for end in written])[heads]
    local = between(bytes_of(emails), edges[:-1], edges[1:] - length).cast(pa.string())
    suggestions = pc.binary_join_element_wise(local, pa.array(domains).take(pa.array(heads)), "@")
    return of_each(row[places], Told(faults, heads, local, suggestions, partial(_spans_of, emails, suggestions)))


def _spans_of(emails: Any, suggestions: Any, place: int) -> Found:
    local, _, domain = emails[place].as_py().rpartition("@")
    return _where_they_differ(domain, suggestions[place].as_py().rpartition("@")[2], len(local) + 1)


def mistyped(address: str, right: str) -> Diagnosis:
    """The problem of a valid address whose domain is a mistyping of `right`."""
    return near_miss(address, right, _is_most_likely(address.rpartition("@")[2], right))


@lru_cache(maxsize=1 << 12)
def _is_most_likely(domain: str, right: str) -> str:
    return f"{shown(domain)} is most likely a typing error for {shown(right)}."


def mistyped_rows(rows: Iterable[Mistyped], count: int) -> Iterator[Placed]:
    """Yield the problems of rows with a rare domain near a common one; `count` is their number, listed or not."""
    listed = 0
    for row, line, address, near in rows:
        listed += 1
        says = (
            f"{shown(near.domain)} stands in {counted(near.rows, 'row')}, {shown(near.meant)} in "
            f"{near.meant_rows:,}: most likely a typing error."
        )
        yield Placed(row, line, address, near_miss(address, near.meant, says))
    if listed < count:
        says = f"{count:,} rows have a rare domain one keystroke from a common one; {listed:,} are listed."
        yield Placed(0, 0, "", Diagnosis("email-typo", says))


def near_miss(address: str, right: str, says: str) -> Diagnosis:
    """The problem of a valid address whose domain is a mistyping of `right`, with the message `says`."""
    local, _, domain = address.rpartition("@")
    spans = _where_they_differ(domain, right, len(local) + 1)
    return Diagnosis("email-typo", says, suggested(local, right), spans=spans)


@lru_cache(maxsize=1 << 12)
def _where_they_differ(domain: str, right: str, at: int) -> Found:
    """The spans in which a domain differs from the right one; the domain starts at `at` in its address."""
    return tuple((start + at, stop + at) for start, stop in differing(domain.lower(), right))


def suggested(local: str, domain: str) -> str:
    """The address at another domain; empty if it is not valid."""
    address = f"{local}@{domain}"
    return address if invalid_because(address) is None else ""
