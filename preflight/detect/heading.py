"""The heading of a file, and the layout resolved against it."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain

import numpy as np

from preflight.errors import InputError, LayoutError
from preflight.inputs.source import Bounds, Source
from preflight.labels.headings import MOST_COLUMNS, refuse_too_wide
from preflight.layouts.layout import Layout
from preflight.layouts.resolved import ResolvedLayout
from preflight.layouts.words import FirstRow
from preflight.model.added import ADDED_COLUMNS
from preflight.model.problems import Diagnosis
from preflight.records.badrows import divided_labels, width_without_added
from preflight.records.encoding import reads_as
from preflight.records.grammar import WELL_FORMED, Dialect, count_line_ends, text_of
from preflight.records.run import Records
from preflight.records.scanner import without_first
from preflight.text.spans import line_breaks

MAX_BROKEN = 20
"""Limit for the listed labels with a line break."""


def read_heading(
    source: Source, layout: Layout, runs: Iterator[Records]
) -> tuple[bytes, ResolvedLayout, Iterator[Records]]:
    """The heading's bytes (empty without one), the layout resolved against the file, and the data records."""
    name, dialect = source.shown, Dialect(layout.separator, layout.quote)
    first = next(runs, None)
    if first is None:
        raise InputError(f"{name} is empty")
    if first.raw(0).count(dialect.separator.encode()) >= MOST_COLUMNS:
        refuse_too_wide(name, int(first.line[0]), len(dialect.split(first.raw(0))))
    if layout.firstrow is FirstRow.N:
        rows = _first_rows(first, dialect)
        own = width_without_added(rows)
        resolved = layout.resolve(None, own or _usual_width(rows) or layout.least_width)
        added = ADDED_COLUMNS[: max(map(len, rows)) - own] if own else ()
        return b"", replace(resolved, added=added), chain([first], runs)
    heading = first.raw(0)
    if first.fault[0] != WELL_FORMED:
        heading = dialect.without_blanks(text_of(heading)).encode()
        if not dialect.is_well_formed(heading):
            raise LayoutError(f"the heading of {name}, line {first.line[0]}, has a quote out of place")
    if not reads_as(first.raw(0), "utf-8"):
        raise LayoutError(f"the heading of {name} holds bytes that are not text in the encoding {source.encoding}")
    labels, added = divided_labels([label.strip() for label in dialect.split(heading)])
    line_end = bytes(first.block[first.stop[0] : first.end[0]])
    resolved = replace(layout.resolve(labels, len(labels)), added=added)
    runs = without_first(1 + source.bounds.further_headings, chain([first], runs))
    return dialect.divided(heading.decode(), len(labels))[0].encode() + line_end, resolved, runs


def rows_above(source: Source, layout: ResolvedLayout) -> int:
    """The number of rows that a spreadsheet shows above the first data row: headings, and lines before the table."""
    bounds = source.bounds
    headings = bounds.further_headings + (layout.firstrow is FirstRow.Y)
    if not bounds.start:
        return headings
    source.bounds = Bounds(0, bounds.start)
    try:
        before = text_of(source.sample(bounds.start)[0])
    finally:
        source.bounds = bounds
    reader = csv.reader(io.StringIO(before, newline=""), delimiter=layout.fieldseparator.character)
    try:
        return headings + sum(1 for _ in reader)
    except csv.Error:  # a cell of over 128 KiB
        return headings + count_line_ends(before.encode())


def broken_labels(layout: ResolvedLayout) -> list[tuple[str, Diagnosis]]:
    """The labels of a heading with a line break inside, each with its diagnosis."""
    if layout.firstrow is FirstRow.N:
        return []
    found = [(number, label) for number, label in enumerate(layout.labels) if "\n" in label or "\r" in label]
    message = "has a line break inside: the heading goes over several lines. How Act-On reads it is not documented."
    return [
        (label, Diagnosis("row-newline", f"The label of column {number} (from 0) {message}", spans=line_breaks(label)))
        for number, label in found[:MAX_BROKEN]
    ]


def _first_rows(records: Records, dialect: Dialect) -> list[list[str]]:
    """The cells of the first records; empty ones are ignored."""
    well_formed = np.flatnonzero((records.fault == WELL_FORMED) & (records.stop > records.start))
    return [dialect.split(records.raw(i)) for i in well_formed[:1000].tolist()]


def _usual_width(rows: Iterable[Sequence[str]]) -> int:
    """The most frequent number of cells of these rows; 0 without rows."""
    counted = Counter(map(len, rows))
    return max(counted, key=lambda width: (counted[width], width), default=0)
