"""Writes a pandas DataFrame to a temporary CSV file."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, BinaryIO

import numpy as np
import pandas as pd

from preflight.dates.format import DateFormat
from preflight.dates.zones import written_offset
from preflight.errors import LayoutError, discard_temporary_file, temporary_file, writing_temporary_files
from preflight.layouts.columnnames import ColumnName, column_index
from preflight.layouts.layout import Layout
from preflight.layouts.words import FirstRow, Quote, Separator
from preflight.text.asking import option

ROWS_AT_ONCE = 50_000
"""Number of rows written at once."""

LONGEST_OFFSETS = timedelta(hours=-13), timedelta(hours=14)
"""The lowest and the highest offset of a time zone in Java."""


@dataclass(frozen=True, slots=True)
class FrameFile:
    """The CSV text of a frame, and its layout.

    `layout` is the given one, completed with the dialect of the text. `dateformats` maps the indices of `datetime64`
    columns to the date patterns in which they are written. `index` is the index of the frame.
    """

    stream: BinaryIO
    layout: Layout
    dateformats: Mapping[int, str]
    index: pd.Index[Any]
    labels: tuple[str, ...]

    def place_of(self, column: ColumnName) -> int:
        """The index of a column that a layout names."""
        labels = self.labels if self.layout.firstrow is FirstRow.Y else None
        return column_index("date", column, labels, len(self.labels))


def as_file(frame: pd.DataFrame, given: Layout) -> FrameFile:
    """Write a frame to a temporary file, like `to_csv` without the index. The caller closes its stream.

    Missing values are empty cells. A `datetime64` column is written in the layout's date format, by default in ISO
    8601. A frame without column names (a `RangeIndex`) makes a file without a heading. Raises `LayoutError` for a frame
    with several rows of column labels, and for a layout in which a frame cannot be written.
    """
    if frame.columns.nlevels > 1:
        raise LayoutError(f"the DataFrame has {frame.columns.nlevels} rows of column labels; give it one")
    if given.quotecharacter == Quote.NONE:
        raise LayoutError(f"a DataFrame is not written without quotes; leave {option('quotecharacter')} out")
    if given.table_line is not None:
        raise LayoutError(f"a DataFrame is a table as it is; leave {option('table_line')} out")
    layout = _known(frame, given)
    columns, dateformats = {}, {}
    for place in range(frame.shape[1]):
        column = frame.iloc[:, place]
        if isinstance(column.dtype, pd.CategoricalDtype):
            column = column.astype(_dtype(column) if _is_of_dates(column) else object)
        if _is_of_dates(column):
            columns[place], dateformats[place] = written_dates(column, given.dateformat)
        else:
            columns[place] = column
    stream = temporary_file()
    separator, quote = layout.separator.character, layout.quote.character
    labels = ["" if pd.isna(label) else str(label) for label in frame.columns]
    heading = _heading(labels, separator, quote) if layout.firstrow is FirstRow.Y else b""
    try:
        with writing_temporary_files():
            stream.write(heading)
            stream.writelines(_pieces(columns, len(frame), separator, quote))
            stream.flush()
    except BaseException:
        discard_temporary_file(stream)
        raise
    stream.seek(0)
    return FrameFile(stream, layout, dateformats, frame.index, tuple(label.strip() for label in labels))


def _pieces(columns: Mapping[int, pd.Series[Any]], rows: int, separator: str, quote: str) -> Iterator[bytes]:
    """Yield the text of the rows, `ROWS_AT_ONCE` at a time."""
    for start in range(0, rows, ROWS_AT_ONCE):
        piece = pd.DataFrame({place: column.iloc[start : start + ROWS_AT_ONCE] for place, column in columns.items()})
        text = _text(piece, separator, quote, "\n")
        if "\r" in text:  # the csv module quotes it only as part of the line end
            text = _text(piece, separator, quote, "\r\n")
        yield text.encode("utf-8", "surrogatepass")  # a lone surrogate is a problem of its row


def holds_dates(frame: pd.DataFrame, column: ColumnName, layout: Layout) -> bool:
    """Whether a column named by a layout is of `datetime64`; raises `LayoutError` if there is no such column."""
    labels = None if _known(frame, layout).firstrow is FirstRow.N else [str(label).strip() for label in frame.columns]
    place = column_index("date", column, labels, frame.shape[1])
    return _is_of_dates(frame.iloc[:, place])


def _dtype(column: pd.Series[Any]) -> Any:
    """The dtype of a column; for a categorical one, that of its categories."""
    dtype = column.dtype
    return dtype.categories.dtype if isinstance(dtype, pd.CategoricalDtype) else dtype


def _is_of_dates(column: pd.Series[Any]) -> bool:
    """Whether a column is of `datetime64`, or categorical with such categories."""
    return pd.api.types.is_datetime64_any_dtype(_dtype(column))


def _known(frame: pd.DataFrame, given: Layout) -> Layout:
    """The given layout, completed with the defaults for frames."""
    unnamed = isinstance(frame.columns, pd.RangeIndex)
    firstrow = given.firstrow or (FirstRow.N if unnamed else FirstRow.Y)
    return Layout(
        fieldseparator=given.fieldseparator or Separator.COMMA,
        quotecharacter=given.quotecharacter or Quote.DOUBLE_QUOTE,
        firstrow=firstrow,
        encoding="utf-8",
    ).over(given)


def _heading(labels: list[str], separator: str, quote: str) -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter=separator, quotechar=quote).writerow(labels)
    return text.getvalue().removesuffix("\r\n").encode("utf-8", "surrogatepass") + b"\n"


def _text(piece: pd.DataFrame, separator: str, quote: str, line_end: str) -> str:
    return piece.to_csv(header=False, index=False, sep=separator, quotechar=quote, lineterminator=line_end)


def written_dates(column: pd.Series[Any], pattern: str | None) -> tuple[pd.Series[Any], str]:
    """A column of dates as texts (empty if missing), and their date pattern."""
    moments = pd.DatetimeIndex(column)
    if pattern is not None:
        dateformat = DateFormat(pattern)
        codes, distinct = moments.factorize()
        texts = np.array([*(dateformat.format(moment.to_pydatetime(warn=False)) for moment in distinct), ""], object)
        return pd.Series(texts[codes], index=column.index), pattern
    valid = moments.notna()
    local, zones, zone = moments, np.full(len(moments), ""), ""
    if moments.tz is not None:
        local = moments.tz_localize(None)
        in_utc = moments.tz_convert(None)
        offsets = pd.Series(local - in_utc)
        least, most = LONGEST_OFFSETS
        known = offsets[valid]
        if (known.dt.total_seconds() % 60 != 0).any() or not known.between(least, most).all():
            local, offsets = in_utc, pd.Series(timedelta(), offsets.index)
        codes, distinct = offsets.factorize()
        written_zones = [written_offset(round(offset.total_seconds() / 60)) for offset in distinct]
        zones, zone = np.array([*written_zones, ""])[codes], "XXX"
    instants = local.to_numpy()
    unit: Any = "D"
    pattern = "yyyy-MM-dd"
    if zone or (instants[valid] != instants[valid].astype("datetime64[D]")).any():
        unit, pattern = "s", "yyyy-MM-dd'T'HH:mm:ss" + zone
        if (instants[valid] != instants[valid].astype("datetime64[s]")).any():
            unit, pattern = "ms", "yyyy-MM-dd'T'HH:mm:ss.SSS" + zone
    texts = np.full(len(column), "", object)
    written = np.datetime_as_string(instants[valid].astype(f"datetime64[{unit}]"))
    texts[valid] = np.char.add(written, zones[valid]) if len(written) else written
    return pd.Series(texts, index=column.index), pattern
