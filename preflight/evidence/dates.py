"""Evidence on the date column as a whole. It adds up run by run, and is judged at the end of the file.

The evidence has a fixed size whatever the size of the file; that of two runs adds up with `+`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from preflight.dates.format import DateFormat, other_order
from preflight.dates.parse import Instants
from preflight.evidence.datelimits import DateLimits
from preflight.model.problems import Diagnosis
from preflight.model.timeline import Stretch, Timeline, together
from preflight.text.asking import option
from preflight.text.display import shown

FEWEST_DAYS = 5
"""Minimum number of distinct days for the spread of the dates to be evidence on the order."""

CROWDED = 4
"""The chosen order is doubtful if it spans at least this many times the days of the other order."""


@dataclass(frozen=True, slots=True)
class DateEvidence:
    """Evidence on the order of day and month.

    `read` counts rows with a date in the chosen format. If there is another order, `only_chosen` and `only_other` count
    rows that only one of the orders reads, and `both` rows that both read, as different dates. `example` is the first
    text that only the other order reads. While every row fits both orders, `days` holds distinct days (at most
    `FEWEST_DAYS`), and `chosen` and `other` the stretches of all, with the number of rows after the newest expected
    date. `timeline` counts the dates in the chosen format by day, `of_good` those of good rows.
    """

    read: int = 0
    only_chosen: int = 0
    only_other: int = 0
    both: int = 0
    example: str = ""
    days: frozenset[int] = frozenset()
    chosen: Stretch | None = None
    other: Stretch | None = None
    timeline: Timeline = field(default_factory=Timeline)
    of_good: Timeline = field(default_factory=Timeline)

    def __add__(self, later: DateEvidence) -> DateEvidence:
        """The evidence of these and later rows."""
        only_chosen, only_other = self.only_chosen + later.only_chosen, self.only_other + later.only_other
        told_apart = only_chosen or only_other
        return DateEvidence(
            self.read + later.read,
            only_chosen,
            only_other,
            self.both + later.both,
            self.example or later.example,
            frozenset(() if told_apart else sorted(self.days | later.days)[:FEWEST_DAYS]),
            None if told_apart else together(self.chosen, later.chosen),
            None if told_apart else together(self.other, later.other),
            self.timeline.merged(later.timeline),
            self.of_good.merged(later.of_good),
        )


def judged_whole(evidence: DateEvidence, dateformat: DateFormat) -> list[Diagnosis]:
    """The warnings for the column as a whole."""
    found = []
    if dateformat.has_names and evidence.read:
        message = (
            f"{shown(dateformat.pattern)} has months or weekdays as words: that Act-On reads the English ones is "
            f"not documented. {option('normalize_dates')} sends numbers instead."
        )
        found.append(Diagnosis("date-locale", message))
    other = other_order(dateformat)
    if other is not None:
        against_order = _against_order(evidence, shown(dateformat.pattern), shown(other.pattern))
        if against_order:
            found.append(Diagnosis("date-swapped", against_order))
    return found


_READ, _ONLY_CHOSEN, _ONLY_OTHER, _EITHER, _DIFFERENT, _OLD, _FUTURE, _OTHER_FUTURE = (1 << bit for bit in range(8))


class Readings(NamedTuple):
    """How distinct texts are read: arrays with an element per text.

    `days` (since 1970) are the dates in the chosen format, `other_days` those in the other order; 0 if it reads none.
    `kinds` are bit flags of what the evidence counts.
    """

    days: npt.NDArray[np.int64]
    other_days: npt.NDArray[np.int64]
    kinds: npt.NDArray[np.uint8]

    def at(self, places: Any) -> Readings:
        """The readings at these positions."""
        return Readings(*(column.take(places) for column in self))

    def followed_by(self, more: Readings) -> Readings:
        """The concatenation of two readings."""
        pairs: Any = zip(self, more, strict=True)
        return Readings(*map(np.concatenate, pairs))

    def expected(self) -> Any:
        """The mask of texts that are dates in the chosen format and within the limits."""
        return self.kinds & (_READ | _OLD | _FUTURE) == _READ


def readings(instants: Instants, other: Instants | None, limits: DateLimits) -> Readings:
    """The readings of texts, from their instants in the chosen format and in the other order, if there is one."""
    days = _days(instants)
    read = ~np.isnat(instants)
    kinds = _READ * read + _OLD * (instants < limits.first) + _FUTURE * (instants > limits.last)
    if other is None:
        return Readings(days, days, kinds.astype(np.uint8))
    other_read = ~np.isnat(other)
    either = read & other_read
    kinds += _ONLY_CHOSEN * (read & ~other_read) + _ONLY_OTHER * (other_read & ~read) + _EITHER * either
    kinds += _DIFFERENT * (either & (instants != other)) + _OTHER_FUTURE * (other > limits.last)
    return Readings(days, _days(other), kinds.astype(np.uint8))


def first_other(texts: Any, read: Readings) -> str:
    """The first text of an Arrow array that only the other order reads; empty if there is none."""
    only_other = read.kinds & _ONLY_OTHER != 0
    return str(texts[int(only_other.argmax())]) if only_other.any() else ""


def gathered(example: str, rows: Any, read: Readings) -> DateEvidence:
    """The evidence of distinct texts; `rows` is the number of rows of each.

    `example` is the first text that only the other order reads.
    """
    if not rows.all():
        there = np.flatnonzero(rows)
        return gathered(example, rows[there], read.at(there))
    by_kind = np.bincount(read.kinds, rows)
    kinds = [(kind, int(by_kind[kind])) for kind in np.flatnonzero(by_kind).tolist()]

    def counted(bits: int) -> int:
        return sum(count for kind, count in kinds if kind & bits == bits)

    days: frozenset[int] = frozenset()
    chosen = other = None
    if counted(_EITHER) and not counted(_ONLY_CHOSEN) and not counted(_ONLY_OTHER):
        either = read.kinds & _EITHER != 0
        found, found_other = np.unique(read.days[either]), read.other_days[either]
        days = frozenset(found[:FEWEST_DAYS].tolist())
        chosen = Stretch(int(found[0]), int(found[-1]), counted(_EITHER | _FUTURE))
        other = Stretch(int(found_other.min()), int(found_other.max()), counted(_EITHER | _OTHER_FUTURE))
    return DateEvidence(
        read=counted(_READ),
        only_chosen=counted(_ONLY_CHOSEN),
        only_other=counted(_ONLY_OTHER),
        both=counted(_DIFFERENT),
        example=example if counted(_ONLY_OTHER) else "",
        days=days,
        chosen=chosen,
        other=other,
        timeline=timeline_of(rows, read),
    )


def timeline_of(rows: Any, read: Readings) -> Timeline:
    """The timeline of distinct texts; `rows` is the number of rows of each, at least 1."""
    expected = read.expected()
    found, places = np.unique(read.days[expected], return_inverse=True)
    counts = np.bincount(places, rows[expected]).astype(np.int64)
    by_day = dict(zip(found.tolist(), counts.tolist(), strict=True))
    return Timeline(by_day, "day", *(_stretch(rows, read, bit) for bit in (_OLD, _FUTURE))).bounded()


def _stretch(rows: Any, read: Readings, bit: int) -> Stretch | None:
    there = read.kinds & bit != 0
    if not there.any():
        return None
    days = read.days[there]
    return Stretch(int(days.min()), int(days.max()), int(rows[there].sum()))


def _days(instants: Instants) -> npt.NDArray[np.int64]:
    return np.where(np.isnat(instants), 0, instants.astype("datetime64[D]").astype(np.int64))


def _against_order(found: DateEvidence, chosen: str, other: str) -> str:
    """The message of `date-swapped`; empty if nothing speaks against the chosen order."""
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
    if found.chosen.rows and not found.other.rows:
        rows = f"{found.chosen.rows:,} row{'' if found.chosen.rows == 1 else 's'}"
        return f"{says}: the first puts {rows} into the future, the other none; choose the other if that is right."
    if len(found.days) == FEWEST_DAYS and found.chosen.days >= CROWDED * found.other.days:
        return (
            f"{says}: the first spreads them over {found.chosen.days:,} days, the other over {found.other.days:,}; "
            "choose the other if that is right."
        )
    return ""
