"""The dates that are expected of touch points, and what is said of those that lie outside."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from preflight.errors import LayoutError
from preflight.model.findings import HERE, Told
from preflight.model.problems import Diagnosis
from preflight.text.asking import option
from preflight.text.display import shown_each
from preflight.text.spans import WHOLE

if TYPE_CHECKING:
    from preflight.dates.format import Instants


OLDEST = date(1990, 1, 1)
"""Dates before this day are older than what touch points are made of."""

AHEAD = timedelta(days=1)
"""How far ahead of now a date may lie: more than any two time zones are apart from UTC."""

EARLIEST = date(1970, 1, 1)
"""Dates before this day are no touch points: nothing was ever clicked then."""

YEARS_AHEAD = 10
"""How many years ahead of now a date may lie at most to be believed."""

STAND_INS = frozenset({date(1900, 1, 1), date(1970, 1, 1), date(9999, 12, 31)})
"""Days that programs write where they know none."""

_REASONS = (
    "which programs write where they know no date",
    f"before {EARLIEST.year}",
    f"more than {YEARS_AHEAD} years ahead",
)
"""Why nobody can mean a date."""


class DateLimits:
    """The dates that are expected: from `oldest` to the end of `newest`, in UTC where a pattern has a zone.

    Without `oldest` they begin with 1990, without `newest` they end a day after `now`, the present unless given. Raises
    `LayoutError` when the oldest comes after the newest.
    """

    def __init__(self, oldest: date | None = None, newest: date | None = None, now: datetime | None = None) -> None:
        if oldest is not None and newest is not None and oldest > newest:
            raise LayoutError(f"the oldest date expected, {oldest}, comes after the newest, {newest}")
        present = (now or datetime.now(UTC)).astimezone(UTC).replace(tzinfo=None)
        self.first = np.datetime64(datetime.combine(oldest or OLDEST, time.min), "us")
        self.last = np.datetime64(datetime.combine(newest, time.max) if newest else present + AHEAD, "us")
        leap = (present.month, present.day) == (2, 29)  # ten years later there is none
        self._believed = np.datetime64(
            present.replace(year=present.year + YEARS_AHEAD, day=28 if leap else present.day), "us"
        )
        self._before = f"before {oldest or OLDEST}" + (", the oldest date expected" if oldest else "")
        self._after = f"after {newest}, the newest date expected" if newest else "more than a day ahead of now"

    def faults(self, texts: Any, instants: Instants, has_time: bool) -> Told:
        """What to say of dates that lie outside, texts of an Arrow array: of those that nobody can mean, that, too."""
        import pyarrow as pa
        import pyarrow.compute as pc

        days, ahead = instants.astype("datetime64[D]"), instants > self.last
        day = pa.array(days).cast(pa.string())
        read = pa.array(instants.astype("datetime64[s]")).cast(pa.string()) if has_time else day
        stand_ins = np.isin(days, np.array([*STAND_INS], "datetime64[D]"))
        why = np.select([stand_ins, days < np.datetime64(EARLIEST), instants > self._believed], [0, 1, 2], 3)
        ends = [(f" and lies {lies}.", "") for lies in (self._before, self._after)]
        for reason in _REASONS:
            for name in ("oldest", "newest"):
                allowed, _, rest = option(name, str(EARLIEST)).partition(str(EARLIEST))
                ends.append((f", {reason}. Correct it, or allow such dates with {allowed}", f"{rest}."))
        number = pa.array(np.where(why < 3, 2 + 2 * why, 0) + ahead)
        before, after = (pa.array(column).take(number) for column in zip(*ends, strict=True))
        allowed = pc.if_else(pa.array(why < 3), day, "")
        said = pc.binary_join_element_wise(shown_each(texts), " is read as ", read, before, allowed, after, "")
        codes = ("date-implausible", "date-old", "date-future")
        return Told([Diagnosis(code, HERE, spans=WHOLE) for code in codes], np.where(why < 3, 0, 1 + ahead), said)
