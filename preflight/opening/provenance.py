"""The provenance of an output, stored in its sidecar (`outputs.sidecar`): the source, the options, and the good rows.

A merge needs it to place mended rows in the clean file, and to refuse the bad rows of another source.
"""

from __future__ import annotations

import base64
import hashlib
import os
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import date
from os import PathLike
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from preflight.dates.counted import read_format
from preflight.dates.format import DateFormat
from preflight.dates.source import SourceFormat
from preflight.errors import LayoutError
from preflight.layouts.layout import Layout
from preflight.layouts.option import Option, options_of
from preflight.model.arrays import Mask, Positions
from preflight.model.options import CheckOptions, File
from preflight.outputs.leftovers import is_temporary
from preflight.outputs.sidecar import Sidecar
from preflight.outputs.sinks import Output
from preflight.remote.url import is_remote

if TYPE_CHECKING:
    from preflight.dates.parse import Instants
    from preflight.outputs.judged import Judged
    from preflight.outputs.recorded import RecordedFile
    from preflight.records.run import Records

MOST_DAYS = 1_000
"""Maximum number of bad rows whose day is stored."""

NOT_STORED = ("known_titles",)
"""Options that are not stored, because they may be large."""


class Provenance:
    """Collects the provenance of the outputs during the pass over a file.

    `sha256` is the hash of a source that is converted before it is read: a workbook. `days` is an output.
    """

    def __init__(self, name: str, layout: Layout, options: CheckOptions, sha256: str = "") -> None:
        self._name = name
        self._made_with = {"layout": layout_as_dict(layout), "check": options_as_dict(options)}
        self._sha256, self._known_sha256 = hashlib.sha256(), sha256
        self._hashes = not sha256 and not all(map(is_temporary, options.recorded))
        self._rows = 0
        self._bits = bytearray()
        self._unpacked = np.empty(0, np.bool_)
        self._source: Mapping[str, Any] | None = {}
        self.days = DaysOfBadRows()

    def come_from(self, source: Mapping[str, Any] | None) -> None:
        """Set the source of a bad-rows file as the source of the outputs; None if it is unknown."""
        self._source = source

    def hashed(self, runs: Iterable[Records]) -> Iterator[Records]:
        """Yield the records of the source's table and hash them. A further call begins a new hash."""
        self._sha256 = hashlib.sha256()
        for records in runs:
            if self._hashes and len(records):
                self._sha256.update(memoryview(records.block)[int(records.start[0]) : int(records.end[-1])])
            yield records

    def add(self, bad: Mask) -> None:
        """Add the mask of bad rows of the next run."""
        good = np.concatenate([self._unpacked, ~bad])
        whole = len(good) // 8 * 8
        self._bits += np.packbits(good[:whole]).tobytes()
        self._unpacked = good[whole:]
        self._rows += len(bad)

    def store(self, recorded: Mapping[File, RecordedFile], clean: File | None) -> None:
        """Set the content of the sidecars of all recorded outputs; one of them may be the clean file."""
        for path, out in recorded.items():
            out.about = self.of_clean() if path == clean else {**self.of_other(), **_beside(path, clean)}

    def of_clean(self) -> Mapping[str, Any]:
        """The provenance of the clean file; `good` is the compressed mask of the source's good rows."""
        bits = bytes(self._bits) + np.packbits(self._unpacked).tobytes()
        good = base64.b64encode(zlib.compress(bits, 1)).decode()
        return {**self.of_other(), **self._made_with, "good": good, "days": self.days.by_row}

    def of_other(self) -> Mapping[str, Any]:
        """The provenance of a bad-rows or fixes file."""
        if self._source is None:
            return {}
        read = {"name": self._name, "sha256": self._known_sha256 or self._sha256.hexdigest(), "rows": self._rows}
        return {"source": self._source or read}


def _beside(path: File, clean: File | None) -> Mapping[str, str]:
    """The clean file of a bad-rows or fixes file, by its path from there; empty if one of them is in a store."""
    if clean is None or is_remote(path) or is_remote(clean):
        return {}
    return {"clean": os.path.relpath(clean, os.path.dirname(os.path.abspath(path)))}


