"""Valid addresses that are most likely not what was meant.

Mistyped domains of large providers, with the evidence for the file's own, and addresses that nobody has.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from preflight.addresses.domains import is_real, meant, provider_like
from preflight.addresses.toplevel import exists, top_level_domains
from preflight.evidence.domains import MOST_RARE, DomainEvidence, Mistyped
from preflight.model.findings import NONE, Findings, findings
from preflight.model.problems import Diagnosis, Placed
from preflight.records.cells import arrow_of
from preflight.rules import OfRows
from preflight.rules.email import invalid_because
from preflight.text.buffers import bytes_of, edges_of
from preflight.text.display import counted, shown
from preflight.text.spans import Found, Span, differing

if TYPE_CHECKING:
    import pandas as pd

    from preflight.model.arrays import Mask, Positions

MOST_REMEMBERED = 20_000
"""Rows with a domain that few rows of a run have that are remembered; their domains are counted in any case."""

MOST_HANDED_OVER = 1_000
"""Rows that a domain has at most whose addresses are handed over to where it may turn out to be a rare one."""

PLACEHOLDERS = frozenset(
    {"noemail", "no-email", "no_email", "no.email", "noemailaddress", "noemailprovided", "nomail", "no-mail", "none",
     "na", "n/a", "null", "noaddress", "notprovided", "not-provided", "notavailable", "donotemail", "undefined"}
)  # fmt: skip
"""What stands before the @ where somebody had no address. Never `info` or `test`, which people read."""

_PLACEHOLDER = "|".join(sorted(name.replace(".", r"\.") for name in PLACEHOLDERS))
_START = rf"^(?i:'|www\.|(?:{_PLACEHOLDER})@)"
"""RE2; the start of an address that is looked at."""

_STARTS = np.zeros((256, 256), np.bool_)
"""Which first two bytes such an address may have: most others are recognized from these at once."""
_STARTS[ord("'")] = True
for _start in ("www.", *PLACEHOLDERS):
    for _first, _second in product({_start[0], _start[0].upper()}, {_start[1], _start[1].upper()}):
        _STARTS[ord(_first), ord(_second)] = True

_ALL_BUT_AT = "".join(map(chr, range(128))).replace("@", "")


@dataclass(frozen=True, slots=True)
class DomainsOfRows(OfRows):
    """The domains of some rows' addresses: `names` are the distinct ones, `codes` say which each row has.

    The code of a row without a valid address is the number of names. `right` are the domains that mistyped ones were
    meant to be, by their code; `known` are the codes of those that no file mistypes. `emails` are those of all rows, or
    elsewhere of those `at` some places: they are many, and few are asked for.
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
        """The domains of all rows with a valid address, whether `good` or not."""
        rows, places = self._numbers(), self._rare()
        there = np.flatnonzero(rows).tolist()
        return DomainEvidence(
            dict(zip([self.names[code] for code in there], rows[there].tolist(), strict=True)),
            {self.names[code]: domain for code, domain in self.right.items() if rows[code]},
            self.emails.take(pa.array(places if self.at is None else self.at.searchsorted(places))).to_pylist(),
            self.row[places],
            self.line[places],
        )

    def without(self, rows: Mask) -> DomainsOfRows | None:
        """The same of the other rows; None where their addresses are needed and are not at hand."""
        others = replace(self, codes=np.where(rows, len(self.names), self.codes))
        return others if self.at is None or np.isin(others._rare(), self.at).all() else None

    def _numbers(self) -> Positions:
        """How many rows have each domain."""
        numbers: Positions = np.bincount(self.codes, minlength=len(self.names) + 1)
        numbers[-1] = 0
        return numbers

    def _rare(self) -> Positions:
        """The places of the rows whose domain may be mistyped, as few have it."""
        numbers = self._numbers()
        rare = (numbers > 0) & (numbers <= MOST_RARE)
        rare[[*self.right, *self.known]] = False
        return (np.flatnonzero(rare[self.codes]) if rare.any() else self.row[:0])[:MOST_REMEMBERED]


def check(
    cells: pd.Series[str], ends: Any, invalid: Positions, row: Positions, line: Positions
) -> tuple[Findings, DomainsOfRows]:
    """Find the addresses at what is most likely a mistyped provider's domain, and gather the domains of all.

    `ends` are those of the texts (see `preflight.rules.email`), `invalid` the rows of the cells that hold no valid
    address, `row` and `line` the numbers and lines of all.
    """
    emails = arrow_of(cells)
    # An address has one @ when it is valid, so what stands before it can be trimmed off.
    encoded = pc.ascii_ltrim(pc.ascii_lower(ends.dictionary), _ALL_BUT_AT).dictionary_encode()
    codes = encoded.indices.to_numpy(zero_copy_only=False)[ends.indices.to_numpy(zero_copy_only=False)]
    names = [name[1:] for name in encoded.dictionary.to_pylist()]
    codes[np.searchsorted(row, invalid)] = len(names)
    like = provider_like()
    known = [code for code, name in enumerate(names) if name.partition(".")[0] in like]
    right = {code: domain for code in known if (domain := meant(names[code]))}
    real = [code for code in known if is_real(names[code])]
    places = np.flatnonzero(np.isin(codes, list(right))) if right else row[:0]
    return _mistyped(cells, codes, places, right), DomainsOfRows(codes, names, right, real, emails, row, line)


