"""Contradictions between the given layout and the file, each with the option that fits the file.

An option takes precedence over detection. Only if the file leaves no doubt, there is a contradiction: one problem of
the whole file, reported instead of the bad rows that the wrong option would cause.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from preflight.labels.headings import looks_like_heading
from preflight.layouts.layout import Layout
from preflight.layouts.words import FirstRow, Quote, Separator
from preflight.model.problems import Diagnosis
from preflight.tables.columns import is_address, is_date
from preflight.tables.dialect import MANY_STRAY, SEVERAL, Dialects, Reading
from preflight.text.asking import option
from preflight.text.display import shown

CLEARLY_BETTER = 2.0
"""The ratio of scores from which another separator than the given one is right."""

_APOSTROPHE = re.compile(
    r"\b[ODLMN]'(?=[A-Z])|\b[dl]'(?=[aeiouhéèêàâ])|(?<=n)'(?=t\b)|(?<=[^\W\d_])'(?=(?:s|re|ve|ll)\b)"
    r"|(?<!\w)'(?=[stn][ -]\w)"
)
"""An apostrophe, not a quote, in a name or a contraction: O'Brien, d'accord, don't, it's, 't Hooft."""


def layout_mismatch(given: Layout, taken: Reading, dialects: Dialects) -> Diagnosis | None:
    """The `layout-mismatch` of a dialect that was given, or is in the `sep=` line; None if it may be right.

    `taken` is the reading with that dialect, or the best one if none was given: a file with blanks both between cells
    and between words is a mismatch in any case.
    """
    free = dialects.best().best
    clear = free.score >= 1 and free.score >= CLEARLY_BETTER * taken.score and (taken.spoiled or not free.spoiled)
    if free.separator is not taken.separator and clear:
        return _fault(given, taken, free)
    if given.quotecharacter is not None:
        other = dialects.best(taken.separator).best
        if other.quote is not taken.quote and _quotes_contradict(taken, other, dialects):
            return _fault(given, taken, other)
    if taken.separator is Separator.SPACE and looks_like_heading(taken.first) and _mostly_longer(taken):
        return Diagnosis(
            "layout-mismatch",
            f"fieldseparator SPACE cuts texts of several words into cells: {taken.longer:,} of {taken.records:,} rows "
            "looked at have more cells than the first row; no layout reads this file, save it with commas.",
        )
    return None


def firstrow_mismatch(given: FirstRow | str, first: Sequence[str]) -> Diagnosis | None:
    """The `firstrow-mismatch` of the given option; None if it may be right."""
    address, date = next(filter(is_address, first), None), next(filter(is_date, first), None)
    if given == FirstRow.Y and address is not None and date is not None:
        return Diagnosis(
            "firstrow-mismatch",
            f"firstrow is Y, but the first row holds an address and a date ({shown(address, 40)}, {shown(date, 40)}): "
            f"it would be taken for a heading, and lost; use {option('firstrow', 'N')}.",
            option("firstrow", "N"),
        )
    if given == FirstRow.N and address is None and date is None and looks_like_heading(first):
        labels = ", ".join(shown(label, 20) for label in first[:4])
        return Diagnosis(
            "firstrow-mismatch",
            f"firstrow is N, but the first row looks like a heading ({labels}): it would be sent as a touch point; use "
            f"{option('firstrow', 'Y')}.",
            option("firstrow", "Y"),
        )
    return None


def _mostly_longer(reading: Reading) -> bool:
    """True where all rows have more cells than the heading, or most of more than a few."""
    most = reading.longer >= SEVERAL and reading.longer > reading.records / 2
    return most or 0 < reading.longer == reading.records - 1


def _quotes_contradict(taken: Reading, other: Reading, dialects: Dialects) -> bool:
    """Whether the given quote character cannot be right, while the other one is."""
    worse = taken.misfits - other.misfits
    many = worse >= SEVERAL and worse >= MANY_STRAY * taken.records
    wrapped = bool(other.quoted) and taken.columns.wrapped(other.quote.character)
    if taken.quote is Quote.DOUBLE_QUOTE:
        return many or wrapped
    if taken.quote is Quote.NONE:
        return bool(other.quoted) and (worse > 0 or wrapped)
    if taken.quoted:
        return False
    return wrapped or (worse > 0 and (bool(other.quoted) or dialects.holds_only(_APOSTROPHE, "'")))


def _fault(given: Layout, taken: Reading, better: Reading) -> Diagnosis:
    said, options = [], []
    if better.separator is not taken.separator:
        said.append(
            f"fieldseparator {taken.separator} {'was given' if given.fieldseparator else 'is in the sep= line'}"
        )
        options.append(option("fieldseparator", better.separator))
    if given.quotecharacter is not None and better.quote is not taken.quote:
        said.append(f"quotecharacter {taken.quote} was given")
        options.append(option("quotecharacter", better.quote))
    suggestion = " ".join(options)
    if better.width != taken.width:
        seen = f"rows have {_cells(taken.width)}, not {better.width}"
    elif better.separator is not taken.separator:
        seen = "no row has an address and a date in cells of their own"
    else:
        seen = _misfits(taken) if taken.misfits else "cells keep the quotes around them"
    message = f"{' and '.join(said)}, but with it {seen}; use {suggestion}."
    return Diagnosis("layout-mismatch", message, suggestion)


def _misfits(reading: Reading) -> str:
    return f"{reading.misfits:,} of {reading.records:,} rows looked at do not have the usual {_cells(reading.width)}"


def _cells(number: int) -> str:
    return "1 cell" if number == 1 else f"{number} cells"
