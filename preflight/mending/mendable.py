"""What `fix` and `accept` would mend of a chunk's bad rows; nothing is changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from preflight.addresses.alike import judged_alike
from preflight.mending.fixing import TO_LOOK_AT, steps
from preflight.model.findings import Findings
from preflight.model.fixes import FIXES, Mendable
from preflight.model.problems import CODES, Diagnosis
from preflight.records.cells import arrow_of

if TYPE_CHECKING:
    from preflight.model.arrays import Mask
    from preflight.records.cells import Chunk
    from preflight.rules.date import DateColumn


def mendable(chunk: Chunk, found: Findings, dates: DateColumn) -> Mendable:
    """What fixes and suggestions would mend; `dates` judges the dates that are suggested."""
    accept = _suggestions(found)
    errors = found.where(_of_each(found, [CODES[one.code].severity == "error" for one in found.faults]))
    if not len(errors):
        return Mendable(accept=accept)
    first = np.flatnonzero(np.diff(errors.rows, prepend=-1))
    mended = np.minimum.reduceat(_of_each(errors, _mending(errors.faults, dates)), first)
    alone = first[np.diff(np.append(first, len(errors))) == 1]
    kinds, rows = Counter[str](), 0
    emails = [one.subject == "email" for one in errors.faults]
    places = np.searchsorted(chunk.rows, errors.rows[alone[_of_each(errors, emails)[alone]]])
    texts = arrow_of(chunk.frame["email"]).take(pa.array(places))
    looked_at = texts.filter(pc.match_substring_regex(texts, TO_LOOK_AT["email"])).to_pylist()
    for taken, number in Counter(map(_kinds_for, looked_at)).items():
        rows += number if taken else 0
        kinds.update({kind: number * times for kind, times in Counter(taken).items()})
    return Mendable(rows, kinds, int(mended.sum()), accept)


@judged_alike
def _kinds_for(email: str) -> tuple[str, ...]:
    """The kinds of fixes that an address needs."""
    return tuple(step.kind for step in steps("email", email, FIXES))


def _suggestions(found: Findings) -> Counter[str]:
    counts = np.bincount(found.kinds, minlength=len(found.faults)).tolist()
    by_code: Counter[str] = Counter()
    for one, count in zip(found.faults, counts, strict=True):
        if count and one.suggestion and CODES[one.code].suggests:
            by_code[one.code] += count
    return by_code


def _mending(faults: Sequence[Diagnosis], dates: DateColumn) -> list[bool]:
    """Whether the suggestion of each leaves no error: a valid address, or a date that is expected or only warned of."""
    mending = [bool(one.suggestion) and CODES[one.code].suggests for one in faults]
    of_dates = [i for i, one in enumerate(faults) if mending[i] and one.subject == "date"]
    if of_dates:
        texts = pd.Series([faults[i].suggestion for i in of_dates], of_dates, pd.ArrowDtype(pa.string()))
        for place, fault in dates.check(texts).findings:
            mending[place] = CODES[fault.code].severity == "warning"
    return mending


def _of_each(found: Findings, of_faults: Sequence[bool]) -> Mask:
    chosen: Mask = np.array(of_faults, np.bool_)[found.kinds]
    return chosen
