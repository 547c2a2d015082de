"""The clean file with every date in its ISO form, so that no locale, short year or month name is left to the server.

Only the date cell's own text is replaced; quotes around it and every other byte of a record stay.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pyarrow as pa

from preflight.dateformat import DateFormat
from preflight.layout import ResolvedLayout
from preflight.output import OutputFile
from preflight.records import Dialect, Positions, Records
from preflight.report import Report

if TYPE_CHECKING:
    from preflight.judging import Judged

ROWS_AT_ONCE = 1 << 16
"""Records that are rewritten in one go."""


def normal_format(dateformat: DateFormat) -> DateFormat:
    """The ISO form of a format: `yyyy-MM-dd`, with a time to the second or millisecond and a zone where it has them."""
    letters = {part.letter for part in dateformat.parts}
    pattern = "yyyy-MM-dd"
    if dateformat.has_time:
        pattern += "'T'HH:mm:ss" + (".SSS" if "S" in letters else "") + ("XXX" if dateformat.has_zone else "")
    return DateFormat(pattern)


def normalized(dateformat: DateFormat, texts: Any) -> list[str]:
    """Dates in `dateformat`, an Arrow array of accepted texts, in its normal form: the same instants, zones kept."""
    instants = dateformat.judge(texts)
    if np.isnat(instants).any():
        raise ValueError("only dates that the format accepts can be normalized")
    unit: Any = "ms" if any(part.letter == "S" for part in dateformat.parts) else "s" if dateformat.has_time else "D"
    if not dateformat.has_zone:
        return cast("list[str]", np.datetime_as_string(instants, unit=unit).tolist())
    offsets = [_offset(dateformat, text) for text in texts.to_pylist()]
    local = instants + np.array(offsets, "timedelta64[m]")
    written = np.datetime_as_string(local, unit=unit).tolist()
    return [time + _zone(minutes) for time, minutes in zip(written, offsets, strict=True)]


def _offset(dateformat: DateFormat, text: str) -> int:
    """Minutes east of UTC in the zone of an accepted text."""
    found = dateformat.form.match(text)
    zone = found.groupdict() if found else {}
    if not zone.get("zone_hours"):
        return 0
    minutes = int(zone["zone_hours"]) * 60 + int(zone.get("zone_minutes") or 0)
    return -minutes if zone["zone_sign"] == "-" else minutes


def _zone(minutes: int) -> str:
    hours, rest = divmod(abs(minutes), 60)
    return f"{'-' if minutes < 0 else '+'}{hours:02d}:{rest:02d}" if minutes else "Z"


class NormalizedCleanFile:
    """The heading and the good records, in order, byte for byte but for the date, which is in its normal form."""

    def __init__(self, out: OutputFile, layout: ResolvedLayout, heading: bytes) -> None:
        self._out = out
        self._format = layout.dateformat
        self._column = layout.datecolidx
        self._dialect = Dialect(layout.fieldseparator, layout.quotecharacter)
        out.write(heading)

    def take(self, judged: Judged) -> None:
        """Copy the good records, their dates rewritten."""
        good = np.flatnonzero(~judged.bad)
        starts, stops = cell_spans(judged.records, good, self._column, self._dialect)
        for at in range(0, len(good), ROWS_AT_ONCE):
            few = slice(at, at + ROWS_AT_ONCE)
            self._write(judged.records, good[few], starts[few], stops[few])

    def finish(self, report: Report) -> None:
        """Nothing is left to do."""

    def _write(self, records: Records, good: Positions, starts: Positions, stops: Positions) -> None:
        block = records.block
        spans = list(zip(starts.tolist(), stops.tolist(), strict=True))
        cells = [block[start:stop] for start, stop in spans]
        known = self._normalized(dict.fromkeys(cells))
        pieces: list[bytes | memoryview] = []
        view = memoryview(block)
        edges = zip(records.start[good].tolist(), records.end[good].tolist(), strict=True)
        for (first, last), (start, stop), cell in zip(edges, spans, cells, strict=True):
            pieces += (view[first:start], known[cell], view[stop:last])
        self._out.write(b"".join(pieces))

    def _normalized(self, cells: dict[bytes, None]) -> dict[bytes, bytes]:
        quote = self._dialect.quote
        texts = [cell.decode() for cell in cells]
        if quote:
            texts = [text.replace(quote * 2, quote) for text in texts]
        written = normalized(self._format, pa.array(texts, pa.large_string()))
        return {cell: text.encode() for cell, text in zip(cells, written, strict=True)}


def cell_spans(records: Records, wanted: Positions, column: int, dialect: Dialect) -> tuple[Positions, Positions]:
    """Where the text of one cell starts and stops in the block, for each of the wanted records; quotes are outside.

    The records must be well-formed and have such a cell. A separator is one when an even number of quotes stands
    before it in its record.
    """
    buffer = np.frombuffer(records.block, np.uint8)
    separators = np.flatnonzero(buffer == ord(dialect.separator))
    quotes = np.flatnonzero(buffer == ord(dialect.quote)) if dialect.quote else np.empty(0, np.int64)
    first, last = records.start[wanted], records.stop[wanted]
    if len(quotes) and len(separators):
        record = np.searchsorted(records.start, separators, "right") - 1
        before = np.searchsorted(quotes, separators) - np.searchsorted(quotes, records.start)[np.maximum(record, 0)]
        separators = separators[(before & 1) == 0]
    index = np.searchsorted(separators, first) + column
    ends = np.append(separators, len(buffer))
    start = first if column == 0 else separators[index - 1] + 1
    stop = np.minimum(ends[np.minimum(index, len(separators))], last)
    if len(quotes):
        quoted = (stop > start) & (buffer[np.minimum(start, len(buffer) - 1)] == ord(dialect.quote))
        start, stop = start + quoted, stop - quoted
    return start, stop
