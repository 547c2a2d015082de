"""How a file is read, as a person said: the choices of a form, and the layout and options that they mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from preflight import CheckOptions, Layout
from preflight.errors import LayoutError
from preflight.layouts.option import options_of

OF_LAYOUT = tuple(name for name in options_of(Layout) if name != "rules")  # which would import a module by its name
OF_CHECK = ("normalize_dates", "zone", "locale", "fix", "accept", "oldest", "newest")

ONE_OR_THE_OTHER = {"title": "title_text", "date": "date_text", "note": "note_text"}
"""The columns that a text for all rows stands for."""


@dataclass(frozen=True, slots=True)
class Choices:
    """What a person chose, by the names of the options of layout and check; each as text, a list of texts, or True."""

    said: Mapping[str, Any]

    def __post_init__(self) -> None:
        for name, value in self.said.items():
            if name not in OF_LAYOUT and name not in OF_CHECK:
                raise LayoutError(f"no choice is called {name}")
            if not (isinstance(value, str | bool) or (isinstance(value, list) and all(type(v) is str for v in value))):
                raise LayoutError(f"{name} takes a text")

    def over(self, more: Mapping[str, Any]) -> Choices:
        """These choices with others in their place, by name; what is blank is not chosen any more."""
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
        """The layout; raises `LayoutError` for what none can have."""
        given = {name: value for name, value in self.said.items() if name in OF_LAYOUT}
        return Layout.of(**{name: tuple(value) if isinstance(value, list) else value for name, value in given.items()})

    @property
    def options(self) -> CheckOptions:
        """The options of the check; raises `LayoutError` for what does not go together."""
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
