"""The clean file with every date in its ISO form, so that no locale, short year or month name is left to the server.

Only the date cell's own text is replaced; quotes around it and every other byte of a record stay.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np

from preflight.dates.format import DateFormat
from preflight.outputs.addedcells import AddedCells
from preflight.outputs.rewriting import cell_spans, rewritten
from preflight.records.grammar import Dialect

if TYPE_CHECKING:
    from preflight.outputs.judged import Judged


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


class NormalizedRecords:
    """Makes of a chunk the good records, byte for byte but for the date, which is in its normal form."""

    def __init__(self, added: AddedCells) -> None:
        layout = added.layout
        self._added = added
        self._format = layout.dateformat
        self._column = layout.datecolidx
        self._dialect = Dialect(layout.fieldseparator, layout.quotecharacter)

    def __call__(self, judged: Judged) -> bytes:
        """The good records, their dates rewritten."""
        records = judged.records
        start, stop = cell_spans(records, np.flatnonzero(~judged.bad), self._column, self._dialect)
        cells = [bytes(records.block[first:last]) for first, last in zip(start.tolist(), stop.tolist(), strict=True)]
        known = self._normalized(dict.fromkeys(cells))
        records = rewritten(records, start, stop, [known[cell] for cell in cells])
        return b"".join(self._added.records(records, ~judged.bad))

    def _normalized(self, cells: dict[bytes, None]) -> dict[bytes, bytes]:
        quote = self._dialect.quote
        texts = [cell.decode() for cell in cells]
        if quote:
            texts = [text.replace(quote * 2, quote) for text in texts]
        import pyarrow as pa

        written = normalized(self._format, pa.array(texts, pa.large_string()))
        return {cell: text.encode() for cell, text in zip(cells, written, strict=True)}
