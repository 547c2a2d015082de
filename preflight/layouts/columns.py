"""The columns that rules judge, in one registry: options, labels, form fields and reports derive from it."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass

from preflight.errors import LayoutError
from preflight.text.display import shown

_NAME = re.compile("[a-z]+(?:_[a-z]+)*")


@dataclass(frozen=True, slots=True)
class ColumnSpec:
    """A column that rules judge.

    `name` is what it is called: `--name` names the column of a file, as the profile's key does. A file must have one
    that is `required`. A column whose label is one of the `labels`, in any case, is taken for it where most of its
    cells pass the `test`, if there is one. `form_field` is the API's field for its index; without one it is not sent.
    """

    name: str
    help: str
    labels: Collection[str] = ()
    required: bool = False
    test: Callable[[str], bool] | None = None
    form_field: str = ""


COLUMNS: dict[str, ColumnSpec] = {
    one.name: one
    for one in (
        ColumnSpec(
            "email",
            "the email column: its heading label or index, from 0",
            ("Email",),
            required=True,
            form_field="emailcolidx",
        ),
        ColumnSpec("date", "the date column", ("Date",), required=True, form_field="datecolidx"),
        ColumnSpec("title", "the title column", ("Event Title",), required=True, form_field="titlecolidx"),
        ColumnSpec("note", "the note column, if there is one", ("Note",), form_field="notecolidx"),
    )
}
"""Every column by name, in the order in which they are checked and reported: first the four that the API knows.

What speaks for these four is more than a list of labels: see `preflight.detect.columnfinder`.
"""

OF_API = frozenset(COLUMNS)
"""The columns that the API knows."""


def required_columns() -> list[str]:
    """The columns that every file must have."""
    return [name for name, one in COLUMNS.items() if one.required]


def add_column(spec: ColumnSpec) -> None:
    """Take a rule's column into the registry; raises `LayoutError` for a name that another one has, or that is none."""
    if not _NAME.fullmatch(spec.name):
        raise LayoutError(f"{shown(spec.name)} names no column; write small letters, as in phone")
    if COLUMNS.get(spec.name, spec) != spec:
        raise LayoutError(f"there is a column {shown(spec.name)} already; choose another name for your rule's")
    COLUMNS[spec.name] = spec
