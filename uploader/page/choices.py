"""The user's choices of how a file is read: the layout and check options they give, and their labels on the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from preflight import CheckOptions, Layout
from preflight.errors import LayoutError
from preflight.layouts.option import options_of
from preflight.layouts.words import FirstRow, Quote, Separator

OF_LAYOUT = tuple(name for name in options_of(Layout) if name != "rules")  # `rules` would import any module
OF_CHECK = ("normalize_dates", "zone", "locale", "fix", "accept", "oldest", "newest")

ONE_OR_THE_OTHER = {"title": "title_text", "date": "date_text", "note": "note_text"}
"""The fields that exclude each other: a column, and a text for all rows in its place."""


WORDS: Mapping[str, Sequence[tuple[str, str]]] = {
    "fieldseparator": [(one.value, f"{one.value.lower()} ({one})") for one in Separator],
    "quotecharacter": [(one.value, f"{one.value.lower().replace('_', ' ')} ({one})") for one in Quote],
    "firstrow": [(FirstRow.Y.value, "the heading (Y)"), (FirstRow.N.value, "data (N)")],
    "normalize_dates": [("yes", "yyyy-MM-dd, with the time"), ("day", "yyyy-MM-dd, without the time")],
}
"""The choices of a field by name: value and label."""

FIELDS: Mapping[str, tuple[str, str]] = {
    "email": ("Email column", "label, or number from 0"),
    "date": ("Date column", "label, or number from 0"),
    "dateformat": ("Date format", "such as dd.MM.yyyy"),
    "title": ("Title column", "label, or number from 0"),
    "title_text": ("One title for every row", ""),
    "date_text": ("One date for every row", "2026-05-31"),
    "note": ("Note column", "label, or number from 0"),
    "normalize_dates": ("Write the dates as", ""),
    "zone": ("Time zone for the dates", "such as Europe/Berlin"),
    "locale": ("Language of month names", "such as de"),
    "fieldseparator": ("Separator", ""),
    "quotecharacter": ("Quote character", ""),
    "firstrow": ("The first row is", ""),
    "encoding": ("Encoding", "such as cp1252"),
    "sheet": ("Sheet of the workbook", "its name"),
    "table_line": ("Line of the heading", "its number"),
    "oldest": ("Warn of dates before", "1990-01-01"),
    "newest": ("Warn of dates after", "2026-12-31"),
}
"""The fields of "Change how it is read" by name: label and hint."""

_LABELS = {name: label for name, (label, _) in FIELDS.items()} | {
    "note_text": "Note column",
    "only": "Rows to leave out",
    "once_per_day": "Send each person once per title and day",
    "fix": "What can be mended automatically",
    "only_new": "Leave out the rows that were sent before",
    "create": "Act-On may create the custom event",
}


@dataclass(frozen=True, slots=True)
class Choices:
    """The chosen options of layout and check by name; each value is a text, a list of texts, or True."""

    said: Mapping[str, Any]

    def __post_init__(self) -> None:
        for name, value in self.said.items():
            if name not in OF_LAYOUT and name not in OF_CHECK:
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


def on_page(name: str, value: str | int = "") -> str:
    """An option for a message on the page: the label of its field, with or without a value."""
    if name not in _LABELS:
        return f"`--{name.replace('_', '-')}` of `uploader send`"
    if value == "":
        return f"“{_LABELS[name]}”"
    label = dict(WORDS.get(name, ())).get(str(value))
    return f"“{_LABELS[name]}” {label or f'`{value}`'}"
