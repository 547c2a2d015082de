"""The other orders of day, month and year: the same date pattern with the numbers in other places."""

from __future__ import annotations

from preflight.dates.format import DateFormat


def other_order(dateformat: DateFormat) -> DateFormat | None:
    """The format with day and month changed about, and the same window for two-digit years.

    None where nobody writes that: the month is a word, or the year comes first.
    """
    numbers = {part.letter: part for part in dateformat.parts if part.is_number}
    if "M" not in numbers:
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


def is_uncommon(dateformat: DateFormat) -> bool:
    """True where month and day are set apart by a dot and the month comes first: such dates begin with the day."""
    numbers = {part.letter: part for part in dateformat.parts if part.is_number}
    if "M" not in numbers:
        return False
    month, day, year = (numbers[letter].position for letter in "Mdy")
    return month < day < year and dateformat.pattern[month - 1 + len(numbers["M"].text) : day - 1] == "."
