"""Problems: the fault of one value, and its place in the file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from preflight.model.codes import CODES, Severity
from preflight.text.spans import Spans


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The fault of one value: a problem code, a one-line message, and a mended value or empty.

    `column` is set if the code does not determine it. `spans` are the parts of the value that are at fault.
    """

    code: str
    message: str
    suggestion: str = ""
    column: str = ""
    spans: Spans = ()

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle faster than dataclasses do by default: there may be many."""
        return Diagnosis, (self.code, self.message, self.suggestion, self.column, self.spans)

    @property
    def subject(self) -> str:
        """The name of the column, or `row`, or `file`."""
        return self.column or CODES[self.code].subject


class Placed(NamedTuple):
    """A fault with its position: the cell `value` of one row, or, with row and line 0, the file as a whole."""

    row: int
    line: int
    value: str
    fault: Diagnosis


class Problem(NamedTuple):
    """One fault of one cell or row.

    `row` is the number of the data record from 1 (without the heading), `line` the physical line on which it starts,
    from 1; both are 0 for a fault of the file as a whole. `column` is the heading label (or the index as text) of the
    cell, empty for the record itself. `value` is the cell's text, `suggestion` a mended value or empty. `spans` are the
    parts of `value` that are at fault, for marking; reports list the fields before it.
    """

    row: int
    line: int
    column: str
    code: str
    severity: Severity
    value: str
    message: str
    suggestion: str = ""
    spans: Spans = ()

    def as_dict(self) -> dict[str, int | str]:
        """The fields that reports list."""
        fields = self._asdict()
        del fields["spans"]
        return fields


PROBLEM_COLUMNS = Problem._fields[:-1]
"""The fields of a problem that reports list."""

MOST_OF_A_KIND = 3
"""Limit for the problems of one code that a text shows."""
