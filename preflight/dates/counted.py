"""Dates that are numbers: serial dates of spreadsheets (`excel`), Unix time; and the reading of any source's dates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from preflight.dates.format import DateFormat
from preflight.dates.respelling import cleaned
from preflight.dates.source import SourceFormat
from preflight.dates.zones import local_offsets, zone_of
from preflight.errors import DateFormatError
from preflight.text.asking import option
from preflight.text.locales import words_of

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa

    from preflight.dates.parse import Instants

COUNTED = {
    "excel": "a spreadsheet's days since 1900, with the time as a fraction",
    "unix": "Unix time: the seconds since 1970, in UTC",
    "unix-ms": "Unix time: the milliseconds since 1970, in UTC",
}
"""The meaning of each pattern."""

COUNTED_AS = {
    "excel": "a spreadsheet's number for a day from 1900-03-01 to 9999-12-31",
    "unix": "a number of seconds since 1970",
    "unix-ms": "a number of milliseconds since 1970",
}
"""The description of a text in each pattern."""

_NUMBER = r"^[ \t]*(?P<whole>[0-9]{1,14})(?:[.,](?P<fraction>[0-9]{1,12}))?[ \t]*$"
_FIRST_DAYS = 61
"""The first serial date that is read; earlier ones are ambiguous, as spreadsheets count a February 29 in 1900."""
_LAST_DAYS = 2_958_465
_LAST_SECOND = 253_402_300_799
"""The end of the year 9999."""


class CountedFormat(SourceFormat):
    """Numbers as dates; with `whole`, serial dates (`excel`) are days without a time. See `SourceFormat`."""

    @property
    def _key(self) -> tuple[object, ...]:
        return (*super()._key, self.whole)

    def like(self, pattern: str) -> CountedFormat:
        """This format: a number has no other order."""
        return self

    def __init__(
        self,
        pattern: str,
        *,
        zone: str = "",
        locale: str = "",
        day: bool = False,
        whole: bool = False,
    ) -> None:
        self.whole = whole
        super().__init__(pattern, zone=zone, locale=locale, day=day or whole)

    def _read_pattern(self, pattern: str, window_start: datetime | None) -> None:
        self.pattern = pattern
        self.plain = DateFormat("yyyy-MM-dd'T'HH:mm:ss" + ("" if pattern == "excel" else "XXX"))
        self.parts = self.plain.parts

    def _reads_fractions(self) -> bool:
        return self.pattern == "unix-ms"

    def _translated(self) -> str:
        return ""

    def _read(self, texts: pa.Array, with_offsets: bool = True) -> tuple[Instants, npt.NDArray[np.int64]]:
        import numpy as np
        import pyarrow.compute as pc

        from preflight.text.buffers import as_strings

        texts = as_strings(texts)
        instants = np.full(len(texts), np.datetime64("NaT", "us"))
        ahead = np.zeros(len(texts), np.int64)
        found = pc.extract_regex(cleaned(texts), _NUMBER)
        there = found.is_valid()
        rows, found = np.flatnonzero(there.to_numpy(zero_copy_only=False)), found.filter(there)
        whole = found.field("whole").cast("int64").to_numpy(zero_copy_only=False)
        micro = pc.utf8_rpad(found.field("fraction"), 12, "0").cast("int64").to_numpy(zero_copy_only=False)
        read, known = self._counted(whole, micro)
        instants[rows[known]] = read[known]
        if self.zone and self.reads_zone and with_offsets:
            ahead[rows[known]] = local_offsets(read[known], zone_of(self.zone))
        return instants, ahead

    def _counted(
        self, whole: npt.NDArray[np.int64], parts: npt.NDArray[np.int64]
    ) -> tuple[Instants, npt.NDArray[np.bool_]]:
        """The instants of numbers and their fractions (in trillionths), and the mask of those that are dates."""
        import numpy as np

        if self.pattern == "excel":
            known = (whole >= _FIRST_DAYS) & (whole <= _LAST_DAYS)
            seconds = (parts * 864 + 5_000_000_000) // 10_000_000_000  # 12 digits of a day, to the nearest second
            first = np.datetime64("1899-12-30", "us")
            days = np.where(known, whole, 0)
            return first + days * np.timedelta64(86_400_000_000, "us") + seconds * np.timedelta64(
                1_000_000, "us"
            ), known
        unit = 1_000 if self.pattern == "unix-ms" else 1_000_000
        known = whole <= (_LAST_SECOND if self.pattern == "unix" else _LAST_SECOND * 1000 + 999)
        return np.datetime64(0, "us") + np.where(known, whole, 0) * unit * np.timedelta64(1, "us"), known


@dataclass(frozen=True, slots=True)
class SourceReading:
    """How a file's dates are read if they are normalized; see `SourceFormat`.

    Raises `LayoutError` for an unknown zone or language.
    """

    zone: str = ""
    locale: str = ""
    day: bool = False

    def __post_init__(self) -> None:
        if self.zone:
            zone_of(self.zone)
        words_of(self.locale)

    def format(self, pattern: str, *, whole: bool = False, window_start: datetime | None = None) -> SourceFormat:
        """The format of a pattern; with `whole`, serial dates (`excel`) are days without a time.

        `window_start` is the start of the window of two-digit years: see `DateFormat`. Raises `DateFormatError` for an
        unusable pattern.
        """
        if pattern in COUNTED:
            whole = whole and pattern == "excel"
            return CountedFormat(pattern, zone=self.zone, locale=self.locale, day=self.day, whole=whole)
        return SourceFormat(pattern, zone=self.zone, locale=self.locale, day=self.day, window_start=window_start)


def only_normalized(pattern: str) -> DateFormatError:
    """The error for a pattern that can be read only if dates are normalized."""
    if pattern in COUNTED:
        says = f"`{pattern}` stands for {COUNTED[pattern]}, which no date format of Act-On's reads"
        return DateFormatError(f"{says}; have such dates sent in their ISO form with {option('normalize_dates')}")
    try:
        DateFormat(pattern)
    except DateFormatError as error:
        return DateFormatError(
            f"{error} Or have such dates read, and sent in their ISO form, with {option('normalize_dates')}"
        )
    raise ValueError(f"Java reads {pattern}")


def any_format(pattern: str) -> DateFormat:
    """A `DateFormat`, or a `SourceFormat` for a pattern that needs normalized dates.

    Raises `DateFormatError` if the pattern is neither.
    """
    try:
        return DateFormat(pattern)
    except DateFormatError as error:
        try:
            return SourceReading().format(pattern)
        except DateFormatError:
            raise error from None


def read_format(pattern: str, reading: SourceReading | None) -> DateFormat:
    """The format of a file's dates, with `reading` if they are normalized; raises the errors of `any_format`."""
    return any_format(pattern) if reading is None else reading.format(pattern)
