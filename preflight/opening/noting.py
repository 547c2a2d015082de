"""What a check notes beside its outputs (`outputs.sidecar`): the source, how it was read, and which rows are where.

That is what it takes to add mended rows to the clean file later, and to tell a bad-rows file of another source.
"""

from __future__ import annotations

import base64
import hashlib
import os
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import date
from itertools import islice
from os import PathLike
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from preflight.dates.counted import read_format
from preflight.dates.format import DateFormat
from preflight.dates.source import SourceFormat
from preflight.errors import LayoutError
from preflight.layouts.layout import Layout
from preflight.layouts.option import Option, options_of
from preflight.model.arrays import Mask
from preflight.model.options import CheckOptions, File
from preflight.outputs.leftovers import is_temporary
from preflight.outputs.sidecar import Sidecar

if TYPE_CHECKING:
    from preflight.model.report import Report
    from preflight.outputs.judged import Judged
    from preflight.outputs.recorded import RecordedFile
    from preflight.records.grammar import Records

MOST_DAYS = 1_000
"""Bad rows whose day is noted."""

NOT_NOTED = ("known_titles",)
"""Options of a check that are not noted: they may be many."""


class Noting:
    """Takes what the pass over a file goes by, and notes it about its outputs.

    `sha256` is the hash of a source that is not read as it is, a workbook.
    """

    def __init__(self, name: str, layout: Layout, options: CheckOptions, sha256: str = "") -> None:
        self._name = name
        self._made_with = {"layout": noted_layout(layout), "check": noted_options(options)}
        self._sha256, self._known_sha256 = hashlib.sha256(), sha256
        self._hashes = not sha256 and not all(map(is_temporary, options.recorded))
        self._rows = 0
        self._bits = bytearray()
        self._odd = np.empty(0, np.bool_)
        self._source: Mapping[str, Any] | None = {}
        self.days = NotedDays()

    def is_of(self, source: Mapping[str, Any] | None) -> None:
        """Take it that this file is the bad rows of another `source`; None where nobody knows which."""
        self._source = source

    def hashed(self, runs: Iterable[Records]) -> Iterator[Records]:
        """The records of the source's table, as they are read; asked anew, they are read from the start."""
        self._sha256 = hashlib.sha256()
        for records in runs:
            if self._hashes and len(records):
                self._sha256.update(memoryview(records.block)[int(records.start[0]) : int(records.end[-1])])
            yield records

    def add(self, bad: Mask) -> None:
        """Take which of the next rows are bad."""
        good = np.concatenate([self._odd, ~bad])
        whole = len(good) // 8 * 8
        self._bits += np.packbits(good[:whole]).tobytes()
        self._odd = good[whole:]
        self._rows += len(bad)

    def note(self, recorded: Mapping[File, RecordedFile], clean: File | None) -> None:
        """Give the outputs with a sidecar, one of which may be the clean file, what stands in it."""
        for path, out in recorded.items():
            out.about = self.of_clean() if path == clean else self.of_other()

    def of_clean(self) -> Mapping[str, Any]:
        """What is noted about a clean file: `good` tells which rows of the source it holds, in their order."""
        bits = bytes(self._bits) + np.packbits(self._odd).tobytes()
        good = base64.b64encode(zlib.compress(bits, 1)).decode()
        return {**self.of_other(), **self._made_with, "good": good, "days": self.days.noted}

    def of_other(self) -> Mapping[str, Any]:
        """What is noted about a bad-rows or fixes file."""
        if self._source is None:
            return {}
        read = {"name": self._name, "sha256": self._known_sha256 or self._sha256.hexdigest(), "rows": self._rows}
        return {"source": self._source or read}


class NotedDays:
    """An output that notes the day of the first bad rows whose date is good: `noted` has it by the row's number.

    By these is told later in which form a spreadsheet wrote the dates.
    """

    def __init__(self) -> None:
        self.noted: dict[str, str] = {}
        self.part_of = days_of_bad_rows

    def write(self, part: Mapping[str, str], records: Records, bad: Mask) -> None:
        """Take some more, as far as there is room."""
        self.noted.update(islice(part.items(), MOST_DAYS - len(self.noted)))

    def finish(self, report: Report) -> None:
        """Nothing is left to do."""


