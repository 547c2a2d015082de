"""DateFormat: a Java date pattern, its strptime translation, and the texts that it accepts.

`java.text.SimpleDateFormat` (Locale.US, default zone UTC), both lenient and strict, reads every accepted text as the
same instant, and completely, except for blanks and TABs at the end. The rules were found by running JDK 17;
`fixtures/dates` has its results, against which the tests compare this module:

* ASCII digits; the year in four digits, 1583 or later, or in two under `yy` and `y` by Java's window; milliseconds in
  three; every other number in one or two, exactly two where numbers stand directly side by side.
* English names, full or short, in any case (Java's case: `ſ` is an `s`, `ı` and `İ` are an `i`); the weekday is right.
* Literal text unchanged. Blanks and TABs before a number or a zone, unless a number follows it directly.
* A zone as `Z` or a number of hours and minutes, from -13:00 to +14:00.

Neither strptime nor the locale or time zone of the process is used. numpy, Arrow and pandas are imported on first use.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from preflight.dates.parse import Instants, form, read_instants
from preflight.dates.pattern import HALVES, MONTHS, WEEKDAYS, Part, read_pattern

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd
    import pyarrow as pa

_STRPTIME = {"y": "%Y", "d": "%d", "E": "%a", "H": "%H", "h": "%I", "m": "%M", "s": "%S", "S": "%f", "a": "%p"} | {
    "Z": "%z", "X": "%z", "M": "%m", "yy": "%y", "MMM": "%b", "EEEE": "%A",
}  # fmt: skip


class DateFormat:
    """A Java date pattern; immutable.

    `now` is the creation time of Java's formatter, which defines the window of two-digit years (from 80 years before to
    20 years after); the default is the present. A `now` without a zone is in UTC. `window_start` sets the window
    directly.

    Attributes: `pattern`; `parts` (see `preflight.dates.pattern`); `strptime`, the nearest translation; `has_time`;
    `has_zone`; `has_names`, whether a month or weekday is a word; `window_start`, the start of the window of two-digit
    years.

    Raises `DateFormatError` for an unusable pattern.
    """

    def __init__(self, pattern: str, *, now: datetime | None = None, window_start: datetime | None = None) -> None:
        self.pattern = pattern
        self.parts = read_pattern(pattern)
        letters = {part.letter for part in self.parts}
        self.has_time = bool(letters & {"H", "h"})
        self.has_zone = bool(letters & {"Z", "X"})
        self.has_names = any(part.is_name and part.letter != "a" for part in self.parts)
        self.strptime = "".join(map(_strptime, self.parts))
        self.window_start = _window_start(now) if window_start is None else window_start

    def __setattr__(self, name: str, value: object) -> None:
        if name in self.__dict__:
            raise AttributeError(f"a {type(self).__name__} does not change; make another one")
        super().__setattr__(name, value)

    def __eq__(self, other: object) -> bool:
        return self._key == other._key if isinstance(other, DateFormat) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._key)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.pattern!r})"

    @property
    def _key(self) -> tuple[object, ...]:
        return type(self), self.pattern

    @cached_property
    def form(self) -> re.Pattern[str]:
        """The form of an accepted text, as a regular expression; it does not check whether the date exists."""
        return re.compile(form(self.parts))

    def parse(self, values: pd.Series[Any]) -> pd.Series[Any]:
        """Parse a column of texts.

        Returns a Series of `datetime64[us]` with the same index and name, in UTC if the pattern has a zone. Texts that
        are not accepted and other values are `NaT`, but dates and datetimes are taken as they are: in UTC, or in their
        own local time if the pattern has no zone. Each distinct text is parsed once. Raises `TypeError` for an argument
        that is not a Series.
        """
        import numpy as np
        import pandas as pd

        if not isinstance(values, pd.Series):
            raise TypeError(
                f"parse takes a pandas Series of texts, not a {type(values).__name__}; wrap it in pd.Series"
            )
        if values.dtype.kind == "M":
            return self._as_it_was_read(values)
        codes, texts = _distinct(values)
        instants = self.judge(texts)
        instants = np.append(instants, np.datetime64("NaT", "us"))[codes]
        for place in np.flatnonzero(codes < 0):
            if isinstance(value := values.iloc[place], date) and not pd.isna(value):
                taken = self._as_it_was_read(pd.Series([pd.Timestamp(value)]))
                instants[place] = taken.dt.tz_localize(None).to_numpy()[0]
        dates = pd.Series(instants, index=values.index, name=values.name)
        return dates.dt.tz_localize("UTC") if self.has_zone else dates

    def _as_it_was_read(self, dates: pd.Series[Any]) -> pd.Series[Any]:
        """A column of `datetime64` as `parse` returns dates."""
        import pandas as pd

        if isinstance(dates.dtype, pd.ArrowDtype):
            zone = dates.dtype.pyarrow_dtype.tz
            dates = dates.astype(pd.DatetimeTZDtype("us", zone) if zone else "datetime64[us]")
        dates = dates.dt.as_unit("us")
        taken: pd.Series[Any] = dates.dt.tz_localize(None)
        if self.has_zone:
            taken = dates.dt.tz_localize("UTC") if dates.dt.tz is None else dates.dt.tz_convert("UTC")
        return taken

    def like(self, pattern: str) -> DateFormat:
        """A format of another pattern with the same window of two-digit years."""
        return DateFormat(pattern, window_start=self.window_start)

    def judge(self, texts: pa.Array) -> Instants:
        """The instant of each text as `datetime64[us]`, in UTC if there is a zone; `NaT` for texts not accepted.

        `texts` is an Arrow array of strings. Takes time linear in their length; no text raises.
        """
        from preflight.text.buffers import as_strings

        return read_instants(self.parts, self.window_start, as_strings(texts))

    def format(self, value: datetime) -> str:
        """`value` in this pattern, with English names in any locale.

        A pattern with a zone writes the value's own zone (UTC for a value without one); any other writes UTC.
        """
        offset = (value.utcoffset() if self.has_zone else None) or timedelta()
        if offset:  # an offset that the pattern cannot write becomes UTC
            whole_hours = any(part.text == "X" for part in self.parts)
            offset = timedelta() if offset % timedelta(minutes=60 if whole_hours else 1) else offset
        local = value if value.tzinfo is None else value.astimezone(UTC).replace(tzinfo=None) + offset
        return "".join(_written(part, local, offset) for part in self.parts)


def other_order(dateformat: DateFormat) -> DateFormat | None:
    """The format with day and month swapped, and the same window of two-digit years.

    None if that order is not in use: the month is a word, or the year comes first.
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
    return dateformat.like(swapped)


