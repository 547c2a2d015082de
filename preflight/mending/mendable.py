"""Counts how many bad rows of a chunk `fix` and `accept` would mend, without changing them."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from preflight.addresses.alike import all_alike, judged_alike
from preflight.mending.fixing import TO_LOOK_AT, steps
from preflight.model.arrays import Mask
from preflight.model.codes import CODES
from preflight.model.findings import Findings
from preflight.model.fixes import FIXES, Mendable
from preflight.model.problems import Diagnosis
from preflight.records.cells import Chunk, arrow_of
from preflight.rules.date import DateColumn


def mendable(chunk: Chunk, found: Findings, dates: DateColumn) -> Mendable:
    """The counts of bad rows that fixes and suggestions would mend. `dates` checks suggested dates."""
    accept = _suggestions(found)
    errors = found.where(found.which(lambda one: CODES[one.code].severity == "error"))
    if not len(errors):
        return Mendable(accept=accept)
    first = np.flatnonzero(np.diff(errors.rows, prepend=-1))
    mended = np.minimum.reduceat(_mending(errors, dates), first)
    alone = first[np.diff(np.append(first, len(errors))) == 1]
    kinds, rows = Counter[str](), 0
    emails = errors.which(lambda one: one.subject == "email")
    places = np.searchsorted(chunk.rows, errors.rows[alone[emails[alone]]])
    texts = arrow_of(chunk.frame["email"]).take(pa.array(places))
    codes, different = all_alike(texts.filter(pc.match_substring_regex(texts, TO_LOOK_AT["email"])))
    for taken, number in zip(map(_kinds_for, different), np.bincount(codes).tolist(), strict=True):
        rows += number if taken else 0
        kinds.update({kind: number * times for kind, times in Counter(taken).items()})
    return Mendable(rows, kinds, int(mended.sum()), accept)


@judged_alike
def _kinds_for(email: str) -> tuple[str, ...]:
    """The kinds of fixes that an address needs."""
    return tuple(step.kind for step in steps("email", email, FIXES))


def _suggestions(found: Findings) -> Counter[str]:
    by_code: Counter[str] = Counter()
    for one, count in found.by_head():
        if _suggests(one):
            by_code[one.code] += count
    return by_code


def _mending(errors: Findings, dates: DateColumn) -> Mask:
    """The mask of errors whose suggestion is free of errors: a valid address, or a date with at most a warning."""
    mending = errors.which(_suggests)
    of_dates = np.flatnonzero(mending & errors.which(lambda one: one.subject == "date"))
    kinds, kind_of = np.unique(errors.kinds[of_dates], return_inverse=True)
    if len(kinds):
        texts = pd.Series(errors.faults.told(kinds)[-1].cast(pa.string()), dtype=pd.ArrowDtype(pa.string()))
        right = np.ones(len(kinds), np.bool_)
        for place, fault in dates.check(texts).findings:
            right[place] = CODES[fault.code].severity == "warning"
        mending[of_dates] = right[kind_of]
    return mending


def _suggests(one: Diagnosis) -> bool:
    return bool(one.suggestion) and CODES[one.code].suggests
