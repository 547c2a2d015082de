"""The domain of each valid address: mistyped ones of large providers, and the evidence for the file's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from preflight.model.findings import NONE, Findings, findings
from preflight.model.problems import Fault
from preflight.records.cells import arrow_of
from preflight.rules.domainevidence import MOST_RARE, DomainEvidence
from preflight.rules.email import invalid_because
from preflight.text.display import shown
from preflight.text.domains import is_real, meant, provider_like

if TYPE_CHECKING:
    import pandas as pd

    from preflight.model.arrays import Mask, Positions

MOST_REMEMBERED = 20_000
"""Rows with a domain that few rows of a run have that are remembered; their domains are counted in any case."""

_ALL_BUT_AT = "".join(map(chr, range(128))).replace("@", "")


def check(cells: pd.Series[str], ends: Any, invalid: Positions, line: Positions) -> tuple[Findings, DomainEvidence]:
    """Find the addresses at what is most likely a mistyped provider's domain, and gather the domains of all.

    `ends` are those of the texts (see `preflight.rules.email`), `invalid` the rows of the cells that hold no valid
    address, `line` the lines of all.
    """
    emails, row = arrow_of(cells), cells.index.to_numpy()
    # An address has one @ when it is valid, so what stands before it can be trimmed off.
    encoded = pc.ascii_ltrim(pc.ascii_lower(ends.dictionary), _ALL_BUT_AT).dictionary_encode()
    codes = encoded.indices.to_numpy(zero_copy_only=False)[ends.indices.to_numpy(zero_copy_only=False)]
    names = [name[1:] for name in encoded.dictionary.to_pylist()]
    without = np.searchsorted(row, invalid)
    rows = np.bincount(codes, minlength=len(names)) - np.bincount(codes[without], minlength=len(names))
    like = provider_like()
    known = [code for code, name in enumerate(names) if name.partition(".")[0] in like]
    right = {code: domain for code in known if rows[code] and (domain := meant(names[code]))}
    rare = (rows > 0) & (rows <= MOST_RARE)
    rare[list(right)] = False
    rare[[code for code in known if is_real(names[code])]] = False
    places = _at(codes, rare, without)[:MOST_REMEMBERED]
    there = np.flatnonzero(rows).tolist()
    evidence = DomainEvidence(
        dict(zip([names[code] for code in there], rows[there].tolist(), strict=True)),
        {names[code]: domain for code, domain in right.items()},
        emails.take(pa.array(places)).to_pylist(),
        row[places],
        line[places],
    )
    wrong = np.zeros(len(names), np.bool_)
    wrong[list(right)] = True
    return _mistyped(cells, codes, _at(codes, wrong, without), right), evidence


def _at(codes: Positions, chosen: Mask, without: Positions) -> Positions:
    """Where the cells with one of the chosen codes are, but for some."""
    if not chosen.any():  # as most often
        return without[:0]
    there = chosen[codes]
    there[without] = False
    return np.flatnonzero(there)


def _mistyped(cells: pd.Series[str], codes: Positions, places: Positions, right: dict[int, str]) -> Findings:
    if not len(places):
        return NONE
    judged = zip(cells.iloc[places], codes[places].tolist(), strict=True)
    return findings(cells.index.to_numpy()[places], [mistyped(address, right[code]) for address, code in judged])


def mistyped(address: str, right: str) -> Fault:
    """What to say of a valid address whose domain was meant to be the `right` one."""
    local, _, domain = address.rpartition("@")
    says = f"{shown(domain)} is most likely a typing error for {shown(right)}."
    return Fault("email-typo", says, suggested(local, right))


def suggested(local: str, domain: str) -> str:
    """The address at another domain, or nothing where that is none."""
    address = f"{local}@{domain}"
    return address if invalid_because(address) is None else ""
