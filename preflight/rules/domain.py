"""Valid addresses that are most likely wrong.

Finds mistyped domains of large providers and addresses that do not exist, and collects the domains of the file.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from preflight.addresses.domains import is_real, meant, provider_like
from preflight.addresses.toplevel import exists, top_level_domains
from preflight.evidence.domains import MOST_RARE, DomainEvidence, Mistyped
from preflight.model.arrays import Mask, Positions
from preflight.model.findings import NONE, Faults, Findings, Told, findings, in_order, of_each
from preflight.model.problems import Diagnosis, Placed
from preflight.records.cells import arrow_of
from preflight.records.texts import matching
from preflight.rules import OfRows
from preflight.rules.email import invalid_because
from preflight.text.buffers import between, bytes_of, edges_of
from preflight.text.display import counted, shown
from preflight.text.spans import Found, Span, differing

MOST_REMEMBERED = 20_000
"""Maximum number of rows with rare domains that are kept of a run; all domains are counted."""

MOST_HANDED_OVER = 1_000
"""Maximum number of rows of a domain whose addresses are pickled, as the domain may turn out to be rare."""

PLACEHOLDERS = frozenset(
    {"noemail", "no-email", "no_email", "no.email", "noemailaddress", "noemailprovided", "nomail", "no-mail", "none",
     "na", "n/a", "null", "noaddress", "notprovided", "not-provided", "notavailable", "donotemail", "undefined"}
)  # fmt: skip
"""Local parts entered instead of an address. Never `info` or `test`, which are real mailboxes."""

_PLACEHOLDER = "|".join(sorted(name.replace(".", r"\.") for name in PLACEHOLDERS))
_START = rf"^(?i:'|www\.|(?:{_PLACEHOLDER})@)"
"""RE2 pattern of the start of addresses that are judged alone."""

_STARTS = np.zeros((256, 256), np.bool_)
"""The mask of the first two bytes of such addresses, which rules out most others."""
_STARTS[ord("'")] = True
for _start in ("www.", *PLACEHOLDERS):
    for _first, _second in product({_start[0], _start[0].upper()}, {_start[1], _start[1].upper()}):
        _STARTS[ord(_first), ord(_second)] = True

_FIRSTS = _STARTS.any(axis=1)
"""The mask of their first byte."""

_NOT_ODD, _ALONE = -1, -2

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


def check_doubtful(cells: pd.Series[str], ends: Any, invalid: Positions) -> Findings:
    """Find valid addresses that most likely do not exist; `ends` and `invalid` are as in `check`."""
    emails, rows = arrow_of(cells), cells.index.to_numpy()
    codes, valid = ends.indices.to_numpy(zero_copy_only=False), np.ones(len(rows), np.bool_)
    valid[np.searchsorted(rows, invalid)] = False
    odd_start = _may_match_start(emails) & valid
    odd_start[odd_start] = matching(emails.filter(pa.array(odd_start)), _START)
    used = np.flatnonzero(np.bincount(codes[valid]))  # `unique` would sort them
    faults, kinds = _odd_ends(ends.dictionary.take(pa.array(used)))
    kind = np.full(len(ends.dictionary), _NOT_ODD)
    kind[used] = kinds
    of_rows = np.where(valid & ~odd_start, kind[codes], _NOT_ODD)
    places, alone = np.flatnonzero(of_rows >= 0), np.flatnonzero(odd_start | (of_rows == _ALONE))
    if not len(places) + len(alone):
        return NONE
    judged_alone = findings(rows[alone], list(map(doubt, emails.take(pa.array(alone)).to_pylist())))
    return in_order([Findings(rows[places], of_rows[places], Faults([faults])), judged_alone])


def _odd_ends(ends: Any) -> tuple[list[Diagnosis], npt.NDArray[np.int64]]:
    """The faults of ends, and the index of each end's fault, `_NOT_ODD` or `_ALONE`.

    `_ALONE` marks ends that are judged with each address: domains that start with www., or domains with an unknown
    top-level domain that start like a provider's or are not ASCII.
    """
    domains = pc.ascii_lower(ends)
    top = pc.replace_substring_regex(domains, r"^.*\.", "").dictionary_encode()
    names = top.dictionary.to_pylist()
    unknown = np.array([not exists(name) for name in names], np.bool_)
    faults = [_doubtful(_no_top_level(name), (-len(name), None)) for name in names]
    number = top.indices.to_numpy(zero_copy_only=False)
    kinds = np.where(unknown[number], number, _NOT_ODD)
    www = pc.starts_with(domains, "@www.").to_numpy(zero_copy_only=False)
    kinds[www] = _ALONE
    if not len(odd := np.flatnonzero(kinds >= 0)):
        return faults, kinds
    texts = domains.take(pa.array(odd))
    begin = pc.replace_substring_regex(texts, r"^@|\..*$", "")
    like = pc.is_in(begin, value_set=pa.array([*provider_like()])).to_numpy(zero_copy_only=False)
    kinds[odd[like | ~matching(texts, "^[ -~]*$")]] = _ALONE
    return faults, kinds


def _may_match_start(texts: Any) -> Mask:
    """The mask of texts that may match `_START`: all that do, and few others."""
    start, text = edges_of(texts)[:-1], bytes_of(texts)
    if len(text) < 2:  # no text is long enough
        return np.zeros(len(texts), np.bool_)
    may: Mask = _FIRSTS.take(text.take(start, mode="clip"))
    start = start[may]
    may[may] = _STARTS[text.take(start, mode="clip"), text.take(start + 1, mode="clip")]
    return may


def doubt(address: str) -> Diagnosis | None:
    """The problem of a valid address that most likely does not exist; None for others."""
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
    if exists(top_level) or meant(domain) is not None:  # a mistyped domain is reported by `check`
        return None
    return _doubtful(_no_top_level(top_level), (address.rfind(".") + 1, start + len(bare)))


@lru_cache(maxsize=1 << 12)
def _no_top_level(name: str) -> str:
    return f"There is no top-level domain {shown(name)} (as of {top_level_domains()[0]})."


@lru_cache(maxsize=1 << 12)
def _doubtful(says: str, span: Span, suggestion: str = "") -> Diagnosis:
    return Diagnosis("email-doubtful", says, suggestion, spans=(span,))
