"""The content of columns, detected from their cells: addresses, dates, or texts that may be titles or notes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from functools import cached_property
from itertools import chain

from preflight.labels.words import YES_OR_NO
from preflight.text.nothing import is_no_date
from preflight.text.spelling import unaccented
from preflight.text.whitespace import is_blank

_ADDRESS = re.compile(r"[^\s@,;<>()\"]+@(?:[^\s@,;<>()\"'.]+\.)+[^\W\d_]{2,}")
_BEFORE_TIME = r"(?:T|[-@;,·|]|at|um|de|von|from|à|a las|às|om|ore|alle(?: ore)?|kl\.?|klo|[上下]午|午[前後]|오[전후])"
_CLOCK = rf"(?:,? ?{_BEFORE_TIME}? ?[0-9]{{1,2}}(?:[:.h][0-9]{{2}}|h\b|(?: ?[-–] ?[0-9]{{1,2}})? ?[ap]\.?m).*)?"
_NAME = r"[^\W\d_]{3,12}\.?"
_WEEKDAY = r"[^\W\d_]{2,13}(?:-feira)?\.?"
_DATE = re.compile(
    rf"(?:{_WEEKDAY},? )?"
    rf"(?:[0-9]{{1,4}}([-/.])[0-9]{{1,2}}\1[0-9]{{2,4}}|[0-9]{{4}}([-/.])[0-9]{{1,2}}\2[0-9]{{1,2}}\.?"
    rf"|[0-9]{{4}}\. [0-9]{{1,2}}\. [0-9]{{1,2}}\.?|[0-9]{{4}} ?[年년] ?[0-9]{{1,2}} ?[月월] ?[0-9]{{1,2}} ?[日일]"
    rf"|[0-9]{{1,2}}(?:st|nd|rd|th|er|º|\.)?[-/ ](?:de |of )?{_NAME},?[-/ ](?:de )?['’]?[0-9]{{2,4}}"
    rf"|{_NAME} [0-9]{{1,2}}(?:st|nd|rd|th)?,? (?:[0-9]{{4}}|['’][0-9]{{2}})|[0-9]{{4}}\.? {_NAME} [0-9]{{1,2}}\.?"
    rf"|(?:19|20)[0-9]{{6}}(?:T[0-9]{{4,6}}Z?)?)"
    rf"(?: ?[(（][^\W\d_]{{1,9}}[)）]| ?(?:星期|周).)?{_CLOCK}",
    re.IGNORECASE,
)
_TIME = re.compile(r"[0-2]?[0-9]:[0-5][0-9](?::[0-5][0-9])?(?:[ \u00a0\u202f]?[ap]\.? ?m\.?)?", re.IGNORECASE)
"""A time without a date, or a duration in the same form."""
_LETTERS = re.compile(r"[^\W\d_]{2}")
_LINK = re.compile(r"(?:https?|ftp)://\S+|www\.\S+|[\w-]+(?:\.[\w-]+)+/\S*", re.IGNORECASE)
_UNIT = (
    r"(?:%|[dhms]|mins?\.?|minutes?|minuten|minuti|minutos|hours?|hrs?|std\.?|stunden|heures?|horas|secs?|seconds?"
    r"|days?|tage|k|eur|usd|gbp|chf|kg|€|\$|£)"
)
_CURRENCY = (
    r"(?:usd|eur|gbp|chf|sek|nok|dkk|isk|pln|czk|huf|ron|bgn|try|uah|ils|aed|sar|zar|inr|jpy|cny|krw|sgd|hkd|twd|aud|nzd"
    r"|cad|mxn|brl|ars|clp|cop|pen)"
)
_NUMBER = re.compile(
    rf"(?:{_CURRENCY} ?)?[\W_]*[0-9](?:[0-9]|[^\w\"'])*(?:{_UNIT}(?: ?[0-9]+ ?{_UNIT})*)?", re.IGNORECASE
)
"""Digits and punctuation, possibly with a unit: `$60.00`, `59m 13s`, `201 mins`, `+49 30 1234`."""
_UNIX_TIME = re.compile(r"1[0-9]{9}(?:[0-9]{3})?(?:\.[0-9]{1,9})?")
_COUNT = re.compile(rf"[0-9]{{1,3}}(?:[.,][0-9]+)?|[0-9]+(?:[.,][0-9]+)? ?{_UNIT}(?: ?[0-9]+ ?{_UNIT})*", re.IGNORECASE)
_ID = re.compile(
    r"[0-9a-f]{8}-[0-9a-f-]{20,}|(?=[a-z]*[0-9])[0-9a-z]{16,}|(?=[a-f]*[0-9][a-f]*[0-9])[0-9a-f]{8,}"
    r"|[a-z]{1,3}[-_:#][0-9]+",
    re.IGNORECASE,
)
_CODE = re.compile(r"[a-z]{2,3}[0-9]+", re.IGNORECASE)
"""An id or the short name of an event, such as `CES26`."""

MOST_OF_A_DATE = 80
"""Limit for the length of a date in characters."""

MONTHS_OF_A_YEAR = 12
_NUMERIC_DATE = re.compile(r"(?:=\")?([0-3]?[0-9])[/.-]([0-3]?[0-9])[/.-]((?:19|20)?[0-9]{2})(?![0-9])")
_WRAPPED = re.compile(r'="(.*)"')

_YEAR = re.compile(r"(?<![0-9])(?:19|20)[0-9]{2}(?![0-9])")
FIRST_OF_TOUCH_POINTS = "2000"
_ADDRESS_INSIDE = re.compile(r"(?<![^\s<>;,:(\"'])[^\s@<>;,:(\"']+@[^\s@<>;,]+\.[^\s@<>;,]+")

MOSTLY = 0.5
"""The share of a column's filled cells from which it counts as a column of addresses or dates."""

