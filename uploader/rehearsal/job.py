"""The rehearsal's reading of a touch-point file, with the csv module and strptime.

Part of the second opinion: nothing here comes from `preflight`. Its rules are coarser than the check's on purpose; they
only have to notice rows or titles that were sent by mistake.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from itertools import product
from typing import IO

from uploader.rehearsal.form import QUOTES, SEPARATORS

_EMAIL = re.compile(r"[^@\s,;<>\"()]+@(?:[^@\s,;<>\"().]+\.)+[^@\s,;<>\"().]{2,}")
_LETTERS = re.compile(r"'(?:[^']|'')*'|([A-Za-z])\1*|[^A-Za-z']")
_DIRECTIVES: dict[str, tuple[str, ...]] = {
    "yyyy": ("%Y",),
    "yy": ("%Y", "%y"),
    "MM": ("%m",),
    "M": ("%m",),
    "dd": ("%d",),
    "d": ("%d",),
    "MMM": ("%b", "%B"),
    "MMMM": ("%b", "%B"),
    "EEE": ("%a", "%A"),
    "EEEE": ("%a", "%A"),
    "HH": ("%H",),
    "H": ("%H",),
    "hh": ("%I",),
    "h": ("%I",),
    "mm": ("%M",),
    "ss": ("%S",),
    "SSS": ("%f",),
    "a": ("%p",),
    "Z": ("%z",),
    "X": ("%z",),
    "XX": ("%z",),
    "XXX": ("%z",),
}
"""The strptime directives for the letters of a Java date pattern."""

FIRST_YEAR = 1583


class FileRefusedError(Exception):
    """The file is refused as a whole; the message says why."""


def judge(stream: IO[bytes], fields: Mapping[str, str], known: frozenset[str]) -> tuple[int, int, frozenset[str]]:
    """The numbers of accepted and rejected rows of a file read with `fields`, and the titles of the accepted ones.

    A row is rejected if its email, date or title is unusable. Raises `FileRefusedError` if the file cannot be read, or
    adds more titles to the `known` ones than `titlecount`.
    """
    usable_date = date_reader(fields["dateformat"])
    email, date, title = (int(fields[name]) for name in ("emailcolidx", "datecolidx", "titlecolidx"))
    accepted, rejected, titles = 0, 0, set[str]()
    for row in _records(stream, fields):
        if len(row) > max(email, date, title) and _EMAIL.fullmatch(row[email].strip()) and usable_date(row[date]):
            name = row[title].strip()
            if name:
                accepted += 1
                titles.add(name)
                continue
        rejected += 1
    added = len(titles - known)
    if added > int(fields["titlecount"]):
        raise FileRefusedError(f"the file adds {added} titles, titlecount says {fields['titlecount']}")
    return accepted, rejected, frozenset(titles)


def _records(stream: IO[bytes], fields: Mapping[str, str]) -> Iterator[Sequence[str]]:
    """The data records, without the heading."""
    quote = QUOTES[fields["quotecharacter"]]
    csv.field_size_limit(2**31 - 1)  # the csv module must not refuse a long note
    text = io.TextIOWrapper(stream, encoding="utf-8-sig", newline="")
    rows = csv.reader(
        text,
        delimiter=SEPARATORS[fields["fieldseparator"]],
        quotechar=quote,
        quoting=csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE,
    )
    try:
        if fields["firstrow"] == "Y":
            next(rows, None)
        yield from rows
    except (UnicodeDecodeError, csv.Error) as error:
        raise FileRefusedError(f"the file cannot be read at line {rows.line_num + 1}: {error}") from error
    finally:
        text.detach()


def date_reader(pattern: str) -> Callable[[str], bool]:
    """A predicate for texts that are dates in the Java `pattern`; raises `FileRefusedError` for an unknown pattern."""
    formats = [_plain(form) for form in _strptime_formats(pattern)]

    @lru_cache(maxsize=100_000)
    def usable(text: str) -> bool:
        return any(_reads(_plain(text), form) for form in formats)

    return usable


def _reads(text: str, form: str) -> bool:
    try:
        moment = datetime.strptime(text, form)
    except ValueError:
        return False
    return moment.year >= FIRST_YEAR


def _plain(text: str) -> str:
    """`text`, a date or a format, without the blanks that Java skips."""
    return re.sub(r"(?<![A-Za-z0-9]) +(?=[%0-9])", "", re.sub(r"[ \t]+", " ", text.strip(" \t")))


def _strptime_formats(pattern: str) -> list[str]:
    if pattern.count("'") % 2:
        raise FileRefusedError(f"the dateformat {pattern!r} has a quote that is never closed")
    choices: list[tuple[str, ...]] = []
    for match in _LETTERS.finditer(pattern):
        token = match.group()
        if token.isalpha():
            if token not in _DIRECTIVES:
                raise FileRefusedError(f"the dateformat {pattern!r} has {token!r}, which the rehearsal does not read")
            choices.append(_DIRECTIVES[token])
        else:
            literal = token if len(token) == 1 else (token[1:-1].replace("''", "'") or "'")
            choices.append((literal.replace("%", "%%"),))
    if not {("%Y",), ("%Y", "%y")} & set(choices):
        raise FileRefusedError(f"the dateformat {pattern!r} reads no year")
    return ["".join(choice) for choice in product(*choices)]
