"""The rules, one module for each of what they judge: the record (`row`), then `email`, `date`, `title` and `note`.

A rule for a column is a pure function of its cells: a Series of strings in, whose index is the records' positions, and
findings out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

from preflight.findings import Finding
from preflight.layout import ResolvedLayout
from preflight.rules import date, email, note, title

if TYPE_CHECKING:
    import pandas as pd

Rule = Callable[["pd.Series"], list[Finding]]


def column_rules(layout: ResolvedLayout) -> Mapping[str, Rule]:
    """The rule of each mapped column, in the order in which findings are reported."""
    rules: dict[str, Rule] = {
        "email": email.check,
        "date": partial(date.check, dateformat=layout.dateformat),
        "title": title.check,
        "note": note.check,
    }
    return {column: rules[column] for column in layout.columns}
