"""Rules of users: a function that gets the cells of one column and returns the mask of bad ones."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from preflight.errors import LayoutError, RuleError
from preflight.layouts.columnnames import ColumnName, column_index
from preflight.layouts.resolved import ResolvedLayout
from preflight.model.codes import ProblemCode, Severity, add_code
from preflight.model.findings import NONE, factorized, of_bad_values
from preflight.model.problems import Diagnosis
from preflight.rules import Checked, Rule, Setting
from preflight.text.display import one_line, shown
from preflight.text.spans import WHOLE

if TYPE_CHECKING:
    import pandas as pd

    from preflight.model.findings import Findings
    from preflight.records.cells import Chunk

Judge = Callable[["pd.Series[str]"], "pd.Series[bool]"]
"""Gets the distinct cells of a column as Arrow-backed strings, and returns the mask of bad ones."""

_CODE = re.compile("[a-z]+(?:-[a-z]+)*")


@dataclass(frozen=True, slots=True)
class FunctionRule:
    """A rule for one column, created by the decorator `rule`. It can be called like the decorated function."""

    code: ProblemCode
    column: ColumnName
    message: str
    judge: Judge

    @property
    def name(self) -> str:
        """The name to import the rule by, `module:name`."""
        return f"{self.judge.__module__}:{self.judge.__qualname__}"

    def __call__(self, cells: pd.Series[str]) -> pd.Series[bool]:
        """Call the function with cells."""
        return self.judge(cells)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the rule by its name; another process imports it."""
        return load, (self.name,)

    def on(self, setting: Setting) -> OfColumn:
        """The rule for one file, whose layout has the index of the rule's column."""
        return OfColumn(setting, self)

    def place_in(self, layout: ResolvedLayout, has_heading: bool) -> int:
        """The index of the rule's column; raises `LayoutError` if the file does not have it."""
        if isinstance(self.column, str) and self.column in layout.columns and self.column not in layout.labels:
            return layout.columns[self.column]
        try:
            return column_index("column", self.column, layout.labels if has_heading else None, layout.width)
        except LayoutError as error:
            raise LayoutError(f"the rule {shown(self.code.code)} has no column to look at: {error}") from None

    def check(self, cells: pd.Series[str], subject: str) -> Findings:
        """Find bad cells; the function gets distinct ones. Raises `RuleError` if the function fails."""
        import pandas as pd

        codes, values = factorized(cells)
        if not len(values):
            return NONE
        first = np.zeros(len(values), np.int64)
        first[codes[::-1]] = cells.index.to_numpy()[::-1]
        bad = self._judged(values.to_series(index=pd.Index(first)))
        fault = Diagnosis(self.code.code, self.message, column=subject, spans=WHOLE)
        return of_bad_values(cells, codes, bad, [fault] * int(bad.sum()))

    def _judged(self, values: pd.Series[str]) -> Any:
        try:
            answer = self.judge(values)
        except Exception as error:
            what = one_line(f"{type(error).__name__}: {error}".removesuffix(": "))
            raise RuleError(f"the rule {shown(self.code.code)} ({self.name}) raised {what}") from error
        return self._as_mask(answer, len(values))

    def _as_mask(self, answer: object, cells: int) -> Any:
        import pandas as pd

        if not isinstance(answer, pd.Series | np.ndarray | list) or len(answer) != cells:
            what = (
                f"{len(answer)} answers" if isinstance(answer, pd.Series | np.ndarray | list) else type(answer).__name__
            )
            raise RuleError(
                f"the rule {shown(self.code.code)} ({self.name}) gave {what} for {cells} cells; it must give a Series "
                "of True and False, one for each"
            )
        try:
            answers: Any = answer
            return pd.array(answers, dtype="boolean").to_numpy(np.bool_, na_value=False)
        except (TypeError, ValueError):
            raise RuleError(
                f"the rule {shown(self.code.code)} ({self.name}) must give True and False, not "
                f"{getattr(answer, 'dtype', 'other values')}"
            ) from None


