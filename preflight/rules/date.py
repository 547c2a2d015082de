"""The date cell: a date that Java stores as the one a person reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from preflight.blanks import is_blank, strip_blanks
from preflight.datefault import explain
from preflight.dateformat import DateFormat
from preflight.findings import Fault, Finding, findings_of_values
from preflight.show import shown

if TYPE_CHECKING:
    import pandas as pd

WORDS_FOR_NOTHING = frozenset(
    {"null", "n/a", "na", "none", "nil", "nan", "nat", "-", "--", "?", "#n/a", "tbd", "(null)"}
)
"""What exports write where there is no date, folded to lower case."""


def check(cells: pd.Series, dateformat: DateFormat) -> list[Finding]:
    """Find the cells that are no date in the chosen format; each distinct text is judged once."""

    def judge(texts: Any) -> list[Fault | None]:
        accepted = ~np.isnat(dateformat.judge(texts))
        return [
            None if good else _fault(dateformat, text) for good, text in zip(accepted, texts.to_pylist(), strict=True)
        ]

    return findings_of_values(cells, judge)


def _fault(dateformat: DateFormat, text: str) -> Fault:
    if is_blank(text):
        return Fault("date-missing", "The date is blank.")
    if strip_blanks(text).casefold() in WORDS_FOR_NOTHING:
        return Fault("date-missing", f"{shown(text)} stands for no date.")
    found = explain(dateformat, text)
    return Fault(found.code, found.message, found.suggestion)
