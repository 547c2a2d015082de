"""Columns named by heading label or index, and the messages for unknown names."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from contextlib import suppress

from preflight.errors import LayoutError
from preflight.layouts.condition import Condition, conditions
from preflight.text.asking import option
from preflight.text.display import shown

MOST_HEADINGS = 10
"""Limit for the labels that a message lists."""

ColumnName = str | int


def condition_on(text: str, heading: Sequence[str] | None, width: int) -> tuple[int, Condition]:
    """The column index of a condition, and the condition; raises `LayoutError` when there is no such column."""
    readings = list(conditions(text))
    for one in readings:
        with suppress(LayoutError):
            return column_index("only", one.column, heading, width), one
    return column_index("only", readings[0].column, heading, width), readings[0]


def column_index(name: str, given: ColumnName, heading: Sequence[str] | None, width: int) -> int:
    """The index of the column that the option `name` gives by label or index; raises `LayoutError` if there is none."""
    if isinstance(given, str):
        found = [i for i, label in enumerate(heading or ()) if label == given]
        found = found or [i for i, label in enumerate(heading or ()) if folded(label) == folded(given)]
        if len(found) > 1:
            how = f"{'all' if found[2:] else 'both'} labelled {shown(given)}" if given.strip() else "without a label"
            raise LayoutError(f"columns {listed(found)} are {how}; give {option(name)} an index")
        if found:
            return found[0]
        if not is_index(given):
            raise LayoutError(_unknown_label(name, given, heading))
    index = int(given)
    if index >= width:
        raise LayoutError(
            f"{option(name, index)} is past the end: a row has {width} cell{'s'[: width > 1]}, the last index is "
            f"{width - 1}"
        )
    return index


def is_index(text: str) -> bool:
    """Whether a text is a zero-based index."""
    return text.isascii() and text.isdigit() and len(text) < 10


def _unknown_label(name: str, given: str, heading: Sequence[str] | None) -> str:
    if heading is None:
        return f"{option(name)} {shown(given)} is a label, but firstrow is N: give a zero-based index"
    near = difflib.get_close_matches(folded(given), [folded(label) for label in heading], n=1)
    if near:
        label = next(label for label in heading if folded(label) == near[0])
        return f"no column is labelled {shown(given)}; did you mean {shown(label)}?"
    return f"no column is labelled {shown(given)}; the headings are {headings(heading)}"


def check_distinct(columns: Mapping[str, int]) -> None:
    """Raise `LayoutError` if two of the columns have the same index."""
    by_index: dict[int, str] = {}
    for name, index in columns.items():
        if by_index.setdefault(index, name) != name:
            raise LayoutError(
                f"{option(by_index[index])} and {option(name)} are both column {index}; each needs its own"
            )


def missing_columns(names: Sequence[str], heading: Sequence[str] | None) -> str:
    """The message for columns that were neither given nor detected."""
    seen = f"; the headings are {headings(heading)}" if heading else ", by index from 0"
    name = f"name {'it' if len(names) == 1 else 'them'} with {listed(list(map(option, names)))}"
    return f"no column was given for the {listed(names)}; {name}{seen}"


def headings(labels: Sequence[str]) -> str:
    """The first labels, joined for a message."""
    omitted = len(labels) - MOST_HEADINGS
    ending = f" and {omitted:,} more, which `preflight inspect` lists" if omitted > 0 else ""
    return ", ".join(shown(label, 40) for label in labels[:MOST_HEADINGS]) + ending


def listed(items: Sequence[object]) -> str:
    """`1`, `1 and 2`, `1, 2 and 3`."""
    *before, last = map(str, items)
    return f"{', '.join(before)} and {last}" if before else last


def folded(label: str) -> str:
    """A label in the form in which labels are compared: case-folded, with runs of blanks as one."""
    return " ".join(label.split()).casefold()