MANY = 10
"""The number of rows from which repeated texts are significant."""

REPEATED, DIFFERENT = 0.5, 0.9
"""The share of distinct texts up to which a column's texts repeat as titles do, and from which they do not."""

FEWEST_CELLS = 3
"""The number of filled cells that are needed to decide that a column holds no titles."""


def is_address(cell: str) -> bool:
    """Whether a cell looks like one email address; the email rule judges whether it is valid."""
    return "@" in cell and _ADDRESS.fullmatch(cell.strip()) is not None


def is_date(cell: str) -> bool:
    """Whether a cell looks like a date in any format; the date rule judges whether it is valid.

    The marks that spreadsheets and exports add to a date (`="…"`, a leading `'`) are ignored.
    """
    if len(cell) >= MOST_OF_A_DATE:
        return False
    bare = _WRAPPED.sub(r"\1", cell.strip()).strip("\u200e\u200f'")
    return _DATE.fullmatch(" ".join(bare.split())) is not None


class Holds(StrEnum):
    """The content of a column, in the words of messages."""

    NOTHING = "nothing"
    ADDRESSES = "addresses"
    DATES = "dates"
    TIMES = "times"
    LINKS = "links"
    YES_OR_NO = "yes or no"
    NUMBERS = "numbers"
    IDS = "ids"
    TEXTS = "texts"


def tells_day_first(cells: Iterable[str]) -> bool | None:
    """Whether the dates among the cells have the day before the month; None if unknown or contradictory.

    A first number above 12 counts only before a four-digit year: with two digits it may be the year itself.
    """
    found = [match for cell in cells if (match := _NUMERIC_DATE.match(cell)) is not None]
    first = any(int(match[1]) > MONTHS_OF_A_YEAR for match in found if len(match[3]) > 2)
    second = any(int(match[2]) > MONTHS_OF_A_YEAR for match in found)
    return first if first is not second else None


