"""From a file to its heading, the layout resolved against it, and runs of records with their cells."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from itertools import chain

import numpy as np

from preflight.cells import CellReader, Cells
from preflight.encoding import not_utf_8
from preflight.errors import InputError, LayoutError
from preflight.findings import Finding
from preflight.fixing import Fixer
from preflight.layout import FirstRow, Layout, ResolvedLayout
from preflight.records import WELL_FORMED, Dialect, Records
from preflight.rules.row import check_structure, find_undecodable
from preflight.source import Source

GUESSED_BY = 1 << 20
"""Bytes from a record that is not UTF-8 on, by which its encoding is guessed."""


def read_heading(
    source: Source, layout: Layout, runs: Iterator[Records]
) -> tuple[bytes, ResolvedLayout, Iterator[Records]]:
    """The heading's bytes (empty without one), the layout resolved against the file, and the data records."""
    name, dialect = source.shown, Dialect(layout.separator, layout.quote)
    runs = runs if source.tolerant else _only_text(source.name, runs)
    first = next(runs, None)
    if first is None:
        raise InputError(f"{name} is empty")
    if layout.firstrow is FirstRow.N:
        return b"", layout.resolve(None, _usual_width(first, dialect)), chain([first], runs)
    if first.fault[0] != WELL_FORMED:
        raise LayoutError(f"the heading of {name}, line {first.line[0]}, has a quote out of place")
    if find_undecodable(first)[0]:
        raise LayoutError(f"the heading of {name} holds bytes that are not text in the encoding {layout.encoding}")
    labels = dialect.split(first.raw(0))
    heading = first.block[: int(first.end[0])]
    return heading, layout.resolve([label.strip() for label in labels], len(labels)), chain([first.after_first()], runs)


def _usual_width(records: Records, dialect: Dialect) -> int:
    """The number of cells that most of the first records have; empty ones have no say."""
    well_formed = np.flatnonzero((records.fault == WELL_FORMED) & (records.stop > records.start))
    widths = Counter(len(dialect.split(records.raw(i))) for i in well_formed[:1000].tolist())
    return widths.most_common(1)[0][0] if widths else 1


def _only_text(name: str, runs: Iterator[Records]) -> Iterator[Records]:
    """The runs as they are; raises `InputError` at the first record that is not UTF-8."""
    for records in runs:
        undecodable = find_undecodable(records)
        if undecodable.any():
            i = int(undecodable.argmax())
            text = records.block[int(records.start[i]) :][:GUESSED_BY]
            raise not_utf_8(name, records.raw(i), int(records.line[i]), text)
        yield records


def cut(
    runs: Iterable[Records], layout: ResolvedLayout, fix: Collection[str] = ()
) -> Iterator[tuple[Records, list[Finding], Cells]]:
    """Each run of records, what is wrong with their structure, and the mapped cells of the others.

    Fixes of the kinds in `fix` are made in the cells and in the records.
    """
    reader, fixer = CellReader(layout), Fixer(layout, fix) if fix else None
    for records in runs:
        structure, whole = check_structure(records, reader.dialect)
        cells = reader.read(records, whole)
        if fixer is not None:
            records, cells = fixer.fix(records, cells)
        yield records, structure, cells
