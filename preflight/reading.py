"""From a file to its heading and the layout resolved against it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import chain

import numpy as np

from preflight.encoding import not_utf_8
from preflight.errors import InputError, LayoutError
from preflight.layout import FirstRow, Layout, ResolvedLayout
from preflight.records import WELL_FORMED, Dialect, Records
from preflight.source import Source


def read_heading(
    source: Source, layout: Layout, runs: Iterator[Records]
) -> tuple[bytes, ResolvedLayout, Iterator[Records]]:
    """The heading's bytes (empty without one), the layout resolved against the file, and the data records."""
    name, dialect = source.shown, Dialect(layout.separator, layout.quote)
    first = next(runs, None)
    if first is None:
        raise InputError(f"{name} is empty")
    if not source.tolerant:
        _refuse_undecodable(source.name, first)
    if layout.firstrow is FirstRow.N:
        return b"", layout.resolve(None, _usual_width(first, dialect)), chain([first], runs)
    if first.fault[0] != WELL_FORMED:
        raise LayoutError(f"the heading of {name}, line {first.line[0]}, has a quote out of place")
    heading = first.raw(0)
    if not _is_utf_8(heading):
        raise LayoutError(f"the heading of {name} holds bytes that are not text in the encoding {layout.encoding}")
    labels = [label.strip() for label in dialect.split(heading)]
    runs = chain([first.between(1, len(first))], runs)
    return bytes(first.block[: int(first.end[0])]), layout.resolve(labels, len(labels)), runs


def _refuse_undecodable(name: str, first: Records) -> None:
    """Raise `InputError` for a file that is not UTF-8 from the start: before its cells mislead about its layout."""
    if not _is_utf_8(bytes(first.block[: int(first.end[-1])])):
        raise not_utf_8(name, first, next(i for i in range(len(first)) if not _is_utf_8(first.raw(i))))


def _is_utf_8(text: bytes) -> bool:
    try:
        text.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _usual_width(records: Records, dialect: Dialect) -> int:
    """The number of cells that most of the first records have; empty ones have no say."""
    well_formed = np.flatnonzero((records.fault == WELL_FORMED) & (records.stop > records.start))
    widths = Counter(len(dialect.split(records.raw(i))) for i in well_formed[:1000].tolist())
    return widths.most_common(1)[0][0] if widths else 1
