"""Check a custom-touch-point CSV before it is sent to Act-On: what is wrong with which row, how many titles are new.

`check` reads a file, a buffer or a DataFrame once and returns a `Report`; `check_many` does so for several files, by
workers where there are any. numpy, Arrow and pandas are imported when
they are first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from preflight.dates.format import DateFormat
from preflight.errors import DateFormatError, InputError, LayoutError, OutputError, PreflightError, RuleError
from preflight.layouts.layout import Layout
from preflight.layouts.words import FirstRow, Quote, Separator
from preflight.model.fixes import FIXES, Fix, Fixes
from preflight.model.options import CheckOptions
from preflight.model.problems import CODES, Problem, ProblemCode
from preflight.model.report import Report, Titles
from preflight.model.several import Failure
from preflight.rules import Checked, ColumnSpec, Finished, Rule, register
from preflight.rules.own import rule

if TYPE_CHECKING:
    from preflight.engine.check import check
    from preflight.evidence.titles import read_known_titles
    from preflight.many.check_many import check_many
    from preflight.many.totals import Totals
    from preflight.merging.merge import Merged, merge_into

__all__ = [
    "CODES",
    "FIXES",
    "CheckOptions",
    "Checked",
    "ColumnSpec",
    "DateFormat",
    "DateFormatError",
    "Failure",
    "Finished",
    "FirstRow",
    "Fix",
    "Fixes",
    "InputError",
    "Layout",
    "LayoutError",
    "Merged",
    "OutputError",
    "PreflightError",
    "Problem",
    "ProblemCode",
    "Quote",
    "Report",
    "Rule",
    "RuleError",
    "Separator",
    "Titles",
    "Totals",
    "check",
    "check_many",
    "merge_into",
    "read_known_titles",
    "register",
    "rule",
]

_WHEN_USED = {
    "check": "preflight.engine.check",
    "check_many": "preflight.many.check_many",
    "Totals": "preflight.many.totals",
    "Merged": "preflight.merging.merge",
    "merge_into": "preflight.merging.merge",
    "read_known_titles": "preflight.evidence.titles",
}
"""Names whose modules take a while to import, and are imported when they are first used."""


def __getattr__(name: str) -> Any:
    if name not in _WHEN_USED:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_WHEN_USED[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
