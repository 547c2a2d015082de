"""The fields of "Change how it is read", and the names of options in messages of the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from preflight.layouts.words import FirstRow, Quote, Separator

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
    "title_text": ("One title in every row", ""),
    "date_text": ("One date in every row", "2026-05-31"),
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


def on_page(name: str, value: str | int = "") -> str:
    """An option for a message on the page: the label of its field, with or without a value."""
    if name not in _LABELS:
        return f"`--{name.replace('_', '-')}` of `uploader send`"
    if value == "":
        return f"“{_LABELS[name]}”"
    label = dict(WORDS.get(name, ())).get(str(value))
    return f"“{_LABELS[name]}” {label or f'`{value}`'}"
