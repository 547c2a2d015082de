"""The date format by elimination: every known format is tried on the distinct texts of the whole date column.

A format is settled when

* it reads every date of the column, and every other one that does reads them as the same dates (`MM/dd/yyyy` and
  `MM/dd/yy` where years have four digits); the published and most exact of these is taken; or
* it reads more than any other, at least 90 % of the dates, and its order of day and month is beyond doubt: some row
  fits only that order, and none only the other.

Otherwise a person has to choose. Cells that are blank or stand for no date rule nothing out.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from preflight.dates.format import DateFormat
from preflight.dates.known import KNOWN_FORMATS
from preflight.dates.order import other_order
from preflight.model.findings import as_dictionary
from preflight.text.display import shown
from preflight.text.nothing import is_no_date

TEXTS_AT_ONCE = 1 << 16
"""Distinct texts that are held before they are tried: what bounds the memory."""

LONGEST_DATE = 200
"""Characters; what is longer is no date, and is kept only as far as it is shown."""

MOST_SHAPES = 5_000
"""Forms of texts that are tried one by one; with more, every text is."""

SHOWN = 40
SAMPLE = 200
"""Distinct dates on which it is told which of several equal formats writes them exactly."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A date cell: the number of its row, and its text."""

    row: int
    text: str

    def __str__(self) -> str:
        return f"row {self.row}: {shown(self.text, SHOWN)}"


@dataclass(slots=True)
class Tried:
    """What came of one format: the rows that it reads, and the first that it does not.

    For a format whose order of day and month can be changed about, `other` is the pattern in that order, `only` counts
    the rows that fit this order and not the other, and `doubtful` is the first that both read as different dates.
    """

    dateformat: DateFormat
    published: bool = False
    rows: int = 0
    misfit: Cell | None = None
    exact: int = 0
    other: str = ""
    only: int = 0
    doubtful: Cell | None = None
    reading: Any = field(default_factory=lambda: hashlib.blake2b(digest_size=16))

    @property
    def pattern(self) -> str:
        """The format's pattern."""
        return self.dateformat.pattern

    def as_dict(self) -> dict[str, Any]:
        """What came of it as `--json` prints it."""
        misfit = None if self.misfit is None else {"row": self.misfit.row, "value": self.misfit.text}
        return {"dateformat": self.pattern, "rows": self.rows, "ruled_out_by": misfit}


@dataclass(frozen=True, slots=True)
class Choice:
    """What the elimination came to.

    `dates` counts the cells that are not blank, `missing` the others. `tried` are all formats, the likeliest first;
    `remaining` are those left, one for each way to read the dates. `chosen` is the settled one or None. `why` tells the
    evidence for it or, without one, what to do, in one line.
    """

    dates: int
    missing: int
    tried: tuple[Tried, ...]
    remaining: tuple[Tried, ...]
    chosen: Tried | None
    why: str


class Shapes:
    """Texts told apart by their form, every digit a 0: a format is tried only on the texts whose form it can read."""

    def __init__(self, texts: Any) -> None:
        self._texts = texts
        encoded = pc.replace_substring_regex(texts, "[0-9]", "0").dictionary_encode()
        self._shape_of = encoded.indices.to_numpy(zero_copy_only=False)
        self._shapes = encoded.dictionary.to_pylist()

    def judge(self, dateformat: DateFormat) -> Any:
        """What `dateformat` makes of the texts; see `DateFormat.judge`."""
        if len(self._shapes) > MOST_SHAPES:
            return dateformat.judge(self._texts)
        readable = np.array([dateformat.form.match(shape) is not None for shape in self._shapes], np.bool_)
        instants = np.full(len(self._texts), np.datetime64("NaT", "us"))
        if readable.any():
            wanted = readable[self._shape_of]
            instants[wanted] = dateformat.judge(self._texts.filter(pa.array(wanted)))
        return instants


