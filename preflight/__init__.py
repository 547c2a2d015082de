"""Check a custom-touch-point CSV before it is sent to Act-On: what is wrong with which row, how many titles are new.

`check` reads the file once and returns a `Report`; numpy and Arrow are imported only when it is first used, pandas
only by `DateFormat.parse`, which takes and returns a Series.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from preflight.dateformat import DateFormat
from preflight.errors import DateFormatError, InputError, LayoutError, OutputError, PreflightError
from preflight.fixes import FIXES, Fix, Fixes
from preflight.layout import FirstRow, Layout, Quote, Separator
from preflight.problems import CODES, Problem, ProblemCode
from preflight.report import Report, Titles

if TYPE_CHECKING:
    from preflight.merging import Merged, merge_into
    from preflight.pipeline import check

__all__ = [
    "CODES",
    "FIXES",
    "DateFormat",
    "DateFormatError",
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
    "Separator",
    "Titles",
    "check",
    "merge_into",
]


def __getattr__(name: str) -> Any:
    if name == "check":
        from preflight.pipeline import check

        return check
    if name in ("Merged", "merge_into"):
        from preflight import merging

        return getattr(merging, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
