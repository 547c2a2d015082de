"""Texts to instants, a whole column at a time, by the rules of `preflight.dates.format`.

The fields of a text are read in one of two ways: by an RE2 pattern for every accepted form, or directly from the bytes
for numbers of the usual width, which is several times faster. The calendar arithmetic is the same for both.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeAlias

from preflight.dates.pattern import HALVES, MONTHS, WEEKDAYS, Part
from preflight.dates.zones import MAX_EAST, MAX_WEST, WORD

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa

    Numbers = npt.NDArray[np.int64]
    Mask = npt.NDArray[np.bool_]

Instants: TypeAlias = "npt.NDArray[np.datetime64]"
"""Dates as `datetime64[us]`, `NaT` for texts that are none; an alias that needs no numpy."""

FIRST_YEAR = 1583
"""The first complete year of the Gregorian calendar; Java uses the Julian calendar before it."""

_ZONES = {"Z": r"SHM", "X": r"Z|SH", "XX": r"Z|SHM", "XXX": r"Z|SH:M"}
_CASES = {"i": "iIıİ", "s": "sSſ"}
FEW = 100
"""Limit for texts whose form is tested one by one first: the few texts that are new in a run are mostly not dates."""

_DAY = 86_400_000_000  # in microseconds, as every duration below

Parts = tuple[Part, ...]


def read_instants(parts: Parts, window_start: datetime, texts: pa.Array) -> Instants:
    """The instant of each text as `datetime64[us]` (UTC if the pattern has a zone), `NaT` for texts not accepted.

    `texts` is an Arrow array of strings; the window of two-digit years starts at `window_start` (UTC, without a zone).
    """
    import numpy as np
    import pyarrow as pa

    instants = np.full(len(texts), np.datetime64("NaT", "us"))
    left = np.arange(len(texts))
    if len(texts) <= FEW:
        left = left[np.fromiter(map(_has_form(form(parts)), texts.to_pylist()), np.bool_, len(texts))]
        if not len(left):
            return instants
    for shape in _shapes(parts):
        rows, fields = _read_shape(shape, texts, left)
        if len(rows):
            instants[rows] = _instants(fields, window_start)
            left = left[np.isnat(instants[left])]
    if len(left):
        rest = texts if len(left) == len(texts) else texts.take(pa.array(left))
        rows, fields = _read_form(form(parts), rest)
        instants[left[rows]] = _instants(fields, window_start)
    return instants


@lru_cache(maxsize=256)
def _has_form(pattern: str) -> Callable[[str | None], bool]:
    compiled = re.compile(pattern)
    return lambda text: text is not None and compiled.match(text) is not None


@lru_cache(maxsize=256)
def form(parts: Parts) -> str:
    """The form of an accepted text as a regular expression for RE2 and Python, with a named group for each field."""
    before: tuple[Part | None, ...] = (None, *parts)
    after: tuple[Part | None, ...] = (*parts[1:], None)
    pieces = (regex_of(part, last, following) for last, part, following in zip(before, parts, after, strict=False))
    return "".join(("^", *pieces, r"[ \t]*$"))


def regex_of(part: Part, before: Part | None, after: Part | None) -> str:
    """The regular expression of a part between its neighbours; a field is a group of its name."""
    if not part.letter:
        return "".join(f"\\{character}" if character in r".^$*+?{}[]|()\-" else character for character in part.text)
    if part.letter == "z":
        return rf"[ \t]*(?P<zone_word>{WORD})"
    if part.field == "zone":
        zone = _ZONES[part.text if part.letter == "X" else "Z"]
        for short, group in (("S", "(?P<zone_sign>[+-])"), ("H", r"(?P<zone_hours>[0-9]{2})"),
                             ("M", r"(?P<zone_minutes>[0-9]{2})")):  # fmt: skip
            zone = zone.replace(short, group)
        return rf"[ \t]*(?:{zone})"
    if part.is_name:
        names = {"E": WEEKDAYS, "a": HALVES, "M": MONTHS}[part.letter]
        group = "month_name" if part.letter == "M" else part.field
        return f"(?P<{group}>{'|'.join(_name_regex(name) for name in names)})"
    crowded = after is not None and after.is_number  # Java then takes exactly as many characters as there are letters
    beside = crowded or (before is not None and before.is_number)
    blanks = "" if crowded else r"[ \t]*"
    return f"{blanks}(?P<{part.field}>{_digits(part, crowded, beside)})"


def _digits(part: Part, crowded: bool, beside: bool) -> str:
    if part.letter == "S":
        return "[0-9]{3}"
    if part.letter == "y" and len(part.text) > 2:
        return "[0-9]{4}"
    if crowded:
        return "[0-9]{2}"
    if part.letter == "y":
        return "[0-9]{4}|[0-9]{2}"
    return "[0-9]{2}" if beside else "[0-9]{1,2}"


def _name_regex(name: str) -> str:
    short, rest = ("".join(f"[{_cases(letter)}]" for letter in piece.lower()) for piece in (name[:3], name[3:]))
    return f"{short}(?:{rest})?" if rest else short


Shape = tuple[int | tuple[str, int], ...]
"""The bytes of a text: each a fixed byte, or a digit of a field with its weight."""


@lru_cache(maxsize=256)
def _shapes(parts: Parts) -> tuple[Shape, ...]:
    """The shapes of the texts that Java would write in this pattern; none for patterns with names."""
    shapes: list[list[int | tuple[str, int]]] = [[]]
    for part in parts:
        if part.is_name:
            return ()
        if not part.letter:
            ends: list[list[int | tuple[str, int]]] = [list(part.text.encode())]
        elif part.field == "zone":
            hours, minutes = _digit_columns("zone_hours", 2), _digit_columns("zone_minutes", 2)
            ends = [[("zone_sign", 1), *hours, *{"X": [], "XXX": [ord(":"), *minutes]}.get(part.text, minutes)]]
            if part.letter == "X":
                ends.append([ord("Z")])
        else:
            width = {"y": 2 if part.text == "yy" else 4, "S": 3}.get(part.letter, 2)
            ends = [_digit_columns(part.field, width)]
        shapes = [shape + end for shape in shapes for end in ends]
    return tuple(map(tuple, shapes))


def _digit_columns(field: str, width: int) -> list[int | tuple[str, int]]:
    return [(field, 10**place) for place in reversed(range(width))]


def _read_shape(shape: Shape, texts: pa.Array, rows: Numbers) -> tuple[Numbers, dict[str, Numbers]]:
    """The rows whose text has this shape, and their fields."""
    import numpy as np

    columns, rows = _bytes_of(texts, rows, len(shape))
    fits = np.ones(len(rows), np.bool_)
    for column, byte in zip(columns, shape, strict=True):
        if isinstance(byte, int):
            fits &= column == byte
        elif byte[0] == "zone_sign":
            fits &= (column == ord("+")) | (column == ord("-"))
        else:
            fits &= (column >= ord("0")) & (column <= ord("9"))
    if not fits.all():
        columns, rows = columns[:, fits], rows[fits]
    fields: dict[str, Numbers] = {}
    for column, byte in zip(columns, shape, strict=True):
        if isinstance(byte, int):
            continue
        field, weight = byte
        number = (
            ord(",") - column.astype(np.int64)
            if field == "zone_sign"
            else (column.astype(np.int64) - ord("0")) * weight
        )
        fields[field] = fields[field] + number if field in fields else number
    if sum(not isinstance(byte, int) and byte[0] == "year" for byte in shape) == 2:
        fields["year_digits"] = np.full(len(rows), 2)
    return rows, fields


def _bytes_of(texts: pa.Array, rows: Numbers, width: int) -> tuple[npt.NDArray[np.uint8], Numbers]:
    """The bytes of the texts of `width` bytes (a row for each byte position), and the rows of these texts."""
    import numpy as np

    from preflight.text.buffers import bytes_of, edges_of

    every = bytes_of(texts)
    if not len(every) or not len(rows):
        return np.empty((width, 0), np.uint8), rows[:0]
    edges = edges_of(texts)
    starts = edges[:-1][rows]
    wide = edges[1:][rows] - starts == width
    if texts.null_count:
        wide &= texts.is_valid().to_numpy(zero_copy_only=False)[rows]
    starts, rows = starts[wide], rows[wide]
    if len(rows) == len(texts):  # they lie end to end
        block = every[starts[0] : starts[0] + len(rows) * width].reshape(-1, width)
        return np.ascontiguousarray(block.T), rows
    return np.stack([every[starts + place] for place in range(width)]), rows


def _read_form(pattern: str, texts: pa.Array) -> tuple[Numbers, dict[str, Numbers]]:
    """The positions of the texts that have the form, and their fields."""
    import numpy as np
    import pyarrow.compute as pc

    found = pc.extract_regex(texts, pattern)
    rows = np.flatnonzero(found.is_valid().to_numpy(zero_copy_only=False))
    found = found.filter(found.is_valid())
    fields = {}
    for field, group in zip([group.name for group in found.type], found.flatten(), strict=True):
        if field in _NAMES:
            fields[field] = _named(group, _NAMES[field])
        elif field == "zone_sign":
            fields[field] = np.where(pc.equal(group, "-").to_numpy(zero_copy_only=False), -1, 1)
        else:
            fields[field] = _numbers(group)
        if field == "year":
            fields["year_digits"] = pc.binary_length(group).to_numpy(zero_copy_only=False)
    if "month_name" in fields:
        fields["month"] = fields.pop("month_name") + 1
    return rows, fields


_NAMES = {"month_name": MONTHS, "weekday": WEEKDAYS, "half": HALVES}


def _numbers(digits: Any) -> Numbers:
    """The numbers of digit texts; 0 for an empty text, the value of an unmatched group."""
    import pyarrow.compute as pc

    numbers: Numbers = pc.if_else(pc.equal(digits, ""), "0", digits).cast("int64").to_numpy(zero_copy_only=False)
    return numbers


def _named(texts: Any, names: tuple[str, ...]) -> Numbers:
    """The position in `names` of each text, recognized by its first three letters (two in AM and PM)."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    spellings = [[""] for _ in names]
    for index, name in enumerate(names):
        for letter in name[:3].lower():
            spellings[index] = [start + case for start in spellings[index] for case in _cases(letter)]
    owners = np.array([index for index, spelt in enumerate(spellings) for _ in spelt])
    known = pa.array([spelling for spelt in spellings for spelling in spelt], texts.type)
    found = pc.index_in(pc.utf8_slice_codeunits(texts, 0, 3), known).to_numpy(zero_copy_only=False)
    positions: Numbers = owners[found]
    return positions