class Elimination:
    """Tries the formats on a date column that comes run by run, in bounded memory."""

    def __init__(self) -> None:
        self._tried = {
            known.pattern: Tried(known.dateformat, known.published, other=_rival(known.dateformat))
            for known in KNOWN_FORMATS
        }
        for tried in list(self._tried.values()):  # no order is taken for granted because the other is less known
            if tried.other and tried.other not in self._tried:
                self._tried[tried.other] = Tried(DateFormat(tried.other), other=tried.pattern)
        self._pending: dict[str, list[int]] = {}
        self._dates = 0
        self._missing = 0
        self._sampled: set[str] = set()

    def add(self, cells: Any, row_numbers: Any) -> None:
        """Take in a run of date cells, an Arrow array of strings, and the number of each one's row."""
        encoded = as_dictionary(cells)
        indices = encoded.indices.to_numpy(zero_copy_only=False)
        texts = encoded.dictionary.to_pylist()
        counts = np.bincount(indices, minlength=len(texts)).tolist()
        first = np.zeros(len(texts), np.int64)
        first[indices[::-1]] = row_numbers[::-1]
        for text, count, row in zip(texts, counts, first.tolist(), strict=True):
            if not count:
                continue
            text = text.rstrip(" \t")
            if len(text) > LONGEST_DATE:
                text = text[:SHOWN] + "…"
            self._pending.setdefault(text, [0, row])[0] += count
        if len(self._pending) >= TEXTS_AT_ONCE:
            self._try()

    def result(self) -> Choice:
        """What the whole column came to; no more cells may follow."""
        self._try()
        remaining, chosen, why = _decided(self._tried, self._dates)
        tried = sorted(self._tried.values(), key=_likelihood, reverse=True)
        return Choice(self._dates, self._missing, tuple(tried), remaining, chosen, why)

    def _try(self) -> None:
        """Try every format on the texts that are held, and let go of them."""
        pending = {text: told for text, told in self._pending.items() if text[:1].isdigit() or not is_no_date(text)}
        counts = np.array([count for count, _ in pending.values()], np.int64)
        self._missing += sum(count for count, _ in self._pending.values()) - int(counts.sum())
        self._dates += int(counts.sum())
        self._pending = {}
        if not pending:
            return
        cells = [Cell(row, text) for text, (_, row) in pending.items()]
        texts = pa.array(list(pending), pa.large_string())
        shapes = Shapes(texts)
        readings = {pattern: shapes.judge(tried.dateformat) for pattern, tried in self._tried.items()}
        sample = [i for i, cell in enumerate(cells) if cell.text not in self._sampled][: SAMPLE - len(self._sampled)]
        self._sampled.update(cells[i].text for i in sample)
        for pattern, tried in self._tried.items():
            instants = readings[pattern]
            self._note(tried, instants, readings.get(tried.other), counts, cells)
            tried.exact += sum(_writes(tried.dateformat, instants[i], cells[i].text) for i in sample)

    def _note(self, tried: Tried, instants: Any, other: Any, counts: Any, cells: list[Cell]) -> None:
        read = ~np.isnat(instants)
        tried.rows += int(counts[read].sum())
        tried.reading.update(instants.tobytes())
        if tried.misfit is None and not read.all():
            tried.misfit = cells[int((~read).argmax())]
        if other is None:
            return
        other_read = ~np.isnat(other)
        tried.only += int(counts[read & ~other_read].sum())
        doubtful = read & other_read & (instants != other)
        if tried.doubtful is None and doubtful.any():
            tried.doubtful = cells[int(doubtful.argmax())]


def _rival(dateformat: DateFormat) -> str:
    """The pattern with day and month changed about, where somebody may write that: with dots, the day comes first."""
    other = other_order(dateformat)
    return other.pattern if other and "." not in other.pattern else ""


def _writes(dateformat: DateFormat, instant: np.datetime64, text: str) -> bool:
    """True when the format writes the instant that it read as the very text."""
    moment = instant.item()
    return isinstance(moment, datetime) and dateformat.format(moment) == text


def _likelihood(tried: Tried) -> tuple[int, bool, int]:
    return tried.rows, tried.published, tried.exact


