"""The detection for workbooks and DataFrames: date cells, which need no format; hidden and merged cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from preflight.dates.counted import CountedFormat, SourceReading, any_format
from preflight.detect.inspection import look_through
from preflight.detect.layout import Detection, detect
from preflight.inputs.source import Source
from preflight.layouts.columnnames import column_index
from preflight.layouts.layout import Layout
from preflight.layouts.words import FirstRow
from preflight.model.problems import Diagnosis

if TYPE_CHECKING:
    from preflight.inputs.frames import FrameFile
    from preflight.workbooks.spool import DateColumn

_NATURAL: dict[frozenset[type], str] = {frozenset({date}): "yyyy-MM-dd", frozenset({datetime}): "yyyy-MM-dd'T'HH:mm:ss"}
"""The format in which date cells are first written, by their types, if none has a fraction of a second."""


def detect_file(
    source: Source, given: Layout, reading: SourceReading | None = None, frame: FrameFile | None = None
) -> Detection:
    """The result of `detect`; for a workbook or DataFrame (`frame`), with its warnings and the format of its dates.

    A date column with date cells only needs no format. If it also has dates that are text, the format is detected from
    these texts, and the date cells are written in it. `reading` says how dates are read if they are normalized. Raises
    the errors of `detect`, and `LayoutError` if the format of the texts is unknown.
    """
    detection = detect(source, given, whole=frame is not None)
    if frame is not None:
        return _with_dates_of(frame, detection)
    if source.workbook is None:
        return detection
    if source.workbook.why and given.sheet is None:
        detection = replace(detection, evidence={"sheet": source.workbook.why, **detection.evidence})
    if detection.contradiction is not None:
        return detection
    last = _last_row(source, detection)
    warned = [Diagnosis(code, says) for code, says in source.workbook.warnings(source.first_line, last)]
    detection = replace(detection, doubts=warned)
    column = _date_column(detection)
    dates = source.workbook.text.dates.get(column) if column is not None else None
    if column is None or dates is None:
        return detection
    return _with_true_dates(source, detection, column, dates, last, reading)


def _with_dates_of(frame: FrameFile, detection: Detection) -> Detection:
    """What was detected, with the pattern in which the frame's dates were written, if its date column holds such."""
    date = detection.layout.date
    if date is None or detection.layout.dateformat is not None or detection.contradiction is not None:
        return detection
    pattern = frame.dateformats.get(frame.place_of(date))
    if pattern is None:
        return detection
    return _settled(detection, pattern, {"dateformat": "is how its column of datetime64 is written"})


def _with_true_dates(
    source: Source,
    detection: Detection,
    column: int,
    dates: DateColumn,
    last: int | None,
    reading: SourceReading | None,
) -> Detection:
    pattern = detection.layout.dateformat
    headed = detection.layout.firstrow is FirstRow.Y
    if pattern is None and dates.is_mixed(source.first_line + headed, last):
        source.with_dates(column, [""] * len(dates.all_rows))
        found = look_through(source, detection, reading)
        if found.dateformat is not None or found.dates.offered or found.dates.options:
            pattern = found.resolved.dateformat  # raises the question if it is open
            detection = replace(detection, doubts=(*detection.doubts, *found.doubts))
            why = {"dateformat": f"{found.dates.why}, of those that are text"}
            texts = _written(dates, str(pattern))
        else:
            texts, pattern = _in_iso_form(dates)
            why = {"dateformat": "is the format of its date cells"}
        source.with_dates(column, texts)
        return _settled(detection, str(pattern), why)
    natural = None if dates.has_fractions else _NATURAL.get(frozenset(dates.kinds))
    if pattern is not None:
        if pattern != natural:
            source.with_dates(column, _written(dates, pattern))
        return detection
    if natural is None:
        texts, natural = _in_iso_form(dates)
        source.with_dates(column, texts)
    return _settled(detection, natural, {"dateformat": "is the format of its date cells"})


def _settled(detection: Detection, pattern: str, why: dict[str, str]) -> Detection:
    layout = replace(detection.layout, dateformat=pattern)
    return replace(detection, layout=layout, evidence={**detection.evidence, **why})


def _date_column(detection: Detection) -> int | None:
    """The index of the date column; None if one date is given for every row."""
    named = detection.layout.date
    if named is None:
        return None
    labels = [one.label for one in detection.columns] if detection.layout.firstrow is FirstRow.Y else None
    return column_index("date", named, labels, len(detection.columns))


def _last_row(source: Source, detection: Detection) -> int | None:
    """The last row of the table; None if it ends with the sheet."""
    if source.bounds.stop is None:
        return None
    after = (
        one.first for one in detection.table.skipped if one.first > source.first_line + source.bounds.further_headings
    )
    return min(after, default=0) - 1 or None


def _in_iso_form(dates: DateColumn) -> tuple[list[str], str]:
    import pandas as pd

    from preflight.inputs.frames import written_dates

    texts, pattern = written_dates(pd.Series(dates.all_moments), None)
    return texts.tolist(), pattern


def _written(dates: DateColumn, pattern: str) -> Sequence[str]:
    """The date cells as texts in a format."""
    dateformat = any_format(pattern)
    distinct, places = np.unique(dates.all_moments, return_inverse=True)
    moments = distinct.astype("datetime64[us]").tolist()
    if isinstance(dateformat, CountedFormat):
        texts = [_counted(moment, pattern) for moment in moments]
    else:
        texts = [dateformat.format(moment) for moment in moments]
    written: list[str] = np.array(texts, object)[places].tolist()
    return written


def _counted(moment: datetime, pattern: str) -> str:
    """A date as a number: a spreadsheet's serial date, or Unix time."""
    since: Any = moment - (datetime(1899, 12, 30) if pattern == "excel" else datetime(1970, 1, 1))
    if pattern == "excel":
        return f"{since.total_seconds() / 86_400:.10f}".rstrip("0").rstrip(".")
    return str(round(since.total_seconds() * (1000 if pattern == "unix-ms" else 1)))