def is_uncommon(dateformat: DateFormat) -> bool:
    """Whether a dot follows a leading month; dates with dots usually begin with the day."""
    numbers = {part.letter: part for part in dateformat.parts if part.is_number}
    if "M" not in numbers:
        return False
    month, day, year = (numbers[letter].position for letter in "Mdy")
    return month < day < year and dateformat.pattern[month - 1 + len(numbers["M"].text) : day - 1] == "."


def _distinct(values: pd.Series[Any]) -> tuple[npt.NDArray[np.intp], pa.Array]:
    """The code of each value and the distinct texts; the code is -1 for a value that is not a text."""
    import numpy as np
    import pandas as pd
    import pyarrow as pa

    if isinstance(values.dtype, (pd.StringDtype, pd.ArrowDtype)):
        texts = pa.array(values)
        if isinstance(texts, pa.ChunkedArray):
            texts = texts.combine_chunks()
        if pa.types.is_dictionary(texts.type):
            texts = texts.dictionary_decode()
        if pa.types.is_string(texts.type) or pa.types.is_large_string(texts.type):
            encoded = texts.dictionary_encode()
            codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
            return codes.astype(np.intp), encoded.dictionary
    known: dict[str, int] = {}
    codes = np.array([_code(value, known) for value in values.astype(object)], np.intp)
    return codes, pa.array(list(known), pa.large_string())


def _code(value: object, known: dict[str, int]) -> int:
    """The code of a text, added to `known` if new; -1 for any other value, and for a text with a lone surrogate."""
    if not isinstance(value, str):
        return -1
    if not value.isascii() and any("\ud800" <= character <= "\udfff" for character in value):
        return -1
    return known.setdefault(value, len(known))


def _window_start(now: datetime | None) -> datetime:
    """The start of the window of two-digit years: 80 years before `now`, to the millisecond, in UTC."""
    moment = datetime.now(UTC) if now is None else now
    if moment.tzinfo is not None:
        moment = moment.astimezone(UTC).replace(tzinfo=None)
    moment = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    try:
        return moment.replace(year=moment.year - 80)
    except ValueError:  # February 29 in a year that has none
        return moment.replace(year=moment.year - 80, day=28)


def _strptime(part: Part) -> str:
    if not part.letter:
        return part.text.replace("%", "%%")
    if part.letter == "M" and len(part.text) > 3:
        return "%B"
    if part.letter == "E" and len(part.text) > 3:
        return "%A"
    return _STRPTIME.get(part.text) or _STRPTIME[part.letter]


def _written(part: Part, local: datetime, offset: timedelta) -> str:
    letter, width = part.letter, len(part.text)
    if not letter:
        return part.text
    if letter == "y":
        return f"{local.year % 100:02d}" if width == 2 else f"{local.year:04d}"
    if letter == "a":
        return HALVES[local.hour // 12]
    if part.is_name:
        name = MONTHS[local.month - 1] if letter == "M" else WEEKDAYS[local.weekday()]
        return name if width > 3 else name[:3]
    if part.field == "zone":
        return _written_zone(part, offset)
    if letter == "h":
        number = (local.hour + 11) % 12 + 1
    else:
        number = local.microsecond // 1000 if letter == "S" else getattr(local, part.field)
    return f"{number:0{width}d}"


def _written_zone(part: Part, offset: timedelta) -> str:
    if part.letter == "X" and not offset:
        return "Z"
    minutes = abs(offset) // timedelta(minutes=1)
    tail = "" if part.text == "X" else f":{minutes % 60:02d}" if part.text == "XXX" else f"{minutes % 60:02d}"
    return f"{'-' if offset < timedelta() else '+'}{minutes // 60:02d}{tail}"
