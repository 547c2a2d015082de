"""The dates expected of touch points, and the problems of dates outside them."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from preflight.dates.parse import Instants
from preflight.errors import LayoutError
from preflight.model.faults import HERE, Told
from preflight.model.problems import Diagnosis
from preflight.text.asking import option
from preflight.text.display import shown_each
from preflight.text.spans import WHOLE

OLDEST = date(1990, 1, 1)
"""Default of `--oldest`: earlier dates get the warning `date-old`."""

AHEAD = timedelta(days=1)
"""Default tolerance for dates in the future: more than the largest offset of a time zone from UTC."""

EARLIEST = date(1970, 1, 1)
"""Earlier dates are implausible, an error: nothing was clicked before."""

YEARS_AHEAD = 10
"""Dates further ahead, in years, are implausible, an error."""

STAND_INS = frozenset({date(1900, 1, 1), date(1970, 1, 1), date(9999, 12, 31)})
"""Days that programs write in place of an unknown date."""

_REASONS = (
    "which programs write where they know no date",
    f"before {EARLIEST.year}",
    f"more than {YEARS_AHEAD} years ahead",
)
"""Reasons why a date is implausible, as said in messages."""


class DateLimits:
    """The expected dates: from `oldest` to the end of `newest`, in UTC if the pattern has a zone.

    `oldest` defaults to 1990-01-01, `newest` to one day after `now` (the present by default). Raises `LayoutError` if
    `oldest` comes after `newest`.
    """

    def __init__(self, oldest: date | None = None, newest: date | None = None, now: datetime | None = None) -> None:
        if oldest is not None and newest is not None and oldest > newest:
            raise LayoutError(f"the oldest date expected, {oldest}, comes after the newest, {newest}")
        present = (now or datetime.now(UTC)).astimezone(UTC).replace(tzinfo=None)
        self.first = np.datetime64(datetime.combine(oldest or OLDEST, time.min), "us")
        self.last = np.datetime64(datetime.combine(newest, time.max) if newest else present + AHEAD, "us")
        leap = (present.month, present.day) == (2, 29)  # ten years later there is no 29 February
        self._believed = np.datetime64(
            present.replace(year=present.year + YEARS_AHEAD, day=28 if leap else present.day), "us"
        )
        self._before = f"before {oldest or OLDEST}" + (", the oldest date expected" if oldest else "")
        self._after = f"after {newest}, the newest date expected" if newest else "more than a day ahead of now"

    def faults(self, texts: Any, instants: Instants, has_time: bool) -> Told:
        """The problems of dates outside the limits: `date-implausible`, `date-old` or `date-future` for each text."""
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
