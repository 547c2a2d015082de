"""The parts of a layout that a real send requires: an upload cannot be taken back, so none of them is guessed."""

from __future__ import annotations

from collections.abc import Sequence

from preflight import Layout
from preflight.errors import LayoutError
from preflight.layouts.columnnames import listed
from preflight.text.asking import option

REQUIRED = ("email", "date", "title", "dateformat")
"""The parts of a layout that are never detected for a real send."""

_GIVEN_BY = {"title": ("title", "title_text"), "date": ("date", "date_text"), "dateformat": ("dateformat", "date_text")}
"""The fields of a layout that give a part, where others than the one of its name do."""


def missing_parts(layout: Layout, *, dates_are_known: bool = False) -> list[str]:
    """The required parts that a layout does not give.

    With `dates_are_known` the dates need no format, as in a `datetime64` column.
    """
    return [
        name
        for name in REQUIRED
        if all(getattr(layout, one, None) is None for one in _GIVEN_BY.get(name, (name,)))
        and not (name == "dateformat" and dates_are_known)
    ]


def refuse_missing(missing: Sequence[str]) -> None:
    """Raise `LayoutError` if required parts are `missing`."""
    if missing:
        raise LayoutError(f"nothing was sent: {why_required(missing)}")


def why_required(missing: Sequence[str]) -> str:
    """The message that parts of the layout must be given, and why."""
    return f"{listed([option(name) for name in missing])} must be given, as an upload cannot be taken back"
