"""What has to be told before anything is sent for real: an upload cannot be taken back, so nothing of it is guessed."""

from __future__ import annotations

from collections.abc import Sequence

from preflight import Layout
from preflight.errors import LayoutError
from preflight.layouts.columnnames import listed
from preflight.text.asking import option

WANTED = ("email", "date", "title", "dateformat")
"""The parts of a layout that are never taken from the file itself."""

_TOLD_BY = {"title": ("title", "title_text"), "date": ("date", "date_text"), "dateformat": ("dateformat", "date_text")}
"""What tells a part, where it is not an option of the same name alone."""


def untold(layout: Layout, *, dates_are_known: bool = False) -> list[str]:
    """The parts that a layout leaves out though they have to be told.

    `dates_are_known` says that the dates need no format, as those of a `datetime64` column do not.
    """
    return [
        name
        for name in WANTED
        if all(getattr(layout, one, None) is None for one in _TOLD_BY.get(name, (name,)))
        and not (name == "dateformat" and dates_are_known)
    ]


def refuse_untold(missing: Sequence[str]) -> None:
    """Raise `LayoutError` where parts are `missing` that have to be told."""
    if missing:
        raise LayoutError(f"nothing was sent: {not_told(missing)}")


def not_told(missing: Sequence[str]) -> str:
    """That parts of the layout have to be told, and why."""
    has = "has" if len(missing) == 1 else "have"
    return f"{listed([option(name) for name in missing])} {has} to be told, as what is sent cannot be taken back"