def _mistyped(cells: pd.Series[str], codes: Positions, places: Positions, right: dict[int, str]) -> Findings:
    if not len(places):
        return NONE
    judged = zip(cells.iloc[places], codes[places].tolist(), strict=True)
    return findings(cells.index.to_numpy()[places], [mistyped(address, right[code]) for address, code in judged])


def mistyped(address: str, right: str) -> Diagnosis:
    """What to say of a valid address whose domain was meant to be the `right` one."""
    return near_miss(address, right, _is_most_likely(address.rpartition("@")[2], right))


@lru_cache(maxsize=1 << 12)
def _is_most_likely(domain: str, right: str) -> str:
    return f"{shown(domain)} is most likely a typing error for {shown(right)}."


def mistyped_rows(rows: Iterable[Mistyped], count: int) -> Iterator[Placed]:
    """What to say of the rows at a rare domain that is near a common one: `count` of them, not all in `rows`."""
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
    """A valid address whose domain was meant to be the `right` one, with what to say of it."""
    local, _, domain = address.rpartition("@")
    spans = _where_they_differ(domain, right, len(local) + 1)
    return Diagnosis("email-typo", says, suggested(local, right), spans=spans)


@lru_cache(maxsize=1 << 12)
def _where_they_differ(domain: str, right: str, at: int) -> Found:
    """The characters in which a domain differs from the right one, where it begins at a place of its address."""
    return tuple((start + at, stop + at) for start, stop in differing(domain.lower(), right))


def suggested(local: str, domain: str) -> str:
    """The address at another domain, or nothing where that is none."""
    address = f"{local}@{domain}"
    return address if invalid_because(address) is None else ""


def check_doubtful(cells: pd.Series[str], ends: Any, invalid: Positions) -> Findings:
    """Find the valid addresses that most likely are nobody's; `ends` and `invalid` are as in `check`."""
    emails, rows = arrow_of(cells), cells.index.to_numpy()
    codes = ends.indices.to_numpy(zero_copy_only=False)
    valid = np.ones(len(rows), np.bool_)
    valid[np.searchsorted(rows, invalid)] = False
    odd, used = np.zeros(len(ends.dictionary), np.bool_), np.unique(codes[valid])
    odd[used] = list(map(_is_odd_end, ends.dictionary.take(pa.array(used)).to_pylist()))
    there = _may_start_so(emails)
    some = np.flatnonzero(there)
    there[some] = pc.match_substring_regex(emails.take(pa.array(some)), _START).to_numpy(zero_copy_only=False)
    places = np.flatnonzero((there | odd[codes]) & valid)
    if not len(places):
        return NONE
    return findings(rows[places], list(map(doubt, emails.take(pa.array(places)).to_pylist())))


def _may_start_so(texts: Any) -> Mask:
    """Which texts may match `_START`: all that do, and not many others."""
    start = edges_of(texts)[:-1]
    text = bytes_of(texts)
    if len(text) < 2:  # there is none
        return np.zeros(len(texts), np.bool_)
    may: Mask = _STARTS[text.take(start, mode="clip"), text.take(start + 1, mode="clip")]
    return may


@lru_cache(maxsize=1 << 14)
def _is_odd_end(end: str) -> bool:
    domain = end.rpartition("@")[2].strip().lower()
    return domain.startswith("www.") or not exists(domain.rpartition(".")[2])


def doubt(address: str) -> Diagnosis | None:
    """What speaks against a valid address, or None."""
    bare = address.strip()
    local, _, domain = bare.rpartition("@")
    start, sign = address.find(bare), address.rfind("@")
    domain = domain.lower()
    if local.startswith("'"):
        says = "A spreadsheet's ' stands before the address, as part of it."
        return _doubtful(says, (start, start + 1), suggested(local.strip("'"), domain))
    if local.lower() in PLACEHOLDERS:
        says = f"{shown(address, 60)} is what is written where there is no address."
        return _doubtful(says, (0, None))
    if local.lower().startswith("www."):
        says = "www. stands before the address, as part of it."
        return _doubtful(says, (start, start + 4), suggested(local[4:], domain))
    if domain.startswith("www."):
        says = "www. stands before the domain, as part of it."
        return _doubtful(says, (sign + 1, sign + 5), suggested(local, domain[4:]))
    top_level = domain.rpartition(".")[2]
    if exists(top_level) or meant(domain) is not None:  # that is a typing error
        return None
    return _doubtful(_no_top_level(top_level), (address.rfind(".") + 1, start + len(bare)))


@lru_cache(maxsize=1 << 12)
def _no_top_level(name: str) -> str:
    return f"There is no top-level domain {shown(name)} (as of {top_level_domains()[0]})."


@lru_cache(maxsize=1 << 12)
def _doubtful(says: str, span: Span, suggestion: str = "") -> Diagnosis:
    return Diagnosis("email-doubtful", says, suggestion, spans=(span,))