class OfColumn(Rule):
    """A `FunctionRule` for one file."""

    def __init__(self, setting: Setting, rule: FunctionRule) -> None:
        super().__init__(setting)
        self._rule, self._column = rule, setting.layout.name_of(setting.layout.own[rule.code.code])

    def check(self, chunk: Chunk) -> Checked:
        """Find the cells that are bad by the function."""
        return Checked(self._rule.check(chunk.frame[self._column], self._column))


def rule(
    code: str,
    *,
    column: ColumnName,
    message: str,
    severity: Severity = "error",
    meaning: str = "",
    action: str = "",
) -> Callable[[Judge], FunctionRule]:
    """Decorator that makes a rule of a function that gets cells and returns the mask of bad ones.

    `code` is the problem code in reports: words in small letters joined by hyphens. `column` is a heading label, an
    index from 0, or `email`, `date`, `title`, `note`. `message` is the message for each bad cell, and the headline of
    the code. A row with an `error` is bad, a row with a `warning` stays good. `meaning` and `action` are shown by
    `preflight codes`; they default to the message and the function's docstring. The function gets a Series of distinct
    cells, Arrow-backed strings; a missing value in its result counts as False.

    Raises `LayoutError` for an invalid code or severity, and for one of the built-in codes.
    """
    if not _CODE.fullmatch(code):
        raise LayoutError(f"{shown(code)} is no problem code; write words in small letters with hyphens: phone-missing")
    if severity not in ("error", "warning"):
        raise LayoutError(f"a severity is error or warning, not {shown(severity)}")

    def made(judge: Judge) -> FunctionRule:
        what_to_do = action or " ".join((judge.__doc__ or "").split()) or "Correct the cell."
        kind = ProblemCode(
            code, severity, str(column), meaning or message, what_to_do, headline=message.removesuffix(".")
        )
        add_code(kind)
        return FunctionRule(kind, column, message, judge)

    return made


def load(name: str) -> FunctionRule:
    """Import the rule `module:name`; raises `LayoutError` if there is none."""
    module, _, attribute = name.partition(":")
    if not module or not attribute:
        raise LayoutError(f"{shown(name)} names no rule; write module:name, as in mymodule:phone_missing")
    try:
        found = import_module(module)
    except ModuleNotFoundError as error:
        if error.name is not None and (module == error.name or module.startswith(f"{error.name}.")):
            raise LayoutError(f"there is no module {shown(module)} for the rule {shown(name)}") from None
        raise LayoutError(_fails(module, name, error)) from error
    except Exception as error:
        raise LayoutError(_fails(module, name, error)) from error
    one: object = found
    for part in attribute.split("."):
        one = getattr(one, part, None)
    if isinstance(one, FunctionRule):
        return one
    rules = [name for name, value in vars(found).items() if isinstance(value, FunctionRule)]
    has = f"; it has {', '.join(rules)}" if rules else ""
    if one is None:
        raise LayoutError(f"the module {shown(module)} has no rule {shown(attribute)}{has}")
    raise LayoutError(f"{shown(name)} is no rule; put @preflight.rule(…) above the function{has}")


def _fails(module: str, name: str, error: Exception) -> str:
    what = one_line(f"{type(error).__name__}: {error}")
    return f"the module {shown(module)} of the rule {shown(name)} cannot be imported: {what}"


def loaded(rules: Iterable[FunctionRule | str]) -> tuple[FunctionRule, ...]:
    """The rules without duplicates; those given as `module:name` are imported.

    Raises `LayoutError` if two rules have one code, and `TypeError` for anything but a rule or a name.
    """
    found: dict[str, FunctionRule] = {}
    for one in rules:
        if not isinstance(one, str | FunctionRule):
            raise TypeError(f"rules takes functions with @rule above them, not a {type(one).__name__}")
        own = load(one) if isinstance(one, str) else one
        add_code(own.code)  # an earlier check may have used another rule with this code
        if found.setdefault(own.code.code, own) != own:
            raise LayoutError(
                f"two rules have the code {shown(own.code.code)}: {own.name}, {found[own.code.code].name}"
            )
    return tuple(found.values())


def places(rules: Sequence[FunctionRule], layout: ResolvedLayout, has_heading: bool) -> Mapping[str, int]:
    """The index of each rule's column, by the rule's code."""
    return {one.code.code: one.place_in(layout, has_heading) for one in rules}
