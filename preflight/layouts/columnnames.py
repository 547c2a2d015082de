"""A column by its heading label or index, and what to say where there is none."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from contextlib import suppress

from preflight.errors import LayoutError
from preflight.text.asking import option
from preflight.text.condition import Condition, conditions
from preflight.text.display import shown

MOST_HEADINGS = 30
"""Labels that a message lists."""

ColumnName = str | int


def condition_on(text: str, heading: Sequence[str] | None, width: int) -> tuple[int, Condition]:
    """The column that a condition names, and the condition."""
    meant = list(conditions(text))
    for one in meant:
        with suppress(LayoutError):
            return column_index("only", one.column, heading, width), one
    return column_index("only", meant[0].column, heading, width), meant[0]


def column_index(name: str, given: ColumnName, heading: Sequence[str] | None, width: int) -> int:
    """The index of the column that `--name` gives by its label or index; raises `LayoutError` when there is none."""
    if isinstance(given, str):
        found = [i for i, label in enumerate(heading or ()) if label == given]
        found = found or [i for i, label in enumerate(heading or ()) if folded(label) == folded(given)]
        if len(found) > 1:
            raise LayoutError(f"columns {listed(found)} are all labelled {shown(given)}; give {option(name)} an index")
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
    """True for a text that is a zero-based index."""
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
    """Raise `LayoutError` where two columns are the same one."""
    by_index: dict[int, str] = {}
    for name, index in columns.items():
        if by_index.setdefault(index, name) != name:
            raise LayoutError(
                f"{option(by_index[index])} and {option(name)} are both column {index}; each needs its own"
            )


def missing_columns(names: Sequence[str], heading: Sequence[str] | None) -> str:
    """What to say when nothing tells which columns these are."""
    seen = f"; the headings are {headings(heading)}" if heading else ", by index from 0"
    name = f"name {'it' if len(names) == 1 else 'them'} with {listed(list(map(option, names)))}"
    return f"no column was given for the {listed(names)}; {name}{seen}"


def headings(labels: Sequence[str]) -> str:
    """The first labels, as many as a person would read."""
    more = len(labels) - MOST_HEADINGS
    return ", ".join(shown(label, 40) for label in labels[:MOST_HEADINGS]) + (f" and {more:,} more" if more > 0 else "")


def listed(items: Sequence[object]) -> str:
    """`1`, `1 and 2`, `1, 2 and 3`."""
    *before, last = map(str, items)
    return f"{', '.join(before)} and {last}" if before else last


def folded(label: str) -> str:
    """A label as labels are compared: without regard to case and to how many blanks it has."""
    return " ".join(label.split()).casefold()
