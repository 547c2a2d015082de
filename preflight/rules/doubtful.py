"""Valid addresses that most likely do not exist: of a spreadsheet, masked, placeholders, unknown top-level domains."""

from __future__ import annotations

from functools import lru_cache
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from preflight.addresses.domains import meant, provider_like
from preflight.addresses.toplevel import exists, top_level_domains
from preflight.model.arrays import Mask, Positions
from preflight.model.faults import Faults
from preflight.model.findings import NONE, Findings, findings, in_order
from preflight.model.problems import Diagnosis
from preflight.records.cells import arrow_of
from preflight.records.texts import holding, matching
from preflight.rules.domain import suggested
from preflight.text.buffers import bytes_of, edges_of
from preflight.text.display import shown
from preflight.text.spans import Span

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

_MASK = "*"
"""Stands for a hidden letter: `j***@acme.com`."""

_NOT_ODD, _ALONE = -1, -2


def check(cells: pd.Series[str], ends: Any, invalid: Positions) -> Findings:
    """Find valid addresses that most likely do not exist; `ends` and `invalid` are as in `domain.check`."""
    emails, rows = arrow_of(cells), cells.index.to_numpy()
    codes, valid = ends.indices.to_numpy(zero_copy_only=False), np.ones(len(rows), np.bool_)
    valid[np.searchsorted(rows, invalid)] = False
    odd = _may_match_start(emails) & valid
    odd[odd] = matching(emails.filter(pa.array(odd)), _START)
    odd |= holding(emails, _MASK) & valid
    used = np.flatnonzero(np.bincount(codes[valid]))  # `unique` would sort them
    faults, kinds = _odd_ends(ends.dictionary.take(pa.array(used)))
    kind = np.full(len(ends.dictionary), _NOT_ODD)
    kind[used] = kinds
    of_rows = np.where(valid & ~odd, kind[codes], _NOT_ODD)
    places, alone = np.flatnonzero(of_rows >= 0), np.flatnonzero(odd | (of_rows == _ALONE))
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
    if _MASK in local:
        says = f"{shown(_MASK)} stands for hidden letters; export the file with whole addresses."
        return _doubtful(says, (address.find(_MASK), address.rfind(_MASK) + 1))
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
    if exists(top_level) or meant(domain) is not None:  # a mistyped domain is reported by `preflight.rules.domain`
        return None
    return _doubtful(_no_top_level(top_level), (address.rfind(".") + 1, start + len(bare)))


@lru_cache(maxsize=1 << 12)
def _no_top_level(name: str) -> str:
    return f"There is no top-level domain {shown(name)} (as of {top_level_domains()[0]})."


@lru_cache(maxsize=1 << 12)
def _doubtful(says: str, span: Span, suggestion: str = "") -> Diagnosis:
    return Diagnosis("email-doubtful", says, suggestion, spans=(span,))