def clean_file_of(path: File) -> str:
    """The clean file that was written with a bad-rows file, if it is still there; else empty."""
    sidecar = None if is_remote(path) else Sidecar.of(path)
    named = str(sidecar.about.get("clean", "")) if sidecar is not None else ""
    found = os.path.normpath(os.path.join(os.path.dirname(path), named))
    return found if named and os.path.exists(found) else ""


class DaysOfBadRows(Output):
    """An output that collects the days of the first bad rows with a good date: `by_row`, by row number as text.

    In a bad-rows file saved by a spreadsheet they identify the date format.
    """

    def __init__(self) -> None:
        self.by_row: dict[str, str] = {}
        self.part_of = days_of_bad_rows

    def write(self, part: tuple[Positions, Instants], records: Records, bad: Mask) -> None:
        """Add the days of the next chunk, up to `MOST_DAYS` in all."""
        (rows, days), room = part, MOST_DAYS - len(self.by_row)
        texts = np.datetime_as_string(days[:room]).tolist()
        self.by_row.update(zip(map(str, rows[:room].tolist()), texts, strict=True))


def days_of_bad_rows(judged: Judged) -> tuple[Positions, Instants]:
    """The row numbers and the days of a chunk's first bad rows with a good date."""
    rows = judged.chunk.rows
    places = np.flatnonzero(judged.bad[rows - judged.chunk.first_row])[:MOST_DAYS]
    days = judged.instants[places].astype("datetime64[D]")
    known = ~np.isnat(days)
    return rows[places][known], days[known]


@dataclass(frozen=True)
class CleanProvenance:
    """The provenance of a clean file, read from its sidecar.

    `source` describes the checked file; `layout` and `options` are those of the check. `good` is the mask of the
    source's good rows. `days` are the days of some bad rows, by row number. `merged` has the hash of each row that was
    merged since, by row number, made with `key`. `about` is the whole content.
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
        """The provenance of a clean file; None if the sidecar is missing, damaged, or that of another output."""
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
                options_from_dict(about["check"]),
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
        """The hash of a merged record, without its line end."""
        return hashlib.blake2b(record, key=self.key.encode(), digest_size=8).hexdigest()

    def with_merged(self, merged: Mapping[int, str]) -> dict[str, Any]:
        """The content of the sidecar after a merge of these rows, given as hashes by row number."""
        rows = {str(row): digest for row, digest in merged.items()}
        return {**self.about, "merged": {"key": self.key, "rows": rows}}


def dateformat_of_clean(dateformat: DateFormat) -> str:
    """The pattern of the dates in the clean file of a source with this date format."""
    return (dateformat.normal if isinstance(dateformat, SourceFormat) else dateformat).pattern


def layout_as_dict(layout: Layout) -> dict[str, Any]:
    """A layout as stored, with the keys of a profile."""
    return _changed(layout, options_of(Layout))


def options_as_dict(options: CheckOptions) -> dict[str, Any]:
    """The options that decide how rows are judged and changed, as stored."""
    known = options_of(CheckOptions)
    return _changed(options, {field: one for field, one in known.items() if one.in_next and field not in NOT_STORED})


def options_from_dict(stored: Mapping[str, Any]) -> dict[str, Any]:
    """The stored options, as arguments of `CheckOptions`; raises `LookupError` for an unknown name."""
    known, given = options_of(CheckOptions), dict[str, Any]()
    for name, value in stored.items():
        read = known[name].read
        given[name] = read(value) if isinstance(value, str) else value
    return given


def _changed(options: Layout | CheckOptions, known: Mapping[str, Option]) -> dict[str, Any]:
    """The values of `known` fields that differ from the defaults, as JSON has them."""
    defaults = {one.name: one.default for one in fields(options)}
    values = {name: getattr(options, name) for name in known}
    return {name: _plain(value) for name, value in values.items() if value not in (None, defaults.get(name))}


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return list(value)
    return value.isoformat() if isinstance(value, date) else value
