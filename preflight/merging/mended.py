"""A bad-rows file saved by a spreadsheet: in another encoding, with another date format.

The date format is found by the rows whose date was good before: the sidecar has their day (`opening.provenance`), and
exactly one format may read them as that day. A format that leaves any date of the file ambiguous is not used.
"""

from __future__ import annotations

import codecs
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa

from preflight.dates.counted import CountedFormat, SourceReading, any_format, read_format
from preflight.dates.format import DateFormat
from preflight.dates.known import KNOWN_FORMATS
from preflight.detect.heading import read_heading
from preflight.detect.sheets import detect_file
from preflight.inputs.source import Source
from preflight.layouts.layout import Layout
from preflight.model.options import File
from preflight.outputs.file import OutputFile
from preflight.records.cells import CellReader
from preflight.records.encoding import byte_order_mark, looks_like, mostly_utf_8, normal_encoding, reads_as
from preflight.records.grammar import WELL_FORMED, Dialect
from preflight.workbooks.container import OLE, ZIP

MOST_BYTES = 64 << 20
"""Size in bytes above which a file was not saved by a spreadsheet, and is used unchanged."""

MOST_CHANGED = 0.2
"""Limit for the share of rows with a known day that may have got another day when they were mended."""


@dataclass(frozen=True, slots=True)
class Mended:
    """A mended file for the check in `layout`: `path`, possibly of a copy, and the properties that differed."""

    path: File
    layout: Layout
    read_as: Mapping[str, str]


def in_source_format(
    file: File,
    name: str,
    layout: Layout,
    days: Mapping[int, str],
    typed: str | None,
    folder: Path,
    reading: SourceReading | None = None,
) -> Mended:
    """A mended file, called `name`, with its dates converted back to the date format of `layout`.

    `days` are the known days by row number. A date format that was `typed` is that of the spreadsheet.
    """
    read_as: dict[str, str] = {}
    of_text = layout.encoding is None or normal_encoding(layout.encoding) == "utf-8"
    if of_text and (encoding := _encoding_of(file)) is not None:
        layout, read_as["encoding"] = replace(layout, encoding=encoding), encoding
    dates = _dates(file, name, layout)
    known = read_format(str(layout.dateformat), reading)
    if isinstance(known, CountedFormat):  # cannot write the numbers that it reads
        return Mended(file, layout, read_as)
    foreign = [text for text, day in zip(dates, _days(known, list(dates)), strict=True) if text and day is None]
    form = any_format(typed) if typed else _form_of(dates, foreign, days)
    if form is None or not (foreign or typed):
        return Mended(file, layout, read_as)
    instants = form.judge(pa.array(list(dates), pa.large_string()))
    written = {
        text: known.format(instant.astype("datetime64[us]").item())
        for text, instant in zip(dates, instants, strict=True)
        if not np.isnat(instant) and (typed or text in foreign)
    }
    copy = folder / "in-source-format.csv"
    _write_copy(file, layout, written, copy)
    return Mended(copy, replace(layout, encoding="utf-8", sheet=None), {**read_as, "dateformat": form.pattern})


def _encoding_of(file: File) -> str | None:
    """The likely encoding of a file without a byte order mark; None for UTF-8."""
    if not os.path.isfile(file) or os.path.getsize(file) > MOST_BYTES:
        return None
    text = Path(file).read_bytes()
    if (
        text.startswith((ZIP, OLE, codecs.BOM_UTF8))
        or byte_order_mark(text, None) is not None
        or reads_as(text, "utf-8")
    ):
        return None
    return None if mostly_utf_8(text) else looks_like(text)


def _dates(file: File, name: str, layout: Layout) -> dict[str, list[int]]:
    """The distinct dates of a file, stripped, each with the row numbers in the source."""
    found: dict[str, list[int]] = {}
    with Source(file, layout.encoding, name=name, layout=layout) as source:
        detection = detect_file(source, layout)
        if detection.contradiction is not None:
            return {}
        layout = detection.layout
        runs = source.records(Dialect(layout.separator, layout.quote))
        _, resolved, runs = read_heading(source, layout, runs)
        reader, first_row = CellReader(source.name, True, resolved), 1
        for run in runs:
            chunk = reader.cut(run, first_row)
            for row, text in zip(chunk.rows.tolist(), chunk.frame["date"].tolist(), strict=True):
                added = chunk.records.added[row - first_row].row if chunk.records.added else ""
                found.setdefault(text.strip(), []).append(number(added))
            first_row += len(run)
    return found


def number(text: str) -> int:
    """The row number in a cell of a bad-rows file; 0 if there is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0


def _form_of(dates: Mapping[str, list[int]], foreign: list[str], days: Mapping[int, str]) -> DateFormat | None:
    """The only format that reads the dates of known rows as their day, and no other date ambiguously; else None.

    `foreign` are the dates that are not in the source's format.
    """
    known = [(text, days[row]) for text in foreign for row in dates[text] if row in days]
    if not known:
        return None
    forms: list[tuple[DateFormat, list[str | None]]] = []
    for one in KNOWN_FORMATS:
        read = dict(zip(foreign, _days(one.dateformat, foreign), strict=True))
        wrong = sum(read[text] != day for text, day in known)
        if wrong <= MOST_CHANGED * len(known):
            forms.append((one.dateformat, list(read.values())))
    read_by_each = zip(*(read for _, read in forms), strict=True)
    if not forms or any(len({day for day in read if day is not None}) > 1 for read in read_by_each):
        return None
    return max(forms, key=lambda form: sum(day is not None for day in form[1]))[0]


def _days(dateformat: DateFormat, texts: list[str]) -> list[str | None]:
    """The day of each text in ISO form; None for texts that the format does not accept."""
    days = dateformat.judge(pa.array(texts, pa.large_string())).astype("datetime64[D]")
    return [None if np.isnat(day) else str(day) for day in days]


def _write_copy(file: File, layout: Layout, written: Mapping[str, str], to: Path) -> None:
    """Write a copy of a file in UTF-8 with `written` texts for dates; records keep their lines."""
    with Source(file, layout.encoding, layout=layout) as source, OutputFile(to) as out:
        layout = detect_file(source, layout).layout
        dialect = Dialect(layout.separator, layout.quote)
        runs = source.records(dialect)
        _, resolved, _ = read_heading(source, layout, runs)
        out.write(b"\n" * (source.first_line - 1))
        for run in source.records(dialect):
            for i in range(len(run)):
                out.write(_with_date(run.raw(i), int(run.fault[i]), resolved.columns["date"], dialect, written))
                out.write(run.block[run.stop[i] : run.end[i]])


def _with_date(raw: bytes, fault: int, column: int, dialect: Dialect, written: Mapping[str, str]) -> bytes:
    cells = dialect.split(raw) if fault == WELL_FORMED else []
    if len(cells) <= column or (text := written.get(cells[column].strip())) is None:
        return raw
    return dialect.joined([*cells[:column], text, *cells[column + 1 :]]).encode("utf-8", "surrogatepass")