def _cases(letter: str) -> str:
    return _CASES.get(letter, letter + letter.upper())


def _instants(fields: dict[str, Numbers], window_start: datetime) -> Instants:
    """The instants of dates given by their fields; `NaT` for dates that do not exist or that strict Java refuses."""
    import numpy as np

    year = fields["year"]
    short = fields["year_digits"] == 2 if "year_digits" in fields else np.zeros(len(year), np.bool_)
    splits = short & (year == window_start.year % 100)
    if short.any():
        first = window_start.year
        year = np.where(short, first - first % 100 + year + np.where(year < first % 100, 100, 0), year)
    days, good = _days(year, fields)
    time, good_time = _time_of_day(fields)
    instants = days * _DAY + time
    good &= good_time
    if "zone_hours" in fields:
        offset = fields["zone_hours"] * 60 + fields.get("zone_minutes", 0)
        offset *= fields["zone_sign"]
        good &= (fields.get("zone_minutes", offset * 0) < 60) & (offset >= MAX_WEST) & (offset <= MAX_EAST)
        instants -= offset * 60_000_000
    early = splits & (instants < (window_start - datetime(1970, 1, 1)) // timedelta(microseconds=1))
    if early.any():  # Java reads such a date twice, and strict Java requires that both dates exist
        later, good_later = _days(year + 100, fields)
        instants = np.where(early, instants + (later - days) * _DAY, instants)
        good &= good_later | ~early
    return np.where(good, instants.astype("datetime64[us]"), np.datetime64("NaT", "us"))


def _days(year: Numbers, fields: dict[str, Numbers]) -> tuple[Numbers, Mask]:
    """Days since 1970, and the mask of existing days."""
    import numpy as np

    month, day = fields["month"], fields["day"]
    good = (year >= FIRST_YEAR) & (month >= 1) & (month <= 12) & (day >= 1)
    months = np.where(good, (year - 1970) * 12 + month - 1, 0)
    first = months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    after = (months + 1).astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    good &= day <= after - first
    days = first + day - 1
    if "weekday" in fields:
        good &= (days + 3) % 7 == fields["weekday"]  # the first of January 1970 was a Thursday
    return days, good


def _time_of_day(fields: dict[str, Numbers]) -> tuple[Numbers | int, Mask | bool]:
    """Microseconds since midnight, and the mask of valid times."""
    if "hour" not in fields:
        return 0, True
    hour = fields["hour"]
    good = hour <= 23
    if "half" in fields:
        good = (hour >= 1) & (hour <= 12)
        hour = hour % 12 + 12 * fields["half"]
    time = hour
    for field, size in (("minute", 60), ("second", 60), ("millisecond", 1000)):
        number = fields.get(field, hour * 0)
        good &= number < size
        time = time * size + number
    return time * 1000, good