class Columns:
    """The columns of rows that all have the same width."""

    def __init__(self, rows: Sequence[Sequence[str]], width: int) -> None:
        self.width = width
        self.rows = len(rows)
        self._cells = [[row[i] for row in rows] for i in range(width)]

    @cached_property
    def share_of_addresses(self) -> Sequence[float]:
        """The share of addresses among the filled cells of each column."""
        return [_share([is_address(cell) for cell in cells if not is_blank(cell)]) for cells in self._cells]

    @cached_property
    def share_of_dates(self) -> Sequence[float]:
        """The share of dates among the cells of each column that are neither blank nor a missing value (N/A)."""
        return [_share([is_date(cell) for cell in cells if not is_no_date(cell)]) for cells in self._cells]

    @property
    def addresses(self) -> float:
        """The highest share of addresses of any column."""
        return max(self.share_of_addresses, default=0.0)

    @property
    def dates(self) -> float:
        """The highest share of dates of any column."""
        return max(self.share_of_dates, default=0.0)

    def with_addresses(self) -> list[int]:
        """The indices of the columns of addresses."""
        return [i for i, share in enumerate(self.share_of_addresses) if share >= MOSTLY]

    def with_dates(self) -> list[int]:
        """The indices of the columns of dates."""
        return [i for i, share in enumerate(self.share_of_dates) if share >= MOSTLY]

    def with_texts(self) -> list[int]:
        """The indices of the columns that may hold titles: words in most cells, and neither addresses nor dates."""
        return [i for i in self.with_some_texts() if self._share_of_words(i) >= MOSTLY]

    def with_some_texts(self) -> list[int]:
        """The indices of the columns that may hold notes: words in some cell, and neither addresses nor dates."""
        others = {*self.with_addresses(), *self.with_dates()}
        return [i for i in range(self.width) if i not in others and self._share_of_words(i) > 0]

    def share_of_different(self, column: int) -> float:
        """The share of distinct texts: near 0 if a few texts repeat, 1 if none does or there are too few rows."""
        return len(set(self._cells[column])) / self.rows if self.rows >= MANY else 1.0

    def holds(self, column: int) -> Holds:
        """The content of most filled cells of a column."""
        cells = self._filled(column)
        if not cells:
            return Holds.NOTHING
        if self.share_of_addresses[column] >= MOSTLY:
            return Holds.ADDRESSES
        if self.share_of_dates[column] >= MOSTLY:
            return Holds.DATES
        if _mostly(_TIME, cells):
            return Holds.TIMES
        if _mostly(_LINK, cells):
            return Holds.LINKS
        if {unaccented(cell) for cell in cells} <= YES_OR_NO:
            return Holds.YES_OR_NO
        if _mostly(_NUMBER, cells):
            return Holds.NUMBERS
        if _mostly(_ID, cells):
            return Holds.IDS
        return Holds.TEXTS

    def holds_codes(self, column: int) -> bool:
        """Whether most filled cells are short codes, of which there are several."""
        cells = self._filled(column)
        return len(set(cells)) > 1 and _mostly(_CODE, cells)

    def holds_counts(self, column: int) -> bool:
        """Whether most filled cells are numbers too small to be serial dates, or durations (`55 minutes`)."""
        return _mostly(_COUNT, self._filled(column))

    def holds_unix_time(self, column: int) -> bool:
        """True where most cells, blank ones not counted, are seconds or milliseconds since 1970, of 2001 to 2033."""
        return _mostly(_UNIX_TIME, self._filled(column))

    def holds_old_dates(self, column: int) -> bool:
        """Whether most dates have a year before 2000, as birthdays do and touch points do not."""
        years = [found[0] for cell in self._filled(column) if (found := _YEAR.search(cell)) is not None]
        return _share([year < FIRST_OF_TOUCH_POINTS for year in years]) >= MOSTLY

    def holds_addresses_inside(self, column: int) -> bool:
        """Whether most filled cells have an address among other text: `Ana Almeida <ana@acme.com>`."""
        return _share([_ADDRESS_INSIDE.search(cell) is not None for cell in self._filled(column)]) >= MOSTLY

    def every_date(self) -> Iterable[str]:
        """The cells of the columns of dates."""
        return chain.from_iterable(self._cells[i] for i in self.with_dates())

    def cells(self, column: int) -> Sequence[str]:
        """The cells of a column."""
        return self._cells[column]

    def sample(self, column: int) -> str:
        """The first filled cell of a column, of dates the first date; empty if all are blank."""
        return next(iter(self._shown(column)), "")

    def filled(self, column: int) -> int:
        """The number of filled cells of a column."""
        return sum(not is_blank(cell) for cell in self._cells[column])

    def different(self, column: int) -> int:
        """The number of distinct texts of a column, of dates that of distinct dates; without blank cells."""
        return len(set(self._shown(column)))

    def _shown(self, column: int) -> list[str]:
        """The filled cells of a column, of a column of dates those that are no words for none (`--`)."""
        filled = self._filled(column)
        if self.share_of_dates[column] < MOSTLY:
            return filled
        return [cell for cell in filled if not is_no_date(cell)] or filled

    def wrapped(self, mark: str) -> bool:
        """Whether all filled cells of some column, except possibly the first row's, are in the quotes `mark`."""
        return any(_all_wrapped(cells, mark) for cells in self._cells)

    def share_of(self, column: int, test: Callable[[str], bool]) -> float:
        """The share of a column's filled cells that pass a test; 1 if all are blank."""
        cells = [cell for cell in self._cells[column] if not is_blank(cell)]
        return _share([test(cell) for cell in cells]) if cells else 1.0

    def _filled(self, column: int) -> list[str]:
        return [cell.strip() for cell in self._cells[column] if not is_blank(cell)]

    def _share_of_words(self, column: int) -> float:
        return _share([_LETTERS.search(cell) is not None for cell in self._cells[column]])


def _mostly(pattern: re.Pattern[str], cells: Sequence[str]) -> bool:
    """Whether most cells match a pattern."""
    return _share([pattern.fullmatch(cell) is not None for cell in cells]) >= MOSTLY


def _share(passed: Sequence[bool]) -> float:
    return sum(passed) / len(passed) if passed else 0.0


def _all_wrapped(cells: Sequence[str], mark: str) -> bool:
    if not cells:
        return False
    inside = [len(cell) > 1 and cell[0] == mark == cell[-1] for cell in cells[1:] if not is_blank(cell)]
    return all(inside) and len(inside) > (not cells[0].startswith(mark))