def _decided(tried: Mapping[str, Tried], dates: int) -> tuple[tuple[Tried, ...], Tried | None, str]:
    """The formats that remain, the one that is settled if there is one, and why or why not."""
    if not dates:
        return (), None, "the date column is blank in every row; name its format with --dateformat"
    kinds = _kinds(tried.values())
    if not kinds:
        first = next(iter(tried.values())).misfit
        says = f"no known date format reads any date ({first})"
        return (), None, f"{says}; name theirs with --dateformat, or another column with --date"
    whole = [kind for kind in kinds if kind.rows == dates]
    if len(whole) > 1:
        return tuple(whole), None, _ambiguous(whole, dates, tried)
    best = kinds[0]
    if whole:
        return (best,), best, _settled(best, dates, tried)
    other = tried.get(best.other)
    if best.rows * 10 >= dates * 9:
        if other is None or (best.only and not other.only):
            return (best,), best, _settled(best, dates, tried)
        if not best.only and not other.only:
            return (best, other), None, _ambiguous([best, other], dates, tried)
    return (), None, _none(kinds, dates, tried)


def _kinds(tried: Iterable[Tried]) -> list[Tried]:
    """One format for each way to read the column: the published and most exact one; the widest reading first."""
    kinds: dict[bytes, Tried] = {}
    for one in sorted(tried, key=_likelihood, reverse=True):
        if one.rows:
            kinds.setdefault(one.reading.digest(), one)
    return list(kinds.values())


def _settled(best: Tried, dates: int, tried: Mapping[str, Tried]) -> str:
    says = f"reads {_all(dates)}" if best.rows == dates else f"reads {best.rows:,} of {dates:,} dates"
    other = tried.get(best.other)
    if best.misfit is not None:
        says += f", not {best.misfit}"
    if other is not None and other.misfit is not None and best.only:
        rival = other.misfit
        says += f"; {shown(other.pattern)} is ruled out by {rival}" if best.misfit != rival else ""
    return says


def _ambiguous(several: list[Tried], dates: int, tried: Mapping[str, Tried]) -> str:
    each = " and ".join(f"{shown(one.pattern)} ({_rows(one.rows)})" for one in several)
    says = (
        f"the dates fit {each}" if several[0].rows < dates else f"{_all(dates)} fit{'s' if dates == 1 else ''} {each}"
    )
    doubtful = several[0].doubtful if several[0].other == several[1].pattern else None
    if doubtful is not None:
        text = pa.array([doubtful.text], pa.large_string())
        days = " or ".join(str(one.dateformat.judge(text)[0].astype("datetime64[D]")) for one in several[:2])
        says += f"; row {doubtful.row}, {shown(doubtful.text, SHOWN)}, is {days}"
    return f"{says}: choose with " + " or ".join(f"--dateformat {_argument(one.pattern)}" for one in several)


def _none(kinds: list[Tried], dates: int, tried: Mapping[str, Tried]) -> str:
    best, *others = kinds
    other = tried.get(best.other)
    if other is not None and other.only:
        fit = "fits" if best.only == 1 else "fit"
        says = f"{_rows(best.only)} {fit} only {shown(best.pattern)} and {other.only:,} only {shown(other.pattern)}"
        seen = f"{shown(best.pattern)} fails at {best.misfit}; {shown(other.pattern)} at {other.misfit}"
        return f"both orders of day and month stand in the date column: {says} ({seen}); choose with --dateformat"
    told = "; ".join(f"{shown(one.pattern)} reads {one.rows:,}, not {one.misfit}" for one in (best, *others)[:3])
    return f"no known format reads enough of the {dates:,} dates: {told}; choose with --dateformat"


def _all(dates: int) -> str:
    return "the only date" if dates == 1 else f"all {dates:,} dates"


def _rows(number: int) -> str:
    return f"{number:,} row{'' if number == 1 else 's'}"


def _argument(pattern: str) -> str:
    """A pattern as a shell's argument."""
    return pattern if pattern.replace("/", "").replace("-", "").replace(".", "").isalnum() else f'"{pattern}"'
