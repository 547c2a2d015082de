"""The registry of the columns that rules judge, from which options, labels, form fields and reports derive."""

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

    `name` is its name, also as the option and the profile's key that give its position in a file. A file must have
    every `required` column. A file's column whose label is one of the `labels`, in any case, is detected as this column
    if most of its cells pass the `test`, if any. `form_field` is the API's field for its index; without one the index
    is not sent.
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
"""Every column by name, in the order of checks and reports: first the four of the API.

The detection of these four uses more than their labels: see `preflight.detect.columnfinder`.
"""

OF_API = frozenset(COLUMNS)
"""The columns of the API."""


def required_columns() -> list[str]:
    """The columns that every file must have."""
    return [name for name, one in COLUMNS.items() if one.required]


def add_column(spec: ColumnSpec) -> None:
    """Add a rule's column to the registry; raises `LayoutError` for an invalid name or one of another column."""
    if not _NAME.fullmatch(spec.name):
        raise LayoutError(f"{shown(spec.name)} is not a valid column name; use lower-case letters, as in phone")
    if COLUMNS.get(spec.name, spec) != spec:
        raise LayoutError(f"there is a column {shown(spec.name)} already; choose another name for your rule's")
    COLUMNS[spec.name] = spec
