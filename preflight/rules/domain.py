"""Valid addresses that are most likely not what was meant.

Mistyped domains of large providers, with the evidence for the file's own, and addresses that nobody has.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from preflight.addresses.domains import is_real, meant, provider_like
from preflight.addresses.toplevel import exists, top_level_domains
from preflight.evidence.domains import MOST_RARE, DomainEvidence, Mistyped
from preflight.model.findings import NONE, Faults, Findings, Told, findings, in_order, of_each
from preflight.model.problems import Diagnosis, Placed
from preflight.records.cells import arrow_of
from preflight.records.texts import matching
from preflight.rules import OfRows
from preflight.rules.email import invalid_because
from preflight.text.buffers import between, bytes_of, edges_of
from preflight.text.display import counted, shown
from preflight.text.spans import Found, Span, differing

if TYPE_CHECKING:
    import numpy.typing as npt
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

_NOT_ODD, _LOOKED_AT = -1, -2

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
    there = np.unique(codes).tolist()
    known = [code for code in there if code < len(names) and names[code].partition(".")[0] in like]
    right = {code: domain for code in known if (domain := meant(names[code]))}
    real = [code for code in known if is_real(names[code])]
    places = np.flatnonzero(np.isin(codes, list(right))) if right else row[:0]
    return _mistyped(emails, ends, codes, places, row, right), DomainsOfRows(
        codes, names, right, real, emails, row, line
    )


def _mistyped(
    emails: Any, ends: Any, codes: Positions, places: Positions, row: Positions, right: Mapping[int, str]
) -> Findings:
    """What is said of the addresses at these places, whose domains were meant to be the `right` ones by their code.

    What is said of two at one domain differs in what stands before it, and where.
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
    codes, valid = ends.indices.to_numpy(zero_copy_only=False), np.ones(len(rows), np.bool_)
    valid[np.searchsorted(rows, invalid)] = False
    starts_so = _may_start_so(emails) & valid
    starts_so[starts_so] = matching(emails.filter(pa.array(starts_so)), _START)
    used = np.unique(codes[valid])
    faults, kinds = _odd_ends(ends.dictionary.take(pa.array(used)))
    kind = np.full(len(ends.dictionary), _NOT_ODD)
    kind[used] = kinds
    of_rows = np.where(valid & ~starts_so, kind[codes], _NOT_ODD)
    places, alone = np.flatnonzero(of_rows >= 0), np.flatnonzero(starts_so | (of_rows == _LOOKED_AT))
    if not len(places) + len(alone):
        return NONE
    looked_at = findings(rows[alone], list(map(doubt, emails.take(pa.array(alone)).to_pylist())))
    return in_order([Findings(rows[places], of_rows[places], Faults([faults])), looked_at])


def _odd_ends(ends: Any) -> tuple[list[Diagnosis], npt.NDArray[np.int64]]:
    """What speaks against addresses with these ends, whatever stands before: the places of faults in a list, or marks.

    An address is `_LOOKED_AT` whose domain begins with www. or as a provider's, or is not ASCII.
    """
    domains = pc.ascii_lower(ends)
    top = pc.replace_substring_regex(domains, r"^.*\.", "").dictionary_encode()
    names = top.dictionary.to_pylist()
    unknown = np.array([not exists(name) for name in names], np.bool_)
    faults = [_doubtful(_no_top_level(name), (-len(name), None)) for name in names]
    number = top.indices.to_numpy(zero_copy_only=False)
    kinds = np.where(unknown[number], number, _NOT_ODD)
    www = pc.starts_with(domains, "@www.").to_numpy(zero_copy_only=False)
    kinds[www] = _LOOKED_AT
    if not len(odd := np.flatnonzero(kinds >= 0)):
        return faults, kinds
    texts = domains.take(pa.array(odd))
    begin = pc.replace_substring_regex(texts, r"^@|\..*$", "")
    like = pc.is_in(begin, value_set=pa.array([*provider_like()])).to_numpy(zero_copy_only=False)
    kinds[odd[like | ~matching(texts, "^[ -~]*$")]] = _LOOKED_AT
    return faults, kinds


def _may_start_so(texts: Any) -> Mask:
    """Which texts may match `_START`: all that do, and not many others."""
    start = edges_of(texts)[:-1]
    text = bytes_of(texts)
    if len(text) < 2:  # there is none
        return np.zeros(len(texts), np.bool_)
    may: Mask = _STARTS[text.take(start, mode="clip"), text.take(start + 1, mode="clip")]
    return may


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
