"""The other order of day and month: the same date pattern with the two changed about."""

from __future__ import annotations

from preflight.dates.format import DateFormat


def other_order(dateformat: DateFormat) -> DateFormat | None:
    """The format with day and month changed about, and the same window for two-digit years.

    None where nobody writes that: day or month is missing or a word, or the year comes first.
    """
    numbers = {part.letter: part for part in dateformat.parts if part.is_number}
    if "d" not in numbers or "M" not in numbers or "y" not in numbers:
        return None
    first, second = sorted((numbers["d"], numbers["M"]), key=lambda part: part.position)
    if numbers["y"].position < first.position:
        return None
    pattern, start, end = dateformat.pattern, first.position - 1, second.position - 1
    between = pattern[start + len(first.text) : end]
    swapped = pattern[:start] + second.text + between + first.text + pattern[end + len(second.text) :]
    other = DateFormat(swapped)
    other.window_start = dateformat.window_start
    return other
