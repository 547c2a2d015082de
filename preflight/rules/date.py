"""The date column as a whole: each cell judged, and the evidence that only all rows together give.

The evidence is a handful of numbers whatever the file's size, and adds up: that of two runs of records is `merged` to
that of both. What it comes to is said at the end of the file, once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from preflight.datefault import explain, is_no_date
from preflight.dateformat import DateFormat
from preflight.dateorder import other_order
from preflight.errors import LayoutError
from preflight.findings import Finding, as_dictionary, findings_of_values
from preflight.problems import Fault
from preflight.show import shown

if TYPE_CHECKING:
    import pandas as pd

    from preflight.dateformat import Instants

OLDEST = date(1990, 1, 1)
"""Dates before this day are older than what touch points are made of."""

AHEAD = timedelta(days=1)
"""How far ahead of now a date may lie: more than any two time zones are apart from UTC."""

FEWEST_DAYS = 5
"""Different days that a column must have before its spread over the calendar says anything of the order."""

MOST_EXPLAINED = 20_000
"""Different texts of a file that get an explanation of their own; each takes some 0.1 ms. Who has more of them has the
wrong format or column, and is helped by the first."""

LONGEST_REMEMBERED = 100
"""Bytes of a text that is kept for when it comes again, with its verdict."""

MOST_REMEMBERED = 20_000
"""Different texts that are kept with their verdicts, as most columns have few."""

CROWDED = 4
"""How many times the days that the other order spans the chosen one must span to speak against it."""


class DateLimits:
    """The dates that are expected: from `oldest` to the end of `newest`, in UTC where a pattern has a zone.

    Without `oldest` they begin with 1990, without `newest` they end a day after `now`, the present unless given. Raises
    `LayoutError` when the oldest comes after the newest.
    """

    def __init__(self, oldest: date | None = None, newest: date | None = None, now: datetime | None = None) -> None:
        if oldest is not None and newest is not None and oldest > newest:
            raise LayoutError(f"the oldest date expected, {oldest}, comes after the newest, {newest}")
        ahead = (now or datetime.now(UTC)).astimezone(UTC).replace(tzinfo=None) + AHEAD
        self.first = np.datetime64(datetime.combine(oldest or OLDEST, time.min), "us")
        self.last = np.datetime64(datetime.combine(newest, time.max) if newest else ahead, "us")
        self._before = f"before {oldest or OLDEST}" + (", the oldest date expected" if oldest else "")
        self._after = f"after {newest}, the newest date expected" if newest else "more than a day ahead of now"

    def outside(self, instants: Instants) -> Any:
        """Which instants lie outside; none that is `NaT`."""
        return (instants < self.first) | (instants > self.last)

    def fault(self, text: str, instant: np.datetime64, has_time: bool) -> Fault:
        """What to say of a date that lies outside."""
        read = (
            str(instant.astype("datetime64[s]")).replace("T", " ") if has_time else str(instant.astype("datetime64[D]"))
        )
        says = f"{shown(text)} is read as {read} and lies"
        if instant < self.first:
            return Fault("date-old", f"{says} {self._before}.")
        return Fault("date-future", f"{says} {self._after}.")


@dataclass(frozen=True, slots=True)
class Spread:
    """Where dates lie: the first and last day (days since 1970), and how many rows lie after the newest expected."""

    first: int
    last: int
    future: int

    @property
    def days(self) -> int:
        """From the first day to the last, both counted."""
        return self.last - self.first + 1


@dataclass(frozen=True, slots=True)
class DateEvidence:
    """What rows say of the order of day and month: numbers of rows, but for `example` and the spreads.

    `read` are dates in the chosen format. With the other order known, `only_chosen` and `only_other` fit just one of
    both, `both` fit both as different dates. `example` is the first text that only the other order reads; `days` are
    different days of dates that both read, no more than `FEWEST_DAYS` of them; the spreads are of those dates.
    """

    read: int = 0
    only_chosen: int = 0
    only_other: int = 0
    both: int = 0
    example: str = ""
    days: frozenset[int] = frozenset()
    chosen: Spread | None = None
    other: Spread | None = None

    def merged(self, later: DateEvidence) -> DateEvidence:
        """The evidence of these rows and of later ones."""
        return DateEvidence(
            self.read + later.read,
            self.only_chosen + later.only_chosen,
            self.only_other + later.only_other,
            self.both + later.both,
            self.example or later.example,
            frozenset(sorted(self.days | later.days)[:FEWEST_DAYS]),
            _merged(self.chosen, later.chosen),
            _merged(self.other, later.other),
        )


class DateColumn:
    """The rule for the date column of one file: judges its cells run by run, and keeps the evidence.

    `checked` has the instants of the cells that were checked last, one a cell, `NaT` where it is no date.
    """

    def __init__(self, dateformat: DateFormat, limits: DateLimits) -> None:
        self.evidence = DateEvidence()
        self.checked: Instants = np.empty(0, "datetime64[us]")
        self._format = dateformat
        self._other = other_order(dateformat)
        self._limits = limits
        self._places: dict[str, int] = {}  # where a text's dates stand in what is remembered
        self._remembered = self._judged_anew(pa.array([], pa.string()))
        self._explained: dict[str, Fault] = {}
        self._left = MOST_EXPLAINED

    def check(self, cells: pd.Series) -> list[Finding]:
        """Find the cells that are no date in the chosen format, or one that is not expected.

        Each distinct text is judged once.
        """
        encoded = as_dictionary(cells)
        instants, other = self._judged(encoded.dictionary)
        indices = encoded.indices.to_numpy(zero_copy_only=False)
        self.checked = instants[indices]
        rows = np.bincount(indices, minlength=len(instants))
        gathered = _gathered(encoded.dictionary, rows, instants, other, self._limits)
        self.evidence = self.evidence.merged(gathered)
        return findings_of_values(cells, lambda texts: self._faults(texts, instants))

    def _judged(self, texts: Any) -> tuple[Instants, Instants | None]:
        """The texts as dates in the chosen format, and in the other order if there is one."""
        lengths = pc.binary_length(texts)
        if len(texts) > MOST_REMEMBERED or (len(texts) and pc.max(lengths).as_py() > LONGEST_REMEMBERED):
            return self._judged_anew(texts)
        told = texts.to_pylist()
        new = [text for text in told if text not in self._places]
        if len(self._places) + len(new) > MOST_REMEMBERED:
            self._places, self._remembered, new = {}, self._judged_anew(texts.slice(0, 0)), told
        if new:
            start = len(self._places)
            self._places.update(zip(new, range(start, start + len(new)), strict=True))
            instants, other = self._judged_anew(pa.array(new, pa.string()))
            before, other_before = self._remembered
            both = None if other is None or other_before is None else np.concatenate([other_before, other])
            self._remembered = np.concatenate([before, instants]), both
        places = np.array([self._places[text] for text in told], np.intp)
        instants, other = self._remembered
        return instants[places], None if other is None else other[places]

    def _judged_anew(self, texts: Any) -> tuple[Instants, Instants | None]:
        return self._format.judge(texts), self._other.judge(texts) if self._other is not None else None

    def _faults(self, texts: Any, instants: Instants) -> list[Fault | None]:
        faults: list[Fault | None] = [None] * len(instants)
        for i in np.flatnonzero(np.isnat(instants)).tolist():
            faults[i] = self._fault(texts[i].as_py())
        for i in np.flatnonzero(self._limits.outside(instants)).tolist():
            faults[i] = self._limits.fault(texts[i].as_py(), instants[i], self._format.has_time)
        return faults

    def _fault(self, text: str) -> Fault:
        known = self._explained.get(text)
        if known is not None:
            return known
        if not self._left and not is_no_date(text):
            says = f"{shown(text, 40)} is no date as {shown(self._format.pattern)}"
            return Fault("date-format", f"{says}; after {MOST_EXPLAINED:,} different ones it is not said why.")
        fault = explain(self._format, text)
        if len(text) <= LONGEST_REMEMBERED and self._left:
            self._explained[text] = fault
        self._left = max(0, self._left - 1)
        return fault

    def of_file(self) -> list[Fault]:
        """What the column as a whole comes to."""
        found = []
        if self._format.has_names and self.evidence.read:
            message = (
                f"{shown(self._format.pattern)} has months or weekdays as words: that Act-On reads the English ones is "
                "not documented. --normalize-dates sends numbers instead."
            )
            found.append(Fault("date-locale", message))
        if self._other is not None:
            told = _against_order(self.evidence, shown(self._format.pattern), shown(self._other.pattern))
            if told:
                found.append(Fault("date-swapped", told))
        return found


def _merged(one: Spread | None, other: Spread | None) -> Spread | None:
    if one is None or other is None:
        return one or other
    return Spread(min(one.first, other.first), max(one.last, other.last), one.future + other.future)


def _gathered(texts: Any, rows: Any, instants: Instants, other: Instants | None, limits: DateLimits) -> DateEvidence:
    read, there = ~np.isnat(instants), rows > 0
    if other is None:
        return DateEvidence(read=int(rows[read].sum()))
    other_read = ~np.isnat(other)
    either, only_other = read & other_read & there, other_read & ~read & there
    return DateEvidence(
        read=int(rows[read].sum()),
        only_chosen=int(rows[read & ~other_read].sum()),
        only_other=int(rows[only_other].sum()),
        both=int(rows[either & (instants != other)].sum()),
        example=texts[int(only_other.argmax())].as_py() if only_other.any() else "",
        days=frozenset(np.unique(_days(instants[either]))[:FEWEST_DAYS].tolist()),
        chosen=_spread(instants[either], rows[either], limits),
        other=_spread(other[either], rows[either], limits),
    )


def _spread(instants: Instants, rows: Any, limits: DateLimits) -> Spread | None:
    if not len(instants):
        return None
    days = _days(instants)
    return Spread(int(days.min()), int(days.max()), int(rows[instants > limits.last].sum()))


def _days(instants: Instants) -> Any:
    return instants.astype("datetime64[D]").astype(np.int64)


def _against_order(found: DateEvidence, chosen: str, other: str) -> str:
    """What speaks against the chosen order of day and month, or nothing."""
    if found.only_other:
        rows = "1 row fits" if found.only_other == 1 else f"{found.only_other:,} rows fit"
        only = f"{rows} only {other} (the first: {shown(found.example, 40)})"
        if not found.only_chosen:
            return f"{only}, none only {chosen}, {found.both:,} both: {other} is the likelier order, choose it if so."
        doubtful = f"; the {found.both:,} that fit both may be the wrong day" if found.both else ""
        mixed = "both orders stand in one column, as a half-converted spreadsheet leaves them"
        return f"{only}, {found.only_chosen:,} only {chosen}, {found.both:,} both: {mixed}{doubtful}."
    if found.only_chosen or not found.both or found.chosen is None or found.other is None:
        return ""
    says = f"Every date fits both {chosen} and {other}"
    if found.chosen.future and not found.other.future:
        rows = f"{found.chosen.future:,} row{'' if found.chosen.future == 1 else 's'}"
        return f"{says}: the first puts {rows} into the future, the other none; choose the other if that is right."
    if len(found.days) == FEWEST_DAYS and found.chosen.days >= CROWDED * found.other.days:
        return (
            f"{says}: the first spreads them over {found.chosen.days:,} days, the other over {found.other.days:,}; "
            "choose the other if that is right."
        )
    return ""