def days_of_bad_rows(judged: Judged) -> dict[str, str]:
    """The days of a chunk's first bad rows in ISO form, by the rows' numbers as text."""
    rows = judged.chunk.rows
    places = np.flatnonzero(judged.bad[rows - judged.chunk.first_row])[:MOST_DAYS]
    days = judged.instants[places].astype("datetime64[D]")
    known = ~np.isnat(days)
    return dict(zip(map(str, rows[places][known].tolist()), np.datetime_as_string(days[known]).tolist(), strict=True))


@dataclass(frozen=True)
class CleanNotes:
    """What is noted about a clean file.

    `source` is that of its check, `layout` and `options` are what it was made with. `good` marks the source's rows that
    it had when it was written, `days` are those of some others. `merged` has a hash of each row that was merged since,
    by its number, made with `key`.
    """

    source: Mapping[str, Any]
    layout: Layout
    options: Mapping[str, Any]
    good: Mask
    days: Mapping[int, str]
    merged: Mapping[int, str]
    key: str
    about: Mapping[str, Any]

    @classmethod
    def of(cls, path: str | PathLike[str]) -> Self | None:
        """What stands in the sidecar of a clean file; None where there is none, or it does not tell all of that."""
        sidecar = Sidecar.of(path)
        if sidecar is None:
            return None
        about = sidecar.about
        try:
            bits = np.frombuffer(zlib.decompress(base64.b64decode(about["good"])), np.uint8)
            merged = about.get("merged") or {"key": os.urandom(16).hex(), "rows": {}}
            return cls(
                about["source"],
                Layout.from_dict(about["layout"]),
                options_noted(about["check"]),
                np.unpackbits(bits, count=about["source"]["rows"]).view(np.bool_),
                {int(row): day for row, day in about["days"].items()},
                {int(row): digest for row, digest in merged["rows"].items()},
                merged["key"],
                about,
            )
        except (LookupError, TypeError, ValueError, AttributeError, zlib.error, LayoutError):
            return None

    @property
    def clean_dateformat(self) -> str:
        """The pattern of the clean file's dates."""
        return dateformat_of_clean(read_format(str(self.layout.dateformat), CheckOptions(**self.options).reading))

    def hash_of(self, record: bytes) -> str:
        """The hash of a record as it stands in the file."""
        return hashlib.blake2b(record, key=self.key.encode(), digest_size=8).hexdigest()

    def with_merged(self, merged: Mapping[int, str]) -> dict[str, Any]:
        """What is noted once these rows, by their hashes, were merged."""
        rows = {str(row): digest for row, digest in merged.items()}
        return {**self.about, "merged": {"key": self.key, "rows": rows}}


def dateformat_of_clean(dateformat: DateFormat) -> str:
    """The pattern of a clean file's dates, where `dateformat` is that of the file it is made of."""
    return (dateformat.normal if isinstance(dateformat, SourceFormat) else dateformat).pattern


def noted_layout(layout: Layout) -> dict[str, Any]:
    """A layout as it is noted, with the keys of a profile."""
    return _noted(layout, options_of(Layout))


def noted_options(options: CheckOptions) -> dict[str, Any]:
    """The options that say how rows are judged and changed, as they are noted."""
    known = options_of(CheckOptions)
    return _noted(options, {field: one for field, one in known.items() if one.in_next and field not in NOT_NOTED})


def options_noted(noted: Mapping[str, Any]) -> dict[str, Any]:
    """The options that were noted, as `CheckOptions` takes them; raises `LookupError` for one that it has not."""
    known, given = options_of(CheckOptions), dict[str, Any]()
    for name, value in noted.items():
        read = known[name].read
        given[name] = read(value) if isinstance(value, str) else value
    return given


def _noted(options: Layout | CheckOptions, known: Mapping[str, Option]) -> dict[str, Any]:
    defaults = {one.name: one.default for one in fields(options)}
    values = {name: getattr(options, name) for name in known}
    return {name: _plain(value) for name, value in values.items() if value not in (None, defaults.get(name))}


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return list(value)
    return value.isoformat() if isinstance(value, date) else value
