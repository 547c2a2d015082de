"""Check a custom-touch-point CSV before it is sent to Act-On: what is wrong with which row, how many titles are new.

`check` reads a file, a buffer or a DataFrame once and returns a `Report`; `check_many` does so for several files, with
an executor's workers if there is one. Each public name is imported on first use, so that `import preflight` alone loads
neither numpy, Arrow nor pandas.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from preflight.dates.format import DateFormat
    from preflight.engine.check import check
    from preflight.errors import DateFormatError, InputError, LayoutError, OutputError, PreflightError, RuleError
    from preflight.evidence.titles import read_known_titles
    from preflight.layouts.layout import Layout
    from preflight.layouts.words import FirstRow, Quote, Separator
    from preflight.many.check_many import check_many
    from preflight.many.totals import Totals
    from preflight.merging.merge import Merged, merge_into
    from preflight.model.codes import CODES, ProblemCode
    from preflight.model.fixes import FIXES, Fix, Fixes
    from preflight.model.options import CheckOptions
    from preflight.model.problems import Problem
    from preflight.model.report import Report
    from preflight.model.reported import Titles
    from preflight.model.several import Failure
    from preflight.rules import Checked, ColumnSpec, Finished, Rule, register
    from preflight.rules.own import rule

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

_MODULES = {
    "dates.format": ("DateFormat",),
    "engine.check": ("check",),
    "errors": ("DateFormatError", "InputError", "LayoutError", "OutputError", "PreflightError", "RuleError"),
    "evidence.titles": ("read_known_titles",),
    "layouts.layout": ("Layout",),
    "layouts.words": ("FirstRow", "Quote", "Separator"),
    "many.check_many": ("check_many",),
    "many.totals": ("Totals",),
    "merging.merge": ("Merged", "merge_into"),
    "model.fixes": ("FIXES", "Fix", "Fixes"),
    "model.options": ("CheckOptions",),
    "model.codes": ("CODES", "ProblemCode"),
    "model.problems": ("Problem",),
    "model.report": ("Report",),
    "model.reported": ("Titles",),
    "model.several": ("Failure",),
    "rules": ("Checked", "ColumnSpec", "Finished", "Rule", "register"),
    "rules.own": ("rule",),
}
_MODULE_OF = {name: f"preflight.{module}" for module, names in _MODULES.items() for name in names}
"""The module that defines each public name."""


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(_MODULE_OF[name]), name)
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
