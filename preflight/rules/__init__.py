"""The rules, one module for each of what they judge: the record (`row`), then `email`, `date`, `title` and `note`.

A rule for a column is a function of its cells: a Series of strings in, whose index is the records' positions, and
findings out. The date's also gathers what only the whole column can show.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from preflight.findings import Finding
from preflight.layout import ResolvedLayout
from preflight.rules import email, note, title
from preflight.rules.date import DateColumn

if TYPE_CHECKING:
    import pandas as pd

Rule = Callable[["pd.Series"], list[Finding]]


def column_rules(layout: ResolvedLayout, dates: DateColumn) -> Mapping[str, Rule]:
    """The rule of each mapped column, in the order in which findings are reported."""
    rules: dict[str, Rule] = {
        "email": email.check,
        "date": dates.check,
        "title": title.check,
        "note": note.check,
    }
    return {column: rules[column] for column in layout.columns}
