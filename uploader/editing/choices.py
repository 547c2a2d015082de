"""The user's choices of how a file is read: the layout and check options that they give."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from preflight import CheckOptions, Layout
from preflight.errors import LayoutError
from preflight.layouts.option import options_of

OF_LAYOUT = tuple(name for name in options_of(Layout) if name != "rules")  # `rules` would import any module
OF_CHECK = ("normalize_dates", "zone", "locale", "fix", "accept", "oldest", "newest")
ROWS_CHOSEN = "rows_chosen"
"""The choice that remembers that the user decided about rows to leave out, which no option says where all stay."""

ONE_OR_THE_OTHER = {"title": "title_text", "date": "date_text", "note": "note_text"}
"""The fields that exclude each other: a column, and a text for all rows in its place."""


@dataclass(frozen=True, slots=True)
class Choices:
    """The chosen options of layout and check, and `ROWS_CHOSEN`, by name: each a text, a list of texts, or True."""

    said: Mapping[str, Any]

    def __post_init__(self) -> None:
        for name, value in self.said.items():
            if name not in (*OF_LAYOUT, *OF_CHECK, ROWS_CHOSEN):
                raise LayoutError(f"no choice is called {name}")
            if not (isinstance(value, str | bool) or (isinstance(value, list) and all(type(v) is str for v in value))):
                raise LayoutError(f"{name} takes a text")

    def over(self, more: Mapping[str, Any]) -> Choices:
        """These choices updated with `more`; a blank value removes a choice."""
        said = dict(self.said)
        for name, value in more.items():
            said.pop(name, None)
            if value in ("", None, False, []):
                continue
            for column, text in ONE_OR_THE_OTHER.items():
                if name in (column, text):
                    said.pop(column, None)
                    said.pop(text, None)
            said[name] = value
        if "date_text" in said:
            said.pop("dateformat", None)
        return Choices(said)

    @property
    def layout(self) -> Layout:
        """The layout; raises `LayoutError` for invalid values."""
        given = {name: value for name, value in self.said.items() if name in OF_LAYOUT}
        return Layout.of(**{name: tuple(value) if isinstance(value, list) else value for name, value in given.items()})

    @property
    def options(self) -> CheckOptions:
        """The options of the check; raises `LayoutError` for values that contradict each other."""
        known = options_of(CheckOptions)
        given: dict[str, Any] = {}
        for name in OF_CHECK:
            if (value := self.said.get(name)) is None:
                continue
            if isinstance(value, list):
                given[name] = tuple(value)
            elif value is True:
                given[name] = known[name].read(known[name].bare)
            else:
                given[name] = known[name].read(value)
        return CheckOptions(**given)
